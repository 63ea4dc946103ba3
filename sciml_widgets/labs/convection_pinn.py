"""A wave on a ring by a network: simple, and yet plain training fails."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.labs.windows import Windows
from sciml_widgets.physics import Convection, Problem

__all__ = ["ConvectionPINN"]


@dataclass
class ConvectionPINN(PINN):
    """u_t + β u_x = 0 on a ring; u(x, 0) = sin x, so u = sin(x - βt).

    What you should see: with Adam at β = 30 the losses fall, and the network is right at t = 0
    only: it has found that u = 0 obeys the equation nearly everywhere. β = 1 is solved at once.

    Good values: the optimizer "gauss-newton" in float64, with 1500 points that are redrawn every
    3 steps, solves β = 30 from a cold start: it is not the network that fails.
    """

    problem: Problem = Convection()
    weights: Any = loss_weights(Convection(), ic=10.0, bc=10.0)
    curriculum: Curriculum | None = Curriculum("beta")
    windows: Windows | None = Windows()

    title: ClassVar[str] = "A wave on a ring by a network"
    about: ClassVar[str] = "It only has to travel. Why is that so hard to learn?"
