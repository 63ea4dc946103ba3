"""What every question has: its text, when it is asked, the verdict. Knows no kind of answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["MOST", "Question", "Verdict", "short"]

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
class Question(ABC):
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

    @abstractmethod
    def check(self, answer: Any) -> Any:
        """A guess as it is kept, of what the browser sent. Raises ValueError."""

    @abstractmethod
    def result(self, player: Any) -> Any:
        """The result of a run that stands where it is asked for. Raises what `of` raises."""

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


def short(value: float, digits: int = 3) -> str:
    """Three digits, but 1230 instead of 1.23e+03."""
    return f"{value:.0f}" if 10**digits <= abs(value) < 1e6 else f"{value:.{digits}g}"
