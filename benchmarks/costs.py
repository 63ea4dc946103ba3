"""What the lessons cost: data and networks of lessons 01 to 04, and a step of every lab.

    python -m benchmarks.costs      these rows alone (two minutes)

Knows no page. A time is that of the clock, so nothing else may run beside it.
"""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Generator

from sciml_widgets import Experiment, Player, machine, run, shipped
from sciml_widgets.course import results
from sciml_widgets.labs import AirfoilSurrogate, SmokeControl, labs
from sciml_widgets.physics.henon import Henon, quadrant
from sciml_widgets.wind_tunnel import draw, pictures

__all__ = ["STEPS", "Row", "rows"]

ROUNDS = 5
CASES = 1000
"""Flows for each core."""
STEPS = 60
"""Of each lab: what is longer is cut."""
ONE_FOR_ALL = SmokeControl().preset("one network for all strokes")
LONGEST_STEP = 0.2
"""Seconds: what is longer does not feel live."""


class Row(NamedTuple):
    """One line of the page; `kept`: whether the target was."""

    what: str
    target: str
    measured: str
    kept: bool

    def line(self) -> str:
        """In Markdown."""
        return f"| {self.what} | {self.target} | {self.measured} | {'✓' if self.kept else '✗'} |"


def rows() -> list[Row]:
    """All of them; runs for two minutes."""
    found = [data(), answers(), ready(), live(), brute_force()]
    every = [lab() for lab in labs().values()]
    return [*found, *(panel(lab) for lab in every), panel(ONE_FOR_ALL, ", network")]


def data() -> Row:
    """Flows of 64 x 64 pixels in a second as a user asks for them: drawn and made in one call."""
    count = machine.cores()
    alone, together = (rate(threads, CASES * count) for threads in (1, count))
    said = f"**{together:.0f}** ({alone:.0f} on one, ratio {together / alone:.2f})"
    what = f"flows of 64 x 64 pixels, {count} cores"
    return Row(what, ">= 5000 a second", said, together >= 5000)


def rate(threads: int, cases: int) -> float:
    """Flows in a second that `pictures` makes with so many threads."""
    with machine.threads(threads):
        return cases / best(
            lambda: pictures(draw("training", cases, Generator().manual_seed(0)), 64)
        )


def answers() -> Row:
    """Seconds of the shipped network for 100 cases."""
    network = shipped.load()
    inputs = pictures(draw("training", 100, Generator().manual_seed(0)), 128).inputs
    with machine.threads(2) as count, torch.no_grad():
        seconds = best(lambda: network(inputs))
    what = f"the shipped network, 100 cases of 128 x 128, {count} threads"
    return Row(what, "<= 2 s", f"**{seconds:.2f} s**", seconds <= 2)


def ready() -> Row:
    """How much better it is than POD where nobody was trained: from the recorded draws."""
    held = results("03_shipped")["shipped"].values["128"]
    kinds = [one["held"]["new family"] for one in held]
    ratios = [one["POD"]["all"] / one["network"]["all"] for one in kinds]
    span = f"**{statistics.median(ratios):.2f}** ({min(ratios):.2f} to {max(ratios):.2f})"
    what = f"new family at 128 x 128, error of POD : shipped network, {len(ratios)} draws"
    return Row(what, ">= 2", span, statistics.median(ratios) >= 2)


def live() -> Row:
    """Seconds until the lab's network beats POD on the new family."""

    def watch(player: Player) -> None:
        if player.scalars.get("family", 1.0) < player.scalars.get("pod", 0.0):
            player.stop("finished")

    player = run(AirfoilSurrogate(), watch=watch)
    ahead = player.scalars["family"] < player.scalars["pod"]
    said = f"**{player.seconds:.0f} s** (step {player.step_now})" if ahead else "**it does not**"
    what = "64 x 64, live, until the network beats POD on the new family"
    return Row(what, "<= 120 s", said, ahead and player.seconds <= 120)


def brute_force() -> Row:
    """Seconds for 3600 particles and 1000 turns."""
    places, ring = quadrant(60), Henon()
    seconds = best(lambda: ring.survival(*places.T, turns=1000))
    what = "3600 particles, 1000 turns"
    return Row(what, "<= 0.15 s", f"**{seconds:.3f} s**", seconds <= 0.15)


def panel(lab: Experiment, more: str = "") -> Row:
    """The longest and the usual step of a lab, and its longest picture."""
    told: list[float] = []
    drawn: list[float] = []

    def watch(player: Player) -> None:
        told.append(time.perf_counter())
        player.draw()
        drawn.append(time.perf_counter())

    lab.prepare()
    run(lab, frames=min(STEPS, lab.length), watch=watch)
    steps = [after - before for before, after in zip(drawn, told[1:], strict=False)]
    pictures = [after - before for before, after in zip(told, drawn, strict=True)]
    said = f"longest **{max(steps):.2f} s**, median {statistics.median(steps):.3f} s"
    said += f"; a picture at most {max(pictures[1:]):.2f} s"
    what, target = f"a step: {lab.title}{more}", f"<= {LONGEST_STEP:g} s"
    return Row(what, target, said, max(steps) <= LONGEST_STEP)


def best(action: Callable[[], object]) -> float:
    """The least seconds of several tries, after one that warms up."""
    action()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        spent.append(time.perf_counter() - began)
    return min(spent)


def main() -> None:
    """Print the rows."""
    for row in rows():
        print(row.line(), flush=True)


if __name__ == "__main__":
    main()
