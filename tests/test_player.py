import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.headless import replay, run
from sciml_widgets.knobs import action, choice, knob, values
from sciml_widgets.picture import Lines, Picture, Plot, View
from sciml_widgets.player import KEEP_EVERY, Player
from sciml_widgets.record import Record, Turn

PATIENCE = 10.0
"""Seconds that nothing here takes; a test that waits so long has found a player that hangs."""


@dataclass
class Counter(Experiment):
    """Adds up `gain`; everything that can go wrong goes wrong on request."""

    gain: float = knob(1.0, -10.0, 10.0, label="gain", also="the truth moves too")
    bonus: float = knob(0.0, 0.0, 9.0)
    start: int = knob(0, 0, 9, kind="restart")
    angle: int = knob(0, 0, 9, kind="view")
    add: int = action("add one")
    trouble: str = choice(
        "none",
        ("none", "nan", "inf", "racer", "diverge", "raise", "exit", "state", "picture",
         "undeclared", "text", "step", "first"),
        kind="hot",
    )  # fmt: skip
    end: int = knob(10**6, 0, 10**6, kind="restart")
    during: Callable[[int], None] | None = None
    after: Callable[[], None] | None = None

    title: ClassVar[str] = "Counting"
    length: ClassVar[int] = 50
    series = (Series("loss", role="loss"), Series("sum"), Series("racer"))

    def frames(self) -> Iterator[Frame]:
        total, seen = float(self.start), self.add
        if self.trouble == "first":
            raise ArithmeticError("before the first frame")
        try:
            for step in range(self.end):
                if self.during:
                    self.during(step)
                total += self.gain + self.bonus + (self.add - seen)
                seen = self.add
                if self.trouble == "diverge":
                    raise Diverged("The sum is a divergent series.")
                if self.trouble == "raise":
                    raise RuntimeError("the lab\nbroke down")
                if self.trouble == "exit":
                    raise SystemExit(3)
                yield self._frame(step, total)
        finally:
            if self.after:
                self.after()

    def _frame(self, step: int, total: float) -> Frame:
        def state() -> float:
            if self.trouble == "state":
                raise MemoryError("no room for the state")
            return total

        scalars: dict[str, Any] = {"loss": 1.0 / (1 + step), "sum": total}
        if self.trouble in ("nan", "inf"):
            scalars["loss"] = float(self.trouble)
        elif self.trouble == "racer":
            scalars["racer"] = math.nan
        elif self.trouble == "undeclared":
            scalars["los"] = 1.0
        elif self.trouble == "text":
            scalars["sum"] = "many"
        return Frame(2**70 if self.trouble == "step" else step, scalars, state)

    def picture(self, state: Any, view: View) -> Picture:
        if self.trouble == "picture":
            raise ZeroDivisionError("the pencil broke")
        y = np.array([0.0, np.nan if state is None else state])
        return Picture((Plot(f"angle {self.angle}", (Lines(np.array([0.0, 1.0]), y),)),))


def by_hand(lab: Counter, **options: Any) -> Player:
    """A player that this thread drives by `round()`, so that every law shows frame by frame."""
    return Player(lab, **options)


def rounds(player: Player, count: int) -> None:
    for _ in range(count):
        player.round()


@contextmanager
def playing(lab: Experiment, **options: Any) -> Iterator[Player]:
    """A player with a thread of its own."""
    player = Player(lab, **options)
    player.start()
    try:
        yield player
    finally:
        player.close(PATIENCE)
        assert not player.alive


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def track(player: Player, name: str = "sum") -> list[float]:
    return player.history.tracks[name].y


# ---- turns ------------------------------------------------------------------------------


def test_a_hot_knob_counts_from_the_next_frame_on_and_stands_on_the_tape() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 3)
    player.turn("gain", 5.0)
    rounds(player, 2)
    assert track(player) == [1.0, 2.0, 3.0, 8.0, 13.0]
    assert player.tape == [Turn(3, "gain", 5.0)]
    assert [tick.text() for tick in player.ticks] == ["gain 1 → 5 (the truth moves too)"]
    assert player.ticks[0].at["step"] == 2.0


