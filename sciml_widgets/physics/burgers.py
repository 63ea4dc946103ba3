"""Burgers' equation in one dimension: a sine that steepens into a shock. Knows no network."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.knobs import choice, knob
from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = ["Burgers"]

NODES = 200
"""Quadrature nodes: 1e-10 or better for all viscosities of the knob and t <= 1."""

SMALLEST = 1e-18
"""Share of an integral below which a node is left out: all of them together are below 1e-15."""

CHUNK = 256
"""Points per block of the quadrature: 256 x 200 numbers stay in the cache."""


@dataclass(frozen=True)
class Burgers(Problem):
    """u_t + u u_x = ν u_xx on -1 <= x <= 1, 0 <= t <= 1; u(x, 0) = -sin πx, u(±1, t) = 0.

    Dimensionless; 1/ν is the Reynolds number. The halves of the sine run into each other and
    form a shock at x = 0, about 4ν wide, at t = 1/π; then it decays. ν = 0.05 is smooth and easy,
    ν = 0.01/π = 0.00318 is the benchmark of Raissi, Perdikaris and Karniadakis
    (doi 10.1016/j.jcp.2018.10.045).

    task "forward" gives the initial state and the walls. task "reconstruct" gives u at t = 1/2
    and the walls: before that time the solution must be inferred, and what has run into the
    shock by then is lost (an ill-posed problem).

    Raises ValueError for ν outside [0.001, 0.2], where `exact` would not be exact.
    """

    nu: float | Tensor = knob(
        0.05, 0.001, 0.2, log=True, label="viscosity ν", group="Equation",
        help="how strongly differences of velocity are smoothed; small: a sharp shock",
        also="moves the truth",
    )  # fmt: skip
    task: str = choice(
        "forward", ("forward", "reconstruct"), label="task", group="Equation",
        help="forward: u at t = 0 is given; reconstruct: only u at t = 1/2 is given",
    )  # fmt: skip

    box = Box("xt", low=(-1.0, 0.0), high=(1.0, 1.0))
    equation = "u_t + u u_x = ν u_xx"
    at = (0.25, 0.5, 0.75)

    def __post_init__(self) -> None:
        if not isinstance(self.nu, Tensor) and not 0.001 <= self.nu <= 0.2:
            raise ValueError(
                f"nu={self.nu:g} is outside [0.001, 0.2], where the exact solution holds to 1e-10"
            )

    def terms(self) -> tuple[Term, ...]:
        """The equation, the walls, and the data of the task."""
        equation = Term("pde", "equation", self.box.inside, self._equation, ("x", "t", "xx"))
        start = Term("ic", "initial condition", self.box.at(t=0.0), self._start)
        walls = Term("bc", "walls", self.box.at(x=(-1.0, 1.0)), self._walls)
        data = Term("data", "data at t = 1/2", self.box.at(t=0.5), self._data, data=self._measured)
        return (equation, start, walls) if self.task == "forward" else (equation, walls, data)

    def exact(self, points: Points) -> Values:
        """Cole-Hopf by Gauss-Hermite: points (n, 2) to (n, 1), float64, differentiable for t > 0.

        u = -∫ sin(πy) w dη / ∫ w dη with y = x - η and
        w = exp(-cos(πy) / (2πν) - η² / (4νt)); η = 2 √(νt) s makes it a Hermite weight in s.
        Source: Cole (1951), doi 10.1090/qam/42889.
        """
        nu = torch.as_tensor(self.nu, dtype=torch.float64)
        return torch.cat([_cole_hopf(part, nu) for part in points.double().split(CHUNK)])

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t + u.value * u.x - self.nu * u.xx

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value + torch.sin(math.pi * p.x)

    def _walls(self, p: Coordinates, u: Jet) -> Values:
        return u.value

    def _data(self, p: Coordinates, u: Jet) -> Values:
        return u.value - p.measured

    def _measured(self, points: Points) -> Mapping[str, Values]:
        return {"measured": self.exact(points)}


def _cole_hopf(points: Points, nu: Tensor, nodes: int = NODES) -> Values:
    s, log_weight = _hermite(nodes, float(nu.detach()))
    x, t = points[:, :1], points[:, 1:]
    y = math.pi * (x - 2 * torch.sqrt(nu * t) * s)
    exponent = log_weight - torch.cos(y) / (2 * math.pi * nu)
    # Shifted by its largest value, the exponential neither overflows nor vanishes everywhere.
    w = torch.exp(exponent - exponent.detach().amax(1, keepdim=True))
    return -(w * torch.sin(y)).sum(1, keepdim=True) / w.sum(1, keepdim=True)


@lru_cache(maxsize=8)
def _hermite(nodes: int, nu: float) -> tuple[Tensor, Tensor]:
    """Nodes and the logarithm of their weights; without those that cannot change a digit.

    The cosine lies between -1 and 1, so no node has a larger share of ∫ w dη than its weight
    times exp(1/πν). For ν = 0.05 that leaves 84 of 200 nodes, for ν = 0.001 all but two.
    """
    s, weight = np.polynomial.hermite.hermgauss(nodes)
    log_weight = np.log(weight)
    counts = log_weight + 1 / (math.pi * nu) > math.log(SMALLEST * weight.sum())
    return torch.from_numpy(s[counts]), torch.from_numpy(log_weight[counts])
