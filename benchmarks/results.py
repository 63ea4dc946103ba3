"""Run what the lessons report and write lessons/results/. Knows no equation and no lesson.

    python -m benchmarks.results [05 ...] [--quick]

A lesson's runs stand in `benchmarks/lesson_05.py` as PARTS. `--quick` makes each run a few steps
long, to try the command out, and writes below build/.
"""

import argparse
import importlib
import importlib.metadata
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sciml_widgets.course.results import Recorded, changed, fingerprints, write

__all__ = ["Part", "main"]

ROOT = Path(__file__).parents[1]
WORKERS = 2
"""Runs at the same time, on one thread each: the number of cores that is promised."""

Measure = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """One file of results: `measure(**case, seed=seed, quick=...)` for each case and seed.

    Without seeds it runs once for each case, alone on the computer, because it is timed against
    others; with seeds two run at a time.
    """

    measure: Measure
    cases: dict[str, dict[str, Any]]
    sources: tuple[str, ...]
    seeds: tuple[int, ...] = field(default=())


def main(arguments: list[str] | None = None) -> int:
    """Run the lessons named, or all. Returns the exit code."""
    there = {
        path.stem.removeprefix("lesson_"): path.stem
        for path in sorted(Path(__file__).parent.glob("lesson_*.py"))
    }
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results")
    parser.add_argument("lesson", nargs="*", help=f"among {', '.join(there)}; default: all")
    parser.add_argument("--part", default="", help="this part only")
    parser.add_argument("--quick", action="store_true", help="try it out: writes below build/")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.lesson) - set(there):
        parser.error(f"no lesson {', '.join(sorted(unknown))}: there are {', '.join(there)}")
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    folder = ROOT / ("build/results-quick" if asked.quick else "lessons/results")
    failed = False
    for key in asked.lesson or there:
        parts = importlib.import_module(f"benchmarks.{there[key]}").PARTS
        for name, part in parts.items():
            if asked.part in ("", name):
                recorded = record(key, name, part, asked.quick)
                if changed(recorded, ROOT):
                    failed = True
                    print(f"{key} {name}: the code changed while it ran; run it again", flush=True)
                    continue
                write(recorded, folder / f"{key}_{name}.json")
                print(f"{key} {name}: {recorded.seconds:.0f} s", flush=True)
    return int(failed)


def record(key: str, name: str, part: Part, quick: bool) -> Recorded:
    """Make all runs of a part."""
    before = fingerprints(part.sources, ROOT)
    began = time.monotonic()
    values = _pooled(part, quick) if part.seeds else _alone(part, quick)
    seconds = time.monotonic() - began
    return Recorded(
        name=name,
        values=values,
        command=f"python -m benchmarks.results {key}",
        seeds=list(part.seeds),
        threads=1,
        seconds=round(seconds, 1),
        versions=_versions(),
        sources=before,
    )


def _alone(part: Part, quick: bool) -> dict[str, Any]:
    return {label: part.measure(**case, quick=quick) for label, case in part.cases.items()}


def _pooled(part: Part, quick: bool) -> dict[str, list[dict[str, Any]]]:
    """For each case the runs in the order of the seeds."""
    fresh = multiprocessing.get_context("spawn")  # so that each counts its threads anew
    with ProcessPoolExecutor(WORKERS, mp_context=fresh) as pool:
        waiting = {
            label: [
                pool.submit(part.measure, **case, seed=seed, quick=quick) for seed in part.seeds
            ]
            for label, case in part.cases.items()
        }
        return {label: [run.result() for run in runs] for label, runs in waiting.items()}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "machine": platform.machine()}
    names = ("sciml-widgets", "torch", "numpy", "scipy")
    return {**found, **{name: importlib.metadata.version(name) for name in names}}


if __name__ == "__main__":
    raise SystemExit(main())
