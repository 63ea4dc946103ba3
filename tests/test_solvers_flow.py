"""Incompressible flow with smoke: exact vortices, orders, what is kept, the limit, gradients."""

import math

import pytest
import torch
from torch import Generator, Tensor

from sciml_widgets.solvers.flow import LIMIT, Flow, resampled
from sciml_widgets.solvers.stability import Unstable

TAU = 2 * math.pi
ROUNDING = 1e-13


def grid(points: int) -> tuple[Tensor, Tensor]:
    """y and x of each point."""
    x = Flow(points=points).x
    return tuple(torch.meshgrid(x, x, indexing="ij"))  # type: ignore[return-value]


def vortices(flow: Flow, time: float, drift: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    """Taylor and Green's, carried along by a constant flow, with smoke that only drifts; exact."""
    y, x = grid(flow.points)
    x, y = TAU * (x - drift[0] * time), TAU * (y - drift[1] * time)
    decay = 0.3 * math.exp(-2 * flow.nu * TAU**2 * time)
    u = drift[0] + decay * torch.sin(x) * torch.cos(y)
    v = drift[1] - decay * torch.cos(x) * torch.sin(y)
    return torch.stack([u, v, decay / 0.3 * torch.sin(x) * torch.sin(y)])


def stirred(points: int, *batch: int, seed: int = 0, **how: float) -> tuple[Flow, Tensor]:
    """A flow of a few waves at random, divergence-free, with smoke of a few waves."""
    flow = Flow(points=points, **how)  # type: ignore[arg-type]
    generator = Generator().manual_seed(seed)
    coarse = torch.randn(*batch, 3, 5, 5, generator=generator, dtype=torch.float64)
    state = resampled(coarse, points)
    return flow, Flow(points=points, dt=1e-9).step(0.1 * state)


def run(flow: Flow, state: Tensor, steps: int) -> Tensor:
    for _ in range(steps):
        state = flow.step(state)
    return state


def orders(errors: list[float]) -> list[float]:
    return [math.log2(a / b) for a, b in zip(errors, errors[1:], strict=False)]


# ---- exact solutions and orders -------------------------------------------------------------


def test_vortices_of_taylor_and_green_decay_exactly() -> None:
    """u·∇u is a gradient there: the pressure balances it, and diffusion is exact."""
    flow = Flow(nu=0.02, points=16, dt=1 / 16)
    start = vortices(flow, 0.0)
    start[2] = 0.0
    end, exact = run(flow, start, 16)[:2], vortices(flow, 1.0)[:2]
    assert float((end - exact).abs().max()) < ROUNDING
    assert float(exact.abs().max()) < 0.7 * float(start.abs().max())


def test_vortices_that_are_carried_along_show_the_order_in_time() -> None:
    errors = []
    for steps in (32, 64):
        flow = Flow(nu=0.01, kappa=0.01, points=16, dt=1 / steps)
        drift = (1.0, 0.5)
        end = run(flow, vortices(flow, 0.0, drift), steps)
        errors.append(float((end - vortices(flow, 1.0, drift))[:2].abs().max()))
    assert min(orders(errors)) > 4 - 0.25, errors


def test_smoke_in_a_constant_flow_shows_the_order_in_time() -> None:
    errors = []
    for steps in (32, 64):
        flow = Flow(kappa=0.01, points=16, dt=1 / steps)
        y, x = grid(16)
        ahead = TAU * (x - 1.0) + TAU * (y + 0.5)
        state = torch.stack([0 * x + 1.0, 0 * x - 0.5, torch.cos(TAU * (x + y))])
        exact = math.exp(-0.02 * TAU**2) * torch.cos(ahead)
        errors.append(float((run(flow, state, steps)[2] - exact).abs().max()))
    assert min(orders(errors)) > 4 - 0.25, errors


@pytest.mark.training
def test_in_space_the_error_falls_faster_than_any_power() -> None:
    def end(points: int) -> Tensor:
        flow, state = stirred(points, nu=0.01, kappa=0.01, dt=1 / 128)
        return run(flow, 3 * state, 32)[:, :: points // 8, :: points // 8]

    truth = end(64)
    errors = [float((end(points) - truth).abs().max()) for points in (8, 16, 32)]
    first, second = orders(errors)
    assert first > 4 and second > first + 2, errors


@pytest.mark.parametrize("nu", [0.01, 100.0])
def test_however_viscous_a_wave_decays_as_it_should(nu: float) -> None:
    """There is no viscous limit: diffusion is exact for every step."""
    flow = Flow(nu=nu, points=16, dt=1 / 4)
    start = vortices(flow, 0.0)
    end = run(flow, start, 4)[:2]
    assert float((end - vortices(flow, 1.0)[:2]).abs().max()) < ROUNDING


# ---- what is kept ---------------------------------------------------------------------------


def test_the_flow_stays_free_of_divergence_and_keeps_its_means() -> None:
    flow, state = stirred(16, 2)
    generator = Generator().manual_seed(1)
    push = torch.randn(2, 2, 16, 16, generator=generator, dtype=torch.float64)
    push = push - push.mean((-2, -1), keepdim=True)
    means = state.mean((-2, -1))
    for _ in range(10):
        state = flow.step(state, push)
        assert float(flow.divergence(state).abs().max()) < 1e3 * ROUNDING
    assert float((state.mean((-2, -1)) - means).abs().max()) < ROUNDING
    assert float(state[:, :2].std()) > 0.1, "the force did something"


def mean_squares(flow: Flow, state: Tensor, steps: int) -> Tensor:
    """Of the velocity and of the smoke."""
    end = run(flow, state, steps).square().mean((-2, -1))
    return torch.stack([end[0] + end[1], end[2]])


def test_without_viscosity_energy_and_contrast_are_kept_to_the_order_in_time() -> None:
    """In space they are kept exactly, because products are free of aliasing."""
    drifts = []
    for steps in (16, 32):
        flow, state = stirred(16, nu=0.0, kappa=0.0, dt=1 / steps, seed=1)
        drift = mean_squares(flow, 3 * state, steps) - mean_squares(flow, 3 * state, 0)
        drifts.append(drift.abs())
    for which in (0, 1):
        found = [float(drift[which]) for drift in drifts]
        assert min(orders(found)) > 4 - 0.25, found


def test_energy_falls_by_viscosity_times_the_square_of_vorticity() -> None:
    flow, state = stirred(16, nu=0.05, dt=1e-3)
    states = torch.stack([state, flow.step(state), run(flow, state, 2)])
    energy = states[:, :2].square().sum(1).mean((-2, -1)) / 2
    rate = float(energy[2] - energy[0]) / 2e-3
    lost = 0.05 * float(flow.vorticity(states[1]).square().mean())
    assert rate == pytest.approx(-lost, rel=1e-4)  # dt² times the third derivative


def test_a_constant_force_on_a_fluid_at_rest_moves_all_of_it() -> None:
    flow = Flow(points=16, dt=1 / 8)
    smoke = torch.cos(TAU * grid(16)[1])
    push = torch.stack([torch.full((16, 16), 0.5), torch.full((16, 16), -0.25)])
    end = flow.end(flow.begin(smoke), push.expand(4, 2, 16, 16))
    assert float((end[0] - 0.25).abs().max()) < ROUNDING
    assert float((end[1] + 0.125).abs().max()) < ROUNDING


def test_pressure_stands_against_any_force_that_is_a_gradient() -> None:
    flow, state = stirred(16)
    y, x = grid(16)
    push = torch.stack([torch.cos(TAU * x) * torch.cos(TAU * y),
                        -torch.sin(TAU * x) * torch.sin(TAU * y)])  # fmt: skip
    assert torch.allclose(flow.step(state, push), flow.step(state), rtol=0, atol=ROUNDING)


def test_shifted_and_mirrored_states_go_as_their_originals() -> None:
    flow, state = stirred(16)
    end = run(flow, state, 3)
    moved = run(flow, state.roll((3, 5), (-2, -1)), 3)
    assert torch.allclose(moved, end.roll((3, 5), (-2, -1)), rtol=0, atol=ROUNDING)
    swapped = run(flow, state[[1, 0, 2]].transpose(-2, -1), 3)
    assert torch.allclose(swapped, end[[1, 0, 2]].transpose(-2, -1), rtol=0, atol=ROUNDING)


def test_two_substeps_are_two_steps_of_half_the_length() -> None:
    flow, state = stirred(16, dt=1 / 8, substeps=2)
    half = Flow(points=16, dt=1 / 16)
    assert torch.equal(flow.step(state), half.step(half.step(state)))
    assert flow.number(state) == half.number(state) > 0


def test_a_batch_is_its_members() -> None:
    flow, state = stirred(16, 3)
    assert torch.allclose(flow.step(state)[1], flow.step(state[1]), rtol=0, atol=ROUNDING)


def test_other_points_show_the_same_waves() -> None:
    coarse = torch.randn(2, 5, 5, generator=Generator().manual_seed(0), dtype=torch.float64)
    fine = resampled(coarse, 20)
    assert torch.allclose(fine[:, ::4, ::4], coarse, rtol=0, atol=ROUNDING)
    assert torch.allclose(resampled(fine, 5), coarse, rtol=0, atol=ROUNDING)
    y, x = grid(16)
    short, long = torch.cos(TAU * 5 * x), torch.sin(TAU * (x - 2 * y))
    assert torch.allclose(resampled(short + long, 8), long[::2, ::2], rtol=0, atol=ROUNDING)


# ---- the stability limit ----------------------------------------------------------------------


def blown(share: float, ignore: bool) -> float:
    """How much the smoke in a constant flow has grown after 60 steps at a share of the limit."""
    dt = share * LIMIT / (TAU * 2 * 1.5)  # 8 points: two waves are kept
    flow = Flow(kappa=0.0, points=8, dt=dt, ignore_limit=ignore)
    ones = torch.ones(8, 8, dtype=torch.float64)
    smoke = torch.randn(8, 8, generator=Generator().manual_seed(3), dtype=torch.float64)
    start = flow.begin(smoke) + torch.stack([ones, 0.5 * ones, 0 * ones])
    return float(run(flow, start, 60)[2].norm() / start[2].norm())


def test_the_limit_is_sharp_and_names_itself() -> None:
    assert blown(0.98, ignore=False) <= 1
    with pytest.raises(Unstable, match=r"h k max\(\|u\| \+ \|v\|\).*at most 2.82843, but is 2.97"):
        blown(1.05, ignore=False)
    assert blown(1.05, ignore=True) > 1e3


def test_a_force_that_drives_the_flow_beyond_the_limit_is_told() -> None:
    """As when the search for a force walks there."""
    flow, state = stirred(16)
    forces = torch.zeros(8, 2, 16, 16, requires_grad=True)
    with pytest.raises(Unstable, match="weaker forces"):
        for _ in range(20):
            end = flow.end(state, forces)
            (slope,) = torch.autograd.grad((end[2] - 1.0).square().sum(), forces)
            forces = (forces - 10 * slope / slope.norm() * 16).detach().requires_grad_()
    with pytest.raises(Unstable, match="not a finite number"):
        flow.step(state * math.nan)


# ---- gradients ----------------------------------------------------------------------------------


def test_what_the_gradient_leaves_is_of_second_order() -> None:
    """In the forces and in the start."""
    flow, state = stirred(8, dt=1 / 8)
    generator = Generator().manual_seed(5)
    forces, way = torch.randn(2, 4, 2, 8, 8, generator=generator, dtype=torch.float64)
    aside = torch.randn(3, 8, 8, generator=generator, dtype=torch.float64)

    def cost(h: float) -> float:
        return float((flow.end(state + h * aside, forces + h * way)[2] ** 2).sum())

    begin, push = state.clone().requires_grad_(), forces.clone().requires_grad_()
    slopes = torch.autograd.grad((flow.end(begin, push)[2] ** 2).sum(), [begin, push])
    slope = float((slopes[0] * aside).sum() + (slopes[1] * way).sum())
    left = [abs(cost(h) - cost(0.0) - h * slope) for h in (1e-3, 5e-4, 2.5e-4)]
    assert min(orders(left)) > 1.9 and max(orders(left)) < 2.1, left
    wrong = [abs(cost(h) - cost(0.0) - 1.01 * h * slope) for h in (1e-5, 5e-6)]
    assert orders(wrong)[0] == pytest.approx(1, abs=0.1), "a slope that is wrong is noticed"


@pytest.mark.training  # torch imports much for its checkpoints
@pytest.mark.parametrize("segment", [1, 3, 20])
def test_checkpoints_change_no_gradient(segment: int) -> None:
    flow, state = stirred(8)
    forces = torch.randn(8, 2, 8, 8, generator=Generator().manual_seed(0), dtype=torch.float64)
    found = []
    for size in (0, segment):
        push = forces.clone().requires_grad_()
        end = flow.end(state, push, size)
        found.append(torch.autograd.grad(end[2].square().sum(), push)[0])
    assert torch.equal(found[0], found[1])


@pytest.mark.training
def test_checkpoints_save_memory() -> None:
    """Numbers that autograd keeps for the way back: of all 16 steps, or of the 4 of a segment."""
    flow, state = stirred(16)
    kept = []
    for segment in (0, 4):
        push = torch.zeros(16, 2, 16, 16, requires_grad=True)
        count = 0

        def pack(saved: Tensor) -> Tensor:
            nonlocal count
            count += saved.numel()
            return saved

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved):
            flow.end(state, push, segment)
        kept.append(count)
    assert kept[1] < kept[0] / 10


def test_the_end_is_the_end_of_the_path() -> None:
    flow, state = stirred(8, 2)
    forces = torch.ones(2, 3, 2, 8, 8, dtype=torch.float64)
    path = flow.path(state, forces)
    assert path.shape == (2, 4, 3, 8, 8)
    assert torch.equal(path[:, 0], state) and torch.equal(path[:, -1], flow.end(state, forces))


def test_impossible_flows_are_refused() -> None:
    for how, said in (
        ({"points": 9}, "even number of 8"),
        ({"dt": 0.0}, "dt > 0"),
        ({"substeps": 0}, "1 or more"),
        ({"nu": -1.0}, "nu >= 0"),
        ({"kappa": -1.0}, "kappa >= 0"),
    ):
        with pytest.raises(ValueError, match=said):
            Flow(**how)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="32 x 32 points, not 16 x 16"):
        Flow().step(torch.zeros(3, 16, 16))
