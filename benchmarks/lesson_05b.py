"""What lesson 05b reports: Burgers' equation backwards, and published numbers run again."""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from benchmarks.lesson_05 import GRID, SEEDS, SHARP, TRAINING, later, preset, short
from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.collocation import jet
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.metrics import relative_l2
from sciml_widgets.networks import nested_jet
from sciml_widgets.physics import Burgers

__all__ = ["PARTS"]

LECTURE = preset("the past, as the lecture had it")
NEWTON = preset("the past, by Gauss-Newton")
CELL = {
    **preset("the shock, by Gauss-Newton"), "sampling": "uniform", "redraw": 0,
}  # fmt: skip
"""The paper's wish, points that stay: by Gauss-Newton, since its L-BFGS takes minutes a run."""
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
        "solver_mae": 0.0638,
        "entries": 33 * 128,
        "divided_by": 32 * 128,
        "seconds": 101,
        "steps": 10_000,
    }


def paper(*, quick: bool) -> dict[str, Any]:
    """Relative L2 errors of the paper's second table: rows layers, columns neurons."""
    return {
        "doi": "10.1016/j.jcp.2018.10.045",
        "where": "github.com/maziarraissi/PINNs, appendix, tables/error_table_2.csv",
        "layers": [2, 4, 6, 8],
        "neurons": [10, 20, 40],
        "rel_l2": [
            [7.4e-2, 5.3e-2, 1.0e-1],
            [3.0e-3, 9.4e-4, 6.4e-4],
            [9.6e-3, 1.3e-3, 6.1e-4],
            [2.5e-3, 9.6e-4, 5.6e-4],
        ],
    }


def cell(*, seed: int, quick: bool, given: int, inside: int, knobs: dict[str, Any]) -> dict:
    """One run as a cell of the paper's tables means it: all points are drawn once, at random."""
    points = {"points_edge": given // 2, "points_inside": inside}
    lab = BurgersPINN().but(seed=seed, **{**CELL, **points, **knobs})
    player = run(lab, frames=1 + (3 if quick else 100))
    return {
        "rel_l2": short(player.scalars["rel_l2"]),
        "pde": short(player.scalars["pde"]),
        "steps": player.step_now,
        "seconds": round(player.seconds, 2),
        "weights": sum(w.numel() for w in player.look().network.parameters()),
    }


def limits(*, seed: int, quick: bool, steps: int, knobs: dict[str, Any]) -> dict[str, Any]:
    """Relative L2 errors of u, u_x, u_xx and u_xxx for t > 0; and of u over x beyond t = 1."""
    player = run(BurgersPINN().but(seed=seed, **knobs), frames=1 + (5 if quick else steps))
    solution, box = player.look(), player.look().problem.box
    points = GRID[GRID[:, 1] > 0]
    names = ("x", "xx", "xxx")
    mine = jet(box, solution.network.double(), points, names)
    exact = nested_jet(solution.problem.exact, points, [box.key(name) for name in names])
    found = [mine.value, *(getattr(mine, name) for name in names)]
    true = [exact[()], *(exact[box.key(name)] for name in names)]
    return {
        "orders": [short(relative_l2(a, b)) for a, b in zip(found, true, strict=True)],
        "later": later(player),
        "steps": player.step_now,
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
    "paper": Part(paper, {"table": {}}, ("benchmarks/lesson_05b.py",)),
    "cells": Part(
        cell,
        {
            f"{given}, {inside}": {"given": given, "inside": inside, "knobs": {}}
            for given in (20, 100, 200)
            for inside in (2000, 4000)
        },
        SOURCES,
        SEEDS,
    ),
    "sizes": Part(
        cell,
        {
            f"{depth}, {width}": {
                "given": 200, "inside": 4000, "knobs": {"depth": depth, "width": width}
            }
            for depth, width in ((2, 10), (2, 20), (4, 10))
        },
        SOURCES,
        SEEDS,
    ),
    "limits": Part(
        limits,
        {
            "Adam": {"steps": 2000, "knobs": {}},
            "Gauss-Newton": {
                "steps": 60, "knobs": {"optimizer": "gauss-newton", "precision": "float64"}
            },
        },
        SOURCES,
        SEEDS,
    ),
}  # fmt: skip
