"""A network that repairs a coarse solver, trained through the solver. Knows no panel."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import sqrt
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.labs.correction import THRESHOLD, Correction, Judged, judge, mismatch
from sciml_widgets.picture import INK, Axis, Image, Lines, Picture, Plot, View
from sciml_widgets.preset import Preset
from sciml_widgets.solvers import KuramotoSivashinsky, march
from sciml_widgets.solvers.kuramoto_sivashinsky import SCHEMES
from sciml_widgets.train import cosine, descend

__all__ = ["DT", "Forecast", "SolverCorrection", "forecast"]

DT = 0.5
"""Time of one step of the coarse solver, and between two stored states of the truth."""

FINE = 96
"""Points of the truth."""

TIME = 100.0
RUNS = 16
"""How long the truth is followed, and how often: for training, and again for the test."""

TEST_SEED = 20_220_127
LONGEST = 1_000_000


@dataclass(frozen=True)
class Forecast:
    """A snapshot: one test run, (times, points), how all forecasters did, and the network."""

    truth: np.ndarray
    mine: np.ndarray
    judged: dict[str, Judged]
    spectra: dict[str, np.ndarray]
    network: Correction | None


@dataclass
class SolverCorrection(Experiment):
    """u_t + u u_x + u_xx + ν u_xxxx = 0 on too few points; a network is added to each step.

    What you should see: without a network the coarse forecast is lost after a few units of time.
    The error of one step falls quickly, and the valid time grows with each factor of ten.

    Good values: 32 points, one step unrolled, 2000 training steps. At 24 points no scheme of the
    grid survives, and the network still does. Turn ν: it was trained at ν = 1 only. After Um,
    Brand, Fei, Holl and Thuerey (2020), arXiv:2007.00016, at a fraction of the size.
    """

    problem: KuramotoSivashinsky = KuramotoSivashinsky()
    points: str = choice(
        "32", ("24", "32", "48"), label="points of the grid", group="Solver",
        help="the coarse solver keeps u at so many points; the truth has 96",
    )  # fmt: skip
    scheme: str = choice(
        "second order", SCHEMES, group="Solver",
        help="how the solver under the network takes derivatives",
    )  # fmt: skip
    unroll: int = knob(
        1, 1, 16, label="unrolled steps", group="Training",
        help="solver and network go so many steps before they are compared with the truth",
    )  # fmt: skip
    detach: bool = toggle(
        False, label="detach the gradient", group="Training",
        help="cut the gradient between the steps: it no longer flows through the solver",
        unless=lambda lab: "" if lab.unroll > 1 else "one step has no step before it",
    )  # fmt: skip
    lr: float = knob(
        3e-3, 1e-4, 3e-2, log=True, label="learning rate", group="Training",
        help="size of a step of Adam at the start",
    )  # fmt: skip
    horizon: int = knob(
        1000, 30, 20000, log=True, label="rate falls until", unit="steps", group="Training",
        help="the learning rate goes down to a fiftieth in so many steps, as a cosine",
    )  # fmt: skip
    batch: int = knob(
        16, 1, 64, log=True, label="states a step", group="Training",
        help="states of the training runs from which a step starts",
    )  # fmt: skip
    look: int = knob(
        25, 5, 20000, log=True, label="forecast every", unit="steps", group="Training",
        help="training steps between two forecasts of the test runs, which cost as much as many",
    )  # fmt: skip
    width: int = knob(
        16, 2, 32, kind="restart", unit="channels", group="Network",
        help="channels between the three convolutions",
    )  # fmt: skip
    flux: bool = toggle(
        True, kind="restart", label="flux form", group="Network",
        help="the network says what flows between neighbours, so the mean cannot change",
    )  # fmt: skip
    seed: int = knob(
        0, 0, 9999, kind="restart", group="Training",
        help="random seed of the training runs and of the network",
    )  # fmt: skip

    title: ClassVar[str] = "A network inside the solver"
    about: ClassVar[str] = "Chaotic waves on too few points: a network repairs every step."
    length: ClassVar[int] = 1001
    series = (
        Series("loss", "mismatch in training", role="loss"),
        Series("one_step", "one step, test runs"),
        Series("drift", "drift of the mean"),
        Series("at_10", "error at t = 10", role="error", percent=True),
        Series("valid", "valid time", scale="linear"),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "no flux form",
            "The network may make and destroy: the mean of u, which never changes, now drifts.",
            {"flux": False},
        ),
        Preset("sixteen steps at a time", "One training step costs as much as sixteen.",
               {"unroll": 16}),
        Preset("too few points for any scheme", "24 points: every scheme blows up at once.",
               {"points": "24"}),
    )  # fmt: skip

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Some heartbeats while the truth is computed; then a training step a frame."""
        count, tested = int(self.points), self.problem
        runs = _truth(KuramotoSivashinsky(), self.seed)[:, :, :: FINE // count]
        yield Frame(0)
        for _ in _test_runs(tested, count):
            yield Frame(0)
        seen = _untrained(tested, count, self.scheme)
        generator = Generator().manual_seed(self.seed)
        network = Correction(self.width, self.flux, generator)
        scale = float(runs.square().mean())
        step = 0

        def losses() -> dict[str, Tensor]:
            which = torch.randint(len(runs), (self.batch,), generator=generator)
            last = runs.shape[1] - self.unroll
            when = torch.randint(last, (self.batch,), generator=generator)
            times = when[:, None] + torch.arange(self.unroll + 1)
            loss = mismatch(corrected, runs[which[:, None], times], self.detach)
            return {"loss": loss / scale}

        solver = _stepper(KuramotoSivashinsky(), count, self.scheme)

        def corrected(u: Tensor) -> Tensor:
            return solver(u) + network(u)

        def rate() -> float:
            return self.lr * cosine(step, self.horizon, 0.02)

        weights = {"loss": 1.0}
        for now in descend(
            network.parameters(), losses, weights=lambda: weights, lr=rate, steps=LONGEST
        ):
            step = now.step
            scalars = {"loss": sqrt(now.losses["loss"])}
            if step % self.look == 0 or tested != self.problem:
                if tested != self.problem:
                    tested = self.problem
                    for _ in _test_runs(tested, count):
                        yield Frame(step)
                measured, seen = forecast(tested, count, self.scheme, network)
                scalars |= measured
            yield Frame(step, scalars, partial(_same, seen))

    def picture(self, state: Forecast | None, view: View) -> Picture:
        """The truth, what the network makes of it, the errors in time, and the spectra."""
        if state is None:
            state = _untrained(self.problem, int(self.points), self.scheme)
        valid = float(state.judged["with network"].valid.median())
        extent = (0.0, TIME, 0.0, self.problem.length)
        across, up = Axis("t", 0, TIME), Axis("x", 0, self.problem.length)
        error = np.clip(state.mine - state.truth, -4, 4).T
        truth = Plot(
            "the truth u(x, t), a test run", (Image(state.truth.T, extent, -3.5, 3.5, unit="u"),),
            across, up, alt="Waves that split and merge as time runs to the right.",
        )  # fmt: skip
        wrong = Plot(
            "solver with network minus truth", (Image(error, extent, -4, 4, "error", "u"),),
            across, up, alt=f"It stays near zero until about t = {valid:.0f}, then all is wrong.",
        )  # fmt: skip
        said = f"On {RUNS} test runs the forecast is valid until t = {valid:.3g} (median)."
        return Picture((truth, wrong, _errors(state), _spectra(state)), said)


def _errors(state: Forecast) -> Plot:
    t = np.arange(state.truth.shape[0]) * DT
    lines = [
        Lines(t, np.maximum(judged.error.median(0).values.numpy(), 1e-6), name, *LOOK[name])
        for name, judged in state.judged.items()
    ]
    limit = Lines(t[[0, -1]], np.array([THRESHOLD] * 2), "", INK, "dotted", 1.2)
    said = ", ".join(f"{n} {float(j.valid.median()):.0f}" for n, j in state.judged.items())
    return Plot(
        f"error, median of {RUNS} runs", (*lines, limit), Axis("t", 0, TIME),
        Axis("share of the spread", 1e-4, 10, log=True), "dotted: no longer valid",
        alt=f"Errors grow with time. Valid until t = {said}.",
    )  # fmt: skip


LOOK: dict[str, tuple[Any, ...]] = {
    "second order": (1, "dashed", 1.3),
    "fourth order": (3, "dashed", 1.3),
    "waves": (2, "dashed", 1.3),
    "with network": (0, "solid", 2.0),
    "truth": (INK, "dotted", 1.3),
}


def _spectra(state: Forecast) -> Plot:
    lines = [
        Lines(np.arange(1, len(power) + 1), power, name, *LOOK[name])
        for name, power in state.spectra.items()
        if np.isfinite(power).all() and power.min() > 0
    ]
    return Plot(
        "spectrum over the last half", tuple(lines), Axis("number of the wave"),
        Axis("mean |u|² of it", 1e-5, 1e1, log=True),
        alt="Power of each wave: the truth falls steeply towards the short waves.",
    )  # fmt: skip


@lru_cache(maxsize=16)
def _truth(problem: KuramotoSivashinsky, seed: int) -> Tensor:
    return problem.runs(RUNS, TIME, DT, seed=seed, points=FINE).float()


@lru_cache(maxsize=16)
def _stepper(problem: KuramotoSivashinsky, count: int, scheme: str) -> Any:
    """The limit is ignored: a forecast that blows up is a result here, its valid time is short."""
    return problem.stepper(count, DT, scheme=scheme, dtype=torch.float32, ignore_limit=True)


def _test_runs(problem: KuramotoSivashinsky, count: int) -> Iterator[None]:
    """Compute, in short pieces, what all forecasts are compared with."""
    _truth(problem, TEST_SEED)
    for scheme in SCHEMES:
        _plain(problem, count, scheme)
        yield


@lru_cache(maxsize=32)
def _plain(problem: KuramotoSivashinsky, count: int, scheme: str) -> tuple[Judged, np.ndarray]:
    """How a scheme does without a network: the same for every training step."""
    truth = _truth(problem, TEST_SEED)[:, :, :: FINE // count]
    with torch.no_grad():
        runs = march(_stepper(problem, count, scheme), truth[:, 0], round(TIME / DT))
    return judge(runs, truth, DT), _power(runs)


def forecast(
    problem: KuramotoSivashinsky, count: int, scheme: str, network: Correction | None
) -> tuple[dict[str, float], Forecast]:
    """The lab's numbers: test runs by a scheme on `count` points, with or without a network."""
    truth = _truth(problem, TEST_SEED)[:, :, :: FINE // count]
    plain = {name: _plain(problem, count, name) for name in SCHEMES}
    judged = {name: judged for name, (judged, _) in plain.items()}
    spectra = {"truth": _power(truth), **{name: power for name, (_, power) in plain.items()}}
    solver = _stepper(problem, count, scheme)

    def corrected(u: Tensor) -> Tensor:
        return solver(u) if network is None else solver(u) + network(u)

    with torch.no_grad():
        mine = march(corrected, truth[:, 0], round(TIME / DT))
        now, later = truth[:, :-1:10], truth[:, 1::10]
        one = corrected(now.reshape(-1, count)) - later.reshape(-1, count)
    found = judge(mine, truth, DT)
    drift = (mine[:, round(20 / DT)].mean(1) - mine[:, 0].mean(1)).abs().mean()
    scalars = {
        "one_step": float(one.square().mean().sqrt() / truth.std()),
        "drift": max(float(torch.nan_to_num(drift, 10.0).clamp(max=10.0)), 1e-8),
        "at_10": float(found.error[:, round(10 / DT)].median()),
        "valid": float(found.valid.median()),
    }
    shown = mine[0].clamp(-9, 9)  # what is no number stays none, and the picture leaves it out
    return scalars, Forecast(
        truth[0].numpy(), shown.numpy(), {**judged, "with network": found},
        {**spectra, "with network": _power(mine)}, copy.deepcopy(network),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _untrained(problem: KuramotoSivashinsky, count: int, scheme: str) -> Forecast:
    return forecast(problem, count, scheme, None)[1]


def _power(runs: Tensor) -> np.ndarray:
    """Mean |u|² of each wave over the later half: (count / 2 - 1,)."""
    late = runs[:, runs.shape[1] // 2 :]
    waves = torch.fft.rfft(late.double()) / runs.shape[2]
    return (2 * waves.abs().square()).mean((0, 1))[1:-1].numpy()


def _same(seen: Forecast) -> Forecast:
    return replace(seen)
