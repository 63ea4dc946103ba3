"""Two checks of practice over many runs: more data, other learning rates. Knows no lab."""

import math
import statistics
from collections.abc import Iterable, Sequence

from sciml_widgets.experiment import Experiment, Series
from sciml_widgets.knobs import read, silent
from sciml_widgets.practice.finding import LOSS, Finding, compared, label_of
from sciml_widgets.practice.runs import Lab, Ran, amount, judged_by, made, number, over, scores
from sciml_widgets.words import name_of, spoken

__all__ = ["grow_data", "sweep_rate"]

CLEAR = 0.1
"""A change by a smaller share is none."""
SLOW = 0.25
"""Of the way that the loss goes with the best rate: who goes less is stuck."""


def grow_data(
    lab: Lab, *, knob: str = "", values: Sequence[float] = (), seeds: Iterable[int] = (),
    frames: int | None = None, judge: str = "",
) -> Finding:  # fmt: skip
    """Train on more and more data: does the error on what was not trained on still fall?

    Args:
        lab: its own values serve for all other knobs.
        knob: says how much is learned from; default: the first of `AMOUNTS` that the lab has.
        values: of that knob; default: an eighth, a quarter, a half, and all of the lab's.
        seeds: one run for each; default: the lab's own only.
        frames: the length of each run; default: the lab's, at most 300.
        judge: the series to judge by; default: the first error.

    Raises:
        ValueError: no such knob, value or series; names those that the lab has.
    """
    experiment = made(lab)
    path, slider = amount(experiment, knob)
    if not values:
        top = min(slider.high, max(read(experiment, path), 8 * slider.low))
        parts = [max(slider.low, top / k) for k in (8, 4, 2, 1)]
        values = [round(part) for part in parts] if slider.whole else parts
    name = judged_by(experiment, judge)
    grid, runs = over(experiment, path, values, seeds, frames, name)
    one, what = _series(experiment, name)
    before, after = scores(runs, grid[-2], what), scores(runs, grid[-1], what)
    old, new = statistics.median(before), statistics.median(after)
    name = name_of(path, slider.label)
    said = (
        f"from {slider.spell(grid[-2])} to {slider.spell(grid[-1])} ({name}), "
        f"“{label_of(one)}” goes from {spoken(old, one.percent)} to {spoken(new, one.percent)}"
    )
    if not (math.isfinite(old) and math.isfinite(new)):
        verdict = "A run diverged: find a learning rate first (sweep_rate)."
    elif new > (1 + CLEAR) * old:
        verdict = f"More data did not help: {said}."
    elif new > (1 - CLEAR) * old or (len(after) > 1 and max(after) >= min(before)):
        verdict = f"More data of this kind buy little, or chance hides it: {said}."
    else:
        verdict = f"More data still help: {said}."
    verdict += _alone(after)
    return compared(verdict, None, slider, name_of(path, slider.label), one, grid, runs)


def sweep_rate(
    lab: Lab, *, rates: Sequence[float] = (), knob: str = "lr", seeds: Iterable[int] = (),
    frames: int | None = None, judge: str = "",
) -> Finding:  # fmt: skip
    """Train with several learning rates: too small does not move, too large does not settle.

    It is passed if the best rate does not stand at an end of the list.

    Args:
        lab: its own values serve for all other knobs.
        rates: to try; default: the lab's own, and two decades down and up.
        knob: the learning rate's.
        seeds: one run for each; default: the lab's own only.
        frames: the length of each run; default: the lab's, at most 300.
        judge: the series to judge by; default: the first error, else the largest loss.

    Raises:
        ValueError: no such knob, value or series, or a rate without effect; says why.
    """
    experiment = made(lab)
    path, slider = number(experiment, knob, "learning rate")
    if reason := silent(experiment).get(path):
        raise ValueError(f"{path} has no effect here: {reason}")
    if not rates:
        around = [float(f"{read(experiment, path) * 10.0**k:.6g}") for k in range(-2, 3)]
        rates = [rate for rate in around if slider.low <= rate <= slider.high]
    name = judged_by(experiment, judge)
    grid, runs = over(experiment, path, rates, seeds, frames, name)
    one, what = _series(experiment, name)
    middle = [statistics.median(scores(runs, rate, what)) for rate in grid]
    k = min(range(len(grid)), key=middle.__getitem__)
    passed = math.isfinite(middle[k]) and 0 < k < len(grid) - 1
    if not math.isfinite(middle[k]):
        verdict = "With none of these rates a run comes to its end: try smaller ones."
    else:
        said = f"“{label_of(one)}” {spoken(middle[k], one.percent)}"
        verdict = f"Best of these: {grid[k]:g} ({said})."
        small, large = (
            ", ".join(f"{rate:g}" for rate in some if _stuck(runs, rate, grid[k]))
            for some in (grid[:k], grid[k + 1 :])
        )
        verdict += f" Too small to move: {small}." if small else ""
        verdict += f" Too large to settle: {large}." if large else ""
        verdict += "" if passed else " It stands at an end of the list: go on beyond it."
        verdict += _alone(scores(runs, grid[k], what))
    return compared(verdict, passed, slider, name_of(path, slider.label), one, grid, runs)


def _series(experiment: Experiment, name: str) -> tuple[Series, str]:
    """What is judged by, and the field of `Ran` that holds it."""
    found = [one for one in experiment.series if one.name == name]
    return (found[0], "error") if found else (LOSS, "loss")


def _stuck(runs: Iterable[Ran], value: float, best: float) -> bool:
    """Whether most runs at a value lower the loss far less than those at the best one."""
    runs = tuple(runs)
    low = statistics.median(scores(runs, best, "loss"))
    here = [one for one in runs if one.value == value]
    high = [(1 - SLOW) * one.before + SLOW * low for one in here]
    stuck = [one.state == "diverged" or one.loss > at for one, at in zip(here, high, strict=True)]
    return 2 * sum(stuck) > len(stuck)


def _alone(numbers: Sequence[float]) -> str:
    """A warning where one run stands for all."""
    return " (One run each, so chance has a part in it: give seeds=.)" if len(numbers) < 2 else ""
