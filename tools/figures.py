"""Take the pictures of the documentation: the panel of lesson 05 in a real JupyterLab.

python -m tools.figures

A run is filmed (docs/panel.webp), its last state photographed (docs/panel.png). What `make faults`
and `make load` have left in build/ is put beside them.
"""

import io
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from tests.lab import chromium, execute, notebook, server

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REPORTS = {"faults": "make faults", "load": "make load"}
SHOW = (
    "from sciml_widgets import show\n"
    "from sciml_widgets.labs import BurgersPINN\n"
    "panel = show(BurgersPINN())"
)
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
WIDTH = 900  # pixels of the film
SHARP = 1.5  # pixels of a photograph for each of the page
FIRST, LAST = 300, 700
"""Steps at which the viscosity is turned, and at which all ends."""
QUICK, EVERY = 60, 18
"""Steps with a picture every third of the usual distance: at first much happens."""
SHOWN, HELD = 140, 2600
"""Milliseconds that a picture of the film is shown, and the last one."""
LARGEST = 1_500_000
"""Bytes of the film."""


def main() -> None:
    """Run the panel, turn the viscosity on the way, film and photograph it."""
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        notebook(Path(folder) / "figure.ipynb", SHOW)
        with server(Path(folder)) as jupyter, chromium() as browser:
            page = browser.new_page(
                viewport={"width": 1560, "height": 1100}, device_scale_factor=SHARP
            )
            page.goto(jupyter.url("figure.ipynb"))
            page.wait_for_selector(IDLE, state="attached", timeout=90e3)
            execute(page)
            panel = page.locator(".sciml-panel")
            panel.wait_for(timeout=60e3)
            page.evaluate("document.activeElement.blur()")
            panel.scroll_into_view_if_needed()
            page.wait_for_timeout(1500)
            shots = [panel.screenshot()]
            panel.get_by_role("button", name="Run", exact=True).click()
            page.mouse.move(0, 0)
            shots += film(page, panel, 1, FIRST)
            slider = panel.get_by_role("slider", name="viscosity").first
            slider.focus()
            for number in range(120):
                page.keyboard.press("ArrowLeft")
                if number % 24 == 23:
                    shots.append(panel.screenshot())
            page.evaluate("document.activeElement.blur()")
            shots += film(page, panel, step_of(panel), LAST)
            panel.get_by_role("button", name="Pause", exact=True).click()
            page.wait_for_timeout(1500)
            page.mouse.move(0, 0)
            page.evaluate("document.activeElement.blur()")
            page.wait_for_timeout(500)
            panel.screenshot(path=DOCS / "panel.png")
    animate([*shots, (DOCS / "panel.png").read_bytes()], DOCS / "panel.webp")
    for name, command in REPORTS.items():
        made = ROOT / "build" / f"{name}.md"
        if made.exists():
            shutil.copy(made, DOCS)
        else:
            print(f"docs/{name}.md stays as it is: `{command}` makes a new one")
    print(*sorted(path.name for path in DOCS.iterdir()))


def step_of(panel: Any) -> int:
    """Where the run is."""
    return int(panel.get_attribute("data-step"))


def film(page: Any, panel: Any, first: int, last: int) -> list[bytes]:
    """Photographs of a running panel, until it has come to the step `last`."""
    shots, due = [], first
    while due < last:
        page.wait_for_function(
            f"Number(document.querySelector('.sciml-panel').dataset.step) >= {due}", timeout=240e3
        )
        shots.append(panel.screenshot())
        at = step_of(panel)
        due = at + (EVERY // 3 if at < QUICK else EVERY)
    return shots


def animate(shots: Sequence[bytes], path: Path) -> None:
    """The photographs as one animated WebP. Raises ValueError if it becomes too large."""
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    size = (WIDTH, round(WIDTH * pictures[0].height / pictures[0].width))
    small = [one.resize(size, Image.Resampling.LANCZOS) for one in pictures]
    small[0].save(
        path, "WEBP", save_all=True, append_images=small[1:], loop=0, quality=72, method=6,
        duration=[SHOWN] * (len(small) - 1) + [HELD],
    )  # fmt: skip
    if path.stat().st_size > LARGEST:
        raise ValueError(
            f"{path} has {path.stat().st_size} bytes, at most {LARGEST} are meant: "
            "photograph fewer steps (EVERY in tools/figures.py)"
        )


if __name__ == "__main__":
    main()
