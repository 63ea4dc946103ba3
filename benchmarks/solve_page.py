"""The page and the picture of what `make solve` has kept. Runs nothing."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml_widgets.live.drawing import render
from sciml_widgets.picture import Axis, Lines, Picture, Plot, Points

__all__ = ["limit", "page", "ratio", "words", "write"]

BURGERS = "Burgers, ν = 0.01/π"
"""The equation that the peer solves too."""
FIRST = 15_000
"""Steps of Adam at the beginning of the peer's examples."""


def write(kept: dict[str, Any], folder: Path) -> None:
    """benchmarks/solve.md and docs/solve.png below the folder."""
    (folder / "benchmarks" / "solve.md").write_text(page(kept), encoding="utf-8")
    render(picture(kept)).savefig(folder / "docs" / "solve.png", dpi=110)


def page(kept: dict[str, Any]) -> str:
    """Everything in Markdown."""
    made, works = kept["made"], list(kept["ours"].values())
    seeds = max(len(target["seconds"]) for work in works for target in work["targets"])
    return "\n".join([
        "# How long a network takes to solve an equation",
        "",
        f"Written by `python -m benchmarks.solve`; do not edit. Over {seeds} seeds, median and "
        "range of the seconds, and of the steps, until the relative L2 error is below the one "
        "named (“never”: not within the run). The gate is for the median, the stretch for every "
        "seed. As many runs went at a time as there are cores for their threads. All by "
        f"Gauss-Newton in double precision, on {made['cores']} cores; Python {made['python']}, "
        f"torch {made['torch']}.",
        "",
        "| equation | relative error | threads | seconds | steps | gate | stretch |",
        "|---|---|---|---|---|---|---|",
        *(row(work, target) for work in works for target in work["targets"]),
        "",
        *beside(kept),
        *profile(kept["profile"]),
        "![Error over seconds](../docs/solve.png)",
        "",
    ])  # fmt: skip


def row(work: dict[str, Any], target: dict[str, Any]) -> str:
    of = "" if target["of"] == "rel_l2" else f", {target['of']}"
    seconds = numbers(target["seconds"])
    return (
        f"| {work['name']} | {target['error']:.2g}{of} | {work['threads']} | {words(seconds)} | "
        f"{words(numbers(target['steps']))} | "
        f"{limit(target['gate'], statistics.median(seconds))} | "
        f"{limit(target['stretch'], max(seconds))} |"
    )


def numbers(found: Sequence[float | None]) -> list[float]:
    """What was never reached counts as more than all."""
    return [math.inf if one is None else one for one in found]


def words(values: Sequence[float]) -> str:
    """Median and range."""
    shown = [f"{v:.3g}" if math.isfinite(v) else "never"
             for v in (statistics.median(values), min(values), max(values))]  # fmt: skip
    if len(set(shown)) == 1:
        return shown[0]
    return f"**{shown[0]}** ({shown[1]} to {shown[2]})"


def limit(bound: float | None, value: float) -> str:
    """A bound and whether it was kept."""
    return "" if bound is None else f"{bound:g} s {'✓' if value <= bound else '✗'}"


def beside(kept: dict[str, Any]) -> list[str]:
    """DeepXDE's examples as ratios to ours, and plain steps of Adam."""
    mine = {
        (work["threads"], target["error"]): statistics.median(numbers(target["seconds"]))
        for work in kept["ours"].values() if work["name"] == BURGERS
        for target in work["targets"]
    }  # fmt: skip
    peers = list(kept.get("peers", {}).values())
    lines = ["## Beside DeepXDE", ""]
    if peers:
        lines += [
            f"Its own examples in double precision, over {len(peers[0]['seconds'])} seed(s). To "
            "1e-2 the gate is 20 times our seconds, the stretch 50 times. NNCG is its optimizer "
            f"of second order; it begins after {FIRST:,} steps of Adam, and L-BFGS.",
            "",
            "| example | relative error | threads | seconds | times ours | last error |",
            "|---|---|---|---|---|---|",
            *(f"| {one['name']} | {one['until']:g} | {one['threads']} | "
              f"{words(numbers(one['seconds']))} | "
              f"{ratio(one, mine.get((one['threads'], one['until']), math.inf))} | "
              f"{words(one['error'])} |" for one in peers),
            "",
        ]  # fmt: skip
    if any(one.get("by_hand") for one in peers):
        lines += [
            "These rows were copied from the printed lines of a run that failed when it drew its "
            "picture, an hour before ours; the next run with `--peers` replaces them. They do not "
            "tell whether NNCG had begun.",
            "",
        ]
    lines += [
        "Plain steps of Adam in a second, 3 layers of 20, 2780 points, double precision. The gate "
        "is 1.0 times, the stretch 2.0 times.",
        "",
        "| threads | ours | DeepXDE | ratio |",
        "|---|---|---|---|",
    ]
    for threads, rate in kept.get("rates", {}).items():
        other = rate.get("deepxde")
        cells = f"{other:.0f} | {rate['ours'] / other:.2g}" if other else "not run | "
        lines.append(f"| {threads} | {rate['ours']:.0f} | {cells} |")
    return [*lines, ""]


