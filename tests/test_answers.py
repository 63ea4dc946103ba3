"""A student's answers in a file: kept, merged, put aside when damaged, and never an error."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sciml_widgets import whole
from sciml_widgets.course import Exercise, answers, exercise
from sciml_widgets.course.answers import Answers, shown
from sciml_widgets.whole import write_whole


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Somebody sits at a notebook in an empty folder."""
    monkeypatch.setenv("SCIML_WIDGETS_FRONT_END", "live")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def doubling(key: str = "05", name: str = "fisher") -> Exercise:
    def double(answer: Any) -> Iterator[tuple[bool, str]]:
        yield answer(1) == 2, "one becomes two"
        yield answer(5) == 10, "five becomes ten"

    double.__name__ = name
    return exercise(key, hints=("first", "second"))(double)


def kept(key: str = "05") -> dict[str, Any]:
    return json.loads(Path(f"answers/{key}.json").read_text())


def new_kernel() -> None:
    answers._open.clear()


def right(x: int) -> int:
    return 2 * x


def test_a_check_keeps_what_was_checked_when_it_passed_and_the_answer() -> None:
    one = doubling()
    one.check(lambda x: x + 1)
    assert not kept()["exercises"]["fisher"]["right"]
    verdict = one.check(right)
    entry = kept()["exercises"]["fisher"]
    assert entry["tries"] == 2 and entry["right"] and entry["first_right"].endswith("+00:00")
    assert entry["asked"] == [[True, "one becomes two"], [True, "five becomes ten"]]
    assert "return 2 * x" in entry["answer"]
    assert verdict.progress == "1 of 2 exercises of this lesson is right."
    assert verdict.progress in repr(verdict) and verdict.progress in verdict._repr_markdown_()


def test_what_was_right_once_stays_right_also_in_a_new_kernel() -> None:
    doubling().check(right)
    when = kept()["exercises"]["fisher"]["first_right"]
    new_kernel()
    verdict = doubling("05", "one_knob").check(right)
    assert verdict.progress == "2 of 2 exercises of this lesson are right."
    doubling().check(None)
    entry = kept()["exercises"]["fisher"]
    assert (entry["tries"], entry["right"], entry["first_right"]) == (2, False, when)
    assert doubling().check(None).progress.startswith("2 of 2")


def test_where_nobody_sits_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIML_WIDGETS_FRONT_END", "none")
    assert doubling().check(right).progress == "1 of 2 exercises of this lesson is right."
    monkeypatch.setenv("SCIML_WIDGETS_FRONT_END", "perhaps")
    assert doubling().check(right).passed
    assert os.listdir() == []


def test_a_lesson_that_is_being_written_counts_what_was_tried() -> None:
    one, two = doubling("99", "one"), doubling("99", "two")
    assert one.check(right).progress == "1 of 1 exercises of this lesson is right."
    assert two.check(None).progress == "1 of 2 exercises of this lesson is right."


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"schema": 2}', "\x00", "[" * 100_000])
def test_a_damaged_file_is_put_aside_and_said(content: str) -> None:
    Path("answers").mkdir()
    Path("answers/05.json").write_text(content)
    progress = doubling().check(right).progress
    assert "was damaged" in progress and "05.damaged.json" in progress
    assert Path("answers/05.damaged.json").read_text() == content
    assert kept()["exercises"]["fisher"]["right"]
    assert "damaged" not in doubling().check(right).progress


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.update(tries="many"),
        lambda entry: entry.update(answer="x" * 10_000),
        lambda entry: entry.update(asked=[["yes", "no"]]),
        lambda entry: entry.update(more=1),
        lambda entry: entry.pop("right"),
    ],
)
def test_a_hostile_entry_is_a_damaged_file(spoil: Callable[[dict[str, Any]], Any]) -> None:
    doubling().check(right)
    data = kept()
    spoil(data["exercises"]["fisher"])
    Path("answers/05.json").write_text(json.dumps(data))
    new_kernel()
    assert "was damaged" in doubling().check(right).progress
    assert kept()["exercises"]["fisher"]["tries"] == 1


