"""A sweep: one lab over a grid of knob values, one record for each point. Knows no panel.

    sweep(BurgersPINN(), {"nu": [0.01, 0.02], "net.depth": [2, 4]}, folder="runs")

Each run has a process of its own, on one thread. Any `concurrent.futures.Executor` may do the
work instead: threads, a batch system, or Dask (`Client(address).get_executor()`).
"""

import hashlib
import itertools
import json
import math
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sciml_widgets import machine
from sciml_widgets.experiment import Experiment, Series
from sciml_widgets.goals import Goal
from sciml_widgets.knobs import Slider, find, knobs, read, replaced, resolve, values
from sciml_widgets.picture import Axis, Bars, Lines, Mark, Picture, Plot, Text
from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, lab_name, load, save, writable
from sciml_widgets.words import name_of, spoken
from sciml_widgets.workers import Job, results

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

__all__ = ["Sweep", "sweep"]

MOST = 10_000
"""Points of a sweep."""
DONE = ("finished", "diverged")
"""States that a second attempt would only repeat."""


@dataclass(frozen=True)
class Sweep:
    """What came of a sweep: the points in the order of the grid, and a record for each.

    A point without a record was lost twice; `lost` says how.
    """

    lab: type[Experiment]
    axes: Mapping[str, tuple[Any, ...]]
    jobs: tuple[Job, ...]
    records: Mapping[str, Record]  # by Job.key
    lost: Mapping[str, str] = field(default_factory=dict)
    until: Goal | None = None

    def to_pandas(self) -> "pandas.DataFrame":
        """One row for each point: the grid's knobs, how the run ended, and its last numbers."""
        import pandas

        return pandas.DataFrame([self._row(job) for job in self.jobs])

    def _row(self, job: Job) -> dict[str, Any]:
        row = {path: job.start[path] for path in self.axes}
        if "seed" in job.start:
            row["seed"] = job.start["seed"]
        record = self.records.get(job.key)
        if record is None:
            return {**row, "state": "lost"}
        if self.until is not None:
            row["reached"] = self.until.reached(record.scalars)
        ran = {"state": record.state, "step": record.step, "seconds": record.seconds}
        return {**row, **ran, **record.scalars}

    @property
    def best(self) -> Job | None:
        """The point with the smallest error, among the runs that came to an end."""
        there = [(self._judged(job), number) for number, job in enumerate(self.jobs)]
        there = [one for one in there if math.isfinite(one[0])]
        return self.jobs[min(there)[1]] if there else None

    def picture(self) -> Picture:
        """The error over the longest axis of numbers, one line for each value of the next axis.

        What is left of the grid (seeds, say) is pooled: median, and a band from best to worst.
        """
        axes = sorted(self.axes, key=lambda path: (not self._numeric(path), -len(self.axes[path])))
        across, apart = axes[0], axes[1] if len(axes) > 1 else ""
        error, known = _error(self.lab), knobs(self.lab())
        marks: list[Mark] = []
        for number, value in enumerate(self.axes[apart] if apart else (None,)):
            here = [job for job in self.jobs if not apart or job.start[apart] == value]
            named = name_of(apart, known[apart].label) if apart else ""
            label = f"{named} {known[apart].spell(value)}" if apart else ""
            marks += self._marks(across, here, label, number)
        unit = known[across].unit
        name = name_of(across, known[across].label)
        y = Axis(error.label or error.name, log=error.scale == "log")
        return Picture(
            (
                Plot(
                    error.label or error.name,
                    tuple(marks),
                    Axis(f"{name} ({unit})" if unit else name, log=self._log(across)),
                    y,
                    alt=f"{error.label or error.name} over {name}. {self.said}",
                ),
            ),
            caption=self.said,
        )

    def figure(self) -> "Figure":
        """The picture by matplotlib."""
        from sciml_widgets.live.drawing import render

        return render(self.picture())

    @property
    def said(self) -> str:
        """The best point in words; "" before there is one."""
        best, error = self.best, _error(self.lab)
        if best is None:
            return ""
        value, known = self._judged(best), knobs(self.lab())
        where = " ".join(f"{path}={known[path].spell(best.start[path])}" for path in self.axes)
        return f"best {spoken(value, error.percent)} at {where}"

    def _judged(self, job: Job) -> float:
        """The error of a run that came to its end; else NaN."""
        record = self.records.get(job.key)
        if record is None or record.state != "finished":
            return math.nan
        return record.scalars.get(_error(self.lab).name, math.nan)

    def _numeric(self, path: str) -> bool:
        return isinstance(find(self.lab(), path), Slider)

    def _log(self, path: str) -> bool:
        slider = find(self.lab(), path)
        return isinstance(slider, Slider) and slider.log

    def _marks(self, across: str, jobs: list[Job], label: str, colour: int) -> list[Mark]:
        places = sorted(self.axes[across]) if self._numeric(across) else self.axes[across]
        runs = [[self._judged(job) for job in jobs if job.start[across] == x] for x in places]
        runs = [[one for one in some if math.isfinite(one)] or [math.nan] for some in runs]
        middle, worst, best = (
            np.array([how(some) for some in runs]) for how in (np.median, max, min)
        )
        if self._numeric(across):
            x = np.array(places, dtype=float)
            return [Lines(x, middle, label, colour, band=(best, worst))]
        x = np.arange(len(places), dtype=float)
        words = [Text(at, 0.0, str(place), align="center") for at, place in enumerate(places)]
        return [Bars(x, middle, 0.6, label, colour), *words]


