"""Traces: what they hold, that hostile ones are refused, and that they play with no kernel."""

import base64
import dataclasses
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy_labs import LABS, DoubleWell, Evolution, Race
from panel_page import chromium
from playwright.sync_api import Browser, Page, expect

from sciml_widgets import trace_shape
from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.headless import replay, run
from sciml_widgets.live import show
from sciml_widgets.live.frontend import SWITCH
from sciml_widgets.live.trace import Tracer, trace
from sciml_widgets.live.trace_page import figure_of, page, picture_of
from sciml_widgets.live.wire import picture_parts
from sciml_widgets.picture import Image, Lines, Picture, Plot, Text
from sciml_widgets.record import Record, RecordError, Turn, load, save

GOOD = trace(Evolution(), frames=12, pictures=4)
LAB = trace(DoubleWell(), frames=50, tape=(Turn(9, "beta", 5.0),), pictures=6)


def damaged(change: Any) -> str:
    data = json.loads(GOOD.to_json())
    change(data["trace"])
    return json.dumps(data)


# ---- what a trace holds -----------------------------------------------------------------------


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.__name__)
def test_every_kind_of_lab_can_be_traced_and_read_back(lab: type[Experiment]) -> None:
    found = trace(lab(), pictures=5)
    again = Record.from_json(found.to_json())
    assert again.trace == found.trace and again.to_json() == found.to_json()
    assert len(found.to_json()) <= trace_shape.LARGEST
    assert found.trace
    assert [one["frames"] for one in found.trace["pictures"]][-1] == found.frames
    last = picture_of(again.trace)
    player = run(lab())
    drawn = player.draw(64)
    assert [plot.title for plot in last.plots] == [plot.title for plot in drawn.plots]
    for there, here in zip(last.plots, drawn.plots, strict=True):
        for one, two in zip(there.marks, here.marks, strict=True):
            if isinstance(one, Image) and isinstance(two, Image):
                step = (two.high - two.low) / 254
                inside = np.clip(two.z, two.low, two.high)
                # half a step of rounding, and the float32 of the wire
                assert np.abs(one.z - inside).max() <= 0.5 * step * (1 + 1e-3)
            elif not isinstance(one, Text):
                assert np.array_equal(one.x, np.asarray(two.x, "f4"), equal_nan=True)


def test_a_trace_is_a_record_that_replays_with_its_tape(tmp_path: Path) -> None:
    bare = run(DoubleWell(), frames=50, tape=(Turn(9, "beta", 5.0),)).record()
    elsewhere: Any = {"seconds": 0.0, "versions": {}, "trace": None}
    assert dataclasses.replace(LAB, **elsewhere) == dataclasses.replace(bare, **elsewhere)
    save(LAB, tmp_path / "run.json")
    player, parting = replay(tmp_path / "run.json", DoubleWell)
    assert parting == "" and player.frames == 50
    assert len(load(tmp_path / "run.json").tape) == 1
    assert LAB.trace and LAB.trace["ticks"][0]["text"].startswith("beta 2 → 5")
    assert not {"seconds", "rate"} & set(json.dumps(LAB.trace["pictures"]).split('"')), "no time"


def test_each_picture_shows_the_history_up_to_its_step_and_no_further() -> None:
    assert GOOD.trace
    x = np.frombuffer(
        trace_shape.unpacked(GOOD.trace["buffers"][GOOD.trace["tracks"]["best"]["x"]]), "<f4"
    )
    for one in GOOD.trace["pictures"]:
        assert x[one["points"]["best"] - 1] == 40.0 * (one["step"] + 1)  # evaluations
    assert GOOD.trace["pictures"][-1]["points"]["best"] == len(x)


@dataclasses.dataclass
class Long(DoubleWell):
    """A spike that thinning must keep."""

    series = (Series("energy", scale="linear"),)

    def frames(self) -> Iterator[Any]:
        for step in range(10_000):
            yield Frame(step, {"energy": 5.0 if step == 4321 else step % 7 / 10})

    def picture(self, state: Any, view: Any) -> Picture:
        return Picture()


def test_a_trace_keeps_what_a_lab_says_of_its_curves_and_an_older_one_has_no_name() -> None:
    class Named(DoubleWell):
        series = (Series("energy", plot="both", dash="dotted"), Series("well", dash="dotted"))

        def frames(self) -> Iterator[Any]:
            yield Frame(0, {"energy": 1.0, "well": 2.0})

    found = json.loads(trace(Named(), pictures=2).to_json())
    for name in ("both", "metrics"):
        again = Record.from_json(json.dumps(found))
        axes = figure_of(again.trace).axes[-1]
        assert axes.get_title(loc="left") == name
        assert [line.get_linestyle() for line in axes.lines[:2]] == ["--", "--"], "not solid"
        for one in found["trace"]["series"]:
            one.pop("plot", None)


