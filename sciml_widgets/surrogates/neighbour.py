"""The nearest labelled point answers: a surrogate without a network. Knows no ring."""

import numpy as np
from scipy.spatial import KDTree

__all__ = ["Neighbour"]


class Neighbour:
    """One-nearest-neighbour: yes where the nearest yes is nearer than the nearest no.

    The chance is d_no / (d_yes + d_no) with the distances to both: 1/2 on the border between
    them. The spread is the distance to the nearest point, whatever it says.
    """

    def fit(self, z: np.ndarray, yes: np.ndarray) -> None:
        """Remember points (n, d) and their answers (n,)."""
        self.trees = [KDTree(some) if len(some) else None for some in (z[yes], z[~yes])]

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chance of a yes and spread at points (m, d), each (m,)."""
        near, far = (
            tree.query(z)[0] if tree is not None else np.full(len(z), np.inf)
            for tree in self.trees
        )
        spread = np.minimum(near, far)
        if None in self.trees:
            return np.full(len(z), float(self.trees[0] is not None)), spread
        return (far + 1e-300) / (near + far + 2e-300), spread

    def says(self, z: np.ndarray) -> np.ndarray:
        """Yes or no at points (m, d)."""
        return self.predict(z)[0] > 0.5

    def frozen(self) -> "Neighbour":
        """What it says now, for good: a later fit makes new trees."""
        copy = Neighbour()
        copy.trees = self.trees
        return copy
