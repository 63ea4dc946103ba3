"""What a network's solution looks like beside the truth: field, error, slices. Trains nothing."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from sciml_widgets.physics import Box, Points, Problem, Values
from sciml_widgets.picture import INK, Axis, Image, Lines, Picture, Plot, round_limit
from sciml_widgets.picture import Points as Dots

__all__ = ["Function", "solution_picture"]

Function = Callable[[Points], Values]
"""Points (n, d) to values (n, m), in double precision."""

COLOURS = (0, 1, 3)
"""Of the slices: blue, orange, purple."""

REACHES = (0.1, 0.5, 1.0)
"""How far the slices' axis may go beyond the usual range at one end, in units of that range."""

SENSOR = 1
"""Orange is the only colour of the palette that neither map of colours has."""


def solution_picture(
    problem: Problem, network: Function, size: int, dots: Points | None = None,
    given: Points | None = None,
) -> Picture:  # fmt: skip
    """The first unknown over the first coordinate (up) and the last (across), and its error.

    Other coordinates are held at the middle of the box. `dots` are drawn over the error; points
    that are `given` (sensors) over both, as rings.
    """
    points, truth = _truth(problem.truth, _times(problem), size)  # the task's own times
    with torch.no_grad():
        u = network(points)[:, 0].numpy()
    if len(problem.box.names) == 1:
        return _line_picture(problem, points[:, 0].numpy(), u, truth, dots)
    return _plane_picture(problem, size, u, truth, dots, given)


def _plane_picture(
    problem: Problem, size: int, u: np.ndarray, truth: np.ndarray, dots: Points | None,
    given: Points | None,
) -> Picture:  # fmt: skip
    box, name, (low, high) = problem.box, problem.unknowns[0], problem.limits
    x, t = box.names[0], box.names[-1]
    across, up = Axis(t, box.low[-1], box.high[-1]), Axis(x, box.low[0], box.high[0])
    extent = (box.low[-1], box.high[-1], box.low[0], box.high[0])
    cells = size * size
    field = u[:cells].reshape(size, size)
    error = field - truth[:cells].reshape(size, size)
    where = _largest(box, error)
    limit = round_limit(float(np.nanmax(np.abs(error), initial=0.0)))
    rings = () if given is None else _rings(given[:, -1], given[:, 0])
    marks = () if dots is None else (_dots(dots[:, -1], dots[:, 0]),)
    ends = [_say(float(end)) for end in (np.min(field), np.max(field))]
    return Picture(
        (
            Plot(
                f"network {name}({', '.join(box.names)})",
                (Image(field, extent, low, high, unit=name), *rings),
                across, up,
                alt=f"The network's {name} over {t} (across) and {x} (up), "
                f"from {ends[0]} to {ends[1]}.",
            ),
            Plot(
                "network minus exact",
                (Image(error, extent, -limit, limit, "error", unit=name), *marks, *rings),
                across, up,
                alt=f"The error over {t} (across) and {x} (up). {where}",
            ),
            _slices(problem, size, u[cells:], truth[cells:]),
        ),
        where,
    )  # fmt: skip


def _slices(problem: Problem, size: int, u: np.ndarray, truth: np.ndarray) -> Plot:
    box, name = problem.box, problem.unknowns[0]
    x, t = box.names[0], box.names[-1]
    across, (low, high) = _edges(box, 0, size).numpy(), problem.limits
    span = high - low
    ends = low - _reach((low - u) / span) * span, high + _reach((u - high) / span) * span
    rows = list(zip(_times(problem), np.split(u, len(_times(problem))), strict=True))
    exact = np.split(truth, len(rows))
    solid = [
        Lines(across, row, f"{t} = {at:g}", COLOURS[i % len(COLOURS)])
        for i, (at, row) in enumerate(rows)
    ]
    dashed = [Lines(across, row, colour=INK, dash="dashed", width=1.2) for row in exact]
    return Plot(
        f"slices {name}({x})",
        (*solid, *dashed),
        Axis(x, box.low[0], box.high[0]),
        Axis(name, *ends),
        note="dashed: exact",
        alt=f"{name} over {x} at {t} = {', '.join(f'{at:g}' for at, _ in rows)}: "
        f"network solid, exact dashed.",
    )


