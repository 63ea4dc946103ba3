import dataclasses
import json
import math
import os
import random
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets import record
from sciml_widgets.experiment import Experiment
from sciml_widgets.headless import replay
from sciml_widgets.record import Digest, Record, RecordError, Turn, lab_name, load, save, writable

GOOD = Record(
    lab="measure",
    start={"kernel.scale": 0.3, "where": 0.1, "here": 0, "mean": True, "seed": 3},
    tape=(Turn(3, "here", 1), Turn(5, "where", 0.5, True), Turn(5, "where", 0.25)),
    frames=20,
    state="finished",
    step=19,
    scalars={"spread": 0.1 + 0.2, "count": math.nan},
    checks=((10, "0123456789abcdef"), (20, "fedcba9876543210")),
)


def changed(**changes: Any) -> str:
    """The good record as JSON with other entries; `...` takes one out."""
    data = json.loads(GOOD.to_json())
    for name, value in changes.items():
        if value is ...:
            del data[name]
        else:
            data[name] = value
    return json.dumps(data)


def same(a: Record, b: Record) -> bool:
    return repr(a) == repr(b)  # NaN is not equal to itself


def test_json_and_back_is_the_same_record() -> None:
    text = GOOD.to_json()
    assert "\n" not in text and "NaN" not in text
    assert same(Record.from_json(text), GOOD)


finite = st.floats(allow_nan=False, allow_infinity=False)
name = st.text(min_size=1, max_size=20)
value = st.one_of(finite, st.booleans(), st.text(max_size=20), st.integers(-(2**70), 2**70))


@settings(max_examples=60, deadline=None)
@given(
    start=st.dictionaries(name, value, max_size=5),
    turns=st.lists(st.tuples(st.integers(0, 10**6), name, value, st.booleans()), max_size=5),
    scalars=st.dictionaries(name, finite, max_size=5),
    message=st.text(max_size=50),
    seconds=st.floats(0, 1e6),
)
def test_every_float_and_word_survives_exactly(
    start: dict[str, Any], turns: Any, scalars: Any, message: str, seconds: float
) -> None:
    tape = tuple(sorted((Turn(*turn) for turn in turns), key=lambda turn: turn.frame))
    made = dataclasses.replace(
        GOOD, start=start, tape=tape, scalars=scalars, message=message, seconds=seconds
    )
    back = Record.from_json(made.to_json())
    assert same(back, made) and back == made


def test_a_file_and_back(tmp_path: Path) -> None:
    save(GOOD, tmp_path / "run.json")
    assert same(load(tmp_path / "run.json"), GOOD)
    assert os.listdir(tmp_path) == ["run.json"]


def test_a_record_cut_off_at_any_byte_is_a_record_error(tmp_path: Path) -> None:
    whole = GOOD.to_json().encode()
    path = tmp_path / "cut.json"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(RecordError, match=r"^cut\.json: "):
            load(path)


def test_a_flipped_bit_gives_a_record_or_a_record_error(tmp_path: Path) -> None:
    whole = GOOD.to_json().encode()
    rng = random.Random(1)
    path = tmp_path / "flip.json"
    for _ in range(400):
        flipped = bytearray(whole)
        flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        try:
            found = load(path)
        except RecordError as error:
            assert one_line(error)
        else:
            assert isinstance(found, Record)


def one_line(error: Exception) -> bool:
    text = str(error)
    return bool(text) and "\n" not in text and len(text) < 400


