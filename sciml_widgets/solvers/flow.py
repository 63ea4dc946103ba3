"""Incompressible flow with smoke on a square ring, by waves and projection. Knows no loss.

A state is one tensor (..., 3, n, n): the velocities u (to the right) and v (upwards), and the
smoke s. The last axis is x, the one before it y.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from sciml_widgets.solvers.stability import hold

__all__ = ["LIMIT", "Flow", "resampled"]

State = Float[Tensor, "*batch 3 n n"]
Force = Float[Tensor, "*batch 2 n n"]
Forces = Float[Tensor, "*batch steps 2 n n"]

LIMIT = math.sqrt(8)
"""How far round the circle Runge-Kutta of fourth order may turn a wave in one step."""


@dataclass(frozen=True)
class Flow:
    """u_t + (u·∇)u = -∇p + ν ∇²u + f, ∇·u = 0, s_t + ∇·(u s) = κ ∇²s on the ring [0, 1)².

    The smoke s goes where the flow goes and does not push back; f is a given acceleration. The
    pressure does one thing: it takes out of each wave what points along it (the projection).
    Diffusion is exact, so it sets no limit; the rest is Runge-Kutta of fourth order. Waves from a
    third of the points on are cut, so that products put no short wave where a long one belongs
    (Orszag 1971, doi 10.1175/1520-0469(1971)028<1074:OTEOAI>2.0.CO;2).

    A step is `substeps` equal parts h. Kept: the means of u, v and s; without ν the energy, and
    without κ the mean of s², in time to fourth order. Stable while h k max(|u| + |v|) <= √8, k the
    largest wave. Good values: 32 points, ν = κ = 0.001, dt = 1/16 in 3 parts: |u| + |v| <= 2.
    """

    nu: float = 1e-3
    kappa: float = 1e-3
    points: int = 32
    dt: float = 1 / 16
    substeps: int = 1
    ignore_limit: bool = False

    def __post_init__(self) -> None:
        if self.points < 8 or self.points % 2:
            raise ValueError(f"points={self.points}: take an even number of 8 or more")
        if self.substeps < 1:
            raise ValueError(f"substeps={self.substeps}: a step has 1 or more")
        if not (0 < self.dt < math.inf and self.nu >= 0 and self.kappa >= 0):
            raise ValueError(
                f"dt > 0, nu >= 0 and kappa >= 0 are needed, got {self.dt:g}, {self.nu:g} and "
                f"{self.kappa:g}"
            )

    @property
    def x(self) -> Tensor:
        """The places of the points, along each axis."""
        return torch.arange(self.points, dtype=torch.float64) / self.points

    def begin(self, smoke: Tensor) -> State:
        """Smoke (..., n, n) in a fluid at rest; waves too short for the grid are cut."""
        self._fits(smoke)
        state = torch.stack([0 * smoke, 0 * smoke, smoke], -3)
        return self._back(_split(self._tables(smoke), state))

    def number(self, state: State) -> float:
        """What the stability limit, √8, is about: h k max(|u| + |v|), h = dt / substeps."""
        speed = float(state.detach()[..., :2, :, :].abs().sum(-3).max())
        return self.dt / self.substeps * 2 * math.pi * _largest(self.points) * speed

    def step(self, state: State, force: Force | None = None) -> State:
        """The state one step later; `force` acts all the while. Differentiable in both.

        Raises:
            Unstable: beyond the limit, unless it is ignored.
            ValueError: a state for another number of points.
        """
        self._fits(state)
        tables = self._tables(state)
        push: Any = 0.0
        if force is not None:
            push = _split(tables, torch.cat([force, torch.zeros_like(force[..., :1, :, :])], -3))

        def change(waves: Tensor) -> Tensor:
            u, v, s = self._back(waves).unbind(-3)
            products = torch.fft.rfft2(torch.stack([u * u - v * v, u * v, u * s, v * s], -3))
            return (tables.carry * products.unsqueeze(-4)).sum(-3) + push

        for _ in range(self.substeps):
            self._hold(state)
            waves = _split(tables, state)
            state = self._back(_runge_kutta(change, tables, waves, self.dt / self.substeps))
        return state

    def path(self, start: State, forces: Forces) -> Float[Tensor, "*batch times 3 n n"]:
        """The states after 0, 1, ... steps, one step for each force. Raises as `step` does."""
        states = [start]
        for force in forces.unbind(-4):
            states.append(self.step(states[-1], force))
        return torch.stack(states, -4)

    def end(self, start: State, forces: Forces, segment: int = 0) -> State:
        """The state after one step for each force.

        With `segment` autograd remembers only every `segment`-th state and computes the others
        again on the way back. Raises as `step` does.
        """
        if segment < 1:
            return self._pushed(start, forces)
        state = start
        for part in forces.split(segment, -4):
            state = checkpoint(
                self._pushed, state, part, use_reentrant=False, preserve_rng_state=False
            )
        return state

    def divergence(self, state: State) -> Float[Tensor, "*batch n n"]:
        """∂u/∂x + ∂v/∂y at each point: rounding, after any step."""
        tables = self._tables(state)
        u, v, _ = torch.fft.rfft2(state).unbind(-3)
        return torch.fft.irfft2(tables.ikx * u + tables.iky * v, s=(self.points,) * 2)

    def vorticity(self, state: State) -> Float[Tensor, "*batch n n"]:
        """∂v/∂x - ∂u/∂y at each point: how fast the fluid turns, twice."""
        tables = self._tables(state)
        u, v, _ = torch.fft.rfft2(state).unbind(-3)
        return torch.fft.irfft2(tables.ikx * v - tables.iky * u, s=(self.points,) * 2)

    def _hold(self, state: Tensor) -> None:
        if not self.ignore_limit:
            what = "h k max(|u| + |v|), h = dt/substeps, k the largest wave,"
            hold(self.number(state), LIMIT, what, "take more substeps or weaker forces")

    def _pushed(self, state: Tensor, forces: Tensor) -> Tensor:
        for force in forces.unbind(-4):
            state = self.step(state, force)
        return state

    def _back(self, waves: Tensor) -> Tensor:
        return torch.fft.irfft2(waves, s=(self.points, self.points))

    def _tables(self, like: Tensor) -> "_Tables":
        return _tables(self.nu, self.kappa, self.points, self.dt / self.substeps, like.dtype)

    def _fits(self, field: Tensor) -> None:
        if field.shape[-2:] != (self.points, self.points):
            rows, columns = field.shape[-2:]
            raise ValueError(
                f"this flow has {self.points} x {self.points} points, not {rows} x {columns}"
            )


def resampled(field: Tensor, points: int) -> Tensor:
    """The same waves on more or fewer points: (..., m, m) to (..., points, points).

    Only waves that both grids hold without doubt: below half of the smaller number of points.
    """
    m = field.shape[-1]
    half, waves = (min(m, points) - 1) // 2, torch.fft.rfft2(field)
    made = waves.new_zeros(*field.shape[:-2], points, points // 2 + 1)
    made[..., : half + 1, : half + 1] = waves[..., : half + 1, : half + 1]
    if half:
        made[..., -half:, : half + 1] = waves[..., -half:, : half + 1]
    return torch.fft.irfft2(made, s=(points, points)) * (points / m) ** 2


class _Tables(NamedTuple):
    """What is done to each wave: numbers that depend on the grid and on the step only."""

    ikx: Tensor
    iky: Tensor
    clean: Tensor
    """(3, 3, n, n/2 + 1): cut and project u, v, s."""
    carry: Tensor
    """(3, 4, n, n/2 + 1): what the products uu - vv, uv, us, vs do to u, v, s."""
    whole: Tensor
    half: Tensor
    """(3, n, n/2 + 1): decay over a step, and over half of it."""


def _largest(points: int) -> int:
    return (points - 1) // 3


@lru_cache(maxsize=32)
def _tables(nu: float, kappa: float, points: int, dt: float, dtype: torch.dtype) -> _Tables:
    most = _largest(points)
    counts = torch.fft.fftfreq(points, 1 / points, dtype=torch.float64)
    ny, nx = torch.meshgrid(counts, counts[: points // 2 + 1].abs(), indexing="ij")
    kept = ((nx <= most) & (ny.abs() <= most)).double()
    kx, ky = 2 * math.pi * nx, 2 * math.pi * ny
    square = kx**2 + ky**2
    over = torch.where(square > 0, square, torch.ones(()).double())
    none = torch.zeros_like(kx)
    across = [[1 - kx * kx / over, -kx * ky / over], [-kx * ky / over, 1 - ky * ky / over]]
    project = torch.stack([
        torch.stack([*across[0], none]),
        torch.stack([*across[1], none]),
        torch.stack([none, none, torch.ones_like(kx)]),
    ]) * kept  # fmt: skip
    slopes = torch.stack([  # of u: (uu - vv)_x + (uv)_y, of v: (uv)_x, of s: (us)_x + (vs)_y
        torch.stack([kx, ky, none, none]),
        torch.stack([none, kx, none, none]),
        torch.stack([none, none, kx, ky]),
    ])  # fmt: skip
    carry = -1j * torch.einsum("ijyx,jkyx->ikyx", project, slopes)
    rate = torch.stack([nu * square, nu * square, kappa * square])
    number = dtype.to_complex()
    return _Tables(
        (1j * kx).to(number), (1j * ky).to(number), project.to(dtype), carry.to(number),
        torch.exp(-dt * rate).to(dtype), torch.exp(-dt / 2 * rate).to(dtype),
    )  # fmt: skip


def _split(tables: _Tables, state: Tensor) -> Tensor:
    """A state as waves, without those too short, and without what the pressure takes out."""
    return (tables.clean * torch.fft.rfft2(state).unsqueeze(-4)).sum(-3)


def _runge_kutta(
    change: Callable[[Tensor], Tensor], tables: _Tables, waves: Tensor, dt: float
) -> Tensor:
    """Fourth order, with the decay taken out exactly (Lawson 1967, doi 10.1137/0704033)."""
    whole, half = tables.whole, tables.half
    a = change(waves)
    b = change(half * (waves + dt / 2 * a))
    c = change(half * waves + dt / 2 * b)
    d = change(whole * waves + dt * half * c)
    return whole * (waves + dt / 6 * a) + half * (dt / 3) * (b + c) + dt / 6 * d
