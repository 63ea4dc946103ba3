"""Lesson 05 with no mouse: from the first cell to the goal of exercise 5.2, in JupyterLab."""

import os
import shutil
import time
from pathlib import Path

import pytest
from lab import CHROMIUM, chromium, idle, server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM and not os.environ.get("CI"), reason="no chromium on this machine"
    ),
]

LESSON = Path(__file__).parent.parent / "lessons" / "05_burgers.ipynb"
BUSY = ".jp-Notebook-ExecutionIndicator:not([data-status=idle])"
HERE = "(document.querySelector('.jp-Notebook .jp-Cell.jp-mod-active')?.textContent || '')"
FOCUS = "(e => e.ariaLabel || e.labels?.[0]?.textContent || '')(document.activeElement)"


def test_the_goal_of_lesson_05_is_reached_with_keys_only(tmp_path: Path) -> None:
    """Shift+Enter to the exercise, Tab to a knob, a number, Space; then the answer is typed."""
    shutil.copy(LESSON, tmp_path / "05.ipynb")
    with server(tmp_path) as jupyter, chromium() as browser:
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        press, end = tab.keyboard.press, time.monotonic() + 240
        tab.goto(jupyter.url("05.ipynb"))
        tab.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        idle(tab)
        while "turn one knob here" not in tab.evaluate(HERE):
            assert time.monotonic() < end
            press("Shift+Enter")
            tab.wait_for_timeout(150)
            while tab.locator(BUSY).count():
                assert time.monotonic() < end
                tab.wait_for_timeout(50)

        for _ in range(60):
            press("Shift+Tab")
            if tab.evaluate(FOCUS) == "initial condition, value":
                break
        panel = tab.locator(".sciml-panel").filter(has=tab.locator(":focus"))
        assert panel.count() == 1, "Shift+Tab leads from the next cell into the panel"
        tab.keyboard.type("10")
        press("Enter")
        press("Escape")  # back to the slider
        assert tab.evaluate(FOCUS) == "initial condition"
        press("Space")
        goal = panel.locator(".sw-goal")
        while goal.get_attribute("data-state") != "reached":
            assert time.monotonic() < end, goal.inner_text()
            tab.wait_for_timeout(100)
        assert "relative error below 5 % at step" in goal.inner_text()
        press("Space")
        tab.wait_for_timeout(300)
        assert panel.get_attribute("data-state") == "paused"
        press("Control+s")  # still JupyterLab's
        tab.locator(".jp-mod-dirty").first.wait_for(state="detached", timeout=10_000)

        press("Escape")  # out of the panel, to its cell
        while "turn one knob here" not in tab.evaluate(HERE):
            assert time.monotonic() < end
            press("ArrowDown")
            tab.wait_for_timeout(100)
        press("Enter")
        press("Control+a")
        tab.keyboard.insert_text("one_knob.check(start.but(w_ic=10.0))")
        press("Control+Enter")
        while "is below 5 % by step 600" not in tab.evaluate(HERE):
            assert time.monotonic() < end
            tab.wait_for_timeout(100)
        words = tab.evaluate(HERE)
        assert "not yet" not in words, words
        tab.screenshot(path=os.environ.get("SHOT", tmp_path / "keys.png"))
