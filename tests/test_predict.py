"""Predict, run, explain: what is a guess, when Run unlocks, and what the verdict says."""

import inspect
import json
import math
import threading
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pytest
from test_panel import Browser, until

from sciml_widgets import guess_choice, guess_curve, guess_number
from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.knobs import knob
from sciml_widgets.live import show
from sciml_widgets.live.frontend import SWITCH
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.predict import Prediction
from sciml_widgets.picture import Axis, Lines, Picture, Plot
from sciml_widgets.player import Player
from sciml_widgets.predict import HANDLES, Question, Verdict


@dataclass
class Decay(Experiment):
    """y = rate^step: every result is known."""

    rate: float = knob(0.5, 0.1, 2.0, label="rate r")
    start: float = knob(1.0, 0.5, 2.0, kind="restart")
    colour: int = knob(1, 0, 5, kind="view")
    length: ClassVar[int] = 20
    series = (Series("y", percent=True),)

    def frames(self):
        y = self.start
        for step in range(1000):
            if y > 1e3:
                raise Diverged("it grew.")
            yield Frame(step, {"y": y}, state=lambda y=y: y)
            y *= self.rate

    def picture(self, state, view):
        x = np.linspace(-1, 1, view.size)
        line = Lines(x, (state or 0) * x, "slope")
        return Picture((Plot("a line", (line,), alt="a line"),))


AXES: dict[str, Any] = {"x": Axis("x", -1, 1), "y": Axis("u", -2, 2)}
NUMBER: dict[str, Any] = {"of": "y", "at": 4, "low": 1e-4, "high": 1, "log": True}
WORDS = ("slow", "fast")
LINE = np.linspace(-1, 1, HANDLES)


def percent(**more: Any) -> Question:
    return guess_number("How large is y after 4 steps?", **NUMBER, percent=True, **more)


def speed(**more: Any) -> Question:
    return guess_choice("How?", WORDS, of=lambda player: WORDS[player.scalars["y"] < 0.1], **more)


def drawn(**more: Any) -> Question:
    return guess_curve("Draw it.", of="slope", **AXES, **more)


ASKED: list[tuple[Question, Any, Any]] = [  # a question, what the browser sends, what is kept
    (percent(), "3 %", 0.03),
    (percent(), "0,3", 0.003),
    (percent(room=True), "3, 20 1; 5%", (0.03, 0.2, 0.01, 0.05)),
    (percent(room=True), "3,5 20; 1, 2,", (0.035, 0.2, 0.01, 0.02)),
    (speed(at=4), "slow", "slow"),
    (speed(at=4, room=True), [3, 0], (3, 0)),
    (drawn(at=4), [0.5] * HANDLES, (0.5,) * HANDLES),
    (drawn(room=True), [0] * HANDLES, (0.0,) * HANDLES),
]


class Asked:
    """A panel with a question and a browser."""

    def __init__(self, question: Question, lab: Experiment | None = None, **options: Any) -> None:
        self.panel = Panel(lab or Decay(), predict=question, **options)
        self.panel.widget = self.browser = Browser(self.panel)  # type: ignore[assignment]
        self.panel.player.start()
        self.browser.say(t="ready")
        until(lambda: self.browser.messages)

    def say(self, **message: Any) -> None:
        self.browser.say(**message)

    @property
    def told(self) -> dict[str, Any]:
        """What the browser was last told about the question."""
        return [h["predict"] for h, _ in self.browser.messages if "predict" in h][-1]

    @property
    def notices(self) -> list[str]:
        return [h["notice"] for h, _ in self.browser.messages if h["notice"]]

    def run(self) -> Verdict:
        self.say(t="go")
        until(lambda: self.panel.verdict is not None)
        until(lambda: self.panel.player.state != "running")
        assert self.panel.verdict
        return self.panel.verdict


