"""The network for any wind: what is built into it holds before it has learned anything."""

import math

import pytest
import torch

from sciml_widgets.any_wind import AnyWind
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.wind_tunnel import Pictures, draw, outside, pictures


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def network() -> AnyWind:
    """Random weights, but not as small as they are at the start."""
    made = AnyWind(size=32, width=2, hidden=6, generator=generator(), dtype=torch.float64)
    with torch.no_grad():
        made.last.weight.mul_(50)
    return made.eval()


def asked() -> tuple[Airfoils, Pictures]:
    airfoils = draw("training", 6, generator()).to(torch.float64)
    return airfoils, pictures(airfoils, 32)


def test_it_is_linear_in_the_wind_and_its_pressure_is_bernoullis() -> None:
    made, (airfoils, truth) = network(), asked()
    winds = [
        made(pictures(airfoils.turned(torch.full_like(airfoils.angle, angle)), 32).inputs)[:, 1:]
        for angle in (0.0, math.pi / 2)
    ]
    cos, sin = (of(airfoils.angle)[:, None, None, None] for of in (torch.cos, torch.sin))
    found = made(truth.inputs)
    assert torch.allclose(found[:, 1:], cos * winds[0] + sin * winds[1], rtol=0, atol=1e-12)
    head = found[:, 0] + found[:, 1:].square().sum(1) / 2
    assert torch.allclose(head, outside(truth.inputs)[:, 0] / 2, rtol=0, atol=1e-12)
    assert not (found * (1 - outside(truth.inputs))).any()
    changed = (found - truth.inputs[:, [2, 0, 1]])[:, 1:].abs().mean()
    assert changed > 0.01, "it says something, so that the laws are not empty"


def test_mirror_images_have_mirrored_flows() -> None:
    made, (airfoils, truth) = network(), asked()
    mirrored = Airfoils(airfoils.thickness, -airfoils.camber, airfoils.tail, -airfoils.angle)
    found = made(pictures(mirrored, 32).inputs).flip(2)
    signs = torch.tensor([1.0, 1.0, -1.0])[:, None, None]
    assert torch.allclose(found * signs, made(truth.inputs), rtol=0, atol=1e-12)


def test_every_weight_takes_part_and_two_by_two_pixels_come_back_in_place() -> None:
    made, (_, truth) = network().train(), asked()
    made(truth.inputs).square().sum().backward()
    assert all(bool(w.grad is not None and w.grad.any()) for w in made.parameters())
    mask = truth.inputs[:1, 2:].clone().requires_grad_()
    (heard,) = torch.autograd.grad(made.changes(mask)[0, :, 5, 20].sum(), mask)
    nearest = heard[0, 0].abs()
    near, far = nearest[2:9, 17:24].mean(), nearest.mean()
    assert near > 3 * far > 0, "a pixel hears of all others, and of its neighbours most"


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="made for pictures of 32 x 32 pixels, not 64"):
        network()(torch.zeros(1, 3, 64, 64))
    for size in (8, 48):
        with pytest.raises(ValueError, match="halves the picture"):
            AnyWind(size=size, width=2, hidden=4, generator=generator())
