"""The laws of the solvers: order, what is kept, the stability limit, and slopes by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from sciml_widgets.physics import Burgers
from sciml_widgets.solvers.advection import SCHEMES, Advection
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.burgers_book import BOOK_NU, MEASURED, BurgersBook
from sciml_widgets.solvers.burgers_sweep import BurgersSweep
from sciml_widgets.solvers.rollout import by_hand, last, record, rollout
from sciml_widgets.solvers.stability import Unstable

TAU = 2 * math.pi
ROUNDING = 1e-12


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def order(errors: list[float]) -> float:
    """The observed order of convergence, each error with half the cell of the one before."""
    return math.log2(errors[-2] / errors[-1])


# ---- order --------------------------------------------------------------------------------


def flow(x: np.ndarray) -> np.ndarray:
    return 1 + 0.5 * np.sin(TAU * x)


def advected(scheme: str, cells: int, sign: float) -> float:
    """Mean error at t = 1/2 against the characteristics, whose own error is 1e-10."""
    solver = Advection(cells, 0.5 / cells, scheme)
    back = solve_ivp(lambda t, y: -sign * flow(y), (0, 0.5), solver.x, rtol=1e-10, atol=1e-12)
    d, u = np.sin(TAU * solver.x), sign * flow(solver.x)
    end = rollout(lambda state: solver.step(state, u), d, cells)[-1]
    return float(abs(end - np.sin(TAU * back.y[:, -1])).mean())


@pytest.mark.parametrize(
    ("scheme", "sign", "expected"),
    [("upwind", 1, 1), ("upwind", -1, 1), ("downwind", -1, 1), ("relu", 1, 1), ("limited", 1, 2),
     ("limited", -1, 2)],
)  # fmt: skip
def test_the_order_of_advection_in_a_flow_that_varies(
    scheme: str, sign: int, expected: int
) -> None:
    assert order([advected(scheme, cells, sign) for cells in (128, 256)]) > expected - 0.25


def volume_error(cells: int) -> float:
    solver = BurgersVolume(0.1, cells, 1 / 8, substeps=max(8, cells * cells // 90))
    end = rollout(solver.step, -np.sin(math.pi * solver.x), 4)[-1]
    points = torch.from_numpy(np.stack([solver.x, np.full(cells, 0.5)], 1))
    return float(abs(end - Burgers(nu=0.1).exact(points)[:, 0].numpy()).mean())


def test_finite_volumes_are_of_first_order_and_their_viscosity_is_that_of_the_exact_solution() -> (
    None
):
    assert order([volume_error(cells) for cells in (64, 128)]) > 0.75


def book_error(cells: int) -> float:
    """At t = 1/4, before the shock, against u = -sin π(x - ut), found by repetition."""
    solver = BurgersBook(0.0, cells, dt=2 / cells)
    u = solver.x * 0
    for _ in range(400):
        u = (u - np.sin(math.pi * (solver.x - u / 4))) / 2
    end = rollout(solver.step, -np.sin(math.pi * solver.x), cells // 8)[-1]
    return float(abs(end - u).mean())


def test_the_book_s_steps_are_of_first_order() -> None:
    assert order([book_error(cells) for cells in (256, 512)]) > 0.75


# ---- what is kept -------------------------------------------------------------------------


def rough(cells: int, *batch: int) -> np.ndarray:
    """Jumps and zigzags between -1 and 1."""
    return np.sign(rng().standard_normal((*batch, cells))) * rng(1).random((*batch, cells))


@pytest.mark.parametrize("speed", [0.7, -0.7])
@pytest.mark.parametrize("scheme", ["upwind", "limited", "relu"])
def test_a_constant_flow_keeps_the_sum_and_makes_no_new_extremes(
    scheme: str, speed: float
) -> None:
    solver, d = Advection(32, 1 / 32, scheme), rough(32)
    end = rollout(lambda state: solver.step(state, np.full(32, speed)), d, 50)[-1]
    assert abs(end.sum() - d.sum()) < ROUNDING * 32
    assert d.min() - ROUNDING <= end.min() and end.max() <= d.max() + ROUNDING


def test_upwind_makes_no_new_extremes_in_any_flow_and_constants_stay() -> None:
    u = rough(32) * 0.99
    for scheme in ("upwind", "relu"):
        solver = Advection(32, 1 / 32, scheme)
        states = np.array(rollout(lambda d, s=solver: s.step(d, u), rough(32), 50))
        assert abs(states).max() <= abs(states[0]).max() + ROUNDING
    for scheme in SCHEMES:
        solver = Advection(32, 1 / 64, scheme, ignore_limit=True)
        assert abs(solver.step(np.full(32, 3.0), u) - 3).max() < ROUNDING


def test_finite_volumes_keep_the_sum_and_make_no_new_extremes() -> None:
    u = rough(64, 3)
    solver = BurgersVolume(0.01 / math.pi, 64, 1 / 32, BurgersVolume(0.01 / math.pi, 64).enough(u))
    states = np.array(rollout(solver.step, u, 20))
    assert abs(states.sum(-1) - u.sum(-1)).max() < ROUNDING * 64
    assert abs(states).max() <= abs(u).max() + ROUNDING


def test_the_book_s_steps_make_no_new_extremes_but_do_not_keep_the_sum() -> None:
    solver = BurgersBook()
    start = 0.5 - np.sin(math.pi * solver.x)
    states = np.array(rollout(solver.step, start, 32))
    assert abs(states).max() <= abs(start).max() + ROUNDING
    assert abs(states[-1].sum() - start.sum()) > 0.1


# ---- the stability limit --------------------------------------------------------------------


def test_a_courant_number_of_one_is_an_exact_shift() -> None:
    d = rough(16)
    for scheme in ("upwind", "limited", "relu"):
        for speed, shift in ((1.0, 1), (-1.0, -1)):
            moved = Advection(16, 1 / 16, scheme).step(d, np.full(16, speed))
            assert abs(moved - np.roll(d, shift)).max() < ROUNDING


@pytest.mark.parametrize(
    ("scheme", "speed"), [("upwind", 1.1), ("limited", -1.1), ("downwind", 0.5), ("relu", 1.1)]
)
def test_beyond_its_limit_advection_says_so_or_blows_up(scheme: str, speed: float) -> None:
    u, d = np.full(64, speed), rough(64)
    with pytest.raises(
        Unstable, match=r"dt/dx must be at most [01], but is \d.* ignore_limit=True"
    ):
        Advection(64, 1 / 64, scheme).step(d, u)
    ignoring = Advection(64, 1 / 64, scheme, ignore_limit=True)
    end = rollout(lambda state: ignoring.step(state, u), d, 200)[-1]
    assert not abs(end).max() < 1e3


def test_the_lecture_s_stencil_is_stable_against_the_stream_only() -> None:
    """100 steps at Courant numbers of -0.5 and 0.5."""
    d = np.exp(-0.5 * ((Advection().x - 0.5) / 0.1) ** 2)
    for speed, stable in ((-0.5, True), (0.5, False)):
        solver = Advection(64, 1 / 64, "downwind", ignore_limit=not stable)
        u = np.full(64, speed)
        end = rollout(lambda d, s=solver, u=u: s.step(d, u), d, 100)[-1]
        assert bool(abs(end).max() <= 1) is stable


def test_the_limit_of_finite_volumes_is_sharp() -> None:
    """With diffusion alone, and with steepening alone, 10 % more is too much."""
    zigzag = np.where(np.arange(64) % 2, 1.0, -1.0)
    dx = 1 / 32
    for nu, u in ((0.55 * dx, 1e-6 * zigzag), (0.0, 1.1 + 1e-6 * zigzag)):
        good, bad = (BurgersVolume(nu, 64, dx * share, 1) for share in (0.9, 1.0))
        assert abs(rollout(good.step, u, 200)[-1] - u.mean()).max() <= 1.01e-6
        with pytest.raises(Unstable, match=r"h \(max\|u\|/dx .* take 2 substeps or more"):
            bad.step(u)
        bad = BurgersVolume(nu, 64, dx, 1, ignore_limit=True)
        assert abs(rollout(bad.step, u, 60)[-1] - u.mean()).max() > 1e-3
        assert bad.enough(u) == 2


def test_the_limit_of_the_book_s_diffusion_is_sharp() -> None:
    zigzag = 1e-6 * np.where(np.arange(64) % 2, 1.0, -1.0)
    nu = 0.55 / 32  # times dt/dx² = 32
    with pytest.raises(Unstable, match=r"ν dt/dx² must be at most 0.5, but is 0.55"):
        BurgersBook(nu, 64, 1 / 32).step(zigzag)
    ignoring = BurgersBook(nu, 64, 1 / 32, ignore_limit=True)
    assert abs(rollout(ignoring.step, zigzag, 60)[-1]).max() > 1e-3
    assert BurgersBook(0.0, 64, 5.0).step(rough(64)).max() <= 1  # any u is allowed


def test_an_optimiser_that_walks_beyond_the_limit_is_told() -> None:
    solver, goal = BurgersVolume(0.01 / math.pi), torch.from_numpy(MEASURED)
    u = torch.zeros(128, requires_grad=True)
    with pytest.raises(Unstable, match="must be at most 1"):
        for _ in range(50):
            (slope,) = torch.autograd.grad((by_hand(solver, u, 16) - goal).square().mean(), u)
            u = (u - 200 * slope).detach().requires_grad_()
    with pytest.raises(Unstable, match="not a finite number"):
        solver.step(np.full(128, math.nan))


# ---- slopes by hand ---------------------------------------------------------------------------


def smooth(cells: int, *batch: int, seed: int = 0) -> np.ndarray:
    """A few waves with random sizes; no cell is 0."""
    x, made = np.arange(cells) / cells, np.zeros((*batch, cells))
    for k in range(1, 5):
        a, b = rng(seed + k).standard_normal((2, *batch, 1))
        made += (a * np.sin(TAU * k * x) + b * np.cos(TAU * k * x)) / (2 * k)
    return made


BURGERS = [BurgersVolume(0.01 / math.pi, 64, 1 / 32, 12), BurgersBook(1e-4, 64)]
every_burgers = pytest.mark.parametrize("solver", BURGERS, ids=lambda s: type(s).__name__)


@every_burgers
@pytest.mark.parametrize("start", [smooth(64), smooth(64, 3), np.zeros(64), rough(64, 2)])
def test_the_slope_by_hand_is_that_of_autograd(solver: Any, start: np.ndarray) -> None:
    weights = torch.from_numpy(smooth(64, seed=9))
    slopes = []
    for way in (by_hand, lambda s, u, n: last(s.step, u, n)):
        u = torch.from_numpy(start).clone().requires_grad_()
        end = way(solver, u, 16)
        slopes.append(torch.autograd.grad((weights * end).sum() + end.square().sum(), u)[0])
    assert (slopes[0] - slopes[1]).abs().max() <= ROUNDING * slopes[1].abs().max()
    assert slopes[1].abs().max() > 0.1


@pytest.mark.parametrize("scheme", ["upwind", "downwind"])
def test_the_slope_of_advection_by_hand_is_that_of_autograd(scheme: str) -> None:
    solver = Advection(64, 1 / 128, scheme, ignore_limit=True)
    d = torch.from_numpy(smooth(64, 3)).requires_grad_()
    u = torch.from_numpy(smooth(64, 3, seed=5))
    u[0, :5] = 0.0  # also there
    u.requires_grad_()
    goal = torch.from_numpy(smooth(64, seed=7))
    end = rollout(lambda state: solver.step(state, u), d, 20)[-1]
    by_autograd = torch.autograd.grad((end - goal).square().sum(), [d, u])
    flow = u.detach().numpy()
    tape = record(lambda state: solver.step(state, flow), d.detach().numpy(), 20, segment=4)
    slope, to_u = 2 * (tape.last - goal.numpy()), np.zeros((3, 64))
    for state in tape.backwards():
        slope, more = solver.pull(state, flow, slope)
        to_u += more
    for mine, theirs in zip((slope, to_u), by_autograd, strict=True):
        assert abs(mine - theirs.numpy()).max() <= ROUNDING * theirs.abs().max()


def remainders(value: Callable[[np.ndarray], float], u: np.ndarray, slope: np.ndarray,
               first: float) -> list[float]:  # fmt: skip
    """|f(u + h v) - f(u) - h f'(u) v| for h, h/2, h/4, h/8."""
    v = smooth(u.shape[-1], seed=20)
    steps = [first / 2**k for k in range(4)]
    return [abs(value(u + h * v) - value(u) - h * float((slope * v).sum())) for h in steps]


