"""Running without a panel: the same player in the caller's thread, and replay of records."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from sciml_widgets import machine
from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import replaced
from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, Turn, lab_name, load

__all__ = ["drive", "experiment_of", "replay", "run"]

BROKEN = ("diverged", "failed")


def run(
    experiment: Experiment,
    *,
    frames: int | None = None,
    seconds: float | None = None,
    until: str | None = None,
    tape: Iterable[Turn] = (),
    watch: Callable[[Player], float | None] | None = None,
) -> Player:
    """The same player without a panel: run to the end in this thread and return it.

    Stops after `frames` frames (default: the lab's length), after `seconds`, or when the goal
    `until` ("rel_l2<0.05") is reached. Ctrl-C stops it too and keeps what was computed; the
    state is then "paused". Raises what the lab raised, among it Diverged; ValueError for bad
    arguments.
    """
    if frames is not None and (not isinstance(frames, int) or frames < 1):
        raise ValueError(f"frames={frames!r} is not a whole number above 0")
    if seconds is not None and not 0 < seconds < math.inf:
        raise ValueError(f"seconds={seconds!r} is not a time above 0")
    player = Player(experiment, until=until, tape=tape, watch=watch)
    player.limit = frames or experiment.length
    drive(player, seconds)
    if player.error is not None:
        player.error.player = player  # type: ignore[attr-defined]
        raise player.error
    return player


def drive(player: Player, seconds: float | None = None) -> None:
    """Run a player that has no thread in this one, to its end, its goal or the time."""
    player.go()
    with machine.threads(player.experiment.threads):
        try:
            player.round()
            while player.state == "running":
                if player.goal_reached is not None or (seconds and player.seconds >= seconds):
                    player.stop("finished")
                else:
                    player.round()
        except KeyboardInterrupt:
            player.stop("paused", "Interrupted.")
        except Exception as error:  # of the picture, or of the lab's clean-up
            player.fail(error)
        player.stop(player.state, player.message)
    player.close()


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


def replay(
    record: Record | str | Path,
    lab: type[Experiment] | Experiment,
    *,
    watch: Callable[[Player], float | None] | None = None,
) -> tuple[Player, str]:
    """Run a record again. Returns the player and "", or a sentence that says where they part.

    A lab that breaks down is not raised here: the player tells, and the sentence does when the
    record did not. Raises RecordError if the record cannot be used.
    """
    if not isinstance(record, Record):
        record = load(record)
    experiment = experiment_of(record, lab)
    there: dict[int, str] = {}

    def noting(player: Player) -> float | None:
        if player.frames == record.frames:
            there.update(player.record().checks)
        return watch(player) if watch else None

    try:
        player = Player(experiment, tape=record.tape, watch=noting)
    except ValueError as error:
        raise RecordError(f"the record does not fit this version's lab: {error}") from None
    broke = record.state in BROKEN
    player.limit = record.frames + 1 if broke else record.frames  # it broke in the next frame
    if player.limit:
        drive(player)
    return player, _parting(record, player, there or dict(player.record().checks))


def _parting(record: Record, player: Player, there: dict[int, str]) -> str:
    now = f" (now: {player.message})" if player.state in BROKEN else ""
    same = 0
    for frame, digest in record.checks:
        if there.get(frame) != digest:
            return f"the runs agree up to frame {same} and part by frame {frame}{now}"
        same = frame
    if record.state in BROKEN and not now:
        return f"the record {record.state} after frame {same}, this run goes on"
    return f"the runs agree up to frame {same}{now}" if now and record.state not in BROKEN else ""
