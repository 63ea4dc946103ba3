"""Layers of a network, each with its rule for derivatives. Knows no equation and no training.

Inside a network the points are columns, so that a layer reads as in the books: W h + b. A jet is
a dictionary from derivative to columns: `()` is the value, `(0,)` the derivative by the first
coordinate, `(0, 1)` by the first and the second. Each layer says how a jet passes through it.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import pi, sqrt

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

__all__ = [
    "ACTIVATIONS", "Activation", "Columns", "Dense", "FourierFeatures", "Key", "Ring", "Scale",
]  # fmt: skip

Key = tuple[int, ...]
Columns = dict[Key, Tensor]
"""(features, n) each; (features, 1) where all points have the same column."""


def _tanh_slopes(z: Tensor, s: Tensor) -> Iterator[Tensor]:
    first = 1 - s * s
    yield first
    yield -2 * s * first
    yield (6 * s * s - 2) * first


def _sin_slopes(z: Tensor, s: Tensor) -> Iterator[Tensor]:
    cos = torch.cos(z)
    yield cos
    yield -s
    yield -cos


def _silu_slopes(z: Tensor, s: Tensor) -> Iterator[Tensor]:
    gate = torch.sigmoid(z)
    slope, bend = gate * (1 - gate), 1 - 2 * gate
    yield gate + z * slope
    yield slope * (2 + z * bend)
    yield slope * (3 * bend + z * (bend * bend - 2 * slope))


def _softplus(z: Tensor) -> Tensor:
    return functional.softplus(z, threshold=40)  # beyond 40 it is z to the last digit


def _softplus_slopes(z: Tensor, s: Tensor) -> Iterator[Tensor]:
    gate = torch.sigmoid(z)
    slope = gate * (1 - gate)
    yield gate
    yield slope
    yield slope * (1 - 2 * gate)


def _relu_slopes(z: Tensor, s: Tensor) -> Iterator[Tensor]:
    yield (z > 0).to(z.dtype)
    yield torch.zeros_like(z)
    yield torch.zeros_like(z)


Slopes = Callable[[Tensor, Tensor], Iterator[Tensor]]
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Slopes]] = {
    "tanh": (torch.tanh, _tanh_slopes),
    "sin": (torch.sin, _sin_slopes),
    "silu": (functional.silu, _silu_slopes),
    "softplus": (_softplus, _softplus_slopes),
    "relu": (torch.relu, _relu_slopes),
}
"""For each activation s(z): the function, and (z, s) -> its first three derivatives.

