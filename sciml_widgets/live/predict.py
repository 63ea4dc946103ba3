"""A question on a panel: its guess, who may run before it, and the verdict. Knows no widget."""

import dataclasses
import threading
from collections.abc import Iterable
from typing import Any, Literal

from sciml_widgets.knobs import knobs, values
from sciml_widgets.player import Player
from sciml_widgets.predict import (
    ChoiceQuestion,
    CurveQuestion,
    NumberQuestion,
    Question,
    Verdict,
)
from sciml_widgets.words import name_of

__all__ = ["Phase", "Prediction"]

Phase = Literal["open", "committed", "skipped"]

LOCKED = "commit a guess first, or skip it"


class Prediction:
    """One question. `takes` is called on any thread, `look` by the player's after each frame.

    A guess belongs to a run from its start, and to the values that the knobs had when it was
    committed. Reset keeps it: the next run is compared again.
    """

    def __init__(self, question: Question, series: Iterable[str]) -> None:
        known = sorted(series)
        if not isinstance(question, Question):
            made = "guess_number(...), guess_choice(...) or guess_curve(...)"
            raise TypeError(f"predict= takes {made}, not {question!r}")
        series_named = isinstance(question, NumberQuestion) and not callable(question.of)
        if series_named and question.of not in known:
            there = ", ".join(known) or "(there are no series)"
            raise ValueError(
                f"of={question.of!r} is no series of this lab: it needs one of {there}"
            )
        self.question = question
        self.phase: Phase = "open"
        self.guess: Any = None
        self.verdict: Verdict | None = None
        self._lock = threading.Lock()
        self._count = 0
        self._run = self._first = 0
        self._recall = False
        self._made_for: dict[str, Any] | None = None

    def takes(self, message: dict[str, Any], player: Player) -> bool:
        """Whether the message was meant for the question. Raises ValueError: not now, or bad."""
        what = message["t"]
        if what in ("go", "step", "resume") and self.phase == "open":
            raise ValueError(LOCKED)
        if what == "guess":
            if self.phase == "committed":
                raise ValueError("a guess was committed already: choose “Guess again”")
            self._enter("committed", self.question.check(message.get("value")), player)
        elif what == "skip":
            if self.phase == "open":
                self.skip()
        elif what == "again":
            if self.phase != "open":
                self._enter("open", None, player)
        else:
            return False
        return True

    def skip(self) -> None:
        """Go on without a guess; the answer is told all the same."""
        with self._lock:
            self.phase = "skipped"
            self._count += 1

    def _enter(self, phase: Phase, guess: Any, player: Player) -> None:
        with self._lock:
            self.phase, self.guess, self.verdict, self._made_for = phase, guess, None, None
            self._count += 1
            self._first = player.runs
            self._recall = phase == "open"
            if player.frames:  # what has run already is no test of a new guess
                self._first += 1
                player.reset()
            elif self._recall:
                player.pause()  # a Run may be on its way

    def look(self, player: Player) -> bool:
        """Take the result if the run has come to it. Returns whether anything has changed."""
        with self._lock:
            if self._recall and self.phase == "open" and player.frames:
                self._recall = False  # it ran before it heard of the new guess
                player.pause()
                player.reset()
            fresh = player.runs != self._run and self.verdict is not None
            if player.runs != self._run:
                self._run, self.verdict = player.runs, None
            if self.guess is not None and self._made_for is None:
                self._made_for = values(player.experiment)
            waits = self.phase != "open" and self.verdict is None and player.runs >= self._first
            if not (waits and self._due(player)):
                return fresh
            count, guess = self._count, self.guess
        verdict = self._judge(player, guess)
        with self._lock:
            if count == self._count:  # nobody has changed his mind meanwhile
                self.verdict = verdict
        return True

    def _due(self, player: Player) -> bool:
        at = self.question.at
        there = at is not None and player.step_now >= at
        return bool(player.frames) and (there or player.state in ("finished", "diverged"))

    def _judge(self, player: Player, guess: Any) -> Verdict:
        note, step = self._note(player), player.step_now
        at = self.question.at
        try:
            result = self.question.result(player)
            apart = self.question.apart(guess, result)
        except Exception as error:  # of the author's function: the run goes on
            ended = f" The run {player.state} at step {step}." if _over(player) else ""
            said = str(error) if isinstance(error, ValueError) else f"{_name(error)}: {error}"
            why = f"There is no result to compare with: {said.rstrip('.')[:300]}.{ended}"
            return Verdict(guess, None, why, step, note, said[:300] or _name(error))
        if at is not None and step < at:
            apart += f" (Taken at step {step}, where the run {player.state}.)"
        return Verdict(guess, result, apart, step, note)

    def _note(self, player: Player) -> str:
        """What was turned after the guess."""
        if self._made_for is None:
            return ""
        now, known = values(player.experiment), knobs(player.experiment)
        before = self._made_for
        moved = [path for path in now if before.get(path, now[path]) != now[path]]
        moved += [turn.name for turn in player.tape if turn.name not in moved]
        told = [
            f"{name_of(path, known[path].label)}{_change(before.get(path), now[path])}"
            for path in dict.fromkeys(moved)
            if path in known and known[path].kind != "view"
            if path not in player.unseen | player.planned
        ]
        more = ", …" if len(told) > 3 else ""
        return f"Turned after the guess: {', '.join(told[:3])}{more}." if told else ""

    def part(self) -> dict[str, Any]:
        """The question and what came of it as plain data, for a key frame."""
        with self._lock:
            phase, guess, verdict = self.phase, self.guess, self.verdict
        question, result = self.question, verdict.result if verdict else None
        told = phase != "open" and result is not None
        whose = "the room" if question.room else "your guess"
        found: dict[str, Any] = {
            "kind": question.kind, "text": question.text, "room": question.room, "phase": phase,
            "at": question.at, "status": self._status(phase, guess, verdict),
            "note": verdict.note if verdict else "",
            "explain": question.explain if verdict else "",
        }  # fmt: skip
        keys: list[tuple[str, str]] = []
        match question:
            case NumberQuestion():
                found |= number_view(question, guess, result if told else None)
            case ChoiceQuestion():
                found["options"] = option_views(question, guess, result)
            case CurveQuestion():
                axes = {name: dataclasses.asdict(getattr(question, name)) for name in "xy"}
                found |= {**axes, "guess": guess, "result": result}
                keys = [("guess", whose)] * (guess is not None) + [("result", "result")] * told
        return {"keys": keys, **found}

    def _status(self, phase: Phase, guess: Any, verdict: Verdict | None) -> str:
        """The one sentence below the question."""
        if verdict is not None:
            return verdict.apart
        if phase == "open":
            return "Run unlocks when a guess is committed."
        at = self.question.at
        where = "at the end of the run" if at is None else f"at step {at}"
        said = f"{self.question.said(guess)}. " if phase == "committed" else ""
        return f"{said}The answer comes {where}."

    def told(self) -> tuple[str, str]:
        """The question; answer and explanation: for a page without a panel."""
        answer = self.verdict.apart if self.verdict else "The run did not come to the answer."
        return self.question.text, "\n".join(one for one in (answer, self.question.explain) if one)


