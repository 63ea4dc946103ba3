"""The equations that `make solve` times, what each run must reach, and one run. Knows no table."""

import cProfile
import math
import pstats
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from sciml_widgets import Experiment, Player, machine, run
from sciml_widgets.labs import BurgersPINN, ConvectionPINN, PoissonPINN
from sciml_widgets.labs.pinn import Solution
from sciml_widgets.metrics import relative_l2
from sciml_widgets.physics import Burgers

__all__ = ["WORKS", "Course", "Look", "Target", "Work", "adam_rate", "flops", "shares", "solve"]

SHARP = 0.01 / math.pi
NEVER = math.inf
EVERY = 10
"""Steps between two looks at what a lab does not measure by itself."""


@dataclass(frozen=True)
class Target:
    """An error to reach: within `gate` seconds (the median), within `stretch` (every seed)."""

    error: float
    gate: float = NEVER
    stretch: float = NEVER
    of: str = "rel_l2"


@dataclass(frozen=True)
class Work:
    """An equation to solve, at most `steps` long; `also` are errors beside the lab's own."""

    name: str
    lab: Experiment
    steps: int
    targets: tuple[Target, ...]
    also: Mapping[str, Callable[[Solution], float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """Errors at one step, and the seconds of the steps up to there."""

    step: int
    seconds: float
    errors: Mapping[str, float]


Course = list[Look]


@lru_cache(maxsize=4)
def _region(late: bool) -> tuple[Tensor, Tensor]:
    """Points with t >= 1/2, or those with t = 0 and |x| > 1/2; and the exact u there."""
    x = torch.linspace(-1, 1, 129, dtype=torch.float64)
    if not late:
        x = x[x.abs() > 0.5]
    t = torch.linspace(0.5, 1, 33, dtype=torch.float64) if late else torch.zeros(1).double()
    points = torch.cartesian_prod(x, t)
    return points, Burgers(nu=SHARP).exact(points)


def late(solution: Solution) -> float:
    points, exact = _region(True)
    return relative_l2(solution(points), exact)


def outside(solution: Solution) -> float:
    points, exact = _region(False)
    return relative_l2(solution(points), exact)


NEWTON = {"optimizer": "gauss-newton", "precision": "float64"}
MOVING = {"sampling": "adaptive", "redraw": 3}
RIDGE = {"beta": 40, "depth": 1, "width": 40, **NEWTON}
"""One layer suffices: sin(x - βt) is one ridge in (x, t), whatever β. 161 weights in place of the
921 of 3 layers of 20, and the work of a step goes with their square."""

SHOCK = BurgersPINN().preset("the shock, by Gauss-Newton")
WORKS = (
    Work(
        "Burgers, ν = 0.01/π", SHOCK, 600,
        (Target(5e-2, 4, 2), Target(1e-2), Target(1e-3, 8, 5), Target(6.7e-4, 10, 7),
         Target(1e-4, 45, 20)),
    ),
    Work("Burgers, ν = 0.007 (not tuned on)", SHOCK.but(nu=0.007), 300, (Target(1e-3, 10, 6),)),
    Work(
        "convection, β = 40, cold start",
        ConvectionPINN().but(points_inside=500, **RIDGE, **MOVING), 800,
        (Target(1e-3, 20, 20),),
    ),
    Work(
        "convection, β = 40, curriculum, its time counted",
        ConvectionPINN().but(points_inside=300, stages=40, steps_per_stage=6, **RIDGE), 800,
        (Target(5.3e-2), Target(1e-3, 20)),
    ),
    Work(
        "reconstruct from t = 1/2",
        BurgersPINN().preset("the past, by Gauss-Newton"), 500,
        (Target(1e-3, 25, of="t ≥ 1/2"), Target(1e-4, stretch=25, of="t ≥ 1/2"),
         Target(1e-2, 25, of="t = 0, outside"),
         Target(1e-3, stretch=25, of="t = 0, outside")),
        {"t ≥ 1/2": late, "t = 0, outside": outside},
    ),
    Work(
        "Poisson in a square, 2-32-1",
        PoissonPINN().but(depth=1, width=32, points_inside=900, **NEWTON), 300,
        (Target(1e-5, 3, 3), Target(1e-6, stretch=3)),
    ),
)  # fmt: skip


def solve(work: Work, seed: int, threads: int) -> Course:
    """One run until all targets are reached. What `watch` does is not in the player's seconds.

    Raises ValueError if torch did not use as many threads as asked for.
    """
    lowest: dict[str, float] = {}
    for target in work.targets:
        lowest[target.of] = min(target.error, lowest.get(target.of, NEVER))
    left, course = dict(lowest), []

    def watch(player: Player) -> None:
        errors = {"rel_l2": player.scalars["rel_l2"]} if "rel_l2" in player.scalars else {}
        if work.also and player.frames and player.step_now % EVERY == 0:
            solution = player.look()
            errors |= {name: measure(solution) for name, measure in work.also.items()}
        if errors:
            course.append(Look(player.step_now, player.seconds, errors))
        for name in [name for name in left if errors.get(name, NEVER) < left[name]]:
            del left[name]
        if not left:
            player.stop("finished")

    with _threads(work.lab, threads):
        player = run(work.lab.but(seed=seed), frames=work.steps + 1, watch=watch)
    if player.threads != threads:
        raise ValueError(f"{threads} threads were asked for, torch used {player.threads}")
    return course


def flops(work: Work) -> tuple[int, int]:
    """The weights n, and the operations of one Gauss-Newton step with m residuals.

    5/4 m n² for the lower triangle of JᵀJ in four strips, n³/3 for its Cholesky factor.
    """
    lab = work.lab
    n = sum(
        weights.numel()
        for weights in lab.net.build(lab.problem, torch.Generator()).parameters()  # type: ignore[attr-defined]
    )
    terms = lab.problem.terms()  # type: ignore[attr-defined]
    m = sum(lab.points_inside if term.region.whole else lab.points_edge for term in terms)  # type: ignore[attr-defined]
    return n, round(1.25 * m * n**2 + n**3 / 3)


PARTS = {
    "jacobian": "derivatives of all residuals by all weights",
    "_lower_square": "JᵀJ",
    "_solve": "solving for the step",
    "_values": "residuals of trial steps",
    "_draw": "new points",
    "_errors": "looking at the error",
}
"""Functions of a step that do not call each other."""


def shares(work: Work, steps: int = 30) -> dict[str, float]:
    """What part of the time of a run goes where, on one thread."""
    with _threads(work.lab, 1):
        run(work.lab, frames=3)  # what only a first run needs
        profile = cProfile.Profile()
        profile.enable()
        run(work.lab, frames=steps + 1)
        profile.disable()
    found = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent: dict[str, float] = dict.fromkeys(PARTS, 0.0)
    whole = 0.0
    for (file, _, name), (_, _, _, cumulative, _) in found.items():
        whole = max(whole, cumulative)
        if name in PARTS and file.endswith(("gauss_newton.py", "pinn.py")):
            spent[name] += cumulative
    parts = {PARTS[name]: seconds / whole for name, seconds in spent.items()}
    return {**parts, "the rest": 1 - sum(parts.values())}


def adam_rate(threads: int, steps: int = 400) -> float:
    """Plain steps of Adam in a second: 3 layers of 20 and 2780 points, as DeepXDE's example has.

    In double precision, as that runs here; both of 2540 points inside and 240 at the edges.
    """
    lab = BurgersPINN().but(
        nu=SHARP, depth=3, width=20, points_inside=2540, points_edge=120, precision="float64"
    )
    marks: list[tuple[int, float]] = []
    with _threads(lab, threads):
        run(lab, frames=steps + 1, watch=lambda one: marks.append((one.step_now, one.seconds)))
    (first, began), (last, ended) = marks[len(marks) // 10], marks[-1]
    return (last - first) / (ended - began)


@contextmanager
def _threads(lab: Experiment, count: int) -> Iterator[None]:
    """The class of a lab, with another number of threads for a while."""
    if count > machine.cores():
        raise ValueError(
            f"{count} threads: this process may use {machine.cores()} (its cores, its quota "
            "and OMP_NUM_THREADS)"
        )
    kind = type(lab)
    before, kind.threads = kind.threads, count
    try:
        yield
    finally:
        kind.threads = before
