"""Drawing and placing in a real browser, by hand and by key, without a kernel."""

# ruff: noqa: F811 (a test takes a fixture by its name)

import json
import time
from typing import Any

import pytest
from panel_page import Message, fill
from playwright.sync_api import Page, expect
from test_panel_page import browser, page, sent, tab  # noqa: F401 (fixtures)

from sciml_widgets.labs import BurgersPINN
from sciml_widgets.live.wire import Wire
from sciml_widgets.player import Player

pytestmark = pytest.mark.browser

LAB = BurgersPINN().but(task="sensors", start="drawn", depth=1, width=4)
DRAWN, SENSORS = "problem.drawn", "problem.sensors"


def deliver(page: Page, lab: BurgersPINN = LAB) -> dict[str, Any]:
    """What a kernel sends first for this lab; returns the values that it tells."""
    player, message = Player(lab), Message()
    header, message.buffers = Wire().message(player, player.draw(16), True, "")
    message.header = json.loads(json.dumps(header)) | {"ack": True}
    acks = len(sent(page, "ack"))
    message.deliver(page)
    page.wait_for_function(
        "(n) => models[0].sent.filter((m) => m.t === 'ack').length > n", arg=acks
    )
    return message.header["values"]


def turns(page: Page, name: str) -> list[tuple[Any, bool]]:
    found = sent(page, "turn")
    assert {one["name"] for one in found} <= {name}
    return [(one["value"], one["drag"]) for one in found]


def settled(page: Page, name: str, count: int = 1) -> list[tuple[Any, bool]]:
    """The turns, when so many hands have let go."""
    page.wait_for_function(
        "(n) => models[0].sent.filter((m) => m.t === 'turn' && !m.drag).length === n", arg=count
    )
    return turns(page, name)


def editor(page: Page) -> Any:
    found = page.get_by_role("slider", name="u(x, 0)")
    found.scroll_into_view_if_needed()
    return found


def at(page: Page, x: float, height: float) -> tuple[float, float]:
    box = page.locator(".sw-curve svg").bounding_box()
    assert box is not None
    return box["x"] + (x + 1) / 2 * box["width"], box["y"] + (1 - height) / 2 * box["height"]


def spot(page: Page, number: int) -> Any:
    return page.locator(".sw-spot").nth(number - 1)


def centre(page: Page, number: int) -> tuple[float, float]:
    box = spot(page, number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def plot_place(page: Page, t: float, x: float) -> tuple[float, float]:
    box = page.locator(".sw-layer").bounding_box()
    assert box is not None
    return box["x"] + t * box["width"], box["y"] + (1 - x) / 2 * box["height"]


def test_a_stroke_of_the_pen_sets_every_height_that_it_passes(page: Page) -> None:
    deliver(page)
    editor(page)
    page.mouse.move(*at(page, -0.8, -0.5))
    page.mouse.down()
    page.mouse.move(*at(page, 0.0, 0.5))
    page.mouse.move(*at(page, 0.4, 2.0))
    page.wait_for_timeout(80)
    assert not turns(page, DRAWN), "a knob that restarts the run waits until the hand lets go"
    page.mouse.up()
    ((heights, drag),) = settled(page, DRAWN)
    assert not drag and len(heights) == 21
    expected = [0.0, 0.0, *[-0.5 + k / 8 for k in range(9)], *[0.5 + 1.5 * k / 4 for k in (1, 2)]]
    assert heights[:13] == pytest.approx([*expected[:11], 0.87, 1.0], abs=0.03)
    assert heights[13:15] == [1, 1] and heights[15:] == [0.0] * 6, "1 is the highest"


def test_the_ends_stay_where_they_are_held(page: Page) -> None:
    deliver(page)
    editor(page)
    page.mouse.move(*at(page, -1.0, 0.9))
    page.mouse.down()
    page.mouse.move(*at(page, 1.0, 0.9))
    page.mouse.up()
    ((heights, _),) = settled(page, DRAWN)
    assert heights[0] == heights[-1] == 0
    assert heights[1:-1] == pytest.approx([0.9] * 19, abs=0.03)


def test_the_keys_choose_a_place_and_change_its_height(page: Page) -> None:
    before = deliver(page)[DRAWN]
    slider = editor(page)
    slider.focus()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0 at −0.9")
    slider.press("ArrowLeft")  # the end itself is held
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0 at −0.8")
    for key in ("ArrowUp", "ArrowUp", "Shift+ArrowUp", "ArrowDown"):
        slider.press(key)
    expect(slider).to_have_attribute("aria-valuenow", "0.25")
    ((heights, _),) = settled(page, DRAWN)
    assert heights == [*before[:2], 0.25, *before[3:]], "taps in a row are one turn"
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "0 at 0.9")
    for _ in range(7):
        slider.press("Shift+ArrowDown")
    expect(slider).to_have_attribute("aria-valuenow", "-1")
    assert (slider.get_attribute("aria-valuemin"), slider.get_attribute("aria-valuemax")) == (
        "-1", "1",
    )  # fmt: skip
    slider.press(" ")
    assert sent(page, "go"), "the space bar runs, as everywhere in the panel"


