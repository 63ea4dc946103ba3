"""What can go wrong, provoked for real: a real kernel, real kills, real files.

Each test notes what it measured (`measured`); `make faults` writes the table (tools/faults.py).
"""

import os
import re
import statistics
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from kernels import Kernel
from numpy_labs import DoubleWell
from test_player import PATIENCE, Hands, is_consistent, is_repeatable
from test_setup import tool

from sciml_widgets.headless import run
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.player import Player
from sciml_widgets.record import load, save

ROOT = Path(__file__).parent.parent
LINUX = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux's /proc")

LAB = """
import ctypes, gc, os, threading
from dataclasses import dataclass
import numpy as np
from ipywidgets import Widget
from sciml_widgets import Experiment, Frame, Series, choice, knob, show
from sciml_widgets.picture import Lines, Picture, Plot
@dataclass
class Walk(Experiment):
    gain: float = knob(1.0, 0.1, 9.0, help="of the walk")
    trouble: str = choice("none", ("none", "nan", "raise"), kind="hot", help="what goes wrong")
    length = 10**7
    series = (Series("loss", role="loss"),)
    def frames(self):
        rng, x, step = np.random.default_rng(0), np.zeros(4000), 0
        while True:
            x += self.gain * rng.normal(size=4000)
            if self.trouble == "raise":
                raise RuntimeError("the model is broken")
            loss = float("nan") if self.trouble == "nan" else float(np.abs(x).mean())
            yield Frame(step, {"loss": loss}, x.copy)
            step += 1
    def picture(self, state, view):
        y = np.zeros(64) if state is None else state[:64]
        return Picture((Plot("walk", (Lines(np.arange(64.0), y),), alt="a walk"),))
def left():
    gc.collect()
    getattr(ctypes.CDLL(None), "malloc_trim", int)(0)  # free memory goes back, so that it counts
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    kernel = get_ipython().kernel
    return dict(
        threads=sum("sciml" in t.name for t in threading.enumerate()),
        labs=sum(isinstance(thing, Walk) for thing in gc.get_objects()),
        widgets=len(Widget.widgets), comms=len(kernel.comm_manager.comms),
        files=len(os.listdir("/proc/self/fd")), memory=pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
    )
"""
SPENT = "panel.player.ask(lambda: (panel.player.frames, __import__('time').thread_time()))"
THREADS = "sum('sciml-player' in t.name for t in threading.enumerate())"


@pytest.fixture
def measured(record_property: Any) -> Any:
    """`measured(text)` keeps a figure for the table."""
    return lambda text: record_property("measured", text)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as made:
        assert made.run(LAB)["status"] == "ok"
        yield made


def shown(kernel: Kernel, code: str = "panel = show(Walk())") -> None:
    """Show the lab and be its browser."""
    kernel.frames.clear()
    reply = kernel.run(code)
    assert reply["status"] == "ok", reply
    kernel.say(t="ready")
    kernel.until("idle")


def running(kernel: Kernel) -> None:
    shown(kernel)
    kernel.say(t="go")
    kernel.until("running")


def until(condition: Any, seconds: float = PATIENCE) -> float:
    """Seconds until it holds."""
    began = time.perf_counter()
    while not condition():
        assert time.perf_counter() < began + seconds, "did not happen in time"
        time.sleep(0.01)
    return time.perf_counter() - began


def test_every_test_that_the_table_names_is_there() -> None:
    for case, (_, *names) in tool("faults").FAULTS.items():
        for name in names:
            file, _, start = name.partition("::")
            text = (ROOT / "tests" / file).read_text(encoding="utf-8")
            assert not start or re.search(rf"^(def |){start}", text, re.MULTILINE), (case, name)


# ---- a run that breaks down: cases 1 and 2 ------------------------------------------------------


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("trouble", "state", "words"),
    [("nan", "diverged", "no longer a finite number"), ("raise", "failed", "model is broken")],
)
def test_trouble_is_shown_within_half_a_second_over_the_last_finite_picture(
    kernel: Kernel, measured: Any, trouble: str, state: str, words: str
) -> None:
    running(kernel)
    kernel.listen(lambda m: len(kernel.frames) > 5, 10)
    began = kernel.say(t="turn", name="trouble", value=trouble)
    header = kernel.until(state)
    at, _, buffers = kernel.frames[-1]
    measured(f"{state} shown after {at - began:.2f} s")
    assert at - began < 0.5
    assert words in header["message"] and f"step {header['step']}" in header["message"]
    assert kernel.value(f"(bool(np.isfinite(panel.player.look()).all()), {THREADS})") == (True, 1)
    assert kernel.value("bool(np.isfinite(panel.player.draw().plots[0].marks[0].y).all())")
    kernel.say(t="turn", name="trouble", value="none")
    kernel.say(t="reset")
    kernel.say(t="go")
    assert kernel.until("running")["message"] == ""
    kernel.run("panel.close()")