def refuse(*_: Any) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_folder_that_cannot_be_written_is_one_quiet_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "replace", refuse)
    verdict = doubling().check(right)
    assert verdict.passed
    said = "Your answers are not kept in a file here (Permission denied)."
    assert verdict.progress == f"1 of 2 exercises of this lesson is right. {said}"
    assert os.listdir("answers") == []


def test_what_cannot_be_read_is_not_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    doubling().check(right)
    before = Path("answers/05.json").read_bytes()
    monkeypatch.setattr(answers, "_read", refuse)
    assert "not kept in a file here (Permission denied)" in doubling().check(None).progress
    assert Path("answers/05.json").read_bytes() == before


def test_a_file_in_the_place_of_the_folder_and_a_lost_folder_are_no_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("answers").write_text("mine")
    assert "not kept" in doubling().check(right).progress
    assert Path("answers").read_text() == "mine"
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    verdict = doubling().check(right)
    assert verdict.passed and "not kept" in verdict.progress


# ---- hostile answers ---------------------------------------------------------------------------


class Nasty:
    """Everything that Python asks of it goes wrong."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __call__ = __eq__ = __bool__ = __len__ = __iter__ = __hash__ = __repr__  # type: ignore[assignment]

    @property
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raises(error: BaseException) -> Callable[[int], int]:
    def answer(_: int) -> int:
        raise error

    return answer


def endless(x: int) -> int:
    return endless(x) + 1


HOSTILE: dict[str, Any] = {
    "nothing": None, "nasty": Nasty(), "returns nasty": lambda x: Nasty(), "endless": endless,
    "exit": raises(SystemExit(1)), "stop": raises(StopIteration()), "mute": raises(Mute()),
    "generator exit": raises(GeneratorExit()), "surrogate": raises(ValueError("\ud800")),
    "no words": raises(ValueError("  \n ")), "long": raises(ValueError("x" * 100_000)),
    "big": [0] * 1_000_000, "deep": [1], "text": "\ud800" * 10_000,
    "array": __import__("numpy").zeros((100, 100)),
}  # fmt: skip
for _ in range(10_000):
    HOSTILE["deep"] = [HOSTILE["deep"]]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_raises_nothing_and_leaves_a_whole_file(name: str) -> None:
    verdict = doubling().check(HOSTILE[name])
    assert not verdict.passed and verdict.advice and (verdict.error or name == "nothing")
    for text in (repr(verdict), verdict._repr_markdown_()):
        assert len(text.encode("utf-8")) < 3000
    assert not kept()["exercises"]["fisher"]["right"]
    new_kernel()
    assert "damaged" not in doubling().check(right).progress
    assert kept()["exercises"]["fisher"]["tries"] == 2


def test_an_interrupt_by_hand_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        doubling().check(raises(KeyboardInterrupt()))


def test_a_check_is_quick() -> None:
    import time

    one = doubling()
    one.check(right)
    began = time.perf_counter()
    for _ in range(5):
        one.check(right)
    assert time.perf_counter() - began < 5 * 0.5  # measured: about 0.02 s each


def test_an_answer_is_shown_as_source_or_short() -> None:
    assert shown(right) == "def right(x: int) -> int:\n    return 2 * x\n"
    assert shown([1, 2]) == "[1, 2]" and len(shown("x" * 10**6)) <= 500
    assert shown(print) == "<built-in function print>"


# ---- whole files -------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "a.json"
    write_whole(path, b"old")
    assert path.read_bytes() == b"old"
    monkeypatch.setattr(whole.os, "replace", refuse)
    with pytest.raises(PermissionError):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(path.parent) == ["a.json"]
    with pytest.raises(OSError, match="is a folder"):
        write_whole(tmp_path, b"")


def test_two_kernels_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    one, two = Answers("05", tmp_path), Answers("05", tmp_path)
    for kernel, name in ((one, "a"), (two, "b"), (one, "c"), (two, "a"), (one, "a")):
        kernel.note("exercises", name, [(True, "x")], "", right=True, keep=True)
    found = json.loads(two.path.read_text())["exercises"]
    assert {name: entry["tries"] for name, entry in found.items()} == {"a": 3, "b": 1, "c": 1}
