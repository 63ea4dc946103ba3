"""The scalars and the turns of a run, bounded however long it lasts. Knows no player, no plot."""

import math
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sciml_widgets.experiment import Series
from sciml_widgets.record import Turn
from sciml_widgets.words import change

if TYPE_CHECKING:
    import pandas

__all__ = ["History", "Tick", "Track"]

CAPACITY = 4096


class Track:
    """One series as points (x, y), bounded, equally fine over the whole run.

    Beyond `CAPACITY` points, of every four neighbours the lowest and the highest stay: half the
    points, and every spike. `thinned` counts how often that happened; between two times points
    are only added at the end. New points then come in groups of 4, 8, 16, ... likewise.
    """

    def __init__(self) -> None:
        self.x: list[float] = []
        self.y: list[float] = []
        self.thinned = 0
        self._group: list[tuple[float, float]] = []
        self._size, self._count = 1, 0
        self._lock = threading.Lock()

    def append(self, x: float, y: float) -> None:
        with self._lock:
            self._group = _extremes([*self._group, (x, y)])
            self._count += 1
            if self._count == self._size:
                self.x += [x for x, _ in self._group]
                self.y += [y for _, y in self._group]
                self._group, self._count = [], 0
            if len(self.x) > CAPACITY:
                self._thin()

    def points(self) -> tuple[list[float], list[float]]:
        """A copy of `x` and `y` that fit together, also while another thread appends."""
        with self._lock:
            return list(self.x), list(self.y)

    def _thin(self) -> None:
        old = list(zip(self.x, self.y, strict=True))
        fours = (old[start : start + 4] for start in range(1, len(old), 4))
        kept = [old[0], *(point for four in fours for point in _extremes(four))]
        self.x, self.y = [x for x, _ in kept], [y for _, y in kept]
        self._size = max(4, 2 * self._size)
        self.thinned += 1


class History:
    """A track for each declared series and for the bounds of its band."""

    def __init__(self, series: Iterable[Series]) -> None:
        self.series = tuple(series)
        self._x_of: dict[str, str] = {}
        for one in self.series:
            for name in (one.name, *(one.band or ())):
                self._x_of[name] = one.x
        self.tracks = {name: Track() for name in self._x_of}
        self.known = {*self.tracks, *self._x_of.values()} - {"step"}
        self.newest: dict[str, float] = {}

    def append(self, step: int, scalars: Mapping[str, float]) -> None:
        """Add one frame. Raises ValueError for a scalar that no series declares."""
        strange = set(scalars) - self.known
        if strange:
            raise ValueError(
                f"the frame of step {step} holds {', '.join(sorted(strange))}, "
                f"but the declared series are {', '.join(sorted(self.known))}"
            )
        self.newest.update(scalars)
        for name in scalars:
            if name in self.tracks:
                x = self._x_of[name]
                self.tracks[name].append(
                    step if x == "step" else self.newest.get(x, math.nan), scalars[name]
                )

    def positions(self) -> dict[str, float]:
        """Where the run stands on the axes that are not the step (labels bought, ...)."""
        axes = set(self._x_of.values())
        return {x: value for x, value in self.newest.items() if x in axes and math.isfinite(value)}

    def to_pandas(self) -> "pandas.DataFrame":
        """One column for each series, one row for each x; gaps are NaN."""
        import pandas

        points = {name: track.points() for name, track in self.tracks.items()}
        columns = {
            name: pandas.Series(y, index=x, dtype=float).groupby(level=0).last()
            for name, (x, y) in points.items()
        }
        table = pandas.DataFrame(columns)
        xs = set(self._x_of.values())
        table.index.name = xs.pop() if len(xs) == 1 else "x"
        return table


class Tick:
    """What a turn looks like in the loss plot: one tick for a whole drag."""

    def __init__(self, turn: Turn, old: Any, at: dict[str, float], label: str, also: str) -> None:
        self.name, self.old, self.value, self.at = turn.name, old, turn.value, at
        self.label, self.also, self.open = label, also, turn.drag

    def text(self) -> str:
        new = change(self.label, self.old, self.value)
        return f"{new} ({self.also})" if self.also else new


def _extremes(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The lowest and the highest in their order; NaN only if there is nothing else."""
    if len(points) <= 2:
        return points
    known = [i for i, (_, y) in enumerate(points) if not math.isnan(y)] or range(len(points))
    low = min(known, key=lambda i: points[i][1])
    high = max(reversed(known), key=lambda i: points[i][1])  # of equal ones both ends stay
    return [points[i] for i in sorted({low, high})]
