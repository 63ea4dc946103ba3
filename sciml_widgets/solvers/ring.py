"""Cells on a ring, in numpy and in torch alike. Knows no equation."""

from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

__all__ = ["State", "chosen", "largest", "parts", "shifted"]

State = TypeVar("State", Tensor, np.ndarray)
"""Cell values, (N,) or (batch, N), as a tensor or as an array."""


def shifted(u: Any, cells: int) -> Any:
    """The neighbour `cells` to the right, for every cell: `shifted(u, 1)[i]` is u[i + 1].

    >>> shifted(np.array([1.0, 2.0, 3.0]), 1)
    array([2., 3., 1.])
    """
    if isinstance(u, Tensor):
        return u.roll(-cells, -1)
    return u[..., _places(u.shape[-1], cells)]  # a third of the time of np.roll


def chosen(where: Any, one: Any, other: Any) -> Any:
    """`one` in the cells where it is true, `other` elsewhere; autograd follows the one taken."""
    if isinstance(one, Tensor):
        return torch.where(where, one, other)
    return np.where(where, one, other)


def largest(u: State) -> float:
    """max|u| over all cells and the whole batch; NaN where u is."""
    return float(abs(u.detach() if isinstance(u, Tensor) else u).max())


def parts(u: Any) -> tuple[Any, Any]:
    """Return u where it is positive (else 0), and u where it is negative; their sum is u."""
    return (u + abs(u)) / 2, (u - abs(u)) / 2


@lru_cache(maxsize=64)
def _places(count: int, cells: int) -> np.ndarray:
    places = (np.arange(count) + cells) % count
    places.flags.writeable = False
    return places
