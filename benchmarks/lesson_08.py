"""What lesson 08 reports: searches through solvers, what a slope costs, and the book's own run."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.experiment import Diverged
from sciml_widgets.labs import AdvectionDP, BurgersDP
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.burgers_book import MEASURED, BurgersBook
from sciml_widgets.solvers.ring import parts, shifted
from sciml_widgets.solvers.rollout import by_hand, last, record, rollout

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)


def published(*, quick: bool) -> dict[str, Any]:
    """What the book's notebooks print (arXiv:2109.05237, physics-based deep learning)."""
    return {
        "arxiv": "2109.05237",
        "losses": {"0": 0.382915, "1": 0.326882, "2": 0.281032, "3": 0.242804, "4": 0.210666,
                   "10": 0.096224, "20": 0.032819, "30": 0.012852, "45": 0.003263},
        "mae": 0.06382, "mae_network": 0.19298, "seconds": 132.33,
    }  # fmt: skip


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    lab = AdvectionDP()
    made = trace(lab, frames=12 if quick else 101, pictures=14)
    return {"record": made.to_json(), "seen": short(made.scalars["seen"])}


def book(*, quick: bool, way: str, steps: int, updates: int) -> dict[str, Any]:
    """The book's search from u = 0 with a rate of 5, `steps` solver steps for each update."""
    solver, data = BurgersBook(), torch.from_numpy(MEASURED)
    x, updates = solver.x, 3 if quick else updates
    u, losses = torch.zeros(128, dtype=torch.float64, requires_grad=True), []
    began = time.process_time()
    for _ in range(updates):
        if way == "by hand":
            middle = by_hand(solver, u, 16)
        else:
            middle = last(solver.step, u, 16)
            last(solver.step, middle, steps - 16)
        loss = (middle - data).square().mean()
        (slope,) = torch.autograd.grad(loss, u)
        losses.append(float(loss.detach()))
        u = (u.detach() - 5 * slope).requires_grad_()
    seconds = time.process_time() - began
    mine = np.array(rollout(solver.step, u.detach().numpy(), 32))
    truth = np.array(rollout(solver.step, -np.sin(np.pi * x), 32))
    off = float(abs(mine - truth).sum())
    return {"losses": [round(loss, 6) for loss in losses], "seconds": short(seconds),
            "mae_as_printed": round(off / (32 * 128), 5), "mae": short(off / (33 * 128)),
            "updates": updates}  # fmt: skip


def equal_loss(*, seed: int, quick: bool, crime: bool) -> dict[str, Any]:
    """Gradient descent, then L-BFGS until its loss is as small; data with a little noise."""
    lab = BurgersDP().but(crime=crime, noise=0.001, draw=seed)
    slow = run(lab.but(lr=5.0 if crime else 2.0), frames=4 if quick else 201)
    quickly = run(
        lab.but(optimizer="l-bfgs", substeps=16), frames=5 if quick else 101,
        until=f"loss<{slow.scalars['loss']!r}",
    )  # fmt: skip
    return {"gradient descent": told(slow), "l-bfgs": told(quickly)}


def repair(*, seed: int, quick: bool, knobs: dict[str, Any]) -> dict[str, Any]:
    """Data that are off by 0.1; a search that runs into the stability limit ends there."""
    lab = BurgersDP().but(crime=True, noise=0.1, draw=seed, **knobs)
    try:
        return told(run(lab, frames=4 if quick else 41))
    except Diverged as error:
        return {**told(error.player), "limit": True}  # type: ignore[attr-defined]


def told(player: Any) -> dict[str, Any]:
    return {
        **{name: short(value) for name, value in player.scalars.items()},
        "steps": player.step_now,
    }


