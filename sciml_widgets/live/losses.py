"""The plots of the series: which line looks how, in every renderer. Knows no renderer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from sciml_widgets.experiment import Series
from sciml_widgets.history import History
from sciml_widgets.picture import INK, Axis, Dash, Lines, Plot, Text
from sciml_widgets.player import Tick
from sciml_widgets.words import spoken

__all__ = ["Look", "loss_plots", "looks"]

MOST_TICKS = 8
DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class Look:
    """Colour number, dash and width of one series."""

    colour: int
    dash: Dash
    width: float


def looks(series: Sequence[Series]) -> dict[str, Look]:
    """The error against the truth in thick ink, all others in the palette, with their own dashes.

    Where all are errors they are rivals: then none has the ink, and each has its place's colour.
    """
    numbers, found = cycle(range(INK)), {}
    rivals = len(series) > 1 and all(one.role == "error" for one in series)
    for one in series:
        inked = any(look.colour == INK for look in found.values())
        if one.role == "error" and not inked and not rivals:
            found[one.name] = Look(INK, "solid", 2.4)
        else:
            number = next(numbers)
            found[one.name] = Look(number, one.dash or DASHES[number % len(DASHES)], 1.6)
    return found


def loss_plots(history: History, ticks: Sequence[Tick] = ()) -> tuple[Plot, ...]:
    """One plot for each x axis and scale that the series ask for; empty series are left out."""
    style = looks(history.series)
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in history.series:
        if history.tracks[one.name].x:
            groups.setdefault((one.x, one.scale), []).append(one)
    return tuple(
        _plot(history, members, style, ticks, x, scale) for (x, scale), members in groups.items()
    )


def _plot(
    history: History, members: list[Series], style: dict[str, Look], ticks: Sequence[Tick],
    x: str, scale: str,
) -> Plot:  # fmt: skip
    lines = []
    for one in members:
        track, look = history.tracks[one.name], style[one.name]
        places, heights = map(np.array, track.points())
        band = None
        if one.band:
            low, high = (np.array(history.tracks[name].y) for name in one.band)
            if len(low) == len(high) == len(heights):
                band = (low, high)
        if x != "step":  # of points at the same place the newest
            keep = np.append(places[1:] != places[:-1], True)
            places, heights = places[keep], heights[keep]
            band = (band[0][keep], band[1][keep]) if band else None
        lines.append(
            Lines(
                places, heights, one.label or one.name,
                look.colour, look.dash, look.width, band,
            )
        )  # fmt: skip
    shown = np.concatenate([line.y for line in lines])
    good = shown[np.isfinite(shown) & ((shown > 0) | (scale != "log"))]
    low, high = (float(good.min()), float(good.max())) if good.size else (0.1, 1.0)
    middle = sum(end([line.x[at] for line in lines]) for end, at in ((min, 0), (max, -1))) / 2
    marks: list[Lines | Text] = list(lines)
    for number, tick in enumerate(ticks[-MOST_TICKS:]):
        at = tick.at.get(x)
        if at is not None:
            down = 0.07 * (number % 4)  # four heights, so that neighbours do not overlap
            top = high * (low / high) ** down if scale == "log" else high + (low - high) * down
            marks.append(Lines(np.array([at, at]), np.array([low, high]), "", 0, "dashed", 1.0))
            late = at > middle  # then the words stand before it: behind the end are the labels
            words = f" {tick.text()} "
            marks.append(Text(at, top, words, 0, "right" if late else "left"))
    judged = any(one.role != "metric" for one in members)
    named = next((one.plot for one in members if one.plot), "")
    several = named or ("losses and errors" if judged else "metrics")
    return Plot(
        lines[0].label if len(lines) == 1 else several,
        tuple(marks),
        x=Axis(x.replace("_", " ")),
        y=Axis(log=scale == "log", percent=all(one.percent for one in members)),
        note="log scale" if scale == "log" else "",
        ends=True,
        alt="; ".join(
            f"{one.label or one.name} from {spoken(float(line.y[0]), one.percent)} "
            f"to {spoken(float(line.y[-1]), one.percent)}"
            for one, line in zip(members, lines, strict=True)
        ),
    )
