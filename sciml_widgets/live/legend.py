"""Where the names in a still plot stand: in an empty corner, above it, at the ends of curves.

Knows no picture beyond its one plot.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from sciml_widgets.live.sheet import COLOURS, MUTE, PAPER, SMALL, plain
from sciml_widgets.picture import Arrows, Bars, Image, Lines, Plot, Points, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["write_names"]

LONG = 24
"""Letters of a name: a longer one has no room at the end of its curve."""
MOST_NAMES = 3
"""More names than these stand above a plot, as in the live panel."""


def write_names(axes: "Axes", plot: Plot) -> None:
    """Name the marks of a plot that has its limits; a curve alone may have the plot's own name."""
    labelled = [
        mark for mark in plot.marks
        if not isinstance(mark, (Image, Text)) and mark.label not in ("", plot.title)
    ]  # fmt: skip
    lengths = [len(mark.label) for mark in labelled]
    if plot.ends and max(lengths, default=0) <= LONG:
        _end_labels(axes, [mark for mark in labelled if isinstance(mark, Lines)])
    elif labelled:
        _legend(axes, plot, [mark.label for mark in labelled])


def _legend(axes: "Axes", plot: Plot, names: list[str]) -> None:
    """In a corner that is empty; above the plot where none is, or the names are many or long."""
    wide = 0.08 + 0.0145 * max(map(len, names))  # of the axes
    tall = 0.02 + 0.085 * len(names)
    field = any(isinstance(mark, Image) for mark in plot.marks)
    above = plot.ends or field or len(names) > MOST_NAMES or wide > 0.7
    corner = "" if above else _empty_corner(axes, plot, wide, tall)
    look: dict[str, Any] = {"fontsize": 7.2, "edgecolor": "none", "borderpad": 0.2,
                            "handlelength": 2.2, "labelspacing": 0.25}  # fmt: skip
    if corner:
        axes.legend(**(look | {"framealpha": 0.75, "loc": corner}))
        return
    columns = min(len(names), max(1, int(1.1 / wide)))
    row = axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(-0.02, 0.99),
                      ncols=columns, borderaxespad=0.0, columnspacing=1.4, **look)  # fmt: skip
    row.set_in_layout(False)  # wider than the plot, it would narrow the whole column
    pad = 6 + 9.6 * -(-len(names) // columns)
    axes.set_title(plain(plot.title), loc="left", fontsize=9, fontweight="bold", pad=pad)
    axes.set_title(plain(plot.note), loc="right", fontsize=SMALL, color=MUTE, pad=pad)


def _empty_corner(axes: "Axes", plot: Plot, wide: float, tall: float) -> str:
    """The first corner of `wide` x `tall` (shares of the axes) that no mark enters, else ""."""
    axes.autoscale_view()  # matplotlib would set the limits later only
    places = axes.transScale + axes.transLimits
    corners = {"upper right": (1 - wide, 1 - tall), "upper left": (0.0, 1 - tall),
               "lower right": (1 - wide, 0.0), "lower left": (0.0, 0.0)}  # fmt: skip
    entered = []
    for mark in plot.marks:
        match mark:
            case Lines():
                path = places.transform(np.column_stack([mark.x, mark.y]))
                share = np.linspace(0, 1, 25)[:, None, None]  # also between two points
                entered.append((path[:-1] + share * (path[1:] - path[:-1])).reshape(-1, 2))
            case Bars():
                for side in (-0.5, 0.0, 0.5):
                    for part in np.linspace(0, 1, 25):
                        ends = np.column_stack([mark.x + side * mark.width, part * mark.y])
                        entered.append(places.transform(ends))
            case Points():
                entered.append(places.transform(np.column_stack([mark.x, mark.y])))
            case Arrows():
                entered.append(places.transform(np.column_stack([mark.x, mark.y])))
                heads = np.column_stack([mark.x + mark.u, mark.y + mark.v])
                entered.append(places.transform(heads))
            case Image() | Text():
                pass
    x, y = np.concatenate([*entered, np.empty((0, 2))]).T
    for name, (left, low) in corners.items():
        if not np.any((x >= left) & (x <= left + wide) & (y >= low) & (y <= low + tall)):
            return name
    return ""


def _end_labels(axes: "Axes", lines: list[Lines]) -> None:
    """The name of each line behind its right end, moved apart where two would touch.

    Beyond the last point the axes end to the eye: no grid, no spine, the paper of the figure.
    """
    lines = [line for line in lines if np.isfinite(line.y).any()]
    if not lines:
        return
    left, right = (end([end(line.x) for line in lines]) for end in (np.min, np.max))
    span = right - left or 1.0
    share = min(0.35, 0.03 + 0.0155 * max(len(line.label) for line in lines))  # of the width
    axes.set_xlim(left - 0.02 * span, right + span * share / (1 - share))
    axes.set_xticks([tick for tick in axes.get_xticks() if left <= tick <= right])
    axes.axvspan(right, axes.get_xlim()[1], color=PAPER, linewidth=0, zorder=1)
    axes.spines["bottom"].set_bounds(axes.get_xlim()[0], right)
    axes.xaxis.label.set_x(1 - share)
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        low, high = np.log10(low), np.log10(high)
    heights, below = {}, -1.0
    ends = [float(line.y[np.isfinite(line.y)][-1]) for line in lines]
    wished = [((np.log10(y) if axes.get_yscale() == "log" else y) - low) / (high - low)
              for y in ends]  # fmt: skip
    for number in np.argsort(wished):
        below = heights[number] = max(wished[number], below + 0.09)
    over = max(0.0, below - 0.97)
    for number, line in enumerate(lines):
        axes.text(right + 0.02 * span, heights[number] - over, plain(line.label),
                  transform=axes.get_xaxis_transform(), va="center", fontsize=7.5,
                  color=COLOURS[line.colour % len(COLOURS)], in_layout=False)  # fmt: skip
