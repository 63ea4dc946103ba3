# ruff: noqa: F811 - the fixtures of JupyterLab
"""Faults that live in the browser: impatient clicks, two tabs, keys that belong to JupyterLab."""

from typing import Any

from test_browser import NUMPY, Page, browser, jupyter, pytestmark  # noqa: F401 (fixtures)

WORKERS = "import threading; print(sum('sciml-player' in t.name for t in threading.enumerate()))"


def test_fifty_clicks_in_a_second_and_the_keys_of_jupyterlab(browser: Any, jupyter: Any) -> None:
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())", "").show()
    page.panel.evaluate(
        """async (panel) => {
          for (let click = 0; click < 50; click++) {
            panel.querySelector(".sw-run").click();
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }"""
    )
    page.until(lambda: page.step() > 0)
    assert page.python("print(a.player.runs, a.player.state)") in ("1 running", "1 paused")
    assert page.python(WORKERS) == "1"
    if page.state() == "running":
        page.button("Pause").click()
    page.until(lambda: page.state() == "paused")
    cells = page.tab.locator(".jp-Notebook .jp-Cell")
    before, step = cells.count(), page.step()
    page.panel.get_by_role("slider", name="speed").focus()
    for key in ("a", "b", "m", "d", "d", "x", "."):  # of a notebook: new, delete, cut a cell
        page.tab.keyboard.press(key)
    page.until(lambda: page.step() == step + 1)
    assert cells.count() == before
    page.tab.keyboard.press("Escape")  # to the cell: now they are JupyterLab's
    for key in ("b", ".", "r"):
        page.tab.keyboard.press(key)
    page.until(lambda: cells.count() == before + 1)
    assert page.step() == step + 1 and page.complaints == []
    page.tab.close()


def test_two_tabs_of_one_notebook_agree_within_a_second(browser: Any, jupyter: Any) -> None:
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())").show()
    page.tab.keyboard.press("Control+s")
    page.until(lambda: "widget-view" in page.path.read_text())
    other = browser.new_page(viewport={"width": 1400, "height": 1000})
    other.goto(jupyter.url(page.path.name).replace("/workspaces/book", "/workspaces/two"))
    there = other.locator(".sciml-panel").first
    there.wait_for(timeout=60_000)
    page.until(lambda: there.get_attribute("data-state") == "idle")
    there.get_by_role("button", name="Run", exact=True).click()
    page.until(lambda: page.state() == "running" and page.step() > 20)
    page.until(lambda: int(there.get_attribute("data-step")) > 20, 1.0)
    slider = page.panel.get_by_role("slider", name="speed").first
    slider.focus()
    page.tab.keyboard.press("End")
    page.button("Pause").click()
    page.until(lambda: there.get_attribute("data-state") == "paused", 1.0)
    page.until(lambda: int(there.get_attribute("data-step")) == page.step(), 1.0)
    told = there.get_by_role("slider", name="speed").first
    page.until(lambda: (told.get_attribute("aria-valuetext") or "").startswith("5"), 1.0)
    other.close()
    page.button("Run").click()
    step = page.step()
    page.until(lambda: page.step() > step + 20)  # a tab that has gone holds nobody up for long
    page.tab.close()
