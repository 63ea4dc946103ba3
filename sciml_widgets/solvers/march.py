"""Many steps in a row, as one tensor of states. Knows no equation."""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["march"]


def march(step: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Tensor:
    """The states after 0, 1, ... `steps` steps: (b, ...) to (b, steps + 1, ...).

    One tensor, the batch first, as a loss over runs wants it. A list of states, also in numpy,
    and the way back with little memory are in `solvers.rollout`. Differentiable if `step` is.
    Raises ValueError for a negative number of steps.
    """
    if steps < 0:
        raise ValueError(f"steps={steps} is no number of steps: 0 or more")
    states = [start]
    for _ in range(steps):
        states.append(step(states[-1]))
    return torch.stack(states, 1)
