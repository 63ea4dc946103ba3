"""The loss around a trained network: how it curves, and what two cuts look like. Trains nothing.

Near its weights θ a network's residuals are r(θ + δ) ≈ r + J δ, so the loss curves by JᵀJ. Its
eigenvalues say how far the directions differ: where one is a million times larger than another, a
step that is right for the first is nothing for the second.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_widgets.gauss_newton import jacobian
from sciml_widgets.picture import Axis, Image, Lines, Plot
from sciml_widgets.train import check_names

__all__ = ["Landscape", "landscape"]

Residuals = Callable[[nn.Module], Mapping[str, Tensor]]
"""Takes a network, gives what is left of each term, (n, k): `collocation.residuals` fits."""

SMALLEST = 1e-20
"""Share of the largest eigenvalue below which an eigenvalue is drawn as this share."""


@dataclass(frozen=True)
class Landscape:
    """The eigenvalues of JᵀJ, the largest first, and the loss on a square through the weights.

    `loss[i, j]` belongs to θ + offsets[i] · directions[0] + offsets[j] · directions[1]; the
    directions are the two leading eigenvectors, of length 1.
    """

    spectrum: Float[Tensor, " m"]
    directions: Float[Tensor, "2 p"]
    offsets: Float[Tensor, " n"]
    loss: Float[Tensor, "n n"]

    def plot(self, title: str = "log10 of the loss") -> Plot:
        """The square: log10 of the loss; the network stands in the middle."""
        z = torch.log10(self.loss.clamp(min=1e-30)).numpy()
        end = float(self.offsets[-1])
        low, high = float(z.min()), float(z.max())
        middle = float(z[len(z) // 2, len(z) // 2])
        extent = (-end, end, -end, end)
        return Plot(
            title,
            (Image(z, extent, low, max(high, low + 1e-6)),),
            Axis("along the second direction", -end, end),
            Axis("along the steepest", -end, end),
            alt=f"The logarithm of the loss on a square around the network, from {low:.1f} to "
            f"{high:.1f}; the network in the middle has {middle:.1f}.",
        )

    def line(self, label: str, colour: int = 0) -> Lines:
        """The eigenvalues over their number, in units of the largest."""
        share = (self.spectrum / self.spectrum[0]).clamp(min=SMALLEST).numpy()
        return Lines(np.arange(1.0, len(share) + 1), share, label, colour)


def landscape(
    network: nn.Module, residuals: Residuals, weights: Mapping[str, float], *,
    reach: float = 0.5, size: int = 31,
) -> Landscape:  # fmt: skip
    """Look around a network: the loss is Σ weight x mean(residual²), its weights move by `reach`.

    The network itself is not changed. Use double precision, or the small eigenvalues are noise.
    Source: Li, Xu, Taylor, Studer and Goldstein (2018), arXiv:1712.09913 (the cuts).

    Raises:
        ValueError: a residual without a weight or the reverse; an even or small `size`; a network
            or points that are too large for the memory (as in `gauss_newton`).
    """
    if size < 3 or size % 2 == 0 or reach <= 0:
        raise ValueError(f"take an odd size of 3 or more and a reach above 0, not {size}, {reach}")
    moved = copy.deepcopy(network)
    values, slopes = jacobian(moved, lambda: residuals(moved))
    check_names(values, weights)
    rows = [
        sqrt(weights[name] / values[name].numel()) * slope.flatten(0, 1).double()
        for name, slope in slopes.items()
    ]
    _, singular, vectors = torch.linalg.svd(torch.cat(rows), full_matrices=False)
    directions, offsets = vectors[:2], torch.linspace(-reach, reach, size, dtype=torch.float64)
    start = [weight.detach().clone() for weight in moved.parameters()]
    loss = torch.empty(size, size, dtype=torch.float64)
    with torch.no_grad():
        for i, a in enumerate(offsets):
            for j, b in enumerate(offsets):
                _move(list(moved.parameters()), start, a * directions[0] + b * directions[1])
                left = residuals(moved)
                loss[i, j] = sum(weights[n] * r.double().square().mean() for n, r in left.items())
    return Landscape(singular**2, directions, offsets, loss)


def _move(weights: list[nn.Parameter], start: list[Tensor], change: Tensor) -> None:
    parts = change.split([weight.numel() for weight in start])
    for weight, old, part in zip(weights, start, parts, strict=True):
        weight.copy_(old + part.view_as(old).to(old.dtype))
