"""One task for many methods: u was seen at t = 1/2, all of u(x, t) is asked for. Knows no method.

Burgers' equation on -1 <= x < 1 from u(x, 0) = -sin πx. Whoever takes part is given the equation,
its viscosity and u(x, 1/2) in 128 cells, and is judged on the same grid of places and times.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.physics import Burgers

__all__ = ["CELLS", "MIDDLE", "REGIONS", "STEPS", "Reconstruction", "places"]

CELLS, STEPS, MIDDLE = 128, 32, 16
"""Of the grid of judgement: cells; steps from t = 0 to t = 1; steps to t = 1/2."""

REGIONS = {
    "everywhere": "all x, 0 ≤ t ≤ 1",
    "inside": "u(x, 0), |x| < 1/2",
    "outside": "u(x, 0), |x| > 1/2",
    "later": "all x, 1/2 ≤ t ≤ 1",
}
"""Where an error is taken. From inside everything has run into the shock by t = 1/2."""


@dataclass(frozen=True)
class Reconstruction:
    """Find u(x, t) for 0 <= t <= 1 from u(x, 1/2); u_t + u u_x = ν u_xx, u(x, 0) = -sin πx.

    The truth is Cole and Hopf's, no solver's: whoever solves on a grid pays for its grid. `noise`
    is the standard deviation of the errors of observation, `draw` their seed. Fields are arrays
    (33, 128): a row for each time. Raises ValueError for a negative noise.
    """

    nu: float = 0.01 / math.pi
    noise: float = 0.0
    draw: int = 0

    def __post_init__(self) -> None:
        if not self.noise >= 0:
            raise ValueError(f"noise={self.noise!r} is no size of an error: 0 or more")

    @property
    def x(self) -> np.ndarray:
        """The cells' centres, (128,)."""
        return -1 + (np.arange(CELLS) + 0.5) * 2 / CELLS

    @property
    def truth(self) -> np.ndarray:
        """The exact field, (33, 128); not to be written into."""
        return _exact(self.nu)

    @property
    def data(self) -> np.ndarray:
        """What was observed at t = 1/2, (128,): a new array."""
        wrong = np.random.default_rng(self.draw).standard_normal(CELLS)
        return self.truth[MIDDLE] + self.noise * wrong

    def errors(self, field: np.ndarray) -> dict[str, float]:
        """The mean of |field - truth| in each region. Raises ValueError for another shape."""
        if field.shape != self.truth.shape:
            raise ValueError(f"a field is {self.truth.shape}, a row for each time: {field.shape}")
        off, near = abs(field - self.truth), abs(self.x) < 0.5
        return {
            "everywhere": float(off.mean()),
            "inside": float(off[0, near].mean()),
            "outside": float(off[0, ~near].mean()),
            "later": float(off[MIDDLE:].mean()),
        }


@lru_cache(maxsize=1)
def places() -> Tensor:
    """The points (x, t) of a field, in its order: (33 x 128, 2)."""
    x = torch.from_numpy(Reconstruction().x)
    t = torch.linspace(0, 1, STEPS + 1, dtype=torch.float64)
    return torch.cartesian_prod(t, x).flip(1)


@lru_cache(maxsize=8)
def _exact(nu: float) -> np.ndarray:
    with torch.no_grad():
        truth = Burgers(nu=nu).exact(places()).numpy().reshape(STEPS + 1, CELLS)
    truth.flags.writeable = False
    return truth
