"""A surrogate of who survives in a ring, that chooses what to track next. Knows no panel."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob
from sciml_widgets.labs.survival_picture import brute_force, survival_picture
from sciml_widgets.physics import Henon
from sciml_widgets.physics.aperture import agreement, by_area
from sciml_widgets.physics.henon import EDGE, quadrant, survive
from sciml_widgets.picture import Picture, View
from sciml_widgets.preset import Preset
from sciml_widgets.surrogates import RULES, Ensemble, Neighbour, Process, choose

__all__ = ["DynamicAperture", "Survey", "ring_points", "some_rings"]

LOW = np.array([0.0, 0.0, 0.26, 0.28, -0.5])
HIGH = np.array([EDGE, EDGE, 0.30, 0.33, 0.5])
"""The box of x, y, ν_x, ν_y and K from which rings are drawn."""

HOME = np.array([[0.28, 0.31, 0.0]])
"""The ring that is tracked first, and alone where one ring is tracked."""

PIXELS = 60
FINE = 72
"""Cells of a map's side, and of the finer map that scores it; no two centres coincide."""

UNSEEN, COARSE = 8, 26
"""Rings that are never tracked for training, and cells of a side on which each is scored."""

CANDIDATES = 600
"""Places among which the next batch is chosen, drawn anew each step."""

EVERY = 5
"""Steps between two scores on the first map."""

MANY = {"rings": 200, "budget": 2500, "batch": 100}
MODELS = ("networks", "gaussian process", "nearest neighbour")


def unit(points: np.ndarray) -> np.ndarray:
    """(x, y, ν_x, ν_y, K), (n, 5), each to [-1, 1]."""
    return 2 * (points - LOW) / (HIGH - LOW) - 1


def ring_points(places: np.ndarray, rings: np.ndarray) -> np.ndarray:
    """Every place (p, 2) in every ring (r, 3): (r p, 5), the places of the first ring first."""
    return np.hstack([np.tile(places, (len(rings), 1)), np.repeat(rings, len(places), axis=0)])


def some_rings(count: int, rng: np.random.Generator) -> np.ndarray:
    """Tunes and octupoles of rings drawn from the box, (count, 3)."""
    return rng.uniform(LOW[2:], HIGH[2:], (count, 3))


@dataclass(frozen=True)
class Survey:
    """A snapshot: the surrogate, the particles tracked so far (n, 5), and who survived."""

    model: Any
    points: np.ndarray
    alive: np.ndarray

    def says(self, points: np.ndarray) -> np.ndarray:
        """Who survives of points (m, 5), as the surrogate has it."""
        return self.model.says(unit(points))

    def chance(self, points: np.ndarray) -> np.ndarray:
        """How likely each survives, (m,)."""
        return self.model.predict(unit(points))[0]


class Score:
    """How well a survey agrees with brute force, on what it may not see."""

    def __init__(
        self, rings: np.ndarray, turns: int, pixels: bool, rng: np.random.Generator
    ) -> None:
        many = len(rings) > 1
        self.rings = some_rings(UNSEEN, rng) if many else HOME
        self.points = ring_points(quadrant(COARSE if many else FINE), self.rings)
        self.truth = survive(*self.points.T, turns=turns) >= turns
        self.map = ring_points(quadrant(PIXELS), HOME)
        self.map_truth = survive(*self.map.T, turns=turns) >= turns
        self.pixels = pixels

    def __call__(self, step: int, now: Survey) -> dict[str, float]:
        """Agreements, and the mean relative error of the aperture over the rings that score."""
        found = now.says(self.points).reshape(len(self.rings), -1)
        truth = self.truth.reshape(found.shape)
        pairs = list(zip(found, truth, strict=True))
        sizes = [(by_area(one, EDGE), by_area(true, EDGE)) for one, true in pairs if true.any()]
        scalars = {
            "iou": float(np.mean([agreement(one, true) for one, true in pairs])),
            "aperture": float(np.mean([abs(one / true - 1) for one, true in sizes])),
        }
        if step % EVERY:
            return scalars
        on_map = now.says(self.map)
        if self.pixels:  # what is known is not asked again
            here = (now.points[:, 2:] == HOME).all(axis=1)
            column, row = np.rint(now.points[here, :2] / EDGE * PIXELS - 0.5).astype(int).T
            on_map[row * PIXELS + column] = now.alive[here]
        return scalars | {"iou_pixels": agreement(on_map, self.map_truth)}


