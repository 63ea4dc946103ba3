"""How long a network takes to solve an equation: seconds to fixed errors, over seeds.

    python -m benchmarks.solve [--seeds 5] [--threads 1 2] [--peers 0]

Writes benchmarks/solve.md and docs/solve.png. Each run counts the seconds of its steps, its error
measured at every one. `--peers 5` runs DeepXDE's own two Burgers examples beside ours (see
benchmarks/peer.py; five seeds take an hour or more); DeepXDE is not among our dependencies.
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from sciml_widgets import Experiment, Player, run
from sciml_widgets.labs import BurgersPINN, ConvectionPINN, PoissonPINN
from sciml_widgets.live.twin import render
from sciml_widgets.picture import Axis, Lines, Picture, Plot

ROOT = Path(__file__).parents[1]
SHARP = 0.01 / math.pi
PATIENCE = 300.0  # seconds for a peer

Course = list[tuple[float, float]]
"""Seconds and relative error, one pair a step."""


@dataclass(frozen=True)
class Work:
    """An equation to solve: at most `steps`, and the errors to reach with gate and stretch."""

    name: str
    lab: Experiment
    steps: int
    targets: tuple[tuple[float, float, float], ...]


NEWTON = {"optimizer": "gauss-newton", "precision": "float64"}
REDRAWN = {"points_inside": 1500, "sampling": "adaptive", "redraw": 3}
SHOCK = BurgersPINN().preset("the shock, by Gauss-Newton")
WORKS = (
    Work(
        "Burgers, ν = 0.01/π", SHOCK, 600,
        ((5e-2, 4, 2), (1e-2, math.inf, math.inf), (1e-3, 8, 5), (6.7e-4, 10, 7), (1e-4, 45, 20)),
    ),
    Work("Burgers, ν = 0.007 (not tuned on)", SHOCK.but(nu=0.007), 300, ((1e-3, 10, 6),)),
    Work(
        "convection, β = 40, cold start",
        ConvectionPINN().but(beta=40, depth=3, width=20, **NEWTON, **REDRAWN), 400,
        ((1e-3, 20, 20),),
    ),
    Work(
        "Poisson in a square, 2-32-1",
        PoissonPINN().but(depth=1, width=32, points_inside=900, **NEWTON), 300,
        ((1e-5, 3, 3), (1e-6, math.inf, 3)),
    ),
)  # fmt: skip


def solve(work: Work, seed: int, threads: int) -> Course:
    """One run: what the lab says of its error, over the seconds of its steps."""
    last = min(one[0] for one in work.targets)
    course: Course = []

    def watch(player: Player) -> None:
        if "rel_l2" in player.scalars:
            course.append((player.seconds, player.scalars["rel_l2"]))

    lab = work.lab.but(seed=seed)
    before, type(lab).threads = type(lab).threads, threads
    try:
        run(lab, frames=work.steps + 1, until=f"rel_l2<{last:g}", watch=watch)
    finally:
        type(lab).threads = before
    return course


def peer(example: str, seed: int, threads: int) -> Course:
    """The same of DeepXDE, to 1e-2."""
    command = [sys.executable, "-m", "benchmarks.peer", example, "--seed", str(seed),
               "--threads", str(threads), "--seconds", str(PATIENCE)]  # fmt: skip
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, **limits, "DDE_BACKEND": "pytorch"},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [(line["seconds"], line["rel_l2"]) for line in lines]


def seconds_to(course: Course, error: float) -> float:
    """When the error was first below; infinity if never."""
    return next((seconds for seconds, found in course if found < error), math.inf)


def words(values: Sequence[float], limit: float = math.inf) -> str:
    """Median and range; what was not reached counts as slower than all."""
    missed = sum(not math.isfinite(value) for value in values)
    middle, low, high = statistics.median(values), min(values), max(values)
    text = f"{middle:.3g} s ({low:.3g} to {high:.3g})" if missed < len(values) else "never"
    text = text.replace("inf s", "never").replace("inf)", "never)")
    mark = "" if limit == math.inf else " ✓" if middle <= limit else " ✗"
    return f"**{text}**{mark}"


def main() -> None:
    """Run all, and write the table and the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.solve")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peers", type=int, default=0, help="seeds of DeepXDE's runs")
    asked = parser.parse_args()
    if asked.peers and importlib.util.find_spec("deepxde") is None:
        parser.error("DeepXDE is not here: python -m pip install deepxde==1.15.0")
    rows, courses = [], {}
    for threads in asked.threads:
        for work in WORKS:
            runs = [solve(work, seed, threads) for seed in range(asked.seeds)]
            courses[work.name, threads] = runs
            for error, gate, stretch in work.targets:
                times = [seconds_to(one, error) for one in runs]
                rows.append((work.name, error, threads, times, gate, stretch))
                print(work.name, error, threads, words(times, gate), flush=True)
    peers = {
        (example, threads): [peer(example, seed, threads) for seed in range(asked.peers)]
        for example in ("Burgers", "Burgers_RAR") for threads in asked.threads if asked.peers
    }  # fmt: skip
    (ROOT / "benchmarks" / "solve.md").write_text(page(rows, courses, peers), encoding="utf-8")
    figure = render(picture(courses, peers, asked.threads[0]))
    figure.savefig(ROOT / "docs" / "solve.png", dpi=130)


