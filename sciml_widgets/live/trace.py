"""Traces: a run with pictures, as a record that plays without it. Knows no page and no drawing."""

import base64
import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from sciml_widgets import trace_shape
from sciml_widgets.experiment import Experiment
from sciml_widgets.headless import drive
from sciml_widgets.live.wire import Wire, spec
from sciml_widgets.player import Player
from sciml_widgets.record import Record, Turn

__all__ = ["Tracer", "trace"]

MOST_POINTS = 400
"""Points of each series in a trace."""


def trace(
    experiment: Experiment, *, frames: int | None = None, until: str | None = None,
    tape: Iterable[Turn] = (), pictures: int = 40,
) -> Record:  # fmt: skip
    """Run without a panel and return a record with pictures: `show(record)` plays it anywhere.

    The pictures lie closer together at the start, where most happens. A run that diverges is a
    trace as well; what else the lab raises is raised. At most 1 MB: beyond it pictures are left
    out. Raises ValueError for bad arguments.
    """
    player = Player(experiment, until=until, tape=tape)
    player.limit = player.experiment.length if frames is None else frames
    if not isinstance(player.limit, int) or player.limit < 1:
        raise ValueError(f"frames={frames!r} is not a whole number above 0")
    tracer = Tracer(player.limit, pictures)
    player.watch = tracer
    drive(player)
    if player.error is not None and player.state != "diverged":
        raise player.error
    return tracer.record(player)


class Tracer:
    """Watches a player of about `frames` frames and keeps pictures of it."""

    def __init__(self, frames: int, pictures: int = 40) -> None:
        if not isinstance(pictures, int) or not 2 <= pictures <= 400:
            raise ValueError(f"pictures={pictures!r} is not a number of pictures, 2 to 400")
        self._due = {1 + round((frames - 1) * (k / (pictures - 1)) ** 2) for k in range(pictures)}
        self._kept: list[dict[str, Any]] = []

    def __call__(self, player: Player) -> None:
        """After each frame, by the player's thread."""
        if player.frames in self._due:
            self._keep(player)

    def _keep(self, player: Player) -> None:
        if self._kept and self._kept[-1]["frames"] >= player.frames:
            return
        header, buffers = Wire().message(player, player.draw(64), False, "")
        at = {"step": float(player.step_now), **player.history.positions()}
        now = {"frames": player.frames, "step": player.step_now, "stats": header["stats"]}
        self._kept.append({**now, "at": at, "buffers": buffers, **header["picture"]})

    def record(self, player: Player) -> Record:
        """The player's record with what was kept. Raises ValueError if that is too large."""
        if player.frames:
            self._keep(player)  # the end
        kept, made = self._kept, player.record()
        while kept:
            found = dataclasses.replace(made, trace=_packed(player, kept))
            if len(found.to_json()) <= trace_shape.LARGEST:
                return found
            kept = kept[-1::-2][::-1] if len(kept) > 2 else []
        raise ValueError(
            "there is nothing to keep: the run has no frame" if not self._kept
            else "one picture of this lab alone is larger than a trace may be, 1 MB"
        )  # fmt: skip


def _packed(player: Player, kept: list[dict[str, Any]]) -> dict[str, Any]:
    numbers: dict[str, int] = {}

    def put(data: bytes) -> int:
        return numbers.setdefault(base64.b64encode(data).decode("ascii"), len(numbers))

    said = spec(player.experiment)
    about = trace_shape.SHAPE["properties"]["series"]["items"]["properties"]
    tracks, points = _tracks(player, kept)
    made = {
        "title": said["title"],
        "about": said["about"],
        "series": [{name: one[name] for name in about} for one in said["series"]],
        "tracks": {
            name: {k: put(np.asarray(v, "<f4").tobytes()) for k, v in zip("xy", xy, strict=True)}
            for name, xy in tracks.items()
        },
        "ticks": [{"x": tick.at, "text": tick.text()} for tick in player.ticks[-40:]],
        "pictures": [
            {"frames": one["frames"], "step": one["step"], "points": count, "stats": one["stats"],
             "caption": one["caption"], "plots": [_plot(plot, one["buffers"], put)
                                                  for plot in one["plots"]]}
            for one, count in zip(kept, points, strict=True)
        ],
    }  # fmt: skip
    return _plain({**made, "buffers": list(numbers)})


def _tracks(player: Player, kept: list[dict[str, Any]]) -> tuple[dict[str, Any], list[Any]]:
    """The thinned series, and for each picture how many points of them it shows."""
    tracks, counts = {}, [{} for _ in kept]
    for one in player.history.series:
        names = (one.name, *(one.band or ()))
        found = [np.array(player.history.tracks[name].points()) for name in names]
        few = _few(found[0][1])
        for name, xy in zip(names, found, strict=True):
            own = few if xy.shape == found[0].shape else _few(xy[1])
            tracks[name] = xy[:, own]
            for count, picture in zip(counts, kept, strict=True):
                at = picture["at"].get(one.x, math.inf)
                count[name] = int(np.sum(tracks[name][0] <= at))
    if counts:
        counts[-1] = {name: xy.shape[1] for name, xy in tracks.items()}
    return tracks, counts


def _few(y: np.ndarray) -> np.ndarray:
    """Which points stay: of each group the lowest and the highest, and both ends."""
    size = -(-2 * len(y) // MOST_POINTS)
    if size < 3:
        return np.arange(len(y))
    stay = {0, len(y) - 1}
    for start in range(0, len(y), size):
        group = y[start : start + size]
        for fill, choose in ((np.inf, np.argmin), (-np.inf, np.argmax)):
            stay.add(start + int(choose(np.where(np.isnan(group), fill, group))))
    return np.array(sorted(stay))


def _plot(plot: dict[str, Any], buffers: list[bytes], put: Callable[[bytes], int]) -> Any:
    keys = trace_shape.SHAPE["properties"]["pictures"]["items"]["properties"]["plots"]["items"]
    marks = []
    for mark in plot["marks"]:
        known = trace_shape.KEYS.get(mark["kind"])
        if known is None or not _drawable(mark):
            continue
        made = {"kind": mark["kind"], **{name: mark[name] for name in known}}
        if mark["kind"] != "text":
            for name in {"x", "y", "u", "v", "z"} & set(made):
                made[name] = put(buffers[mark[name]])
            if made.get("band"):
                made["band"] = [put(buffers[number]) for number in mark["band"]]
        marks.append(made)
    return {name: plot[name] for name in keys["properties"]} | {"marks": marks}


def _drawable(mark: dict[str, Any]) -> bool:
    numbers = {"image": ("low", "high"), "text": ("x", "y"), "bars": ("width",)}
    return all(
        math.isfinite(value)
        for value in (*(mark[n] for n in numbers.get(mark["kind"], ())), *mark.get("extent", ()))
    )


def _plain(value: Any) -> Any:
    """Plain JSON: numbers of numpy as Python's, null for what is not finite."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (np.generic, float)):
        value = value.item() if isinstance(value, np.generic) else value
        return value if not isinstance(value, float) or math.isfinite(value) else None
    return value