def test_turns_take_effect_in_the_order_in_which_they_came() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 1)
    player.turn("gain", 2.0)
    player.turn("bonus", 1.0)
    player.turn("gain", 3.0)
    player.turn("bonus", 2.0)
    player.turn("angle", 4)
    player.round()
    assert [(t.name, t.value) for t in player.tape] == [
        ("gain", 2.0), ("bonus", 1.0), ("gain", 3.0), ("bonus", 2.0), ("angle", 4),
    ]  # fmt: skip
    assert {turn.frame for turn in player.tape} == {1}
    assert track(player)[-1] == 1.0 + 3.0 + 2.0


def test_of_many_turns_of_one_knob_before_one_frame_the_newest_counts() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 1)
    for i in range(500):
        player.turn("gain", i / 100, drag=True)
    player.round()
    assert player.tape == [Turn(1, "gain", 4.99, True)]
    assert len(player.ticks) == 1


def test_while_nothing_runs_a_drag_leaves_one_turn() -> None:
    player = by_hand(Counter())
    player.step(3)
    rounds(player, 3)
    for i in range(10):
        player.turn("angle", i)
        player.turn("gain", float(i), drag=i < 9)
        player.round()
    assert [(t.frame, t.name, t.value) for t in player.tape[-2:]] == [
        (3, "angle", 9), (3, "gain", 9.0),
    ]  # fmt: skip
    assert len(player.tape) <= 20 and len(player.ticks) == 1
    for i in range(10):
        player.turn("angle", i)
        player.round()
    assert len(player.tape) <= 21


def test_before_the_first_frame_a_turn_changes_the_start_values() -> None:
    player = by_hand(Counter())
    player.turn("gain", 2.0)
    player.turn("angle", 7)
    player.round()
    assert player.tape == [] and player.ticks == [] and player.state == "idle"
    assert (player.start_values["gain"], player.start_values["angle"]) == (2.0, 7)


def test_a_drag_is_many_turns_and_one_tick() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 2)
    for value in (2.0, 3.0, 4.0):
        player.turn("gain", value, drag=True)
        player.round()
    player.turn("gain", 4.0)  # the hand lets go where it is
    player.round()
    player.turn("gain", 9.0)
    player.round()
    assert [tick.text().partition(" (")[0] for tick in player.ticks] == [
        "gain 1 → 4",
        "gain 4 → 9",
    ]
    assert [turn.value for turn in player.tape] == [2.0, 3.0, 4.0, 4.0, 9.0]
    assert player.ticks[0].at["step"] == 4.0, "the tick stands where the drag ended"


def test_another_knob_in_the_middle_of_a_drag_gets_its_own_tick() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 1)
    for name, value in (("gain", 2.0), ("bonus", 1.0), ("gain", 3.0)):
        player.turn(name, value, drag=True)
        player.round()
    assert [tick.name for tick in player.ticks] == ["gain", "bonus", "gain"]


def test_a_turn_to_the_value_that_stands_is_none() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 2)
    player.turn("gain", 1.0)
    player.turn("gain", 1)  # as a browser writes 1.0
    player.turn("gain", np.float64(1.0))
    player.round()
    assert player.tape == [] and player.ticks == []


def test_presses_are_counted_and_none_is_lost() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 2)
    for _ in range(3):
        player.press("add")
    player.round()
    assert player.experiment.add == 3
    assert track(player) == [1.0, 2.0, 6.0]
    with pytest.raises(ValueError, match=r"gain is not an action: use turn\('gain', value\)"):
        player.press("gain")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("gain", 11.0, r"gain=11 is outside \[-10, 10\]"),
        ("gain", math.nan, "not a finite number"),
        ("gain", "1", "not a finite number"),
        ("start", 1.5, "not a whole number"),
        ("gian", 1.0, "did you mean gain"),
        ("trouble", "much", "is not one of"),
        ("add", -1, "presses"),
    ],
)
def test_a_bad_turn_is_refused_at_once_and_changes_nothing(
    name: str, value: Any, message: str
) -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 1)
    with pytest.raises(ValueError, match=message):
        player.turn(name, value)
    player.round()
    assert values(player.experiment) == values(Counter()) and player.tape == []


