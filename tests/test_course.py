"""The course floor: metadata, exercises, recorded results, text and pictures, the build."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sciml_widgets.course import Exercise, Recorded, draw, exercise, fold, lesson, lessons, results

from sciml_widgets.course import say, spread, table  # isort: skip
from sciml_widgets.course.lesson import Lesson
from sciml_widgets.course.results import changed, fingerprints, read, write
from sciml_widgets.course.script import convert, tagged, with_front_page
from sciml_widgets.picture import Lines, Plot

HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   sciml_widgets:
#     number: 7
#     title: A small lesson
#     objectives: [one, two, three]
#     sections: [{title: See it, minutes: 4}, {title: 'Build it: a tent', minutes: 6}]
#     prerequisites: [nothing]
#     hardware: none
#     seed_systems: [tents]
#     licence: CC-BY-4.0
#     status: draft
# ---
"""
SCRIPT = (
    HEADER
    + """
# %% [markdown]
# old page

# %% tags=["setup"]
a = 1

# %%
print(a + 1)

# %%
print(a + 1)
"""
)
BLOCK: dict[str, Any] = {
    "number": 7, "title": "t", "objectives": ["a", "b", "c"], "hardware": "h",
    "sections": [{"title": "See it", "minutes": 4}, {"title": "Build it", "minutes": 6}],
    "prerequisites": ["n", "m"], "seed_systems": ["s"], "licence": "CC-BY-4.0", "status": "draft",
}  # fmt: skip


# ---- lessons ----------------------------------------------------------------------------------


def test_the_lessons_of_this_checkout_are_found_by_number_and_name() -> None:
    found = lessons()
    assert [one.number for one in found] == sorted(one.number for one in found)
    five = lesson("05")
    assert five in found and five == lesson("5") == lesson("05_burgers")
    assert five.key == "05" and five.name == "05_burgers" and len(five.objectives) == 3
    assert five.minutes == sum(section.minutes for section in five.sections)
    assert five.exercises() == ("fisher", "one_knob")
    assert [one.key for one in found] == sorted(one.key for one in found), "05 before 05b"
    with pytest.raises(LookupError, match=r"'99'.*05_burgers"):
        lesson("99")


def test_the_front_page_says_what_the_block_says() -> None:
    page = Lesson.read({"sciml_widgets": BLOCK}, Path("07_x.ipynb")).front_page()
    for words in ("# 7 · t", "1. a\n2. b\n3. c", "10 minutes", "| n; m |", "| h |"):
        assert words in page


def test_a_second_part_has_the_number_and_a_letter() -> None:
    second = Lesson.read({"sciml_widgets": BLOCK | {"part": "b"}}, Path("07b_y.ipynb"))
    assert second.key == "07b" and second.front_page().startswith("# 7b · t")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"extra": 1}, "extra"),
        ({"part": "../b"}, "'b', 'c'"),
        ({"title": ""}, r"sciml_widgets\.title: "),
        ({"objectives": ["a"]}, r"sciml_widgets\.objectives: "),
        ({"sections": [{"title": "a", "minutes": 0}]}, r"sciml_widgets\.sections\.0\.minutes: "),
        ({"sections": [{"title": "a"}]}, r"'minutes' is a required property"),
        ({"prerequisites": []}, "prerequisites"),
        ({"seed_systems": ["a", "a"]}, "seed_systems"),
        ({"licence": "none"}, "CC-BY-4.0"),
        ({"status": "perfect"}, "'draft', 'ready'"),
        ({"number": True}, "number"),
    ],
)
def test_a_bad_block_is_an_error_that_names_file_and_place(
    change: dict[str, Any], said: str
) -> None:
    Lesson.read({"sciml_widgets": BLOCK}, Path("07_x.ipynb"))
    with pytest.raises(ValueError, match=rf"07_x\.ipynb: .*{said}"):
        Lesson.read({"sciml_widgets": BLOCK | change}, Path("07_x.ipynb"))


@pytest.mark.parametrize("block", [None, {}, [], 3])
def test_no_block_is_an_error_that_names_the_file(block: Any) -> None:
    with pytest.raises(ValueError, match=r"07_x\.ipynb"):
        Lesson.read({"sciml_widgets": block}, Path("07_x.ipynb"))


