"""What a lab with unknown coefficients shows: field, error, estimates. Trains nothing."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator

from sciml_widgets.labs.pinn import Solution
from sciml_widgets.labs.plane import Function, solution_picture
from sciml_widgets.labs.unknown import WIDEST, Coefficient, Found, Unknown
from sciml_widgets.physics import Problem
from sciml_widgets.picture import INK, Axis, Lines, Mark, Picture, Plot, Points, Text, View

__all__ = ["Identified", "estimates_plot", "identified_picture"]

REACHES = (0.05, 0.2, 1.0)
"""How far the axis of the estimates may reach to each side of 1."""

Seen = Callable[[Problem, Function], tuple[Problem, Function]]
"""What is drawn in place of a problem and a network: the size of a wave, not its two parts."""


@dataclass(frozen=True)
class Identified:
    """A snapshot: the field, and what is known of each coefficient, by name."""

    solution: Solution
    found: dict[str, Found]


def estimates_plot(unknown: Unknown, problem: Problem, found: Mapping[str, Found]) -> Plot:
    """A row for each coefficient: found over true, with its bar, and in words; 1 is true.

    The colours are those of the curves below, where the losses of the terms come first.
    The axis is 1 ± the least of REACHES that holds all bars: short bars are seen as well.
    """
    here = {
        one: found.get(one.name, Found(one.start, one.start, one.start))
        for one in unknown.coefficients
    }
    true = {one: float(getattr(problem, one.name)) for one in here}
    off = [
        abs(end / true[one] - 1) for one, it in here.items() for end in (it.low, it.value, it.high)
    ]
    reach = min((one for one in REACHES if max(off, default=0.0) < one), default=REACHES[-1])
    low, high = 1 - reach, 1 + reach
    marks: list[Mark] = []
    for i, (one, it) in enumerate(here.items()):
        row, colour = float(len(here) - 1 - i), len(problem.terms()) + i
        marks.append(Lines(np.ones(2), np.array([row - 0.25, row + 0.2]), "", INK, "dashed", 1.2))
        bar = np.clip(np.array([it.low, it.high]) / true[one], low - reach, high + reach)
        marks.append(Lines(bar, np.full(2, row), "", colour, width=3.0))
        where = np.clip(np.array([it.value / true[one]]), low - reach, high + reach)
        marks.append(Points(where, np.full(1, row), "", colour, 5.0, hollow=True))
        marks.append(Text(low + 0.04 * reach, row + 0.38, _in_words(one, it), colour))
    return Plot(
        "unknowns, found / true", tuple(marks), Axis("", low, high),
        Axis("", -0.4, len(here) - 0.4, bare=True),
        note="bars: ± 2 standard deviations",
        alt="; ".join(f"{_in_words(one, it)}, true {true[one]:.3g}" for one, it in here.items())
        + ".",
    )  # fmt: skip


def _in_words(one: Coefficient, here: Found) -> str:
    """A positive number's bar is a range: the bar of its logarithm, which has no negative end."""
    said = f"{one.label} = {here.value:.3g}"
    if here.low == here.high:
        return said
    if one.positive:
        size = math.log(here.high / here.low) if here.low > 0 else math.inf
        bar = f"({here.low:.2g} to {here.high:.2g})"
    else:
        size = here.high - here.low
        bar = f"± {size / 2:.1g}"
    return f"{said} {bar}" if size < 3.99 * WIDEST else f"{said}, may be anything"


def identified_picture(
    lab: Any, state: Identified | None, view: View, seen: Seen | None = None
) -> Picture:
    """The field and its slices, where it was measured, and the estimates beside the truth.

    `seen` says what is drawn in place of a problem's first unknown, and what the network has.
    """
    if state is None:
        problem = lab.unknown.posed(lab.problem)
        generator = Generator().manual_seed(lab.seed)
        state = Identified(Solution.of(lab.net.build(problem, generator), problem), {})
    solution = state.solution
    dots = torch.tensor(solution.problem.places, dtype=torch.float64)  # type: ignore[attr-defined]
    shown = (solution.problem, solution) if seen is None else seen(solution.problem, solution)
    drawn = solution_picture(*shown, view.size, dots)
    estimates = estimates_plot(lab.unknown, solution.problem, state.found)
    field, error, slices = drawn.plots
    return Picture((field, estimates, error, slices), drawn.caption)
