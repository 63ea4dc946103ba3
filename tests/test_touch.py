"""Curves that are drawn and points that are placed: values, records, runs. Laws, and bad input."""

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets import knobs
from sciml_widgets.cli import main
from sciml_widgets.headless import replay
from sciml_widgets.history import change
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.live.controls import controls
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.twin import title
from sciml_widgets.live.wire import Wire
from sciml_widgets.physics import Burgers
from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, Turn
from sciml_widgets.touch import Curve, Places, curve, places

Pair = tuple[float, float]


@dataclass(frozen=True)
class Bench:
    start: tuple[float, ...] = curve((0, 1, 0, -1, 0), -2, 2, over=(-1, 1), ends=(0, 0))
    free: tuple[float, ...] = curve((1, 2, 3), 1, 3, over=(0, 1), kind="hot", help="no ends")
    spots: tuple[Pair, ...] = places([(0.5, 0)], (0, -1), (1, 1), kind="hot", most=4, help="spots")


SPOTS = st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1)), min_size=1, max_size=4)
INNER = st.lists(st.floats(-2, 2), min_size=3, max_size=3)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(st.text(), inner)),
    max_leaves=12,
)


def sensing(**more: Any) -> BurgersPINN:
    return BurgersPINN().but(task="sensors", depth=1, width=4, points_inside=50, **more)


def drive(player: Player, frames: int) -> None:
    player.step(frames)
    player.round()
    while player.state == "running":
        player.round()


# ---- values ---------------------------------------------------------------------------------


@given(INNER, SPOTS, st.sampled_from([list, tuple, np.array]))
def test_a_value_survives_lists_arrays_json_and_the_command_line(
    inner: list[float], spots: list[Pair], form: Any
) -> None:
    given_ = {"start": form([0.0, *inner, 0.0]), "spots": form(spots)}
    bench = knobs.replaced(Bench(), given_)
    assert bench.start == (0.0, *inner, 0.0) and bench.spots == tuple(spots)
    hash(bench)
    assert knobs.replaced(Bench(), json.loads(json.dumps(knobs.values(bench)))) == bench
    for path, knob in knobs.knobs(bench).items():
        value = knobs.read(bench, path)
        assert type(value) is tuple
        assert knobs.parse(Bench(), path, knob.spell(value)) == (path, value)


@settings(max_examples=300, deadline=None)
@given(JUNK)
def test_whatever_is_given_it_is_in_range_or_a_value_error(value: Any) -> None:
    for path, knob in knobs.knobs(Bench()).items():
        for how in (knob.check, lambda v, parse=knob.parse: parse(str(v))):
            try:
                stored = how(value)
            except ValueError as error:
                assert str(error) and len(str(error)) < 200
                continue
            flat = [part for one in stored for part in (one if path == "spots" else (one,))]
            assert all(type(part) is float and math.isfinite(part) for part in flat)
            assert knob.check(stored) == stored


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("start", [0, 1, 0], "a curve of 5 heights is needed, got 3"),
        ("start", [0, 1, math.nan, 0, 0], r"height 3 must lie in \[-2, 2\], got nan"),
        ("start", [0, 1, 9, 0, 0], r"height 3 must lie in \[-2, 2\], got 9"),
        ("start", [0, 1, "1", 0, 0], "height 3 is not a number: '1'"),
        ("start", [0, 1, True, 0, 0], "height 3 is not a number: True"),
        ("start", [0, 1, 10**5000, 0, 0], "height 3 must lie in .* got a int"),
        ("start", [0, 1, [0], 0, 0], "height 3 is not a number"),
        ("start", [0.5, 1, 1, 0, 0], "first and last height must be 0 and 0, got 0.5 and 0"),
        ("start", "0,1,0,-1,0", "a list of heights is needed, got '0,1,0,-1,0'"),
        ("start", 0.5, "a list of heights is needed, got 0.5"),
        ("spots", [], "1 to 4 points are needed, got 0"),
        ("spots", [(0.5, 0)] * 5, r"1 to 4 points are needed, got 5 \(spots\)"),
        ("spots", [(0.5, 0), (0.5,)], "point 2 needs two numbers, t and x, got 1"),
        ("spots", [(0.5, 0), 0.5], "a list of numbers of point 2 is needed"),
        ("spots", [(0, 0.5), (0.5, -1.5)], r"x of point 2 must lie in \[-1, 1\], got -1.5"),
        ("spots", [(math.inf, 0)], r"t of point 1 must lie in \[0, 1\], got inf"),
    ],
)
def test_what_does_not_fit_is_refused_and_said(path: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"{path}: .*{message}"):
        knobs.replaced(Bench(), {path: value})


