"""The benchmark that times networks: targets, threads and its table."""

import math
from dataclasses import replace

import pytest

from benchmarks.solve import beside, limit, page, reached, row, words
from benchmarks.targets import WORKS, Look, Target, flops, solve
from sciml_widgets import machine

COURSE = [Look(0, 0.5, {"rel_l2": 1.0}), Look(1, 1.0, {}), Look(2, 1.5, {"rel_l2": 0.01})]


def test_the_first_look_below_the_error_counts() -> None:
    assert reached(COURSE, Target(0.5)) == COURSE[2]
    assert reached(COURSE, Target(0.01)) is None
    assert reached(COURSE, Target(0.5, of="another")) is None


def test_a_run_that_never_arrives_counts_as_slower_than_all() -> None:
    made = row("equation", 1, Target(0.5, gate=2, stretch=2), [COURSE, COURSE, COURSE[:1]])
    assert made.seconds == [1.5, 1.5, math.inf] and made.steps == [2, 2, math.inf]
    assert words(made.seconds) == "**1.5** (1.5 to never)"
    line = page([made], beside([], {}, {}), [], 3).splitlines()[6]
    assert line.endswith("| 2 s ✓ | 2 s ✗ |"), "the gate is for the median, the stretch for all"
    assert limit(math.inf, 1.0) == ""


def test_every_table_row_has_as_many_cells() -> None:
    rows = [row(work.name, 1, target, [COURSE]) for work in WORKS for target in work.targets]
    lines = page(rows, [], [], 1).splitlines()
    assert {line.count("|") for line in lines if line.startswith("|")} == {8}


def test_operations_are_counted_from_weights_and_residuals() -> None:
    cold = next(work for work in WORKS if work.name == "convection, β = 40, cold start")
    n, m = 4 * 40 + 1, 500 + 100 + 100
    assert flops(cold) == (n, round(1.25 * m * n**2 + n**3 / 3))


def test_more_threads_than_there_are_is_an_error() -> None:
    with pytest.raises(ValueError, match="this process may use"):
        solve(WORKS[0], 0, machine.cores() + 1)


@pytest.mark.training
def test_a_run_stops_at_its_last_target_on_the_threads_asked_for() -> None:
    poisson = WORKS[-1]
    lab = type(poisson.lab)
    before = lab.threads
    course = solve(replace(poisson, targets=(Target(0.9),)), 0, 1)
    assert course[-1].errors["rel_l2"] < 0.9 <= course[-2].errors["rel_l2"]
    assert lab.threads == before
