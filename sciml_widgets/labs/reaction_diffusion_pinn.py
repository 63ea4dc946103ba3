"""Growth that spreads round a ring, by a network: it must know the start to know the rest."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.labs.windows import Windows
from sciml_widgets.physics import Problem, ReactionDiffusion

__all__ = ["ReactionDiffusionPINN"]


@dataclass
class ReactionDiffusionPINN(PINN):
    """u_t = ν u_xx + ρ u (1 - u) on a ring: a bell flattens while it fills the ring.
    """

    problem: Problem = ReactionDiffusion()
    weights: Any = loss_weights(ReactionDiffusion(), ic=10.0, bc=10.0)
    curriculum: Curriculum | None = Curriculum("rho")
    windows: Windows | None = Windows()

    title: ClassVar[str] = "Growth that spreads, by a network"
    about: ClassVar[str] = "A bell of life flattens while it fills a ring."
