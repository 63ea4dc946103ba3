"""Integrals over the unit cube with exact answers, and the rules that estimate them. Knows no lab.

Everything that a rule's error depends on is known in closed form here: the integral, the integral
of the square (so the error of Monte Carlo), and, for products, what a grid of any size gives.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_widgets.knobs import choice, knob, toggle

__all__ = ["KINDS", "Integrand", "bar_of", "grid", "slope", "sobol_stream", "tilted"]

KINDS = ("corner", "wave", "periodic", "ball")
FINEST = 10**6
"""Points on an axis at which the search for a fine enough grid gives up."""

Points = Float[Tensor, "n d"]
Values = Float[Tensor, " n"]


@dataclass(frozen=True)
class Integrand:
    """A function g on the cube 0 <= x_i <= 1 in d dimensions; s = x_1 + ... + x_d.

    corner: g = exp(a s), large in one corner; wave: g = cos(a (s - d/2)); periodic: the product
    of 1 + a cos 2πx_i; ball: 1 inside the ball that touches all walls, else 0. `difficulty` is a;
    shared among the dimensions it is a/√d in each, and the spread of g hardly grows with d. The
    first two are of the families of Genz (1987), doi 10.1007/978-94-009-3889-2_33.
    """

    kind: str = choice(
        "corner", KINDS, label="function", group="Integral", help="what is to be integrated"
    )
    dimension: int = knob(
        3, 1, 20, kind="restart", label="dimensions d", group="Integral",
        help="how many variables the function has",
    )  # fmt: skip
    difficulty: float = knob(
        2.0, 0.25, 6.0, kind="restart", label="difficulty a", group="Integral",
        help="how strongly the function varies", unless=lambda lab: _rigid(lab),
    )  # fmt: skip
    shared: bool = toggle(
        True, kind="restart", label="share a among dimensions", group="Integral",
        help="a/√d in each dimension instead of a", unless=lambda lab: _rigid(lab),
    )  # fmt: skip

    @property
    def a(self) -> float:
        """The difficulty in each dimension."""
        return self.difficulty / (math.sqrt(self.dimension) if self.shared else 1.0)

    @property
    def exact(self) -> float:
        """The integral of g over the cube."""
        a, d = self.a, self.dimension
        if self.kind == "ball":
            return math.exp(d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1) - d * math.log(2))
        one = {"corner": _rise(a), "wave": math.sin(a / 2) / (a / 2), "periodic": 1.0}[self.kind]
        return one**d

    @property
    def mean_square(self) -> float:
        """The integral of g² over the cube."""
        a, d = self.a, self.dimension
        if self.kind == "ball":
            return self.exact
        if self.kind == "wave":  # cos² = (1 + cos of the double) / 2
            return (1 + (math.sin(a) / a) ** d) / 2
        return (_rise(2 * a) if self.kind == "corner" else 1 + a * a / 2) ** d

    def __call__(self, points: Points) -> Values:
        """The values g(x), shape (n,)."""
        if self.kind == "ball":
            return ((points - 0.5).square().sum(1) <= 0.25).to(points.dtype)
        if self.kind == "periodic":
            return (1 + self.a * torch.cos(2 * math.pi * points)).prod(1)
        if self.kind == "wave":
            return torch.cos(self.a * (points.sum(1) - self.dimension / 2))
        return torch.exp(self.a * points.sum(1))

    def chance_error(self, points: int) -> float:
        """Exact relative error (root mean square) of Monte Carlo: √(var g / n) / integral."""
        spread = max(self.mean_square / self.exact**2 - 1, 0.0)
        return math.sqrt(spread / points)

    def tilted_error(self, points: int, tilt: float) -> float:
        """The same with points from the density of `tilted`; only for the corner.

        Raises ValueError for another function.
        """
        if self.kind != "corner":
            raise ValueError(f"a tilt suits the function 'corner', not {self.kind!r}")
        square = (_rise(tilt) * _rise(2 * self.a - tilt)) ** self.dimension
        return math.sqrt(max(square / self.exact**2 - 1, 0.0) / points)

    def grid_error(self, per_axis: int) -> float:
        """Relative error of the trapezoid rule with so many points on each axis.

        The functions are products, so the sum over the grid is a product of sums over one axis:
        it is known also for grids that nobody could visit. NaN for the ball, which is no product.
        """
        x, w = _axis(per_axis)
        if self.kind == "ball":
            return math.nan
        if self.kind == "wave":  # the real part of a product of e^{ia(x - 1/2)}; its sum is real
            one = float((w * torch.cos(self.a * (x - 0.5))).sum())
        elif self.kind == "periodic":
            one = float((w * (1 + self.a * torch.cos(2 * math.pi * x))).sum())
        else:
            one = float((w * torch.exp(self.a * x)).sum())
        return abs(one**self.dimension / self.exact - 1)

    def grid_needs(self, error: float) -> float:
        """Points of the coarsest grid within a relative error; infinite if there is none."""
        if self.kind == "ball":
            return math.inf
        high = 2
        while self.grid_error(high) > error:
            high *= 2
            if high > FINEST:
                return math.inf
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.grid_error(middle) <= error else (middle, high)
        return float(high) ** self.dimension


def grid(dimension: int, per_axis: int) -> tuple[Points, Values]:
    """Points and weights of the trapezoid rule on the cube: per_axis^d of them.

    Raises ValueError for fewer than two points on an axis.
    """
    x, w = _axis(per_axis)
    points = torch.cartesian_prod(*[x] * dimension).reshape(-1, dimension)
    weights = torch.cartesian_prod(*[w] * dimension).reshape(-1, dimension).prod(1)
    return points, weights


def tilted(uniform: Points, tilt: float) -> tuple[Points, Values]:
    """Points with the density ∏ b e^{b x_i} / (e^b - 1), b = `tilt`, and 1/density at them.

    `uniform` holds independent uniform numbers; each is put through the inverse of the
    distribution function. With b = a it is the density that the corner function asks for.
    """
    if abs(tilt) < 1e-6:
        return uniform, torch.ones(len(uniform), dtype=uniform.dtype)
    x = torch.log1p(uniform * math.expm1(tilt)) / tilt
    return x, torch.exp(uniform.shape[1] * math.log(_rise(tilt)) - tilt * x.sum(1))


def bar_of(values: Values) -> tuple[float, float]:
    """The mean, and the error bar that the sample itself suggests: √(variance / n)."""
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


def sobol_stream(dimension: int, generator: torch.Generator) -> Callable[[int], Points]:
    """The points of `sampling.sobol` a few at a time: each call gives the next of one sequence."""
    scrambling = int(torch.randint(2**31, (1,), generator=generator))
    engine = torch.quasirandom.SobolEngine(dimension, scramble=True, seed=scrambling)
    return lambda points: engine.draw(points, dtype=torch.float64)


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """The exponent p of the best fit y ~ x^p: a straight line through the logarithms.

    >>> round(slope([1, 10, 100], [1, 0.1, 0.01]), 12)
    -1.0

    Raises:
        ValueError: fewer than two different x, or numbers that are not above 0.
    """
    if len(x) != len(y) or len(set(x)) < 2 or min(*x, *y) <= 0:
        raise ValueError("a slope needs two x at least, a y for each, and all of them above 0")
    across, up = [math.log(one) for one in x], [math.log(one) for one in y]
    middle = sum(across) / len(across)
    ways = [one - middle for one in across]
    return sum(w * one for w, one in zip(ways, up, strict=True)) / sum(w * w for w in ways)


def _axis(per_axis: int) -> tuple[Values, Values]:
    if per_axis < 2:
        raise ValueError(f"per_axis={per_axis}: the trapezoid rule needs both ends, 2 or more")
    w = torch.full((per_axis,), 1 / (per_axis - 1), dtype=torch.float64)
    w[0] = w[-1] = w[0] / 2
    return torch.linspace(0, 1, per_axis, dtype=torch.float64), w


def _rise(a: float) -> float:
    """∫ e^{ax} dx from 0 to 1."""
    return math.expm1(a) / a if abs(a) > 1e-12 else 1.0


def _rigid(lab: object) -> str:
    inner = getattr(lab, "integrand", lab)
    return "the ball has no such number" if getattr(inner, "kind", "") == "ball" else ""
