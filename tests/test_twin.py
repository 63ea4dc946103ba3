"""The renderers of saved pictures: matplotlib and plotly draw every mark of every picture."""

import io
import math
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy_labs import LABS, DoubleWell
from PIL import Image as Pillow

from sciml_widgets.experiment import Series
from sciml_widgets.headless import run
from sciml_widgets.history import History
from sciml_widgets.knobs import knob, toggle
from sciml_widgets.live.drawing import render
from sciml_widgets.live.inspect import to_plotly
from sciml_widgets.live.losses import looks, loss_plots
from sciml_widgets.live.sheet import CORNER, PAPER
from sciml_widgets.live.trace import trace
from sciml_widgets.live.trace_page import figure_of
from sciml_widgets.live.twin import alt, figure, png, title
from sciml_widgets.picture import (
    INK,
    PALETTE,
    Arrows,
    Axis,
    Bars,
    Image,
    Lines,
    Picture,
    Plot,
    Points,
    Text,
)
from sciml_widgets.player import Player
from sciml_widgets.record import Turn

X = np.linspace(0, 1, 9)
EVERY_MARK = Picture(
    (
        Plot("field", (Image(np.outer(X, X), (0, 1, -1, 1), 0, 1),), Axis("t"), Axis("x")),
        Plot("error", (Image(np.outer(X, X) - 0.5, (0, 1, 0, 1), -1, 1, "error"),)),
        Plot("curves", (Lines(X, X**2, "a", band=(X**2 - 1, X**2 + 1)), Points(X, X, "b"))),
        Plot("log", (Lines(X, np.where(X > 0.5, math.nan, 1 + X), "c"),), y=Axis(log=True)),
        Plot("bars", (Bars(X, X, 0.1, "d"), Text(0.5, 0.5, "here"))),
        Plot("arrows", (Arrows(X, X, X, -X, "e"),), equal=True),
    ),
    "a caption",
)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.__name__)
def test_every_lab_has_a_twin_words_and_a_plotly_figure(lab):
    player = run(lab(), frames=12)
    picture = Pillow.open(io.BytesIO(png(figure(player))))
    assert picture.size[0] > 300 and len(np.unique(np.asarray(picture.convert("L")))) > 3
    assert "step" in alt(player)
    assert len(to_plotly(player).data) > 0


def test_every_mark_is_drawn():
    made = render(EVERY_MARK)
    titles = [axes.get_title(loc="left") for axes in made.axes if axes.get_title(loc="left")]
    assert titles == [plot.title for plot in EVERY_MARK.plots]
    kinds = [bool(axes.images or axes.lines or axes.collections or axes.patches)
             for axes in made.axes[: len(titles)]]  # fmt: skip
    assert all(kinds)
    assert len(png(made)) > 5000


def test_the_colours_of_fields_and_lines_survive_the_small_file():
    """No colour of a field moves by more than 4 of 255, no line takes another one's colour."""
    made = render(Picture((Plot("f", (Image(np.outer(X, X), (0, 1, 0, 1), 0, 1),)),
                           Plot("l", (Lines(X, X, colour=1, width=8),)))))  # fmt: skip
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(made)
    canvas.draw()
    true = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    small = np.asarray(Pillow.open(io.BytesIO(png(made))).convert("RGB")).astype(int)
    distance = np.abs(small - true).max(-1)
    assert np.quantile(distance, 0.99) <= 8
    orange = (true == [0xD5, 0x5E, 0x00]).all(-1)
    assert orange.sum() > 100 and distance[orange].max() <= 1


