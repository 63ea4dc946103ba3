"""The pages for people: what they tell somebody to type exists, and takes what it is given."""

import ast
import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import sciml_widgets
from sciml_widgets import cli, practice
from sciml_widgets.arguments import parser

ROOT = Path(__file__).parent.parent
PAGES = [
    page
    for pattern in ("*.md", "docs/*.md", "lessons/*.md")
    for page in ROOT.glob(pattern)
    if page.name != "CHANGELOG.md"  # which is about the past, too
]
CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)


def said(page: Path) -> Iterator[str]:
    """What stands as code, in blocks and in lines."""
    for block, inline in CODE.findall(page.read_text(encoding="utf-8")):
        yield from block.splitlines() if block else [inline]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_one_that_the_program_takes(page: Path) -> None:
    for line in said(page):
        typed = re.match(r"(?:sudo )?(?:\S*/)?sciml-widgets (.*)", line)
        if typed is None:
            continue
        words = shlex.split(typed[1], comments=True)
        try:
            parser(cli.WORK).parse_args(words)
        except ValueError as error:
            named = words[: 1 + (words[0] in {"lesson", "lessons"})]  # `lesson run`: a name
            assert words == named and "required" in str(error), f"{line}: {error}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_is_in_the_makefile(page: Path) -> None:
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {word for line in said(page) for word in re.findall(r"^make ([a-z-]+)", line)}
    assert asked <= there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_of_ours_takes_these_arguments(page: Path) -> None:
    public = {
        name: getattr(room, name) for room in (sciml_widgets, practice) for name in room.__all__
    }
    for line in said(page):
        try:
            calls = [one for one in ast.walk(ast.parse(line)) if isinstance(one, ast.Call)]
        except SyntaxError:
            continue
        for call in calls:
            target = public.get(call.func.id) if isinstance(call.func, ast.Name) else None
            if target is None or not (call.args or call.keywords):
                continue  # a name only, `show()`
            named = {one.arg: ... for one in call.keywords if one.arg}
            inspect.signature(target).bind(*call.args, **named)


def test_every_room_of_the_house_stands_in_its_table() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = [
        one for one in (ROOT / "sciml_widgets").iterdir() if not one.name.startswith(("_", "."))
    ]
    missing = [one.name for one in rooms if f"`{one.name}{'/' * one.is_dir()}`" not in table]
    assert rooms and not missing


TABLES = [*PAGES, *sorted((ROOT / "lessons").glob("[0-9]*.py"))]


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_every_row_of_a_table_has_the_cells_of_its_head(page: Path) -> None:
    """A bar inside of a formula parts a cell: slides and GitHub show such a table as bare text."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [line.removeprefix("# ").strip() for line in lines]
    for number, row in enumerate(rows):
        if re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", row):
            least = number
            while rows[number + 1 :] and rows[number + 1].startswith("|"):
                number += 1
            cells = {one.count("|") - one.count(r"\|") for one in rows[least - 1 : number + 1]}
            assert len(cells) == 1, rows[least - 1 : number + 1]
