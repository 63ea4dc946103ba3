"""The workspace: a student's own copy of the lessons, opened in JupyterLab. Knows no lesson.

A changed file is never overwritten. The copy keeps the hash of every file as it was written: a
file that still has that hash is ours and may be updated, any other is the student's.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from sciml_widgets.whole import write_whole

__all__ = [
    "MANIFEST",
    "SETTINGS",
    "Copied",
    "copy_lessons",
    "default_folder",
    "lab_command",
    "open_lab",
    "source",
    "summary",
]

MANIFEST = ".sciml-lessons.json"
PATTERNS = ("*.ipynb", "results/*.json")
"""What students get; the paired scripts are for authors."""

PACKAGE = Path(__file__).parent
SETTINGS = PACKAGE / "jupyter" / "labconfig" / "default_setting_overrides.json"
"""JupyterLab's defaults for the course: `open_lab` sets them, `lab_settings` installs them."""


@dataclass(frozen=True)
class Copied:
    """What happened to one file, by its path in the copy.

    new: it was not there; updated: an unchanged older copy was replaced; same: nothing to do;
    yours: changed by the student and left alone. `beside` names the file that holds the new
    version where one was put beside a changed one.
    """

    file: str
    what: Literal["new", "updated", "same", "yours"]
    beside: str = ""


def source() -> Path:
    """The folder of the lessons: a checkout's `lessons/`, else the one inside the package.

    Raises FileNotFoundError when neither holds a notebook.
    """
    for folder in (_checkout() / "lessons", PACKAGE / "_lessons"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise FileNotFoundError(
        f"no lessons in {_checkout() / 'lessons'} or {PACKAGE / '_lessons'}: "
        "install sciml-widgets again, or run from a clone of its repository"
    )


def default_folder() -> Path:
    """Where the copy goes unless told: `work/` in a checkout, else `sciml-lessons/` right here."""
    checkout = (_checkout() / "pyproject.toml").is_file()
    return _checkout() / "work" if checkout else Path.cwd() / "sciml-lessons"


def copy_lessons(target: Path) -> list[Copied]:
    """Copy the lessons into `target`, or bring an older copy up to date.

    The new version of a file that the student has changed is put beside it, once
    (`05_burgers.new.ipynb`). Raises ValueError when `target` holds the lessons themselves, and
    OSError, with one line for the student, when the folder cannot be written.
    """
    lessons, target = source().resolve(), target.expanduser().resolve()
    if target.is_relative_to(lessons):
        raise ValueError(f"{target} holds the lessons themselves: choose another folder")
    files = sorted(path for pattern in PATTERNS for path in lessons.glob(pattern))
    known = _read_manifest(target)
    try:
        copied = [_copy(file, file.relative_to(lessons), target, known) for file in files]
        write_whole(
            target / MANIFEST, json.dumps(known, indent=1, sort_keys=True).encode() + b"\n"
        )
    except OSError as error:
        raise OSError(
            f"cannot write the lessons to {target}: {error.strerror or error}; "
            "choose another folder, and name it behind the command"
        ) from error
    return copied


def trust(target: Path, copied: list[Copied]) -> None:
    """Tell Jupyter that these notebooks are ours: then a recorded run plays before any cell runs.

    Jupyter keeps a signature of their outputs in its own folder, as it does for every notebook
    that a person has run. A notebook that the student has changed is left as it is. Where no
    Jupyter is installed there is nobody to tell.
    """
    if importlib.util.find_spec("nbformat") is None:
        return
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    for one in copied:
        if one.what != "yours" and one.file.endswith(".ipynb"):
            notary.sign(nbformat.read(target / one.file, as_version=4))


def summary(copied: list[Copied]) -> list[str]:
    """A few lines for the terminal: what came, what was left alone, and where to look."""
    lines = []
    for what, words in (("new", "copied"), ("updated", "updated"), ("same", "up to date")):
        files = [one.file for one in copied if one.what == what]
        if files:
            names = ": " + ", ".join(files) if what != "same" and len(files) <= 5 else ""
            lines.append(f"{len(files)} {'file' if len(files) == 1 else 'files'} {words}{names}")
    for one in copied:
        if one.beside:
            lines.append(f"{one.file}: you changed it, so the new version is {one.beside}")
        elif one.what == "yours":
            lines.append(f"{one.file}: yours, left as it is")
    return lines


def lab_command(target: Path, port: int | None = None) -> tuple[list[str], dict[str, str]]:
    """The command that opens JupyterLab on `target`, and its environment.

    On this machine's own address only, with JupyterLab's own token. The defaults of `SETTINGS`
    hold, and the user's own settings still win. Raises ModuleNotFoundError.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ModuleNotFoundError(
            "JupyterLab is not installed here: python -m pip install 'sciml-widgets[lab]'"
        )
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    command.append(f"--ServerApp.root_dir={target}")
    if port is not None:
        command.append(f"--ServerApp.port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container there is often nobody else
    return command, _environment(os.environ)


def open_lab(target: Path, port: int | None = None) -> NoReturn:
    """Become JupyterLab, in `target`. Does not return; raises as `lab_command` does."""
    command, environment = lab_command(target.expanduser().resolve(), port)
    if sys.platform == "win32":  # exec would leave the terminal to two programs
        raise SystemExit(subprocess.call(command, env=environment))
    os.execve(command[0], command, environment)


def _checkout() -> Path:
    return PACKAGE.parent


def _environment(old: Mapping[str, str]) -> dict[str, str]:
    paths = [str(SETTINGS.parents[1]), *filter(None, [old.get("JUPYTER_CONFIG_PATH")])]
    return {**old, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_manifest(target: Path) -> dict[str, dict[str, str]]:
    """`written`: the hash of each file as we wrote it; `offered`: of the newest version shown.

    An absent or damaged manifest knows nothing, and then every file that differs is the student's.
    """
    empty: dict[str, dict[str, str]] = {"written": {}, "offered": {}}
    try:
        found = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        return {key: {str(k): str(v) for k, v in found[key].items()} for key in empty}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return empty


def _copy(file: Path, name: Path, target: Path, known: dict[str, dict[str, str]]) -> Copied:
    data, key = file.read_bytes(), name.as_posix()
    what = _place(data, target, key, known)
    if what != "yours":
        return Copied(key, what)
    if known["offered"].get(key) == _hash(data) or known["written"].get(key) == _hash(data):
        return Copied(key, "yours")  # the student has seen this version
    for number in range(1, 1000):
        beside = name.with_suffix(f".new{number if number > 1 else ''}{name.suffix}").as_posix()
        if _place(data, target, beside, known) != "yours":
            known["offered"][key] = _hash(data)
            return Copied(key, "yours", beside)
    raise OSError(f"{key} has a thousand versions beside it")


def _place(
    data: bytes, target: Path, key: str, known: dict[str, dict[str, str]]
) -> Literal["new", "updated", "same", "yours"]:
    """Write `data` to a file that is absent or still as we wrote it; else leave it."""
    path, new = target / key, _hash(data)
    what: Literal["new", "updated"] = "updated" if path.exists() else "new"
    if what == "updated":
        old = _hash(path.read_bytes())
        if old == new:
            known["written"][key] = new
            return "same"
        if old != known["written"].get(key):
            return "yours"
    write_whole(path, data)
    known["written"][key] = new
    return what
