"""JupyterLab's defaults for the course, put into an environment. Knows no server and no lesson.

They go into a file of our own, `overrides.d/sciml-widgets.json`. JupyterLab reads it before the
administrator's `overrides.json` and before the settings of each user, so both keep the last word.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from sciml_widgets import workspace
from sciml_widgets.whole import write_whole

__all__ = ["WHY", "install", "place", "remove", "report", "settings_folder", "text"]

WHY = {
    "commsOverSubshells": "widget messages stay on the kernel's main thread",
    "windowingMode": "pictures that are out of sight are kept",
    "autoScrollOutputs": "Notebook 7 puts no panel into a small box that scrolls",
    "fetchNews": "no news are fetched, and nobody is asked about them",
    "allowCommandLinker": "text in a foreign notebook starts no command of JupyterLab",
    "autosaveInterval": "notebooks are saved every minute: a session may end without a word",
}
"""What each setting is for, by its key."""

Stands = Literal["installed", "absent", "other", "overruled"]


def settings_folder() -> Path:
    """Where JupyterLab looks for defaults: in `JUPYTERLAB_DIR`, else in this environment.

    Raises ValueError where there is no JupyterLab.
    """
    asked = os.environ.get("JUPYTERLAB_DIR")
    lab = Path(asked) if asked else Path(sys.prefix) / "share" / "jupyter" / "lab"
    if not (lab / "static").is_dir():
        raise ValueError(
            f"no JupyterLab in {lab}: use the Python that it is installed for "
            "(PYTHON -m sciml_widgets lab-settings), or name its folder in JUPYTERLAB_DIR"
        )
    return lab / "settings"


def place() -> Path:
    """The file that is ours. Raises ValueError where there is no JupyterLab."""
    return settings_folder() / "overrides.d" / "sciml-widgets.json"


def report() -> dict[str, Any]:
    """How each setting stands: `{"file": ..., "settings": [{"key", "value", "stands", ...}]}`.

    It is installed, absent, other (our file has another value), or overruled (by `overrides.json`;
    `instead` is its value). Raises ValueError where there is no JupyterLab, or where that file is
    none that JupyterLab could read.
    """
    ours, others = _ours(), _read(_theirs())
    rows = []
    for plugin, key, value in _entries(_read(workspace.SETTINGS)):
        here, there = _entry(ours, plugin, key), _entry(others, plugin, key)
        stands: Stands = "installed" if here == value else "absent" if here is None else "other"
        if there not in (None, value):
            stands = "overruled"
        row = {"plugin": plugin, "key": key, "value": value, "why": WHY[key], "stands": stands}
        rows.append({**row, "instead": there if stands == "overruled" else here})
    return {"file": str(place()), "settings": rows}


def text(found: dict[str, Any]) -> str:
    """A report as lines for the terminal."""
    lines = [found["file"]]
    for row in found["settings"]:
        lines.append(f"  {row['stands']:<9}  {row['key']} = {json.dumps(row['value'])}")
        if row["stands"] == "overruled":
            lines.append(f"             {_theirs()} says {json.dumps(row['instead'])}, and wins")
        else:
            lines.append(f"             {row['why']}")
    return "\n".join(lines)


def install(dry_run: bool = False) -> list[str]:
    """Write our file, whole. Returns a line for each entry of an older one that is lost by it.

    `overrides.json` is never touched. Raises OSError, with one line, where our file cannot be
    written; ValueError where there is no JupyterLab.
    """
    path, wanted = place(), _read(workspace.SETTINGS)
    lost = [
        f"{key} was {json.dumps(value)}; if you want that, write it into {_theirs()}: {plugin}"
        for plugin, key, value in _entries(_ours())
        if _entry(wanted, plugin, key) != value
    ]
    if not dry_run:
        with _one_line("write", path):
            write_whole(path, workspace.SETTINGS.read_bytes())
    return lost


def remove(dry_run: bool = False) -> bool:
    """Delete our file; whether there was one. Raises OSError, with one line, and ValueError."""
    path = place()
    if not path.exists():
        return False
    if not dry_run:
        with _one_line("delete", path):
            path.unlink()
    return True


def _theirs() -> Path:
    return settings_folder() / "overrides.json"


def _ours() -> dict[str, Any]:
    """What our file holds; a damaged one counts for nothing, to JupyterLab too."""
    try:
        return _read(place())
    except ValueError:
        return {}


def _read(path: Path) -> dict[str, Any]:
    """A file of settings; empty where there is none. Raises ValueError, OSError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}): JupyterLab ignores it, mend it") from None
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise ValueError(f"{path} holds no settings: expected an object of objects")
    return found


def _entries(settings: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for plugin, changes in settings.items():
        for key, value in changes.items():
            yield plugin, key, value


def _entry(settings: dict[str, Any], plugin: str, key: str) -> Any:
    return settings.get(plugin, {}).get(key)


@contextlib.contextmanager
def _one_line(verb: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(
            f"cannot {verb} {path}: {error.strerror or error}; "
            "it takes somebody who may change this environment (sudo, say)"
        ) from error