@every_burgers
def test_what_the_slope_leaves_is_of_second_order(solver: Any) -> None:
    """Away from kinks; the book's interpolation has one wherever a cell is crossed."""
    start, steps = smooth(64), 4

    def value(u: np.ndarray) -> float:
        return float((rollout(solver.step, u, steps)[-1] ** 2).sum())

    tape = record(solver.step, start, steps)
    slope = 2 * tape.last
    for state in tape.backwards():
        slope = solver.pull(state, slope)
    left = remainders(value, start, slope, 1e-3 if isinstance(solver, BurgersVolume) else 1e-5)
    assert order(left) == pytest.approx(2, abs=0.1)
    wrong = remainders(value, start, 1.001 * slope, 1e-5)
    assert order(wrong) == pytest.approx(1, abs=0.1), "a slope that is wrong is noticed"


def test_what_the_slope_of_advection_leaves_is_of_second_order() -> None:
    solver, d = Advection(64, 1 / 256), smooth(64, seed=3)

    def value(u: np.ndarray) -> float:
        return float((rollout(lambda s: solver.step(s, u), d, 30)[-1] ** 2).sum())

    u = 1.5 + 0.3 * smooth(64)  # nowhere near 0
    tape = record(lambda s: solver.step(s, u), d, 30)
    slope, to_u = 2 * tape.last, np.zeros(64)
    for state in tape.backwards():
        slope, more = solver.pull(state, u, slope)
        to_u += more
    assert order(remainders(value, u, to_u, 1e-2)) == pytest.approx(2, abs=0.1)


