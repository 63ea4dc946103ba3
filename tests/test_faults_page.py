# ruff: noqa: F811 - the fixtures of JupyterLab
"""Faults that live in the browser: impatient clicks, two tabs, keys that belong to JupyterLab."""

import contextlib
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from lab import server
from test_browser import NUMPY, Page, browser, jupyter, pytestmark  # noqa: F401 (fixtures)
from test_faults import measured  # noqa: F401 (a fixture)

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


@contextlib.contextmanager
def asking(folder: Path) -> Any:
    """`ask(expression)` of the newest kernel, past the server: a number, as when nobody looks."""
    files = (folder / ".jupyter").glob("**/kernel-*.json")
    client = BlockingKernelClient(connection_file=str(max(files, key=lambda f: f.stat().st_mtime)))
    client.load_connection_file()
    client.start_channels()

    def ask(expression: str) -> float:
        sent = client.execute("", silent=True, user_expressions={"n": expression})
        while (reply := client.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != sent:
            pass
        return float(reply["content"]["user_expressions"]["n"]["data"]["text/plain"])

    try:
        yield ask
    finally:
        client.stop_channels()


@pytest.mark.slow
def test_a_tab_closed_for_ten_minutes_costs_the_server_nothing(
    browser: Any, jupyter: Any, measured: Any
) -> None:
    """Ten minutes of a hundred steps a second, as fast as it goes: 60 000 frames unseen."""
    page = Page(browser, jupyter, NUMPY + "Wave.length = 10**9; a = show(Wave())").show()
    page.button("Run").click()
    page.until(lambda: page.step() > 200)
    page.tab.keyboard.press("Escape")
    page.tab.keyboard.press("Control+s")
    page.until(lambda: "widget-view" in page.path.read_text())
    with asking(jupyter.folder) as ask:
        host = psutil.Process(jupyter.pid)
        kernel = psutil.Process(int(ask("__import__('os').getpid()")))
        page.tab.close()
        time.sleep(5)  # until the server has noticed
        first = ask("a.player.frames")
        before = [one.memory_info().rss / 1e6 for one in (host, kernel)]
        end = time.monotonic() + 240
        while (frames := ask("a.player.frames") - first) < 60_000:
            assert time.monotonic() < end, f"{frames} frames in four minutes"
            time.sleep(1)
        more = [one.memory_info().rss / 1e6 - was
                for one, was in zip((host, kernel), before, strict=True)]  # fmt: skip
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        tab.goto(jupyter.url(page.path.name).replace("/workspaces/book", "/workspaces/later"))
        there = tab.locator(".sciml-panel")
        there.first.wait_for(timeout=60_000)
        began = time.monotonic()
        while int(there.first.get_attribute("data-step") or 0) < first + 60_000:
            assert time.monotonic() < began + 30
            tab.wait_for_timeout(20)
        took = time.monotonic() - began
    measured(
        f"server {more[0]:+.1f} MB, kernel {more[1]:+.1f} MB in {frames:.0f} frames unseen; "
        f"a new tab shows the present {took:.1f} s after its panel"
    )
    assert more[0] <= 20 and more[1] <= 10 and took < 2
    assert there.count() == 1 and there.get_attribute("data-state") == "running"
    tab.close()


def test_a_german_browser_far_away_in_a_folder_with_a_difficult_name(
    browser: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "Übung 1 – mit Leerzeichen"
    folder.mkdir()
    around = browser.new_context(locale="de-DE", timezone_id="Pacific/Kiritimati")
    with server(folder) as there:
        page = Page(around, there, NUMPY + "a = show(Wave())", "").show()
        assert page.tab.evaluate("(0.5).toLocaleString()") == "0,5"
        number = page.panel.get_by_role("textbox", name="speed, value")
        for typed in ("2,5", "2.5"):
            number.fill(typed)
            page.tab.keyboard.press("Enter")
            page.until(lambda: page.python("print(a.player.experiment.speed)") == "2.5")
            page.button("Reset").click()
        page.button("Run").click()
        page.until(lambda: page.step() > 20)
        page.button("Pause").click()
        page.until(lambda: page.state() == "paused")
        spoken = page.panel.get_by_role("slider", name="speed").get_attribute("aria-valuetext")
        assert spoken.startswith("2.5") and page.complaints == []
        around.close()
