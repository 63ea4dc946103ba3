"""The shape that all lessons share: what belongs where. Reads cells, knows no subject."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from sciml_widgets.course.lesson import Lesson

__all__ = ["ROLES", "departures"]

ROLES = (
    "See it",
    "The problem",
    "Build it",
    "Predict, run, explain",
    "Exercises",
    "Where it breaks",
    "The honest table",
    "Key points",
)
"""The sections that every lesson has, in this order. A title may go on after a colon ("Build it: a
U-Net"), and other sections may stand between the first and the last."""

MARK = re.compile(r"^## .*$", re.M)
BACKSTAGE = {"check", "drawing", "exercise", "numbers", "parameters", "setup", "solution"}
"""Tags of code that is not the method itself."""

Cell = Any
"""One cell of a notebook, as JSON or as nbformat has it."""


def departures(lesson: Lesson, cells: Sequence[Cell]) -> list[str]:
    """What is not as every lesson has it, one sentence each; an empty list is as it should be."""
    return [*_front(lesson, cells), *_headings(lesson, cells), *_sections(lesson, cells)]


def _front(lesson: Lesson, cells: Sequence[Cell]) -> Iterator[str]:
    if not cells or not _is_text(cells[0]) or _source(cells[0]) != lesson.front_page():
        yield "the first cell is not the front page that the metadata block gives"


def _headings(lesson: Lesson, cells: Sequence[Cell]) -> Iterator[str]:
    found = [line for cell in cells if _is_text(cell) for line in MARK.findall(_source(cell))]
    wanted = [section.heading(i) for i, section in zip(count(1), lesson.sections, strict=False)]
    for i in range(max(len(found), len(wanted))):
        here, there = "".join(found[i : i + 1]), "".join(wanted[i : i + 1])
        if here != there:
            yield f"heading {i + 1} is {here!r}, and {there!r} by the metadata block"
            return
    for cell in cells:
        if _is_text(cell) and re.search(r"^##? ", _source(cell), re.M):
            first = _source(cell).splitlines()[0]
            if not re.match(r"##? ", first):
                yield f"a heading must open its cell: {first[:40]!r} stands before it"
            if cell["metadata"].get("slideshow", {}).get("slide_type") != "slide":
                yield f"{first!r} must start a slide"


def _sections(lesson: Lesson, cells: Sequence[Cell]) -> Iterator[str]:
    titles = [section.title for section in lesson.sections]
    roles = [role for title in titles if (role := title.partition(":")[0].rstrip()) in ROLES]
    if roles != list(ROLES):
        yield f"the sections must be {'; '.join(ROLES)}: found {'; '.join(titles)}"
    if not roles or titles[0].partition(":")[0] != ROLES[0] or titles[-1] != ROLES[-1]:
        yield f"the first section must be {ROLES[0]!r} and the last {ROLES[-1]!r}"
    parts = _parts(cells)
    for role in ROLES:
        if role in parts:
            yield from (f"{role}: {said}" for said in REQUIRED[role](parts[role]))
    for role, some in parts.items():
        for cell in some if role != "Exercises" else ():
            if _tags(cell) & {"exercise", "solution"}:
                yield f"{role}: an exercise or a solution stands here, not under Exercises"


def _parts(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """The cells of each section, by its role (by its title where it has none)."""
    parts: dict[str, list[Cell]] = {}
    here: list[Cell] = []
    for cell in cells:
        heading = MARK.match(_source(cell)) if _is_text(cell) else None
        if heading:
            title = re.sub(r"^## \d+ · | \(\d+ minutes?\)$", "", heading.group())
            here = parts.setdefault(title.partition(":")[0].rstrip(), [])
        here.append(cell)
    return parts


# ---- what each section needs ------------------------------------------------------------------


def _see_it(cells: list[Cell]) -> Iterator[str]:
    if "show(" not in _code(cells[:3]):
        yield "a live panel, show(...), belongs on the first screen"


def _problem(cells: list[Cell]) -> Iterator[str]:
    if "$$" not in _text(cells):
        yield "write the equation down"


def _build_it(cells: list[Cell]) -> Iterator[str]:
    method = [cell for cell in cells if not _is_text(cell) and not _tags(cell) & BACKSTAGE]
    if len(method) < 2:
        yield "the method must be visible code, in small cells"


def _predict(cells: list[Cell]) -> Iterator[str]:
    if not re.search(r"\bpredict=|^\w*guess\w* = ", _code(cells), re.M):
        yield "the student must commit a guess (predict=, or a cell my_guess = ...)"
    if not re.search(r"\b(show|run)\(", _code(cells)):
        yield "something must run"
    if not re.search(r"\bexplain\b", MARK.sub("", _text(cells)) + _code(cells), re.I):
        yield "ask for an explanation"


def _exercises(cells: list[Cell]) -> Iterator[str]:
    order = [(tag, _tags(cell) - {tag}) for cell in cells for tag in _tags(cell) & ANSWERS]
    stubs = [name for tag, names in order if tag == "exercise" for name in sorted(names)]
    if len(stubs) < 2:
        yield f"two exercises at least, got {len(stubs)}"
    for name in stubs:
        kinds = [tag for tag, names in order if name in names]
        if kinds != ["exercise", "solution"]:
            yield f"{name} needs one cell tagged exercise, then one tagged solution"
        if not re.search(rf"@exercise\([^@]*?\ndef {name}\(", _code(cells)):
            yield f"{name} needs its check, @exercise(...) def {name}(answer)"
    for tag, names in order:
        for name in names - set(stubs):
            yield f"the {tag} {name} has no exercise"


def _breaks(cells: list[Cell]) -> Iterator[str]:
    if not re.search(r"\b(show|run)\(", _code(cells)):
        yield "let it break live: show(...) or run(...)"


def _table(cells: list[Cell]) -> Iterator[str]:
    numbers = [cell for cell in cells if "numbers" in _tags(cell)]
    if "table(" not in _code(numbers):
        yield "a cell tagged numbers must write a table(...)"
    if "spread(" not in _code(numbers):
        yield "no number comes from one seed: spread(...) gives median and range"


def _key_points(cells: list[Cell]) -> Iterator[str]:
    last = _source(cells[-1])
    for words in ("**What next", "**References**"):
        if words not in last:
            yield f"the last cell needs {words}"


ANSWERS = {"exercise", "solution"}
REQUIRED = {
    "See it": _see_it,
    "The problem": _problem,
    "Build it": _build_it,
    "Predict, run, explain": _predict,
    "Exercises": _exercises,
    "Where it breaks": _breaks,
    "The honest table": _table,
    "Key points": _key_points,
}


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


def _is_text(cell: Cell) -> bool:
    return cell["cell_type"] == "markdown"


def _tags(cell: Cell) -> set[str]:
    return set(cell["metadata"].get("tags", ()))


def _code(cells: Sequence[Cell]) -> str:
    return "\n".join(_source(cell) for cell in cells if cell["cell_type"] == "code")


def _text(cells: Sequence[Cell]) -> str:
    return "\n".join(_source(cell) for cell in cells if _is_text(cell))
