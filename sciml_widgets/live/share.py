"""Sharing a run: its record for the clipboard and for the browser's storage. Knows no widget."""

import base64
import dataclasses
import json
import os
import time
from typing import Any

from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, lab_name

__all__ = ["PACKED", "Shared", "line", "read_line", "unpacked"]

EVERY = 3.0
"""Seconds between two records for the browser's storage while it runs."""
LONGEST = 200_000
"""Letters of a record that the browser keeps, or hands over."""
QUOTES = str.maketrans({"'": "’", '"': "”", "\\": "/", **dict.fromkeys(range(32), " ")})
"""In a sentence for people, so that the line may stand between any quotes of Python."""
PACKED = "record:"
"""Begins a line in base64, for a record whose values themselves hold quotes or backslashes."""


class Shared:
    """What of the record goes to the browser, and when; asked for on any thread."""

    def __init__(self) -> None:
        self.wanted = ""
        self._kept: Any = (0, 0, 0)
        self._at = -EVERY
        self._said = ""

    def hear(self, message: dict[str, Any]) -> None:
        """The browser wants the record."""
        self.wanted = str(message["view"])[:40]

    def parts(self, player: Player, key: bool) -> dict[str, Any]:
        """What the next message carries. By the player's thread."""
        found: dict[str, Any] = {}
        if key:
            found["place"] = {
                "notebook": os.environ.get("JPY_SESSION_NAME", "")[:300],
                "lab": lab_name(type(player.experiment)),
            }
        said = player.again.said if player.again else ""
        if key or said != self._said:
            found["said"] = self._said = said
        wanted, self.wanted = self.wanted, ""
        if wanted:
            found["share"] = {"view": wanted, "text": line(player.record())}
        if self._due(player):
            text = line(player.record())
            if len(text) <= LONGEST:
                found["kept"] = text
        return found

    def _due(self, player: Player) -> bool:
        """Now and then, and at each rest; a replay under way would put less over more."""
        stamp, now = (player.runs, player.frames, player.turns), time.perf_counter()
        waits = player.state == "running" and now < self._at + EVERY
        again = player.again is not None and player.again.underway
        if not player.frames or waits or again or stamp == self._kept:
            return False
        self._kept, self._at = stamp, now
        return True


def line(record: Record) -> str:
    """A record as one line that can be pasted: `show('…')`. Leaves out its pictures."""
    said = record.message.translate(QUOTES)
    text = dataclasses.replace(record, message=said, trace=None).to_json()
    spoken = json.dumps(json.loads(text), ensure_ascii=False)
    if "'" in spoken or "\\" in spoken:
        return PACKED + base64.urlsafe_b64encode(text.encode()).decode()
    return text


def unpacked(text: str) -> str:
    """The JSON of a line. Raises RecordError."""
    if not text.startswith(PACKED):
        return text
    try:
        return base64.urlsafe_b64decode(text.removeprefix(PACKED).encode()).decode()
    except ValueError:
        raise RecordError("the record is damaged: it was not copied as a whole") from None


def read_line(text: Any) -> Record:
    """A record that somebody handed over. Raises RecordError."""
    if not isinstance(text, str):
        raise RecordError("a record is one line of text")
    if len(text) > LONGEST:
        raise RecordError(f"a record of more than {LONGEST // 1000} kB is not taken from a panel")
    return Record.from_json(unpacked(text))
