"""The panel without a browser: a fake widget hears what is sent and answers as a browser would."""

import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import knob
from sciml_widgets.live.panel import OVER, Panel
from sciml_widgets.live.views import GONE
from sciml_widgets.picture import Lines, Picture, Plot


@dataclass
class Pi(Experiment):
    """π by throwing darts, for ever."""

    radius: float = knob(1.0, 0.1, 2.0, help="of the circle")
    seed: int = knob(0, 0, 99, kind="restart")
    length: ClassVar[int] = 1_000_000
    series = (Series("pi", role="error"),)

    def frames(self):
        rng = np.random.default_rng(self.seed)
        hits = n = 0
        while True:
            darts = rng.random((100, 2))
            hits += int(((darts**2).sum(1) < self.radius**2).sum())
            n += 100
            yield Frame(n // 100, {"pi": 4 * hits / n})

    def picture(self, state, view):
        x = np.linspace(0, 1, view.size)
        return Picture((Plot("circle", (Lines(x, np.sqrt(1 - x**2)),), alt="a quarter"),))


class Browser:
    """Stands for the widget and one view of it; acknowledges at once unless told not to."""

    def __init__(self, panel, view="one", acks=True):
        self.panel, self.view, self.acks = panel, view, acks
        self.messages, self.threads, self.closed = [], set(), False

    def send(self, header, buffers):
        self.messages.append((header, buffers))
        self.threads.add(threading.current_thread().name)
        if self.acks and header.get("ack"):
            self.say(t="ack", i=header["i"])

    def say(self, **message):
        self.panel.heard({"view": self.view, **message})

    def close(self):
        self.closed = True

    @property
    def last(self):
        return self.messages[-1][0]


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.002)


@pytest.fixture
def panel():
    made = Panel(Pi())
    made.widget = Browser(made)
    made.player.start()
    yield made
    made.close()


def test_nothing_is_sent_before_a_view_is_ready_and_then_a_key_frame(panel):
    panel.go()
    panel.wait(0.2)
    assert not panel.widget.messages
    panel.widget.say(t="ready")
    until(lambda: panel.widget.messages)
    assert panel.widget.messages[0][0]["key"] and "spec" in panel.widget.messages[0][0]


def test_a_turn_is_applied_and_comes_back(panel):
    panel.widget.say(t="ready")
    panel.go()
    panel.widget.say(t="turn", name="radius", value=0.5)
    until(lambda: any(h.get("values", {}).get("radius") == 0.5 for h, _ in panel.widget.messages))


def test_messages_that_overtook_others_have_the_last_word(panel):
    say = panel.widget.say
    say(t="ready", order=1)
    say(t="turn", name="radius", value=0.5, order=4)
    say(t="turn", name="radius", value=0.7, order=3)  # older, but heard later
    say(t="turn", name="seed", value=7, order=2)  # older, about another knob
    until(lambda: panel.player.experiment.seed == 7)
    assert panel.player.experiment.radius == 0.5
    say(t="turn", name="radius", value=0.7, order=5)
    until(lambda: panel.player.experiment.radius == 0.7)
    say(t="pause", order=7)
    say(t="go", order=6)
    say(t="step", n=5, order=6)
    say(t="hidden", order=8)
    say(t="ready", order=7)
    panel.player.ask(lambda: None)
    assert panel.player.frames == 0
    assert not panel._views.free(time.perf_counter())  # nobody looks
    panel.heard({"view": "two", "t": "ready", "order": 1})  # each view counts for itself
    panel.heard({"view": "two", "t": "turn", "name": "radius", "value": 0.3, "order": 2})
    until(lambda: panel.player.experiment.radius == 0.3)


@pytest.mark.parametrize("order", [None, "3", 2.5, True, [], -(2**70)])
def test_a_turn_with_a_number_that_is_none_counts_all_the_same(panel, order):
    panel.widget.say(t="ready", order=order)
    panel.widget.say(t="turn", name="radius", value=0.5, order=order)
    until(lambda: panel.player.experiment.radius == 0.5)


