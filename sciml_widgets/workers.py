"""Runs in other processes: one each, on one thread. Knows no grid, no file and no table."""

import contextlib
import hashlib
import importlib
import itertools
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from sciml_widgets.headless import drive
from sciml_widgets.knobs import replaced
from sciml_widgets.player import Player

__all__ = ["Job", "carry_out", "results"]

SLOW = ("torch", "torch._dynamo")
"""Modules that take a second or more; torch's optimizers load its compiler."""
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Job:
    """All that another process needs to make one run: the class, its start values, its end."""

    module: str
    lab: str
    start: Mapping[str, Any]
    frames: int
    until: str | None = None

    @property
    def key(self) -> str:
        """Twelve letters that stand for this run: the same for the same values."""
        said = json.dumps([self.lab, dict(self.start), self.frames, self.until], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def carry_out(job: Job) -> str:
    """One run, in whatever process this is called; its record as one line of JSON.

    A lab that breaks down is not raised: its record tells.
    """
    lab = getattr(importlib.import_module(job.module), job.lab)
    player = Player(replaced(lab(), job.start), until=job.until)
    player.limit = job.frames
    drive(player)
    return player.record().to_json()


def results(
    jobs: list[Job], executor: Executor | None, workers: int, lost: dict[str, str]
) -> Iterator[tuple[Job, str]]:
    """Each job with its record as it comes; what was lost once is tried again at the end."""
    if not jobs:
        return
    again: list[Job] = []
    if executor is not None:
        yield from _by(executor, jobs, len(jobs), again, lost)
        yield from _by(executor, again, len(again), None, lost)
        return
    while jobs:  # a lost worker takes its pool with it
        taken, tries = list(jobs), len(again)
        with _pool(min(workers, len(jobs)), jobs) as pool:
            done = set()
            for job, text in _by(pool, taken, workers, again, lost):
                done.add(job.key)
                yield job, text
        gone = {job.key for job in again} | done
        jobs = [job for job in taken if job.key not in gone]
        if len(again) == tries and jobs:
            raise RuntimeError("the pool of processes ended without a reason")
    for job in again:  # alone: a process that dies takes the others of its pool with it, so the
        for last in (False, True):  # first loss may have been a neighbour's; twice is its own
            missed: list[Job] = []
            with _pool(1, [job]) as pool:
                yield from _by(pool, [job], 1, None if last else missed, lost)
            if not missed:
                break


def _by(
    executor: Executor, jobs: list[Job], ahead: int, again: list[Job] | None, lost: dict[str, str]
) -> Iterator[tuple[Job, str]]:
    """At most `ahead` jobs at a time; a lost one goes to `again`, or into `lost` without it."""
    left, waiting = iter(jobs), {}

    def lose(job: Job, error: BaseException) -> None:
        if again is not None:
            again.append(job)
        else:
            lost[job.key] = f"{type(error).__name__}: {error}"

    broken = False
    try:
        while True:
            for job in itertools.islice(left, 0 if broken else max(0, ahead - len(waiting))):
                waiting[_submitted(executor, job)] = job
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                job, error = waiting.pop(future), future.exception()
                if error is None:
                    yield job, future.result()
                else:
                    broken = broken or isinstance(error, BrokenProcessPool)
                    lose(job, error)
    finally:
        for future in waiting:
            future.cancel()


def _submitted(executor: Executor, job: Job) -> "Future[str]":
    try:
        return executor.submit(carry_out, job)
    except BrokenProcessPool as error:  # between two answers
        failed: Future[str] = Future()
        failed.set_exception(error)
        return failed


@contextlib.contextmanager
def _pool(workers: int, jobs: list[Job]) -> Iterator[ProcessPoolExecutor]:
    """Processes of one run each, on one thread; none is left when this ends, also by Ctrl-C."""
    there = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in there else "spawn")
    if "forkserver" in there:  # what takes seconds to import is imported once
        own = sorted({job.module for job in jobs} - {"__main__"})
        slow = SLOW if "torch" in sys.modules else ()  # a lab that needs it has loaded it here
        context.set_forkserver_preload([*slow, *own, __name__])
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_pin, max_tasks_per_child=1
    )
    try:
        with _environment(dict.fromkeys(ONE_THREAD, "1")):
            yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _pin() -> None:
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))


@contextlib.contextmanager
def _environment(extra: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in extra}
    os.environ.update(extra)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