def test_a_long_history_is_thinned_and_keeps_every_spike() -> None:
    found = trace(Long(), frames=9000, pictures=3).trace
    assert found
    y = trace_shape.unpacked(found["buffers"][found["tracks"]["energy"]["y"]])
    values = np.frombuffer(y, "<f4")
    assert len(values) <= 450 and values.max() == 5.0 and values.min() == 0.0


def test_too_many_pictures_are_left_out_until_it_fits() -> None:
    @dataclasses.dataclass
    class Noise(DoubleWell):
        def picture(self, state: Any, view: Any) -> Picture:
            z = np.random.default_rng(abs(hash(float(state[0])))).random((128, 128))
            return Picture((Plot("noise", (Image(z, (0, 1, 0, 1), 0.0, 1.0),)),))

    found = trace(Noise(), frames=60, pictures=60)
    assert len(found.to_json()) <= trace_shape.LARGEST
    assert found.trace and found.trace["pictures"][-1]["frames"] == 60
    assert 20 <= len(found.trace["pictures"]) < 60


def test_a_run_that_diverges_is_a_trace_and_one_that_fails_is_raised() -> None:
    from test_again import Falls

    found = trace(Falls(), pictures=4)
    assert found.state == "diverged" and "it fell" in found.message and found.trace

    @dataclasses.dataclass
    class Wrong(DoubleWell):
        def picture(self, state: Any, view: Any) -> Picture:
            raise ZeroDivisionError("no picture")

    with pytest.raises(ZeroDivisionError):
        trace(Wrong(), frames=5)


@pytest.mark.parametrize("bad", [{"frames": 0}, {"frames": 2.5}, {"pictures": 1},
                                 {"pictures": 1000}, {"until": "nothing<1"}], ids=str)  # fmt: skip
def test_bad_arguments_are_refused(bad: dict[str, Any]) -> None:
    import inspect

    with pytest.raises(ValueError):
        inspect.unwrap(trace)(DoubleWell(), **bad)


def test_marks_that_are_new_or_not_finite_do_no_harm() -> None:
    @dataclasses.dataclass
    class Odd(DoubleWell):
        def picture(self, state: Any, view: Any) -> Picture:
            z = np.full((3, 4), np.nan)
            x = np.array([0.0, np.nan, 1.0])
            marks = (
                Image(z, (0, 1, 0, 1), 0.0, 1.0), Image(z, (0, 1, 0, 1), 0.0, float("inf")),
                Lines(x, x, band=(x, x)),
                Text(float("nan"), 0.0, "nowhere"), Text(0.5, 0.5, "here"),
            )  # fmt: skip
            return Picture((Plot("odd", marks),), caption="</script><b>&")

    found = Record.from_json(trace(Odd(), frames=3, pictures=2).to_json())
    marks = picture_of(found.trace).plots[0].marks
    assert [type(mark).__name__ for mark in marks] == ["Image", "Lines", "Text"]


# ---- hostile traces -----------------------------------------------------------------------------


def put(*path: Any) -> Any:
    """Puts the last of `path` at the place that the others name."""

    def change(data: Any) -> None:
        for step in path[:-2]:
            data = data[step]
        data[path[-2]] = path[-1]

    return change


COUNT = len(trace_shape.unpacked(GOOD.trace["buffers"][GOOD.trace["tracks"]["best"]["x"]])) // 4
NOT_A_NUMBER = base64.b64encode(b"\x00\x00\xc0\x7f" * COUNT).decode()


