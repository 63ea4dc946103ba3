"""Points from another density: the weights, their exact variance, and what the bars are worth."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, norm

from sciml_widgets.wrong_density import Running, squared_radius, variance, weight


def test_the_weight_is_the_quotient_of_the_densities() -> None:
    x = np.random.default_rng(0).normal(size=(5, 7))
    quotient = np.exp((norm.logpdf(x) - norm.logpdf(x, scale=0.8)).sum(1))
    assert weight((x**2).sum(1), 0.8, 7) == pytest.approx(quotient, rel=1e-12)


@pytest.mark.parametrize(("width", "dimension"), [(0.8, 3), (0.9, 20), (1.1, 20), (2.0, 5)])
def test_the_variance_is_that_of_the_integral(width: float, dimension: int) -> None:
    def square(r2: float) -> float:
        logs = 2 * math.log(weight(np.array([r2]), width, dimension)[0])
        return math.exp(logs + chi2.logpdf(r2 / width**2, dimension)) / width**2

    found, _ = quad(square, 0, 400, limit=400, epsabs=1e-12)
    assert variance(width, dimension) == pytest.approx(found - 1, rel=1e-6)


def test_the_variance_is_infinite_for_narrow_densities_and_zero_for_the_right_one() -> None:
    assert variance(1.0, 20) == 0
    assert variance(1 / math.sqrt(2) - 1e-9, 1) == math.inf
    assert variance(1 / math.sqrt(2) + 1e-3, 1) < math.inf


def test_the_squared_radius_is_that_of_normal_coordinates() -> None:
    """Mean s² d and variance 2 s⁴ d, each to five standard errors."""
    r2 = squared_radius((50, 400), 0.7, 9, np.random.default_rng(0)).ravel()
    assert abs(r2.mean() - 0.49 * 9) < 5 * math.sqrt(2 * 9) * 0.49 / math.sqrt(len(r2))
    assert r2.var() == pytest.approx(2 * 9 * 0.49**2, rel=5 * math.sqrt((2 + 12 / 9) / len(r2)))


def test_running_sums_give_what_the_whole_sample_gives() -> None:
    values = np.random.default_rng(0).normal(1.0, 2.0, (6, 300))
    running = Running(6)
    for part in np.split(values, [10, 150], axis=1):
        running.add(part)
    assert running.means == pytest.approx(values.mean(1), rel=1e-12)
    assert running.bars == pytest.approx(values.std(1, ddof=1) / math.sqrt(300), rel=1e-10)


def test_honest_bars_hold_and_lying_bars_do_not() -> None:
    """A share of 200 experiments is known to 1.5 % at 95 %: five of these."""
    shares = {}
    for width in (0.6, 1.1):
        running = Running(200)
        draws = squared_radius((200, 4096), width, 20, np.random.default_rng(0))
        running.add(weight(draws, width, 20))
        shares[width] = running.coverage(1.0)
    assert shares[1.1] > 0.954 - 5 * 0.015
    assert shares[0.6] < 0.6
