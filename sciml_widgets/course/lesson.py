"""What a lesson says about itself, read from its notebook. Runs no cell and knows no exercise."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sciml_widgets import workspace

__all__ = ["BLOCK", "Lesson", "lesson", "lessons"]

BLOCK = "sciml_widgets"
"""The name of the block in a notebook's metadata."""


@dataclass(frozen=True)
class Lesson:
    """The metadata block of a lesson, and where the lesson is.

    Raises:
        ValueError: not three outcomes, or a field that is empty.
    """

    number: int
    title: str
    minutes: int
    outcomes: tuple[str, ...]
    needs: str
    hardware: str
    path: Path = field(default=Path(), compare=False)

    def __post_init__(self) -> None:
        empty = [one.name for one in fields(self) if not getattr(self, one.name)]
        if empty or len(self.outcomes) != 3:
            raise ValueError(
                f"{self.path.name}: the block {BLOCK!r} needs title, minutes, needs, hardware and "
                f"three outcomes; got {len(self.outcomes)} outcomes and no {', '.join(empty)}"
            )

    @property
    def key(self) -> str:
        """The number as it stands in file names: "05"."""
        return f"{self.number:02d}"

    @property
    def name(self) -> str:
        """The name of its files, without the ending: "05_burgers"."""
        return self.path.stem

    def front_page(self) -> str:
        """The first cell, in Markdown: the build writes it, nobody types it."""
        outcomes = "\n".join(f"{i}. {line}" for i, line in enumerate(self.outcomes, 1))
        return (
            f"# {self.number} · {self.title}\n\n"
            f"**After this lesson you can**\n\n{outcomes}\n\n"
            f"| | |\n|:--|:--|\n"
            f"| **Time** | {self.minutes} minutes |\n"
            f"| **You need** | {self.needs} |\n"
            f"| **Hardware** | {self.hardware} |\n\n"
            f"Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,\n"
            f"you still see the pictures of the last run."
        )

    def code(self, *tags: str) -> str:
        """The source of the code cells that have all these tags. Raises LookupError for none."""
        cells = json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        found = [
            "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "code" and set(tags) <= set(cell["metadata"].get("tags", ()))
        ]
        if not found:
            raise LookupError(f"{self.path.name} has no code cell tagged {' and '.join(tags)}")
        return "\n\n".join(found)

    @classmethod
    def read(cls, metadata: Mapping[str, Any], path: Path) -> "Lesson":
        """From a notebook's metadata. Raises ValueError, naming the file."""
        block = metadata.get(BLOCK)
        known = {one.name for one in fields(cls)} - {"path"}
        if not isinstance(block, Mapping) or set(block) != known:
            raise ValueError(
                f"{path.name}: its metadata need a block {BLOCK!r} with {', '.join(sorted(known))}"
                f"; got {', '.join(sorted(block)) if isinstance(block, Mapping) else block!r}"
            )
        return cls(**{**block, "outcomes": tuple(block["outcomes"])}, path=path)


def lessons() -> list[Lesson]:
    """All lessons of this checkout, or of the installed package, by number.

    Raises FileNotFoundError where there are none, ValueError for a damaged one.
    """
    paths = sorted(workspace.source().glob("[0-9][0-9]_*.ipynb"))
    return [Lesson.read(_metadata(path), path) for path in paths]


def lesson(key: str) -> Lesson:
    """The lesson with this number ("05") or name. Raises LookupError."""
    there = lessons()
    for one in there:
        if key in (one.key, one.name, str(one.number)):
            return one
    raise LookupError(f"no lesson {key!r}: there are {', '.join(one.name for one in there)}")


def _metadata(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a whole notebook: {error}") from None
