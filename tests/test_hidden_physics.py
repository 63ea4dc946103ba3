"""The Gaussian process: its kernel, its covariance, and what it finds from known coefficients."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sciml_widgets.course.script import tagged
from sciml_widgets.hidden_physics import HiddenPhysics, HiddenWave, kernel, smooth
from sciml_widgets.physics import Burgers, SchroedingerMeasured

LESSON = Path(__file__).parents[1] / "lessons" / "07_unknown.py"


def snapshot(t: float, seed: int, noise: float = 0.0, count: int = 40) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1
    u = Burgers(nu=0.05).exact(torch.stack([x, torch.full_like(x, t)], 1))[:, 0]
    return x, u + noise * torch.randn(count, generator=generator, dtype=torch.float64)


def pair(gap: float, scheme: Any = "midpoint", noise: float = 0.0, seed: int = 1) -> HiddenPhysics:
    early, late = snapshot(0.25, 2 * seed, noise), snapshot(0.25 + gap, 2 * seed + 1, noise)
    return HiddenPhysics(early, late, gap, scheme)


def theta(*numbers: float) -> Tensor:
    return torch.tensor([numbers[0], *map(math.log, numbers[1:])], dtype=torch.float64)


def test_the_kernel_s_derivatives_are_those_of_autograd() -> None:
    r = torch.linspace(-2, 2, 9, dtype=torch.float64).requires_grad_()
    size, length = torch.tensor(1.3).double(), torch.tensor(0.7).double()
    found = kernel(r, size, length)
    for lower, higher in zip(found, found[1:], strict=False):
        (slope,) = torch.autograd.grad(lower.sum(), r, create_graph=True)
        assert torch.allclose(slope, higher, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scheme", ["euler", "midpoint"])
def test_the_covariance_is_that_of_the_two_operators(scheme: Any) -> None:
    """(1 + c D) at both places of k(x, x'), by autograd in x and in x'."""
    model = HiddenPhysics(snapshot(0.25, 1, count=3), snapshot(0.35, 2, count=4), 0.1, scheme)
    found = theta(0.8, 0.07, 1.1, 0.6, 0.01)
    x = model.x.clone().requires_grad_()
    y = model.x.clone().requires_grad_()
    k = kernel(x[:, None] - y[None, :], torch.tensor(1.1), torch.tensor(0.6))[0]

    def operator(f: Tensor, by: Tensor, axis: int) -> Tensor:
        """Row i depends on x_i only (axis 0), column j on y_j only (axis 1)."""
        shape = (-1, 1) if axis == 0 else (1, -1)
        rows = f.unbind(1 - axis)
        first = [torch.autograd.grad(row.sum(), by, create_graph=True)[0] for row in rows]
        second = [torch.autograd.grad(row.sum(), by, create_graph=True)[0] for row in first]
        f1, f2 = torch.stack(first, 1 - axis), torch.stack(second, 1 - axis)
        a = (model.step * model.w * 0.8).reshape(shape)
        b = (model.step * 0.07).reshape(shape)
        return f + a * f1 - b * f2

    by_hand = operator(operator(k, y, 1), x, 0)
    noise = (0.01**2 + 1e-10 * 1.1**2) * torch.eye(len(x), dtype=torch.float64)
    assert torch.allclose(model.covariance(found), by_hand + noise, rtol=0, atol=1e-6)
    assert float(torch.linalg.eigvalsh(model.covariance(found)).min()) > 0


@pytest.mark.training
def test_exact_snapshots_give_the_coefficients_and_the_schemes_have_their_order() -> None:
    """Halving the gap halves Euler's mistake and quarters the midpoint's, for all that is λ2."""
    wrong = {}
    for scheme in ("euler", "midpoint"):
        fits = [pair(gap, scheme, 1e-5).fit() for gap in (0.04, 0.02)]
        wrong[scheme] = [abs(fit.lambda2 / 0.05 - 1) for fit in fits]
    assert wrong["midpoint"][1] < 0.01 < 0.05 < wrong["euler"][1]
    assert 0.75 < math.log2(wrong["euler"][0] / wrong["euler"][1]) < 1.3


def test_the_fit_is_the_lowest_and_its_profile_touches_it_there() -> None:
    model = pair(0.1, noise=0.01)
    fit = model.fit()
    values = fit.theta[1] + torch.tensor([-2.0, 0.0, 2.0]).double() * fit.spread2
    costs = model.profile(fit, 1, values) - fit.cost
    assert abs(float(costs[1])) < 1e-6
    assert costs[0] > 1 and costs[2] > 1  # two standard deviations are two in -log likelihood


@pytest.mark.training
def test_bars_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 12 bands of two standard deviations at most 3 may miss it: a chance of 0.3 %."""
    fits = [pair(0.05, noise=0.02, seed=seed).fit() for seed in range(6)]
    missed = sum(not fit.band1[0] <= 1 <= fit.band1[1] for fit in fits)
    missed += sum(not fit.band2[0] <= 0.05 <= fit.band2[1] for fit in fits)
    assert missed <= 3


def waves(gap: float, seed: int = 1, noise: float = 0.0, count: int = 60) -> HiddenWave:
    generator = torch.Generator().manual_seed(seed)
    snapshots = []
    for t in (0.3, 0.3 + gap):
        x = 10 * torch.rand(count, generator=generator, dtype=torch.float64) - 5
        h = SchroedingerMeasured().exact(torch.stack([x, torch.full_like(x, t)], 1))
        h = h + noise * torch.randn(count, 2, generator=generator, dtype=torch.float64)
        snapshots.append((x, torch.view_as_complex(h)))
    return HiddenWave(snapshots[0], snapshots[1], gap)


def test_the_covariance_of_a_wave_is_that_of_its_operator() -> None:
    """(u - c M v, v + c M u) at both places, M = λ1 ∂xx + λ2 m, by autograd in x and in x'."""
    model = waves(0.1, count=3)
    found = theta(0.4, 0.9, 1.1, 0.6, 0.01)
    x, y = model.x.clone().requires_grad_(), model.x.clone().requires_grad_()
    k = kernel(x[:, None] - y[None, :], torch.tensor(1.1), torch.tensor(0.6))[0]

    def moved(f: Tensor, by: Tensor, axis: int) -> Tensor:
        """c M f along one axis, whose place i alone moves row i (axis 0) or column i."""
        shape = (-1, 1) if axis == 0 else (1, -1)
        rows = f.unbind(1 - axis)
        first = [torch.autograd.grad(row.sum(), by, create_graph=True)[0] for row in rows]
        second = [torch.autograd.grad(row.sum(), by, create_graph=True)[0] for row in first]
        pull = (0.9 * model.m).reshape(shape)
        return model.step.reshape(shape) * (0.4 * torch.stack(second, 1 - axis) + pull * f)

    same = k + moved(moved(k, y, 1), x, 0)
    mixed = moved(k, y, 1) - moved(k, x, 0)
    by_hand = torch.cat([torch.cat([same, mixed], 1), torch.cat([mixed.T, same], 1)])
    noise = (0.01**2 + 1e-10 * 1.1**2) * torch.eye(len(model.u), dtype=torch.float64)
    assert torch.allclose(model.covariance(found), by_hand + noise, rtol=0, atol=1e-6)
    assert float(torch.linalg.eigvalsh(model.covariance(found)).min()) > 0


@pytest.mark.training
def test_two_snapshots_of_a_wave_give_its_coefficients_the_better_the_closer_they_are() -> None:
    """Half the gap: less than half the error, or what 1e-5 of noise leaves."""
    fits = [waves(gap, noise=1e-5).fit(0.3, 0.7) for gap in (0.08, 0.04)]
    wrong = [max(abs(fit.lambda1 / 0.5 - 1), abs(fit.lambda2 - 1)) for fit in fits]
    assert wrong[1] < max(0.5 * wrong[0], 0.01) and wrong[1] < 0.05


def test_smoothing_takes_noise_away() -> None:
    x, u = snapshot(0.3, 3)
    normal = torch.randn(len(x), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    left = (smooth(x, u + 0.05 * normal, x) - u).norm() / (0.05 * normal).norm()
    assert float(left) < 0.8


def test_the_lesson_s_covariance_is_the_library_s() -> None:
    names: dict[str, Any] = {}
    exec(tagged(LESSON, "setup"), names)
    exec(tagged(LESSON, "process"), names)
    model, found = pair(0.1), theta(0.8, 0.07, 1.1, 0.6, 1e-9)
    numbers = torch.tensor([0.8, 0.07, 1.1, 0.6], dtype=torch.float64)
    by_hand = names["covariance"](model.x, model.step, model.w, *numbers)
    assert torch.allclose(by_hand, model.covariance(found), rtol=0, atol=1e-9)


def test_what_is_refused() -> None:
    x = torch.zeros(3)
    with pytest.raises(ValueError, match="none of euler, midpoint"):
        HiddenPhysics((x, x), (x, x), 0.1, "heun")
    with pytest.raises(ValueError, match="above 0"):
        HiddenPhysics((x, x), (x, x), 0.0)
    with pytest.raises(ValueError, match="a snapshot is"):
        HiddenPhysics((x, x[:2]), (x, x), 0.1)
    with pytest.raises(ValueError, match="complex"):
        HiddenWave((x, x), (x, x), 0.1)