@pytest.mark.parametrize("change", [
    put("pictures", []), put("pictures", 0, "frames", 10**9), put("pictures", 0, "frames", -1),
    put("pictures", 0, "points", {"best": 10**6}), put("pictures", 0, "points", {"odd": 1}),
    put("pictures", 0, "plots", 0, "marks", 0, "z", 9999),
    put("pictures", 0, "plots", 0, "marks", 0, "w", 3),
    put("pictures", 0, "plots", 0, "marks", 0, "h", 10**9),
    put("pictures", 0, "plots", 0, "marks", 0, "map", "<script>"),
    put("pictures", 0, "plots", 0, "marks", 0, {"kind": "iframe"}),
    put("pictures", 0, "plots", 0, "marks", 0, {"kind": "lines"}),
    put("pictures", 0, "plots", 0, "marks", 1, "x", 0),
    put("pictures", 0, "plots", 0, "marks", 1, "onload", "alert(1)"),
    put("pictures", 0, "plots", 0, "x", None), put("pictures", 0, "stats", [{"label": 1}]),
    put("pictures", 0, "caption", "x" * 3000), put("pictures", [{}] * 2000),
    put("buffers", []), put("buffers", 0, "no base64!"), put("buffers", 0, "AAAA"),
    put("buffers", 0, "A" * 2_000_000), put("buffers", 0, 7), put("buffers", ["AA=="] * 30_000),
    put("tracks", {"best": {"x": 0}}), put("tracks", "best", "y", 9999), put("ticks", [{"x": 1}]),
    put("series", 0, "dash", "url(x)"), put("series", 0, "colour", "red"), put("title", 3),
    put("palette", {}), put("spec", {}), put("title", "\ud800"),
    put("pictures", 0, "plots", 0, "x", "low", 1e300),
    put("buffers", GOOD.trace["tracks"]["best"]["x"], NOT_A_NUMBER),
], ids=range(34))  # fmt: skip
def test_a_damaged_trace_is_one_record_error(change: Any) -> None:
    text = damaged(change)
    assert text != damaged(lambda data: None)
    with pytest.raises(RecordError) as caught:
        Record.from_json(text)
    assert str(caught.value).startswith("the record is damaged") and "\n" not in str(caught.value)


def test_a_flipped_letter_gives_a_trace_that_draws_or_a_record_error() -> None:
    whole, rng = GOOD.to_json(), random.Random(3)
    start = whole.index('"trace"')
    drawn = 0
    for _ in range(150):
        at = rng.randrange(start, len(whole))
        text = whole[:at] + rng.choice('0A"{}[],:-') + whole[at + 1 :]
        try:
            found = Record.from_json(text)
        except RecordError:
            continue
        if drawn < 3:
            figure_of(found.trace)
        drawn += 1
    assert drawn


