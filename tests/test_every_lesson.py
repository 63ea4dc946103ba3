"""Laws of every lesson that is found: the pair is in step, exercises and results are sound."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sciml_widgets.course.exercise import Exercise
from sciml_widgets.course.results import changed, read
from sciml_widgets.course.script import FOLDED, convert, tagged, with_front_page
from sciml_widgets.course.script import read as lesson_of
from sciml_widgets.course.shape import departures

LESSONS = Path(__file__).parents[1] / "lessons"
SCRIPTS = sorted(LESSONS.glob("[0-9][0-9]*_*.py"))
RESULTS = sorted(LESSONS.glob("results/*.json"))
LARGEST = 1_000_000  # bytes of a notebook

every_lesson = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def notebook(script: Path) -> Any:
    return json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))


def outputs(script: Path) -> list[dict[str, Any]]:
    return [one for cell in notebook(script)["cells"] for one in cell.get("outputs", ())]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_there_are_lessons() -> None:
    assert SCRIPTS


@every_lesson
def test_the_front_page_is_the_generated_one(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text == with_front_page(text, script), "run `make lessons`"


@every_lesson
def test_script_and_notebook_are_in_step(script: Path) -> None:
    made = convert(script.read_text(encoding="utf-8"), script)
    stored = notebook(script)
    assert [(cell["id"], cell.cell_type, cell.source, cell.metadata) for cell in made.cells] == [
        (cell["id"], cell["cell_type"], source(cell), cell["metadata"]) for cell in stored["cells"]
    ], "the notebook is not the one of this script: run `make lessons`"
    assert stored["metadata"] == made.metadata


@every_lesson
def test_the_notebook_ran_from_top_to_bottom_without_a_word_of_complaint(script: Path) -> None:
    cells = [cell for cell in notebook(script)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [one for one in outputs(script) if one["output_type"] == "error"]
    assert not [one for one in outputs(script) if one.get("name") == "stderr"]


@every_lesson
def test_the_notebook_is_small_and_needs_no_widget(script: Path) -> None:
    assert script.with_suffix(".ipynb").stat().st_size < LARGEST
    kinds = {kind for one in outputs(script) for kind in one.get("data", ())}
    assert not [kind for kind in kinds if "widget" in kind]


@every_lesson
def test_every_picture_is_told_in_words(script: Path) -> None:
    pictures = [one for one in outputs(script) if "image/png" in one.get("data", ())]
    assert pictures
    for one in pictures:
        assert len(one["metadata"]["image/png"]["alt"]) > 20
    pages = ["".join(one.get("data", {}).get("text/html", "")) for one in outputs(script)]
    for image in re.findall(r"<img [^>]*>", "".join(pages)):
        assert re.search(r'alt="[^"]{20,}"', image), image[:100]
    assert "<img" not in script.read_text(encoding="utf-8")


@every_lesson
def test_the_lesson_has_the_shape_of_all_lessons(script: Path) -> None:
    """Front page, headings and minutes by the metadata block, what each section needs, slides."""
    assert departures(lesson_of(script), notebook(script)["cells"]) == []


@every_lesson
def test_the_lesson_has_a_five_minute_cut_of_its_own(script: Path) -> None:
    """It opens with the first section, has a panel, and closes with the key points."""
    cells = convert(script.read_text(encoding="utf-8"), script).cells
    cut = [cell for cell in cells if "five-minutes" in cell.metadata.get("tags", ())]
    assert 4 <= len(cut) <= 13, f'{len(cut)} cells are tagged "five-minutes"'
    assert cut[0].source.startswith("## 1 · See it")
    assert "Key points" in cut[-1].source.splitlines()[0]
    assert any(cell.cell_type == "code" and "show(" in cell.source for cell in cut)
    hidden = {"check", "exercise", "lecturer", "parameters", "solution"}
    assert not [cell.source[:60] for cell in cut if hidden & set(cell.metadata["tags"])]


@every_lesson
def test_a_folded_cell_says_what_it_is(script: Path) -> None:
    """JupyterLab shows the first line of a folded cell: it must not be the solution."""
    for cell in notebook(script)["cells"]:
        tags = set(cell["metadata"].get("tags", ()))
        folded = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
        assert folded is bool(tags & set(FOLDED)), source(cell)[:60]
        assert not folded or source(cell).startswith("# "), source(cell)[:60]


@every_lesson
def test_the_references_can_be_followed(script: Path) -> None:
    references = source(notebook(script)["cells"][-1]).split("**References**")[1]
    items = re.split(r"^\d+\. ", references, flags=re.M)[1:]
    assert items
    for item in items:
        assert re.search(r"\(https://(doi\.org|arxiv\.org)/\S+\)", item), item


def exercises(script: Path) -> dict[str, Exercise]:
    """Those of a lesson, with all that stands in its cells `setup` and `check`."""
    names = prepared(script)
    return {name: value for name, value in names.items() if isinstance(value, Exercise)}


def prepared(script: Path) -> dict[str, Any]:
    """An exercise stands on the cells `setup` and `check` alone: a student may start there."""
    names: dict[str, Any] = {}
    exec(tagged(script, "setup"), names)
    with contextlib.suppress(LookupError):
        exec(tagged(script, "check"), names)
    return names


@every_lesson
def test_there_are_two_exercises_with_hints(script: Path) -> None:
    found = exercises(script)
    assert len(found) >= 2
    for name, one in found.items():
        assert one.name == name and one.key == script.stem.partition("_")[0]
        assert len(one.hints) >= 2


@pytest.mark.training
@every_lesson
def test_a_stub_fails_its_check_and_a_solution_passes(script: Path) -> None:
    for name in exercises(script):
        for tag, passes in (("exercise", False), ("solution", True)):
            names = prepared(script)
            exec(tagged(script, tag, name), names)
            verdict = names[name].last
            assert verdict is not None, f"the cell {tag} {name} does not call {name}.check"
            assert not verdict.error, f"{tag} {name}: {verdict.error}"
            assert verdict.passed is passes, f"{tag} {name}:\n{verdict!r}"


@every_lesson
def test_a_solution_is_shown_from_the_lesson(script: Path) -> None:
    for name, one in exercises(script).items():
        assert tagged(script, "solution", name) in one.solution()


def test_the_code_behind_the_results_is_the_present_one() -> None:
    """All at once: most files stand behind many results, and each is read once."""
    old = {path.name: changed(read(path), LESSONS.parent) for path in RESULTS}
    stale = [f"{name} ({', '.join(files)})" for name, files in old.items() if files]
    assert RESULTS and not stale, "made by older code, run `make results`:\n" + "\n".join(stale)
