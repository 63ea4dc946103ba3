"""Any picture as a matplotlib figure. Knows no player, no widget and no page.

Uses the object interface of matplotlib only (no pyplot, no global state), so it may run in any
thread.
"""

from typing import TYPE_CHECKING, Any

from sciml_widgets.live.legend import write_names
from sciml_widgets.live.sheet import COLOURS, LOCK, MAPS, MUTE, PAPER, SMALL, plain
from sciml_widgets.picture import (
    INK,
    Arrows,
    Bars,
    Image,
    Lines,
    Mark,
    Picture,
    Plot,
    Points,
    Text,
)
from sciml_widgets.words import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = ["render"]

GRID = "#e3e8ec"
DASHES = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.4))}


def render(picture: Picture, more: tuple[Plot, ...] = (), heading: str = "") -> "Figure":
    """Any picture as a matplotlib figure; `more` plots stand behind those of the picture."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    plots = [*picture.plots, *more]
    rows = max(1, -(-len(plots) // 2))
    columns = min(2, max(1, len(plots)))
    with LOCK:
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.06, wspace=0.04, hspace=0.05)
        size = (4.8 * columns, 2.4 * rows + 0.6)
        made = Figure(figsize=size, dpi=110, layout=layout, facecolor=PAPER)
        made.suptitle(plain(heading), fontsize=9, x=0.012, ha="left", color=COLOURS[INK])
        if picture.caption:
            made.supxlabel(plain(picture.caption), fontsize=SMALL, x=0.012, ha="left", color=MUTE)
        for number, plot in enumerate(plots):
            _draw(made, made.add_subplot(rows, columns, number + 1), plot)
    return made


def _draw(made: "Figure", axes: "Axes", plot: Plot) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(plain(plot.title), loc="left", fontsize=9, fontweight="bold", pad=5)
    axes.set_title(plain(plot.note), loc="right", fontsize=SMALL, color=MUTE, pad=5)
    axes.tick_params(which="both", labelsize=SMALL, colors=MUTE, length=2.5, width=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color="#c3ccd4", linewidth=0.7)
    axes.set_xscale("log" if plot.x.log else "linear")
    axes.set_yscale("log" if plot.y.log else "linear")
    if not any(isinstance(mark, Image) for mark in plot.marks):
        axes.grid(color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
    for mark in plot.marks:
        _mark(made, axes, mark)
    axes.set_xlabel(plain(plot.x.label), fontsize=SMALL, color=MUTE, loc="right", labelpad=1)
    upright = {"rotation": 0, "ha": "right", "va": "center", "labelpad": 4}
    beside: dict[str, Any] = upright if len(plot.y.label) < 3 else {"labelpad": 3}
    axes.set_ylabel(plain(plot.y.label), fontsize=SMALL, color=MUTE, **beside)
    if plot.x.low is not None or plot.x.high is not None:
        axes.set_xlim(plot.x.low, plot.x.high)
    if plot.y.low is not None or plot.y.high is not None:
        axes.set_ylim(plot.y.low, plot.y.high)
    for axis, asked in ((axes.xaxis, plot.x), (axes.yaxis, plot.y)):
        if asked.bare:
            axis.set_ticks([])
        elif not asked.log:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
            if asked.percent:
                axis.set_major_formatter(_share)
        else:
            _plain_decades(axis)
    if plot.equal:
        axes.set_aspect("equal", adjustable="box")
    write_names(axes, plot)


def _plain_decades(axis: "Axis") -> None:
    """A log axis of less than two decades says 20, 50, 100: 2×10¹, 3×10¹ ... would overlap."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = sorted(axis.get_view_interval())
    some = LogLocator(subs=(1.0, 2.0, 5.0))
    seen = [at for at in some.tick_values(low, high) if low <= at <= high]
    if low >= 1e-3 and high <= 1e5 and high < 100 * low and len(seen) > 1:
        axis.set_major_locator(some)
        axis.set_major_formatter(lambda at, _: f"{at:g}")
        axis.set_minor_locator(NullLocator())


def _share(at: float, _: Any) -> str:
    at = round(at, 9) + 0.0  # a tick may miss 0 by a rounding error, or be -0
    return spoken(at, percent=True).replace("-", "−")


def _mark(made: "Figure", axes: "Axes", mark: Mark) -> None:
    match mark:
        case Image():
            shown = axes.imshow(
                mark.z, origin="lower", aspect="auto", extent=mark.extent, cmap=MAPS[mark.map],
                vmin=mark.low, vmax=mark.high, interpolation="bilinear",
            )  # fmt: skip
            bar = made.colorbar(shown, ax=axes, pad=0.02, fraction=0.05, aspect=18)
            bar.set_ticks([mark.low, (mark.low + mark.high) / 2, mark.high])
            bar.ax.tick_params(labelsize=SMALL, colors=MUTE, length=2, width=0.6)
            bar.outline.set_visible(False)
            bar.set_label(plain(mark.unit), fontsize=SMALL, color=MUTE)
        case Lines():
            colour = COLOURS[mark.colour % len(COLOURS)]
            if mark.band:
                axes.fill_between(mark.x, *mark.band, color=colour, alpha=0.18, linewidth=0)
            axes.plot(mark.x, mark.y, color=colour, linewidth=mark.width * 0.75,
                      linestyle=DASHES[mark.dash], label=plain(mark.label) or "_",
                      marker="s" if len(mark.x) == 1 else "", markersize=3,
                      zorder=4 if mark.colour == INK else 3)  # fmt: skip
        case Points():
            colour = COLOURS[mark.colour % len(COLOURS)]
            axes.scatter(mark.x, mark.y, s=mark.size**2 * 0.6, label=plain(mark.label) or "_",
                         zorder=5, facecolors="none" if mark.hollow else colour, edgecolors=colour,
                         linewidths=0.7)  # fmt: skip
        case Bars():
            axes.bar(mark.x, mark.y, width=mark.width, label=plain(mark.label) or "_",
                     color=COLOURS[mark.colour % len(COLOURS)])  # fmt: skip
        case Arrows():
            axes.quiver(mark.x, mark.y, mark.u, mark.v, angles="xy", scale_units="xy", scale=1,
                        color=COLOURS[mark.colour % len(COLOURS)], width=0.004,
                        label=plain(mark.label) or "_")  # fmt: skip
        case Text():
            words = plain(mark.text).replace(" (", "\n(")  # two short lines, not one long
            axes.text(mark.x, mark.y, words, color=COLOURS[mark.colour % len(COLOURS)],
                      fontsize=7, ha=mark.align, va="top", in_layout=False,
                      clip_on=True)  # fmt: skip
