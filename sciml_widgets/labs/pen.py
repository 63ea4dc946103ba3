"""Shapes of smoke: letters and strokes of a pen, and a disc of as much smoke. Knows no solver."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor

__all__ = ["LETTERS", "disc", "drawn_at_random", "painted"]

Pair = tuple[float, float]
Field = Float[Tensor, "n n"]

WIDTH = 0.06
"""Half the width of the pen, as a share of the side."""


def _arc(x: float, y: float, r: float, begin: float, end: float, count: int) -> list[Pair]:
    angles = [math.radians(begin + (end - begin) * i / (count - 1)) for i in range(count)]
    return [(round(x + r * math.cos(a), 3), round(y + r * math.sin(a), 3)) for a in angles]


LETTERS: dict[str, tuple[Pair, ...]] = {
    "C": tuple(_arc(0.5, 0.5, 0.23, 55, 305, 9)),
    "I": ((0.5, 0.26), (0.5, 0.74)),
    "L": ((0.34, 0.74), (0.34, 0.28), (0.66, 0.28)),
    "O": tuple(_arc(0.5, 0.5, 0.23, 90, 450, 13)),
    "S": (*_arc(0.5, 0.62, 0.12, 30, 270, 6), *_arc(0.5, 0.38, 0.12, 70, -150, 5)),
    "T": ((0.27, 0.72), (0.73, 0.72), (0.5, 0.72), (0.5, 0.26)),
    "U": ((0.31, 0.74), *_arc(0.5, 0.46, 0.19, 180, 360, 6), (0.69, 0.74)),
    "V": ((0.27, 0.74), (0.5, 0.28), (0.73, 0.74)),
    "Z": ((0.29, 0.72), (0.71, 0.72), (0.29, 0.28), (0.71, 0.28)),
}
"""The places that the pen goes through, in a square of side 1."""


def painted(stroke: Sequence[Pair], points: int) -> Field:
    """1 where the pen has been on its way from place to place, 0 elsewhere; a soft edge."""
    places = torch.tensor(list(stroke), dtype=torch.float64)
    begin, end = (places, places) if len(places) == 1 else (places[:-1], places[1:])
    y, x = _grid(points)
    here = torch.stack([x, y], -1)[:, :, None]
    along = end - begin
    share = ((here - begin) * along).sum(-1) / along.square().sum(-1).clamp(min=1e-12)
    away = here - begin - share.clamp(0, 1)[..., None] * along
    return _soft(WIDTH - away.square().sum(-1).sqrt().min(-1).values, points)


def disc(amount: float, points: int, x: float = 0.5, y: float = 0.5) -> Field:
    """A round cloud about (x, y) whose mean is `amount`: about 1 inside, 0 elsewhere."""
    rows, columns = _grid(points)
    across, up = ((there - here + 0.5) % 1 - 0.5 for there, here in ((columns, x), (rows, y)))
    cloud = _soft(math.sqrt(amount / math.pi) - (across**2 + up**2).sqrt(), points)
    return cloud * (amount / cloud.mean())


def drawn_at_random(generator: Generator) -> tuple[Pair, ...]:
    """A stroke through 2 to 5 places: no letter, but of the size of one."""
    count = int(torch.randint(2, 6, (), generator=generator))
    places = 0.25 + 0.5 * torch.rand(count, 2, generator=generator, dtype=torch.float64)
    return tuple((float(x), float(y)) for x, y in places)


def _grid(points: int) -> tuple[Tensor, Tensor]:
    at = torch.arange(points, dtype=torch.float64) / points
    y, x = torch.meshgrid(at, at, indexing="ij")
    return y, x


def _soft(depth: Tensor, points: int) -> Tensor:
    """From 0 to 1 over about two points at the edge."""
    return torch.sigmoid(2 * points * depth)
