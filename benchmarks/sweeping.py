"""What a sweep costs beside its runs: efficiency on two processes, for runs of some seconds.

    python -m benchmarks.sweeping [--frames N]

Efficiency is the time that the runs take one after the other in this process, divided by twice
the time of the sweep with two workers. 1 would be no cost at all.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

from sciml_widgets import run, sweep
from sciml_widgets.labs import BurgersPINN

RATES = [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3]
"""Eight runs of equal length: the learning rate changes no cost of a step."""


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeping")
    parser.add_argument("--frames", type=int, default=2000, help="the length of each run")
    frames = parser.parse_args().frames
    alone = [_seconds(lambda: run(BurgersPINN(), frames=frames)) for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        grid = {"lr": RATES}
        together = _seconds(
            lambda: sweep(BurgersPINN(), grid, folder=folder, frames=frames, workers=2)
        )
    one = statistics.median(alone)
    print(f"one run {one:.1f} s ({min(alone):.1f} to {max(alone):.1f}), {len(RATES)} runs")
    print(f"sweep on 2 workers {together:.1f} s, efficiency {len(RATES) * one / 2 / together:.0%}")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