@pytest.mark.parametrize("text", ["", "0,", "0;1", "0.5:0.1:0.2", "0.5,0.1", "nan:0", "a:b"])
def test_a_bad_word_on_the_command_line_is_refused(text: str) -> None:
    for path in ("start", "spots"):
        with pytest.raises(ValueError, match=path):
            knobs.parse(Bench(), path, text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: curve((0, 0), 0, 1, over=(0, 1)),
        lambda: curve((0, 0, 0), 1, 0, over=(0, 1)),
        lambda: curve((0, 0, 0), 0, 1, over=(1, 1)),
        lambda: curve((0, 2, 0), 0, 1, over=(0, 1)),
        lambda: curve((1, 0, 0), 0, 1, over=(0, 1), ends=(0, 0)),
        lambda: curve((0,) * 201, 0, 1, over=(0, 1)),
        lambda: places([], (0, 0), (1, 1)),
        lambda: places([(0, 0)], (0, 0), (1, 0)),
        lambda: places([(2, 0)], (0, 0), (1, 1)),
        lambda: places([(0, 0)], (0, 0), (1, 1), most=201),
    ],
)
def test_an_impossible_knob_is_refused_where_it_is_declared(make: Any) -> None:
    with pytest.raises(ValueError, match=r"range|needs|must|needed|number"):
        make()


def test_the_places_of_a_curve_are_equally_spaced() -> None:
    knob = knobs.find(Bench(), "start")
    assert isinstance(knob, Curve) and knob.at == (-1.0, -0.5, 0.0, 0.5, 1.0)


def test_a_turn_is_told_in_few_words() -> None:
    assert change("ν", 0.05, 0.01) == "ν 0.05 → 0.01"
    assert change("initial state", (0.0, 1.0), (0.0, 0.5)) == "initial state drawn"
    assert change("sensors", ((0.0, 1.0),), ((0.0, 0.5),)) == "sensors moved"
    assert change("sensors", ((0.0, 1.0),), ((0.0, 0.5),) * 2) == "sensors 1 → 2"
    player = Player(BurgersPINN().but(start="drawn", drawn=21 * [0]))
    assert "u(x, 0) drawn" in title(player)


# ---- records ----------------------------------------------------------------------------------


def record_of(start: Any = None, tape: Any = None) -> str:
    data = json.loads(Player(sensing()).record().to_json())
    data["start"] |= {} if start is None else {"problem.drawn": start}
    data["tape"] = [] if tape is None else [[0, "problem.sensors", tape]]
    return json.dumps(data)