@pytest.mark.parametrize(
    "text",
    ["", " ", "null", "[]", "{}", "1", '"schema"', '["schema", "lab"]', '{"schema": 1}',
     '{"nbformat": 4, "cells": []}', '{"lab": "measure"}', "\ufeff{}", "\x00", "<html></html>",
     "---\na: b", "[" * 100_000, '{"a":' * 100_000, '{"schema":1,"lab":"a"}'],
)  # fmt: skip
def test_foreign_text_is_a_record_error(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        Record.from_json(text)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, "the record has schema 2; this version reads 1"),
        ({"schema": 0}, "the record has schema 0; this version reads 1"),
        ({"schema": 10**30}, "schema of a huge number"),
        ({"schema": "1"}, "damaged at 'schema'"),
        ({"schema": True}, "damaged at 'schema'"),
        ({"schema": [1]}, "damaged at 'schema'"),
        ({"schema": None}, "damaged at 'schema'"),
        ({"lab": "../../etc/passwd"}, "damaged at 'lab'"),
        ({"lab": "measure\n"}, "damaged at 'lab'"),
        ({"lab": "os.system"}, "damaged at 'lab'"),
        ({"lab": 1}, "damaged at 'lab'"),
        ({"start": []}, "damaged at 'start'"),
        ({"start": {"seed": ["0"]}}, "damaged at 'start.seed.0'"),
        ({"start": {"seed": None}}, "damaged at 'start.seed'"),
        ({"start": {"a\nb\x1b": []}}, r"damaged at 'start.a\nb\x1b'"),
        ({"start": {"x" * 201: 1}}, "damaged at 'start'"),
        ({"start": {str(i): 1 for i in range(201)}}, "damaged at 'start'"),
        ({"start": {"seed": "x" * 201}}, "damaged at 'start.seed'"),
        ({"tape": {}}, "damaged at 'tape'"),
        ({"tape": [[0, "where"]]}, "damaged at 'tape.0'"),
        ({"tape": [[0, "where", 1, True, 1]]}, "damaged at 'tape.0'"),
        ({"tape": [[-1, "where", 0.1]]}, "damaged at 'tape.0.0'"),
        ({"tape": [[0.5, "where", 0.1]]}, "damaged at 'tape.0.0'"),
        ({"tape": [[True, "where", 0.1]]}, "damaged at 'tape.0.0'"),
        ({"tape": [[10**10, "where", 0.1]]}, "damaged at 'tape.0.0'"),
        ({"tape": [[0, 1, 0.1]]}, "damaged at 'tape.0.1'"),
        ({"tape": [[0, "where", {}]]}, "damaged at 'tape.0.2'"),
        ({"tape": [[0, "where", 0.1, 1]]}, "damaged at 'tape.0.3'"),
        ({"tape": [[0, "where", 0.1]] * 100_001}, "damaged at 'tape'"),
        ({"tape": [[5, "where", 0.1], [4, "where", 0.2]]}, "its turns are out of order"),
        ({"frames": -1}, "damaged at 'frames'"),
        ({"frames": 1.5}, "damaged at 'frames'"),
        ({"frames": 10**12}, "damaged at 'frames'"),
        ({"frames": "20"}, "damaged at 'frames'"),
        ({"frames": 21}, "it has no check of its last frame"),
        ({"checks": []}, "damaged at 'checks'"),
        ({"checks": [[20, "fedcba9876543210"], [10, "0123456789abcdef"]]}, "out of order"),
        ({"checks": [[20, "FEDCBA9876543210"]]}, "damaged at 'checks.0.1'"),
        ({"checks": [[20, "fedcba9876543210\n"]]}, "damaged at 'checks.0.1'"),
        ({"checks": [[i, "fedcba9876543210"] for i in range(201)]}, "damaged at 'checks'"),
        ({"state": "exploded"}, "damaged at 'state'"),
        ({"step": 2**80}, "damaged at 'step'"),
        ({"step": None}, "damaged at 'step'"),
        ({"message": "x" * 1001}, "damaged at 'message'"),
        ({"scalars": {"spread": "0.1"}}, "damaged at 'scalars.spread'"),
        ({"scalars": {"spread": 10**400}}, "damaged at 'scalars.spread'"),
        ({"scalars": {"spread": True}}, "damaged at 'scalars.spread'"),
        ({"threads": 0}, "damaged at 'threads'"),
        ({"seconds": 10**400}, "damaged at 'seconds'"),
        ({"versions": {"torch": 2}}, "damaged at 'versions.torch'"),
        ({"weights": "cos\nsystem\n(S'ls'\ntR."}, "the record is damaged: Additional properties"),
        ({"tape": ...}, "'tape' is a required property"),
        ({"checks": ...}, "'checks' is a required property"),
    ],
)
def test_a_damaged_record_says_where(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError) as caught:
        Record.from_json(changed(**changes))
    assert message in str(caught.value) and one_line(caught.value)


