"""The script of a lesson: its cells, its front page, its notebook before it runs. Runs nothing.

Needs jupytext, as authors and tests have it; students read the notebook.
"""

import hashlib
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from sciml_widgets.course.lesson import BLOCK, Lesson

__all__ = ["FOLDED", "KERNEL", "LANGUAGE", "convert", "read", "tagged", "with_front_page"]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}

FOLDED = {
    "check": {"source_hidden": True},
    "drawing": {"source_hidden": True},
    "numbers": {"source_hidden": True},
    "parameters": {"source_hidden": True},
    "solution": {"source_hidden": True, "outputs_hidden": True},
}
"""By tag: what JupyterLab folds. JupyterLab still shows the first line of a folded cell."""

NOT_SHOWN = {"check", "parameters", "solution"}
"""Tags of cells that are left out of the slides."""


def read(script: Path) -> Lesson:
    """The metadata of a lesson, from its script. Raises ValueError."""
    return Lesson.read(_book(script.read_text(encoding="utf-8")).metadata, script)


def tagged(script: Path, *tags: str) -> str:
    """The source of the code cells that have all these tags. Raises LookupError for none."""
    cells = _book(script.read_text(encoding="utf-8")).cells
    found = [
        cell.source
        for cell in cells
        if cell.cell_type == "code" and set(tags) <= set(cell.metadata.get("tags", ()))
    ]
    if not found:
        raise LookupError(f"{script.name} has no code cell tagged {' and '.join(tags)}")
    return "\n\n".join(found)


def convert(text: str, script: Path) -> Any:
    """The notebook of a script, not executed; the same text gives the same notebook.

    The tags of a cell say whether it is folded, and left out of the slides or a speaker's note
    there. The notebook has no jupytext block: a student's copy is one file, and must not grow a
    second one.
    """
    book = _book(text)
    Lesson.read(book.metadata, script)
    book.metadata = nbformat.from_dict(
        {BLOCK: book.metadata[BLOCK], "kernelspec": KERNEL, "language_info": LANGUAGE}
    )
    book.nbformat, book.nbformat_minor = 4, 5
    taken: set[str] = set()
    for cell in book.cells:
        cell["id"] = _identity(cell, taken)
        taken.add(cell["id"])
        for tag in cell.metadata.get("tags", ()):
            if tag in FOLDED:
                cell.metadata["jupyter"] = nbformat.from_dict(FOLDED[tag])
            if tag == "lecturer":
                cell.metadata["slideshow"] = nbformat.from_dict({"slide_type": "notes"})
            if tag in NOT_SHOWN:
                cell.metadata["slideshow"] = nbformat.from_dict({"slide_type": "skip"})
    nbformat.validate(book)
    return book


def with_front_page(text: str, script: Path) -> str:
    """The script with the first cell that its metadata block asks for. Raises ValueError."""
    page = Lesson.read(_book(text).metadata, script).front_page()
    lines = text.splitlines(keepends=True)
    marks = [i for i, line in enumerate(lines) if line.startswith("# %%")]
    if len(marks) < 2 or "[markdown]" not in lines[marks[0]]:
        raise ValueError(f"{script.name}: the first cell must be Markdown; it is generated")
    cell = "".join(f"# {line}".rstrip() + "\n" for line in page.splitlines())
    return "".join(lines[: marks[0] + 1]) + cell + "\n" + "".join(lines[marks[1] :])


def _book(text: str) -> Any:
    return jupytext.reads(text, fmt="py:percent")


def _identity(cell: Any, taken: set[str]) -> str:
    """A cell's id: a digest of its source, so that it stays while the cell does."""
    for copy in range(len(taken) + 1):
        source = f"{cell.cell_type}{cell.source}{copy or ''}"
        digest = hashlib.sha256(source.encode()).hexdigest()[:8]
        if digest not in taken:
            return digest
    raise AssertionError("more copies than cells")
