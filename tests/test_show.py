"""show and controls without a browser: who is there, what is left behind, bad arguments."""

import inspect
import threading

import pytest
from numpy_labs import DoubleWell, Evolution, Labels, Measure

from sciml_widgets.experiment import Diverged
from sciml_widgets.knobs import knobs
from sciml_widgets.live import controls, show
from sciml_widgets.live.frontend import SWITCH, cell, somebody
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.widget import PanelWidget
from sciml_widgets.predict import guess_number


def test_nobody_is_there_outside_a_notebook(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    assert not somebody() and cell().id == ""


@pytest.mark.parametrize(
    ("request_", "there"),
    [
        ({"metadata": {"cellId": "a"}, "content": {"allow_stdin": True}}, True),
        ({"metadata": {"cellId": "a"}, "content": {"allow_stdin": False}}, True),
        ({"metadata": {}, "content": {"allow_stdin": True}}, True),
        ({"metadata": {}, "content": {"allow_stdin": False}}, False),
        ({"metadata": {}, "content": {}}, False),
        ({}, False),
    ],
)
def test_the_request_tells_who_is_there(monkeypatch, request_, there):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.setattr("sciml_widgets.live.frontend._request", lambda: request_)
    assert somebody() is there


def test_the_switch_overrides_and_refuses_other_words(monkeypatch):
    for word, there in (("live", True), ("none", False)):
        monkeypatch.setenv(SWITCH, word)
        assert somebody() is there
    monkeypatch.setenv(SWITCH, "yes")
    with pytest.raises(ValueError, match="expected live or none"):
        somebody()


def test_voila_shows_widgets_though_it_asks_like_nbclient(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(
        "sciml_widgets.live.frontend._request", lambda: {"metadata": {}, "content": {}}
    )
    assert somebody() is False
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    monkeypatch.setattr(
        "sciml_widgets.live.frontend._request", lambda: {"header": {"msg_id": "1"}}
    )
    assert somebody() is True


def test_without_a_front_end_show_runs_and_leaves_nothing_behind(monkeypatch):
    monkeypatch.setenv(SWITCH, "none")
    before = threading.active_count()
    panel = show(DoubleWell(), still=7)
    assert isinstance(panel, Panel) and panel.widget is None
    assert panel.state == "finished" and panel.player.frames == 7
    assert threading.active_count() == before
    assert set(panel.history.columns) >= {"energy", "accepted"}
    assert panel.values == {path: knob.default for path, knob in knobs(DoubleWell()).items()}


def test_show_reaches_its_goal_and_says_where(monkeypatch):
    monkeypatch.setenv(SWITCH, "none")
    panel = show(Evolution(), until="best<5", still=40)
    assert panel.goal_reached is not None and panel.scalars["best"] < 5


def test_a_guess_of_a_later_step_is_answered_though_the_goal_is_reached_before(monkeypatch):
    monkeypatch.setenv(SWITCH, "none")
    question = guess_number("How good?", of="best", at=30, low=0.0, high=100.0)
    panel = show(Evolution(), goal="best<1e9", predict=question, still=31)
    assert panel.goal_reached == 0 and panel.player.frames == 31


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((DoubleWell,), {}, TypeError, "write the brackets"),
        ((3,), {}, TypeError, "takes an experiment"),
        (("burgers",), {}, ValueError, "neither a record nor a file"),
        ((DoubleWell(),), {"still": 0}, ValueError, "number of frames"),
        ((DoubleWell(),), {"until": "nothing<1"}, ValueError, "needs one of"),
    ],
)
def test_bad_arguments_are_refused(monkeypatch, arguments, options, error, words):
    monkeypatch.setenv(SWITCH, "none")
    with pytest.raises(error, match=words):
        inspect.unwrap(show)(*arguments, **options)  # without the tests' check of the types


def test_a_diverged_run_is_raised_where_nobody_is_there(monkeypatch):
    monkeypatch.setenv(SWITCH, "none")

    class Broken(DoubleWell):
        def frames(self):
            yield from ()
            raise Diverged("the walkers left.")

    with pytest.raises(Diverged, match="left"):
        show(Broken())


def test_the_widget_is_one_module_and_small():
    assert PanelWidget._esm.count("export default") == 1
    assert len(PanelWidget._esm.encode()) + len(PanelWidget._css.encode()) <= 96 * 1024
    assert "http" not in PanelWidget._esm.replace("http://www.w3.org", ""), "no CDN"


def test_controls_are_bound_to_a_player_and_forgive_rounding():
    box = controls(DoubleWell())
    player = box.player
    try:
        assert set(box.by_path) == set(knobs(DoubleWell()))
        box.by_path["width"].value = box.by_path["width"].max and 5.0
        box.by_path["beta"].value = 7.5
        assert player.wait(5)
        assert player.experiment.width == pytest.approx(5.0) and player.experiment.beta == 7.5
    finally:
        player.close()


def test_controls_cover_every_kind_of_knob():
    kinds = set()
    for lab in (DoubleWell(), Labels(), Measure()):
        box = controls(lab)
        kinds |= {type(widget).__name__ for widget in box.by_path.values()}
        box.player.close()
    assert {"FloatLogSlider", "IntSlider", "Dropdown"} <= kinds


def test_controls_by_name_and_a_wrong_name():
    box = controls(DoubleWell(), ["beta"])
    assert list(box.by_path) == ["beta"]
    box.player.close()
    with pytest.raises(ValueError, match="did you mean beta"):
        controls(DoubleWell(), ["betta"])
