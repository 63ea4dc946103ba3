"""Burgers' equation as the book on physics-based deep learning computes it. Knows no loss.

Its notebook "Burgers Optimization with a Differentiable Physics Gradient" recovers u(x, 0) from
u(x, 1/2). The numbers that it was given are kept here, so that its losses can be computed again.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.solvers.ring import State, shifted
from sciml_widgets.solvers.stability import hold

__all__ = ["BOOK_NU", "MEASURED", "BurgersBook"]

BOOK_NU = 0.01 / (128 * math.pi)
"""The book's viscosity, 2.5e-5: 128 times smaller than 0.01/π, which its text and its networks
have. The width of its shock comes from the interpolation."""

MEASURED = np.array([
    0.008612175, 0.025846697, 0.04313636, 0.060491074, 0.077939264, 0.09547792, 0.11311895,
    0.1308497, 0.14867024, 0.16656344, 0.18452263, 0.20253085, 0.22057828, 0.23865132, 0.25673878,
    0.27483168, 0.29291824, 0.31099448, 0.32904777, 0.3470788, 0.3650731, 0.38303584, 0.40094963,
    0.41882354, 0.4366357, 0.45439857, 0.47208455, 0.4897082, 0.5072391, 0.5247011, 0.54206717,
    0.5593577, 0.57654655, 0.59365076, 0.6106453, 0.62754357, 0.64432216, 0.66099006, 0.67752576,
    0.6939334, 0.7101938, 0.72630495, 0.7422506, 0.75802076, 0.7736034, 0.7889777, 0.8041371,
    0.81904656, 0.8337065, 0.8480618, 0.86212295, 0.87580574, 0.8891342, 0.90198064, 0.9143882,
    0.9261598, 0.93736476, 0.94768715, 0.9572273, 0.9654368, 0.9724097, 0.97673815, 0.96694845,
    0.6590833, -0.6590832, -0.9669485, -0.9767382, -0.9724098, -0.9654368, -0.95722735,
    -0.94768715, -0.93736476, -0.9261598, -0.9143882, -0.9019807, -0.88913417, -0.87580574,
    -0.86212295, -0.8480618, -0.83370656, -0.8190466, -0.80413723, -0.78897774, -0.7736034,
    -0.75802076, -0.74225074, -0.7263049, -0.7101939, -0.6939334, -0.6775258, -0.6609902,
    -0.6443222, -0.6275437, -0.6106455, -0.59365076, -0.57654667, -0.5593578, -0.5420673,
    -0.5247012, -0.50723916, -0.4897083, -0.4720846, -0.4543986, -0.43663555, -0.4188235,
    -0.40094957, -0.38303593, -0.36507303, -0.34707868, -0.32904765, -0.31099442, -0.2929181,
    -0.2748316, -0.2567388, -0.2386513, -0.22057831, -0.20253089, -0.1845227, -0.16656345,
    -0.14867027, -0.13084991, -0.11311913, -0.095477946, -0.07793929, -0.060491145, -0.04313645,
    -0.025846763, -0.008612125,
])  # fmt: skip
"""u at t = 1/2 in 128 cells: the book's data, with 8 digits. Source: Thuerey et al.,
arXiv:2109.05237, the notebook named above."""


@dataclass(frozen=True)
class BurgersBook:
    """u_t + u u_x = ν u_xx on the ring -1 <= x < 1: a step of diffusion, then one of transport.

    Diffusion is explicit. Transport is semi-Lagrangian: the new value at x is the old one at
    x - u dt, linearly interpolated. Stable for any u; ν dt/dx² must be at most 1/2. First order;
    no new largest or smallest value, but Σ u is not kept, and a shock that does not stand still
    travels with a wrong speed. States: (N,) or (batch, N), numpy or torch.
    """

    nu: float = BOOK_NU
    cells: int = 128
    dt: float = 1 / 32
    ignore_limit: bool = False

    def __post_init__(self) -> None:
        if self.cells < 4 or not (self.dt > 0 and self.nu >= 0):
            raise ValueError(
                f"4 cells, dt > 0 and nu >= 0 are needed, got {self.cells} cells, "
                f"dt={self.dt}, nu={self.nu}"
            )

    @property
    def dx(self) -> float:
        """The length of a cell."""
        return 2 / self.cells

    @property
    def x(self) -> np.ndarray:
        """The cells' centres."""
        return -1 + (np.arange(self.cells) + 0.5) * self.dx

    def step(self, u: State) -> State:
        """The state a time `dt` later. Raises Unstable beyond the limit, unless it is ignored."""
        share = self.nu * self.dt / self.dx**2
        hold(share, 0.5, "ν dt/dx²", "take a smaller dt or fewer cells", self.ignore_limit)
        v = self._spread(u)
        if isinstance(v, Tensor):
            origin = torch.arange(self.cells, dtype=v.dtype) - v * (self.dt / self.dx)
            left = origin.detach().floor()
            part, place = origin - left, left.long()
            here = v.gather(-1, place % self.cells)
            return here + part * (v.gather(-1, (place + 1) % self.cells) - here)
        place, part = self._origin(v)
        here = np.take_along_axis(v, place, -1)
        return here + part * (np.take_along_axis(v, (place + 1) % self.cells, -1) - here)

    def pull(self, u: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Carry ∂L/∂(state after a step) back over the step that starts at u: ∂L/∂u, by hand.

        The new u[i] is made of v[j] and v[j + 1], so λ[i] is handed to both, in the same shares;
        and v[i] says how far back to look, which changes u[i] by -(v[j + 1] - v[j]) dt/dx.
        """
        v = self._spread(u)
        place, part = self._origin(v)
        after = (place + 1) % self.cells
        jump = np.take_along_axis(v, after, -1) - np.take_along_axis(v, place, -1)
        back = -self.dt / self.dx * jump * slope
        rows = back.reshape(-1, self.cells)
        shift = self.cells * np.arange(len(rows))[:, None]  # each state of a batch for itself
        for at, share in ((place, 1 - part), (after, part)):
            into = (at.reshape(rows.shape) + shift).ravel()
            rows += np.bincount(into, (share * slope).ravel(), rows.size).reshape(rows.shape)
        return self._spread(rows.reshape(u.shape))  # diffusion is its own adjoint

    def _spread(self, u: State) -> State:
        return u + self.nu * self.dt / self.dx**2 * (shifted(u, 1) - 2 * u + shifted(u, -1))

    def _origin(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the value comes from, in cells: the one to the left, and the share beyond it."""
        origin = np.arange(self.cells) - v * (self.dt / self.dx)
        left = np.floor(origin)
        return left.astype(np.int64) % self.cells, origin - left
