"""A wave that focuses, by a network with two outputs, beside a spectral solution."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Generator

from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN, Solution
from sciml_widgets.labs.plane import Function, solution_picture
from sciml_widgets.physics import Box, Points, Problem, Schroedinger, Values
from sciml_widgets.picture import Picture, View
from sciml_widgets.preset import Preset

__all__ = ["SchroedingerPINN", "modulus"]


@dataclass(frozen=True)
class Modulus(Problem):
    """|h| of a problem whose unknowns are the two parts of h: what is drawn."""

    of: Problem = Schroedinger()

    unknowns = ("|h|",)

    @property
    def box(self) -> Box:  # type: ignore[override]
        """That of the wave."""
        return self.of.box

    @property
    def at(self) -> tuple[float, ...]:  # type: ignore[override]
        """The times of the slices."""
        return self.of.at

    @property
    def limits(self) -> tuple[float, float]:  # type: ignore[override]
        """No size is below 0."""
        return 0.0, self.of.limits[1]

    @property
    def truth(self) -> "Modulus":
        """The size of the true wave."""
        return Modulus(self.of.truth)

    def exact(self, points: Points) -> Values:
        """The length of h, (n, 1)."""
        return self.of.exact(points).norm(dim=1, keepdim=True)


def modulus(problem: Problem, network: Function) -> tuple[Problem, Function]:
    """The size of a wave in place of its two parts: what is drawn, and the network's."""
    return Modulus(problem), lambda points: network(points).norm(dim=1, keepdim=True)


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
        return solution_picture(*modulus(state.problem, state), view.size)
