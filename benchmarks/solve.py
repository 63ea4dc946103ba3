"""How long a network takes to solve an equation: seconds to fixed errors, over seeds.

    python -m benchmarks.solve [--seeds 5] [--threads 1 2] [--peers 0]

Writes benchmarks/solve.md and docs/solve.png. Each run (benchmarks/targets.py says of what) counts
the seconds of its steps and the steps themselves, which do not depend on who else computes here.
As many runs go at a time as there are cores for their threads. `--peers 5` runs three Burgers
examples of DeepXDE beside ours, under the same conditions (see benchmarks/peer.py; minutes a run);
DeepXDE is not among our dependencies.
"""

import argparse
import importlib.util
import json
import math
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.targets import (
    WORKS,
    Course,
    Look,
    Target,
    Work,
    adam_rate,
    flops,
    shares,
    solve,
)
from sciml_widgets import machine
from sciml_widgets.live.twin import render
from sciml_widgets.picture import Axis, Lines, Picture, Plot, Points

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0  # seconds for a peer
EXAMPLES = {"Burgers": 1e-2, "Burgers_RAR": 1e-2, "Burgers_NNCG": 1e-3}
"""DeepXDE's examples, and how far each is followed. The last one ends with its optimizer of second
order (a Newton method with conjugate gradients), which only begins where L-BFGS has stopped."""
PROFILED = (WORKS[0].name, WORKS[2].name)

Runs = dict[tuple[str, int], list[Course]]
"""For each equation, or example of the peer, and number of threads: one course a seed."""


@dataclass(frozen=True)
class Row:
    """One line of the table: when each seed was below the target."""

    name: str
    threads: int
    target: Target
    seconds: list[float]
    steps: list[float]
    lasted: float
    """Seconds of the shortest run."""


def peer(example: str, seed: int, threads: int) -> Course:
    """The same of DeepXDE."""
    command = [sys.executable, "-m", "benchmarks.peer", example, "--seed", str(seed),
               "--threads", str(threads), "--seconds", str(PATIENCE),
               "--until", str(EXAMPLES[example])]  # fmt: skip
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, **limits, "DDE_BACKEND": "pytorch"},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Look(line["step"], line["seconds"], {"rel_l2": line["rel_l2"]}) for line in lines]


def ours(name: str, steps: int, seed: int, threads: int) -> Course:
    """One of our runs, at most `steps` long."""
    work = next(work for work in WORKS if work.name == name)
    return solve(replace(work, steps=steps), seed, threads)


