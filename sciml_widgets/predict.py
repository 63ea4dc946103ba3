"""What is asked before a run, and how far a guess is from the result. Knows no player, no panel.

`show(lab, predict=guess_number(...))` asks for a number, `guess_choice` for one of a few words,
`guess_curve` for a drawn curve. A question checks what comes from the browser, reads the result
off the run, and says in one sentence how far the two are apart.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sciml_widgets.picture import Axis, Lines

__all__ = [
    "HANDLES",
    "ChoiceQuestion",
    "CurveQuestion",
    "NumberQuestion",
    "Question",
    "Verdict",
    "guess_choice",
    "guess_curve",
    "guess_number",
]

HANDLES = 21
"""Heights that make a drawn curve, equally far apart in x."""

FINE = 201
"""Points on which a drawn curve and the result are compared."""

NUMBER = r"[+-]?(\d{1,20}\.?\d{0,20}|\.\d{1,20})([eE][+-]?\d{1,3})?"

MOST = 500
"""Guesses that a room may give, and votes for one option."""


@dataclass(frozen=True)
class Verdict:
    """What became of a guess. `guess` is None where none was made.

    `apart` is the sentence on the panel, `step` where the result was taken, `note` what was
    changed after the guess, and `error` why there is no result (which is None then).
    """

    guess: Any
    result: Any
    apart: str
    step: int
    note: str = ""
    error: str = ""


@dataclass(frozen=True)
class Question:
    """What every question has. Made by `guess_number`, `guess_choice`, `guess_curve`."""

    text: str
    of: Any
    at: int | None
    room: bool
    explain: str

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if self.at is not None and (type(self.at) is not int or self.at < 0):
            raise ValueError(f"at={self.at!r} is not a step: a whole number, or None for the end")

    def check(self, answer: Any) -> Any:
        """A guess as it is kept, of what the browser sent. Raises ValueError."""
        raise TypeError(f"{type(self).__name__} cannot check {answer!r}")

    def result(self, player: Any) -> Any:
        """The result of a run that stands where it is asked for. Raises what `of` raises."""
        raise TypeError(f"{type(self).__name__} cannot look at {player!r}")

    def _ask(self, player: Any) -> Any:
        """What the author's function says."""
        of: Callable[[Any], Any] = self.of
        return of(player)

    def said(self, guess: Any) -> str:
        """The guess in words."""
        return f"You said {guess}"

    def apart(self, guess: Any, result: Any) -> str:
        """Guess and result in one sentence; the result alone where the guess is None."""
        return f"{self.said(guess)}, it is {result}."


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
            return f"{_short(100 * value)} %"
        return f"{_short(value)} {self.unit}".rstrip()

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
            return f"{_short(factor, 2)} times too {too}" if factor >= 1.05 else "right to 5 %"
        if middle == result:
            return "exactly right"
        size = abs(middle - result)
        points = f"{_short(100 * size)} percentage points"
        return f"{points if self.percent else self.words(size)} too {too}"


@dataclass(frozen=True)
class ChoiceQuestion(Question):
    """One of a few words; of a room the votes for each."""

    options: tuple[str, ...] = ()

    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.options)) != len(self.options) or not 2 <= len(self.options) <= 12:
            raise ValueError(f"options={self.options!r} are not 2 to 12 different words")

    def check(self, answer: Any) -> Any:
        if not self.room:
            if not isinstance(answer, str) or answer not in self.options:
                raise ValueError(f"a guess is one of {', '.join(self.options)}")
            return answer
        counts = answer if isinstance(answer, list) else []
        whole = all(type(count) is int and 0 <= count <= MOST for count in counts[:13])
        if len(counts) != len(self.options) or not whole or not sum(counts):
            raise ValueError(
                f"the room's guess is a number of votes, 0 to {MOST}, for each option"
            )
        return tuple(counts)

    def result(self, player: Any) -> str:
        option = self._ask(player)
        if option not in self.options:
            raise ValueError(f"the result {option!r} is none of {', '.join(self.options)}")
        return option

    def said(self, guess: Any) -> str:
        if not self.room:
            return f"You said “{guess}”"
        most = max(guess)
        leaders = [f"“{o}”" for o, votes in zip(self.options, guess, strict=True) if votes == most]
        return f"Of the room, {most} of {sum(guess)} said {' and '.join(leaders)}"

    def apart(self, guess: Any, result: Any) -> str:
        if guess is None:
            return f"It is “{result}”."
        if self.room:
            votes = guess[self.options.index(result)]
            return f"It is “{result}”: {votes} of {sum(guess)} in the room said so."
        return (
            f"Right: it is “{result}”."
            if guess == result
            else f"{self.said(guess)}, it is “{result}”."
        )


