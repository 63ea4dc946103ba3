"""What a problem is: a box, terms that the solution obeys there, its truth. Knows no loss."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

__all__ = ["Box", "Coordinates", "Jet", "Points", "Problem", "Region", "Term", "Values"]

Points = Float[Tensor, "n d"]
"""n points, one a row; the columns are the coordinates, space first, time last."""

Values = Float[Tensor, "n m"]
"""m numbers at each of n points."""


@dataclass(frozen=True)
class Box:
    """The domain: coordinates with one-letter names, each from `low` to `high`.

    >>> box = Box("xt", low=(-1.0, 0.0), high=(1.0, 1.0))
    >>> box.key("xx"), box.key("tx")
    ((0, 0), (0, 1))
    """

    names: str
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.names) == len(set(self.names)) == len(self.low) == len(self.high):
            raise ValueError(
                f"a box needs one letter, one low and one high for each coordinate, got "
                f"{self.names!r}, {self.low}, {self.high}"
            )
        if not all(low < high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"each low must be below its high, got {self.low} and {self.high}")

    @property
    def inside(self) -> "Region":
        """All of the box."""
        return Region(self)

    def at(self, **held: float | tuple[float, ...]) -> "Region":
        """A face, or some: `box.at(t=0.0)`, `box.at(x=(-1.0, 1.0))`. Raises ValueError."""
        if len(held) != 1:
            raise ValueError(f"box.at holds one coordinate, got {', '.join(held) or 'none'}")
        ((name, where),) = held.items()
        return Region(self, name, where if isinstance(where, tuple) else (where,))

    def points(self, *points: tuple[float, ...]) -> "Region":
        """These points and no others: `box.points((0.0, 0.5), (0.2, 0.5))`. Raises ValueError."""
        return Region(self, points=points)

    def key(self, derivative: str) -> tuple[int, ...]:
        """Column numbers of a derivative's letters, in order. Raises ValueError."""
        unknown = set(derivative) - set(self.names)
        if unknown or not derivative:
            raise ValueError(
                f"{derivative!r} is not a derivative here: its letters must be among "
                f"{', '.join(self.names)}"
            )
        return tuple(sorted(self.names.index(letter) for letter in derivative))


@dataclass(frozen=True)
class Region:
    """The inside of a box, or the faces on which the coordinate `held` has one of `values`.

    Or the given `points` alone (sensors): then nothing is drawn there.
    """

    box: Box
    held: str = ""
    values: tuple[float, ...] = ()
    points: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        for point in self.points:
            sides = zip(self.box.low, point, self.box.high, strict=True)
            if not all(low <= part <= high for low, part, high in sides):
                raise ValueError(f"the point {point} is not in the box")
        if not self.held:
            return
        (axis,) = self.box.key(self.held)
        low, high = self.box.low[axis], self.box.high[axis]
        if not self.values or not all(low <= value <= high for value in self.values):
            raise ValueError(f"{self.held} must be held in [{low:g}, {high:g}], got {self.values}")

    @property
    def whole(self) -> bool:
        """Whether it is all of the box."""
        return not self.held and not self.points

    def place(self, unit: Points) -> Float[Tensor, "m d"]:
        """Move points of the unit cube [0, 1)^d into the region, evenly; (n, d) to (n, d).

        On faces, the number of the held coordinate chooses the face. Given points come as they
        are, however many are asked for.
        """
        if self.points:
            return unit.new_tensor(self.points)
        low, high = unit.new_tensor(self.box.low), unit.new_tensor(self.box.high)
        placed = low + (high - low) * unit
        if self.held:
            (axis,) = self.box.key(self.held)
            face = (unit[:, axis] * len(self.values)).long().clamp(max=len(self.values) - 1)
            placed[:, axis] = unit.new_tensor(self.values)[face]
        return placed


class Coordinates:
    """The points as a residual sees them: `p.x`, `p.t`, and the term's data, each (n, m)."""

    def __init__(self, box: Box, points: Points, data: Mapping[str, Values]) -> None:
        columns = {name: points[:, i : i + 1] for i, name in enumerate(box.names)}
        self.points = points
        self._columns = {**columns, **data}

    def __getattr__(self, name: str) -> Tensor:
        columns = self.__dict__.get("_columns", {})
        if name not in columns:
            raise AttributeError(
                f"p.{name} does not exist: the points have {', '.join(columns)}; "
                f"other numbers that belong to them come from the term's data="
            )
        return columns[name]


class Jet:
    """A function and its derivatives at points: `u.value`, `u.t`, `u.xx`, each (n, m)."""

    def __init__(self, value: Values, derivatives: Mapping[str, Values]) -> None:
        self.value = value
        self._derivatives = dict(derivatives)

    def __getattr__(self, name: str) -> Tensor:
        derivatives = self.__dict__.get("_derivatives", {})
        if name not in derivatives:
            raise AttributeError(
                f"u.{name} was not computed: the term declares value"
                f"{''.join(', ' + known for known in derivatives)}; "
                f"add {name!r} to the term's derivatives="
            )
        return derivatives[name]


@dataclass(frozen=True)
class Term:
    """One condition, residual = 0 on a region: an equation, a wall, an initial state, data.

    `residual(p, u)` is plain algebra on columns: p holds the coordinates (`p.x`) and `data`, u the
    value and the `derivatives` that are declared ("x", "t", "xx"). It returns (n, k), one column
    for each condition. `data(points)` gives numbers that belong to the points, by name; it is
    called once when points are drawn. `image(points)` gives each point a partner (a periodic
    wall): then the residual is `residual(p, u, q, v)`, with q and v at the partners.
    """

    name: str
    label: str
    region: Region
    residual: Callable[..., Values]
    derivatives: tuple[str, ...] = ()
    data: Callable[[Points], Mapping[str, Values]] | None = None
    image: Callable[[Points], Points] | None = None

    def __post_init__(self) -> None:
        for derivative in self.derivatives:
            self.region.box.key(derivative)


class Problem:
    """Base of every equation: subclass it as a frozen dataclass whose fields are its knobs.

    It says what a solution must satisfy and what the solution is, and sees no weight, optimiser
    or loss. A coefficient that is to be learned is a tensor in the field of the number:
    `dataclasses.replace(problem, nu=torch.tensor(0.1, requires_grad=True))`; the gradient of a
    residual then reaches it.

    `unknowns` names the columns of a solution, `limits` is their usual range (for colours), and
    `at` the values of the last coordinate at which slices are shown. `ring` names the coordinates
    whose two ends are one place. `accuracy` is what `exact` leaves of a term at most, in units of
    the largest derivative in it (of 1, if that is larger): rounding, or the error of a solver.
    """

    box: Box
    equation: str = ""
    unknowns: tuple[str, ...] = ("u",)
    limits: tuple[float, float] = (-1.0, 1.0)
    at: tuple[float, ...] = ()
    ring: str = ""
    accuracy: float = 1e-12

    def terms(self) -> tuple[Term, ...]:
        """What the solution must satisfy, and where."""
        raise TypeError(f"{type(self).__name__} needs a method terms()")

    @property
    def truth(self) -> "Problem":
        """The same as far as `exact` depends on it: what a cache of the truth goes by."""
        return self

    def exact(self, points: Points) -> Values:
        """The truth at points (n, d), in float64: (n, m), one column for each unknown."""
        raise TypeError(f"{type(self).__name__} needs a method exact()")
