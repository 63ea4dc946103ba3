"""Boosted regression trees, written out: many small trees, each for what is left. No ring."""

from dataclasses import dataclass

import numpy as np

__all__ = ["BoostedTrees"]

ROUNDS, DEPTH, RATE = 80, 3, 0.15
"""Trees, questions on the way down each, and the share of each that is added."""
CUTS, FEWEST = 16, 3
"""Thresholds that are tried in each direction (quantiles), and points that a leaf must keep."""


@dataclass(frozen=True)
class BoostedTrees:
    """`start` + the leaves that a point falls into, one in each tree.

    Each tree asks `DEPTH` questions "is coordinate i above t?". It is grown on what the trees
    before it left over, by the question that lowers the sum of squares most, and a leaf says the
    mean of its points times `RATE`. `which` and `above` have the shape (trees, 2^depth - 1), the
    children of question k are 2k + 1 and 2k + 2; `leaves` (trees, 2^depth). Source: Friedman
    (2001), doi 10.1214/aos/1013203451.
    """

    start: float
    which: np.ndarray
    above: np.ndarray
    leaves: np.ndarray

    @classmethod
    def fit(cls, z: np.ndarray, y: np.ndarray, rounds: int = ROUNDS) -> "BoostedTrees":
        """Grow trees on points (n, d) and their answers (n,). Raises ValueError: no points."""
        if not len(z) or len(z) != len(y):
            raise ValueError(f"{len(z)} points and {len(y)} answers: expected as many, and some")
        shares = (np.arange(CUTS) + 0.5) / CUTS
        cuts = np.quantile(z, shares, axis=0)  # (cuts, d)
        asked = (z[:, None, :] > cuts).reshape(len(z), -1).astype(float)  # a question a column
        start = float(y.mean())
        left = y - start
        which, above, leaves = [], [], []
        for _ in range(rounds):
            chosen, at = _grow(asked, left)
            means = _means(left, at, 2**DEPTH)
            left = left - RATE * means[at]
            which.append(chosen % z.shape[1])
            above.append(cuts.ravel()[chosen])
            leaves.append(RATE * means)
        return cls(start, np.array(which), np.array(above), np.array(leaves))

    def __call__(self, z: np.ndarray) -> np.ndarray:
        """The answers at points (m, d): (m,)."""
        trees = np.arange(len(self.leaves))[:, None]
        at = np.zeros((len(self.leaves), len(z)), dtype=int)
        rows = np.arange(len(z))
        for _ in range(DEPTH):
            higher = z[rows, self.which[trees, at]] > self.above[trees, at]
            at = 2 * at + 1 + higher
        return self.start + self.leaves[trees, at - (2**DEPTH - 1)].sum(0)


def _grow(asked: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The questions of one tree, breadth first, and the leaf of each point."""
    chosen = np.zeros(2**DEPTH - 1, dtype=int)
    at = np.zeros(len(left), dtype=int)
    for level in range(DEPTH):
        nodes = 2**level
        here = np.zeros((nodes, len(left)))
        here[at, np.arange(len(left))] = 1.0
        count, total = here.sum(1, keepdims=True), here @ left[:, None]
        yes, above = here @ asked, (here * left) @ asked  # (nodes, questions)
        no, below = count - yes, total - above
        gain = above**2 / np.maximum(yes, 1) + below**2 / np.maximum(no, 1)
        gain[(yes < FEWEST) | (no < FEWEST)] = -1.0
        best = gain.argmax(1)
        chosen[nodes - 1 : 2 * nodes - 1] = best
        at = 2 * at + asked[np.arange(len(left)), best[at]].astype(int)
    return chosen, at


def _means(left: np.ndarray, at: np.ndarray, count: int) -> np.ndarray:
    found = np.bincount(at, minlength=count)
    return np.bincount(at, weights=left, minlength=count) / np.maximum(found, 1)
