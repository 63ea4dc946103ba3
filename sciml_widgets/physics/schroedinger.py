"""The nonlinear Schrödinger equation on a ring: a wave that focuses. Knows no network."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.physics.problem import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = ["Schroedinger", "breather", "split_step"]

HALF = 5.0
"""Half the length of the ring."""

WAVES = 256
STEPS = 2000
LEVELS = 500
"""Fourier modes of the truth, its steps in time, and the times that are kept."""

CHUNK = 1024


@dataclass(frozen=True)
class Schroedinger(Problem):
    """i h_t + ½ h_xx + |h|² h = 0 on -5 <= x <= 5, periodic, 0 <= t <= π/2; h(x, 0) = 2 sech x.

    Dimensionless; h = u + iv, so two real unknowns. The wave draws together, |h| reaches 4 at
    x = 0, t = π/4, and spreads again. Benchmark of Raissi, Perdikaris and Karniadakis (2019),
    doi 10.1016/j.jcp.2018.10.045.

    The truth is computed (`split_step`), because `breather`, the closed form, belongs to an
    infinite line: at x = ±5 the start 2 sech x is not yet 0 and has a kink on the ring.
    """

    box = Box("xt", low=(-HALF, 0.0), high=(HALF, math.pi / 2))
    equation = "i h_t + ½ h_xx + |h|² h = 0"
    unknowns = ("u", "v")
    limits = (-4.1, 4.1)
    at = (0.59, 0.79, 0.98)
    accuracy = 1e-3
    """What is left of a term, in units of its largest derivative: the kink is not resolved."""

    def terms(self) -> tuple[Term, ...]:
        """The equation, the start, and the two ends, which are one place."""
        ends = self.box.at(x=-HALF)
        return (
            Term("pde", "equation", self.box.inside, self._equation, ("t", "xx")),
            Term("ic", "initial condition", self.box.at(t=0.0), self._start),
            Term("bc", "ends agree", ends, self._ends, ("x",), image=_once_round),
        )

    def exact(self, points: Points) -> Values:
        """From the modes of `split_step`: points (n, 2) to (n, 2), float64; error below 1e-4.

        Between two kept times each mode, without its own turning, is a cubic through both values
        and both slopes.
        """
        return torch.cat([_sum_of_waves(part) for part in points.double().split(CHUNK)])

    def _equation(self, p: Coordinates, u: Jet) -> Values:
        real, imaginary = u.value.split(1, dim=1)
        size = real**2 + imaginary**2
        first = u.t[:, :1] + u.xx[:, 1:] / 2 + size * imaginary
        second = u.t[:, 1:] - u.xx[:, :1] / 2 - size * real
        return torch.cat([first, second], 1)

    def _start(self, p: Coordinates, u: Jet) -> Values:
        return u.value - torch.cat([2 / torch.cosh(p.x), 0 * p.x], 1)

    def _ends(self, p: Coordinates, u: Jet, q: Coordinates, v: Jet) -> Values:
        return torch.cat([u.value - v.value, u.x - v.x], 1)


def breather(points: Points) -> Values:
    """The closed form on an infinite line: points (n, 2) to (n, 2), real and imaginary part.

    h = 4 e^{it/2} (cosh 3x + 3 e^{4it} cosh x) / (cosh 4x + 4 cosh 2x + 3 cos 4t).
    Source: Satsuma and Yajima (1974), doi 10.1143/PTPS.55.284.
    """
    x, t = points.double().split(1, dim=1)
    below = torch.cosh(4 * x) + 4 * torch.cosh(2 * x) + 3 * torch.cos(4 * t)
    a, b = torch.cosh(3 * x), 3 * torch.cosh(x)
    real = a * torch.cos(t / 2) + b * torch.cos(4.5 * t)
    imaginary = a * torch.sin(t / 2) + b * torch.sin(4.5 * t)
    return 4 * torch.cat([real, imaginary], 1) / below


def split_step(
    start: Callable[[np.ndarray], np.ndarray], half: float, waves: int, steps: int,
    end: float = math.pi / 2, keep: int = 1,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The modes of h, (kept times, waves), on the ring |x| <= half, and their wave numbers.

    Each half of the equation is solved exactly in turn: |h|² h turns the phase at each place,
    ½ h_xx that of each mode. Both keep ∫|h|². One step is five of Strang's, weighted so that the
    error is of fourth order. Source: Suzuki (1990), doi 10.1016/0375-9601(90)90962-N.
    """
    x = np.linspace(-half, half, waves, endpoint=False)
    k = 2 * math.pi * np.fft.fftfreq(waves, 2 * half / waves)
    h, dt = start(x).astype(complex), end / steps
    inner = 1 / (4 - 4 ** (1 / 3))
    parts = [inner, inner, 1 - 4 * inner, inner, inner]
    linear = [np.exp(-0.5j * k**2 * part * dt) for part in parts]
    # Neighbouring halves of the other factor join: one turn of the phase between two modes'.
    turns = [parts[0] / 2, *((a + b) / 2 for a, b in zip(parts, parts[1:], strict=False)),
             parts[-1] / 2]  # fmt: skip
    found = [np.fft.fft(h) / waves]
    for step in range(1, steps + 1):
        for turn, spread in zip(turns, linear, strict=False):
            h = h * np.exp(1j * dt * turn * np.abs(h) ** 2)
            h = np.fft.ifft(spread * np.fft.fft(h))
        h = h * np.exp(1j * dt * turns[-1] * np.abs(h) ** 2)
        if step % keep == 0:
            found.append(np.fft.fft(h) / waves)
    return np.stack(found), k


@lru_cache(maxsize=1)
def _modes() -> tuple[Tensor, Tensor, Tensor]:
    """At the kept times: each mode without its own turning, its slope in time; wave numbers."""
    modes, k = split_step(lambda x: 2 / np.cosh(x), HALF, WAVES, STEPS, keep=STEPS // LEVELS)
    times = np.linspace(0, math.pi / 2, LEVELS + 1)[:, None]
    h = np.fft.ifft(modes * WAVES, axis=1)
    turned = np.exp(0.5j * k**2 * times)
    slope = turned * 1j * np.fft.fft(np.abs(h) ** 2 * h, axis=1) / WAVES
    return torch.from_numpy(turned * modes), torch.from_numpy(slope), torch.from_numpy(k)


def _sum_of_waves(points: Points) -> Values:
    modes, slopes, k = _modes()
    x, t = points.split(1, dim=1)
    gap = math.pi / 2 / LEVELS
    before = (t.detach() / gap).floor().long().clamp(0, LEVELS - 1)[:, 0]
    s = t / gap - before[:, None]
    left, right = modes[before], modes[before + 1]
    rise, fall = gap * slopes[before], gap * slopes[before + 1]
    mode = (
        (1 + 2 * s) * (1 - s) ** 2 * left
        + s**2 * (3 - 2 * s) * right
        + s * (1 - s) ** 2 * rise
        - s**2 * (1 - s) * fall
    )
    phase = k * (x + HALF) - k**2 / 2 * t
    wave = torch.polar(torch.ones_like(phase), phase)
    return torch.view_as_real((mode * wave).sum(1))


def _once_round(points: Points) -> Points:
    return points + points.new_tensor([2 * HALF, 0.0])
