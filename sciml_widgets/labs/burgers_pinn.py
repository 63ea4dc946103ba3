"""The first lab: Burgers' equation by a network, beside the exact solution."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.physics import Burgers, Problem

__all__ = ["BurgersPINN"]


@dataclass
class BurgersPINN(PINN):
    """u_t + u u_x = ν u_xx on -1 <= x <= 1, 0 <= t <= 1; u(x, 0) = -sin πx, u(±1, t) = 0.

    What you should see: after some restless steps all times become right at about the same pace;
    the two halves of the sine steepen towards x = 0, where the error stays longest.

    Good values: ν = 0.05 is solved to 5 % in a few hundred steps. ν = 0.01/π = 0.00318 is the
    challenge: the losses become small while the error does not. A weight of 10 on the initial
    condition keeps the network from the easy wrong answer u = 0. With the task "reconstruct"
    the state at t = 1/2 is given instead, and the past must be inferred; with "sensors" ten
    measurements stand for the initial state (a few per cent in 1500 steps). Draw the initial
    state yourself: a step down stays a shock, a step up spreads.
    """

    problem: Problem = Burgers()
    weights: Any = loss_weights(Burgers(), ic=10.0)

    title: ClassVar[str] = "Burgers' equation by a network"
    about: ClassVar[str] = "A sine becomes a shock; a network knows equation, start and walls."