def test_a_restart_knob_starts_over_and_keeps_running_if_it_ran() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 3)
    player.turn("gain", 2.0)
    player.round()
    player.turn("start", 5)
    player.round()
    assert player.state == "running" and player.runs == 2
    assert (track(player), player.frames) == ([7.0], 1)
    assert player.tape == [] and player.ticks == [] and player.seconds < 1.0
    assert player.start_values["gain"] == 2.0 and player.start_values["start"] == 5
    for rest in (player.pause, lambda: player.step(1)):
        rest()
        rounds(player, 3)
        player.turn("start", player.experiment.start - 1)
        player.round()
        assert (player.state, player.frames, player.snapshot) == ("idle", 0, None)


def test_a_restart_in_the_middle_of_some_steps_does_not_run_away() -> None:
    player = by_hand(Counter())
    player.step(5)
    rounds(player, 2)
    player.turn("start", 3)
    rounds(player, 10)
    assert (player.state, player.frames) == ("paused", 3)


@pytest.mark.parametrize("ending", ["paused", "finished", "diverged", "failed"])
def test_a_view_knob_works_when_nothing_runs(ending: str) -> None:
    player = by_hand(Counter(), watch=None)
    player.go()
    rounds(player, 5)
    if ending == "paused":
        player.pause()
    elif ending == "finished":
        rounds(player, Counter.length)
    else:
        player.turn("trouble", "diverge" if ending == "diverged" else "raise")
    rounds(player, 2)
    assert player.state == ending
    frames, kept = player.frames, player.look()
    player.turn("angle", 6)
    player.round()
    assert (player.state, player.frames, player.look()) == (ending, frames, kept)
    assert player.draw().plots[0].title == "angle 6"
    on_tape = player.tape[-1] == Turn(frames, "angle", 6)
    assert on_tape == (ending in ("paused", "finished")), "a run that broke down is over"
    assert all(tick.name != "angle" for tick in player.ticks)


def test_turns_from_many_threads_are_all_legal_and_in_order() -> None:
    with playing(Counter()) as player:
        Counter.length, before = 10**9, Counter.length
        try:
            player.reset()
            player.go()

            def turn(worker: int) -> None:
                for i in range(50):
                    player.turn("gain" if worker % 2 else "bonus", float((7 * i + worker) % 10))
                    player.press("add")

            threads = [threading.Thread(target=turn, args=(i,)) for i in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            player.pause()
            assert player.wait(PATIENCE)
        finally:
            Counter.length = before
        assert player.experiment.add == 300, "no press is lost"
        frames = [turn.frame for turn in player.tape]
        assert frames == sorted(frames) and max(frames) <= player.frames
        record = player.record()
    assert replay(Record.from_json(record.to_json()), Counter)[1] == ""


def test_the_callers_experiment_is_never_changed() -> None:
    lab = Counter(gain=2.0)
    before = values(lab)
    player = by_hand(lab)
    player.turn("start", 3)
    player.go()
    player.turn("gain", 5.0)
    rounds(player, 4)
    player.press("add")
    rounds(player, 4)
    assert values(lab) == before and player.experiment is not lab


def test_start_values_out_of_range_are_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match=r"gain=99 is outside \[-10, 10\]"):
        Player(Counter(gain=99.0))
    whole = Player(Counter(gain=2, start=np.int64(3)))  # type: ignore[arg-type]
    assert [type(whole.start_values[n]) for n in ("gain", "start")] == [float, int]
    assert Record.from_json(whole.record().to_json()).start == whole.start_values


# ---- run, pause, step, reset ----------------------------------------------------------------


def test_a_run_ends_after_its_length_and_goes_on_for_another() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 200)
    assert (player.state, player.frames, player.step_now) == ("finished", 50, 49)
    player.go()
    rounds(player, 200)
    assert (player.state, player.frames, player.runs) == ("finished", 100, 1)
    assert track(player)[-1] == 100.0, "it went on, it did not start over"


def test_a_run_that_has_nothing_left_starts_over() -> None:
    player = by_hand(Counter(end=7))
    player.go()
    rounds(player, 20)
    assert (player.state, player.frames, player.snapshot) == ("finished", 7, 7.0)
    player.go()
    rounds(player, 4)
    assert (player.state, player.frames, player.runs) == ("running", 4, 2)


def test_a_lab_without_frames_finishes_at_once() -> None:
    player = by_hand(Counter(end=0))
    player.go()
    player.round()
    assert (player.state, player.frames, player.look()) == ("finished", 0, None)
    assert player.draw().plots


