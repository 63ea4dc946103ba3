"""Four rules for one integral race, with an exact answer to judge them. Trains nothing."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.integrals import Integrand, grid, slope, sobol_stream, tilted
from sciml_widgets.knobs import knob
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, Points, View
from sciml_widgets.preset import Preset

__all__ = ["MonteCarlo"]

DOUBLINGS = 15
RULES = {
    "trapezoid": "trapezoid rule", "monte_carlo": "Monte Carlo", "sobol": "Sobol points",
    "importance": "importance sampling",
}  # fmt: skip
SHOWN = 96
"""Points of each rule in the picture of places."""
PRECISION = 0.01


@dataclass(frozen=True)
class Race:
    """Points and errors of each rule so far, and the first two coordinates of some points."""

    errors: dict[str, tuple[tuple[float, float], ...]]
    places: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass
class MonteCarlo(Experiment):
    """An integral over the cube in d dimensions by a grid, by chance, and by better chance.

    What you should see: on axes that are both logarithmic, errors fall on straight lines. The
    trapezoid rule falls as points^(-2/d), so its line becomes level when d grows; Monte Carlo
    falls as points^(-1/2) in every dimension, on a line that is known in advance. Sobol points
    are about points^-1, and importance sampling shifts the line of Monte Carlo.

    Good values: d = 3, then 6, then 20. Importance sampling has no error at tilt = 1.
    """

    integrand: Integrand = Integrand()
    tilt: float = knob(
        0.8, -1.0, 2.0, kind="restart", label="tilt", group="Importance sampling",
        help="density e^(tilt a s) of its points: 0 everywhere alike, 1 as the function itself",
        unless=lambda lab: "" if lab.integrand.kind == "corner" else "made for the corner only",
    )  # fmt: skip
    repeats: int = knob(
        16, 1, 32, kind="restart", label="repetitions", group="Run",
        help="the error of chance is the root mean square over so many runs",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Run", help="random seed")

    title: ClassVar[str] = "An integral in many dimensions"
    about: ClassVar[str] = "A grid, chance, and better chance, against the exact answer."
    length: ClassVar[int] = DOUBLINGS
    series = tuple(
        Series(name, label, role="error", x="doublings") for name, label in RULES.items()
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("twenty dimensions", "A grid of two points an axis has a million of them.",
               {"dimension": 20}),
        Preset("a smooth wave without ends", "Periodic: a coarse grid is exact; -2/d is broken.",
               {"kind": "periodic"}),
        Preset("a ball that vanishes", "In 20 dimensions no point hits the ball.",
               {"kind": "ball", "dimension": 20}),
        Preset("a peak that grows with d", "Not shared: the line of chance is still -1/2, but it "
               "starts higher with each dimension.",
               {"dimension": 20, "difficulty": 3.0, "shared": False}),
        Preset("the wrong corner", "Points go where the function is small.",
               {"dimension": 8, "tilt": -1.0}, goal="importance<0.005", within=14),
        Preset("the wrong corner, repaired", "Points go where the function is large.",
               {"dimension": 8, "tilt": 0.8}, repairs="the wrong corner"),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Twice as many points a frame, from 2 to 32768."""
        g, generator = self.integrand, torch.Generator().manual_seed(self.seed)
        streams = [sobol_stream(g.dimension, generator) for _ in range(self.repeats)]
        names = ["monte_carlo", "sobol", *(["importance"] if g.kind == "corner" else [])]
        sums = {name: torch.zeros(self.repeats, dtype=torch.float64) for name in names}
        race, last, per_axis = Race({name: () for name in RULES}), 0, 1
        for doublings in range(1, DOUBLINGS + 1):
            points = 2**doublings
            found: dict[str, float] = {}
            for name in names:
                for k in range(self.repeats):
                    x, more = self._draw(name, points - last, streams[k], generator)
                    sums[name][k] += more
                    if not last and k == 0:
                        race.places[name] = x[:, :2].numpy().copy()
                    elif k == 0 and len(race.places[name]) < SHOWN:
                        race.places[name] = np.concatenate([race.places[name], x[:, :2].numpy()])
                off = sums[name] / points / g.exact - 1
                found[name] = float(off.square().mean().sqrt())
            largest = _root(points, g.dimension)
            if largest > per_axis:
                per_axis = largest
                x, w = grid(g.dimension, per_axis)
                found["trapezoid"] = abs(float((w * g(x)).sum()) / g.exact - 1)
                if len(x) <= 2 * SHOWN:
                    race.places["trapezoid"] = x[:, :2].numpy().copy()
            race = _longer(race, found, points, per_axis**g.dimension)
            last = points
            now = replace(race, places=dict(race.places))
            scalars = {"doublings": float(doublings), **found}
            yield Frame(doublings - 1, scalars, lambda now=now: now)

    def picture(self, state: Race | None, view: View) -> Picture:
        """The race, the places, and what a relative error of 1 % costs in each dimension."""
        state = state or Race({name: () for name in RULES})
        return Picture((self._race(state), self._places(state), self._costs()), self._said(state))

    def _draw(
        self, name: str, count: int, stream: object, generator: torch.Generator
    ) -> tuple[torch.Tensor, float]:
        """New points of a rule, and what they add to its sum."""
        g, parts, total, first = self.integrand, count, 0.0, None
        while parts:
            some = min(parts, 8192)
            if name == "sobol":
                x, weight = stream(some), 1.0  # type: ignore[operator]
            else:
                x = torch.rand(some, g.dimension, generator=generator, dtype=torch.float64)
                weight = 1.0
                if name == "importance":
                    x, weight = tilted(x, self.tilt * g.a)
            total += float((weight * g(x)).sum())
            first = x if first is None else first
            parts -= some
        assert first is not None
        return first, total

    def _race(self, state: Race) -> Plot:
        g, marks, said = self.integrand, [], []
        for number, (name, label) in enumerate(RULES.items()):
            seen = [(n, e) for n, e in state.errors[name] if e > 0]
            if seen:
                n, e = (np.array(column) for column in zip(*seen, strict=True))
                marks += [Points(n, e, label, number, 5.0), Lines(n, e, "", number)]
                said.append(f"{label} {e[-1]:.1e} at {n[-1]:.0f} points")
        n = np.array([2.0, 2.0**DOUBLINGS])
        chance = np.array([g.chance_error(int(one)) for one in n])
        if chance[0] > 0:
            marks.append(Lines(n, chance, "√(variance/points)", INK, "dashed", 1.2))
        low = [e for seen in state.errors.values() for _, e in seen if e > 0]
        floor = max(min([*low, 1e-4, *chance[chance > 0]]) / 2, 1e-17)
        top = min(max([*low, 1.0, *chance]) * 2, 1e6)
        return Plot(
            "relative error over points", tuple(marks), Axis("points", 1.5, 4e4, log=True),
            Axis("relative error", floor, top, log=True),
            alt="; ".join(said) or "nothing was drawn yet",
        )  # fmt: skip

    def _places(self, state: Race) -> Plot:
        marks = []
        for number, name in enumerate(RULES):
            where = state.places.get(name)
            if where is not None and where.shape[1] == 2 and name != "monte_carlo":
                marks.append(Points(where[:SHOWN, 0], where[:SHOWN, 1], RULES[name], number, 3.0,
                                    name == "importance"))  # fmt: skip
        return Plot(
            "where they look (first two coordinates)", tuple(marks),
            Axis("x₁", 0.0, 1.0), Axis("x₂", 0.0, 1.0), equal=True,
            alt="points of the grid, Sobol points and importance sampling in the unit square",
        )  # fmt: skip

    def _costs(self) -> Plot:
        g = self.integrand
        d, by_grid, by_chance = _costs(replace(g, dimension=1))
        lines = [Lines(d, by_chance, "Monte Carlo", 1)]
        if np.isfinite(by_grid).any():
            lines.insert(0, Lines(d, by_grid, "trapezoid rule", 0))
        here = np.array([float(g.dimension)] * 2)
        both = np.concatenate([by_grid, by_chance])
        high = float(np.nanmax(both[np.isfinite(both)], initial=10.0)) * 3
        lines.append(Lines(here, np.array([1.0, high]), "", INK, "dotted", 1.0))
        return Plot(
            "points for an error of 1 %", tuple(lines), Axis("dimensions d", 1, 20),
            Axis("points", 1.0, high, log=True),
            alt=f"at d = {g.dimension}: grid {by_grid[g.dimension - 1]:.2g}, "
            f"Monte Carlo {by_chance[g.dimension - 1]:.2g}",
        )  # fmt: skip

    def _said(self, state: Race) -> str:
        fits = []
        for name, label in RULES.items():
            seen = [(n, e) for n, e in state.errors[name] if e > 1e-14][-8:]
            if len(seen) >= 4:
                fits.append(f"{label} {slope(*zip(*seen, strict=True)):.2f}")
        grid_slope = f"(theory of the grid: -2/d = {-2 / self.integrand.dimension:.2f})"
        return f"Slopes of the last points: {', '.join(fits)} {grid_slope}" if fits else ""


def _longer(race: Race, found: dict[str, float], points: int, visited: int) -> Race:
    where = dict.fromkeys(RULES, points) | {"trapezoid": visited}
    errors = {
        name: (*seen, (float(where[name]), found[name])) if name in found else seen
        for name, seen in race.errors.items()
    }
    return Race(errors, race.places)


def _root(points: int, dimension: int) -> int:
    """The largest whole number whose power is at most `points`."""
    guess = round(points ** (1 / dimension))
    return guess if guess**dimension <= points else guess - 1


@lru_cache(maxsize=32)
def _costs(one: Integrand) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points for 1 % in 1 to 20 dimensions: of the grid, and of Monte Carlo."""
    dimensions = range(1, 21)
    some = [replace(one, dimension=d) for d in dimensions]
    by_grid = np.array([g.grid_needs(PRECISION) for g in some])
    by_chance = np.array([max((g.chance_error(1) / PRECISION) ** 2, 1.0) for g in some])
    by_grid[~np.isfinite(by_grid)] = math.nan
    return np.array(list(dimensions), float), by_grid, by_chance