def test_a_still_is_a_sheet_with_round_corners_on_a_light_page_and_on_a_dark_one():
    shown = np.asarray(Pillow.open(io.BytesIO(png(render(EVERY_MARK)))).convert("RGBA"))
    alpha = shown[..., 3]
    assert {*alpha.ravel().tolist()} == {0, 255}
    assert alpha[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [0, 0, 0, 0]
    assert alpha[CORNER:-CORNER].min() == alpha[:, CORNER:-CORNER].min() == 255
    assert np.allclose(shown[1, CORNER + 1, :3], [255 * c for c in to_rgb(PAPER)], atol=1)


@pytest.mark.parametrize("steps", [2, 15, 4000])
def test_what_stands_behind_the_last_step_is_names_on_paper(steps):
    x = np.arange(float(steps))
    lines = tuple(Lines(x, 1 + x, name, k) for k, name in enumerate(("a", "the middle", "c")))
    made = render(Picture((Plot("losses", lines, Axis("step"), ends=True),)))
    axes = made.axes[0]
    axes.figure.canvas.draw()
    low, high = axes.get_xlim()
    (sheet,) = axes.patches
    assert (sheet.get_x(), sheet.get_x() + sheet.get_width()) == (x[-1], high)
    assert axes.spines["bottom"].get_bounds() == (low, x[-1])
    assert (high - x[-1]) / (high - low) < 0.25, "short names take little"
    end = axes.get_window_extent().x1
    for text in axes.texts:
        box = text.get_window_extent()
        assert axes.transData.transform((x[-1], 1))[0] < box.x0 and box.x1 <= end


@pytest.mark.parametrize("slope", [-1, 1])
@pytest.mark.parametrize("size", [1e-6, 1.0])
def test_a_legend_stands_where_no_curve_is_on_log_axes_too(slope, size):
    x = 10 ** np.linspace(1, 5, 30)
    lines = tuple(Lines(x, size * k * x**slope, f"curve {k}", k) for k in (1, 2, 3))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    plot = Plot("seconds", lines, Axis("cells", log=True), Axis("s", log=True))
    FigureCanvasAgg(made := render(Picture((plot,)))).draw()
    (axes,) = made.axes
    box = axes.get_legend().get_window_extent()
    for line in lines:
        places = axes.transData.transform(np.column_stack([line.x, line.y]))
        assert not any(box.contains(*place) for place in places)


def test_a_row_of_names_leaves_the_plots_their_width_and_its_own_title_in_peace():
    x = np.linspace(0, 1, 9)
    names = ("second order", "fourth order", "waves", "with network")
    lines = tuple(Lines(x, x + k, name, k) for k, name in enumerate(names))
    image = Image(np.zeros((8, 8)), (0.0, 1.0, 0.0, 1.0), 0.0, 1.0, unit="u")
    wide = Plot("error, median of 16 runs", lines, note="dotted: no longer valid")
    made = render(Picture((Plot("one", (image,)), Plot("two", (image,)), wide)))
    png(made)
    one, bar, _, _, axes = made.axes
    extents = [axes._left_title.get_window_extent(), axes._right_title.get_window_extent()]
    assert extents[0].x1 < extents[1].x0, "title and note touch"
    plot = one.get_window_extent()
    assert bar.get_window_extent().x0 - plot.x1 < 0.1 * plot.width, "a gap before the bar"


def test_the_title_says_step_error_and_what_is_not_default():
    player = run(LABS[1]().but(mutation=0.3), frames=5)
    words = alt(player)
    assert "step 4" in words and "mutation 0.3" in words


def written(made, name):
    """The numbers along the y axis of one plot."""
    (axes,) = [one for one in made.axes if one.get_title(loc="left") == name]
    return [tick.get_text() for tick in axes.get_yticklabels()]


def test_a_share_is_written_in_percent_as_in_the_panel():
    player = run(DoubleWell(), frames=12)
    still = figure(player, 8)
    shares = written(still, "accepted")
    assert len(shares) > 2 and all(one.endswith(" %") for one in shares)
    assert not any("%" in one for one in written(still, "energy"))
    assert "accepted from" in alt(player) and " %" in alt(player)
    recorded = figure_of(trace(DoubleWell(), frames=12, pictures=2).trace)
    assert written(recorded, "accepted") == shares
    formats = {one.tickformat for one in to_plotly(player).select_yaxes()}
    assert formats == {None, ".3~p"}
    given = Plot("given", (Lines(X, X - 0.5),), y=Axis("y", -0.5, 0.5, percent=True))
    assert {"−40 %", "0 %", "40 %"} <= set(written(render(Picture((given,))), "given"))


def test_shares_beside_other_numbers_or_on_a_log_scale_are_plain():
    history = History([Series("a", percent=True), Series("b", scale="linear", percent=True),
                       Series("c", scale="linear")])  # fmt: skip
    history.append(0, {"a": 0.2, "b": 0.2, "c": 0.2})
    logged, mixed = loss_plots(history)
    made = render(Picture((logged, mixed)))
    assert not any("%" in text for name in ("a", "metrics") for text in written(made, name))

    class Logged(DoubleWell):
        series = (DoubleWell.series[0], Series("accepted", percent=True))

    inspected = to_plotly(run(Logged(), frames=3))
    assert {one.tickformat for one in inspected.select_yaxes()} == {None}
    assert mixed.alt == "b from 20 % to 20 %; c from 0.2 to 0.2"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(24, 400, ["50", "100", "200"]), (0.46, 1.02, ["0.5", "1"]), (1.0, 99.0, ["1", "2", "5"])],
)
def test_a_short_log_axis_has_plain_numbers_that_do_not_overlap(low, high, said):
    line = Lines(np.array([low, high], float), np.array([0.0, 1.0]))
    made = render(Picture((Plot("maps", (line,), Axis("", low, high, log=True)),)))
    (axes,) = made.axes
    made.canvas.draw()
    every = [one for one in axes.get_xticklabels(which="both") if one.get_text()]
    seen = [one for one in every if low <= one.get_position()[0] <= high]
    labels = sorted(seen, key=lambda one: one.get_position()[0])
    assert [one.get_text() for one in labels][: len(said)] == said
    boxes = [one.get_window_extent() for one in labels]
    assert all(left.x1 < right.x0 for left, right in zip(boxes[:-1], boxes[1:], strict=True))


