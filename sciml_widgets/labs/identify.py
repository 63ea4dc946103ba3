"""Labs in which coefficients train with a network, from noisy data. Knows no equation."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Generator, Tensor, nn

from sciml_widgets.collocation import Sample, attach, residuals
from sciml_widgets.experiment import Diverged, Frame, Series
from sciml_widgets.gauss_newton import LARGEST
from sciml_widgets.knobs import choice
from sciml_widgets.labs.identified_picture import Identified, identified_picture
from sciml_widgets.labs.pinn import OPTIMIZERS, PINN, Solution
from sciml_widgets.labs.unknown import Found, Joint, Unknown, uncertainty
from sciml_widgets.metrics import relative_l2
from sciml_widgets.physics import Box, Problem
from sciml_widgets.picture import Picture, View
from sciml_widgets.sampling import sobol

__all__ = ["Identify"]

ERROR_EVERY = 10
BAND_EVERY = 100
"""Steps of a first-order optimizer between two looks at the error, and at the uncertainty."""

LOOK = 5
"""Steps of Gauss-Newton between two looks at the uncertainty."""

TEST_POINTS = 2048


@dataclass
class Identify(PINN):
    """A `PINN` that does not know all of its equation: noisy values stand for what is missing.

    Give it a problem whose terms are "pde" and "data", its `weights`, and what is `unknown`.
    """

    unknown: Any = Unknown()
    optimizer: str = choice(
        "gauss-newton", tuple(OPTIMIZERS), group="Training",
        help="how the weights descend; gauss-newton and l-bfgs like the precision float64",
    )  # fmt: skip

    @property
    def series(self) -> tuple[Series, ...]:  # type: ignore[override]
        """The terms, the error, and each estimate over its true value."""
        losses = (Series(t.name, t.label, role="loss") for t in self.problem.terms())
        error = Series("rel_l2", "relative error", role="error", percent=True)
        return (*losses, error, *_estimates(self.unknown))

    def frames(self) -> Iterator[Frame]:
        """The loop of `PINN.frames` with a guess in it. Step 0 is untrained, with first guesses.

        At each step the guesses stand in the equation; the data stay those of the true problem.
        The bars cost as much as a step: before they are found comes a heartbeat. It bears the
        number of the step before, because the numbers of its own are not yet there.
        """
        generator, unknown = Generator().manual_seed(self.seed), self.unknown
        problem = unknown.posed(self.problem)
        field = self.net.build(problem, generator)
        network, untrained = Joint(field, unknown.coefficients), copy.deepcopy(field)
        points = self._draw(network.known(problem), network, generator)
        samples = unknown.measure(problem, attach(problem, points))

        def left() -> dict[str, Tensor]:
            return residuals(network.guess(problem, len(samples["pde"].points)), network, samples)

        found: dict[str, Found] = {}
        quick, fits = self.optimizer == "gauss-newton", _fits(network, samples)
        if quick and not fits:
            raise Diverged("So many weights and points do not fit into memory: take fewer.")
        for now in self._train(network, left):
            scalars = {name: math.sqrt(loss) for name, loss in now.losses.items()}
            if now.step % (1 if quick else ERROR_EVERY) == 0:
                scalars["rel_l2"] = _error(problem, field)
            if now.step % (LOOK if quick else BAND_EVERY) == 0:
                state = _Snapshot(untrained, field, problem, samples, found)
                yield Frame(max(0, now.step - 1), {}, state)
                found = uncertainty(network, left, self._weights()) if fits else _unsure(network)
                scalars |= _shares(found, problem)
            state = _Snapshot(untrained, field, problem, samples, found)
            yield Frame(now.step, scalars, state)
            if unknown.posed(self.problem) != problem:
                problem = unknown.posed(self.problem)
                samples = unknown.measure(problem, attach(problem, points))
            if self.redraw and (now.step + 1) % self.redraw == 0:
                points = self._draw(network.known(problem), network, generator)
                fresh = attach(problem, points)
                samples = {**fresh, "data": samples["data"]}

    def picture(self, state: Any, view: View) -> Picture:
        """The field, the estimates, the error, slices."""
        return identified_picture(self, state, view)


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


def _estimates(unknown: Unknown) -> tuple[Series, ...]:
    """Each estimate as a share of its true value, with its band: 1 is right."""
    return tuple(
        Series(
            one.name, f"{one.label} found / true", scale="linear",
            band=(f"{one.name}_low", f"{one.name}_high"), plot="estimates, with their bars",
        )
        for one in unknown.coefficients
    )  # fmt: skip


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
