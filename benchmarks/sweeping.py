"""What a sweep costs beside its runs: efficiency on two processes, for runs of some seconds.

    python -m benchmarks.sweeping [--frames N]

Two ratios. *Busy*: the seconds that the runs say they took, over those that two workers had: what
is missing is the sweep's own cost. *Against one by one*: the time of the runs one after the other
in this process, over twice that of the sweep. This one also falls where two programs at once slow
each other down, so two plain processes show how much that is, without any sweep. The first sweep
of a session imports torch once more, for all processes to come.
Without --frames the result is written to benchmarks/sweeping.md.
"""

import argparse
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from sciml_widgets import load, run, sweep
from sciml_widgets.labs import BurgersPINN

PAGE = Path(__file__).with_suffix(".md")
RATES = [k * 1e-3 for k in range(1, 17)]
"""Sixteen runs of equal length: the learning rate changes no cost of a step."""
WORKERS, FRAMES, TARGET = 2, 2000, 0.9
Swept = tuple[float, float]
"""Seconds of a sweep, and of its runs."""


def main() -> None:
    """Measure single runs, pairs of runs, and two sweeps; print and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeping")
    parser.add_argument("--frames", type=int, help=f"the length of each run; default: {FRAMES}")
    asked = parser.parse_args().frames
    frames, before = asked or FRAMES, os.getloadavg()[0]
    _run(frames)  # the first pays for imports
    alone = [_run(frames) for _ in range(3)]
    beside = _pairs(frames)
    swept = [_sweep(frames) for _ in range(2)]
    alone += [_run(frames) for _ in range(3)]
    text = page(alone, beside, swept, frames, before)
    print(text)
    if asked is None:
        PAGE.write_text(text, encoding="utf-8")


def page(
    alone: list[float], beside: list[float], swept: list[Swept], frames: int, before: float
) -> str:
    """benchmarks/sweeping.md."""
    one, two, count = statistics.median(alone), statistics.median(beside), len(RATES)
    rows = []
    for name, (took, inside) in zip(("first of a session", "second"), swept, strict=True):
        busy, plain = inside / (WORKERS * took), count * one / (WORKERS * took)
        mark = "✓" if busy >= TARGET else "✗"
        rows.append(
            f"| {name} | {took:.1f} s | {busy:.0%} (>= {TARGET:.0%}) {mark} | {plain:.0%} |"
        )
    return "\n".join(
        [
            "# What a sweep costs beside its runs",
            "",
            f"Written by `python -m benchmarks.sweeping`; do not edit. {count} runs of the lab "
            f"`burgers-pinn`, {frames} steps each, on {WORKERS} workers. One run by itself takes "
            f"{_spread(alone)}; two at once, in plain processes without a sweep, take "
            f"{_spread(beside)} each: {one / two:.0%}. {os.cpu_count()} cores (their load a "
            f"minute before: {before:.1f}); Python {platform.python_version()}, torch "
            f"{torch.__version__}.",
            "",
            "| sweep | seconds | workers busy with runs | against one by one |",
            "|---|---|---|---|",
            *rows,
            "",
            "Busy: the seconds that the runs say they took, over those that the workers had. "
            "Against one by one: the time of the runs one after the other, over twice that of the "
            f"sweep. The start, {swept[0][0] - swept[1][0]:.1f} s, is paid once in a session: a "
            "process imports torch and the lab, and each run is a copy of it.",
            "",
        ]
    )


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f})"


def _sweep(frames: int) -> Swept:
    """Seconds of a sweep, and the sum of those that its runs say they took."""
    with tempfile.TemporaryDirectory() as folder:
        grid = {"lr": RATES}
        began = time.perf_counter()
        sweep(BurgersPINN(), grid, folder=folder, frames=frames, workers=WORKERS, progress=False)
        took = time.perf_counter() - began
        return took, sum(load(path).seconds for path in Path(folder).glob("*.json"))


def _pairs(frames: int) -> list[float]:
    """Seconds of runs while a second process does the same."""
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(WORKERS), context.Queue()
    pair = [context.Process(target=_beside, args=(frames, gate, answers)) for _ in range(WORKERS)]
    for one in pair:
        one.start()
    found = [seconds for _ in pair for seconds in answers.get(timeout=600)]
    for one in pair:
        one.join()
    return found


def _beside(frames: int, gate: Any, answers: Any) -> None:
    _run(100)
    gate.wait()
    answers.put([_run(frames) for _ in range(3)])


def _run(frames: int) -> float:
    return _seconds(lambda: run(BurgersPINN(), frames=frames))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
