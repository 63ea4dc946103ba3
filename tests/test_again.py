"""A run once more: continued, shown by its record, shared. The numbers are bitwise the same."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy_labs import LABS, DoubleWell, Evolution, Measure, Race

from sciml_widgets.again import Again
from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.headless import drive, replay, run
from sciml_widgets.knobs import knob, values
from sciml_widgets.live import show
from sciml_widgets.live.frontend import SWITCH
from sciml_widgets.live.given import read
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.share import LONGEST, Shared, line, read_line
from sciml_widgets.player import Player
from sciml_widgets.record import Record, RecordError, Turn


def equal(a: Player, b: Player) -> bool:
    """Bit for bit the same digest, scalars, tape, values and points."""
    one, two = a.record(), b.record()
    same = (one.checks, one.tape, one.start, one.step) == (
        two.checks,
        two.tape,
        two.start,
        two.step,
    )
    points = all(
        np.array_equal(a.history.tracks[name].points(), b.history.tracks[name].points(), True)
        for name in a.history.tracks
    )
    return same and points and values(a.experiment) == values(b.experiment)


def steered(lab: Experiment, tape: tuple[Turn, ...], frames: int) -> Player:
    """A run as a person makes it: in the middle turns, then a pause."""
    player = Player(lab)
    for turn in tape:
        if turn.frame > player.frames:
            player.step(turn.frame - player.frames)
            drained(player)
        player.turn(turn.name, turn.value, drag=turn.drag)
        player._take_mail()
    player.step(frames - player.frames)
    drained(player)
    return player


def drained(player: Player) -> None:
    player.round()
    while player.state == "running":
        player.round()


RUNS = [
    (DoubleWell(), (Turn(7, "width", 1.5), Turn(20, "beta", 4.0, True), Turn(22, "bins", 7)), 50),
    (Evolution(seed=3), (Turn(4, "mutation", 0.3),), 30),
    (Measure(), (Turn(3, "where", 0.4), Turn(3, "here", 1), Turn(9, "noise", 0.5)), 25),
    (Race(), (Turn(5, "speed", 1.2),), 40),
]


@pytest.mark.parametrize(("lab", "tape", "frames"), RUNS, ids=lambda one: type(one).__name__)
def test_a_continued_run_is_the_run_and_goes_on_as_the_run_would(
    lab: Experiment, tape: tuple[Turn, ...], frames: int
) -> None:
    first = steered(lab, tape, frames)
    kept = Record.from_json(line(first.record()))
    fresh = Player(type(lab)())
    fresh.resume(kept)
    drained(fresh)
    assert fresh.state == "paused" and fresh.frames == frames
    assert fresh.again and fresh.again.said == f"the same as the record, step {kept.step}"
    assert equal(first, fresh)
    for player in (first, fresh):
        player.step(9)
        drained(player)
    assert equal(first, fresh)
    first.close()
    fresh.close()


@pytest.mark.training
def test_a_burgers_network_is_continued_bit_for_bit_by_a_live_player() -> None:
    from sciml_widgets.labs import BurgersPINN

    lab = BurgersPINN().but(points_inside=60, points_edge=20, width=6, depth=2, seed=4)
    first = run(lab, frames=25, tape=(Turn(6, "w_ic", 50.0), Turn(9, "nu", 0.02)))
    panel = Panel(BurgersPINN())
    panel.player.start()
    panel.player.resume(first.record())
    assert panel.wait(60)
    assert panel.player.again and panel.player.again.said.startswith("the same as the record")
    assert panel.state == "finished" and equal(first, panel.player)
    panel.close()


def test_resume_in_the_middle_of_another_run_begins_anew() -> None:
    record = run(DoubleWell(), frames=12).record()
    player = Player(DoubleWell(seed=5, width=2.0))
    player.step(30)
    drained(player)
    player.turn("beta", 9.0)
    player.resume(record)
    drained(player)
    assert (player.frames, player.state) == (12, "finished")
    assert player.again and player.again.said.startswith("the same")
    player.go()
    drained(player)
    assert player.frames == 12 + DoubleWell.length
    player.reset()
    player.round()
    assert player.again is None


def test_turns_after_the_last_frame_are_applied_at_the_end() -> None:
    first = steered(DoubleWell(), (Turn(5, "beta", 3.0),), 10)
    first.turn("beta", 7.0)
    first.turn("bins", 9)
    first._take_mail()
    fresh = Player(DoubleWell())
    fresh.resume(first.record())
    drained(fresh)
    assert equal(first, fresh) and values(fresh.experiment)["bins"] == 9
    assert [turn.frame for turn in fresh.tape] == [5, 10, 10]


class Falls(Experiment):
    """Breaks down after `FRAMES`."""

    FRAMES = 15
    length = 100
    series = (Series("a", role="loss"),)

    def frames(self) -> Iterator[Frame]:
        for step in range(self.FRAMES):
            yield Frame(step, {"a": 1.0 / (step + 1)})
        raise Diverged("it fell.")


Falls = dataclasses.dataclass(Falls)  # type: ignore[misc]


@dataclasses.dataclass
class Other(Falls):
    FRAMES = 40


def test_a_run_that_broke_down_breaks_down_again_and_is_the_same() -> None:
    with pytest.raises(Diverged) as caught:
        run(Falls())
    record = caught.value.player.record()  # type: ignore[attr-defined]
    player = Player(Falls())
    player.resume(record)
    drained(player)
    assert player.state == "diverged" and player.again
    assert player.again.said == "the same as the record, step 14"
    later = Player(Other())
    later.resume(dataclasses.replace(record, lab="other"))
    drained(later)
    assert (
        later.again and later.again.said == "the record diverged after frame 15, this run goes on"
    )


@dataclasses.dataclass
class Drifts(Experiment):
    """Parts from itself at `PARTS`."""

    PARTS = 10**9
    length = 60
    start: float = knob(1.0, 0.0, 2.0)
    series = (Series("a"),)

    def frames(self) -> Iterator[Frame]:
        for step in range(80):
            yield Frame(step, {"a": self.start + step + (1e-9 if step >= self.PARTS else 0.0)})


@pytest.mark.parametrize(("parts", "said"), [
    (33, "the runs agree up to frame 30 and part by frame 40"),
    (0, "the runs agree up to frame 0 and part by frame 10"),
    (59, "the runs agree up to frame 50 and part by frame 60"),
    (60, "the same as the record, step 59"),
])  # fmt: skip
def test_where_they_part_is_said_as_soon_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch, parts: int, said: str
) -> None:
    record = run(Drifts()).record()
    monkeypatch.setattr(Drifts, "PARTS", parts)
    player, heard = Player(Drifts()), {}
    player.watch = lambda p: heard.setdefault(p.again.said if p.again else "", p.frames) and None
    player.resume(record)
    drained(player)
    assert player.again and player.again.said == said and not player.again.underway
    assert heard[said] == (60 if parts >= 50 else int(said.split()[-1]))
    assert replay(record, Drifts)[1] == ("" if parts == 60 else said), "both say the same"


@pytest.mark.parametrize("changes", [
    {"lab": "race"}, {"start": {"nonsense": 1}}, {"start": {"width": 1e9}},
    {"tape": (Turn(1, "nonsense", 1),)}, {"tape": (Turn(1, "seed", 4),)},
    {"tape": (Turn(1, "width", "x"),)},
], ids=str)  # fmt: skip
def test_a_record_that_does_not_fit_changes_nothing(changes: dict[str, Any]) -> None:
    record = dataclasses.replace(run(DoubleWell(), frames=9).record(), **changes)
    player = Player(DoubleWell())
    player.step(5)
    drained(player)
    before = player.record()
    with pytest.raises(RecordError):
        player.resume(record)
    player.round()
    after = player.record()
    assert after.checks == before.checks and after.start == before.start


# ---- the line of text -----------------------------------------------------------------------


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.__name__)
def test_the_line_is_a_record_also_between_quotes(lab: type[Experiment]) -> None:
    record = run(lab(), frames=3).record()
    record = dataclasses.replace(record, message='it\'s “NaN”: "x" \\ and\nmore')
    text = line(record)
    assert text.isascii() and not {"'", "\n"} & set(text)
    for quoted in (f"'{text}'", f"'''{text}'''", f'"""{text}"""', f"r'{text}'"):
        pasted = Record.from_json(__import__("ast").literal_eval(quoted))
        assert dataclasses.replace(pasted, message=record.message) == record


@pytest.mark.parametrize("text", [
    "", "{}", "[]", "x", "null", None, 3, [], {"schema": 1}, "{" * 1000, "[" * 5000,
    '{"schema":1,"lab":"measure"}', " " * (LONGEST + 1), b"{}",
], ids=lambda text: repr(text)[:20])  # fmt: skip
def test_what_a_browser_sends_is_hostile_until_read(text: Any) -> None:
    player = Player(Measure())
    with pytest.raises(RecordError):
        player.resume(read_line(text))
    assert player._mail.empty


def test_too_long_a_line_is_refused_before_it_is_read() -> None:
    record = run(Measure(), frames=1).record()
    text = line(record)
    assert read_line(text) == record
    with pytest.raises(RecordError, match="not taken"):
        read_line(text + " " * LONGEST)


# ---- the panel ------------------------------------------------------------------------------


class Browser:
    """Stands for the widget and one view of it."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.headers = panel, []

    def send(self, header: dict[str, Any], buffers: Any) -> None:
        self.headers.append(header)
        if header.get("ack"):
            self.say(t="ack", i=header["i"])

    def say(self, **message: Any) -> None:
        self.panel.heard({"view": "one", **message})

    def close(self) -> None:
        pass

    def seen(self, name: str) -> list[Any]:
        return [header[name] for header in self.headers if name in header]