def page(rows: list, courses: dict, peers: dict) -> str:
    """The table in Markdown."""

    def limit(value: float) -> str:
        return f"{value:g} s" if math.isfinite(value) else ""

    lines = [
        f"| {name} | {error:.2g} | {threads} | {words(times, gate)} | {limit(gate)} | "
        f"{limit(stretch)} |"
        for name, error, threads, times, gate, stretch in rows
    ]
    seeds = len(rows[0][3])
    ours = WORKS[0].name
    beside = [
        f"| DeepXDE, {example} | {threads} | {words(theirs)} | "
        f"{statistics.median(theirs) / statistics.median(mine):.0f} |"
        for (example, threads), runs in peers.items()
        for theirs in [[seconds_to(one, 1e-2) for one in runs]]
        for mine in [[seconds_to(one, 1e-2) for one in courses[ours, threads]]]
    ]
    return "\n".join([
        "# How long a network takes to solve an equation",
        "",
        "Written by `python -m benchmarks.solve`; do not edit. Median and range over "
        f"{seeds} seeds of the seconds until the relative L2 error is below the one named "
        f"(“never”: not within the run). All by Gauss-Newton in double precision, on "
        f"{os.cpu_count()} cores; Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| equation | relative error | threads | measured | gate | stretch |",
        "|---|---|---|---|---|---|",
        *lines,
        "",
        *(["## Beside DeepXDE, to a relative error of 1e-2", "",
           f"Its own examples in double precision, at most {PATIENCE:g} s each.", "",
           "| | threads | measured | times ours |", "|---|---|---|---|", *beside, ""]
          if beside else []),
        "![Error over seconds](../docs/solve.png)",
        "",
    ])  # fmt: skip


def picture(courses: dict, peers: dict, threads: int) -> Picture:
    """Error over seconds, one line for each seed."""
    plots = []
    for work in WORKS:
        lines = []
        for name, colour, runs in (
            ("ours", 0, courses[work.name, threads]),
            *((f"DeepXDE, {example}", 1 + k, peers.get((example, threads), ()))
              for k, example in enumerate(("Burgers", "Burgers_RAR")) if work is WORKS[0]),
        ):  # fmt: skip
            for number, one in enumerate(runs):
                x, y = np.array(one).T
                lines.append(Lines(x, y, name if number == 0 else "", colour, "solid", 1.2))
        plots.append(
            Plot(work.name, tuple(lines), Axis("seconds"), Axis("error", log=True),
                 alt="The relative error falls over the seconds of training.")
        )  # fmt: skip
    return Picture(tuple(plots), f"Relative L2 error, one line a seed, {threads} thread.")


if __name__ == "__main__":
    main()