def number_view(question: NumberQuestion, guess: Any, result: float | None) -> dict[str, Any]:
    """The ends of the scale, what lies on it and where, and the same for the plot of a series."""
    many = guess if question.room else (guess,)
    said = {} if guess is None else {"guess": many, "middle": (question.middle(guess),)}
    told = {} if result is None else {"result": (result,)}
    dots = [
        {"name": name, "share": question.share(one), "text": question.words(one)}
        for name, values in {**said, **told}.items()
        for one in values
        if name != "middle" or question.room
    ]
    series = question.of if isinstance(question.of, str) and guess is not None else None
    return {
        "unit": "%" if question.percent else question.unit,
        "ends": [question.words(question.low), question.words(question.high)],
        "dots": dots,
        "keys": [
            (name, f"{label} {question.words(values[0])}" if len(values) == 1 else label)
            for name, label in (
                ("guess", "the room" if question.room else "your guess"),
                ("middle", "median"),
                ("result", "result"),
            )
            for values in ({**said, **told}.get(name),)
            if values and (name != "middle" or question.room)
        ],
        "mark": {"series": series, "y": list(many)} if series else None,
    }


def option_views(question: ChoiceQuestion, guess: Any, result: str | None) -> list[dict[str, Any]]:
    """Each option, what stands beside it, how it looks, and its share of the votes."""
    votes = guess if question.room and guess is not None else None
    found = []
    for number, option in enumerate(question.options):
        mine, right = guess == option, result == option
        beside = [str(votes[number])] if votes else ["your guess"] if mine else []
        found.append({
            "text": option,
            "beside": " ".join(beside + ["✓"] * right),
            "look": " ".join(["sw-mine"] * mine + ["sw-right"] * right),
            "share": votes[number] / sum(votes) if votes else 0,
        })  # fmt: skip
    return found


def _over(player: Player) -> bool:
    return player.state in ("finished", "diverged")


def _name(error: Exception) -> str:
    return type(error).__name__


def _change(old: Any, new: Any) -> str:
    if old == new or not isinstance(new, (int, float, str)):
        return ""
    short = [f"{one:.4g}" if isinstance(one, float) else str(one) for one in (old, new)]
    return f" {short[0]} → {short[1]}"
