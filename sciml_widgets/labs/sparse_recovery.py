"""How many measurements does a vector with few entries need? Problem by problem, and in theory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob
from sciml_widgets.picture import INK, Axis, Image, Lines, Picture, Plot, Points, View
from sciml_widgets.sparse import MATRICES, problem, recover, threshold

__all__ = ["SparseRecovery"]

CLOSE = 1e-4
"""Largest difference of an entry, in units of the largest one, that counts as recovered."""


@dataclass(frozen=True)
class Diagram:
    """Share of recovered problems in each cell; the last problem: its vector, the answer."""

    share: np.ndarray
    truth: np.ndarray
    found: np.ndarray


@dataclass
class SparseRecovery(Experiment):
    """A vector of N numbers, of which k are not 0, from n < N random measurements, by l1.

    Each frame is one random problem, solved by a linear programme; which k and n, is drawn too.

    What you should see: below a curve nearly all problems are solved exactly, above it nearly
    none. The curve is known, and contains no number that was fitted. The border is sharper the
    larger N is.

    Good values: N = 100, a few hundred problems.
    """

    size: int = knob(
        60, 30, 120, kind="restart", label="length N", group="Problem",
        help="numbers that are to be found",
    )  # fmt: skip
    matrix: str = choice(
        MATRICES[0], MATRICES, label="measurements", group="Problem",
        help="what a measurement multiplies the vector with",
    )  # fmt: skip
    cells: int = knob(
        10, 6, 16, kind="restart", label="cells", group="Diagram",
        help="of the diagram, in each direction",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Diagram", help="random seed")

    title: ClassVar[str] = "Few measurements of few entries"
    about: ClassVar[str] = "A sharp border between problems that l1 solves and those it does not."
    length: ClassVar[int] = 600
    series = (
        Series("below", "solved, below 0.9 x theory", scale="linear", percent=True),
        Series("above", "solved, above 1.1 x theory", scale="linear", percent=True),
    )

    def frames(self) -> Iterator[Frame]:
        """All cells of the diagram in a random order, again and again."""
        generator, size, cells = np.random.default_rng(self.seed), self.size, self.cells
        tried, solved = np.zeros((cells, cells)), np.zeros((cells, cells))
        sides = {"below": [0, 0], "above": [0, 0]}
        step = 0
        while True:
            for cell in generator.permutation(cells * cells):
                row, column = divmod(int(cell), cells)
                n = max(2, min(size - 1, round((column + 0.5) / cells * size)))
                k = max(1, min(n, round((row + 0.5) / cells * n)))
                matrix, vector = problem(size, n, k, generator, self.matrix)
                found = recover(matrix, matrix @ vector)
                right = bool(abs(found - vector).max() <= CLOSE * abs(vector).max())
                tried[row, column] += 1
                solved[row, column] += right
                border = k / n / threshold(n / size)
                if not 0.9 <= border <= 1.1:
                    side = sides["below" if border < 1 else "above"]
                    side[0] += right
                    side[1] += 1
                share = np.where(tried > 0, solved / np.maximum(tried, 1), np.nan)
                now = Diagram(share, vector, found)
                scalars = {name: one[0] / one[1] for name, one in sides.items() if one[1]}
                yield Frame(step, scalars, lambda now=now: now)
                step += 1

    def picture(self, state: Diagram | None, view: View) -> Picture:
        """The diagram with the curve of the theory, and the last problem."""
        empty = np.full((self.cells, self.cells), np.nan)
        state = state or Diagram(empty, np.zeros(self.size), np.zeros(self.size))
        x = np.linspace(0.02, 0.98, 33)
        curve = np.array([threshold(round(float(one), 6)) for one in x])
        apart = float(abs(state.truth - state.found).max())
        known = state.share[np.isfinite(state.share)]
        said = f"{known.size} cells tried" if known.size else "nothing was tried yet"
        place = np.arange(self.size, dtype=float)
        return Picture((
            Plot("share of problems that l1 solves", (
                Image(state.share, (0.0, 1.0, 0.0, 1.0), 0.0, 1.0),
                Lines(x, curve, "theory", 1, width=2.4),
            ), Axis("measurements n/N", 0.0, 1.0), Axis("entries k/n", 0.0, 1.0),
                alt=f"{said}; the theory goes from 0 to 1, through 0.39 at n/N = 1/2"),
            Plot("the last problem", (
                Points(place, state.truth, "the vector", INK, 6.0, True),
                Points(place, state.found, "smallest Σ|x| that fits", 1, 3.0),
            ), Axis("place", 0.0, float(self.size)), Axis("entry"),
                alt=f"the answer is off by {apart:.1g} at most"),
        ))  # fmt: skip