def ratio(theirs: dict[str, Any], mine: float) -> str:
    """How many times our seconds; for runs that did not arrive, what was measured all the same."""
    middle = statistics.median(numbers(theirs["seconds"]))
    if not math.isfinite(mine):
        return ""
    if math.isfinite(middle):
        return f"{middle / mine:.0f}"
    lasted = min(theirs["lasted"])
    return f"more than {lasted / mine:.0f} (it had {lasted:.0f} s)"


def profile(spent: dict[str, Any]) -> list[str]:
    """What a step is made of."""
    if not spent:
        return []
    parts = list(next(iter(spent.values()))["shares"])
    return [
        "## What a step costs",
        "",
        "Shares of the time of the first steps, on one thread. The operations counted are those "
        "of JᵀJ and of its Cholesky factor: 5/4 m n² + n³/3 for m residuals and n weights.",
        "",
        "| | weights | operations | " + " | ".join(parts) + " |",
        "|---" * (3 + len(parts)) + "|",
        *(f"| {name} | {one['flops'][0]} | {one['flops'][1] / 1e6:.0f} million | "
          + " | ".join(f"{one['shares'][part]:.0%}" for part in parts) + " |"
          for name, one in spent.items()),
        "",
    ]  # fmt: skip


def picture(kept: dict[str, Any]) -> Picture:
    """Error over seconds, one line a seed; rings where gate and stretch are; the peer as dots."""
    works = list(kept["ours"].values())
    plots = []
    for name, of in dict.fromkeys((work["name"], of) for work in works for of in work["drawn"]):
        here = [work for work in works if work["name"] == name]
        marks = [
            *(line for colour, work in enumerate(here) for line in lines(work, of, colour)),
            *(dots(kept) if name == BURGERS else ()),
            *rings([target for target in here[0]["targets"] if target["of"] == of]),
        ]
        plots.append(
            Plot(name + ("" if of == "rel_l2" else f": {of}"), tuple(marks),
                 Axis("seconds", log=name == BURGERS), Axis("error", log=True),
                 alt="The relative error falls over the seconds of training.")
        )  # fmt: skip
    return Picture(tuple(plots), "Relative L2 error, one line a seed. Rings: gate and stretch.")


def lines(work: dict[str, Any], of: str, colour: int) -> list[Lines]:
    label = f"{work['threads']} thread{'s' * (work['threads'] > 1)}"
    found = [course for course in work["drawn"][of] if course]
    return [
        Lines(*np.array(course)[1:].T, "" if number else label, colour, "solid", 1.2)
        for number, course in enumerate(found)
    ]


def dots(kept: dict[str, Any]) -> list[Points]:
    """Where DeepXDE's runs arrived, or ended."""
    found = list(kept.get("peers", {}).values())
    x = [second for one in found for second in one["lasted"]]
    y = [error for one in found for error in one["error"]]
    return [Points(np.array(x), np.array(y), "DeepXDE, last look", 3, 6.0)] if x else []


def rings(targets: list[dict[str, Any]]) -> list[Points]:
    found = []
    for label, colour in (("gate", 6), ("stretch", 4)):
        there = [(one[label], one["error"]) for one in targets if one[label] is not None]
        if there:
            x, y = np.array(there).T
            found.append(Points(x, y, label, colour, 7.0, hollow=True))
    return found
