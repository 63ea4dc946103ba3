"""A trace on a page: it moves without kernel, torch or training. Knows no lab and no player."""

import base64
import html
import json
import re
import uuid
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sciml_widgets import trace_shape
from sciml_widgets.experiment import Series
from sciml_widgets.history import History
from sciml_widgets.live import frontend
from sciml_widgets.live.drawing import render
from sciml_widgets.live.losses import loss_plots
from sciml_widgets.live.share import line
from sciml_widgets.live.sheet import png
from sciml_widgets.live.widget import SCRIPTS
from sciml_widgets.picture import (
    PALETTE,
    Arrows,
    Axis,
    Bars,
    Image,
    Lines,
    Picture,
    Plot,
    Points,
    Text,
)
from sciml_widgets.record import Record, RecordError
from sciml_widgets.words import spoken

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["display_trace", "figure_of", "page", "picture_of"]

HERE = Path(__file__).parent
MARKS = {"image": Image, "lines": Lines, "points": Points, "bars": Bars, "arrows": Arrows,
         "text": Text}  # fmt: skip


def picture_of(found: Any, number: int = -1) -> Picture:
    """One picture of a trace as the lab drew it, fields in 255 steps."""
    one, raw = found["pictures"][number], [trace_shape.unpacked(b) for b in found["buffers"]]

    def mark(data: dict[str, Any]) -> Any:
        data = dict(data)
        kind = data.pop("kind")
        if kind == "image":
            z = np.frombuffer(raw[data["z"]], np.uint8).reshape(data.pop("h"), data.pop("w"))
            low, span = data["low"], data["high"] - data["low"]
            data["z"] = np.where(z == 255, np.nan, low + z * (span / 254))
            data["extent"] = tuple(data["extent"])
        elif kind != "text":
            for name in {"x", "y", "u", "v"} & set(data):
                data[name] = np.frombuffer(raw[data[name]], "<f4")
            if data.get("band"):
                data["band"] = tuple(np.frombuffer(raw[n], "<f4") for n in data["band"])
        return MARKS[kind](**data)

    plots = [
        Plot(**{**plot, "x": Axis(**plot["x"]), "y": Axis(**plot["y"]),
                "marks": tuple(mark(one) for one in plot["marks"])})
        for plot in one["plots"]
    ]  # fmt: skip
    return Picture(tuple(plots), one["caption"])


def figure_of(found: Any) -> "Figure":
    """The last picture of a trace and its series in matplotlib, for paper and GitHub."""
    history = History(
        Series(one["name"], one["label"], one["role"], one["scale"], one["x"],
               tuple(one["band"]) if one["band"] else None, one["percent"],
               one.get("plot", ""), one["dash"])
        for one in found["series"]
    )  # fmt: skip
    for name, xy in found["tracks"].items():
        if name in history.tracks:
            x, y = (np.frombuffer(trace_shape.unpacked(found["buffers"][n]), "<f4").tolist()
                    for n in (xy["x"], xy["y"]))  # fmt: skip
            history.tracks[name].x, history.tracks[name].y = x, y
    return render(picture_of(found), loss_plots(history), _heading(found))


def _heading(found: Any) -> str:
    last = found["pictures"][-1]
    parts = [found["title"], f"step {last['step']}"]
    for one in last["stats"]:
        if one["value"] is not None:
            parts.append(f"{one['label']} {spoken(one['value'], one['percent'])}")
    return "  ·  ".join(parts)


def page(record: Record, name: str, still: bytes = b"") -> str:
    """One self-contained piece of HTML: the still picture, which a script replaces by the player.

    Without scripts (an untrusted notebook, a mail) the still stays.
    """
    found: Any = record.trace
    data = {
        "id": name, "palette": PALETTE, "trace": _squeezed(found), "state": record.state,
        "message": record.message, "line": line(record), "length": record.step,
    }  # fmt: skip
    image = ""
    if still:
        alt = html.escape(_alt(found), quote=True)
        source = base64.b64encode(still).decode("ascii")
        image = f'<img class="sciml-static-{name}" style="max-width:100%" alt="{alt}" ' \
                f'src="data:image/png;base64,{source}">'  # fmt: skip
    style = (HERE / "panel.css").read_text(encoding="utf-8")
    return (
        f"{image}<style>{_short(style)}</style><div></div><script>(() => {{\n{_bundle()}\n"
        f"playTrace(document.currentScript.previousElementSibling, {_json(data)});\n"
        "})();</script>"
    )


def display_trace(record: Record) -> None:
    """Leave the player as the output of this cell; its still picture follows in a moment."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None:
        return
    name, words = uuid.uuid4().hex[:12], _alt(record.trace)
    bundle = {"text/html": page(record, name), "text/plain": words}
    handle = None
    if frontend.somebody():  # matplotlib takes a second: what moves comes first
        handle = display(bundle, display_id=f"sciml-{name}", raw=True)
    try:
        still = png(figure_of(record.trace))
    except Exception as error:  # what no schema foresees
        raise RecordError(f"the pictures of the record cannot be drawn: {error}"[:300]) from error
    bundle = {
        "text/html": page(record, name, still),
        "image/png": base64.b64encode(still).decode("ascii"),
        "text/plain": words,
    }
    metadata = {"image/png": {"alt": words}}
    if handle is None:
        display(bundle, metadata=metadata, raw=True)
    else:
        handle.update(bundle, metadata=metadata, raw=True)


def _alt(found: Any) -> str:
    plots = found["pictures"][-1]["plots"]
    words = [f"{plot['title']}: {plot['alt'].rstrip('.')}" for plot in plots if plot["alt"]]
    return ". ".join([_heading(found), *words])


def _bundle() -> str:
    """The panel's own scripts as one, without comments and indents."""
    whole = "\n".join(
        (HERE / "js" / name).read_text(encoding="utf-8") for name in (*SCRIPTS, "trace.js")
    )
    return _short(whole.replace("export default { render };", "")).replace("</", "<\\/")


def _squeezed(found: Any) -> Any:
    """The trace with its buffers as one deflated text, about half as long, and their lengths."""
    raw = [trace_shape.unpacked(text) for text in found["buffers"]]
    packed = base64.b64encode(zlib.compress(b"".join(raw), 9)).decode("ascii")
    return {**found, "buffers": packed, "lengths": [len(one) for one in raw]}


def _short(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not re.match(r"//|/\*.*\*/$", line))


def _json(data: Any) -> str:
    """Inside a script no text may end it."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
