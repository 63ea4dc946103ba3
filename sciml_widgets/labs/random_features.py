"""A function of many variables from more and more random waves, or powers. Trains no direction."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.features import Target, average_error, degree_within, fit, powers, waves
from sciml_widgets.knobs import knob
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, Points, View
from sciml_widgets.preset import Preset

__all__ = ["RandomFeatures"]

DOUBLINGS = 9
SAMPLES = 1536
REPEATS = 4
LABELS = {
    "average": "average of random waves", "fitted": "random waves, fitted",
    "polynomial": "polynomial, fitted",
}  # fmt: skip


@dataclass(frozen=True)
class Grown:
    """Coefficients and relative error of each way, the theory, and a cut along one direction."""

    errors: dict[str, tuple[tuple[float, float], ...]]
    theory: tuple[tuple[float, float], ...]
    distance: np.ndarray
    cut: dict[str, np.ndarray]


@dataclass
class RandomFeatures(Experiment):
    """A bell in d dimensions as a sum of m waves cos(w·x) with random w, and as a polynomial.

    What you should see: the average over m random waves has the error C/√m, the same C in every
    dimension, on a line that is known in advance. A polynomial is far better in one or two
    dimensions, and in twenty it has no room: degree 3 already needs 1771 coefficients.

    Good values: d = 2, then 20. A width of 0.7 or less has an infinite variance; 1.5 is poor in
    many dimensions.
    """

    target: Target = Target()
    spread: float = knob(
        1.0, 0.5, 2.0, kind="restart", label="width of p(w)", group="Waves",
        help="standard deviation of the random directions; the bell's own is 1",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Run", help="random seed")

    title: ClassVar[str] = "A function of many variables"
    about: ClassVar[str] = "Random waves against powers: who feels the dimension?"
    length: ClassVar[int] = DOUBLINGS
    series = tuple(
        Series(name, label, role="error", x="doublings", percent=True)
        for name, label in LABELS.items()
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("two dimensions", "Powers win by far.", {"dimension": 2}),
        Preset("twenty dimensions", "Powers have no room; the waves do not notice.",
               {"dimension": 20}),
        Preset("the wrong width", "Weights repair the mean, but the variance is huge.",
               {"dimension": 12, "spread": 1.6}, goal="average<0.1", within=8),
        Preset("the wrong width, repaired", "Directions from the bell's own density.",
               {"dimension": 12, "spread": 1.0}, repairs="the wrong width"),
        Preset("one direction", "The function varies along one direction only; chance does not "
               "find it.", {"kind": "one direction", "dimension": 10}),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Twice as many coefficients a frame, from 2 to 512."""
        f, generator = self.target, torch.Generator().manual_seed(self.seed)
        x, tests = f.draw(SAMPLES, generator), f.draw(SAMPLES, generator)
        y, truth = f(x), f(tests)
        size = float(truth.norm())
        r = torch.linspace(0, 3, 61, dtype=torch.float64)
        line = r[:, None] * torch.nn.functional.normalize(tests[:1])
        errors: dict[str, tuple[tuple[float, float], ...]] = {name: () for name in LABELS}
        theory: tuple[tuple[float, float], ...] = ()
        cut = {"exact": f(line).numpy()}
        degree = -1
        for doublings in range(1, DOUBLINGS + 1):
            m, found = 2**doublings, {}
            if f.kind == "bell":
                squares = []
                for _ in range(REPEATS):
                    w, share = self._directions(m, generator)
                    squares.append(float((torch.cos(tests @ w.T) @ share - truth).square().sum()))
                    cut["average"] = (torch.cos(line @ w.T) @ share).numpy()
                found["average"] = (m, math.sqrt(sum(squares) / REPEATS) / size)
                known = average_error(tests, self.spread, m) * math.sqrt(SAMPLES) / size
                theory = (*theory, (float(m), known))
            w, _ = self._directions(m, generator)
            b = 2 * math.pi * torch.rand(m, generator=generator, dtype=torch.float64)
            c = fit(waves(x, w, b), y)
            found["fitted"] = (m, float((waves(tests, w, b) @ c - truth).norm()) / size)
            cut["fitted"] = (waves(line, w, b) @ c).numpy()
            if degree_within(f.dimension, m) > degree and m <= 2**DOUBLINGS:
                degree = min(degree_within(f.dimension, m), 12)
                c = fit(powers(x, degree), y, keep=1e-12)
                missed = (powers(tests, degree) @ c - truth).norm()
                found["polynomial"] = (len(c), float(missed) / size)
                cut["polynomial"] = (powers(line, degree) @ c).numpy()
            for name, (count, error) in found.items():
                errors[name] = (*errors[name], (float(count), error))
            now = Grown(dict(errors), theory, r.numpy(), dict(cut))
            scalars = {"doublings": float(doublings)} | {
                name: error for name, (_, error) in found.items()
            }
            yield Frame(doublings - 1, scalars, lambda now=now: now)

    def picture(self, state: Grown | None, view: View) -> Picture:
        """Errors over coefficients, the function along a line, and how powers multiply."""
        none: dict[str, tuple[tuple[float, float], ...]] = {name: () for name in LABELS}
        state = state or Grown(none, (), np.zeros(0), {})
        return Picture((_errors(state), _cut(state), _powers(self.target.dimension)))

    def _directions(
        self, count: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Directions w from the normal density of this width, and p/q/m, what each counts."""
        s, d = self.spread, self.target.dimension
        w = s * torch.randn(count, d, generator=generator, dtype=torch.float64)
        logs = d * math.log(s) - w.square().sum(1) * (1 - s**-2) / 2
        return w, torch.exp(logs) / count


def _errors(state: Grown) -> Plot:
    marks: list[Lines | Points] = []
    said = []
    for number, (name, label) in enumerate(LABELS.items()):
        if state.errors[name]:
            m, e = (np.array(column) for column in zip(*state.errors[name], strict=True))
            marks += [Points(m, e, label, number, 5.0), Lines(m, e, "", number)]
            said.append(f"{label} {e[-1]:.2g}")
    known = [(m, e) for m, e in state.theory if math.isfinite(e)]
    if known:
        m, e = (np.array(column) for column in zip(*known, strict=True))
        marks.append(Lines(m, e, "theory of the average", INK, "dashed", 1.2))
    shown = [e for seen in state.errors.values() for _, e in seen if e > 0]
    low, high = min([*shown, 0.02]) / 2, min(max([*shown, 1.0]) * 2, 1e6)
    return Plot(
        "relative error over coefficients", tuple(marks),
        Axis("coefficients", 0.9, 600.0, log=True),
        Axis("relative error", max(low, 1e-12), high, log=True),
        alt="; ".join(said) or "nothing was fitted yet",
    )  # fmt: skip


def _cut(state: Grown) -> Plot:
    marks = [
        Lines(state.distance, np.clip(state.cut[name], -2, 2), LABELS[name], number)
        for number, name in enumerate(LABELS)
        if name in state.cut
    ]
    if "exact" in state.cut:
        marks.append(Lines(state.distance, state.cut["exact"], "exact", INK, "dashed"))
    return Plot(
        "along one direction", tuple(marks), Axis("distance from 0", 0.0, 3.0),
        Axis("f", -1.1, 1.3), alt="the function and what was found, along one line from 0 to 3",
    )  # fmt: skip


def _powers(dimension: int) -> Plot:
    d = np.arange(1, 21)
    lines = [
        Lines(d.astype(float), np.array([math.comb(int(n) + p, p) for n in d], float),
              f"degree {p}", number)
        for number, p in enumerate((2, 4, 6, 8))
    ]  # fmt: skip
    here = np.array([float(dimension)] * 2)
    return Plot(
        "coefficients of a polynomial",
        (*lines, Lines(here, np.array([1.0, 4e6]), "", INK, "dotted", 1.0)),
        Axis("dimensions d", 1, 20), Axis("coefficients", 1.0, 4e6, log=True), ends=True,
        alt=f"in {dimension} dimensions degree 4 has {math.comb(dimension + 4, 4)} coefficients",
    )  # fmt: skip
