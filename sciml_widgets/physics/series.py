"""A smooth function through drawn heights: their discrete sine series. Knows no equation."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

__all__ = ["SineSeries"]


@dataclass(frozen=True)
class SineSeries:
    """u(x) = Σ b_k sin kθ with θ = π (x - low) / (high - low), k = 1 ... n - 1.

    It passes through n + 1 heights at equally spaced places from `low` to `high`, is 0 at both
    ends, and goes on beyond them as an odd function. Between rough heights it overshoots.
    """

    heights: tuple[float, ...]
    low: float
    high: float

    @cached_property
    def coefficients(self) -> tuple[float, ...]:
        """The b_k."""
        n = len(self.heights) - 1
        k = np.arange(1, n)
        return tuple(2 / n * np.sin(math.pi / n * np.outer(k, k)) @ self.heights[1:-1])

    @property
    def wave(self) -> float:
        """Of dθ/dx."""
        return math.pi / (self.high - self.low)

    @cached_property
    def largest(self) -> float:
        """The largest |u|, on 100 places per height."""
        return float(np.abs(self._everywhere(0)).max())

    @cached_property
    def steepest(self) -> float:
        """The largest |u'|, on 100 places per height."""
        return float(np.abs(self._everywhere(1)).max())

    def __call__(self, x: Tensor) -> Tensor:
        """The function, element by element, in double precision."""
        return self.with_integral(x)[0]

    def with_integral(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The function and an antiderivative: -Σ b_k cos(kθ) / (kθ').

        sin kθ = 2 cos θ sin (k-1)θ - sin (k-2)θ saves a sine and a cosine of each mode.
        """
        angle = self.wave * (x.double() - self.low)
        s, c = torch.sin(angle), torch.cos(angle)
        twice, s_before, c_before = 2 * c, torch.zeros_like(s), torch.ones_like(c)
        u, integral = torch.zeros_like(s), torch.zeros_like(s)
        for k, b in enumerate(self.coefficients, 1):
            u = u.add(s, alpha=b)
            integral = integral.sub(c, alpha=b / (k * self.wave))
            s_before, s = s, twice * s - s_before
            c_before, c = c, twice * c - c_before
        return u, integral

    def _everywhere(self, derivatives: int) -> np.ndarray:
        k = np.arange(1, len(self.heights) - 1)
        angle = np.linspace(0, math.pi, 100 * len(self.heights) + 1)
        waves = np.sin(np.outer(angle, k) + derivatives * math.pi / 2)
        return waves @ (np.array(self.coefficients) * (k * self.wave) ** derivatives)
