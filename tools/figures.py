"""Take the pictures of the documentation: the panel of lesson 05 in a real JupyterLab.

python -m tools.figures
"""

import tempfile
from pathlib import Path

from tests.lab import chromium, execute, notebook, server

DOCS = Path(__file__).parents[1] / "docs"
SHOW = (
    "from sciml_widgets import show\n"
    "from sciml_widgets.labs import BurgersPINN\n"
    "panel = show(BurgersPINN())"
)
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


def main() -> None:
    """Run the panel, turn the viscosity on the way, and photograph it."""
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        notebook(Path(folder) / "figure.ipynb", SHOW)
        with server(Path(folder)) as jupyter, chromium() as browser:
            page = browser.new_page(
                viewport={"width": 1560, "height": 1100}, device_scale_factor=1.5
            )
            page.goto(jupyter.url("figure.ipynb"))
            page.wait_for_selector(IDLE, state="attached", timeout=90e3)
            execute(page)
            panel = page.locator(".sciml-panel")
            panel.wait_for(timeout=60e3)
            panel.get_by_role("button", name="Run", exact=True).click()
            reach(page, 300)
            slider = panel.get_by_role("slider", name="viscosity").first
            slider.focus()
            for _ in range(120):
                page.keyboard.press("ArrowLeft")
            reach(page, 700)
            panel.get_by_role("button", name="Pause", exact=True).click()
            page.wait_for_timeout(1500)
            page.mouse.move(0, 0)
            page.evaluate("document.activeElement.blur()")
            page.wait_for_timeout(500)
            panel.screenshot(path=DOCS / "panel.png")
    print(*sorted(path.name for path in DOCS.glob("panel*.png")))


def reach(page: object, step: int) -> None:
    """Wait until the panel is there."""
    page.wait_for_function(  # type: ignore[attr-defined]
        f"Number(document.querySelector('.sciml-panel').dataset.step) >= {step}", timeout=120e3
    )


if __name__ == "__main__":
    main()
