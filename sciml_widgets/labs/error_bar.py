"""An average by importance sampling, its own error bar, and how often that bar is right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import knob
from sciml_widgets.picture import INK, Axis, Bars, Lines, Picture, Plot, Points, View
from sciml_widgets.preset import Preset
from sciml_widgets.wrong_density import Running, squared_radius, variance, weight

__all__ = ["ErrorBar"]

DOUBLINGS = 14
EXPERIMENTS = 200
HONEST = 0.954
"""The share of normal errors within two standard deviations."""


@dataclass(frozen=True)
class Seen:
    """The course of the first experiment and of the coverage, and where its points were."""

    points: tuple[float, ...]
    means: tuple[float, ...]
    bars: tuple[float, ...]
    covered: tuple[float, ...]
    squared: np.ndarray


@dataclass
class ErrorBar(Experiment):
    """The integral of the normal density in d dimensions, which is 1, with points from another.

    What you should see: with q as wide as p or somewhat wider the estimate settles at 1 and its
    bar is right 95 times in 100. With a narrow q the estimate settles too, at the wrong value,
    with a small bar: the points that would mend it are so rare that nobody has seen one.

    Good values: d = 20 with width 0.6 (infinite variance), 0.8, and 1.1.
    """

    dimension: int = knob(
        20, 1, 50, kind="restart", label="dimensions d", group="Question",
        help="of the space in which p and q live",
    )  # fmt: skip
    width: float = knob(
        0.6, 0.4, 2.0, kind="restart", label="width of q", group="Sampling",
        help="standard deviation of the density of the points; that of p is 1",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Run", help="random seed")

    title: ClassVar[str] = "An error bar that lies"
    about: ClassVar[str] = "Points from the wrong density: the bar shrinks, the answer is wrong."
    length: ClassVar[int] = DOUBLINGS
    series = (
        Series("off", "typical error", role="error", x="doublings"),
        Series("claimed", "bar that is reported", x="doublings"),
        Series("coverage", "bars that hold the truth", scale="linear",
               x="doublings", percent=True),
    )  # fmt: skip
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("too narrow", "Half of the density p is where q never goes.",
               {"dimension": 30, "width": 0.6}, goal="coverage>0.9", within=13),
        Preset("too narrow, repaired", "A little too wide costs little, and the bar is honest.",
               {"dimension": 30, "width": 1.1}, repairs="too narrow"),
        Preset("much too wide", "Finite variance, but so large that nearly all points are lost.",
               {"dimension": 20, "width": 2.0}),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Twice as many points a frame, from 4 to 32768, in each of 200 experiments."""
        generator, running = np.random.default_rng(self.seed), Running(EXPERIMENTS)
        course: list[tuple[float, float, float, float]] = []
        squared = np.zeros(0)
        for step in range(DOUBLINGS):
            wanted = 2 ** (step + 2)
            while running.points < wanted:  # in parts, for the memory
                some = min(wanted - running.points, 4096)
                drawn = squared_radius((EXPERIMENTS, some), self.width, self.dimension, generator)
                running.add(weight(drawn, self.width, self.dimension))
                squared = np.concatenate([squared, drawn[0]])[:4096]
            off = np.abs(running.means - 1)
            covered = running.coverage(1.0)
            course.append(
                (float(wanted), float(running.means[0]), float(running.bars[0]), covered)
            )
            points, means, bars, shares = zip(*course, strict=True)
            seen = Seen(points, means, bars, shares, squared.copy())
            scalars = {
                "doublings": float(step + 2),
                "off": float(np.median(off)), "claimed": float(np.median(running.bars)),
                "coverage": covered,
            }  # fmt: skip
            yield Frame(step, scalars, lambda seen=seen: seen)

    def picture(self, state: Seen | None, view: View) -> Picture:
        """One experiment with its bar, where its points are, and how often such bars are right."""
        return Picture((self._course(state), self._places(state), self._covered(state)),
                       self._said())  # fmt: skip

    def _course(self, state: Seen | None) -> Plot:
        marks: list[Lines | Points] = [_level(1.0, "truth")]
        said = "nothing was drawn yet"
        if state is not None:
            n, mean, bar = (np.array(c) for c in (state.points, state.means, state.bars))
            band = (np.clip(mean - 2 * bar, -1, 4), np.clip(mean + 2 * bar, -1, 4))
            marks.append(Lines(n, np.clip(mean, -1, 4), "estimate ± 2 bars", 1, band=band))
            said = f"the estimate is {mean[-1]:.3g} with a bar of {bar[-1]:.2g}; the truth is 1"
        return Plot(
            "one experiment", tuple(marks), Axis("points", 4, 4e4, log=True),
            Axis("estimate of 1", 0.0, 2.0), alt=said,
        )  # fmt: skip

    def _places(self, state: Seen | None) -> Plot:
        d = self.dimension
        high = (np.sqrt(d) + 4) * max(1.0, self.width)
        r = np.linspace(high / 400, high, 400)
        needed, drawn = _radial(r, 1.0, d), _radial(r, self.width, d)
        marks: list[Lines | Bars] = []
        if state is not None and state.squared.size:
            heights, edges = np.histogram(np.sqrt(state.squared), 40, (0.0, high), density=True)
            middle = (edges[1:] + edges[:-1]) / 2
            marks.append(Bars(middle, heights, high / 40, "points of one experiment", 1))
        marks += [Lines(r, drawn, "q: where points fall", 1, "dashed"),
                  Lines(r, needed, "p: where the answer lies", 0)]  # fmt: skip
        return Plot(
            "distance from the centre", tuple(marks), Axis("distance", 0.0, high),
            Axis("density", 0.0, 1.15 * float(max(needed.max(), drawn.max()))),
            alt=f"points fall around {self.width * np.sqrt(d):.1f}, "
            f"the answer lies around {np.sqrt(d):.1f}",
        )  # fmt: skip

    def _covered(self, state: Seen | None) -> Plot:
        marks: list[Lines | Points] = [_level(HONEST, "honest: 95 %")]
        said = "nothing was drawn yet"
        if state is not None:
            n, share = np.array(state.points), np.array(state.covered)
            marks += [Points(n, share, "", 2, 5.0), Lines(n, share, "200 experiments", 2)]
            said = f"{100 * share[-1]:.0f} % of the experiments have the truth within two bars"
        return Plot(
            "bars that hold the truth", tuple(marks), Axis("points", 4, 4e4, log=True),
            Axis("share of experiments", 0.0, 1.05, percent=True), alt=said,
        )  # fmt: skip

    def _said(self) -> str:
        exact = variance(self.width, self.dimension)
        if np.isinf(exact):
            return "The variance of the weights is infinite: no bar can be right."
        return f"Exact variance of the weights: {exact:.3g}"


def _level(height: float, label: str) -> Lines:
    return Lines(np.array([4.0, 4e4]), np.array([height] * 2), label, INK, "dotted", 1.2)


def _radial(r: np.ndarray, width: float, dimension: int) -> np.ndarray:
    """The density of |x| for a normal x: r^(d-1) exp(-r²/2s²), so that its integral is 1."""
    logs = (dimension - 1) * np.log(r) - (r / width) ** 2 / 2
    heights = np.exp(logs - logs.max())
    return heights / (heights.sum() * (r[1] - r[0]))
