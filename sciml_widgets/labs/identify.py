"""Unknown coefficients that train with a network, from noisy data. Knows no equation.

An unknown is one weight more: a layer of the network that always sees the number 0, so that what
it puts out is its bias, one column for each point. Thereby every optimizer trains it like any
other weight, Gauss-Newton too, and its uncertainty stands in the same matrix.
"""

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from sciml_widgets.collocation import Sample, attach, residuals
from sciml_widgets.experiment import Diverged, Frame, Series
from sciml_widgets.gauss_newton import LARGEST, jacobian
from sciml_widgets.knobs import choice, knob
from sciml_widgets.labs.pinn import Solution
from sciml_widgets.labs.plane import solution_picture
from sciml_widgets.layers import Dense
from sciml_widgets.metrics import relative_l2
from sciml_widgets.physics import Box, Problem
from sciml_widgets.picture import INK, Axis, Lines, Mark, Picture, Plot, Points, Text, View
from sciml_widgets.sampling import sobol

__all__ = [
    "Coefficient",
    "Found",
    "Identified",
    "Joint",
    "Unknown",
    "estimate_series",
    "estimates_plot",
    "identified_picture",
    "identify",
    "uncertainty",
]

ERROR_EVERY = 10
BAND_EVERY = 100
"""Steps of a first-order optimizer between two looks at the error, and at the uncertainty."""

WIDEST = 10.0
"""No band is drawn wider, in units of the weight: it means "nothing is known"."""

REACHES = (0.05, 0.2, 1.0)
"""How far the axis of the estimates may reach to each side of 1."""

TEST_POINTS = 2048


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
    the places. `draw` is its seed: another draw is another day in the laboratory.
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


@dataclass(frozen=True)
class Identified:
    """A snapshot: the field, and what is known of each coefficient, by name."""

    solution: Solution
    found: dict[str, Found]


def identify(lab: Any) -> Iterator[Frame]:
    """The frames of a `PINN` that has `unknown`: the loop of `PINN.frames`, with a guess in it.

    At each step the guesses stand in the equation; the data stay those of the true problem.
    """
    generator, unknown = Generator().manual_seed(lab.seed), lab.unknown
    problem = unknown.posed(lab.problem)
    field = lab.net.build(problem, generator)
    network, untrained = Joint(field, unknown.coefficients), copy.deepcopy(field)
    points = lab._draw(network.known(problem), network, generator)
    samples = unknown.measure(problem, attach(problem, points))

    def left() -> dict[str, Tensor]:
        return residuals(network.guess(problem, len(samples["pde"].points)), network, samples)

    found: dict[str, Found] = {}
    quick, fits = lab.optimizer == "gauss-newton", _fits(network, samples)
    if quick and not fits:
        raise Diverged("So many weights and points do not fit into memory: take fewer of them.")
    for now in lab._train(network, left):
        scalars = {name: math.sqrt(loss) for name, loss in now.losses.items()}
        if now.step % (1 if quick else ERROR_EVERY) == 0:
            scalars["rel_l2"] = _error(problem, field)
        if now.step % (5 if quick else BAND_EVERY) == 0:
            found = uncertainty(network, left, lab._weights()) if fits else _unsure(network)
            scalars |= _shares(found, lab.problem)
        state = _Snapshot(untrained, field, problem, samples, found)
        yield Frame(now.step, scalars, state)
        if unknown.posed(lab.problem) != problem:
            problem = unknown.posed(lab.problem)
            samples = unknown.measure(problem, attach(problem, points))
        if lab.redraw and (now.step + 1) % lab.redraw == 0:
            points = lab._draw(network.known(problem), network, generator)
            fresh = attach(problem, points)
            samples = {**fresh, "data": samples["data"]}


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


def estimate_series(unknown: Unknown) -> tuple[Series, ...]:
    """Each estimate as a share of its true value, with its band: 1 is right."""
    return tuple(
        Series(
            one.name, f"{one.label} found / true", scale="linear",
            band=(f"{one.name}_low", f"{one.name}_high"),
        )
        for one in unknown.coefficients
    )  # fmt: skip


