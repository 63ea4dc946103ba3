"""Laws of a sweep: one record for each point, the numbers of a run by hand, nothing lost."""

import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sweep_labs import Decay, Dies, Slow, Where

from sciml_widgets import cli, labs, load, run, sweep
from sciml_widgets.knobs import replaced
from sciml_widgets.workers import carry_out

GRID = {"rate": [0.1, 0.2, 0.4], "noise": [0.0, 1.0]}


class Here(Executor):
    """Does the work at once in this process, and counts it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def submit(self, fn, /, *args, **kwargs):
        future: Future = Future()
        self.done.append(args[0].key)
        future.set_result(fn(*args, **kwargs))
        return future


def here(lab, grid, folder, **more):
    return sweep(lab, grid, folder=folder, executor=Here(), progress=False, **more)


def test_every_point_is_the_run_that_one_would_make_by_hand(tmp_path: Path) -> None:
    made = here(Decay(), GRID, tmp_path)
    assert len(made.jobs) == len(made.records) == 6
    for job in made.jobs:
        alone = run(replaced(Decay(), job.start), frames=job.frames)
        assert made.records[job.key].checks == alone.record().checks
        assert load(tmp_path / f"decay-{job.key}.json").checks == alone.record().checks
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.training
def test_processes_give_the_same_numbers_and_leave_nothing_behind(tmp_path: Path) -> None:
    before = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    made = sweep(Decay, GRID, folder=tmp_path / "a", workers=2, progress=False)
    serial = here(Decay, GRID, tmp_path / "b")
    assert not made.lost
    for key, record in serial.records.items():
        assert made.records[key].checks == record.checks
    assert {name: os.environ.get(name) for name in before} == before


@pytest.mark.training
def test_each_run_has_a_process_of_its_own(tmp_path: Path) -> None:
    made = sweep(Where(), {"rate": [0.1, 0.2, 0.3]}, folder=tmp_path, workers=2, progress=False)
    there = {record.scalars["process"] for record in made.records.values()}
    assert len(there) == 3 and os.getpid() not in there


def test_seeds_come_from_the_values_and_are_the_same_every_time(tmp_path: Path) -> None:
    first, second = (here(Decay(), GRID, tmp_path / name) for name in "ab")
    seeds = [job.start["seed"] for job in first.jobs]
    assert len(set(seeds)) == 6 and seeds == [job.start["seed"] for job in second.jobs]
    chosen = here(Decay(), {"seed": [3, 4]}, tmp_path / "c")
    assert [job.start["seed"] for job in chosen.jobs] == [3, 4]


def test_what_is_done_is_not_run_again_and_a_damaged_record_is(tmp_path: Path) -> None:
    made = here(Decay(), GRID, tmp_path)
    files = sorted(tmp_path.iterdir())
    files[0].write_text(files[0].read_text()[:-40])
    files[1].write_text(files[2].read_text())  # of another point
    files[3].unlink()
    executor = Here()
    again = sweep(Decay(), GRID, folder=tmp_path, executor=executor, progress=False)
    assert {f"decay-{key}.json" for key in executor.done} == {files[i].name for i in (0, 1, 3)}
    for key, record in made.records.items():
        assert again.records[key].checks == record.checks


def test_other_frames_are_other_runs(tmp_path: Path) -> None:
    assert (
        here(Decay(), GRID, tmp_path, frames=3).jobs[0].key
        != here(Decay(), GRID, tmp_path, frames=4).jobs[0].key
    )
    assert len(list(tmp_path.iterdir())) == 12


def test_a_run_that_breaks_down_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    made = here(Decay(), {"rate": [0.1, 5.0], "fails": [False, True]}, tmp_path)
    assert sorted(record.state for record in made.records.values()) == [
        "diverged", "failed", "failed", "finished",
    ]  # fmt: skip
    executor = Here()
    sweep(Decay(), {"rate": [0.1, 5.0], "fails": [False, True]}, folder=tmp_path,
          executor=executor, progress=False)  # fmt: skip
    assert len(executor.done) == 2  # what failed may have been mended; what diverged stays
    assert made.best is made.jobs[0]


@pytest.mark.training
def test_a_process_that_dies_is_tried_once_more_and_takes_no_other_with_it(tmp_path: Path) -> None:
    grid = {"deaths": [0, 1, 99], "rate": [0.1, 0.2]}
    made = sweep(Dies(test=os.getpid()), grid, folder=tmp_path / "runs", workers=2, progress=False)
    states = {job.start["deaths"]: [] for job in made.jobs}
    for job in made.jobs:
        states[job.start["deaths"]].append(job.key in made.records)
    assert states == {0: [True, True], 1: [True, True], 99: [False, False]}
    assert len(made.lost) == 2
    for note in Path(tempfile.gettempdir()).glob(f"sweep-{os.getpid()}-*"):
        note.unlink()
    table = made.to_pandas()
    assert list(table["state"]).count("lost") == 2 and len(table) == 6


@pytest.mark.training
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a thread's test")
def test_ctrl_c_ends_all_processes_and_keeps_what_is_done(tmp_path: Path) -> None:
    def interrupt() -> None:
        while len(list(tmp_path.glob("slow-*.json"))) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    grid = {"seconds": [0.0, 0.01, 60.0, 61.0]}
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sweep(Slow(), grid, folder=tmp_path, workers=2, progress=False)
    assert time.monotonic() - began < 30  # the runs of a minute were not waited for
    executor = Here()
    grid["seconds"] = [0.0, 0.01]
    sweep(Slow(), grid, folder=tmp_path, executor=executor, progress=False)
    assert not executor.done


def test_a_foreign_executor_that_loses_a_job_is_asked_once_more(tmp_path: Path) -> None:
    class Forgetful(Here):
        def submit(self, fn, /, *args, **kwargs):
            if args[0].key in self.done or args[0].start["rate"] < 0.15:
                return super().submit(fn, *args, **kwargs)
            self.done.append(args[0].key)
            failed: Future = Future()
            failed.set_exception(OSError("the node went away"))
            return failed

    grid = {"rate": [0.1, 0.2, 0.4]}
    made = sweep(Decay(), grid, folder=tmp_path, executor=Forgetful(), progress=False)
    assert len(made.records) == 3 and not made.lost

    with ThreadPoolExecutor(2) as pool:
        threaded = sweep(Decay(), grid, folder=tmp_path / "b", executor=pool, progress=False)
    assert {k: r.checks for k, r in threaded.records.items()} == {
        k: r.checks for k, r in made.records.items()
    }


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({}, "empty"),
        ({"rate": []}, "needs a list"),
        ({"rate": 0.1}, "needs a list"),
        ({"rate": "0.1"}, "needs a list"),
        ({"rate": [0.1, 99.0]}, "outside"),
        ({"rate": [float("nan")]}, "not a finite number"),
        ({"speed": [1]}, "speed"),
        ({"rate": [i / 1000 for i in range(999)], "noise": [i / 1000 for i in range(99)]}, "most"),
    ],
)
def test_a_bad_grid_is_refused_before_anything_runs(tmp_path: Path, grid, said: str) -> None:
    executor = Here()
    with pytest.raises(ValueError, match=said):
        sweep(Decay(), grid, folder=tmp_path / "none", executor=executor, progress=False)
    assert not executor.done and not (tmp_path / "none").exists()


def test_other_bad_input_is_refused(tmp_path: Path) -> None:
    class Local(Decay):
        pass

    with pytest.raises(ValueError, match="file of its own"):
        here(Local(), GRID, tmp_path)
    for more in ({"frames": 0}, {"until": "nothing<1"}, {"workers": 0}):
        with pytest.raises(ValueError):
            here(Decay(), GRID, tmp_path, **more)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        here(Decay(), GRID, tmp_path / "file")


@pytest.mark.training
def test_the_picture_shows_each_line_of_the_grid_with_what_is_pooled(tmp_path: Path) -> None:
    grid = {"rate": [0.1, 0.2, 0.4], "noise": [0.0, 1.0], "seed": [1, 2, 3, 4]}
    made = here(Decay(), grid, tmp_path)
    (plot,) = made.picture().plots
    assert [len(mark.x) for mark in plot.marks] == [4, 4, 4]  # seeds is the longest axis
    made = here(Decay(), {"rate": [0.1, 0.2, 0.4], "seed": [1, 2]}, tmp_path)
    (plot,) = made.picture().plots
    assert len(plot.marks) == 2
    made = here(Decay(), {"fails": [False, True]}, tmp_path)
    assert made.picture().plots and made.figure()


@pytest.mark.training
def test_the_command_sweeps_and_says_what_came_of_it(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(labs, "labs", lambda: {"decay": Decay})
    words = ["sweep", "decay", "--grid", "rate=0.1,0.2", "--out", str(tmp_path / "runs")]
    assert cli.main([*words, "--workers", "1", "--picture", str(tmp_path / "errors.png")]) == 0
    assert "best" in capsys.readouterr().out
    assert (tmp_path / "errors.png").read_bytes()[:4] == b"\x89PNG"
    assert cli.main([*words, "--json"]) == 0
    assert '"state": "finished"' in capsys.readouterr().out
    assert cli.main([*words[:3], "rate=0.1,x", *words[4:]]) == 2
    assert cli.main([*words[:3], "rate", *words[4:]]) == 2
    assert cli.main([*words, "--dask", "tcp://127.0.0.1:1"]) == 2


@pytest.mark.training
def test_a_picture_that_cannot_be_is_refused_before_the_runs(
    tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(labs, "labs", lambda: {"decay": Decay})
    runs = tmp_path / "runs"
    words = ["sweep", "decay", "--grid", "rate=0.1", "--out", str(runs), "--picture"]
    for name, why in (("errors.xyz", r".png, .svg or .pdf"), ("no/errors.png", "cannot write")):
        assert cli.main([*words, str(tmp_path / name)]) == 2
        said = capsys.readouterr()
        assert why in said.err and not said.out and not runs.exists()


def test_an_interrupted_sweep_says_how_to_go_on(tmp_path: Path, capsys, monkeypatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(labs, "labs", lambda: {"decay": Decay})
    monkeypatch.setattr("sciml_widgets.grid.sweep", stop)
    assert cli.main(["sweep", "decay", "--grid", "rate=0.1", "--out", str(tmp_path)]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_a_job_is_carried_out_in_any_process(tmp_path: Path) -> None:
    job = here(Decay(), GRID, tmp_path).jobs[0]
    assert carry_out(job) and '"lab":"decay"' in carry_out(job)
