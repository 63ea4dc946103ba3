"""A question whose answer is one of a few words. Knows no player and no panel."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.predict.question import MOST, Question

__all__ = ["ChoiceQuestion"]


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
