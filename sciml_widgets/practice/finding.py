"""What a check found: words, a table, a picture. Knows no lab and runs nothing."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sciml_widgets.course import draw, spread, table
from sciml_widgets.experiment import Series
from sciml_widgets.knobs import Slider
from sciml_widgets.picture import Axis, Dash, Lines, Mark, Picture, Plot, Points
from sciml_widgets.player import Player
from sciml_widgets.practice.runs import Ran, scores
from sciml_widgets.words import spoken

__all__ = ["LOSS", "Finding", "compared", "course_of", "label_of", "shown"]

LOSS = Series("largest training loss", role="loss")
"""Stands for all losses of a lab; judged by where a lab has no error."""
DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class Finding:
    """What a check found: a verdict in words, a table, a picture; a notebook shows all three.

    `passed` is None where there is nothing to pass. `runs` holds the numbers behind the table.
    """

    verdict: str
    passed: bool | None
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    picture: Picture
    runs: tuple[Ran, ...] = ()

    def words(self) -> str:
        """Verdict and table in Markdown."""
        return f"**{self.verdict}**\n\n{table(self.head, self.rows)}"

    def __repr__(self) -> str:
        return "\n".join([self.verdict, *("  ".join(row) for row in (self.head, *self.rows))])

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display({"text/markdown": self.words(), "text/plain": repr(self)}, raw=True)
        draw(*self.picture.plots, caption=self.picture.caption)


def compared(
    verdict: str, passed: bool | None, slider: Slider, label: str, judge: Series,
    grid: list[float], runs: tuple[Ran, ...],
) -> Finding:  # fmt: skip
    """Runs over the values of a knob: the error (where there is one) and the largest loss."""
    columns = [(LOSS, "loss")] if judge is LOSS else [(judge, "error"), (LOSS, "loss")]
    found = [[scores(runs, value, what) for value in grid] for _, what in columns]
    rows = [
        (slider.spell(value), *(shown(here[k], one.percent) for (one, _), here in
                                zip(columns, found, strict=True)))
        for k, value in enumerate(grid)
    ]  # fmt: skip
    x = Axis(label, log=slider.log)
    plots = [_over(one, x, grid, here) for (one, _), here in zip(columns, found, strict=True)]
    head = (label, *(label_of(one) for one, _ in columns))
    return Finding(verdict, passed, head, tuple(rows), Picture(tuple(plots)), runs)


def course_of(player: Player) -> Picture:
    """The losses of one run over its steps."""
    losses = [one for one in player.history.series if one.role == "loss"]
    marks: list[Mark] = []
    for k, one in enumerate(losses):
        x, y = player.history.tracks[one.name].points()
        above = np.maximum(np.array(y), 1e-12)
        marks.append(Lines(np.array(x), above, label_of(one), k % 6, DASHES[k % 3]))
    names = ", ".join(map(label_of, losses))
    plot = Plot("training loss", tuple(marks), Axis("step"), Axis("", log=True),
                alt=f"Over {player.step_now} steps: {names}.")  # fmt: skip
    return Picture((plot,))


def label_of(series: Series) -> str:
    """Its name for people."""
    return series.label or series.name


def shown(numbers: Sequence[float], percent: bool) -> str:
    """One number, or median and range; words for runs that diverged."""
    lost = sum(not math.isfinite(one) for one in numbers)
    if lost:
        return "diverged" if lost == len(numbers) else f"{lost} of {len(numbers)} diverged"
    return spread(numbers, percent=percent) if len(numbers) > 1 else spoken(numbers[0], percent)


def _over(series: Series, x: Axis, grid: list[float], found: list[list[float]]) -> Plot:
    """Medians over the values of the knob, with a band from best to worst."""
    some = [[y for y in here if math.isfinite(y)] or [math.nan] for here in found]
    log, size = series.scale == "log", 100 if series.percent else 1
    low, middle, high = (
        np.array([max(how(here), 1e-12) if log else how(here) for here in some]) * size
        for how in (min, statistics.median, max)
    )
    at, known = np.array(grid, float), low[np.isfinite(low)]
    zero = not log and bool((known >= 0).all())
    marks = (Lines(at, middle, "", 0, band=(low, high)), Points(at, middle, "", 0, 4.0))
    told = "; ".join(f"{place:g}: {y:.3g}" for place, y in zip(grid, middle, strict=True))
    return Plot(
        label_of(series) + (", %" if series.percent else ""), marks, x,
        Axis("", 0.0 if zero else None, log=log), alt=f"Over {x.label}, {told}.",
    )  # fmt: skip