@pytest.fixture
def ask():
    made: list[Asked] = []

    def make(*arguments: Any, **options: Any) -> Asked:
        made.append(Asked(*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.panel.close()


# ---- the order of things ------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "sent", "kept"), ASKED)
def test_run_unlocks_with_a_guess_and_the_verdict_comes(ask, question, sent, kept):
    asked = ask(question)
    for past in ({"t": "go"}, {"t": "step"}, {"t": "step", "n": 5}, {"t": "resume"}):
        count = len(asked.notices)
        asked.say(**past)
        until(lambda count=count: len(asked.notices) > count)
        assert "commit a guess first" in asked.notices[-1]
    assert asked.panel.player.frames == 0 and asked.panel.state == "idle"
    asked.say(t="guess", value=sent)
    until(lambda: asked.told["phase"] == "committed")
    assert asked.panel.guess == kept and asked.panel.verdict is None
    verdict = asked.run()
    assert verdict.guess == kept and not verdict.error and verdict.note == ""
    at = asked.panel.prediction.question.at
    assert verdict.step == (19 if at is None else at), "not a frame sooner, not a frame later"
    until(lambda: asked.told["status"] == verdict.apart)


@pytest.mark.parametrize(("question", "sent", "kept"), ASKED)
def test_what_the_browser_is_told_is_plain_json(ask, question, sent, kept):
    asked = ask(question)
    asked.say(t="guess", value=sent)
    asked.run()
    for header, _ in asked.browser.messages:
        json.dumps(header, allow_nan=False)


def test_skip_unlocks_and_still_tells_the_answer(ask):
    asked = ask(percent(explain="It halves."))
    assert "halves" not in str(asked.browser.messages), "the explanation comes after the result"
    asked.say(t="skip")
    verdict = asked.run()
    assert (verdict.guess, verdict.result) == (None, 0.5**4)
    assert verdict.apart == "It is 6.25 %."
    until(lambda: asked.told["explain"] == "It halves.")
    assert asked.panel.guess is None


def test_reset_keeps_the_guess_and_the_next_run_is_compared_again(ask):
    asked = ask(percent())
    asked.say(t="guess", value="3")
    first = asked.run()
    asked.say(t="reset")
    until(lambda: asked.panel.verdict is None)
    until(lambda: asked.told["status"].startswith("You said 3 %. The answer comes"))
    again = asked.run()
    assert again == first


def test_a_guess_is_frozen_until_guess_again_which_starts_afresh(ask):
    asked = ask(percent())
    asked.say(t="guess", value="3")
    asked.say(t="guess", value="6.25")
    until(lambda: any("committed already" in said for said in asked.notices))
    assert asked.panel.guess == 0.03
    asked.run()
    asked.say(t="again")
    until(lambda: asked.panel.player.frames == 0 and asked.told["phase"] == "open")
    assert asked.panel.guess is None and asked.panel.verdict is None
    asked.say(t="guess", value="6.25")
    assert asked.run().apart == "You said 6.25 %, it is 6.25 %: right to 5 %."


def test_run_pressed_before_guess_again_shows_no_result(ask):
    asked = ask(percent())
    asked.say(t="guess", value="3")
    with asked.panel.player._mail.bell:  # go waits in the mailbox while the mind changes
        asked.panel.heard({"t": "go", "view": "v"})
        asked.panel.heard({"t": "again", "view": "v"})
    until(lambda: asked.told["phase"] == "open")
    asked.panel.player.wait(5)
    until(lambda: asked.panel.player.frames == 0)
    assert asked.panel.verdict is None and asked.panel.state in ("idle", "paused")


def test_a_guess_in_the_middle_of_a_run_is_for_the_next_run(ask):
    """Python may start a run without a guess; who has seen it cannot guess about it."""
    asked = ask(percent())
    asked.panel.go()
    assert asked.panel.wait(5) and asked.panel.player.frames == 20
    assert asked.panel.verdict is None
    asked.say(t="guess", value="3")
    until(lambda: asked.panel.player.frames == 0)
    assert asked.panel.verdict is None
    assert asked.run().result == 0.5**4


def test_a_verdict_is_never_of_a_run_before_the_guess():
    """Also in the moment between the guess and the reset that it asks for."""
    player, asked = Player(Decay()), Prediction(percent(), ["y"])
    player.go()
    player.round()
    while player.state == "running":
        player.round()
    asked.takes({"t": "guess", "value": "3"}, player)
    assert player.frames == 20 and not asked.look(player)
    assert asked.verdict is None
    player.go()
    while asked.verdict is None:
        player.round()
        asked.look(player)
    assert player.runs == 2 and asked.verdict.step == 4
    player.close()


def test_every_view_is_told_the_same(ask):
    asked = ask(percent())
    asked.say(t="guess", value="3")
    until(lambda: asked.told["phase"] == "committed")
    before = asked.told
    asked.panel.heard({"t": "ready", "view": "another"})
    count = len(asked.browser.messages)
    until(lambda: any(h["key"] for h, _ in asked.browser.messages[count - 1 :]))
    assert asked.told == before


def test_a_panel_without_a_question_says_nothing_of_it(ask):
    asked = ask(None)
    asked.say(t="guess", value=1.0)
    until(lambda: any("unknown message" in said for said in asked.notices))
    assert not any("predict" in header for header, _ in asked.browser.messages)
    assert asked.panel.guess is None and asked.panel.verdict is None


# ---- knobs after the guess ----------------------------------------------------------------------


def test_knobs_turned_before_the_guess_are_its_own_and_views_do_not_count(ask):
    asked = ask(percent())
    asked.say(t="turn", name="rate", value=0.4)
    asked.say(t="guess", value="3")
    until(lambda: asked.told["phase"] == "committed")
    asked.say(t="turn", name="colour", value=3)
    assert asked.run().note == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("rate", 0.4, "rate r 0.5 → 0.4"), ("start", 0.7, "start 1 → 0.7")],
)
def test_a_knob_turned_after_the_guess_is_named(ask, name, value, words):
    asked = ask(percent())
    asked.say(t="guess", value="3")
    until(lambda: asked.panel.prediction._made_for is not None)
    asked.say(t="turn", name=name, value=value)
    assert asked.run().note == f"Turned after the guess: {words}."


