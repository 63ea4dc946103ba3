"""`make load`: many kernels train on one machine, each behind its panel, and sliders are turned.

    python -m benchmarks.load [--kernels 1 4 8 16] [--seconds 30] [--soak 300]

Writes build/load.md; `make figures` puts it into the documentation. This process is the browser
of them all: it acknowledges what the panels send, and turns a slider of each twice a second.
"""

import argparse
import contextlib
import os
import platform
import random
import signal
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sciml_widgets import machine
from tests.kernels import Kernel, together

BUILD = Path(__file__).parents[1] / "build"
SHOW = """
import torch
from sciml_widgets import show
from sciml_widgets.labs import BurgersPINN
BurgersPINN.length = 10**9
panel = show(BurgersPINN())
"""
UNLIMITED = """
import contextlib
from sciml_widgets import machine
machine.threads = contextlib.nullcontext
"""
WAYS = {"as it is": "", "no limit at all": UNLIMITED}
"""What is run before the lab: nothing, or what takes the package's own limit away."""
LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "CPU_LIMIT")
"""What a hub may set; here nobody does."""

TURNS = (("weights.w_ic", 10.0), ("problem.nu", 0.05))
"""A loss weight, and the viscosity, which moves the exact solution."""
PAUSE = (0.3, 0.7)
"""Seconds between an answer and the next turn, so that they are not in step with the frames."""
GIVE_UP = 20.0
"""Seconds after which a turn counts as lost."""
WARM = 4.0
"""Seconds of training before anything is counted."""

ANSWER = {1: 0.15, 4: 0.4, 8: 1.0, 16: 2.5}
FAIR = {4: 1.3, 8: 1.5, 16: 2.0}
MEMORY = 500.0
GROWTH = 10.0
MB = 1e6


