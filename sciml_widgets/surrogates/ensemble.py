"""An ensemble of small networks that say how likely a yes is, trained together. Knows no ring."""

import math

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, silu

__all__ = ["Ensemble"]

BATCH = 256
"""Points that each member sees in a step, drawn with replacement, for each member others."""


class Ensemble:
    """`members` networks of `depth` layers of `width` units, all in one stack of matrices.

    They differ by their start and by the points they see. Points lie in [-1, 1] in each of
    `inputs` directions. The chance is the mean of their sigmoids, the spread its standard
    deviation over the members. Source: Lakshminarayanan, Pritzel and Blundell (2017),
    arXiv:1612.01474.
    """

    def __init__(
        self, inputs: int, *, members: int, width: int, depth: int = 3, generator: Generator
    ) -> None:
        sizes = [inputs, *[width] * depth, 1]
        self.generator = generator
        self.weights: list[Tensor] = []
        for before, after in zip(sizes, sizes[1:], strict=False):
            start = torch.randn(members, before, after, generator=generator, dtype=torch.float32)
            start /= math.sqrt(before)
            self.weights += [
                start.requires_grad_(),
                torch.zeros(members, 1, after, dtype=torch.float32),
            ]
            self.weights[-1].requires_grad_()
        self.adam = torch.optim.Adam(self.weights, lr=3e-3)

    def train(self, z: np.ndarray, yes: np.ndarray, steps: int, rate: float) -> float:
        """So many steps of Adam from where it stands; the mean loss of the last (nats)."""
        x = torch.from_numpy(z).float()
        y = torch.from_numpy(yes).float()
        members, loss = len(self.weights[0]), torch.tensor(math.nan)
        self.adam.param_groups[0]["lr"] = rate
        with torch.enable_grad():
            for _ in range(steps):
                some = torch.randint(
                    len(x), (members, min(BATCH, len(x))), generator=self.generator
                )
                loss = binary_cross_entropy_with_logits(_logits(self.weights, x[some]), y[some])
                self.adam.zero_grad()
                loss.backward()
                self.adam.step()
        return float(loss.detach())

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chance of a yes and spread at points (m, d), each (m,)."""
        return self.frozen().predict(z)

    def says(self, z: np.ndarray) -> np.ndarray:
        """Yes or no at points (m, d)."""
        return self.predict(z)[0] > 0.5

    def frozen(self) -> "Snapshot":
        """What it says now, for good: training goes on without it."""
        return Snapshot([one.detach().clone() for one in self.weights])


class Snapshot:
    """The weights of an ensemble at one moment."""

    def __init__(self, weights: list[Tensor]) -> None:
        self.weights = weights

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `Ensemble.predict`."""
        with torch.no_grad():
            x = torch.from_numpy(np.ascontiguousarray(z)).float()
            chance = torch.sigmoid(_logits(self.weights, x.expand(len(self.weights[0]), -1, -1)))
            return (
                chance.mean(0).double().numpy(),
                chance.std(0, correction=0).double().numpy(),
            )

    def says(self, z: np.ndarray) -> np.ndarray:
        """As `Ensemble.says`."""
        return self.predict(z)[0] > 0.5


def _logits(weights: list[Tensor], x: Tensor) -> Tensor:
    """(members, n, d) to (members, n)."""
    last = len(weights) - 2
    for i in range(0, len(weights), 2):
        x = torch.baddbmm(weights[i + 1], x, weights[i])
        x = x if i == last else silu(x)
    return x[..., 0]
