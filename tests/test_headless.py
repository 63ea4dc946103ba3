import dataclasses
import math
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy_labs import DoubleWell, Labels, Measure

from sciml_widgets import headless
from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.headless import drive, experiment_of, replay, run
from sciml_widgets.knobs import knob, values
from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, Turn, load, save


@dataclass
class Decay(Experiment):
    """x falls by `rate` a step; from `breaks` on it breaks down in the way of `how`."""

    rate: float = knob(0.1, 0.0, 1.0)
    breaks: int = knob(10**6, 0, 10**6)
    shown: int = knob(0, 0, 9, kind="view")
    width: int = knob(1, 1, 9, kind="restart")
    how: str = "nan"
    signal: int = 0

    length: ClassVar[int] = 80
    series = (Series("x", role="loss"),)

    def frames(self) -> Iterator[Frame]:
        x = float(self.width)
        for step in range(1000):
            x *= 1 - self.rate
            if step >= self.breaks:
                if self.how == "diverge":
                    raise Diverged("It was asked to.")
                if self.how == "raise":
                    raise RuntimeError("broken")
                if self.how == "stop":
                    signal.raise_signal(signal.SIGINT)
                x = math.nan
            yield Frame(step, {"x": x}, state=lambda x=x: x)


@dataclass
class Diverging(Decay):
    how: str = "diverge"


@dataclass
class Raising(Decay):
    how: str = "raise"


def again(player: Player) -> Record:
    """Its record, through JSON."""
    return Record.from_json(player.record().to_json())


def test_a_run_ends_after_its_length_its_frames_its_goal_or_its_time() -> None:
    assert (run(Decay()).state, run(Decay()).frames) == ("finished", 80)
    assert run(Decay(), frames=3).frames == 3
    assert run(Decay(), frames=500).frames == 500
    assert run(Decay(), frames=5000).frames == 1000, "the lab has no more"
    reached = run(Decay(), until="x<0.5")
    assert (reached.goal_reached, reached.frames, reached.state) == (6, 7, "finished")
    missed = run(Decay(), until="x<0")
    assert (missed.goal_reached, missed.frames) == (None, 80)


def test_a_run_in_time_stops_soon_after() -> None:
    class Endless(Decay):
        def frames(self) -> Iterator[Frame]:
            step = 0
            while True:
                yield Frame(step, {"x": 1.0})
                step += 1

    player = run(Endless(), frames=10**9, seconds=0.1)
    assert player.state == "finished" and 0.1 <= player.seconds < 1.0