def at_a_time(threads: int) -> ProcessPoolExecutor:
    """As many runs at a time as there are cores for their threads."""
    fresh = multiprocessing.get_context("spawn")  # so that each counts its threads anew
    return ProcessPoolExecutor(machine.cores() // threads, mp_context=fresh)


def course_of(run: Future[Course]) -> Course:
    """What a run gave. One that failed is told, counts as one that never arrives, ends no other."""
    try:
        return run.result()
    except (ArithmeticError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        print(f"a run failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return []


def reached(course: Course, target: Target) -> Look | None:
    """The first look below the error."""
    found = (one for one in course if one.errors.get(target.of, math.inf) < target.error)
    return next(found, None)


def row(name: str, threads: int, target: Target, runs: list[Course]) -> Row:
    looks = [reached(one, target) for one in runs]
    return Row(
        name, threads, target,
        [look.seconds if look else math.inf for look in looks],
        [look.step if look else math.inf for look in looks],
        min((one[-1].seconds if one else 0.0 for one in runs), default=0.0),
    )  # fmt: skip


def words(values: Sequence[float]) -> str:
    """Median and range; what was not reached counts as more than all."""
    shown = [f"{v:.3g}" if math.isfinite(v) else "never"
             for v in (statistics.median(values), min(values), max(values))]  # fmt: skip
    if set(shown) == {"never"}:
        return "never"
    return f"**{shown[0]}** ({shown[1]} to {shown[2]})"


def limit(bound: float, value: float) -> str:
    """A bound and whether it was kept."""
    if not math.isfinite(bound):
        return ""
    return f"{bound:g} s {'✓' if value <= bound else '✗'}"


def main() -> None:
    """Run all, and write the table and the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.solve")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peers", type=int, default=0, help="seeds of DeepXDE's runs")
    parser.add_argument("--only", default="", help="equations whose name holds this")
    parser.add_argument("--quick", action="store_true", help="a few steps; writes below build/")
    asked = parser.parse_args()
    if asked.peers and importlib.util.find_spec("deepxde") is None:
        parser.error("DeepXDE is not here: python -m pip install deepxde==1.15.0")
    if max(asked.threads) > machine.cores():
        parser.error(
            f"{max(asked.threads)} threads: this process may use {machine.cores()} "
            "(its cores, its quota and OMP_NUM_THREADS)"
        )
    works = [work for work in WORKS if asked.only in work.name]
    if asked.quick:
        works = [replace(work, steps=12) for work in works]
    runs: Runs = {}
    rows: list[Row] = []
    peers: Runs = {}
    rates: dict[int, float] = {}
    for threads in asked.threads:
        with at_a_time(threads) as pool:
            coming = [
                [pool.submit(ours, work.name, work.steps, seed, threads)
                 for seed in range(asked.seeds)]
                for work in works
            ]  # fmt: skip
            for work, found in zip(works, coming, strict=True):
                runs[work.name, threads] = [course_of(one) for one in found]
                for target in work.targets:
                    made = row(work.name, threads, target, runs[work.name, threads])
                    rows.append(made)
                    print(work.name, f"{target.error:g}", threads, words(made.seconds), flush=True)
            steps = 40 if asked.quick else 400
            rated = [pool.submit(adam_rate, threads, steps)
                     for _ in range(machine.cores() // threads)]  # fmt: skip
            rates[threads] = statistics.median(one.result() for one in rated)
            theirs = {
                example: [pool.submit(peer, example, seed, threads) for seed in range(asked.peers)]
                for example in EXAMPLES if asked.peers
            }  # fmt: skip
            for example, waiting in theirs.items():
                peers[example, threads] = [course_of(one) for one in waiting]
                print(example, threads, [one[-1:] for one in peers[example, threads]], flush=True)
    spent = {work.name: shares(work, 5 if asked.quick else 30)
             for work in works if work.name in PROFILED}  # fmt: skip
    folder = ROOT / "build/solve-quick" if asked.quick else ROOT
    for sub in ("benchmarks", "docs"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    text = page(rows, beside(rows, peers, rates), profile(spent), asked.seeds)
    (folder / "benchmarks" / "solve.md").write_text(text, encoding="utf-8")
    figure = render(picture(works, runs, peers, asked.threads))
    figure.savefig(folder / "docs" / "solve.png", dpi=130)


def page(rows: list[Row], peers: list[str], profiles: list[str], seeds: int) -> str:
    """Everything in Markdown."""
    lines = [
        f"| {one.name} | {told(one.target)} | {one.threads} | {words(one.seconds)} | "
        f"{words(one.steps)} | {limit(one.target.gate, statistics.median(one.seconds))} | "
        f"{limit(one.target.stretch, max(one.seconds))} |"
        for one in rows
    ]
    return "\n".join([
        "# How long a network takes to solve an equation",
        "",
        f"Written by `python -m benchmarks.solve`; do not edit. Over {seeds} seeds, median and "
        "range of the seconds, and of the steps, until the relative L2 error is below the one "
        "named (“never”: not within the run). The gate is for the median, the stretch for every "
        "seed. As many runs went at a time as there are cores for their threads. All by "
        "Gauss-Newton in double precision, on "
        f"{os.cpu_count()} cores; Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| equation | relative error | threads | seconds | steps | gate | stretch |",
        "|---|---|---|---|---|---|---|",
        *lines,
        "",
        *peers,
        *profiles,
        "![Error over seconds](../docs/solve.png)",
        "",
    ])  # fmt: skip


def told(target: Target) -> str:
    return f"{target.error:.2g}" + ("" if target.of == "rel_l2" else f", {target.of}")


def beside(rows: list[Row], peers: Runs, rates: dict[int, float]) -> list[str]:
    """DeepXDE's examples as ratios to ours, and plain steps of Adam."""
    lines = ["## Beside DeepXDE", ""]
    mine = {(one.threads, one.target.error): statistics.median(one.seconds) for one in rows
            if one.name == WORKS[0].name}  # fmt: skip
    theirs = [(row(example, threads, Target(EXAMPLES[example]), found), rate_of(found))
              for (example, threads), found in peers.items()]  # fmt: skip
    if theirs:
        lines += [
            f"Its own examples in double precision, at most {PATIENCE:g} s each, over "
            f"{len(next(iter(peers.values())))} seeds. To 1e-2 the gate is 20 times our seconds, "
            "the stretch 50 times. NNCG is its optimizer of second order.",
            "",
            "| | relative error | threads | seconds | times ours |",
            "|---|---|---|---|---|",
            *(f"| {one.name} | {one.target.error:g} | {one.threads} | {words(one.seconds)} | "
              f"{ratio(one, mine[one.threads, one.target.error])} |"
              for one, _ in theirs if (one.threads, one.target.error) in mine),
            "",
        ]  # fmt: skip
    lines += [
        "Plain steps of Adam in a second, 3 layers of 20, 2780 points, double precision. The gate "
        "is 1.0 times, the stretch 2.0 times.",
        "",
        "| threads | ours | DeepXDE | ratio |",
        "|---|---|---|---|",
    ]
    for threads, rate_here in rates.items():
        other = [
            rate for one, rate in theirs if one.threads == threads and one.name == "Burgers"
        ]
        cells = f"{other[0]:.0f} | {rate_here / other[0]:.2g}" if other else "not run | "
        lines.append(f"| {threads} | {rate_here:.0f} | {cells} |")
    return [*lines, ""]


def ratio(theirs: Row, mine: float) -> str:
    """How many times our seconds; for runs that did not arrive, what was measured all the same."""
    middle = statistics.median(theirs.seconds)
    if not math.isfinite(mine):
        return ""
    if math.isfinite(middle):
        return f"{middle / mine:.0f}"
    return f"more than {theirs.lasted / mine:.0f} (it had {theirs.lasted:.0f} s)"


def rate_of(runs: list[Course]) -> float:
    """Steps a second of the first thousand steps, the median over runs."""
    found = []
    for course in filter(None, runs):
        early = [look for look in course if look.step <= 1000]
        found.append((early[-1].step - early[0].step) / (early[-1].seconds - early[0].seconds))
    return statistics.median(found) if found else math.nan


def profile(spent: dict[str, dict[str, float]]) -> list[str]:
    """What a step is made of."""
    if not spent:
        return []
    named = {work.name: flops(work) for work in WORKS}
    parts = list(next(iter(spent.values())))
    return [
        "## What a step costs",
        "",
        "Shares of the time of the first steps, on one thread. The operations counted are those "
        "of JᵀJ and of its Cholesky factor: 5/4 m n² + n³/3 for m residuals and n weights.",
        "",
        "| | weights | operations | " + " | ".join(parts) + " |",
        "|---" * (3 + len(parts)) + "|",
        *(f"| {name} | {named[name][0]} | {named[name][1] / 1e6:.0f} million | "
          + " | ".join(f"{share:.0%}" for share in one.values()) + " |"
          for name, one in spent.items()),
        "",
    ]  # fmt: skip


def picture(works: list[Work], runs: Runs, peers: Runs, threads: list[int]) -> Picture:
    """Error over seconds, one line a seed; a ring where the gate is, and the stretch."""
    plots = []
    for work in works:
        for of in dict.fromkeys(target.of for target in work.targets):
            marks = [
                *(line for k, count in enumerate(threads)
                  for line in lines(f"{count} thread{'s' * (count > 1)}", k, of,
                                    runs[work.name, count])),
                *(line for k, example in enumerate(EXAMPLES)
                  for line in lines(f"DeepXDE, {example}", 3 + k, of,
                                    peers.get((example, threads[0]), []))
                  if work is WORKS[0]),
                *rings([target for target in work.targets if target.of == of]),
            ]  # fmt: skip
            plots.append(
                Plot(work.name + ("" if of == "rel_l2" else f": {of}"), tuple(marks),
                     Axis("seconds"), Axis("error", log=True),
                     alt="The relative error falls over the seconds of training.")
            )  # fmt: skip
    return Picture(tuple(plots), "Relative L2 error, one line a seed. Rings: gate and stretch.")


def lines(label: str, colour: int, of: str, runs: list[Course]) -> list[Lines]:
    made = []
    for number, course in enumerate(runs):
        looks = [look for look in course if of in look.errors]
        x, y = np.array([(look.seconds, look.errors[of]) for look in looks]).T
        made.append(Lines(x, y, "" if number else label, colour, "solid", 1.2))
    return made


def rings(targets: list[Target]) -> list[Points]:
    found = []
    for label, colour in (("gate", 6), ("stretch", 4)):
        there = [(getattr(one, label), one.error) for one in targets
                 if math.isfinite(getattr(one, label))]  # fmt: skip
        if there:
            x, y = np.array(there).T
            found.append(Points(x, y, label, colour, 7.0, hollow=True))
    return found


if __name__ == "__main__":
    main()
