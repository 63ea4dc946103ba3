"""Surrogates of a number, each with how sure it is: networks, trees, a parabola. Knows no ring."""

import math
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

__all__ = ["Forest", "Networks", "Quadratic", "trees"]

BATCH = 128
"""Points that each network sees in a step, drawn with replacement, for each network others."""
TREES: dict[str, Any] = {
    "max_iter": 40, "max_depth": 3, "learning_rate": 0.25, "min_samples_leaf": 3, "max_bins": 32,
    "early_stopping": False,
}  # fmt: skip
"""How trees are grown: many small ones, each for a share of what those before it left over."""


class Networks:
    """`members` networks of two layers of `width` units (tanh), all in one stack of matrices.

    They differ by their start and by the points they see. Points lie in [-1, 1] in each of
    `inputs` directions, answers are near 1. The answer is the mean, the spread the standard
    deviation over the networks. Source: Lakshminarayanan, Pritzel and Blundell (2017),
    arXiv:1612.01474.
    """

    def __init__(self, inputs: int, *, members: int, width: int, generator: Generator) -> None:
        sizes = [inputs, width, width, 1]
        self.generator, self.weights = generator, list[Tensor]()
        for before, after in zip(sizes, sizes[1:], strict=False):
            start = torch.randn(members, before, after, generator=generator, dtype=torch.float32)
            self.weights += [start / math.sqrt(before), torch.zeros(members, 1, after)]
        self.weights = [one.float().requires_grad_() for one in self.weights]
        self.adam = torch.optim.Adam(self.weights, lr=3e-3)

    def fit(self, z: np.ndarray, y: np.ndarray, steps: int, rate: float) -> None:
        """So many steps of Adam on the mean square, from where it stands."""
        x, answers = torch.from_numpy(z).float(), torch.from_numpy(y).float()
        members = len(self.weights[0])
        self.adam.param_groups[0]["lr"] = rate
        with torch.enable_grad():
            for _ in range(steps):
                some = torch.randint(
                    len(x), (members, min(BATCH, len(x))), generator=self.generator
                )
                loss = (_answers(self.weights, x[some]) - answers[some]).square().mean()
                self.adam.zero_grad()
                loss.backward()
                self.adam.step()

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer and spread at points (m, d), each (m,)."""
        with torch.no_grad():
            x = torch.from_numpy(np.ascontiguousarray(z)).float()
            all_of_them = _answers(self.weights, x.expand(len(self.weights[0]), -1, -1)).double()
            return all_of_them.mean(0).numpy(), all_of_them.std(0, correction=0).numpy()

    def frozen(self) -> "Networks":
        """What it says now, for good: training goes on without it."""
        copy = object.__new__(Networks)
        copy.weights = [one.detach().clone() for one in self.weights]
        return copy


def trees() -> Any:
    """scikit-learn's class of boosted regression trees. Raises ValueError: it is not installed."""
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ModuleNotFoundError:
        raise ValueError(
            "boosted trees need scikit-learn: python -m pip install 'sciml-widgets[trees]', or "
            "take another surrogate"
        ) from None
    return HistGradientBoostingRegressor


def _alone() -> Any:
    """scikit-learn on one thread: more of them cost time here, and change the last digits."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="openmp")


class Forest:
    """`members` times boosted trees, each on its own draw of the points (with replacement).

    The answer is their mean, the spread their standard deviation. The trees are scikit-learn's.
    Source: Friedman (2001), doi 10.1214/aos/1013203451.

    Raises:
        ValueError: scikit-learn is not installed. The message says how to get it.
    """

    def __init__(self, *, members: int, rng: np.random.Generator) -> None:
        self.members, self.rng, self.kind = members, rng, trees()
        self.grown: list[Any] = []

    def fit(self, z: np.ndarray, y: np.ndarray) -> None:
        """Grow them anew."""
        draws = [self.rng.integers(len(z), size=len(z)) for _ in range(self.members)]
        with _alone():
            self.grown = [self.kind(**TREES).fit(z[some], y[some]) for some in draws]

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer and spread at points (m, d), each (m,)."""
        with _alone():
            found = np.array([one.predict(z) for one in self.grown])
        return found.mean(0), found.std(0)

    def frozen(self) -> "Forest":
        """What it says now, for good: a later fit grows new trees."""
        copy = Forest(members=self.members, rng=self.rng)
        copy.grown = self.grown
        return copy


class Quadratic:
    """Least squares with all products of up to two coordinates: what comes without any learner.

    A small ridge keeps directions in which nothing varied at zero. The spread is the standard
    error of the fitted value.
    """

    def __init__(self, ridge: float = 1e-3) -> None:
        self.ridge = ridge

    def fit(self, z: np.ndarray, y: np.ndarray) -> None:
        """Fit points (n, d) and their answers (n,)."""
        x = _monomials(z)
        matrix = x.T @ x + self.ridge * np.eye(x.shape[1])
        self.weights = np.linalg.solve(matrix, x.T @ y)
        left = y - x @ self.weights
        self.covariance = np.linalg.inv(matrix) * float(left @ left) / max(len(y) - len(matrix), 1)

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Answer and spread at points (m, d), each (m,)."""
        x = _monomials(z)
        return x @ self.weights, np.sqrt(np.einsum("ni,ij,nj->n", x, self.covariance, x))

    def frozen(self) -> "Quadratic":
        """What it says now, for good: a later fit makes new arrays."""
        copy = Quadratic(self.ridge)
        copy.weights, copy.covariance = self.weights, self.covariance
        return copy


def _monomials(z: np.ndarray) -> np.ndarray:
    pairs = combinations_with_replacement(range(z.shape[1]), 2)
    columns = [np.ones(len(z)), *z.T, *(z[:, i] * z[:, j] for i, j in pairs)]
    return np.stack(columns, 1)


def _answers(weights: list[Tensor], x: Tensor) -> Tensor:
    """(members, n, d) to (members, n), about 1 at the start."""
    last = len(weights) - 2
    for i in range(0, len(weights), 2):
        x = torch.baddbmm(weights[i + 1], x, weights[i])
        x = x if i == last else torch.tanh(x)
    return 1 + x[..., 0]