def test_pause_counts_within_one_frame() -> None:
    player = by_hand(Counter())
    player.go()
    rounds(player, 5)
    player.pause()
    rounds(player, 5)
    assert (player.state, player.frames) == ("paused", 5)
    player.go()
    player.pause()
    rounds(player, 5)
    assert (player.state, player.frames) == ("paused", 5), "go and pause before one frame"
    player.reset()
    player.pause()
    player.round()
    assert player.state == "idle"


def test_pause_stops_a_thread_within_one_frame() -> None:
    frames: list[int] = []

    def slowly(step: int) -> None:
        time.sleep(0.01)
        frames.append(step)

    with playing(Counter(during=slowly)) as player:
        player.go()
        until(lambda: len(frames) > 2)
        player.pause()
        there = len(frames)
        assert player.wait(PATIENCE)
        assert player.state == "paused" and len(frames) <= there + 1
        assert player.frames == len(frames)


def test_steps_are_exact_and_add_up() -> None:
    player = by_hand(Counter())
    player.step()
    rounds(player, 5)
    assert (player.state, player.frames) == ("paused", 1)
    player.step(3)
    player.step(2)
    rounds(player, 20)
    assert (player.state, player.frames) == ("paused", 6)
    player.go()
    rounds(player, 2)
    player.step(2)
    rounds(player, 20)
    assert (player.state, player.frames) == ("paused", 10), "two more, then pause"
    player.step(10**6)
    rounds(player, 100)
    assert (player.state, player.frames) == ("finished", 50), "the end comes first"
    player.step(2)
    rounds(player, 20)
    assert (player.state, player.frames) == ("paused", 52)
    for bad in (0, -1, 10**6 + 1, True, 1.0, "1", None):
        with pytest.raises(Exception, match="not a number of frames|Type-check"):
            player.step(bad)  # type: ignore[arg-type]


def test_go_ends_a_series_of_steps() -> None:
    player = by_hand(Counter())
    player.step(3)
    player.round()
    player.go()
    rounds(player, 20)
    assert (player.state, player.frames) == ("running", 21)


def test_reset_goes_back_and_the_knobs_stay() -> None:
    player = by_hand(Counter())
    player.go()
    player.turn("gain", 3.0)
    rounds(player, 4)
    player.reset()
    player.round()
    assert (player.state, player.frames, player.tape, player.scalars) == ("idle", 0, [], {})
    assert player.experiment.gain == player.start_values["gain"] == 3.0
    assert player.record().checks[0][0] == 0


def test_slow_motion_keeps_its_pace_whatever_mail_comes() -> None:
    with playing(Counter()) as player:
        player.pace(20.0)
        player.go()
        until(lambda: player.frames >= 1)
        first, began = player.frames, time.monotonic()
        for i in range(100):
            player.turn("gain", float(i % 10), drag=True)
            player.wake()
            time.sleep(0.004)
        passed = time.monotonic() - began
        assert 1 <= player.frames - first <= 20 * passed + 2
        player.pace(0)
        until(lambda: player.state == "finished")
    for bad in (-1.0, math.nan, math.inf, 1e-9):
        with pytest.raises(ValueError, match="is not a pace"):
            player.pace(bad)


def test_a_slow_pace_is_left_at_once() -> None:
    with playing(Counter()) as player:
        player.pace(0.001)
        player.go()
        until(lambda: player.frames == 1)
        player.pace(1000.0)
        until(lambda: player.frames > 3)
        player.pace(0.001)
        player.pause()
        assert player.wait(PATIENCE)
        frames = player.frames
        player.step()
        until(lambda: player.frames > frames), "the first frame after a rest comes at once"


def test_wait_never_returns_before_what_was_asked_for_has_happened() -> None:
    with playing(Counter()) as player:
        for i in range(300):
            player.step(1 + i % 3)
            assert player.wait(PATIENCE)
            assert player.state in ("paused", "finished")
            assert player.frames == sum(1 + j % 3 for j in range(i + 1)) - late(player, i)


def late(player: Player, i: int) -> int:
    """Frames that were asked for beyond the end of the length, where a run stops first."""
    asked, made, limit = 0, 0, Counter.length
    for j in range(i + 1):
        asked += 1 + j % 3
        if made >= limit:
            limit = made + Counter.length
        made = min(made + 1 + j % 3, limit)
    return asked - made


