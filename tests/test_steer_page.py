"""Goal, presets and earlier runs in a real browser, without a kernel."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from panel_page import Demo, Message, chromium, fill
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PRESETS = [
    {"name": "wrong weights", "why": "The start hardly counts."},
    {"name": "too few points", "why": "Fifty are not enough."},
]


@pytest.fixture(scope="module")
def tab() -> Iterator[tuple[Page, list[str]]]:
    try:
        with chromium() as browser:
            page, complaints = browser.new_page(), []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
            yield page, complaints
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def page(tab: tuple[Page, list[str]]) -> Iterator[Page]:
    opened, complaints = tab
    complaints.clear()
    fill(opened)
    yield opened
    assert not complaints


def start(page: Page, step: int = 30, **header: Any) -> Demo:
    demo = Demo(size=16)
    made = demo.message(step, key=True, **header)
    made.header["spec"]["presets"] = PRESETS
    show(page, demo, made)
    return demo


def show(page: Page, demo: Demo, made: Message) -> None:
    made.deliver(page)
    page.wait_for_function(
        "(i) => models[0].sent.some((one) => one.t === 'ack' && one.i === i)", arg=demo.number
    )


def sent(page: Page, kind: str) -> list[str]:
    return [one["name"] for one in page.evaluate("models[0].sent") if one["t"] == kind]


def test_the_goal_is_told_in_words_and_by_a_meter(page: Page) -> None:
    demo = start(page, goal={"text": "Goal: error below 5 %", "state": "open", "share": 0.25})
    meter = page.get_by_role("meter", name="goal")
    expect(page.get_by_text("Goal: error below 5 %")).to_be_visible()
    assert meter.get_attribute("aria-valuenow") == "25"
    assert meter.get_attribute("aria-valuetext") == "Goal: error below 5 %"
    done = {"text": "✓ error below 5 % at step 31", "state": "reached", "share": 1}
    show(page, demo, demo.message(31, since=30, goal=done))
    expect(page.locator(".sw-goal")).to_have_text(done["text"])
    expect(page.locator(".sw-goal")).to_have_attribute("data-state", "reached")
    expect(page.locator(".sw-voice")).to_have_text(done["text"])  # said aloud at once
    unknown = {"text": "Goal: x · now not finite", "state": "open", "share": None}
    show(page, demo, demo.message(32, since=31, goal=unknown))
    assert meter.get_attribute("aria-valuenow") == "0"


def test_without_goal_and_presets_there_is_no_row(page: Page) -> None:
    demo = Demo(size=16)
    show(page, demo, demo.message(30, key=True, goal=None))
    expect(page.locator(".sw-steer")).to_be_hidden()


def test_a_preset_is_chosen_by_keyboard_and_says_why(page: Page) -> None:
    demo = start(page, goal=None, preset="")
    menu = page.get_by_role("combobox", name="Presets")
    expect(page.locator(".sw-why")).to_be_hidden()
    menu.focus()
    page.keyboard.press("t")  # "too few points"; no shortcut of the panel
    assert sent(page, "preset") == ["too few points"]
    expect(menu).to_have_value("")  # never applied: it goes back
    show(page, demo, demo.message(31, since=30, preset="too few points"))
    expect(menu).to_have_value("too few points")
    expect(page.get_by_role("status")).to_have_text("Fifty are not enough.")
    show(page, demo, demo.message(32, since=31, preset=""))
    expect(menu).to_have_value("")
    expect(page.locator(".sw-why")).to_be_hidden()
    assert sent(page, "preset") == ["too few points"]


def earlier(page: Page, demo: Demo, *runs: tuple[str, str, float]) -> bytes:
    """The loss plot with runs of this name and words, whose curves all have this height."""
    made = demo.message(30, key=True, state="paused", picture=False)
    made.header["earlier"] = [
        {
            "name": name,
            "words": words,
            "tracks": [
                {"name": one, "x": made.put([0, 20, 200]), "y": made.put([high, high / 2, high])}
                for one in demo.tracks
            ],
        }
        for name, words, high in runs
    ]
    show(page, demo, made)
    return page.evaluate("document.querySelector('.sciml-panel canvas').toDataURL()")


def test_the_axes_belong_to_the_run_and_to_what_is_pinned(page: Page) -> None:
    demo = Demo(size=16)
    far = earlier(page, demo, ("", "one", 1e5))
    assert earlier(page, demo, ("", "one", 1e6)) == far, "a ghost out of sight moves no axis"
    assert earlier(page, demo, ("", "one", 0.1)) != far, "one in sight is drawn"
    seen = earlier(page, demo, ("A", "one", 1e5))
    assert earlier(page, demo, ("A", "one", 1e7)) != seen, "a pinned error has its place"
    assert earlier(page, demo, ("A", "one", np.nan)) is not None


def test_a_run_is_pinned_and_unpinned_by_buttons_beside_its_plot(page: Page) -> None:
    demo = start(page)
    a, b = (page.get_by_role("button", name=f"Pin {name}", exact=True) for name in "AB")
    figure = page.locator("figure").filter(has=a)
    expect(figure.locator("b")).to_have_text("losses and errors")
    a.focus()
    page.keyboard.press("Enter")
    assert sent(page, "pin") == ["A"]
    demo.number = 1
    earlier(page, demo, ("", "seed 3", 0.3), ("A", "wrong weights", 0.5))
    expect(a).to_have_attribute("aria-pressed", "true")
    expect(b).to_have_attribute("aria-pressed", "false")
    assert page.locator(".sw-key span").all_inner_texts() == [
        "last run: seed 3",
        "A: wrong weights×",
    ]
    said = page.locator(".sciml-panel canvas").last.get_attribute("aria-label")
    assert said and "Pinned A (wrong weights): relative error 50\u2009%" in said
    a.click()
    assert sent(page, "pin") == ["A", "A"], "again: in its place"
    page.get_by_role("button", name="Unpin A", exact=True).click()
    assert sent(page, "unpin") == ["A"]


def test_after_a_reset_the_ghost_stands_alone(page: Page) -> None:
    demo = Demo(size=16)
    made = demo.message(0, key=True, state="idle", picture=False, goal=None)
    track = {"name": "rel_l2", "x": made.put([0, 900]), "y": made.put([1, 0.01])}
    made.header["earlier"] = [{"name": "", "words": "as at first", "tracks": [track]}]
    show(page, demo, made)
    expect(page.locator(".sw-key")).to_have_text("last run: as at first")
    painted = page.evaluate(
        """() => {
          const canvas = document.querySelector(".sciml-panel canvas"), { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          return data.filter((v, i) => i % 4 === 3 && v).length;
        }"""
    )
    assert painted > 300
