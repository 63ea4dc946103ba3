"""Transport along a ring in a given flow, d_t + u d_x = 0, by differences. Knows no loss."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.solvers.ring import State, chosen, parts, shifted
from sciml_widgets.solvers.stability import hold

__all__ = ["SCHEMES", "Advection"]

SCHEMES = ("upwind", "downwind", "limited", "relu")


@dataclass(frozen=True)
class Advection:
    """d_t + u(x) d_x = 0 for a density d on a ring of length 1, in explicit steps `dt`.

    `scheme` says where the slope of d is taken, i at a cell's centre:
    "upwind": from where the flow comes, first order. "downwind": always (d[i+1] - d[i]) / dx, as
    it stands on many slides; right for u <= 0, unstable for u > 0. "limited": waves with van
    Leer's limiter and flows at the cells' edges, second order where d is smooth (LeVeque 2002,
    doi 10.1017/CBO9780511791253, chapters 6 and 9). "relu": the numbers of "upwind", but written
    with max(u, 0) and min(u, 0), so that autograd finds the slope 0 in u wherever u = 0.

    States are (N,) or (batch, N), flows u likewise; numpy or torch. Constants stay constant, a
    constant u keeps Σ d, and within the limit "upwind" makes no new largest or smallest value
    ("limited": where u is constant).
    """

    cells: int = 64
    dt: float = 1 / 64
    scheme: str = "upwind"
    ignore_limit: bool = False

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise ValueError(f"scheme={self.scheme!r} is not one of {', '.join(SCHEMES)}")
        if self.cells < 4 or not self.dt > 0:
            raise ValueError(f"4 cells and dt > 0 are needed, got {self.cells} and {self.dt}")

    @property
    def dx(self) -> float:
        """The length of a cell."""
        return 1 / self.cells

    @property
    def x(self) -> np.ndarray:
        """The cells' centres."""
        return (np.arange(self.cells) + 0.5) / self.cells

    def courant(self, u: State) -> float:
        """What the stability limit, 1, is about: the share of a cell that a step crosses.

        "downwind" cannot cross any in the direction of x: infinite where u > 0.
        """
        c = (u.detach() if isinstance(u, Tensor) else u) * (self.dt / self.dx)
        if self.scheme == "downwind":
            return float("inf") if bool((c > 0).any()) else float(abs(c).max())
        if self.scheme != "limited":
            return float(abs(c).max())
        right, left = parts(_edges(c))
        return float((right - shifted(left, 1)).max())

    def step(self, d: State, u: State) -> State:
        """The density one step later. Raises Unstable beyond the limit, unless it is ignored."""
        self._hold(u)
        c = u * (self.dt / self.dx)
        if self.scheme == "limited":
            return _limited(d, c)
        if self.scheme == "relu":
            return d - _part(c) * (d - shifted(d, -1)) + _part(-c) * (shifted(d, 1) - d)
        return d - c * self._slope(d, u)

    def pull(self, d: State, u: State, slope: State) -> tuple[State, State]:
        """Carry ∂L/∂(d after the step) back over a step from d: (∂L/∂d, ∂L/∂u), by hand.

        Both have the shape of d. For "upwind" and "downwind"; at u = 0 the derivative in u is the
        one for u < 0. Raises ValueError for other schemes, which autograd can do.
        """
        if self.scheme not in ("upwind", "downwind"):
            raise ValueError(f"no adjoint by hand for {self.scheme!r}: let autograd do it")
        rate = self.dt / self.dx
        c = u * rate
        to_u = -rate * self._slope(d, u) * slope
        to_right, to_left = (0 * c, c) if self.scheme == "downwind" else parts(c)
        right, left = slope * to_right, slope * to_left
        return slope - right + left + shifted(right, 1) - shifted(left, -1), to_u

    def _slope(self, d: State, u: State) -> State:
        """The difference of d on one side; at u = 0 that is one side, not both and not none."""
        right = shifted(d, 1) - d
        if self.scheme == "downwind":
            return right
        return chosen(u > 0, shifted(right, -1), right)

    def _hold(self, u: State) -> None:
        if self.ignore_limit:
            return
        if self.scheme == "downwind":
            fastest = float((u.detach() if isinstance(u, Tensor) else u).max())
            hold(fastest * self.dt / self.dx, 0.0, "u dt/dx", 'for u > 0 take the scheme "upwind"')
        hold(self.courant(u), 1.0, "max|u| dt/dx", "take a smaller dt or fewer cells")


def _part(c: State) -> State:
    return torch.relu(c) if isinstance(c, Tensor) else np.maximum(c, 0)


def _edges(c: State) -> State:
    """At the left edge of each cell."""
    return (c + shifted(c, -1)) / 2


def _limited(d: State, c: State) -> State:
    """LeVeque's waves: upwind, and a correction that is large only where d is smooth."""
    edge = _edges(c)
    wave = d - shifted(d, -1)
    before, after = shifted(wave, -1), shifted(wave, 1)
    other = chosen(edge > 0, before, after)
    same = wave * other > 0
    smooth = chosen(same, 2 * wave * other / chosen(same, wave + other, 1 + 0 * wave), 0 * wave)
    more = abs(edge) * smooth / 2
    to_right, to_left = parts(edge)
    moved = to_right * wave + shifted(to_left * wave, 1)
    return d - moved - (1 - abs(c)) * (shifted(more, 1) - more)
