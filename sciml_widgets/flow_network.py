"""A U-Net that turns pictures of an airfoil and a wind into pictures of the flow. Knows no data.

Down: convolutions that halve the picture until one pixel is left, so that each pixel hears of all
others. Up: the same way back, with the finer pictures of the way down beside (skip connections).
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn import functional

from sciml_widgets import machine
from sciml_widgets.wind_tunnel import empty, outside

__all__ = ["FlowNet", "UNet"]

COPIES = 4
"""Of each weight in training: itself, its gradient, and the two moments of Adam."""
WIDEST = 8
"""The narrow end has so many times the channels of the wide one."""

TYPICAL = (0.3, 0.3, 0.2)
"""Sizes of p, u, v where the airfoil changes them: the network's outputs are near 1."""
SLOPE = 5.0
"""The wind across is at most a third of the wind along: it enters larger."""

Images = Float[Tensor, "n c s s"]


class UNet(nn.Module):
    """`inputs` pictures of size x size to `outputs` pictures, with 2^exponent channels at first.

    Channels double at each halving, up to 8 times the first. All numbers come from `generator`.

    Raises:
        ValueError: a size that is no power of 2, or below 8; a network too large for the memory.

    Source: Ronneberger, Fischer and Brox (2015), doi 10.1007/978-3-319-24574-4_28.
    """

    def __init__(
        self, inputs: int, outputs: int, *, size: int, exponent: int, generator: Generator,
        dtype: torch.dtype | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        depth = int(math.log2(size)) if size > 0 else 0
        if size < 8 or 2**depth != size:
            raise ValueError(f"size={size} is not 8, 16, 32, ...: each layer halves the picture")
        wide = [2**exponent * min(2**level, WIDEST) for level in range(depth)]
        down = list(zip([inputs, *wide], wide, strict=False))
        rising = [*wide[-2::-1], wide[0]]  # channels after each layer on the way up
        beside = [0, *wide[-2::-1]]  # and those that come from the way down before it
        up = [
            (before + skip, after)
            for before, skip, after in zip([wide[-1], *rising], beside, rising, strict=False)
        ]
        last = (wide[0] + inputs, outputs)
        count = sum(16 * a * b + b for a, b in down) + sum(9 * a * b + b for a, b in [*up, last])
        machine.afford(
            COPIES * 4 * count, f"A network of {count} weights", "take a smaller width exponent"
        )
        self.size = size
        self.down = nn.ModuleList(_layer(a, b, 4, dtype, stride=2) for a, b in down)
        self.up = nn.ModuleList(_layer(a, b, 3, dtype) for a, b in up)
        self.last: Any = _layer(*last, 3, dtype)
        for layer in [*self.down, *self.up, self.last]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.last.weight.mul_(0.1)  # at first it changes the wind but little

    def forward(self, pictures: Images) -> Images:
        """(n, inputs, s, s) to (n, outputs, s, s)."""
        finer, h = [pictures], pictures
        for layer in self.down:
            h = functional.gelu(layer(h))
            finer.append(h)
        h = finer.pop()
        for layer in self.up:
            h = functional.gelu(layer(h))
            h = functional.interpolate(h, scale_factor=2, mode="nearest")
            h = torch.cat([h, finer.pop()], 1)
        return self.last(h)


class FlowNet(nn.Module):
    """Inputs of a wind tunnel's pictures to outputs (n, 3, s, s), by a U-Net.

    What it learns is how the airfoil changes the wind; the wind itself is added, and inside the
    airfoil everything is 0.
    """

    def __init__(
        self, *, size: int, exponent: int, generator: Generator, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        self.net = UNet(3, 3, size=size, exponent=exponent, generator=generator, dtype=dtype)
        dtype = self.net.last.weight.dtype
        self.typical: Tensor
        self.register_buffer("typical", torch.tensor(TYPICAL, dtype=dtype)[:, None, None], False)

    def forward(self, inputs: Images) -> Images:
        """Pressure and velocity, as `Pictures.outputs` has them."""
        if inputs.shape[-1] != self.net.size:
            raise ValueError(
                f"this network was made for pictures of {self.net.size} x {self.net.size} pixels, "
                f"not {inputs.shape[-1]}"
            )
        seen = torch.cat([inputs[:, :1], SLOPE * inputs[:, 1:2], inputs[:, 2:]], 1)
        return empty(inputs) + outside(inputs) * self.typical * self.net(seen)

    def misses(self, inputs: Images, outputs: Images) -> Images:
        """What is wrong, in typical sizes: what a loss is made of."""
        return (self(inputs) - outputs) / self.typical


def _layer(
    inputs: int, outputs: int, kernel: int, dtype: torch.dtype | None, stride: int = 1
) -> nn.Module:
    """A convolution without numbers yet: torch would draw them from its global generator."""
    return nn.utils.skip_init(
        nn.Conv2d, inputs, outputs, kernel, stride=stride, padding=1, dtype=dtype
    )
