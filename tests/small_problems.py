"""Problems that are small enough to be read in a test; their solutions are elementary."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.physics import Box, Coordinates, Jet, Points, Problem, Term, Values


@dataclass(frozen=True)
class Advection(Problem):
    """u_t + c u_x = 0 with periodic walls: u = sin 2π(x - c t)."""

    c: float | Tensor = knob(0.5, 0.1, 2.0, label="speed c", group="Equation", help="speed")

    box = Box("xt", low=(0.0, 0.0), high=(1.0, 1.0))

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("x", "t")),
            Term("ic", "initial condition", self.box.at(t=0.0), self._start),
            Term(
                "wall", "periodic walls", self.box.at(x=0.0), self._wall, ("x",), image=_other_side
            ),
        )

    def exact(self, points: Points) -> Values:
        x, t = points[:, :1].double(), points[:, 1:].double()
        return torch.sin(2 * math.pi * (x - self.c * t))

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t + self.c * u.x

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value - torch.sin(2 * math.pi * p.x)

    def _wall(self, p: Coordinates, u: Jet, q: Coordinates, v: Jet) -> Values:
        assert bool((q.x - p.x == 1).all()) and bool((q.t == p.t).all())
        return torch.cat([u.value - v.value, u.x - v.x], 1)


def _other_side(points: Points) -> Points:
    return points + points.new_tensor([1.0, 0.0])


@dataclass(frozen=True)
class Oscillator(Problem):
    """x' = v, v' = -x, one coordinate and two unknowns: x = cos t, v = -sin t."""

    box = Box("t", low=(0.0,), high=(2.0,))
    unknowns = ("x", "v")

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("ode", "equations", self.box.inside, self._equations, ("t",)),
            Term("start", "start", self.box.at(t=0.0), self._start),
        )

    def exact(self, points: Points) -> Values:
        t = points.double()
        return torch.cat([torch.cos(t), -torch.sin(t)], 1)

    def _equations(self, p: Coordinates, u: Jet) -> Values:
        x, v = u.value.split(1, dim=1)
        return u.t - torch.cat([v, -x], 1)

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value - u.value.new_tensor([[1.0, 0.0]])


@dataclass(frozen=True)
class KortewegDeVries(Problem):
    """u_t + 6 u u_x + u_xxx = 0: a single wave that keeps its form, of height c / 2."""

    c: float | Tensor = knob(1.0, 0.5, 2.0, label="speed c", group="Equation", help="of the wave")

    box = Box("xt", low=(-6.0, 0.0), high=(6.0, 1.0))
    equation = "u_t + 6 u u_x + u_xxx = 0"
    limits = (0.0, 1.0)
    at = (0.0, 0.5, 1.0)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("x", "t", "xxx")),
            Term("ic", "initial condition", self.box.at(t=0.0), self._given),
            Term("bc", "ends", self.box.at(x=(-6.0, 6.0)), self._given),
        )

    def exact(self, points: Points) -> Values:
        x, t = points.double().split(1, dim=1)
        return self.c / 2 / torch.cosh(self.c**0.5 / 2 * (x - self.c * t)) ** 2

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t + 6 * u.value * u.x + u.xxx

    def _given(self, p: Coordinates, u: Jet) -> Values:
        return u.value - self.exact(torch.cat([p.x, p.t], 1)).to(u.value.dtype)
