"""Where to put points: samples of the unit cube, and a choice by residual. Knows no equation.

Every function draws from the generator that it is given, and from nothing else.
"""

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

__all__ = ["choose", "sobol", "uniform"]

Points = Float[Tensor, "n d"]
Sizes = Float[Tensor, " c"]
Indices = Int[Tensor, " n"]


def uniform(count: int, dimension: int, generator: Generator) -> Points:
    """Independent random points of the unit cube [0, 1)^d, float64."""
    return torch.rand(count, dimension, generator=generator, dtype=torch.float64)


def sobol(count: int, dimension: int, generator: Generator) -> Points:
    """Scrambled Sobol points of [0, 1)^d, float64: they fill the cube more evenly than chance.

    The generator gives the scrambling, so that two calls give two different point sets. The
    best counts are powers of 2. Source: Owen (1998), doi 10.1006/jcom.1998.0487.
    """
    scrambling = int(torch.randint(2**31, (1,), generator=generator))
    engine = torch.quasirandom.SobolEngine(dimension, scramble=True, seed=scrambling)
    return engine.draw(count, dtype=torch.float64)


def choose(residual: Sizes, count: int, generator: Generator, floor: float = 1.0) -> Indices:
    """Choose `count` of c candidates, mostly where |residual| is large; returns their indices.

    No candidate is taken twice; each draw has the probabilities p ∝ |r| / mean|r| + floor of those
    left. The floor keeps points everywhere. This is RAD with k = 1 and c = floor of Wu, Zhu, Tan,
    Kartha and Lu (2023), doi 10.1016/j.cma.2022.115671.

    Raises:
        ValueError: more points than candidates, or a residual that is not finite.
    """
    size = residual.detach().abs().double()
    if count > len(size):
        raise ValueError(f"cannot choose {count} of {len(size)} candidates; draw more of them")
    if not torch.isfinite(size).all():
        raise ValueError("the residual is not finite at some candidates, so none can be chosen")
    mean = size.mean().clamp(min=torch.finfo(torch.float64).tiny)
    return torch.multinomial(size / mean + floor, count, generator=generator)
