"""Voila in headless Chromium: a notebook as a page without its code. The panel must live there."""

import importlib.util
import os
import time
from pathlib import Path

import pytest
from lab import CHROMIUM, chromium, complaints, notebook, voila

CI = os.environ.get("CI")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not CI, reason="no chromium on this machine"),
    pytest.mark.skipif(
        not importlib.util.find_spec("voila") and not CI, reason="voila is not installed"
    ),
]

SHOW = (
    "from sciml_widgets import show\n"
    "from sciml_widgets.labs import BurgersPINN\n"
    "panel = show(BurgersPINN())"
)


def test_the_panel_runs_turns_and_pauses_in_voila(tmp_path: Path) -> None:
    notebook(tmp_path / "page.ipynb", SHOW)
    with voila(tmp_path / "page.ipynb") as address, chromium() as browser:
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        thrown = complaints(tab)
        tab.goto(address, timeout=90_000)
        panel = tab.locator(".sciml-panel")
        panel.wait_for(timeout=60_000)

        def until(state: str, step: int = 0) -> None:
            end = time.monotonic() + 30
            while (
                panel.get_attribute("data-state") != state
                or int(panel.get_attribute("data-step")) < step
            ):
                assert time.monotonic() < end, (state, step, thrown)
                tab.wait_for_timeout(50)

        def pixels() -> str:
            return panel.locator("canvas").first.evaluate("c => c.toDataURL()")

        until("idle")
        assert tab.locator(".sciml-panel").count() == 1
        assert not tab.get_by_text("show(BurgersPINN())").is_visible(), "this is Voila"
        blank = pixels()
        panel.get_by_role("button", name="Run", exact=True).click()
        until("running", 30)
        assert pixels() != blank
        slider = panel.get_by_role("slider", name="viscosity").first
        told = slider.get_attribute("aria-valuetext")
        slider.focus()
        tab.keyboard.press("ArrowLeft")
        until("running", 40)
        assert slider.get_attribute("aria-valuetext") != told
        panel.get_by_role("button", name="Pause", exact=True).click()
        until("paused")
        tab.wait_for_timeout(2000)  # the still picture below it is drawn
        assert not tab.locator(".sciml-static img").is_visible(), "the twin hides while live"
        assert thrown == []
        tab.screenshot(path=os.environ.get("SHOT", tmp_path / "voila.png"))
