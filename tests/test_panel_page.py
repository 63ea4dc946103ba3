"""The panel's front end in a real browser, without a kernel: what it shows and what it sends."""

import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from panel_page import (
    CONTROLS,
    LIVE,
    SCRIPTS,
    SERIES,
    Demo,
    Message,
    axis,
    chromium,
    control,
    fill,
    lines,
    source,
    style,
)
from playwright.sync_api import Browser, Page, expect

from sciml_widgets.knobs import values
from sciml_widgets.labs import labs
from sciml_widgets.live.wire import spec
from sciml_widgets.picture import PALETTE

pytestmark = pytest.mark.browser

LIMIT = 96 * 1024

# the head of a function in the page: contrast(css, css) after WCAG 2, clear(css)
CONTRAST = """() => {
  const g = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (css, below = "#123456") => {
    for (g.fillStyle of [below, css]) g.fillRect(0, 0, 1, 1);
    return [...g.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const clear = (css) => `${rgb(css)}` === `${rgb("#123456")}`;
  const light = (css, below) => {
    const [red, green, blue] = rgb(css, below).map((v) =>
      (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const contrast = (css, paper) => {
    const ratio = light(css, paper) / light(paper);
    return Math.max(ratio, 1 / ratio);
  };
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as found:
            yield found
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    page, complaints = browser.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    yield page, complaints
    page.close()


@pytest.fixture
def page(tab: tuple[Page, list[str]]) -> Iterator[Page]:
    """A fresh panel; a test that leaves an error on the console fails."""
    opened, complaints = tab
    complaints.clear()
    opened.emulate_media(color_scheme="light", reduced_motion="no-preference")
    fill(opened)
    yield opened
    assert not complaints


def sent(page: Page, kind: str, model: int = 0) -> list[dict[str, Any]]:
    return [one for one in page.evaluate(f"models[{model}].sent") if one["t"] == kind]


def turns(page: Page) -> list[tuple[str, Any, bool]]:
    return [(one["name"], one["value"], one["drag"]) for one in sent(page, "turn")]


def wait_for_ack(page: Page, number: int, model: int = 0) -> None:
    page.wait_for_function(
        "([m, i]) => models[m].sent.some((one) => one.t === 'ack' && one.i === i)",
        arg=[model, number],
    )


def start(page: Page, step: int = 36, **header: Any) -> Demo:
    demo = Demo(size=16)
    demo.message(step, key=True, **header).deliver(page)
    wait_for_ack(page, 1)
    return demo


def slider(page: Page, name: str) -> Any:
    return page.get_by_role("slider", name=name, exact=True)


def drag(page: Page, name: str, *shares: float) -> None:
    """Press in the middle of a slider, move to each share of its width; the button stays down."""
    slider(page, name).scroll_into_view_if_needed()
    box = slider(page, name).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for share in shares:
        page.mouse.move(box["x"] + box["width"] * share, y)
        page.wait_for_timeout(40)


def shades(page: Page, number: int, places: list[tuple[float, float]]) -> list[list[int]]:
    """The colours of a canvas at shares of its width and height, from its top left corner."""
    return page.evaluate(
        """([number, places]) => {
          const canvas = document.querySelectorAll(".sciml-panel canvas")[number];
          const g = canvas.getContext("2d"), { floor } = Math;
          return places.map(([x, y]) =>
            [...g.getImageData(floor(x * canvas.width), floor(y * canvas.height), 1, 1).data]);
        }""",
        [number, places],
    )


def ink(page: Page, number: int) -> int:
    """How many pixels of a canvas are painted."""
    return page.evaluate(
        """(number) => {
          const canvas = document.querySelectorAll(".sciml-panel canvas")[number];
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, i) => i % 4 === 3 && value > 0).length;
        }""",
        number,
    )


# ---- the module ---------------------------------------------------------------------------------


def test_all_scripts_are_used_and_small() -> None:
    assert {path.name for path in (LIVE / "js").glob("*.js")} == {*SCRIPTS, "trace.js"}
    assert SCRIPTS[-1] == "panel.js"
    assert len((source() + style()).encode()) <= LIMIT


def test_module_is_one_self_contained_piece() -> None:
    text = source()
    assert re.findall(r"^(?:import|export)\b.*", text, re.M) == ["export default { render };"]
    assert "://" not in text + style()
    names = re.findall(r"^(?:function|const|let|class) (\w+)", text, re.M)
    assert len(names) == len(set(names))


# ---- messages -----------------------------------------------------------------------------------


def test_ready_comes_first_and_ack_after_drawing(page: Page) -> None:
    first = page.evaluate("models[0].sent[0]")
    assert first["t"] == "ready"
    assert re.fullmatch(r"\w{6,}", first["view"])
    page.evaluate(
        """() => {
          window.drawnAt = 0;
          const { drawImage } = CanvasRenderingContext2D.prototype;
          CanvasRenderingContext2D.prototype.drawImage = function (...all) {
            window.drawnAt ||= performance.now();
            return drawImage.apply(this, all);
          };
        }"""
    )
    start(page)
    (ack,) = sent(page, "ack")
    assert ack["view"] == first["view"]
    assert ack["i"] == 1
    assert ack["at"] >= page.evaluate("drawnAt") > 0
    root = page.locator(".sciml-panel")
    expect(root).to_have_attribute("data-state", "running")
    expect(root).to_have_attribute("data-step", "36")
    expect(root).to_have_attribute("aria-label", "Burgers PINN")
    assert float(root.get_attribute("data-fps") or 0) > 0


def field_message(demo: Demo, z: np.ndarray, **image: Any) -> Message:
    """One plot that holds one field, whose bytes are given."""
    made = demo.message(1, key=True, picture=False)
    h, w = z.shape
    mark = {"kind": "image", "h": h, "w": w, "extent": [0, 1, 0, 1], "low": 0.0, "high": 1.0,
            "map": "field", "unit": "", "z": made.put(z, "u1"), **image}  # fmt: skip
    plot = {"title": "one", "note": "", "alt": "", "equal": False, "marks": [mark],
            "x": axis("", 0, 1), "y": axis("", 0, 1)}  # fmt: skip
    made.header["picture"] = {"caption": "", "plots": [plot]}
    return made


def test_layout_of_a_field(page: Page) -> None:
    """Row 0 is the bottom, 0 and 254 are the ends of the colours, 255 is empty; any alignment."""
    z = np.repeat(np.repeat([[0, 254], [255, 127]], 4, axis=0), 4, axis=1)
    demo = Demo(size=8)
    for shift in range(4):
        field_message(demo, z).deliver(page, shift=shift)
        wait_for_ack(page, shift + 1)
        low, high, empty, middle = shades(
            page, 0, [(0.3, 0.75), (0.8, 0.75), (0.3, 0.2), (0.8, 0.2)]
        )
        assert low == pytest.approx([0x00, 0x22, 0x4E, 255], abs=2)
        assert high == pytest.approx([0xFE, 0xE8, 0x38, 255], abs=2)
        assert empty[3] == 0
        assert middle == pytest.approx([0x7D, 0x7C, 0x78, 255], abs=3)


def test_unaligned_floats_draw_the_same(page: Page) -> None:
    pictures = []
    for shift in (0, 3, 4):
        fill(page)
        Demo(size=16).message(36, key=True).deliver(page, shift=shift)
        wait_for_ack(page, 1)
        page.wait_for_timeout(100)
        canvases = "[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())"
        pictures.append(page.evaluate(canvases))
    assert len(pictures[0]) == 4
    assert pictures[0] == pictures[1] == pictures[2]


def test_gap_in_a_line_stays_empty(page: Page) -> None:
    made = Demo(size=8).message(1, key=True, picture=False)
    x = np.linspace(0, 1, 101)
    y = np.where(abs(x - 0.5) < 0.2, np.nan, 0.5)
    plot = {"title": "gap", "note": "", "alt": "", "equal": False, "x": axis("", 0, 1),
            "y": axis("", 0, 0.9), "marks": [lines(made, x, y, "", 1, width=9)]}  # fmt: skip
    made.header["picture"] = {"caption": "", "plots": [plot]}
    made.deliver(page)
    wait_for_ack(page, 1)
    columns = page.evaluate(
        """() => {
          const canvas = document.querySelector("canvas"), { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const orange = (k) => data[k] > 180 && data[k + 2] < 60 && data[k + 3] > 200;
          const rows = [...Array(height).keys()];
          return [0.2, 0.5, 0.9].map((share) =>
            rows.some((y) => orange(4 * (y * width + Math.floor(share * width)))));
        }"""
    )
    assert columns == [True, False, True]


def describe(page: Page) -> str:
    """What the loss plot says of itself: the last value of each track."""
    return page.locator("canvas").last.get_attribute("aria-label") or ""


def test_skipped_frames_lose_nothing(page: Page) -> None:
    """Three messages before one animation frame: one ack, but the tracks and ticks of all."""
    demo = start(page, 10)
    messages = [demo.message(step, since=step - 5) for step in (15, 20, 25)]
    messages[0].header["ticks"] = [{"x": {"step": 12.0}, "text": "walls 10 → 20"}]
    messages[1].header["values"] = demo.values | {"w_bc": 20.0}
    messages[2].header["state"] = "paused"
    texts = [[one.header, one.buffers] for one in messages]
    page.evaluate(
        "(all) => { for (const [header, buffers] of all) models[0].deliver(header, buffers, 0); }",
        [[header, [encode(one) for one in buffers]] for header, buffers in texts],
    )
    wait_for_ack(page, 4)
    assert [one["i"] for one in sent(page, "ack")] == [1, 4]
    expect(page.get_by_label("walls, value")).to_have_value("20")
    assert f"walls {shown(demo.tracks['bc'][24])}" in describe(page)
    once = ink(page, 3)
    fresh = Demo(size=16)
    whole = fresh.message(25, key=True, state="paused")
    whole.header |= {"i": 5, "ticks": messages[0].header["ticks"]}
    whole.deliver(page)
    wait_for_ack(page, 5)
    assert ink(page, 3) == once, "the tracks put together differ from the whole ones"
    fresh.message(25, since=25, state="paused", ticks=[], i=6).deliver(page)
    wait_for_ack(page, 6)
    assert ink(page, 3) < once - 100, "the tick was there"


def encode(buffer: bytes) -> str:
    import base64

    return base64.b64encode(buffer).decode()


def shown(value: float) -> str:
    return f"{value:.3g}" if value >= 1e-3 else f"{value:.2e}"[:4]


def test_new_run_clears_the_history(page: Page) -> None:
    demo = start(page, 36, state="paused")
    assert "walls 0" in describe(page)
    ticked = ink(page, 3)
    demo.message(0, run=2, state="idle", picture=False, tracks=[]).deliver(page)
    wait_for_ack(page, 2)
    assert "walls –" in describe(page)
    expect(page.locator(".sciml-panel")).to_have_attribute("data-step", "0")
    demo.message(36, run=2, state="paused").deliver(page)
    wait_for_ack(page, 3)
    assert ink(page, 3) < ticked - 100, "the tick was of the old run"


def test_missing_points_are_asked_for(page: Page) -> None:
    demo = start(page, 10)
    demo.message(30, since=25).deliver(page)
    wait_for_ack(page, 2)
    assert len(sent(page, "ready")) == 2


def test_frames_before_the_first_key_frame_wait(page: Page) -> None:
    demo = Demo(size=16)
    demo.message(10, since=5).deliver(page)
    demo.message(12, key=True).deliver(page)
    wait_for_ack(page, 2)
    assert [one["i"] for one in sent(page, "ack")] == [2]


def test_a_frame_that_asks_for_no_acknowledgement_is_drawn_without(page: Page) -> None:
    demo = start(page, 10)
    demo.message(15, since=10, picture=False, ack=False).deliver(page)
    expect(page.locator(".sciml-panel")).to_have_attribute("data-step", "15")
    demo.message(20, since=15, picture=False, ack=False).deliver(page)
    demo.message(25, since=20).deliver(page)
    wait_for_ack(page, 4)
    assert [one["i"] for one in sent(page, "ack")] == [1, 4]


def test_hidden_and_ready(page: Page) -> None:
    demo = start(page)
    host = "document.getElementById('host').style.marginTop"
    page.evaluate(f"{host} = '5000px'")
    page.wait_for_function("models[0].sent.at(-1).t === 'hidden'")
    demo.message(37, since=36).deliver(page)
    page.wait_for_timeout(120)
    assert len(sent(page, "ack")) == 1, "nobody sees it, so nothing is drawn"
    page.evaluate(f"{host} = 0")
    wait_for_ack(page, 2)
    assert len(sent(page, "ready")) == 2
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    assert page.evaluate("models[0].sent.at(-1).t") == "hidden"


def test_reduced_motion_draws_twice_a_second(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    demo = start(page, 1)
    for step in range(2, 22):
        demo.message(step, since=step - 1, picture=False).deliver(page)
        page.wait_for_timeout(30)
    wait_for_ack(page, 21)
    acks = [one["at"] for one in sent(page, "ack")]
    assert len(acks) >= 3
    assert min(np.diff(acks)) >= 480


def test_state_and_values_become_traits(page: Page) -> None:
    demo = start(page)
    page.wait_for_function("models[0].saved.length === 1")
    drag(page, "walls", 0.8)
    for step in range(37, 67):
        demo.values["w_ic"] = float(step)
        demo.message(step, since=step - 1, picture=False, values=demo.values).deliver(page)
        page.wait_for_timeout(15)
    page.wait_for_function("models[0].saved.at(-1).values.w_ic === 66")
    saved = page.evaluate("models[0].saved")
    assert saved[0]["state"] == "running"
    assert min(np.diff([one["at"] for one in saved])) >= 230
    assert {one["values"]["w_bc"] for one in saved} == {10.0}, "a drag is not yet applied"
    page.mouse.up()


# ---- hands --------------------------------------------------------------------------------------


def test_transport(page: Page) -> None:
    demo = start(page)
    page.get_by_role("button", name="Pause", exact=True).click()
    demo.message(37, since=36, state="paused").deliver(page)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Step", exact=True).click()
    page.get_by_label("frames per step").select_option("10")
    page.get_by_role("button", name="Step", exact=True).click()
    page.get_by_role("button", name="Reset", exact=True).click()
    page.get_by_label("pace").select_option("3")
    page.get_by_role("button", name="Measure here").click()
    sent = page.evaluate("models[0].sent")
    assert [one["order"] for one in sent] == list(range(1, len(sent) + 1))
    assert len({one["view"] for one in sent}) == 1
    extra = {"at", "order", "view"}
    did = [{k: v for k, v in one.items() if k not in extra} for one in sent]
    assert [one for one in did if one["t"] not in ("ready", "ack")] == [
        {"t": "pause"},
        {"t": "go"},
        {"t": "step", "n": 1},
        {"t": "step", "n": 10},
        {"t": "reset"},
        {"t": "pace", "value": 3},
        {"t": "press", "name": "measure"},
    ]


def test_keys(page: Page) -> None:
    start(page)
    page.evaluate("document.body.addEventListener('keydown', () => { window.leaked = true; })")
    page.locator(".sw-plots").click()
    for key in (" ", ".", "r"):
        page.keyboard.press(key)
    slider(page, "walls").focus()
    page.keyboard.press(" ")
    kinds = ["pause", "step", "reset", "pause"]
    assert [one["t"] for one in page.evaluate("models[0].sent.slice(-4)")] == kinds
    count = page.evaluate("models[0].sent.length")
    page.get_by_label("walls, value").focus()
    page.keyboard.type("1.r ")
    page.get_by_label("data", exact=True).focus()
    page.keyboard.press("r")
    later = page.evaluate(f"models[0].sent.slice({count}).map(({{ t }}) => t)")
    assert set(later) <= {"turn"}
    page.get_by_role("button", name="Reset", exact=True).focus()
    count = page.evaluate("models[0].sent.length")
    page.keyboard.press(" ")
    assert [one["t"] for one in page.evaluate(f"models[0].sent.slice({count})")] == ["reset"]
    assert not page.evaluate("window.leaked")


def test_drag_sends_while_moving_and_once_at_the_end(page: Page) -> None:
    demo = start(page)
    drag(page, "walls", 0.6, 0.7, 0.8)
    moving = turns(page)
    assert len(moving) >= 3
    assert all(name == "w_bc" and dragging for name, _, dragging in moving)
    assert [value for _, value, _ in moving] == sorted(value for _, value, _ in moving)
    demo.message(37, since=36, values=demo.values | {"w_bc": 11.0}).deliver(page)
    wait_for_ack(page, 2)
    field = page.get_by_label("walls, value")
    under = field.input_value()
    assert under != "11", "the hand's value stays while it drags"
    page.mouse.up()
    page.wait_for_timeout(50)
    last = turns(page)[len(moving) :]
    assert last == [("w_bc", moving[-1][1], False)]
    demo.message(38, since=37, values=demo.values | {"w_bc": 12.0}).deliver(page)
    page.wait_for_timeout(1500)
    assert field.input_value() == under, "an older value that is still on its way does not flicker"
    expect(field).to_have_value("12")  # what was applied counts in the end


def test_drag_is_throttled_to_animation_frames(page: Page) -> None:
    start(page)
    page.evaluate(
        """() => {
          const range = document.querySelector('[type=range]');
          for (let k = 0; k < 50; k++) {
            range.value = k;
            range.dispatchEvent(new Event("input"));
          }
          range.dispatchEvent(new Event("change"));
        }"""
    )
    page.wait_for_timeout(60)
    assert [drag for *_, drag in turns(page)] == [False]


def test_drag_out_and_back_ends(page: Page) -> None:
    """The browser fires no change event then, but the kernel must hear that the hand let go."""
    start(page)
    drag(page, "slice at t", 0.7, 0.5)
    page.mouse.up()
    page.wait_for_timeout(60)
    assert [drag for *_, drag in turns(page)][-1] is False
    assert [drag for *_, drag in turns(page)].count(False) == 1


def test_restart_slider_sends_on_release_only(page: Page) -> None:
    start(page)
    drag(page, "depth", 0.7, 0.99)
    assert turns(page) == []
    expect(page.get_by_label("depth, value")).to_have_value("10")
    page.mouse.up()
    page.wait_for_timeout(50)
    assert turns(page) == [("net.depth", 10, False)]


def test_arrow_keys_turn_every_slider(page: Page) -> None:
    start(page)
    for name, path, value in [
        ("depth", "net.depth", 5), ("points inside", "points", 1507), ("slice at t", "slice", 0.51)
    ]:  # fmt: skip
        slider(page, name).focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(480)
        got = turns(page)[-1]
        assert (got[0], got[2]) == (path, False)
        assert got[1] == pytest.approx(value, rel=1e-9)


def test_arrow_key_turns_small_whole_numbers_on_a_log_scale(page: Page) -> None:
    demo = start(page)
    demo.message(37, since=36, values=demo.values | {"points": 100}).deliver(page)
    wait_for_ack(page, 2)
    slider(page, "points inside").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("points inside, value")).to_have_value("101")


def test_keys_in_a_row_are_one_turn(page: Page) -> None:
    start(page)
    slider(page, "slice at t").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
    moving = turns(page)
    assert [dragging for *_, dragging in moving] == [True] * 3, "a key is a hand on the slider"
    page.wait_for_timeout(480)
    assert turns(page)[3:] == [("slice", moving[-1][1], False)]
    slider(page, "depth").focus()
    page.keyboard.press("ArrowRight")
    slider(page, "width").focus()
    assert turns(page)[4:] == [("net.depth", 5, False)], "going away ends it at once"


def test_typed_values(page: Page) -> None:
    start(page)
    field = page.get_by_label("viscosity ν, value")
    for text in ("0,02", "2e-2"):
        field.click()
        field.fill(text)
        field.press("Enter")
    assert turns(page) == [("problem.nu", 0.02, False)]
    field.press("Escape")
    for text, why in (
        ("abc", "not a number"),
        ("9", "out of range (0.001 to 0.2)"),
        ("", "not a n"),
    ):
        field.click()
        field.fill(text)
        field.press("Enter")
        expect(page.locator(".sw-caption")).to_contain_text(why)
        assert field.input_value() == text, "what was typed can be mended"
        field.press("Escape")
    points = page.get_by_label("points inside, value")
    points.fill("2.5")
    points.press("Enter")
    expect(page.locator(".sw-caption")).to_contain_text("not a whole number")
    assert len(turns(page)) == 1
    expect(field).to_have_value("0.00318")


def test_refused_turn_falls_back_with_a_notice(page: Page) -> None:
    demo = start(page)
    page.get_by_label("data", exact=True).select_option("reconstruct")
    assert turns(page) == [("mode", "reconstruct", False)]
    demo.message(37, since=36, notice="mode cannot change now").deliver(page)
    wait_for_ack(page, 2)
    assert page.get_by_label("data", exact=True).input_value() == "forward"
    expect(page.locator(".sw-caption")).to_have_text("mode cannot change now")


def test_what_was_said_of_a_rest_goes_when_the_run_goes_on(page: Page) -> None:
    demo = start(page, state="finished")
    demo.message(36, since=36, state="finished", notice="press Run").deliver(page)
    expect(page.locator(".sw-caption")).to_have_text("press Run")
    demo.message(37, since=36).deliver(page)
    expect(page.locator(".sw-caption")).not_to_contain_text("press Run", timeout=1000)


def test_back_to_the_default(page: Page) -> None:
    demo = start(page)
    button = page.get_by_role("button", name="Reset initial condition to 10")
    button.focus()
    page.keyboard.press("Enter")
    assert turns(page) == [("w_ic", 10.0, False)]
    demo.values["w_ic"] = 10.0
    demo.message(37, since=36, values=demo.values).deliver(page)
    expect(button).to_be_hidden()
    page.get_by_text("viscosity ν").dblclick()
    assert turns(page)[1:] == [("problem.nu", 0.01, False)]
    page.get_by_role("checkbox", name="redraw the points").click()
    assert turns(page)[2:] == [("redraw", True, False)]


def test_silent_knob_says_why(page: Page) -> None:
    demo = start(page)
    row = page.locator(".sw-knob", has_text="learning rate")
    expect(row).to_contain_text("not with Gauss-Newton")
    expect(row).to_have_attribute("title", "not with Gauss-Newton")
    expect(page.get_by_label("learning rate, value")).to_be_disabled()
    demo.message(37, since=36, silent={}).deliver(page)
    expect(slider(page, "learning rate")).to_be_enabled()
    expect(row).not_to_contain_text("not with")


def test_names_units_and_help_for_everybody(page: Page) -> None:
    start(page)
    expect(slider(page, "depth")).to_have_attribute("aria-valuetext", "4 layers")
    assert "how fast" in (slider(page, "viscosity ν").get_attribute("aria-description") or "")
    assert "starts the run over" in (slider(page, "width").get_attribute("aria-description") or "")
    for button in page.locator("button, input, select").all():
        named = button.evaluate(
            "(e) => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent"
        )
        assert named.strip()
    expect(page.get_by_role("img", name="heat map of the network")).to_be_visible()
    page.get_by_role("button", name="Projector mode").click()
    expect(page.get_by_role("button", name="Projector mode")).to_have_attribute(
        "aria-pressed", "true"
    )


# ---- the look -----------------------------------------------------------------------------------


def test_diverged_says_why(page: Page) -> None:
    demo = start(page)
    expect(page.get_by_role("alert")).to_be_hidden()
    demo.message(
        37, since=36, state="diverged", message="Diverged at step 37: too steep."
    ).deliver(page)
    expect(page.get_by_role("alert")).to_have_text("Diverged at step 37: too steep.")


def test_nothing_moves_while_running(page: Page) -> None:
    demo = start(page, 0, state="running")
    measure = """[...document.querySelectorAll(
      ".sciml-panel, .sw-foot, canvas, .sw-run, .sw-knobs, .sw-goal, .sw-stats > *")
    ].map((e) => JSON.stringify(e.getBoundingClientRect()))"""
    before = page.evaluate(measure)
    for number, step in enumerate((1, 20, 36, 399), start=2):
        caption = "word " * (3 * step)
        made = demo.message(step, key=True)
        made.header["picture"]["caption"] = caption
        made.deliver(page)
        wait_for_ack(page, number)
        assert page.evaluate(measure) == before, f"step {step}"


@pytest.mark.parametrize("width", [700, 420])
def test_narrow_panel_shows_the_picture_first(page: Page, width: int) -> None:
    fill(page, width=width)
    start(page)
    details = page.locator("details")
    expect(details).not_to_have_attribute("open", "")
    plots, controls = page.locator(".sw-plots").bounding_box(), details.bounding_box()
    assert plots["y"] + plots["height"] <= controls["y"] + 1
    assert controls["height"] < 60
    page.get_by_text("Controls").click()
    expect(slider(page, "walls")).to_be_visible()
    columns = {group.bounding_box()["x"] for group in page.locator(".sw-groups > div").all()}
    assert len(columns) == (2 if width > 520 else 1)
    outside = page.evaluate(
        """() => {
          const { right } = document.querySelector(".sciml-panel").getBoundingClientRect();
          const all = [...document.querySelectorAll(".sciml-panel *")];
          const beyond = all.filter((e) => e.getBoundingClientRect().right > right);
          return beyond.map((e) => e.className);
        }"""
    )
    assert outside == []


@pytest.mark.parametrize(("large", "border"), [(False, 64 * 13), (True, 64 * 18)])
def test_the_controls_fold_where_the_style_puts_them_below(
    page: Page, large: bool, border: int
) -> None:
    """The border is 64 letters wide: large type folds them on a wider page."""
    for width, folded in ((border, True), (border + 60, False)):  # 38 are margins
        fill(page, width=width)
        start(page)
        if large:
            page.get_by_role("button", name="Projector mode").click()
        details = page.locator("details")
        if folded:
            expect(details).not_to_have_attribute("open", "")
        else:
            expect(details).to_have_attribute("open", "")
        plots, controls = page.locator(".sw-plots").bounding_box(), details.bounding_box()
        assert (plots["y"] + plots["height"] <= controls["y"] + 1) is folded


def test_the_controls_are_as_tall_as_the_picture_beside_them(page: Page) -> None:
    """No knob is cut above an empty place."""
    start(page)
    page.add_style_tag(content=".sciml-panel .sw-plots { min-height: 70em }")
    plots, controls = (page.locator(name).bounding_box() for name in (".sw-plots", ".sw-knobs"))
    assert plots["height"] > 46 * 13 and abs(controls["height"] - plots["height"]) < 1


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(page: Page, dark: bool) -> None:
    """Contrast of at least 4.5 between every text of the page and what is behind it."""
    fill(page, dark=dark)
    start(page, 36, state="diverged", message="Diverged.")
    poor = page.evaluate(
        CONTRAST
        + """
        const found = [];
        for (const e of document.querySelectorAll(".sciml-panel *")) {
          const written = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
          if (!written && e.tagName !== "INPUT") continue;
          if (!e.checkVisibility({ visibilityProperty: true })) continue;
          if (e.matches(".sw-silent .sw-head *")) continue; // switched off
          let behind = e;
          while (clear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
          const paper = getComputedStyle(behind).backgroundColor;
          const ratio = contrast(getComputedStyle(e).color, paper);
          if (ratio < 4.5) found.push([e.className, e.textContent, ratio]);
        }
        return found;
        }"""
    )
    assert poor == []


@pytest.mark.parametrize("dark", [False, True])
def test_names_at_the_lines_can_be_read(page: Page, dark: bool) -> None:
    """The names are drawn as blocks, so that their colour can be measured; one in each colour."""
    colours = range(len(PALETTE["light"]))
    demo = Demo(
        [{**SERIES[1], "name": f"s{k}", "label": "█" * 12, "colour": k} for k in colours], 8
    )
    demo.tracks = {f"s{k}": np.full(40, 10.0**-k) for k in colours}
    fill(page, dark=dark)
    demo.message(30, key=True).deliver(page)
    wait_for_ack(page, 1)
    ratios = page.evaluate(
        CONTRAST
        + """
        const canvas = [...document.querySelectorAll("canvas")].at(-1), { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(width - 20, 0, 1, height);
        const seen = {};
        for (let k = 0; k < data.length; k += 4) {
          const css = `rgb(${data.slice(k, k + 3)})`;
          if (data[k + 3] > 250) seen[css] = (seen[css] || 0) + 1;
        }
        const paper = getComputedStyle(document.querySelector(".sciml-panel")).backgroundColor;
        return Object.entries(seen).filter(([, n]) => n > 5).map(([css]) => contrast(css, paper));
        }"""
    )
    assert len(ratios) == len(colours)
    assert min(ratios) >= 4.5


def test_theme_switch_repaints(page: Page) -> None:
    start(page)
    before = page.locator("canvas").last.screenshot()
    for name, value in (("jpThemeLight", "false"), ("jpThemeLight", "true")):
        page.evaluate("([name, value]) => { document.body.dataset[name] = value; }", [name, value])
        page.wait_for_timeout(80)
        after = page.locator("canvas").last.screenshot()
        assert (after != before) == (value == "false")


def test_themes_of_the_hosts(page: Page) -> None:
    marks = [
        ("document.body.className = 'vscode-dark'", True),
        ("document.body.className = 'vscode-light'", False),
        ("document.body.className = 'vscode-high-contrast'", True),
        ("document.body.className = 'vscode-high-contrast-light vscode-high-contrast'", False),
        ("document.documentElement.className = 'dark'", True),
        ("document.documentElement.dataset.theme = 'dark'", True),
        ("document.documentElement.dataset.theme = 'light'", False),
        ("document.documentElement.setAttribute('theme', 'dark')", True),
        ("document.body.dataset.jpThemeLight = 'true'", False),
        ("document.body.dataset.jpThemeLight = 'false'", True),
    ]
    clear = """() => {
      for (const e of [document.documentElement, document.body]) {
        while (e.attributes.length) e.removeAttribute(e.attributes[0].name);
      }
    }"""
    start(page)
    root = page.locator(".sciml-panel")
    for mark, dark in marks:
        page.emulate_media(color_scheme="light" if dark else "dark")
        page.evaluate(clear)
        expect(root).to_have_class("sciml-panel" if dark else "sciml-panel sw-dark")
        page.evaluate(mark)
        expect(root).to_have_class("sciml-panel sw-dark" if dark else "sciml-panel")


def test_canvas_has_all_the_pixels_of_the_screen(browser: Browser) -> None:
    page = browser.new_page(device_scale_factor=2)
    fill(page)
    start(page)
    ratio = "(c => c.width / c.getBoundingClientRect().width)(document.querySelector('canvas'))"
    assert page.evaluate(ratio) == pytest.approx(2, rel=1e-6)
    page.close()


def test_every_mark_and_axis_draws(page: Page) -> None:
    """All kinds of marks, log axes, missing limits, a band, an empty array, a metric plot."""
    series = [*SERIES, {**SERIES[0], "name": "acc", "label": "accuracy", "role": "metric",
              "scale": "linear", "x": "labels", "band": ["acc_lo", "acc_hi"]}]  # fmt: skip
    demo = Demo(series, size=8)
    del demo.tracks["acc"]
    made = demo.message(30, key=True)
    for name, add in (("acc", 0.0), ("acc_lo", -0.1), ("acc_hi", 0.1)):
        track = {"name": name, "from": 0, "n": 9, "x": made.put(np.arange(9) * 10.0)}
        made.header["tracks"].append({**track, "y": made.put(0.5 + add + np.arange(9) / 30)})
    x = np.geomspace(1, 100, 20)
    xs, ys = made.put(x), made.put(x**-2)
    free = {"x": axis("time in s", None, None, True), "y": axis("energy", None, None, True)}
    common = {"label": "a", "colour": 1, "x": xs, "y": ys}
    nothing = made.put(np.array([]))
    marks = [
        {"kind": "points", "size": 4, "hollow": True, **common},
        {"kind": "points", **common, "size": 4, "hollow": False, "x": nothing, "y": nothing},
        {"kind": "lines", "dash": "dotted", "width": 2, "band": [ys, xs], **common},
        {"kind": "arrows", "u": ys, "v": ys, **common},
        {"kind": "bars", "width": 0.5, **common},
        {"kind": "text", "x": 10, "y": 0.1, "text": "here", "colour": 6, "align": "center"},
        {"kind": "of a later version"},
    ]
    made.header["picture"]["plots"] += [
        {"title": "all", "note": "", "alt": "", "equal": False, "marks": marks[:6], **free},
        {"title": "shape", "note": "", "alt": "", "equal": True, "marks": marks[:1],
         "x": axis("", None, None), "y": axis("", None, None)},
    ]  # fmt: skip
    made.deliver(page)
    wait_for_ack(page, 1)
    assert page.locator("figure").count() == 7
    assert min(ink(page, number) for number in range(7)) > 500
    expect(page.locator("figcaption b").last).to_have_text("accuracy")
    expect(page.locator("figcaption span").last).to_have_text("")  # the axis says over what
    expect(page.get_by_role("img", name="accuracy, over labels")).to_have_count(1)


def test_before_the_first_message_and_without_controls(page: Page) -> None:
    page.get_by_role("button", name="Projector mode").click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    demo = Demo(size=8)
    made = demo.message(0, key=True, state="idle", goal=None, picture=False)
    made.header["spec"]["controls"] = []
    made.deliver(page)
    wait_for_ack(page, 1)
    expect(page.locator("details")).to_be_hidden()
    expect(page.locator(".sw-goal")).to_be_hidden()


# ---- views --------------------------------------------------------------------------------------


def test_two_views_of_a_model_and_two_models(page: Page) -> None:
    page.evaluate("addView(0, 'two'); addView(addModel(), 'three')")
    views = {one["view"] for one in sent(page, "ready")}
    assert len(views) == 2
    demo = start(page)
    page.wait_for_function("models[0].sent.filter(({ t }) => t === 'ack').length === 2")
    assert {one["view"] for one in sent(page, "ack")} == views
    page.locator("#two").get_by_role("button", name="Projector mode").click()
    expect(page.locator("#one .sw-large")).to_have_count(0)
    expect(page.locator("#three .sciml-panel")).to_have_attribute("data-step", "0")
    ids = page.evaluate("[...document.querySelectorAll('.sciml-panel [id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)) > len(CONTROLS)
    page.evaluate("closers[1]()")
    demo.message(37, since=36).deliver(page)
    wait_for_ack(page, 2)
    expect(page.locator("#two .sciml-panel")).to_have_count(0)
    expect(page.locator("#one .sciml-panel")).to_have_attribute("data-step", "37")


def test_clean_up_removes_everything(page: Page) -> None:
    others = page.evaluate("watching") - 3
    hidden = "getComputedStyle(document.getElementById('twin')).display"
    twin = "<p id=twin class=sciml-static-t0>twin</p>"
    page.evaluate(f"document.body.insertAdjacentHTML('beforeend', '{twin}')")
    assert page.evaluate(hidden) == "none"
    demo = start(page)
    drag(page, "walls", 0.7)
    page.evaluate("closers[0]()")
    page.mouse.up()
    assert page.evaluate(hidden) == "block"
    assert page.evaluate("watching") == others
    assert page.evaluate("models[0].heard.length") == 0
    assert page.evaluate("outer.length") >= 4
    assert (
        page.evaluate("outer.filter(({ signal }) => !signal?.aborted).map(({ type }) => type)")
        == []
    )
    assert page.evaluate("document.querySelectorAll('.sciml-panel, style').length") == 2
    assert page.evaluate("models[0].sent.at(-1).t") == "hidden"
    count = page.evaluate("models[0].sent.length")
    demo.message(37, since=36).deliver(page)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.wait_for_timeout(900)
    assert page.evaluate("models[0].sent.length") == count


def test_same_controls_stay_at_a_key_frame(page: Page) -> None:
    demo = start(page)
    slider(page, "walls").focus()
    demo.message(37, key=True).deliver(page)
    wait_for_ack(page, 2)
    expect(slider(page, "walls")).to_be_focused()
    more = demo.message(38, key=True)
    more.header["spec"]["controls"] = [*CONTROLS, control("extra", "extra", "View", 0.5)]
    more.header["values"] = demo.values | {"extra": 0.5}
    more.deliver(page)
    expect(slider(page, "extra")).to_be_visible()
    assert page.locator(".sw-groups").count() == 1


@pytest.mark.parametrize("size", ["", "sw-large"])
@pytest.mark.parametrize("name", sorted(labs()))
def test_no_name_and_no_value_of_a_knob_is_cut(page: Page, name: str, size: str) -> None:
    lab = labs()[name]()
    Demo().message(0, key=True, spec=spec(lab), values=values(lab), silent={}).deliver(page)
    page.evaluate(
        "size => size && document.querySelector('.sciml-panel').classList.add(size)", size
    )
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.sw-head label, .sw-head .sw-value')]
          .filter((one) => one.scrollWidth > one.clientWidth)
          .map((one) => one.textContent || one.value)"""
    )
    assert cut == []


def test_what_stands_beside_a_colour_bar_is_not_cut(page: Page) -> None:
    page.evaluate(
        """() => {
          const draw = CanvasRenderingContext2D.prototype.fillText;
          window.over = [];
          CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
            const end = this.textAlign === "left" ? x + this.measureText(text).width : x;
            const room = this.canvas.width / this.getTransform().a;
            if (end > room + 0.5) window.over.push(text);
            draw.call(this, text, x, y);
          };
        }"""
    )
    message = Demo().message(40, key=True)
    for plot in message.header["picture"]["plots"]:
        for mark in plot["marks"]:
            if mark["kind"] == "image":
                mark |= {"low": -5.25e-6, "high": 5.25e-6, "unit": "surrogate minus truth"}
    message.deliver(page)
    wait_for_ack(page, 1)
    assert page.evaluate("over") == []
