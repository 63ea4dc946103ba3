"""The race: six methods reconstruct one flow from the same data, turn by turn. Knows no answer."""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.picture import INK, Axis, Dash, Lines, Mark, Picture, Plot, View
from sciml_widgets.preset import Preset
from sciml_widgets.racers import Lap, as_the_book, four_d_var, surrogate, trained_network
from sciml_widgets.reconstruction import REGIONS, Reconstruction
from sciml_widgets.solvers.stability import Unstable

__all__ = ["RACERS", "BurgersRace", "Course", "Racer", "Standing"]

LARGEST = 10.0
"""No |u| is above 1 in truth: whose field is ten times that has diverged."""

SHOWN = 1.6
"""The pictures of u end here."""


@dataclass(frozen=True)
class Racer:
    """A racer's name, and the laps that it makes in each of its turns."""

    name: str
    laps: int


RACERS = {
    "var": Racer("4D-Var", 1),
    "book": Racer("as the book", 4),
    "surrogate": Racer("surrogate", 1),
    "descent": Racer("net, descent", 10),
    "adam": Racer("net, Adam", 10),
    "newton": Racer("net, Newton", 1),
}
"""In the order of their turns. The ratio of laps is fixed, so that a race can be run again."""

NETWORKS = {
    "descent": ("gradient-descent", 0.02), "adam": ("adam", 5e-3), "newton": ("gauss-newton", 0.0),
}  # fmt: skip
"""Optimizer and learning rate; 0.02 is the book's."""


def _dash(key: str) -> Dash:
    """Networks are dotted: two of the six colours are both blue."""
    return "dotted" if key in NETWORKS else "solid"


@dataclass(frozen=True)
class Starters:
    """Who runs. Who is switched off stands still, and goes on from there when switched on."""

    var: bool = toggle(
        True, label="4D-Var", group="Who runs",
        help="the classical way: adjoint, L-BFGS, a price for roughness",
    )  # fmt: skip
    book: bool = toggle(
        True, label="as the book", group="Who runs",
        help="plain gradient descent through the book's solver",
    )  # fmt: skip
    surrogate: bool = toggle(
        True, label="surrogate", group="Who runs",
        help="a network that learns the answer from solved random cases",
    )  # fmt: skip
    descent: bool = toggle(
        True, label="net, descent", group="Who runs",
        help="a network that obeys the equation, by gradient descent, as in the book",
    )  # fmt: skip
    adam: bool = toggle(True, label="net, Adam", group="Who runs", help="the same network by Adam")
    newton: bool = toggle(
        True, label="net, Newton", group="Who runs",
        help="the same network by Gauss-Newton",
    )  # fmt: skip


@dataclass(frozen=True)
class Course:
    """How one racer has done, a number for each of its turns.

    `seconds` are those of the processor for its own laps, so far; they differ from run to run and
    are for the eye. `field` is its u(x, t), `doing` what it does, `out` why it is out of the race.
    """

    rounds: tuple[int, ...]
    laps: tuple[int, ...]
    seconds: tuple[float, ...]
    errors: Mapping[str, tuple[float, ...]]
    field: np.ndarray
    doing: str
    out: str


@dataclass(frozen=True)
class Standing:
    """A snapshot of the race: the task, and the course of each who has had a turn."""

    task: Reconstruction
    courses: dict[str, Course]


