"""Take the pictures of the documentation: the panel of lesson 05 in a real JupyterLab.

python -m tools.figures

A run is filmed (docs/panel.webp), its last state photographed (docs/panel.png). What `make faults`
and `make load` have left in build/ is put beside them.
"""

import base64
import contextlib
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
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
VIEW = {"width": 1560, "height": 1100}
WIDTH = 900  # pixels of the film
SHARP = 1.5  # pixels of a photograph for each of the page
FIRST, LAST = 300, 700
"""Steps at which the viscosity is turned, and at which all ends."""
DOWN = 2
"""Tenths of the slider's length by which the viscosity is turned down."""
MOST = 48
"""Pictures of the film; more are thinned out."""
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
            page = browser.new_page(viewport=VIEW, device_scale_factor=SHARP)
            page.goto(jupyter.url("figure.ipynb"))
            execute(page)
            panel = page.locator(".sciml-panel")
            panel.wait_for(timeout=60e3)
            page.wait_for_timeout(1500)
            with filmed(page) as shots:
                panel.get_by_role("button", name="Run", exact=True).click()
                page.mouse.move(0, 0)
                reach(page, FIRST)
                panel.get_by_role("slider", name="viscosity").first.focus()
                for _ in range(DOWN):
                    page.keyboard.press("PageDown")
                    page.wait_for_timeout(200)
                page.evaluate("document.activeElement.blur()")
                reach(page, LAST)
                panel.get_by_role("button", name="Pause", exact=True).click()
                page.wait_for_timeout(1500)
                page.mouse.move(0, 0)
                page.evaluate("document.activeElement.blur()")
                page.wait_for_timeout(500)
            panel.screenshot(path=DOCS / "panel.png")
            box = panel.bounding_box()
    animate(shots, box, DOCS / "panel.webp")
    for name, command in REPORTS.items():
        made = ROOT / "build" / f"{name}.md"
        if made.exists():
            shutil.copy(made, DOCS)
        else:
            print(f"docs/{name}.md stays as it is: `{command}` makes a new one")
    print(*sorted(path.name for path in DOCS.iterdir()))


def reach(page: Any, step: int) -> None:
    """Wait until the panel is there."""
    page.wait_for_function(
        f"Number(document.querySelector('.sciml-panel').dataset.step) >= {step}", timeout=240e3
    )


@contextlib.contextmanager
def filmed(page: Any) -> Iterator[list[bytes]]:
    """Every picture that the browser makes of the page meanwhile, as JPEG."""
    shots: list[bytes] = []
    chrome = page.context.new_cdp_session(page)

    def keep(event: dict[str, Any]) -> None:
        shots.append(base64.b64decode(event["data"]))
        chrome.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    chrome.on("Page.screencastFrame", keep)
    chrome.send("Page.startScreencast", {"format": "jpeg", "quality": 95})
    try:
        yield shots
    finally:
        chrome.send("Page.stopScreencast")


def thinned(shots: Sequence[bytes], most: int) -> list[bytes]:
    """At most so many of them, as evenly as it goes, the first and the last among them."""
    if len(shots) <= most:
        return list(shots)
    return [shots[round(k * (len(shots) - 1) / (most - 1))] for k in range(most)]


def animate(shots: Sequence[bytes], box: dict[str, float], path: Path) -> None:
    """This part of the pictures as an animated WebP. Raises ValueError if it becomes too large."""
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in thinned(shots, MOST)]
    scale = pictures[0].width / VIEW["width"]
    left, top = box["x"] * scale, box["y"] * scale
    part = (left, top, left + box["width"] * scale, top + box["height"] * scale)
    size = (WIDTH, round(WIDTH * box["height"] / box["width"]))
    small = [one.resize(size, Image.Resampling.LANCZOS, part) for one in pictures]
    file = io.BytesIO()
    small[0].save(
        file, "WEBP", save_all=True, append_images=small[1:], loop=0, quality=72, method=6,
        duration=[SHOWN] * (len(small) - 1) + [HELD],
    )  # fmt: skip
    print(f"{len(shots)} pictures of {pictures[0].size}, {len(small)} kept")
    if len(file.getvalue()) > LARGEST:
        raise ValueError(
            f"{path} would have {len(file.getvalue())} bytes, at most {LARGEST} are meant: "
            "keep fewer pictures (MOST in tools/figures.py)"
        )
    path.write_bytes(file.getvalue())


if __name__ == "__main__":
    main()
