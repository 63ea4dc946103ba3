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

NUDGE = 1e-15
"""Added to each y, so that no point is exactly the tail, where the formulas are 0/0."""
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

    @property
    def fluid(self) -> Tensor:
        """1 in the fluid, 0 in the airfoil."""
        return _outside(self.distance)


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
        place = _place(g, g.chord * x + g.middle, g.chord * y + NUDGE)
        distance = (place.away - g.radius) * place.stretch / g.chord
        fluid = _outside(distance)
        u, v = _velocity(g, self.angle.reshape(dims), place, fluid)
        p = torch.addcmul(torch.addcmul(fluid, u, u, value=-1), v, v, value=-1) / 2
        return Flow(u, v, p, distance)

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
        return _Geometry(power, eps, delta, radius, torch.atan2(delta, 1 + eps),
                         power - nose, (power + nose) / 2)  # fmt: skip


class _Geometry(NamedTuple):
    power: Tensor
    eps: Tensor
    delta: Tensor
    radius: Tensor
    beta: Tensor
    chord: Tensor
    middle: Tensor


Pair = tuple[Tensor, Tensor]
"""A complex number as its real and its imaginary part: faster than torch's complex numbers."""


class _Place(NamedTuple):
    """Where points z of the airfoil's plane lie in the plane of the circle.

    `tail`: ζ - 1. `centre`: ζ - μ, and `away` is its length. `corners`: 1/(z² - n²).
    `stretch`: |dz/dζ|.
    """

    tail: Pair
    centre: Pair
    away: Tensor
    corners: Pair
    stretch: Tensor


def _outside(distance: Tensor) -> Tensor:
    """1 where the distance is not negative, else 0: faster than a comparison in torch."""
    return torch.heaviside(distance.detach(), distance.new_ones(()))


def _place(g: _Geometry, x: Tensor, y: Tensor) -> _Place:
    """Turn the map round at z = x + iy.

    What depends on x alone or on y alone is small where x is a row and y a column of pixels.
    """
    n, across, yy = g.power, (x - g.power) * (x + g.power), y * y
    near, far = (x - n) ** 2 + yy, (x + n) ** 2 + yy
    # w |z + n|² = (z - n)(z̄ + n), w = (z - n)/(z + n)
    size, s = _root(g, (across, yy, 2 * n * y), near / far)
    # ζ - 1 = 2s/(1 - s), with o the real part of 1 - s
    o = 1 - s[0]
    twice = 2 / torch.addcmul(o * o, s[1], s[1])
    tail = twice * torch.addcmul(o * s[0], s[1], s[1], value=-1), twice * s[1]
    centre = tail[0] + (1 + g.eps), tail[1] - g.delta
    away = torch.addcmul(centre[0] * centre[0], centre[1], centre[1]).sqrt()
    # |z² - n²|² = near far, and dz/dζ = (z² - n²)/(ζ² - 1), ζ² - 1 = 4s/(1 - s)²
    both = near * far
    corners = (across - yy) / both, (-2 * x) * y / both
    return _Place(tail, centre, away, corners, both.sqrt() / (size * twice) / 2)


def _root(
    g: _Geometry, parts: tuple[Tensor, Tensor, Tensor], ratio: Tensor
) -> tuple[Tensor, Pair]:
    """The size of s = w^(1/n) = (ζ - 1)/(ζ + 1), and s itself; `ratio` is |w|².

    Of `parts` (a, b, c), a + b + ic has the angle of w. It is turned by nβ before that angle is
    taken, so that the cut, where the angle jumps, is the arc inside the airfoil; then turned back.
    """
    n, (across, yy, up) = g.power, parts
    cos, sin = torch.cos(n * g.beta), torch.sin(n * g.beta)
    turned_x = cos * across + (cos * yy - sin * up)
    turned_y = sin * across + (sin * yy + cos * up)
    turn = torch.atan2(turned_y, turned_x) / n - g.beta
    size = torch.exp(torch.log(ratio) / (2 * n))
    return size, (size * torch.cos(turn), size * torch.sin(turn))


def _velocity(g: _Geometry, alpha: Tensor, at: _Place, fluid: Tensor) -> Pair:
    """The wind: u - iv = dW/dζ · dζ/dz, 0 where `fluid` is.

    dW/dζ = e^(-iα) (ζ - 1) (ζ - q) / (ζ - μ)², the flow about the circle: it rests at the tail
    ζ = 1 and at q = μ - R e^(i(2α + β)); and dζ/dz = (ζ - 1)(ζ + 1) / (z² - n²).
    """
    # (ζ - 1)/(ζ - μ); inside, where nothing flows, R in place of |ζ - μ| keeps it finite
    share = 1 / torch.maximum(at.away, g.radius) ** 2
    h = _times(at.tail, (at.centre[0], -at.centre[1]))
    h = share * h[0], share * h[1]
    # e^(-iα) (ζ - q) = e^(-iα) (ζ - μ) + R e^(i(α + β))
    cos, sin = torch.cos(alpha), torch.sin(alpha)
    rest_x, rest_y = g.radius * torch.cos(alpha + g.beta), g.radius * torch.sin(alpha + g.beta)
    rest = (
        torch.addcmul(torch.addcmul(rest_x, cos, at.centre[0]), sin, at.centre[1]),
        torch.addcmul(torch.addcmul(rest_y, cos, at.centre[1]), sin, at.centre[0], value=-1),
    )
    slope = _times((at.tail[0] + 2, at.tail[1]), at.corners)
    u, minus_v = _times(_times(_times(h, h), rest), slope)
    return fluid * u, -fluid * minus_v


def _times(a: Pair, b: Pair) -> Pair:
    """The product of two complex numbers, in four passes over the memory."""
    return (
        torch.addcmul(a[0] * b[0], a[1], b[1], value=-1),
        torch.addcmul(a[0] * b[1], a[1], b[0]),
    )