@dataclass
class BurgersRace(Experiment):
    """u(x, 1/2) is observed, with noise. What was u(x, t)? Six racers, one truth, the same data.

    What you should see: at 1/2 <= t nearly all become good. At t = 0 they are good for |x| > 1/2
    only: what was inside has run into the shock, and each fills the hole with what it believes in
    (smoothness; its training cases; the habits of a network).

    Good values: ν = 0.01/π, noise 0.01, Tikhonov weight 3e-4. A racer whose field leaves the
    stable or the finite is out, and the others go on. Task and metric: Thuerey et al.,
    arXiv:2109.05237, with one viscosity and one truth for all.
    """

    nu: float = knob(
        0.01 / math.pi, 0.001, 0.01, log=True, kind="restart", label="viscosity ν",
        group="Task", help="of the truth, of every solver and of every network",
    )  # fmt: skip
    noise: float = knob(
        0.01, 0.0, 0.3, kind="restart", group="Task",
        help="standard deviation of the errors of the observations",
    )  # fmt: skip
    seed: int = knob(
        0, 0, 9999, kind="restart", group="Task",
        help="random seed of the noise, of the networks and of the surrogate's cases",
    )  # fmt: skip
    racers: Starters = Starters()
    tikhonov: float = knob(
        3e-4, 1e-12, 1e-1, log=True, label="Tikhonov weight", group="4D-Var",
        help="price of roughness, mean of (slope of u0)²; 1e-12 is none",
    )  # fmt: skip
    cells: str = choice(
        "256", ("128", "256", "512"), group="4D-Var",
        help="cells of its grid: unknowns, and what is left of the shock",
    )  # fmt: skip
    rate: float = knob(
        5.0, 0.1, 100.0, log=True, label="learning rate", group="As the book",
        help="size of its steps; the book has 5",
    )  # fmt: skip
    region: str = choice(
        "outside", tuple(REGIONS), kind="view", label="error of", group="View",
        help="everywhere; of the start, inside or outside |x| = 1/2; or later than t = 1/2",
    )  # fmt: skip

    title: ClassVar[str] = "The race"
    about: ClassVar[str] = "One flow, seen once at t = 1/2. Six methods say what it was."
    length: ClassVar[int] = 6 * 121
    series = tuple(
        Series(key, racer.name, plot=f"mean |error|, {REGIONS['everywhere']}", dash=_dash(key))
        for key, racer in RACERS.items()
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "no price for roughness",
            "4D-Var alone, without a price: it fits the noise, gets rough, and is out.",
            {"tikhonov": 1e-12, "book": False, "surrogate": False, "descent": False,
             "adam": False, "newton": False},
            goal="var<0.03",
            within=60,
        ),
        Preset(
            "no price for roughness, repaired",
            "The same search with a weight of 0.0003: of all starts that fit, a smooth one.",
            {"tikhonov": 3e-4, "book": False, "surrogate": False, "descent": False,
             "adam": False, "newton": False},
            repairs="no price for roughness",
        ),
        Preset(
            "a racer falls",
            "The book's descent with steps ten times too long: it is out, the others go on.",
            {"rate": 50.0},
        ),
        Preset(
            "three networks",
            "One network, one loss, one draw: only the optimizer differs.",
            {"var": False, "book": False, "surrogate": False},
        ),
    )  # fmt: skip

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """One turn of one racer a frame; the step is the round. Each series: the mean error.

        In its first turn a racer shows where it begins. A racer that diverges has no more turns;
        the race is over when nobody runs.
        """
        self.prepare()  # an import is on nobody's clock
        task = Reconstruction(self.nu, self.noise, self.seed)
        runners: dict[str, _Runner] = {}
        for now in count():
            for key, racer in RACERS.items():
                if getattr(self.racers, key):
                    if key not in runners:
                        runners[key] = _Runner(task, self._laps(key, task))
                    here = runners[key]
                    if not here.out:
                        here.turn(now, racer.laps)
                        scalars = {} if here.out else {key: here.errors["everywhere"][-1]}
                        yield Frame(now, scalars, partial(_standing, task, runners))
            if all(run.out or not getattr(self.racers, key) for key, run in runners.items()):
                return

    def picture(self, state: Standing | None, view: View) -> Picture:
        """The start and the end of each racer, and its error over rounds and over seconds."""
        if state is None:
            state = Standing(Reconstruction(self.nu, self.noise, self.seed), {})
        region, where = self.region, REGIONS[self.region]
        running = {key: one for key, one in state.courses.items() if one.rounds}
        words = _in_words(running, region)
        profile = Axis("x", -1.0, 1.0), Axis("u", -SHOWN, SHOWN)
        walls = [Lines(np.full(2, at), np.array([-SHOWN, SHOWN]), "", INK, "dotted", 0.8)
                 for at in (-0.5, 0.5)]  # fmt: skip
        return Picture(
            (
                Plot(
                    "the start u(x, 0)", (*walls, *_profiles(state, 0)), *profile,
                    note="dotted: |x| = 1/2; dashed: true",
                    alt="What each racer says of u(x, 0), over the true one, dashed.",
                ),
                Plot(
                    "the end u(x, 1)", tuple(_profiles(state, -1)), *profile, note="dashed: true",
                    alt="What each racer says of u(x, 1), over the true one, dashed.",
                ),
                Plot(
                    f"error of {where}", tuple(_curves(running, region, "rounds")),
                    Axis("round"), Axis("mean |error|", log=True), ends=True,
                    alt=f"Mean error of each racer over the rounds, of {where}. {words}",
                ),
                Plot(
                    "the same over seconds", tuple(_curves(running, region, "seconds")),
                    Axis("seconds of the processor", log=True), Axis("mean |error|", log=True),
                    note="lines as before",
                    alt=f"The same errors over each racer's own seconds. {words}",
                ),
            ),
            words,
        )  # fmt: skip

    def _laps(self, key: str, task: Reconstruction) -> Iterator[Lap]:
        if key == "var":
            return four_d_var(task, cells=int(self.cells), tikhonov=lambda: self.tikhonov)
        if key == "book":
            return as_the_book(task, rate=lambda: self.rate)
        if key == "surrogate":
            return surrogate(task, seed=self.seed)
        optimizer, rate = NETWORKS[key]
        return trained_network(task, optimizer=optimizer, seed=self.seed, rate=rate)


