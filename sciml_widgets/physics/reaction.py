"""Logistic growth at every place of a ring, each for itself. Knows no network."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = ["Reaction"]


@dataclass(frozen=True)
class Reaction(Problem):
    """u_t = ρ u (1 - u) on 0 <= x <= 2π, 0 <= t <= 1, periodic in x; u(x, 0) is a bell at x = π.

    Dimensionless; the bell is h(x) = exp(-(x - π)² / (2 (π/4)²)). Each place grows to 1 for
    itself, and the edge between "empty" and "full" steepens. u = 0 obeys the equation and the
    ends too: for ρ = 5 plain networks often settle there. Set-up of Krishnapriyan, Gholami, Zhe,
    Kirby and Mahoney (2021), arXiv:2109.01050.
    """

    rho: float | Tensor = knob(
        5.0, 0.5, 10.0, label="growth ρ", group="Equation", also="moves the truth",
        help="how fast u grows towards 1",
    )  # fmt: skip

    box = Box("xt", low=(0.0, 0.0), high=(2 * math.pi, 1.0))
    ring = "x"
    equation = "u_t = ρ u (1 - u)"
    limits = (0.0, 1.0)
    at = (0.1, 0.5, 1.0)

    def terms(self) -> tuple[Term, ...]:
        """The equation, the start, and the two ends of the ring, which are one place."""
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("t",)),
            Term("ic", "initial condition", self.box.at(t=0.0), self._start),
            Term("bc", "ends agree", self.box.at(x=0.0), self._ends, image=_once_round),
        )

    def exact(self, points: Points) -> Values:
        """Logistic growth, h e^ρt / (h e^ρt + 1 - h): points (n, 2) to (n, 1), float64."""
        x, t = points.double().split(1, dim=1)
        grown = _bell(x) * torch.exp(self.rho * t)
        return grown / (grown + 1 - _bell(x))

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t - self.rho * u.value * (1 - u.value)

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value - _bell(p.x)

    def _ends(self, p: Coordinates, u: Jet, q: Coordinates, v: Jet) -> Values:
        return u.value - v.value


def _bell(x: Tensor) -> Tensor:
    return torch.exp(-((x - math.pi) ** 2) / (2 * (math.pi / 4) ** 2))


def _once_round(points: Points) -> Points:
    return points + points.new_tensor([2 * math.pi, 0.0])
