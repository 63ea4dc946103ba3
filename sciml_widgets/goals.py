"""Goals: one grammar, `rel_l2<0.05`, for the panel, the command line and the exercises."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Goal"]

TEST = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
PATTERN = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>)\s*([^\s<>=]+)\s*")


@dataclass(frozen=True)
class Goal:
    """A scalar, a comparison and a number."""

    name: str
    sign: str
    value: float

    @classmethod
    def parse(cls, text: str, known: Iterable[str]) -> "Goal":
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
        return cls(match[1], match[2], value)

    def reached(self, scalars: Mapping[str, float]) -> bool:
        """Whether the newest scalars fulfil it; a missing or NaN scalar does not."""
        return self.name in scalars and TEST[self.sign](scalars[self.name], self.value)

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value:g}"
