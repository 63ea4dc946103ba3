"""Running without a panel: the same player in the caller's thread, and replay of records."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from sciml_widgets import machine
from sciml_widgets.again import BROKEN, experiment_of, parting
from sciml_widgets.experiment import Experiment
from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, Turn, load

__all__ = ["drive", "experiment_of", "replay", "run"]


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


def drive(player: Player, seconds: float | None = None, *, past_goal: bool = False) -> None:
    """Run a player that has no thread in this one, to its end, its goal or the time."""
    player.go()
    with machine.threads(player.experiment.threads):
        try:
            player.round()
            while player.state == "running":
                there = player.goal_reached is not None and not past_goal
                if there or (seconds and player.seconds >= seconds):
                    player.stop("finished")
                else:
                    player.round()
        except KeyboardInterrupt:
            player.stop("paused", "Interrupted.")
        except Exception as error:  # of the picture, or of the lab's clean-up
            player.fail(error)
        player.stop(player.state, player.message)
    player.close()


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
    broken = player.message if player.state in BROKEN else ""
    return player, parting(record, (there or dict(player.record().checks)).items(), broken)
