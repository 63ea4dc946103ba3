"""Goals: one grammar, `rel_l2<0.05`, for the panel, the command line and the exercises."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sciml_widgets.words import spoken

__all__ = ["Goal", "wanted"]

TEST = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
WORDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
PATTERN = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>)\s*([^\s<>=]+)\s*")


@dataclass(frozen=True)
class Goal:
    """A scalar, a comparison and a number; `within` is the last step that counts."""

    name: str
    sign: str
    value: float
    within: int | None = None

    @classmethod
    def parse(cls, text: str, known: Iterable[str], within: int | None = None) -> "Goal":
        """Read `rel_l2<5e-2`. Raises ValueError for bad grammar or a name not in `known`."""
        match = PATTERN.fullmatch(text)
        try:
            value = float(match[3]) if match else math.nan
        except ValueError:
            value = math.nan
        if match is None or not math.isfinite(value):
            raise ValueError(f"{text!r} is not a goal: write a name, <, <=, > or >=, and a number")
        names = sorted(known)
        if match[1] not in names:
            there = ", ".join(names) or "(there are no series)"
            raise ValueError(f"the goal {text!r} needs one of {there}")
        if within is not None and (type(within) is not int or not 1 <= within <= 10**6):
            raise ValueError(f"within={within!r} is not a number of steps, 1 to 1000000")
        return cls(match[1], match[2], value, within)

    def counts(self, step: int) -> bool:
        """Whether what is reached at this step is in time."""
        return self.within is None or step <= self.within

    def reached(self, scalars: Mapping[str, float]) -> bool:
        """Whether the newest scalars fulfil it; a missing or NaN scalar does not."""
        return self.name in scalars and TEST[self.sign](scalars[self.name], self.value)

    def words(self, label: str = "", percent: bool = False) -> str:
        """For people: "relative error below 5 %"."""
        return f"{label or self.name} {WORDS[self.sign]} {spoken(self.value, percent)}"

    def share(self, first: float, now: float) -> float | None:
        """How much of the way from `first` to the goal is done, 0 to 1; None if nobody can say.

        Counted in decades where all three numbers are above 0.
        """
        if not (math.isfinite(first) and math.isfinite(now)):
            return None
        if TEST[self.sign](now, self.value):
            return 1.0
        bend = math.log10 if min(first, now, self.value) > 0 else float
        way = bend(self.value) - bend(first)
        if way == 0 or (way < 0) != self.sign.startswith("<"):
            return 0.0  # it began on the right side and has left it
        return min(1.0, max(0.0, (bend(now) - bend(first)) / way))

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value:g}"


def wanted(
    until: str | None, goal: str | None, within: int | None, known: Iterable[str]
) -> Goal | None:
    """The goal of a run; `until` is an old name of `goal`. Raises ValueError."""
    if until is not None and goal is not None:
        raise ValueError("until is an old name of goal: give one of them, not both")
    text = until if goal is None else goal
    if text is None and within is not None:
        raise ValueError(f"within={within!r} says by when, but there is no goal")
    return None if text is None else Goal.parse(text, known, within)
