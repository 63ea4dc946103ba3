"""What a sweep costs beside its runs: efficiency on two processes, for runs of some seconds.

    python -m benchmarks.sweeping [--frames N]

Efficiency is the time that the runs take one after the other in this process, divided by twice
the time of the sweep with two workers. 1 would be no cost at all. The first sweep of a session
imports torch once more, for all processes to come; the second one shows what each run costs.
Without --frames the result is written to benchmarks/sweeping.md.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from sciml_widgets import run, sweep
from sciml_widgets.labs import BurgersPINN

PAGE = Path(__file__).with_suffix(".md")
RATES = [k * 1e-3 for k in range(1, 17)]
"""Sixteen runs of equal length: the learning rate changes no cost of a step."""
WORKERS, FRAMES, TARGET = 2, 2000, 0.9


def main() -> None:
    """Measure runs by themselves, then a first sweep and a second; print and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeping")
    parser.add_argument("--frames", type=int, help=f"the length of each run; default: {FRAMES}")
    asked = parser.parse_args().frames
    frames, load = asked or FRAMES, os.getloadavg()[0]
    alone = [_seconds(lambda: run(BurgersPINN(), frames=frames)) for _ in range(3)]
    took = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            took.append(_seconds(lambda there=folder: _sweep(there, frames)))
    text = page(alone, took, frames, load)
    print(text)
    if asked is None:
        PAGE.write_text(text, encoding="utf-8")


def page(alone: list[float], took: list[float], frames: int, load: float) -> str:
    """benchmarks/sweeping.md."""
    one, count = statistics.median(alone), len(RATES)
    ideal = count * one / WORKERS
    rows = [
        f"| {name} | {seconds:.1f} s | {ideal / seconds:.0%} (>= {TARGET:.0%}) "
        f"{'✓' if ideal / seconds >= TARGET else '✗'} |"
        for name, seconds in zip(("first of a session", "second"), took, strict=True)
    ]
    return "\n".join(
        [
            "# What a sweep costs beside its runs",
            "",
            f"Written by `python -m benchmarks.sweeping`; do not edit. {count} runs of the lab "
            f"`burgers-pinn`, {frames} steps each, on {WORKERS} workers. One run by itself takes "
            f"{one:.1f} s ({min(alone):.1f} to {max(alone):.1f}). {os.cpu_count()} cores (their "
            f"load a minute before: {load:.1f}); Python {platform.python_version()}, torch "
            f"{torch.__version__}.",
            "",
            "| sweep | seconds | efficiency |",
            "|---|---|---|",
            *rows,
            "",
            "Efficiency: the time of the runs one after the other, over twice that of the sweep. "
            f"The start, {took[0] - took[1]:.1f} s, is paid once in a session: a process imports "
            "torch and the lab, and each run is a copy of it.",
            "",
        ]
    )


def _sweep(folder: str, frames: int) -> None:
    grid = {"lr": RATES}
    sweep(BurgersPINN(), grid, folder=folder, frames=frames, workers=WORKERS, progress=False)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
