"""The exact solution of Burgers' equation, against itself, its symmetries and another method."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sciml_widgets.physics import Burgers
from sciml_widgets.physics.burgers import (
    CHUNK,
    NODES,
    _cole_hopf,
    _cole_hopf_drawn,
    _even_nodes,
)
from sciml_widgets.physics.series import SineSeries


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
    return x, march(-np.sin(math.pi * x), k, nu, steps)


def march(u: np.ndarray, k: np.ndarray, nu: float, steps: int) -> np.ndarray:
    """From t = 0 to 1; k are the wave numbers of the modes."""
    modes, dt = len(u), 1 / steps
    half = np.exp(-nu * k**2 * dt / 2)

    def slope(v: np.ndarray) -> np.ndarray:
        return -0.5j * k * np.fft.rfft(np.fft.irfft(v, modes) ** 2)

    v = np.fft.rfft(u)
    for _ in range(steps):
        a = slope(v)
        b = slope(half * (v + dt / 2 * a))
        c = slope(half * v + dt / 2 * b)
        d = slope(half * (half * v + dt * c))
        v = half * (half * (v + dt / 6 * a) + dt / 3 * (b + c)) + dt / 6 * d
    return np.fft.irfft(v, modes)


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


# ---- a drawn initial state ----------------------------------------------------------------------

PLACES = np.linspace(-1, 1, 21)
CHANCE = np.random.default_rng(0).uniform(-1, 1, 21)
DRAWN = {
    "hump": Burgers().drawn,
    "from end to end": [0, *[(-1) ** k for k in range(19)], 0],
    "one peak": [0, *[float(k == 9) for k in range(19)], 0],
    "plateau": [0, *[1.0] * 19, 0],
    "two steps": [0, *[1.0] * 9, 0, *[-1.0] * 9, 0],
    "chance": [0, *CHANCE[1:-1], 0],
}
every_drawing = pytest.mark.parametrize("heights", DRAWN.values(), ids=DRAWN)
every_nu = pytest.mark.parametrize("nu", [0.001, 0.01 / math.pi, 0.02, 0.2])


def drawn(nu: float, heights: Any) -> Burgers:
    return Burgers(nu, start="drawn", drawn=heights)


def coarser(problem: Burgers, finer: float) -> Tensor:
    """The truth on the plane with so many times the nodes."""
    nu = torch.tensor(problem.nu, dtype=torch.float64)
    s = _even_nodes(problem._series, float(nu), finer)
    parts = plane(41, 11).split(16)
    return torch.cat([_cole_hopf_drawn(part, nu, problem._series, s) for part in parts])


@every_nu
@every_drawing
def test_twice_as_many_nodes_change_nothing(heights: Any, nu: float) -> None:
    problem = drawn(nu, heights)
    finest = coarser(problem, 2.0)
    assert float((problem.exact(plane(41, 11)) - finest).abs().max()) < 1e-12
    # half of them lose about half of the sixteen digits, as an exponential convergence does
    assert float((coarser(problem, 0.5) - finest).abs().max()) < 1e-2


def test_with_too_few_nodes_the_truth_is_wrong() -> None:
    problem = drawn(0.2, DRAWN["from end to end"])
    assert float((coarser(problem, 0.25) - coarser(problem, 1.0)).abs().max()) > 1e-3


@every_drawing
def test_the_series_passes_through_the_drawing_and_is_odd_about_the_walls(heights: Any) -> None:
    series = SineSeries(tuple(map(float, heights)), -1.0, 1.0)
    there = series(torch.from_numpy(PLACES))
    assert float((there - torch.tensor(heights, dtype=torch.float64)).abs().max()) < 1e-13
    beyond = torch.linspace(0, 2, 57, dtype=torch.float64)
    for wall in (-1, 1):
        assert float((series(wall + beyond) + series(wall - beyond)).abs().max()) < 1e-12
    x = torch.linspace(-3, 3, 1001, dtype=torch.float64, requires_grad=True)
    u, integral = series.with_integral(x)
    (slope,) = torch.autograd.grad(integral.sum(), x, retain_graph=True)
    assert float((slope - u).detach().abs().max()) < 1e-12
    (steep,) = torch.autograd.grad(u.sum(), x)
    assert series.largest >= float(u.detach().abs().max()) * (1 - 1e-3)
    assert series.steepest >= float(steep.abs().max()) * (1 - 1e-3)


@pytest.mark.parametrize("nu", [0.001, 0.05, 0.2])
def test_a_drawn_sine_has_the_truth_of_the_sine(nu: float) -> None:
    """Two quadratures of the same integral."""
    u = drawn(nu, [0, *-np.sin(math.pi * PLACES[1:-1]), 0]).exact(plane())
    assert float((u - Burgers(nu).exact(plane())).abs().max()) < 1e-12


@every_nu
@every_drawing
def test_a_drawn_start_begins_as_drawn_keeps_the_walls_and_never_grows(
    heights: Any, nu: float
) -> None:
    problem = drawn(nu, heights)
    u = problem.exact(plane(41, 11)).reshape(41, 11)
    x = torch.linspace(-1, 1, 41, dtype=torch.float64)
    assert float((u[:, 0] - problem._series(x)).abs().max()) < 1e-14
    assert float(u[[0, -1]].abs().max()) < 1e-12
    assert (
        float(u.abs().max()) <= problem._series.largest * (1 + 1e-3) <= problem.limits[1] * 1.001
    )


def test_it_agrees_with_a_spectral_solver_from_a_drawn_start() -> None:
    """Odd and of period 4: the solver's own box is [-1, 3)."""
    problem = drawn(0.02, DRAWN["one peak"])
    errors = []
    for steps in (400, 800):
        x, u = spectral_of(problem, 512, steps)
        points = torch.stack([x, torch.ones_like(x)], 1)
        errors.append(float((problem.exact(points)[:, 0] - u).abs().max()))
    assert errors[1] < 1e-7
    assert math.log2(errors[0] / errors[1]) > 4 - 0.25


