"""Growth to "full" by a network: u = 0 is a trap."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.labs.windows import Windows
from sciml_widgets.physics import Problem, Reaction

__all__ = ["ReactionPINN"]


@dataclass
class ReactionPINN(PINN):
    """u_t = ρ u (1 - u) on a ring: every place grows to 1 for itself, from a bell.

    What you should see: the bell's flanks steepen while its top stays at 1. The network is late at
    the edge between empty and full, and there the error stays longest.

    Good values: ρ = 5 is the paper's case. Take the weight of the initial condition down to 0.1,
    and the network slides into u = 0, which obeys everything else.
    """

    problem: Problem = Reaction()
    weights: Any = loss_weights(Reaction(), ic=10.0)
    curriculum: Curriculum | None = Curriculum("rho")
    windows: Windows | None = Windows()

    title: ClassVar[str] = "Growth on a ring by a network"
    about: ClassVar[str] = "Each place grows to 1 for itself; u = 0 is a trap."