def test_at_rest_the_slope_neither_vanishes_nor_doubles() -> None:
    """u = 0 is where a search begins: the slope must be the one towards u < 0 there."""
    d, goal, h = torch.from_numpy(smooth(64)), torch.from_numpy(smooth(64, seed=4)), 1e-7

    def loss(u: torch.Tensor, scheme: str) -> torch.Tensor:
        return (Advection(64, 1 / 64, scheme).step(d, u) - goal).square().sum()

    still = torch.zeros(64, requires_grad=True)
    found = {s: torch.autograd.grad(loss(still, s), still)[0] for s in SCHEMES if s != "limited"}
    one_sided = torch.stack([
        (loss(still, "upwind") - loss(still - h * row, "upwind")) / h for row in torch.eye(64)
    ]).detach()  # fmt: skip
    assert torch.allclose(found["upwind"], one_sided, atol=1e-4)
    assert torch.equal(found["upwind"], found["downwind"])
    assert (found["relu"] == 0).all(), "the trap that the lesson shows"
    other_sided = torch.stack([
        (loss(still + h * row, "upwind") - loss(still, "upwind")) / h for row in torch.eye(64)
    ]).detach()  # fmt: skip
    doubled = torch.zeros(64, requires_grad=True)
    left, right = d - d.roll(1), d.roll(-1) - d
    parts = torch.where(doubled >= 0, doubled, 0.0), torch.where(doubled <= 0, doubled, 0.0)
    moved = d - parts[0] * left - parts[1] * right
    both = torch.autograd.grad((moved - goal).square().sum(), doubled)[0]
    assert torch.allclose(both, one_sided + other_sided, atol=1e-4), "and the other one"


