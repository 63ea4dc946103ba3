"""The dynamic aperture over the number of turns, and its law. Knows no ring, only survivals."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["ScalingLaw", "agreement", "aperture", "by_area", "fan"]


Many = Float[np.ndarray, " n"]


def fan(angles: int, radii: int, edge: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A fan of starting places in the quadrant: radii (r,), x and y, both (angles, r)."""
    r = edge * np.arange(1, radii + 1) / radii
    angle = np.pi / 2 * (np.arange(angles) + 0.5) / angles
    return r, np.outer(np.cos(angle), r), np.outer(np.sin(angle), r)


def aperture(survived: Int[np.ndarray, "a r"], radii: Many, turns: int) -> float:
    """D(N): the largest radius below which all survive N turns, its mean over the angles.

    `survived` are the turns survived from a `fan`; a particle that was followed for fewer than N
    turns counts as lost. The error is at most the distance of two radii.
    """
    lost = survived < turns
    first = np.where(lost.any(axis=1), lost.argmax(axis=1), len(radii))
    return float(np.concatenate([[0.0], radii])[first].mean())


def by_area(stable: np.ndarray, edge: float) -> float:
    """The radius of a quarter disc of the same area as the stable cells of a quadrant."""
    return float(2 * edge * np.sqrt(stable.mean() / np.pi))


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Of all places that either calls stable, the share where both do (IoU, Jaccard's index)."""
    either = (one | other).sum()
    return float((one & other).sum() / either) if either else 1.0


@dataclass(frozen=True)
class ScalingLaw:
    """D(N) = limit + slope / (log10 N)^power: how an aperture shrinks with the turns.

    Source: Giovannozzi, Scandale and Todesco (1998), Phys. Rev. E 57, 3432,
    doi 10.1103/PhysRevE.57.3432.
    """

    limit: float
    slope: float
    power: float

    @classmethod
    def fit(cls, turns: Many, sizes: Many) -> "ScalingLaw":
        """The least-squares fit with slope, limit >= 0 and 0.1 <= power <= 6.

        Raises:
            ValueError: fewer than four pairs, or turns of 1 or less.
        """
        if len(turns) < 4 or len(turns) != len(sizes) or np.min(turns) <= 1:
            raise ValueError(f"four pairs (turns > 1, size) at least are needed, got {len(turns)}")
        best, least = cls(float(np.mean(sizes)), 0.0, 1.0), np.inf
        for power in np.linspace(0.1, 6, 591):
            wave = np.log10(turns) ** -power
            slope, limit = np.polyfit(wave, sizes, 1)
            if limit < 0:
                slope, limit = float(wave @ sizes / (wave @ wave)), 0.0
            if slope < 0:
                slope, limit = 0.0, float(np.mean(sizes))
            left = float(np.square(limit + slope * wave - sizes).sum())
            if left < least:
                best, least = cls(float(limit), float(slope), float(power)), left
        return best

    def __call__(self, turns: np.ndarray) -> np.ndarray:
        """The aperture after so many turns."""
        return self.limit + self.slope * np.log10(turns) ** -self.power
