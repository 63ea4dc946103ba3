"""What a check needs of a lab: its knobs, its network, its runs. Knows no verdict, draws nothing.

Where a lab lacks something, the error names what it has.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from sciml_widgets import machine
from sciml_widgets.experiment import Diverged, Experiment
from sciml_widgets.headless import run
from sciml_widgets.knobs import Slider, knobs, read, replaced, resolve, values
from sciml_widgets.player import Player
from sciml_widgets.record import lab_name

__all__ = [
    "AMOUNTS", "Lab", "Ran", "amount", "amounts", "ends", "finite", "judged_by", "last", "made",
    "network_of", "number", "over", "ran", "scores",
]  # fmt: skip

AMOUNTS = ("maps", "cases", "samples", "points_inside")
"""What labs call the knob that says from how much they learn."""
FRAMES = 300
"""Length of a run, unless the lab's own is shorter."""
SIGNS = 1000
"""Frames without a picture (of a lab that makes its data, say) before the network is missed."""

Lab = Experiment | type[Experiment]


@dataclass(frozen=True)
class Ran:
    """One run: a knob's value, the largest loss at first and at the end, the error, the state.

    The end is the median of the last tenth of a run: one minibatch says little. An error that
    there is not is NaN.
    """

    value: float
    before: float
    loss: float
    error: float
    state: str


def made(lab: Lab, *, loss: bool = True) -> Experiment:
    """The lab itself. Raises TypeError for none, ValueError for one without a loss."""
    experiment = lab() if isinstance(lab, type) else lab
    if not isinstance(experiment, Experiment):
        raise TypeError(f"a check takes a lab, not {experiment!r}")
    if loss and all(one.role != "loss" for one in experiment.series):
        there = ", ".join(one.name for one in experiment.series) or "none"
        name = lab_name(type(experiment))
        raise ValueError(f"{name} trains nothing: no loss is among its series ({there})")
    return experiment


def amounts(experiment: Experiment) -> list[str]:
    """The knobs that say from how much it learns, the likeliest first."""
    there = [path for path, one in knobs(experiment).items() if isinstance(one, Slider)]
    return [path for name in AMOUNTS for path in there if path.rpartition(".")[2] == name]


def amount(experiment: Experiment, knob: str) -> tuple[str, Slider]:
    """The knob of that name, or the likeliest of `amounts`. Raises ValueError."""
    wanted = knob or next(iter(amounts(experiment)), "")
    return number(experiment, wanted, "knob that says from how much it learns")


def number(experiment: Experiment, knob: str, what: str) -> tuple[str, Slider]:
    """Path and slider of a knob of numbers. Raises ValueError, naming those that there are."""
    there = knobs(experiment)
    sliders = {
        path: one for path, one in there.items() if isinstance(one, Slider) and one.kind != "view"
    }
    ends = {path.rpartition(".")[2] for path in there} | set(there)
    path = resolve(experiment, knob) if knob in ends else ""
    if path not in sliders:
        raise ValueError(
            f"{lab_name(type(experiment))} has no {what}{f' {knob!r}' if knob else ''}: "
            f"give knob=, one of {', '.join(sliders) or '(it has no number to turn)'}"
        )
    return path, sliders[path]


def network_of(experiment: Experiment) -> nn.Module:
    """That of the lab's first snapshot. Raises ValueError."""
    frames, state = replaced(experiment, {}).frames(), None
    with machine.threads(experiment.threads):
        for _, frame in zip(range(SIGNS), frames, strict=False):
            if frame.state is not None:
                state = frame.state()
                break
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    inner = getattr(state, "solution", None)
    for found in (state, getattr(state, "network", None), getattr(inner, "network", None)):
        if isinstance(found, nn.Module):
            return found
    raise ValueError(
        f"{lab_name(type(experiment))} shows no network: a snapshot that can be counted is a "
        f"torch module or has one as `network`; this one is a {type(state).__name__}"
    )


def judged_by(experiment: Experiment, name: str) -> str:
    """The series to judge by; "" for the largest loss. Raises ValueError."""
    there = {one.name: one.role for one in experiment.series}
    if name and name not in there:
        raise ValueError(f"judge={name!r} is none of the series {', '.join(there)}")
    return name or next((one for one, role in there.items() if role == "error"), "")


def ran(experiment: Experiment, frames: int | None) -> Player:
    """A run that may diverge. Raises what else the lab raises."""
    try:
        return run(experiment, frames=min(experiment.length, FRAMES) if frames is None else frames)
    except Diverged as error:
        player: Player = error.player  # type: ignore[attr-defined]
        return player


def over(
    experiment: Experiment, path: str, wanted: Sequence[float], seeds: Iterable[int],
    frames: int | None, judge: str,
) -> tuple[list[float], tuple[Ran, ...]]:  # fmt: skip
    """The values in order, and a run for each value and seed. Raises ValueError."""
    each = [{"seed": seed} for seed in seeds]
    if each and "seed" not in values(experiment):
        raise ValueError(f"{lab_name(type(experiment))} has no knob seed: leave seeds= out")
    grid = sorted({read(replaced(experiment, {path: value}), path) for value in wanted})
    if len(grid) < 2:
        raise ValueError(f"{path} needs two values at least, got {list(wanted)}")
    runs = [
        ends(ran(replaced(experiment, {path: value, **seed}), frames), value, judge)
        for value in grid
        for seed in (each or [{}])
    ]
    return grid, tuple(runs)


def ends(player: Player, value: float, judge: str) -> Ran:
    """The numbers of a run. Raises ValueError if it ended before there were any."""
    losses = [one.name for one in player.history.series if one.role == "loss"]
    tracks = [y for one in losses if (y := finite(player, one))]
    error = finite(player, judge) if judge else []
    if player.state != "diverged" and not (tracks and (error or not judge)):
        raise ValueError(
            f"{lab_name(type(player.experiment))} has not measured {judge or 'a loss'} after "
            f"{player.frames} frames: give frames=, more of them"
        )
    tracks = tracks or [[math.nan]]
    return Ran(
        float(value), max(y[0] for y in tracks), max(map(last, tracks)),
        last(error) if error else math.nan, player.state,
    )  # fmt: skip


def finite(player: Player, name: str) -> list[float]:
    """The finite values of a series, in their order."""
    return [y for y in player.history.tracks[name].points()[1] if math.isfinite(y)]


def last(y: Sequence[float]) -> float:
    """The end of a course: the median of its last tenth."""
    return statistics.median(y[-max(1, len(y) // 10) :])


def scores(runs: Iterable[Ran], value: float, what: str) -> list[float]:
    """One field of the runs at a value, "error" or "loss"; infinity where it diverged."""
    found: list[tuple[str, Any]] = [(o.state, getattr(o, what)) for o in runs if o.value == value]
    return [math.inf if state == "diverged" or math.isnan(x) else x for state, x in found]