def test_a_heading_says_its_number_and_minutes() -> None:
    first, second = Lesson.read({"sciml_widgets": BLOCK}, Path("07_x.ipynb")).sections
    assert first.heading(1) == "## 1 · See it (4 minutes)"
    assert dataclasses.replace(second, minutes=1).heading(2) == "## 2 · Build it (1 minute)"


def test_code_is_found_by_all_its_tags() -> None:
    assert "fisher.check" in lesson("05").code("solution", "fisher")
    with pytest.raises(LookupError, match="solution and nobody"):
        lesson("05").code("solution", "nobody")


# ---- scripts and the build ----------------------------------------------------------------------


def test_the_front_page_is_written_into_the_script_once() -> None:
    fresh = with_front_page(SCRIPT, Path("07_x.py"))
    assert "# # 7 · A small lesson" in fresh and "old page" not in fresh
    assert with_front_page(fresh, Path("07_x.py")) == fresh
    with pytest.raises(ValueError, match="the first cell must be Markdown"):
        with_front_page(HEADER + "\n# %%\na = 1\n\n# %%\nb = 1\n", Path("07_x.py"))


def test_the_same_script_gives_the_same_notebook_without_a_jupytext_block() -> None:
    one, two = convert(SCRIPT, Path("07_x.py")), convert(SCRIPT, Path("07_x.py"))
    assert one == two
    assert set(one.metadata) == {"sciml_widgets", "kernelspec", "language_info"}
    assert len({cell.id for cell in one.cells}) == len(one.cells)  # two cells are alike
    longer = SCRIPT.replace("# %%\nprint", "# %%\nnew = 1\n\n# %%\nprint", 1)
    there = {cell.id for cell in convert(longer, Path("07_x.py")).cells}
    assert {cell.id for cell in one.cells} < there  # a new cell leaves the others their ids


def test_tagged_cells_of_a_script(tmp_path: Path) -> None:
    script = tmp_path / "07_x.py"
    script.write_text(SCRIPT)
    assert tagged(script, "setup") == "a = 1"
    with pytest.raises(LookupError, match="setup and more"):
        tagged(script, "setup", "more")


@pytest.mark.kernel
def test_the_build_executes_the_notebook_or_writes_none(tmp_path: Path) -> None:
    from nbclient.exceptions import CellExecutionError

    from sciml_widgets.course.build import build

    script = tmp_path / "07_x.py"
    script.write_text(SCRIPT)
    book = json.loads(build(script).read_text(encoding="utf-8"))
    assert "old page" not in script.read_text()
    assert book["cells"][2]["outputs"][0]["text"] == ["2\n"]
    assert "widgets" not in book["metadata"]
    assert not [cell for cell in book["cells"] if "execution" in cell["metadata"]]
    broken = tmp_path / "08_x.py"
    broken.write_text(SCRIPT.replace("a + 1", "a + b"))
    with pytest.raises(CellExecutionError, match="NameError"):
        build(broken)
    assert not broken.with_suffix(".ipynb").exists()


def test_tags_are_taken_over_without_running_anything(tmp_path: Path) -> None:
    from sciml_widgets.course.build import retag

    script = tmp_path / "07_x.py"
    script.write_text(with_front_page(SCRIPT, script), encoding="utf-8")
    book = convert(script.read_text(encoding="utf-8"), script)
    printed = next(cell for cell in book.cells if cell.source.startswith("print"))
    printed.outputs = [nbformat.v4.new_output("stream", text="2\n")]
    path = script.with_suffix(".ipynb")
    path.write_text(nbformat.writes(book) + "\n", encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    assert retag(script) == path and path.read_text(encoding="utf-8") == before

    text = script.read_text(encoding="utf-8")
    text = text.replace("# %%\nprint", '# %% tags=["check"]\nprint', 1)
    script.write_text(text, encoding="utf-8")
    retag(script)
    made = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in made["cells"] if "check" in cell["metadata"].get("tags", ()))
    assert cell["outputs"][0]["text"] == ["2\n"]
    assert cell["metadata"]["jupyter"] == {"source_hidden": True}
    expected = convert(text, script)
    assert [cell["metadata"] for cell in made["cells"]] == [one.metadata for one in expected.cells]

    script.write_text(text.replace("a + 1", "a + 2"), encoding="utf-8")
    with pytest.raises(ValueError, match="07_x.ipynb has other cells than 07_x.py"):
        retag(script)


