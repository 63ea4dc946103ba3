"""What lesson 05b reports: Burgers' equation backwards, from t = 1/2 to the start."""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from benchmarks.lesson_05 import SEEDS, SHARP, TRAINING, preset, short
from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.physics import Burgers

__all__ = ["PARTS"]

LECTURE = preset("the past, as the lecture had it")
NEWTON = preset("the past, by Gauss-Newton")
SIX = (0, 1, 2, 3, 4, 5)
SOURCES = (*TRAINING, "benchmarks/lesson_05b.py", "sciml_widgets/gauss_newton.py")


@lru_cache(maxsize=1)
def truth() -> tuple[Tensor, Tensor]:
    """129 x 65 points of the box, and the exact solution there."""
    x, t = torch.linspace(-1, 1, 129), torch.linspace(0, 1, 65)
    points = torch.cartesian_prod(x.double(), t.double())
    return points, Burgers(nu=SHARP).exact(points)[:, 0]


def rebuild(*, seed: int, quick: bool, steps: int, knobs: dict[str, Any]) -> dict[str, Any]:
    """One run: the mean absolute error over the box, relative errors of three regions."""
    lab = BurgersPINN().but(seed=seed, **knobs)
    player = run(lab, frames=1 + (5 if quick else steps))
    solution = player.look()
    points, exact = truth()
    x, t = points.T
    missed = solution(points)[:, 0] - exact
    start = t == 0
    regions = {
        "late": t >= 0.5,
        "outside": start & (x.abs() > 0.5),
        "inside": start & (x.abs() < 0.5),
    }
    return {
        "mae": short(missed.abs().mean()),
        **{name: short(missed[at].norm() / exact[at].norm()) for name, at in regions.items()},
        "steps": player.step_now,
        "seconds": round(player.seconds, 2),
        "weights": sum(w.numel() for w in solution.network.parameters()),
    }


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    lab = BurgersPINN().but(**NEWTON)
    made = trace(lab, frames=5 if quick else 121, pictures=18)
    return {"record": made.to_json(), "rel_l2": short(made.scalars["rel_l2"])}


def published(*, quick: bool) -> dict[str, Any]:
    """What the book behind the lecture prints."""
    return {
        "where": "physicsbaseddeeplearning.org, physicalloss-code and diffphys-code-burgers",
        "pinn_mae": 0.193,
        "seconds": 101,
        "steps": 10_000,
    }


PARTS = {
    "see": Part(see, {"run": {}}, SOURCES),
    "published": Part(published, {"table": {}}, ("benchmarks/lesson_05b.py",)),
    "lecture": Part(rebuild, {"run": {"steps": 10_000, "knobs": LECTURE}}, SOURCES, SIX),
    "adam": Part(
        rebuild,
        {"run": {"steps": 2000, "knobs": {**LECTURE, "optimizer": "adam-cosine", "lr": 2e-3}}},
        SOURCES,
        SEEDS,
    ),
    "newton": Part(rebuild, {"run": {"steps": 200, "knobs": NEWTON}}, SOURCES, SEEDS),
}
