"""Goal, presets, hidden and locked knobs, earlier runs: a panel without a browser."""

import math
import time
from dataclasses import dataclass
from threading import Thread
from typing import Any, ClassVar

import numpy as np
import pytest
from test_panel import until

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.headless import run
from sciml_widgets.knobs import action, knob, read, values
from sciml_widgets.labs import labs
from sciml_widgets.live.compare import MOST, thinned
from sciml_widgets.live.controls import controls
from sciml_widgets.live.frontend import SWITCH
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.share import line
from sciml_widgets.live.show import show
from sciml_widgets.live.steer import LOCKED, goal_words, knob_words
from sciml_widgets.live.twin import alt
from sciml_widgets.player import Player
from sciml_widgets.predict import guess_number
from sciml_widgets.preset import Preset
from sciml_widgets.record import Turn


@dataclass
class Fall(Experiment):
    """The error is high * speed^step, the loss half of it."""

    speed: float = knob(0.9, 0.1, 1.0, label="speed of falling")
    high: float = knob(1.0, 0.5, 100.0)
    depth: int = knob(1, 1, 9, kind="restart")
    kick: int = action("Kick")
    seed: int = knob(0, 0, 99, kind="restart")
    length: ClassVar[int] = 60
    series = (
        Series("loss", role="loss"),
        Series("err", "relative error", role="error", percent=True),
        Series("note", scale="linear"),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("slow", "It hardly falls.", {"speed": 1.0}, goal="err<0.5", within=10),
        Preset("quick", "It falls.", {"speed": 0.5}, repairs="slow"),
        Preset("deep", "No goal at all.", {"depth": 5, "high": 2.0}),
    )

    def frames(self):
        error, step = self.high, 0
        while True:
            yield Frame(step, {"loss": error / 2, "err": error, "note": float(step)})
            error, step = error * self.speed, step + 1


