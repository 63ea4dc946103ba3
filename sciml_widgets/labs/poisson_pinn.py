"""A membrane under a load by a network: no time, only edges."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.physics import Poisson, Problem

__all__ = ["PoissonPINN"]


@dataclass
class PoissonPINN(PINN):
    """u_xx + u_yy = -f on a square, u = 0 on its edge.

    What you should see: one bump grows from the middle. The equation's residual is counted in
    units of f, about 20: without a large weight the edges are forgotten.

    Good values: k = 1 with Adam is right to a few per cent in some hundred steps; "gauss-newton"
    in float64 reaches 1e-3 in seconds. k = 4 needs a wider network, or Fourier features.
    """

    problem: Problem = Poisson()
    weights: Any = loss_weights(Poisson(), sides=300.0, ends=300.0)

    title: ClassVar[str] = "A membrane under a load by a network"
    about: ClassVar[str] = "A square membrane, held at its edge, is pressed down."
