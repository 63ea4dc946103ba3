"""Convection: a wave that travels round a ring and keeps its form. Knows no network."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = ["Convection"]


@dataclass(frozen=True)
class Convection(Problem):
    """u_t + β u_x = 0 on 0 <= x <= 2π, 0 <= t <= 1; u(x, 0) = sin x, periodic in x.

    Dimensionless. The solution is sin(x - βt): nothing is hard about it, and yet plain
    physics-informed networks fail for β of 20 and more: they find the easy function that is right
    at t = 0 and zero soon after. Set-up of Krishnapriyan, Gholami, Zhe, Kirby and Mahoney (2021),
    arXiv:2109.01050.
    """

    beta: float | Tensor = knob(
        30.0, 1.0, 50.0, label="speed β", group="Equation", also="moves the truth",
        help="how fast the wave travels: β / 2π times round the ring until t = 1",
    )  # fmt: skip

    box = Box("xt", low=(0.0, 0.0), high=(2 * math.pi, 1.0))
    ring = "x"
    equation = "u_t + β u_x = 0"
    at = (0.1, 0.5, 1.0)

    def terms(self) -> tuple[Term, ...]:
        """The equation, the start, and the two ends of the ring, which are one place."""
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("x", "t")),
            Term("ic", "initial condition", self.box.at(t=0.0), self._start),
            Term("bc", "ends agree", self.box.at(x=0.0), self._ends, image=_once_round),
        )

    def exact(self, points: Points) -> Values:
        """sin(x - βt): points (n, 2) to (n, 1), float64."""
        x, t = points.double().split(1, dim=1)
        return torch.sin(x - self.beta * t)

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t + self.beta * u.x

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value - torch.sin(p.x)

    def _ends(self, p: Coordinates, u: Jet, q: Coordinates, v: Jet) -> Values:
        return u.value - v.value


def _once_round(points: Points) -> Points:
    return points + points.new_tensor([2 * math.pi, 0.0])