# ---- exercises ----------------------------------------------------------------------------------


def doubling() -> Exercise:
    @exercise("05", hints=("first", "second"))
    def double(answer: Any) -> Iterator[tuple[bool, str]]:
        yield answer(1) == 2, "one becomes two"
        yield answer(5) == 10, "five becomes ten"

    return double


def test_a_right_answer_passes_and_needs_no_advice() -> None:
    verdict = doubling().check(lambda x: 2 * x)
    assert verdict.passed and verdict.advice == ""
    assert repr(verdict).splitlines()[0] == "✓ right: one becomes two"
    assert "**Well done.**" in verdict._repr_markdown_()


def test_each_failed_try_gives_one_hint_more_and_then_the_solution_is_offered() -> None:
    one = doubling()
    said = [one.check(lambda x: x + 1).advice for _ in range(4)]
    assert ["first" in said[0], "second" in said[1]] == [True, True]
    assert "first" not in said[1]
    assert all("double.solution()" in words for words in said[2:])
    verdict = one.check(lambda x: x + 1)
    assert [right for right, _ in verdict.asked] == [True, False]
    assert "○ not yet: five becomes ten" in repr(verdict)


def test_a_hint_may_be_asked_for() -> None:
    one = doubling()
    assert "first" in one.hint()
    assert "second" in one.check(None).advice


def raising(_: int) -> int:
    raise RuntimeError("two\nlines")


@pytest.mark.parametrize(
    "answer", [None, 3, "text", raising, lambda: 1, lambda x: "2", lambda x: None, print, ...]
)
def test_a_check_never_raises(answer: Any) -> None:
    verdict = doubling().check(answer)
    assert not verdict.passed and verdict.advice
    assert repr(verdict)


def test_a_broken_answer_is_a_sentence() -> None:
    verdict = doubling().check(raising)
    assert verdict.error == "RuntimeError: two"
    assert "○ your code stopped: RuntimeError: two" in verdict.lines()


@pytest.mark.parametrize(
    ("answer", "said"), [(lambda x: None, "return"), (None, "None"), (raising, "RuntimeError")]
)
def test_an_empty_answer_is_told_what_is_missing(answer: Any, said: str) -> None:
    @exercise("05", hints=("a",))
    def summed(answer: Any) -> Iterator[tuple[bool, str]]:
        yield float(answer(1)) == 2, "one becomes two"  # float(None) is not the student's error

    verdict = summed.check(answer)
    assert said in verdict.lines()[-1] and not verdict.passed
    assert ("your code stopped" in repr(verdict)) == (answer is raising)


def test_a_function_that_changes_what_it_is_given_may_give_nothing_back() -> None:
    @exercise("05", hints=("a",))
    def filled(answer: Any) -> Iterator[tuple[bool, str]]:
        box: list[int] = []
        answer(box)
        yield box == [1], "the list holds 1"

    assert filled.check(lambda box: box.append(1)).passed


def test_a_check_that_asks_nothing_is_not_passed() -> None:
    @exercise("05", hints=("a",))
    def empty(answer: Any) -> Iterator[tuple[bool, str]]:
        if answer:
            yield True, "something"

    assert not empty.check(None).passed


def test_an_exercise_needs_hints_and_a_check_that_yields() -> None:
    with pytest.raises(ValueError, match="plain: an exercise needs hints and a check that yields"):

        @exercise("05", hints=("a",))
        def plain(answer: Any) -> Any:
            return True

    with pytest.raises(ValueError, match="an exercise needs hints"):
        exercise("05", hints=())(doubling().asks)


def test_the_solution_of_an_unknown_exercise_names_the_lesson() -> None:
    with pytest.raises(LookupError, match=r"05_burgers\.ipynb"):
        doubling().solution()


# ---- results ------------------------------------------------------------------------------------


def recorded(sources: dict[str, str]) -> Recorded:
    return Recorded("part", {"a": [1.0]}, "make results", [0, 1], 1, 2.0, {"torch": "2"}, sources)


def test_results_are_written_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "results" / "07_part.json"
    write(recorded({}), path)
    assert read(path) == recorded({})
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"07_part\.json is not a whole file"):
        read(path)


