"""A Gaussian process on answers of +1 and -1, a surrogate that knows how sure it is. No ring."""

import math

import numpy as np
import torch
from torch import Tensor

__all__ = ["Process", "matern"]

FEW = 128
"""Points on which the lengths are fitted: the cost grows with the cube of their number."""


def matern(a: Tensor, b: Tensor, lengths: Tensor) -> Tensor:
    """Covariance (1 + √3 r) exp(-√3 r) of points (n, d) and (m, d), r in units of the lengths.

    Its curves have a slope but no curvature, which suits an answer that jumps.
    """
    a, b = a / lengths, b / lengths
    square = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    r = math.sqrt(3) * square.clamp(min=1e-12).sqrt()
    return (1 + r) * torch.exp(-r)


class Process:
    """Regression of the answers ±1 by a process with one length for each direction.

    Lengths and noise climb the likelihood by a few steps of Adam at each fit, from where they
    stand. The chance is Φ(mean / deviation), the spread the deviation. At most `most` points,
    drawn at random, are used: the work grows with the cube of their number. Source: Rasmussen
    and Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 6.5.
    """

    def __init__(self, inputs: int, *, rng: np.random.Generator, most: int = 400) -> None:
        self.rng, self.most = rng, most
        self.log = torch.zeros(inputs + 2, dtype=torch.float64)  # lengths, size, noise
        self.log[:inputs], self.log[-1] = math.log(0.7), math.log(0.2)
        self.log.requires_grad_()
        self.adam = torch.optim.Adam([self.log], lr=0.05)

    def fit(self, z: np.ndarray, yes: np.ndarray, steps: int = 5) -> None:
        """Fit points (n, d) in [-1, 1] and their answers (n,)."""
        x, y = torch.from_numpy(z), torch.from_numpy(2.0 * yes - 1)
        with torch.enable_grad():
            for _ in range(steps):
                some = torch.from_numpy(self.rng.permutation(len(x))[:FEW])
                factor = self._factor(x[some])
                solved = torch.cholesky_solve(y[some, None], factor)[:, 0]
                cost = y[some] @ solved / 2 + factor.diagonal().log().sum()
                self.adam.zero_grad()
                (cost / len(some)).backward()
                self.adam.step()
                with torch.no_grad():
                    self.log.clamp_(math.log(0.02), math.log(30))
        with torch.no_grad():
            used = torch.from_numpy(np.sort(self.rng.permutation(len(x))[: self.most]))
            self.x, y = x[used], y[used]
            self.factor = self._factor(self.x)
            self.solved = torch.cholesky_solve(y[:, None], self.factor)[:, 0]
            self.lengths, self.size = self.log[:-2].exp(), self.log[-2].exp()

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chance of a yes and spread at points (m, d), each (m,)."""
        with torch.no_grad():
            across = self.size**2 * matern(torch.from_numpy(z), self.x, self.lengths)
            mean = across @ self.solved
            half = torch.linalg.solve_triangular(self.factor, across.T, upper=False)
            spread = (self.size**2 - half.square().sum(0)).clamp(min=1e-12).sqrt()
            chance = torch.special.ndtr(mean / spread)
        return chance.numpy(), spread.numpy()

    def says(self, z: np.ndarray) -> np.ndarray:
        """Yes or no at points (m, d): much cheaper than `predict`."""
        with torch.no_grad():
            x = self.x.float()
            across = matern(torch.from_numpy(z).float(), x, self.lengths.float())
            return (across @ self.solved.float() > 0).numpy()

    def frozen(self) -> "Process":
        """What it says now, for good: a later fit makes new tensors."""
        copy = object.__new__(Process)
        for name in ("x", "factor", "solved", "lengths", "size"):
            setattr(copy, name, getattr(self, name))
        return copy

    def _factor(self, x: Tensor) -> Tensor:
        size, noise = self.log[-2].exp(), self.log[-1].exp()
        eye = torch.eye(len(x), dtype=torch.float64)
        k = size**2 * (matern(x, x, self.log[:-2].exp()) + 1e-8 * eye) + noise**2 * eye
        return torch.linalg.cholesky(k)
