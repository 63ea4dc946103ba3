"""The wind turns about an airfoil, and the shipped network must follow. Trains nothing."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from sciml_widgets.any_wind import AnyWind
from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.labs.airfoil_picture import (
    LIMITS,
    camber_knob,
    channel_knob,
    field_plot,
    outline,
    tail_knob,
    thickness_knob,
)
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.picture import Picture, View, round_limit
from sciml_widgets.preset import Preset
from sciml_widgets.shipped import load
from sciml_widgets.wind_tunnel import (
    CHANNELS,
    Pictures,
    balance,
    channel_errors,
    outside,
    pictures,
    suction_peak,
)

__all__ = ["AirfoilReady", "Wind"]

FIRST, TURN, LENGTH = -22.5, 0.5, 91
"""Degrees of the first frame, from frame to frame, and how many frames there are."""


@dataclass(frozen=True)
class Wind:
    """A snapshot: the network, and from where the wind blows, in degrees."""

    network: AnyWind
    degrees: float


@dataclass
class AirfoilReady(Experiment):
    """The network for 128 x 128 pixels that comes with the package, while the wind turns.

    Each frame asks it for the flow with the wind half a degree steeper, and compares with the
    exact one. It was trained on Joukowski airfoils (no tail angle) from -10 to 10 degrees.

    What you should see: an error near 1 % for any wind, also beyond 10 degrees, since its flow is
    linear in the wind by construction. A tail of 12 degrees makes it 3 to 12 %, largest where the
    airfoil changes the wind least.

    Good values: 12 % thick, camber 2 %, tail 0, then tail 12 degrees.
    """

    thickness: float = thickness_knob("hot")
    camber: float = camber_knob("hot")
    tail: float = tail_knob("hot")
    channel: str = channel_knob()

    title: ClassVar[str] = "A ready surrogate, and the wind turns"
    about: ClassVar[str] = "The network that comes with the package, against the exact flow."
    length: ClassVar[int] = LENGTH
    series = (
        Series("error", "relative error", role="error", x="degrees", percent=True),
        Series("lift", "lift, network", scale="linear", x="degrees"),
        Series("exact", "lift, exact", scale="linear", x="degrees"),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("a new family", "A tail of 12 degrees: no such airfoil was trained on.",
               {"tail": 12.0}),
        Preset("thin and arched", "8 % thick: the suction at the nose is largest.",
               {"thickness": 8.0, "camber": 5.0}),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """The wind half a degree steeper each frame."""
        network = load()
        for step in range(LENGTH):
            degrees = FIRST + TURN * step
            airfoil, truth, found = self._asked(network, degrees)
            scalars = {
                "degrees": degrees,
                "error": float(channel_errors(found, truth).mean()),
                "lift": float(balance(found, airfoil.angle).turning),
                "exact": float(airfoil.lift()),
            }
            yield Frame(step, scalars, partial(Wind, network, degrees))

    def picture(self, state: Wind | None, view: View) -> Picture:
        """The exact field, the network's, and their difference, at all 128 x 128 pixels."""
        degrees = 0.0 if state is None else state.degrees
        name = self.channel
        which, limits = CHANNELS.index(name), LIMITS[name]
        if state is None:
            airfoil = self._airfoil(degrees)
            inputs, outputs = pictures(airfoil, 128)
            fluid, edge = outside(inputs)[0, 0], outline(airfoil)
            exact = field_plot(f"exact {name}", outputs[0, which], fluid, limits,
                               f"The exact {name} about the airfoil.", edge)  # fmt: skip
            return Picture((exact,), "Nothing was asked yet.")
        airfoil, truth, found = self._asked(state.network, degrees)
        fluid, edge = outside(truth.inputs)[0, 0], outline(airfoil)
        wrong = (found - truth.outputs)[0, which]
        largest = float(wrong.abs().max())
        end = round_limit(max(0.02, 0.2 * largest))
        plots = (
            field_plot(f"exact {name}", truth.outputs[0, which], fluid, limits,
                       f"The exact {name}, wind from {degrees:g} degrees.", edge),
            field_plot(f"network's {name}", found[0, which], fluid, limits,
                       f"The network's {name}, wind from {degrees:g} degrees.", edge),
            field_plot("the error", wrong, fluid, (-end, end),
                       f"The error of the {name}; at most {largest:.2g}.", edge, error=True,
                       note=f"at most {largest:.2g}"),
        )  # fmt: skip
        exact, theirs = (float(suction_peak(one)) for one in (truth.outputs, found))
        share = float(channel_errors(found, truth).mean())
        said = (
            f"Wind from {degrees:g}°: relative error {100 * share:.1f} %. "
            f"Suction peak: exact C_p = {exact:.1f}, network {theirs:.1f}."
        )
        return Picture(plots, said)

    def _airfoil(self, degrees: float) -> Airfoils:
        shape = [self.thickness / 100, self.camber / 100]
        angles = [math.radians(self.tail), math.radians(degrees)]
        return Airfoils(*torch.tensor([*shape, *angles], dtype=torch.float32).split(1))

    def _asked(self, network: AnyWind, degrees: float) -> tuple[Airfoils, Pictures, Tensor]:
        airfoil = self._airfoil(degrees)
        truth = pictures(airfoil, 128)
        with torch.no_grad():
            return airfoil, truth, network(truth.inputs)
