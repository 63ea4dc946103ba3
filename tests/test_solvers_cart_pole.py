"""A cart with a pole: what is kept and to which order, rest, the limit, gradients."""

import math

import pytest
import torch
from torch import Generator, Tensor

from sciml_widgets.solvers.cart_pole import LIMITS, PoleOnCart
from sciml_widgets.solvers.stability import Unstable

SWING = torch.tensor([0.1, 0.5, 2.0, -3.0], dtype=torch.float64)
NONE = torch.zeros(0, dtype=torch.float64)


def free(solver: PoleOnCart, start: Tensor, steps: int) -> Tensor:
    return solver.path(start, start.new_zeros(*start.shape[:-1], steps))


def orders(errors: list[float]) -> list[float]:
    return [math.log2(a / b) for a, b in zip(errors, errors[1:], strict=False)]


@pytest.mark.parametrize("order", [1, 4])
def test_energy_is_kept_to_the_order_of_the_step(order: int) -> None:
    drifts = []
    for steps in (50, 100):
        solver = PoleOnCart(dt=1 / steps, order=order)
        energy = solver.energy(free(solver, SWING, steps))
        drifts.append(float((energy - energy[0]).abs().max()))
    assert min(orders(drifts)) > order - 0.25, drifts


@pytest.mark.parametrize("order", [1, 4])
def test_the_order_in_time(order: int) -> None:
    """Under a force, against a run with far finer steps of order 4."""
    fine = PoleOnCart(dt=1 / 400)
    push = torch.tensor([3.0, -2.0, 1.0, 4.0])
    truth = fine.path(SWING, push.repeat_interleave(100))[-1]
    errors = []
    for steps in (80, 160):
        solver = PoleOnCart(dt=1 / steps, order=order)
        end = solver.path(SWING, push.repeat_interleave(steps // 4))[-1]
        errors.append(float((end - truth).abs().max()))
    assert min(orders(errors)) > order - 0.25, errors


def test_momentum_changes_by_force_times_time_and_energy_by_the_work() -> None:
    push = torch.full((200,), 2.0)
    solver = PoleOnCart(dt=1 / 200)
    path = solver.path(SWING, push)
    assert float(solver.momentum(path[-1]) - solver.momentum(path[0])) == pytest.approx(2, 1e-6)
    work = 2.0 * float(path[-1, 0] - path[0, 0])
    assert float(solver.energy(path[-1]) - solver.energy(path[0])) == pytest.approx(work, 1e-5)


def test_small_swings_have_the_known_period() -> None:
    """And the masses' centre stays where it is."""
    steps = 100
    solver = PoleOnCart(dt=2 * math.pi / PoleOnCart().rate / steps)
    start = torch.tensor([0.0, 0.0, 1e-4, 0.0])
    path = free(solver, start, steps)
    assert float((path[-1] - start).abs().max()) < 1e-9
    assert float(path[steps // 2, 2]) == pytest.approx(-1e-4, rel=1e-5)
    centre = 1.1 * path[:, 0] + 0.05 * torch.sin(path[:, 2])
    assert float((centre - centre[0]).abs().max()) < 1e-12


def test_hanging_and_standing_at_rest_stay_so() -> None:
    hanging = torch.tensor([0.3, 0.0, 0.0, 0.0])
    assert torch.equal(free(PoleOnCart(), hanging, 50)[-1], hanging)
    standing = torch.tensor([0.0, 0.0, math.pi, 0.0])
    fallen = math.exp(PoleOnCart().rate * 2.0)  # by which rounding, 1e-16, has grown
    assert float((free(PoleOnCart(), standing, 50)[-1] - standing).abs().max()) < 1e-15 * fallen
    pushed = standing + torch.tensor([0.0, 0.0, 1e-6, 0.0])
    off = free(PoleOnCart(), pushed, 50)[-1, 2] - math.pi
    assert float(off) == pytest.approx(1e-6 * math.cosh(PoleOnCart().rate * 2.0), rel=1e-3)


@pytest.mark.parametrize("order", [1, 4])
def test_the_limit_is_sharp_and_names_itself(order: int) -> None:
    def grown(share: float, ignore: bool) -> float:
        dt = share * LIMITS[order] / PoleOnCart().rate
        solver = PoleOnCart(dt=dt, order=order, ignore_limit=ignore)
        path = free(solver, torch.tensor([0.0, 0.0, 1e-9, 0.0]), 30)
        return float(path[-1, 2].abs()) / 1e-9

    assert grown(0.98, ignore=False) < 20
    with pytest.raises(Unstable, match=r"dt ω0 must be at most 2.*ignore_limit=True"):
        grown(1.03, ignore=False)
    assert grown(1.03, ignore=True) > 100


def test_what_the_gradient_leaves_is_of_second_order() -> None:
    generator = Generator().manual_seed(0)
    forces, way = torch.randn(2, 20, generator=generator, dtype=torch.float64)

    def cost(h: float) -> float:
        return float(PoleOnCart().path(SWING, forces + h * way)[-1].square().sum())

    push = forces.clone().requires_grad_()
    (slope,) = torch.autograd.grad(PoleOnCart().path(SWING, push)[-1].square().sum(), push)
    left = [abs(cost(h) - cost(0) - h * float((slope * way).sum())) for h in (1e-2, 5e-3, 2.5e-3)]
    assert min(orders(left)) > 1.9 and max(orders(left)) < 2.1, left


def test_a_batch_is_its_members_and_a_rule_is_its_forces() -> None:
    starts = torch.stack([SWING, -SWING, 0 * SWING])
    path = PoleOnCart().path(starts, lambda state: 2.0 - state[..., 1], 5)
    assert path.shape == (3, 6, 4)
    forces = 2.0 - path[:, :-1, 1]
    assert torch.equal(PoleOnCart().path(starts, forces), path)
    assert torch.allclose(PoleOnCart().path(starts[1], forces[1]), path[1], rtol=0, atol=1e-14)


def test_what_cannot_be_is_refused() -> None:
    for how, said in (({"order": 2}, "order 1 and 4"), ({"dt": 0.0}, "above 0, got 0")):
        with pytest.raises(ValueError, match=said):
            PoleOnCart(**how)  # type: ignore[arg-type]
    for forces, steps in ((NONE, 3), (lambda state: 0 * state[..., 0], None)):
        with pytest.raises(ValueError, match="steps="):
            PoleOnCart().path(SWING, forces, steps)
