"""A beam's lifetime, learned from a log, a scan or questions of its own. Knows the true effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.physics.lifetime import (
    HIGH,
    LOW,
    NOMINAL,
    REFERENCE,
    SPREAD,
    Entries,
    best,
    effect,
    expected,
    logbook,
    measured,
    normal_emittance,
    scan,
)
from sciml_widgets.picture import INK, Axis, Image, Lines, Mark, Picture, Plot, Points, View
from sciml_widgets.preset import Preset
from sciml_widgets.surrogates import Forest, Networks, Quadratic, trees

__all__ = ["LOG", "QUESTIONS", "SCAN", "BeamLifetime", "Tuned"]

LOG, SCAN, QUESTIONS = "the operators' log", "a random scan", "its own questions"
MODELS = ("networks", "boosted trees", "quadratic")

OCTUPOLE, ALL = "the octupoles", "all four knobs"
RUN = np.array([250.0, 550.0])
"""Currents, in A, between which people run the ring."""

OWN, TESTS, PLACES = 300, 400, 3000
"""Entries of its own kind that a surrogate is judged on, settings on which its moves are, and
settings among which its advice is the best."""

AT_RANDOM = 0.2
"""Share of its own questions that is put at random."""

SIDE = 40
LIMITS = 0.0, 1.9
"""Cells of a map's side, and its colours: log10 of the hours."""


def inputs(knobs: np.ndarray, emittance: np.ndarray | float = REFERENCE) -> np.ndarray:
    """Knobs (n, 4) and emittances, each to about [-1, 1]: (n, 5)."""
    z = 2 * (knobs - LOW) / (HIGH - LOW) - 1
    blown = np.log(np.asarray(emittance) / REFERENCE) / (3 * SPREAD)
    return np.column_stack([z, np.broadcast_to(blown, len(z))])


