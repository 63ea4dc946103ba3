"""Pictures: a small closed set of marks. Knows no renderer; canvas, matplotlib, plotly draw it."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = [
    "INK",
    "PALETTE",
    "Arrows",
    "Axis",
    "Bars",
    "Dash",
    "Image",
    "Lines",
    "Mark",
    "Picture",
    "Plot",
    "Points",
    "Text",
    "View",
    "round_limit",
]

Dash = Literal["solid", "dashed", "dotted"]

PALETTE = {
    "light": ("#0072B2", "#D55E00", "#00785A", "#8A4F7D", "#B07A00", "#3A7CA5", "#1d2733"),
    "dark": ("#56B4E9", "#E69F00", "#4fd1a5", "#CC79A7", "#F0E442", "#9bd0f0", "#e6ebf0"),
}
"""Line colours by number, after Okabe and Ito, darkened for white paper; the last is the ink."""

INK = len(PALETTE["light"]) - 1


@dataclass(frozen=True)
class View:
    """How closely somebody looks: fields are evaluated on `size` x `size` points."""

    size: int = 64


@dataclass(frozen=True)
class Axis:
    """One axis of a plot. Without limits the renderer takes those of the marks.

    A `bare` axis has neither numbers nor grid: its values only keep things apart. On one of
    `percent` a share of 0.25 is written as 25 %, unless it is `log`.
    """

    label: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    bare: bool = False
    percent: bool = False


@dataclass(frozen=True)
class Image:
    """A field `z[row, column]`, shape (h, w), row 0 at the bottom, over `extent` x0, x1, y0, y1.

    `map` is "field" (cividis) or "error" (diverging, 0 in the middle). Values beyond the limits
    take the end colours; NaN is left empty.
    """

    z: np.ndarray
    extent: tuple[float, float, float, float]
    low: float
    high: float
    map: Literal["field", "error"] = "field"
    unit: str = ""


@dataclass(frozen=True)
class Lines:
    """One curve, `x` and `y` of shape (n,). NaN breaks the line. `band` is (lower, upper)."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    colour: int = 0
    dash: Dash = "solid"
    width: float = 1.8
    band: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Points:
    """Separate points, `x` and `y` of shape (n,), `size` in pixels."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    colour: int = 0
    size: float = 3.0
    hollow: bool = False


@dataclass(frozen=True)
class Bars:
    """Bars from 0 to `y`, centred at `x`, all of width `width` in units of x."""

    x: np.ndarray
    y: np.ndarray
    width: float
    label: str = ""
    colour: int = 0


@dataclass(frozen=True)
class Arrows:
    """Arrows from (x, y) to (x + u, y + v), in units of the axes."""

    x: np.ndarray
    y: np.ndarray
    u: np.ndarray
    v: np.ndarray
    label: str = ""
    colour: int = 0


@dataclass(frozen=True)
class Text:
    """A short word at (x, y) in units of the axes."""

    x: float
    y: float
    text: str
    colour: int = INK
    align: Literal["left", "center", "right"] = "left"


Mark = Image | Lines | Points | Bars | Arrows | Text


@dataclass(frozen=True)
class Plot:
    """One pair of axes. `note` stands at the right of the title; `alt` is for who cannot see.

    `equal` asks for the same scale on both axes (shapes, orbits), `ends` for the names of the
    lines at their right ends instead of in a legend.
    """

    title: str
    marks: tuple[Mark, ...] = ()
    x: Axis = Axis()
    y: Axis = Axis()
    note: str = ""
    alt: str = ""
    equal: bool = False
    ends: bool = False


@dataclass(frozen=True)
class Picture:
    """Some plots, two in a row, and one sentence that says what to look at."""

    plots: tuple[Plot, ...] = ()
    caption: str = ""


def round_limit(size: float) -> float:
    """The next of 1, 2, 5, 10, ... at or above `size`: colour limits that do not flicker.

    >>> round_limit(0.31), round_limit(2.0), round_limit(0.0)
    (0.5, 2.0, 1e-12)
    """
    if not math.isfinite(size):
        return 1.0
    decade = 10.0 ** math.floor(math.log10(max(size, 1e-12)))
    for lead in (1, 2, 5, 10):
        if size <= lead * decade * (1 + 1e-9):
            return lead * decade
    return 10 * decade
