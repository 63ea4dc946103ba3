import io
import json
import math
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from numpy_labs import LABS

import sciml_widgets
from sciml_widgets import cli, labs, workspace
from sciml_widgets.cli import main
from sciml_widgets.commands import codes
from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob
from sciml_widgets.preset import Preset
from sciml_widgets.record import lab_name, load

ROOT = Path(sciml_widgets.__file__).parents[1]


@dataclass(frozen=True)
class Weights:
    w_ic: float = knob(1.0, 0.01, 1000.0, log=True, help="weight of the initial condition")


@dataclass
class Trouble(Experiment):
    weights: Weights = Weights()
    nu: float = knob(0.05, 0.001, 0.2, help="viscosity")
    depth: int = knob(4, 1, 8, kind="restart", help="layers")
    how: str = choice("well", ("well", "nan", "diverge", "raise", "racer", "stop", "dirty"))

    title: ClassVar[str] = "Trouble"
    length: ClassVar[int] = 30
    series = (
        Series("pde", "equation", role="loss"),
        Series("racer"),
        Series("rel_l2", "relative error", role="error", percent=True),
    )

    def frames(self) -> Iterator[Frame]:
        for step in range(100):
            scalars = {"pde": 1 / (1 + step), "rel_l2": self.nu / (1 + step)}
            if step == 7:
                if self.how == "nan":
                    scalars["pde"] = math.nan
                if self.how == "diverge":
                    raise Diverged("The\nsum\x1b[2J grows.")
                if self.how == "raise":
                    raise RuntimeError("broken in the middle")
                if self.how == "stop":
                    signal.raise_signal(signal.SIGINT)
                if self.how == "racer":
                    scalars["racer"] = math.nan
            yield Frame(step, scalars)


