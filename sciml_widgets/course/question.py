"""Questions of a lesson: read, judged, told as text. Knows no lesson's content and no widget.

The files `lessons/questions/05.json` are ones that jupyterquiz reads, too (see
`questions.schema.json`); they stay with the package, so that a folder gives no answer away.
"""

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sciml_widgets import workspace
from sciml_widgets.course.exercise import Verdict

__all__ = ["Question", "questions", "read"]


@dataclass(frozen=True)
class Question:
    """One question; `number` counts from 1. `options` are the texts of the choices."""

    number: int
    text: str
    type: Literal["multiple_choice", "many_choice", "numeric"]
    answers: tuple[dict[str, Any], ...]
    code: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        if self.type == "numeric":
            return ()
        return tuple(
            "  ".join(filter(None, [one.get("answer", ""), one.get("code", "")]))
            for one in self.answers
        )

    def judge(self, answer: Any) -> Verdict:
        """Right or not, with the feedback that belongs to this answer.

        A choice is the number of the option, from 1, or several of them; a numeric answer is a
        number, or text such as "3021", "1e-3" or "1/3". What is neither is a sentence, no error.
        """
        if self.type == "numeric":
            return self._judge_number(_number(answer))
        chosen = _chosen(answer, len(self.answers))
        if not chosen:
            return Verdict((), advice=f"Choose from 1 to {len(self.answers)}.")
        if self.type == "multiple_choice" and len(chosen) > 1:
            return Verdict((), advice="Choose one.")
        return self._judge_choice(chosen)

    def words(self) -> str:
        """The question in Markdown, with its choices, and nothing that gives an answer away."""
        lines = [f"**Question {self.number}.** {self.text}"]
        if self.code:
            lines += ["", "```python", self.code, "```"]
        if self.type == "many_choice":
            lines += ["", "*More than one may be right.*"]
        lines += [""] if self.options else ["", "*The answer is a number.*"]
        return "\n".join([*lines, *(f"{i}. {text}" for i, text in enumerate(self.options, 1))])

    def _judge_choice(self, chosen: set[int]) -> Verdict:
        picked = [(i, one) for i, one in enumerate(self.answers, 1) if i in chosen]
        asked = tuple(
            (one["correct"], f"{self.options[i - 1].rstrip('.')}: {one.get('feedback', 'yes.')}")
            for i, one in picked
        )
        missing = sum(one["correct"] for one in self.answers) - sum(right for right, _ in asked)
        if missing and all(right for right, _ in asked):
            return Verdict((*asked, (False, "this is not all that is right")))
        return Verdict(asked)

    def _judge_number(self, number: float) -> Verdict:
        if not math.isfinite(number):
            return Verdict((), advice="Write a number: 12, 0.5, 1e-3 or 1/3.")
        for one in self.answers:
            low, high = one.get("range", (math.inf, -math.inf))
            if one.get("value") == number or low <= number < high:
                return Verdict(((one["correct"], f"{number:g}: {one.get('feedback', '')}"),))
        said = next(one["feedback"] for one in self.answers if one["type"] == "default")
        return Verdict(((False, f"{number:g}: {said}"),))


def questions(key: str) -> tuple[Question, ...]:
    """The questions of lesson "05". Raises LookupError for none, ValueError for a bad file."""
    path = workspace.source() / "questions" / f"{key}.json"
    if not path.is_file():
        raise LookupError(f"lesson {key!r} has no questions: {path.name} is not in {path.parent}")
    return read(path)


def read(path: Path) -> tuple[Question, ...]:
    """Questions from a file, or from another in jupyterquiz's format. Raises ValueError."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from None
    wrong = best_match(Draft202012Validator(_schema()).iter_errors(data))
    if wrong is not None:
        place = " ".join(str(part) for part in wrong.absolute_path)
        raise ValueError(f"{path.name}, at {place or 'the top'}: {wrong.message[:200]}")
    return tuple(
        Question(i, one["question"], one["type"], tuple(one["answers"]), one.get("code", ""))
        for i, one in enumerate(data, 1)
    )


@cache
def _schema() -> dict[str, Any]:
    path = Path(__file__).with_name("questions.schema.json")
    return json.loads(path.read_text(encoding="utf-8"))


def _chosen(answer: Any, count: int) -> set[int]:
    """Numbers of options; nothing if one of them is none."""
    some = answer if isinstance(answer, Collection) and not isinstance(answer, str) else [answer]
    numbers = {one for one in some if isinstance(one, int) and not isinstance(one, bool)}
    whole = len(numbers) == len(some) and all(1 <= one <= count for one in numbers)
    return numbers if whole else set()


def _number(answer: Any) -> float:
    """A number out of what was typed; NaN if it is none."""
    try:
        text = str(answer).strip().replace("−", "-")[:60]
        if re.fullmatch(r"[+-]?(0,\d+|\d+,(\d{1,2}|\d{4,}))", text):  # 3,021 may mean 3021
            text = text.replace(",", ".")
        return float(Fraction(text)) if "/" in text else float(text)
    except Exception:  # whatever an answer's own __str__ may raise
        return math.nan
