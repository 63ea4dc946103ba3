"""JupyterLab in headless Chromium, real torch behind it: what a student does, step by step."""

import json
import os
import time
import urllib.request

import nbformat
import pytest
from lab import CHROMIUM, TOO_SLOW, chromium, complaints, execute, idle, notebook, server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM and not os.environ.get("CI"), reason="no chromium on this machine"
    ),
]

SHOW = (
    "from sciml_widgets import show\n"
    "from sciml_widgets.labs import BurgersPINN\n"
    "panel = show(BurgersPINN())"
)
NUMPY = """
from dataclasses import dataclass
import numpy as np
from sciml_widgets import Experiment, Frame, Series, knob, show
from sciml_widgets.picture import Image, Lines, Picture, Plot
@dataclass
class Wave(Experiment):
    speed: float = knob(1.0, 0.1, 5.0, label="speed", group="Wave", help="of the wave")
    colour: float = knob(0.5, 0.0, 1.0, kind="view", label="height", help="of the picture")
    length = 10**9
    series = (Series("loss", "loss", role="loss"),)
    def frames(self):
        x, step = np.linspace(0, 6, 64), 0
        while True:
            y = np.sin(x - self.speed * step / 50)
            yield Frame(step, {"loss": float(2 + y[0])}, lambda: (x, y))
            step += 1
    def picture(self, state, view):
        x, y = state or (np.zeros(2), np.zeros(2))
        return Picture((Plot("wave", (Lines(x, y * self.colour),), alt="a wave"),))
"""


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.fail("CI needs chromium (Debian: apt-get install chromium)")
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    with server(tmp_path_factory.mktemp("lab")) as running:
        yield running


class Page:
    """One notebook in one tab; collects what the console complains about."""

    def __init__(self, browser, jupyter, *cells, width=1400, app="lab"):
        name = f"book{time.monotonic_ns()}.ipynb"
        self.path = jupyter.folder / name
        notebook(self.path, *cells)
        self.tab = browser.new_page()
        self.tab.set_viewport_size({"width": width, "height": 1000})
        self.complaints = complaints(self.tab)
        self.tab.on(
            "console",
            lambda m: m.type == "error" and self.complaints.append(f"{m.text} {m.location}"),
        )
        self.tab.add_locator_handler(  # a dialog of JupyterLab's own would cover the page
            self.tab.locator(".jp-Dialog"), lambda _: self.tab.keyboard.press("Escape")
        )
        self.tab.goto(jupyter.url(name, app=app))
        self.tab.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        self.panel = self.tab.locator(".sciml-panel").first
        self.ready()

    def ready(self):
        """Wait until the kernel is idle."""
        idle(self.tab)

    def execute(self, cell=0):
        execute(self.tab, cell)

    def show(self):
        self.execute()
        self.panel.wait_for(timeout=60_000)
        self.until(lambda: self.panel.get_attribute("data-state") == "idle")
        return self

    def button(self, name):
        return self.panel.get_by_role("button", name=name, exact=True)

    def state(self):
        return self.panel.get_attribute("data-state")

    def step(self):
        return int(self.panel.get_attribute("data-step"))

    def until(self, condition, seconds=30.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"did not happen in time: {self.complaints}"
            self.tab.wait_for_timeout(50)

    def pixels(self, number=0):
        """A fingerprint of a canvas."""
        canvases = self.panel.locator("canvas")
        canvas = canvases.last if number < 0 else canvases.nth(number)
        return canvas.evaluate("c => c.toDataURL()")

    def python(self, code, cell=1):
        """Type `code` into a spare cell, run it, give what it prints."""
        cells = self.tab.locator(".jp-CodeCell")
        cells.nth(cell).locator(".jp-InputArea-editor").click()
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.insert_text(code)
        self.tab.keyboard.press("Control+Enter")
        output = cells.nth(cell).locator(".jp-OutputArea-output")
        self.until(lambda: output.count() > 0 and output.last.inner_text().strip() != "")
        text = output.last.inner_text().strip()
        cells.nth(cell).locator(".jp-InputArea-editor").click()
        return text


def test_a_student_runs_turns_pauses_steps_resets_and_runs_the_cell_again(browser, jupyter):
    page = Page(browser, jupyter, SHOW, "").show()
    blank = page.pixels()
    page.button("Run").click()
    page.until(lambda: page.state() == "running" and page.step() > 30)
    page.until(lambda: page.pixels() != blank)
    moving = page.pixels()
    page.until(lambda: page.pixels() != moving)

    slider = page.panel.get_by_role("slider", name="viscosity").first
    page.until(lambda: page.step() > 60)
    slider.focus()
    for _ in range(4):
        page.tab.keyboard.press("ArrowLeft")
    page.until(lambda: "0.05" not in (slider.get_attribute("aria-valuetext") or "0.05"))

    page.button("Pause").click()
    page.until(lambda: page.state() == "paused")
    page.until(lambda: "viscosity" in page.python("print(panel.player.ticks[-1].text())"))
    page.tab.wait_for_timeout(500)
    losses = page.pixels(-1)
    weight = page.panel.get_by_role("slider", name="walls").first
    weight.focus()
    page.tab.keyboard.press("ArrowRight")  # paused: only the tick can change the loss plot
    page.until(lambda: page.pixels(-1) != losses)
    stopped = page.step()
    page.button("Step").click()
    page.until(lambda: page.step() == stopped + 1 and page.state() == "paused")
    still = page.pixels()
    page.tab.wait_for_timeout(300)
    assert page.pixels() == still, "the picture moves while it is paused"
    page.button("Reset").click()
    page.until(lambda: page.state() == "idle" and page.step() == 0)

    page.execute()
    page.until(lambda: page.tab.locator(".sciml-panel").count() == 1)
    count = "import threading; print(sum('sciml' in t.name for t in threading.enumerate()))"
    page.until(lambda: page.python(count) == "1")
    page.button("Run").click()
    page.until(lambda: page.step() > 5)
    page.tab.keyboard.press("Escape")
    assert page.complaints == []
    page.tab.close()


def test_a_cell_that_is_run_at_once_waits_for_its_kernel_and_runs_once(browser, tmp_path):
    """Asked before its kernel is there, JupyterLab forgets it, or runs it without a word."""
    book = tmp_path / "book.ipynb"
    notebook(book, "n = globals().get('n', 0) + 1\nprint('run', n)")
    for _ in range(2):
        with server(tmp_path) as fresh:
            tab = browser.new_page()
            tab.goto(fresh.url(book.name))
            execute(tab, seconds=30)
            tab.wait_for_timeout(500)
            assert tab.locator(".jp-OutputArea-output").all_inner_texts() == ["run 1\n"]
            tab.close()


def test_two_panels_in_one_notebook_run_at_once(browser, jupyter):
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())", NUMPY + "b = show(Wave())")
    page.execute(0)
    page.execute(1)
    panels = page.tab.locator(".sciml-panel")
    page.until(lambda: panels.count() == 2)
    for number in (0, 1):
        panels.nth(number).scroll_into_view_if_needed()
        panels.nth(number).get_by_role("button", name="Run", exact=True).click()
    for number in (0, 1):
        panels.nth(number).scroll_into_view_if_needed()
        page.until(lambda n=number: int(panels.nth(n).get_attribute("data-step")) > 50)
    assert page.complaints == []
    page.tab.close()


