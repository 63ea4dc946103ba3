"""Build the lessons' notebooks from their scripts. Knows the paired files, not what they teach.

    python -m sciml_widgets.course.build [05 ...] [--tags]

The script `lessons/05_burgers.py` is what authors edit. Its notebook is made from it, executed as
it would be without a front end, and written with outputs, without widget state and times. With
--tags nothing is executed: only tags and folding are taken over.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sciml_widgets.course.script import KERNEL, LANGUAGE, convert, with_front_page

__all__ = ["build", "execute", "main", "retag"]

LESSONS = Path(__file__).parents[2] / "lessons"

TIMEOUT = 300
"""Seconds a cell may take here; a lesson as a whole has 60."""

ENVIRONMENT = {
    "SCIML_WIDGETS_FRONT_END": "none",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def build(script: Path) -> Path:
    """Make and execute one notebook; write its front page into the script too. Returns its path.

    Raises ValueError for a bad metadata block, CellExecutionError for a cell that fails; then no
    notebook is written.
    """
    text = script.read_text(encoding="utf-8")
    fresh = with_front_page(text, script)
    if fresh != text:
        script.write_text(fresh, encoding="utf-8")
    book = convert(fresh, script)
    execute(book)
    path = script.with_suffix(".ipynb")
    path.write_text(nbformat.writes(book) + "\n", encoding="utf-8")
    return path


def retag(script: Path) -> Path:
    """Take the tags and the folding of a script's cells into its notebook, whose outputs stay.

    Returns the notebook's path. Raises ValueError where a cell's text is another one, since then
    the outputs would not be those of the text; OSError where there is no notebook.
    """
    path = script.with_suffix(".ipynb")
    made = convert(script.read_text(encoding="utf-8"), script)
    book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    texts = [[(cell.cell_type, cell.source) for cell in some.cells] for some in (made, book)]
    if texts[0] != texts[1]:
        raise ValueError(f"{path.name} has other cells than {script.name}: build it anew")
    for cell, fresh in zip(book.cells, made.cells, strict=True):
        cell.metadata = fresh.metadata
    book.metadata = made.metadata
    path.write_text(nbformat.writes(book) + "\n", encoding="utf-8")
    return path


def execute(book: Any) -> None:
    """Run all cells in a new kernel of this Python, in an empty folder; keep only what lasts."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            book, timeout=TIMEOUT, kernel_name=KERNEL["name"], record_timing=False,
            store_widget_state=False, resources={"metadata": {"path": folder}},
        )  # fmt: skip
        client.execute(env={**os.environ, **ENVIRONMENT})
    book.metadata["language_info"] = nbformat.from_dict(LANGUAGE)
    book.metadata.pop("widgets", None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the lessons that are named by number, or all. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sciml_widgets.course.build")
    parser.add_argument("lesson", nargs="*", help='numbers ("05"); default: all')
    parser.add_argument("--tags", action="store_true", help="only tags and folding; run nothing")
    asked = parser.parse_args(arguments)
    wanted = asked.lesson
    found = sorted(LESSONS.glob("[0-9][0-9]*_*.py"))
    scripts = {path.name.partition("_")[0]: path for path in found}
    if unknown := set(wanted) - set(scripts):
        parser.error(f"no lesson {', '.join(sorted(unknown))}: there are {', '.join(scripts)}")
    for key in wanted or scripts:
        began = time.monotonic()
        try:
            path = retag(scripts[key]) if asked.tags else build(scripts[key])
        except (CellExecutionError, OSError, ValueError) as error:
            print(f"{scripts[key].name}: {error}", file=sys.stderr)
            return 1
        seconds, size = time.monotonic() - began, path.stat().st_size
        print(f"{path.name}: {seconds:.0f} s, {size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
