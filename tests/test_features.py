"""Sums of waves and of powers: the exact error of an average, and the fit."""

import math

import pytest
import torch

from sciml_widgets.features import (
    TARGETS,
    Target,
    average_error,
    degree_within,
    fit,
    powers,
    waves,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("spread", [1.0, 1.2, 0.9])
@pytest.mark.parametrize("dimension", [1, 4])
def test_an_average_of_waves_has_the_error_that_is_known(spread: float, dimension: int) -> None:
    """The root mean square of 2000 averages; the weights' tails are heavier for 0.9."""
    f = Target("bell", dimension)
    x = f.draw(20, generator())
    w = spread * torch.randn(2000, 8, dimension, generator=generator(1))
    logs = dimension * math.log(spread) - w.square().sum(2) * (1 - spread**-2) / 2
    found = (torch.cos(torch.einsum("kmd,nd->knm", w, x)) * logs.exp()[:, None]).mean(2)
    off = float((found - f(x)).square().mean().sqrt())
    assert off == pytest.approx(average_error(x, spread, 8), rel=0.1)


def test_the_error_of_the_average_does_not_contain_the_dimension() -> None:
    distance = torch.linspace(0, 3, 50)
    errors = []
    for dimension in (1, 5, 20):
        x = torch.zeros(50, dimension)
        x[:, 0] = distance
        errors.append(average_error(x, 1.0, 100))
    assert errors == pytest.approx([errors[0]] * 3, rel=1e-14)
    by_hand = ((1 - torch.exp(-(distance**2))) ** 2 / 200).mean().sqrt()
    assert errors[0] == pytest.approx(float(by_hand), rel=1e-12)
    assert average_error(torch.ones(3, 2), 0.7, 10) == math.inf


@pytest.mark.parametrize("kind", TARGETS)
def test_points_have_any_distance_up_to_three_in_every_dimension(kind: str) -> None:
    for dimension in (1, 20):
        f = Target(kind, dimension)
        far = f.draw(4000, generator()).norm(dim=1)
        assert float(far.max()) <= 3
        assert abs(float(far.mean()) - 1.5) < 5 * math.sqrt(0.75 / 4000)
        assert float(f(f.draw(50, generator())).abs().max()) <= 1


def test_powers_are_counted_and_fitted() -> None:
    x = Target(dimension=3).draw(200, generator())
    table = powers(x, 3)
    assert table.shape == (200, math.comb(6, 3))
    y = 1 + x[:, 0] - 2 * x[:, 1] * x[:, 2] ** 2
    assert torch.allclose(table @ fit(table, y, 1e-15), y, atol=1e-9)
    assert degree_within(20, 1770) == 2 and degree_within(20, 1771) == 3


def test_a_fit_has_no_slope_left() -> None:
    x = Target(dimension=4).draw(300, generator())
    w, b = torch.randn(30, 4, generator=generator(2)), torch.zeros(30)
    table, y = waves(x, w, b), Target(dimension=4)(x)
    left = table @ fit(table, y, 1e-12) - y
    assert float((table.T @ left).abs().max()) < 1e-9 * float((table.T @ y).abs().max()) + 1e-7
