"""The static twin: the panel's picture in matplotlib, for saved notebooks, paper and pages.

Knows no widget. Uses the object interface of matplotlib only (no pyplot, no global state), so it
may run in any thread; one lock, because matplotlib's text layout is not thread-safe.
"""

import base64
import html
import io
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from sciml_widgets.history import change
from sciml_widgets.knobs import knobs, values
from sciml_widgets.live.losses import loss_plots
from sciml_widgets.live.steer import goal_words
from sciml_widgets.picture import (
    INK,
    PALETTE,
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
from sciml_widgets.player import Player

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Twin", "alt", "display_folded", "display_png", "display_still", "figure", "png", "title",
]  # fmt: skip

LOCK = threading.RLock()
COLOURS = PALETTE["light"]
MUTE, GRID = "#5b6875", "#e3e8ec"
PAPER = "#f1f3f5"
"""Behind the plots: a sheet that can be told from a white page and is no lamp on a dark one."""
CORNER = 12  # pixels
UNUSED = (255, 0, 255)
"""The colour of the palette that means: nothing here."""
MAPS = {"field": "cividis", "error": "RdBu_r"}
DASHES = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.4))}
SMALL = 8.0  # points
UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
"""JupyterLab ignores a picture's alt text, so the words follow it: heard, but not seen."""
HIDE_DEAD = (
    "<style>.jp-OutputArea-child:not(:has(.sciml-panel)):has(+ .jp-OutputArea-child .sciml-static)"
    "{display:none}</style>"
)
"""A reopened notebook has no model for the live panel; JupyterLab says so above the twin."""


def figure(player: Player, size: int = 128) -> "Figure":
    """The player's picture and its series, two plots in a row."""
    picture, more, heading = player.ask(
        lambda: (player.draw(size), loss_plots(player.history, player.ticks), title(player))
    )
    return render(picture, more, heading)


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
        made.suptitle(_plain(heading), fontsize=9, x=0.012, ha="left", color=COLOURS[INK])
        if picture.caption:
            made.supxlabel(_plain(picture.caption), fontsize=SMALL, x=0.012, ha="left", color=MUTE)
        for number, plot in enumerate(plots):
            _draw(made, made.add_subplot(rows, columns, number + 1), plot)
    return made


def title(player: Player) -> str:
    """Name, step, errors, and the first few knobs that are not at their default."""
    lab = player.experiment
    known = knobs(lab)
    moved = [
        _moved(known[path].label or path, known[path].default, value)
        for path, value in values(lab).items()
        if value != known[path].default and path not in player.unseen
    ]
    errors = [
        f"{one.label or one.name} {_value(player.scalars[one.name], one.percent)}"
        for one in lab.series
        if one.role == "error" and one.name in player.scalars
    ]
    goal = goal_words(player)
    judged = [goal["text"]] if goal and goal["state"] != "open" else []
    parts = [lab.title or type(lab).__name__, f"step {player.step_now}", *errors, *judged, *moved]
    return "  ·  ".join(parts[:5]) + ("  ·  …" if len(parts) > 5 else "")


def alt(player: Player, picture: Picture | None = None) -> str:
    """The picture in words."""
    plots = [*(picture or player.draw(16)).plots, *loss_plots(player.history)]
    words = [f"{plot.title}: {plot.alt.rstrip('.')}" for plot in plots if plot.alt]
    return ". ".join([title(player), *words])


def png(made: "Figure") -> bytes:
    """A figure as PNG of 256 colours, a third of the size of one with all; its corners are round.

    The page shows through the corners, so that it looks like a sheet on a dark page too.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image as Pillow
    from PIL import ImageDraw

    with LOCK:
        canvas = FigureCanvasAgg(made)
        canvas.draw()
        shown = Pillow.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    reduced = shown.quantize(palette=_palette(), dither=Pillow.Dither.NONE)
    sheet = Pillow.new("1", shown.size, 1)
    right, bottom = shown.width - 1, shown.height - 1
    ImageDraw.Draw(sheet).rounded_rectangle((0, 0, right, bottom), CORNER, fill=0)
    reduced.paste(255, mask=sheet)
    file = io.BytesIO()
    reduced.save(file, "PNG", optimize=True, transparency=255)
    return file.getvalue()


def _palette() -> Any:
    """256 colours: both colour maps, greys, the line colours in shades down to white, none."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb
    from PIL import Image as Pillow

    lines = np.array([to_rgb(colour) for colour in COLOURS])
    shades = [1 - (1 - lines) * share for share in (1.0, 0.8, 0.6, 0.4, 0.25, 0.12)]
    greys = np.linspace(0.2, 1.0, 26)[:, None].repeat(3, 1)
    maps = [colormaps[name](np.linspace(0, 1, 92))[:, :3] for name in MAPS.values()]
    colours = (255 * np.concatenate([*maps, *shades, greys, [to_rgb(PAPER)]])).round().astype(int)
    rest = np.array([UNUSED] * (256 - len(colours)))
    made = Pillow.new("P", (1, 1))
    made.putpalette(np.concatenate([colours, rest]).ravel().tolist())
    return made


def display_still(player: Player) -> None:
    """Leave the picture as the output of this cell (nothing outside a notebook)."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if get_ipython() is None:
        return
    display_png(png(figure(player)), alt(player))


def display_png(made: bytes, words: str) -> None:
    """Leave a picture with its words for who cannot see it."""
    from IPython.display import display

    bundle = {"image/png": base64.b64encode(made).decode(), "text/plain": words}
    display(bundle, metadata={"image/png": {"alt": words}}, raw=True)
    spoken = f'<div style="{UNSEEN}">{html.escape(words)}</div>'
    display({"text/html": spoken, "text/plain": words}, raw=True)


def display_folded(player: Player, question: str, answer: str) -> None:
    """The same below a question: picture and answer are folded away until somebody has guessed."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None:
        return
    lines = "<br>".join(html.escape(line) for line in answer.split("\n"))
    fold = (
        f"<p><b>{html.escape(question)}</b></p><details><summary>After your guess: the answer and "
        f"the run</summary><p>{lines}</p>{_image(player)}</details>"
    )
    display({"text/html": fold, "text/plain": f"{question}\n{answer}\n{alt(player)}"}, raw=True)


