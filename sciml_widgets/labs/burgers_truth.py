"""The exact solution of Burgers' equation, as time goes by. Trains nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.physics import Burgers
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, View

__all__ = ["BurgersTruth"]

TIMES = 100
"""Moments between t = 0 and t = 1."""

Slice = tuple[float, np.ndarray, np.ndarray]
"""A time, and u there and at the start."""


@dataclass
class BurgersTruth(Experiment):
    """The exact u(x, t) of Burgers' equation at t = 0, 0.01, ... 1, and its steepest slope.

    What you should see: both halves of the wave run into each other at x = 0. With little
    viscosity the front is steepest at about t = 1/2, later than t = 1/π, when a fluid without
    any viscosity would break; then it fades.

    Good values: ν = 0.01/π = 0.00318 shows a shock; with ν = 0.2 the wave fades before it can
    steepen.
    """

    problem: Burgers = Burgers(nu=0.01 / np.pi)

    title: ClassVar[str] = "Burgers' equation, the exact solution"
    about: ClassVar[str] = "A wave runs into itself. Time passes by itself; nothing is trained."
    length: ClassVar[int] = TIMES + 1
    series = (Series("slope", "steepest slope", scale="linear", x="t"),)

    def frames(self) -> Iterator[Frame]:
        """One moment a frame. The slope is that between neighbours of 2001 points."""
        x = torch.linspace(-1, 1, 2001, dtype=torch.float64)
        start = self._at(x, 0.0)
        for k in range(TIMES + 1):
            t = k / TIMES
            u = self._at(x, t)
            slope = float((u[1:] - u[:-1]).abs().max() / (x[1] - x[0]))
            state = partial(_slice, t, u, start)
            yield Frame(k, {"t": t, "slope": slope}, state)

    def picture(self, state: Slice | None, view: View) -> Picture:
        """The wave now, and as it began."""
        low, high = self.problem.limits
        margin = 0.1 * (high - low)
        axes = Axis("x", -1.0, 1.0), Axis("u", low - margin, high + margin)
        if state is None:
            x = torch.linspace(-1, 1, 2001, dtype=torch.float64)
            state = _slice(0.0, self._at(x, 0.0), self._at(x, 0.0))
        t, u, start = state
        x = np.linspace(-1, 1, len(u))
        said = f"u over x at t = {t:.2f}, from {u.min():.2f} to {u.max():.2f}"
        lines = (Lines(x, start, "t = 0", INK, "dotted", 1.2), Lines(x, u, f"t = {t:.2f}"))
        return Picture((Plot("u(x, t)", lines, *axes, alt=f"{said}."),), f"The time is {t:.2f}.")

    def _at(self, x: torch.Tensor, t: float) -> torch.Tensor:
        with torch.no_grad():
            return self.problem.exact(torch.stack([x, torch.full_like(x, t)], 1))[:, 0]


def _slice(t: float, u: torch.Tensor, start: torch.Tensor) -> Slice:
    every = 5  # 401 points are enough to draw
    return t, u[::every].numpy().copy(), start[::every].numpy().copy()
