"""A wave that focuses, by a network with two outputs, beside a spectral solution."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Generator

from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN, Solution
from sciml_widgets.labs.plane import solution_picture
from sciml_widgets.physics import Points, Problem, Schroedinger, Values
from sciml_widgets.picture import Picture, View
from sciml_widgets.preset import Preset

__all__ = ["SchroedingerPINN"]


@dataclass(frozen=True)
class Modulus(Problem):
    """|h| of a problem whose unknowns are the two parts of h: what is drawn."""

    of: Problem = Schroedinger()

    box = Schroedinger.box
    unknowns = ("|h|",)
    limits = (0.0, 4.1)
    at = Schroedinger.at

    def exact(self, points: Points) -> Values:
        """The length of h, (n, 1)."""
        return self.of.exact(points).norm(dim=1, keepdim=True)


@dataclass
class SchroedingerPINN(PINN):
    """i h_t + ½ h_xx + |h|² h = 0 on a ring, h(x, 0) = 2 sech x; the network gives u and v.

    What to look for: |h| must draw together to a peak of 4 at x = 0, t = π/4.

    Good values: the preset "by Gauss-Newton".
    """

    problem: Problem = Schroedinger()
    weights: Any = loss_weights(Schroedinger(), ic=10.0)

    title: ClassVar[str] = "A wave that focuses, by a network"
    about: ClassVar[str] = "Schrödinger's equation has a complex wave: a network with two outputs."
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "by Gauss-Newton",
            "Every residual counts by itself: few steps, each of them dear.",
            {"optimizer": "gauss-newton", "precision": "float64", "points_inside": 1000,
             "sampling": "adaptive", "redraw": 3},
        ),
    )  # fmt: skip

    def picture(self, state: Solution | None, view: View) -> Picture:
        """|h|, its error, and slices: the two parts turn too fast to be looked at."""
        if state is None:
            generator = Generator().manual_seed(self.seed)
            state = Solution.of(self.net.build(self.problem, generator), self.problem)
        solution = state

        def modulus(points: Points) -> Values:
            return solution(points).norm(dim=1, keepdim=True)

        return solution_picture(Modulus(state.problem), modulus, view.size)
