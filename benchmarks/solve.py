"""How long a network takes to solve an equation: seconds to fixed errors, over seeds.

    python -m benchmarks.solve [--seeds 5] [--threads 1 2] [--peers 0] [--rates] [--draw]

Writes benchmarks/solve.json after every equation, then benchmarks/solve.md and docs/solve.png from
it (benchmarks/solve_page.py; `--draw` does only that). Each run (benchmarks/targets.py says of
what) counts the seconds of its steps and the steps themselves, which do not depend on who else
computes here. As many runs go at a time as there are cores for their threads. `--peers 5` runs
three Burgers examples of DeepXDE, under the same conditions (benchmarks/peer.py; minutes a run);
without it those of the last time stay. `--rates` compares plain steps of Adam only, both sides
within a minute. DeepXDE is not among our dependencies.
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
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks import solve_page
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

ROOT = Path(__file__).parents[1]
PATIENCE = {"Burgers": 300.0, "Burgers_RAR": 300.0, "Burgers_NNCG": 900.0}
"""Seconds for a run of a peer. The last one's own optimizer begins after minutes of the others."""
EXAMPLES = {"Burgers": 1e-2, "Burgers_RAR": 1e-2, "Burgers_NNCG": 1e-3}
"""DeepXDE's examples, and how far each is followed. The last one ends with its optimizer of second
order (a Newton method with conjugate gradients), which only begins where L-BFGS has stopped."""
PROFILED = (WORKS[0].name, WORKS[2].name)
DRAWN = 80
"""Looks of a run that are kept for the picture."""


def main() -> None:
    """Run all, keep what came of it, and write the page and the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.solve")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peers", type=int, default=0, help="seeds of DeepXDE's runs")
    parser.add_argument("--only", default="", help="equations whose name holds this")
    parser.add_argument("--quick", action="store_true", help="a few steps; writes below build/")
    parser.add_argument("--rates", action="store_true", help="only compare steps of Adam")
    parser.add_argument("--draw", action="store_true", help="run nothing, write the page again")
    asked = parser.parse_args()
    there = importlib.util.find_spec("deepxde") is not None
    if (asked.peers or asked.rates) and not there:
        parser.error("DeepXDE is not here: python -m pip install deepxde==1.15.0")
    if max(asked.threads) > machine.cores():
        parser.error(
            f"{max(asked.threads)} threads: this process may use {machine.cores()} "
            "(its cores, its quota and OMP_NUM_THREADS)"
        )
    works = [work for work in WORKS if asked.only in work.name]
    if asked.quick:
        works = [replace(work, steps=12) for work in works]
    folder = ROOT / "build/solve-quick" if asked.quick else ROOT
    for sub in ("benchmarks", "docs"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    store = folder / "benchmarks" / "solve.json"
    kept = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    for threads in () if asked.draw else asked.threads:
        with at_a_time(threads) as pool:
            if not asked.rates:
                measure(pool, works, threads, asked.seeds, kept, store)
                compare(pool, threads, asked.peers, kept, store)
            rate(pool, threads, there, 40 if asked.quick else 400, kept)
    if not (asked.draw or asked.rates):
        kept["profile"] = {
            work.name: {"flops": flops(work), "shares": shares(work, 5 if asked.quick else 30)}
            for work in works if work.name in PROFILED
        }  # fmt: skip
        kept["made"] = {"cores": os.cpu_count(), "python": platform.python_version(),
                        "torch": torch.__version__}  # fmt: skip
    write(kept, store)
    solve_page.write(kept, folder)


def measure(
    pool: ProcessPoolExecutor, works: list[Work], threads: int, seeds: int,
    kept: dict[str, Any], store: Path,
) -> None:  # fmt: skip
    """All our runs with so many threads; each equation is kept as soon as it is done."""
    coming = [
        [pool.submit(ours, work.name, work.steps, seed, threads) for seed in range(seeds)]
        for work in works
    ]
    for work, found in zip(works, coming, strict=True):
        courses = [course_of(one) for one in found]
        kept.setdefault("ours", {})[f"{work.name}; {threads}"] = {
            "name": work.name,
            "threads": threads,
            "targets": [reached_of(target, courses) for target in work.targets],
            "drawn": {of: [thin(course, of) for course in courses]
                      for of in dict.fromkeys(target.of for target in work.targets)},
        }  # fmt: skip
        write(kept, store)
        print(f"{work.name}, {threads} threads: done", flush=True)


def compare(
    pool: ProcessPoolExecutor, threads: int, seeds: int, kept: dict[str, Any], store: Path
) -> None:
    """All runs of DeepXDE with so many threads."""
    coming = {
        example: [pool.submit(peer, example, seed, threads) for seed in range(seeds)]
        for example in EXAMPLES if seeds
    }  # fmt: skip
    for example, found in coming.items():
        courses = [course for one in found if (course := course_of(one))]
        target = Target(EXAMPLES[example])
        kept.setdefault("peers", {})[f"{example}; {threads}"] = {
            "name": example,
            "threads": threads,
            "until": target.error,
            "seconds": reached_of(target, courses)["seconds"],
            "lasted": [course[-1].seconds for course in courses],
            "error": [course[-1].errors["rel_l2"] for course in courses],
        }
        write(kept, store)
        print(f"DeepXDE's {example}, {threads} threads: done", flush=True)


def rate(
    pool: ProcessPoolExecutor, threads: int, peers: bool, steps: int, kept: dict[str, Any]
) -> None:
    """Plain steps of Adam in a second, ours and DeepXDE's one after the other."""
    many = range(machine.cores() // threads)
    found = {"ours": [pool.submit(adam_rate, threads, steps) for _ in many]}
    if peers:
        found["deepxde"] = [pool.submit(peer_rate, seed, threads, steps / 16) for seed in many]
    kept.setdefault("rates", {})[str(threads)] = {
        side: statistics.median(one.result() for one in runs) for side, runs in found.items()
    }


def peer_rate(seed: int, threads: int, seconds: float) -> float:
    """Steps a second of DeepXDE's first example."""
    course = peer("Burgers", seed, threads, seconds)
    return (course[-1].step - course[0].step) / (course[-1].seconds - course[0].seconds)


def ours(name: str, steps: int, seed: int, threads: int) -> Course:
    """One of our runs, at most `steps` long."""
    work = next(work for work in WORKS if work.name == name)
    return solve(replace(work, steps=steps), seed, threads)


def peer(example: str, seed: int, threads: int, seconds: float | None = None) -> Course:
    """One of DeepXDE's, so many seconds long."""
    seconds = PATIENCE[example] if seconds is None else seconds
    command = [
        sys.executable, "-m", "benchmarks.peer", example, "--seed", str(seed),
        "--threads", str(threads), "--seconds", str(seconds),
        "--until", str(EXAMPLES[example]),
    ]  # fmt: skip
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, **limits, "DDE_BACKEND": "pytorch"},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Look(line["step"], line["seconds"], {"rel_l2": line["rel_l2"]}) for line in lines]


