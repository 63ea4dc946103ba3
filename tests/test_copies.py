"""Copies from one source: students get no solution, instructors get them in sight."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sciml_widgets.course.copies import instructor, main, student, write_copies
from sciml_widgets.course.lesson import Lesson, lessons

every_lesson = pytest.mark.parametrize("one", lessons(), ids=lambda one: one.name)


def book(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def tagged(cells: list[dict[str, Any]], tag: str) -> list[dict[str, Any]]:
    return [cell for cell in cells if tag in cell["metadata"].get("tags", ())]


def valid(made: dict[str, Any]) -> None:
    nbformat.validate(nbformat.from_dict(made))


@every_lesson
def test_a_student_s_copy_has_every_stub_and_no_solution(one: Lesson) -> None:
    source = book(one.path)
    made = student(source)
    valid(made)
    assert source == book(one.path), "the source was changed"
    text = json.dumps(made["cells"], ensure_ascii=False)
    for cell in tagged(source["cells"], "solution"):
        assert cell["id"] not in [other["id"] for other in made["cells"]]
        own = [line.strip() for line in cell["source"] if " = " in line or "return" in line]
        assert own, "a solution says something"
        assert not [line for line in own if json.dumps(line)[1:-1] in text]
    stubs = tagged(made["cells"], "exercise")
    assert [cell["source"] for cell in stubs] == [
        cell["source"] for cell in tagged(source["cells"], "exercise")
    ]
    assert len(stubs) >= 2 and not any(cell["outputs"] for cell in stubs)
    assert made["metadata"] == source["metadata"]


@every_lesson
def test_an_instructor_s_copy_shows_the_solutions(one: Lesson) -> None:
    source = book(one.path)
    made = instructor(source)
    valid(made)
    assert source == book(one.path), "the source was changed"
    assert [cell["source"] for cell in made["cells"]] == [c["source"] for c in source["cells"]]
    assert [cell for cell in tagged(source["cells"], "solution") if "jupyter" in cell["metadata"]]
    assert not [
        cell for cell in tagged(made["cells"], "solution") if "jupyter" in cell["metadata"]
    ]


def test_notes_for_lecturers_are_in_one_copy_only() -> None:
    cell = nbformat.v4.new_markdown_cell("Stop here and ask.", metadata={"tags": ["lecturer"]})
    source = nbformat.v4.new_notebook(cells=[cell])
    assert student(source)["cells"] == []
    assert instructor(source)["cells"] == [cell]


def test_copies_are_written_and_read_as_lessons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["05", "--to", str(tmp_path)]) == 0
    paths = write_copies(tmp_path, "05")
    assert [path.relative_to(tmp_path).parts[0] for path in paths] == ["student", "instructor"]
    assert str(paths[0]) in capsys.readouterr().out
    for path in paths:
        assert Lesson.read(book(path)["metadata"], path).title
    assert len(paths[0].read_bytes()) < len(paths[1].read_bytes())
    with pytest.raises(SystemExit):
        main(["99", "--to", str(tmp_path)])
    assert "no lesson '99'" in capsys.readouterr().err