def test_a_knob_turned_in_the_run_and_back_is_named_too(ask):
    asked = ask(percent())
    asked.say(t="guess", value="3")
    asked.say(t="step", n=2)
    until(lambda: asked.panel.player.frames == 2)
    for value in (0.9, 0.5):
        asked.say(t="turn", name="rate", value=value)
        asked.say(t="step")
        frames = asked.panel.player.frames
        until(lambda frames=frames: asked.panel.player.frames == frames + 1)
    assert asked.run().note == "Turned after the guess: rate r."


# ---- hostile guesses, broken authors ------------------------------------------------------------

THREES = ("3 3", (0.03, 0.03))  # to a room this is none
HOSTILE: list[Any] = [
    None, True, 1e400, float("nan"), 0.03, "nan", "inf", "1e999", "", "3 3", "1_0", "0x1", "3 m",
    "9" * 10**6, " ".join(["3"] * 501), {"value": 3}, [], [3], ["3"], [[3]], [0.5] * 10**6,
    [float("nan")] * HANDLES, [10**400] * HANDLES, [9.0] * HANDLES, [True] * HANDLES,
    ["0"] * HANDLES, [0, 0], [-1, 2], [1.5, 1], [1, 2, 3], [10**9, 1], "fastest", 10**400,
]  # fmt: skip


@pytest.mark.parametrize("question", [q for q, *_ in ASKED], ids=lambda q: f"{q.kind} {q.room}")
def test_a_hostile_guess_gets_a_notice_and_nothing_else(ask, question):
    asked = ask(question)
    for value in HOSTILE:
        try:
            kept = question.check(value)
        except ValueError as error:
            assert len(str(error)) < 200
        else:
            assert (question.kind, question.room, value, kept) == ("number", True, *THREES)
        if value != THREES[0]:
            asked.panel.heard({"t": "guess", "view": "one", "value": value})
    asked.panel.heard({"t": "guess", "view": "one"})
    until(lambda: asked.notices)
    assert asked.panel.guess is None and asked.panel.prediction.phase == "open"
    assert asked.panel.player.alive and asked.panel.player.state == "idle"


