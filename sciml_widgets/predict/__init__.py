"""What is asked before a run, and how far a guess is from the result. Knows no player, no panel.

`show(lab, predict=guess_number(...))` asks for a number, `guess_choice` for one of a few words,
`guess_curve` for a drawn curve. A question checks what comes from the browser, reads the result
off the run, and says in one sentence how far the two are apart.
"""

from collections.abc import Callable
from typing import Any

from sciml_widgets.picture import Axis
from sciml_widgets.predict.choice import ChoiceQuestion
from sciml_widgets.predict.curve import HANDLES, CurveQuestion
from sciml_widgets.predict.number import NumberQuestion
from sciml_widgets.predict.question import Question, Verdict

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
