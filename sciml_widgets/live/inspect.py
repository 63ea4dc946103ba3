"""Inspect: the panel's picture in plotly, to zoom and to read values. Knows no widget."""

import math
from typing import TYPE_CHECKING, Any

from sciml_widgets.live.losses import loss_plots
from sciml_widgets.live.twin import title
from sciml_widgets.picture import PALETTE, Arrows, Bars, Image, Lines, Mark, Plot, Points, Text
from sciml_widgets.player import Player

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["to_plotly"]

COLOURS = PALETTE["light"]
DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot"}
MAPS = {"field": "Cividis", "error": "RdBu_r"}


def to_plotly(player: Player, *, surface: bool = False, size: int = 128) -> "Figure":
    """A plotly figure (not a widget) of the picture and the series.

    With `surface` the fields are drawn as surfaces over their plane.
    """
    from plotly.subplots import make_subplots

    plots = player.ask(
        lambda: [*player.draw(size).plots, *loss_plots(player.history, player.ticks)]
    )
    rows = max(1, -(-len(plots) // 2))
    kinds = ["scene" if surface and _field(plot) else "xy" for plot in plots]
    kinds += ["xy"] * (2 * rows - len(kinds))
    made = make_subplots(
        rows, 2, subplot_titles=[plot.title for plot in plots], horizontal_spacing=0.14,
        vertical_spacing=0.16,
        specs=[[{"type": kinds[2 * r]}, {"type": kinds[2 * r + 1]}] for r in range(rows)],
    )  # fmt: skip
    for number, plot in enumerate(plots):
        _draw(made, plot, number // 2 + 1, number % 2 + 1, kinds[number] == "scene", rows)
    made.update_layout(
        title={"text": title(player), "font": {"size": 14}}, template="plotly_white",
        height=340 * rows + 80, margin={"l": 60, "r": 30, "t": 80, "b": 50},
        legend={"orientation": "h", "y": -0.08},
    )  # fmt: skip
    return made


def _field(plot: Plot) -> bool:
    return any(isinstance(mark, Image) for mark in plot.marks)


def _draw(made: "Figure", plot: Plot, row: int, column: int, scene: bool, rows: int) -> None:
    for mark in plot.marks:
        if scene and not isinstance(mark, Image):
            continue
        for trace in _traces(mark, scene):
            made.add_trace(trace, row=row, col=column)
        if isinstance(mark, Image):
            bar = {"len": 0.8 / rows, "thickness": 12, "x": 0.44 if column == 1 else 1.0,
                   "y": 1 - (row - 0.55) / rows}  # fmt: skip
            made.data[-1].colorbar = bar
        if isinstance(mark, Text) and not scene:
            y = math.log10(mark.y) if plot.y.log else mark.y
            made.add_annotation(x=mark.x, y=y, text=mark.text, showarrow=False, row=row,
                                col=column, xanchor=mark.align, font_size=10)  # fmt: skip
    if scene:
        made.update_scenes(
            xaxis_title=plot.x.label, yaxis_title=plot.y.label, zaxis_title=plot.title,
            row=row, col=column,
        )  # fmt: skip
        return
    for update, axis in ((made.update_xaxes, plot.x), (made.update_yaxes, plot.y)):
        limits = None if axis.low is None or axis.log else [axis.low, axis.high]
        update(title_text=axis.label, type="log" if axis.log else "linear", range=limits,
               tickformat=".3~p" if axis.percent and not axis.log else None,
               visible=not axis.bare, row=row, col=column)  # fmt: skip


def _traces(mark: Mark, scene: bool) -> list[Any]:
    import numpy as np
    import plotly.graph_objects as go

    match mark:
        case Image():
            h, w = mark.z.shape
            x0, x1, y0, y1 = mark.extent
            x = x0 + (x1 - x0) * (np.arange(w) + 0.5) / w  # the centres of the pixels
            y = y0 + (y1 - y0) * (np.arange(h) + 0.5) / h
            if scene:
                return [go.Surface(x=x, y=y, z=mark.z, colorscale=MAPS[mark.map],
                                   cmin=mark.low, cmax=mark.high)]  # fmt: skip
            return [go.Heatmap(x=x, y=y, z=mark.z, colorscale=MAPS[mark.map], zmin=mark.low,
                               zmax=mark.high, zsmooth="best")]  # fmt: skip
        case Lines():
            line = {"color": _colour(mark.colour), "width": mark.width, "dash": DASHES[mark.dash]}
            return [go.Scatter(x=mark.x, y=mark.y, name=mark.label, mode="lines", line=line,
                               showlegend=bool(mark.label))]  # fmt: skip
        case Points():
            return [go.Scatter(x=mark.x, y=mark.y, name=mark.label, mode="markers",
                               marker={"color": _colour(mark.colour), "size": 2 * mark.size},
                               showlegend=bool(mark.label))]  # fmt: skip
        case Bars():
            return [go.Bar(x=mark.x, y=mark.y, width=mark.width, name=mark.label,
                           marker_color=_colour(mark.colour),
                           showlegend=bool(mark.label))]  # fmt: skip
        case Arrows():
            nothing = np.full_like(np.asarray(mark.x, dtype=float), np.nan)
            x = np.stack([mark.x, mark.x + mark.u, nothing], 1).ravel()
            y = np.stack([mark.y, mark.y + mark.v, nothing], 1).ravel()
            return [go.Scatter(x=x, y=y, name=mark.label, mode="lines",
                               line={"color": _colour(mark.colour)},
                               showlegend=bool(mark.label))]  # fmt: skip
        case Text():
            return []


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
