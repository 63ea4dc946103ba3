"""A student's answers, kept in a small file next to the notebook. Knows no exercise's content.

`answers/05.json` says for each exercise and question: how many tries, whether and when it was
right, what the last check said, and the answer itself as text. A file that cannot be written or
read is one quiet sentence, never an error: the answers then live as long as the kernel.
"""

import datetime
import inspect
import json
import os
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sciml_widgets.whole import write_whole

__all__ = ["FOLDER", "Answers", "answers", "attended", "shown"]

FOLDER = "answers"
LARGEST = 1_000_000
"""Bytes of a file that is read."""
LONGEST = 2000
"""Characters of an answer that is kept."""

Kind = Literal["exercises", "questions"]

_ENTRY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tries", "right", "first_right", "asked", "answer"],
    "properties": {
        "tries": {"type": "integer", "minimum": 1, "maximum": 10**9},
        "right": {"type": "boolean"},
        "first_right": {"type": "string", "maxLength": 40},
        "asked": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "array",
                "prefixItems": [{"type": "boolean"}, {"type": "string"}],
                "minItems": 2,
                "maxItems": 2,
            },
        },
        "answer": {"type": "string", "maxLength": LONGEST},
    },
}
_ENTRIES = {"type": "object", "maxProperties": 200, "additionalProperties": _ENTRY}
SHAPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "lesson", "exercises", "questions"],
    "properties": {
        "schema": {"const": 1},
        "lesson": {"type": "string"},
        "exercises": _ENTRIES,
        "questions": _ENTRIES,
    },
}


class Answers:
    """The answers to one lesson, in one folder; made by `answers`.

    Every note is merged with what the file holds at that moment.
    """

    def __init__(self, key: str, folder: Path) -> None:
        self.key = key
        self.path = folder / FOLDER / f"{key}.json"
        self.entries: dict[str, dict[str, Any]] = {"exercises": {}, "questions": {}}

    def note(
        self, kind: Kind, name: str, asked: Sequence[tuple[bool, str]], answer: str, *,
        right: bool, keep: bool,
    ) -> str:  # fmt: skip
        """Remember one check, in the file too if `keep`; "", or why the file has it not."""
        said = ""
        try:
            said = self._merge() if keep else ""
        except OSError as error:  # what cannot be read is not written over
            said, keep = _sorry(error), False
        old = self.entries[kind].get(name, {"tries": 0, "first_right": ""})
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.entries[kind][name] = {
            "tries": old["tries"] + 1,
            "right": right,
            "first_right": old["first_right"] or (now if right else ""),
            "asked": [[was, _clean(words)] for was, words in asked[:100]],
            "answer": answer[:LONGEST],
        }
        return (self._write() if keep else "") or said

    def solved(self, kind: Kind) -> set[str]:
        """The names of those that were right once."""
        return {name for name, entry in self.entries[kind].items() if entry["first_right"]}

    def _merge(self) -> str:
        """Take over what the file has and this kernel has not; put a damaged file aside.

        Returns what happened, in words, or "". Raises OSError.
        """
        if not self.path.exists():
            return ""
        try:
            found = _read(self.path)
        except ValueError as error:
            aside = self.path.with_suffix(".damaged.json")
            os.replace(self.path, aside)
            return f"Your file of answers was damaged ({error}); it is now {aside.name}."
        for kind, entries in self.entries.items():
            for name, entry in found[kind].items():
                here = entries.get(name)
                if here is None or here["tries"] < entry["tries"]:
                    entries[name] = entry
        return ""

    def _write(self) -> str:
        data = {"schema": 1, "lesson": self.key, **self.entries}
        try:
            write_whole(self.path, json.dumps(data, indent=1).encode() + b"\n")
        except OSError as error:
            return _sorry(error)
        return ""


_open: dict[Path, Answers] = {}


def answers(key: str) -> Answers:
    """The answers to lesson "05" in this folder; one object as long as the kernel lives."""
    try:
        folder = Path.cwd()
    except OSError:  # somebody has removed it
        folder = Path()
    made = Answers(key, folder)
    return _open.setdefault(made.path, made)


def attended() -> bool:
    """Whether a student sits there, whose answers are worth a file. Never raises."""
    from sciml_widgets.live import frontend

    try:
        return frontend.somebody()
    except ValueError:
        return False


def shown(answer: Any) -> str:
    """An answer as text: the source of a function, else a short repr. Never raises."""
    try:
        source = inspect.getsource(answer) if inspect.isroutine(answer) else ""
    except Exception:
        source = ""
    try:
        return _clean(source or _SHORT.repr(answer))[:LONGEST]
    except KeyboardInterrupt:
        raise
    except BaseException:  # a student's __repr__ may do anything
        return f"(an answer of the type {type(answer).__name__} that cannot be shown)"


_SHORT = reprlib.Repr()
_SHORT.maxother = _SHORT.maxstring = 500


def _clean(text: str) -> str:
    """Text that every file and every message can carry."""
    return str(text).encode("utf-8", "replace").decode()[:LONGEST]


def _sorry(error: OSError) -> str:
    return f"Your answers are not kept in a file here ({error.strerror or error})."


def _read(path: Path) -> dict[str, Any]:
    """Raises ValueError, in words, for anything that is not a whole file of answers."""
    import jsonschema

    if not path.is_file() or path.stat().st_size > LARGEST:
        raise ValueError("it is no file of answers")
    try:
        data = json.loads(path.read_bytes())
        wrong = next(jsonschema.Draft202012Validator(SHAPE).iter_errors(data), None)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if wrong is not None:
        raise ValueError("it is no file of answers")
    return data
