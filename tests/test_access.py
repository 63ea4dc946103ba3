# ruff: noqa: F401, F811 - the fixtures of a panel on a page
"""Nobody is shut out: axe-core and the laws of the house over each state of the panel."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from numpy_labs import DoubleWell
from panel_page import Demo, fill
from playwright.sync_api import Browser, Page, expect
from test_panel_page import CONTRAST, browser, page, sent, start, tab, wait_for_ack
from test_predict_page import choice, curve, number, told
from test_steer_page import PRESETS
from test_touch_page import deliver

from sciml_widgets.live.trace import trace
from sciml_widgets.live.trace_page import page as trace_page

pytestmark = pytest.mark.browser

LOOKS = {
    "light": {"width": 1130},
    "dark, 700 px": {"dark": True, "width": 700},
    "light, 200 %": {"width": 565},  # 1130 pixels of a screen, each twice as large
}
MORE = ("target-size", "label-content-name-mismatch", "focus-order-semantics")
"""Rules of axe-core that are off unless they are asked for."""


# ---- the states ---------------------------------------------------------------------------------


def fresh(page: Page) -> None:
    start(page, 0, state="idle", goal=None)


def running(page: Page) -> None:
    start(page, 36)


def diverged(page: Page) -> None:
    why = "Diverged at step 36: the loss “equation” is no longer a finite number."
    start(page, 36, state="diverged", message=why)


def refused(page: Page) -> None:
    start(page, 36, state="paused", notice="Not done: w_ic=1e+09 is outside [0.01, 1000]")


def asked(page: Page, question: Any, guess: Any = None, result: Any = None) -> None:
    step = 60 if result is not None else 0
    state, about = "paused" if step else "idle", told(question, guess, result)
    start(page, step, state=state, predict=about, goal=None)


def presets(page: Page) -> None:
    demo = Demo(size=16)
    text = {"text": "✗ error below 5 % not within 20 steps: 9 %", "state": "missed", "share": 0.2}
    made = demo.message(36, key=True, state="paused", preset=PRESETS[0]["name"], goal=text)
    made.header["spec"]["presets"] = PRESETS
    made.deliver(page)
    wait_for_ack(page, demo.number)


def touched(page: Page) -> None:
    deliver(page)
    knobs = page.locator(".sw-knobs")
    if knobs.get_attribute("open") is None:
        knobs.evaluate("e => { e.open = true; }")
    page.get_by_role("button", name="Edit").click()


def compared(page: Page) -> None:
    demo = Demo(size=16)
    made = demo.message(36, key=True, state="paused")
    made.header["earlier"] = [
        {"name": name, "words": words, "tracks": [
            {"name": one, "x": made.put([0, 20, 30]), "y": made.put([1, 0.5, 0.1])}
            for one in demo.tracks
        ]}
        for name, words in (("A", "as at first"), ("B", "seed 3"), ("", "viscosity 0.01"))
    ]  # fmt: skip
    made.deliver(page)
    wait_for_ack(page, demo.number)


def shared(page: Page) -> None:
    demo = start(page, 36, state="paused", said="the same numbers, all 36 steps")
    view = sent(page, "ready")[0]["view"]
    line = {"view": view, "text": '{"schema": 1}'}
    demo.message(37, since=36, state="paused", share=line).deliver(page)
    page.get_by_role("textbox", name="The record, one line of text").wait_for()


def recorded(page: Page) -> None:
    dark = page.evaluate("document.documentElement.dataset.theme") == "dark"
    width = page.viewport_size or {"width": 1130}
    record = trace(DoubleWell(), frames=50, pictures=4)
    made = trace_page(dataclasses.replace(record, message=""), "t", b"png")
    theme, colour = ("dark", "#14181d") if dark else ("light", "#fff")
    page.set_content(
        f'<!doctype html><html lang=en data-theme={theme}><meta charset="utf-8">'
        f'<body style="margin:0;background:{colour}">'
        f'<div id=host style="width:{width["width"]}px">{made}'
    )
    page.locator(".sciml-panel").wait_for()
    page.wait_for_timeout(300)


STATES: dict[str, Callable[[Page], None]] = {
    "fresh": fresh,
    "running": running,
    "diverged": diverged,
    "refused": refused,
    "a number is asked": lambda page: asked(page, number()),
    "a number is told": lambda page: asked(page, number(), "3", 0.012),
    "the room votes": lambda page: asked(page, choice(room=True)),
    "a choice": lambda page: asked(page, choice()),
    "a choice is told": lambda page: asked(page, choice(), "t = 0.25", "t = 0.5"),
    "a curve is asked": lambda page: asked(page, curve()),
    "presets and goal": presets,
    "curve and places": touched,
    "compared": compared,
    "shared": shared,
    "a trace": recorded,
}


def look(page: Page, name: str, state: str) -> None:
    fill(page, **LOOKS[name])
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    STATES[state](page)


# ---- the laws -----------------------------------------------------------------------------------

POOR = (
    CONTRAST
    + """
    const found = [];
    for (const e of document.querySelectorAll(".sciml-panel *")) {
      const written = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
      const field = e.matches("input:not([type=range], [type=checkbox], [type=radio])");
      if (!written && !field) continue;
      if (!e.checkVisibility({ visibilityProperty: true })) continue;
      if (e.closest(".sw-silent .sw-head, :disabled, [aria-disabled], .sw-voice")) continue; // off
      let behind = e;
      while (clear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
      const { color, opacity } = getComputedStyle(e);
      const ratio = contrast(color, getComputedStyle(behind).backgroundColor);
      if (ratio < 4.5 || opacity < 1) found.push([e.className, e.textContent, ratio, opacity]);
    }
    return found;
    }"""
)


def axe(page: Page) -> list[str]:
    """What axe-core finds in the panel: rule, impact, and where."""
    page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], "rules": {one: {"enabled": True} for one in MORE}}
    found = page.evaluate("(options) => axe.run('.sciml-panel', options)", options)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:150]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["light", "dark, 700 px"])
def test_axe_finds_nothing_and_each_text_can_be_read(page: Page, name: str, state: str) -> None:
    """Every rule of axe-core, not only the serious ones; contrast also where it cannot see."""
    look(page, name, state)
    assert axe(page) == []
    assert page.evaluate(POOR) == []
    wide = page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.documentElement)")
    assert wide <= 0, "nothing sticks out to the right"


WALK = """() => {
  const e = document.activeElement, { top, bottom, left, right } = e.getBoundingClientRect();
  if (!e.closest(".sciml-panel")) return e.id;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(e);
  return {
    html: e.outerHTML.slice(0, 120),
    name: e.ariaLabel || e.labels?.[0]?.textContent || e.textContent,
    ring: (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none",
    there: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth && bottom > top,
  };
}"""


@pytest.mark.parametrize("state", ["running", "a choice", "curve and places"])
def test_tab_goes_through_the_panel_and_out_again(page: Page, state: str) -> None:
    """No trap; each stop is in sight, has a ring, and comes back in the other direction."""
    look(page, "light, 200 %", state)
    assert axe(page) == []
    page.evaluate(
        """() => {
          const host = document.getElementById("host");
          for (const [id, put] of [["before", "before"], ["after", "after"]]) {
            const button = document.createElement("button");
            button.id = id;
            host[put](button);
          }
          document.getElementById("before").focus();
        }"""
    )

    def walk(key: str, end: str) -> list[str]:
        stops = []
        for _ in range(120):
            page.keyboard.press(key)
            now = page.evaluate(WALK)
            if now == end:
                return stops
            assert isinstance(now, dict), (now, stops[-1:])
            assert now["ring"] and now["there"] and now["name"], now
            stops.append(now["html"])
        raise AssertionError(f"{key} never leaves the panel: {stops[-3:]}")

    there = walk("Tab", "after")
    assert len(there) > 15
    assert walk("Shift+Tab", "before") == there[::-1]


def test_only_what_is_new_is_spoken_and_politely(page: Page) -> None:
    """A polite region for the newest sentence, an alert for trouble; numbers stay silent."""
    demo = start(page, 36)
    regions = page.evaluate(
        """[...document.querySelectorAll("[aria-live], [role=alert], [role=status], [role=log]")]
           .map((e) => [e.className, e.ariaLive || e.role])"""
    )
    assert regions == [
        ["sw-why", "status"], ["sw-alert", "alert"], ["sw-said", "status"], ["sw-voice", "polite"]
    ]  # fmt: skip
    page.evaluate(
        """() => {
          window.spoken = [];
          const voice = document.querySelector(".sw-voice");
          const note = () => spoken.push(voice.textContent);
          new MutationObserver(note).observe(voice, { childList: true, characterData: true });
        }"""
    )
    for step in range(37, 97):
        demo.message(step, since=step - 1).deliver(page)
        page.wait_for_timeout(20)
    assert len(page.evaluate("spoken")) <= 1, "sixty frames are not sixty sentences"
    why = "Diverged at step 97: the loss is no longer a finite number."
    demo.message(97, since=96, state="diverged", message=why).deliver(page)
    expect(page.get_by_role("alert")).to_have_text(why)
