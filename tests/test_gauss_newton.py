"""Gauss-Newton: its Jacobian against autograd row by row, and what a step must and must not do."""

from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor, nn

from sciml_widgets import gauss_newton as module
from sciml_widgets import sampling
from sciml_widgets.collocation import attach, mean_squares, place, residuals
from sciml_widgets.gauss_newton import gauss_newton, jacobian
from sciml_widgets.networks import MLP
from sciml_widgets.physics import Burgers, Problem
from sciml_widgets.train import Step
from tests.small_problems import Advection, Oscillator

Left = Callable[[], dict[str, Tensor]]
PROBLEMS = [Burgers(nu=0.02), Burgers(task="reconstruct"), Advection(), Oscillator()]


def setting(problem: Problem, count: int = 12, **network: object) -> tuple[MLP, Left]:
    """A small network in double precision, and what is left of the problem at some points."""
    generator = Generator().manual_seed(3)
    box = problem.box
    sizes = {"depth": 2, "width": 5, **network}
    made = MLP(
        len(box.names), len(problem.unknowns), generator=generator, low=box.low, high=box.high,
        dtype=torch.float64, **sizes,  # type: ignore[arg-type]
    )  # fmt: skip
    counts = {term.name: count for term in problem.terms()}
    points = place(problem, counts, sampling.sobol, generator, torch.float64)
    samples = attach(problem, points)
    return made, lambda: residuals(problem, made, samples)


def total(left: Left, weights: dict[str, float]) -> float:
    with torch.no_grad():
        return float(sum(weights[k] * loss for k, loss in mean_squares(left()).items()))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("network", [{}, {"fourier": 4, "activation": "sin"}, {"depth": 1}])
def test_the_jacobian_is_that_of_autograd_row_by_row(problem: Problem, network: dict) -> None:
    made, left = setting(problem, **network)
    values, slopes = jacobian(made, left)
    for name, residual in left().items():
        assert torch.equal(values[name], residual.detach())
        for i, row in enumerate(residual):
            for k, one in enumerate(row):
                expected = torch.autograd.grad(
                    one, list(made.parameters()), retain_graph=True, materialize_grads=True,
                    allow_unused=True,
                )  # fmt: skip
                flat = torch.cat([part.flatten() for part in expected])
                scale = max(1.0, float(flat.abs().max()))
                assert float((slopes[name][i, k] - flat).abs().max()) < 1e-12 * scale


def test_the_network_is_left_as_it_was() -> None:
    made, left = setting(Burgers())
    before = {name: residual.detach() for name, residual in left().items()}
    jacobian(made, left)
    assert all(torch.equal(before[name], now) for name, now in left().items())
    assert all(weight.grad is None for weight in made.parameters())


def test_a_linear_problem_is_solved_in_one_step() -> None:
    """One dense layer is linear in its weights, so the model r + J δ is exact."""
    generator = Generator().manual_seed(0)
    line = MLP(2, 1, depth=0, width=1, generator=generator, dtype=torch.float64)
    points = torch.rand(30, 2, generator=generator, dtype=torch.float64)
    target = points @ points.new_tensor([[2.0], [-3.0]]) + 0.5

    def left() -> dict[str, Tensor]:
        return {"fit": line.jet(points, ())[()] - target}

    start, once = list(gauss_newton(line, left, weights=lambda: {"fit": 2.0}, steps=1, damping=0))
    assert start.losses["fit"] > 0.1
    assert once.losses["fit"] < 1e-24


def test_the_weighted_sum_never_grows_at_fixed_points() -> None:
    made, left = setting(Burgers(), 40)
    weights = {"pde": 1.0, "ic": 10.0, "bc": 3.0}
    sums = [
        sum(weights[name] * loss for name, loss in step.losses.items())
        for step in gauss_newton(made, left, weights=lambda: weights, steps=30)
    ]
    assert all(after <= before for before, after in zip(sums, sums[1:], strict=False))
    assert sums[-1] < 1e-2 * sums[0]


def test_losses_belong_to_the_weights_of_the_moment() -> None:
    made, left = setting(Advection())
    for step in gauss_newton(made, left, weights=lambda: dict.fromkeys(left(), 1.0), steps=5):
        for name, loss in mean_squares(left()).items():
            assert step.losses[name] == pytest.approx(float(loss.detach()), rel=1e-12)


def test_steps_that_cannot_win_leave_the_weights_alone() -> None:
    """At the bottom of a linear problem no step wins; nothing may move, and nothing may hang."""
    generator = Generator().manual_seed(0)
    line = MLP(1, 1, depth=0, width=1, generator=generator, dtype=torch.float64)
    points = torch.tensor([[0.0], [1.0], [2.0]], dtype=torch.float64)
    target = torch.tensor([[0.0], [2.0], [1.0]], dtype=torch.float64)

    def left() -> dict[str, Tensor]:
        return {"fit": line.jet(points, ())[()] - target}

    *_, last = gauss_newton(line, left, weights=lambda: {"fit": 1.0}, steps=12)
    assert last.losses["fit"] == pytest.approx(0.5, rel=1e-12)  # by hand: the best straight line


def test_a_weight_may_be_turned_between_two_steps() -> None:
    made, left = setting(Burgers(), 40)
    weights = {"pde": 1.0, "ic": 1.0, "bc": 1.0}
    run = gauss_newton(made, left, weights=lambda: weights, steps=40)
    for _ in range(20):
        next(run)
    before = total(left, {"pde": 0.0, "ic": 1.0, "bc": 0.0})
    weights["ic"] = 1e6
    last = before
    for _ in range(20):
        last = next(run).losses["ic"]
    assert last < before / 100


def test_numbers_that_are_not_finite_are_reported_and_not_hidden() -> None:
    made, left = setting(Burgers())
    with torch.no_grad():
        next(iter(made.parameters())).fill_(torch.nan)
    steps: list[Step] = list(
        gauss_newton(made, left, weights=lambda: dict.fromkeys(left(), 1.0), steps=2)
    )
    assert all(step.losses["pde"] != step.losses["pde"] for step in steps)


def test_what_it_cannot_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    made, left = setting(Burgers())
    with pytest.raises(ValueError, match="each loss needs a weight"):
        next(gauss_newton(made, left, weights=lambda: {"pde": 1.0}, steps=1))
    foreign = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    with pytest.raises(ValueError, match="dense layers: 13 of its 13"):
        jacobian(foreign, left)
    monkeypatch.setattr(module, "LARGEST", 1000)
    with pytest.raises(ValueError, match="too much memory for 36 residuals"):
        jacobian(made, left)
    assert left()["pde"].shape == (12, 1), "a refused request leaves no record behind"