def test_the_editor_shows_what_was_applied_and_goes_back(page: Page) -> None:
    deliver(page)
    line = page.locator(".sw-curve path").nth(3)
    usual = line.get_attribute("d")
    expect(page.get_by_role("button", name="Reset u(x, 0) to the default")).to_be_hidden()
    deliver(page, LAB.but(drawn=[0.0, *[0.5] * 19, 0.0]))
    assert line.get_attribute("d") != usual
    page.get_by_role("button", name="Reset u(x, 0) to the default").click()
    ((heights, _),) = settled(page, DRAWN)
    assert heights == list(BurgersPINN().problem.drawn)
    assert line.get_attribute("d") == usual


def test_where_they_have_no_effect_neither_editor_nor_points_are_there(page: Page) -> None:
    deliver(page)
    expect(page.locator(".sw-spot")).to_have_count(10)
    deliver(page, BurgersPINN())
    expect(page.locator(".sw-spot")).to_have_count(0)
    expect(page.locator(".sw-curve")).to_be_hidden()
    expect(page.get_by_text("the initial state is the sine")).to_be_visible()
    deliver(page)
    expect(page.locator(".sw-spot")).to_have_count(10)


def test_points_stand_where_the_plot_says(page: Page) -> None:
    values = deliver(page)
    for number, (t, x) in enumerate(values[SENSORS], 1):
        assert centre(page, number) == pytest.approx(plot_place(page, t, x), abs=1)
    page.set_viewport_size({"width": 700, "height": 900})
    page.evaluate("document.getElementById('host').style.width = '700px'")
    page.wait_for_timeout(200)
    for number, (t, x) in enumerate(values[SENSORS], 1):
        assert centre(page, number) == pytest.approx(plot_place(page, t, x), abs=1)
    axes = page.locator("canvas").first.evaluate("({ memory: { box } }) => [box.x0, box.x1]")
    left = page.locator("canvas").first.bounding_box()["x"]
    assert plot_place(page, 0, 0)[0] - left == pytest.approx(axes[0], abs=1)


def test_a_point_is_dragged(page: Page) -> None:
    before = deliver(page)[SENSORS]
    page.mouse.move(*centre(page, 3))
    began = time.perf_counter()
    page.mouse.down()
    for step in range(1, 31):
        page.mouse.move(*plot_place(page, 0.1 + 0.04 / 3 * step, 0.3 - 0.05 / 3 * step))
        page.wait_for_timeout(7)
    page.mouse.up()
    most = (time.perf_counter() - began) / 0.05 + 2  # one in 50 ms, the first and the last
    found = settled(page, SENSORS)
    assert 2 < len(found) <= min(most, 30)
    assert [drag for _, drag in found] == [True] * (len(found) - 1) + [False]
    for spots, _ in found:
        assert spots[:2] + spots[3:] == before[:2] + before[3:]
    assert found[-1][0][2] == pytest.approx([0.5, -0.2], abs=0.02)
    page.mouse.move(*centre(page, 3))
    page.mouse.down()
    page.mouse.move(5000, -5000)
    page.mouse.up()
    assert settled(page, SENSORS, 2)[-1][0][2] == [1, 1], "it stays in the box"