def test_wait_waits_for_mail_that_is_being_read() -> None:
    inside, leave = threading.Event(), threading.Event()

    def clean_up() -> None:
        inside.set()
        leave.wait(PATIENCE)

    with playing(Counter(after=clean_up)) as player:
        player.step(2)
        assert player.wait(PATIENCE)
        player.reset()
        player.step(3)
        assert inside.wait(PATIENCE)
        assert player.wait(0.1) is False, "the step has left the mailbox, and has not begun"
        leave.set()
        assert player.wait(PATIENCE) and player.frames == 3


def test_wait_has_an_end() -> None:
    with playing(Counter(during=lambda _: time.sleep(0.02))) as player:
        player.go()
        assert player.wait(0.05) is False
        player.pause()
        assert player.wait(PATIENCE) is True


def test_goals_are_noted_once_at_the_first_step_that_reaches_them() -> None:
    player = by_hand(Counter(), until="sum>=5")
    player.go()
    rounds(player, 4)
    assert player.goal_reached is None
    rounds(player, 4)
    player.turn("gain", -10.0)
    rounds(player, 4)
    assert player.goal_reached == 4 and player.state == "running"
    player.reset()
    player.round()
    assert player.goal_reached is None
    with pytest.raises(ValueError, match="needs one of loss, racer, sum"):
        Player(Counter(), until="summ<1")


# ---- what goes wrong ------------------------------------------------------------------------

TROUBLES = {
    "nan": ("diverged", "Diverged at step 5: the loss “loss” is no longer a finite number."),
    "inf": ("diverged", "Diverged at step 5: the loss “loss” is no longer a finite number."),
    "diverge": ("diverged", "Diverged at step 4: The sum is a divergent series."),
    "raise": ("failed", "Failed at step 4. RuntimeError: the lab\nbroke down"),
    "undeclared": ("failed", "Failed at step 4. ValueError: the frame of step 5 holds los,"),
    "text": ("failed", "Failed at step 4. ValueError: could not convert string to float"),
    "step": ("failed", "Failed at step 4. "),
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("own_thread", [False, True])
def test_trouble_stops_the_run_says_where_and_a_new_run_works(
    trouble: str, own_thread: bool
) -> None:
    state, message = TROUBLES[trouble]
    player = by_hand(Counter())
    if own_thread:
        player.start()

    def go_on(frames: int) -> None:
        if own_thread:
            assert player.wait(PATIENCE)
        else:
            rounds(player, frames)

    try:
        player.step(5)
        go_on(5)
        player.turn("trouble", trouble)
        player.go()
        go_on(5)
        assert player.state == state
        assert player.message.startswith(message)
        assert isinstance(player.error, Diverged if state == "diverged" else Exception)
        assert player.look() == 5.0, "the last finite snapshot is kept"
        assert player.draw().plots[0].marks
        assert track(player)[:5] == [1.0, 2.0, 3.0, 4.0, 5.0]
        player.turn("trouble", "none")
        player.step(3)
        go_on(5)
        assert (player.state, player.frames, player.message) == ("paused", 3, "")
        assert player.error is None and player.runs == 2
    finally:
        player.close(PATIENCE)


def test_nan_in_what_is_no_loss_does_not_stop_the_run() -> None:
    player = by_hand(Counter(trouble="racer"))
    player.go()
    rounds(player, 10)
    assert player.state == "running" and math.isnan(player.scalars["racer"])


def test_a_failure_before_the_first_frame_is_one() -> None:
    player = by_hand(Counter(trouble="first"))
    player.go()
    player.round()
    assert player.state == "failed" and "before the first frame" in player.message
    assert player.look() is None and player.frames == 0


def test_a_state_that_cannot_be_given_fails_the_run() -> None:
    player = by_hand(Counter(trouble="state"))
    player.go()
    player.round()
    assert player.state == "failed" and "no room for the state" in player.message


def test_a_broken_picture_fails_the_run_and_the_thread_rests_then() -> None:
    calls = []

    def draw(player: Player) -> None:
        calls.append(player.state)
        player.draw()

    with playing(Counter(trouble="picture"), watch=draw) as player:
        player.go()
        until(lambda: "failed" in calls)  # the watcher hears of it
        assert "the pencil broke" in player.message
        time.sleep(0.2)
        assert len(calls) < 10, f"a broken picture is drawn {len(calls)} times in 0.2 s"
        player.turn("trouble", "none")
        player.step(2)
        assert player.wait(PATIENCE)
        assert (player.state, player.frames) == ("paused", 2)


def test_a_lab_that_ends_the_interpreter_ends_only_its_run() -> None:
    with playing(Counter(trouble="exit")) as player:
        player.go()
        until(lambda: player.state == "failed")
        assert "SystemExit" in player.message and player.alive
        player.turn("trouble", "none")
        player.step(2)
        assert player.wait(PATIENCE) and player.frames == 2


def test_a_clean_up_that_fails_is_told_and_no_mail_is_lost() -> None:
    def break_down() -> None:
        raise OSError("the file cannot be closed")

    with playing(Counter(after=break_down)) as player:
        player.step(2)
        assert player.wait(PATIENCE)
        gate = player.experiment
        player.reset()
        player.turn("gain", 4.0)
        until(lambda: gate.gain == 4.0)
        assert player.state == "failed" and "cannot be closed" in player.message
        gate.after = None
        player.step(1)
        assert player.wait(PATIENCE) and track(player) == [4.0]
        gate.after = break_down
    assert player.state == "failed" and not player.alive


# ---- threads --------------------------------------------------------------------------------


def players() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("sciml-player-counter")]


