"""The load benchmark: its sums, its page, and that Ctrl-C leaves no process behind."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from benchmarks import load
from benchmarks.load import Found, Sample

ROOT = Path(__file__).parent.parent
GOOD = Found(
    "as it is", 4, 5.0, 1, (0.1,) * 20, (50.0, 40.0, 45.0, 44.0), (), (300.0, 310.0), (200.0,)
)


def samples(grow: float = 0.0, steps: int = 50) -> list[Sample]:
    """Twenty looks, a second apart, at a kernel that takes on `grow` MB in all."""
    return [Sample(float(k), steps * k, 300 + grow * k / 19, 12, 40) for k in range(20)]


def test_speed_is_frames_over_the_time_between_the_first_and_the_last_message() -> None:
    assert load.speed([(2.0, 100), (2.5, 117), (4.0, 160)]) == 30
    assert load.speed([(2.0, 100)]) == load.speed([]) == load.speed([(1.0, 1), (1.0, 2)]) == 0


def test_fairness_is_the_fastest_over_the_slowest() -> None:
    assert load.fairness([30.0, 20.0, 40.0]) == 2
    assert load.fairness([30.0]) == 1
    assert load.fairness([30.0, 0.0]) == math.inf


def test_p95_is_the_smallest_that_95_percent_do_not_exceed() -> None:
    assert load.p95([float(k) for k in range(100, 0, -1)]) == 95
    assert load.p95([3.0, 1.0]) == 3
    assert load.p95([]) == math.inf, "no answer at all is no good answer"


def test_growth_and_the_slowest_stretch() -> None:
    assert load.growth(samples(), "rss") == 0
    assert load.growth(samples(19.0), "rss") == pytest.approx(18)  # middles of the tenths
    stuck = [*samples()[:10], *(Sample(k, 450, 300, 12, 40) for k in (10.0, 11.0))]
    assert load.slowest(samples()) == 50 and load.slowest(stuck) == 0


def test_each_target_that_is_missed_is_marked() -> None:
    assert load.row(GOOD).count("✓") == 4 and "✗" not in load.row(GOOD)
    for what, bad in {
        "answers": (0.41,) * 20, "speeds": (50.0, 38.0), "errors": ("oh",), "rss": (501.0,),
    }.items():  # fmt: skip
        line = load.row(Found(**{**vars(GOOD), what: bad}))
        assert (line.count("✗"), line.count("✓")) == (1, 3), what
    long = "\n".join(load.soaked(samples(12.0)))
    assert long.count("✗") == 1 and "✗" in long.split("\n")[3], "10.7 MB more"
    assert "✗" not in "\n".join(load.soaked(samples(9.0)))
    assert "✗" in load.soaked(samples(steps=0))[2]


def test_the_page_says_what_the_limit_of_the_package_is_worth() -> None:
    bare = Found(**{**vars(GOOD), "way": "no limit at all", "speeds": (1.0,) * 4, "threads": 2})
    text = load.page([GOOD, bare], samples(), 30, 0.5)
    assert "| 4 | 44.8 times | 0.10 s, not 0.10 s |" in text
    assert text.count("\n| 4 |") == 3 and "## One kernel for 0.3 minutes" in text
    assert "worth" not in load.page([GOOD], (), 30, 0.5)


@pytest.mark.kernel
def test_a_short_soak_looks_at_a_kernel_that_goes_on() -> None:
    looks = load.soak(1.0, looks=2)
    assert len(looks) == 2 and looks[1].steps > looks[0].steps > 0
    assert looks[0].rss > 50 and looks[0].files > 0
    if torch.version.cuda is None:  # a build for CUDA takes half a gigabyte more by being loaded
        assert looks[0].rss < load.MEMORY


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.3, 4.0])  # seconds since the first kernel: starting, training
def test_whatever_ends_it_no_kernel_is_left(number: int, after: float) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", "--kernels", "3"], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ},
    )  # fmt: skip
    started: list[psutil.Process] = []
    end = time.monotonic() + 60
    while not started and time.monotonic() < end:
        time.sleep(0.05)
        started = psutil.Process(child.pid).children(recursive=True)
    time.sleep(after)
    started = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(number)
    assert child.wait(60) == 128 + number
    _, alive = psutil.wait_procs(started, timeout=5)
    assert started and alive == []