class Widget:
    """Stands for the widget and for one view that acknowledges at once."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.messages = panel, []

    def send(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        self.messages.append((header, buffers))
        if header.get("ack"):
            self.panel.heard({"t": "ack", "view": "v", "i": header["i"]})

    def close(self) -> None:
        pass


@pytest.fixture
def opened():
    made = []

    def opened(lab: Experiment | None = None, **options: Any) -> Panel:
        panel = Panel(lab or Fall(), **options)
        panel.widget = Widget(panel)  # type: ignore[assignment]
        panel.player.start()
        made.append(panel)
        return panel

    yield opened
    for panel in made:
        panel.close()


def key(panel: Panel) -> tuple[dict[str, Any], list[bytes]]:
    """A fresh key frame: what a second view would see."""
    messages = panel.widget.messages  # type: ignore[union-attr]
    count, end = len(messages), time.monotonic() + 5
    panel.heard({"t": "ready", "view": "v"})
    while time.monotonic() < end:
        found = [one for one in messages[count:] if one[0]["key"]]
        if found:
            return found[-1]
        time.sleep(0.002)
    raise AssertionError("no key frame came")


def ran(panel: Panel, frames: int = 20) -> None:
    panel.step(frames)
    assert panel.wait(5)


def answer(panel: Panel, **message: Any) -> str:
    """The notice that a message of the browser gets; a key frame may come before it."""
    messages = panel.widget.messages  # type: ignore[union-attr]
    panel.heard({"t": "ready", "view": "v"})
    count, end = len(messages), time.monotonic() + 5
    panel.heard({"view": "v", **message})
    while time.monotonic() < end:
        notices = [header["notice"] for header, _ in messages[count:] if header["notice"]]
        if notices:
            return notices[0]
        time.sleep(0.002)
    raise AssertionError("no notice came")


# ---- the goal -----------------------------------------------------------------------------


def told(player: Player) -> tuple[str, str]:
    words = goal_words(player)
    assert words is not None
    return words["state"], words["text"]


def test_a_goal_is_told_on_the_way_reached_and_missed() -> None:
    player = Player(Fall(), goal="err<0.5", within=30)
    assert told(player) == ("open", "Goal: relative error below 50 % within 30 steps")
    player = run(Fall(), frames=3, until="err<0.5")
    assert told(player) == ("open", "Goal: relative error below 50 % · now 81 %")
    player = run(Fall(), until="err<0.5")
    assert told(player) == ("reached", "✓ relative error below 50 % at step 7")
    player = Player(Fall().but(speed=0.99), goal="err<0.5", within=4)
    assert player.limit == 60
    for _ in range(9):
        player.step()
        player.round()
    assert told(player) == ("missed", "✗ relative error below 50 % not within 4 steps: 96.1 %")


def test_what_comes_after_the_last_step_counts_no_more() -> None:
    for within, reached in ((7, 7), (6, None)):
        player = Player(Fall(), goal="err<0.5", within=within)
        player.step(20)
        for _ in range(30):
            player.round()
        assert player.goal_reached == reached
        words = goal_words(player)
        assert words is not None and words["share"] == (
            1.0 if reached else pytest.approx(0.912, abs=1e-3)
        )


def test_a_run_is_long_enough_for_its_goal() -> None:
    assert Player(Fall(), goal="err<0.5", within=100).limit == 101
    assert Player(Fall(), goal="err<0.5").limit == Player(Fall()).limit == 60


def test_goal_until_and_within_are_options_of_show(monkeypatch: Any) -> None:
    monkeypatch.setenv(SWITCH, "none")
    assert show(Fall(), goal="err<0.5", within=30, still=40).goal_reached == 7
    assert show(Fall(), until="err<0.5").goal_reached == 7
    with pytest.raises(ValueError, match="not both"):
        show(Fall(), until="err<0.5", goal="err<0.5")
    with pytest.raises(ValueError, match="no goal"):
        show(Fall(), within=5)


def test_a_goal_that_is_no_series_and_one_that_is_not_finite_are_told_too() -> None:
    @dataclass
    class Strange(Fall):
        series = (Series("x", x="bought_labels"),)

        def frames(self):
            for step in range(9):
                yield Frame(step, {"x": math.nan, "bought_labels": 2.0 * step})

    player = run(Strange(), frames=3, until="bought_labels>=10")
    assert told(player) == ("open", "Goal: bought labels at least 10 · now 4")
    player = run(Strange(), frames=3, until="x<1")
    assert goal_words(player) == {
        "text": "Goal: x below 1 · now not finite", "state": "open", "share": None,
    }  # fmt: skip
    assert goal_words(run(Strange(), frames=3)) is None


# ---- presets ------------------------------------------------------------------------------


def test_a_preset_sets_all_its_values_and_starts_over(opened: Any) -> None:
    panel = opened(Fall().but(seed=3))
    ran(panel)
    panel.turn("high", 50.0)
    panel.turn("speed", 0.3)
    panel.preset("deep")
    panel.player.ask(lambda: None)
    assert values(panel.player.experiment) == values(Fall().but(seed=3, depth=5, high=2.0))
    assert (panel.player.state, panel.player.frames, panel.player.tape) == ("idle", 0, [])
    assert panel.player.start_values == values(Fall().but(seed=3, depth=5, high=2.0))
    header, _ = key(panel)
    assert header["preset"] == "deep"
    panel.turn("high", 1.0)
    assert key(panel)[0]["preset"] == "", "it is that preset no longer"
    with pytest.raises(ValueError, match="did you mean 'deep'"):
        panel.preset("depe")


def test_a_preset_brings_its_goal_where_the_lecturer_gave_none(opened: Any) -> None:
    free, bound = opened(), opened(goal="err<0.9")
    for panel in (free, bound):
        panel.preset("slow")
        ran(panel)
    assert told(free.player)[0] == "missed" and bound.goal_reached is None
    for panel in (free, bound):
        panel.preset("quick")
        ran(panel)
    assert free.goal_reached == 2 and str(free.player.goal) == "err<0.5"
    assert bound.goal_reached == 1 and str(bound.player.goal) == "err<0.9"
    free.preset("deep")
    assert free.player.goal is None


def test_a_hand_chooses_from_the_menu(opened: Any) -> None:
    panel = opened()
    offered = key(panel)[0]["spec"]["presets"]
    assert offered[0] == {"name": "slow", "why": "It hardly falls."} and len(offered) == 3
    panel.heard({"t": "preset", "name": "slow"})
    assert key(panel)[0]["values"]["speed"] == 1.0
    assert "no preset" in answer(panel, t="preset", name="wrong")
    assert answer(panel, t="preset").startswith("Not done")
    assert answer(panel, t="preset", name=[1]).startswith("Not done")
    assert "there are none" in answer(opened(presets=False), t="preset", name="slow")


def test_a_preset_that_cannot_be_is_said_when_the_panel_is_made() -> None:
    @dataclass
    class Wrong(Fall):
        presets: ClassVar[tuple[Preset, ...]] = (Preset("hot", "Too hot.", {"speed": 7.0}),)

    with pytest.raises(ValueError, match="the preset 'hot': speed=7 is outside"):
        Panel(Wrong())


# ---- hide and lock --------------------------------------------------------------------------


def test_hidden_knobs_do_not_appear_and_locked_ones_say_why(opened: Any) -> None:
    panel = opened(Fall().but(seed=4), hide=("seed",), lock=("speed",))
    header, _ = key(panel)
    assert "seed" not in [one["path"] for one in header["spec"]["controls"]]
    assert "seed" not in header["values"] and header["silent"] == {"speed": LOCKED}
    assert "seed 4" not in alt(panel.player) and "seed 4" in alt(Player(Fall().but(seed=4)))


def test_a_hand_cannot_turn_them_and_python_can(opened: Any) -> None:
    panel = opened(hide=("seed", "kick"), lock=("speed",))
    said = answer(panel, t="turn", name="speed", value=0.2)
    assert said == "Not done: speed of falling is locked by the lecturer"
    assert answer(panel, t="turn", name="seed", value=2) == "Not done: seed is hidden"
    assert answer(panel, t="press", name="kick") == "Not done: kick is hidden"
    before = values(Fall())
    assert values(panel.player.experiment) == before
    panel.turn("speed", 0.2)
    panel.turn("seed", 2)
    panel.player.ask(lambda: None)
    assert values(panel.player.experiment) == before | {"speed": 0.2, "seed": 2}


def test_a_run_handed_back_turns_neither(opened: Any) -> None:
    panel = opened(hide=("seed",), lock=("speed",))
    for lab, tape in (
        (Fall(seed=7), ()), (Fall(speed=0.5), ()), (Fall(), [Turn(1, "speed", 0.5)]),
    ):  # fmt: skip
        text = line(run(lab, frames=3, tape=tape).record())
        assert answer(panel, t="resume", text=text).startswith("Not done: ")
    assert panel.player.frames == 0
    assert values(panel.player.experiment) == values(Fall())
    panel.heard({"t": "resume", "text": line(run(Fall(high=2.0), frames=3).record())})
    assert panel.player.wait(5) and panel.player.frames == 3


def test_no_tick_names_a_hidden_knob_and_plain_controls_know_the_rules(opened: Any) -> None:
    panel = opened(hide=("high",), lock=("speed",))
    panel.step(2)
    assert panel.player.wait(5)
    panel.turn("high", 3.0)
    panel.turn("speed", 0.3)
    panel.player.ask(lambda: None)
    assert [tick.name for tick in panel.player.ticks] == ["speed"]
    plain = controls(panel).by_path  # type: ignore[attr-defined]
    assert "high" not in plain and plain["speed"].disabled and not plain["seed"].disabled


def test_two_threads_that_look_at_the_values_turn_nothing(opened: Any) -> None:
    panel = opened()
    panel.turn("speed", 0.5)
    panel.player.ask(lambda: None)
    turned = panel.player.turns
    lookers = [Thread(target=lambda: [panel._absorb() for _ in range(300)]) for _ in range(2)]
    for one in lookers:
        one.start()
    for number in range(50):
        panel.turn("high", 1.0 + number / 50)
    for one in lookers:
        one.join()
    panel.player.ask(lambda: None)
    assert panel.player.turns - turned <= 49, "those of this thread and no other"
    assert read(panel.player.experiment, "speed") == 0.5


def test_a_bad_value_leaves_the_values_as_they_are(opened: Any) -> None:
    panel = opened()
    with pytest.raises(ValueError, match="speed"):
        panel.values = {"speed": 99.0}
    assert panel.values == values(Fall())


def test_a_pinned_run_that_left_no_curve_is_forgotten(opened: Any) -> None:
    panel = opened()
    panel.step(3)
    assert panel.player.wait(5)
    panel.pin("A")
    panel.reset()
    panel.player.ask(lambda: None)
    panel.step(1)
    assert panel.player.wait(5)
    panel.pin("B")  # of the last run: this one has one point only
    earlier = key(panel)[0]["earlier"]
    assert [(one["name"], bool(one["tracks"])) for one in earlier] == [("A", True), ("B", True)]


def test_a_preset_chosen_by_hand_leaves_locked_knobs_alone(opened: Any) -> None:
    panel = opened(lock=("speed",))
    assert [one["name"] for one in key(panel)[0]["spec"]["presets"]] == ["deep"]
    assert "no preset 'slow'" in answer(panel, t="preset", name="slow")
    panel.turn("speed", 0.2)
    panel.heard({"t": "preset", "name": "deep"})
    panel.player.ask(lambda: None)
    assert panel.player.experiment.speed == 0.2 and panel.player.experiment.depth == 5
    panel.preset("slow")
    panel.player.ask(lambda: None)
    assert panel.player.experiment.speed == 1.0


def test_unknown_names_are_refused() -> None:
    for option in ("hide", "lock"):
        with pytest.raises(ValueError, match="did you mean speed"):
            Panel(Fall(), **{option: ("sped",)})
        with pytest.raises(ValueError, match=rf'write {option}=\("seed",\)'):
            Panel(Fall(), **{option: "seed"})


# ---- earlier runs ---------------------------------------------------------------------------


def earlier(panel: Panel) -> dict[str, tuple[str, dict[str, np.ndarray]]]:
    """Name -> words and curves, as a second view gets them."""
    header, buffers = key(panel)
    return {
        one["name"]: (
            one["words"],
            {t["name"]: np.frombuffer(buffers[t["y"]], "<f4") for t in one["tracks"]},
        )
        for one in header["earlier"]
    }


def test_after_a_reset_the_last_run_stays_with_losses_and_errors(opened: Any) -> None:
    panel = opened()
    assert earlier(panel) == {}
    ran(panel, 20)
    assert earlier(panel) == {}, "it is no earlier run yet"
    panel.reset()
    panel.reset()
    words, curves = earlier(panel)[""]
    assert words == "as at first" and set(curves) == {"loss", "err"}
    assert curves["err"] == pytest.approx(0.9 ** np.arange(20), rel=1e-6)
    panel.turn("speed", 0.6)
    ran(panel, 8)
    panel.turn("high", 3.0)
    panel.turn("speed", 0.4)
    ran(panel, 2)
    panel.turn("depth", 2)  # a restart knob starts over too
    panel.player.ask(lambda: None)
    words, curves = earlier(panel)[""]
    assert words == "speed of falling 0.6, 2 turns" and len(curves["err"]) == 10
    panel.preset("slow")
    ran(panel, 3)
    panel.preset("quick")
    panel.player.ask(lambda: None)
    words, curves = earlier(panel)[""]
    assert words == "slow" and list(curves["err"]) == [1, 1, 1]


def test_a_run_is_pinned_to_its_end_and_stays_until_it_is_unpinned(opened: Any) -> None:
    panel = opened()
    ran(panel, 5)
    panel.pin("A")
    assert earlier(panel) == {"A": ("this run", {})}
    ran(panel, 5)
    panel.reset()
    panel.turn("speed", 0.6)
    ran(panel, 4)
    assert set(earlier(panel)) == {"A"}, "the last run is drawn once"
    assert len(earlier(panel)["A"][1]["err"]) == 10
    panel.reset()
    panel.player.ask(lambda: None)
    panel.heard({"t": "pin", "name": "B"})  # no run yet: the last one
    found = earlier(panel)
    assert set(found) == {"A", "B"} and found["B"][0] == "speed of falling 0.6"
    ran(panel, 3)
    panel.reset()
    assert set(earlier(panel)) == {"", "A", "B"}
    panel.heard({"t": "unpin", "name": "B"})
    panel.unpin("A")
    panel.unpin("A")
    assert set(earlier(panel)) == {""}


def test_pinned_again_the_newer_run_stays(opened: Any) -> None:
    panel = opened()
    ran(panel)
    panel.pin("A")
    panel.turn("speed", 0.6)
    panel.reset()
    ran(panel)
    panel.pin("A")
    panel.reset()
    panel.player.ask(lambda: None)
    assert earlier(panel)["A"][0] == "speed of falling 0.6"


@pytest.mark.parametrize("name", ["trained-features", "burgers-identify"])
def test_a_lab_that_gives_a_bundle_other_defaults_opens_with_its_presets_too(
    opened: Any, name: str
) -> None:
    lab = labs()[name]()
    for one in lab.presets:
        given = values(lab.preset(one.name))
        said = key(opened(lab.preset(one.name)))[0]["preset"]  # of two alike it is the first
        assert given == values(lab.preset(said) if said else lab)


def test_a_panel_opened_with_a_preset_says_so(opened: Any) -> None:
    panel = opened(Fall().preset("quick"))
    header, _ = key(panel)
    assert header["preset"] == "quick" and "err" not in header["preset"]
    assert header["goal"] and "within 10 steps" in header["goal"]["text"]
    assert key(opened())[0]["preset"] == ""
    own = opened(Fall().preset("quick"), goal="loss<0.1")
    assert "within" not in key(own)[0]["goal"]["text"]
    ran(panel)
    panel.reset()
    panel.player.ask(lambda: None)
    assert earlier(panel)[""][0] == "quick"


def test_the_preset_that_was_opened_is_silent_while_its_question_waits(opened: Any) -> None:
    question = guess_number("How small?", of="err", at=3, low=0.0, high=1.0)
    for panel, kept in (
        (opened(Fall().preset("quick"), predict=question), None),
        (opened(Fall().preset("quick"), predict=question, goal="loss<0.1"), "loss below 0.1"),
    ):
        told, _ = key(panel)
        assert told["preset"] == "", "its words would give the answer away"
        assert (told["goal"] is None) if kept is None else kept in told["goal"]["text"]
        panel.heard({"t": "preset", "view": "v", "name": "slow"})
        panel.player.ask(lambda: None)
        assert key(panel)[0]["preset"] == "slow", "a hand has chosen this one"
        panel.preset("quick")
        panel.player.ask(lambda: None)
        panel.heard({"t": "guess", "view": "v", "value": "0.5"})
        told, _ = key(panel)
        assert told["preset"] == "quick" and told["goal"]


@pytest.mark.parametrize("first", ["slow", "quick", "deep"])
@pytest.mark.parametrize("then", ["slow", "quick", "deep"])
def test_a_preset_never_lies_on_top_of_another(opened: Any, first: str, then: str) -> None:
    panel = opened(Fall().preset(first).but(seed=3))
    panel.preset(then)
    panel.player.ask(lambda: None)
    assert values(panel.player.experiment) == values(Fall().preset(then).but(seed=3))
    assert key(panel)[0]["preset"] == then
    ran(panel)
    panel.reset()
    panel.player.ask(lambda: None)
    assert earlier(panel)[""][0] == then


def test_a_preset_that_repeats_the_lab_s_own_values_is_not_taken_for_granted(opened: Any) -> None:
    @dataclass
    class Mended(Fall):
        presets: ClassVar[tuple[Preset, ...]] = (
            *Fall.presets,
            Preset("as usual", "The lab's own.", {"speed": 0.9}, goal="err<0.5", within=5),
        )

    for lab in (Mended(), Mended().but(seed=3), Mended().but(high=2.0)):
        panel = opened(lab)
        header, _ = key(panel)
        assert header["preset"] == "" and header["goal"] is None
    ran(panel)
    panel.reset()
    panel.player.ask(lambda: None)
    assert earlier(panel)[""][0] == "high 2"
    panel.preset("as usual")
    panel.player.ask(lambda: None)
    assert key(panel)[0]["preset"] == "as usual"


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_preset_that_turns_no_knob_is_named_all_the_same(opened: Any, by_hand: bool) -> None:
    @dataclass
    class Usual(Fall):
        presets: ClassVar[tuple[Preset, ...]] = (Preset("as usual", "The lab's own."),)

    panel = opened(Usual())
    assert key(panel)[0]["preset"] == ""
    messages = panel.widget.messages
    count, end = len(messages), time.monotonic() + 5
    if by_hand:
        panel.heard({"t": "preset", "name": "as usual", "view": "v"})
    else:
        panel.preset("as usual")
    while not any(header.get("preset") == "as usual" for header, _ in messages[count:]):
        assert time.monotonic() < end, "the menu does not hear of it"
        time.sleep(0.002)
    ran(panel)
    panel.reset()
    panel.player.ask(lambda: None)
    assert earlier(panel)[""][0] == "as usual"


def test_a_bad_pin_is_refused(opened: Any) -> None:
    panel = opened()
    with pytest.raises(ValueError, match="no run to pin yet"):
        panel.pin("A")
    ran(panel)
    for call in (panel.pin, panel.unpin):
        with pytest.raises(ValueError, match="pinned as A or B, not as 'C'"):
            call("C")
    panel.pin("A")
    for name in ("C", None, ["A"], {}):
        assert answer(panel, t="pin", name=name).startswith("Not done")
    assert set(earlier(panel)) == {"A"}


def test_earlier_runs_travel_only_when_they_change_or_in_a_key_frame(opened: Any) -> None:
    panel = opened()
    ran(panel)
    panel.reset()
    key(panel)
    count = len(panel.widget.messages)
    for _ in range(5):
        ran(panel, 2)
    assert [h for h, _ in panel.widget.messages[count:]]
    assert not any("earlier" in h for h, _ in panel.widget.messages[count:] if not h["key"])
    panel.reset()
    panel.player.ask(lambda: None)
    until(lambda: "earlier" in panel.widget.messages[-1][0])


def test_the_words_of_a_run_name_no_hidden_knob(opened: Any) -> None:
    panel = opened(hide=("seed",))
    panel.turn("seed", 9)
    panel.turn("high", 4.0)
    ran(panel)
    panel.reset()
    assert earlier(panel)[""][0] == "high 4"


def test_a_drawn_curve_is_not_spelled_out() -> None:
    lab = labs()["burgers-pinn"]()
    start = values(lab)
    (path,) = [path for path, value in start.items() if value and isinstance(value, tuple)
               and not isinstance(value[0], tuple)]  # fmt: skip
    words = knob_words(lab, start, start | {path: tuple(v / 2 for v in start[path])})
    assert words.endswith(" drawn") and len(words) < 40


@pytest.mark.parametrize("n", [0, 1, 2, MOST, MOST + 1, 4096])
def test_a_thinned_curve_keeps_its_ends_and_its_extremes(n: int) -> None:
    rng = np.random.default_rng(n)
    x, y = list(np.arange(n, dtype=float)), list(rng.normal(size=n))
    if n > 9:
        y[n // 2] = math.nan
    few_x, few_y = thinned(x, y)
    assert len(few_x) == len(few_y) == min(n, len(few_x)) <= MOST
    points = list(zip(few_x, few_y, strict=True))
    assert few_x == sorted(set(few_x)) and all(y[int(a)] is b or y[int(a)] == b for a, b in points)
    if n:
        assert (few_x[0], few_x[-1]) == (x[0], x[-1])
        finite = [v for v in y if math.isfinite(v)]
        kept = [v for v in few_y if math.isfinite(v)]
        assert (min(kept), max(kept)) == (min(finite), max(finite))


def test_a_curve_of_nothing_finite_is_thinned_too() -> None:
    x, _ = thinned([float(k) for k in range(1000)], [math.nan] * 1000)
    assert (x[0], x[-1]) == (0, 999) and len(x) <= MOST
