"""Functions of many variables as sums of waves or of powers. Knows no lab and no training.

A bell exp(-|x|²/2) is an average of waves cos(w·x) over normal w. So m random waves give it with
an error that is known exactly, and that does not contain the dimension.
"""

import math
from dataclasses import dataclass
from itertools import combinations_with_replacement

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from sciml_widgets.knobs import choice, knob

__all__ = ["TARGETS", "Target", "average_error", "degree_within", "fit", "powers", "waves"]

TARGETS = ("bell", "one direction")
RADIUS = 3.0

Points = Float[Tensor, "n d"]
Values = Float[Tensor, " n"]
Table = Float[Tensor, "n m"]


@dataclass(frozen=True)
class Target:
    """f(x) in d dimensions, at points in random directions with any distance up to 3 from 0.

    bell: f = exp(-|x|²/2). one direction: f = sin(3 e·x) with a unit vector e that nobody tells.
    The distances have the same distribution in every dimension, so the bell does not fade.
    """

    kind: str = choice(
        "bell", TARGETS, label="function", group="Target", help="what is to be learned"
    )
    dimension: int = knob(
        5, 1, 20, kind="restart", label="dimensions d", group="Target",
        help="how many variables the function has",
    )  # fmt: skip

    def draw(self, count: int, generator: Generator) -> Points:
        """Points: a random direction, and a distance that is uniform in [0, 3]."""
        x = torch.randn(count, self.dimension, generator=generator, dtype=torch.float64)
        far = RADIUS * torch.rand(count, 1, generator=generator, dtype=torch.float64)
        return far * x / x.norm(dim=1, keepdim=True)

    def __call__(self, points: Points) -> Values:
        """The values f(x), shape (n,)."""
        if self.kind == "bell":
            return torch.exp(-points.square().sum(1) / 2)
        return torch.sin(3 * points.sum(1) / math.sqrt(self.dimension))


def waves(points: Points, directions: Float[Tensor, "m d"], shifts: Float[Tensor, " m"]) -> Table:
    """cos(w_j·x_i + b_j): a hidden layer of m units."""
    return torch.cos(points @ directions.T + shifts)


def average_error(points: Points, spread: float, count: int) -> float:
    """Exact error (root mean square) of the bell as an average of `count` random waves.

    The w are drawn from a normal density q with standard deviation `spread` and count p/q. The
    mean square of p/q cos(w·x) is C (1 + exp(-2v|x|²)) / 2 with C = (s²/√(2s² - 1))^d and
    v = s²/(2s² - 1); minus the bell squared it is the variance. Infinite for s <= 1/√2.
    """
    room = 2 * spread**2 - 1
    if room <= 0:
        return math.inf
    r2 = points.square().sum(1)
    grown = math.exp(points.shape[1] * math.log(spread**2 / math.sqrt(room)))
    square = grown * (1 + torch.exp(-2 * spread**2 / room * r2)) / 2
    return math.sqrt(float((square - torch.exp(-r2)).mean().clamp(min=0)) / count)


def fit(table: Table, values: Values, keep: float = 1e-9) -> Float[Tensor, " m"]:
    """The coefficients with the least squared error; `keep` > 0 keeps them from growing wild.

    Normal equations with keep x (their mean diagonal) added to the diagonal.
    """
    normal = table.T @ table
    normal.diagonal().add_(keep * float(normal.diagonal().mean()))
    return torch.linalg.solve(normal, table.T @ values)


def powers(points: Points, degree: int) -> Table:
    """All products of at most `degree` coordinates (over 3), C(d + degree, degree) of them."""
    x = points / RADIUS
    columns = [torch.ones(len(x), dtype=x.dtype)]
    for order in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(x.shape[1]), order):
            columns.append(x[:, list(chosen)].prod(1))
    return torch.stack(columns, 1)


def degree_within(dimension: int, count: int) -> int:
    """The largest degree whose polynomials have at most `count` coefficients.

    >>> [degree_within(d, 512) for d in (1, 5, 10, 20)]
    [511, 6, 3, 2]
    """
    degree = 0
    while math.comb(dimension + degree + 1, dimension) <= count:
        degree += 1
    return degree
