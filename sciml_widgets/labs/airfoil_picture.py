"""How an airfoil and the flow about it are drawn. Knows no training and no network."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.knobs import choice, knob
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.picture import INK, Axis, Image, Lines, Mark, Plot

__all__ = [
    "LIMITS",
    "angle_knob",
    "camber_knob",
    "channel_knob",
    "field_plot",
    "outline",
    "section",
    "tail_knob",
    "thickness_knob",
]

LIMITS = {"pressure": (-1.5, 0.5), "velocity along": (0.0, 1.8), "velocity across": (-0.8, 0.8)}
"""Colour limits of each channel: pressure in ρU², velocities in U."""

FRAME = (-1.0, 1.0, -0.5, 0.5)
"""What is drawn of the tunnel: its middle half."""


def thickness_knob(kind: Any) -> Any:
    """Thickness in per cent of the chord."""
    return knob(
        12.0, 8.0, 24.0, kind=kind, unit="%", group="Airfoil", help="thickness, in parts of chord"
    )


def camber_knob(kind: Any) -> Any:
    """Camber in per cent of the chord."""
    return knob(
        2.0, -8.0, 8.0, kind=kind, unit="%", group="Airfoil",
        help="height of the arch of its middle line, in parts of the chord",
    )  # fmt: skip


def tail_knob(kind: Any) -> Any:
    """Angle at the tail, in degrees: 0 is Joukowski's cusp."""
    return knob(
        0.0, 0.0, 16.0, kind=kind, unit="°", label="tail angle", group="Airfoil",
        help="angle between both surfaces at the tail; 0 is a Joukowski airfoil",
    )  # fmt: skip


def angle_knob(kind: Any) -> Any:
    """Angle of attack in degrees."""
    return knob(
        6.0, -22.5, 22.5, kind=kind, unit="°", label="angle of attack", group="Airfoil",
        help="from where the wind comes: above 0 it blows from below",
    )  # fmt: skip


def channel_knob() -> Any:
    """Which of the three pictures is drawn."""
    return choice(
        "pressure", tuple(LIMITS), kind="view", group="Airfoil", help="which field is drawn"
    )


def section(lab: Any) -> Airfoils:
    """The airfoil that a lab's four knobs say, a single case in float32."""
    degrees = math.pi / 180
    four = (lab.thickness / 100, lab.camber / 100, lab.tail * degrees, lab.angle * degrees)
    return Airfoils(*(torch.tensor([one], dtype=torch.float32) for one in four))


def outline(airfoil: Airfoils) -> Lines:
    """The edge of one airfoil."""
    s = airfoil.surface(160)
    x, y = (torch.cat([a[0], a[0, :1]]).double().numpy() for a in (s.x, s.y))
    return Lines(x, y, "", INK, "solid", 1.2)


def field_plot(
    title: str, field: Tensor, fluid: Tensor, limits: tuple[float, float], alt: str,
    *others: Mark, error: bool = False, note: str = "",
) -> Plot:  # fmt: skip
    """The middle half of one field (s, s), empty where the airfoil is."""
    rows = slice(len(field) // 4, -(len(field) // 4))
    z = np.where(fluid[rows].numpy() > 0, field[rows].double().numpy(), np.nan)
    image = Image(z, FRAME, *limits, "error" if error else "field")
    axes = Axis("x in chords", *FRAME[:2]), Axis("y", *FRAME[2:])
    return Plot(title, (image, *others), *axes, note=note, alt=alt, equal=True)