def test_fifty_clicks_in_a_second_are_one_thread() -> None:
    with playing(Counter()) as player:
        for _ in range(50):
            player.start()
            player.go()
            time.sleep(0.005)
        assert len(players()) == 1
        assert player.wait(PATIENCE)
        assert player.state == "finished"
        [thread] = players()
        assert thread.daemon
    assert players() == []


def test_close_may_come_twice_before_the_start_and_from_inside() -> None:
    player = Player(Counter())
    player.close()
    player.close()
    player.start()
    assert not player.alive and players() == []
    player.go()
    assert player.wait(1.0)

    def close(player: Player) -> None:
        if player.frames == 3:
            player.close()

    inside = Player(Counter(), watch=close)
    inside.start()
    inside.go()
    until(lambda: not inside.alive)
    assert inside.frames == 3
    inside.close()


def test_close_during_a_long_step_returns_and_the_thread_ends_after_the_step() -> None:
    inside, leave, closed = threading.Event(), threading.Event(), []

    def long(step: int) -> None:
        if step == 2:
            inside.set()
            leave.wait(PATIENCE)

    player = Player(Counter(during=long, after=lambda: closed.append(threading.current_thread())))
    player.start()
    player.go()
    assert inside.wait(PATIENCE)
    [thread] = players()
    began = time.monotonic()
    player.close(0.1)
    assert time.monotonic() - began < 5.0
    assert player.alive and player.wait(1.0), "it is closing, nobody waits for it"
    leave.set()
    until(lambda: not player.alive)
    assert player.state == "paused" and player.frames == 3
    assert closed == [thread], "only its own thread closes the generator"
    player.close()


def test_each_turn_is_answered_in_no_time_while_a_step_takes_long() -> None:
    with playing(Counter(during=lambda _: time.sleep(0.05))) as player:
        player.go()
        times = []
        for i in range(20):
            began = time.perf_counter()
            player.turn("gain", float(i % 10))
            times.append(time.perf_counter() - began)
        assert sorted(times)[10] < 0.02


def test_a_wake_is_never_lost() -> None:
    wanted, served = 0, 0

    def watch(player: Player) -> None:
        nonlocal served
        now = wanted
        time.sleep(0.0005)
        served = now

    with playing(Counter(), watch=watch) as player:
        for i in range(200):
            wanted = i
            player.wake()
            if i % 3 == 0:
                time.sleep(0.0004)
            if i % 20 == 0:
                until(lambda i=i: served == i)


def test_watch_is_called_again_when_it_wishes() -> None:
    calls: list[float] = []

    def watch(player: Player) -> float | None:
        calls.append(time.monotonic())
        return 0.02 if len(calls) < 6 else None

    with playing(Counter(), watch=watch):
        until(lambda: len(calls) == 6)
        time.sleep(0.1)
        assert len(calls) == 6, "None is: at the next event"


