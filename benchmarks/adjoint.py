"""A search through a solver: the book's 49 updates by hand, by autograd, and by PhiFlow.

    python -m benchmarks.adjoint [--rounds 9] [--peer PYTHON]

Writes benchmarks/adjoint.md. `--peer` is the Python of an environment with phiflow and jax, which
are not among our dependencies; without it the table has our rows only. One thread on each side.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.phiflow_peer import MIDDLE, RATE, STEPS, UPDATES
from sciml_widgets import machine
from sciml_widgets.solvers.burgers_book import BOOK_NU, MEASURED, BurgersBook
from sciml_widgets.solvers.burgers_sweep import BurgersSweep
from sciml_widgets.solvers.rollout import last, record, rollout

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("adjoint.md")
HAND, AUTOGRAD = 0.1, 0.5
"""Seconds that 49 updates may take."""
AS_PRINTED = {0: 0.382915, 10: 0.096224, 45: 0.003263}
"""Losses in the book (arXiv:2109.05237) after so many updates: all sides do the same work."""

Search = Callable[[], tuple[float, list[float]]]


def by_hand() -> tuple[float, list[float]]:
    """All updates by the adjoint in numpy, sweep by sweep; the book's wasted steps as well."""
    solver, losses, u = BurgersBook(), [], np.zeros(128)
    searched, wasted = BurgersSweep(solver, MIDDLE), BurgersSweep(solver, STEPS - MIDDLE)
    began = time.process_time()
    for _ in range(UPDATES):
        middle = searched.forward(u)
        wasted.forward(middle)
        off = middle - MEASURED
        u = u - RATE * searched.backward(2 * off / off.size)
        losses.append(float((off**2).mean()))
    return time.process_time() - began, losses


def step_by_step() -> tuple[float, list[float]]:
    """The same by the solver's own `step` and `pull`, which say more plainly what is done."""
    solver, losses, u = BurgersBook(), [], np.zeros(128)
    began = time.process_time()
    for _ in range(UPDATES):
        tape = record(solver.step, u, MIDDLE)
        rollout(solver.step, tape.last, STEPS - MIDDLE)
        off = tape.last - MEASURED
        slope = 2 * off / off.size
        for state in tape.backwards():
            slope = solver.pull(state, slope)
        u = u - RATE * slope
        losses.append(float((off**2).mean()))
    return time.process_time() - began, losses


def by_autograd() -> tuple[float, list[float]]:
    """The same in torch."""
    solver, losses, data = BurgersBook(), [], torch.from_numpy(MEASURED)
    u = torch.zeros(128, dtype=torch.float64, requires_grad=True)
    began = time.process_time()
    for _ in range(UPDATES):
        middle = last(solver.step, u, MIDDLE)
        last(solver.step, middle, STEPS - MIDDLE)
        loss = (middle - data).square().mean()
        (slope,) = torch.autograd.grad(loss, u)
        u = (u.detach() - RATE * slope).requires_grad_()
        losses.append(float(loss.detach()))
    return time.process_time() - began, losses


WAYS: dict[Search, tuple[str, float]] = {
    by_hand: ("adjoint by hand, numpy, in sweeps", HAND),
    step_by_step: ("adjoint by hand, numpy, step by step", HAND),
    by_autograd: ("autograd, torch", AUTOGRAD),
}
"""What our rows are called, and the seconds that they may take."""


def by_peer(python: str) -> dict[str, dict[str, Any]]:
    """PhiFlow's ways, by name: seconds of the first update and of all, and the losses."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    done = subprocess.run(
        [python, "-m", "benchmarks.phiflow_peer"], cwd=ROOT, capture_output=True, text=True,
        check=True, input=json.dumps({"nu": BOOK_NU, "measured": MEASURED.tolist()}),
        env={**os.environ, **limits, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["way"]: line for line in lines}


def honest(losses: list[float]) -> bool:
    """Whether these are the losses that the book prints."""
    return all(abs(losses[at] - printed) < 1e-6 for at, printed in AS_PRINTED.items())


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adjoint")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peer", default="", help="a Python that has phiflow and jax")
    asked = parser.parse_args()
    with machine.threads(1):
        found = {search: [search() for _ in range(asked.rounds)] for search in WAYS}
    peer = by_peer(asked.peer) if asked.peer else {}
    text = page(found, peer)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


def page(found: dict[Search, list[tuple[float, list[float]]]], peer: dict[str, Any]) -> str:
    """The table: seconds for all updates, updates a second, ratios, the same losses or not."""
    hand, auto = ([seconds for seconds, _ in found[way]] for way in (by_hand, by_autograd))
    lines = [
        "# What a search through a solver costs", "",
        "Written by `python -m benchmarks.adjoint`; do not edit. The book's search for the start "
        f"of a Burgers flow from 128 values at t = 1/2: {UPDATES} updates of {STEPS} steps, "
        "16 of them wasted as in the book. One thread, float64, seconds of "
        "the processor (other work on the computer does not count); Python "
        f"{platform.python_version()}, torch {torch.__version__}. Median and range of "
        f"{len(hand)} searches.", "",
        "| way | all updates | target | updates a second | the book's losses |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for search, runs in found.items():
        words, target = WAYS[search]
        took = [seconds for seconds, _ in runs]
        middle = statistics.median(took)
        lines.append(
            f"| {words} | **{middle:.3f} s** ({min(took):.3f} to {max(took):.3f}) | <= {target} s "
            f"{mark(middle <= target)} | {UPDATES / middle:.0f} | {mark(honest(runs[0][1]))} |"
        )
    for way, one in peer.items():
        lines.append(
            f"| PhiFlow on jax, {way} | {one['all']:.2f} s, the first {one['first']:.2f} s | | "
            f"{1 / one['later']:.3g} after the first | {mark(honest(one['losses']))} |"
        )
    if peer:
        compiled = peer["compiled"]
        level = UPDATES / statistics.median(hand) * compiled["later"]
        times = UPDATES / statistics.median(auto) * peer["plain"]["later"]
        lines += [
            "", "PhiFlow's pace, compiled, is the median of nine more searches. A compiler may "
            "leave out the wasted steps: its last two rows tell. We do them.", "",
            "| ratio | target | measured |", "|---|---|---|",
            f"| hand : PhiFlow compiled, updates a second | >= 1 | {level:.2f} "
            f"{mark(level >= 1)} |",
            f"| autograd : PhiFlow plain, updates a second | >= 100 | {times:.0f} "
            f"{mark(times >= 100)} |",
            "| all by hand, in the time that it compiles | done | "
            f"{statistics.median(hand):.3f} s, {compiled['first']:.2f} s "
            f"{mark(max(hand) <= compiled['first'])} |",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def mark(good: bool) -> str:
    return "✓" if good else "✗"


if __name__ == "__main__":
    main()