Here = dict[str, type[Experiment]]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """The labs of this file and no others, so that nothing loads torch."""
    there: Here = {lab_name(lab): lab for lab in (Trouble, *LABS)}
    monkeypatch.setattr(labs, "labs", lambda: there)
    return there


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command line: exit code, standard output, standard error."""

    def call(*argv: object) -> tuple[int, str, str]:
        code = main([str(one) for one in argv])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def refused(answer: tuple[int, str, str], *words: str) -> None:
    """Exit code 2, nothing on standard output, one clear line on standard error."""
    code, out, err = answer
    assert (code, out) == (2, ""), err
    assert err.startswith("sciml-widgets: ") and err.count("\n") == 1, err
    assert "Traceback" not in err
    for word in words:
        assert word in err, err


# ---- run --------------------------------------------------------------------------------


def test_run_json_is_one_object_with_everything(said: Any) -> None:
    code, out, err = said("run", "trouble", "--set", "nu=0.1", "w_ic=10", "--set", "depth=6",
                          "--frames", 20, "--json")  # fmt: skip
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["lab"] == "trouble" and told["state"] == "finished" and told["message"] == ""
    assert told["config"] == {"weights.w_ic": 10.0, "nu": 0.1, "depth": 6, "how": "well"}
    assert (told["step"], told["frames"]) == (19, 20)
    assert told["scalars"] == {"pde": 1 / 20, "rel_l2": 0.1 / 20}
    assert told["seconds"] >= 0 and told["threads"] >= 1
    assert told["goal"] is None and told["goal_reached"] is None
    assert out.count("\n") == 1


def test_a_preset_is_set_before_the_knobs_are_turned(said: Any, monkeypatch: Any) -> None:
    steep = Preset("too steep", "Hard for a small net.", {"nu": 0.1, "depth": 6})
    monkeypatch.setattr(Trouble, "presets", (steep,))
    ran = ("run", "trouble", "--preset", "too steep", "--set", "depth=3", "--frames", 1, "--json")
    code, out, err = said(*ran)
    config = json.loads(out)["config"]
    assert (code, err, config["nu"], config["depth"]) == (0, "", 0.1, 3)
    code, _, err = said("run", "trouble", "--preset", "to steep")
    assert code == 2 and "no preset 'to steep': did you mean 'too steep'?" in err


def test_a_goal_ends_the_run_and_decides_the_exit_code(said: Any) -> None:
    code, out, err = said("run", "trouble", "--until", "rel_l2<5e-3", "--json")
    told = json.loads(out)
    assert (code, err, told["goal_reached"], told["goal"]) == (0, "", True, "rel_l2<0.005")
    assert told["step"] == 10
    code, out, err = said("run", "trouble", "--until", "rel_l2<1e-9", "--json")
    assert (code, json.loads(out)["goal_reached"], json.loads(out)["frames"]) == (1, False, 30)
    assert err == "sciml-widgets: the goal rel_l2<1e-09 was not reached in 30 frames\n"


def test_a_limit_of_time_is_kept(said: Any) -> None:
    code, out, _ = said("run", "double-well", "--frames", 10**8, "--seconds", 0.2, "--json")
    assert code == 0 and 0.2 <= json.loads(out)["seconds"] < 5.0


@pytest.mark.parametrize(
    ("how", "state", "message"),
    [
        ("nan", "diverged", "Diverged at step 7: the loss “equation” is no longer a finite"),
        ("diverge", "diverged", "Diverged at step 6: The sum?[2J grows."),
        ("raise", "failed", "Failed at step 6. RuntimeError: broken in the middle"),
    ],
)
def test_a_run_that_breaks_down_is_1_and_one_line(
    said: Any, how: str, state: str, message: str
) -> None:
    code, out, err = said("run", "trouble", "--set", f"how={how}", "--json")
    told = json.loads(out)
    assert (code, told["state"]) == (1, state)
    assert told["message"].startswith(message)
    assert err.startswith(f"sciml-widgets: {message}") and err.count("\n") == 1
    assert (told["scalars"]["pde"] is None) == (how == "nan")


def test_debug_shows_the_traceback(said: Any) -> None:
    code, _, err = said("run", "trouble", "--set", "how=raise", "--debug")
    assert code == 1 and "Traceback" in err and "broken in the middle" in err


def test_a_nan_of_a_racer_is_null_and_no_failure(said: Any) -> None:
    code, out, _ = said("run", "trouble", "--set", "how=racer", "--json")
    assert code == 0 and json.loads(out)["scalars"]["racer"] is None
    assert "NaN" not in out


def test_people_get_a_short_summary(said: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    code, out, err = said("run", "trouble", "--set", "nu=0.1", "--until", "pde<0.1", "--out", path)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("trouble: finished at step 10, 11 frames in ")
    assert lines[1] == "  with nu=0.1"
    assert "relative error" in out and "0.909 %" in out and "0.0909  equation" in out
    assert lines[-2:] == ["  goal pde<0.1 reached at step 10", f"  saved in {path}"]


def test_a_terminal_sees_how_far_the_run_is(monkeypatch: pytest.MonkeyPatch, said: Any) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    code, _, _ = said("run", "trouble")
    shown = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert code == 0 and shown.endswith("\r\x1b[K")
    assert "\r\x1b[Kstep 0   " in shown and "relative error 5 %   equation 1" in shown
    assert shown.count("step") < 5, "a few times a second"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run", "troubel"], ["no lab 'troubel': did you mean trouble?"]),
        (["run", "xyz"], ["no lab 'xyz': there are trouble, double-well,"]),
        (["run"], ["the following arguments are required: LAB"]),
        (["run", "trouble", "--set", "dept=1"], ["no knob 'dept': did you mean depth?"]),
        (["run", "trouble", "--set", "nu=9"], ["nu=9 is outside [0.001, 0.2] (viscosity)"]),
        (["run", "trouble", "--set", "w_ic=1e9"],
         ["weights.w_ic=1e+09 is outside [0.01, 1000] (weight of the initial condition)"]),
        (["run", "trouble", "--set", "nu=nan"], ["nu: 'nan' is not a number in [0.001, 0.2]"]),
        (["run", "trouble", "--set", "depth=2.5"], ["'2.5' is not a whole number in [1, 8]"]),
        (["run", "trouble", "--set", "how=ill"], ["'ill' is not one of well, nan"]),
        (["run", "trouble", "--set", "nu"], ["--set nu: write KNOB=VALUE"]),
        (["run", "trouble", "--set", "=1"], ["no knob ''"]),
        (["run", "trouble", "--set", "a\nb=1"], ["no knob"]),
        (["run", "trouble", "--until", "rel_l2=0"], ["is not a goal: write a name, <, <=, >"]),
        (["run", "trouble", "--until", "rel<1"], ["needs one of pde, racer, rel_l2"]),
        (["run", "trouble", "--until", ""], ["is not a goal"]),
        (["run", "trouble", "--frames", "0"], ["--frames", "'0' is not a whole number from 1"]),
        (["run", "trouble", "--frames", "-5"], ["--frames"]),
        (["run", "trouble", "--frames", "1e3"], ["'1e3' is not a whole number"]),
        (["run", "trouble", "--frames", "9" * 5000], ["is not a whole number"]),
        (["run", "trouble", "--seconds", "0"], ["'0' is not a time above 0"]),
        (["run", "trouble", "--seconds", "inf"], ["'inf' is not a time above 0"]),
        (["run", "trouble", "--seconds", "soon"], ["'soon' is not a time above 0"]),
        (["run", "trouble", "--frame", "3"], ["unrecognized arguments: --frame"]),
        (["run", "trouble", "extra"], ["unrecognized arguments: extra"]),
        (["dance"], ["invalid choice: 'dance'"]),
        ([], ["the following arguments are required: COMMAND"]),
        (["replay", "no-such.json"], ["no-such.json: No such file or directory"]),
        (["run", "trouble", "--out", "no/such/run.json"],
         ["cannot write no/such/run.json: No such file or directory"]),
        (["run", "trouble", "--out", "/"], ["cannot write /: / is a folder"]),
    ],
)  # fmt: skip
def test_bad_input_is_2_and_one_clear_line(
    said: Any, argv: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(said(*argv), *words)
    assert os.listdir(tmp_path) == []


def test_the_output_path_is_tried_before_anything_runs(
    said: Any, here: Here, tmp_path: Path
) -> None:
    class Never(Trouble):
        def frames(self) -> Iterator[Frame]:
            raise AssertionError("it ran")

    here["trouble"] = Never
    refused(said("run", "trouble", "--out", tmp_path), "is a folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_is_not_replaced_by_a_record(said: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(said("run", "trouble", "--out", tmp_path / "pipe"), "is not a file")


def test_a_disk_that_fills_up_does_not_lose_the_numbers(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = said("run", "trouble", "--out", tmp_path / "run.json", "--json")
    assert code == 1 and json.loads(out)["state"] == "finished"
    assert "No space left on device" in err and err.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_ctrl_c_is_130_and_the_record_is_written(said: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    code, out, err = said("run", "trouble", "--set", "how=stop", "--out", path, "--json")
    assert (code, err) == (130, "sciml-widgets: interrupted\n")
    assert json.loads(out)["frames"] == load(path).frames == 7
    assert load(path).state == "paused"


def test_a_lab_that_cannot_be_made_is_one_line(said: Any, here: Here) -> None:
    class Unmade(Trouble):
        def __init__(self) -> None:
            raise ZeroDivisionError("no lab\ntoday")

    here["trouble"] = Unmade
    code, out, err = said("run", "trouble")
    assert (code, out) == (1, "")
    assert err == "sciml-widgets: ZeroDivisionError: no lab today (more with --debug)\n"
    code, _, err = said("run", "trouble", "--debug")
    assert code == 1 and "Traceback" in err


# ---- replay -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["well", "nan", "diverge", "raise", "racer"])
def test_a_replay_gives_the_same_numbers(said: Any, tmp_path: Path, how: str) -> None:
    path = tmp_path / "run.json"
    said("run", "trouble", "--set", f"how={how}", "--out", path)
    code, out, err = said("replay", path)
    assert (code, err) == (0, "")
    assert out.startswith("same numbers\ntrouble: ")
    code, out, _ = said("replay", path, "--json")
    told = json.loads(out)
    assert code == 0 and told["same"] is True and told["parting"] == told["hint"] == ""
    assert told["lab"] == "trouble" and told["config"]["how"] == how


def test_a_replay_that_parts_says_where_and_why_it_may(
    said: Any, here: Here, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    said("run", "trouble", "--out", path)
    record = json.loads(path.read_text())
    record["versions"]["numpy"], record["threads"] = "0.9\x1b[2J", 64
    path.write_text(json.dumps(record))

    class Changed(Trouble):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                yield Frame(frame.step, {**frame.scalars, "pde": 2.0})

    Changed.__name__ = "Trouble"
    assert said("replay", path)[0] == 0, "other versions and the same numbers are no matter"
    here["trouble"] = Changed
    code, out, _ = said("replay", path)
    lines = out.splitlines()
    assert code == 1 and lines[0] == "the runs agree up to frame 0 and part by frame 10"
    assert lines[1].startswith("recorded with numpy 0.9?[2J (here ")
    assert "threads 64 (here 1): the last digits may differ" in lines[1]
    code, out, _ = said("replay", path, "--json")
    told = json.loads(out)
    assert code == 1 and told["same"] is False and "part by frame 10" in told["parting"]
    assert "threads 64" in told["hint"]


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda text: text[:100], "not a whole record"),
        (lambda text: "", "not a whole record"),
        (
            lambda text: text.replace('"schema":1', '"schema":99'),
            "schema 99; this version reads 1",
        ),
        (lambda text: '{"nbformat": 4}', "not a record"),
        (lambda text: text.replace('"nu":0.05', '"nu":NaN'), "NaN is not a number"),
        (lambda text: text.replace('"nu":0.05', '"nu":1e999'), "1e999 is not a number"),
        (lambda text: text.replace('"nu":0.05', '"nu":7'), "nu=7 is outside [0.001, 0.2]"),
        (
            lambda text: text.replace('"depth":4', '"dept":4'),
            "no knob 'dept': did you mean depth?",
        ),
        (lambda text: text.replace('"nu"', '"a\\nb"'), "no knob"),
        (lambda text: text.replace('"tape":[]', '"tape":[[1,"depth",5]]'), "cannot be turned on"),
        (lambda text: text.replace('"tape":[]', '"tape":[[1,"nu",{}]]'), "damaged at"),
        (lambda text: text.replace('"lab":"trouble"', '"lab":"torch-load"'), "no lab: there are"),
        (lambda text: text.replace('"lab":"trouble"', '"lab":"troubles"'), "did you mean trouble"),
        (lambda text: text.replace('"lab":"trouble"', '"lab":"a;ls"'), "damaged at 'lab'"),
        (lambda text: "[" * 10_000, "not a whole record"),
        (lambda text: "\x00\x01", "not a whole record"),
    ],
)
def test_a_bad_record_is_2_and_one_clear_line(
    said: Any, tmp_path: Path, damage: Any, word: str
) -> None:
    path = tmp_path / "run.json"
    said("run", "trouble", "--out", path)
    path.write_text(damage(path.read_text()))
    for json_too in ([], ["--json"]):
        refused(said("replay", path, *json_too), word)


def test_binary_folders_and_devices_are_no_records(said: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b"\x80\x04\x95\x1c\x00cposix\nsystem\n")
    refused(said("replay", path), "run.json is not text")
    refused(said("replay", tmp_path), "is not a file")
    if Path("/dev/zero").exists():
        refused(said("replay", "/dev/zero"), "is not a file")


# ---- list, open, doctor -------------------------------------------------------------------


def test_list_names_labs_and_lessons(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = {"number": 5, "title": "Burgers", "objectives": ["a", "b", "c"], "hardware": "none",
             "sections": [{"title": "one", "minutes": 5}, {"title": "two", "minutes": 40}],
             "prerequisites": ["derivatives", "Python"], "seed_systems": ["s"],
             "licence": "CC-BY-4.0", "status": "draft"}  # fmt: skip
    notebook = {"nbformat": 4, "metadata": {"sciml_widgets": block}, "cells": []}
    (tmp_path / "05_burgers.ipynb").write_text(json.dumps(notebook))
    monkeypatch.setattr(workspace, "source", lambda: tmp_path)
    code, out, err = said("list")
    assert (code, err) == (0, "")
    assert "double-well  Metropolis in a double well" in out
    assert "05   Burgers  (45 minutes, draft)" in out and "needs derivatives; Python" in out
    code, out, _ = said("list", "--json")
    told = json.loads(out)
    assert [one["name"] for one in told["labs"]][:2] == ["trouble", "double-well"]
    assert told["lessons"] == [
        {"key": "05", "number": 5, "title": "Burgers", "minutes": 45, "status": "draft",
         "prerequisites": ["derivatives", "Python"], "file": "05_burgers.ipynb"}
    ]  # fmt: skip


def test_list_without_lessons_lists_the_labs(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise FileNotFoundError("no lessons")

    monkeypatch.setattr(workspace, "source", none)
    code, out, _ = said("list")
    assert code == 0 and "none here" in out and "trouble" in out
    assert json.loads(said("list", "--json")[1])["lessons"] == []


def test_open_copies_and_becomes_jupyterlab(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(workspace, "copy_lessons", lambda target: [workspace.Copied("a", "new")])
    monkeypatch.setattr(workspace, "lab_command", lambda target, port: ([], {}))

    def open_lab(target: Path, port: int | None) -> None:
        opened.append((target, port))
        raise SystemExit(0)

    monkeypatch.setattr(workspace, "open_lab", open_lab)
    with pytest.raises(SystemExit):
        main(["open", str(tmp_path / "mine"), "--port", "9999"])
    assert opened == [(tmp_path / "mine", 9999)]


def test_open_says_in_one_line_why_not(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_jupyter(target: Path, port: int | None) -> None:
        raise ModuleNotFoundError("JupyterLab is not installed here")

    def full(target: Path) -> None:
        raise OSError("cannot write the lessons to there: no space; choose another folder")

    monkeypatch.setattr(workspace, "copy_lessons", full)
    refused(said("open", tmp_path), "choose another folder")
    monkeypatch.setattr(workspace, "lab_command", no_jupyter)
    refused(said("open", tmp_path), "JupyterLab is not installed here")


def test_doctor_answers_in_words_and_in_json(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sciml_widgets import doctor

    check = {"value": "3.11", "status": "ok", "remedy": ""}
    monkeypatch.setattr(doctor, "report", lambda: {"python": check})
    assert said("doctor")[0] == 0
    assert json.loads(said("doctor", "--json")[1]) == {"python": check}
    monkeypatch.setattr(doctor, "report", lambda: {"python": {**check, "status": "problem"}})
    code, out, _ = said("doctor")
    assert code == 1 and "PROBLEM" in out


# ---- as a program -------------------------------------------------------------------------

PROGRAM = """
import sys, sciml_widgets.labs as labs
sys.path.insert(0, {tests!r})
from numpy_labs import DoubleWell
labs.labs = lambda: {{"double-well": DoubleWell}}
from sciml_widgets.cli import main
print("ready", file=sys.stderr, flush=True)
code = main(sys.argv[1:])
assert "torch" not in sys.modules
sys.exit(code)
"""


def program(*argv: str, script: bool = False, **options: Any) -> subprocess.Popen[str]:
    source = PROGRAM.format(tests=str(Path(__file__).parent))
    start = [sys.executable, "-c", source] if script else [sys.executable, "-m", "sciml_widgets"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*start, *argv], cwd=ROOT, **{**pipes, **options})


def test_ctrl_c_of_a_running_program_leaves_a_record_that_replays(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    running = program("run", "double-well", "--frames", "1000000000", "--out", str(path),
                      script=True)  # fmt: skip
    assert running.stderr is not None and running.stderr.readline() == "ready\n"
    try:
        running.wait(1.0)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGINT)
    try:
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, err
    assert err == "sciml-widgets: interrupted\n" and "paused" in out
    record = load(path)
    assert record.frames > 0 and record.state == "paused"
    assert record.checks[-1][0] == record.frames


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    if os.name != "posix":
        pytest.skip("no such pipes here")
    read, write = os.pipe()
    os.close(read)
    running = program("doctor", stdout=write)
    os.close(write)
    _, err = running.communicate(timeout=60)
    assert err == "" and running.returncode == 1


def test_help_and_version_are_there() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pyproject["project"]["scripts"] == {"sciml-widgets": "sciml_widgets.cli:main"}
    assert pyproject["project"]["dynamic"] == ["version"], "the package says it, and nothing else"
    running = program("--version")
    out, _ = running.communicate(timeout=60)
    assert (running.returncode, out.strip()) == (0, sciml_widgets.__version__)
    for command in cli.WORK:
        with pytest.raises(SystemExit) as caught:
            main([*command.split(), "--help"])
        assert caught.value.code == 0


@pytest.mark.parametrize("argv", [["--help"], ["doctor", "--json"], ["run", "--help"]])
def test_what_computes_nothing_loads_no_torch(argv: list[str]) -> None:
    source = (
        "import sys\n"
        "from sciml_widgets.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'matplotlib', 'plotly', 'pandas', 'ipywidgets', 'numpy'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", source, *argv], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr


def test_the_exit_codes_are_documented() -> None:
    assert (codes.GOOD, codes.BROKE, codes.BAD_INPUT, codes.INTERRUPTED) == (0, 1, 2, 130)
