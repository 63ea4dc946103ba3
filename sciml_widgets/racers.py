"""Methods that find a field from observations, each a generator of laps. Knows no race, no panel.

Each racer solves the same `Reconstruction` and is given the same observations. A lap is one of its
own steps: one update of an unknown start, a batch of training pairs, a step of a network.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from sciml_widgets.collocation import Sample, attach, mean_squares, residual_at, residuals
from sciml_widgets.experiment import Diverged
from sciml_widgets.gauss_newton import gauss_newton
from sciml_widgets.networks import MLP
from sciml_widgets.physics import Burgers
from sciml_widgets.reconstruction import CELLS, MIDDLE, STEPS, Reconstruction, places
from sciml_widgets.sampling import choose, sobol
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.burgers_book import BurgersBook
from sciml_widgets.solvers.rollout import by_hand, rollout
from sciml_widgets.train import Step, cosine, descend, lbfgs

__all__ = ["Lap", "as_the_book", "four_d_var", "observed", "random_starts", "surrogate",
           "trained_network"]  # fmt: skip

LONGEST = 1_000_000

FASTEST = 3.0
"""Largest |u| for which the solvers are stable: a search may walk beyond the truth's 1."""

PAIRS, SOLVED, BATCH, UPDATES, TOGETHER = 1024, 32, 64, 900, 10
"""Of the surrogate: training pairs, so many solved in a lap; pairs in an update, updates until the
rate is small, so many in a lap."""

WAVES = 4
"""Of the random starts that the surrogate learns from."""

POINTS, EDGE = 600, 100
"""Where a network is asked for the equation, and for the walls."""


@dataclass(frozen=True)
class Lap:
    """After `steps` of its own steps: what the racer is doing, and its field as it stands.

    `field()` gives (33, 128) and is to be asked before the racer goes on. `answer(seen)`, of a
    surrogate, is what it says to other observations (n, 128): fields (n, 33, 128).
    """

    steps: int
    doing: str
    field: Callable[[], np.ndarray]
    answer: Callable[[np.ndarray], np.ndarray] | None = None


def four_d_var(
    task: Reconstruction, *, cells: int = 256, tikhonov: Callable[[], float]
) -> Iterator[Lap]:
    """The classical method: adjoint by hand, L-BFGS, and a price for the roughness of u(x, 0).

    Minimise mean (observed(solver(u0)) - data)² + w mean (∂u0/∂x)² over `cells` unknowns, from
    u0 = 0; `tikhonov()` is w. Weather services call it 4D-Var (Talagrand and Courtier 1987, doi
    10.1002/qj.49711347812). A lap is an iteration. Raises solvers.stability.Unstable.
    """
    solver, data = _solver(task.nu, cells), torch.from_numpy(task.data)
    start = torch.zeros(cells, dtype=torch.float64, requires_grad=True)

    def losses() -> dict[str, Tensor]:
        bend = (start.roll(-1) - start) / solver.dx
        seen = observed(by_hand(solver, start, MIDDLE))
        return {"misfit": (seen - data).square().mean(), "rough": bend.square().mean()}

    def weights() -> dict[str, float]:
        return {"misfit": 1.0, "rough": tikhonov()}

    for now in lbfgs([start], losses, weights=weights, steps=LONGEST):
        yield Lap(now.step, "searches", partial(_solved, solver, start))


def as_the_book(task: Reconstruction, *, rate: Callable[[], float]) -> Iterator[Lap]:
    """Plain gradient descent through the book's solver, from u0 = 0, without a price.

    The solver is `BurgersBook` with the task's viscosity (the book's own was 128 times smaller),
    in as many parts of a step as its diffusion needs. A lap is an update; the book stops after 49.
    """
    single = BurgersBook(task.nu, CELLS, 1 / STEPS)
    parts = math.ceil(2 * task.nu * single.dt / single.dx**2)
    solver, data = replace(single, dt=1 / (STEPS * parts)), torch.from_numpy(task.data)
    start = torch.zeros(CELLS, dtype=torch.float64, requires_grad=True)

    def losses() -> dict[str, Tensor]:
        return {"misfit": (by_hand(solver, start, MIDDLE * parts) - data).square().mean()}

    for now in descend(
        [start], losses, weights=lambda: {"misfit": 1.0}, lr=rate, steps=LONGEST, adam=False
    ):
        yield Lap(now.step, "searches", partial(_solved, solver, start, parts))