def cost(*, quick: bool, cells: int) -> dict[str, Any]:
    """Seconds of the processor for 16 steps of 8 substeps, and for their slope in three ways."""
    solver = BurgersVolume(0.003, cells, 4 / cells, 8)
    start = -np.sin(np.pi * solver.x)
    tensor = torch.from_numpy(start).requires_grad_()

    def solve() -> None:
        rollout(solver.step, start, 16)

    def backwards() -> None:
        tape = record(solver.step, start, 16)
        slope = 2 * tape.last
        for state in tape.backwards():
            slope = solver.pull(state, slope)

    def solve_torch() -> None:
        with torch.no_grad():
            last(solver.step, tensor, 16)

    def autograd() -> None:
        torch.autograd.grad(last(solver.step, tensor, 16).square().sum(), tensor)

    def forwards() -> None:
        """One direction, carried along with the solve, by hand."""
        c, r = solver.dt / 8 / solver.dx, solver.nu * solver.dt / 8 / solver.dx**2
        single = BurgersVolume(solver.nu, cells, solver.dt / 8, 1)
        u, v = start, np.ones(cells)
        for _ in range(16 * 8):
            up, down = parts(u)
            flux = up * v + shifted(down * v, 1)
            v = v - c * (flux - shifted(flux, -1)) + r * (shifted(v, 1) - 2 * v + shifted(v, -1))
            u = single.step(u)

    found = {
        one.__name__: smallest(one, 3 if quick else 20)
        for one in (solve, backwards, solve_torch, autograd, forwards)
    }
    return {
        "cells": cells, "seconds": {name: short(value) for name, value in found.items()},
        "by hand": short(found["backwards"] / found["solve"]),
        "autograd": short(found["autograd"] / found["solve_torch"]),
        "forward, one": short(found["forwards"] / found["solve"]),
        "differences": cells + 1,
    }  # fmt: skip


def smallest(run_once: Callable[[], None], times: int) -> float:
    """Of several runs: what others do on the computer can only add."""
    run_once()
    spent = []
    for _ in range(times):
        began = time.process_time()
        run_once()
        spent.append(time.process_time() - began)
    return min(spent)


def ripple(*, quick: bool) -> dict[str, Any]:
    """What 0.3 sin 6πx in a part of the start does to the loss at t = 1/2."""
    solver = BurgersVolume(0.01 / np.pi)
    x = solver.x
    start = -np.sin(np.pi * x)
    end = rollout(solver.step, start, 16)[-1]
    losses = {}
    for name, where in (("inside", abs(x) < 0.35), ("outside", abs(x) > 0.65)):
        other = rollout(solver.step, start + 0.3 * np.sin(6 * np.pi * x) * where, 16)[-1]
        losses[name] = short(float(((other - end) ** 2).mean()))
    return losses


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
SOLVERS = tuple(
    PACKAGE + f"solvers/{name}.py" for name in ("burgers", "burgers_book", "ring", "rollout")
)
HERE = ("benchmarks/lesson_08.py",)
SEARCH = (*HERE, *SOLVERS, PACKAGE + "labs/burgers_dp.py", PACKAGE + "train.py",
          PACKAGE + "physics/burgers.py")  # fmt: skip

PARTS = {
    "published": Part(published, {"book": {}}, HERE),
    "see": Part(
        see, {"run": {}},
        (*HERE, PACKAGE + "labs/advection_dp.py", PACKAGE + "solvers/advection.py",
         PACKAGE + "solvers/ring.py", PACKAGE + "solvers/rollout.py", PACKAGE + "train.py"),
    ),
    "book": Part(
        book,
        {
            "by hand": {"way": "by hand", "steps": 16, "updates": 49},
            "autograd": {"way": "autograd", "steps": 32, "updates": 49},
            "by hand, longer": {"way": "by hand", "steps": 16, "updates": 200},
        },
        (*HERE, *SOLVERS),
    ),
    "ripple": Part(ripple, {"loss": {}}, (*HERE, *SOLVERS)),
    "cost": Part(cost, {str(n): {"cells": n} for n in (32, 64, 128, 256)}, (*HERE, *SOLVERS)),
    "equal_loss": Part(
        equal_loss, {"crime": {"crime": True}, "exact": {"crime": False}}, SEARCH, SEEDS
    ),
    "repair": Part(
        repair,
        {
            "l-bfgs": {"knobs": {"optimizer": "l-bfgs"}},
            "early stopping": {"knobs": {"optimizer": "l-bfgs", "stop": 0.01}},
            "tikhonov": {"knobs": {"optimizer": "l-bfgs", "tikhonov": 1e-3}},
            "tikhonov, too much": {"knobs": {"optimizer": "l-bfgs", "tikhonov": 1e-1}},
            "gradient descent": {"knobs": {"lr": 5.0}},
        },
        SEARCH, SEEDS,
    ),
}  # fmt: skip