@pytest.mark.parametrize(
    "message",
    [
        {"t": "turn", "name": "radius", "value": 99},
        {"t": "turn", "name": "radius", "value": "0.5; import os"},
        {"t": "turn", "name": "nobody", "value": 1},
        {"t": "turn", "name": "__class__", "value": 1},
        {"t": "turn"},
        {"t": "press", "name": "radius"},
        {"t": "step", "n": -1},
        {"t": "step", "n": "many"},
        {"t": "pace", "value": "fast"},
        {"t": "close"},
        {"t": "_ipython_display_"},
        {},
        [],
        None,
        "go",
    ],
)
def test_a_bad_message_is_answered_and_changes_nothing(panel, message):
    panel.widget.say(t="ready")
    until(lambda: panel.widget.messages)
    before = dict(panel.widget.last["values"])
    panel.heard(message)
    until(lambda: any(h["notice"] for h, _ in panel.widget.messages))
    assert panel.player.state == "idle" and panel.player.alive
    assert panel.player.experiment.radius == before["radius"]


def test_no_more_than_two_acknowledgements_are_owed_and_a_silent_view_does_not_slow_the_run(panel):
    panel.widget.acks = False
    panel.widget.say(t="ready")
    panel.go()
    until(lambda: panel.player.frames > 300 and sum(asked(panel)) == 2)
    time.sleep(0.2)
    owed = asked(panel)
    assert sum(owed) == 2 and owed[-1], "after the second nothing more is sent"
    panel.pause()
    panel.wait(1)


def asked(panel):
    return [bool(header.get("ack")) for header, _ in panel.widget.messages]


def test_an_acknowledgement_is_asked_for_each_picture_and_every_third_message(panel):
    panel.widget.say(t="ready")
    panel.go()
    until(lambda: len(panel.widget.messages) > 30)
    panel.pause()
    panel.wait(1)
    headers = [header for header, _ in panel.widget.messages]
    assert all(header.get("ack") for header in headers if "picture" in header or header["key"])
    asked = [header["i"] for header in headers if header.get("ack")]
    assert max(b - a for a, b in pairwise(asked)) <= 3


def test_a_hidden_view_gets_nothing_and_a_returning_one_gets_a_key_frame(panel):
    panel.widget.say(t="ready")
    panel.go()
    until(lambda: panel.widget.messages)
    panel.widget.acks = False
    panel.widget.say(t="hidden")
    time.sleep(0.1)
    count, frames = len(panel.widget.messages), panel.player.frames
    until(lambda: panel.player.frames > frames + 100)
    assert len(panel.widget.messages) <= count + 1  # one may have been under way
    panel.widget.acks = True
    panel.widget.say(t="ready")
    until(lambda: len(panel.widget.messages) > count + 1)
    assert any(h["key"] for h, _ in panel.widget.messages[count:])


def test_a_view_that_vanished_stops_holding_up_the_others(panel, monkeypatch):
    for module in ("panel", "views"):
        monkeypatch.setattr(f"sciml_widgets.live.{module}.GONE", 0.2)
    panel.heard({"t": "ready", "view": "dead"})
    panel.widget.say(t="ready")
    panel.go()
    until(lambda: len(panel.widget.messages) >= 2)
    until(lambda: len(panel.widget.messages) >= 6)
    assert GONE > 0.2


def test_at_most_25_pictures_a_second(panel):
    panel.widget.say(t="ready")
    panel.pace(200)
    panel.go()
    until(lambda: panel.player.frames > 20)
    began, count = time.monotonic(), len(panel.widget.messages)
    time.sleep(1.0)
    spent = time.monotonic() - began
    new = [header for header, _ in panel.widget.messages[count:]]
    assert sum("picture" in header for header in new) <= 25 * spent + 2
    assert len(new) <= 27 * spent + 2


def test_a_turn_is_answered_between_two_pictures(panel):
    panel.widget.say(t="ready")
    panel.go()
    until(lambda: panel.player.frames > 300)
    for k in range(20):
        value, before = 0.5 + k / 100, len(panel.widget.messages)
        panel.widget.say(t="turn", name="radius", value=value, drag=True)
        until(
            lambda v=value, b=before: (
                v in [h.get("values", {}).get("radius") for h, _ in panel.widget.messages[b:]]
            )
        )
    light = [h for h, _ in panel.widget.messages if "values" in h and "picture" not in h]
    assert light, "every answer waited for a picture"


