"""Windows in time: one after the other, each from what the last one left. Knows no training.

A network that is asked for all times at once may answer for the late ones before it knows the
early ones. Here it is asked for a slice of time only; when that is done it is kept, and its end is
the initial state of the next slice.
"""

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from sciml_widgets.knobs import knob
from sciml_widgets.physics import (
    Box,
    Coordinates,
    Jet,
    Points,
    Problem,
    Region,
    Term,
    Values,
)

__all__ = ["March", "Past", "Window", "Windows", "pieced"]

Past = tuple[tuple[float, nn.Module], ...]
"""Windows that are done: until when, and the network as it was then; the earliest first."""


def _one_window(lab: Any) -> str:
    windows = getattr(lab, "windows", lab)
    return "" if windows.count > 1 else "there is one window only"


@dataclass(frozen=True)
class Windows:
    """Sequence to sequence: `count` slices of time, each trained for so many steps.

    Source: Krishnapriyan, Gholami, Zhe, Kirby and Mahoney (2021), arXiv:2109.01050. Theirs starts
    a window from new weights or from the old; this one goes on with the old.
    """

    count: int = knob(
        1, 1, 20, kind="restart", label="windows in time", group="Repairs",
        help="slices of time, trained one after the other; 1: all times at once",
    )  # fmt: skip
    steps_per_window: int = knob(
        30, 1, 5000, log=True, kind="restart", label="steps per window", group="Repairs",
        help="training in each slice before the next one", unless=_one_window,
    )  # fmt: skip


@dataclass(frozen=True)
class Window(Problem):
    """A problem between two times, first order in time; `before` is the state at its start.

    Without `before` it is the first window and has the problem's own initial condition. Raises
    ValueError for a problem with data at other times, or at sensors.
    """

    problem: Problem
    start: float
    end: float
    before: nn.Module | None = None

    @property
    def box(self) -> Box:  # type: ignore[override]
        """The slice."""
        whole = self.problem.box
        return replace(whole, low=(*whole.low[:-1], self.start), high=(*whole.high[:-1], self.end))

    def terms(self) -> tuple[Term, ...]:
        """The problem's terms, cut."""
        return tuple(self._cut(term) for term in self.problem.terms())

    def exact(self, points: Points) -> Values:
        """The problem's own truth."""
        return self.problem.exact(points)

    def _cut(self, term: Term) -> Term:
        region, time = term.region, self.problem.box.names[-1]
        if region.points or (region.held == time and region.values != self.problem.box.low[-1:]):
            raise ValueError(
                f"windows need a problem that starts at its first time and knows nothing of "
                f"later ones: the term {term.label!r} does"
            )
        values = (self.start,) if region.held == time else region.values
        cut = replace(term, region=Region(self.box, region.held, values))
        if region.held != time or self.before is None:
            return cut
        return replace(cut, residual=_difference, data=self._left)

    def _left(self, points: Points) -> dict[str, Values]:
        assert self.before is not None
        with torch.no_grad():
            return {"left": self.before(points)}


@dataclass
class March:
    """The windows of one run, and what is kept of those that are done."""

    windows: Windows | None
    past: Past = field(default=())

    def at(self, problem: Problem, step: int, network: nn.Module) -> Problem:
        """The task of this step. When a window has just ended, a copy of the network is kept."""
        if self.windows is None or self.windows.count == 1:
            return problem
        low, high = problem.box.low[-1], problem.box.high[-1]
        number = min(step // self.windows.steps_per_window, self.windows.count - 1)
        edges = [low + (high - low) * i / self.windows.count for i in range(self.windows.count)]
        if number > len(self.past):
            kept = copy.deepcopy(network).requires_grad_(False)
            self.past = (*self.past, (edges[number], kept))
        before = self.past[-1][1] if self.past else None
        return Window(problem, edges[number], [*edges, high][number + 1], before)


def pieced(past: Past, points: Points, present: Values) -> Values:
    """`present` after the last window that is done, and what was kept before: (n, d) to (n, m)."""
    for end, kept in reversed(past):
        with torch.no_grad():
            present = torch.where(points[:, -1:] < end, kept(points), present)
    return present


def _difference(p: Coordinates, u: Jet) -> Values:
    return u.value - p.left