def at_a_time(threads: int) -> ProcessPoolExecutor:
    """As many runs at a time as there are cores for their threads."""
    fresh = multiprocessing.get_context("spawn")  # so that each counts its threads anew
    return ProcessPoolExecutor(machine.cores() // threads, mp_context=fresh)


def course_of(run: Future[Course]) -> Course:
    """What a run gave. One that failed is told and counts as one that never arrives."""
    try:
        return run.result()
    except (ArithmeticError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        print(f"a run failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return []


def reached(course: Course, target: Target) -> Look | None:
    """The first look below the error."""
    found = (one for one in course if one.errors.get(target.of, math.inf) < target.error)
    return next(found, None)


def reached_of(target: Target, courses: list[Course]) -> dict[str, Any]:
    """A target, and for each run the seconds and steps until it was reached; None for never."""
    looks = [reached(course, target) for course in courses]
    return {
        "error": target.error, "of": target.of,
        "gate": target.gate if math.isfinite(target.gate) else None,
        "stretch": target.stretch if math.isfinite(target.stretch) else None,
        "seconds": [look.seconds if look else None for look in looks],
        "steps": [look.step if look else None for look in looks],
    }  # fmt: skip


def thin(course: Course, of: str) -> list[list[float]]:
    """Some pairs of seconds and error, the last among them."""
    looks = [look for look in course if of in look.errors]
    every = max(1, len(looks) // DRAWN)
    chosen = [*looks[:-1:every], *looks[-1:]]
    return [[round(look.seconds, 3), float(f"{look.errors[of]:.4g}")] for look in chosen]


def write(kept: dict[str, Any], store: Path) -> None:
    store.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