def surrogate(task: Reconstruction, *, seed: int) -> Iterator[Lap]:
    """A network that is shown many solved cases, and then answers from the data alone.

    It learns u(x, 1/2) -> u(x, t), 128 numbers to 33 x 128, from 1024 solves of `random_starts`,
    with noise as the task's on what it sees. It never sees the task's data before it answers: the
    way there is offline. Each case is moved round the ring at random, and mirrored: more cases
    for nothing. A lap is 32 solves, later ten updates of Adam.
    """
    rng, generator = np.random.default_rng(seed), Generator().manual_seed(seed)
    solver, x = _solver(task.nu, 2 * CELLS), _solver(task.nu, 2 * CELLS).x
    made: list[Tensor] = []
    for lap in range(PAIRS // SOLVED):
        yield Lap(lap, "makes pairs", _nothing)
        states = rollout(solver.step, random_starts(rng, SOLVED, x), STEPS)
        made.append(torch.from_numpy(observed(np.stack(states, 1))).float())
    fields, network = torch.cat(made), _untrained_surrogate(generator)
    updates = 0

    def losses() -> dict[str, Tensor]:
        truth = _moved(fields[torch.randint(PAIRS, (BATCH,), generator=generator)], generator)
        wrong = torch.randn(BATCH, CELLS, generator=generator, dtype=truth.dtype)
        said = network(truth[:, MIDDLE] + task.noise * wrong)
        return {"fit": (said - truth.flatten(1)).square().mean()}

    def rate() -> float:
        return 3e-3 * cosine(updates, UPDATES, 0.01)

    answer = partial(_answer, network)
    for now in descend(
        network.parameters(), losses, weights=lambda: {"fit": 1.0}, lr=rate, steps=LONGEST,
    ):  # fmt: skip
        updates = now.step
        if updates % TOGETHER == 0:
            field = partial(_first, answer, task.data)
            yield Lap(PAIRS // SOLVED + updates // TOGETHER, "learns", field, answer)


def random_starts(rng: np.random.Generator, count: int, x: np.ndarray, waves: int = WAVES) -> Any:
    """What the surrogate learns from: starts (count, len(x)) of a few waves, at random.

    u0 = A Σ_k (a_k cos kπx + b_k sin kπx), k <= `waves`, with a_k, b_k normal of the size 1/k, A
    such that max|u0| is even in [0.5, 1.5]. The task's start, -sin πx, is one of them, and has no
    larger chance than the others.
    """
    k = np.arange(1, waves + 1)[:, None]
    basis = np.concatenate([np.cos(k * math.pi * x), np.sin(k * math.pi * x)])
    sizes = rng.standard_normal((count, 2 * waves)) / np.tile(k[:, 0], 2)
    starts = sizes @ basis
    heights = rng.uniform(0.5, 1.5, (count, 1))
    return heights * starts / abs(starts).max(1, keepdims=True)


def trained_network(
    task: Reconstruction, *, optimizer: str, seed: int, rate: float = 0.0
) -> Iterator[Lap]:
    """A physics-informed network: the equation at 600 points, u = 0 at the walls, and the data.

    `optimizer` is "gradient-descent", "adam" or "gauss-newton"; network (2-16-16-16-1, tanh), loss
    and way of drawing points are the same for all: mean squares, each with the weight 1. Half of
    the points go where the residual is large; they are drawn anew now and then. A lap is a step.
    Source: Raissi, Perdikaris and Karniadakis (2019), doi 10.1016/j.jcp.2018.10.045.

    Raises:
        Diverged: the residual is no longer finite.
    """
    problem, generator = Burgers(nu=task.nu, task="reconstruct"), Generator().manual_seed(seed)
    box = problem.box
    network = MLP(
        2, 1, depth=3, width=16, generator=generator, low=box.low, high=box.high,
        dtype=torch.float64,
    )  # fmt: skip
    walls = box.at(x=(-1.0, 1.0)).place(sobol(EDGE, 2, generator))
    seen = places()[MIDDLE * CELLS : (MIDDLE + 1) * CELLS]
    points = {"bc": walls, "data": seen, "pde": box.inside.place(sobol(POINTS, 2, generator))}
    samples = attach(problem, points)
    samples["data"] = Sample(seen, {"measured": torch.from_numpy(task.data)[:, None]})

    def left() -> dict[str, Tensor]:
        return residuals(problem, network, samples)

    every = 3 if optimizer == "gauss-newton" else 20
    for now in _train(network, left, optimizer, rate):
        yield Lap(now.step, "trains", partial(_of_network, network))
        if (now.step + 1) % every == 0:
            samples["pde"] = Sample(_drawn(problem, network, generator))


def observed(u: Any) -> Any:
    """What is seen of finer cells, (..., 128 k) to (..., 128): u at the coarse cells' centres.

    For k = 1 the cell itself, for an even k the mean of the two next to the centre, which is off
    by (dx/k)²/8 u_xx only. Arrays or tensors. Raises ValueError for another number of cells.
    """
    parts, rest = divmod(u.shape[-1], CELLS)
    if rest or (parts > 1 and parts % 2):
        raise ValueError(f"{u.shape[-1]} cells are not {CELLS} times 1, 2, 4, ...")
    if parts == 1:
        return u
    split = u.reshape(*u.shape[:-1], CELLS, parts)
    return (split[..., parts // 2 - 1] + split[..., parts // 2]) / 2


def _solver(nu: float, cells: int) -> BurgersVolume:
    single = BurgersVolume(nu, cells, 1 / STEPS, 1)
    return replace(single, substeps=single.enough(np.full(cells, FASTEST)))


def _solved(solver: Any, start: Tensor, parts: int = 1) -> np.ndarray:
    """The field that a found start leads to."""
    states = rollout(solver.step, start.detach().numpy().copy(), STEPS * parts)
    return observed(np.array(states[::parts]))


def _nothing() -> np.ndarray:
    return np.zeros((STEPS + 1, CELLS))


def _untrained_surrogate(generator: Generator) -> MLP:
    return MLP(
        CELLS, (STEPS + 1) * CELLS, depth=2, width=64, generator=generator, dtype=torch.float32
    )


def _moved(fields: Tensor, generator: Generator) -> Tensor:
    """The same cases elsewhere on the ring, half of them as seen in a mirror: also solutions."""
    count = len(fields)
    places = torch.arange(CELLS) + torch.randint(CELLS, (count, 1), generator=generator)
    turned = torch.rand(count, 1, generator=generator) < 0.5
    places = torch.where(turned, -1 - places, places) % CELLS
    moved = fields.gather(2, places[:, None].expand(-1, STEPS + 1, -1))
    return torch.where(turned[:, None], -moved, moved)


def _answer(network: nn.Module, seen: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        fields = network(torch.from_numpy(seen).float())
    return fields.double().numpy().reshape(-1, STEPS + 1, CELLS)


def _first(answer: Callable[[np.ndarray], np.ndarray], data: np.ndarray) -> np.ndarray:
    return answer(data[None])[0]


def _of_network(network: nn.Module) -> np.ndarray:
    with torch.no_grad():
        return network(places()).numpy().reshape(STEPS + 1, CELLS)


def _train(
    network: nn.Module, left: Callable[[], dict[str, Tensor]], optimizer: str, rate: float
) -> Iterator[Step]:
    weights = {"pde": 1.0, "bc": 1.0, "data": 1.0}
    if optimizer == "gauss-newton":
        return gauss_newton(network, left, weights=lambda: weights, steps=LONGEST)
    return descend(
        network.parameters(), lambda: mean_squares(left()), weights=lambda: weights,
        lr=lambda: rate, steps=LONGEST, adam=optimizer == "adam",
    )  # fmt: skip


def _drawn(problem: Burgers, network: nn.Module, generator: Generator) -> Tensor:
    """New points inside, mostly where the residual is large."""
    many = problem.box.inside.place(sobol(4 * POINTS, 2, generator))
    with torch.no_grad():
        residual = residual_at(problem, network, "pde", many)[:, 0]
    if not torch.isfinite(residual).all():
        raise Diverged("the residual of its network is no longer finite")
    return many[choose(residual, POINTS, generator)]
