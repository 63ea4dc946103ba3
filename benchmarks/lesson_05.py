"""What lesson 05 reports: Burgers' equation by a network and by classical solvers."""

import math
import statistics
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.results import Part
from sciml_widgets import Player, Turn, run, trace
from sciml_widgets.collocation import jet
from sciml_widgets.course.script import tagged
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.metrics import relative_l2
from sciml_widgets.networks import nested_jet
from sciml_widgets.physics import Burgers

__all__ = ["PARTS"]

LESSON = Path(__file__).parents[1] / "lessons" / "05_burgers.py"
SHARP = 0.01 / math.pi
SEEDS = (0, 1, 2, 3, 4)
FEW = {"nu": 0.01, "points_inside": 50, "lr": 2e-3}
CURVES = ("pde", "off_points", "rel_l2")


def train(
    *, seed: int, quick: bool, steps: int, knobs: dict[str, Any], turns: tuple = (),
    curves: bool = False, times: bool = False, limits: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """One run of the lab: its last scalars, the first step below 5 % of error, the seconds."""
    steps = 20 if quick else steps
    lab = BurgersPINN().but(seed=seed, **knobs)
    tape = [Turn(*turn) for turn in turns if turn[0] < steps]
    course: dict[str, dict[str, float]] = {}

    def watch(player: Player) -> None:
        if times and player.frames and player.step_now in LOOKS:
            course[str(player.step_now)] = errors_by_time(player)

    player = run(lab, frames=steps + 1, tape=tape, watch=watch)
    history = player.history.to_pandas()
    error = history["rel_l2"].dropna()
    below = error.index[error < 0.05]
    found: dict[str, Any] = {
        **{name: short(value) for name, value in player.scalars.items()},
        "steps": player.step_now,
        "seconds": round(player.seconds, 2),
        "weights": sum(w.numel() for w in player.look().network.parameters()),
        "below_5_percent": int(below[0]) if len(below) else None,
        "lowest_error": short(error.min()),
    }
    if curves and seed == 0:
        table = history[history.index % 20 == 0]
        found["curves"] = {"step": [int(step) for step in table.index]} | {
            name: [short(value) for value in table[name]] for name in CURVES
        }
    if times:
        found["times"] = course
    if limits:
        found["derivatives"], found["later"] = derivatives(player), later(player)
    return found


LOOKS = (40, 100, 300)
"""Steps at which the error is taken at several times."""

GRID = torch.cartesian_prod(
    torch.linspace(-1, 1, 81, dtype=torch.float64), torch.linspace(0, 1, 41, dtype=torch.float64)
)


def errors_by_time(player: Player) -> dict[str, float]:
    """Relative L2 error now, for points within 0.05 of a few times."""
    solution = player.look()
    exact, t = truth(solution.problem), GRID[:, 1]
    mine = solution(GRID)
    near = {at: (t - at).abs() <= 0.05 for at in (0.0, 0.25, 0.5, 0.75, 1.0)}
    return {f"{at:g}": short(relative_l2(mine[some], exact[some])) for at, some in near.items()}


@lru_cache(maxsize=2)
def truth(problem: Burgers) -> Tensor:
    return problem.exact(GRID)


def derivatives(player: Player) -> dict[str, float]:
    """Relative L2 errors of u and its derivatives, for t > 0, where the truth can be derived."""
    solution = player.look()
    points = GRID[GRID[:, 1] > 0]
    names = ("x", "t", "xx")
    box = solution.problem.box
    mine = jet(box, solution.network, points.float(), names)  # the network is of float32
    keys = {name: box.key(name) for name in names}
    exact = nested_jet(solution.problem.exact, points, keys.values())
    pairs = {"u": (mine.value, exact[()])}
    pairs |= {f"u_{name}": (getattr(mine, name), exact[key]) for name, key in keys.items()}
    return {name: short(relative_l2(a.double(), b)) for name, (a, b) in pairs.items()}


def later(player: Player) -> dict[str, float]:
    """Relative L2 errors over x at times up to and beyond the trained ones."""
    solution = player.look()
    x = torch.linspace(-1, 1, 201, dtype=torch.float64)
    found = {}
    for t in (0.5, 1.0, 1.25, 1.5, 2.0):
        points = torch.stack([x, torch.full_like(x, t)], 1)
        found[f"{t:g}"] = short(relative_l2(solution(points), solution.problem.exact(points)))
    return found


def solve(*, quick: bool, derivatives: str, cells: int, nu: float) -> dict[str, Any]:
    """The lesson's own classical solver: error over its grid and 101 times, median of 5 times."""
    cell: dict[str, Any] = {}
    exec(tagged(LESSON, "solver"), cell)
    seconds = []
    for _ in range(1 if quick else 5):
        began = time.perf_counter()
        x, t, u = cell["solve"](cell[derivatives], cells, nu)
        seconds.append(time.perf_counter() - began)
    points = np.stack([grid.ravel() for grid in np.meshgrid(x, t, indexing="ij")], 1)
    exact = Burgers(nu=nu).exact(torch.from_numpy(points))
    error = relative_l2(torch.from_numpy(u.reshape(-1, 1)), exact)
    return {"rel_l2": short(error), "seconds": short(statistics.median(seconds))}


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    made = trace(BurgersPINN(), frames=20 if quick else 601, pictures=18)
    return {"record": made.to_json(), "rel_l2": short(made.scalars["rel_l2"])}


def preset(name: str) -> dict[str, Any]:
    """The values of one preset of the lab."""
    (found,) = (one for one in BurgersPINN.presets if one.name == name)
    return dict(found.values)


def published(*, quick: bool) -> dict[str, Any]:
    """Relative L2 errors of the paper: rows N_u (data points), columns N_f (points inside)."""
    return {
        "doi": "10.1016/j.jcp.2018.10.045",
        "where": "github.com/maziarraissi/PINNs, appendix, tables/error_table_1.csv",
        "seconds": 60,
        "hardware": "one NVIDIA Titan X GPU",
        "data_points": [20, 40, 60, 80, 100, 200],
        "points_inside": [2000, 4000, 6000, 7000, 8000, 10000],
        "rel_l2": [
            [2.9e-1, 4.4e-1, 8.9e-1, 1.2e0, 9.9e-2, 4.2e-2],
            [6.5e-2, 1.1e-2, 5.0e-1, 9.6e-3, 4.6e-1, 7.5e-2],
            [3.6e-1, 1.2e-2, 1.7e-1, 5.9e-3, 1.9e-3, 8.2e-3],
            [5.5e-3, 1.0e-3, 3.2e-3, 7.8e-3, 4.9e-2, 4.5e-3],
            [6.6e-2, 2.7e-1, 7.2e-3, 6.8e-4, 2.2e-3, 6.7e-4],
            [1.5e-1, 2.3e-3, 8.2e-4, 8.9e-4, 6.1e-4, 4.9e-4],
        ],
    }


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
TRAINING = (
    "benchmarks/lesson_05.py",
    *(
        PACKAGE + file
        for file in (
            "collocation.py",
            "labs/burgers_pinn.py",
            "labs/loss_weights.py",
            "labs/pinn.py",
            "layers.py",
            "metrics.py",
            "networks.py",
            "physics/burgers.py",
            "physics/problem.py",
            "sampling.py",
            "train.py",
        )  # fmt: skip
    ),
)
CLASSICAL = (
    "benchmarks/lesson_05.py", "lessons/05_burgers.py#solver", PACKAGE + "physics/burgers.py",
)  # fmt: skip

NEWTON = preset("the shock, by Gauss-Newton")

PARTS = {
    "see": Part(see, {"run": {}}, TRAINING),
    "published": Part(published, {"table": {}}, ("benchmarks/lesson_05.py",)),
    "solvers": Part(
        solve,
        {
            "0.05, differences": {"derivatives": "differences", "cells": 128, "nu": 0.05},
            "0.05, waves": {"derivatives": "waves", "cells": 64, "nu": 0.05},
            "0.01/pi, differences": {"derivatives": "differences", "cells": 1024, "nu": SHARP},
            "0.01/pi, waves": {"derivatives": "waves", "cells": 512, "nu": SHARP},
        },
        CLASSICAL,
    ),
    "accuracy": Part(
        train,
        {
            "0.01/pi": {
                "steps": 10_000,
                "knobs": {
                    "nu": SHARP, "points_inside": 1000, "sampling": "adaptive", "redraw": 20,
                },
                "turns": ((5000, "lr", 1e-3), (8000, "lr", 2e-4)),
            },
            "0.05": {"steps": 2000, "knobs": {}, "limits": True},
        },
        TRAINING,
        SEEDS,
    ),
    "gauss_newton": Part(
        train,
        {
            "0.01/pi": {"steps": 150, "knobs": NEWTON},
            "Adam in its place": {"steps": 2000, "knobs": {**NEWTON, "optimizer": "adam"}},
        },
        (*TRAINING, PACKAGE + "gauss_newton.py"),
        SEEDS,
    ),
    "times": Part(
        train, {"0.05": {"steps": 300, "knobs": {}, "times": True}}, TRAINING, SEEDS
    ),
    "weights": Part(
        train,
        {
            "0.01": {"steps": 600, "knobs": {"w_ic": 0.01}},
            "10": {"steps": 600, "knobs": {"w_ic": 10.0}},
        },
        TRAINING,
        SEEDS,
    ),
    "points": Part(
        train,
        {
            "fixed": {"steps": 4000, "knobs": FEW, "curves": True},
            "redrawn": {"steps": 4000, "knobs": {**FEW, "redraw": 1}, "curves": True},
            "more": {"steps": 4000, "knobs": {**FEW, "points_inside": 500, "redraw": 10}},
        },
        TRAINING,
        SEEDS,
    ),
}  # fmt: skip
