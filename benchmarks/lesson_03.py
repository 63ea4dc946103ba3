"""What lesson 03 reports: a network for flows about airfoils, and what it must beat."""

import time
from typing import Any

from torch import Generator, Tensor

from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.labs import AirfoilSurrogate
from sciml_widgets.networks import count_weights
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.reduced_order import mean_field, nearest
from sciml_widgets.wind_tunnel import (
    Pictures,
    balance,
    channel_errors,
    draw,
    flattering_error,
    held_out,
    pictures,
    suction_peak,
    through_surface,
)

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
CASES = 40
"""Cases of each kind that a trained network is judged on; none steered its training."""


def held(*, seed: int, quick: bool, steps: int, knobs: dict[str, Any]) -> dict[str, Any]:
    """Train one network; judge it and its rivals on the four kinds that are held out."""
    steps, cases = (30, 8) if quick else (steps, CASES)
    lab = AirfoilSurrogate().but(seed=seed, **knobs)
    player = run(lab, frames=steps + 1 + signs(lab))
    tunnel = player.look()
    known_cases = draw("training", lab.cases, Generator().manual_seed(seed))
    size = int(lab.pixels)
    known = pictures(known_cases, size)
    blind, near = mean_field(known), nearest(known)
    judged = held_out(known_cases, cases, Generator().manual_seed(10_000 + seed))
    found: dict[str, Any] = {}
    for kind, airfoils in judged.items():
        truth = pictures(airfoils, size)
        answers = {
            "mean field": blind(airfoils, truth.inputs),
            "nearest": near(airfoils, truth.inputs),
            "POD": tunnel.reduced(airfoils, truth.inputs),
            "network": tunnel(truth.inputs),
            "exact": truth.outputs,
        }
        found[kind] = {who: verdict(answer, truth, airfoils) for who, answer in answers.items()}
    return {
        "held": found,
        "steps": player.step_now,
        "seconds": round(player.seconds, 1),
        "weights": count_weights(tunnel.network),
        "loss": short(player.scalars["loss"]),
    }


def signs(lab: AirfoilSurrogate) -> int:
    """Frames before the first step: one for each 200 cases that are solved, one for POD."""
    return -(-lab.cases // 200) + 1


def verdict(answer: Tensor, truth: Pictures, airfoils: Airfoils) -> dict[str, float]:
    """Medians over the cases, but for the last."""
    errors = channel_errors(answer, truth)
    peak, exact = suction_peak(answer), suction_peak(truth.outputs)
    forces, lift = balance(answer, airfoils.angle), airfoils.lift()
    numbers = {
        "p": errors[:, 0],
        "u": errors[:, 1],
        "v": errors[:, 2],
        "all": errors.mean(1),
        "peak": (peak / exact - 1).abs(),
        "lift": (forces.turning - lift).abs(),
        "drag": forces.drag.abs(),
        "leak": forces.leak.abs(),
        "through": through_surface(answer, airfoils),
    }
    said = {name: short(float(values.median())) for name, values in numbers.items()}
    return said | {"flattering": short(flattering_error(answer, truth))}


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    made = trace(AirfoilSurrogate(), frames=20 if quick else 404, pictures=12)
    return {"record": made.to_json(), "family": short(made.scalars["family"])}


def speed(*, quick: bool) -> dict[str, Any]:
    """CPU seconds of solver and network for the same 100 cases at 64 x 64, best of a few."""
    airfoils = draw("training", 20 if quick else 100, Generator().manual_seed(0))
    tunnel = run(AirfoilSurrogate(), frames=10).look()
    inputs = pictures(airfoils, 64).inputs

    def best(action: Any) -> float:
        spent = []
        for _ in range(2 if quick else 7):
            began = time.process_time()
            action()
            spent.append(time.process_time() - began)
        return short(min(spent))

    return {
        "cases": len(airfoils),
        "solver": best(lambda: pictures(airfoils, 64)),
        "network": best(lambda: tunnel(inputs)),
        "POD": best(lambda: tunnel.reduced(airfoils, inputs)),
    }


def published(*, quick: bool) -> dict[str, Any]:
    """The airfoil chapter of the book Physics-based Deep Learning: RANS, 128 x 128 pixels."""
    return {"arxiv": "1810.08217", "test": 0.02629, "weights": 585_027, "cases": 320,
            "epochs": 200}  # fmt: skip


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
TRAINING = (
    "benchmarks/lesson_03.py",
    *(
        PACKAGE + file
        for file in (
            "flow_network.py", "labs/airfoil_surrogate.py", "physics/airfoil.py",
            "reduced_order.py", "train.py", "wind_tunnel.py",
        )
    ),
)  # fmt: skip

PARTS = {
    "published": Part(published, {"book": {}}, ("benchmarks/lesson_03.py",)),
    "held": Part(
        held,
        {
            "64": {"steps": 800, "knobs": {}},
            "32, by heart": {"steps": 800, "knobs": {"pixels": "32", "cases": 50}},
            "32, fresh": {"steps": 800, "knobs": {"pixels": "32", "cases": 50, "fresh": True}},
        },
        TRAINING, SEEDS,
    ),
    "see": Part(see, {"run": {}}, TRAINING),
    "speed": Part(speed, {"batch": {}}, TRAINING),
}  # fmt: skip
