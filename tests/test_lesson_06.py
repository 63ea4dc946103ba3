"""What lesson 06 writes by hand is right: its Jacobian, its network's slopes, its step."""

import math
from pathlib import Path
from typing import Any

import torch

from sciml_widgets.collocation import attach, residual_vector, residuals
from sciml_widgets.course.script import tagged
from sciml_widgets.networks import nested_jet
from sciml_widgets.physics import Convection

SCRIPT = Path(__file__).parents[1] / "lessons" / "06_failures.py"


def cells(*tags: str) -> dict[str, Any]:
    """Everything that these cells of the lesson define."""
    names: dict[str, Any] = {"math": math, "torch": torch}
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def test_the_slopes_are_those_of_autograd() -> None:
    names = cells("network")
    w, points = names["new_weights"](), torch.rand(9, 2)
    u, u_x, u_t = names["u"](w, *points.split(1, 1))
    jet = nested_jet(lambda p: names["u"](w, *p.split(1, 1))[0][:, None], points, [(0,), (1,)])
    for mine, key in ((u, ()), (u_x, (0,)), (u_t, (1,))):
        assert torch.allclose(mine[:, None], jet[key], rtol=0, atol=1e-13)


def test_the_residuals_are_the_library_s_with_its_weights() -> None:
    names = cells("network", "residuals")
    w, problem = names["new_weights"](), Convection(beta=7.0)
    points = {
        "pde": torch.cat([names["X"], names["T"]], 1),
        "ic": torch.cat([names["X0"], 0 * names["X0"]], 1),
        "bc": torch.cat([0 * names["T1"], names["T1"]], 1),
    }
    left = residuals(
        problem, lambda p: names["u"](w, *p.split(1, 1))[0][:, None], attach(problem, points)
    )
    library = residual_vector(left, {"pde": 1.0, "ic": 10.0, "bc": 10.0})
    assert torch.allclose(names["residuals"](w, 7.0), library, rtol=0, atol=1e-13)


def test_the_jacobian_by_hand_is_that_of_autograd() -> None:
    names = cells("network", "residuals", "jacobian")
    w = names["new_weights"](3) + 0.1
    expected = torch.autograd.functional.jacobian(lambda v: names["residuals"](v, 30.0), w)
    assert float((names["jacobian"](w, 30.0) - expected).abs().max()) < 1e-13 * 30


def test_a_step_never_makes_the_loss_larger() -> None:
    names = cells("network", "residuals", "jacobian", "step")
    w, brake, sizes = names["new_weights"](), 1e-3, []
    for _ in range(25):
        sizes.append(float(names["residuals"](w, 1.0).norm()))
        w, brake = names["gauss_newton_step"](w, 1.0, brake)
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] < sizes[0] / 4
