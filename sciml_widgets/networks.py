"""Networks of coordinates, and their derivatives with respect to them. Knows no equation."""

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from sciml_widgets import machine
from sciml_widgets.layers import Activation, Columns, Dense, FourierFeatures, Key, Ring, Scale

__all__ = ["MLP", "count_weights", "nested_jet"]

COPIES = 4
"""Of each weight in training: itself, its gradient, and the two moments of Adam."""

Points = Float[Tensor, "n d"]
Values = Float[Tensor, "n m"]


class MLP(nn.Module):
    """`depth` hidden layers of `width` units, points (n, inputs) to values (n, outputs).

    `low` and `high` are the ends of the box, which is mapped to [-1, 1] first. `fourier` > 0 puts
    so many random Fourier features before the first layer. The coordinates `rings` go round once
    from end to end of the box: the network has their period. All numbers come from `generator`.

    Raises:
        ValueError: an unknown activation; rings without a box; a network that is too large for
            the memory.
    """

    def __init__(
        self, inputs: int, outputs: int, *, depth: int, width: int, generator: Generator,
        activation: str = "tanh", fourier: int = 0, low: Iterable[float] | None = None,
        high: Iterable[float] | None = None, rings: Iterable[int] = (),
        dtype: torch.dtype | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        dtype = dtype or torch.get_default_dtype()
        layers: list[nn.Module] = []
        rings = tuple(rings)
        if rings and (low is None or high is None):
            raise ValueError("rings need the box: give low= and high=, the ends of the period")
        if low is not None and high is not None:
            layers.append(Scale(low, high, dtype))
        if rings:
            layers.append(Ring(inputs, rings))
            inputs += len(rings)
        if fourier:
            layers.append(FourierFeatures(inputs, fourier, generator, dtype))
        sizes = [2 * fourier or inputs, *[width] * depth]
        count = sum((a + 1) * b for a, b in zip(sizes, [*sizes[1:], outputs], strict=True))
        machine.afford(
            COPIES * count * dtype.itemsize, f"A network of {count} weights", "take a smaller one"
        )
        for before, after in zip(sizes, sizes[1:], strict=False):
            layers += [Dense(before, after, generator, dtype), Activation(activation)]
        layers.append(Dense(sizes[-1], outputs, generator, dtype))
        self.layers: Any = nn.ModuleList(layers)

    def forward(self, points: Points) -> Values:
        """The unknowns at the points."""
        h = points.T.contiguous()
        for layer in self.layers:
            h = layer(h)
        return h.T

    def jet(self, points: Points, keys: Iterable[Key]) -> dict[Key, Values]:
        """The value, `()`, and the derivatives in `keys`, for instance {(0,), (1,), (0, 0)}.

        Up to third order they are carried forward through the layers beside the value: the same
        numbers as `nested_jet`, sooner. Beyond third order it is `nested_jet`.
        """
        wanted = {(), *keys}
        if any(len(key) > 3 for key in wanted):
            return nested_jet(self, points, wanted)
        parts = {part for k in wanted for r in range(1, len(k)) for part in combinations(k, r)}
        needed = sorted(wanted | parts, key=len)
        # A coordinate has slope 1 by itself, and no second derivative: one column for all points.
        unit = torch.eye(points.shape[1], dtype=points.dtype, device=points.device)
        zero = unit[:, :1] * 0
        jet: Columns = {key: unit[:, key[0], None] if len(key) == 1 else zero for key in needed}
        jet[()] = points.T.contiguous()
        for layer in self.layers:
            jet = layer.push(jet)
        return {key: jet[key].T for key in wanted}


def nested_jet(
    function: Callable[[Points], Values], points: Points, keys: Iterable[Key]
) -> dict[Key, Values]:
    """The value and any derivatives of any function of points, by autograd on autograd.

    Row i of the values must depend on row i of the points only (no batch normalisation).
    """
    wanted = {(), *keys}
    if wanted == {()}:
        return {(): function(points)}
    lower = {key[:order] for key in wanted for order in range(1, len(key) + 1)}
    keep = torch.is_grad_enabled()
    with torch.enable_grad():
        x = points.detach().requires_grad_()
        jet: dict[Key, Tensor] = {(): function(x)}
        slopes: dict[Key, list[Tensor]] = {}
        for key in sorted(lower, key=len):
            before, axis = key[:-1], key[-1]
            if before not in slopes:
                slopes[before] = [_gradient(column, x) for column in jet[before].unbind(1)]
            jet[key] = torch.stack([slope[:, axis] for slope in slopes[before]], 1)
    return {key: jet[key] if keep else jet[key].detach() for key in wanted}


def count_weights(network: nn.Module) -> int:
    """The number of numbers that training changes.

    >>> generator = torch.Generator()
    >>> count_weights(MLP(2, 1, depth=8, width=20, generator=generator))
    3021
    """
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


def _gradient(column: Tensor, x: Tensor) -> Tensor:
    if not column.requires_grad:
        return torch.zeros_like(x)
    (slope,) = torch.autograd.grad(
        column.sum(), x, create_graph=True, allow_unused=True, materialize_grads=True
    )
    return slope
