"""A report: wrong values stop before a kernel starts; a right run leaves one clean notebook."""

import json
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from sciml_widgets import course
from sciml_widgets.cli import main
from sciml_widgets.course import report as module
from sciml_widgets.course.lesson import BLOCK, Lesson
from sciml_widgets.course.report import CellFailed, note, ready, report
from sciml_widgets.course.script import KERNEL, LANGUAGE
from sciml_widgets.workspace import source

CELLS = [
    ("markdown", (), "# 7 · Small"),
    ("code", ("parameters",), "seed: int = 0  # BurgersPINN.seed: the panel of section 1"),
    ("code", (), "import glob\nprint(f'seed {seed}', glob.glob('*.*'))"),
    ("code", ("exercise", "one"), "print('not yet')"),
    ("code", ("solution", "one"), "print('the solution')"),
    ("markdown", ("lecturer",), "Stop here and ask."),
]
DATA: dict[str, Any] = {
    "number": 7, "title": "Small", "objectives": ["a", "b", "c"], "hardware": "h",
    "sections": [{"title": "See it", "minutes": 4}], "prerequisites": ["n"],
    "seed_systems": ["s"], "licence": "CC-BY-4.0", "status": "draft",
}  # fmt: skip


def lesson_of(folder: Path, *more: str) -> Lesson:
    kernel = {"kernelspec": KERNEL, "language_info": LANGUAGE}
    book = nbformat.v4.new_notebook(metadata={BLOCK: DATA, **kernel})
    for kind, tags, text in [*CELLS, *(("code", (), text) for text in more)]:
        make = getattr(nbformat.v4, f"new_{kind}_cell")
        book.cells.append(make(text, metadata={"tags": list(tags)} if tags else {}))
    path = folder / "07_{small}.ipynb"  # papermill would fill such a name in
    nbformat.write(book, path)
    return Lesson.read(book.metadata, path)


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a kernel would have started")

    monkeypatch.setattr(papermill, "execute_notebook", never)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["05", "--set", "nu=9"], "nu=9 is outside [0.001, 0.2]"),
        (["05", "--set", "nu=thick"], "'thick' is not a number"),
        (["05", "--set", "mu=0.02"], "no parameter 'mu': there are nu (0.001 to 0.2), seed"),
        (["05", "--set", "seed=1", "seed=2"], "seed stands twice"),
        (["99"], "no lesson '99'"),
    ],
)
def test_a_wrong_value_is_told_before_a_kernel_starts(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.ipynb"
    assert main(["lesson", "run", *words, "--out", str(out)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and said in told.err and told.err.count("\n") == 1
    assert not out.exists()


@pytest.mark.usefixtures("no_kernel")
def test_a_place_that_cannot_be_is_told_before_a_kernel_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=r"ends with \.ipynb"):
        ready(tmp_path / "report.html")
    with pytest.raises(ValueError, match="the lessons themselves"):
        ready(source() / "05_mine.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    with pytest.raises(OSError, match="is a folder"):
        ready(tmp_path / "folder.ipynb")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"cannot write \S*report.ipynb: Not a directory$"):
        ready(tmp_path / "file" / "deep" / "report.ipynb")
    ready(tmp_path / "new" / "report.ipynb")
    assert not (tmp_path / "new").exists(), "trying leaves nothing behind"
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sciml-widgets\[lab\]'"):
        ready(tmp_path / "report.ipynb")


def test_the_parameters_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "parameters", "05"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("05 ") and "nu=0.05  (0.001 to 0.2)  viscosity ν" in lines[1]
    assert main(["lesson", "parameters", "05", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["05"]] == ["nu", "seed"]


def test_a_report_says_what_was_set(tmp_path: Path) -> None:
    one = lesson_of(tmp_path)
    said = note(one, {"seed": 3}, module.parameters(one))
    assert "`sciml-widgets lesson run 07 --set seed=3 --out report.ipynb`" in said
    assert "| seed (`seed`) | 3 | 0 | 0 to 9999 | the panel of section 1 |" in said
    assert "still picture" in said and "python 3." in said


@pytest.mark.kernel
def test_a_lesson_runs_with_the_values_and_leaves_one_clean_notebook(tmp_path: Path) -> None:
    one, out = lesson_of(tmp_path), tmp_path / "deep" / "report.ipynb"
    before = one.path.read_bytes()
    made = report(one, {"seed": 3}, out)
    assert one.path.read_bytes() == before and made.seconds > 0
    assert str(made).startswith("lesson 07 with seed=3: ")
    book = nbformat.read(out, as_version=4)
    nbformat.validate(book)
    texts = [cell.source for cell in book.cells]
    assert texts[1].startswith("**This is a report**") and "--set seed=3" in texts[1]
    assert book.cells[4].outputs[0].text == "seed 3 []\n", "in an empty folder"
    assert not [text for text in texts if "the solution" in text or "Stop here" in text]
    (stub,) = [cell for cell in book.cells if "exercise" in cell.metadata.get("tags", ())]
    assert stub.outputs == []
    text = out.read_text(encoding="utf-8")
    assert '"papermill"' not in text and str(tmp_path) not in text
    assert Lesson.read(book.metadata, out).title == "Small"
    with_all = report(one, {}, out, solutions=True)
    assert with_all.values == {}
    text = out.read_text(encoding="utf-8")
    assert "the solution" in text and "Stop here" in text and "seed 0 []" in text


@pytest.mark.kernel
def test_a_cell_that_fails_is_named_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, out = lesson_of(tmp_path, "1 / 0"), tmp_path / "report.ipynb"
    with pytest.raises(CellFailed, match="cell 5: ZeroDivisionError: division by zero"):
        report(one, {}, out)
    assert not out.exists() and sorted(tmp_path.iterdir()) == [one.path]
    monkeypatch.setattr(course, "lesson", lambda _: one)
    assert main(["lesson", "run", "07", "--out", str(out)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
