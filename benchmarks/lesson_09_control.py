"""What lesson 09 reports about control: smoke pushed into letters, and a pole swung up."""

import time
from typing import Any

from benchmarks.results import Part
from sciml_widgets import run
from sciml_widgets.labs import CartPole, SmokeControl
from sciml_widgets.labs.controller import Controller
from sciml_widgets.labs.pen import LETTERS
from sciml_widgets.labs.smoke_control import KNOWN, LOOK, tried
from sciml_widgets.networks import count_weights

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)


def search(*, seed: int, quick: bool, target: str, steps: int) -> dict[str, Any]:
    """One search for the forces behind one shape, from a first guess that the seed draws."""
    lab = SmokeControl().but(target=target, seed=seed)
    began = time.process_time()
    player = run(lab, frames=4 if quick else steps + 1)
    seconds = time.process_time() - began
    return {
        "miss": short(player.scalars["miss"]),
        "steps": player.step_now,
        "effort": short(player.scalars["effort"]),
        "seconds": short(seconds),
    }


def network(*, seed: int, quick: bool, steps: int) -> dict[str, Any]:
    """One network trained on random strokes, then tried on every letter, which it never saw.

    A push beyond the solver's limit does not end its training.
    """
    lab = SmokeControl().preset("one network for all strokes").but(seed=seed, limit=False)
    began = time.process_time()
    steps = 5 if quick else steps
    player = run(lab, frames=steps + 1 + steps // LOOK + 1)  # a heartbeat after each trial
    seconds = time.process_time() - began
    assert player.step_now == steps
    trained = player.look().network
    assert isinstance(trained, Controller)
    began = time.process_time()
    misses = {letter: short(tried(lab.but(target=letter), trained)[1]) for letter in LETTERS}
    return {
        "misses": misses,
        "weights": count_weights(trained),
        "strokes": (player.step_now + 1) * lab.batch,
        "seconds": short(seconds),
        "answer": short((time.process_time() - began) / len(LETTERS)),
    }


def swing(*, seed: int, quick: bool, steps: int) -> dict[str, Any]:
    """One swing-up: degrees off upright, and the same from starts that are off."""
    lab = CartPole().but(seed=seed)
    player = run(lab, frames=4 if quick else steps + 1)
    swung = player.look()
    energy = swung.solver.energy(swung.path)
    work = (swung.forces * swung.path[:, 0].diff()).cumsum(0)
    found: dict[str, Any] = {name: short(player.scalars[name]) for name in ("angle", "aside")}
    return found | {"energy_error": short((energy[1:] - energy[0] - work).abs().max())}


def published(*, quick: bool) -> dict[str, Any]:
    """What the book prints for its shape transitions, on 100 cases that it did not train on."""
    return {
        "where": "Thuerey et al., Physics-based Deep Learning, notebook diffphys-code-control",
        "doi": "arXiv:2109.05237",
        "miss": 0.0545,
        "points": 64,
        "steps": 16,
        "examples": 1000,
        "cases": 100,
    }


def short(value: Any) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
SMOKE = ("benchmarks/lesson_09_control.py", *(
    PACKAGE + file
    for file in (
        "labs/controller.py", "labs/pen.py", "labs/smoke_control.py", "solvers/flow.py",
        "train.py",
    )
))  # fmt: skip
POLE = ("benchmarks/lesson_09_control.py", *(
    PACKAGE + file for file in ("labs/cart_pole.py", "solvers/cart_pole.py", "train.py")
))  # fmt: skip

PARTS = {
    "control_published": Part(published, {"shapes": {}}, ("benchmarks/lesson_09_control.py",)),
    "search": Part(
        search,
        {target: {"target": target, "steps": 40} for target in ("L", KNOWN)},
        SMOKE,
        SEEDS,
    ),
    "network": Part(network, {"strokes": {"steps": 100}}, SMOKE, SEEDS[:3]),
    "pole": Part(swing, {"forces": {"steps": 60}}, POLE, SEEDS),
}
