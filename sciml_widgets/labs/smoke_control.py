"""Smoke that is pushed into a letter: forces, or a network, found through the solver."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from statistics import fmean
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.labs.controller import Controller, steered
from sciml_widgets.labs.pen import LETTERS, disc, drawn_at_random, painted
from sciml_widgets.picture import Arrows, Axis, Image, Picture, Plot, View
from sciml_widgets.preset import Preset
from sciml_widgets.solvers.flow import Flow, resampled
from sciml_widgets.solvers.stability import Unstable
from sciml_widgets.touch import places
from sciml_widgets.train import cosine, descend

__all__ = ["Pushed", "SmokeControl", "misfit", "tried"]

POINTS, STEPS = 32, 16
"""Of the grid, along each axis; and of the solver, from the cloud to the letter."""

LONGEST = 1_000_000

LOOK = 5
"""Training steps of the network between two trials on the target, which it never trains on."""

KNOWN = "a known force"
PEN = ((0.3, 0.3), (0.5, 0.72), (0.7, 0.3))

Way = Iterator[tuple[int, dict[str, float], "Pushed"]]


def _not_drawn(lab: Any) -> str:
    return "" if lab.target == "drawn" else "the target is not drawn"


def _no_search(lab: Any) -> str:
    return "" if lab.by == "search" else "a network chooses the forces"


def _no_network(lab: Any) -> str:
    return "" if lab.by == "network" else "there is no network"


@dataclass(frozen=True)
class Pushed:
    """A snapshot: the forces so far, (16, 2, n, n), where they begin, and the target."""

    flow: Flow
    start: Tensor
    forces: Tensor
    target: Tensor
    network: Controller | None = None

    def path(self) -> Tensor:
        """The states from the cloud to the end, (17, 3, n, n). Raises Unstable."""
        with torch.no_grad():
            return self.flow.path(self.start, self.forces)


def misfit(smoke: Tensor, target: Tensor, start: Tensor) -> float:
    """Mean |smoke - target|, as a share of what it was at the start; all (n, n)."""
    return float((smoke - target).abs().mean() / (start - target).abs().mean())


@dataclass
class SmokeControl(Experiment):
    """A round cloud of smoke in a fluid at rest. Which forces make it a letter in 16 steps?

    Minimise mean (smoke after 16 steps - target)² over the forces at all steps, a sum of few
    waves each; the slope comes back through the solver. Or train one network on random strokes
    and let it push towards a letter that it never saw.

    What you should see: the cloud is drawn out like dough. The flow keeps areas: it makes neither
    smoke nor emptiness, so a target with more smoke is out of reach, and a hole is torn slowly.
    Good values: 4 waves, a rate of 0.05, 100 steps. After Holl, Koltun and Thuerey (2020),
    arXiv:2001.07457, at a quarter of the points.
    """

    target: str = choice(
        "L", (*LETTERS, "drawn", KNOWN), kind="hot", group="Task",
        help="the shape that is wanted; a known force: what a force chosen at random leads to",
    )  # fmt: skip
    pen: Any = places(
        PEN, (0.1, 0.1), (0.9, 0.9), axes=("x", "y"), most=12, kind="hot", label="pen",
        group="Task", help="the places that the pen goes through", unless=_not_drawn,
    )  # fmt: skip
    amount: float = knob(
        1.0, 0.5, 2.0, label="smoke in the target", group="Task",
        help="as a share of the smoke that there is",
    )  # fmt: skip
    place: float = knob(
        0.5, 0.2, 0.8, kind="restart", label="x of the cloud", group="Task",
        help="where the cloud is at the start",
    )  # fmt: skip
    by: str = choice(
        "search", ("search", "network"), label="forces by", group="Search",
        help="a search for this target alone, or a network that is trained for all strokes",
    )  # fmt: skip
    waves: int = knob(
        4, 1, 7, kind="restart", label="waves of the force", group="Search",
        help="waves along each axis that a force is made of", unless=_no_search,
    )  # fmt: skip
    lr: float = knob(
        0.05, 1e-4, 10.0, log=True, label="learning rate", group="Search",
        help="size of a step of Adam; a network wants about 0.003",
    )  # fmt: skip
    price: float = knob(
        1e-6, 1e-6, 1.0, log=True, label="price of force", group="Search",
        help="weight of the mean square of the forces beside the misfit",
    )  # fmt: skip
    batch: int = knob(
        1, 1, 8, label="strokes a step", group="Network",
        help="random targets whose slopes are added up for one step of the network",
        unless=_no_network,
    )  # fmt: skip
    grid: str = choice(
        "24", ("16", "24", "32"), kind="hot", label="points while it learns", group="Network",
        help="strokes are pushed on a grid of so many points a side; the target always on 32",
        unless=_no_network,
    )  # fmt: skip
    horizon: int = knob(
        300, 50, 5000, log=True, label="rate falls until", unit="steps", group="Network",
        help="the learning rate goes down to a twentieth in so many steps, as a cosine",
        unless=_no_network,
    )  # fmt: skip
    width: int = knob(
        16, 2, 32, kind="restart", unit="channels", group="Network",
        help="channels between the three convolutions", unless=_no_network,
    )  # fmt: skip
    nu: float = knob(
        1e-3, 1e-5, 1e-1, log=True, kind="restart", label="viscosity ν", group="Solver",
        help="how fast whirls come to rest",
    )  # fmt: skip
    kappa: float = knob(
        1e-3, 1e-5, 1e-2, log=True, kind="restart", label="diffusion κ", group="Solver",
        help="how fast smoke spreads by itself",
    )  # fmt: skip
    substeps: int = knob(
        3, 1, 6, kind="restart", group="Solver",
        help="parts of a step of 1/16, each of which must be stable",
    )  # fmt: skip
    limit: bool = toggle(
        True, kind="restart", label="watch the limit", group="Solver",
        help="stop when a step is beyond the stability limit; off: see what happens",
    )  # fmt: skip
    segment: int = knob(
        0, 0, 8, kind="restart", label="remember every", unit="steps", group="Solver",
        help="checkpoints: other states are computed again on the way back; 0: remember all",
        unless=_no_search,
    )  # fmt: skip
    seed: int = knob(
        0, 0, 9999, kind="restart", group="Search",
        help="draws the first guess, the known force, the network and its strokes",
    )  # fmt: skip

    title: ClassVar[str] = "Smoke into a letter"
    about: ClassVar[str] = "Which forces push a round cloud into the shape that you want?"
    length: ClassVar[int] = 122  # 100 strokes by the network, and a heartbeat after each trial
    series = (
        Series("loss", "misfit that is minimised (root)", role="loss"),
        Series("miss", "misfit left, of the first", role="error", percent=True),
        Series("effort", "size of the forces"),
    )
    presets = (
        Preset("a target that can be reached",
               "Made by the solver with a force chosen at random: the best misfit is exactly 0.",
               {"target": KNOWN}),
        Preset("twice the smoke",
               "The flow makes no smoke. Half of the target must stay empty, whatever you do.",
               {"amount": 2.0}, goal="miss<0.3", within=100),
        Preset("twice the smoke, repaired", "As much smoke in the target as there is.",
               {"amount": 1.0}, repairs="twice the smoke"),
        Preset("a walk into the limit",
               "One part a step: the search finds forces that drive the flow beyond the limit.",
               {"substeps": 1}, goal="miss<0.3", within=100),
        Preset("a walk into the limit, repaired", "Three parts a step allow three times as much.",
               {"substeps": 3}, repairs="a walk into the limit"),
        Preset("a hole", "No flow tears a cloud open: the ring must be closed by a seam.",
               {"target": "O"}),
        Preset("one network for all strokes",
               "Trained on random strokes; the letter is one that it never saw.",
               {"by": "network", "lr": 3e-3, "price": 0.01}),
    )  # fmt: skip

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the first guess. Raises Diverged where a force drives beyond the limit."""
        generator = Generator().manual_seed(self.seed)
        way = self._learn(generator) if self.by == "network" else self._search(generator)
        while (now := _next(way)) is not None:
            step, scalars, pushed = now
            yield Frame(step, scalars, partial(replace, pushed))

    def picture(self, state: Pushed | None, view: View) -> Picture:
        """The target, the end, the cloud at the start, and the flow on the way."""
        if state is None:
            flow, start, target = self.case()
            state = Pushed(flow, start, torch.zeros(STEPS, 2, POINTS, POINTS).double(), target)
        try:
            path = state.path().numpy()
        except Unstable:
            path = np.full((STEPS + 1, 3, POINTS, POINTS), np.nan)
            path[0] = state.start.numpy()
        left = misfit(torch.from_numpy(path[-1, 2]), state.target, state.start[2])
        said = f"After 16 steps {100 * left:.0f} % of the first misfit is left."
        half = STEPS // 2
        speeds = np.nan_to_num(path[half, :2])
        return Picture((
            _smoke("target", state.target.numpy(), "The shape that is wanted."),
            _smoke("after 16 steps", path[-1, 2], said),
            _smoke("the cloud at the start, pushed", path[0, 2],
                   "A round cloud, with the force of the first step.", state.forces[0].numpy()),
            _smoke("half way, with the flow", path[half, 2],
                   "The cloud is being drawn out; arrows show the flow.", speeds),
        ), said)  # fmt: skip

    def case(self) -> tuple[Flow, Tensor, Tensor]:
        """The solver, the state at the start, and the target: (n, n)."""
        flow = Flow(self.nu, self.kappa, POINTS, 1 / STEPS, self.substeps, not self.limit)
        stroke = self.pen if self.target == "drawn" else LETTERS.get(self.target, ())
        start, target = _made(flow, tuple(stroke), self.place, self.seed)
        return flow, start, self.amount * target

    def _search(self, generator: Generator) -> Way:
        m = 2 * self.waves + 1
        coarse = 0.01 * torch.randn(STEPS, 2, m, m, generator=generator, dtype=torch.float64)
        coarse.requires_grad_()
        now: tuple[Pushed, Tensor] | None = None

        def losses() -> dict[str, Tensor]:
            nonlocal now
            flow, start, target = self.case()
            forces = resampled(coarse, POINTS)
            end = flow.end(start, forces, self.segment)[2]
            now = Pushed(flow, start, forces.detach(), target), end.detach()
            return self._losses(end, target, forces)

        for step in self._descend([coarse], losses):
            assert now is not None, "the losses come first"
            pushed, end = now
            left = misfit(end, pushed.target, pushed.start[2])
            yield step.step, {**_roots(step.losses), "miss": left}, pushed

    def _learn(self, generator: Generator) -> Way:
        """Strokes come one by one; their slopes are added up.

        Between two strokes, and after a trial, comes a heartbeat: no step is longer than a stroke.
        """
        network = Controller(self.width, generator)
        optimiser = torch.optim.Adam(network.parameters(), fused=True)
        pushed, miss = tried(self, network)
        yield 0, {}, pushed
        for step in range(LONGEST):
            told, batch = [], self.batch
            optimiser.zero_grad()
            for left in reversed(range(batch)):
                told.append(self._taught(network, generator, batch))
                if left:
                    yield step, {}, pushed
            scalars = _roots({name: fmean(one[name] for one in told) for name in told[0]})
            if step % LOOK == 0:
                scalars["miss"] = miss
            yield step, scalars, pushed
            optimiser.param_groups[0]["lr"] = self.lr * cosine(step, self.horizon, 0.05)
            optimiser.step()
            if (step + 1) % LOOK == 0:
                pushed, miss = tried(self, network)
                yield step + 1, {}, pushed

    def _taught(self, network: Controller, generator: Generator, share: int) -> dict[str, float]:
        """One stroke at random, pushed and judged; the slopes of its losses go to the weights."""
        flow = self._school()
        start, target = _paint(flow, drawn_at_random(generator), self.place)
        with torch.enable_grad():
            end, forces = steered(network, flow, start[None], target[None], STEPS)
            losses = self._losses(end[0, 2], target, forces)
            total = losses["loss"] + self.price * losses["effort"]
            (total / share).backward()
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _school(self) -> Flow:
        """The solver under the training: fewer points, longer waves, so fewer parts will do."""
        points = int(self.grid)
        parts = max(1, round(self.substeps * points / POINTS))
        return Flow(self.nu, self.kappa, points, 1 / STEPS, parts, not self.limit)

    def _losses(self, end: Tensor, target: Tensor, forces: Tensor) -> dict[str, Tensor]:
        off = end - target
        return {
            "loss": off.square().mean() / target.square().mean(),
            "effort": forces.square().mean(),
        }

    def _descend(self, unknowns: Any, losses: Any) -> Any:
        def weights() -> dict[str, float]:
            return {"loss": 1.0, "effort": self.price}

        return descend(unknowns, losses, weights=weights, lr=lambda: self.lr, steps=LONGEST)


