"""Earlier runs beside the present one: the last as a ghost, others pinned as A and B.

Knows no widget. Fed by the player's thread; runs are pinned from any.
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sciml_widgets.player import Player
from sciml_widgets.record import Turn

__all__ = ["MOST", "PINS", "Compare", "Curves", "thinned"]

PINS = ("A", "B")
MOST = 300
"""Points of a curve that is kept."""

Points = tuple[list[float], list[float]]
Words = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Curves:
    """A run that is over: its number, what was special about it, its losses and errors."""

    run: int
    words: str
    tracks: Mapping[str, Points]


class Compare:
    """Keeps the last run and those that are pinned; `words` describes the start of a run."""

    def __init__(self, player: Player, words: Words) -> None:
        self._words = words
        self._lock = threading.Lock()
        self._run, self._history = player.runs, player.history
        self._start: Mapping[str, Any] = player.start_values
        self._tape: Sequence[Turn] = player.tape
        self._frames = 0
        self._last: Curves | None = None
        self._pins: dict[str, Curves | int] = {}  # a number: the run that is still on the axes
        self._version, self._sent = 0, -1

    def look(self, player: Player) -> None:
        """Called by the player's thread after each round: notices that a run was cleared."""
        if player.runs != self._run:
            with self._lock:
                old = self._curves()
                if old is not None:
                    self._last = old
                pins = {name: old if one == self._run else one for name, one in self._pins.items()}
                self._pins = {k: v for k, v in pins.items() if v is not None}  # None: no curve
                self._version += 1
                self._run, self._history = player.runs, player.history
        self._start, self._tape, self._frames = player.start_values, player.tape, player.frames

    def _curves(self) -> Curves | None:
        """The run that was looked at last, None where it has no curve."""
        tracks = {
            one.name: thinned(*self._history.tracks[one.name].points())
            for one in self._history.series
            if one.role != "metric"
        }
        if max((len(x) for x, _ in tracks.values()), default=0) < 2:
            return None
        turns = sum(turn.frame < self._frames for turn in self._tape)
        more = f"{turns} turn{'s' * (turns > 1)}" if turns else ""
        words = ", ".join(filter(None, [self._words(self._start), more]))
        return Curves(self._run, words, tracks)

    def pin(self, name: str) -> None:
        """Keep the present run, or the last one where none has begun, in place of a former one.

        Raises ValueError.
        """
        with self._lock:
            self._checked(name)
            if all(one.role == "metric" for one in self._history.series):
                raise ValueError("this lab has neither losses nor errors to compare")
            if self._curves() is not None:
                self._pins[name] = self._run
            elif self._last is not None:
                self._pins[name] = self._last
            else:
                raise ValueError("there is no run to pin yet: press Run first")
            self._version += 1

    def unpin(self, name: str) -> None:
        """Forget a pinned run; one that is not pinned is no error. Raises ValueError."""
        with self._lock:
            self._pins.pop(self._checked(name), None)
            self._version += 1

    def _checked(self, name: str) -> str:
        if name not in PINS:
            raise ValueError(f"a run is pinned as {' or '.join(PINS)}, not as {str(name)[:40]!r}")
        return name

    def write(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        """Add the earlier runs, where they have changed or the message is a key frame."""
        with self._lock:
            if not header["key"] and self._version == self._sent:
                return
            self._sent = self._version
            pins, last = dict(self._pins), self._last
        shown = [(name, one) for name, one in sorted(pins.items())]
        if last is not None and last not in pins.values():
            shown.insert(0, ("", last))
        header["earlier"] = [
            {"name": name, "words": "this run", "tracks": []}
            if isinstance(one, int)
            else {
                "name": name,
                "words": one.words,
                "tracks": [
                    {"name": series, "x": _put(buffers, x), "y": _put(buffers, y)}
                    for series, (x, y) in one.tracks.items()
                    if x
                ],
            }
            for name, one in shown
        ]


def thinned(x: Sequence[float], y: Sequence[float], most: int = MOST) -> Points:
    """At most `most` points: the ends, and the lowest and the highest of equal stretches."""
    n = len(x)
    if n <= most:
        return list(x), list(y)
    stretches = (most - 2) // 2
    kept = {0, n - 1}
    for k in range(stretches):
        part = range(k * n // stretches, (k + 1) * n // stretches)
        known = [i for i in part if math.isfinite(y[i])] or part[:1]
        kept |= {min(known, key=y.__getitem__), max(known, key=y.__getitem__)}
    order = sorted(kept)
    return [x[i] for i in order], [y[i] for i in order]


def _put(buffers: list[bytes], numbers: Sequence[float]) -> int:
    buffers.append(np.asarray(numbers, dtype="<f4").tobytes())
    return len(buffers) - 1
