"""A question whose answer is a drawn curve. Knows no player and no panel."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sciml_widgets.picture import Axis, Lines
from sciml_widgets.predict.question import Question, short

__all__ = ["HANDLES", "CurveQuestion"]

HANDLES = 21
"""Heights that make a drawn curve, equally far apart in x."""

FINE = 201
"""Points on which a drawn curve and the result are compared."""


@dataclass(frozen=True)
class CurveQuestion(Question):
    """A curve over `x`, kept as its height at each of `HANDLES` places."""

    x: Axis = Axis()
    y: Axis = Axis()

    kind: ClassVar[str] = "curve"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, axis in (("x", self.x), ("y", self.y)):
            if axis.low is None or axis.high is None or axis.log or not axis.low < axis.high:
                raise ValueError(f"{name}={axis!r} needs limits, and no log scale")

    @property
    def places(self) -> np.ndarray:
        """Where the handles stand, shape (HANDLES,)."""
        return np.linspace(float(self.x.low or 0), float(self.x.high or 0), HANDLES)

    def check(self, answer: Any) -> tuple[float, ...]:
        if not isinstance(answer, list) or len(answer) != HANDLES:
            raise ValueError(f"a curve is a list of {HANDLES} heights")
        low, high = float(self.y.low or 0), float(self.y.high or 0)
        for height in answer:
            if isinstance(height, bool) or not isinstance(height, (int, float)):
                raise ValueError("the heights of a curve are numbers")
            if not low <= height <= high:
                raise ValueError(f"the heights of a curve lie between {low:g} and {high:g}")
        return tuple(float(height) for height in answer)

    def result(self, player: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The curve on equally spaced points: x and y, of which only the part in the picture."""
        x, y = self._ask(player) if callable(self.of) else _line(player, self.of)
        x, y = np.asarray(x, float).ravel(), np.asarray(y, float).ravel()
        if x.shape != y.shape:
            raise ValueError(f"the result has {len(x)} places but {len(y)} heights")
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        low = max(float(self.x.low or 0), x[0]) if len(x) else math.inf
        high = min(float(self.x.high or 0), x[-1]) if len(x) else -math.inf
        if not low < high:
            raise ValueError("the result has no finite points between the limits of x")
        fine = np.linspace(low, high, FINE)
        return tuple(fine.tolist()), tuple(np.interp(fine, x, y).tolist())

    def said(self, guess: Any) -> str:
        return "The room's curve is drawn" if self.room else "Your curve is drawn"

    def apart(self, guess: Any, result: Any) -> str:
        x, y = np.asarray(result[0]), np.asarray(result[1])
        if guess is None:
            return "The solid line is the result."
        miss = np.interp(x, self.places, guess) - y
        off, size = (math.sqrt(np.mean(v**2)) for v in (miss, y))
        whose = "The room's" if self.room else "Your"
        share = f", {short(100 * off / size, 2)} % of its size" if size > 0 else ""
        return f"{whose} curve is off the result by {short(off, 2)} (root mean square){share}."


def _line(player: Any, label: str) -> tuple[np.ndarray, np.ndarray]:
    marks = [mark for plot in player.draw(128).plots for mark in plot.marks]
    lines = {mark.label: mark for mark in marks if isinstance(mark, Lines) and mark.label}
    if label not in lines:
        there = ", ".join(repr(name) for name in lines) or "none with a label"
        raise ValueError(f"the picture has no line {label!r}: there is {there}")
    return lines[label].x, lines[label].y