@every_burgers
def test_at_rest_burgers_slope_is_that_of_differences(solver: Any) -> None:
    """No kink at u = 0 in the flux; where a state is constant the interpolation has none."""
    goal, still, h = smooth(64), np.zeros(64), 1e-6

    def value(u: np.ndarray) -> float:
        return float(((rollout(solver.step, u, 4)[-1] - goal) ** 2).sum())

    tape = record(solver.step, still, 4)
    slope = 2 * (tape.last - goal)
    for state in tape.backwards():
        slope = solver.pull(state, slope)
    for way in np.eye(64)[::9]:
        for sign in (1, -1):
            difference = sign * (value(still + sign * h * way) - value(still)) / h
            assert difference == pytest.approx(float(slope @ way), abs=1e-3)


# ---- memory -----------------------------------------------------------------------------------


@pytest.mark.training  # torch imports much for its checkpoints
@pytest.mark.parametrize("segment", [1, 5, 50])
def test_segments_change_no_slope(segment: int) -> None:
    solver, found = BURGERS[0], []
    for way in (by_hand, lambda s, u, n, k: last(s.step, u, n, k)):
        for size in (0, segment):
            u = torch.from_numpy(smooth(64)).requires_grad_()
            found.append(torch.autograd.grad(way(solver, u, 8, size).square().sum(), u)[0])
    assert torch.equal(found[0], found[1]) and torch.equal(found[2], found[3])