def test_a_number_that_is_none_is_written_as_null(tmp_path: Path) -> None:
    path = tmp_path / "05_odd.json"
    values = {"runs": [{"share": float("nan"), "seen": (1.0, float("inf"))}]}
    write(dataclasses.replace(recorded({}), values=values), path)
    assert read(path).values == {"runs": [{"share": None, "seen": [1.0, None]}]}


def test_results_of_a_lesson_come_by_part() -> None:
    assert "accuracy" in results("05")
    assert "seeds 0, 1, 2, 3, 4" in results("05")["accuracy"].how()
    with pytest.raises(LookupError, match="make results"):
        results("99")


CODE = '''"""Says a."""

A = knob(1, 0, 9, help="turn me well", label="a")
"""An ä."""


def f(x):
    return x, f"{x:.2f} and {', '.join(x)}"
'''


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ('"""Says a."""', '"""Says something else."""', False),
        ('"""An ä."""\n', "# a comment\n", False),
        ("    return", "\n    # why\n    return", False),
        ("turn me well", "turn me ill", False),
        (" and ", " or ", False),
        ("1, 0, 9", "1, 0, 8", True),
        ('"a"', '"b"', True),
        ("return x,", "return -x,", True),
        ("', '.join(x)", "', '.join(y)", True),
        ("    return", "    if A:\n        return", True),
    ],
)
def test_a_fingerprint_is_of_the_code_not_of_the_words(
    old: str, new: str, counts: bool, tmp_path: Path
) -> None:
    file = tmp_path / "m.py"
    file.write_text(CODE, encoding="utf-8")
    made = recorded(fingerprints(["m.py"], tmp_path))
    assert changed(made, tmp_path) == []
    assert old in CODE
    file.write_text(CODE.replace(old, new), encoding="utf-8")
    assert changed(made, tmp_path) == (["m.py"] if counts else [])


def test_a_fingerprint_may_be_of_tagged_cells(tmp_path: Path) -> None:
    script = tmp_path / "07_x.py"
    script.write_text(SCRIPT)
    old = recorded(fingerprints(["07_x.py#setup"], tmp_path))
    script.write_text(SCRIPT.replace("print(a + 1)", "print(a + 2)"))
    assert changed(old, tmp_path) == []
    script.write_text(SCRIPT.replace("a = 1", "a = 2"))
    assert changed(old, tmp_path) == ["07_x.py#setup"]


def test_spread_is_median_and_range() -> None:
    assert spread([0.0037, 0.0055, 0.0041], percent=True) == "0.41 % (0.37 to 0.55)"
    assert spread([3, 1, 2]) == "2 (1 to 3)"
    assert spread([1234.0, 1234.0, 2000.0], digits=4) == "1,234 (1,234 to 2,000)"


# ---- text and pictures --------------------------------------------------------------------------


def test_text_is_markdown() -> None:
    words = say("one", fold("open", "two"))
    assert words._repr_markdown_() == str(words)
    assert say("off by 3 %, 4 %")._repr_markdown_() == "off by 3\u00a0%, 4\u00a0%"
    assert say("```python\n5 % 2\n```")._repr_markdown_() == "```python\n5 % 2\n```"
    assert words.startswith("one\n\n<details>") and words.endswith("</details>")


def test_a_table_refuses_what_would_break_it() -> None:
    assert table(["a", "b"], [["1", "2"]]).splitlines()[1] == "|:--|:--|"
    with pytest.raises(ValueError, match="expected 2 cells"):
        table(["a", "b"], [["1"]])
    with pytest.raises(ValueError, match=r"without \|"):
        table(["a"], [["|x|"]])


def test_a_plot_without_words_is_not_drawn() -> None:
    import numpy as np

    plot = Plot("silent", (Lines(np.arange(3.0), np.arange(3.0)),))
    with pytest.raises(ValueError, match=r"needs alt=.*silent"):
        draw(plot)
    draw(dataclasses.replace(plot, alt="A straight line."))


def test_the_floor_loads_neither_torch_nor_a_widget_nor_jupytext() -> None:
    code = (
        "import sys, sciml_widgets.course as c; c.lessons(); c.results('05');"
        "print([m for m in ('torch', 'anywidget', 'matplotlib', 'jupytext') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
