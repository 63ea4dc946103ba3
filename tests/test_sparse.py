"""Few measurements of few entries: the linear programme, and the threshold against a table."""

import math

import numpy as np
import pytest

from sciml_widgets.sparse import MATRICES, dimension_needed, problem, recover, threshold

TABLE = {0.1: 0.188, 0.25: 0.266, 0.5: 0.385, 0.75: 0.533, 0.9: 0.677}
"""Weak threshold of l1: Donoho and Tanner (2009), doi 10.1098/rsta.2009.0152."""


@pytest.mark.parametrize("measured", TABLE)
def test_the_threshold_is_that_of_the_published_table(measured: float) -> None:
    assert threshold(measured) == pytest.approx(TABLE[measured], abs=0.0025)


def test_the_threshold_is_where_what_is_needed_is_what_is_measured() -> None:
    for measured in (0.2, 0.6):
        share = measured * threshold(measured)
        assert dimension_needed(share) == pytest.approx(measured, abs=1e-8)
    assert dimension_needed(0.2) < dimension_needed(0.3) < 1


def test_what_is_needed_is_the_smallest_mean_distance() -> None:
    """The formula against a sample of normal numbers, at its best τ; five standard errors."""
    share, g = 0.2, np.abs(np.random.default_rng(0).standard_normal(200_000))
    sizes = []
    for tau in np.linspace(0.2, 2.5, 60):
        tail = np.maximum(g - tau, 0) ** 2
        sizes.append((share * (1 + tau**2) + (1 - share) * tail.mean(), tail.std()))
    least, spread = min(sizes)
    assert dimension_needed(share) == pytest.approx(least, abs=1e-3 + 5 * spread / math.sqrt(2e5))


@pytest.mark.parametrize("kind", MATRICES)
def test_few_entries_come_back_and_many_do_not(kind: str) -> None:
    generator = np.random.default_rng(1)
    for share, comes_back in ((0.4, True), (1.8, False)):
        matrix, vector = problem(40, 20, round(share * 20 * threshold(0.5)), generator, kind)
        found = recover(matrix, matrix @ vector)
        assert matrix @ found == pytest.approx(matrix @ vector, abs=1e-7)
        assert abs(found).sum() <= abs(vector).sum() * (1 + 1e-9)
        assert bool(abs(found - vector).max() < 1e-6) is comes_back


def test_a_bad_problem_is_refused_in_words() -> None:
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="normal numbers, signs, cosines"):
        problem(10, 5, 2, generator, "magic")
    with pytest.raises(ValueError, match="give at most 10"):
        problem(10, 11, 2, generator)
    with pytest.raises(ValueError, match="not between 0 and 1"):
        threshold(1.0)
    with pytest.raises(ValueError, match="no vector fits"):
        recover(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 2.0]))
