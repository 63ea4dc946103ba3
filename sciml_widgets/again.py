"""A run once more: what it must come to, and where it parts. Knows no player and no panel."""

from collections.abc import Callable, Iterable
from typing import Any

from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import find, read, replaced, resolve, values
from sciml_widgets.record import Record, RecordError, Turn, lab_name

__all__ = ["BROKEN", "Again", "experiment_of", "fitting", "parting"]

BROKEN = ("diverged", "failed")


class Again:
    """Follows a run that should be the same as `record`, frame by frame.

    `see` is told of every frame with the digest so far; `said` is what to tell people: "" while
    nothing is known, then that the run is the same, or where it parts from the record.
    """

    def __init__(self, record: Record, lab: type[Experiment] | Experiment) -> None:
        """Raises RecordError if the record does not fit the lab."""
        self.record = record
        self.lab = experiment_of(record, lab)
        self.start = values(self.lab)
        try:
            self.tape = fitting(self.lab, record.tape)
        except ValueError as error:
            raise RecordError(f"the record does not fit this version's lab: {error}") from None
        self.frames = record.frames + (record.state in BROKEN)  # it broke in the next frame
        self.said = ""
        self.underway = self.frames > 0
        self._notes = dict(record.checks)
        self._seen: list[tuple[int, str]] = []

    def limit(self, length: int) -> int:
        """The number of frames after which the run is finished; `length` is the lab's own."""
        whole = self.record.state == "finished"
        return self.frames if whole else max(length, self.frames + 1)

    def see(self, frame: int, digest: Callable[[], str]) -> None:
        """One frame more. From the first difference on nothing is compared."""
        if self.underway and frame in self._notes:
            self._seen.append((frame, digest()))
            if self._notes[frame] != self._seen[-1][1]:
                self._tell(parting(self.record, self._seen, ""))
        if self.underway and frame >= self.frames:
            self._tell(parting(self.record, self._seen, ""))

    @property
    def so_far(self) -> str:
        """What the notes that were compared say of a run that stopped before the record's end."""
        if self._seen:
            return f"the same as the record up to frame {self._seen[-1][0]} of {self.frames}"
        first = min(self._notes, default=self.frames)
        return f"not compared: the record's first note is of frame {first}"

    def end(self, over: bool, broken: str) -> None:
        """The run has stopped: because it is over, or because it broke down."""
        if self.underway and (over or broken):
            self._tell(parting(self.record, self._seen, broken))

    def _tell(self, parts: str) -> None:
        self.underway = False
        self.said = parts or f"the same as the record, step {self.record.step}"


def fitting(lab: Experiment, tape: Iterable[Turn]) -> tuple[Turn, ...]:
    """A tape with full paths, in order. Raises ValueError: unknown knob, range, or restart."""
    turns: list[Turn] = []
    known: dict[tuple[str, str], tuple[str, Any]] = {}  # many turns are of one knob
    for turn in sorted(tape, key=lambda turn: turn.frame):
        key = (turn.name, repr(turn.value))
        if key not in known:
            path = resolve(lab, turn.name)
            if find(lab, path).kind == "restart":
                raise ValueError(f"{path} starts the run over: it cannot be turned on a tape")
            known[key] = path, read(replaced(lab, {path: turn.value}), path)
        turns.append(Turn(turn.frame, *known[key], turn.drag))
    return tuple(turns)


def parting(record: Record, there: Iterable[tuple[int, str]], broken: str) -> str:
    """Where a run with the notes `there` parts from the record; "" if nowhere.

    `broken` is what a run says that broke down.
    """
    notes, now, same = dict(there), f" (now: {broken})" if broken else "", 0
    for frame, digest in record.checks:
        if notes.get(frame) != digest:
            return f"the runs agree up to frame {same} and part by frame {frame}{now}"
        same = frame
    if record.state in BROKEN and not now:
        return f"the record {record.state} after frame {same}, this run goes on"
    return f"the runs agree up to frame {same}{now}" if now and record.state not in BROKEN else ""


def experiment_of(record: Record, lab: type[Experiment] | Experiment) -> Experiment:
    """The lab of a record at its start values. Raises RecordError if they do not fit.

    `lab` is a class, or an experiment where the class alone does not say it: PINN(problem=Heat()).
    """
    kind = lab if isinstance(lab, type) else type(lab)
    if lab_name(kind) != record.lab:
        raise RecordError(f"the record is of {record.lab!r}, not of {lab_name(kind)!r}")
    try:
        return replaced(lab() if isinstance(lab, type) else lab, record.start)
    except (TypeError, ValueError) as error:
        raise RecordError(f"the record does not fit this version's lab: {error}") from None
