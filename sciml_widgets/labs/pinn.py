"""A network trained to obey any problem's terms, to be steered while it trains. Knows no panel."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from math import sqrt
from threading import Lock
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call

from sciml_widgets import sampling
from sciml_widgets.collocation import (
    Sample,
    attach,
    mean_squares,
    place,
    residual_at,
    residuals,
)
from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.gauss_newton import gauss_newton
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.plane import solution_picture
from sciml_widgets.labs.windows import March, Past, Windows, pieced
from sciml_widgets.layers import ACTIVATIONS
from sciml_widgets.metrics import relative_l2, rms
from sciml_widgets.networks import MLP
from sciml_widgets.physics import Box, Points, Problem, Values
from sciml_widgets.picture import Picture, View
from sciml_widgets.train import Step, cosine, descend, lbfgs

__all__ = ["PINN", "Net", "Solution"]

ONE_AT_A_TIME = Lock()

LONGEST = 1_000_000
"""Steps after which even a run that was asked to go on is over."""

EVERY = 10
"""Steps between two measurements of the error, which cost as much as a step."""

TEST_POINTS = 4096
"""Quasi-random points of the box, the same for all runs, where the error is measured."""


OPTIMIZERS = {
    "adam": "rate", "adam-cosine": "rate", "gradient-descent": "rate",
    "l-bfgs": "", "gauss-newton": "",
}  # fmt: skip
"""Each with "rate" if it takes the learning rate."""


@dataclass(frozen=True)
class Net:
    """The network: `depth` hidden layers of `width` units."""

    depth: int = knob(
        4, 1, 8, kind="restart", unit="layers", group="Network", help="number of hidden layers"
    )
    width: int = knob(
        20, 4, 64, kind="restart", unit="units", group="Network", help="units in each layer"
    )
    activation: str = choice(
        "tanh", tuple(ACTIVATIONS), group="Network",
        help="the nonlinearity; relu has no second derivative and cannot obey u_xx",
    )  # fmt: skip
    fourier: int = knob(
        0, 0, 64, kind="restart", label="Fourier features", group="Network",
        help="random waves of the coordinates before the first layer; 0: none",
    )  # fmt: skip
    periodic: bool = toggle(
        False, kind="restart", label="hard periodic", group="Network",
        help="the network sees cos and sin of a coordinate that goes round a ring",
        unless=lambda lab: "" if lab.problem.ring else "nothing here goes round a ring",
    )  # fmt: skip
    precision: str = choice(
        "float32", ("float32", "float64"), group="Network",
        help="digits of each number: about 7 or about 16, which is slower",
    )  # fmt: skip

    def build(self, problem: Problem, generator: Generator) -> MLP:
        """An untrained network for the problem."""
        box = problem.box
        return MLP(
            len(box.names), len(problem.unknowns), depth=self.depth, width=self.width,
            activation=self.activation, fourier=self.fourier, low=box.low, high=box.high,
            rings=[box.names.index(name) for name in problem.ring if self.periodic],
            generator=generator, dtype=getattr(torch, self.precision),
        )  # fmt: skip


@dataclass(frozen=True)
class Solution:
    """A snapshot: the weights of a network, the problem, and the training points of each term.

    `untrained` is a network of the same form, one for all snapshots of a run: copying ten tensors
    takes a twentieth of the time that copying a module takes. `past` are windows that are done.
    """

    untrained: nn.Module
    weights: dict[str, Tensor]
    problem: Problem
    points: dict[str, Tensor]
    past: Past = ()

    @classmethod
    def of(cls, network: nn.Module, problem: Problem) -> "Solution":
        """A network as it stands, without training points."""
        return cls(network, network.state_dict(), problem, {})

    def __call__(self, points: Points) -> Values:
        """The unknowns at the points, (n, d) -> (n, m), in double precision."""
        dtype = next(iter(self.weights.values())).dtype
        with ONE_AT_A_TIME, torch.no_grad():  # it lends its weights to the one module
            u = functional_call(self.untrained, self.weights, (points.to(dtype),))
            return pieced(self.past, points.to(dtype), u).double()

    @property
    def network(self) -> nn.Module:
        """The network itself: a new copy, to use and to train further."""
        network = copy.deepcopy(self.untrained)
        network.load_state_dict(self.weights)
        return network


@dataclass
class PINN(Experiment):
    """A physics-informed network: minimise Σ weight x mean(residual²) over the terms of a problem.

    Give it any `Problem`. The curves are RMS residuals, unweighted: of each term on the training
    points, and of the equation off them; beside them the relative L2 error, all as numbers of the
    same kind. `curriculum` and `windows` change the task on the way; the relative error is always
    that of the goal. Source: Raissi, Perdikaris and Karniadakis (2019),
    doi 10.1016/j.jcp.2018.10.045.
    """

    problem: Problem
    weights: Any = None
    net: Net = Net()
    curriculum: Curriculum | None = None
    windows: Windows | None = None
    optimizer: str = choice(
        "adam", tuple(OPTIMIZERS), group="Training",
        help="how the weights descend; gauss-newton and l-bfgs like the precision float64",
    )  # fmt: skip
    lr: float = knob(
        5e-3, 1e-5, 1e-1, log=True, label="learning rate", group="Training", help="size of a step",
        unless=lambda lab: "" if OPTIMIZERS[lab.optimizer] else f"{lab.optimizer} finds its own",
    )  # fmt: skip
    points_inside: int = knob(
        500, 50, 5000, log=True, kind="restart", label="points inside", group="Training",
        help="points where the equation is imposed",
    )  # fmt: skip
    points_edge: int = knob(
        100, 10, 1000, log=True, kind="restart", label="points per condition", group="Training",
        help="points of each other term: initial state, walls, data",
    )  # fmt: skip
    sampling: str = choice(
        "sobol", ("sobol", "uniform", "adaptive"), group="Training",
        help="evenly spread, random, or mostly where the residual is large",
    )  # fmt: skip
    redraw: int = knob(
        0, 0, 500, label="redraw points every", unit="steps", group="Training",
        help="new points after so many steps; 0: the same points for ever",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Training", help="random seed")
    show_points: bool = toggle(
        False, kind="view", label="show points", group="View",
        help="draw the training points over the error",
    )  # fmt: skip

    length: ClassVar[int] = 2000

    def __post_init__(self) -> None:
        if self.weights is None:
            self.weights = loss_weights(self.problem)

    @property
    def series(self) -> tuple[Series, ...]:  # type: ignore[override]
        """One curve for each term of the present task, then what was not trained on."""
        return (
            *(Series(term.name, term.label, role="loss") for term in self.problem.terms()),
            Series("off_points", "off the points"),
            *([Series("stage", "error at this stage")] if self._staged else []),
            Series("rel_l2", "relative error", role="error", percent=True),
        )

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the untrained network. The error is measured every tenth step."""
        generator = Generator().manual_seed(self.seed)
        network, march = self.net.build(self.problem, generator), March(self.windows)
        untrained = copy.deepcopy(network)
        stage = self._stage(0)
        task = march.at(stage, 0, network)
        points = self._draw(task, network, generator)
        samples = attach(task, points)

        def left() -> dict[str, Tensor]:
            return residuals(task, network, samples)

        for now in self._train(network, left):
            scalars = {name: sqrt(loss) for name, loss in now.losses.items()}
            if now.step % (1 if self.optimizer == "gauss-newton" else EVERY) == 0:
                scalars |= _errors(self.problem, task, network, march.past)
                if self._staged:
                    scalars["stage"] = _error(stage, network, march.past)
            state = partial(_snapshot, untrained, network, stage, samples, march.past)
            yield Frame(now.step, scalars, state)
            stage, before = self._stage(now.step), task
            task = march.at(stage, now.step, network)
            if task.box != before.box or (self.redraw and (now.step + 1) % self.redraw == 0):
                points = self._draw(task, network, generator)
                samples = attach(task, points)
            elif task != before:
                samples = attach(task, points)

    def picture(self, state: Solution | None, view: View) -> Picture:
        """The network's field, its error, and slices over the exact curves."""
        if state is None:
            generator = Generator().manual_seed(self.seed)
            state = Solution.of(self.net.build(self.problem, generator), self.problem)
        shown = list(state.points.values()) if self.show_points else []
        dots = torch.cat(shown) if shown else None
        given = [point for term in self.problem.terms() for point in term.region.points]
        marked = torch.tensor(given, dtype=torch.float64) if given else None
        return solution_picture(state.problem, state, view.size, dots, marked)

    def _train(self, network: nn.Module, left: Callable[[], dict[str, Tensor]]) -> Iterator[Step]:
        """The chosen optimizer on what is `left` of each term."""
        if self.optimizer == "gauss-newton":
            yield from gauss_newton(network, left, weights=self._weights, steps=LONGEST)
            return
        losses = partial(_losses, left)
        if self.optimizer == "l-bfgs":
            yield from lbfgs(network.parameters(), losses, weights=self._weights, steps=LONGEST)
            return
        steps = 0

        def rate() -> float:
            return self.lr * (cosine(steps, self.length) if self.optimizer == "adam-cosine" else 1)

        adam = self.optimizer != "gradient-descent"
        for now in descend(
            network.parameters(), losses, weights=self._weights, lr=rate, steps=LONGEST, adam=adam
        ):
            steps = now.step
            yield now

    @property
    def _staged(self) -> bool:
        return self.curriculum is not None and self.curriculum.stages > 1

    def _stage(self, step: int) -> Problem:
        return self.curriculum.at(self.problem, step) if self.curriculum else self.problem

    def _weights(self) -> dict[str, float]:
        names = [term.name for term in self.problem.terms()]
        return {name: getattr(self.weights, f"w_{name}") for name in names}

    def _draw(
        self, problem: Problem, network: nn.Module, generator: Generator
    ) -> dict[str, Tensor]:
        inside = [term.name for term in problem.terms() if term.region.whole]
        counts = {
            term.name: self.points_inside if term.name in inside else self.points_edge
            for term in problem.terms()
        }
        spread = sampling.uniform if self.sampling == "uniform" else sampling.sobol
        dtype = next(network.parameters()).dtype
        if self.sampling != "adaptive":
            return place(problem, counts, spread, generator, dtype)
        many = {name: 4 * count if name in inside else count for name, count in counts.items()}
        points = place(problem, many, spread, generator, dtype)
        for name in inside:
            with torch.no_grad():
                residual = residual_at(problem, network, name, points[name]).norm(dim=1)
            if not torch.isfinite(residual).all():
                raise Diverged(
                    "The residual is no longer finite: it cannot say where points help."
                )
            points[name] = points[name][sampling.choose(residual, counts[name], generator)]
        return points


