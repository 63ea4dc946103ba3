"""Which equation was it? Two coefficients of Burgers' equation from noisy measurements."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.identify import Identify
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import Net
from sciml_widgets.labs.unknown import Coefficient, Unknown
from sciml_widgets.physics import BurgersMeasured, Problem
from sciml_widgets.preset import Preset

__all__ = ["BurgersIdentify"]

COEFFICIENTS = (
    Coefficient("lambda1", "λ1", start=0.5),
    Coefficient("lambda2", "λ2", start=0.01, positive=True),
)


@dataclass
class BurgersIdentify(Identify):
    """u_t + λ1 u u_x = λ2 u_xx with λ1 and λ2 unknown; u was measured at some places, with noise.

    What you should see: the network follows the measurements, and while it does, λ1 and λ2 move
    to their true values; their bars shrink. Turn a true value while it runs: the measurements
    change, and the estimates follow.

    Good values: 200 measurements with 1 % of noise give λ1 to 1 % and λ2 to 2 % in some twenty
    steps of Gauss-Newton. With much noise the equation should weigh more than the data (w_pde).
    """

    problem: Problem = BurgersMeasured()
    weights: Any = loss_weights(BurgersMeasured())
    unknown: Any = Unknown(COEFFICIENTS)
    net: Net = Net(depth=3, width=14, precision="float64")

    length: ClassVar[int] = 122  # 100 steps, and a heartbeat at every fifth
    title: ClassVar[str] = "Which equation was it?"
    about: ClassVar[str] = "Two coefficients of Burgers' equation, from noisy measurements."
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "almost no equation",
            "The equation hardly counts and is asked at 50 points: the network learns the noise.",
            {"noise": 0.1, "w_pde": 0.01, "points_inside": 50},
            goal="rel_l2<0.03",
            within=60,
        ),
        Preset(
            "almost no equation, repaired",
            "The equation counts, at 500 points: it ties the noisy values together.",
            {"noise": 0.1, "w_pde": 1.0, "points_inside": 500},
            repairs="almost no equation",
        ),
        Preset(
            "only the equation",
            "The equation counts a thousand times: the network obeys it, with wrong numbers.",
            {"noise": 0.1, "w_pde": 1000.0},
            goal="rel_l2<0.03",
            within=60,
        ),
        Preset(
            "only the equation, repaired",
            "Both wishes count, so the data can pull the numbers to where they fit.",
            {"noise": 0.1, "w_pde": 1.0},
            repairs="only the equation",
        ),
        Preset(
            "the papers' viscosity",
            "λ2 = 0.01/π, a shock: more points, where the residual is large, and patience.",
            {"lambda2": 0.01 / math.pi, "count": 500, "depth": 4, "points_inside": 800,
             "sampling": "adaptive", "redraw": 3},
        ),
    )  # fmt: skip