@pytest.mark.parametrize("label", ["y", "x₂", "height of the wave"])
def test_the_name_of_an_axis_stands_beside_its_numbers(label):
    image = Image(np.zeros((8, 8)), (0.0, 0.8, 0.0, 0.8), 0.0, 1.0)
    made = render(Picture((Plot("map", (image,), Axis("x"), Axis(label), equal=True),)))
    png(made)
    numbers = [one.get_window_extent() for one in made.axes[0].get_yticklabels()]
    assert made.axes[0].yaxis.label.get_window_extent().x1 + 2 < min(one.x0 for one in numbers)


@pytest.mark.parametrize("number", range(INK))
def test_a_band_has_the_colour_of_its_line_in_a_file(number: int) -> None:
    band = (0 * X, 0 * X + 1)
    plot = Plot("band", (Lines(X, 0 * X - 1, "", number, band=band),))
    made = np.asarray(Pillow.open(io.BytesIO(png(render(Picture((plot,)))))).convert("RGB"))
    pale = 255 * (1 - 0.18 * (1 - np.array(to_rgb(PALETTE["light"][number]))))
    near = np.abs(made - pale).max(2) <= 4
    assert near.mean() > 0.1, "the colours of a file leave the band out"


def test_a_knob_has_its_unit_in_the_title():
    @dataclass
    class Wing(DoubleWell):
        thick: float = knob(12.0, 8.0, 24.0, unit="%", label="thickness")
        steady: bool = toggle(False)

    words = title(Player(Wing().but(thick=15.5, steady=True)))
    assert words.endswith("thickness 15.5 %  ·  steady on")


def test_the_error_is_the_ink_and_two_series_never_look_alike():
    series = [Series(f"s{k}", role="error" if k == 2 else "loss") for k in range(6)]
    style = looks(series)
    assert style["s2"].colour == INK
    assert len({(look.colour, look.dash) for look in style.values()}) == 6


def test_rivals_have_the_colours_of_their_places_as_in_a_picture_of_them():
    style = looks([Series(name, role="error") for name in "abc"])
    assert [look.colour for look in style.values()] == [0, 1, 2]
    assert looks([Series("a", role="error")])["a"].colour == INK


def test_a_dash_of_its_own_and_the_name_of_a_plot_hold_in_panel_and_twin():
    series = (Series("a", dash="dotted", plot="what they are"), Series("b", dash="solid"))
    assert [look.dash for look in looks(series).values()] == ["dotted", "solid"]
    history = History(series)
    history.append(0, {"a": 1.0, "b": 2.0})
    (plot,) = loss_plots(history)
    assert plot.title == "what they are"
    assert [one.dash for one in plot.marks if isinstance(one, Lines)] == ["dotted", "solid"]


def test_series_are_grouped_by_axis_and_scale_and_empty_ones_left_out():
    history = History(
        [Series("a"), Series("b", scale="linear"), Series("c", x="labels"), Series("d")]
    )
    history.append(0, {"a": 1.0, "b": 2.0, "c": 3.0, "labels": 5.0})
    history.append(1, {"a": 0.1, "b": 2.0, "c": 2.0, "labels": 7.0})
    plots = loss_plots(history)
    assert [[mark.label for mark in plot.marks] for plot in plots] == [["a"], ["b"], ["c"]]
    assert [plot.x.label for plot in plots] == ["step", "step", "labels"]
    assert list(plots[2].marks[0].x) == [5.0, 7.0]


def test_a_run_that_stands_still_on_its_axis_draws_no_upright_line():
    series = [Series("iou", scale="linear", x="bought", band=("low", "high"))]
    history = History(series)
    for step, bought in enumerate((10, 20, 20, 20)):
        found = {"bought": float(bought), "iou": 0.1 * step, "low": 0.0, "high": float(step)}
        history.append(step, found)
    (line,) = loss_plots(history)[0].marks
    assert list(line.x) == [10, 20] and list(line.y) == [0.0, pytest.approx(0.3)]
    assert list(line.band[1]) == [0, 3], "the newest of each place"


def test_a_turn_leaves_a_line_and_words_in_the_plot():
    lab = LABS[1]()
    player = run(lab, frames=20, tape=[Turn(10, "mutation", 0.5)])
    marks = [mark for plot in loss_plots(player.history, player.ticks) for mark in plot.marks]
    words = [mark.text for mark in marks if isinstance(mark, Text)]
    assert any("0.1 → 0.5" in word for word in words)


def test_surfaces_stand_over_their_plane():
    class Flat(type(LABS[0]())):
        def picture(self, state, view):
            return EVERY_MARK

    made = to_plotly(Player(Flat()), surface=True)
    assert [trace.type for trace in made.data][:2] == ["surface", "surface"]
    flat = to_plotly(Player(Flat()))
    assert [trace.type for trace in flat.data][:2] == ["heatmap", "heatmap"]