@dataclass(frozen=True)
class Tuned:
    """A snapshot: the surrogate, what it has seen, and the knobs that it advises.

    `logged`: it was told the emittance of each entry.
    """

    model: Any
    entries: Entries
    logged: bool
    advice: np.ndarray

    def says(self, knobs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean log10 lifetime over the fills and its spread, at knobs (m, 4), each (m,).

        Where it was told the emittance it is asked at five of them, and the mean is weighted as
        they occur (the back-door formula: Pearl 1995, doi 10.1093/biomet/82.4.669).
        """
        if not self.logged:
            return self.model.predict(inputs(knobs))
        z, weight = np.polynomial.hermite_e.hermegauss(5)
        each = [self.model.predict(inputs(knobs, float(e))) for e in normal_emittance(z)]
        mean, spread = (weight @ np.array(one) / weight.sum() for one in zip(*each, strict=True))
        return mean, spread


@dataclass
class BeamLifetime(Experiment):
    """A surrogate of the lifetime says how to turn the knobs of a ring. Is it right?

    The data are what operators wrote down, a scan by chance, or what the surrogate asks for. The
    ring is made up, so the true effect of each move is known. Operators lower the octupoles when
    a fill is bad, and that is wise. In their log bad fills then stand beside low currents.

    What you should see: fitted to the log, the surrogate foretells new entries well, and advises
    the wrong way. A scan by chance, or the emittance beside each entry, turns it round.

    Good values: 20 measurements a step, 25 steps. Source of the task: Arpaia et al. (2021),
    doi 10.1016/j.nima.2020.164652.
    """

    source: str = choice(
        LOG, (LOG, SCAN, QUESTIONS), label="data from", group="Data",
        help="what people wrote down, settings drawn by chance, or what the surrogate asks for",
    )  # fmt: skip
    react: float = knob(
        1.0, 0.0, 1.5, step=0.05, kind="restart", label="operators react", group="Data",
        help="how strongly they turn the octupoles after a look at the lifetime; 0: not at all",
        unless=lambda lab: "" if lab.source == LOG else "there is no log",
    )  # fmt: skip
    logged: bool = toggle(
        False, kind="restart", label="the emittance is logged", group="Data",
        help="the surrogate is told how wide the beam of each fill was",
    )  # fmt: skip
    batch: int = knob(
        20, 5, 100, log=True, label="measurements a step", group="Data",
        help="fills measured, or read from the log, before the surrogate is fitted again",
    )  # fmt: skip
    moves: str = choice(
        OCTUPOLE, (OCTUPOLE, ALL), label="advice may move", group="Advice",
        help="which knobs are turned: the octupoles alone, or both tunes and chromaticity too",
    )  # fmt: skip
    curiosity: float = knob(
        1.0, 0.0, 4.0, step=0.1, group="Advice",
        help="it asks where answer + curiosity x spread is largest; 0: where the answer is",
        unless=lambda lab: "" if lab.source == QUESTIONS else "it does not ask",
    )  # fmt: skip
    model: str = choice(
        "networks", MODELS, group="Surrogate",
        help="small networks, boosted trees (scikit-learn), or a parabola by least squares",
    )  # fmt: skip
    members: int = knob(
        4, 2, 8, kind="restart", group="Surrogate", help="networks, or sets of trees, abreast",
        unless=lambda lab: "there is one only" if lab.model == "quadratic" else "",
    )  # fmt: skip
    width: int = knob(
        32, 4, 64, log=True, kind="restart", group="Surrogate", help="units in each of 2 layers",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    steps: int = knob(
        60, 5, 200, log=True, label="training steps", group="Surrogate",
        help="steps of Adam after each batch",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    lr: float = knob(
        3e-3, 1e-4, 3e-2, log=True, label="learning rate", group="Surrogate",
        help="size of a step of Adam",
        unless=lambda lab: "" if lab.model == "networks" else "there are no networks",
    )  # fmt: skip
    octupole: float = knob(
        400.0, 100.0, 550.0, step=10.0, kind="view", label="octupoles", unit="A",
        group="Maps shown", help="the current at which both maps over the tunes are drawn",
    )  # fmt: skip
    chromaticity: float = knob(
        10.0, 2.0, 20.0, step=0.5, kind="view", group="Maps shown",
        help="the chromaticity at which both maps over the tunes are drawn",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Surrogate", help="random seed")

    title: ClassVar[str] = "Beam lifetime: which way to turn the knob?"
    about: ClassVar[str] = "A surrogate of a beam's lifetime, from a log or from a scan."
    length: ClassVar[int] = 26
    series = (
        Series("advice", "its advice, h", scale="linear", x="measured"),
        Series("promise", "its promise, h", scale="linear", x="measured"),
        Series("price", "while measuring, h", scale="linear", x="measured"),
        Series("best", "the best, h", scale="linear", x="measured"),
        Series("effect", "+100 A, it says", scale="linear", percent=True),
        Series("effect_true", "+100 A, truth", scale="linear", percent=True),
        Series("error", "error of a move", role="error", x="measured", percent=True),
        Series("own", "error on its data", x="measured", percent=True),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "the log",
            "Bad fills and low currents stand side by side, so it says: more current.",
            {"source": LOG}, goal="advice>20", within=25,
        ),
        Preset(
            "the log, repaired by a scan",
            "Currents drawn by chance have nothing to do with the fill.",
            {"source": SCAN}, repairs="the log",
        ),
        Preset(
            "the log, repaired by a column",
            "The emittance beside each entry: fills that are alike are compared.",
            {"source": LOG, "logged": True}, repairs="the log",
        ),
        Preset(
            "tune it: all four knobs",
            "It asks where the answer may be long, and so measures at good settings.",
            {"source": QUESTIONS, "moves": ALL},
        ),
        Preset(
            "tune it: boosted trees",
            "The same with trees in place of networks.",
            {"source": QUESTIONS, "moves": ALL, "model": "boosted trees"},
        ),
        Preset(
            "tune it: a scan of all four",
            "Chance spends most of its fills at bad settings.",
            {"source": SCAN, "moves": ALL},
        ),
    )  # fmt: skip

    def prepare(self) -> None:
        """First imports take a second: the compiler that torch's optimisers load, or the trees."""
        if self.model == "boosted trees":
            trees()
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """One batch of measurements a step; step 0 is the first."""
        rng, aside = (np.random.default_rng([self.seed, part]) for part in (0, 1))
        only = self.moves == OCTUPOLE
        tests = _tests(only, aside)
        truth = expected(tests)
        shares = aside.random((PLACES, len(LOW)))
        own = self._drawn(OWN, aside)
        longest = 10 ** best(only)[1]
        model = self._untrained(rng)
        seen = Entries(np.empty((0, len(LOW))), np.empty(0), np.empty(0))
        now: Tuned | None = None
        for step in range(10_000):
            seen = _joined(seen, self._asked(now, rng) if now else self._drawn(self.batch, rng))
            self._fit(model, seen)
            now = Tuned(model.frozen(), seen, self.logged, NOMINAL)
            places = _within(seen.knobs, shares, only)
            said, _ = now.says(places)
            now = Tuned(now.model, seen, self.logged, places[said.argmax()])
            found, _ = now.says(tests)
            foretold, _ = now.model.predict(self._inputs(own))
            more, less = (NOMINAL + [[0.0, 0.0, change, 0.0]] for change in (50.0, -50.0))
            scalars = {
                "measured": len(seen.found),
                "advice": 10 ** expected(now.advice[None])[0],
                "promise": 10 ** min(said.max(), 3.0),
                "price": np.mean(10**seen.found),
                "best": longest,
                "effect": _change(now.says(more)[0] - now.says(less)[0]),
                "effect_true": _change(effect()),
                "error": _typical(found - truth),
                "own": _typical(foretold - own.found),
            }
            yield Frame(step, {name: float(one) for name, one in scalars.items()},
                        partial(_same, now))  # fmt: skip

    def picture(self, state: Tuned | None, view: View) -> Picture:
        """Truth and surrogate over the tunes, and the lifetime over the octupole current."""
        true = _true_map(self.octupole, self.chromaticity)
        at = f"{self.octupole:.0f} A, chromaticity {self.chromaticity:g}"
        said = f"At {at} the best tunes give {10 ** true.max():.0f} h."
        plots = [_map("truth: lifetime", true, f"The true lifetime over both tunes at {at}.")]
        if state is not None:
            field = state.says(_tunes(self.octupole, self.chromaticity))[0].reshape(SIDE, SIDE)
            here = state.entries.knobs
            marks = [
                Points(here[:, 0], here[:, 1], "measured", 1, 1.5),
                Points(state.advice[:1], state.advice[1:2], "advice", 0, 6.0),
            ]
            words = f"What the surrogate says, at {at}, from {len(here)} measurements."
            plots.append(_map("surrogate: lifetime", field, words, *marks))
            advice, truth = float(state.advice[2]), 10 ** float(expected(state.advice[None])[0])
            said = (
                f"{len(here)} measurements. Its advice: {advice:.0f} A, tunes "
                f"{state.advice[0]:.3f} and {state.advice[1]:.3f}. That gives {truth:.0f} h."
            )
        plots.append(_current(state, self.moves == OCTUPOLE))
        return Picture(tuple(plots), said)

    def _untrained(self, rng: np.random.Generator) -> Any:
        if self.model == "networks":
            generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
            count = len(LOW) + 1
            return Networks(count, members=self.members, width=self.width, generator=generator)
        return Forest(members=self.members, rng=rng) if "trees" in self.model else Quadratic()

    def _inputs(self, entries: Entries) -> np.ndarray:
        return inputs(entries.knobs, entries.emittance if self.logged else REFERENCE)

    def _fit(self, model: Any, seen: Entries) -> None:
        if isinstance(model, Networks):
            model.fit(self._inputs(seen), seen.found, self.steps, self.lr)
        else:
            model.fit(self._inputs(seen), seen.found)

    def _drawn(self, count: int, rng: np.random.Generator) -> Entries:
        """What comes without a question; a first batch of questions is a scan."""
        if self.source == LOG:
            return logbook(count, self.react, rng)
        return scan(count, rng, octupole_only=self.moves == OCTUPOLE)

    def _asked(self, now: Tuned, rng: np.random.Generator) -> Entries:
        """The next batch; where the surrogate asks, most of it where the answer may be long."""
        if self.source != QUESTIONS:
            return self._drawn(self.batch, rng)
        only, many = self.moves == OCTUPOLE, round((1 - AT_RANDOM) * self.batch)
        drawn = scan(40 * self.batch, rng, octupole_only=only).knobs
        mean, spread = now.says(drawn)
        hopeful = np.argsort(-(mean + self.curiosity * spread), kind="stable")[: 3 * many]
        chosen = rng.permutation(hopeful)[:many]
        return measured(np.concatenate([drawn[chosen], drawn[: self.batch - many]]), rng)


def _tests(only: bool, rng: np.random.Generator) -> np.ndarray:
    """Settings on which moves are judged: where people run, or in the whole box."""
    if not only:
        return rng.uniform(LOW, HIGH, (TESTS, len(LOW)))
    knobs = np.repeat(NOMINAL[None], 61, axis=0)
    knobs[:, 2] = np.linspace(*RUN, 61)  # type: ignore[call-overload]
    return knobs


def _within(seen: np.ndarray, shares: np.ndarray, only: bool) -> np.ndarray:
    """Settings that may be advised: no knob beyond the middle 96 % of what was measured."""
    low, high = np.quantile(seen, [0.02, 0.98], axis=0)
    places = low + (high - low) * shares
    if only:
        places[:, [0, 1, 3]] = NOMINAL[[0, 1, 3]]
    return places


def _joined(one: Entries, other: Entries) -> Entries:
    return Entries(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def _change(decades: np.ndarray) -> float:
    """As a share: 0.1 is ten per cent more."""
    return float(10 ** np.clip(decades[0], -3, 3) - 1)


def _typical(decades: np.ndarray) -> float:
    """The root mean square as a share."""
    return float(10 ** min(np.sqrt(np.square(decades).mean()), 3.0) - 1)


def _tunes(octupole: float, chromaticity: float) -> np.ndarray:
    """The cells of a map, ν_x running fastest."""
    x, y = (LOW[i] + (HIGH[i] - LOW[i]) * (np.arange(SIDE) + 0.5) / SIDE for i in (0, 1))
    both = [np.tile(x, SIDE), np.repeat(y, SIDE)]
    return np.column_stack([*both, np.full((SIDE**2, 2), (octupole, chromaticity))])


@lru_cache(maxsize=32)
def _true_map(octupole: float, chromaticity: float) -> np.ndarray:
    found = expected(_tunes(octupole, chromaticity)).reshape(SIDE, SIDE)
    found.setflags(write=False)
    return found


def _map(title: str, field: np.ndarray, alt: str, *marks: Mark) -> Plot:
    """log10 hours over both tunes."""
    extent = (float(LOW[0]), float(HIGH[0]), float(LOW[1]), float(HIGH[1]))
    image = Image(field, extent, *LIMITS, unit="log10 hours")
    axes = Axis("ν_x", *extent[:2]), Axis("ν_y", *extent[2:])
    return Plot(title, (image, *marks), *axes, alt=alt, equal=True)


def _current(state: Tuned | None, only: bool) -> Plot:
    """The lifetime over the octupole current, all else at its nominal value."""
    current = np.linspace(LOW[2], HIGH[2], 91)
    knobs = np.repeat(NOMINAL[None], len(current), axis=0)
    knobs[:, 2] = current
    marks: list[Mark] = [Lines(current, 10 ** expected(knobs), "truth", INK)]
    said = "The true lifetime over the current of the octupoles"
    if state is not None:
        seen = state.entries
        near = only | (np.abs(seen.knobs[:, :2] - NOMINAL[:2]).max(axis=1) < 0.004)
        mean, spread = state.says(knobs)
        low, middle, high = (10 ** np.clip(mean + k * spread, -1, 2) for k in (-1, 0, 1))
        dots = Points(
            seen.knobs[near, 2], 10 ** np.minimum(seen.found[near], 2), "measured", 1, 1.5
        )
        line = Lines(current, middle, "surrogate", 0, "dashed", band=(low, high))
        marks = [dots, line, *marks]
        said += ", what the surrogate says of it, and what was measured"
    return Plot(
        "lifetime over octupoles", tuple(marks), Axis("octupoles, A", LOW[2], HIGH[2]),
        Axis("hours", 0.0, 45.0), note="other knobs nominal", alt=f"{said}.",
    )  # fmt: skip


def _same(state: Tuned) -> Tuned:
    return state