@dataclass(frozen=True)
class CurveQuestion(Question):
    """A curve over `x`, kept as its height at each of `HANDLES` places."""

    x: Axis = Axis()
    y: Axis = Axis()

    kind: ClassVar[str] = "curve"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, axis in (("x", self.x), ("y", self.y)):
            if axis.low is None or axis.high is None or axis.log or not axis.low < axis.high:
                raise ValueError(f"{name}={axis!r} needs limits, and no log scale")

    @property
    def places(self) -> np.ndarray:
        """Where the handles stand, shape (HANDLES,)."""
        return np.linspace(float(self.x.low or 0), float(self.x.high or 0), HANDLES)

    def check(self, answer: Any) -> tuple[float, ...]:
        if not isinstance(answer, list) or len(answer) != HANDLES:
            raise ValueError(f"a curve is a list of {HANDLES} heights")
        low, high = float(self.y.low or 0), float(self.y.high or 0)
        for height in answer:
            if isinstance(height, bool) or not isinstance(height, (int, float)):
                raise ValueError("the heights of a curve are numbers")
            if not low <= height <= high:
                raise ValueError(f"the heights of a curve lie between {low:g} and {high:g}")
        return tuple(float(height) for height in answer)

    def result(self, player: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The curve on equally spaced points: x and y, of which only the part in the picture."""
        x, y = self._ask(player) if callable(self.of) else _line(player, self.of)
        x, y = np.asarray(x, float).ravel(), np.asarray(y, float).ravel()
        if x.shape != y.shape:
            raise ValueError(f"the result has {len(x)} places but {len(y)} heights")
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        low = max(float(self.x.low or 0), x[0]) if len(x) else math.inf
        high = min(float(self.x.high or 0), x[-1]) if len(x) else -math.inf
        if not low < high:
            raise ValueError("the result has no finite points between the limits of x")
        fine = np.linspace(low, high, FINE)
        return tuple(fine.tolist()), tuple(np.interp(fine, x, y).tolist())

    def said(self, guess: Any) -> str:
        return "The room's curve is drawn" if self.room else "Your curve is drawn"

    def apart(self, guess: Any, result: Any) -> str:
        x, y = np.asarray(result[0]), np.asarray(result[1])
        if guess is None:
            return "The solid line is the result."
        miss = np.interp(x, self.places, guess) - y
        off, size = (math.sqrt(np.mean(v**2)) for v in (miss, y))
        whose = "The room's" if self.room else "Your"
        share = f", {_short(100 * off / size, 2)} % of its size" if size > 0 else ""
        return f"{whose} curve is off the result by {_short(off, 2)} (root mean square){share}."


def guess_number(
    question: str, *, of: str | Callable[[Any], float], at: int | None = None, low: float,
    high: float, log: bool = False, percent: bool = False, unit: str = "", room: bool = False,
    explain: str = "",
) -> NumberQuestion:  # fmt: skip
    """Ask for a number between `low` and `high`.

    `of` is the name of a series, or a function of the player that returns a number; `at` is the
    step at which the result is taken (None: the end of the run). With `log` guess and result are
    compared by their ratio. `room` asks for the guesses of many, `explain` is shown afterwards.
    Raises ValueError for an impossible scale or step.
    """
    return NumberQuestion(question, of, at, room, explain, low, high, log, percent, unit)


def guess_choice(
    question: str, options: tuple[str, ...], *, of: Callable[[Any], str], at: int | None = None,
    room: bool = False, explain: str = "",
) -> ChoiceQuestion:  # fmt: skip
    """Ask for one of `options`; `of` is a function of the player that returns the right one.

    The other arguments are those of `guess_number`. Raises ValueError.
    """
    return ChoiceQuestion(question, of, at, room, explain, tuple(options))


def guess_curve(
    question: str, *, of: str | Callable[[Any], Any], x: Axis, y: Axis, at: int | None = None,
    room: bool = False, explain: str = "",
) -> CurveQuestion:  # fmt: skip
    """Ask for a curve, to be drawn between the limits of `x` and `y`.

    `of` is the label of a line in the lab's picture, or a function of the player that returns
    (x, y). The other arguments are those of `guess_number`. Raises ValueError.
    """
    return CurveQuestion(question, of, at, room, explain, x, y)


def _line(player: Any, label: str) -> tuple[np.ndarray, np.ndarray]:
    marks = [mark for plot in player.draw(128).plots for mark in plot.marks]
    lines = {mark.label: mark for mark in marks if isinstance(mark, Lines) and mark.label}
    if label not in lines:
        there = ", ".join(repr(name) for name in lines) or "none with a label"
        raise ValueError(f"the picture has no line {label!r}: there is {there}")
    return lines[label].x, lines[label].y


def _short(value: float, digits: int = 3) -> str:
    """Three digits, but 1230 instead of 1.23e+03."""
    return f"{value:.0f}" if 10**digits <= abs(value) < 1e6 else f"{value:.{digits}g}"