def broken(player):
    raise ZeroDivisionError("the author forgot something")


@pytest.mark.parametrize(
    ("question", "sent", "words"),
    [
        (guess_number("?", of=broken, at=4, low=0, high=1), "0.5", "ZeroDivisionError"),
        (guess_number("?", of=lambda p: math.nan, at=4, low=0, high=1), "0.5", "nan, not"),
        (guess_number("?", of=lambda p: "much", at=4, low=0, high=1), "0.5", "much"),
        (guess_choice("?", WORDS, of=lambda p: "other", at=4), "slow", "none of slow, fast"),
        (guess_choice("?", WORDS, of=broken, at=4), "slow", "ZeroDivisionError"),
        (guess_curve("?", of="no such", at=4, **AXES), [0] * HANDLES, "there is 'slope'"),
        (guess_curve("?", of=lambda p: ([1], [1, 2]), at=4, **AXES), [0] * HANDLES, "1 places"),
        (guess_curve("?", of=lambda p: ([5, 6], [1, 2]), at=4, **AXES), [0] * HANDLES, "no fin"),
        (guess_curve("?", of=lambda p: ([], []), at=4, **AXES), [0] * HANDLES, "no finite"),
        (guess_curve("?", of=lambda p: 3, at=4, **AXES), [0] * HANDLES, "TypeError"),
    ],
)
def test_a_broken_result_is_told_and_the_run_goes_on(ask, question, sent, words):
    asked = ask(question)
    asked.say(t="guess", value=sent)
    verdict = asked.run()
    assert verdict.result is None and words in verdict.error and words in verdict.apart
    until(lambda: asked.panel.player.state == "finished")
    assert asked.panel.player.frames == 20


def test_a_run_that_diverges_or_ends_early_says_so(ask):
    asked = ask(guess_number("?", of="y", at=500, low=0.1, high=10), Decay(rate=0.9))
    asked.say(t="guess", value="1")
    verdict = asked.run()
    assert verdict.step == 19 and "(Taken at step 19, where the run finished.)" in verdict.apart
    asked = ask(speed(), Decay(rate=2.0))
    asked.say(t="guess", value="slow")
    assert asked.run().apart.startswith("Right: it is “slow”.")
    assert asked.panel.player.state == "diverged"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: guess_number("?", of="y", low=1, high=1), "no scale goes"),
        (lambda: guess_number("?", of="y", low=0, high=1, log=True), "no log scale"),
        (lambda: guess_number("?", of="y", low=0, high=1, at=-1), "not a step"),
        (lambda: guess_choice("?", ("a",), of=broken), "2 to 12 different"),
        (lambda: guess_choice("?", ("a", "a"), of=broken), "2 to 12 different"),
        (lambda: guess_curve("?", of="l", x=Axis("x"), y=Axis("y", 0, 1)), "needs limits"),
        (lambda: Panel(Decay(), predict=guess_number("?", of="z", low=0, high=1)), "one of y"),
    ],
)
def test_an_impossible_question_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_something_else_than_a_question_is_refused():
    bare = inspect.unwrap(Prediction.__init__)  # without the tests' check of the types
    with pytest.raises(TypeError, match="guess_number"):
        bare(object.__new__(Prediction), "rel_l2", ["rel_l2"])


# ---- how far apart ------------------------------------------------------------------------------


@pytest.mark.parametrize("low", [1e-4, 0.5])
@pytest.mark.parametrize("log", [False, True])
def test_every_number_that_lies_on_the_scale_can_be_typed_and_its_place_is_monotonic(low, log):
    question = guess_number("?", of="y", low=low, high=3.0, log=log)
    values = np.geomspace(low, 3.0, 50)
    kept = [question.check(repr(float(value))) for value in values]
    assert kept == pytest.approx(values, rel=1e-15)
    places = [question.share(value) for value in kept]
    assert places[0] == 0 and places[-1] == pytest.approx(1) and min(np.diff(places)) > 0


