"""Who survives in a ring, as brute force and a surrogate have it, in pictures. Trains nothing."""

from functools import lru_cache

import numpy as np

from sciml_widgets.physics import Henon
from sciml_widgets.physics.henon import EDGE, quadrant
from sciml_widgets.picture import Axis, Image, Picture, Plot, Points

__all__ = ["brute_force", "survival_picture"]

BOX = (0.0, EDGE, 0.0, EDGE)
AXES = Axis("x", 0.0, EDGE), Axis("y", 0.0, EDGE)
ALIVE, DEAD = 0, 1
"""Colours of particles that were tracked: blue and orange."""


@lru_cache(maxsize=16)
def brute_force(ring: Henon, turns: int, size: int) -> np.ndarray:
    """Turns survived by size x size particles, (size, size), row by row of y."""
    found = ring.survival(*quadrant(size).T, turns=turns).reshape(size, size)
    found.setflags(write=False)
    return found


def survival_picture(
    ring: Henon, survived: np.ndarray, turns: int, chance: np.ndarray | None = None,
    points: np.ndarray | None = None, alive: np.ndarray | None = None, elsewhere: int = 0,
) -> Picture:  # fmt: skip
    """Turns survived in colour; a surrogate's chance of survival; where it is wrong.

    `chance` (n,) is on the cells of `survived`, `points` (p, 5) were tracked in this ring and
    `alive` (p,) of them survived; `elsewhere` were tracked in others.
    """
    size, stable = len(survived), survived >= turns
    top = float(np.log10(turns))
    share = f"{100 * stable.mean():.1f} % survive {turns} turns"
    log = np.log10(np.maximum(survived, 1.0))
    truth = Plot(
        "truth: turns survived",
        (Image(log, BOX, 0.0, top, unit="log10 turns"),),
        *AXES,
        alt=f"Turns survived over the starting place x, y. {share} of {size * size} particles.",
        equal=True,
    )
    said = f"ν_x = {ring.nu_x:.3f}, ν_y = {ring.nu_y:.3f}, K = {ring.octupole:.2f}"
    if chance is None or points is None or alive is None:
        return Picture((truth,), f"{said}: {share}.")
    field = chance.reshape(size, size)
    wrong = (field > 0.5).astype(float) - stable
    rate = f"{100 * np.abs(wrong).mean():.1f} % of the map is wrong"
    dots = [
        Points(some[:, 0], some[:, 1], label, colour, 2.5)
        for some, label, colour in (
            (points[alive], "survived", ALIVE), (points[~alive], "lost", DEAD),
        )
        if len(some)
    ]  # fmt: skip
    where = f"{len(points)} tracked here" + (f", {elsewhere} elsewhere" if elsewhere else "")
    return Picture(
        (
            truth,
            Plot(
                "surrogate: chance",
                (Image(field, BOX, 0.0, 1.0, unit="chance"), *dots),
                *AXES,
                alt=f"The surrogate's chance of survival over x and y, with the particles that "
                f"were tracked: {where}.",
                equal=True,
            ),
            Plot(
                "where it is wrong",
                (Image(wrong, BOX, -1.0, 1.0, "error", unit="surrogate minus truth"),),
                *AXES,
                alt=f"+1 where the surrogate says stable and the truth lost, -1 the other way "
                f"round: {rate}.",
                equal=True,
            ),
        ),
        f"{said}: {share}; {where}; {rate}.",
    )
