"""Training as a generator that can be steered: weights and rate are asked for at every step.

Knows no equation, no network and no panel. One engine serves surrogates, networks that obey an
equation, and differentiable solvers: whatever has parameters and named losses.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Step", "descend"]


@dataclass(frozen=True)
class Step:
    """After `step` updates: each loss, without its weight, as a plain number."""

    step: int
    losses: dict[str, float]


def descend(
    parameters: Iterable[Tensor], losses: Callable[[], Mapping[str, Tensor]], *,
    weights: Callable[[], Mapping[str, float]], lr: Callable[[], float], steps: int,
) -> Iterator[Step]:  # fmt: skip
    """Minimise Σ weight x loss with Adam; yields the start (step 0) and each of `steps` updates.

    Parameters and losses of one Step belong together. While the caller looks at it, it may turn
    what `weights`, `lr` and `losses` read, but not the parameters: the next update uses the
    weights and the rate of that moment, and the losses (points, coefficients) just reported.
    Grad mode, default dtype and the global random state are left alone. A loss that is not finite
    is reported as it is. Source: Kingma and Ba (2015), arXiv:1412.6980.

    Raises:
        ValueError: a loss without a weight, or a weight without a loss.
    """
    optimiser = torch.optim.Adam(list(parameters), lr=lr(), fused=True)
    for step in range(steps + 1):
        # No `yield` inside: a suspended generator would leave the grad mode of the caller changed.
        with torch.enable_grad():
            now = dict(losses())
        check_names(now, weights())
        yield Step(step, {name: float(loss.detach()) for name, loss in now.items()})
        if step < steps:
            with torch.enable_grad():
                total = weighted(now, weights())
            optimiser.zero_grad()
            total.backward()
            optimiser.param_groups[0]["lr"] = lr()
            optimiser.step()


def weighted(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Σ weight x loss over the names. Raises ValueError if the two sets of names differ."""
    check_names(losses, weights)
    return torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()


def check_names(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> None:
    """Raises ValueError for a loss without a weight, or a weight without a loss."""
    if set(losses) != set(weights):
        raise ValueError(
            f"each loss needs a weight and each weight a loss: the losses are "
            f"{', '.join(losses)}; the weights are {', '.join(weights)}"
        )
