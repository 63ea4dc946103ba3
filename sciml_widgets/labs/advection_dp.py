"""The unknown flow that carried a dye: found through the solver. Trains no network."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.picture import INK, Axis, Image, Lines, Picture, Plot, View, round_limit
from sciml_widgets.preset import Preset
from sciml_widgets.solvers.advection import SCHEMES, Advection
from sciml_widgets.solvers.rollout import last, rollout
from sciml_widgets.solvers.stability import Unstable
from sciml_widgets.train import Step, descend, lbfgs

__all__ = ["AdvectionDP", "Carried"]

CELLS = 64
LONGEST = 1_000_000
TAU = 2 * math.pi

SEEN = 0.05
"""A cell is seen by the dye if its slope there reaches this share of its largest."""


@dataclass(frozen=True)
class Carried:
    """A snapshot: the flow as found so far, and what it is judged by."""

    flow: np.ndarray
    solver: Advection
    steps: int
    begin: np.ndarray
    data: np.ndarray
    true_flow: np.ndarray
    seen: np.ndarray

    def fields(self) -> tuple[np.ndarray, np.ndarray]:
        """The dye d(x, t) in the found flow, and ∂L/∂d(x, t); both (steps + 1, 64)."""
        flow = torch.from_numpy(self.flow)
        begin = torch.from_numpy(self.begin).requires_grad_()
        with torch.enable_grad():
            states = rollout(lambda d: self.solver.step(d, flow), begin, self.steps)
            loss = (states[-1] - torch.from_numpy(self.data)).square().mean()
            slopes = torch.autograd.grad(loss, states)
        return torch.stack(states).detach().numpy(), torch.stack(slopes).numpy()


@dataclass
class AdvectionDP(Experiment):
    """Dye is carried round a ring by a flow u(x) that nobody sees: d_t + u d_x = 0. Find u.

    Given are the dye at the start and at the end; minimise mean (solver(u) - data)² over the 64
    cells of u, a sum of few waves. The slope of the loss comes back through every step of the
    solver (the adjoint).
    The truth is u = drift + swing sin 2πx; the data are exact, or made with the same solver.

    What you should see: u becomes right where the dye has a slope, and nowhere else: where the
    dye is level the flow leaves no trace. Good values: upwind, 3 spots, 2 waves.
    """

    scheme: str = choice(
        "upwind", SCHEMES, group="Solver",
        help="where the dye's slope is taken; relu: upwind, written carelessly",
    )  # fmt: skip
    steps: int = knob(
        20, 4, 120, kind="restart", unit="steps", label="solver steps", group="Solver",
        help="of 1/128 each, between start and end",
    )  # fmt: skip
    limit: bool = toggle(
        True, kind="restart", label="watch the limit", group="Solver",
        help="stop when a step is beyond the stability limit; off: see what happens",
    )  # fmt: skip
    segment: int = knob(
        0, 0, 16, kind="restart", label="remember every", unit="steps", group="Solver",
        help="checkpoints: other states are computed again on the way back; 0: remember all",
    )  # fmt: skip
    drift: float = knob(
        0.4, -1.0, 1.0, kind="restart", group="Truth", help="mean of the true flow"
    )  # fmt: skip
    swing: float = knob(
        0.2, 0.0, 0.6, kind="restart", group="Truth", help="how much the true flow varies"
    )  # fmt: skip
    spots: int = knob(
        3, 1, 6, kind="restart", group="Truth", help="spots of dye at the start"
    )  # fmt: skip
    crime: bool = toggle(
        True, kind="restart", label="inverse crime", group="Truth",
        help="make the data with the same solver that is used to search; off: exact data",
    )  # fmt: skip
    guess: float = knob(
        0.0, -1.0, 1.0, kind="restart", label="first guess", group="Search",
        help="the flow that the search begins with, the same everywhere",
    )  # fmt: skip
    waves: int = knob(
        2, 0, 31, kind="restart", group="Search",
        help="waves that the flow may be made of; 31: each cell for itself",
    )  # fmt: skip
    optimizer: str = choice(
        "adam", ("gradient-descent", "adam", "l-bfgs"), group="Search",
        help="how the flow walks downhill",
    )  # fmt: skip
    lr: float = knob(
        0.02, 1e-4, 100.0, log=True, label="learning rate", group="Search",
        help="size of a step; gradient-descent wants about 0.5",
        unless=lambda lab: "l-bfgs finds its own" if lab.optimizer == "l-bfgs" else "",
    )  # fmt: skip

    title: ClassVar[str] = "Dye in a flow: which flow?"
    about: ClassVar[str] = "The dye is known at the start and at the end. Which u(x) carried it?"
    length: ClassVar[int] = 301
    series = (
        Series("loss", "loss: misfit at the end", role="loss"),
        Series("seen", "error of u where dye passed", role="error"),
        Series("everywhere", "error of u in all cells"),
    )
    presets = (
        Preset(
            "the lecture's stencil",
            "Always the right neighbour: unstable where u > 0. After a few steps all is lost.",
            {"scheme": "downwind", "limit": False, "steps": 100, "guess": 0.5, "spots": 1,
             "waves": 1},
            goal="seen<0.05",
            within=300,
        ),
        Preset(
            "the lecture's stencil, repaired",
            "Upwind: the neighbour where the flow comes from.",
            {"scheme": "upwind", "steps": 100, "guess": 0.5, "spots": 1, "waves": 1},
            repairs="the lecture's stencil",
        ),
        Preset(
            "a careless switch",
            "Upwind by max(u, 0) and min(u, 0): at u = 0 both have the slope 0. Nothing moves.",
            {"scheme": "relu"},
            goal="seen<0.05",
            within=300,
        ),
        Preset(
            "a careless switch, repaired",
            "The same numbers, but one of both sides is taken at u = 0.",
            {"scheme": "upwind"},
            repairs="a careless switch",
        ),
        Preset(
            "each cell for itself",
            "64 free numbers. Each cell goes its own way: many to the wrong side, one too fast.",
            {"waves": 31},
            goal="seen<0.05",
            within=300,
        ),
        Preset(
            "each cell for itself, repaired",
            "A flow that is made of few waves: neighbours must agree.",
            {"waves": 2},
            repairs="each cell for itself",
        ),
        Preset(
            "carried past the next spot",
            "Five spots, carried for longer: each is taken for its neighbour. A wrong valley.",
            {"spots": 5, "steps": 30},
            goal="seen<0.05",
            within=300,
        ),
        Preset(
            "carried past the next spot, repaired",
            "Fewer spots, farther apart than they are carried, and a flow of one wave.",
            {"spots": 3, "steps": 30, "waves": 1},
            repairs="carried past the next spot",
        ),
        Preset(
            "one spot",
            "The loss is small, and where no dye has passed the flow is anything.",
            {"spots": 1, "waves": 4},
        ),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the first guess. Raises Diverged where an iterate runs into the limit."""
        first = self._carried()
        waves = torch.from_numpy(_waves(first.solver.x, self.waves))
        sizes = torch.zeros(waves.shape[1], dtype=torch.float64, requires_grad=True)

        def flow() -> Tensor:
            return self.guess + waves @ sizes

        search, here = self._search(sizes, flow, first), first
        while (now := _next(search, here)) is not None:
            here = self._carried(flow().detach().numpy())
            yield Frame(now.step, {**now.losses, **_errors(here)}, lambda h=here: h)

    def picture(self, state: Carried | None, view: View) -> Picture:
        """The dye, the flow, and both fields over t and x."""
        found = state or self._carried()
        with np.errstate(all="ignore"):
            try:
                dye, slopes = found.fields()
            except Unstable:
                dye = slopes = np.full((found.steps + 1, CELLS), np.nan)
        x, end = found.solver.x, found.steps * found.solver.dt
        said = _errors(found)
        words = (
            f"The mean error of u is {said['seen']:.2g} where dye has passed, "
            f"and {said['everywhere']:.2g} over all cells."
        )
        times, up = Axis("t", 0.0, end), Axis("x", 0.0, 1.0)
        limit = round_limit(float(np.max(abs(slopes))))
        where = np.where(found.seen, -1.55, np.nan)
        return Picture(
            (
                Plot(
                    "the dye",
                    (Lines(x, found.begin, "start", INK, "dotted", 1.2),
                     Lines(x, dye[-1], "end, in the found flow"),
                     Lines(x, found.data, "end, measured", 1, "dashed", 1.4)),
                    Axis("x", 0.0, 1.0), Axis("d", -0.2, 1.3),
                    alt="The dye at the start, at the end in the found flow, and as measured.",
                ),
                Plot(
                    "the flow u(x)",
                    (Lines(x, found.flow, "found"),
                     Lines(x, found.true_flow, "true", INK, "dashed", 1.2),
                     Lines(x, where, "dye has passed", 2, "solid", 4.0)),
                    Axis("x", 0.0, 1.0), Axis("u", -1.7, 1.7), alt=words,
                ),
                Plot(
                    "the dye d(x, t)", (Image(dye.T, (0, end, 0, 1), 0.0, 1.0, unit="d"),),
                    times, up, alt="The dye over t and x: bands that lean the way it is carried.",
                ),
                Plot(
                    "adjoint ∂L/∂d(x, t)",
                    (Image(slopes.T, (0, end, 0, 1), -limit, limit, "error"),), times, up,
                    alt="What more dye at (x, t) would do to the loss: carried back from the end "
                    f"along the same paths; at most {np.max(abs(slopes)):.2g}.",
                ),
            ),
            words,
        )  # fmt: skip

    def _carried(self, flow: np.ndarray | None = None) -> Carried:
        solver = Advection(CELLS, 1 / 128, self.scheme, not self.limit)
        made = _truth(self.drift, self.swing, self.spots, self.steps,
                      self.scheme if self.crime else "")  # fmt: skip
        mine = np.full(CELLS, self.guess) if flow is None else flow
        return Carried(mine, solver, self.steps, *made)

    def _search(self, sizes: Tensor, flow: Callable[[], Tensor], first: Carried) -> Iterator[Step]:
        begin, data = torch.from_numpy(first.begin), torch.from_numpy(first.data)

        def losses() -> dict[str, Tensor]:
            u = flow()

            def step(d: Tensor) -> Tensor:
                return first.solver.step(d, u)

            end = last(step, begin, self.steps, self.segment)
            return {"loss": (end - data).square().mean()}

        def weights() -> dict[str, float]:
            return {"loss": 1.0}

        if self.optimizer == "l-bfgs":
            return lbfgs([sizes], losses, weights=weights, steps=LONGEST)
        adam = self.optimizer == "adam"
        return descend(
            [sizes], losses, weights=weights, lr=lambda: self.lr, steps=LONGEST, adam=adam
        )