def tried(lab: SmokeControl, network: Controller) -> tuple[Pushed, float]:
    """Where the network pushes the cloud of a lab, and the misfit that is left to its target."""
    flow, start, target = lab.case()
    with torch.no_grad():
        end, forces = steered(network, flow, start[None], target[None], STEPS)
    pushed = Pushed(flow, start, forces[0], target, copy.deepcopy(network))
    return pushed, misfit(end[0, 2], target, start[2])


def _roots(losses: dict[str, float]) -> dict[str, float]:
    return {name: value**0.5 for name, value in losses.items()}


def _next(way: Way) -> Any:
    try:
        return next(way, None)
    except Unstable as error:
        raise Diverged(
            f"The forces drive the flow too fast (“watch the limit” off lets them): {error}."
        ) from error


@lru_cache(maxsize=64)
def _made(flow: Flow, stroke: Any, place: float, seed: int) -> tuple[Tensor, Tensor]:
    """The state at the start, and the target with as much smoke; no stroke: by a known force."""
    if stroke:
        return _paint(flow, stroke, place)
    start = flow.begin(disc(0.1, POINTS, place))
    return start, replace(flow, ignore_limit=True).end(start, known_force(seed))[2]


def known_force(seed: int) -> Tensor:
    """The force behind the target that can be reached, (16, 2, n, n): of two waves an axis."""
    draw = torch.randn(2, 5, 5, generator=Generator().manual_seed(seed), dtype=torch.float64)
    return resampled(0.5 * draw, POINTS).expand(STEPS, -1, -1, -1)


def _paint(flow: Flow, stroke: Any, place: float) -> tuple[Tensor, Tensor]:
    shape = painted(stroke, flow.points)
    start = flow.begin(disc(float(shape.mean()), flow.points, place))
    return start, flow.begin(shape)[2]


def _smoke(title: str, smoke: np.ndarray, alt: str, arrows: np.ndarray | None = None) -> Plot:
    low, high = -0.5 / POINTS, 1 - 0.5 / POINTS
    marks: tuple[Any, ...] = (Image(smoke, (low, high, low, high), 0.0, 1.2),)
    if arrows is not None:
        few = slice(2, None, 4)
        at = np.arange(POINTS)[few] / POINTS
        x, y = (part.ravel() for part in np.meshgrid(at, at))
        u, v = (part[few, few].ravel() for part in arrows)
        longest = max(float(np.hypot(u, v).max()), 1e-9)
        marks += (Arrows(x, y, 0.12 * u / longest, 0.12 * v / longest, "", 1),)
    axes = Axis("x", low, high), Axis("y", low, high)
    return Plot(title, marks, *axes, alt=alt, equal=True)
