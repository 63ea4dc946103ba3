"""The Hénon map in four dimensions, a ring in two lines, and who survives. Knows no surrogate."""

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sciml_widgets.knobs import knob

__all__ = ["EDGE", "LOST", "Henon", "by_bisection", "quadrant", "survive"]

EDGE = 0.8
"""Particles start at 0 <= x, y <= EDGE, at rest; beyond, almost nothing survives."""

LOST = 4.0
"""x² + px² + y² + py² beyond which a particle has hit the wall: it does not come back."""

Many = Float[np.ndarray, " n"]
Turns = Int[np.ndarray, " n"]


@dataclass(frozen=True)
class Henon:
    """A ring: one kick by a sextupole and an octupole, then a rotation by both tunes.

    px += x² - y² + K (x³ - 3 x y²),  py += -2 x y + K (y³ - 3 x² y), then (x, px) turns by
    2π ν_x and (y, py) by 2π ν_y. No units. Near ν_x = 1/3 almost nothing survives. Good values:
    0.26 to 0.3 and 0.28 to 0.33. Source: Bazzani, Servizi, Todesco and Turchetti (1994), CERN
    94-02, doi 10.5170/CERN-1994-002.
    """

    nu_x: float = knob(
        0.28, 0.25, 0.35, step=0.001, kind="view", label="tune ν_x", group="Machine shown",
        help="oscillations in x per turn; 1/3 is a resonance",
    )  # fmt: skip
    nu_y: float = knob(
        0.31, 0.25, 0.35, step=0.001, kind="view", label="tune ν_y", group="Machine shown",
        help="oscillations in y per turn",
    )  # fmt: skip
    octupole: float = knob(
        0.0, -1.0, 1.0, step=0.01, kind="view", label="octupole K", group="Machine shown",
        help="strength of the octupole; 0: the sextupole alone",
    )  # fmt: skip

    def turn(self, state: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 4"]:
        """One turn of (x, px, y, py)."""
        x, px, y, py = state.T
        return np.stack(_turn(x, px, y, py, *_waves(self.nu_x, self.nu_y), self.octupole), 1)

    def survival(self, x: Many, y: Many, turns: int) -> Turns:
        """Whole turns that particles survive which start at rest at (x, y), at most `turns`."""
        return survive(x, y, self.nu_x, self.nu_y, self.octupole, turns)


def survive(
    x: Many, y: Many, nu_x: Many | float, nu_y: Many | float, octupole: Many | float, turns: int
) -> Turns:
    """As `Henon.survival`, each particle in a ring of its own.

    Raises:
        ValueError: fewer than one turn.
    """
    if turns < 1:
        raise ValueError(f"turns={turns} must be 1 or more")
    x, y, nu_x, nu_y, k = (
        np.array(one, dtype=float) for one in np.broadcast_arrays(x, y, nu_x, nu_y, octupole)
    )
    px, py = np.zeros_like(x), np.zeros_like(x)
    waves, alive = _waves(nu_x, nu_y), np.arange(len(x))
    survived = np.full(len(x), turns)
    for done in range(turns):
        x, px, y, py = _turn(x, px, y, py, *waves, k)
        lost = x * x + px * px + y * y + py * py > LOST
        if lost.any():
            survived[alive[lost]] = done
            stay = ~lost
            x, px, y, py, k, alive = (one[stay] for one in (x, px, y, py, k, alive))
            a, b, c, d = (one[stay] for one in waves)
            waves = a, b, c, d
            if not len(x):
                break
    return survived


def _waves(nu_x: Any, nu_y: Any) -> tuple[Any, Any, Any, Any]:
    a, b = 2 * pi * np.asarray(nu_x), 2 * pi * np.asarray(nu_y)
    return np.cos(a), np.sin(a), np.cos(b), np.sin(b)


def _turn(
    x: Any, px: Any, y: Any, py: Any, cos_x: Any, sin_x: Any, cos_y: Any, sin_y: Any, k: Any
) -> tuple[Any, Any, Any, Any]:
    xx, yy = x * x, y * y
    px = px + xx - yy + k * x * (xx - 3 * yy)
    py = py - 2 * x * y + k * y * (yy - 3 * xx)
    return (
        cos_x * x + sin_x * px,
        cos_x * px - sin_x * x,
        cos_y * y + sin_y * py,
        cos_y * py - sin_y * y,
    )


def quadrant(size: int) -> Float[np.ndarray, "n 2"]:
    """Places (x, y) in the middle of size x size cells of the quadrant, x running fastest."""
    line = EDGE * (np.arange(size) + 0.5) / size
    return np.stack([np.tile(line, size), np.repeat(line, size)], 1)


def by_bisection(ring: Henon, rays: int, halvings: int, turns: int) -> tuple[Many, Many, int]:
    """The edge of survival on rays from the origin: angles, radii, particles tracked.

    It takes for granted that on a ray nobody survives beyond the first loss, and then knows each
    radius to √2 EDGE / 2^(halvings + 1). Raises ValueError: fewer than two rays.
    """
    if rays < 2:
        raise ValueError(f"rays={rays} must be 2 or more: the edge is drawn between them")
    angles = np.linspace(0, pi / 2, rays)
    low, high = np.zeros(rays), np.full(rays, 2**0.5 * EDGE)
    for _ in range(halvings):
        middle = (low + high) / 2
        there = ring.survival(middle * np.cos(angles), middle * np.sin(angles), turns) >= turns
        low, high = np.where(there, middle, low), np.where(there, high, middle)
    return angles, (low + high) / 2, rays * halvings