def _next(search: Iterator[Step], here: Carried) -> Step | None:
    try:
        return next(search, None)
    except Unstable as error:
        downwind = here.solver.scheme == "downwind"
        remedy = error.remedy if downwind else "take fewer waves or a smaller learning rate"
        raise Diverged(
            f"The search has left the stable region: {error.fact}. {remedy.capitalize()}; "
            "or switch “watch the limit” off, to see what it was kept from.",
            here,
        ) from error


def _errors(found: Carried) -> dict[str, float]:
    """Means of |found - true|, where the dye has passed and in all cells."""
    off = abs(found.flow - found.true_flow)
    return {"seen": float(off[found.seen].mean()), "everywhere": float(off.mean())}


@lru_cache(maxsize=8)
def _truth(
    drift: float, swing: float, spots: int, steps: int, scheme: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The dye at the start and at the end, the flow, and where the dye has passed.

    `scheme` makes the end; "" stands for the exact one. A scheme that is unstable in the true
    flow is replaced by upwind, so that there are data at all.
    """
    exact, solver = Advection(CELLS, 1 / 128), Advection(CELLS, 1 / 128, scheme or "upwind")
    x = exact.x
    flow, begin = drift + swing * np.sin(TAU * x), _spots(x, spots)
    if scheme:
        stable = solver if solver.courant(flow) <= 1 else exact
        states = np.array(rollout(lambda d: stable.step(d, flow), begin, steps))
    else:
        states = np.array(_paths(x, drift, swing, spots, steps))
    slope = abs(np.roll(states, -1, 1) - np.roll(states, 1, 1)).max(0)
    made = begin, states[-1], flow, slope > SEEN * slope.max()
    return made


def _waves(x: np.ndarray, most: int) -> np.ndarray:
    """The columns 1, cos 2πx, sin 2πx, ... up to `most` waves round the ring."""
    columns = [np.ones_like(x)]
    for k in range(1, most + 1):
        columns += [np.cos(TAU * k * x), np.sin(TAU * k * x)]
    return np.stack(columns, 1)


def _spots(x: np.ndarray, count: int) -> np.ndarray:
    """Equal bells round the ring, 0 to 1."""
    middles = (np.arange(count) + 0.5) / count
    away = (x[:, None] - middles + 0.5) % 1 - 0.5
    return np.exp(-0.5 * (away / 0.05) ** 2).sum(1)


def _paths(x: np.ndarray, drift: float, swing: float, spots: int, steps: int) -> list[Any]:
    """Exact dye: follow each cell back to where it came from, by Runge-Kutta of fourth order."""
    h, states = 1 / 128, [_spots(x, spots)]

    def back(y: np.ndarray) -> np.ndarray:
        return -(drift + swing * np.sin(TAU * y))

    y = x.copy()
    for _ in range(steps):
        one = back(y)
        two = back(y + h / 2 * one)
        three = back(y + h / 2 * two)
        four = back(y + h * three)
        y = y + h / 6 * (one + 2 * two + 2 * three + four)
        states.append(_spots(y % 1, spots))
    return states