def spectral_of(problem: Burgers, modes: int, steps: int) -> tuple[Tensor, Tensor]:
    x = -1 + 4 * torch.arange(modes, dtype=torch.float64) / modes
    k = math.pi * np.fft.rfftfreq(modes, 1 / modes) / 2
    return x, torch.from_numpy(march(problem._series(x).numpy(), k, float(problem.nu), steps))


def test_the_truth_depends_on_what_it_says_and_on_nothing_else() -> None:
    base = Burgers(0.02)
    for other in (
        Burgers(0.02, task="sensors"), Burgers(0.02, sensors=((0.5, 0.5),)),
        Burgers(0.02, drawn=DRAWN["plateau"]),
    ):  # fmt: skip
        assert other.truth == base.truth and torch.equal(other.exact(plane()), base.exact(plane()))
    begun = drawn(0.02, DRAWN["plateau"])
    assert begun.truth != base.truth != Burgers(0.03).truth
    assert torch.equal(begun.truth.exact(plane(11, 5)), begun.exact(plane(11, 5)))


def test_sensors_measure_the_truth_where_they_are() -> None:
    problem = Burgers(task="sensors", sensors=[(0.5, 0.25), (0.1, -1.0)])
    assert [term.name for term in problem.terms()] == ["pde", "bc", "sensors"]
    term = problem.terms()[2]
    assert term.region.points == ((0.25, 0.5), (-1.0, 0.1)) and not term.region.whole
    points = term.region.place(torch.rand(99, 2, dtype=torch.float64))
    assert points.tolist() == [[0.25, 0.5], [-1.0, 0.1]]
    assert term.data is not None
    assert torch.equal(term.data(points)["measured"], problem.exact(points))


@pytest.mark.parametrize(
    ("field", "value"),
    [("drawn", [0.0] * 20), ("drawn", [math.nan] * 21), ("sensors", []), ("sensors", [(2, 0)])],
)
def test_a_wrong_drawing_or_sensor_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"needed|must lie"):
        Burgers(**{field: value})