def test_a_record_made_by_another_thread_is_a_whole_one() -> None:
    class Long(Counter):
        length = 10**9

    with playing(Long()) as player:
        player.go()
        records = []
        for i in range(60):
            player.turn("gain", float(i % 7))
            if i % 10 == 9:
                player.turn("start", i % 9)
            records.append(player.record())
            time.sleep(0.002)
    for record in records:
        assert record.checks[-1][0] == record.frames
        assert Record.from_json(record.to_json()).frames == record.frames
    for record in records[5::11]:
        small = record.frames < 3000
        assert not small or replay(record, Long)[1] == ""


# ---- snapshots ------------------------------------------------------------------------------


def test_a_snapshot_is_taken_only_now_and_then_unless_somebody_looks() -> None:
    taken: list[int] = []

    class Looking(Counter):
        length = 1000

        def _frame(self, step: int, total: float) -> Frame:
            return Frame(step, {"sum": total}, lambda: taken.append(step) or total)

    player = by_hand(Looking())
    player.go()
    rounds(player, 999)
    assert taken == list(range(0, 999, KEEP_EVERY))
    assert player.look() == 999.0 and player.look() == 999.0
    assert taken[-1] == 998 and taken.count(998) == 1, "asked once for one frame"
    player.turn("trouble", "diverge")
    rounds(player, 2)
    assert player.look() == 999.0, "never asked once the run has gone on"


def test_a_state_is_asked_before_the_run_goes_on() -> None:
    class Live(Counter):
        """Its state is the array that the run goes on with."""

        def frames(self) -> Iterator[Frame]:
            u = np.zeros(1)
            for step in range(100):
                u += 1
                yield Frame(step, {"sum": float(u[0])}, u.copy)

    seen = []

    def watch(player: Player) -> None:
        if player.frames:
            seen.append((player.scalars["sum"], float(player.look()[0])))

    player = by_hand(Live(), watch=watch)
    player.go()
    rounds(player, 30)
    assert len(seen) == 30 and all(scalar == state for scalar, state in seen)


def test_heartbeats_are_frames_without_scalars() -> None:
    class Slow(Counter):
        def frames(self) -> Iterator[Frame]:
            for step in range(20):
                for _ in range(3):
                    yield Frame(step)
                yield Frame(step, {"sum": float(step)}, lambda step=step: step)

    player = by_hand(Slow())
    player.go()
    rounds(player, 8)
    assert (player.frames, player.step_now, track(player)) == (8, 1, [0.0, 1.0])
    assert player.look() == 1


# ---- tapes ----------------------------------------------------------------------------------


