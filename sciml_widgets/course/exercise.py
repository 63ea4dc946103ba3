"""Exercises that check themselves: what is right, what is not yet, hints, a worked solution.

Knows no lesson's content. A check is a generator function beside the task, in the lesson itself;
the worked solution is a cell of the same lesson with the tags `solution` and the check's name.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sciml_widgets.course.lesson import lesson
from sciml_widgets.course.words import Words

__all__ = ["Exercise", "Verdict", "exercise"]

Asked = tuple[bool, str]
"""Whether it is right, and what was asked, in one sentence."""


@dataclass(frozen=True)
class Verdict:
    """What a check found: the sentences, the error if the answer broke off, and advice."""

    asked: tuple[Asked, ...]
    error: str = ""
    advice: str = ""

    @property
    def passed(self) -> bool:
        """Everything is right, and something was asked."""
        return bool(self.asked) and not self.error and all(right for right, _ in self.asked)

    def lines(self) -> list[str]:
        """What was asked, one thing a line, and the error."""
        lines = [f"{'✓ right' if right else '○ not yet'}: {said}" for right, said in self.asked]
        return [*lines, f"○ your code stopped: {self.error}"] if self.error else lines

    def _repr_markdown_(self) -> str:
        last = "**Well done.**" if self.passed else self.advice
        return "  \n".join(self.lines()) + f"\n\n{last}"

    def __repr__(self) -> str:
        last = "Well done." if self.passed else self.advice.replace("**", "")
        return "\n".join([*self.lines(), last])


class Exercise:
    """One exercise of a lesson: `check(answer)`, `hint()`, `solution()`.

    Made by `exercise`. Every failed check gives one hint more; after the last the solution is
    offered. `last` is the newest verdict.
    """

    def __init__(
        self, key: str, asks: Callable[[Any], Iterator[Asked]], hints: tuple[str, ...]
    ) -> None:
        self.key, self.asks, self.hints = key, asks, hints
        self.name = asks.__name__
        self.given = 0
        self.last: Verdict | None = None

    def check(self, answer: Any) -> Verdict:
        """Say what is right and what is not yet. Never raises: a broken answer is a sentence."""
        asked: list[Asked] = []
        error = ""
        try:
            for right, said in self.asks(answer):
                asked.append((bool(right), said))
        except Exception as broke:
            said = str(broke).strip().splitlines() or ["(no message)"]
            error = f"{type(broke).__name__}: {said[0]}"
        self.last = Verdict(tuple(asked), error)
        if not self.last.passed:
            self.last = Verdict(tuple(asked), error, self._advice())
        return self.last

    def hint(self) -> Words:
        """The next hint, without a try."""
        return Words(self._advice())

    def solution(self) -> Words:
        """A worked solution: the code of the lesson's own solution cell."""
        return Words(f"```python\n{lesson(self.key).code('solution', self.name)}\n```")

    def _advice(self) -> str:
        self.given += 1
        if self.given <= len(self.hints):
            return f"**Hint {self.given} of {len(self.hints)}.** {self.hints[self.given - 1]}"
        return f"There are no more hints. `{self.name}.solution()` shows one way to do it."


def exercise(
    key: str, *, hints: tuple[str, ...]
) -> Callable[[Callable[[Any], Iterator[Asked]]], Exercise]:
    """Make an exercise of lesson `key` out of a check.

    The check takes the answer and yields pairs: right or not, and what was asked. It may return
    early. What it raises is taken as the answer's fault, so it should do little by itself.

        @exercise("05", hints=("Look at ...", "Write ..."))
        def slope(answer):
            yield answer(3.0) == 6.0, "the slope of x² at 3 is 6"

    Raises:
        ValueError: no hints, or a check that yields nothing.
    """

    def made(asks: Callable[[Any], Iterator[Asked]]) -> Exercise:
        if not hints or not inspect.isgeneratorfunction(asks):
            raise ValueError(f"{asks.__name__}: an exercise needs hints and a check that yields")
        return Exercise(key, asks, tuple(hints))

    return made