def test_only_the_players_thread_sends(panel):
    panel.widget.say(t="ready")
    panel.go()
    for k in range(50):
        panel.heard({"t": "turn", "name": "radius", "value": 0.2 + k / 100, "drag": True})
    panel.pause()
    panel.wait(2)
    until(lambda: panel.widget.last["state"] == "paused")
    assert {name.startswith("sciml-player") for name in panel.widget.threads} == {True}


def test_the_end_is_always_shown(panel):
    panel.widget.say(t="ready")
    panel.step(7)
    until(lambda: panel.widget.messages and panel.widget.last["step"] == panel.player.step_now)
    until(lambda: panel.widget.last["state"] == "paused" and panel.widget.last["frames"] == 7)


def test_a_turn_after_the_end_says_that_the_run_is_over(panel):
    def told():
        return [header["notice"] for header, _ in panel.widget.messages if header["notice"]]

    say = panel.widget.say
    say(t="ready")
    panel.player.limit = 3
    panel.go()
    until(lambda: panel.player.state == "finished")
    say(t="turn", name="radius", value=0.5, drag=True)  # the hand has not let go
    say(t="turn", name="radius", value=0.6)
    until(lambda: told() == [OVER])
    say(t="turn", name="seed", value=3)  # starts over: it is seen at once
    until(lambda: panel.player.state == "idle")
    say(t="turn", name="radius", value=0.7)
    until(lambda: panel.widget.last["values"]["radius"] == 0.7)
    assert told() == [OVER], "before the first step, and for a fresh start, nothing is over"


def test_values_can_be_set_and_the_echo_turns_nothing(panel):
    panel.values = {"radius": 0.7}
    until(lambda: panel.player.experiment.radius == 0.7)
    turns = len(panel.player.tape)
    panel.player.turn("radius", 0.8)
    until(lambda: panel.player.experiment.radius == 0.8)
    panel._absorb()
    assert panel.values["radius"] == 0.8
    time.sleep(0.05)
    assert panel.player.experiment.radius == 0.8 and len(panel.player.tape) == turns
    with pytest.raises(ValueError, match="outside"):
        panel.values = {"radius": 99.0}


def test_a_picture_that_fails_is_shown_as_failed_and_reset_recovers(panel):
    def broken(state, view):
        raise RuntimeError("no ink")

    panel.player.experiment.picture = broken
    panel.widget.say(t="ready")
    panel.go()
    until(lambda: panel.widget.messages and panel.widget.last["state"] == "failed")
    assert "no ink" in panel.widget.last["message"]
    del panel.player.experiment.picture
    panel.reset()
    until(lambda: panel.widget.last["state"] == "idle")


def test_close_ends_thread_and_widget_and_twice_is_no_error(panel):
    widget = panel.widget
    panel.go()
    panel.close()
    panel.close()
    assert widget.closed and not panel.player.alive


def test_state_and_values_are_true_after_waiting_without_a_browser():
    panel = Panel(Pi())
    panel.player.start()
    try:
        panel.turn("radius", 0.5)
        panel.step(20)
        assert panel.wait(5)
        assert panel.state == "paused" and panel.values["radius"] == 0.5
        panel.values = {"radius": 0.7}
        assert panel.values["radius"] == 0.7 and "seed" in panel.values
    finally:
        panel.close()


def test_questions_are_answered_by_the_players_thread_while_it_runs(panel):
    panel.go()
    until(lambda: panel.player.frames > 10)
    assert panel.player.ask(lambda: threading.current_thread().name).startswith("sciml-player")
    with pytest.raises(ZeroDivisionError):
        panel.player.ask(lambda: 1 / 0)
    assert panel.player.state == "running"
    assert len(panel.history) > 10


def test_in_slow_motion_a_turned_picture_follows_before_the_next_frame(panel):
    panel.widget.say(t="ready")
    panel.pace(0.5)
    panel.go()
    until(lambda: panel.player.frames == 1)
    for k in range(8):
        panel.widget.say(t="turn", name="radius", value=0.5 + k / 100, drag=True)
        time.sleep(0.01)
    until(lambda: "picture" in panel.widget.last and panel.player.experiment.radius > 0.565, 1.5)
    assert panel.player.frames == 1