def test_a_run_leaves_no_thread_and_no_open_generator() -> None:
    ends: list[str] = []

    class Ending(Decay):
        def frames(self) -> Iterator[Frame]:
            try:
                yield from super().frames()
            finally:
                ends.append("end")

    before = threading.active_count()
    run(Ending())
    assert ends == ["end"] and threading.active_count() == before
    with pytest.raises(Diverged):
        run(Ending(breaks=3))
    assert ends == ["end", "end"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"frames": 0}, "not a whole number above 0"),
        ({"frames": -1}, "not a whole number above 0"),
        ({"seconds": 0.0}, "not a time above 0"),
        ({"seconds": math.nan}, "not a time above 0"),
        ({"seconds": math.inf}, "not a time above 0"),
        ({"until": "x=1"}, "is not a goal"),
        ({"until": "y<1"}, "needs one of x"),
        ({"tape": [Turn(1, "width", 2)]}, "cannot be turned on a tape"),
        ({"tape": [Turn(1, "rate", 2.0)]}, "outside"),
    ],
)
def test_bad_arguments_are_refused_before_the_run(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(Decay(), **bad)


def test_what_the_lab_raises_is_raised_with_the_player() -> None:
    with pytest.raises(Diverged, match="no longer a finite number") as nan:
        run(Decay(breaks=5))
    with pytest.raises(Diverged, match="It was asked to") as asked:
        run(Diverging(breaks=5))
    with pytest.raises(RuntimeError, match="broken") as broken:
        run(Raising(breaks=5))
    players = [caught.value.player for caught in (nan, asked, broken)]  # type: ignore[union-attr]
    assert [player.state for player in players] == ["diverged", "diverged", "failed"]
    assert [player.frames for player in players] == [6, 5, 5]
    assert players[0].look() == pytest.approx(0.9, abs=1e-15), "the last finite snapshot"


def test_what_the_watcher_or_the_clean_up_raises_is_raised_too() -> None:
    def watch(player: Player) -> None:
        if player.frames == 3:
            raise ZeroDivisionError("in the picture")

    with pytest.raises(ZeroDivisionError) as caught:
        run(Decay(), watch=watch)
    assert caught.value.player.state == "failed"  # type: ignore[attr-defined]

    class Dirty(Decay):
        def frames(self) -> Iterator[Frame]:
            try:
                yield from super().frames()
            finally:
                raise OSError("cannot close")

    with pytest.raises(OSError, match="cannot close"):
        run(Dirty())


def test_ctrl_c_keeps_what_was_computed() -> None:
    lab = Decay(breaks=7, how="stop")
    player = run(lab)
    assert (player.state, player.frames, player.message) == ("paused", 7, "Interrupted.")
    assert replay(again(player), Decay)[1] == ""


def test_the_watcher_sees_every_frame() -> None:
    seen: list[int] = []
    run(Decay(), watch=lambda player: seen.append(player.frames))
    assert seen == list(range(1, 81))


def test_a_tape_is_part_of_the_run() -> None:
    tape = [Turn(10, "rate", 0.5), Turn(20, "rate", 0.0), Turn(20, "shown", 3)]
    player = run(Decay(), frames=30, tape=tape)
    expected = np.cumprod([0.9] * 10 + [0.5] * 10 + [1.0] * 10)
    assert player.history.tracks["x"].y == pytest.approx(list(expected), rel=1e-13)
    assert player.tape == tape and player.experiment.shown == 3
    assert replay(again(player), Decay)[1] == ""


# ---- replay ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lab", [DoubleWell(), Labels(seed=4), Measure(seed=1), Decay(width=3)])
def test_a_replay_gives_the_same_numbers(lab: Experiment, tmp_path: Path) -> None:
    player = run(lab)
    save(player.record(), tmp_path / "run.json")
    new, parting = replay(tmp_path / "run.json", type(lab))
    assert parting == ""
    assert new.scalars == player.scalars and new.frames == player.frames
    assert values(new.experiment) == values(player.experiment)


@pytest.mark.parametrize(
    ("lab", "breaks", "frames"),
    [(Decay, 5, 6), (Diverging, 5, 5), (Raising, 5, 5), (Diverging, 0, 0), (Raising, 0, 0),
     (Decay, 0, 1)],
)  # fmt: skip
def test_a_run_that_broke_down_breaks_down_again(
    lab: type[Decay], breaks: int, frames: int
) -> None:
    with pytest.raises((Diverged, RuntimeError)) as caught:
        run(lab(breaks=breaks))
    old: Player = caught.value.player  # type: ignore[union-attr]
    new, parting = replay(again(old), lab)
    assert parting == "" and new.frames == frames
    assert (new.state, new.message) == (old.state, old.message)


def test_a_run_that_broke_down_and_now_goes_on_has_parted() -> None:
    with pytest.raises(Diverged) as caught:
        run(Diverging(breaks=5))
    record = again(caught.value.player)  # type: ignore[attr-defined]
    mended = dataclasses.replace(record, start={**record.start, "breaks": 50})
    assert replay(mended, Diverging)[1] == "the record diverged after frame 5, this run goes on"


def test_a_run_that_breaks_down_only_now_says_so() -> None:
    record = again(run(Diverging(), frames=20))
    broken = dataclasses.replace(record, start={**record.start, "breaks": 13})
    new, parting = replay(broken, Diverging)
    assert parting == (
        "the runs agree up to frame 10 and part by frame 20 "
        "(now: Diverged at step 12: It was asked to.)"
    )
    assert new.state == "diverged"


def test_a_changed_lab_parts_and_the_frame_is_named() -> None:
    record = again(run(Decay(), frames=75))

    class Changed(Decay):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                if frame.step >= 42:
                    frame = Frame(frame.step, {"x": math.nextafter(frame.scalars["x"], 1.0)})
                yield frame

    Changed.__name__ = "Decay"
    _, parting = replay(record, Changed)
    assert parting == "the runs agree up to frame 40 and part by frame 50"


def test_a_lab_that_ends_earlier_parts_as_well() -> None:
    record = again(run(Decay(), frames=75))

    class Shorter(Decay):
        def frames(self) -> Iterator[Frame]:
            for _, frame in zip(range(33), super().frames(), strict=False):
                yield frame

    Shorter.__name__ = "Decay"
    assert replay(record, Shorter)[1] == "the runs agree up to frame 30 and part by frame 40"


def test_a_record_of_no_frames_is_a_start() -> None:
    player = Player(Decay(rate=0.3))
    new, parting = replay(again(player), Decay)
    assert (parting, new.state, new.experiment.rate) == ("", "idle", 0.3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lab": "measure"}, "the record is of 'measure', not of 'decay'"),
        ({"start": {"ratte": 0.1}}, r"does not fit this version's lab: no knob 'ratte': did you"),
        ({"start": {"rate": 2.0}}, r"rate=2 is outside \[0, 1\]"),
        ({"start": {"rate": 10**400}}, r"rate=a huge number is outside"),
        ({"start": {"rate": "0.1"}}, "not a finite number"),
        ({"start": {"rate": True}}, "not a finite number"),
        ({"start": {"width": 1.5}}, "not a whole number"),
        ({"start": {"__class__": 1}}, "no knob '__class__'"),
        ({"start": {"how": "nan"}}, "no knob 'how'"),
        ({"tape": (Turn(1, "width", 3),)}, "cannot be turned on a tape"),
        ({"tape": (Turn(1, "rate", 3.0),)}, "outside"),
        ({"tape": (Turn(1, "frames", 3),)}, "no knob 'frames'"),
        ({"tape": (Turn(1, "", 3),)}, "no knob ''"),
    ],
)
def test_a_record_that_does_not_fit_is_a_record_error(
    changes: dict[str, Any], message: str
) -> None:
    record = dataclasses.replace(again(run(Decay(), frames=20)), **changes)
    with pytest.raises(RecordError, match=message):
        replay(record, Decay)


