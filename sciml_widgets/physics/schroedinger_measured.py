"""Schrödinger's equation with two coefficients, seen where h was measured. Knows no network."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.physics.problem import (
    Box,
    Coordinates,
    Jet,
    Points,
    Problem,
    Region,
    Term,
    Values,
)
from sciml_widgets.physics.schroedinger import HALF, Schroedinger

__all__ = ["SchroedingerMeasured"]

PLACES = tuple(itertools.product((-3.0, -1.0, -0.4, 0.0, 0.3, 0.9, 2.5), (0.1, 0.4, 0.7, 1.0)))
"""Pairs (x, t), where h is measured if nobody says otherwise."""


@dataclass(frozen=True)
class SchroedingerMeasured(Problem):
    """i h_t + λ1 h_xx + λ2 |h|² h = 0 on -5 <= x <= 5, 0 <= t <= 1, and h at some places.

    Dimensionless; h = u + iv is measured as two numbers. Neither start nor ends are given. The
    truth is A g(x, 2 λ1 t) with A² = 2 λ1 / λ2, where g is the wave of `Schroedinger`: put into
    the equation, every term gets the factor 2 λ1 A. λ1 = 1/2 and λ2 = 1 is the example of Raissi
    and Karniadakis (2018), doi 10.1016/j.jcp.2017.11.039.

    `places` holds pairs (x, t). Raises ValueError for a place outside the box.
    """

    lambda1: float | Tensor = knob(
        0.5, 0.25, 0.75, label="true λ1", group="Truth", also="moves the truth",
        help="true strength of spreading; the network is not told",
    )  # fmt: skip
    lambda2: float | Tensor = knob(
        1.0, 0.5, 2.0, log=True, label="true λ2", group="Truth", also="moves the truth",
        help="true strength of drawing together; the network is not told",
    )  # fmt: skip
    places: tuple[tuple[float, float], ...] = PLACES

    box = Box("xt", low=(-HALF, 0.0), high=(HALF, 1.0))
    equation = "i h_t + λ1 h_xx + λ2 |h|² h = 0"
    unknowns = ("u", "v")
    at = (0.25, 0.5, 0.75)
    accuracy = Schroedinger.accuracy

    def terms(self) -> tuple[Term, ...]:
        """The equation, and the measurements."""
        there = _there(self.box, self.places)
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("t", "xx")),
            Term("data", "measurements", there, self._data, data=self._measured),
        )

    @property
    def limits(self) -> tuple[float, float]:  # type: ignore[override]
        """|h| reaches 4 A."""
        return -4.1 * self._size, 4.1 * self._size

    @property
    def truth(self) -> "SchroedingerMeasured":
        """The places of the measurements do not move it."""
        return SchroedingerMeasured(self.lambda1, self.lambda2)

    def exact(self, points: Points) -> Values:
        """A g(x, 2 λ1 t): points (n, 2) to (n, 2), float64; error below 1e-4 of the largest h."""
        pace = points.new_tensor([1.0, 2 * float(self.lambda1)])
        return self._size * Schroedinger().exact(points * pace)

    @property
    def _size(self) -> float:
        return math.sqrt(2 * float(self.lambda1) / float(self.lambda2))

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        real, imaginary = u.value.split(1, dim=1)
        pull = self.lambda2 * (real**2 + imaginary**2)
        first = u.t[:, :1] + self.lambda1 * u.xx[:, 1:] + pull * imaginary
        second = u.t[:, 1:] - self.lambda1 * u.xx[:, :1] - pull * real
        return torch.cat([first, second], 1)

    def _data(self, p: Coordinates, u: Jet) -> Values:
        return u.value - p.measured

    def _measured(self, points: Points) -> Mapping[str, Values]:
        return {"measured": self.exact(points)}


@lru_cache(maxsize=8)
def _there(box: Box, places: tuple[tuple[float, float], ...]) -> Region:
    """Checking a thousand places takes longer than a step of training: done once."""
    return box.points(*places)
