"""The shape of a trace: what a record may hold of a run's pictures. Knows no picture, no player.

A trace is plain JSON: the series, their points, and some pictures. Arrays are base64 texts in
`buffers`, named by their number: bytes of fields, little-endian float32 of everything else.
"""

import base64
import binascii
import sys
from array import array
from collections.abc import Mapping
from math import isfinite
from typing import Any

__all__ = ["KEYS", "LARGEST", "SHAPE", "check", "unpacked"]

LARGEST = 1_000_000  # bytes of a record with its trace
WIDEST = 512  # cells of a field along one side
LIMIT = 1e30

TEXT = {"type": "string", "maxLength": 2000}
NUMBER = {"type": ["number", "null"], "minimum": -LIMIT, "maximum": LIMIT}
FINITE = {**NUMBER, "type": "number"}
SMALL = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
FLAG = {"type": "boolean"}
DASH = {"enum": ["solid", "dashed", "dotted"]}
SCALE = {"enum": ["log", "linear"]}
SIZE = {"type": "number", "minimum": 0, "maximum": 1000}


def _closed(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required,
            "additionalProperties": False}  # fmt: skip


def _many(items: Any, most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most, "minItems": least}


def _named(value: Any, most: int = 100) -> dict[str, Any]:
    return {"type": "object", "propertyNames": TEXT, "additionalProperties": value,
            "maxProperties": most}  # fmt: skip


LOOK = {"label": TEXT, "colour": SMALL}
AT = {"x": SMALL, "y": SMALL}
KEYS: dict[str, dict[str, Any]] = {
    "image": {
        "h": SMALL, "w": SMALL, "extent": _many(FINITE, 4, 4), "low": FINITE, "high": FINITE,
        "map": {"enum": ["field", "error"]}, "unit": TEXT, "z": SMALL,
    },
    "lines": {**LOOK, **AT, "dash": DASH, "width": SIZE,
              "band": {"type": ["array", "null"], "items": SMALL, "minItems": 2, "maxItems": 2}},
    "points": {**LOOK, **AT, "size": SIZE, "hollow": FLAG},
    "bars": {**LOOK, **AT, "width": FINITE},
    "arrows": {**LOOK, **AT, "u": SMALL, "v": SMALL},
    "text": {"x": FINITE, "y": FINITE, "text": TEXT, "colour": SMALL,
             "align": {"enum": ["left", "center", "right"]}},
}  # fmt: skip
"""What a mark of each kind holds; x, y, u, v, z and band are numbers of buffers, but of a text."""

MARK = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": list(KEYS)}},
    "allOf": [
        {"if": {"properties": {"kind": {"const": kind}}},
         "then": _closed({"kind": {}, **keys})}
        for kind, keys in KEYS.items()
    ],
}  # fmt: skip
AXIS = _closed({"label": TEXT, "low": NUMBER, "high": NUMBER, "log": FLAG, "bare": FLAG,
                "percent": FLAG}, "bare", "percent")  # fmt: skip
PLOT = _closed({"title": TEXT, "note": TEXT, "alt": TEXT, "equal": FLAG, "x": AXIS, "y": AXIS,
                "marks": _many(MARK, 100)})  # fmt: skip
STAT = _closed({"label": TEXT, "value": NUMBER, "percent": FLAG})
SHAPE = _closed(
    {
        "title": TEXT,
        "about": TEXT,
        "series": _many(_closed({
            "name": TEXT, "label": TEXT, "role": {"enum": ["loss", "error", "metric"]}, "x": TEXT,
            "scale": SCALE, "percent": FLAG, "colour": SMALL, "dash": DASH, "width": SIZE,
            "band": {"type": ["array", "null"], "items": TEXT, "minItems": 2, "maxItems": 2},
            "plot": TEXT,
        }, "plot"), 100),
        "tracks": _named(_closed(AT)),
        "ticks": _many(_closed({"x": _named(NUMBER), "text": TEXT}), 100),
        "pictures": _many(_closed({
            "frames": SMALL, "step": {"type": "integer", "minimum": -(2**53), "maximum": 2**53},
            "points": _named(SMALL), "stats": _many(STAT, 10), "caption": TEXT,
            "plots": _many(PLOT, 20),
        }), 1000, 1),
        "buffers": _many({"type": "string"}, 20_000),
    }
)  # fmt: skip


def check(trace: Mapping[str, Any]) -> None:
    """What a schema cannot say. Raises ValueError: a buffer that is not there, or does not fit."""
    raw = [unpacked(text) for text in trace["buffers"]]
    sizes = [len(data) for data in raw]

    def together(*numbers: int, bytes_each: int = 4) -> int:
        if any(number >= len(sizes) for number in numbers):
            raise ValueError("its trace names a buffer that is not there")
        found = {sizes[number] for number in numbers}
        if len(found) > 1 or next(iter(found)) % bytes_each:
            raise ValueError("the arrays of its trace do not fit together")
        return found.pop() // bytes_each

    lengths = {name: together(t["x"], t["y"]) for name, t in trace["tracks"].items()}
    for track in trace["tracks"].values():
        x = array("f", raw[track["x"]])
        if sys.byteorder == "big":
            x.byteswap()
        if not all(map(isfinite, x)):
            raise ValueError("a point of its trace has no finite place")
    before = -1
    for picture in trace["pictures"]:
        if picture["frames"] <= before:
            raise ValueError("the pictures of its trace are out of order")
        before = picture["frames"]
        if any(count > lengths.get(name, 0) for name, count in picture["points"].items()):
            raise ValueError("a picture of its trace names points that are not there")
        for mark in (mark for plot in picture["plots"] for mark in plot["marks"]):
            if mark["kind"] == "image":
                cells = mark["h"] * mark["w"]
                if together(mark["z"], bytes_each=1) != cells or not 0 < cells <= WIDEST**2:
                    raise ValueError("a field of its trace does not have its size")
            elif mark["kind"] != "text":
                arrays = [mark[name] for name in ("x", "y", "u", "v") if name in mark]
                together(*arrays, *(mark.get("band") or ()))


def unpacked(text: str) -> bytes:
    """The bytes of one buffer. Raises ValueError."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a buffer of its trace is not base64") from None