@dataclass
class _Runner:
    """A racer on its way; what it has done so far grows with each turn."""

    task: Reconstruction
    todo: Iterator[Lap]
    rounds: list[int] = field(default_factory=list)
    laps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in REGIONS})
    latest: np.ndarray | None = None
    doing: str = ""
    out: str = ""

    def turn(self, now: int, laps: int) -> None:
        """Some laps on the clock, then a look at the field, off the clock."""
        lap, before = None, self.seconds[-1] if self.seconds else 0.0
        try:
            with np.errstate(all="ignore"):
                began = time.thread_time()
                for _ in range(laps if self.rounds else 1):
                    lap = next(self.todo)
                spent = time.thread_time() - began
                found = lap.field() if lap else np.full(1, np.nan)
        except Unstable:
            self.out = "beyond the stability limit of its solver"
            return
        except Diverged as error:
            self.out = str(error).rstrip(".")
            return
        if lap is None or not (np.isfinite(found).all() and abs(found).max() <= LARGEST):
            self.out = f"its u is no longer finite, or above {LARGEST:g}"
            return
        self.rounds.append(now)
        self.laps.append(lap.steps)
        self.seconds.append(before + spent)
        for name, error in self.task.errors(found).items():
            self.errors[name].append(error)
        self.latest, self.doing = found, lap.doing

    def course(self) -> Course:
        """A copy that the next turn does not change."""
        shape = self.task.truth.shape
        latest = np.zeros(shape) if self.latest is None else self.latest.copy()
        errors = {name: tuple(values) for name, values in self.errors.items()}
        return Course(
            tuple(self.rounds), tuple(self.laps), tuple(self.seconds), errors, latest, self.doing,
            self.out,
        )  # fmt: skip


def _standing(task: Reconstruction, runners: Mapping[str, _Runner]) -> Standing:
    return Standing(task, {key: one.course() for key, one in runners.items()})


def _profiles(state: Standing, row: int) -> list[Mark]:
    """The u of each racer at one time, and the true one on top. Who is out: its last, thinner."""
    x, colours = state.task.x, list(RACERS)
    lines: list[Mark] = [
        Lines(x, np.clip(one.field[row], -SHOWN, SHOWN), "", colours.index(key), _dash(key),
              0.8 if one.out else 1.4)
        for key, one in state.courses.items()
        if one.rounds
    ]  # fmt: skip
    return [*lines, Lines(x, state.task.truth[row], "", INK, "dashed", 1.6)]


def _curves(running: Mapping[str, Course], region: str, over: str) -> list[Mark]:
    """The error of each racer in one region, over its rounds or its seconds."""
    return [
        Lines(
            np.maximum(np.array(getattr(one, over), float), 1e-4 if over == "seconds" else 0.0),
            np.maximum(np.array(one.errors[region]), 1e-6),
            RACERS[key].name if over == "rounds" else "",
            list(RACERS).index(key), _dash(key),
        )
        for key, one in running.items()
    ]  # fmt: skip


def _in_words(running: Mapping[str, Course], region: str) -> str:
    """Who is ahead in a region, and who is out."""
    there = {key: one.errors[region][-1] for key, one in running.items() if not one.out}
    said = []
    if there:
        best = min(there, key=lambda key: there[key])
        said.append(
            f"Smallest error of {REGIONS[region]}: {RACERS[best].name}, {there[best]:.2g}."
        )
    if "surrogate" in there and running["surrogate"].doing == "makes pairs":
        said.append("The surrogate still solves its training cases.")
    said += [f"Out: {RACERS[key].name} ({one.out})." for key, one in running.items() if one.out]
    return " ".join(said) or "Nobody has started."
