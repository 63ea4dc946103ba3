"""The live floor: the panel in the browser and its still twins."""

from sciml_widgets.live.controls import controls
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.show import show

__all__ = ["Panel", "controls", "show"]
