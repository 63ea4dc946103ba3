"""Burgers' equation with two coefficients, seen only where u was measured. Knows no network."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from torch import Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.physics.burgers import Burgers
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

__all__ = ["BurgersMeasured"]

PLACES = tuple(itertools.product((-0.8, -0.4, -0.1, 0.1, 0.4, 0.8), (0.1, 0.4, 0.7, 1.0)))
"""Pairs (x, t), where u is measured if nobody says otherwise."""


@dataclass(frozen=True)
class BurgersMeasured(Problem):
    """u_t + λ1 u u_x = λ2 u_xx on -1 <= x <= 1, 0 <= t <= 1, and u at some places; nothing else.

    Dimensionless. Neither start nor walls are given: the measurements stand for them. The truth
    is v / λ1, where v is Burgers' solution with the viscosity λ2 and v(x, 0) = -sin πx. It fixes
    both coefficients: other coefficients give other curves. λ1 = 1 and λ2 = 0.01/π = 0.00318 is
    the benchmark of Raissi, Perdikaris and Karniadakis (2019), doi 10.1016/j.jcp.2018.10.045.

    `places` holds pairs (x, t). Raises ValueError for a place outside the box, and for λ2 outside
    [0.001, 0.2], where `exact` would not be exact.
    """

    lambda1: float | Tensor = knob(
        1.0, 0.5, 2.0, label="true λ1", group="Truth", also="moves the truth",
        help="true strength of steepening; the network is not told",
    )  # fmt: skip
    lambda2: float | Tensor = knob(
        0.05, 0.001, 0.2, log=True, label="true λ2", group="Truth", also="moves the truth",
        help="true strength of smoothing (viscosity); the network is not told",
    )  # fmt: skip
    places: tuple[tuple[float, float], ...] = PLACES

    box = Box("xt", low=(-1.0, 0.0), high=(1.0, 1.0))
    equation = "u_t + λ1 u u_x = λ2 u_xx"
    at = (0.25, 0.5, 0.75)

    def terms(self) -> tuple[Term, ...]:
        """The equation, and the measurements."""
        there = _there(self.box, self.places)
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("x", "t", "xx")),
            Term("data", "measurements", there, self._data, data=self._measured),
        )

    @property
    def limits(self) -> tuple[float, float]:  # type: ignore[override]
        """No u is larger than the first one."""
        return -1 / float(self.lambda1), 1 / float(self.lambda1)

    @property
    def truth(self) -> "BurgersMeasured":
        """The places of the measurements do not move it."""
        return BurgersMeasured(self.lambda1, self.lambda2)

    def exact(self, points: Points) -> Values:
        """Cole-Hopf for v, divided by λ1: points (n, 2) to (n, 1), float64, error 1e-10."""
        return Burgers(nu=self.lambda2).exact(points) / self.lambda1

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t + self.lambda1 * u.value * u.x - self.lambda2 * u.xx

    def _data(self, p: Coordinates, u: Jet) -> Values:
        return u.value - p.measured

    def _measured(self, points: Points) -> Mapping[str, Values]:
        return {"measured": self.exact(points)}


@lru_cache(maxsize=8)
def _there(box: Box, places: tuple[tuple[float, float], ...]) -> Region:
    """Checking a thousand places takes longer than a step of training: done once."""
    return box.points(*places)
