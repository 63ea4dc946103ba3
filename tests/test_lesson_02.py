"""What lesson 02 writes by hand is the library's: the rules, the densities, the waves."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.course.script import tagged
from sciml_widgets.features import average_error
from sciml_widgets.integrals import Integrand, tilted

SCRIPT = Path(__file__).parents[1] / "lessons" / "02_dimensions.py"


def cells(*tags: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for tag in ("setup", "function", *tags):
        exec(tagged(SCRIPT, tag), names)
    return names


@pytest.mark.parametrize("dimension", [1, 3, 20])
def test_function_and_integral_are_the_library_s(dimension: int) -> None:
    names, g = cells("product"), Integrand("corner", dimension, 2.0)
    x = torch.rand(7, dimension, generator=torch.Generator().manual_seed(0))
    assert names["corner"](x.numpy()) == pytest.approx(g(x).numpy(), rel=1e-13)
    assert names["exact"](dimension) == pytest.approx(g.exact, rel=1e-13)
    assert names["by_product"](dimension) == pytest.approx(g.exact, rel=1e-6)


@pytest.mark.parametrize(("dimension", "per_axis"), [(1, 9), (2, 5), (4, 3)])
def test_the_grid_is_the_library_s(dimension: int, per_axis: int) -> None:
    names = cells("grid")
    error = abs(names["grid_rule"](dimension, per_axis) / names["exact"](dimension) - 1)
    assert error == pytest.approx(Integrand("corner", dimension).grid_error(per_axis), rel=1e-9)


class Given:
    """Stands for a generator, and gives numbers that are known."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def random(self, shape: tuple[int, ...]) -> np.ndarray:
        assert shape == self.numbers.shape
        return self.numbers


@pytest.mark.parametrize("b", [-0.5, 0.3, 0.9])
def test_importance_sampling_is_the_library_s(b: float) -> None:
    names = cells("importance")
    u = torch.rand(50, 5, generator=torch.Generator().manual_seed(0))
    x, weights = tilted(u, b)
    values = weights * Integrand("corner", 5)(x)
    mean, bar = names["importance"](5, 50, b, Given(u.numpy()))
    assert mean == pytest.approx(float(values.mean()), rel=1e-12)
    assert bar == pytest.approx(float(values.std(correction=0)) / math.sqrt(50), rel=1e-9)


def test_chance_and_sobol_points_find_the_integral() -> None:
    names, rng = cells("chance", "sobol", "slopes"), np.random.default_rng(0)
    mean, bar = names["monte_carlo"](6, 20_000, rng)
    assert abs(mean - names["exact"](6)) < 5 * bar
    filled = names["sobol_rule"](6, 12, rng)
    assert abs(filled / names["exact"](6) - 1) < 0.2 * bar / names["exact"](6)
    assert names["fitted_slope"]([1, 10, 100], [1, 0.1, 0.01]) == pytest.approx(-1)


def test_the_error_of_the_waves_is_the_library_s() -> None:
    names, rng = cells("waves"), np.random.default_rng(0)
    x = names["draw_points"](4, 300, rng)
    library = average_error(torch.from_numpy(x), 1.0, 50)
    assert names["known_error"](x, 50) == pytest.approx(library, rel=1e-12)
    bell = np.exp(-(x**2).sum(1) / 2)
    runs = [names["average_of_waves"](x, 50, rng) - bell for _ in range(100)]
    assert np.sqrt(np.mean(np.square(runs))) == pytest.approx(library, rel=0.2)