@pytest.mark.training
def test_a_kill_while_it_is_saved_leaves_the_old_or_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save(GOOD, path)
    source = (
        "import sys, itertools, dataclasses\n"
        "from sciml_widgets.record import load, save\n"
        "one = load(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "for i in itertools.count(): save(dataclasses.replace(one, message=str(i)), sys.argv[1])\n"
    )
    for patience in (0.01, 0.05, 0.1):
        child = subprocess.Popen(
            [sys.executable, "-c", source, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout and child.stdout.readline() == "ready\n"
        time.sleep(patience)
        child.kill()
        child.wait()
        child.stdout.close()
        assert load(path).trace == GOOD.trace


def test_reading_and_showing_a_trace_loads_no_torch(tmp_path: Path) -> None:
    save(GOOD, tmp_path / "run.json")
    source = (
        "import sys\n"
        "from sciml_widgets import load, show\n"
        "record = load(sys.argv[1])\n"
        "assert not {'torch', 'anywidget', 'matplotlib', 'scipy'} & set(sys.modules)\n"
        "from sciml_widgets.live.trace_page import figure_of, page\n"
        "assert show(record) is None and page(record, 'x')\n"
        "figure_of(record.trace)\n"
        "assert not {'torch', 'sciml_widgets.labs.pinn'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", source, str(tmp_path / "run.json")], check=True)


# ---- in a notebook ------------------------------------------------------------------------------


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []

    class Handle:
        def update(self, bundle: Any, metadata: Any = None, raw: bool = False) -> None:
            found.append((bundle, metadata))

    def display(
        bundle: Any, metadata: Any = None, raw: bool = False, display_id: Any = None
    ) -> Any:
        found.append((bundle, metadata))
        return Handle() if display_id else None

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    return found


def test_an_executed_notebook_holds_the_player_and_a_still_for_who_runs_no_scripts(
    displayed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, "none")
    assert show(LAB) is None and len(displayed) == 1
    bundle, metadata = displayed[0]
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["image/png"] in bundle["text/html"], (
        "an untrusted notebook shows html, no script"
    )
    assert "walkers: two humps" in metadata["image/png"]["alt"]
    assert "://" not in bundle["text/html"].replace("http://www.w3.org", ""), "nothing from afar"
    spare = sum(map(len, bundle.values())) - len(LAB.to_json())
    assert spare <= 200_000, "what the notebook holds besides the trace"


def test_with_somebody_there_the_player_comes_before_the_still(
    displayed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, "live")
    show(LAB)
    (first, _), (then, _) = displayed
    assert "playTrace" in first["text/html"] and "image/png" not in first
    assert then["image/png"] in then["text/html"]


ODD = [
    put("title", r"$\frac$"), put("title", "$x_{$"), put("series", 0, "label", r"$\foo$"),
    put("pictures", 0, "plots", 0, "title", "$"), put("pictures", 0, "caption", r"\$ and $_"),
    put("pictures", 0, "plots", 0, "x",
        {"label": "$^", "low": 1e20, "high": 1e20 + 2e4, "log": False}),
]  # fmt: skip


@pytest.mark.parametrize("change", ODD, ids=range(len(ODD)))
def test_a_dollar_is_no_formula(change: Any, displayed: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setenv(SWITCH, "none")
    assert show(damaged(change)) is None and len(displayed) == 1


def test_words_of_a_trace_are_escaped_where_they_stand_as_html() -> None:
    evil = '"><img src=x onerror="window.bad = 1">'
    found = dataclasses.replace(LAB, trace={**(LAB.trace or {}), "title": evil})
    text = page(found, "x", b"png")
    assert evil not in text.partition("<script>")[0] and "&quot;&gt;&lt;img" in text


def test_run_runs_a_record_with_pictures(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv(SWITCH, "none")
    panel = show(LAB, run=True, lab=DoubleWell)
    assert panel is not None and panel.player.frames == 50
    assert "the same as the record, step 49" in capsys.readouterr().out


def test_no_text_of_a_trace_ends_its_script() -> None:
    evil = "</script><script>window.bad = 1</script><!--"
    found = dataclasses.replace(LAB, message=evil, trace={**(LAB.trace or {}), "title": evil})
    text = page(found, "x", b"")
    assert text.count("</script") == 1 and "<!--" not in text and evil not in text


def test_the_command_line_leaves_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sciml_widgets import cli, labs
    from sciml_widgets.commands import codes

    monkeypatch.setattr(labs, "labs", lambda: {"race": Race})
    out = tmp_path / "run.json"
    assert cli.main(["run", "race", "--frames", "30", "--trace", "5", "--out", str(out)]) == 0
    assert len((load(out).trace or {})["pictures"]) == 5
    assert cli.main(["run", "race", "--trace", "5"]) == codes.BAD_INPUT
    assert cli.main(["run", "race", "--trace", "5000", "--out", str(out)]) == codes.BAD_INPUT


def test_what_the_wire_calls_a_mark_is_what_a_trace_keeps() -> None:
    """A new entry of the wire does not break traces: it is left out."""
    x = np.array([0.0, 1.0])
    parts = picture_parts(Picture((Plot("p", (Lines(x, x),)),)), [])
    assert set(trace_shape.KEYS["lines"]) <= set(parts["plots"][0]["marks"][0])


# ---- in a browser, with no kernel and no network ------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as found:
            yield found
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def opened(browser: Browser, folder: Path, record: Record, **options: Any) -> Page:
    file = folder / "page.html"
    file.write_text('<!doctype html><meta charset="utf-8"><body>' + page(record, "t", b"png"))
    tab = browser.new_page(**{"viewport": {"width": 1130, "height": 800}, **options})
    tab.complaints = []  # type: ignore[attr-defined]
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))  # type: ignore[attr-defined]
    tab.on(
        "console",
        lambda said: said.type == "error" and tab.complaints.append(said.text),  # type: ignore[attr-defined]
    )

    def only_the_file(route: Any) -> None:
        if route.request.url.startswith(("file:", "data:")):
            route.continue_()
        else:
            tab.complaints.append(f"asked for {route.request.url}")  # type: ignore[attr-defined]
            route.abort()

    tab.route("**/*", only_the_file)
    tab.goto(file.as_uri())
    return tab


def ink(tab: Page) -> list[int]:
    """A sum over each canvas, to see that it changed."""
    return tab.evaluate(
        """() => [...document.querySelectorAll("canvas")].map((canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.reduce((sum, value, i) => (sum * 31 + value * (i % 7)) % 1000003, 0);
        })"""
    )


@pytest.mark.browser
def test_it_moves_at_once_and_ends(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, tmp_path, LAB)
    panel = tab.locator(".sciml-panel")
    tab.wait_for_function("document.querySelector('.sciml-panel').dataset.step > 0", timeout=5000)
    first = ink(tab)
    expect(panel).to_have_attribute("data-state", "running")
    expect(tab.get_by_role("button", name="Pause")).to_be_visible()
    expect(panel).to_have_attribute("data-step", "49", timeout=10_000)
    expect(tab.get_by_role("button", name="Play")).to_be_visible()
    assert all(a != b for a, b in zip(first, ink(tab), strict=True)), "pictures and history moved"
    expect(tab.locator("img")).to_be_hidden()
    for name in ("Step", "Reset", "Pin A"):
        expect(tab.get_by_role("button", name=name, exact=True)).to_be_hidden()
    tab.get_by_role("button", name="Play").click()
    expect(panel).to_have_attribute("data-state", "running")
    assert not tab.complaints  # type: ignore[attr-defined]
    tab.close()


@pytest.mark.browser
def test_scrubbing_goes_both_ways_by_mouse_and_keyboard(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, tmp_path, LAB)
    panel = tab.locator(".sciml-panel")
    assert LAB.trace
    steps = [str(one["step"]) for one in LAB.trace["pictures"]]
    slider = tab.get_by_role("slider", name="Position in the recorded run")
    seen = {}
    for at in (5, 0, 3, 1, 3, 0, 5):
        slider.fill(str(at))
        expect(panel).to_have_attribute("data-step", steps[at])
        expect(slider).to_have_attribute("aria-valuetext", f"step {steps[at]}")
        tab.wait_for_timeout(60)
        told = [canvas.get_attribute("aria-label") for canvas in tab.locator("canvas").all()]
        now = (ink(tab)[0], told)
        assert seen.setdefault(at, now) == now, "the same place looks the same"
    assert len({str(one) for one in seen.values()}) == 4
    expect(panel).to_have_attribute("data-state", "paused")
    slider.press("ArrowLeft")
    expect(panel).to_have_attribute("data-step", steps[4])
    slider.press("Home")
    expect(panel).to_have_attribute("data-step", steps[0])
    slider.press(".")
    expect(panel).to_have_attribute("data-step", steps[1])
    slider.press("Space")
    expect(panel).to_have_attribute("data-state", "running")
    slider.press("r")
    expect(panel).to_have_attribute("data-step", steps[0])
    expect(panel).to_have_attribute("data-state", "paused")
    assert not tab.complaints  # type: ignore[attr-defined]
    tab.close()


@pytest.mark.browser
def test_who_wants_no_motion_starts_it_himself(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, tmp_path, LAB, reduced_motion="reduce")
    panel = tab.locator(".sciml-panel")
    expect(panel).to_have_attribute("data-state", "paused")
    tab.wait_for_timeout(1200)
    expect(panel).to_have_attribute("data-step", "0")
    tab.get_by_role("button", name="Play").click()
    expect(panel).to_have_attribute("data-step", "49", timeout=10_000)
    tab.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1130, 700, 420])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_each_width_and_theme(
    browser: Browser, tmp_path: Path, width: int, scheme: Any
) -> None:
    viewport = {"width": width, "height": 800}
    tab = opened(browser, tmp_path, LAB, color_scheme=scheme, viewport=viewport)
    tab.get_by_role("slider").fill("3")
    expect(tab.locator(".sciml-panel.sw-dark")).to_have_count(int(scheme == "dark"))
    for part in (".sw-bar", ".sw-foot", ".sw-plots", ".sw-scrub"):
        box = tab.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()


