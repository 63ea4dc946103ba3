"""A wave on a ring by a network: simple, and yet plain training fails."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.labs.windows import Windows
from sciml_widgets.physics import Convection, Problem
from sciml_widgets.preset import Preset

__all__ = ["ConvectionPINN"]

SECOND = {"optimizer": "gauss-newton", "precision": "float64"}
RING = {"beta": 20.0, **SECOND, "periodic": True, "depth": 2}


@dataclass
class ConvectionPINN(PINN):
    """u_t + β u_x = 0 on a ring; u(x, 0) = sin x, so u = sin(x - βt).

    What you should see: with Adam at β = 30 the losses fall, and the network is right at t = 0
    only: it has found that u = 0 obeys the equation nearly everywhere. β = 1 is solved at once.

    Good values: one layer of 40 units and the optimizer "gauss-newton" in float64 solve β = 30
    from a cold start: it is not the network that fails. The set-up is that of Krishnapriyan et
    al. (2021), arXiv:2109.01050, except for the weights, which are all 1 there.
    """

    problem: Problem = Convection()
    weights: Any = loss_weights(Convection(), ic=10.0, bc=10.0)
    curriculum: Curriculum | None = Curriculum("beta")
    windows: Windows | None = Windows()

    title: ClassVar[str] = "A wave on a ring by a network"
    about: ClassVar[str] = "It only has to travel. Why is that so hard to learn?"
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "plain Adam",
            "The wave is right at the start, and soon after there is none: u = 0 is so cheap.",
            {"beta": 30.0},
            goal="rel_l2<0.1",
            within=250,
        ),
        Preset(
            "plain Adam, repaired by Gauss-Newton",
            "One wide layer and Gauss-Newton, from a cold start: the loss was never the obstacle.",
            {"beta": 30.0, **SECOND, "depth": 1, "width": 40, "points_inside": 300},
            repairs="plain Adam",
        ),
        Preset(
            "plain Adam, repaired by a curriculum",
            "Gauss-Newton on an easy wave first, β = 1, then faster ones, up to 30.",
            {"beta": 30.0, **SECOND, "depth": 1, "width": 40, "points_inside": 300,
             "stages": 30, "steps_per_stage": 6},
            repairs="plain Adam",
        ),
        Preset(
            "fixed points",
            "Hard periodic, 200 points for ever: a tiny loss, and nothing is right.",
            {**RING, "points_inside": 200},
            goal="rel_l2<0.1",
            within=120,
        ),
        Preset(
            "fixed points, repaired",
            "The same network at 500 points, new ones every 3 steps: no gap is left to cheat in.",
            {**RING, "points_inside": 500, "redraw": 3},
            repairs="fixed points",
        ),
        Preset(
            "window by window",
            "Eight slices of time, one after the other: what is wrong early is handed on.",
            {"beta": 20.0, **SECOND, "depth": 1, "width": 20, "points_inside": 200,
             "windows.count": 8, "steps_per_window": 30},
        ),
    )  # fmt: skip
