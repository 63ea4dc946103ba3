"""Burgers' equation backwards: a start is found through the solver. Trains no network."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.physics import Burgers
from sciml_widgets.picture import INK, Axis, Image, Lines, Picture, Plot, View, round_limit
from sciml_widgets.preset import Preset
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.burgers_book import MEASURED, BurgersBook
from sciml_widgets.solvers.rollout import by_hand, last, record, rollout
from sciml_widgets.solvers.stability import Unstable
from sciml_widgets.train import Step, descend, lbfgs

__all__ = ["BurgersDP", "Found"]

CELLS, STEPS, MIDDLE = 128, 32, 16
"""Of the ring; from t = 0 to t = 1; and to t = 1/2, where u is measured."""

LONGEST = 1_000_000

EVERY = 5
"""Steps between two measurements of the errors, which cost as much as a step."""

Solver = BurgersVolume | BurgersBook


def _in_the_book(lab: Any) -> str:
    return "the book has its own" if lab.book else ""


@dataclass(frozen=True)
class Found:
    """A snapshot: the initial state as found so far, and what it is judged by."""

    start: np.ndarray
    solver: Solver
    data: np.ndarray
    truth: np.ndarray

    def states(self) -> np.ndarray:
        """The found u at t = 0, 1/32, ... 1, (33, 128); NaN beyond the stability limit."""
        states = np.full((STEPS + 1, CELLS), np.nan)
        states[0] = self.start
        with np.errstate(all="ignore"), contextlib.suppress(Unstable):
            for k in range(STEPS):
                states[k + 1] = self.solver.step(states[k])
        return states

    def adjoint(self) -> np.ndarray:
        """∂L/∂u at t = 0, 1/32, ... 1/2, (17, 128): what a change there does to the loss."""
        slopes = np.full((MIDDLE + 1, CELLS), np.nan)
        with np.errstate(all="ignore"), contextlib.suppress(Unstable):
            tape = record(self.solver.step, self.start, MIDDLE)
            slopes[-1] = 2 / CELLS * (tape.last - self.data)
            for k, state in zip(range(MIDDLE, 0, -1), tape.backwards(), strict=True):
                slopes[k - 1] = self.solver.pull(state, slopes[k])
        return slopes


@dataclass
class BurgersDP(Experiment):
    """Given u(x, 1/2), find u(x, 0): minimise mean (solver(u0) - data)² over the 128 cells of u0.

    The slope of the loss comes back through the solver, step by step. The search starts at 0.
    The curves: the loss; the mean error over 0 <= t <= 1; and that of u(x, 0), once for
    |x| < 1/2, once for |x| > 1/2. All characteristics from |x| < 1/2 have run into the shock by
    t = 1/2, so the data hardly know where they began: there a small loss says nothing.

    Good values: with the inverse crime (the data come from the same solver) and a rate of 5
    gradient descent reaches a loss of 2e-6 in 200 steps. Without it no smooth start fits better
    than about 1e-3, because solver and truth differ, and a rate of 5 swings about.
    Set-up: Thuerey et al., arXiv:2109.05237.
    """

    nu: float = knob(
        0.01 / math.pi, 0.001, 0.05, log=True, kind="restart", label="viscosity ν",
        group="Equation", help="of the truth and of the solver", unless=_in_the_book,
    )  # fmt: skip
    book: bool = toggle(
        False, kind="restart", label="the book's set-up", group="Equation",
        help="its solver, its viscosity (128 times smaller) and its numbers at t = 1/2",
    )  # fmt: skip
    crime: bool = toggle(
        False, kind="restart", label="inverse crime", group="Data",
        help="make the data with the same solver that is used to search; off: the exact solution",
        unless=_in_the_book,
    )  # fmt: skip
    noise: float = knob(
        0.0, 0.0, 0.3, kind="restart", group="Data", help="random errors of the data, their size"
    )  # fmt: skip
    draw: int = knob(
        0, 0, 9999, kind="restart", label="draw of the noise", group="Data",
        help="which random errors", unless=lambda lab: "" if lab.noise else "there is no noise",
    )  # fmt: skip
    optimizer: str = choice(
        "gradient-descent", ("gradient-descent", "adam", "l-bfgs"), group="Search",
        help="how the initial state walks downhill",
    )  # fmt: skip
    lr: float = knob(
        2.0, 1e-3, 100.0, log=True, label="learning rate", group="Search",
        help="size of a step; adam wants about 0.02",
        unless=lambda lab: "l-bfgs finds its own" if lab.optimizer == "l-bfgs" else "",
    )  # fmt: skip
    tikhonov: float = knob(
        1e-12, 1e-12, 1e-1, log=True, label="Tikhonov weight", group="Search",
        help="price of roughness, mean of (slope of u0)²; 1e-12 is none",
    )  # fmt: skip
    stop: float = knob(
        1e-12, 1e-12, 1e-1, log=True, label="stop at a loss of", group="Search",
        help="early stopping: the search ends when the data fit this well",
    )  # fmt: skip
    substeps: int = knob(
        8, 1, 32, kind="restart", group="Solver",
        help="parts of a step of 1/32, each of which must be stable",
        unless=_in_the_book,
    )  # fmt: skip
    limit: bool = toggle(
        True, kind="restart", label="watch the limit", group="Solver",
        help="stop when a step is beyond the stability limit; off: see what happens",
    )  # fmt: skip
    slopes: str = choice(
        "by hand", ("by hand", "autograd"), group="Solver",
        help="who differentiates the solver: formulas in numpy, or torch",
    )  # fmt: skip
    segment: int = knob(
        0, 0, 16, kind="restart", label="remember every", unit="steps", group="Solver",
        help="checkpoints: other states are computed again on the way back; 0: remember all",
    )  # fmt: skip

    title: ClassVar[str] = "Burgers' equation, backwards through the solver"
    about: ClassVar[str] = "u is known at t = 1/2. Which u(x, 0) leads there?"
    length: ClassVar[int] = 401
    series = (
        Series("loss", "loss: misfit at t = 1/2", role="loss"),
        Series("mae", "mean error, 0 ≤ t ≤ 1", role="error"),
        Series("inside", "error of u(x, 0), |x| < 1/2"),
        Series("outside", "error of u(x, 0), |x| > 1/2"),
    )
    presets = (
        Preset(
            "the book",
            "The published set-up: descent with a rate of 5. The book stops after 49 steps.",
            {"book": True, "lr": 5.0},
        ),
        Preset(
            "small loss, wrong start",
            "L-BFGS fits the data far better than gradient descent, and the start far worse.",
            {"crime": True, "optimizer": "l-bfgs"},
            goal="inside<0.1",
            within=60,
        ),
        Preset(
            "small loss, wrong start: Tikhonov",
            "The same search, but rough starts cost something.",
            {"crime": True, "optimizer": "l-bfgs", "tikhonov": 1e-4},
            repairs="small loss, wrong start",
        ),
        Preset(
            "a walk into the limit",
            "Two substeps are stable at u = 0. The search leaves u = 0, until the solver refuses.",
            {"substeps": 2, "lr": 5.0},
            goal="loss<0.05",
            within=60,
        ),
        Preset(
            "a walk into the limit, repaired",
            "Eight substeps are stable as long as u stays between -3.5 and 3.5.",
            {"substeps": 8, "lr": 5.0},
            repairs="a walk into the limit",
        ),
        Preset(
            "fitting the noise",
            "The data are off by 0.1. L-BFGS fits the noise, too: a wild start, then the limit.",
            {"crime": True, "optimizer": "l-bfgs", "noise": 0.1},
            goal="inside<0.2",
            within=60,
        ),
        Preset(
            "fitting the noise: Tikhonov",
            "Rough starts cost something; the noise is rough.",
            {"crime": True, "optimizer": "l-bfgs", "noise": 0.1, "tikhonov": 1e-3},
            repairs="fitting the noise",
        ),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Step 0 is u0 = 0. Errors are measured at every fifth step (with L-BFGS at every one).

        Raises Diverged where an iterate runs into the stability limit.
        """
        found = self._found()
        start = torch.zeros(CELLS, dtype=torch.float64, requires_grad=True)
        search, here = self._search(start, found), found
        while (now := _next(search, here)) is not None:
            here = Found(start.detach().numpy().copy(), found.solver, found.data, found.truth)
            scalars = {"loss": now.losses["loss"]}
            if now.step % (1 if self.optimizer == "l-bfgs" else EVERY) == 0:
                scalars |= _errors(here)
            yield Frame(now.step, scalars, lambda h=here: h)
            if now.losses["loss"] < self.stop:
                return

    def picture(self, state: Found | None, view: View) -> Picture:
        """The start, the end of the search at t = 1/2, the error, and the adjoint field."""
        found = state or self._found()
        states, slopes, x = found.states(), found.adjoint(), found.solver.x
        said = _errors(found)
        words = (
            f"The mean error of u(x, 0) is {said['inside']:.2g} where |x| < 1/2, "
            f"and {said['outside']:.2g} elsewhere."
        )
        largest = max(1.2, round_limit(float(np.max(abs(states[0])))))
        axes = Axis("x", -1.0, 1.0), Axis("u", -largest, largest)
        walls = [Lines(np.full(2, at), np.array([-largest, largest]), "", INK, "dotted", 0.8)
                 for at in (-0.5, 0.5)]  # fmt: skip
        error = (states - found.truth).T
        times = Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0)
        limits = round_limit(float(np.max(abs(error)))), round_limit(float(np.max(abs(slopes))))
        return Picture(
            (
                Plot(
                    "the start u(x, 0)",
                    (*walls, Lines(x, states[0], "found"),
                     Lines(x, found.truth[0], "true", INK, "dashed", 1.2)),
                    *axes, note="dotted: |x| = 1/2", alt=words,
                ),
                Plot(
                    "u(x, 1/2)",
                    (Lines(x, states[MIDDLE], "from the found start"),
                     Lines(x, found.data, "data", INK, "dashed", 1.2)),
                    Axis("x", -1.0, 1.0), Axis("u", -1.2, 1.2),
                    alt="What the found start leads to at t = 1/2, over the data, dashed.",
                ),
                Plot(
                    "found minus true u(x, t)",
                    (Image(error, (0, 1, -1, 1), -limits[0], limits[0], "error", unit="u"),),
                    *times, alt=f"The error over t and x, at most {np.max(abs(error)):.2g}.",
                ),
                Plot(
                    "adjoint ∂L/∂u(x, t)",
                    (Image(slopes.T, (0, 0.5, -1, 1), -limits[1], limits[1], "error"),),
                    Axis("t", 0.0, 0.5), Axis("x", -1.0, 1.0),
                    alt="What a change of u at (x, t) would do to the loss, from the data at "
                    f"t = 1/2 back to t = 0; at most {np.max(abs(slopes)):.2g}.",
                ),
            ),
            words,
        )  # fmt: skip

    def _found(self) -> Found:
        solver: Solver = (
            BurgersBook(ignore_limit=not self.limit)
            if self.book
            else BurgersVolume(self.nu, CELLS, 1 / STEPS, self.substeps, not self.limit)
        )
        truth = _book_truth() if self.book else _exact(self.nu)
        data = MEASURED if self.book else truth[MIDDLE]
        if self.crime and not self.book:
            fine = BurgersVolume(self.nu, CELLS, 1 / STEPS, max(self.substeps, _enough(self.nu)))
            data = rollout(fine.step, truth[0], MIDDLE)[-1]
        wrong = np.random.default_rng(self.draw).standard_normal(CELLS)
        return Found(np.zeros(CELLS), solver, data + self.noise * wrong, truth)

    def _search(self, start: Tensor, found: Found) -> Iterator[Step]:
        data = torch.from_numpy(found.data)
        way = by_hand if self.slopes == "by hand" else _by_autograd

        def losses() -> dict[str, Tensor]:
            end = way(found.solver, start, MIDDLE, self.segment)
            bend = (start.roll(-1) - start) / found.solver.dx
            return {"loss": (end - data).square().mean(), "rough": bend.square().mean()}

        def weights() -> dict[str, float]:
            return {"loss": 1.0, "rough": self.tikhonov}

        if self.optimizer == "l-bfgs":
            return lbfgs([start], losses, weights=weights, steps=LONGEST)
        adam = self.optimizer == "adam"
        return descend(
            [start], losses, weights=weights, lr=lambda: self.lr, steps=LONGEST, adam=adam
        )