def test_what_may_be_absent_has_a_default() -> None:
    bare = Record.from_json(changed(message=..., threads=..., versions=..., seconds=...))
    assert (bare.message, bare.threads, bare.seconds, bare.versions) == ("", 1, 0.0, {})


def test_whole_numbers_may_be_written_as_floats() -> None:
    found = Record.from_json(changed(frames=20.0, step=19.0, threads=2.0, tape=[[3.0, "here", 1]]))
    numbers = (found.frames, found.step, found.threads, found.tape[0].frame)
    assert numbers == (20, 19, 2, 3) and all(type(n) is int for n in numbers)


@pytest.mark.parametrize(
    "word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5000, "0x10", "1_000", "01"]
)
def test_what_is_no_finite_number_in_json_is_refused(word: str) -> None:
    text = GOOD.to_json().replace('"where":0.1', f'"where":{word}')
    assert word in text
    with pytest.raises(RecordError):
        Record.from_json(text)


def test_a_name_that_stands_twice_is_refused() -> None:
    text = GOOD.to_json().replace('"seed":3', '"seed":3,"seed":4')
    with pytest.raises(RecordError, match="a name stands twice"):
        Record.from_json(text)


def test_no_depth_of_nesting_is_too_deep() -> None:
    for depth in [*range(900, 1010), 5000]:
        nest = "[" * depth + "]" * depth
        for text in (
            changed(schema=777).replace("777", nest),
            changed(start={"seed": 777}).replace("777", nest),
            nest,
        ):
            with pytest.raises(RecordError) as caught:
                Record.from_json(text)
            assert one_line(caught.value)


