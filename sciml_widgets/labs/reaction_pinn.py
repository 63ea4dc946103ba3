"""Growth to "full" by a network: u = 0 is a trap."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.labs.windows import Windows
from sciml_widgets.physics import Problem, Reaction
from sciml_widgets.preset import Preset

__all__ = ["ReactionPINN"]


@dataclass
class ReactionPINN(PINN):
    """u_t = ρ u (1 - u) on a ring: every place grows to 1 for itself, from a bell.

    What you should see: the bell's flanks steepen while its top stays at 1. The network is late at
    the edge between empty and full, and there the error stays longest.

    Good values: ρ = 5 is the case of Krishnapriyan et al. (2021), arXiv:2109.01050, where all
    weights are 1. Take the weight of the initial condition down to 1, and the network slides into
    u = 0, which obeys everything else.
    """

    problem: Problem = Reaction()
    weights: Any = loss_weights(Reaction(), ic=10.0)
    curriculum: Curriculum | None = Curriculum("rho")
    windows: Windows | None = Windows()

    title: ClassVar[str] = "Growth on a ring by a network"
    about: ClassVar[str] = "Each place grows to 1 for itself; u = 0 is a trap."
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "the trap u = 0",
            "All weights are 1, as in the paper. From nothing grows nothing: no equation minds.",
            {"w_ic": 1.0},
            goal="rel_l2<0.2",
            within=300,
        ),
        Preset(
            "the trap u = 0, repaired",
            "The same loss weights; a smaller network and Gauss-Newton find the way out.",
            {"w_ic": 1.0, "optimizer": "gauss-newton", "precision": "float64", "depth": 2,
             "points_inside": 300},
            repairs="the trap u = 0",
        ),
    )  # fmt: skip
