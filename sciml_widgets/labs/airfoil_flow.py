"""A wind tunnel with smoke: the exact flow about an airfoil bent by hand. Trains nothing."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.labs.airfoil_picture import (
    LIMITS,
    angle_knob,
    camber_knob,
    channel_knob,
    field_plot,
    outline,
    section,
    tail_knob,
    thickness_knob,
)
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, Points, View
from sciml_widgets.wind_tunnel import CHANNELS, outside, pictures

__all__ = ["AirfoilFlow"]

STEP = 0.03
"""Time between two frames, in chords over wind."""
STREAMS, PUFFS = 25, 90
"""Sources of smoke, and how many puffs of each are followed."""


@dataclass
class AirfoilFlow(Experiment):
    """Exact potential flow about Joukowski and Kármán-Trefftz airfoils, as smoke is carried along.

    What you should see: the smoke parts at the nose and leaves smoothly at the tail (Kutta's
    condition). The air above is faster, its pressure lower: that is lift, at every frame equal to
    that of Kutta and Joukowski. There is no drag, and at any angle no separation.

    Good values: camber 4 % at 0 degrees lifts; 8 % thick at 22 degrees has a suction at the nose
    that no real air would bear.
    """

    thickness: float = thickness_knob("hot")
    camber: float = camber_knob("hot")
    tail: float = tail_knob("hot")
    angle: float = angle_knob("hot")
    channel: str = channel_knob()

    title: ClassVar[str] = "A wind tunnel, exactly"
    about: ClassVar[str] = "Smoke in the exact flow about an airfoil. Bend it while it runs."
    length: ClassVar[int] = 400
    series = (
        Series("lift", "lift C_L from the pressure on the surface", scale="linear"),
        Series("joukowski", "lift by Kutta and Joukowski", scale="linear"),
        Series("drag", "drag C_D from the pressure", scale="linear"),
    )

    def frames(self) -> Iterator[Frame]:
        """One moment of the smoke a frame."""
        smoke = torch.empty(0, 2, dtype=torch.float64)
        for step in range(10**6):
            airfoil = section(self).to(torch.float64)
            smoke = _carried(torch.cat([smoke, _source(airfoil)])[-STREAMS * PUFFS :], airfoil)
            lift, drag = _forces(airfoil)
            scalars = {"lift": lift, "drag": drag, "joukowski": float(airfoil.lift())}
            yield Frame(step, scalars, _Snapshot(smoke))

    def picture(self, state: np.ndarray | None, view: View) -> Picture:
        """The field with the smoke, and the pressure along the chord."""
        airfoil = section(self)
        inputs, outputs = pictures(airfoil, 64)
        name = self.channel
        field = outputs[0, CHANNELS.index(name)]
        there = np.zeros((0, 2)) if state is None else state
        smoke = Points(there[:, 0], there[:, 1], "", INK, 1.2)
        said = f"{name} from {float(field.min()):.2f} to {float(field.max()):.2f}"
        tunnel = field_plot(
            name, field, outside(inputs)[0, 0], LIMITS[name], f"The exact {said}, with smoke.",
            outline(airfoil), smoke, note="exact",
        )  # fmt: skip
        fine = airfoil.to(torch.float64)
        s = fine.surface(400)
        peak = float((-2 * s.p).max())
        top = max(2.0, math.ceil(peak))
        halves = [
            (s.x[0, a].numpy(), -2 * s.p[0, a].numpy()) for a in (slice(200), slice(200, 400))
        ]
        lines = (
            Lines(*halves[0], "above"),
            Lines(*halves[1], "below", 1, "dashed"),
        )
        along = Plot(
            "suction along the chord", lines, Axis("x in chords", -0.5, 0.5),
            Axis("suction -C_p", -1.2, top), note=f"peak {peak:.1f}",
            alt=f"Suction above and below the airfoil; its largest value is {peak:.1f}.",
        )  # fmt: skip
        lift = float(fine.lift())
        return Picture((tunnel, along), f"Lift C_L = {lift:.2f}; suction peak C_p = {-peak:.1f}.")


@dataclass(frozen=True)
class _Snapshot:
    smoke: Tensor

    def __call__(self) -> np.ndarray:
        inside = (self.smoke.abs() < torch.tensor([0.99, 0.49])).all(1)
        return self.smoke[inside].numpy().copy()


def _source(airfoil: Airfoils) -> Tensor:
    """New puffs on a line across the wind, upstream."""
    across = torch.linspace(-0.8, 0.8, STREAMS, dtype=torch.float64)
    cos, sin = torch.cos(airfoil.angle), torch.sin(airfoil.angle)
    return torch.stack([-1.2 * cos - across * sin, -1.2 * sin + across * cos], 1)


def _carried(smoke: Tensor, airfoil: Airfoils) -> Tensor:
    """One step of the midpoint rule."""

    def wind(places: Tensor) -> Tensor:
        u, v, _, _ = airfoil.flow(places[None, :, 0], places[None, :, 1])
        return torch.stack([u[0], v[0]], 1)

    return smoke + STEP * wind(smoke + STEP / 2 * wind(smoke))


def _forces(airfoil: Airfoils) -> tuple[float, float]:
    """Lift and drag coefficients from the pressure on the surface."""
    s = airfoil.surface(800)
    dx, dy = ((torch.roll(a, -1, 1) - torch.roll(a, 1, 1)) / 2 for a in (s.x, s.y))
    fx, fy = float(-2 * (s.p * dy).sum()), float(2 * (s.p * dx).sum())
    alpha = float(airfoil.angle)
    cos, sin = math.cos(alpha), math.sin(alpha)
    return fy * cos - fx * sin, fx * cos + fy * sin
