"""Knobs that a hand draws or places: a curve, a set of points. Knows no torch, no widget.

Their values are tuples of floats and tuples of pairs: hashable, as a frozen problem needs them,
and plain lists in JSON.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sciml_widgets.knobs import Kind, Knob, Reason, _field

__all__ = ["Curve", "Places", "curve", "places"]

Pair = tuple[float, float]

MOST = 200
"""Heights of a curve, and points: as many as a record admits."""


@dataclass(frozen=True)
class Curve(Knob):
    """Heights in [low, high] at equally spaced places over [a, b], as many as the default has.

    `ends` are the heights that the first and the last place keep.
    """

    low: float = -1.0
    high: float = 1.0
    over: Pair = (0.0, 1.0)
    ends: Pair | None = None

    @property
    def at(self) -> tuple[float, ...]:
        """The places of the heights."""
        (a, b), last = self.over, len(self.default) - 1
        return tuple(a + (b - a) * i / last for i in range(last + 1))

    def check(self, value: Any) -> tuple[float, ...]:
        given = _listed(value, "heights")
        if len(given) != len(self.default):
            raise ValueError(f"a curve of {len(self.default)} heights is needed, got {len(given)}")
        heights = tuple(
            _number(height, f"height {number}", self.low, self.high)
            for number, height in enumerate(given, 1)
        )
        if self.ends and (heights[0], heights[-1]) != self.ends:
            raise ValueError(
                f"the first and last height must be {self.ends[0]:g} and {self.ends[1]:g}, "
                f"got {heights[0]:g} and {heights[-1]:g}"
            )
        return heights

    def parse(self, text: str) -> tuple[float, ...]:
        return self.check([_typed(part, "0,0.5,1,0.5,0") for part in text.split(",")])

    def spell(self, value: Any) -> str:
        return ",".join(_spelt(height) for height in value)


@dataclass(frozen=True)
class Places(Knob):
    """One to `most` points in the box [low, high], to be moved on the plot that has these axes."""

    low: Pair = (0.0, 0.0)
    high: Pair = (1.0, 1.0)
    axes: tuple[str, str] = ("t", "x")
    most: int = 20

    def check(self, value: Any) -> tuple[Pair, ...]:
        given = _listed(value, "points")
        if not 1 <= len(given) <= self.most:
            raise ValueError(f"1 to {self.most} points are needed, got {len(given)}")
        return tuple(self._pair(pair, number) for number, pair in enumerate(given, 1))

    def _pair(self, pair: Any, number: int) -> Pair:
        pair = _listed(pair, f"numbers of point {number}")
        if len(pair) != 2:
            said = " and ".join(self.axes)
            raise ValueError(f"point {number} needs two numbers, {said}, got {len(pair)}")
        x, y = (
            _number(part, f"{axis} of point {number}", low, high)
            for part, axis, low, high in zip(pair, self.axes, self.low, self.high, strict=True)
        )
        return x, y

    def parse(self, text: str) -> tuple[Pair, ...]:
        pairs = [part.split(":") for part in text.split(",")]
        return self.check([[_typed(part, "0.5:0.1,0.5:-0.2") for part in pair] for pair in pairs])

    def spell(self, value: Any) -> str:
        return ",".join(":".join(_spelt(part) for part in pair) for pair in value)


def curve(
    default: Sequence[float], low: float, high: float, *, over: Pair, ends: Pair | None = None,
    kind: Kind = "restart", label: str = "", unit: str = "", group: str = "", help: str = "",
    unless: Reason | None = None, also: str = "",
) -> Any:  # fmt: skip
    """A curve that is drawn: heights in [low, high] at equally spaced places over [a, b].

    `start: tuple[float, ...] = curve((0, 1, 0), 0, 1, over=(-1, 1), ends=(0, 0))` stands in a
    dataclass; the default says how many heights there are. Raises ValueError for an impossible
    range or default.
    """
    _check_range(low, high)
    _check_range(*over)
    if not 3 <= len(default) <= MOST:
        raise ValueError(f"a curve needs 3 to {MOST} heights, got {len(default)}")
    ends = None if ends is None else (float(ends[0]), float(ends[1]))
    heights = tuple(float(height) for height in default)
    return _field(Curve(heights, kind, label, unit, group, help, unless, also,
                        low, high, over, ends))  # fmt: skip


def places(
    default: Sequence[Pair], low: Pair, high: Pair, *, axes: tuple[str, str] = ("t", "x"),
    most: int = 20, kind: Kind = "restart", label: str = "", unit: str = "", group: str = "",
    help: str = "", unless: Reason | None = None, also: str = "",
) -> Any:  # fmt: skip
    """Points that are placed on a picture: pairs along `axes`, at least one and at most `most`.

    `sensors: tuple[...] = places([(0.5, 0.0)], (0, -1), (1, 1), axes=("t", "x"))` stands in a
    dataclass; the panel lets a hand move them on the first plot with these axis labels. Raises
    ValueError for an impossible range or default.
    """
    for ends in zip(low, high, strict=True):
        _check_range(*ends)
    if not 1 <= most <= MOST:
        raise ValueError(f"most={most!r} is not a number of points, 1 to {MOST}")
    pairs = tuple((float(x), float(y)) for x, y in default)
    return _field(Places(pairs, kind, label, unit, group, help, unless, also,
                         low, high, axes, most))  # fmt: skip


def _check_range(low: float, high: float) -> None:
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"a knob cannot range over [{low}, {high}]")


def _listed(value: Any, what: str) -> list[Any]:
    """A list of what is a list, a tuple or an array."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"a list of {what} is needed, got {_short(value)}")
    return list(value)


def _number(value: Any, what: str, low: float, high: float) -> float:
    if not isinstance(value, (int, float)) and hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(f"{what} is not a number: {_short(value)}")
    if not low <= value <= high:  # neither is NaN
        raise ValueError(f"{what} must lie in [{low:g}, {high:g}], got {_short(value)}")
    return float(value) + 0.0  # no negative zero


def _typed(text: str, example: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{_short(text)} is not a number: write {example}") from None


def _spelt(number: float) -> str:
    return repr(number).removesuffix(".0")


def _short(value: Any) -> str:
    try:
        said = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits, a deep list
        return f"a {type(value).__name__}"
    return said if len(said) <= 40 else f"{said[:40]}…"