def _by_autograd(solver: Solver, start: Tensor, steps: int, segment: int) -> Tensor:
    return last(solver.step, start, steps, segment)


def _next(search: Iterator[Step], here: Found) -> Step | None:
    try:
        with np.errstate(all="ignore"):
            return next(search, None)
    except Unstable as error:
        raise Diverged(
            f"The search has left the stable region: {error.fact}. {error.remedy.capitalize()}; "
            "or switch “watch the limit” off, to see what it was kept from.",
            here,
        ) from error


def _errors(found: Found) -> dict[str, float]:
    """Means of |found - true|; NaN where the solver cannot follow the start."""
    near = abs(found.solver.x) < 0.5
    start = abs(found.start - found.truth[0])
    return {
        "mae": float(abs(found.states() - found.truth).mean()),
        "inside": float(start[near].mean()),
        "outside": float(start[~near].mean()),
    }


def _enough(nu: float) -> int:
    return BurgersVolume(nu, CELLS, 1 / STEPS, 1).enough(np.ones(CELLS))


@lru_cache(maxsize=8)
def _exact(nu: float) -> np.ndarray:
    """Cole-Hopf at the cells' centres, t = 0, 1/32, ... 1; (33, 128)."""
    x = torch.from_numpy(BurgersVolume(nu, CELLS).x)
    t = torch.linspace(0, 1, STEPS + 1, dtype=torch.float64)
    points = torch.cartesian_prod(t, x).flip(1)
    with torch.no_grad():
        truth = Burgers(nu=nu).exact(points)[:, 0].reshape(STEPS + 1, CELLS).numpy()
    truth[0] = -np.sin(math.pi * x.numpy())
    truth.flags.writeable = False
    return truth


@lru_cache(maxsize=1)
def _book_truth() -> np.ndarray:
    """What the book's own solver makes of -sin πx; (33, 128)."""
    solver = BurgersBook()
    truth = np.array(rollout(solver.step, -np.sin(math.pi * solver.x), STEPS))
    truth.flags.writeable = False
    return truth
