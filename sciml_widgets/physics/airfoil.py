"""Potential flow about Joukowski and Kármán-Trefftz airfoils, exactly. Knows no grid, no network.

A circle in the ζ plane becomes an airfoil in the z plane, and the flow about the circle, which is
known, becomes the flow about the airfoil. Lengths are in chords: the nose stands near x = -1/2,
the tail at x = 1/2. Velocities are in units of the wind far away, pressures in ρU².
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["Airfoils", "Flow", "Surface"]

Cases = Float[Tensor, " n"]
Numbers = Float[Tensor, "..."]

TINY = 1e-30
SLIM = 3 * math.sqrt(3) / 4
"""Thickness of a thin Joukowski airfoil over the chord, per unit of ε/b."""


class Flow(NamedTuple):
    """Velocity (u, v) and pressure p, all 0 inside the airfoil, where `distance` is negative.

    `distance` is that to the surface, in chords, to first order: good close to it.
    """

    u: Tensor
    v: Tensor
    p: Tensor
    distance: Tensor


class Surface(NamedTuple):
    """Points (n, count) once round the airfoil, against the clock from the tail, and the flow.

    `u`, `v` and `p` are those of the fluid that slides along the surface.
    """

    x: Tensor
    y: Tensor
    u: Tensor
    v: Tensor
    p: Tensor


@dataclass(frozen=True)
class Airfoils:
    """n airfoils in a steady wind: u - iv = dW/dz, with the Kutta condition at the tail.

    z = n ((ζ+1)ⁿ + (ζ-1)ⁿ) / ((ζ+1)ⁿ - (ζ-1)ⁿ), n = 2 - tail/π; Joukowski's map is n = 2. The
    circle goes through ζ = 1; its centre is μ = -ε + iδ. All four have the shape (n,).

    `thickness` and `camber` are in chords (those of a thin airfoil), `tail`, the angle between
    both surfaces at the trailing edge, and `angle`, that of attack, in radians. Good values:
    thickness 0.08 to 0.2, camber 0 to 0.06, tail 0 to 0.25 (0 to 14 degrees), |angle| <= 0.4.

    Raises:
        ValueError: shapes that differ; a thickness that its own tail angle uses up.

    Source: von Kármán and Trefftz (1918); Milne-Thomson, Theoretical Aerodynamics (1958), ch. 6-7.
    """

    thickness: Tensor
    camber: Tensor
    tail: Tensor
    angle: Tensor

    def __post_init__(self) -> None:
        shapes = {tuple(one.shape) for one in self._all()}
        if len(shapes) != 1:
            raise ValueError(f"thickness, camber, tail and angle differ in shape: {shapes}")
        if not bool((self.thickness > torch.tan(self.tail / 4)).all()):
            raise ValueError(
                "a tail of angle τ alone is tan(τ/4) chords thick: take a larger thickness or a "
                "smaller tail"
            )

    def __len__(self) -> int:
        return len(self.angle)

    def __getitem__(self, rows: slice | Tensor) -> "Airfoils":
        """Some of the cases."""
        return Airfoils(*(one[rows] for one in self._all()))

    def to(self, dtype: torch.dtype) -> "Airfoils":
        """The same cases in another precision."""
        return Airfoils(*(one.to(dtype) for one in self._all()))

    def turned(self, angle: Cases) -> "Airfoils":
        """The same airfoils at other angles of attack."""
        return Airfoils(self.thickness, self.camber, self.tail, angle)

    @property
    def parameters(self) -> Float[Tensor, "n 4"]:
        """Thickness, camber, tail and angle, one case a row."""
        return torch.stack(self._all(), 1)

    def lift(self) -> Cases:
        """The lift coefficient by Kutta and Joukowski: C_L = 2Γ/(Uc), Γ = 4πRU sin(α+β)."""
        g = self._geometry()
        return 8 * math.pi * g.radius * torch.sin(self.angle + g.beta) / g.chord

    def flow(self, x: Numbers, y: Numbers) -> Flow:
        """The flow at points, which must have the shape (n, ...) or broadcast to it.

        The map is turned round in closed form, so there is no iteration: its branch cut is an
        arc that runs inside the airfoil.
        """
        dims = (-1,) + (1,) * (max(x.ndim, y.ndim) - 1)
        g = _Geometry(*(part.reshape(dims) for part in self._geometry()))
        alpha = self.angle.reshape(dims)
        n, x, y = g.power, g.chord * x + g.middle, g.chord * y
        # log w, w = (z - n)/(z + n): its cut, where the angle jumps, is that arc
        ax, cx, cos, sin = x - n, x + n, torch.cos(n * g.beta), torch.sin(n * g.beta)
        near, far = (ax * ax + y * y).clamp(min=TINY), cx * cx + y * y
        re, im, size = ax * cx + y * y, 2 * n * y, torch.log(near / far) / 2
        turn = torch.atan2(im * cos + re * sin, re * cos - im * sin) - n * g.beta
        # s = w^(1/n) = (ζ - 1)/(ζ + 1), o = 1 - s, m = o (ζ - μ)
        s = _polar(size / n, turn / n)
        o = 1 - s[0], -s[1]
        ox, oy = o[0] * g.back - o[1] * g.delta, o[1] * g.back + o[0] * g.delta
        m = 2 - ox, -oy
        # |ζ - μ| - R, over |dζ/dz| = |ζ² - 1| / |z² - n²|
        o2, m2 = o[0] ** 2 + o[1] ** 2, m[0] ** 2 + m[1] ** 2
        stretch = (near * far).sqrt() * o2 / (4 * g.chord * (s[0] ** 2 + s[1] ** 2).sqrt())
        distance = ((m2 / o2).sqrt() - g.radius) * stretch
        fluid = distance >= 0
        # dW/dz = 8 e^(-iα) w^(2/n - 1) (m - q1 o) / (m o (z + n)²): the zero of dW/dζ at the tail
        # dz/dζ at the tail are taken out by hand, so that nothing is 0/0 there.
        other = g.radius * torch.cos(2 * alpha + g.beta), g.radius * torch.sin(2 * alpha + g.beta)
        top = _times((m[0] + other[0] * o[0] - other[1] * o[1],
                      m[1] + other[0] * o[1] + other[1] * o[0]),
                     _polar((2 / n - 1) * size, (2 / n - 1) * turn - alpha))  # fmt: skip
        bottom = _times(_times(m, o), (cx, y))
        bottom = _times(bottom, bottom)
        scale = 8 / (bottom[0] ** 2 + bottom[1] ** 2).clamp(min=TINY)
        u = scale * (top[0] * bottom[0] + top[1] * bottom[1])
        v = scale * (top[0] * bottom[1] - top[1] * bottom[0])
        zero = torch.zeros((), dtype=u.dtype)
        u, v = torch.where(fluid, u, zero), torch.where(fluid, v, zero)
        return Flow(u, v, torch.where(fluid, (1 - u * u - v * v) / 2, zero), distance)

    def surface(self, count: int) -> Surface:
        """The flow along the surface, at `count` even steps of the circle; none at the tail."""
        g = _Geometry(*(part[:, None] for part in self._geometry()))
        n, alpha = g.power, self.angle[:, None]
        step = 2 * math.pi / count
        round_ = torch.arange(count, dtype=alpha.dtype) * step + step / 2
        # ζ = μ + R e^(i(θ - β)), so that θ = 0 is the tail
        theta = round_ - g.beta
        zeta = torch.complex(
            g.radius * torch.cos(theta) - g.eps, g.radius * torch.sin(theta) + g.delta
        )
        s = (zeta - 1) / (zeta + 1)
        turn = torch.angle(s * torch.polar(torch.ones_like(g.beta), g.beta)) - g.beta
        w = torch.polar(s.abs() ** n, n * turn)
        z = n * (1 + w) / (1 - w)
        # |dW/dζ| = |2 sin(θ-α-β) + 2 sin(α+β)|, against the clock; dz/dζ = (z² - n²)/(ζ² - 1)
        along = -2 * (torch.sin(theta - alpha) + torch.sin(alpha + g.beta))
        slope = (z * z - n * n) / (zeta * zeta - 1)
        flow = along * torch.polar(torch.ones_like(theta), theta + math.pi / 2)
        velocity = flow / slope.conj()
        u, v = velocity.real, velocity.imag
        x, y = (z.real - g.middle) / g.chord, z.imag / g.chord
        return Surface(x, y, u, v, (1 - u * u - v * v) / 2)

    def _all(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.thickness, self.camber, self.tail, self.angle

    def _geometry(self) -> "_Geometry":
        """The circle and the map, in units of b."""
        power = 2 - self.tail / math.pi
        round_part = self.thickness - torch.tan(self.tail / 4)
        eps = round_part / (SLIM - round_part)
        delta = 2 * self.camber * (1 + eps)
        radius = torch.sqrt((1 + eps) ** 2 + delta**2)
        # The circle crosses the real axis at ζ = 1, the tail, and at -1 - 2ε, the nose.
        w = ((1 + eps) / eps) ** power
        nose = power * (1 + w) / (1 - w)
        return _Geometry(power, eps, delta, radius, torch.atan2(delta, 1 + eps), 1 - eps,
                         power - nose, (power + nose) / 2)  # fmt: skip


class _Geometry(NamedTuple):
    power: Tensor
    eps: Tensor
    delta: Tensor
    radius: Tensor
    beta: Tensor
    back: Tensor
    chord: Tensor
    middle: Tensor


def _polar(size: Tensor, turn: Tensor) -> tuple[Tensor, Tensor]:
    """e^(size + i turn)."""
    grown = torch.exp(size)
    return grown * torch.cos(turn), grown * torch.sin(turn)


def _times(a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]