def _losses(left: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    return mean_squares(left())


def _snapshot(
    untrained: nn.Module, network: nn.Module, problem: Problem, samples: Mapping[str, Sample],
    past: Past,
) -> Solution:  # fmt: skip
    weights = {name: weight.clone() for name, weight in network.state_dict().items()}
    points = {name: sample.points for name, sample in samples.items()}
    return Solution(untrained, weights, problem, points, past)


def _errors(goal: Problem, task: Problem, network: nn.Module, past: Past) -> dict[str, float]:
    dtype = next(network.parameters()).dtype
    test = _test_points(task.box)[:1024].to(dtype)
    equations = [term.name for term in task.terms() if term.region.whole]
    with torch.no_grad():
        off = [residual_at(task, network, name, test) for name in equations]
    return {"off_points": rms(torch.cat(off, 1)), "rel_l2": _error(goal, network, past)}


def _error(problem: Problem, network: nn.Module, past: Past) -> float:
    dtype = next(network.parameters()).dtype
    test = _test_points(problem.box).to(dtype)
    with torch.no_grad():
        u = pieced(past, test, network(test)).double()
    return relative_l2(u, _truth(problem.truth))


@lru_cache(maxsize=8)
def _test_points(box: Box) -> Points:
    unit = sampling.sobol(TEST_POINTS, len(box.names), Generator().manual_seed(20190201))
    return box.inside.place(unit)


@lru_cache(maxsize=8)
def _truth(problem: Problem) -> Values:
    with torch.no_grad():
        return problem.exact(_test_points(problem.box))
