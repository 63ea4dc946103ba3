"""The benchmark that times networks: targets, threads and its table."""

import math
from concurrent.futures import Future
from dataclasses import replace

import pytest

from benchmarks.solve import course_of, reached, reached_of, thin
from benchmarks.solve_page import limit, page, ratio, words
from benchmarks.targets import WORKS, Course, Look, Target, flops, solve
from sciml_widgets import machine

COURSE = [Look(0, 0.5, {"rel_l2": 1.0}), Look(1, 1.0, {}), Look(2, 1.5, {"rel_l2": 0.01})]
NEVER = COURSE[:1]
MADE = {"cores": 2, "python": "3", "torch": "2"}


def kept(targets: list[dict]) -> dict:
    work = {"name": WORKS[0].name, "threads": 1, "targets": targets, "drawn": {}}
    return {"ours": {"one": work}, "rates": {"1": {"ours": 100.0}}, "profile": {}, "made": MADE}


def test_the_first_look_below_the_error_counts() -> None:
    assert reached(COURSE, Target(0.5)) == COURSE[2]
    assert reached(COURSE, Target(0.01)) is None
    assert reached(COURSE, Target(0.5, of="another")) is None


def test_a_run_that_never_arrives_counts_as_slower_than_all() -> None:
    found = reached_of(Target(0.5, gate=2, stretch=2), [COURSE, COURSE, NEVER])
    assert found["seconds"] == [1.5, 1.5, None] and found["steps"] == [2, 2, None]
    line = page(kept([found])).splitlines()[6]
    assert "**1.5** (1.5 to never)" in line
    assert line.endswith("| 2 s ✓ | 2 s ✗ |"), "the gate is for the median, the stretch for all"
    assert limit(None, 1.0) == "" and words([math.inf]) == "never"


def test_a_run_that_failed_is_one_that_never_arrived() -> None:
    failed: Future[Course] = Future()
    failed.set_exception(ValueError("no"))
    assert course_of(failed) == []
    assert reached_of(Target(0.5), [[]])["seconds"] == [None]


def test_of_a_peer_that_did_not_arrive_only_what_it_had_is_said() -> None:
    peer = {"seconds": [None], "lasted": [30.0]}
    assert ratio(peer, 3.0) == "more than 10 (it had 30 s)"
    assert ratio({"seconds": [30.0], "lasted": [30.0]}, 3.0) == "10"
    assert ratio(peer, math.inf) == "", "where ours does not arrive there is no ratio"


def test_every_table_row_has_as_many_cells() -> None:
    targets = [reached_of(target, [COURSE]) for work in WORKS for target in work.targets]
    lines = page(kept(targets)).split("## Beside")[0].splitlines()
    assert {line.count("|") for line in lines if line.startswith("|")} == {8}


def test_a_thinned_run_keeps_its_end() -> None:
    long = [Look(k, float(k), {"rel_l2": 1 / (k + 1)}) for k in range(1000)]
    found = thin(long, "rel_l2")
    assert found[-1] == [999.0, 0.001] and len(found) < 200


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