def sweep(
    lab: Experiment | type[Experiment],
    grid: Mapping[str, Any],
    *,
    folder: str | Path,
    executor: Executor | None = None,
    workers: int | None = None,
    frames: int | None = None,
    until: str | None = None,
    progress: bool = True,
) -> Sweep:
    """Run the lab at each point of the grid and keep one record for each in `folder`.

    What the folder has already is not run again, so an interrupted sweep goes on where it was.
    A run whose process is lost is tried again, alone: the loss may have been another's. Where the
    grid names no `seed`, a lab that has one gets it from the other values: each point has its
    own, the same every time. A script needs `if __name__ == "__main__":` around the call, as for
    every pool of processes.

    Args:
        lab: its values are those of all points, except for the grid's.
        grid: for each knob (a short name serves) the values to take: a list, an array.
        folder: where the records go; it is made.
        executor: who does the work; default: `workers` processes here.
        workers: how many runs at a time, default: one on each core.
        frames: the length of each run; default: the lab's own.
        until: a goal at which a run ends earlier, "rel_l2<0.05".
        progress: tell how far it is.

    Raises:
        ValueError: a bad grid, goal or lab, before anything runs. OSError: no place for records.
    """
    experiment = lab() if isinstance(lab, type) else lab
    axes = _axes(experiment, grid)
    jobs = _jobs(experiment, axes, frames, until)
    goal = Player(experiment, until=until).goal
    if workers is not None and (type(workers) is not int or workers < 1):
        raise ValueError(f"workers={workers!r} is not a whole number above 0")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = Sweep(type(experiment), axes, jobs, records := {}, lost := {}, goal)
    for job in jobs:
        path = _file(folder, job)
        writable(path)
        if (old := _found(path, job)) is not None:
            records[job.key] = old
    left = {job.key: job for job in jobs if job.key not in records}
    with _bar(len(jobs), progress) as bar:
        bar.update(len(jobs) - len(left))
        for job, text in results(list(left.values()), executor, workers or machine.cores(), lost):
            record = Record.from_json(text)
            save(record, _file(folder, job))
            records[job.key] = record
            bar.update()
            bar.set_postfix_str(made.said)
    return made


# ---- the points -------------------------------------------------------------------------------


def _axes(experiment: Experiment, grid: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    if not grid:
        raise ValueError("the grid is empty: name a knob and its values, {'nu': [0.01, 0.02]}")
    axes: dict[str, tuple[Any, ...]] = {}
    for name, wanted in grid.items():
        path = resolve(experiment, name)
        if path in axes:
            raise ValueError(f"{path} stands twice in the grid")
        if (
            isinstance(wanted, str)
            or not isinstance(wanted, Iterable)
            or not (wanted := [*wanted])
        ):
            raise ValueError(f"{name} needs a list of values, at least one")
        taken = [read(replaced(experiment, {path: value}), path) for value in wanted]
        axes[path] = tuple(dict.fromkeys(taken))
    count = math.prod(map(len, axes.values()))
    if count > MOST:
        raise ValueError(f"the grid has {count} points; at most {MOST} are run")
    return axes


def _jobs(
    experiment: Experiment,
    axes: Mapping[str, tuple[Any, ...]],
    frames: int | None,
    until: str | None,
) -> tuple[Job, ...]:
    frames = experiment.length if frames is None else frames
    if type(frames) is not int or frames < 1:
        raise ValueError(f"frames={frames!r} is not a whole number above 0")
    kind = type(experiment)
    if kind.__module__ == "__main__" or "<" in kind.__qualname__:
        raise ValueError(
            f"another process cannot find {kind.__qualname__}: put the class into a file of its "
            "own (my_lab.py) and import it from there"
        )
    jobs = []
    for chosen in itertools.product(*axes.values()):
        one = replaced(experiment, dict(zip(axes, chosen, strict=True)))
        if "seed" in knobs(one) and "seed" not in axes:
            one = replaced(one, {"seed": _seed(one)})
        jobs.append(Job(kind.__module__, kind.__qualname__, values(one), frames, until))
    return tuple(jobs)


def _seed(experiment: Experiment) -> int:
    """A number that the other values decide, in the range of the knob `seed`."""
    others = {path: value for path, value in values(experiment).items() if path != "seed"}
    said = json.dumps([lab_name(type(experiment)), others], sort_keys=True).encode()
    slider: Any = find(experiment, "seed")
    count = int(slider.high - slider.low) + 1
    return int(slider.low) + int(hashlib.sha256(said).hexdigest(), 16) % count


def _file(folder: Path, job: Job) -> Path:
    return folder / f"{lab_name(job.lab)}-{job.key}.json"


def _found(path: Path, job: Job) -> Record | None:
    """The record of a point that is done; a damaged or a foreign file does not count."""
    try:
        record = load(path)
    except (OSError, RecordError):
        return None
    same = record.lab == lab_name(job.lab) and dict(record.start) == dict(job.start)
    return record if same and record.state in DONE else None


# ---- what is told ---------------------------------------------------------------------------


def _bar(total: int, wanted: bool) -> Any:
    from tqdm.auto import tqdm

    quiet = not wanted or (None if "ipykernel" not in sys.modules else False)
    return tqdm(total=total, unit="run", disable=quiet)


def _error(lab: type[Experiment]) -> Series:
    """The series to judge by: the first error, else the first of all."""
    series = lab().series
    return next((one for one in series if one.role == "error"), series[0])
