"""A wind tunnel: airfoils drawn at random, their flow as pictures, and how wrong a picture is.

Knows no network: what it judges is three pictures of numbers, wherever they come from.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml_widgets.physics.airfoil import Airfoils

__all__ = [
    "CHANNELS",
    "HELD_OUT",
    "STEEPEST",
    "Balance",
    "Pictures",
    "angles",
    "balance",
    "channel_errors",
    "draw",
    "empty",
    "flattering_error",
    "held_out",
    "outside",
    "pictures",
    "pixels",
    "suction_peak",
    "through_surface",
]

CHANNELS = ("pressure", "velocity along", "velocity across")
HELD_OUT = ("same airfoils", "new airfoils", "new family", "steeper wind")
"""What was not trained on: known airfoils at new angles, new ones of the same kind, airfoils with
a tail that is no cusp, and known kinds in a wind from 10 to 20 degrees."""

DEGREE = math.pi / 180
STEEPEST = 10 * DEGREE
"""Largest angle of attack that is trained on."""

BLOCK = 2**18
"""Pixels at a time: few enough for the cache, enough that sharing a sum out is short beside it."""

SPARE = 2**22
"""Numbers asked for and dropped before the work, unused: from then on the C library (glibc) keeps
the memory that one block frees for the next, and fetches no empty pages anew."""

Images = Float[Tensor, "n 3 s s"]
Cases = Float[Tensor, " n"]


class Pictures(NamedTuple):
    """As in the lecture: three pictures in, three out, 2 x 2 chords with the airfoil amid.

    `inputs`: the wind's two components in the fluid, 0 in the airfoil, and the share of each
    pixel that the airfoil covers (to first order). `outputs`: pressure in ρU², velocity in U.
    """

    inputs: Images
    outputs: Images

    def some(self, rows: slice | Tensor) -> "Pictures":
        """Some of the cases."""
        return Pictures(self.inputs[rows], self.outputs[rows])


def draw(kind: str, count: int, generator: Generator) -> Airfoils:
    """Random airfoils, float32: "training" or one of HELD_OUT but the first.

    Training airfoils are Joukowski's: 8 to 20 % thick, camber -5 to 5 %, wind from -10 to 10
    degrees. "new family" has tails of 8 to 16 degrees, "steeper wind" 10 to 20 degrees of either
    sign. Raises ValueError for another kind.
    """
    if kind not in ("training", *HELD_OUT[1:]):
        raise ValueError(f"kind={kind!r} is none of training, {', '.join(HELD_OUT[1:])}")

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator, dtype=torch.float32)

    thickness, camber, tail, angle = (
        between(0.08, 0.20), between(-0.05, 0.05), between(8 * DEGREE, 16 * DEGREE),
        between(-STEEPEST, STEEPEST),
    )  # fmt: skip
    if kind != "new family":
        tail = torch.zeros_like(tail)
    if kind == "steeper wind":
        angle = angle + torch.copysign(torch.full_like(angle, STEEPEST), angle)
    return Airfoils(thickness, camber, tail, angle)


def angles(count: int, generator: Generator) -> Cases:
    """Angles of attack as trained on."""
    return STEEPEST * (2 * torch.rand(count, generator=generator, dtype=torch.float32) - 1)


def held_out(training: Airfoils, count: int, generator: Generator) -> dict[str, Airfoils]:
    """`count` cases of each kind in HELD_OUT; the first takes its airfoils from `training`."""
    known = training[torch.randint(len(training), (count,), generator=generator)]
    cases = {HELD_OUT[0]: known.turned(angles(count, generator))}
    return cases | {kind: draw(kind, count, generator) for kind in HELD_OUT[1:]}


def pixels(size: int, dtype: torch.dtype = torch.float32) -> Float[Tensor, " s"]:
    """The middles of the pixels of one row, in chords."""
    return (torch.arange(size, dtype=dtype) + 0.5) * (2 / size) - 1


def pictures(airfoils: Airfoils, size: int) -> Pictures:
    """The exact flow about each airfoil on size x size pixels, row 0 below.

    torch shares each sum out to its threads: to all cores, unless `machine.threads` or
    OMP_NUM_THREADS says fewer.
    """
    at = pixels(size, airfoils.angle.dtype)
    at.new_empty(SPARE)
    inputs = at.new_empty(len(airfoils), 3, size, size)
    outputs = torch.empty_like(inputs)
    cases = max(1, BLOCK // size**2)

    for first in range(0, len(airfoils), cases):
        rows = slice(first, first + cases)
        some, here, there = airfoils[rows], inputs[rows], outputs[rows]
        flow = some.flow(at[None, None, :], at[None, :, None])
        here[:, 0] = flow.fluid * torch.cos(some.angle)[:, None, None]
        here[:, 1] = flow.fluid * torch.sin(some.angle)[:, None, None]
        here[:, 2] = (0.5 - flow.distance * (size / 2)).clamp(0, 1)
        there[:, 0], there[:, 1], there[:, 2] = flow.p, flow.u, flow.v
    return Pictures(inputs, outputs)


def outside(inputs: Images) -> Float[Tensor, "n 1 s s"]:
    """1 where a pixel's middle is in the fluid, 0 in the airfoil."""
    return (inputs[:, :2].square().sum(1, keepdim=True) > 0).to(inputs.dtype)


