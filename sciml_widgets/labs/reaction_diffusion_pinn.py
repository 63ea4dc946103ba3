"""Growth that spreads round a ring, by a network: it must know the start to know the rest."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.labs.windows import Windows
from sciml_widgets.physics import Problem, ReactionDiffusion
from sciml_widgets.preset import Preset

__all__ = ["ReactionDiffusionPINN"]


@dataclass
class ReactionDiffusionPINN(PINN):
    """u_t = ν u_xx + ρ u (1 - u) on a ring: a bell flattens while it fills the ring.

    What you should see: with Adam the network says "full" too late, and far too little at first:
    u = 0 obeys the equation, and the way from it to the truth is long.

    Good values: ρ = 5 with ν from 2 to 6 are the cases of Krishnapriyan et al. (2021),
    arXiv:2109.01050, where all weights are 1. Gauss-Newton in float64 with two layers of 20 is
    below 1 % in some forty steps.
    """

    problem: Problem = ReactionDiffusion()
    weights: Any = loss_weights(ReactionDiffusion(), ic=10.0, bc=10.0)
    curriculum: Curriculum | None = Curriculum("rho")
    windows: Windows | None = Windows()

    title: ClassVar[str] = "Growth that spreads, by a network"
    about: ClassVar[str] = "A bell of life flattens while it fills a ring."
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "plain Adam",
            "Hundreds of steps, and the network is still far from the truth.",
            {},
            goal="rel_l2<0.1",
            within=300,
        ),
        Preset(
            "plain Adam, repaired",
            "Gauss-Newton, from a cold start: a few dozen steps.",
            {"optimizer": "gauss-newton", "precision": "float64", "depth": 2,
             "points_inside": 300},
            repairs="plain Adam",
        ),
    )  # fmt: skip
