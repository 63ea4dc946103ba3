"""Which wave equation was it? Two coefficients of Schrödinger's from noisy measurements."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_widgets.labs.identified_picture import identified_picture
from sciml_widgets.labs.identify import Identify
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import Net
from sciml_widgets.labs.schroedinger_pinn import modulus
from sciml_widgets.labs.unknown import Coefficient, Unknown
from sciml_widgets.physics import Problem, SchroedingerMeasured
from sciml_widgets.picture import Picture, View
from sciml_widgets.preset import Preset

__all__ = ["SchroedingerIdentify"]

COEFFICIENTS = (Coefficient("lambda1", "λ1", start=0.2), Coefficient("lambda2", "λ2", start=0.5))


@dataclass
class SchroedingerIdentify(Identify):
    """i h_t + λ1 h_xx + λ2 |h|² h = 0 with λ1 and λ2 unknown; h was measured at some places.

    What you should see: the network, which gives both parts of h, follows the measurements, and
    λ1 and λ2 move to their true values. |h| is drawn: its parts turn too fast to be looked at.

    Good values: 300 places, 1 % of noise, 100 steps of Gauss-Newton. Raissi, Perdikaris and
    Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045, solve it forward with known coefficients.
    """

    problem: Problem = SchroedingerMeasured()
    weights: Any = loss_weights(SchroedingerMeasured(), data=10.0)
    unknown: Any = Unknown(COEFFICIENTS, count=300)
    net: Net = Net(depth=3, width=20, precision="float64")

    length: ClassVar[int] = 182  # 150 steps, and a heartbeat at every fifth
    title: ClassVar[str] = "Which wave equation was it?"
    about: ClassVar[str] = "Two coefficients of Schrödinger's equation, from noisy measurements."
    presets: ClassVar[tuple[Preset, ...]] = ()

    def picture(self, state: Any, view: View) -> Picture:
        """The size of the wave, the estimates, the error, slices."""
        return identified_picture(self, state, view, modulus)
