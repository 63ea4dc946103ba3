"""Kuramoto-Sivashinsky: orders in time and space, what is conserved, energy, gradients."""

import math

import pytest
import torch
from torch import Tensor

from sciml_widgets.solvers import KuramotoSivashinsky, march
from sciml_widgets.solvers.etd import etd
from sciml_widgets.solvers.kuramoto_sivashinsky import SCHEMES

EQUATION = KuramotoSivashinsky()


def smooth(points: int) -> Tensor:
    """Two states of a few long waves, one of them with a mean."""
    x = 2 * math.pi * torch.arange(points, dtype=torch.float64) / points
    return torch.stack([torch.cos(x) + torch.sin(4 * x), 0.3 + torch.sin(3 * x)])


def after(time: float, dt: float, **how: object) -> Tensor:
    """Orders are measured with long steps too, so without a look at the limit."""
    points = int(how.pop("points", 64))  # type: ignore[call-overload]
    step = EQUATION.stepper(points, dt, ignore_limit=True, **how)  # type: ignore[arg-type]
    return march(step, smooth(points), round(time / dt))[:, -1]


@pytest.mark.parametrize("order", [2, 4])
def test_the_order_in_time(order: int) -> None:
    """On 20 points, whose waves are not stiff: there the order is seen at long steps already."""
    fine = after(1.0, 1 / 64, order=4, points=20)
    errors = [
        float((after(1.0, dt, order=order, points=20) - fine).norm())
        for dt in (1 / 2, 1 / 4, 1 / 8)
    ]
    rates = [math.log2(a / b) for a, b in zip(errors, errors[1:], strict=False)]
    assert min(rates) > order - 0.25, (rates, errors)


@pytest.mark.parametrize(("scheme", "order"), [("second order", 2), ("fourth order", 4)])
def test_the_order_in_space(scheme: str, order: int) -> None:
    truth = after(2.0, 1 / 8, points=64)
    errors = []
    for points in (64, 128, 256):
        mine = after(2.0, 1 / 8, points=points, scheme=scheme)[:, :: points // 64]
        errors.append(float((mine - truth).norm()))
    rates = [math.log2(a / b) for a, b in zip(errors, errors[1:], strict=False)]
    assert min(rates) > order - 0.25, (rates, errors)


@pytest.mark.parametrize("order", [2, 4])
def test_a_linear_equation_is_solved_exactly_however_stiff(order: int) -> None:
    c = torch.tensor([0.0, -1e-9, 0.25, -1.0, -1e4], dtype=torch.float64)
    v = torch.ones(5, dtype=torch.complex128)
    step = etd(c, torch.zeros_like, 0.5, order)
    assert torch.allclose(step(v).real, torch.exp(0.5 * c), rtol=1e-14, atol=0)


@pytest.mark.parametrize("order", [2, 4])
def test_a_constant_force_is_followed_exactly(order: int) -> None:
    """v' = c v + 1 from 0: (e^(ct) - 1) / c, also where c is almost 0 (t there)."""
    c = torch.tensor([0.0, 1e-10, -3.0, 0.5], dtype=torch.float64)
    step = etd(c, torch.ones_like, 0.5, order)
    exact = torch.where(c.abs() < 1e-6, torch.tensor(0.5), torch.expm1(0.5 * c) / c)
    assert torch.allclose(step(0j * c).real, exact, rtol=1e-10)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_mean_never_changes(scheme: str) -> None:
    states = march(EQUATION.stepper(32, 0.5, scheme=scheme), smooth(32)[1:] / 4, 10)
    assert float((states.mean(2) - 0.075).abs().max()) < 1e-14


def test_energy_changes_by_what_is_fed_and_what_is_damped() -> None:
    """d/dt of the mean of u²/2 is mean(u_x²) - ν mean(u_xx²): u u_x only hands it on."""
    equation, dt = KuramotoSivashinsky(nu=0.7), 1e-3
    states = march(equation.stepper(64, dt), smooth(64), 2)
    k = 2 * math.pi * torch.fft.rfftfreq(64, equation.length / 64, dtype=torch.float64)
    energy = states.square().mean(2) / 2
    waves = torch.fft.rfft(states[:, 1])
    fed = torch.fft.irfft(1j * k * waves, n=64).square().mean(1)
    damped = 0.7 * torch.fft.irfft(-(k**2) * waves, n=64).square().mean(1)
    measured = (energy[:, 2] - energy[:, 0]) / (2 * dt)
    assert torch.allclose(measured, fed - damped, rtol=0, atol=dt**2)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_shifted_start_is_a_shifted_run(scheme: str) -> None:
    step, u = EQUATION.stepper(32, 0.25, scheme=scheme), smooth(32)
    assert torch.allclose(step(u.roll(5, 1)), step(u).roll(5, 1), rtol=0, atol=1e-13)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_gradient_passes_taylor(scheme: str) -> None:
    """What is left beyond the first order falls with the square of the step."""
    step = EQUATION.stepper(16, 0.5, scheme=scheme, ignore_limit=True)
    generator = torch.Generator().manual_seed(0)
    u = torch.randn(2, 16, generator=generator, dtype=torch.float64)
    way = torch.randn(2, 16, generator=generator, dtype=torch.float64)

    def cost(state: Tensor) -> Tensor:
        return march(step, state, 4)[:, -1].square().sum()

    start = u.clone().requires_grad_()
    (slope,) = torch.autograd.grad(cost(start), start)
    left = [float(cost(u + h * way) - cost(u) - h * (slope * way).sum()) for h in (1e-3, 5e-4)]
    assert math.log2(abs(left[0] / left[1])) == pytest.approx(2, abs=0.05)


def test_the_truth_is_closer_to_itself_than_anything_it_judges() -> None:
    """Its own steps against steps of half the size: after 20 units of time, far below 1 %."""
    truth = EQUATION.runs(2, 20.0, 0.5, seed=3)
    finer = march(EQUATION.stepper(192, 1 / 8), _finer(truth[:, 0]), 160)[:, ::4, ::2]
    error = (finer - truth).square().mean((0, 2)).sqrt() / truth.std()
    assert float(error[1]) < 1e-4 and float(error[-1]) < 1e-2


def _finer(u: Tensor) -> Tensor:
    return 2 * torch.fft.irfft(torch.fft.rfft(u), n=2 * u.shape[1])


def test_two_seeds_are_two_runs_and_a_batch_is_its_members() -> None:
    one, two = (EQUATION.runs(2, 1.0, 0.5, seed=seed) for seed in (1, 2))
    assert not torch.allclose(one, two)
    step = EQUATION.stepper(96, 0.25)
    assert torch.allclose(step(one[:, 0])[1], step(one[1, 0]), rtol=0, atol=1e-13)


def test_what_cannot_be_is_refused() -> None:
    for wrong, said in (
        ({"points": 31}, "even number"),
        ({"dt": 0.0}, "above 0"),
        ({"scheme": "third"}, "second order, fourth order, waves"),
        ({"order": 3}, "2 and 4"),
    ):
        with pytest.raises(ValueError, match=said):
            EQUATION.stepper(**{"points": 32, "dt": 0.5, **wrong})
    with pytest.raises(ValueError, match="for 32 points, not for 16"):
        EQUATION.stepper(32, 0.5)(torch.zeros(16, dtype=torch.float64))
    with pytest.raises(ValueError, match="0 or more"):
        march(torch.sin, torch.zeros(1), -1)
