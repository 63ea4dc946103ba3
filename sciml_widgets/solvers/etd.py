"""Exponential time differencing: the stiff linear part exactly, the rest as Runge-Kutta has it.

For v' = c v + N(v) with one number c for each wave. Knows no equation and no grid.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["etd"]

Nonlinear = Callable[[Tensor], Tensor]

CIRCLE = 32
"""Points of a circle around each c dt: (e^z - 1) / z and its like lose all digits near z = 0, but
their mean over a circle does not."""


def etd(linear: Tensor, nonlinear: Nonlinear, dt: float, order: int = 4) -> Nonlinear:
    """A step of v' = c v + N(v): c real, (k,); v complex, (..., k). `order` is 2 or 4.

    The linear part is exact for every dt, so it sets no limit. N sets one, which depends on c as
    well: `von_neumann.fastest` finds it. Order 2 is ETD2RK and order 4 is ETDRK4 of Cox and
    Matthews (2002), doi 10.1006/jcph.2002.6995; the means over a circle are those of Kassam and
    Trefethen (2005), doi 10.1137/S1064827502410633.

    Raises:
        ValueError: dt is not above 0; no such order.
    """
    if not 0 < dt < math.inf:
        raise ValueError(f"dt={dt} is no time step: it must be above 0")
    if order not in (2, 4):
        raise ValueError(f"order={order}: exponential time differencing comes in 2 and 4")
    c = linear.double()
    angle = 2 * math.pi * (torch.arange(CIRCLE, dtype=torch.float64) + 0.5) / CIRCLE
    z = (dt * c)[:, None] + torch.polar(torch.ones_like(angle), angle)

    def mean(values: Tensor) -> Tensor:
        return (dt * values.mean(1).real).to(linear.dtype)

    e = torch.exp(z)
    whole = torch.exp(dt * c).to(linear.dtype)
    if order == 2:
        first, second = mean((e - 1) / z), mean((e - 1 - z) / z**2)

        def step(v: Tensor) -> Tensor:
            now = nonlinear(v)
            a = whole * v + first * now
            return a + second * (nonlinear(a) - now)

        return step

    half, inner = torch.exp(dt * c / 2).to(linear.dtype), mean((torch.exp(z / 2) - 1) / z)
    f1 = mean((-4 - z + e * (4 - 3 * z + z**2)) / z**3)
    f2 = mean((2 + z + e * (z - 2)) / z**3)
    f3 = mean((-4 - 3 * z - z**2 + e * (4 - z)) / z**3)

    def step4(v: Tensor) -> Tensor:
        now = nonlinear(v)
        a = half * v + inner * now
        at_a = nonlinear(a)
        b = half * v + inner * at_a
        at_b = nonlinear(b)
        at_c = nonlinear(half * a + inner * (2 * at_b - now))
        return whole * v + f1 * now + 2 * f2 * (at_a + at_b) + f3 * at_c

    return step4
