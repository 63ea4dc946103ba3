"""Burgers' equation in one dimension: a sine that steepens into a shock. Knows no network."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.knobs import choice, knob, knobs
from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values
from sciml_widgets.physics.series import SineSeries
from sciml_widgets.touch import curve, places

__all__ = ["Burgers"]

NODES = 200
"""Quadrature nodes: 1e-10 or better for all viscosities of the knob and t <= 1."""

SMALLEST = 1e-18
"""Share of an integral below which a node is left out: all of them together are below 1e-15."""

CHUNK = 256
"""Points per block of the quadrature: 256 x 200 numbers stay in the cache."""

SMALL_BLOCK = 32768
"""Numbers per block where the initial state is drawn, and more of them are alive at a time."""

BUMP = (0.0, 0.0, 0.0, 0.06, 0.22, 0.53, 0.8, 0.8, 0.53, 0.22, 0.06, *10 * (0.0,))
"""A hump that runs to the right and steepens."""

SENSORS = (
    (0.1, -0.7), (0.1, -0.3), (0.1, 0.3), (0.1, 0.7), (0.3, -0.5), (0.3, 0.0), (0.3, 0.5),
    (0.6, -0.2), (0.6, 0.2), (0.9, 0.0),
)  # fmt: skip


def _not_drawn(lab: Any) -> str:
    return "" if getattr(lab, "problem", lab).start == "drawn" else "the initial state is the sine"


def _no_sensors(lab: Any) -> str:
    return "" if getattr(lab, "problem", lab).task == "sensors" else "not in this task"


@dataclass(frozen=True)
class Burgers(Problem):
    """u_t + u u_x = ν u_xx on -1 <= x <= 1, 0 <= t <= 1; u(x, 0) = -sin πx, u(±1, t) = 0.

    Dimensionless; 1/ν is the Reynolds number. The halves of the sine run into each other and
    form a shock at x = 0, about 4ν wide, at t = 1/π; then it decays. ν = 0.05 is smooth and easy,
    ν = 0.01/π = 0.00318 is the benchmark of Raissi, Perdikaris and Karniadakis
    (doi 10.1016/j.jcp.2018.10.045).

    task "forward" gives the initial state and the walls. task "reconstruct" gives u at t = 1/2
    and the walls: before that time the solution must be inferred, and what has run into the
    shock by then is lost (an ill-posed problem). task "sensors" gives u at a few points (t, x)
    and the walls.

    start "drawn" has the heights `drawn` in place of the sine, at 21 places over x: the sine
    series through them, 0 at the walls. Raises ValueError for ν outside [0.001, 0.2], where
    `exact` would not be exact, and for heights or sensors outside their ranges.
    """

    nu: float | Tensor = knob(
        0.05, 0.001, 0.2, log=True, label="viscosity ν", group="Equation",
        help="how strongly differences of velocity are smoothed; small: a sharp shock",
        also="moves the truth",
    )  # fmt: skip
    task: str = choice(
        "forward", ("forward", "reconstruct", "sensors"), label="task", group="Equation",
        help="what is given: u at t = 0 (forward), at t = 1/2 (reconstruct), or at sensors",
    )  # fmt: skip
    sensors: Any = places(  # pairs (t, x)
        SENSORS, (0.0, -1.0), (1.0, 1.0), axes=("t", "x"), kind="hot", label="sensors",
        group="Equation", help="where and when u is measured", unless=_no_sensors,
    )  # fmt: skip
    start: str = choice(
        "sine", ("sine", "drawn"), label="initial state", group="Equation",
        help="u(x, 0): -sin πx, or a curve that you draw",
    )  # fmt: skip
    drawn: Any = curve(  # 21 heights
        BUMP, -1.0, 1.0, over=(-1.0, 1.0), ends=(0.0, 0.0), label="u(x, 0)", group="Equation",
        help="the initial state over x, 0 at the walls", unless=_not_drawn,
    )  # fmt: skip

    box = Box("xt", low=(-1.0, 0.0), high=(1.0, 1.0))
    equation = "u_t + u u_x = ν u_xx"

    def __post_init__(self) -> None:
        known = knobs(self)
        for name in ("drawn", "sensors"):  # tuples, also of what came as a list or an array
            object.__setattr__(self, name, known[name].check(getattr(self, name)))
        if not isinstance(self.nu, Tensor) and not 0.001 <= self.nu <= 0.2:
            raise ValueError(
                f"nu={self.nu:g} is outside [0.001, 0.2], where the exact solution holds to 1e-10"
            )

    def terms(self) -> tuple[Term, ...]:
        """The equation, the walls, and the data of the task."""
        equation = Term("pde", "equation", self.box.inside, self._equation, ("x", "t", "xx"))
        start = Term("ic", "initial condition", self.box.at(t=0.0), self._start)
        if self.start == "drawn":
            start = replace(start, residual=self._begin, data=self._begun)
        walls = Term("bc", "walls", self.box.at(x=(-1.0, 1.0)), self._walls)
        data = Term("data", "data at t = 1/2", self.box.at(t=0.5), self._data, data=self._measured)
        if self.task == "sensors":
            there = self.box.points(*((x, t) for t, x in self.sensors))
            data = Term("sensors", "sensors", there, self._data, data=self._measured)
        return (equation, start, walls) if self.task == "forward" else (equation, walls, data)

    @property
    def at(self) -> tuple[float, ...]:  # type: ignore[override]
        """Slices: the start among them where it is what one looks for."""
        return (0.0, 0.25, 0.5) if self.task == "reconstruct" else (0.25, 0.5, 0.75)

    @property
    def limits(self) -> tuple[float, float]:  # type: ignore[override]
        """No later u is larger than the initial one."""
        largest = max(1.0, math.ceil(10 * self._series.largest) / 10) if self._is_drawn else 1.0
        return -largest, largest

    @property
    def truth(self) -> "Burgers":
        """Neither task nor sensors move it, and no drawing that is not in use."""
        usual = Burgers()
        drawn = self.drawn if self._is_drawn else usual.drawn
        return replace(self, task=usual.task, sensors=usual.sensors, drawn=drawn)

    def exact(self, points: Points) -> Values:
        """Cole-Hopf by Gauss-Hermite: points (n, 2) to (n, 1), float64, differentiable for t > 0.

        u = -∫ sin(πy) w dη / ∫ w dη with y = x - η and
        w = exp(-cos(πy) / (2πν) - η² / (4νt)); η = 2 √(νt) s makes it a Hermite weight in s.
        Source: Cole (1951), doi 10.1090/qam/42889. Error: 1e-10.

        A drawn state and its antiderivative take the place of the sine and the cosine, and the
        trapezoidal rule that of Gauss and Hermite; the error is as small (`_even_nodes`).
        """
        nu = torch.as_tensor(self.nu, dtype=torch.float64)
        if self._is_drawn:
            s = _even_nodes(self._series, float(nu.detach()))
            parts = points.double().split(max(1, SMALL_BLOCK // len(s)))
            return torch.cat([_cole_hopf_drawn(part, nu, self._series, s) for part in parts])
        return torch.cat([_cole_hopf(part, nu) for part in points.double().split(CHUNK)])

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t + u.value * u.x - self.nu * u.xx

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value + torch.sin(math.pi * p.x)

    def _begin(self, p: Coordinates, u: Jet) -> Values:
        return u.value - p.begun

    def _begun(self, points: Points) -> Mapping[str, Values]:
        return {"begun": self._series(points[:, :1])}

    def _walls(self, p: Coordinates, u: Jet) -> Values:
        return u.value

    def _data(self, p: Coordinates, u: Jet) -> Values:
        return u.value - p.measured

    def _measured(self, points: Points) -> Mapping[str, Values]:
        return {"measured": self.exact(points)}

    @property
    def _is_drawn(self) -> bool:
        return self.start == "drawn"

    @property
    def _series(self) -> SineSeries:
        return _series_of(self.drawn)


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


@lru_cache(maxsize=8)
def _series_of(heights: tuple[float, ...]) -> SineSeries:
    return SineSeries(heights, -1.0, 1.0)


def _cole_hopf_drawn(points: Points, nu: Tensor, start: SineSeries, s: Tensor) -> Values:
    x, t = points[:, :1], points[:, 1:]
    u, integral = start.with_integral(x - 2 * torch.sqrt(nu * t) * s)
    exponent = -(s**2) - integral / (2 * nu)
    w = torch.exp(exponent - exponent.detach().amax(1, keepdim=True))
    return (w * u).sum(1, keepdim=True) / w.sum(1, keepdim=True)


def _even_nodes(start: SineSeries, nu: float, finer: float = 1.0) -> Tensor:
    """Nodes of the trapezoidal rule in s, which converges exponentially for such an integrand.

    They reach as far as a characteristic runs until t = 1, and 6.5 widths of the kernel beyond
    (e^-42). They resolve the narrowest peak of w, 1/√(1 + t max|u'|) wide, and the fastest wave of
    u: for the roughest drawing twice as many nodes change u by less than 1e-12.
    Source: Trefethen and Weideman (2014), doi 10.1137/130932132.
    """
    reach = start.largest / (2 * math.sqrt(nu)) + 6.5
    fastest = 2 * math.sqrt(nu) * start.wave * len(start.coefficients)
    step = 2 * math.pi / (14 * math.sqrt(1 + start.steepest) + 5 * fastest)
    half = math.ceil(finer * reach / step)
    return torch.arange(-half, half + 1, dtype=torch.float64) * (step / finer)
