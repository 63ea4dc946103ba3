"""What lesson 05b writes by hand is right: its starts, its network and residual, its wishes."""

import math
from pathlib import Path
from typing import Any

import torch

from sciml_widgets.collocation import attach, residuals
from sciml_widgets.course.script import tagged
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.physics import Burgers

SCRIPT = Path(__file__).parents[1] / "lessons" / "05b_past.py"


def cells(*tags: str) -> dict[str, Any]:
    """Everything that these cells of the lesson define."""
    names: dict[str, Any] = {}
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def test_of_two_starts_only_the_one_that_differs_outside_can_be_told_at_one_half() -> None:
    """By the characteristics: what began inside of |x| = 1/2 is in the shock at t = 1/2."""
    names = cells("setup", "state")

    def apart(name: str, t: float) -> float:
        usual = names["state"](names["sine"], t)
        return float((names["state"](names[name], t) - usual).norm() / usual.norm())

    inside, outside = apart("inside", 0.0), apart("outside", 0.0)
    assert 0.1 < inside < 0.3 and 0.9 < inside / outside < 1.1, "the starts differ about equally"
    assert apart("inside", 0.5) < 0.01, "an error of one per cent hides it"
    assert apart("outside", 0.5) > outside / 3


def test_the_network_and_its_residual_are_the_library_s() -> None:
    names = cells("setup", "network")
    u = names["network"]()
    assert sum(weights.numel() for weights in u.parameters()) == 3021
    points = torch.rand(7, 2)
    problem = Burgers(nu=names["NU"], task="reconstruct")
    mine = names["residual"](u, points)
    library = residuals(problem, u, attach(problem, dict.fromkeys(("pde", "bc", "data"), points)))
    assert torch.allclose(mine, library["pde"], rtol=1e-4, atol=1e-6)


def test_the_wishes_of_the_lesson_are_those_of_its_preset() -> None:
    """The same points give the same loss, and the preset's optimizer is the lesson's."""
    names = cells("setup", "network", "wishes")
    lab = BurgersPINN().preset("the past, as the lecture had it")
    u, problem = names["network"](), lab.problem
    points = {
        "pde": torch.rand(50, 2), "bc": torch.rand(30, 2), "data": torch.rand(30, 2),
    }  # fmt: skip
    points["bc"][:, 0], points["data"][:, 1] = 1.0, 0.5
    mine = names["wishes"](
        u, points["pde"], points["bc"], points["data"], problem.exact(points["data"])
    )
    left = residuals(problem, u, attach(problem, points))
    theirs = sum(getattr(lab.weights, f"w_{name}") * r.square().mean() for name, r in left.items())
    assert math.isclose(float(mine.detach()), float(theirs.detach()), rel_tol=1e-5)
    assert (lab.optimizer, lab.lr) == ("gradient-descent", 0.02)
    assert problem.nu == names["NU"]
