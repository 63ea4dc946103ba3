"""Schrödinger's equation: the truth's own error, its conserved mass, the closed form's place."""

import math

import numpy as np
import torch

from sciml_widgets import run
from sciml_widgets.labs import SchroedingerPINN
from sciml_widgets.metrics import relative_l2
from sciml_widgets.physics import Schroedinger
from sciml_widgets.physics.schroedinger import breather, split_step
from sciml_widgets.picture import Image
from sciml_widgets.sampling import sobol


def start(x: np.ndarray) -> np.ndarray:
    return 2 / np.cosh(x)


def on_a_wide_ring(steps: int) -> float:
    """The error of the end against the closed form, where the start is 0 at both ends."""
    modes, _ = split_step(start, 15.0, 384, steps, keep=steps)
    x = torch.from_numpy(np.linspace(-15, 15, 384, endpoint=False))
    h = torch.view_as_real(torch.from_numpy(np.fft.ifft(modes[-1] * 384)))
    return relative_l2(h, breather(torch.stack([x, torch.full_like(x, math.pi / 2)], 1)))


def test_steps_are_of_fourth_order() -> None:
    assert math.log2(on_a_wide_ring(100) / on_a_wide_ring(200)) > 3.75


def test_on_a_wide_ring_it_is_the_closed_form() -> None:
    """Up to the start's tail, 4 e^-15 = 1e-6 at x = 15."""
    assert on_a_wide_ring(1000) < 2e-6


def test_mass_is_kept_to_rounding() -> None:
    modes, _ = split_step(start, 5.0, 256, 500)
    mass = (np.abs(modes) ** 2).sum(1)
    assert np.abs(mass / mass[0] - 1).max() < 1e-12


def test_twice_as_many_waves_and_half_the_steps_change_it_by_less_than_it_says() -> None:
    few, _ = split_step(start, 5.0, 256, 1000, keep=1000)
    many, _ = split_step(start, 5.0, 512, 2000, keep=2000)
    one, other = np.fft.ifft(few[-1] * 256), np.fft.ifft(many[-1] * 512)[::2]
    assert np.linalg.norm(one - other) / np.linalg.norm(other) < 1e-4


def test_on_this_ring_the_closed_form_is_off_by_half_a_per_cent() -> None:
    problem = Schroedinger()
    points = problem.box.inside.place(sobol(2048, 2, torch.Generator().manual_seed(1)))
    h, closed = problem.exact(points), breather(points)
    assert 0.004 < relative_l2(closed, h) < 0.008
    modulus = [part.norm(dim=1, keepdim=True) for part in (closed, h)]
    assert 0.004 < relative_l2(*modulus) < 0.008


def test_gauss_newton_carries_both_unknowns_and_the_picture_shows_the_modulus() -> None:
    lab = SchroedingerPINN().but(
        optimizer="gauss-newton", precision="float64", depth=2, width=8, points_inside=60,
        points_edge=20,
    )  # fmt: skip
    player = run(lab, frames=8)
    residual = player.history.tracks["ic"].y
    assert residual[-1] < residual[0] / 2
    field = player.draw(16).plots[0]
    (image,) = [mark for mark in field.marks if isinstance(mark, Image)]
    state = player.look()
    assert "|h|" in field.title and image.z.min() >= 0
    centre = state(torch.tensor([[5 / 16, math.pi / 64]], dtype=torch.float64)).norm()
    assert abs(image.z[8, 0] - float(centre)) < 1e-9
