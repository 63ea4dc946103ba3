"""What lesson 08 writes by hand is right: its step, its way back, its sweep, its three traps."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.course.script import tagged
from sciml_widgets.solvers.advection import Advection

SCRIPT = Path(__file__).parents[1] / "lessons" / "08_solver.py"
LIBRARY = Advection(64, 1 / 128)


def cells(*tags: str) -> dict[str, Any]:
    """Everything that these cells of the lesson define."""
    names: dict[str, Any] = {"math": math, "np": np, "torch": torch}
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def some(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, 64)
    u[:5] = 0.0
    return rng.random(64), u, rng.standard_normal(64)


def test_steps_and_slopes_are_the_library_s() -> None:
    names, (d, u, lam) = cells("downwind", "step", "pull"), some(0)
    down = Advection(64, 1 / 128, "downwind", ignore_limit=True)
    assert np.allclose(names["lecture_step"](d, u), down.step(d, u), rtol=0, atol=1e-14)
    assert np.allclose(names["step"](d, u), LIBRARY.step(d, u), rtol=0, atol=1e-14)
    for mine, theirs in zip(names["pull"](d, u, lam), LIBRARY.pull(d, u, lam), strict=True):
        assert np.allclose(mine, theirs, rtol=0, atol=1e-14)


def test_the_sweep_is_autograd_s_gradient() -> None:
    names, (start, u, data) = cells("downwind", "step", "pull", "torch", "sweep"), some(1)
    loss, gradient, states, lams = names["loss_and_gradient"](u, start, data, steps=9)
    d, u_t = torch.from_numpy(start).requires_grad_(), torch.from_numpy(u).requires_grad_()
    end = d
    for _ in range(9):
        end = names["step_torch"](end, u_t)
    by_torch = (end - torch.from_numpy(data)).square().mean()
    theirs = torch.autograd.grad(by_torch, [u_t, d])
    assert loss == pytest.approx(by_torch.item(), rel=1e-13)
    assert states.shape == lams.shape == (10, 64)
    for mine, other in zip((gradient, lams[0]), theirs, strict=True):
        assert abs(mine - other.numpy()).max() < 1e-12 * other.abs().max()


def test_three_ways_to_write_upwind_give_one_step_and_three_slopes() -> None:
    names = cells("trap")
    back, front = torch.rand(9), torch.rand(9)
    u = torch.linspace(-1, 1, 8)
    for way in ("relu", "both"):
        for sample in (u, torch.zeros(8)):
            mine, usual = (names[one](sample, back[:8], front[:8]) for one in (way, "where"))
            assert torch.allclose(mine, usual)
    found = {}
    for way in ("where", "relu", "both"):
        still = torch.zeros(9, requires_grad=True)
        (found[way],) = torch.autograd.grad(names[way](still, back, front).sum(), still)
    assert torch.equal(found["where"], front)
    assert not found["relu"].any()
    assert torch.equal(found["both"], back + front)


def test_the_search_of_the_lesson_finds_the_flow() -> None:
    names = cells("downwind", "step", "pull", "sweep")
    x = names["x"]
    start = sum(np.exp(-0.5 * ((x - at) / 0.05) ** 2) for at in (1 / 6, 1 / 2, 5 / 6))
    true_u, data = 0.4 + 0.2 * np.sin(2 * math.pi * x), start
    for _ in range(20):
        data = names["step"](data, true_u)
    names |= {"start": start, "data": data, "true_u": true_u}
    exec(tagged(SCRIPT, "loop"), names)
    assert abs(names["u"] - true_u).max() < 1e-4
