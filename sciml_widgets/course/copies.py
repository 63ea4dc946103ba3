"""Copies of the lessons, for students and for who teaches. Knows the tags of cells, runs none.

    python -m sciml_widgets.course.copies [05 ...] [--to build]

Both come from the one notebook of a lesson. Cells tagged `solution` are only in the instructor's
copy, unfolded; so are cells tagged `lecturer`, notes on how to teach it. Outputs stay, so that
pictures are seen where no kernel runs; only what a check said is cleared from the students' copy.
"""

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sciml_widgets.course.lesson import lesson, lessons
from sciml_widgets.whole import write_whole

__all__ = ["instructor", "main", "student", "write_copies"]

Notebook = dict[str, Any]


def student(book: Notebook) -> Notebook:
    """Without solutions and lecturer's notes; what stands in the stubs stays. Changes nothing."""
    made = copy.deepcopy(book)
    made["cells"] = [c for c in made["cells"] if not _tags(c) & {"solution", "lecturer"}]
    for cell in made["cells"]:
        if "exercise" in _tags(cell):
            cell["outputs"], cell["execution_count"] = [], None
    return made


def instructor(book: Notebook) -> Notebook:
    """With everything, the solutions unfolded. Changes nothing."""
    made = copy.deepcopy(book)
    for cell in made["cells"]:
        if "solution" in _tags(cell):
            cell["metadata"].pop("jupyter", None)
    return made


def write_copies(folder: Path, *keys: str) -> list[Path]:
    """Write `student/` and `instructor/` copies of these lessons, or of all, below `folder`.

    Raises LookupError for no such lesson, OSError.
    """
    written: list[Path] = []
    for one in [lesson(key) for key in keys] or lessons():
        book = json.loads(one.path.read_text(encoding="utf-8"))
        for name, kind in (("student", student), ("instructor", instructor)):
            text = json.dumps(kind(book), indent=1, sort_keys=True, ensure_ascii=False)
            path = folder / name / one.path.name
            write_whole(path, text.encode() + b"\n")
            written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the copies that the arguments name. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sciml_widgets.course.copies")
    parser.add_argument("lesson", nargs="*", help='numbers ("05"); default: all')
    parser.add_argument("--to", type=Path, default=Path("build"), help="default: build/")
    asked = parser.parse_args(arguments)
    try:
        for path in write_copies(asked.to, *asked.lesson):
            print(path)
    except (LookupError, OSError, ValueError) as error:
        parser.error(str(error))
    return 0


def _tags(cell: dict[str, Any]) -> set[str]:
    return set(cell["metadata"].get("tags", ()))


if __name__ == "__main__":
    raise SystemExit(main())
