"""A lesson from the template has the shape of all lessons, sound exercises, and runs."""

import json
from pathlib import Path

import pytest
import test_every_lesson as laws

from sciml_widgets.course.lesson import Lesson
from sciml_widgets.course.new import main, new_lesson
from sciml_widgets.course.script import convert, read
from sciml_widgets.course.shape import departures


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    return new_lesson("96", "pendulum", "What's a: pendulum?", tmp_path)


def test_a_new_lesson_has_the_shape_of_all_lessons(fresh: Path) -> None:
    text = fresh.read_text(encoding="utf-8")
    book = convert(text, fresh)
    lesson = Lesson.read(book.metadata, fresh)
    assert departures(lesson, book.cells) == []
    assert (lesson.key, lesson.title, lesson.status) == ("96", "What's a: pendulum?", "draft")
    assert "__" not in text.replace("___", "")


def test_its_stubs_fail_and_its_solutions_pass(fresh: Path) -> None:
    laws.test_there_are_two_exercises_with_hints(fresh)
    laws.test_a_stub_fails_its_check_and_a_solution_passes(fresh)
    laws.test_the_front_page_is_the_generated_one(fresh)
    laws.test_the_lesson_has_a_five_minute_cut_of_its_own(fresh)


@pytest.mark.kernel
def test_it_runs_and_keeps_every_other_law(fresh: Path) -> None:
    from sciml_widgets.course.build import build

    book = json.loads(build(fresh).read_text(encoding="utf-8"))
    for law in (
        laws.test_script_and_notebook_are_in_step,
        laws.test_the_notebook_ran_from_top_to_bottom_without_a_word_of_complaint,
        laws.test_the_notebook_is_small_and_needs_no_widget,
        laws.test_every_picture_is_told_in_words,
        laws.test_the_lesson_has_the_shape_of_all_lessons,
        laws.test_a_folded_cell_says_what_it_is,
        laws.test_the_references_can_be_followed,
    ):
        law(fresh)
    notes = [cell for cell in book["cells"] if "lecturer" in cell["metadata"].get("tags", ())]
    assert notes and notes[0]["metadata"]["slideshow"] == {"slide_type": "notes"}


@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        ("6", "pendulum", "two digits"),
        ("../6", "pendulum", "two digits"),
        ("06z", "pendulum", "two digits"),
        ("06", "../pendulum", "small letters"),
        ("06", "", "small letters"),
        ("96", "other", "lesson 96 is there: 96_pendulum.py"),
    ],
)
def test_what_cannot_be_is_said(fresh: Path, number: str, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        new_lesson(number, name, folder=fresh.parent)
    with pytest.raises(ValueError, match="one line"):
        new_lesson("97", "name", "two\nlines", folder=fresh.parent)
    assert [path.name for path in fresh.parent.iterdir()] == [fresh.name]


def test_the_command_line_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "two digits, such as 06" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["05", "burgers"])
    assert read(Path("lessons/05_burgers.py").resolve()).number == 5
