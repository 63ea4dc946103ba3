"""A report: a lesson that ran with other values, to hand out. Knows papermill and no subject.

The values are checked before a kernel starts (`parameters.chosen`). papermill puts them into the
notebook and runs it; no front end is there, so every panel leaves a still picture.
"""

import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sciml_widgets import workspace
from sciml_widgets.course.copies import instructor, student
from sciml_widgets.course.lesson import Lesson
from sciml_widgets.course.parameters import Parameter, parameters
from sciml_widgets.course.words import table
from sciml_widgets.record import versions
from sciml_widgets.whole import room_for, write_whole

__all__ = ["CellFailed", "Report", "note", "ready", "report"]

KERNEL = "python3"
START, CELL = 90, 300
"""Seconds that a kernel may take to start, and a cell to run."""


class CellFailed(RuntimeError):
    """A cell of the lesson raised; the sentence says which and what."""


@dataclass(frozen=True)
class Report:
    """What was made: the file, the values that were set, the seconds that the notebook took."""

    key: str
    path: Path
    values: dict[str, Any]
    seconds: float

    def __str__(self) -> str:
        """One line for the terminal."""
        with_them = ", ".join(f"{name}={value}" for name, value in self.values.items())
        said = f" with {with_them}" if with_them else ""
        return f"lesson {self.key}{said}: {self.seconds:.0f} s, saved in {self.path}"

    def told(self) -> dict[str, Any]:
        """For programs."""
        told = {"lesson": self.key, "file": str(self.path), "values": self.values}
        return told | {"seconds": self.seconds}


def ready(out: Path) -> None:
    """Complain before anything runs.

    Raises ModuleNotFoundError without papermill, ValueError or OSError for a file that cannot be.
    """
    if importlib.util.find_spec("papermill") is None:
        raise ModuleNotFoundError(
            "papermill is not installed here: python -m pip install 'sciml-widgets[lab]'"
        )
    if out.suffix != ".ipynb":
        raise ValueError(f"{out}: a report is a notebook, so its name ends with .ipynb")
    if out.resolve().is_relative_to(workspace.source().resolve()):
        raise ValueError(f"{out}: that folder holds the lessons themselves, choose another")
    room_for(out)


def report(
    one: Lesson, values: Mapping[str, Any], out: Path, *, solutions: bool = False
) -> Report:
    """Run a lesson with these values and write it to `out`, for students or with `solutions`.

    Raises what `ready` does, and CellFailed; then nothing is written.
    """
    ready(out)
    import nbformat

    began = time.monotonic()
    book = _run(one.path, values)
    seconds = time.monotonic() - began
    _plain(book)
    said = note(one, values, parameters(one))
    book.cells.insert(1, nbformat.v4.new_markdown_cell(said, id="the-report"))
    made = instructor(book) if solutions else student(book)
    write_whole(out, (nbformat.writes(nbformat.from_dict(made)) + "\n").encode())
    return Report(one.key, out, dict(values), seconds)


def note(one: Lesson, values: Mapping[str, Any], known: tuple[Parameter, ...]) -> str:
    """What the report says of itself, in Markdown, below the front page."""
    settings = "".join(f" --set {name}={value}" for name, value in values.items())
    command = f"sciml-widgets lesson run {one.key}{settings} --out report.ipynb"
    rows = [
        [f"{each.label} (`{each.name}`)", f"{values.get(each.name, each.default)}",
         f"{each.default}", each.range, each.acts_on]
        for each in known
    ]  # fmt: skip
    head = ["", "here", "in the lesson", "allowed", "acts on"]
    made_by = ", ".join(f"{name} {version}" for name, version in versions().items())
    parts = [
        f"**This is a report**, made by `{command}`.",
        *([table(head, rows)] if rows else []),
        "Every panel stands as a still picture of a short run; in JupyterLab the cells make them "
        "live. The words were written for the lesson's own values, and recorded results are those "
        "of the lesson.",
        f"({made_by})",
    ]
    return "\n\n".join(parts)


def _run(path: Path, values: Mapping[str, Any]) -> Any:
    """The executed notebook. It runs in an empty folder, so that it leaves nothing behind."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryDirectory() as folder:
        try:
            return papermill.execute_notebook(
                str(path).replace("{", "{{").replace("}", "}}"), None, parameters=dict(values),
                kernel_name=KERNEL, cwd=folder, progress_bar=sys.stderr.isatty(),
                start_timeout=START, execution_timeout=CELL, config=_quiet(),
            )  # fmt: skip
        except PapermillExecutionError as error:
            where = f"cell {error.exec_count}" if error.exec_count else "a cell"
            raise CellFailed(f"{path.name}, {where}: {error.ename}: {error.evalue}") from error


def _quiet() -> Any:
    """The kernel talks through files where it can: no port is taken or listened to."""
    from traitlets.config import Config

    return Config() if os.name == "nt" else Config(KernelManager={"transport": "ipc"})


def _plain(book: Any) -> None:
    """Without papermill's notes of paths and times, which are this machine's business."""
    book.metadata.pop("papermill", None)
    for cell in book.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "the-values"
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
