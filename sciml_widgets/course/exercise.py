"""Exercises that check themselves: what is right, what is not yet, hints, a worked solution.

Knows no lesson's content. A check is a generator function beside the task, in the lesson itself;
the worked solution is a cell of the same lesson with the tags `solution` and the check's name.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sciml_widgets.course.answers import answers, attended, shown
from sciml_widgets.course.lesson import lesson
from sciml_widgets.course.words import Words

__all__ = ["Exercise", "Verdict", "exercise"]

Asked = tuple[bool, str]
"""Whether it is right, and what was asked, in one sentence."""
NOTHING = "there is an answer (this is None)"
GAVE_NOTHING = "it gives something back (it gave None: does it end with `return`?)"


@dataclass(frozen=True)
class Verdict:
    """What a check found: the sentences, the error if the answer broke off, and advice.

    `progress` says how much of the lesson is right by now, and where answers cannot be kept.
    """

    asked: tuple[Asked, ...]
    error: str = ""
    advice: str = ""
    progress: str = ""

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
        return "\n\n".join(filter(None, ["  \n".join(self.lines()), last, self.progress]))

    def __repr__(self) -> str:
        last = "Well done." if self.passed else self.advice.replace("**", "")
        return "\n".join(filter(None, [*self.lines(), last, self.progress]))


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
        """Say what is right and what is not yet. Never raises: a broken answer is a sentence.

        Only an interrupt by hand goes through, so that an endless answer can be stopped. Where
        somebody sits at the notebook, the answer is kept in a file next to it.
        """
        asked: list[Asked] = []
        error, gave = "", list[Any]()
        try:
            for right, said in self.asks(_heard(answer, gave)):
                asked.append((bool(right), said))
        except KeyboardInterrupt:
            raise
        except BaseException as broke:  # sys.exit() in an answer, too
            error = _first_line(broke)
        none = GAVE_NOTHING if gave == [None] else NOTHING if answer is None else ""
        if none and not Verdict(tuple(asked), error).passed:
            asked, error = [*asked, (False, none)], ""  # what broke was the check, on the None
        right = Verdict(tuple(asked), error).passed
        advice = "" if right else self._advice()
        self.last = Verdict(tuple(asked), error, advice, self._note(asked, error, answer, right))
        return self.last

    def _note(self, asked: list[Asked], error: str, answer: Any, right: bool) -> str:
        """Keep the answer; what is right by now, and why a file does not have it."""
        mine = answers(self.key)
        all_said = [*asked, (False, error)] if error else asked
        trouble = mine.note(
            "exercises", self.name, all_said, shown(answer), right=right, keep=attended()
        )
        names = self._names()
        solved = len(mine.solved("exercises") & names)
        are = "is" if solved == 1 else "are"
        progress = f"{solved} of {len(names)} exercises of this lesson {are} right."
        return f"{progress} {trouble}".rstrip()

    def _names(self) -> set[str]:
        """All exercises of the lesson; of one that is being written, those that were tried."""
        try:
            return {self.name, *lesson(self.key).exercises()}
        except (LookupError, OSError, ValueError):
            return {self.name, *answers(self.key).entries["exercises"]}

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
        again = "\n".join(f"{number}. {hint}" for number, hint in enumerate(self.hints, 1))
        end = f"There are no more hints. `{self.name}.solution()` shows one way to do it."
        return f"{again}\n\n{end}" if again else end


def _heard(answer: Any, gave: list[Any]) -> Any:
    """A function as it is, but `gave` keeps its last answer; anything else unchanged."""
    if not inspect.isfunction(answer):
        return answer

    @functools.wraps(answer)
    def heard(*given: Any, **named: Any) -> Any:
        gave.clear()  # it may raise
        found = answer(*given, **named)
        gave[:] = [found if found is None else True]
        return found

    return heard


def _first_line(broke: BaseException) -> str:
    """An error in one line; its own text may be broken as well."""
    try:
        said = str(broke).strip().splitlines()
    except Exception:
        said = []
    name, first = type(broke).__name__, said[0] if said else "(no message)"
    return f"{name}: {first}".encode("utf-8", "replace").decode()[:500]


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