def _reach(beyond: np.ndarray) -> float:
    """The least of REACHES that holds a curve, so that an axis seldom moves."""
    most = float(np.nanmax(beyond, initial=0.0))
    return next((one for one in REACHES if most <= one), REACHES[-1])


def _line_picture(
    problem: Problem, x: np.ndarray, u: np.ndarray, truth: np.ndarray, dots: Points | None
) -> Picture:
    box, name, error = problem.box, problem.unknowns[0], u - truth
    across = Axis(box.names, box.low[0], box.high[0])
    worst = int(np.argmax(np.abs(error)))
    where = f"The largest error, {_size(error[worst])}, is at {box.names} = {_say(x[worst])}."
    if not np.isfinite(error).all():
        where = "The network's values are no longer finite."
    marks = () if dots is None else (_dots(dots[:, 0], 0 * dots[:, 0]),)
    lines = (
        Lines(x, u, "network", COLOURS[0]),
        Lines(x, truth, colour=INK, dash="dashed", width=1.2),
    )
    title = f"network {name}({box.names})"
    return Picture(
        (
            Plot(title, lines, across, Axis(name), "dashed: exact", alt=f"{title}. {where}"),
            Plot("network minus exact", (Lines(x, error), *marks), across, Axis(name), alt=where),
        ),
        where,
    )


def _dots(across: Tensor, up: Tensor) -> Dots:
    return Dots(across.double().numpy(), up.double().numpy(), colour=INK, size=2.0, hollow=True)


def _rings(across: Tensor, up: Tensor) -> tuple[Dots, Dots]:
    """Seen on every colour: a dark ring around a light dot."""
    x, y = across.double().numpy(), up.double().numpy()
    return Dots(x, y, colour=SENSOR, size=6.0), Dots(x, y, colour=INK, size=8.0, hollow=True)


def _largest(box: Box, error: np.ndarray) -> str:
    """One sentence: where the network is farthest from the truth."""
    if not np.isfinite(error).all():
        return "The network's values are no longer finite."
    size = len(error)
    row, column = np.unravel_index(np.argmax(np.abs(error)), error.shape)
    x, t = float(_centres(box, 0, size)[row]), float(_centres(box, -1, size)[column])
    return (
        f"The largest error, {_size(error[row, column])}, is at "
        f"{box.names[0]} = {_say(x)}, {box.names[-1]} = {_say(t)}."
    )


def _size(error: float) -> str:
    return f"{abs(error):.2g}"


def _say(number: float) -> str:
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")


@lru_cache(maxsize=16)
def _truth(problem: Problem, times: tuple[float, ...], size: int) -> tuple[Points, np.ndarray]:
    """All points that a picture needs, and the exact first unknown there."""
    points = _points(problem, times, size)
    with torch.no_grad():
        truth = problem.exact(points)[:, 0].double().numpy()
    truth.flags.writeable = False
    return points, truth


def _points(problem: Problem, times: tuple[float, ...], size: int) -> Points:
    box = problem.box
    if len(box.names) == 1:
        return _edges(box, 0, size)[:, None]
    cells = torch.cartesian_prod(_centres(box, 0, size), _centres(box, -1, size))
    lines = [
        torch.stack([edge, torch.full_like(edge, at)], 1)
        for at in times
        for edge in [_edges(box, 0, size)]
    ]
    plane = torch.cat([cells, *lines])
    middle = [(box.low[i] + box.high[i]) / 2 for i in range(1, len(box.names) - 1)]
    held = plane.new_tensor(middle).expand(len(plane), len(middle))
    return torch.cat([plane[:, :1], held, plane[:, 1:]], 1)


def _times(problem: Problem) -> tuple[float, ...]:
    return problem.at or ((problem.box.low[-1] + problem.box.high[-1]) / 2,)


def _centres(box: Box, axis: int, size: int) -> Tensor:
    """The middles of `size` cells along one coordinate: where an image's pixels are."""
    low, high = box.low[axis], box.high[axis]
    return low + (high - low) * (torch.arange(size, dtype=torch.float64) + 0.5) / size


def _edges(box: Box, axis: int, size: int) -> Tensor:
    """The ends of those cells and their middles: 2 size + 1 points for a curve."""
    return torch.linspace(box.low[axis], box.high[axis], 2 * size + 1, dtype=torch.float64)
