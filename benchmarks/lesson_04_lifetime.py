"""What lesson 04 reports of the beam's lifetime: which way each surrogate turns the knob."""

from typing import Any

import numpy as np

from benchmarks.results import Part
from sciml_widgets import Player, run
from sciml_widgets.labs import BeamLifetime
from sciml_widgets.labs.beam_lifetime import ALL, LOG, QUESTIONS, SCAN
from sciml_widgets.physics.lifetime import NOMINAL, best, effect, expected, scan

__all__ = ["PARTS"]

SEEDS = tuple(range(10, 15))
"""Draws on which nothing was tuned: the settings were chosen on draws 0 and 1."""

STEPS = 25
MARKS = (100, 200, 500)
NAMES = ("advice", "promise", "price", "effect", "error", "own")


def advised(*, seed: int, quick: bool, **knobs: Any) -> dict[str, Any]:
    """One run of the lab: all its numbers once so many fills have been measured."""
    lab, seen = BeamLifetime().but(seed=seed, **knobs), dict[str, Any]()

    def watch(player: Player) -> None:
        measured = int(player.scalars.get("measured", 0))
        if measured in MARKS:
            seen[str(measured)] = {name: short(player.scalars[name]) for name in NAMES}

    player = run(lab, frames=5 if quick else STEPS, watch=watch)
    return {"at": seen, "current": short(player.look().advice[2])}


def truth(*, quick: bool) -> dict[str, Any]:
    """What is so: nominal and best lifetimes in hours, and the effect of 100 A more."""
    settings = scan(10_000, np.random.default_rng(0))
    only, every = best(True), best(False)
    return {
        "nominal": short(10 ** float(expected(NOMINAL[None])[0])),
        "best octupole": short(10 ** only[1]),
        "best current": short(only[0][2]),
        "best of all": short(10 ** every[1]),
        "box": short(float(np.median(10**settings.found))),
        "effect": short(10 ** float(effect()[0]) - 1),
    }


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
RING = (
    "benchmarks/lesson_04_lifetime.py", PACKAGE + "physics/lifetime.py",
    PACKAGE + "physics/aperture.py",
)  # fmt: skip
SOURCES = (
    *RING,
    PACKAGE + "labs/beam_lifetime.py",
    PACKAGE + "surrogates/regression.py",
)
MODELS = ("networks", "boosted trees", "quadratic")
DATA: dict[str, dict[str, Any]] = {
    "the log": {"source": LOG},
    "the log with the emittance": {"source": LOG, "logged": True},
    "a random scan": {"source": SCAN},
    "a log of who does not react": {"source": LOG, "react": 0.0},
}

PARTS = {
    "ring": Part(truth, {"truth": {}}, RING),
    "octupole": Part(
        advised,
        {f"{model}: {name}": {"model": model, **data}
         for name, data in DATA.items() for model in MODELS},
        SOURCES, SEEDS,
    ),
    "tuning": Part(
        advised,
        {f"{model}: {name}": {"model": model, "moves": ALL, "source": source}
         for name, source in (("a random scan", SCAN), ("its own questions", QUESTIONS))
         for model in MODELS},
        SOURCES, SEEDS,
    ),
}  # fmt: skip
