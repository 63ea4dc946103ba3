"""What lesson 05b writes by hand is right: its starts, its network and residual, its wishes."""

from pathlib import Path
from typing import Any

import torch

from sciml_widgets.collocation import attach, residuals
from sciml_widgets.course.script import tagged
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
    assert 0.1 < inside < 0.3 and 0.5 < inside / outside < 2, "the starts differ about equally"
    assert apart("inside", 0.5) < inside / 10
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
