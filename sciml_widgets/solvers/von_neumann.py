"""How fast a flow a step on a ring can follow: every wave is asked. Knows no equation.

After Charney, Fjørtoft and von Neumann (1950), doi 10.3402/tellusa.v2i4.8607: put a small wave on
a constant flow U and see by how much one step multiplies it. For Burgers' and the
Kuramoto-Sivashinsky equation this is the whole linear stability; where u varies, max|u| takes the
place of U, which is usual and no proof.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sciml_widgets.solvers.ring import largest
from sciml_widgets.solvers.stability import Unstable, hold

__all__ = ["amplification", "fastest", "watched"]

Step = Callable[[Tensor], Tensor]

ROUNDING = 1e-6
"""A factor nearer to 1 than this neither grows nor falls (single precision)."""

SEARCHED, SPEEDS = 50.0, 1001
"""The largest speed that is tried, and into how many parts a range is cut each time."""


def amplification(step: Step, points: int, speeds: Tensor) -> Tensor:
    """The factor |g| of each wave in a step, on constant flows U: (m,) to (m, points / 2 + 1).

    `step` maps states (..., points) to the same shape, can be differentiated, and treats all
    points alike. So its slope at one point, taken at u = U, holds the factors of all waves.
    """
    flow = speeds.detach()[:, None].repeat(1, points).requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(step(flow)[:, 0].sum(), flow)
    return torch.fft.rfft(slope).abs()


def fastest(step: Step, points: int, dtype: torch.dtype = torch.float64) -> float:
    """The largest U up to which no wave grows that is damped at rest; infinite above 50.

    Waves that grow at rest, as the long ones of Kuramoto and Sivashinsky do, are left out: they
    must grow.

    Raises:
        ValueError: no wave is damped at rest.
    """
    still = torch.zeros(1, dtype=dtype)
    damped = amplification(step, points, still)[0] < 1 - ROUNDING
    if not damped.any():
        raise ValueError("no wave is damped at rest: there is nothing to judge a flow by")
    low, high = 0.0, SEARCHED
    for _ in range(3):
        speeds = torch.linspace(low, high, SPEEDS, dtype=dtype)
        grows = (amplification(step, points, speeds)[:, damped] > 1 + ROUNDING).any(1)
        if not grows.any():
            return math.inf
        first = int(grows.nonzero()[0])
        low, high = float(speeds[max(first - 1, 0)]), float(speeds[first])
    return low


def watched(
    step: Step, points: int, *, dtype: torch.dtype = torch.float64, ignore_limit: bool = False
) -> Step:
    """The same step, that refuses a state whose max|u| is above `fastest(step, points)`.

    The state is asked anew at each step: what a chaotic run, a network or a search makes of it is
    not known beforehand. With `ignore_limit` it is the step itself.

    Raises:
        Unstable: no wave is damped at rest; when it is called: names max|u| and the limit.
    """
    if ignore_limit:
        return step
    try:
        limit = fastest(step, points, dtype)
    except ValueError as error:
        remedy = "take a finer grid, or ignore_limit=True to see what happens"
        raise Unstable(f"this step follows no flow: {error}; {remedy}") from error

    def careful(u: Tensor) -> Tensor:
        hold(largest(u), limit, "max|u|", "take a smaller dt, or a finer grid")
        return step(u)

    return careful
