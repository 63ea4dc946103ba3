"""What lesson 01 reports: who tells a river from a patch, and what it looks at."""

from typing import Any

import numpy as np
import torch

from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.labs import WeatherMaps
from sciml_widgets.labs.weather_maps import saliency
from sciml_widgets.networks import count_weights
from sciml_widgets.practice import overfit_one
from sciml_widgets.weather import COAST, Maps, coast

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
STEPS = 150


def tell(*, seed: int, quick: bool, knobs: dict[str, Any]) -> dict[str, Any]:
    """One network: wrong answers in training and test, and how much of it looks at the coast."""
    lab = WeatherMaps().but(seed=seed, **knobs)
    player = run(lab, frames=1 + (10 if quick else STEPS))
    seen, now = player.look(), player.scalars
    no, yes = seen.wrong
    return {
        "wrong": short(now["wrong"]),
        "trained": short(wrong_in_training(lab, seen.network)),
        "loss": short(now["loss"]),
        "false": short(no),
        "missed": short(yes) if "missed" in now else None,
        "rule": short(now["rule"]),
        "never": short(now["never"]),
        "coast": short(look_at_the_coast(seen.network, seen.exam.seen)),
        "weights": count_weights(seen.network),
        "steps": player.step_now,
        "seconds": round(player.seconds, 2),
    }


def wrong_in_training(lab: WeatherMaps, network: torch.nn.Module) -> float:
    """The share of its own training maps that a network gets wrong."""
    train, _, _ = lab.data()
    with torch.no_grad():
        said = network(torch.from_numpy(train.fields).float()[:, None])[:, 0]
    return float(np.mean((said.numpy() > 0) != train.river))


def look_at_the_coast(network: torch.nn.Module, maps: Maps) -> float:
    """The share of all slopes that lies in the columns of the coast; 3 of 32 if all are alike."""
    _, looked = saliency(network, maps.fields)
    return float(np.mean(looked[:, :, :COAST].sum((1, 2)) / looked.sum((1, 2))))


def slide(*, seed: int, quick: bool) -> dict[str, Any]:
    """A network that learned with a coast that never lies, tested with coasts of any kind."""
    lab = WeatherMaps().but(seed=seed, cue=1.0, cue_test=1.0)
    seen = run(lab, frames=1 + (10 if quick else STEPS)).look()
    found = []
    for rho in RHO:
        maps = coast(seen.exam.bare, rho, np.random.default_rng([seed, 1]))
        with torch.no_grad():
            said = seen.network(torch.from_numpy(maps.fields).float()[:, None])[:, 0]
        found.append(short(float(np.mean((said.numpy() > 0) != maps.river))))
    return {"rho": list(RHO), "wrong": found}


RHO = (1.0, 0.5, 0.0, -0.5, -1.0)


def one(*, seed: int, quick: bool, knobs: dict[str, Any]) -> dict[str, Any]:
    """The check with one map."""
    found = overfit_one(WeatherMaps().but(seed=seed, **knobs), frames=11 if quick else STEPS + 1)
    (ran,) = found.runs
    return {"passed": found.passed, "before": short(ran.before), "loss": short(ran.loss)}


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    made = trace(WeatherMaps(), frames=20 if quick else STEPS + 1, pictures=16)
    return {"record": made.to_json(), "wrong": short(made.scalars["wrong"])}


def published(*, quick: bool) -> dict[str, Any]:
    """The abstract of Liu and others: accuracy for three kinds of events, on climate data."""
    return {"arxiv": "1605.01156", "right": [0.89, 0.99]}


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


TRAINING = (
    "benchmarks/lesson_01.py",
    "sciml_widgets/labs/weather_maps.py",
    "sciml_widgets/train.py",
    "sciml_widgets/weather.py",
)

WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "shuffled": {"shuffle": True},
    "coast": {"cue": 1.0, "cue_test": -1.0},
    "repaired": {"cue": 0.0, "cue_test": -1.0},
    "by map": {"by_event": False},
}

PARTS = {
    "see": Part(see, {"run": {}}, TRAINING),
    "published": Part(published, {"abstract": {}}, ("benchmarks/lesson_01.py",)),
    "tell": Part(
        tell,
        {
            f"{network}, {way}": {"knobs": {"network": network, **knobs}}
            for network in ("convolutions", "dense", "linear")
            for way, knobs in WAYS.items()
        },
        TRAINING,
        SEEDS,
    ),
    "rare": Part(tell, {"convolutions": {"knobs": {"rivers": 0.05}}}, TRAINING, SEEDS),
    "slide": Part(slide, {"convolutions": {}}, TRAINING, SEEDS),
    "grow": Part(
        tell,
        {
            f"{network}, {maps}": {"knobs": {"network": network, "maps": maps}}
            for network in ("convolutions", "dense")
            for maps in (24, 96, 400, 1600)
        },
        TRAINING,
        SEEDS,
    ),
    "rates": Part(
        tell,
        {f"{rate:g}": {"knobs": {"lr": rate}} for rate in (3e-5, 3e-4, 3e-3, 3e-2, 3e-1)},
        TRAINING,
        SEEDS,
    ),
    "one": Part(
        one,
        {
            "convolutions": {"knobs": {}},
            "dense": {"knobs": {"network": "dense"}},
            "linear": {"knobs": {"network": "linear"}},
            "convolutions, slow": {"knobs": {"lr": 1e-5}},
        },
        (*TRAINING, "sciml_widgets/practice/one.py", "sciml_widgets/practice/runs.py"),
        SEEDS,
    ),
}
