"""How fast a flow a step can follow: known limits, sharp ones, and the error that names them."""

import math
from functools import partial

import pytest
import torch
from torch import Generator, Tensor

from sciml_widgets.solvers import KuramotoSivashinsky, march
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.kuramoto_sivashinsky import SCHEMES
from sciml_widgets.solvers.stability import Unstable
from sciml_widgets.solvers.von_neumann import amplification, fastest, watched

SHORT = KuramotoSivashinsky(length=5.0)
"""So short a ring that every wave is damped: k = 2π/5 and more."""


def noisy(flow: float, points: int) -> Tensor:
    draw = torch.randn(points, generator=Generator().manual_seed(0), dtype=torch.float64)
    return flow + 1e-6 * (draw - draw.mean())


def grown(step: object, flow: float, points: int, steps: int = 150) -> float:
    """The largest deviation from a constant flow after so many steps, over that of the start."""
    start = noisy(flow, points)
    end = march(step, start[None], steps)[0, -1]  # type: ignore[arg-type]
    return float((end - flow).abs().max() / (start - flow).abs().max())


@pytest.mark.parametrize("nu", [0.01, 0.1])
def test_the_limit_of_finite_volumes_is_found_that_their_formula_gives(nu: float) -> None:
    """h (U/dx + 2ν/dx²) <= 1, which is sharp for this scheme."""
    dx, h = 2 / 32, 0.01
    solver = BurgersVolume(nu, 32, h, 1, ignore_limit=True)
    assert fastest(solver.step, 32) == pytest.approx((1 / h - 2 * nu / dx**2) * dx, rel=1e-4)


def test_the_factor_of_a_wave_is_the_exact_one_where_nothing_flows() -> None:
    step = KuramotoSivashinsky().stepper(32, 0.5)
    k = 2 * math.pi * torch.arange(17, dtype=torch.float64) / 48
    assert torch.allclose(
        amplification(step, 32, torch.zeros(1, dtype=torch.float64))[0],
        torch.exp(0.5 * (k**2 - k**4)), rtol=0, atol=1e-12,
    )  # fmt: skip


@pytest.mark.parametrize("order", [2, 4])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_limit_of_kuramoto_sivashinsky_is_sharp(scheme: str, order: int) -> None:
    step = SHORT.stepper(16, 0.5, scheme=scheme, order=order, ignore_limit=True)
    limit = fastest(step, 16)
    assert 1 < limit < 50
    assert grown(step, 0.98 * limit, 16) < 1
    assert not grown(step, 1.05 * limit, 16) < 10


def test_half_the_step_is_stable_for_a_faster_flow() -> None:
    equation = KuramotoSivashinsky()
    steps = [equation.stepper(32, dt, ignore_limit=True) for dt in (1.0, 0.5, 0.25)]
    limits = [fastest(step, 32) for step in steps]
    assert limits == sorted(limits) and limits[-1] > 1.5 * limits[0]


def test_beyond_the_limit_is_an_error_with_a_name_also_in_a_search() -> None:
    step, careful = SHORT.stepper(16, 0.5, ignore_limit=True), SHORT.stepper(16, 0.5)
    limit = fastest(step, 16)
    u = noisy(0.9 * limit, 16)
    assert torch.equal(careful(u), step(u))
    with pytest.raises(Unstable, match=r"max\|u\| must be at most .* smaller dt.*ignore_limit"):
        careful(noisy(1.1 * limit, 16))
    with pytest.raises(Unstable, match="not a finite number"):
        careful(u * math.nan)
    assert watched(step, 16, ignore_limit=True) is step
    start = torch.ones(16, dtype=torch.float64, requires_grad=True)
    with pytest.raises(Unstable):
        for _ in range(100):  # uphill, towards ever faster flows
            (slope,) = torch.autograd.grad(careful(careful(start)).square().sum(), start)
            start = (start + 0.2 * slope).detach().requires_grad_()


def test_too_coarse_a_grid_runs_into_the_limit_and_not_into_nan() -> None:
    """24 points: what the waves hand to shorter ones has no place to go, and u grows."""
    equation = KuramotoSivashinsky()
    start = equation.runs(1, 0.5, 0.5, seed=1)[:, 0, ::4]
    with pytest.raises(Unstable, match=r"max\|u\|"):
        march(equation.stepper(24, 0.5), start, 200)
    blind = equation.stepper(24, 0.5, ignore_limit=True)
    assert not march(blind, start, 200).isfinite().all()
    with pytest.raises(Unstable, match="no wave is damped at rest.*ignore_limit"):  # 4/dx² = 1, ν
        equation.stepper(24, 0.5, scheme="second order")


@pytest.mark.training
def test_within_the_limit_a_forecast_holds_and_beyond_it_is_lost() -> None:
    """The limits that the docstring names, and the error of chaotic waves after 5 units of time.

    Beyond, steepening hands on what grows too much: no blow-up, but no forecast either.
    """
    equation, errors = KuramotoSivashinsky(), []
    truth = equation.runs(4, 5.0, 0.25, seed=1)
    assert 2.5 < float(truth.abs().max()) < 4.4
    for dt, limit in ((0.25, 7.7), (0.5, 4.4), (1.0, 2.5), (2.0, 1.4)):
        step = equation.stepper(96, dt, ignore_limit=True)
        assert fastest(step, 96) == pytest.approx(limit, abs=0.05)
        off = march(step, truth[:, 0], round(5 / dt))[:, -1] - truth[:, -1]
        errors.append(float(off.square().mean().sqrt() / truth.std()))
    assert errors[1] < 0.005 and errors[3] > 0.1


def test_a_step_without_a_damped_wave_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="nothing to judge"):
        fastest(partial(torch.roll, shifts=1, dims=-1), 8)