@pytest.fixture
def browser() -> Iterator[Browser]:
    panel = Panel(DoubleWell())
    panel.widget = found = Browser(panel)  # type: ignore[assignment]
    panel.player.start()
    found.say(t="ready")
    yield found
    panel.close()


def waited(browser: Browser, condition: Any) -> None:
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("did not happen in time")


def test_the_browser_gets_the_line_it_asks_for_and_what_it_may_keep(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited(browser, lambda: browser.seen("place"))
    assert browser.seen("place")[0]["lab"] == "double-well"
    assert not browser.seen("kept"), "nothing has run"
    browser.say(t="step", n=20)
    waited(browser, lambda: browser.panel.player.frames == 20 and browser.seen("kept"))
    assert Record.from_json(browser.seen("kept")[-1]).frames == 20
    browser.say(t="share")
    waited(browser, lambda: browser.seen("share"))
    (given,) = browser.seen("share")
    assert given["view"] == "one" and given["text"] == browser.panel.share()
    many = len(browser.headers)
    browser.panel.player.wake()
    threading.Event().wait(0.1)
    assert len(browser.headers) == many, "a panel at rest is still"


def test_a_fresh_panel_continues_and_says_whether_it_is_the_same(browser: Browser) -> None:
    first = steered(DoubleWell(seed=2), (Turn(5, "beta", 3.0),), 40)
    browser.say(t="resume", text=line(first.record()))
    waited(browser, lambda: browser.panel.player.frames == 40)
    assert browser.panel.wait(5)
    waited(browser, lambda: any(browser.seen("said")))
    assert browser.seen("said")[-1] == "the same as the record, step 39"
    assert equal(first, browser.panel.player)
    for text in browser.seen("kept"):
        assert Record.from_json(text).frames == 40, "less is not kept over more"
    browser.say(t="reset")
    waited(browser, lambda: browser.seen("said")[-1] == "")


def test_a_hostile_text_is_said_on_the_panel_and_changes_nothing(browser: Browser) -> None:
    browser.say(t="step", n=5)
    waited(browser, lambda: browser.panel.player.frames == 5)
    for text in ("{}", None, '{"schema":1,"lab":"double-well"}'):
        browser.say(t="resume", text=text)
        waited(browser, lambda: any("Not done" in one for one in browser.seen("notice")))
        browser.headers.clear()
    assert browser.panel.player.frames == 5 and browser.panel.player.alive


def test_a_line_with_quotes_in_its_values_can_be_pasted_between_any() -> None:
    record = run(DoubleWell(), frames=3).record()
    odd = dataclasses.replace(
        record, start={**record.start, "where": "Newton's \"\\ way"}, message="a\tb \x1b[31mred"
    )
    text = line(odd)
    for quote in ("'", '"', "'''"):
        pasted = eval(f"{quote}{text}{quote}")
        assert read_line(pasted).start == odd.start and read(pasted) == read_line(text)
    assert read_line(text).message == "a b  [31mred"
    with pytest.raises(RecordError, match="not copied as a whole"):
        read_line(text[:-3] + "ü")


def test_a_run_that_diverges_as_its_record_did_is_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SWITCH, "none")
    first = Player(Falls())
    drive(first)
    assert first.state == "diverged"
    panel = show(first.record(), lab=Falls)
    assert panel is not None and panel.player.state == "diverged"
    assert "the same as the record" in capsys.readouterr().out


