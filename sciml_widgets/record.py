"""Records: a run as a small JSON file. Knows no player and no lab, imports nothing it reads."""

import hashlib
import json
import math
import platform
import re
import struct
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sciml_widgets import trace_shape
from sciml_widgets.whole import half, refuse_place, write_whole

__all__ = ["Digest", "Record", "RecordError", "Turn", "lab_name", "load", "save", "writable"]

SCHEMA = 1
LARGEST = 8_000_000  # bytes
LIMIT = sys.float_info.max
VALUE = {
    "type": ["number", "string", "boolean", "array"], "maxLength": 200,
    # a curve that was drawn, or points that were placed
    "minItems": 1, "maxItems": 200, "items": {
        "type": ["number", "array"], "minItems": 2, "maxItems": 2, "items": {"type": "number"},
    },
}  # fmt: skip
COUNT = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
NAME = {"type": "string", "maxLength": 200}
SHAPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "lab", "start", "tape", "frames", "state", "step", "scalars", "checks"],
    "properties": {
        "schema": {"const": SCHEMA},
        "lab": {"type": "string", "pattern": r"^\w+(-\w+)*\Z", "maxLength": 80},
        "start": {"type": "object", "propertyNames": NAME, "maxProperties": 200,
                  "additionalProperties": VALUE},
        "tape": {
            "type": "array",
            "maxItems": 20_000,
            "items": {
                "type": "array",
                "prefixItems": [COUNT, NAME, VALUE, {"type": "boolean"}],
                "minItems": 3,
                "maxItems": 4,
            },
        },
        "frames": COUNT,
        "state": {"enum": ["idle", "running", "paused", "finished", "diverged", "failed"]},
        "step": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        "message": {"type": "string", "maxLength": 1000},
        "scalars": {"type": "object", "propertyNames": NAME, "maxProperties": 200,
                    "additionalProperties": {"type": ["number", "null"],
                                             "minimum": -LIMIT, "maximum": LIMIT}},
        "checks": {
            "type": "array",
            "minItems": 1,
            "maxItems": 200,
            "items": {
                "type": "array",
                "prefixItems": [COUNT, {"type": "string", "pattern": r"^[0-9a-f]{16}\Z"}],
                "minItems": 2,
                "maxItems": 2,
            },
        },
        "threads": {"type": "integer", "minimum": 1, "maximum": 100_000},
        "versions": {"type": "object", "propertyNames": NAME, "maxProperties": 20,
                     "additionalProperties": NAME},
        "seconds": {"type": "number", "minimum": 0, "maximum": 1e12},
        "trace": trace_shape.SHAPE,
    },
}  # fmt: skip


class RecordError(ValueError):
    """A record that cannot be used; the message is for the person who has it."""


@dataclass(frozen=True)
class Turn:
    """A knob took a value before frame number `frame`; `drag`: the hand was still on it."""

    frame: int
    name: str
    value: Any
    drag: bool = False


