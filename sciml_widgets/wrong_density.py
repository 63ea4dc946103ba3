"""Averages with points from another density, whose exact error is known. Knows no lab.

The question has the answer 1: the integral of the normal density p over all of d dimensions. The
points come from a normal density q of another width, and each counts p/q.
"""

import math

import numpy as np

__all__ = ["Running", "squared_radius", "variance", "weight"]


def weight(squared: np.ndarray, width: float, dimension: int) -> np.ndarray:
    """p/q at the squared radius |x|², for q normal with standard deviation `width` in each of d.

    p/q = s^d exp(-|x|² (1 - 1/s²) / 2).
    """
    return np.exp(dimension * math.log(width) - squared * (1 - width**-2) / 2)


def variance(width: float, dimension: int) -> float:
    """The exact variance of p/q under q: (s² / √(2s² - 1))^d - 1, infinite for s <= 1/√2."""
    if 2 * width**2 <= 1:
        return math.inf
    grown = dimension * math.log(width**2 / math.sqrt(2 * width**2 - 1))
    return math.expm1(grown) if grown < 700 else math.inf


def squared_radius(
    count: tuple[int, int], width: float, dimension: int, generator: np.random.Generator
) -> np.ndarray:
    """|x|² of so many points of q: s² times chi-squared with d degrees of freedom.

    The weight depends on |x|² only, so the d coordinates themselves need not be drawn.
    """
    return width**2 * generator.chisquare(dimension, count)


class Running:
    """Means and error bars of several experiments at once, as points come in."""

    def __init__(self, experiments: int) -> None:
        self.points = 0
        self._sum = np.zeros(experiments)
        self._squares = np.zeros(experiments)

    def add(self, values: np.ndarray) -> None:
        """More points: one row for each experiment."""
        self.points += values.shape[1]
        self._sum += values.sum(1)
        self._squares += np.square(values).sum(1)

    @property
    def means(self) -> np.ndarray:
        """The estimate of each experiment."""
        return self._sum / self.points

    @property
    def bars(self) -> np.ndarray:
        """What each experiment believes its error to be: √(variance of its own values / n)."""
        spread = np.maximum(self._squares / self.points - self.means**2, 0.0)
        return np.sqrt(spread / max(self.points - 1, 1))

    def coverage(self, truth: float, bars: float = 2.0) -> float:
        """The share of experiments whose bar, times `bars`, reaches the truth."""
        return float((abs(self.means - truth) <= bars * self.bars).mean())
