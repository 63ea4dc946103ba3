"""A question whose answer is a number. Knows no player and no panel."""

import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sciml_widgets.predict.question import MOST, Question, short

__all__ = ["NumberQuestion"]

NUMBER = r"[+-]?(\d{1,20}\.?\d{0,20}|\.\d{1,20})([eE][+-]?\d{1,3})?"


@dataclass(frozen=True)
class NumberQuestion(Question):
    """A number in [low, high]; of a room several."""

    low: float = 0.0
    high: float = 1.0
    log: bool = False
    percent: bool = False
    unit: str = ""

    kind: ClassVar[str] = "number"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not -math.inf < self.low < self.high < math.inf or (self.log and self.low <= 0):
            kind = "log scale" if self.log else "scale"
            raise ValueError(f"no {kind} goes from {self.low} to {self.high}")

    def check(self, answer: Any) -> Any:
        if not isinstance(answer, str) or len(answer) > 20 * MOST:
            raise ValueError("a guess is typed, such as 3 or 1e-2")
        plain = re.sub(r"\s*%", "", answer).strip() if self.percent else answer.strip()
        if not self.room:
            return self._one(plain.replace(",", "."))
        apart = re.split(r"[\s;]+|,(?=\s|$)", plain)  # "0,8" is one number, "5, 2" are two
        words = [word.replace(",", ".") for word in apart if word]
        if not 1 <= len(words) <= MOST:
            raise ValueError(f"the room's guess is 1 to {MOST} numbers")
        return tuple(self._one(word) for word in words)

    def _one(self, typed: str) -> float:
        plain = re.sub("[−–]", "-", typed)
        if not re.fullmatch(NUMBER, plain):
            raise ValueError(f"“{typed[:20]}” is not a number")
        answer = float(plain) / (100 if self.percent else 1)
        slack = 1e-9 * (self.high - self.low)  # 0.01 % may come as 0.00009999...
        if not self.low - slack <= answer <= self.high + slack:
            raise ValueError(
                f"a guess lies between {self.words(self.low)} and {self.words(self.high)}"
            )
        return float(min(max(answer, self.low), self.high))

    def result(self, player: Any) -> float:
        if callable(self.of):
            value = self._ask(player)
        elif self.of in player.scalars:
            value = player.scalars[self.of]
        else:
            raise ValueError(f"the series {self.of} has no value yet")
        value = float(value)
        if not math.isfinite(value):
            raise ValueError(f"the result is {value}, not a finite number")
        return value

    def words(self, value: float) -> str:
        """A number as people read it: 1.2 %, or with its unit."""
        if self.percent:
            return f"{short(100 * value)} %"
        return f"{short(value)} {self.unit}".rstrip()

    def share(self, value: float) -> float:
        """Where a number stands on the scale, from 0 to 1."""
        if self.log:
            value = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            value = (value - self.low) / (self.high - self.low)
        return min(max(value, 0.0), 1.0)

    def middle(self, guess: Any) -> float:
        """The guess itself; of a room's the median."""
        if not self.room:
            return float(guess)
        numbers = np.asarray(guess, float)
        return float(np.exp(np.median(np.log(numbers))) if self.log else np.median(numbers))

    def said(self, guess: Any) -> str:
        words = self.words(self.middle(guess))
        return (
            f"The room said {words} (median of {len(guess)})" if self.room else f"You said {words}"
        )

    def apart(self, guess: Any, result: Any) -> str:
        if guess is None:
            return f"It is {self.words(result)}."
        return f"{self.said(guess)}, it is {self.words(result)}: {self._how_far(guess, result)}."

    def _how_far(self, guess: Any, result: float) -> str:
        middle = self.middle(guess)
        too = "large" if middle > result else "small"
        if self.log and result > 0:
            factor = max(middle / result, result / middle)
            return f"{short(factor, 2)} times too {too}" if factor >= 1.05 else "right to 5 %"
        if middle == result:
            return "exactly right"
        size = abs(middle - result)
        points = f"{short(100 * size)} percentage points"
        return f"{points if self.percent else self.words(size)} too {too}"