def test_segments_save_memory_and_cost_one_more_solve() -> None:
    calls = 0

    def step(u: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        return BURGERS[0].step(u)

    states = rollout(BURGERS[0].step, smooth(64), 30)
    for segment, most, most_steps in ((0, 30, 30), (6, 10, 55)):
        calls = 0
        tape = record(step, smooth(64), 30, segment)
        back = list(tape.backwards())
        assert tape.most == most and calls == most_steps
        for mine, theirs in zip(back, states[-2::-1], strict=True):
            assert np.array_equal(mine, theirs)


# ---- in sweeps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [64, 128])
@pytest.mark.parametrize("start", [smooth, lambda n: 0 * smooth(n), rough, lambda n: 3 * rough(n)])
def test_a_sweep_is_its_steps_and_its_way_back_is_autograd_s(
    cells: int, start: Callable[[int], np.ndarray]
) -> None:
    solver, u = BurgersBook(1e-4, cells), start(cells)
    sweep = BurgersSweep(solver, 16)
    goal, tensor = torch.from_numpy(smooth(cells, seed=9)), torch.from_numpy(u).requires_grad_()
    for _ in range(2):  # the second finds what the first left behind
        sweep.forward(smooth(cells, seed=4))
        end = sweep.forward(u)
        by_steps = last(solver.step, tensor, 16)
        assert abs(end - by_steps.detach().numpy()).max() <= ROUNDING
        slope = sweep.backward(2 * (end - goal.numpy()))
        (theirs,) = torch.autograd.grad((by_steps - goal).square().sum(), tensor)
        assert abs(slope - theirs.numpy()).max() <= ROUNDING * theirs.abs().max()


def test_what_no_sweep_can_do_is_refused() -> None:
    sweep = BurgersSweep(BurgersBook(), 3)
    for wrong, said in (
        (lambda: BurgersSweep(BurgersBook(), 0), "take 1 or more"),
        (lambda: BurgersSweep(BurgersBook(0.1), 3), "ν dt/dx² must be at most 0.5"),
        (lambda: sweep.backward(np.ones(128)), "call forward first"),
        (lambda: sweep.forward(np.ones((2, 128))), "by_hand"),
        (lambda: sweep.forward(np.full(128, math.nan)), "is nan"),
        (lambda: sweep.forward(np.full(128, 1e9)), "once round the ring"),
    ):
        with pytest.raises(ValueError, match=said):
            wrong()


# ---- the book ---------------------------------------------------------------------------------


def test_the_book_s_losses_and_error_digit_for_digit() -> None:
    """diffphys-code-burgers.ipynb: from u = 0, gradient descent with a rate of 5, 49 updates."""
    printed = {0: "0.382915", 1: "0.326882", 2: "0.281032", 3: "0.242804", 4: "0.210666",
               5: "0.183476", 10: "0.096224", 15: "0.054792", 20: "0.032819", 25: "0.020334",
               30: "0.012852", 35: "0.008185", 40: "0.005186", 45: "0.003263"}  # fmt: skip
    solver, goal = BurgersBook(), torch.from_numpy(MEASURED)
    u = torch.zeros(128, requires_grad=True)
    for update in range(49):
        loss = (by_hand(solver, u, 16) - goal).square().mean()
        if update in printed:
            assert f"{float(loss.detach()):.6f}" == printed[update]
        u = (u - 5 * torch.autograd.grad(loss, u)[0]).detach().requires_grad_()
    mine = np.array(rollout(solver.step, u.detach().numpy(), 32))
    truth = np.array(rollout(solver.step, -np.sin(math.pi * solver.x), 32))
    assert f"{abs(mine - truth).sum() / (32 * 128):.5f}" == "0.06382"  # of 33 x 128 numbers
    assert truth[16, 0] == pytest.approx(0.00918988, abs=1e-7)


def test_the_book_s_data_are_neither_the_equation_s_nor_its_solver_s() -> None:
    """Its viscosity is 128 times too small for its text, and the data fit none at t = 1/2."""
    assert pytest.approx(0.01 / math.pi / 128) == BOOK_NU
    x = BurgersBook().x
    points = torch.from_numpy(np.stack([x, np.full(128, 0.5)], 1))
    exact = Burgers(nu=0.01 / math.pi).exact(points)[:, 0].numpy()
    own = rollout(BurgersBook().step, -np.sin(math.pi * x), 16)[-1]
    assert float(abs(exact - MEASURED).mean()) == pytest.approx(0.020, abs=5e-4)
    assert float(abs(own - MEASURED).mean()) == pytest.approx(0.014, abs=5e-4)


def test_impossible_solvers_are_refused() -> None:
    for made, said in (
        (lambda: Advection(scheme="upwnd"), "not one of upwind"),
        (lambda: Advection(cells=2), "4 cells"),
        (lambda: BurgersVolume(0.1, substeps=0), "1 substep"),
        (lambda: BurgersBook(-1.0), "nu >= 0"),
    ):
        with pytest.raises(ValueError, match=said):
            made()
    with pytest.raises(ValueError, match="let autograd do it"):
        Advection(scheme="limited").pull(*3 * [np.ones(64)])
