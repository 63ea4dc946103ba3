"""What the race of lesson 08 reports: six methods, one task; and how cost grows with size."""

import math
from typing import Any

import numpy as np

from benchmarks.lesson_08 import short, smallest
from benchmarks.results import Part
from sciml_widgets import run
from sciml_widgets.labs.burgers_race import RACERS, BurgersRace, Course
from sciml_widgets.racers import observed, random_starts, surrogate
from sciml_widgets.reconstruction import MIDDLE, STEPS, Reconstruction
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.burgers_book import MEASURED, BurgersBook
from sciml_widgets.solvers.rollout import record, rollout

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
ROUNDS = 120
KEPT = sorted({0, ROUNDS} | {round(1.22**k) for k in range(60) if 1.22**k < ROUNDS})
TARGETS = (0.1, 0.05, 0.02)


def race(*, seed: int, quick: bool) -> dict[str, Any]:
    """The whole race of one seed: each racer's errors by region, over its rounds and seconds."""
    rounds = 3 if quick else ROUNDS
    player = run(BurgersRace().but(seed=seed), frames=len(RACERS) * (rounds + 1))
    return {key: told(course) for key, course in player.look().courses.items()}


def told(course: Course) -> dict[str, Any]:
    keep = [i for i, now in enumerate(course.rounds) if now in KEPT]
    below = {}
    for target in TARGETS:
        there = [i for i, error in enumerate(course.errors["everywhere"]) if error < target]
        below[f"{target:g}"] = short(course.seconds[there[0]]) if there else None
    return {
        "rounds": [course.rounds[i] for i in keep],
        "laps": [course.laps[i] for i in keep],
        "seconds": [brief(course.seconds[i]) for i in keep],
        **{name: [brief(values[i]) for i in keep] for name, values in course.errors.items()},
        "below": below, "out": course.out,
        "best": {"error": short(min(course.errors["everywhere"])),
                 "round": course.rounds[int(np.argmin(course.errors["everywhere"]))]},
    }  # fmt: skip


def brief(value: float) -> float:
    """Three digits: enough for a curve."""
    return float(f"{float(value):.3g}")


def learned(*, seed: int, quick: bool) -> dict[str, Any]:
    """The surrogate on new cases of its own kind, on the race's, and on a faster wave."""
    task = Reconstruction(noise=0.01, draw=seed)
    laps = surrogate(task, seed=seed)
    lap = next(laps)
    for _ in range(33 if quick else ROUNDS):
        lap = next(laps)
    assert lap.answer is not None
    solver = BurgersVolume(task.nu, 256, 1 / STEPS, 16)
    rng = np.random.default_rng(10_007 + seed)
    others = {
        "own kind": random_starts(rng, 64, solver.x),
        "the race's": -np.sin(math.pi * solver.x)[None],
        "sixth wave": -np.sin(6 * math.pi * solver.x)[None],
        "twice as high": -1.9 * np.sin(math.pi * solver.x)[None],
    }
    found = {}
    for name, starts in others.items():
        true = observed(np.stack(rollout(solver.step, starts, STEPS), 1))
        seen = true[:, MIDDLE] + task.noise * rng.standard_normal(true[:, MIDDLE].shape)
        off = abs(lap.answer(seen) - true)
        found[name] = {"error": short(off.mean()), "start": short(off[:, 0].mean()),
                       "size": short(abs(true).mean())}  # fmt: skip
    seen = task.data[None]
    answer = lap.answer
    return {**found, "answer_seconds": short(smallest(lambda: answer(seen), 20))}


def truths(*, quick: bool) -> dict[str, Any]:
    """The three viscosities in the book's comparison, and how far their flows are apart."""
    task = Reconstruction()
    start = -np.sin(math.pi * task.x)
    its, same = (
        np.array(rollout(BurgersBook(nu).step, start, STEPS)) for nu in (BurgersBook().nu, task.nu)
    )
    tried = np.geomspace(1e-3, 3.8e-3, 3 if quick else 201)
    fits = [
        float(abs(rollout(BurgersBook(nu).step, start, MIDDLE)[-1] - MEASURED).mean())
        for nu in tried
    ]
    best = int(np.argmin(fits))
    return {
        "of the solver": short(BurgersBook().nu), "of the network": short(task.nu),
        "fits the data best": short(tried[best]), "and misses them by": short(fits[best]),
        "its solver misses them by": short(float(abs(its[MIDDLE] - MEASURED).mean())),
        "two truths apart": short(float(abs(its - task.truth).mean())),
        "its solver with 0.01/pi": short(float(abs(same - task.truth).mean())),
    }  # fmt: skip


def sizes(*, quick: bool, cells: int, steps: int) -> dict[str, Any]:
    """Seconds for a solve of so many cells and steps, and for its slope by hand."""
    solver = BurgersVolume(0.0, cells, 0.5 / cells, 1)
    start = -np.sin(math.pi * solver.x)

    def solve() -> None:
        rollout(solver.step, start, steps)

    def backwards() -> None:
        tape = record(solver.step, start, steps)
        slope = 2 * tape.last
        for state in tape.backwards():
            slope = solver.pull(state, slope)

    times = 2 if quick else 7
    return {"cells": cells, "steps": steps, "solve": short(smallest(solve, times)),
            "backwards": short(smallest(backwards, times)),
            "megabytes": short(steps * cells * 8 / 1e6)}  # fmt: skip


PACKAGE = "sciml_widgets/"
HERE = ("benchmarks/lesson_08_race.py", "benchmarks/lesson_08.py")
TASK = (*HERE, *(PACKAGE + name for name in (
    "reconstruction.py", "physics/burgers.py", "solvers/burgers.py", "solvers/burgers_book.py",
    "solvers/ring.py", "solvers/rollout.py")))  # fmt: skip
RACE = (*TASK, *(PACKAGE + name for name in (
    "racers.py", "train.py", "gauss_newton.py", "networks.py", "layers.py", "collocation.py",
    "sampling.py")))  # fmt: skip

PARTS = {
    "truths": Part(truths, {"three": {}}, TASK),
    "sizes": Part(
        sizes,
        {f"{n} cells": {"cells": n, "steps": 64} for n in (64, 256, 1024, 4096, 16384, 65536)}
        | {f"{n} steps": {"cells": 1024, "steps": n} for n in (16, 64, 256, 1024)},
        (*HERE, PACKAGE + "solvers/burgers.py", PACKAGE + "solvers/ring.py",
         PACKAGE + "solvers/rollout.py"),
    ),
    "surrogate": Part(learned, {"trained": {}}, RACE, SEEDS),
    "race": Part(race, {"all": {}}, (*RACE, PACKAGE + "labs/burgers_race.py"), SEEDS),
}  # fmt: skip
