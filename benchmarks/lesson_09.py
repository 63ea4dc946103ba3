"""What lesson 09 reports: a network inside a coarse solver, and what no network needs."""

import statistics
import time
from typing import Any

import torch

from benchmarks.results import Part
from sciml_widgets import run
from sciml_widgets.labs import Parabola, SolverCorrection
from sciml_widgets.labs.correction import Correction, judge
from sciml_widgets.labs.solver_correction import DT, forecast
from sciml_widgets.networks import count_weights
from sciml_widgets.solvers import KuramotoSivashinsky, march
from sciml_widgets.solvers.kuramoto_sivashinsky import SCHEMES

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
BUDGET = 20.0
"""Seconds of one core for the training steps of each run."""

MOST = 20_000
"""Training steps of a run, and between two forecasts: only the last one counts here."""

HEARTBEATS = 5
OTHERS = (0.7, 1.0, 1.4)
"""Values of ν at which the trained networks are tested; they were trained at 1."""


def train(
    *, seed: int, quick: bool, knobs: dict[str, Any], steps: int | None = None
) -> dict[str, Any]:
    """One run of the lab: for so many steps, or for BUDGET seconds of one core.

    The processor's own time is counted, so that other work on the computer does not shorten it.
    """
    lab = SolverCorrection().but(seed=seed, look=MOST, **knobs)
    if quick and steps:
        steps = 10
    if steps is None:
        steps = min(MOST, max(30, int((0.2 if quick else BUDGET) / _pace(lab))))
    began = _Clock()
    player = run(lab.but(horizon=max(steps, 30), look=steps), frames=steps + HEARTBEATS)
    seconds = began.spent()
    seen = player.look()
    assert player.step_now == steps and seen is not None and seen.network is not None
    scalars, _ = forecast(lab.problem, int(lab.points), lab.scheme, seen.network)
    assert scalars["valid"] == player.scalars["valid"], "the network is that of the last step"
    found: dict[str, Any] = {
        **{name: short(value) for name, value in scalars.items()},
        "steps": player.step_now,
        "seconds": round(seconds, 1),
        "weights": count_weights(seen.network),
        "us": _cost(lab, seen.network),
        "nu": {},
    }
    for nu in OTHERS:
        measured, _ = forecast(
            KuramotoSivashinsky(nu=nu), int(lab.points), lab.scheme, seen.network
        )
        found["nu"][f"{nu:g}"] = short(measured["valid"])
    return found


def _pace(lab: SolverCorrection) -> float:
    """Seconds of one training step, of the processor, after the first are over."""
    frames = lab.but(batch=lab.batch).frames()
    spent = []
    for _ in range(HEARTBEATS + 22):
        began = time.thread_time()
        next(frames)
        spent.append(time.thread_time() - began)
    frames.close()
    return statistics.median(spent[HEARTBEATS:])


def _cost(lab: SolverCorrection, network: Correction) -> float:
    """Microseconds of one step of 16 runs, solver and network, as `scheme` measures a solver's."""
    points = int(lab.points)
    solver = lab.problem.stepper(
        points, DT, scheme=lab.scheme, dtype=torch.float32, ignore_limit=True
    )
    start = lab.problem.runs(16, DT, DT, seed=1).float()[:, 0, :: 96 // points]
    began = _Clock()
    with torch.no_grad():
        march(lambda u: solver(u) + network(u), start, 200)
    return short(1e6 * began.spent() / 200)


class _Clock:
    def __init__(self) -> None:
        self.began = time.process_time()

    def spent(self) -> float:
        return time.process_time() - self.began


def scheme(*, quick: bool, points: int, name: str) -> dict[str, Any]:
    """A scheme without a network: valid times at each ν, and the time of one step of 16 runs."""
    found: dict[str, Any] = {"nu": {}}
    for nu in OTHERS:
        problem = KuramotoSivashinsky(nu=nu)
        truth = problem.runs(2 if quick else 16, 100.0, DT, seed=20_220_127, points=192).float()
        truth = truth[:, :, :: 192 // points]
        step = problem.stepper(points, DT, scheme=name, dtype=torch.float32, ignore_limit=True)
        began = time.process_time()
        with torch.no_grad():
            runs = march(step, truth[:, 0], truth.shape[1] - 1)
        seconds = (time.process_time() - began) / (truth.shape[1] - 1)
        judged = judge(runs, truth, DT)
        found["nu"][f"{nu:g}"] = short(judged.valid.median())
        if nu == 1.0:
            found |= {"valid": short(judged.valid.median()), "us": short(1e6 * seconds)}
            found["at_10"] = short(judged.error[:, round(10 / DT)].median())
    return found


def two_roots(*, seed: int, quick: bool, loss: str) -> dict[str, Any]:
    """One run of the parabola: the answer at y = 0.5 or so, and how far x² is from y."""
    player = run(Parabola().but(loss=loss, seed=seed), frames=20 if quick else 401)
    line, x, _, _ = player.look()
    middle = len(line) // 2
    return {"y": short(line[middle]), "x": short(x[middle]), "miss": short(player.scalars["miss"])}


def published(*, quick: bool) -> dict[str, Any]:
    """What the book prints for its wake flow: relative L2 errors after 100 steps."""
    return {
        "where": "Thuerey et al., Physics-based Deep Learning, notebook diffphys-code-sol",
        "doi": "arXiv:2109.05237",
        "reynolds": 73.2,
        "before": 0.1086,
        "after": 0.0312,
        "hours": 3.18,
    }


def short(value: Any) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
SOLVER = (
    "benchmarks/lesson_09.py",
    *(
        PACKAGE + file
        for file in (
            "labs/correction.py",
            "labs/solver_correction.py",
            "solvers/etd.py",
            "solvers/kuramoto_sivashinsky.py",
            "solvers/march.py",
            "solvers/rollout.py",
            "train.py",
        )
    ),
)
ROOTS = ("benchmarks/lesson_09.py", *(
    PACKAGE + file for file in ("labs/parabola.py", "layers.py", "networks.py", "train.py")
))  # fmt: skip

PARTS = {
    "published": Part(published, {"wake": {}}, ("benchmarks/lesson_09.py",)),
    "schemes": Part(
        scheme,
        {
            f"{name}, {points}": {"name": name, "points": points}
            for points in (24, 32, 48, 64)
            for name in SCHEMES
        },
        SOLVER,
    ),
    "parabola": Part(
        two_roots,
        {loss: {"loss": loss} for loss in ("data pairs", "through the function")},
        ROOTS,
        SEEDS,
    ),
    "correction": Part(
        train,
        {
            **{f"unroll {n}": {"knobs": {"unroll": n}} for n in (1, 2, 4, 8, 16)},
        },
        SOLVER,
        SEEDS,
    ),
    "variants": Part(
        train,
        {
            "unroll 8, detached": {"knobs": {"unroll": 8, "detach": True}},
            "no flux form": {"knobs": {"flux": False}},
            "24 points": {"knobs": {"points": "24"}},
        },
        SOLVER,
        SEEDS,
    ),
    "equal_steps": Part(
        train,
        {
            f"unroll {n}": {"knobs": {"unroll": n}, "steps": 300}
            for n in (1, 4, 16)
        },
        SOLVER,
        SEEDS,
    ),
}  # fmt: skip
