"""The Kuramoto-Sivashinsky equation on a ring, by waves or by differences. Knows no network."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from sciml_widgets.knobs import knob
from sciml_widgets.solvers.etd import etd
from sciml_widgets.solvers.march import march
from sciml_widgets.solvers.von_neumann import watched

__all__ = ["SCHEMES", "KuramotoSivashinsky"]

SCHEMES = ("second order", "fourth order", "waves")
"""How derivatives in x are taken: from 3 neighbours, from 5, or from all waves of the grid."""

SETTLE = 50.0
"""Time after which a random start is forgotten."""


@dataclass(frozen=True)
class KuramotoSivashinsky:
    """u_t + u u_x + u_xx + ν u_xxxx = 0 on a ring of length 48, dimensionless.

    What you should see: waves of length about 9 that split, merge and never settle. u_xx feeds
    them (it has the wrong sign for smoothing), ν u_xxxx damps the short ones, and u u_x hands
    energy from the long to the short. The mean of u never changes. It is chaotic: two states that
    are close part exponentially. Source: Kuramoto and Tsuzuki (1976), doi 10.1143/PTP.55.356;
    Sivashinsky (1977), doi 10.1016/0094-5765(77)90096-0.

    Good values: ν = 1; 96 points and steps of 1/4 follow the waves closely. A step of 1/4 is
    stable for |u| up to 7.7, of 1/2 up to 4.4, of 1 up to 2.5 (`von_neumann.fastest`); the waves
    reach 3.2.
    """

    nu: float = knob(
        1.0, 0.5, 2.0, log=True, label="damping ν", group="Equation", also="moves the truth",
        help="how strongly short waves are damped",
    )  # fmt: skip
    length: float = 48.0

    def stepper(
        self, points: int, dt: float, *, scheme: str = "waves", order: int = 4,
        dtype: torch.dtype = torch.float64, ignore_limit: bool = False,
    ) -> Callable[[Tensor], Tensor]:  # fmt: skip
        """A differentiable step of `dt` on the ring: (..., points) to the same shape.

        The linear part is exact for the scheme, so there is no limit on dt from the stiff term.
        The steepening sets one: the largest max|u| that a step can follow (`von_neumann.fastest`).
        Each state is asked anew, unless `ignore_limit`.

        Raises:
            Unstable: no flow can be followed; when it is called: max|u| is beyond the limit.
            ValueError: an unknown scheme; fewer than 8 points, or an odd number; dt not above 0.
        """
        if points < 8 or points % 2:
            raise ValueError(f"points={points}: take an even number of 8 or more")
        first, second = _symbols(points, self.length / points, scheme)
        gradient = (-0.5j * first).to(dtype.to_complex())

        def steepening(v: Tensor) -> Tensor:
            return gradient * torch.fft.rfft(torch.fft.irfft(v, n=points).square())

        linear = (-second - self.nu * second**2).to(dtype)
        waves = etd(linear, steepening, dt, order)

        def step(u: Tensor) -> Tensor:
            if u.shape[-1] != points:
                raise ValueError(f"this step is for {points} points, not for {u.shape[-1]}")
            return torch.fft.irfft(waves(torch.fft.rfft(u)), n=points)

        return watched(step, points, dtype=dtype, ignore_limit=ignore_limit)

    def runs(self, count: int, time: float, dt: float, *, seed: int, points: int = 96) -> Tensor:
        """The truth, after the random starts are forgotten: (count, time / dt + 1, points).

        Waves, in steps of at most 1/4. `seed` draws the starts: the five longest waves, normal.
        """
        substeps = math.ceil(4 * dt)
        step = self.stepper(points, dt / substeps)
        generator = Generator().manual_seed(seed)
        angle = 2 * math.pi * torch.arange(points, dtype=torch.float64) / points
        wave = torch.arange(1, 6, dtype=torch.float64)[:, None] * angle
        size = torch.randn(2, count, 5, generator=generator, dtype=torch.float64)
        start = 0.5 * (size[0] @ torch.cos(wave) + size[1] @ torch.sin(wave))

        def stride(u: Tensor) -> Tensor:
            for _ in range(substeps):
                u = step(u)
            return u

        with torch.no_grad():
            for _ in range(round(SETTLE / dt)):
                start = stride(start)
            return march(stride, start, round(time / dt))


def _symbols(points: int, dx: float, scheme: str) -> tuple[Tensor, Tensor]:
    """What d/dx (over i) and d²/dx² do to each wave of the grid, as numbers."""
    k = 2 * math.pi * torch.fft.rfftfreq(points, dx, dtype=torch.float64)
    sin, cos = torch.sin(k * dx), torch.cos(k * dx)
    if scheme == "second order":
        return sin / dx, (2 * cos - 2) / dx**2
    if scheme == "fourth order":
        twice = 2 * cos**2 - 1
        return (4 * sin - sin * cos) / (3 * dx), (16 * cos - twice - 15) / (6 * dx**2)
    if scheme == "waves":
        slope = k.clone()
        slope[-1] = 0  # the shortest wave has no slope at the points
        return slope, -(k**2)
    raise ValueError(f"no scheme {scheme!r}: there are {', '.join(SCHEMES)}")