@pytest.mark.browser
def test_its_record_can_be_copied_and_a_hostile_text_is_only_text(
    browser: Browser, tmp_path: Path
) -> None:
    evil = "</script><script>window.bad = 1</script><img src=x onerror=window.bad=1>"
    given: Any = json.loads(LAB.to_json())["trace"]
    given["title"] = evil
    for one in given["pictures"]:
        one["caption"] = evil
        one["stats"] = [{"label": evil, "value": 1.0, "percent": False}]
        for plot in one["plots"]:
            plot["title"] = plot["alt"] = plot["note"] = evil
    tab = opened(browser, tmp_path, dataclasses.replace(LAB, trace=given))
    tab.get_by_role("slider").fill("3")
    expect(tab.locator(".sw-caption")).to_contain_text("onerror")
    # a page from a file may not use the clipboard without being asked: the field is the way out
    tab.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    tab.get_by_role("button", name="Copy record").click()
    field = tab.get_by_role("textbox", name="The record, one line of text")
    expect(field).to_be_focused()
    copied = Record.from_json(field.input_value())
    assert copied.trace is None and copied.tape == LAB.tape
    assert tab.evaluate("window.bad") is None
    assert not tab.complaints  # type: ignore[attr-defined]
    tab.close()


def test_a_tracer_keeps_what_is_asked_for() -> None:
    assert len(Tracer(1000, 40)._due) == 40
    assert Tracer(3, 40)._due == {1, 2, 3}
    assert max(Tracer(777, 9)._due) == 777
