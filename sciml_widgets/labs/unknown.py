"""Unknown coefficients, trained with a network; noisy measurements. Knows no equation, no lab.

An unknown is one weight more: a layer of the network that always sees the number 0, so that what
it puts out is its bias, one column for each point. Thereby every optimizer trains it like any
other weight, Gauss-Newton too, and its uncertainty stands in the same matrix.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Generator, Tensor, nn

from sciml_widgets.collocation import Sample
from sciml_widgets.gauss_newton import jacobian
from sciml_widgets.knobs import choice, knob
from sciml_widgets.layers import Dense
from sciml_widgets.physics import Box, Problem
from sciml_widgets.sampling import sobol

__all__ = ["WIDEST", "Coefficient", "Found", "Joint", "Unknown", "uncertainty"]

WIDEST = 10.0
"""No band is drawn wider, in units of the weight: it means "nothing is known"."""


@dataclass(frozen=True)
class Coefficient:
    """A field of the problem that is not known: its first guess. `positive` ones are e^weight."""

    name: str
    label: str
    start: float
    positive: bool = False


@dataclass(frozen=True)
class Unknown:
    """What is not known of a problem, and what was measured instead.

    The noise is normal, with a standard deviation of `noise` times that of the exact values at
    the places, for each component of the field by itself. `draw` is its seed: another draw is
    another day in the laboratory.
    """

    coefficients: tuple[Coefficient, ...] = ()
    noise: float = knob(
        0.01, 0.0, 0.2, kind="restart", group="Measurements",
        help="standard deviation of the noise, as a share of that of the values",
    )  # fmt: skip
    count: int = knob(
        200, 20, 2000, log=True, kind="restart", label="measurements", group="Measurements",
        help="number of measured values",
    )  # fmt: skip
    layout: str = choice(
        "scattered", ("scattered", "two snapshots"), group="Measurements",
        help="measured at places and times all over the box, or at two times only",
    )  # fmt: skip
    first: float = knob(
        0.2, 0.0, 0.5, kind="restart", label="first snapshot", group="Measurements",
        help="time of the first of two snapshots, as a share of all times",
        unless=lambda lab: _no_snapshots(lab),
    )  # fmt: skip
    gap: float = knob(
        0.1, 0.01, 0.5, log=True, kind="restart", label="gap", group="Measurements",
        help="time between the two snapshots, as a share of all times",
        unless=lambda lab: _no_snapshots(lab),
    )  # fmt: skip
    draw: int = knob(
        0, 0, 9999, kind="restart", label="noise draw", group="Measurements",
        help="random seed of the noise and of the places",
    )  # fmt: skip

    def posed(self, problem: Problem) -> Problem:
        """The problem with the places of its measurements."""
        there = _places(problem.box, self.count, self.layout, self.first, self.gap, self.draw)
        return replace(problem, places=there)  # type: ignore[type-var]

    def measure(self, problem: Problem, samples: Mapping[str, Sample]) -> dict[str, Sample]:
        """The samples, with noise on what was measured."""
        sample = samples["data"]
        exact = sample.data["measured"]
        generator = Generator().manual_seed(10_007 + self.draw)
        normal = torch.randn(exact.shape, generator=generator, dtype=torch.float64)
        noisy = exact + self.noise * exact.std(0) * normal.to(exact)
        return {**samples, "data": Sample(sample.points, {"measured": noisy}, sample.images)}


class Joint(nn.Module):
    """A network, and the unknowns beside it: `guess` puts them into a problem."""

    def __init__(self, field: nn.Module, coefficients: tuple[Coefficient, ...]) -> None:
        super().__init__()
        self.field = field
        self.coefficients = coefficients
        dtype = next(field.parameters()).dtype
        self.unknown = Dense(1, len(coefficients), Generator(), dtype)
        with torch.no_grad():
            self.unknown.weight.zero_()
            for i, one in enumerate(coefficients):
                self.unknown.bias[i] = math.log(one.start) if one.positive else one.start

    def forward(self, points: Tensor) -> Tensor:
        """The field alone."""
        return self.field(points)

    def jet(self, points: Tensor, keys: Iterable[Any]) -> Any:
        """That of the field."""
        return self.field.jet(points, keys)  # type: ignore[operator]

    def known(self, problem: Problem) -> Problem:
        """The problem with the present guesses as plain numbers."""
        return replace(problem, **self.numbers())  # type: ignore[type-var]

    def guess(self, problem: Problem, count: int = 1) -> Problem:
        """The problem with the present guesses: a column (count, 1) for each coefficient."""
        zeros = self.unknown.weight.new_zeros(1, count)
        rows = self.unknown.push({(): zeros})[()]
        columns = {
            one.name: (rows[i].exp() if one.positive else rows[i])[:, None]
            for i, one in enumerate(self.coefficients)
        }
        return replace(problem, **columns)  # type: ignore[type-var]

    def numbers(self) -> dict[str, float]:
        """The present guesses, by the names of the coefficients."""
        pairs = zip(self.coefficients, self.unknown.bias.tolist(), strict=True)
        return {one.name: math.exp(bias) if one.positive else bias for one, bias in pairs}


@dataclass(frozen=True)
class Found:
    """An estimate and the ends of its band, two standard deviations below and above."""

    value: float
    low: float
    high: float


def uncertainty(network: Joint, left: Any, weights: Mapping[str, float]) -> dict[str, Found]:
    """Estimates with the band of two standard deviations, by Laplace's approximation.

    Near its minimum the loss F is a parabola. With the noise s² that is left in the data it is
    -log of a posterior, F n / (2 w s²) for n data of weight w, times a normal prior of width 1
    for each weight of the network. The curvature, inverted, holds the variance of the unknowns.
    Where a guess is far from the minimum the band means little.

    Source: MacKay (1992), doi 10.1162/neco.1992.4.3.448.
    """
    values, slopes = jacobian(network, left)
    rows = [math.sqrt(weights[n] / values[n].numel()) * slopes[n].flatten(0, 1) for n in values]
    matrix = torch.cat(rows).double()
    data = values["data"].double()
    noise = max(float(data.square().mean()), 1e-16)
    precision = (matrix.T @ matrix) * (data.numel() / (weights["data"] * noise))
    precision.diagonal().add_(1.0)
    many = len(network.coefficients)  # the biases of the last layer are the last weights
    inner, edge, corner = precision[:-many, :-many], precision[:-many, -many:], precision[-many:]
    factor, info = torch.linalg.cholesky_ex(inner)
    if not torch.isfinite(precision).all() or int(info) != 0:
        spread = [math.inf] * many
    else:
        schur = corner[:, -many:] - edge.T @ torch.cholesky_solve(edge, factor)
        spread = torch.linalg.pinv(schur, hermitian=True).diagonal().clamp(min=0).sqrt().tolist()
    found = {}
    biases = network.unknown.bias.tolist()
    for one, bias, width in zip(network.coefficients, biases, spread, strict=True):
        ends = [bias, bias - 2 * min(width, WIDEST), bias + 2 * min(width, WIDEST)]
        found[one.name] = Found(*(math.exp(end) if one.positive else end for end in ends))
    return found


@lru_cache(maxsize=8)
def _places(box: Box, count: int, layout: str, first: float, gap: float, draw: int) -> Any:
    """Tuples of coordinates: all over the box, or at two values of the last coordinate."""
    unit = sobol(count, len(box.names), Generator().manual_seed(draw))
    if layout == "two snapshots":
        later = torch.arange(count) % 2 == 1
        unit[:, -1] = torch.where(later, first + gap, first)
    return tuple(tuple(row) for row in box.inside.place(unit).tolist())


def _no_snapshots(lab: Any) -> str:
    there = getattr(lab, "unknown", lab)
    return "" if there.layout == "two snapshots" else "measured all over the box"