def estimates_plot(unknown: Unknown, problem: Problem, found: Mapping[str, Found]) -> Plot:
    """A row for each coefficient: found over true, with its bar, and in words; 1 is true.

    The axis is 1 ± the least of REACHES that holds all bars: short bars are seen as well.
    """
    here = {
        one: found.get(one.name, Found(one.start, one.start, one.start))
        for one in unknown.coefficients
    }
    true = {one: float(getattr(problem, one.name)) for one in here}
    off = [
        abs(end / true[one] - 1) for one, it in here.items() for end in (it.low, it.value, it.high)
    ]
    reach = min((one for one in REACHES if max(off, default=0.0) < one), default=REACHES[-1])
    low, high = 1 - reach, 1 + reach
    marks: list[Mark] = []
    for i, (one, it) in enumerate(here.items()):
        row = float(len(here) - 1 - i)
        marks.append(Lines(np.ones(2), np.array([row - 0.25, row + 0.2]), "", INK, "dashed", 1.2))
        bar = np.clip(np.array([it.low, it.high]) / true[one], low - reach, high + reach)
        marks.append(Lines(bar, np.full(2, row), "", i, width=3.0))
        where = np.clip(np.array([it.value / true[one]]), low - reach, high + reach)
        marks.append(Points(where, np.full(1, row), "", i, 5.0, hollow=True))
        marks.append(Text(low + 0.04 * reach, row + 0.38, _in_words(one, it), i))
    return Plot(
        "unknowns, found / true", tuple(marks), Axis("", low, high),
        Axis("", -0.4, len(here) - 0.4, bare=True),
        note="bars: ± 2 standard deviations",
        alt="; ".join(f"{_in_words(one, it)}, true {true[one]:.3g}" for one, it in here.items())
        + ".",
    )  # fmt: skip


def _in_words(one: Coefficient, here: Found) -> str:
    """A positive number's bar is a range: the bar of its logarithm, which has no negative end."""
    said = f"{one.label} = {here.value:.3g}"
    if here.low == here.high:
        return said
    if one.positive:
        size = math.log(here.high / here.low) if here.low > 0 else math.inf
        bar = f"({here.low:.2g} to {here.high:.2g})"
    else:
        size = here.high - here.low
        bar = f"± {size / 2:.1g}"
    return f"{said} {bar}" if size < 3.99 * WIDEST else f"{said}, may be anything"


def identified_picture(lab: Any, state: Identified | None, view: View) -> Picture:
    """The field and its slices, where it was measured, and the estimates beside the truth."""
    if state is None:
        problem = lab.unknown.posed(lab.problem)
        generator = Generator().manual_seed(lab.seed)
        state = Identified(Solution.of(lab.net.build(problem, generator), problem), {})
    solution = state.solution
    dots = torch.tensor(solution.problem.places, dtype=torch.float64)  # type: ignore[attr-defined]
    drawn = solution_picture(solution.problem, solution, view.size, dots)
    estimates = estimates_plot(lab.unknown, solution.problem, state.found)
    field, error, slices = drawn.plots
    return Picture((field, estimates, error, slices), drawn.caption)


@dataclass(frozen=True)
class _Snapshot:
    untrained: nn.Module
    field: nn.Module
    problem: Problem
    samples: Mapping[str, Sample]
    found: dict[str, Found]

    def __call__(self) -> Identified:
        weights = {name: weight.clone() for name, weight in self.field.state_dict().items()}
        points = {name: sample.points for name, sample in self.samples.items()}
        solution = Solution(self.untrained, weights, self.problem, points)
        return Identified(solution, dict(self.found))


def _fits(network: Joint, samples: Mapping[str, Sample]) -> bool:
    """Whether Gauss-Newton's matrices are small enough."""
    weights = sum(weight.numel() for weight in network.parameters())
    rows = sum(len(sample.points) for sample in samples.values())
    return weights * (2 * rows + weights) <= LARGEST  # two rows a point, for two unknown fields


def _unsure(network: Joint) -> dict[str, Found]:
    return {name: Found(value, value, value) for name, value in network.numbers().items()}


def _shares(found: Mapping[str, Found], problem: Problem) -> dict[str, float]:
    shares = {}
    for name, one in found.items():
        true = float(getattr(problem, name))
        shares[name] = one.value / true
        shares[f"{name}_low"], shares[f"{name}_high"] = one.low / true, one.high / true
    return shares


def _error(problem: Problem, field: nn.Module) -> float:
    dtype = next(field.parameters()).dtype
    points = _test_points(problem.box)
    with torch.no_grad():
        return relative_l2(field(points.to(dtype)).double(), _truth(problem.truth))


@lru_cache(maxsize=8)
def _test_points(box: Box) -> Tensor:
    return box.inside.place(sobol(TEST_POINTS, len(box.names), Generator().manual_seed(20190201)))


@lru_cache(maxsize=8)
def _truth(problem: Problem) -> Tensor:
    with torch.no_grad():
        return problem.exact(_test_points(problem.box))


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