relu has no second derivative, so it cannot obey an equation with u_xx: a lesson, not a mistake.
"""


class Scale(nn.Module):
    """Map a box to [-1, 1] in each coordinate."""

    slope: Tensor
    shift: Tensor

    def __init__(self, low: Iterable[float], high: Iterable[float], dtype: torch.dtype) -> None:
        super().__init__()
        ends = torch.tensor([list(low), list(high)], dtype=torch.float64)
        slope = 2 / (ends[1] - ends[0])
        self.register_buffer("slope", slope[:, None].to(dtype))
        self.register_buffer("shift", (-1 - slope * ends[0])[:, None].to(dtype))

    def forward(self, h: Tensor) -> Tensor:
        """Columns (d, n) of the box to columns in [-1, 1]."""
        return self.slope * h + self.shift

    def push(self, jet: Columns) -> Columns:
        """Derivatives are stretched."""
        return {key: self(z) if key == () else self.slope * z for key, z in jet.items()}


class Ring(nn.Module):
    """cos πh and sin πh in place of each coordinate h of `axes`, which runs from -1 to 1.

    Whatever comes after has the period by construction: value and all derivatives agree at both
    ends. Source: Dong and Ni (2021), doi 10.1016/j.jcp.2021.110242.
    """

    def __init__(self, inputs: int, axes: Iterable[int]) -> None:
        super().__init__()
        self.round = sorted(axes)
        self.straight = [axis for axis in range(inputs) if axis not in self.round]

    def forward(self, h: Tensor) -> Tensor:
        """Columns (d, n) to (d + rings, n): the straight coordinates come first."""
        z = pi * h[self.round]
        return torch.cat([h[self.straight], torch.cos(z), torch.sin(z)])

    def push(self, jet: Columns) -> Columns:
        """The chain rule on each ring; the rest goes through."""
        z = {key: pi * part[self.round] for key, part in jet.items()}
        sin, cos = torch.sin(z[()]), torch.cos(z[()])
        waves = chain(z, cos, [-sin, -cos, sin]), chain(z, sin, [cos, -sin, -cos])
        n = sin.shape[1]
        return {
            key: torch.cat([part[self.straight].expand(-1, n), *(wave[key] for wave in waves)])
            for key, part in jet.items()
        }


class Dense(nn.Module):
    """W h + b: Glorot's uniform weights from `generator`, bias 0.

    Source: Glorot and Bengio (2010), https://proceedings.mlr.press/v9/glorot10a.html.

    While `calls` is a list, each push appends what came in and what went out, one column for each
    point: whoever wants the derivative by W point by point needs both.
    """

    calls: list[tuple[Columns, Columns]] | None = None

    def __init__(
        self, inputs: int, outputs: int, generator: Generator, dtype: torch.dtype
    ) -> None:
        super().__init__()
        bound = sqrt(6 / (inputs + outputs))
        draw = torch.rand(outputs, inputs, generator=generator, dtype=torch.float64)
        self.weight = nn.Parameter((bound * (2 * draw - 1)).to(dtype))
        self.bias = nn.Parameter(torch.zeros(outputs, dtype=dtype))

    def forward(self, h: Tensor) -> Tensor:
        """Columns (inputs, n) to (outputs, n)."""
        return torch.addmm(self.bias[:, None], self.weight, h)

    def push(self, jet: Columns) -> Columns:
        """Derivatives are multiplied by W."""
        pushed = {key: self(z) if key == () else self.weight @ z for key, z in jet.items()}
        if self.calls is None:
            return pushed
        columns = {key: z.expand(-1, jet[()].shape[1]) for key, z in pushed.items()}
        self.calls.append((jet, columns))
        return columns


class Activation(nn.Module):
    """s(z), element by element; `name` is one of ACTIVATIONS. Raises ValueError."""

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in ACTIVATIONS:
            raise ValueError(f"no activation {name!r}: there are {', '.join(ACTIVATIONS)}")
        self.name = name

    def forward(self, h: Tensor) -> Tensor:
        """Columns (width, n) to the same shape."""
        function, _ = ACTIVATIONS[self.name]
        return function(h)

    def push(self, jet: Columns) -> Columns:
        """The chain rule."""
        value = self(jet[()])
        if len(jet) == 1:
            return {(): value}
        _, slopes = ACTIVATIONS[self.name]
        return chain(jet, value, slopes(jet[()], value))


class FourierFeatures(nn.Module):
    """sin(B h) and cos(B h) for `count` random directions B ~ N(0, spread²), which stay fixed.

    They let a network learn fine structure early. Source: Tancik et al. (2020), arXiv:2006.10739.
    """

    directions: Tensor

    def __init__(
        self, inputs: int, count: int, generator: Generator, dtype: torch.dtype,
        spread: float = 2.0,
    ) -> None:  # fmt: skip
        super().__init__()
        draw = torch.randn(count, inputs, generator=generator, dtype=torch.float64)
        self.register_buffer("directions", (spread * draw).to(dtype))

    def forward(self, h: Tensor) -> Tensor:
        """Columns (d, n) to (2 count, n)."""
        z = self.directions @ h
        return torch.cat([torch.sin(z), torch.cos(z)])

    def push(self, jet: Columns) -> Columns:
        """The chain rule, once for the sines and once for the cosines."""
        turned = {key: self.directions @ z for key, z in jet.items()}
        sin, cos = torch.sin(turned[()]), torch.cos(turned[()])
        waves = chain(turned, sin, [cos, -sin, -cos]), chain(turned, cos, [-sin, -cos, sin])
        return {key: torch.cat([wave[key] for wave in waves]) for key in jet}


def chain(jet: Columns, value: Tensor, slopes: Iterable[Tensor]) -> Columns:
    """The chain rule for s(z) with its derivatives `slopes` = s1, s2, s3, up to third order.

    s_i = s1 z_i,   s_ij = s1 z_ij + s2 z_i z_j,
    s_ijk = s1 z_ijk + s2 (z_i z_jk + z_j z_ik + z_k z_ij) + s3 z_i z_j z_k.
    """
    s1, s2, s3 = (*islice(slopes, max(map(len, jet))), *[value] * 3)[:3]
    pushed: Columns = {(): value}
    for key, z in jet.items():
        if len(key) == 1:
            pushed[key] = s1 * z
        elif len(key) == 2:
            i, j = key
            pushed[key] = s1 * z + s2 * (jet[(i,)] * jet[(j,)])
        elif len(key) == 3:
            i, j, k = key
            z_i, z_j, z_k = jet[(i,)], jet[(j,)], jet[(k,)]
            pairs = z_i * jet[(j, k)] + z_j * jet[(i, k)] + z_k * jet[(i, j)]
            pushed[key] = s1 * z + s2 * pairs + s3 * (z_i * z_j * z_k)
    return pushed