def empty(inputs: Images) -> Images:
    """The wind alone, as if the airfoil did nothing: p = 0 and the velocity far away."""
    return torch.cat([torch.zeros_like(inputs[:, :1]), inputs[:, :2]], 1)


def channel_errors(found: Images, truth: Pictures) -> Float[Tensor, "n 3"]:
    """Relative L2 error of p, u, v for each case: error over what the airfoil changes.

    √(Σ(found - true)² / Σ(true - wind)²). 0 is perfect, 1 is as bad as an empty tunnel. (Divided
    by u itself it would flatter: u is close to 1 nearly everywhere.)
    """
    wrong = (found - truth.outputs).square().sum((2, 3))
    return (wrong / (truth.outputs - empty(truth.inputs)).square().sum((2, 3))).sqrt()


def flattering_error(found: Images, truth: Pictures) -> float:
    """Mean |found - true| over the largest |true| of the channel in all cases: what to avoid.

    The largest values are a few spikes at the nose, so everything looks small beside them.
    """
    wrong = (found - truth.outputs).abs().mean((0, 2, 3))
    return float((wrong / truth.outputs.abs().amax((0, 2, 3))).mean())


def suction_peak(outputs: Images) -> Cases:
    """The lowest pressure in each picture, as C_p = 2p."""
    return 2 * outputs[:, 0].amin((1, 2))


class Balance(NamedTuple):
    """What a picture says of the whole airfoil, each of shape (n,), from a frame around it.

    `turning` is the lift by circulation (Kutta and Joukowski), `push` the lift by momentum and
    pressure, `drag` the same along the wind, `leak` the net outflow in chords times wind. In
    potential flow turning = push, and drag = leak = 0.
    """

    turning: Cases
    push: Cases
    drag: Cases
    leak: Cases


def balance(outputs: Images, angle: Cases) -> Balance:
    """Lift (as C_L), drag (as C_D) and leak, by the trapezoid rule on a frame of pixels.

    The frame is 1.75 chords long and 1.25 high. Its own error is about (2/size)².
    """
    size = outputs.shape[-1]
    left, low = size // 16, 3 * size // 16
    p, u, v = (outputs[:, i, low : size - low, left : size - left] for i in range(3))
    step = 2 / size

    def total(line: Tensor) -> Tensor:
        return step * (line.sum(1) - (line[:, 0] + line[:, -1]) / 2)

    def out(of_x: Tensor, of_y: Tensor) -> Tensor:
        """The flux through the frame of a vector field."""
        return total(of_x[:, :, -1] - of_x[:, :, 0]) + total(of_y[:, -1] - of_y[:, 0])

    turning = 2 * (total(u[:, -1] - u[:, 0]) - total(v[:, :, -1] - v[:, :, 0]))
    fx, fy = -2 * out(p + u * u, u * v), -2 * out(u * v, p + v * v)
    cos, sin = torch.cos(angle), torch.sin(angle)
    return Balance(turning, fy * cos - fx * sin, fx * cos + fy * sin, out(u, v))


def through_surface(outputs: Images, airfoils: Airfoils) -> Cases:
    """How much of the flow at the surface goes through it: 0 would be perfect.

    √(Σ (n·v)² / Σ |v|²) over the fluid pixels that lie within one pixel of the airfoil. Not even
    the exact flow has 0 there: at half a pixel from a round nose it is not yet parallel.
    """
    size = outputs.shape[-1]
    at = pixels(size, outputs.dtype)
    distance = airfoils.flow(
        at.expand(1, size, size), at[:, None].expand(1, size, size)
    ).distance  # fmt: skip
    slope_y, slope_x = torch.gradient(distance, dim=(1, 2))
    rim = ((distance >= 0) & (distance < 2 / size)).to(outputs.dtype)
    u, v = outputs[:, 1], outputs[:, 2]
    through = (u * slope_x + v * slope_y).square() / (slope_x.square() + slope_y.square())
    return ((rim * through).sum((1, 2)) / (rim * (u * u + v * v)).sum((1, 2))).sqrt()