# ---- hands that never rest: cases 3 to 5 --------------------------------------------------------


class Thousand(Hands):
    """The random walk of test_player, a thousand operations long, beside the player's thread."""

    done: ClassVar[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.player.start()
        self.done.append(0)

    @invariant()
    def count(self) -> None:
        self.done[-1] += 1

    @rule(count=st.integers(1, 3))
    def rounds(self, count: int) -> None:
        """Instead of rounds by this thread: ask the owner whether all is legal."""
        for _ in range(count):
            self.player.ask(lambda: is_consistent(self.player))

    def teardown(self) -> None:
        self.player.turn("trouble", "none")
        self.player.pause()
        assert self.player.wait(PATIENCE), "the player hangs"
        is_consistent(self.player)
        self.player.close()
        assert not self.player.alive, "the thread does not end"
        is_repeatable(self.player)


@pytest.mark.slow
def test_a_thousand_operations_reach_only_legal_states_and_never_hang(measured: Any) -> None:
    began = time.perf_counter()
    run_state_machine_as_test(
        Thousand,
        settings=settings(
            max_examples=5, stateful_step_count=1000, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert max(Thousand.done) >= 1000
    walks = f"{sum(Thousand.done)} operations in {len(Thousand.done)} walks"
    measured(f"{walks}, {time.perf_counter() - began:.0f} s")


@pytest.mark.kernel
def test_fifty_clicks_on_run_start_one_worker_and_one_run(kernel: Kernel, measured: Any) -> None:
    shown(kernel)
    for _ in range(50):
        kernel.say(t="go")
    kernel.until("running")
    found = kernel.value(f"(panel.player.runs, panel.player.state, {THREADS})")
    measured(f"{found[2]} worker, {found[0]} run")
    assert found == (1, "running", 1)
    kernel.run("panel.close()")
    assert kernel.value(THREADS) == 0


@LINUX
@pytest.mark.kernel
@pytest.mark.parametrize("what", ["resets", "re-runs of the cell"])
def test_two_hundred_times_leave_nothing_behind(kernel: Kernel, measured: Any, what: str) -> None:
    def some(count: int) -> None:
        for _ in range(count):
            if what == "resets":
                kernel.say(t="go")
                kernel.say(t="reset")
            else:
                assert kernel.run("panel = show(Walk())")["status"] == "ok"
                kernel.say(t="ready")
                kernel.say(t="go")
        kernel.value("panel.player.ask(lambda: 1)")
        kernel.frames.clear()

    def settled(files: int) -> dict[str, float]:
        """What is left once ipykernel has cleared the pipes of ended threads: every 10 s."""
        patience = time.monotonic() + 25
        while (found := kernel.value("left()"))["files"] > files and time.monotonic() < patience:
            time.sleep(0.5)
        return found

    running(kernel)
    files = kernel.value("left()")["files"]
    some(100)
    before = settled(files)
    some(200)
    after = settled(before["files"])
    grown = {name: after[name] - before[name] for name in before}
    measured(", ".join(f"{name} {value:+.3g}" for name, value in grown.items()) + " MB")
    assert grown.pop("memory") <= 10
    assert max(grown.values()) <= 0, grown
    kernel.run("panel.close()")
    assert kernel.value("left()['threads']") == 0


# ---- interrupts, restarts and kills: cases 6 to 8 -----------------------------------------------


@pytest.mark.kernel
def test_an_interrupt_ends_a_blocking_run_and_leaves_all_usable(kernel: Kernel) -> None:
    running(kernel)
    kernel.run("from sciml_widgets import run")
    timer = threading.Timer(0.5, kernel.manager.interrupt_kernel)
    timer.start()
    reply = kernel.run("done = run(Walk(), frames=10**6)")
    timer.join()
    assert reply["status"] == "ok", reply
    assert kernel.value("(done.state, done.message)") == ("paused", "Interrupted.")
    assert kernel.value("done.frames > 0 and panel.player.state == 'running'")
    kernel.run("panel.close()")


# jupyter_client leaves event loops to the garbage collector, and it comes here
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@LINUX
@pytest.mark.kernel
def test_a_restart_in_the_middle_is_quick_and_the_run_goes_on_bit_for_bit(measured: Any) -> None:
    lab = "BurgersPINN().but(depth=1, width=8, points_inside=50, points_edge=10)"
    setup = "from sciml_widgets import show\nfrom sciml_widgets.labs import BurgersPINN"
    with Kernel() as kernel:
        kernel.run(setup)
        shown(kernel, f"panel = show({lab})")
        kernel.say(t="step", n=30)
        kernel.until("paused")
        kernel.say(t="turn", name="w_ic", value=3.0)
        kernel.say(t="step", n=30)
        kernel.listen(lambda m: any(f[1].get("frames") == 60 and "kept" in f[1]
                                    for f in kernel.frames[-9:]), 20)  # fmt: skip
        kept = next(f[1]["kept"] for f in reversed(kernel.frames) if "kept" in f[1])
        numbers = kernel.value("(panel.player.record().checks, panel.scalars)")
        kernel.say(t="go")
        began = time.perf_counter()
        kernel.manager.shutdown_kernel(restart=True)
        took = time.perf_counter() - began
        measured(f"ended in {took:.1f} s, the same bits after 60 frames")
        assert took <= 4, "the kernel has to be killed"
    with Kernel() as kernel:
        kernel.run(setup)
        shown(kernel, f"panel = show({lab})")
        kernel.say(t="resume", text=kept)
        kernel.listen(lambda m: any(f[1].get("said") for f in kernel.frames[-9:]), 20)
        assert kernel.value("panel.player.again.said").startswith("the same")
        checks, scalars = kernel.value("(panel.player.record().checks, panel.scalars)")
        assert (checks, scalars) == numbers, "bit for bit"


@LINUX
@pytest.mark.kernel
def test_no_kernel_survives_the_one_who_started_it(measured: Any) -> None:
    source = f"""
    import sys, time
    from kernels import Kernel
    kernel = Kernel()
    kernel.run({LAB + "panel = show(Walk()); panel.go()"!r})
    print(kernel.value("os.getpid()"), flush=True)
    time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )  # fmt: skip
    assert child.stdout
    orphan = Path("/proc") / child.stdout.readline().strip()
    assert orphan.exists() and orphan.name.isdecimal()
    child.kill()
    child.wait()
    child.stdout.close()
    took = until(lambda: gone(orphan))
    measured(f"gone after {took:.1f} s")
    assert took <= 5


def gone(process: Path) -> bool:
    """It has ended; its father may not have noticed yet."""
    try:
        return (process / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@LINUX
@pytest.mark.training
def test_a_record_killed_at_a_hundred_instants_is_whole_or_the_old_one(
    tmp_path: Path, measured: Any
) -> None:
    path, source = (
        tmp_path / "run.json",
        """
    import dataclasses, itertools, os, signal, sys, time, random
    from sciml_widgets.record import load, save
    one, rng = load(sys.argv[1]), random.Random(1)
    for kill in range(100):
        child = os.fork()
        if not child:
            for i in itertools.count():
                save(dataclasses.replace(one, message=f"{kill} {i}"), sys.argv[1])
        time.sleep(rng.uniform(0.001, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        now = load(sys.argv[1])
        assert dataclasses.replace(now, message="") == one, kill
        print(kill, now.message, sep=": ", flush=True)
    """,
    )
    save(run(DoubleWell()).record(), path)
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source), str(path)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout.split("\n")  # fmt: skip
    written = [line for line in found if line]
    different = len({line.partition(": ")[2] for line in written})
    measured(f"100 kills, {different} different records, all whole")
    assert len(written) == 100 and different > 20, "the kills come before the first write"
    assert load(path).frames == 60


# ---- lines and tabs: cases 10 to 13 -------------------------------------------------------------


class Slow(Kernel):
    """A browser on a slow line: what it acknowledges arrives half a second late."""

    delay = 0.0

    def _take(self, message: dict[str, Any]) -> None:
        data = message["content"].get("data", {})
        content = data.get("content", {}) if isinstance(data, dict) else {}
        if self.delay and message["msg_type"] == "comm_msg" and content.get("t") == "frame":
            buffers = [bytes(one) for one in message.get("buffers", [])]
            self.frames.append((time.perf_counter(), content, buffers))
        else:
            super()._take(message)

    def look(self, seconds: float) -> float:
        """Watch for some seconds; frames of the player in a second of its thread's own time."""
        first, began = self.value(SPENT), time.perf_counter()
        due: list[tuple[float, int]] = []
        seen = len(self.frames)
        while time.perf_counter() < began + seconds:
            self.listen(lambda _: True, 0.05)
            for at, header, _ in self.frames[seen:]:
                if header.get("ack") and self.delay:
                    due.append((at + self.delay, header["i"]))
            seen = len(self.frames)
            while due and due[0][0] < time.perf_counter():
                self.say(t="ack", i=due.pop(0)[1])
        frames, spent = (new - old for new, old in zip(self.value(SPENT), first, strict=True))
        return frames / spent


@pytest.mark.kernel
def test_a_slow_line_gets_fewer_messages_and_slows_nothing(measured: Any) -> None:
    """No timed test: half the speed would be broken; the target of 5 % is for benchmarks."""
    with Slow() as kernel:
        kernel.run(LAB)
        running(kernel)
        kernel.say(t="hidden")
        alone, slow = [], []
        for _ in range(3):
            kernel.say(t="hidden")
            alone.append(kernel.look(0.7))
            kernel.delay = 0.5
            kernel.frames.clear()
            kernel.say(t="ready")
            slow.append(kernel.look(1.5))
            kernel.delay = 0.0
        sent = sum(len(b) for _, _, buffers in kernel.frames for b in buffers) / 1.5
        rate, ratio = len(kernel.frames) / 1.5, statistics.median(slow) / statistics.median(alone)
        measured(f"{ratio:.0%} of the speed, {rate:.0f} messages and {sent / 1e3:.0f} kB a second")
        assert ratio > 0.5
        assert rate <= 16 and sent <= 300_000


@LINUX
@pytest.mark.kernel
@pytest.mark.slow
def test_a_closed_tab_costs_nothing_and_a_new_one_sees_the_present(
    kernel: Kernel, measured: Any
) -> None:
    """Ten minutes of a hundred steps a second: 60 000 frames that nobody looks at."""
    running(kernel)
    kernel.say(t="hidden")
    kernel.listen(lambda m: False, 0.3)
    before, number = kernel.value("left()"), kernel.value("panel._wire.number")
    first = kernel.value("panel.player.frames")
    while (frames := kernel.value("panel.player.frames") - first) < 60_000:
        time.sleep(0.3)
    grown = kernel.value("left()")["memory"] - before["memory"]
    sent = kernel.value("panel._wire.number") - number
    kernel.frames.clear()
    began = kernel.say(t="ready")
    header = kernel.until("running")
    took = kernel.frames[-1][0] - began
    measured(f"{sent} messages and {grown:+.1f} MB in {frames} frames; back after {took:.2f} s")
    assert sent == 0 and grown <= 10
    assert header["key"] and header["frames"] >= frames and took < 2
    kernel.run("panel.close()")


@pytest.mark.kernel
def test_a_slider_on_a_subshell_while_a_cell_runs(measured: Any) -> None:
    """JupyterLab's default: widget messages may overtake a cell; nothing is lost or raised."""
    with Kernel() as kernel:
        kernel.run(LAB)
        running(kernel)
        if kernel.value("__import__('ipykernel').version_info[0]") < 7:
            pytest.skip("this kernel has no subshells")
        kernel.use_subshell()
        kernel.answer("gain", 2.0)  # ipykernel 7.4 hands the very first one to the main shell
        code = {"code": "import time\nfor _ in range(40): time.sleep(0.1)", "silent": False,
                "store_history": False, "user_expressions": {}, "allow_stdin": True}  # fmt: skip
        message = kernel.client.session.msg("execute_request", code)
        kernel.client.shell_channel.send(message)
        began, times = time.perf_counter(), []
        while time.perf_counter() < began + 3.5:
            times.append(kernel.answer("gain", 1.01 + len(times) / 100))  # raises if it is lost
            time.sleep(max(0.0, 0.05 - times[-1]))
        assert kernel.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
        # ipykernel 7.4 hands some to its main shell all the same: those wait for the cell
        assert max(times) < 8, "answered at the end of the cell, which takes 4 s, at the latest"
        shown = [(h, b) for _, h, b in kernel.frames if "picture" in h]
        curves = [b[h["picture"]["plots"][0]["marks"][0]["y"]] for h, b in shown]
        assert curves and all(len(one) == 4 * 64 for one in curves), "no blank picture"
        assert not [one for one in kernel.outputs if "ename" in one]
        measured(f"{len(times)} turns, {max(times):.2f} s at most, no error, no blank picture")
        assert kernel.value("panel.player.state") == "running"


@pytest.mark.training
def test_two_runs_at_once_are_the_two_runs_alone() -> None:
    labs = [
        BurgersPINN().but(depth=1, width=8, points_inside=50, points_edge=10, seed=seed)
        for seed in (0, 1)
    ]
    alone = [run(lab, frames=40).record().checks for lab in labs]
    players = [Player(lab) for lab in labs]
    try:
        for player in players:
            player.start()
            player.step(40)
        assert all(player.wait(PATIENCE) for player in players)
        assert [player.record().checks for player in players] == alone
    finally:
        for player in players:
            player.close()


# ---- poor surroundings: cases 14 and 18 ---------------------------------------------------------

RUN = """
import locale, os, socket, sys
assert (locale.setlocale(locale.LC_ALL, "") or True) and sys.argv[1] == f"{0.5:n}"
def refuse(*_):
    raise OSError("no network here")
socket.socket.connect = socket.getaddrinfo = refuse
from sciml_widgets import run, show
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.record import load, save
lab = BurgersPINN().but(depth=1, width=8, points_inside=50, points_edge=10)
panel = show(lab, still=20)
panel.figure().savefig("Bild größer.png")
save(panel.record(), "Lauf größer.json")
assert load("Lauf größer.json") == panel.record()
show("Lauf größer.json", still=20)
print("done")
"""


@pytest.mark.parametrize("where", ["a home that cannot be written", "another country"])
@pytest.mark.training
def test_a_run_needs_no_network_no_home_and_no_plain_path(tmp_path: Path, where: str) -> None:
    around, half = {"HOME": "/dev/null/home"}, "0.5"
    if where == "another country":
        around, half = german(tmp_path), "0,5"
    folder = tmp_path / "Übung 1 – mit Leerzeichen"
    folder.mkdir()
    clean = {k: v for k, v in os.environ.items() if k not in ("MPLCONFIGDIR", "XDG_CACHE_HOME")}
    (folder / "run.py").write_text(RUN, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "run.py", half], cwd=folder, capture_output=True, encoding="utf-8",
        env={**clean, "PYTHONPATH": str(ROOT), **around}, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-2000:]
    assert found.stdout.endswith("done\n")


def german(folder: Path) -> dict[str, str]:
    """An environment where numbers are written 0,5 and it is tomorrow; made, where none is."""
    made = folder / "de_DE.UTF-8"
    try:
        subprocess.run(
            ["localedef", "-i", "de_DE", "-f", "UTF-8", str(made)], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine cannot make a German locale (localedef)")
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati"}


LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.stem for lesson in LESSONS])
def test_a_whole_lesson_runs_without_network_and_home(
    tmp_path: Path, measured: Any, lesson: Path
) -> None:
    bare = ["unshare", "--net", "--map-root-user"]
    try:
        subprocess.run([*bare, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine gives no space without a network")
    began = time.perf_counter()
    clean = {k: v for k, v in os.environ.items() if k not in ("MPLCONFIGDIR", "XDG_CACHE_HOME")}
    found = subprocess.run(
        [*bare, sys.executable, "-m", "IPython", "--no-banner", str(lesson)], cwd=tmp_path,
        capture_output=True, text=True, check=False,
        env={**clean, "PYTHONPATH": str(ROOT), "HOME": "/dev/null/home"},
    )  # fmt: skip
    assert found.returncode == 0, (found.stdout + found.stderr)[-2000:]
    assert "Traceback" not in found.stdout + found.stderr
    measured(f"lesson {lesson.stem[:2]} in {time.perf_counter() - began:.0f} s")
