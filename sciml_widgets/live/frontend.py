"""Is anybody there? Reads it from the execute request of the cell. Knows no widget.

JupyterLab and Notebook send a cell id in the request's metadata and allow input; nbconvert,
nbclient, papermill and nbval do neither. Voila executes like nbclient but shows live widgets,
and says so in SERVER_SOFTWARE.
"""

import os
from dataclasses import dataclass
from typing import Any

__all__ = ["Cell", "cell", "somebody"]

SWITCH = "SCIML_WIDGETS_FRONT_END"


@dataclass(frozen=True)
class Cell:
    """The cell that runs now and this execution of it; empty where there is none."""

    id: str = ""
    execution: str = ""


def _request() -> dict[str, Any]:
    try:
        from IPython import get_ipython
    except ImportError:
        return {}
    shell = get_ipython()
    return (shell.get_parent() or {}) if hasattr(shell, "get_parent") else {}


def cell() -> Cell:
    """The running cell, "" for what the front end does not tell."""
    request = _request()
    return Cell(
        str(request.get("metadata", {}).get("cellId", "")),
        str(request.get("header", {}).get("msg_id", "")),
    )


def somebody() -> bool:
    """Whether a front end shows what this cell displays.

    The environment variable SCIML_WIDGETS_FRONT_END overrides: "live" or "none". Raises
    ValueError for another word in it.
    """
    word = os.environ.get(SWITCH, "")
    if word not in ("", "live", "none"):
        raise ValueError(f"{SWITCH}={word!r}: expected live or none")
    if word:
        return word == "live"
    request = _request()
    if not request or "google.colab" in str(type(_shell())):
        return False  # Colab does not show what a thread sends after the cell has ended
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return True
    asks = request.get("content", {}).get("allow_stdin") is True
    return asks or bool(request.get("metadata", {}).get("cellId"))


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()