HOSTILE = [
    [], [0] * 201, [[0, 0]] * 201, [[0, 0, 0]], [[0]], [["0", 0]], [[[0, 0], 0]], [[True, 0]],
    [None], [{}], ["x" * 201], {"0": 0}, [[0, {"$ref": "x"}]],
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_array_is_refused_by_the_shape_of_a_record(value: Any) -> None:
    for text in (record_of(start=value), record_of(tape=value)):
        with pytest.raises(RecordError, match="damaged at"):
            Record.from_json(text)


@pytest.mark.parametrize(
    "value", [[0] * 20, [0] * 200, [[0.5, 0.1]] * 21, [9] * 21, [10**400], [[-1, 0]], "0", 1]
)
def test_an_array_of_the_wrong_kind_does_not_fit_the_lab(value: Any) -> None:
    for text in (record_of(start=value), record_of(tape=value)):
        with pytest.raises(RecordError, match="does not fit this version's lab"):
            replay(Record.from_json(text), BurgersPINN)


@pytest.mark.training
@settings(max_examples=40, deadline=None)
@given(JUNK)
def test_no_array_in_a_record_does_more_than_be_refused(value: Any) -> None:
    for text in (record_of(start=value), record_of(tape=value)):
        try:
            record = Record.from_json(text)
            assert hash(record.tape) == hash(Record.from_json(record.to_json()).tape)
            replay(record, BurgersPINN)
        except RecordError:
            pass


def test_a_drag_of_a_sensor_is_many_turns_one_tick_and_replays_to_the_bit() -> None:
    player = Player(sensing())
    spots = list(player.experiment.problem.sensors)
    drive(player, 4)
    for step in range(6):
        spots[2] = (0.15 + 0.1 * step, 0.3)
        player.turn("sensors", spots, drag=step < 5)
        drive(player, 2)
    assert len(player.tape) == 6 and [turn.drag for turn in player.tape] == [True] * 5 + [False]
    assert [tick.text() for tick in player.ticks] == ["sensors moved"]
    player.turn("sensors", [*spots, (0.9, 0.9)])
    drive(player, 2)
    assert [tick.text() for tick in player.ticks] == ["sensors moved", "sensors 10 → 11"]
    record = Record.from_json(player.record().to_json())
    assert record.tape == tuple(player.tape)
    again, parting = replay(record, BurgersPINN)
    assert parting == "" and again.record().checks == player.record().checks
    still = dataclasses.replace(record, tape=())
    assert replay(still, BurgersPINN)[1] == "the runs agree up to frame 0 and part by frame 10"


def test_a_drawn_start_restarts_and_is_in_the_record_not_on_the_tape() -> None:
    player = Player(sensing().but(task="forward", start="drawn"))
    drive(player, 5)
    runs, heights = player.runs, [0.0, *np.linspace(0, 0.5, 19).round(2), 0.0]
    player.turn("drawn", heights)
    drive(player, 5)
    record = Record.from_json(player.record().to_json())
    assert player.runs == runs + 1 and not record.tape
    assert record.start["problem.drawn"] == tuple(heights)
    assert replay(record, BurgersPINN)[1] == ""
    with pytest.raises(ValueError, match="starts the run over"):
        Player(sensing(), tape=[Turn(1, "drawn", heights)])


# ---- the lab ----------------------------------------------------------------------------------


def test_the_network_learns_from_the_sensors_where_they_are_now() -> None:
    player = Player(sensing())
    drive(player, 3)
    before = player.look().points
    expected = [(x, t) for t, x in Burgers().sensors]
    assert before["sensors"].tolist() == torch.tensor(expected, dtype=torch.float32).tolist()
    player.turn("sensors", [(0.25, 0.5)])
    drive(player, 2)
    after = player.look().points
    assert after["sensors"].tolist() == [[0.5, 0.25]]
    assert all(torch.equal(before[name], after[name]) for name in ("pde", "bc"))
    rings = player.draw(16).plots[1].marks[-1]
    assert (rings.x.tolist(), rings.y.tolist()) == ([0.25], [0.5])


def test_other_points_do_not_depend_on_how_many_sensors_there_are() -> None:
    few, many = (Player(sensing(sensors=[(0.5, 0.0)] * count, redraw=2)) for count in (1, 20))
    for player in (few, many):
        drive(player, 5)
    for name in ("pde", "bc"):
        assert torch.equal(few.look().points[name], many.look().points[name])


def test_no_sensor_is_drawn_over_the_picture_of_another_task() -> None:
    marks = [len(plot.marks) for plot in Player(BurgersPINN()).draw(16).plots]
    assert marks[:2] == [1, 1]


# ---- the command line, plain controls, messages ------------------------------------------------


def test_the_command_line_draws_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = ",".join(["0", *["0.5"] * 19, "0"])
    settings_ = ["task=sensors", "sensors=0.5:0.1,0.5:-0.2", "start=drawn", f"drawn={drawn}"]
    assert main(["run", "burgers-pinn", "--set", *settings_, "--frames", "2"]) == 0
    told = capsys.readouterr().out
    assert "problem.sensors=0.5:0.1,0.5:-0.2" in told and f"problem.drawn={drawn}" in told
    assert main(["run", "burgers-pinn", "--set", "sensors=0.5", "--frames", "2"]) == 2
    assert "point 1 needs two numbers, t and x, got 1" in capsys.readouterr().err


def test_plain_controls_take_the_same_text() -> None:
    box = controls(sensing(), ["sensors", "drawn"])
    try:
        field = box.by_path["problem.sensors"]
        assert field.value.startswith("0.1:-0.7,")
        field.value = "0.5:0.25,1:-1"
        assert box.player.wait(5)
        assert box.player.experiment.problem.sensors == ((0.5, 0.25), (1.0, -1.0))
        field.value = "0.5:nonsense"
        assert field.value == "0.5:0.25,1:-1" and "is not a number" in field.tooltip
    finally:
        box.player.close()


@pytest.mark.parametrize("value", [*HOSTILE, "1", None, math.nan, [[math.nan, 0]]])
def test_a_hostile_message_of_a_browser_is_answered_and_changes_nothing(value: Any) -> None:
    panel = Panel(sensing())
    for name in ("sensors", "drawn"):
        panel.heard({"t": "turn", "name": name, "value": value, "drag": True})
        assert panel._notice.startswith(f"Not done: problem.{name}: ")
    assert panel.player.experiment == sensing()


def test_spec_and_values_go_over_the_wire_as_plain_lists() -> None:
    header, _ = Wire().message(Player(sensing()), None, True, "")
    there = json.loads(json.dumps(header))
    by_path = {one["path"]: one for one in there["spec"]["controls"]}
    assert by_path["problem.drawn"]["control"] == "curve"
    assert by_path["problem.drawn"]["ends"] == [0, 0]
    assert by_path["problem.sensors"]["control"] == "places"
    assert by_path["problem.sensors"]["axes"] == ["t", "x"]
    assert there["values"]["problem.sensors"][0] == [0.1, -0.7]
    assert isinstance(knobs.find(sensing(), "sensors"), Places)


def test_a_drag_in_the_browser_is_applied_while_it_trains_and_comes_back() -> None:
    panel, heard = Panel(sensing()), []

    class Browser:
        """Stands for the widget; acknowledges at once."""

        def send(self, header: dict[str, Any], _buffers: list[bytes]) -> None:
            heard.append(json.loads(json.dumps(header)))
            panel.heard({"t": "ack", "view": "one", "i": header["i"]})

        def close(self) -> None: ...

    panel.widget = Browser()  # type: ignore[assignment]
    panel.player.start()
    try:
        panel.heard({"t": "ready", "view": "one"})
        panel.go()
        spots = [list(pair) for pair in panel.player.experiment.problem.sensors]
        for step in range(5):
            spots[0] = [0.5, step / 10]
            turn = {"t": "turn", "name": "problem.sensors", "value": spots, "drag": step < 4}
            panel.heard(json.loads(json.dumps(turn)))
            panel.player.ask(lambda: None)
        panel.pause()
        assert panel.wait(10)
        panel.player.ask(lambda: None)
    finally:
        panel.close()
    assert panel.values["problem.sensors"][0] == (0.5, 0.4)
    shown = [header["values"]["problem.sensors"][0] for header in heard if "values" in header]
    assert shown[-1] == [0.5, 0.4]
    assert [tick["text"] for tick in heard[-1].get("ticks", [])] in ([], ["sensors moved"])
    assert [tick.text() for tick in panel.player.ticks] == ["sensors moved"]
    assert panel.player.state == "paused", panel.player.message
