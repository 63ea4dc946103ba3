"""What a lesson says about itself, read from its notebook. Runs no cell and knows no exercise."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sciml_widgets import workspace

__all__ = ["BLOCK", "Lesson", "Section", "lesson", "lessons"]

BLOCK = "sciml_widgets"
"""The name of the block in a notebook's metadata."""


@dataclass(frozen=True)
class Section:
    """A heading of a lesson and its minutes."""

    title: str
    minutes: int

    def heading(self, number: int) -> str:
        """As it stands in the notebook: "## 2 · The problem (6 minutes)"."""
        return f"## {number} · {self.title} ({_minutes(self.minutes)})"


@dataclass(frozen=True)
class Lesson:
    """The metadata block of a lesson, as `lesson.schema.json` describes it, and where it is."""

    number: int
    title: str
    objectives: tuple[str, ...]
    sections: tuple[Section, ...]
    prerequisites: tuple[str, ...]
    hardware: str
    seed_systems: tuple[str, ...]
    licence: str
    status: str
    part: str = ""
    path: Path = field(default=Path(), compare=False)

    @property
    def minutes(self) -> int:
        """The time of the whole lesson."""
        return sum(section.minutes for section in self.sections)

    @property
    def key(self) -> str:
        """The number as it stands in file names: "05"; of its second part: "05b"."""
        return f"{self.number:02d}{self.part}"

    @property
    def name(self) -> str:
        """The name of its files, without the ending: "05_burgers"."""
        return self.path.stem

    def front_page(self) -> str:
        """The first cell, in Markdown: the build writes it, nobody types it."""
        objectives = "\n".join(f"{i}. {line}" for i, line in enumerate(self.objectives, 1))
        return (
            f"# {self.number}{self.part} · {self.title}\n\n"
            f"**After this lesson you can**\n\n{objectives}\n\n"
            f"| | |\n|:--|:--|\n"
            f"| **Time** | {_minutes(self.minutes)} |\n"
            f"| **You need** | {'; '.join(self.prerequisites)} |\n"
            f"| **Hardware** | {self.hardware} |\n\n"
            f"Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,\n"
            f"you still see the pictures of the last run."
        )

    def code(self, *tags: str) -> str:
        """The source of the code cells that have all these tags. Raises LookupError for none."""
        found = [
            "".join(cell["source"])
            for cell in self._cells()
            if cell["cell_type"] == "code" and set(tags) <= set(cell["metadata"].get("tags", ()))
        ]
        if not found:
            raise LookupError(f"{self.path.name} has no code cell tagged {' and '.join(tags)}")
        return "\n\n".join(found)

    def exercises(self) -> tuple[str, ...]:
        """The names of its exercises: of the cells tagged `exercise`, the other tag."""
        tags = [cell["metadata"].get("tags", ()) for cell in self._cells()]
        named = [tag for some in tags if "exercise" in some for tag in some if tag != "exercise"]
        return tuple(dict.fromkeys(named))

    def _cells(self) -> list[dict[str, Any]]:
        return json.loads(self.path.read_text(encoding="utf-8"))["cells"]

    @classmethod
    def read(cls, metadata: Mapping[str, Any], path: Path) -> "Lesson":
        """From a notebook's metadata. Raises ValueError, naming the file."""
        import jsonschema

        block = metadata.get(BLOCK)
        wrong = next(jsonschema.Draft202012Validator(_schema()).iter_errors(block), None)
        if wrong is not None:
            place = "".join(f".{part}" for part in wrong.absolute_path)
            raise ValueError(f"{path.name}: the metadata block {BLOCK}{place}: {wrong.message}")
        plain = json.loads(json.dumps(block))
        lists = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        sections = tuple(Section(**section) for section in plain["sections"])
        return cls(**{**plain, **lists, "sections": sections}, path=path)


def lessons() -> list[Lesson]:
    """All lessons of this checkout, or of the installed package, by number.

    Raises FileNotFoundError where there are none, ValueError for a damaged one.
    """
    paths = sorted(workspace.source().glob("[0-9][0-9]*_*.ipynb"))
    return sorted((Lesson.read(_metadata(path), path) for path in paths), key=lambda one: one.key)


def lesson(key: str) -> Lesson:
    """The lesson with this number ("05") or name. Raises LookupError."""
    there = lessons()
    for one in there:
        if key in (one.key, one.name, f"{one.number}{one.part}"):
            return one
    raise LookupError(f"no lesson {key!r}: there are {', '.join(one.name for one in there)}")


def _minutes(count: int) -> str:
    return f"{count} minute{'' if count == 1 else 's'}"


@cache
def _schema() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("lesson.schema.json").read_text(encoding="utf-8"))


def _metadata(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a whole notebook: {error}") from None