SLOW = """
// the page of a machine so slow that anywidget's two seconds for loading a module are over at once
const after = AbortSignal.timeout;
AbortSignal.timeout = (ms) => after.call(AbortSignal, ms === 2000 ? 0 : ms);
"""


class Slow:
    """A browser on a machine where no module loads in time."""

    def __init__(self, browser):
        self.browser, self.errors = browser, []

    def new_page(self):
        tab = self.browser.new_page()
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.add_init_script(SLOW)
        return tab


@pytest.mark.parametrize("app", ["lab", "notebooks"])
def test_a_panel_that_loads_slowly_hears_the_kernel_all_the_same(browser, jupyter, app):
    slow = Slow(browser)
    page = Page(slow, jupyter, NUMPY + "a = show(Wave())", app=app).show()
    page.until(lambda: page.panel.get_by_role("slider", name="speed").count() == 1)
    page.button("Run").click()
    page.until(lambda: page.step() > 20)
    assert slow.errors.count(TOO_SLOW) == 1, "the page was not slow"
    assert page.complaints == [] or app == "notebooks"  # Notebook complains of itself
    page.tab.close()


def test_a_reopened_notebook_without_a_kernel_shows_the_still_picture(browser, jupyter):
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())").show()
    page.button("Run").click()
    page.until(lambda: page.step() > 20)
    page.button("Pause").click()
    page.until(lambda: page.tab.locator(".sciml-static img").count() == 1)
    assert not page.tab.locator(".sciml-static img").is_visible(), "the twin hides while live"
    page.tab.keyboard.press("Control+s")
    page.until(lambda: "data:image/png" in page.path.read_text())
    page.tab.close()
    saved = nbformat.read(page.path, 4)
    assert page.path.stat().st_size < 200_000
    assert "widgets" not in saved.metadata
    stop_kernels(jupyter)
    again = browser.new_page(viewport={"width": 1200, "height": 900})
    again.goto(jupyter.url(page.path.name))
    again.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    again.locator(".sciml-static img").wait_for(state="visible", timeout=30_000)
    assert not again.get_by_text("model not found").is_visible()
    again.close()


def stop_kernels(jupyter):
    """End all kernels of the server, as a culled Binder does."""
    address = f"http://127.0.0.1:{jupyter.port}/api/sessions"
    headers = {"Authorization": f"token {jupyter.token}"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as reply:
        sessions = json.loads(reply.read())
    for session in sessions:
        urllib.request.urlopen(
            urllib.request.Request(f"{address}/{session['id']}", headers=headers, method="DELETE")
        ).close()


def test_a_view_knob_works_when_the_run_is_paused(browser, jupyter):
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())").show()
    page.button("Step").click()
    page.until(lambda: page.state() == "paused")
    before = page.pixels()
    slider = page.panel.get_by_role("slider", name="height").first
    for _ in range(5):
        slider.press("ArrowRight")
    page.until(lambda: page.pixels() != before)
    assert page.step() == 0 and page.complaints == []
    page.tab.close()


def test_at_700_pixels_the_picture_stands_above_the_controls(browser, jupyter):
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())", width=1000).show()
    page.tab.locator(".jp-NotebookPanel").first.wait_for()
    page.tab.set_viewport_size({"width": 760, "height": 1000})
    page.button("Run").click()
    page.until(lambda: page.step() > 10)
    canvas = page.panel.locator("canvas").first.bounding_box()
    slider = page.panel.get_by_role("slider", name="speed")
    folded = slider.count() == 0 or not slider.first.is_visible()
    assert folded or slider.first.bounding_box()["y"] > canvas["y"]
    assert canvas["width"] > 250
    page.tab.close()


def test_notebook_7_shows_the_same_panel(browser, jupyter):
    empty = Page(browser, jupyter, "", app="notebooks")  # Notebook complains of itself
    page = Page(browser, jupyter, NUMPY + "a = show(Wave())", app="notebooks").show()
    page.button("Run").click()
    page.until(lambda: page.step() > 20)
    assert set(page.complaints) <= set(empty.complaints)
    empty.tab.close()
    page.tab.close()
