"""A network for the flow about a shape, whatever the wind. Knows no data.

Two facts of potential flow are built in. The velocity is linear in the wind: so two flows say all,
that of a wind along and that of a wind across. And the pressure is Bernoulli's.
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn import functional

from sciml_widgets.wind_tunnel import outside

__all__ = ["AnyWind"]

WIDEST = 4
"""The narrow end has so many times the channels of the wide one."""
TYPICAL = (0.2, 0.2, 1.0, 1.0)
"""Sizes of what the airfoil changes, in a wind along (u, v) and in a wind across (u, v)."""
MIRRORED = (1.0, -1.0, -1.0, 1.0)
"""What becomes of these four where up and down are exchanged."""

Images = Float[Tensor, "n 3 s s"]
Masks = Float[Tensor, "n 1 s s"]


class AnyWind(nn.Module):
    """Inputs of a wind tunnel's pictures to outputs (n, 3, s, s), as a `FlowNet`.

    A U-Net sees the mask alone and says two flows. It works on pictures of half the size, where
    2 x 2 pixels are four channels, on the way in and on the way out. Channels: `width`, twice,
    three and four times as many at each halving; `hidden` before the last layer. When it is not in
    training it also answers for the mirrored shape and gives the mean: mirror images then have
    mirrored flows, exactly.

    Raises:
        ValueError: a size that is no power of 2, or below 16.

    Source of the 2 x 2 pixels: Shi et al. (2016), doi 10.1109/CVPR.2016.207.
    """

    def __init__(
        self, *, size: int, width: int, hidden: int, generator: Generator,
        dtype: torch.dtype | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        depth = int(math.log2(size)) - 1 if size > 0 else 0
        if size < 16 or 2 ** (depth + 1) != size:
            raise ValueError(f"size={size} is not 16, 32, 64, ...: each layer halves the picture")
        wide = [width * min(level, WIDEST) for level in range(1, depth + 1)]
        self.size = size
        self.down = nn.ModuleList(
            _layer(a, b, 4, dtype, stride=2) for a, b in zip([4, *wide], wide, strict=False)
        )
        below, beside, after = wide[:0:-1], wide[-2::-1], wide[-2::-1]
        self.up = nn.ModuleList(
            _layer(a + b, c, 3, dtype) for a, b, c in zip(below, beside, after, strict=True)
        )
        self.fine, self.last = _layer(width + 4, hidden, 3, dtype), _layer(hidden, 16, 3, dtype)
        for layer in [*self.down, *self.up, self.fine, self.last]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.last.weight.mul_(0.1)  # at first it changes the wind but little
        self.typical: Tensor
        self.mirrored: Tensor
        for name, four in (("typical", TYPICAL), ("mirrored", MIRRORED)):
            values = torch.tensor(four, dtype=self.last.weight.dtype)[:, None, None]
            self.register_buffer(name, values, False)

    def forward(self, inputs: Images) -> Images:
        """Pressure and velocity, as `Pictures.outputs` has them."""
        if inputs.shape[-1] != self.size:
            raise ValueError(
                f"this network was made for pictures of {self.size} x {self.size} pixels, not "
                f"{inputs.shape[-1]}"
            )
        along, across = inputs[:, 0, :1, :1], inputs[:, 1, :1, :1]  # the corner is in the fluid
        u, v, u_across, v_across = self.changes(inputs[:, 2:]).unbind(1)
        u = along * (1 + u) + across * u_across
        v = across * (1 + v_across) + along * v
        p = (along * along + across * across - u * u - v * v) / 2
        return outside(inputs) * torch.stack([p, u, v], 1)

    def changes(self, mask: Masks) -> Float[Tensor, "n 4 s s"]:
        """What the shape changes: u and v in a unit wind along, then in a unit wind across."""
        found = self._said(mask)
        if not self.training:
            found = (found + self.mirrored * self._said(mask.flip(2)).flip(2)) / 2
        return found

    def _said(self, mask: Masks) -> Float[Tensor, "n 4 s s"]:
        h = functional.pixel_unshuffle(mask, 2)
        finer = [h]
        for layer in self.down:
            h = functional.gelu(layer(h))
            finer.append(h)
        finer.pop()
        for layer in [*self.up, self.fine]:
            h = functional.interpolate(h, scale_factor=2, mode="nearest")
            h = functional.gelu(layer(torch.cat([h, finer.pop()], 1)))
        return self.typical * functional.pixel_shuffle(self.last(h), 2)


def _layer(
    inputs: int, outputs: int, kernel: int, dtype: torch.dtype | None, stride: int = 1
) -> nn.Conv2d:
    """A convolution without numbers yet: torch would draw them from its global generator."""
    made = nn.utils.skip_init(
        nn.Conv2d, inputs, outputs, kernel, stride=stride, padding=1, dtype=dtype
    )
    assert isinstance(made, nn.Conv2d)
    return made