@dataclass(frozen=True)
class Record:
    """Start values and tape are the run; `checks` and `scalars` tell whether a replay is the same.

    `checks` are pairs (frame, digest of all scalars up to there). The versions, threads and
    seconds tell where it ran; a replay elsewhere may part from it in the last digits. A `trace`
    holds pictures of the run, to be played without running (`show`).
    """

    lab: str
    start: Mapping[str, Any]
    tape: tuple[Turn, ...]
    frames: int
    state: str
    step: int
    scalars: Mapping[str, float]
    checks: tuple[tuple[int, str], ...]
    message: str = ""
    threads: int = 1
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=lambda: versions())
    trace: Mapping[str, Any] | None = field(default=None, repr=False)

    def to_json(self) -> str:
        """The record as one line of JSON; a scalar that is not finite becomes null."""
        data = {"schema": SCHEMA, **asdict(self)}
        if self.trace is None:
            del data["trace"]
        data["tape"] = [
            [t.frame, t.name, t.value, True] if t.drag else [t.frame, t.name, t.value]
            for t in self.tape
        ]
        data["scalars"] = {
            name: value if math.isfinite(value) else None for name, value in self.scalars.items()
        }
        return json.dumps(data, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """Read one line of JSON. Raises RecordError for anything that is not a whole record."""
        try:
            data = json.loads(
                text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once
            )
        except (ValueError, RecursionError) as error:
            raise RecordError(f"this is not a whole record: {_first_line(error)}") from None
        if not isinstance(data, dict) or "schema" not in data or "lab" not in data:
            raise RecordError("this is JSON, but not a record of a run")
        if isinstance(data["schema"], int) and data["schema"] != SCHEMA:
            number = data["schema"] if abs(data["schema"]) < 10**9 else "of a huge number"
            raise RecordError(f"the record has schema {number}; this version reads {SCHEMA}")
        if "trace" in data and len(text) > trace_shape.LARGEST + 100_000:
            size = f"{trace_shape.LARGEST // 10**6} MB"
            raise RecordError(f"the record is damaged: its trace is larger than {size}")
        _check_letters(data)
        _check_shape(data)
        del data["schema"]
        for name in ("frames", "step", "threads"):  # JSON's integers may be written 10.0
            data[name] = int(data.get(name, 1))
        data["start"] = {name: _frozen(value) for name, value in data["start"].items()}
        data["tape"] = tuple(
            Turn(int(frame), name, _frozen(value), *drag)
            for frame, name, value, *drag in data["tape"]
        )
        data["checks"] = tuple((int(frame), digest) for frame, digest in data["checks"])
        data["scalars"] = {
            name: math.nan if value is None else float(value)
            for name, value in data["scalars"].items()
        }
        if "trace" in data:
            try:
                trace_shape.check(data["trace"])
            except ValueError as error:
                raise RecordError(f"the record is damaged: {error}") from None
        found = cls(**{"versions": {}, **data})
        for what, frames in (
            ("turns", [turn.frame for turn in found.tape]),
            ("checks", [frame for frame, _ in found.checks]),
        ):
            if frames != sorted(frames):
                raise RecordError(f"the record is damaged: its {what} are out of order")
        if found.checks[-1][0] != found.frames:
            raise RecordError("the record is damaged: it has no check of its last frame")
        return found


class Digest:
    """A fingerprint of all scalars so far, bit for bit, noted now and then.

    At most `MOST` notes are kept: every 10 frames at first, then every 20, 40, ...
    """

    MOST = 64

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._every = 10
        self.frames = 0
        self.notes: dict[int, str] = {}

    def add(self, step: int, scalars: Mapping[str, float]) -> None:
        self._hash.update(struct.pack("<q", step))
        for name in sorted(scalars):
            value = scalars[name]
            packed = struct.pack("<d", math.nan if math.isnan(value) else value)
            self._hash.update(name.encode() + b"=" + packed)
        self.frames += 1
        if self.frames % self._every == 0:
            self.notes[self.frames] = self.now()
        if len(self.notes) > self.MOST:
            self._every *= 2
            self.notes = {f: d for f, d in self.notes.items() if f % self._every == 0}

    def now(self) -> str:
        return self._hash.hexdigest()[:16]

    def checks(self) -> tuple[tuple[int, str], ...]:
        """The notes, and the digest of the whole."""
        return tuple({**self.notes, self.frames: self.now()}.items())


def save(record: Record, path: str | Path) -> None:
    """Write the file whole or not at all. Raises OSError."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    write_whole(path, (record.to_json() + "\n").encode())


def load(path: str | Path) -> Record:
    """Read a file. Raises RecordError for a foreign, damaged or hostile one, OSError for none."""
    path = Path(path)
    if path.exists() and not path.is_file():  # a device or a pipe would never end
        raise RecordError(f"{path.name} is not a file")
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RecordError(f"{path.name} is larger than {LARGEST // 10**6} MB: not a record")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError(f"{path.name} is not text") from None
    try:
        return Record.from_json(text)
    except RecordError as error:
        raise RecordError(f"{path.name}: {error}") from None


def writable(path: str | Path) -> None:
    """Raises OSError now if `save` would fail for the folder or the name later."""
    path = Path(path)
    refuse_place(path)
    trial = half(path)
    trial.touch()
    trial.unlink()


def lab_name(lab: type | str) -> str:
    """The name of a lab, or of a class of this name, on the command line and in records.

    >>> lab_name(type("BurgersPINN", (), {})), lab_name("PINNRace")
    ('burgers-pinn', 'pinn-race')
    """
    name = lab if isinstance(lab, str) else lab.__name__
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", "-", name)
    return "-".join(filter(None, words.lower().split("-")))


def versions() -> dict[str, str]:
    """What a replay needs to be bit for bit the same, as far as it is loaded."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("sciml-widgets", "numpy", "torch"):
        if name.replace("-", "_") in sys.modules:
            found[name] = _version(name)
    return found


@cache
def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


def _check_letters(data: Any) -> None:
    """Raises RecordError for half of a letter (a lone surrogate): no file, no picture takes it."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise RecordError("the record is damaged: it holds half of a letter") from None
    except RecursionError:
        raise RecordError("the record is damaged: it is too deep") from None


def _check_shape(data: Any) -> None:
    """Raises RecordError with the first thing that is not as SHAPE says."""
    import jsonschema

    try:
        error = next(jsonschema.Draft202012Validator(SHAPE).iter_errors(data), None)
        said = error.message if error else ""
    except RecursionError:
        raise RecordError("the record is damaged: it is too deep") from None
    if error:
        place = ".".join(map(str, error.absolute_path))[:80]
        where = f" at {place!r}" if place else ""
        raise RecordError(f"the record is damaged{where}: {said[:120]}")


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is not a number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text[:20])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