def test_an_older_record_may_lack_a_knob() -> None:
    record = again(run(Decay(rate=0.2), frames=20))
    older = dataclasses.replace(record, start={"rate": 0.2})
    assert replay(older, Decay)[1] == ""
    assert experiment_of(older, Decay).breaks == 10**6


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replay(tmp_path / "no.json", Decay)
    (tmp_path / "foreign.json").write_text('{"nbformat": 4}')
    with pytest.raises(RecordError, match="not a record"):
        replay(tmp_path / "foreign.json", Decay)


def test_drive_runs_a_player_that_somebody_else_made() -> None:
    player = Player(Decay(), until="x<0.5")
    player.limit = 3
    drive(player)
    assert (player.state, player.frames) == ("finished", 3)
    assert not player.alive and player.wait(1.0)


def test_the_record_holds_the_threads_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    now = 7

    @contextmanager
    def threads(count: int) -> Iterator[int]:
        nonlocal now
        before, now = now, count
        yield count
        now = before

    monkeypatch.setattr(headless.machine, "threads", threads)
    monkeypatch.setattr(headless.machine, "active_threads", lambda: now)

    class Two(Decay):
        threads = 2

    assert run(Two()).record().threads == 2, "not those of whoever asks for the record"


def test_a_run_saved_and_loaded_is_the_run(tmp_path: Path) -> None:
    record = run(DoubleWell(width=0.123456789012345678)).record()
    save(record, tmp_path / "run.json")
    assert load(tmp_path / "run.json") == record
