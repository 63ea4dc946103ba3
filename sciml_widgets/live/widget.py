"""The widget: one anywidget that carries messages. Knows neither player nor experiment."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

__all__ = ["SCRIPTS", "PanelWidget"]

HERE = Path(__file__).parent
SCRIPTS = tuple(
    f"{name}.js"
    for name in (
        "draw", "marks", "history", "touch", "controls", "predict", "compare", "steer", "share",
        "page", "panel",
    )
)  # fmt: skip


class PanelWidget(anywidget.AnyWidget):
    """Canvas, controls and transport in the browser; `heard` gets every message from there.

    `state` and `values` are written by the browser, when it has shown them: so they change on
    the thread that serves widget messages, never on the player's. `twin_id` names the comm too:
    so the page finds the model behind a view.
    """

    _esm: ClassVar[str] = "\n".join(
        (HERE / "js" / name).read_text(encoding="utf-8") for name in SCRIPTS
    )
    _css: ClassVar[str] = (HERE / "panel.css").read_text(encoding="utf-8")

    twin_id = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("idle").tag(sync=True)
    values = traitlets.Dict().tag(sync=True)

    def __init__(self, heard: Callable[[dict[str, Any]], None]) -> None:
        name = uuid.uuid4().hex
        super().__init__(twin_id=name, model_id=name)
        self.on_msg(lambda _widget, content, _buffers: heard(content))

    def close(self) -> None:
        """Take it off the page, its layout too: that is a widget with a comm of its own."""
        layout = self.layout
        super().close()
        if layout is not None:
            layout.close()

    def __repr__(self) -> str:
        return "live panel"

    def mimebundle(self) -> dict[str, Any]:
        """What a notebook needs to show one more view of this widget."""
        bundle = self._repr_mimebundle_()
        return dict((bundle[0] if isinstance(bundle, tuple) else bundle) or {})
