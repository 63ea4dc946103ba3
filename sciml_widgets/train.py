"""Training as a generator that can be steered: weights and rate are asked for at every step.

Knows no equation, no network and no panel. One engine serves surrogates, networks that obey an
equation, and differentiable solvers: whatever has parameters and named losses.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Step", "cosine", "descend", "lbfgs"]

Losses = Callable[[], Mapping[str, Tensor]]


@dataclass(frozen=True)
class Step:
    """After `step` updates: each loss, without its weight, as a plain number."""

    step: int
    losses: dict[str, float]


def descend(
    parameters: Iterable[Tensor], losses: Losses, *,
    weights: Callable[[], Mapping[str, float]], lr: Callable[[], float], steps: int,
    adam: bool = True,
) -> Iterator[Step]:  # fmt: skip
    """Minimise Σ weight x loss with Adam; yields the start (step 0) and each of `steps` updates.

    Without `adam` it is plain gradient descent, θ ← θ - lr · slope.

    Parameters and losses of one Step belong together. While the caller looks at it, it may turn
    what `weights`, `lr` and `losses` read, but not the parameters: the next update uses the
    weights and the rate of that moment, and the losses (points, coefficients) just reported.
    Grad mode, default dtype and the global random state are left alone. A loss that is not finite
    is reported as it is. Source: Kingma and Ba (2015), arXiv:1412.6980.

    Raises:
        ValueError: a loss without a weight, or a weight without a loss.
    """
    kind = torch.optim.Adam if adam else torch.optim.SGD
    optimiser = kind(list(parameters), lr=lr(), fused=True)
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


def lbfgs(
    parameters: Iterable[Tensor], losses: Losses, *,
    weights: Callable[[], Mapping[str, float]], steps: int, memory: int = 50,
) -> Iterator[Step]:  # fmt: skip
    """Minimise Σ weight x loss with L-BFGS and a line search; yields like `descend`.

    It learns the curvature from its last `memory` slopes. When a weight, the points or the truth
    have moved, what it has learned is about another landscape, and it starts afresh. In single
    precision its line search soon finds nothing more. Source: Liu and Nocedal (1989),
    doi 10.1007/BF01589116; the line search is that of torch (strong Wolfe conditions).

    Raises:
        ValueError: a loss without a weight, or a weight without a loss.
    """
    unknowns = list(parameters)
    optimiser = _fresh_lbfgs(unknowns, memory)
    now = _plain(losses)
    check_names(now, weights())
    landscape = (now, dict(weights()))
    yield Step(0, now)
    for step in range(1, steps + 1):
        if (_plain(losses), dict(weights())) != landscape:
            optimiser = _fresh_lbfgs(unknowns, memory)

        def total(optimiser: torch.optim.LBFGS = optimiser) -> Tensor:
            optimiser.zero_grad()
            with torch.enable_grad():
                loss = weighted(dict(losses()), weights())
            loss.backward()
            return loss

        optimiser.step(total)  # type: ignore[arg-type]
        now = _plain(losses)
        landscape = (now, dict(weights()))
        yield Step(step, now)


def cosine(step: int, horizon: int, floor: float = 1e-3) -> float:
    """A factor for the rate: 1 at step 0, half a cosine down to `floor` at the horizon.

    >>> [round(cosine(step, 100), 3) for step in (0, 50, 100, 200)]
    [1.0, 0.5, 0.001, 0.001]
    """
    share = min(1.0, step / horizon)
    return floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2


def weighted(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Σ weight x loss over the names. Raises ValueError if the two sets of names differ."""
    check_names(losses, weights)
    return torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()


def check_names(losses: Mapping[str, object], weights: Mapping[str, float]) -> None:
    """Raises ValueError for a loss without a weight, or a weight without a loss."""
    if set(losses) != set(weights):
        raise ValueError(
            f"each loss needs a weight and each weight a loss: the losses are "
            f"{', '.join(losses)}; the weights are {', '.join(weights)}"
        )


def _fresh_lbfgs(unknowns: list[Tensor], memory: int) -> torch.optim.LBFGS:
    return torch.optim.LBFGS(
        unknowns, max_iter=1, max_eval=20, history_size=memory, line_search_fn="strong_wolfe",
        tolerance_grad=0.0, tolerance_change=0.0,
    )  # fmt: skip


def _plain(losses: Losses) -> dict[str, float]:
    with torch.no_grad():
        return {name: float(loss) for name, loss in losses().items()}