class Twin:
    """The still picture below a live panel, hidden by the panel's style while that is alive."""

    def __init__(self, name: str) -> None:
        from IPython.display import display

        self.name = name
        self.stamp: Any = None
        self._handle = display(self._bundle(""), display_id=f"sciml-{name}", raw=True)

    def _bundle(self, inside: str) -> dict[str, str]:
        block = f'{HIDE_DEAD}<div class="sciml-static sciml-static-{self.name}">{inside}</div>'
        return {"text/html": block, "text/plain": "static twin of the panel"}

    def update(self, player: Player, stamp: Any) -> None:
        """Draw the picture as it is now; `stamp` names what was drawn."""
        self.stamp = stamp
        if self._handle is not None:
            self._handle.update(self._bundle(_image(player)), raw=True)


def _image(player: Player) -> str:
    """The picture with its words, in HTML."""
    data = base64.b64encode(png(figure(player))).decode()
    return (
        f'<img style="max-width:100%" alt="{html.escape(alt(player), quote=True)}" '
        f'src="data:image/png;base64,{data}">'
    )


def _draw(made: "Figure", axes: "Axes", plot: Plot) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(_plain(plot.title), loc="left", fontsize=9, fontweight="bold", pad=5)
    axes.set_title(_plain(plot.note), loc="right", fontsize=SMALL, color=MUTE, pad=5)
    axes.tick_params(labelsize=SMALL, colors=MUTE, length=2.5, width=0.6)
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
    axes.set_xlabel(_plain(plot.x.label), fontsize=SMALL, color=MUTE, loc="right", labelpad=1)
    upright = 0 if len(plot.y.label) < 3 else 90
    axes.set_ylabel(_plain(plot.y.label), fontsize=SMALL, color=MUTE, labelpad=1, rotation=upright)
    if plot.x.low is not None or plot.x.high is not None:
        axes.set_xlim(plot.x.low, plot.x.high)
    if plot.y.low is not None or plot.y.high is not None:
        axes.set_ylim(plot.y.low, plot.y.high)
    for axis, log in ((axes.xaxis, plot.x.log), (axes.yaxis, plot.y.log)):
        if not log:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    if plot.equal:
        axes.set_aspect("equal", adjustable="box")
    labelled = [mark for mark in plot.marks if getattr(mark, "label", "")]
    if plot.ends:
        _end_labels(axes, [mark for mark in labelled if isinstance(mark, Lines)])
    elif labelled:
        axes.legend(fontsize=7.2, frameon=True, framealpha=0.75, edgecolor="none", borderpad=0.2,
                    handlelength=2.2, labelspacing=0.25, loc="best")  # fmt: skip


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
        axes.text(right + 0.02 * span, heights[number] - over, _plain(line.label),
                  transform=axes.get_xaxis_transform(), va="center", fontsize=7.5,
                  color=COLOURS[line.colour % len(COLOURS)], in_layout=False)  # fmt: skip


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
            bar.set_label(_plain(mark.unit), fontsize=SMALL, color=MUTE)
        case Lines():
            colour = COLOURS[mark.colour % len(COLOURS)]
            if mark.band:
                axes.fill_between(mark.x, *mark.band, color=colour, alpha=0.18, linewidth=0)
            axes.plot(mark.x, mark.y, color=colour, linewidth=mark.width * 0.75,
                      linestyle=DASHES[mark.dash], label=_plain(mark.label) or "_",
                      zorder=4 if mark.colour == INK else 3)  # fmt: skip
        case Points():
            colour = COLOURS[mark.colour % len(COLOURS)]
            axes.scatter(mark.x, mark.y, s=mark.size**2 * 0.6, label=_plain(mark.label) or "_",
                         zorder=5, facecolors="none" if mark.hollow else colour, edgecolors=colour,
                         linewidths=0.7)  # fmt: skip
        case Bars():
            axes.bar(mark.x, mark.y, width=mark.width, label=_plain(mark.label) or "_",
                     color=COLOURS[mark.colour % len(COLOURS)])  # fmt: skip
        case Arrows():
            axes.quiver(mark.x, mark.y, mark.u, mark.v, angles="xy", scale_units="xy", scale=1,
                        color=COLOURS[mark.colour % len(COLOURS)], width=0.004,
                        label=_plain(mark.label) or "_")  # fmt: skip
        case Text():
            words = _plain(mark.text).replace(" (", "\n(")  # two short lines, not one long
            axes.text(mark.x, mark.y, words, color=COLOURS[mark.colour % len(COLOURS)],
                      fontsize=7, ha=mark.align, va="top", in_layout=False,
                      clip_on=True)  # fmt: skip


def _plain(text: str) -> str:
    """A dollar is a dollar: no words of a lab or a record are taken for a formula."""
    return text.replace("$", r"\$")


def _moved(label: str, usual: Any, value: Any) -> str:
    return change(label, usual, value) if isinstance(value, tuple) else f"{label} {_number(value)}"


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _value(value: float, percent: bool) -> str:
    if not np.isfinite(value):
        return "not finite"
    return f"{100 * value:.3g} %" if percent else f"{value:.3g}"
