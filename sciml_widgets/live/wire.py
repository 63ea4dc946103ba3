"""What goes over the wire: a player's state as one small message with binary buffers.

Knows no widget, no comm and no thread. Fields travel as bytes (0..254 between the limits, 255 is
empty), curves as float32, and of the history only what is new.
"""

import dataclasses
from typing import Any

import numpy as np

from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import Slider, knobs, silent, values
from sciml_widgets.live.losses import looks
from sciml_widgets.picture import PALETTE, Arrows, Bars, Image, Lines, Mark, Picture, Points, Text
from sciml_widgets.player import Player
from sciml_widgets.words import name_of

__all__ = ["Message", "Wire", "picture_parts", "quantise", "spec"]

Message = tuple[dict[str, Any], list[bytes]]

MOST_TICKS = 40


class Wire:
    """Remembers what the browser has, and writes messages that bring it up to date."""

    def __init__(self) -> None:
        self.number = 0
        self._run = -1
        self._sent: dict[str, tuple[int, int]] = {}
        self._values: dict[str, Any] = {}
        self._ticks: list[Any] = []

    def message(self, player: Player, picture: Picture | None, key: bool, notice: str) -> Message:
        """One frame message; a key frame holds everything that a fresh view needs."""
        buffers: list[bytes] = []
        self.number += 1
        fresh = key or player.runs != self._run
        if fresh:
            self._sent = {}
        self._run = player.runs
        header: dict[str, Any] = {
            "t": "frame", "i": self.number, "key": key, "run": player.runs,
            "state": player.state, "step": player.step_now, "frames": player.frames,
            "seconds": round(player.seconds, 2), "rate": round(player.rate, 2),
            "message": player.message, "notice": notice, "stats": _stats(player),
            "tracks": self._tracks(player, buffers),
        }  # fmt: skip
        now = values(player.experiment)
        if key or now != self._values:
            header["values"], header["silent"] = now, silent(player.experiment)
            self._values = now
        ticks = [{"x": tick.at, "text": tick.text()} for tick in player.ticks[-MOST_TICKS:]]
        if key or ticks != self._ticks:
            header["ticks"] = self._ticks = ticks
        if fresh:  # a restart knob may have changed what the series are
            header["spec"] = spec(player.experiment)
            header["pace"] = player.frames_per_second
        if picture is not None:
            header["picture"] = picture_parts(picture, buffers)
        return header, buffers

    def _tracks(self, player: Player, buffers: list[bytes]) -> list[dict[str, Any]]:
        """The points that the browser does not have; all of a track that was thinned."""
        found = []
        for name, track in player.history.tracks.items():
            thinned, have = self._sent.get(name, (track.thinned, 0))
            start = have if thinned == track.thinned else 0
            if len(track.x) > start or name not in self._sent:
                part = {"name": name, "from": start, "n": len(track.x) - start}
                part |= {"x": _add(buffers, track.x[start:]), "y": _add(buffers, track.y[start:])}
                found.append(part)
            self._sent[name] = (track.thinned, len(track.x))
        return found


def spec(experiment: Experiment) -> dict[str, Any]:
    """What does not change during a session: title, controls, series, colours."""
    style = looks(experiment.series)
    return {
        "title": experiment.title,
        "about": experiment.about,
        "controls": [_control(path, knob) for path, knob in knobs(experiment).items()],
        "series": [
            {
                "name": one.name, "label": one.label or one.name, "role": one.role, "x": one.x,
                "scale": one.scale, "percent": one.percent, "band": one.band, "plot": one.plot,
                **dataclasses.asdict(style[one.name]),
            }
            for one in experiment.series
        ],
        "palette": PALETTE,
    }  # fmt: skip


def _control(path: str, knob: Any) -> dict[str, Any]:
    plain = {
        field.name: getattr(knob, field.name)
        for field in dataclasses.fields(knob)
        if field.name not in ("unless", "also")
    }
    plain |= {"path": path, "control": type(knob).__name__.lower()}
    plain["label"] = name_of(path, knob.label)
    if isinstance(knob, Slider):
        plain["whole"] = knob.whole
    return plain


def _stats(player: Player) -> list[dict[str, Any]]:
    found = []
    for one in player.experiment.series:
        if one.role == "error":
            value = player.history.newest.get(one.name)
            finite = value is not None and np.isfinite(value)
            found.append({"label": one.label or one.name, "value": value if finite else None,
                          "percent": one.percent})  # fmt: skip
    return found[:2]


def quantise(image: Image) -> bytes:
    """Bytes of a field, row 0 first: 0..254 from `low` to `high`, 255 where it is NaN."""
    z = np.asarray(image.z, dtype=np.float32)
    span = max(image.high - image.low, 1e-30)
    scaled = (z - np.float32(image.low)) * np.float32(254 / span)
    empty = np.isnan(scaled)
    np.clip(scaled, 0, 254, out=scaled)
    if empty.any():
        scaled[empty] = 255
    return (scaled + np.float32(0.5)).astype(np.uint8).tobytes()


def picture_parts(picture: Picture, buffers: list[bytes]) -> dict[str, Any]:
    """A picture as plain data; its arrays go into `buffers` and are named by their number."""
    return {
        "caption": picture.caption,
        "plots": [
            {
                "title": plot.title, "note": plot.note, "alt": plot.alt, "equal": plot.equal,
                "x": dataclasses.asdict(plot.x), "y": dataclasses.asdict(plot.y),
                "marks": [_mark(mark, buffers) for mark in plot.marks],
            }
            for plot in picture.plots
        ],
    }  # fmt: skip


def _mark(mark: Mark, buffers: list[bytes]) -> dict[str, Any]:
    def put(array: Any) -> int:
        return _add(buffers, array)

    match mark:
        case Image():
            buffers.append(quantise(mark))
            h, w = mark.z.shape
            return {
                "kind": "image",
                "h": h,
                "w": w,
                "extent": mark.extent,
                "low": mark.low,
                "high": mark.high,
                "map": mark.map,
                "unit": mark.unit,
                "z": len(buffers) - 1,
            }
        case Lines():
            band = [put(mark.band[0]), put(mark.band[1])] if mark.band else None
            return {
                "kind": "lines",
                "label": mark.label,
                "colour": mark.colour,
                "dash": mark.dash,
                "width": mark.width,
                "band": band,
                "x": put(mark.x),
                "y": put(mark.y),
            }
        case Points():
            return {
                "kind": "points",
                "label": mark.label,
                "colour": mark.colour,
                "size": mark.size,
                "hollow": mark.hollow,
                "x": put(mark.x),
                "y": put(mark.y),
            }
        case Bars():
            return {
                "kind": "bars",
                "label": mark.label,
                "colour": mark.colour,
                "width": mark.width,
                "x": put(mark.x),
                "y": put(mark.y),
            }
        case Arrows():
            return {
                "kind": "arrows",
                "label": mark.label,
                "colour": mark.colour,
                "x": put(mark.x),
                "y": put(mark.y),
                "u": put(mark.u),
                "v": put(mark.v),
            }
        case Text():
            return {"kind": "text", **dataclasses.asdict(mark)}  # fmt: skip


def _add(buffers: list[bytes], array: Any) -> int:
    buffers.append(np.asarray(array, dtype="<f4").tobytes())
    return len(buffers) - 1