def test_while_it_runs_a_record_is_kept_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("sciml_widgets.live.share.time.perf_counter", lambda: now[0])
    shared, player = Shared(), Player(DoubleWell())
    player.go()
    kept = []
    for _ in range(40):
        player.round()
        now[0] += 0.25
        kept += [
            Record.from_json(text) for text in [shared.parts(player, False).get("kept")] if text
        ]
    assert [one.frames for one in kept] == [1, 13, 25, 37]
    player.pause()
    player.round()
    assert "kept" in shared.parts(player, False) and "kept" not in shared.parts(player, False)
    player.close()


def test_while_a_run_is_repeated_less_is_not_kept_over_more() -> None:
    record = steered(DoubleWell(), (), 30).record()
    shared, player = Shared(), Player(DoubleWell())
    player.resume(record)
    while player.frames < 29:
        player.round()
        assert "kept" not in shared.parts(player, False)
    drained(player)
    assert Record.from_json(shared.parts(player, False)["kept"]).frames == 30
    player.close()


# ---- show(record) ---------------------------------------------------------------------------


def test_show_runs_a_record_again_from_object_text_and_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SWITCH, "none")
    first = steered(DoubleWell(), (Turn(5, "beta", 3.0),), 20)
    record, path = first.record(), tmp_path / "run.json"
    path.write_text(record.to_json())
    for given in (record, record.to_json(), line(record), path, str(path)):
        panel = show(given, lab=DoubleWell)
        assert panel is not None and equal(first, panel.player)
        assert capsys.readouterr().out == "the same as the record, step 19\n"
    short = show(record, lab=DoubleWell, still=12)
    assert short is not None and short.player.frames == 12
    assert capsys.readouterr().out == "the same as the record up to frame 10 of 20\n"
    assert show(record, lab=DoubleWell, still=9) is not None
    assert capsys.readouterr().out == "not compared: the record's first note is of frame 10\n"
    with pytest.raises(ValueError, match="no time to guess"):
        show(record, lab=DoubleWell, predict=None)


def test_show_finds_only_labs_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "none")
    record = run(DoubleWell(), frames=3).record()
    with pytest.raises(RecordError, match=r"no lab of this package: show\(record, lab=YourLab\)"):
        show(record)
    with pytest.raises(RecordError, match="not of 'race'"):
        show(record, lab=Race)
    for lab in ("os", "sys", "sciml-widgets", "pinn", "experiment"):
        with pytest.raises(RecordError, match="no lab of this package"):
            show(dataclasses.replace(record, lab=lab).to_json())


def test_foreign_text_is_one_record_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "none")
    good = run(DoubleWell(), frames=3).record().to_json()
    for text in ("", "{", "{}", "hello", "[1]", "\x00", "a\nb", "x" * 5000, good[:-1], good + good,
                 json.dumps(json.loads(good) | {"extra": 1})):  # fmt: skip
        with pytest.raises(RecordError) as caught:
            show(text, lab=DoubleWell)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_record_of_no_frames_shows_the_start() -> None:
    record = Player(DoubleWell(width=2.0)).record()
    player = Player(DoubleWell())
    player.resume(record)
    player.round()
    assert player.state == "idle" and player.experiment.width == 2.0  # type: ignore[attr-defined]
    assert Again(record, DoubleWell).frames == 0
