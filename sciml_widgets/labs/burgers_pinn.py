"""The first lab: Burgers' equation by a network, beside the exact solution."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.physics import Burgers, Problem
from sciml_widgets.preset import Preset

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
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "wrong weights",
            "The start hardly counts, so the network takes the easy answer: u = 0 everywhere.",
            {"w_ic": 0.01},
            goal="rel_l2<0.05",
            within=400,
        ),
        Preset(
            "wrong weights, repaired",
            "A weight of 10 on the start: now u = 0 is no longer cheap.",
            {"w_ic": 10.0},
            repairs="wrong weights",
        ),
        Preset(
            "too few points",
            "A steep front and 50 points: between them the network does as it likes.",
            {"nu": 0.01, "points_inside": 50},
            goal="rel_l2<0.1",
            within=800,
        ),
        Preset(
            "too few points, repaired",
            "The same front with 500 points: no gap is left to cheat in.",
            {"nu": 0.01, "points_inside": 500},
            repairs="too few points",
        ),
        Preset(
            "Adam spikes",
            "A deep network and steps that are far too large: the losses jump, all is lost.",
            {"depth": 8, "lr": 0.1},
            goal="rel_l2<0.1",
            within=250,
        ),
        Preset(
            "Adam spikes, repaired",
            "The same deep network with steps of a twentieth of the size.",
            {"depth": 8, "lr": 0.005},
            repairs="Adam spikes",
        ),
        Preset(
            "the shock, by Gauss-Newton",
            "The papers' viscosity, 0.01/π. Adam needs many thousand steps; this needs a hundred.",
            {"nu": 0.01 / math.pi, "optimizer": "gauss-newton", "precision": "float64",
             "width": 14, "points_inside": 1500, "sampling": "adaptive", "redraw": 3,
             "w_bc": 10.0},
        ),
        Preset(
            "the past, by Gauss-Newton",
            "u is given at t = 1/2 and at the walls. Some of the start can be found, some cannot.",
            {"nu": 0.01 / math.pi, "optimizer": "gauss-newton", "precision": "float64",
             "width": 14, "points_inside": 1500, "sampling": "adaptive", "redraw": 3,
             "w_bc": 10.0, "w_data": 10.0, "task": "reconstruct"},
        ),
        Preset(
            "the past, as the lecture had it",
            "8 layers of 20, gradient descent with steps of 0.02, half mean squares.",
            {"nu": 0.01 / math.pi, "optimizer": "gradient-descent", "lr": 0.02, "depth": 8,
             "points_inside": 1000, "sampling": "uniform", "w_pde": 0.5, "w_bc": 0.25,
             "w_data": 0.25, "task": "reconstruct"},
        ),
    )  # fmt: skip

    def code(self, steps: int) -> str:
        """Lesson 05's own loop in plain torch, with these values."""
        from sciml_widgets.labs.take_away import burgers_code

        return burgers_code(self, steps)