@dataclass
class DynamicAperture(Experiment):
    """Which particles survive? Tracking is the dear part; a surrogate says where to track next.

    Each step tracks a batch, chosen by a rule, and fits the surrogate to all that was tracked.
    `iou` is the agreement with brute force on what was never tracked: rings that no particle was
    tracked in, or a finer map where there is one ring only. `iou_pixels` is that on a map of the
    first ring, with the known answers put in: where candidates are its pixels, it leaks. Source of
    the task: Schenk et al. (2021), doi 10.18429/JACoW-IPAC2021-TUPAB216.
    """

    shown: Henon = Henon()
    rings: int = knob(
        1, 1, 400, log=True, kind="restart", label="rings tracked", group="Tracking",
        help="rings (tunes and octupole) that particles are tracked in; 1: ν 0.28, 0.31, K = 0",
    )  # fmt: skip
    turns: int = knob(
        1000, 100, 2000, log=True, kind="restart", group="Tracking",
        help="turns that a particle must survive to count as stable",
    )  # fmt: skip
    rule: str = choice(
        "boundary", RULES, kind="hot", label="track next", group="Tracking",
        help="at random, where the surrogate is least sure, or where it says half and half",
    )  # fmt: skip
    batch: int = knob(
        20, 5, 100, log=True, label="particles a step", group="Tracking",
        help="particles tracked before the surrogate is asked again",
    )  # fmt: skip
    explore: float = knob(
        0.2, 0.0, 1.0, step=0.05, label="share at random", group="Tracking",
        help="share of each batch that is placed at random",
        unless=lambda lab: "all are random" if lab.rule == "random" else "",
    )  # fmt: skip
    budget: int = knob(
        600, 40, 5000, log=True, label="particles at most", group="Tracking",
        help="no more are tracked; the surrogate goes on learning",
    )  # fmt: skip
    candidates: str = choice(
        "anywhere", ("anywhere", "pixels"), group="Tracking",
        help="where particles may be placed: anywhere, or on the pixels of the map only",
    )  # fmt: skip
    model: str = choice(
        "networks", MODELS, group="Surrogate",
        help="an ensemble of networks, a Gaussian process, or the nearest tracked particle",
    )  # fmt: skip
    members: int = knob(
        4, 2, 10, kind="restart", group="Surrogate", help="networks in the ensemble",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    width: int = knob(
        48, 4, 96, log=True, kind="restart", group="Surrogate", help="units in each of 3 layers",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    steps: int = knob(
        30, 5, 100, log=True, label="training steps", group="Surrogate",
        help="steps of Adam after each batch",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    lr: float = knob(
        3e-3, 1e-4, 3e-2, log=True, label="learning rate", group="Surrogate",
        help="size of a step of Adam",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Surrogate", help="random seed")

    title: ClassVar[str] = "Dynamic aperture: who survives?"
    about: ClassVar[str] = "A surrogate of particle tracking that chooses what to track next."
    length: ClassVar[int] = 41
    series = (
        Series("iou", "agreement, unseen", scale="linear", x="particles", percent=True),
        Series("iou_pixels", "agreement, first map", scale="linear", x="particles", percent=True),
        Series("aperture", "aperture, relative error", role="error", x="particles", percent=True),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "one ring, no network",
            "The nearest tracked particle answers: in two directions that is hard to beat.",
            {"model": "nearest neighbour"},
        ),
        Preset(
            "the leak",
            "Particles are placed on the pixels that score: the first map reaches 100 %.",
            {"model": "nearest neighbour", "candidates": "pixels", "explore": 0.0},
        ),
        Preset(
            "many rings, no network",
            "In five directions the nearest tracked particle is far away.",
            {**MANY, "model": "nearest neighbour", "rule": "random"},
            goal="iou>0.84",
            within=25,
        ),
        Preset(
            "many rings, networks",
            "Smooth curves carry over from ring to ring.",
            {**MANY, "steps": 40},
            repairs="many rings, no network",
        ),
    )

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Step 0 is a first batch at random. One batch a step, until the budget is spent."""
        rng = np.random.default_rng(self.seed)
        rings = np.vstack([HOME, some_rings(self.rings - 1, rng)])
        score = Score(rings, self.turns, self.candidates == "pixels", rng)
        model = self._untrained(rng)
        points, alive = np.empty((0, 5)), np.empty(0, dtype=bool)
        step = 0
        while True:
            count = min(self.batch, self.budget - len(points))
            if not len(points):
                new = self._candidates(points, rings, rng)[: max(count, self.batch)]
            elif count > 0:
                places = self._candidates(points, rings, rng)
                if len(places):
                    said = model.predict(unit(places))
                    places = places[choose(self.rule, *said, count, self.explore, rng)]
                new = places
            else:
                new = points[:0]
            points = np.vstack([points, new])
            alive = np.concatenate([alive, survive(*new.T, turns=self.turns) >= self.turns])
            self._fit(model, unit(points), alive)
            now = Survey(model.frozen(), points, alive)
            scalars = {"particles": float(len(points)), **score(step, now)}
            yield Frame(step, scalars, partial(_same, now))
            step += 1

    def picture(self, state: Survey | None, view: View) -> Picture:
        """Brute force on the ring shown, the surrogate's map of it, and where they differ."""
        ring = self.shown
        survived = brute_force(ring, self.turns, PIXELS)
        if state is None:
            return survival_picture(ring, survived, self.turns)
        row = np.array([[ring.nu_x, ring.nu_y, ring.octupole]])
        chance = state.chance(ring_points(quadrant(PIXELS), row))
        there = np.abs(state.points[:, 2:] - row).max(axis=1) < 1e-9
        return survival_picture(
            ring, survived, self.turns, chance, state.points[there], state.alive[there],
            elsewhere=int((~there).sum()),
        )  # fmt: skip

    def _untrained(self, rng: np.random.Generator) -> Any:
        if self.model == "networks":
            seed = torch.Generator().manual_seed(int(rng.integers(2**31)))
            return Ensemble(5, members=self.members, width=self.width, generator=seed)
        return Process(5, rng=rng) if self.model == "gaussian process" else Neighbour()

    def _fit(self, model: Any, z: np.ndarray, alive: np.ndarray) -> None:
        if isinstance(model, Ensemble):
            model.train(z, alive, self.steps, self.lr)
        else:
            model.fit(z, alive)

    def _candidates(
        self, points: np.ndarray, rings: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Places that may be tracked next, in a random order."""
        many = PIXELS**2 if self.candidates == "pixels" and len(rings) == 1 else CANDIDATES
        row = rings[rng.integers(len(rings), size=many)]
        if self.candidates == "anywhere":
            return np.hstack([EDGE * rng.random((CANDIDATES, 2)), row])
        some = np.hstack([rng.permutation(quadrant(PIXELS))[:many], row])
        known = {tuple(one) for one in points}
        new = [one for one in dict.fromkeys(map(tuple, some)) if one not in known]
        return np.array(new).reshape(-1, 5)


def _same(survey: Survey) -> Survey:
    return survey
