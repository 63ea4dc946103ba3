"""Growth that also spreads, on a ring: its truth by Strang splitting. Knows no network."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = ["ReactionDiffusion"]

CELLS = 256
"""Points of the ring: as many as in the paper."""

STEPS = 2000
"""Steps of the splitting until t = 1, each on the way from one stored state to the next."""

CHUNK = 512
"""Points that are carried on at a time."""


@dataclass(frozen=True)
class ReactionDiffusion(Problem):
    """u_t = ν u_xx + ρ u (1 - u) on 0 <= x <= 2π, 0 <= t <= 1, periodic; u(x, 0) is a bell at π.

    Dimensionless; the bell is h(x) = exp(-(x - π)² / (2 (π/4)²)). It fills the ring by growth
    while it flattens by spreading. On the ring h has a kink of slope 3e-3 at x = 0, which is gone
    at once. Fisher's equation, with the set-up of Krishnapriyan, Gholami, Zhe, Kirby and Mahoney
    (2021), arXiv:2109.01050: ρ = 5 and ν from 2 to 6; value and slope agree where the ring closes.
    """

    nu: float | Tensor = knob(
        3.0, 1.0, 8.0, label="spreading ν", group="Equation", also="moves the truth",
        help="how fast neighbours share what they have",
    )  # fmt: skip
    rho: float | Tensor = knob(
        5.0, 0.5, 10.0, label="growth ρ", group="Equation", also="moves the truth",
        help="how fast u grows towards 1",
    )  # fmt: skip

    box = Box("xt", low=(0.0, 0.0), high=(2 * math.pi, 1.0))
    ring = "x"
    equation = "u_t = ν u_xx + ρ u (1 - u)"
    limits = (0.0, 1.0)
    at = (0.1, 0.3, 1.0)
    accuracy = 1e-5

    def terms(self) -> tuple[Term, ...]:
        """The equation, the start, and the two ends of the ring, which are one place."""
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("t", "xx")),
            Term("ic", "initial condition", self.box.at(t=0.0), self._start),
            Term("bc", "ends agree", self.box.at(x=0.0), self._ends, ("x",), image=_once_round),
        )

    def exact(self, points: Points) -> Values:
        """Strang splitting in time, Fourier modes in x: (n, 2) to (n, 1), float64, differentiable.

        Half a step of spreading, a step of growth, half a step of spreading, each of them exact.
        A point at time t takes the stored state before t and one step of the length that is left.
        Error: 5e-7 with 2000 steps, of second order; 8e-6 beside the kink at t = 0, from the
        modes. Source: Strang (1968), doi 10.1137/0705041.
        """
        nu, rho = float(self.nu), float(self.rho)
        return torch.cat([splitting(part, nu, rho) for part in points.double().split(CHUNK)])

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        return u.t - self.nu * u.xx - self.rho * u.value * (1 - u.value)

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value - _bell(p.x)

    def _ends(self, p: Coordinates, u: Jet, q: Coordinates, v: Jet) -> Values:
        return torch.cat([u.value - v.value, u.x - v.x], 1)


def splitting(points: Points, nu: float, rho: float, steps: int = STEPS) -> Values:
    x, t = points.split(1, dim=1)
    before = (t.detach() * steps).long().clamp(0, steps)
    modes = _step(_march(nu, rho, steps)[before[:, 0]], nu, rho, t - before / steps)
    k = _waves()
    both = torch.where((k == 0) | (k == CELLS // 2), 1 / CELLS, 2 / CELLS)  # k and -k
    waves = modes.real * torch.cos(k * x) - modes.imag * torch.sin(k * x)
    return (both * waves).sum(1, keepdim=True)


@lru_cache(maxsize=8)
def _march(nu: float, rho: float, steps: int) -> Tensor:
    """The modes after 0, 1, ... `steps` equal steps, (steps + 1, modes)."""
    with torch.no_grad():
        x = 2 * math.pi / CELLS * torch.arange(CELLS, dtype=torch.float64)
        modes = [torch.fft.rfft(_bell(x))]
        length = torch.tensor(1 / steps, dtype=torch.float64)
        for _ in range(steps):
            modes.append(_step(modes[-1], nu, rho, length))
        return torch.stack(modes)


def _step(modes: Tensor, nu: float, rho: float, length: Tensor) -> Tensor:
    """Half a step of spreading, one of growth, half a step of spreading."""
    half = torch.exp(-nu * _waves() ** 2 * length / 2)
    u = torch.fft.irfft(modes * half, CELLS)
    grown = u * torch.exp(rho * length)
    return torch.fft.rfft(grown / (grown + 1 - u)) * half


def _waves() -> Tensor:
    return torch.arange(CELLS // 2 + 1, dtype=torch.float64)


def _bell(x: Tensor) -> Tensor:
    return torch.exp(-((x - math.pi) ** 2) / (2 * (math.pi / 4) ** 2))


def _once_round(points: Points) -> Points:
    return points + points.new_tensor([2 * math.pi, 0.0])