def test_a_tape_turns_the_knobs_at_its_frames() -> None:
    tape = (Turn(5, "gain", 2.0), Turn(2, "add", 1), Turn(5, "bonus", 1))
    player = by_hand(Counter(), tape=tape)
    player.go()
    rounds(player, 7)
    assert track(player) == [1.0, 2.0, 4.0, 5.0, 6.0, 9.0, 12.0]
    assert player.tape == [Turn(2, "add", 1), Turn(5, "gain", 2.0), Turn(5, "bonus", 1.0)]
    assert type(player.tape[2].value) is float


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (Turn(0, "gian", 1.0), "did you mean gain"),
        (Turn(0, "gain", 99.0), "outside"),
        (Turn(0, "gain", 10**400), "outside"),
        (Turn(0, "trouble", 5), "is not one of"),
        (Turn(0, "start", 5), "start starts the run over: it cannot be turned on a tape"),
    ],
)
def test_a_bad_tape_is_refused_before_anything_runs(turn: Turn, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Player(Counter(), tape=(turn,))


def test_a_tape_plays_once_and_a_new_run_belongs_to_the_hand() -> None:
    player = by_hand(Counter(), tape=(Turn(2, "gain", 5.0),))
    player.go()
    rounds(player, 4)
    player.reset()
    player.turn("gain", 1.0)
    player.go()
    rounds(player, 4)
    assert track(player) == [1.0, 2.0, 3.0, 4.0]


# ---- everything at once ---------------------------------------------------------------------

LEGAL = {"idle", "running", "paused", "finished", "diverged", "failed"}


def is_consistent(player: Player) -> None:
    """What holds between two rounds, whatever was done."""
    broken = player.state in ("diverged", "failed")
    assert player.state in LEGAL
    assert (player.error is not None) == bool(player.message) == broken
    assert player.frames == 0 or player.state != "idle"
    assert player.frames <= player.limit
    assert len(player.tape) == 0 or player.tape[-1].frame <= player.frames
    record = player.record()
    assert Record.from_json(record.to_json()).checks == record.checks
    assert record.frames == player.frames


def is_repeatable(player: Player) -> None:
    """Its record, replayed, gives the same numbers, or breaks down likewise."""
    record = player.record()
    new, parting = replay(Record.from_json(record.to_json()), Counter)
    assert parting == "", (parting, record)
    assert new.scalars == pytest.approx(record.scalars, abs=0, nan_ok=True)


class Hands(RuleBasedStateMachine):
    """A random walk over all that a person can do; this thread drives."""

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(Counter(), until="sum>40")

    @rule(name=st.sampled_from(["gain", "bonus"]), value=st.floats(0, 9), drag=st.booleans())
    def turn(self, name: str, value: float, drag: bool) -> None:
        self.player.turn(name, value, drag=drag)

    @rule(value=st.integers(0, 9), name=st.sampled_from(["angle", "start"]))
    def turn_whole(self, name: str, value: int) -> None:
        self.player.turn(name, value)

    @rule(trouble=st.sampled_from(["none", "none", *TROUBLES]))
    def trouble(self, trouble: str) -> None:
        self.player.turn("trouble", trouble)

    @rule(end=st.sampled_from([0, 5, 10**6]))
    def end(self, end: int) -> None:
        self.player.turn("end", end)

    @rule(what=st.sampled_from(["go", "go", "go", "pause", "reset", "wake"]))
    def do(self, what: str) -> None:
        getattr(self.player, what)()

    @rule(frames=st.integers(1, 60))
    def step(self, frames: int) -> None:
        self.player.step(frames)

    @rule()
    def press(self) -> None:
        self.player.press("add")

    @rule(count=st.integers(1, 20))
    def rounds(self, count: int) -> None:
        for _ in range(count):
            self.player.round()
            is_consistent(self.player)
        self.player.draw(8)

    def teardown(self) -> None:
        self.player.round()
        is_repeatable(self.player)


Hands.TestCase.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, phases=[Phase.reuse, Phase.generate]
)
TestHands = Hands.TestCase


def test_a_random_walk_beside_the_thread_never_hangs() -> None:
    rng = random.Random(20261121)
    seen: set[str] = set()

    def watch(player: Player) -> float | None:
        seen.add(player.state)
        player.draw(8)
        return rng.choice([None, 0.0, 0.001])

    with playing(Counter(), watch=watch) as player:
        for _ in range(400):
            doing = rng.choice(["turn", "whole", "trouble", "end", "do", "do", "step", "wait"])
            if doing == "turn":
                name = rng.choice(["gain", "bonus"])
                player.turn(name, rng.uniform(0, 9), drag=rng.random() < 0.5)
            elif doing == "whole":
                player.turn(rng.choice(["angle", "start"]), rng.randrange(10))
            elif doing == "trouble":
                everything = ["none"] * 9 + ["state", "picture", "exit", *TROUBLES]
                player.turn("trouble", rng.choice(everything))
            elif doing == "end":
                player.turn("end", rng.choice([0, 5, 10**6]))
            elif doing == "step":
                player.step(rng.randint(1, 60))
            elif doing == "wait":
                assert player.wait(PATIENCE), "the player hangs"
                assert player.state != "running"
            else:
                rng.choice([player.go, player.go, player.pause, player.reset, player.wake,
                            lambda: player.press("add")])()  # fmt: skip
            assert player.alive and player.state in LEGAL
        player.turn("trouble", "none")
        player.turn("start", (player.experiment.start + 1) % 10)
        player.go()
        assert player.wait(PATIENCE), "the player hangs"
        is_consistent(player)
    assert seen <= LEGAL  # which of them the walk meets depends on the two threads' pace
    is_repeatable(player)


def test_the_thread_computes_what_the_headless_run_computes() -> None:
    lab = Counter(gain=0.1)
    with playing(lab) as player:
        player.go()
        assert player.wait(PATIENCE)
    assert player.record().checks == run(lab).record().checks
