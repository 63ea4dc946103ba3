"""Few measurements of a vector with few entries: recovery by l1, and its threshold. Knows no lab.

SciPy solves the linear programme.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

__all__ = ["MATRICES", "dimension_needed", "problem", "recover", "threshold"]

MATRICES = ("normal numbers", "signs", "cosines")


def recover(matrix: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """The x with the smallest Σ|x_i| among all with `matrix` x = `measured`.

    Shapes (n, N), (n,) to (N,). It is a linear programme in the positive and the negative parts
    of x. Source: Chen, Donoho, Saunders (1998), doi 10.1137/S1064827596304010.

    Raises:
        ValueError: no x fits.
    """
    from scipy.optimize import linprog

    size = matrix.shape[1]
    found = linprog(
        np.ones(2 * size), A_eq=np.hstack([matrix, -matrix]), b_eq=measured, bounds=(0, None),
        method="highs",
    )  # fmt: skip
    if found.x is None:
        raise ValueError(f"no vector fits these measurements: {found.message}")
    return found.x[:size] - found.x[size:]


def problem(
    size: int, measurements: int, entries: int, generator: np.random.Generator,
    kind: str = "normal numbers",
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """A random matrix (n, N) and a vector (N,) with so many entries that are not 0.

    Raises:
        ValueError: an unknown kind, or numbers that do not fit each other.
    """
    if kind not in MATRICES:
        raise ValueError(f"kind={kind!r} is not one of {', '.join(MATRICES)}")
    if not 0 <= entries <= size or not 1 <= measurements <= size:
        raise ValueError(
            f"{measurements} measurements of {entries} entries among {size}: "
            f"give at most {size} of each, and one measurement at least"
        )
    shape = (measurements, size)
    if kind == "normal numbers":
        matrix = generator.standard_normal(shape)
    elif kind == "signs":
        matrix = generator.choice([-1.0, 1.0], shape)
    else:  # some rows of the cosine transform, which is an orthogonal matrix
        rows = generator.permutation(size)[:measurements, None]
        matrix = np.cos(math.pi * rows * (np.arange(size) + 0.5) / size)
    vector = np.zeros(size)
    vector[generator.permutation(size)[:entries]] = generator.standard_normal(entries)
    return matrix, vector


def dimension_needed(share: float) -> float:
    """Measurements n/N that l1 needs in large problems, if `share` = k/N entries are not 0.

    min over τ of σ (1 + τ²) + (1 - σ) E(|g| - τ)₊², g normal, σ the share. Source: Amelunxen,
    Lotz, McCoy, Tropp (2014), doi 10.1093/imaiai/iau005. Raises ValueError.
    """
    if not 0 < share < 1:
        raise ValueError(f"share={share} is not between 0 and 1")
    return _needed_at(_root(lambda tau: _share_at(tau) - share))


@functools.lru_cache(maxsize=256)
def threshold(measured: float) -> float:
    """The largest k/n that l1 recovers in large problems, for n/N = `measured`.

    The weak threshold of Donoho and Tanner (2009), doi 10.1098/rsta.2009.0152, 0.385 at 1/2.
    Raises ValueError.
    """
    if not 0 < measured < 1:
        raise ValueError(f"measured={measured} is not between 0 and 1")
    return _share_at(_root(lambda tau: _needed_at(tau) - measured)) / measured


def _root(falling: Callable[[float], float]) -> float:
    """Where a function that falls with τ is 0, by halving."""
    low, high = 1e-6, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return low


def _share_at(tau: float) -> float:
    """The share σ of which τ is the best: σ τ = (1 - σ) E(|g| - τ)₊."""
    beyond, height = _tail(tau)
    odds = (height - tau * beyond) / tau
    return odds / (1 + odds)


def _needed_at(tau: float) -> float:
    share, (beyond, height) = _share_at(tau), _tail(tau)
    square = (1 + tau * tau) * beyond - tau * height  # E(|g| - τ)₊²
    return share * (1 + tau * tau) + (1 - share) * square


def _tail(tau: float) -> tuple[float, float]:
    """P(|g| > τ), and the density of |g| at τ, for a normal g."""
    return math.erfc(tau / math.sqrt(2)), math.exp(-tau * tau / 2) * math.sqrt(2 / math.pi)