def test_huge_binary_and_endless_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b" " * (record.LARGEST + 1))
    with pytest.raises(RecordError, match=r"^run\.json is larger than 8 MB"):
        load(path)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(RecordError, match=r"^run\.json is not text"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.json")
    with pytest.raises(RecordError, match="is not a file"):
        load(tmp_path)
    for device in ("/dev/zero", "/dev/null"):
        if Path(device).exists():
            with pytest.raises(RecordError, match="is not a file"):
                load(device)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_or_a_device_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    """As /dev/null is no file: a record put in its place would be the end of it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RecordError, match="is not a file"):
        load(pipe)
    for act in (writable, lambda path: save(GOOD, path)):
        with pytest.raises(OSError, match="is not a file"):
            act(pipe)
    assert pipe.is_fifo() and os.listdir(tmp_path) == ["pipe"]


def test_a_file_of_wrong_turns_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(changed(tape=[[0, "where", []]] * 19_000))
    with pytest.raises(RecordError, match=r"damaged at 'tape\.0\.2'"):
        load(path)


def test_save_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    save(GOOD, path)
    before = path.read_bytes()

    def break_down(*_: Any) -> None:
        raise OSError("the disk is full")

    for place in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, place, break_down)
            with pytest.raises(OSError, match="the disk is full"):
                save(dataclasses.replace(GOOD, frames=7), path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["run.json"], "no half file stays behind"
    with monkeypatch.context() as patch:
        patch.setattr(Record, "to_json", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save(GOOD, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["run.json"]


def test_two_threads_may_save_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    records = [dataclasses.replace(GOOD, message=str(i) * 900) for i in range(4)]
    failed: list[Exception] = []

    def many(one: Record) -> None:
        try:
            for _ in range(20):
                save(one, path)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=many, args=(one,)) for one in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert load(path).message in {one.message for one in records}


def test_writable_says_before_the_run_what_save_would_say_after(tmp_path: Path) -> None:
    writable(tmp_path / "run.json")
    assert os.listdir(tmp_path) == [], "trying leaves nothing behind"
    (tmp_path / "file").write_text("")
    writable(tmp_path / "file")
    for bad in (tmp_path, tmp_path / "no" / "run.json", tmp_path / "file" / "run.json",
                tmp_path / ("x" * 300)):  # fmt: skip
        with pytest.raises(OSError):
            writable(bad)
        with pytest.raises(OSError):
            save(GOOD, bad)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_an_os_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        writable(tmp_path / "run.json")
    tmp_path.chmod(0o700)


class Another(Experiment):
    def __init__(self) -> None:
        raise AssertionError("a record makes nothing")


def test_a_record_of_another_lab_makes_nothing() -> None:
    with pytest.raises(RecordError, match="is of 'measure', not of 'another'"):
        replay(GOOD, Another)


def test_reading_a_record_imports_nothing_that_it_names() -> None:
    Record.from_json(GOOD.to_json())
    before = set(sys.modules)
    for lab in ("this", "antigravity", "turtle"):
        Record.from_json(changed(lab=lab))
    assert set(sys.modules) == before


def test_a_digest_tells_every_bit_every_name_and_every_step() -> None:
    def digest(*frames: tuple[int, dict[str, float]]) -> str:
        made = Digest()
        for step, scalars in frames:
            made.add(step, scalars)
        return made.now()

    base = digest((0, {"a": 1.0, "b": 2.0}), (1, {}))
    assert base == digest((0, {"b": 2.0, "a": 1.0}), (1, {})), "the order of names is nothing"
    different = {
        digest((0, {"a": 1.0, "b": 2.0})),
        digest((0, {"a": math.nextafter(1.0, 2.0), "b": 2.0}), (1, {})),
        digest((0, {"a": 1.0, "c": 2.0}), (1, {})),
        digest((0, {"a": 2.0, "b": 1.0}), (1, {})),
        digest((0, {"a": 1.0, "b": 2.0}), (2, {})),
        digest((0, {"a": 1.0, "b": math.nan}), (1, {})),
        digest((0, {"a": 1.0, "b": math.inf}), (1, {})),
    }
    assert len(different) == 7 and base not in different
    quiet = -math.nan
    assert digest((0, {"a": math.nan})) == digest((0, {"a": quiet})), "all NaN are one"


def test_the_notes_of_a_digest_are_bounded_and_evenly_spread() -> None:
    made = Digest()
    for step in range(20_000):
        made.add(step, {"a": 0.5})
        assert len(made.notes) <= Digest.MOST
    frames = [frame for frame, _ in made.checks()]
    assert frames[-1] == 20_000 and frames == sorted(frames) and len(frames) > Digest.MOST / 2
    assert len(set(b - a for a, b in zip(frames[:-2], frames[1:-1], strict=True))) == 1
    short = Digest()
    assert [frame for frame, _ in short.checks()] == [0]
    for step in range(25):
        short.add(step, {})
    assert [frame for frame, _ in short.checks()] == [10, 20, 25]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("BurgersPINN", "burgers-pinn"), ("PINNRace", "pinn-race"), ("Measure", "measure"),
     ("DoubleWell", "double-well"), ("_Private", "private"), ("DQN2Lab", "dqn2-lab"),
     ("snake_Case", "snake-case"), ("A__B", "a-b"), ("Äther", "äther")],
)  # fmt: skip
def test_the_name_of_a_lab_is_one_that_a_record_may_hold(name: str, expected: str) -> None:
    assert lab_name(type(name, (), {})) == expected
    assert Record.from_json(changed(lab=expected)).lab == expected