def test_a_click_adds_a_point_only_while_the_points_are_edited(page: Page) -> None:
    before = deliver(page)[SENSORS]
    page.mouse.click(*plot_place(page, 0.8, 0.6))
    page.wait_for_timeout(100)
    assert not turns(page, SENSORS)
    edit = page.get_by_role("button", name="Edit", exact=True)
    edit.click()
    expect(edit).to_have_attribute("aria-pressed", "true")
    page.mouse.click(*plot_place(page, 0.8, 0.6))
    spots, _ = settled(page, SENSORS)[-1]
    assert spots[:-1] == before and spots[-1] == pytest.approx([0.8, 0.6], abs=0.02)
    expect(page.locator(".sw-spot")).to_have_count(11)
    expect(page.get_by_text("11 placed")).to_be_visible()
    edit.click()
    expect(edit).to_have_attribute("aria-pressed", "false")


def test_points_by_key(page: Page) -> None:
    before = deliver(page)[SENSORS]
    edit = page.get_by_role("button", name="Edit", exact=True)
    edit.press("Enter")
    expect(spot(page, 1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    spot(page, 1).focus()
    page.keyboard.press("Tab")
    expect(spot(page, 2)).to_be_focused()
    expect(spot(page, 2)).to_have_attribute("aria-label", "sensors 2: t = 0.1, x = −0.3")
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    spots, _ = settled(page, SENSORS)[-1]
    assert spots == [before[0], [0.22, -0.26], *before[2:]]
    page.keyboard.press("Delete")
    assert settled(page, SENSORS, 2)[-1][0] == [before[0], *before[2:]]
    expect(spot(page, 2)).to_be_focused()
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(spot(page, 10)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    spots = settled(page, SENSORS, 3)[-1][0]
    assert spots == [before[0], *before[2:], [0.48, 0]]
    assert not sent(page, "go") and not sent(page, "step")


def test_one_point_stays_and_not_too_many_come(page: Page) -> None:
    deliver(page, LAB.but(sensors=[(0.5, 0.0)]))
    spot(page, 1).focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("sensors: one must stay").first).to_be_visible()
    deliver(page, LAB.but(sensors=[(0.5, 0.0)] * 20))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("sensors: at most 20").first).to_be_visible()
    page.wait_for_timeout(500)
    assert not turns(page, SENSORS)


def test_applied_values_do_not_pull_a_point_from_the_hand(page: Page) -> None:
    deliver(page)
    page.mouse.move(*centre(page, 3))
    page.mouse.down()
    page.mouse.move(*plot_place(page, 0.6, 0.8))
    deliver(page)
    assert centre(page, 3) == pytest.approx(plot_place(page, 0.6, 0.8), abs=3)
    page.mouse.up()
    end = time.monotonic() + 20  # nothing was applied: it goes back
    while centre(page, 3) != pytest.approx(plot_place(page, 0.1, 0.3), abs=1):
        assert time.monotonic() < end, "it stays where nothing is applied"
        page.wait_for_timeout(100)


def test_both_themes_and_large_type(page: Page) -> None:
    for dark in (False, True):
        fill(page, dark=dark, width=700)
        deliver(page)
        page.locator("summary").click()
        page.get_by_role("button", name="Projector mode").click()
        inside = page.locator(".sw-groups").bounding_box()
        box = editor(page).bounding_box()
        assert box["width"] > 150 and box["x"] + box["width"] <= inside["x"] + inside["width"]
        wide = page.evaluate("document.querySelector('.sciml-panel').scrollWidth")
        assert wide <= page.locator(".sciml-panel").bounding_box()["width"]
