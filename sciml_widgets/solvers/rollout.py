"""Many steps, and the way back through them with little memory. Knows no equation.

Backwards, every step needs the state that it started from. A tape keeps all of them, or only the
first of each segment and computes the others once more on the way back. (A batch of runs as one
tensor: `solvers.march`.)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from sciml_widgets.solvers.ring import State

__all__ = ["Tape", "by_hand", "last", "record", "rollout"]


def rollout(step: Callable[[State], State], start: State, steps: int) -> list[State]:
    """The states after 0, 1, ... `steps` steps."""
    states = [start]
    for _ in range(steps):
        states.append(step(states[-1]))
    return states


def last(step: Callable[[Tensor], Tensor], start: Tensor, steps: int, segment: int = 0) -> Tensor:
    """The state after `steps` steps, for autograd.

    With `segment` autograd remembers only every `segment`-th state and computes the others again
    on the way back: memory for steps/segment + segment states, at the price of one more solve.
    """
    if segment < 1:
        return rollout(step, start, steps)[-1]

    def several(state: Tensor, count: int) -> Tensor:
        return rollout(step, state, count)[-1]

    state = start
    for begin in range(0, steps, segment):
        count = min(segment, steps - begin)
        state = checkpoint(several, state, count, use_reentrant=False, preserve_rng_state=False)
    return state


@dataclass(frozen=True)
class Tape:
    """A solve that can be walked back. `kept` are the states that it remembers, `last` its end.

    `most` is the largest number of states that are alive at a time, on the way back included.
    """

    step: Callable[[Any], Any]
    kept: list[Any]
    last: Any
    steps: int
    segment: int

    @property
    def most(self) -> int:
        return len(self.kept) + (min(self.segment, self.steps) - 1 if self.segment > 1 else 0)

    def backwards(self) -> Iterator[Any]:
        """The state before the last step, the one before that, ... the start."""
        size = max(1, self.segment)
        for number in range(len(self.kept) - 1, -1, -1):
            count = min(size, self.steps - number * size)
            yield from reversed(rollout(self.step, self.kept[number], count - 1))


def record(step: Callable[[State], State], start: State, steps: int, segment: int = 0) -> Tape:
    """Solve forward and remember; with `segment` only the first state of each segment."""
    size, kept, state = max(1, segment), [], start
    for number in range(steps):
        if number % size == 0:
            kept.append(state)
        state = step(state)
    return Tape(step, kept, state, steps, segment)


def by_hand(solver: Any, start: Tensor, steps: int, segment: int = 0) -> Tensor:
    """The state after `steps` steps, solved in numpy; its slope is the solver's own `pull`.

    `solver.step(u)` goes on by one step and `solver.pull(u, λ)` carries a slope back over it.
    Start and result: tensors (..., N). Raises what `solver.step` raises.
    """
    return _ByHand.apply(start, solver, steps, segment)  # type: ignore[no-any-return]


class _ByHand(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, start: Tensor, solver: Any, steps: int, segment: int) -> Tensor:
        ctx.solver = solver
        ctx.tape = record(solver.step, start.detach().numpy().copy(), steps, segment)
        return torch.from_numpy(np.array(ctx.tape.last))

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:
        slope = slopes[0].numpy()
        for state in ctx.tape.backwards():
            slope = ctx.solver.pull(state, slope)
        return torch.from_numpy(np.array(slope)), None, None, None
