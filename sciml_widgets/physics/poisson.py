"""Poisson's equation on a square: a membrane under a load. Knows no network."""

import math
from dataclasses import dataclass

import torch

from sciml_widgets.knobs import knob
from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = ["Poisson"]


@dataclass(frozen=True)
class Poisson(Problem):
    """u_xx + u_yy = -f on the square 0 <= x, y <= 1, u = 0 on its edge.

    Dimensionless. The load f = 2 k² π² sin(kπx) sin(kπy) presses the membrane into k times k
    bumps: u = sin(kπx) sin(kπy). There is no time: all of it is known at the edge.
    """

    waves: int = knob(
        1, 1, 5, label="bumps k", unit="a side", group="Equation", also="moves the truth",
        help="bumps along each side; many are hard for a small network",
    )  # fmt: skip

    box = Box("xy", low=(0.0, 0.0), high=(1.0, 1.0))
    equation = "u_xx + u_yy = -f"
    at = (0.25, 0.5, 0.75)

    def terms(self) -> tuple[Term, ...]:
        """The equation, and both pairs of edges."""
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("xx", "yy")),
            Term("sides", "edges x = 0, 1", self.box.at(x=(0.0, 1.0)), self._edge),
            Term("ends", "edges y = 0, 1", self.box.at(y=(0.0, 1.0)), self._edge),
        )

    def exact(self, points: Points) -> Values:
        """sin(kπx) sin(kπy): points (n, 2) to (n, 1), float64."""
        waves = torch.sin(self.waves * math.pi * points.double())
        return waves.prod(1, keepdim=True)

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        k = self.waves * math.pi
        return u.xx + u.yy + 2 * k**2 * torch.sin(k * p.x) * torch.sin(k * p.y)

    def _edge(self, p: Coordinates, u: Jet) -> Values:
        return u.value
