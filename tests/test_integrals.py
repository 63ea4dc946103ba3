"""Integrals with exact answers: the answers, the grid, the tilted points, the slopes."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.integrals import KINDS, Integrand, bar_of, grid, slope, sobol_stream, tilted
from sciml_widgets.sampling import sobol

PRODUCTS = [kind for kind in KINDS if kind != "ball"]


def gauss(dimension: int, count: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Gauss-Legendre on the cube: exact to roundoff for these smooth functions."""
    x, w = (torch.from_numpy(one) for one in np.polynomial.legendre.leggauss(count))
    points = torch.cartesian_prod(*[(x + 1) / 2] * dimension).reshape(-1, dimension)
    return points, torch.cartesian_prod(*[w / 2] * dimension).reshape(-1, dimension).prod(1)


@pytest.mark.parametrize("kind", PRODUCTS)
@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("shared", [True, False])
def test_the_integral_and_that_of_the_square_are_exact(
    kind: str, dimension: int, shared: bool
) -> None:
    g = Integrand(kind, dimension, 2.5, shared)
    points, weights = gauss(dimension)
    value = g(points)
    assert float(weights @ value) == pytest.approx(g.exact, rel=1e-12)
    assert float(weights @ value.square()) == pytest.approx(g.mean_square, rel=1e-12)


def test_the_balls_have_the_known_volumes() -> None:
    known = {1: 1.0, 2: math.pi / 4, 3: math.pi / 6, 4: math.pi**2 / 32}
    for dimension, volume in known.items():
        assert Integrand("ball", dimension).exact == pytest.approx(volume, rel=1e-14)
    points = torch.tensor([[0.5, 0.5], [1.0, 0.5], [0.9, 0.9]])
    assert Integrand("ball", 2)(points).tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("kind", PRODUCTS)
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_a_grid_is_known_without_visiting_it(kind: str, dimension: int) -> None:
    g = Integrand(kind, dimension)
    for per_axis in (2, 3, 7):
        points, weights = grid(dimension, per_axis)
        assert len(points) == per_axis**dimension
        visited = abs(float(weights @ g(points)) / g.exact - 1)
        assert visited == pytest.approx(g.grid_error(per_axis), abs=1e-12)


@pytest.mark.parametrize("kind", ["corner", "wave"])
@pytest.mark.parametrize("dimension", [1, 4, 12])
def test_the_grid_is_of_second_order_in_each_dimension(kind: str, dimension: int) -> None:
    """Error ~ h², and points ~ h^-d: together points^(-2/d)."""
    g = Integrand(kind, dimension)
    errors = [g.grid_error(cells + 1) for cells in (32, 64, 128)]
    assert slope([32, 64, 128], errors) == pytest.approx(-2, abs=0.02)


def test_a_smooth_periodic_function_breaks_the_rule() -> None:
    g = Integrand("periodic", 5)
    assert g.grid_error(2) > 1
    assert g.grid_error(3) < 1e-13


def test_the_search_finds_the_coarsest_grid() -> None:
    for kind in ("corner", "wave"):
        for dimension in (1, 3, 20):
            g = Integrand(kind, dimension)
            per_axis = round(g.grid_needs(0.01) ** (1 / dimension))
            assert g.grid_error(per_axis) <= 0.01 < g.grid_error(per_axis - 1)
    assert Integrand("ball", 3).grid_needs(0.01) == math.inf


def test_chance_has_the_error_that_the_variance_says() -> None:
    """The root mean square of 400 runs is known to 1/√800 = 3.5 %."""
    g, generator = Integrand("corner", 6), torch.Generator().manual_seed(0)
    x = torch.rand(400 * 64, 6, generator=generator)
    off = g(x).reshape(400, 64).mean(1) / g.exact - 1
    assert float(off.square().mean().sqrt()) == pytest.approx(g.chance_error(64), rel=5 * 0.036)


@pytest.mark.parametrize("tilt", [-1.0, 0.0, 0.5, 2.0])
def test_tilted_points_have_the_density_that_their_weights_say(tilt: float) -> None:
    generator = torch.Generator().manual_seed(1)
    x, weights = tilted(torch.rand(40_000, 3, generator=generator), tilt)
    assert float(x.min()) >= 0 and float(x.max()) <= 1
    mean = 1 / (1 - math.exp(-tilt)) - 1 / tilt if tilt else 0.5
    assert abs(float(x.mean()) - mean) < 5 * math.sqrt(1 / 12 / x.numel())
    volume, bar = bar_of(weights)  # the integral of 1
    assert abs(volume - 1) <= 5 * bar
    g = Integrand("corner", 3, 2.0)
    off = (weights * g(x)).reshape(400, 100).mean(1) / g.exact - 1
    rms = float(off.square().mean().sqrt())
    assert rms == pytest.approx(g.tilted_error(100, tilt), rel=5 * 0.036)


def test_the_perfect_density_has_no_error() -> None:
    g = Integrand("corner", 12, 3.0)
    x, weights = tilted(torch.rand(50, 12, generator=torch.Generator().manual_seed(0)), g.a)
    assert torch.allclose(weights * g(x), torch.tensor(g.exact), rtol=1e-12)
    assert g.tilted_error(1, g.a) < 1e-6
    with pytest.raises(ValueError, match="suits the function 'corner'"):
        Integrand("ball").tilted_error(10, 1.0)


def test_a_stream_gives_the_same_points_in_parts() -> None:
    whole = sobol(16, 4, torch.Generator().manual_seed(5))
    stream = sobol_stream(4, torch.Generator().manual_seed(5))
    assert torch.equal(torch.cat([stream(4), stream(12)]), whole)


@pytest.mark.parametrize("bad", [([1.0], [1.0]), ([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 1])])
def test_a_slope_needs_two_points_above_zero(bad: Any) -> None:
    with pytest.raises(ValueError, match="two x at least"):
        slope(*bad)


def test_a_grid_has_both_ends() -> None:
    with pytest.raises(ValueError, match="per_axis=1"):
        grid(2, 1)