def test_on_a_log_scale_the_ratio_counts_and_on_a_plain_one_the_difference():
    log, plain = (guess_number("?", of="y", low=1e-3, high=1e3, log=log) for log in (True, False))
    for factor in (0.02, 0.5, 2.0, 50.0):
        for result in (0.3, 2.0):
            size = "large" if factor > 1 else "small"
            ratio = max(factor, 1 / factor)
            assert log.apart(factor * result, result).endswith(f"{ratio:.2g} times too {size}.")
            miss = abs(factor - 1) * result
            assert plain.apart(factor * result, result).endswith(f"{miss:.3g} too {size}.")
    assert plain.apart(1.0, 1.0).endswith("exactly right.")
    share = guess_number("?", of="y", low=0, high=1, percent=True)
    assert share.apart(0.3, 0.25).endswith("5 percentage points too large.")


def test_the_rooms_middle_is_its_median():
    for log in (False, True):
        question = guess_number("?", of="y", low=1e-3, high=1e3, log=log, room=True)
        guess = question.check("1 100 4")
        assert question.middle(guess) == pytest.approx(4.0, rel=1e-12)
        assert "The room said 4 (median of 3)" in question.apart(guess, 4.0)
        pair = question.check("1 100")
        assert question.middle(pair) == pytest.approx(10.0 if log else 50.5, rel=1e-12)


def test_the_distance_of_curves_is_zero_for_the_same_and_known_for_a_shift():
    question = guess_curve("?", of=lambda player: (LINE[::-1], LINE[::-1]), **AXES)
    result = question.result(None)
    assert "by 0 (root" in question.apart(question.check(LINE.tolist()), result)
    off = question.apart(question.check((LINE + 0.25).tolist()), result)
    assert "by 0.25 (root mean square)" in off
    size = math.sqrt(np.mean(np.square(result[1])))
    assert f"{100 * 0.25 / size:.2g} % of its size" in off


def test_a_curve_that_covers_a_part_is_compared_there_only():
    x = np.array([math.nan, -0.5, 0.5, 0.7])
    question = guess_curve("?", of=lambda player: (x, np.array([9, 1, 1, math.inf])), **AXES)
    xs, ys = question.result(None)
    assert (xs[0], xs[-1]) == (-0.5, 0.5) and set(ys) == {1.0}


def test_the_mark_in_the_plot_stands_only_for_a_series(ask):
    asked = ask(percent(room=True))
    assert asked.told["mark"] is None
    asked.say(t="guess", value="3 5")
    until(lambda: asked.told["phase"] == "committed")
    assert asked.told["mark"] == {"series": "y", "y": [0.03, 0.05]} and asked.told["at"] == 4
    other = ask(guess_number("?", of=lambda player: 0.5, low=0, high=1))
    other.say(t="guess", value="0.25")
    until(lambda: other.told["phase"] == "committed")
    assert other.told["mark"] is None


# ---- nobody is there ----------------------------------------------------------------------------


def test_without_a_front_end_the_run_is_as_usual_and_the_answer_is_known(monkeypatch):
    monkeypatch.setenv(SWITCH, "none")
    before = threading.active_count()
    panel = show(Decay(), predict=percent(explain="It halves."), still=10)
    assert panel.player.frames == 10 and threading.active_count() == before
    assert panel.guess is None and panel.verdict is not None
    assert panel.verdict.result == 0.5**4
    assert panel.prediction is not None
    assert panel.prediction.told() == (
        "How large is y after 4 steps?", "It is 6.25 %.\nIt halves.",
    )  # fmt: skip


def test_the_question_itself_is_frozen():
    for question, *_ in ASKED:
        for field in fields(question):
            with pytest.raises(AttributeError):
                setattr(question, field.name, None)
