"""A small network that repairs the steps of a coarse solver. Knows no equation and no panel."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

__all__ = ["THRESHOLD", "Correction", "Judged", "judge", "mismatch"]

Step = Callable[[Tensor], Tensor]

THRESHOLD = 0.4
"""A forecast counts as valid while its error is below this share of the truth's spread."""


class Correction(nn.Module):
    """What to add to a step: three convolutions round the ring, 5 points each, (b, n) to (b, n).

    It starts at exactly 0: the untrained network leaves the solver as it is. With `flux` its
    output is what flows from each point to the next, so that nothing is lost on the way round and
    the mean of u cannot change.
    """

    def __init__(self, width: int, flux: bool, generator: Generator) -> None:
        super().__init__()
        self.flux = flux
        self.layers = nn.ModuleList()
        for before, after in ((1, width), (width, width), (width, 1)):
            layer = nn.utils.skip_init(nn.Conv1d, before, after, 5)
            bound = (5 * before) ** -0.5
            for weight in layer.parameters():
                last = after == 1
                draw = torch.rand(weight.shape, generator=generator, dtype=torch.float64)
                weight.data = ((2 * draw - 1) * (0 if last else bound)).float()
            self.layers.append(layer)

    def forward(self, u: Tensor) -> Tensor:
        """The correction at each point of the ring."""
        h = u[:, None]
        for i, layer in enumerate(self.layers):
            h = functional.silu(h) if i else h
            h = layer(functional.pad(h, (2, 2), mode="circular"))
        flow = h[:, 0]
        return flow - flow.roll(1, 1) if self.flux else flow


def mismatch(step: Step, truth: Tensor, detach: bool) -> Tensor:
    """Mean square of forecast minus truth, (b, steps + 1, n), over the steps from its start.

    With `detach` each step is judged for itself: the gradient does not flow back through the
    steps before, though they still say where it starts.
    """
    u, parts = truth[:, 0], []
    for k in range(1, truth.shape[1]):
        u = step(u.detach() if detach else u)
        parts.append((u - truth[:, k]).square().mean())
    return torch.stack(parts).mean()


@dataclass(frozen=True)
class Judged:
    """A forecast beside the truth: error over time, (runs, times), a share of the truth's spread.

    `valid` is the time, for each run, at which the error passes THRESHOLD (the whole time if it
    never does).
    """

    error: Tensor
    valid: Tensor


def judge(forecast: Tensor, truth: Tensor, dt: float) -> Judged:
    """Forecast and truth: (runs, times, n). What is not finite is wrong: an error of 10."""
    error = (forecast - truth).double().square().mean(2).sqrt() / truth.double().std()
    error = torch.nan_to_num(error, nan=10.0, posinf=10.0).clamp(max=10.0)
    late = error > THRESHOLD
    end = torch.full_like(error[:, 0], error.shape[1] - 1)
    first = torch.where(late.any(1), late.to(error.dtype).argmax(1), end)
    return Judged(error, first * dt)
