"""The sheet that a still picture stands on: its colours, its letters, its file. Knows no plot."""

import io
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from sciml_widgets.picture import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "CORNER", "LOCK", "MAPS", "MUTE", "PAPER", "SMALL", "plain", "png"]

LOCK = threading.RLock()
"""For whoever lays out or draws: matplotlib's text layout is not thread-safe."""
COLOURS = PALETTE["light"]
MUTE = "#5b6875"
PAPER = "#f1f3f5"
"""Behind the plots: a sheet that can be told from a white page and is no lamp on a dark one."""
CORNER = 12  # pixels
UNUSED = (255, 0, 255)
"""The colour of the palette that means: nothing here."""
MAPS = {"field": "cividis", "error": "RdBu_r"}
SMALL = 8.0  # points
SHADES = (1.0, 0.8, 0.6, 0.4, 0.25, 0.18, 0.12)
"""Of the line colours; 0.18 is that of a band."""


def plain(text: str) -> str:
    """A dollar is a dollar: no words of a lab or a record are taken for a formula."""
    return text.replace("$", r"\$")


def png(made: "Figure") -> bytes:
    """A figure as PNG of 256 colours, a third of the size of one with all; its corners are round.

    The page shows through the corners, so that it looks like a sheet on a dark page too.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image as Pillow
    from PIL import ImageDraw

    with LOCK:
        canvas = FigureCanvasAgg(made)
        canvas.draw()
        shown = Pillow.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    reduced = shown.quantize(palette=_palette(), dither=Pillow.Dither.NONE)
    sheet = Pillow.new("1", shown.size, 1)
    right, bottom = shown.width - 1, shown.height - 1
    ImageDraw.Draw(sheet).rounded_rectangle((0, 0, right, bottom), CORNER, fill=0)
    reduced.paste(255, mask=sheet)
    file = io.BytesIO()
    reduced.save(file, "PNG", optimize=True, transparency=255)
    return file.getvalue()


def _palette() -> Any:
    """256 colours: both colour maps, greys, the line colours in shades down to white, none."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb
    from PIL import Image as Pillow

    lines = np.array([to_rgb(colour) for colour in COLOURS])
    shades = [1 - (1 - lines) * share for share in SHADES]
    greys = np.linspace(0.2, 1.0, 26)[:, None].repeat(3, 1)
    parts = {"field": 86, "error": 92}
    maps = [colormaps[name](np.linspace(0, 1, parts[kind]))[:, :3] for kind, name in MAPS.items()]
    colours = (255 * np.concatenate([*maps, *shades, greys, [to_rgb(PAPER)]])).round().astype(int)
    rest = np.array([UNUSED] * (256 - len(colours)))
    made = Pillow.new("P", (1, 1))
    made.putpalette(np.concatenate([colours, rest]).ravel().tolist())
    return made
