"""Many steps in a row, as one tensor of states. Knows no equation."""

from collections.abc import Callable

import torch
from torch import Tensor

from sciml_widgets.solvers.rollout import rollout

__all__ = ["march"]


def march(step: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Tensor:
    """The states after 0, 1, ... `steps` steps: (b, ...) to (b, steps + 1, ...).

    A rollout as one tensor, the batch first, as a loss over runs wants it; differentiable if
    `step` is. Raises ValueError for a negative number of steps.
    """
    if steps < 0:
        raise ValueError(f"steps={steps} is no number of steps: 0 or more")
    return torch.stack(rollout(step, start, steps), 1)
