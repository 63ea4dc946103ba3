"""The exact solution of Burgers' equation, against itself, its symmetries and another method."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from sciml_widgets.physics import Burgers
from sciml_widgets.physics.burgers import CHUNK, NODES, _cole_hopf


def plane(columns: int = 101, rows: int = 21) -> Tensor:
    """A grid of the whole box, its edges included; odd, so that x = 0 is among the points."""
    x = torch.linspace(-1, 1, columns, dtype=torch.float64)
    t = torch.linspace(0, 1, rows, dtype=torch.float64)
    return torch.cartesian_prod(x, t)


def quadrature_error(nu: float, nodes: int) -> float:
    exponent = torch.tensor(nu, dtype=torch.float64)
    finest = _cole_hopf(plane(), exponent, nodes=300)
    return float((_cole_hopf(plane(), exponent, nodes=nodes) - finest).abs().max())


def test_the_quadrature_converges_where_it_is_hardest() -> None:
    """Small ν needs nodes far out, large ν resolves the exponential of a cosine."""
    assert quadrature_error(0.001, 50) > 0.1
    assert 1e-9 < quadrature_error(0.001, 100) < 1e-6
    assert quadrature_error(0.001, 150) < 1e-13
    assert 1e-10 < quadrature_error(0.2, 100) < 1e-8
    assert quadrature_error(0.2, 150) < 1e-11


@pytest.mark.parametrize("nu", [0.001, 0.002, 0.01 / math.pi, 0.01, 0.05, 0.2])
def test_the_nodes_in_use_are_enough_for_every_viscosity(nu: float) -> None:
    assert quadrature_error(nu, NODES) < 1e-13


def spectral(nu: float, modes: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """U at t = 1 by Fourier modes of the odd 2-periodic sine, RK4 with an integrating factor."""
    x = -1 + 2 * np.arange(modes) / modes
    k = math.pi * np.fft.rfftfreq(modes, 1 / modes)
    dt = 1 / steps
    half = np.exp(-nu * k**2 * dt / 2)

    def slope(v: np.ndarray) -> np.ndarray:
        return -0.5j * k * np.fft.rfft(np.fft.irfft(v, modes) ** 2)

    v = np.fft.rfft(-np.sin(math.pi * x))
    for _ in range(steps):
        a = slope(v)
        b = slope(half * (v + dt / 2 * a))
        c = slope(half * v + dt / 2 * b)
        d = slope(half * (half * v + dt * c))
        v = half * (half * (v + dt / 6 * a) + dt / 3 * (b + c)) + dt / 6 * d
    return x, np.fft.irfft(v, modes)


def test_it_agrees_with_a_spectral_solver_to_the_solver_s_own_error() -> None:
    errors = []
    for steps in (400, 800):
        x, u = spectral(0.02, 256, steps)
        points = torch.stack([torch.from_numpy(x), torch.ones(len(x), dtype=torch.float64)], 1)
        errors.append(float(np.abs(Burgers(0.02).exact(points)[:, 0].numpy() - u).max()))
    assert errors[1] < 1e-9
    assert math.log2(errors[0] / errors[1]) > 4 - 0.25


@pytest.mark.parametrize("nu", [0.001, 0.05, 0.2])
def test_start_symmetry_and_maximum_principle(nu: float) -> None:
    points = plane()
    u = Burgers(nu).exact(points).reshape(101, 21)
    x = torch.linspace(-1, 1, 101, dtype=torch.float64)
    assert float((u[:, 0] + torch.sin(math.pi * x)).abs().max()) < 1e-15
    assert float((u + u.flip(0)).abs().max()) < 1e-12
    assert float(u[[0, 50, 100]].abs().max()) < 1e-12
    peak = u.abs().amax(0)
    assert float(peak[0]) <= 1
    assert bool((peak[1:] < peak[:-1] + 1e-12).all())


def test_shape_precision_and_blocks() -> None:
    points = plane()[: 2 * CHUNK + 7]
    u = Burgers().exact(points)
    assert u.shape == (len(points), 1) and u.dtype == torch.float64
    alone = torch.cat([Burgers().exact(point[None]) for point in points[::50]])
    assert torch.allclose(u[::50], alone, rtol=0, atol=1e-15)
    single = Burgers().exact(points.float())
    assert single.dtype == torch.float64


def test_its_derivatives_are_those_of_central_differences() -> None:
    """In x and in t, to the h² of the differences: a check on autograd through the quadrature."""
    points = plane()[::97][5:]
    points = points[(points[:, 1] > 0.1) & (points[:, 1] < 0.9)].requires_grad_()
    (slope,) = torch.autograd.grad(Burgers().exact(points).sum(), points)
    h = 1e-4
    for axis in (0, 1):
        shift = torch.zeros(2, dtype=torch.float64)
        shift[axis] = h
        with torch.no_grad():
            ahead, behind = Burgers().exact(points + shift), Burgers().exact(points - shift)
        difference = ((ahead - behind) / (2 * h))[:, 0]
        assert float((slope[:, axis] - difference).abs().max()) < 1e4 * h**2


def test_tasks_say_what_is_given() -> None:
    assert [term.name for term in Burgers().terms()] == ["pde", "ic", "bc"]
    assert Burgers().terms()[2].region.values == (-1.0, 1.0)
    terms = {term.name: term for term in Burgers(task="reconstruct").terms()}
    assert list(terms) == ["pde", "bc", "data"]
    assert terms["data"].region.held == "t" and terms["data"].region.values == (0.5,)
    points = terms["data"].region.place(torch.rand(5, 2, dtype=torch.float64))
    assert terms["data"].data is not None
    assert torch.equal(terms["data"].data(points)["measured"], Burgers().exact(points))


@pytest.mark.parametrize("nu", [-1.0, 0.0, 1e-4, 0.3])
def test_a_viscosity_without_an_exact_solution_is_refused(nu: float) -> None:
    with pytest.raises(ValueError, match=r"nu=.* is outside \[0.001, 0.2\]"):
        Burgers(nu)