class Student(Kernel):
    """One who trains, watches, and turns a slider now and then."""

    def __init__(self, seed: int = 0) -> None:
        self.asked: tuple[str, float, float] | None = None  # knob, value, since when
        self.due, self.count = 0.0, 0
        self.random = random.Random(seed)
        self.answers: list[float] = []
        self.steps: list[tuple[float, int]] = []  # time and frames, of each message
        self.trouble: list[str] = []
        self.threads = 0  # of torch, in the thread that trains
        super().__init__(wait=False)
        self.process = psutil.Process(self.pid)

    def begin(self, way: str) -> None:
        """Show the lab in the way named, and press Run. Raises RuntimeError."""
        for code in (WAYS[way], SHOW):
            if self.run(code, timeout=300)["status"] != "ok":
                raise RuntimeError(f"the lab cannot be shown: {self.outputs[-1:]}")
        self.say(t="ready")
        self.until("idle", 120)
        self.threads = self.value("panel.player.ask(torch.get_num_threads)")
        self.say(t="go")
        self.until("running", 120)

    def forget(self) -> None:
        """What comes now is counted."""
        for kept in (self.frames, self.answers, self.steps, self.trouble, self.outputs):
            kept.clear()

    def _take(self, message: dict[str, Any]) -> None:
        super()._take(message)
        while self.frames:
            at, header, _ = self.frames.pop()
            if header.get("t") != "frame":
                continue
            self.steps.append((at, header["frames"]))
            if self.asked and header.get("values", {}).get(self.asked[0]) == self.asked[1]:
                self.answers.append(at - self.asked[2])
                self.asked, self.due = None, at + self.random.uniform(*PAUSE)
            if header["notice"] or header["state"] != "running":
                self.trouble.append(header["notice"] or f"{header['state']} {header['message']}")
                self.frames.append((at, header, []))
                return

    def turn(self, now: float) -> None:
        """Turn a slider if it is time, but not before the last turn is answered."""
        if self.asked and now > self.asked[2] + GIVE_UP:
            self.trouble.append(f"no answer to {self.asked[0]}={self.asked[1]}")
            self.asked = None
        if self.asked is None and now >= self.due:
            name, low = TURNS[self.count % len(TURNS)]
            value = round(low * (1 + 0.01 * (self.count // 2 % 40 + 1)), 6)
            self.count += 1
            self.asked = (name, value, self.say(t="turn", name=name, value=value, drag=True))

    @property
    def speed(self) -> float:
        """Steps a second between the first and the last message."""
        return speed(self.steps)

    @property
    def errors(self) -> list[str]:
        """What the panel complained of, what the kernel printed, and whether it is there."""
        found = [str(one) for one in self.outputs if "ename" in one or one.get("name")]
        found += ["the kernel has ended"] * (not self.manager.is_alive())
        return [*self.trouble, *found, *([f"no answer to {self.asked[0]}"] if self.asked else [])]


def speed(steps: Sequence[tuple[float, int]]) -> float:
    """Frames a second from pairs of time and frames; 0 for fewer than two."""
    if len(steps) < 2 or steps[-1][0] <= steps[0][0]:
        return 0.0
    return (steps[-1][1] - steps[0][1]) / (steps[-1][0] - steps[0][0])


def fairness(speeds: Sequence[float]) -> float:
    """Steps of the fastest kernel over those of the slowest; infinity where one stands still."""
    return max(speeds) / min(speeds) if min(speeds) > 0 else float("inf")


def p95(values: Sequence[float]) -> float:
    """The value that 95 % do not exceed; infinity of none."""
    ordered = sorted(values)
    return ordered[max(0, -(-95 * len(ordered) // 100) - 1)] if ordered else float("inf")


@dataclass(frozen=True)
class Found:
    """What one number of kernels gave."""

    way: str
    kernels: int
    started: float  # seconds until the last of them answered
    threads: int  # of torch, in the thread that trains
    answers: tuple[float, ...]
    speeds: tuple[float, ...]
    errors: tuple[str, ...]
    rss: tuple[float, ...]  # MB, shared pages counted for each
    pss: tuple[float, ...]  # MB, shared pages shared out; empty where the system does not tell


@contextlib.contextmanager
def room(number: int) -> Iterator[tuple[list[Student], float]]:
    """So many kernels, started at once, and the seconds that it took; all are ended."""
    students: list[Student] = []
    began = time.perf_counter()
    try:
        for seed in range(number):
            students.append(Student(seed))
        for student in students:
            student.ready(300)
        yield students, time.perf_counter() - began
    finally:
        for student in students:
            with contextlib.suppress(RuntimeError):
                student.__exit__()


def together_at(students: list[Student], way: str) -> None:
    """All of them open the lab at the same time, as in a class."""
    with ThreadPoolExecutor(len(students)) as pool:
        list(pool.map(lambda one: one.begin(way), students))


def turns(student: Any, now: float) -> None:
    """What `together` calls between two messages."""
    student.turn(now)


def wait(student: Any, now: float) -> None:
    """The same where no new turn is made."""


def crowd(number: int, way: str, seconds: float) -> Found:
    """`number` kernels train for some seconds."""
    with room(number) as (students, started):
        together_at(students, way)
        together(students, WARM, turns)
        for student in students:
            student.forget()
        together(students, seconds, turns)
        speeds = tuple(student.speed for student in students)
        end = time.perf_counter() + GIVE_UP
        while any(one.asked for one in students) and time.perf_counter() < end:
            together(students, 0.1, wait)  # the last turns
        processes = [student.process for student in students]
        return Found(
            way, number, started, students[0].threads,
            tuple(answer for student in students for answer in student.answers), speeds,
            tuple(error for student in students for error in student.errors),
            tuple(process.memory_info().rss / MB for process in processes),
            tuple(shared(process) for process in processes),
        )  # fmt: skip


def shared(process: psutil.Process) -> float:
    """MB of a process, its shared pages divided by those who share them; nan if nobody tells."""
    return getattr(process.memory_full_info(), "pss", float("nan")) / MB


@dataclass(frozen=True)
class Sample:
    """One look at a kernel that goes on and on."""

    at: float
    steps: int
    rss: float
    threads: int
    files: int


def soak(seconds: float, looks: int = 60) -> list[Sample]:
    """One kernel trains, its sliders are turned; looked at from outside, after a warm-up."""
    with room(1) as (students, _):
        (student,) = students
        student.begin("as it is")
        together(students, max(WARM, min(60.0, seconds / 5)), turns)
        student.forget()  # that it was idle before it ran is no trouble
        samples = []
        for _ in range(looks):
            together(students, seconds / looks, turns)
            process, steps = student.process, student.steps[-1][1]
            samples.append(
                Sample(time.perf_counter(), steps, process.memory_info().rss / MB,
                       process.num_threads(), process.num_fds())
            )  # fmt: skip
            del student.steps[:-1]
            if student.trouble or not student.manager.is_alive():
                raise RuntimeError(f"after {len(samples)} looks: {student.errors[:3]}")
    return samples


def growth(samples: Sequence[Sample], what: str) -> float:
    """How much more there is at the end than at first: medians of a tenth of the looks each."""
    few = max(1, len(samples) // 10)
    values = [getattr(one, what) for one in samples]
    return statistics.median(values[-few:]) - statistics.median(values[:few])


def slowest(samples: Sequence[Sample]) -> float:
    """Steps a second between the two looks where they were fewest."""
    pairs = zip(samples, samples[1:], strict=False)
    return min((b.steps - a.steps) / (b.at - a.at) for a, b in pairs)


def mark(good: bool) -> str:
    return "✓" if good else "✗"


def row(f: Found) -> str:
    """One line of the table: what was measured, and whether it is within the target."""
    late, fair, most = p95(f.answers), fairness(f.speeds), max(f.rss)
    answer = f"{late:.2f} s"
    if f.kernels in ANSWER:
        answer += f" (<= {ANSWER[f.kernels]:g} s) {mark(late <= ANSWER[f.kernels])}"
    even = "" if f.kernels == 1 else f"{fair:.2f}" if fair < 1e6 else "one stood still"
    if f.kernels in FAIR:
        even += f" (<= {FAIR[f.kernels]:g}) {mark(fair <= FAIR[f.kernels])}"
    memory = f"{most:.0f} MB {mark(most <= MEMORY)}"
    if all(value == value for value in f.pss):
        memory += f" ({statistics.mean(f.pss):.0f})"
    return (
        f"| {f.kernels} | {f.threads} | {answer} | {even} | {len(f.errors)} "
        f"{mark(not f.errors)} | {memory} | {sum(f.speeds):.0f} | {f.started:.1f} s |"
    )


def worth(found: Sequence[Found]) -> list[str]:
    """What the package's limit changes, for each number of kernels that was run both ways."""
    by = {(f.way, f.kernels): f for f in found}
    first, second = WAYS
    return [
        f"| {number} | {sum(own.speeds) / max(sum(bare.speeds), 1e-9):.1f} times | "
        f"{p95(own.answers):.2f} s, not {p95(bare.answers):.2f} s |"
        for (way, number), own in by.items()
        if way == first
        for bare in [by.get((second, number))]
        if bare
    ]


def soaked(samples: Sequence[Sample]) -> list[str]:
    """The lines of the soak."""
    length = samples[-1].at - samples[0].at
    whole = (samples[-1].steps - samples[0].steps) / length
    few = max(2, len(samples) // 10)
    first, last = (speed([(s.at, s.steps) for s in part])
                   for part in (samples[:few], samples[-few:]))  # fmt: skip
    more = {what: growth(samples, what) for what in ("rss", "threads", "files")}
    least = slowest(samples)
    return [
        "| what | target | measured |",
        "|---|---|---|",
        f"| steps go on | never 0 a second | {whole:.0f} a second, at least {least:.0f}; "
        f"{first:.0f} at first, {last:.0f} at the end {mark(least > 0)} |",
        f"| memory (RSS) | <= {GROWTH:.0f} MB more | {more['rss']:+.1f} MB, "
        f"{samples[-1].rss:.0f} MB at the end {mark(more['rss'] <= GROWTH)} |",
        f"| threads | none more | {more['threads']:+.0f} {mark(more['threads'] <= 0)} |",
        f"| open files | none more | {more['files']:+.0f} {mark(more['files'] <= 0)} |",
    ]


def page(found: Sequence[Found], samples: Sequence[Sample], seconds: float, busy: float) -> str:
    """build/load.md."""
    import torch

    lines = [
        "# Many kernels on one machine",
        "",
        "Written by `make load`; do not edit. Each kernel trains the lab `burgers-pinn` through "
        "its panel, as fast as it goes. "
        f"On {machine.cores()} cores (their load a minute before: {busy:.1f}); "
        f"Python {platform.python_version()}, torch {torch.__version__}.",
        "",
    ]
    about = {
        "as it is": "## As it is: nobody sets a limit, the package takes one thread",
        "no limit at all": "## The same without the package's limit: torch takes what it wants",
    }
    for way, heading in about.items():
        rows = [row(one) for one in found if one.way == way]
        if rows:
            lines += [
                heading, "",
                "| kernels | threads each | slider to answer, p95 | fastest : slowest | errors | "
                "memory each | steps a second, all | started in |",
                "|---|---|---|---|---|---|---|---|", *rows, "",
            ]  # fmt: skip
    if gains := worth(found):
        lines += [
            "## What the package's limit is worth", "",
            "| kernels | steps a second, all | slider to answer, p95 |", "|---|---|---|",
            *gains, "",
        ]  # fmt: skip
    if found:
        lines += [
            f"Each line: {seconds:.0f} s of training after {WARM:.0f} s that do not count, all "
            "kernels fresh and started at once. Turns: about two a second in each kernel, a loss "
            "weight and the viscosity by turns, from the message of the slider to the one that "
            "shows it applied; the viscosity moves the exact solution. Fastest : slowest: steps "
            "a second of the fastest kernel over those of the slowest. Errors: complaints of a "
            "panel, anything printed, turns without an answer, kernels that ended. Memory: the "
            f"RSS of the largest kernel, target {MEMORY:.0f} MB; in brackets the mean PSS, which "
            "shares out the pages that kernels have in common. The measuring process, browser of "
            "them all, runs on the same cores.",
            "",
        ]
    if samples:
        length = samples[-1].at - samples[0].at
        lines += [
            f"## One kernel for {length / 60:.1f} minutes", "",
            f"Training and turning without a pause; {len(samples)} looks from outside after a "
            "warm-up, the median of the last tenth less that of the first.", "",
            *soaked(samples), "",
        ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--kernels", type=int, nargs="*", default=list(ANSWER))
    parser.add_argument("--seconds", type=float, default=30, help="of each line of the table")
    parser.add_argument("--soak", type=float, default=0, help="seconds of one kernel; 300 or more")
    asked = parser.parse_args()
    for name in LIMITS:
        os.environ.pop(name, None)
    busy, found, samples = os.getloadavg()[0], [], []
    for way in WAYS:
        for number in asked.kernels:
            found.append(crowd(number, way, asked.seconds))
            print(way, row(found[-1]), *found[-1].errors[:3], flush=True)
    BUILD.mkdir(exist_ok=True)
    for seconds in (0, asked.soak):  # what is known so far is not lost with the soak
        samples = soak(seconds) if seconds else samples
        text = page(found, samples, asked.seconds, busy)
        (BUILD / "load.md").write_text(text, encoding="utf-8")
    print(text, BUILD / "load.md", sep="\n")


def alone() -> None:
    """Run `main`; whatever ends it, Ctrl-C too, no process that it started is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


if __name__ == "__main__":
    alone()
