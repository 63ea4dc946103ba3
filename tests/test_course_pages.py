"""The pages around the lessons keep step with them: parts, sections, minutes, questions, links."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from sciml_widgets.course.script import read

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "lessons"
SCRIPTS = sorted(LESSONS.glob("[0-9][0-9]*_*.py"))
GUIDE = (LESSONS / "INSTRUCTORS.md").read_text(encoding="utf-8")
GLOSSARY = (LESSONS / "GLOSSARY.md").read_text(encoding="utf-8")
PAGES = sorted([*LESSONS.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])

every_lesson = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)

ENTRY = re.compile(
    r"- \*\*(?P<term>[^*]+)\*\*: (?P<words>[^—]+\.) — "
    r"\[lesson (?P<key>\d\d[bc]?), (?P<section>[\d.]+b?)\]\((?P<file>\S+)\) · "
    r"\[`(?P<name>\w+)`\]\((?P<code>\S+)\)"
)


def headings(script: Path) -> set[str]:
    """The numbers of a lesson's headings: "3" and "3.4"."""
    text = script.read_text(encoding="utf-8")
    return set(re.findall(r"^# #{2,3} (\d+(?:\.\d+b?)?)(?= )", text, re.M))


# ---- for who teaches --------------------------------------------------------------------------


def part(key: str) -> tuple[str, str]:
    """The title and the text of a lesson's part."""
    found = re.search(rf"^## {key} · (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.M | re.S)
    assert found, f"lessons/INSTRUCTORS.md has no part `## {key} · ...`"
    return found[1], found[2]


@every_lesson
def test_every_lesson_has_its_part(script: Path) -> None:
    one = read(script)
    title, text = part(one.key)
    assert title == one.title
    for name in ("The story", "Five minutes", "The class hour", "Self-paced", "Stop and ask"):
        assert re.search(rf"^\*\*{name}\.\*\* \S", text, re.M) or name == "The class hour", name
    story = re.search(r"\*\*The story\.\*\* (.*?)\n\n", text, re.S)
    assert story and len(re.findall(r"[.?!](?=\s|$)", story[1])) == 2, "two sentences"
    assert (
        len(re.findall(r'^- \*"[^*]+"\* ', text.split("**What students believe.**")[1], re.M)) >= 3
    )


@every_lesson
def test_the_class_hour_has_the_sections_and_minutes_of_the_lesson(script: Path) -> None:
    one = read(script)
    rows = re.findall(r"^\| (.+?) \| (\d+) \| .+ \|$", part(one.key)[1], re.M)
    assert rows == [(section.title, str(section.minutes)) for section in one.sections]


@every_lesson
def test_sections_and_questions_that_are_named_exist(script: Path) -> None:
    one, there = read(script), headings(script)
    text = part(one.key)[1]
    named = set(re.findall(r"[Ss]ection (\d+(?:\.\d+b?)?)", text))
    named |= set(re.findall(r"(?<![\d.])([1-9]\d?\.[1-9]b?)(?![\d.])", text))
    assert named <= there
    asked = json.loads((LESSONS / "questions" / f"{one.key}.json").read_text(encoding="utf-8"))
    numbers = [int(number) for number in re.findall(r"[Qq]uestion (\d+)", text)]
    assert numbers and max(numbers) <= len(asked)


# ---- the glossary -----------------------------------------------------------------------------


def entries() -> list[re.Match[str]]:
    lines = [line for line in GLOSSARY.splitlines() if line.startswith("- ")]
    found = [ENTRY.fullmatch(line) for line in lines]
    broken = [line for line, one in zip(lines, found, strict=True) if one is None]
    assert not broken
    return [one for one in found if one is not None]


def test_the_glossary_is_sorted_and_says_each_term_once_in_one_sentence() -> None:
    terms = [one["term"] for one in entries()]
    plain = [unicodedata.normalize("NFKD", term).casefold() for term in terms]
    assert plain == sorted(plain) and len(set(plain)) == len(plain) >= 60
    for one in entries():
        assert not re.search(r"[.?!] ", one["words"]), one["term"]


def test_every_link_of_the_glossary_leads_to_what_it_names() -> None:
    scripts = {read(script).key: script for script in SCRIPTS}
    for one in entries():
        script = scripts[one["key"]]
        assert one["file"] == f"{script.stem}.ipynb", one["term"]
        assert one["section"] in headings(script), one["term"]
        code = (LESSONS / one["code"]).resolve()
        assert code.is_relative_to(ROOT), one["term"]
        assert re.search(rf"\b{one['name']}\b", code.read_text(encoding="utf-8")), one["term"]


def test_every_lesson_is_in_the_glossary() -> None:
    assert {one["key"] for one in entries()} >= {read(script).key for script in SCRIPTS}


# ---- all pages --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_link_to_a_file_leads_to_one(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not re.match(r"https?:|mailto:", target):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_command_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)) <= targets
    cli = (ROOT / "sciml_widgets" / "arguments.py").read_text(encoding="utf-8")
    commands = set(re.findall(r'(?:command\(|add_parser\(|aliases=\[)\s*"([a-z-]+)', cli))
    assert set(re.findall(r"(?:^|`)sciml-widgets ([a-z][a-z-]*)", text, re.M)) <= commands


def test_the_page_for_workshops_names_columns_that_the_load_report_has() -> None:
    page = (ROOT / "docs" / "workshops.md").read_text(encoding="utf-8")
    load = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
    for name in ("As it is", "memory each", "steps a second, all"):
        assert f"*{name}*" in page and name in load, name
    assert load.split("| kernels |")[1].split("|\n")[0].strip().endswith("started in")
