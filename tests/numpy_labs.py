"""Six small experiments in numpy that an engine made for training must carry as well."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import action, choice, knob, toggle
from sciml_widgets.picture import Axis, Bars, Image, Lines, Picture, Plot, Points, View

__all__ = ["LABS", "Evolution", "Labels", "Measure", "DoubleWell", "Polar", "Race"]


@dataclass
class DoubleWell(Experiment):
    """Metropolis walkers in the double well V = (x² - 1)²: no loss, no gradient, no end."""

    width: float = knob(0.5, 0.01, 5.0, log=True, group="Walk", help="length of a proposed move")
    beta: float = knob(2.0, 0.1, 20.0, group="Walk", help="inverse temperature")
    walkers: int = knob(50, 1, 500, kind="restart", group="Walk", help="how many walk at once")
    seed: int = knob(0, 0, 9999, kind="restart", group="Walk", help="random seed")
    bins: int = knob(20, 2, 100, kind="view", group="View", help="bars in the histogram")

    title: ClassVar[str] = "Metropolis in a double well"
    length: ClassVar[int] = 60
    series = (
        Series("energy", scale="linear", x="moves", band=("energy_low", "energy_high")),
        Series("accepted", scale="linear", percent=True),
    )

    def frames(self) -> Iterator[Frame]:
        rng = np.random.default_rng(self.seed)
        x, moves, step = np.full(self.walkers, 1.0), 0, 0
        while True:
            new = x + self.width * rng.normal(size=x.shape)
            with np.errstate(over="ignore"):
                good = rng.random(x.shape) < np.exp(-self.beta * np.minimum(V(new) - V(x), 700))
            x = np.where(good, new, x)
            moves += self.walkers
            energy, spread = float(V(x).mean()), float(V(x).std())
            scalars = {
                "moves": float(moves), "accepted": float(good.mean()), "energy": energy,
                "energy_low": energy - spread, "energy_high": energy + spread,
            }  # fmt: skip
            yield Frame(step, scalars, state=x.copy)
            step += 1

    def picture(self, state: Any, view: View) -> Picture:
        x = np.linspace(-3, 3, view.size)
        p = np.exp(-self.beta * V(x))
        marks: list[Any] = [Lines(x, p / (p.sum() * (x[1] - x[0])), "Boltzmann", dash="dashed")]
        if state is not None:
            height, edges = np.histogram(state, self.bins, (-3.0, 3.0))
            width = float(edges[1] - edges[0])
            marks.append(Bars(edges[:-1] + width / 2, height / (len(state) * width), width))
        return Picture((Plot("walkers", tuple(marks), Axis("x", -3, 3), alt="two humps"),))


@dataclass
class Evolution(Experiment):
    """A genetic algorithm: a frame is a generation, the axis counts evaluations."""

    mutation: float = knob(0.1, 0.0, 2.0, group="Genes", help="size of a mutation")
    parents: int = knob(10, 2, 20, group="Genes", help="how many of 40 have children")
    seed: int = knob(0, 0, 9999, kind="restart", group="Genes", help="random seed")

    title: ClassVar[str] = "Evolution on Rastrigin's function"
    length: ClassVar[int] = 40
    series = (
        Series("best", role="error", x="evaluations"),
        Series("mean", x="evaluations"),
    )

    def frames(self) -> Iterator[Frame]:
        rng = np.random.default_rng(self.seed)
        genes = rng.uniform(-4, 4, (40, 2))
        for generation in range(100):
            fitness = rastrigin(genes)
            order = np.argsort(fitness)
            scalars = {
                "evaluations": 40.0 * (generation + 1),
                "best": float(fitness[order[0]]), "mean": float(fitness.mean()),
            }  # fmt: skip
            yield Frame(generation, scalars, state=genes.copy)
            chosen = genes[order[: self.parents]]
            pairs = rng.integers(self.parents, size=(39, 2))
            children = np.where(
                rng.random((39, 2)) < 0.5, chosen[pairs[:, 0]], chosen[pairs[:, 1]]
            )
            children = children + self.mutation * rng.normal(size=children.shape)
            genes = np.vstack([chosen[:1], np.clip(children, -5, 5)])

    def picture(self, state: Any, view: View) -> Picture:
        x = np.linspace(-5, 5, view.size)
        z = rastrigin(np.stack(np.meshgrid(x, x), -1))
        marks: list[Any] = [Image(z, (-5, 5, -5, 5), 0.0, 80.0)]
        if state is not None:
            marks.append(Points(state[:, 0], state[:, 1], "population"))
        axes = Axis("x", -5, 5), Axis("y", -5, 5)
        return Picture((Plot("landscape", tuple(marks), *axes, alt="many hollows"),))


@dataclass
class Labels(Experiment):
    """A polynomial that asks for new data where it is least sure; a round has heartbeats."""

    batch: int = knob(2, 1, 10, group="Labels", help="labels bought in a round")
    strategy: str = choice(
        "uncertain", ("uncertain", "random"), kind="hot", group="Labels", help="which are bought"
    )
    degree: int = knob(5, 1, 8, kind="restart", group="Labels", help="degree of the polynomial")
    seed: int = knob(0, 0, 9999, kind="restart", group="Labels", help="random seed")

    title: ClassVar[str] = "Buying labels"
    length: ClassVar[int] = 60
    series = (Series("rmse", role="error", x="labels"),)

    def frames(self) -> Iterator[Frame]:
        rng = np.random.default_rng(self.seed)
        grid = np.linspace(-1, 1, 101)
        powers = np.polynomial.chebyshev.chebvander(grid, self.degree)
        bought = list(rng.integers(101, size=3))
        step = 0
        while True:
            yield Frame(step)  # a heartbeat: fitting takes long in a real lab
            known = powers[bought]
            inverse = np.linalg.inv(known.T @ known + 1e-6 * np.eye(self.degree + 1))
            fit = powers @ inverse @ known.T @ truth(grid[bought])
            variance = np.einsum("ij,jk,ik->i", powers, inverse, powers)
            rmse = float(np.sqrt(np.mean((fit - truth(grid)) ** 2)))
            state = (grid, fit, grid[bought], truth(grid[bought]))
            yield Frame(step, {"rmse": rmse, "labels": float(len(bought))}, lambda s=state: s)
            if self.strategy == "uncertain":
                bought += list(np.argsort(-variance)[: self.batch])
            else:
                bought += list(rng.integers(101, size=self.batch))
            step += 1

    def picture(self, state: Any, view: View) -> Picture:
        if state is None:
            return Picture((Plot("fit", alt="nothing yet"),))
        grid, fit, x, y = state
        marks = (
            Lines(grid, truth(grid), "truth", dash="dashed"),
            Lines(grid, fit, "fit", colour=1),
            Points(x, y, "labels", colour=2, hollow=True),
        )
        return Picture((Plot("fit", marks, Axis("x"), Axis("y"), alt="a fit and its points"),))


@dataclass
class Polar(Experiment):
    """A picture that only follows a slider: nothing runs."""

    petals: int = knob(3, 1, 12, kind="view", group="Rose", help="how often r = cos(kφ) turns")
    angle: float = knob(
        0.0, 0.0, 360.0, kind="view", unit="°", group="Rose", help="the rose is turned by this"
    )

    title: ClassVar[str] = "A rose"
    length: ClassVar[int] = 1

    def frames(self) -> Iterator[Frame]:
        yield Frame(0)

    def picture(self, state: Any, view: View) -> Picture:
        phi = np.linspace(0, 2 * np.pi, 4 * view.size)
        r, turned = np.cos(self.petals * phi), phi + np.deg2rad(self.angle)
        curve = Lines(r * np.cos(turned), r * np.sin(turned))
        return Picture((Plot("r = cos(kφ)", (curve,), equal=True, alt="a rose"),))


@dataclass(frozen=True)
class Kernel:
    """The kernel of the Gaussian process in `Measure`."""

    scale: float = knob(0.3, 0.05, 2.0, log=True, group="Kernel", help="length of correlation")
    noise: float = knob(0.05, 0.01, 1.0, log=True, group="Kernel", help="noise of a measurement")


@dataclass
class Measure(Experiment):
    """A Gaussian process that measures where it is told to, when it is told to."""

    kernel: Kernel = field(default_factory=Kernel)
    where: float = knob(0.0, -1.0, 1.0, group="Measure", help="where to measure")
    here: int = action("measure here", group="Measure", help="one more measurement")
    mean: bool = toggle(True, kind="view", group="View", help="draw the mean")
    seed: int = knob(0, 0, 9999, kind="restart", group="Measure", help="random seed")

    title: ClassVar[str] = "Measure here"
    length: ClassVar[int] = 200
    series = (Series("spread", scale="linear"), Series("count", scale="linear"))

    def frames(self) -> Iterator[Frame]:
        rng = np.random.default_rng(self.seed)
        seen, step = self.here, 0
        x, y = np.zeros(0), np.zeros(0)
        grid = np.linspace(-1, 1, 41)
        while True:
            for _ in range(self.here - seen):
                x = np.append(x, self.where)
                y = np.append(y, truth(self.where) + self.kernel.noise * rng.normal())
            seen = self.here
            mean, variance = self._fit(grid, x, y)
            state = (grid, mean, x, y)
            scalars = {"spread": float(np.sqrt(variance.mean())), "count": float(len(x))}
            yield Frame(step, scalars, lambda s=state: s)
            step += 1

    def picture(self, state: Any, view: View) -> Picture:
        marks: list[Any] = []
        if state is not None:
            grid, mean, x, y = state
            marks.append(Points(x, y, "measured"))
            if self.mean:
                marks.append(Lines(grid, mean, "mean"))
        return Picture((Plot("process", tuple(marks), Axis("x", -1, 1), alt="a curve"),))

    def _fit(self, grid: Any, x: Any, y: Any) -> tuple[Any, Any]:
        def near(a: Any, b: Any) -> Any:
            return np.exp(-(((a[:, None] - b[None, :]) / self.kernel.scale) ** 2) / 2)

        if not len(x):
            return np.zeros_like(grid), np.ones_like(grid)
        to_data = near(grid, x)
        weights = np.linalg.solve(near(x, x) + self.kernel.noise**2 * np.eye(len(x)), to_data.T)
        variance = 1 - np.einsum("ij,ji->i", to_data, weights)
        return weights.T @ y, np.clip(variance, 0, None)


@dataclass
class Race(Experiment):
    """Six gradient descents on (y² + 10 x²) / 2; the fastest is too fast and flies away."""

    speed: float = knob(1.0, 0.1, 3.0, group="Race", help="factor on every learning rate")

    title: ClassVar[str] = "Six racers"
    length: ClassVar[int] = 120
    series = tuple(Series(f"racer{i}", f"racer {i}") for i in range(6))

    def frames(self) -> Iterator[Frame]:
        rates = 0.004 * 2.4 ** np.arange(6)  # the last: 0.32 > 2/10
        at, curvature = np.ones((6, 2)), np.array([10.0, 1.0])
        step = 0
        while True:
            with np.errstate(over="ignore", invalid="ignore"):
                height = (curvature * at**2).sum(1) / 2
                at = at - self.speed * rates[:, None] * curvature * at
                at[~np.isfinite(height) | (height > 1e12)] = np.nan
            scalars = {f"racer{i}": float(height[i]) for i in range(6)}
            yield Frame(step, scalars, state=at.copy)
            step += 1

    def picture(self, state: Any, view: View) -> Picture:
        at = np.ones((6, 2)) if state is None else state
        alive = at[np.isfinite(at).all(1)]
        axes = Axis("x", -1.5, 1.5), Axis("y", -1.5, 1.5)
        marks = (Points(alive[:, 0], alive[:, 1], "racers"),)
        return Picture((Plot("race", marks, *axes, alt="six racers", equal=True),))


LABS: tuple[type[Experiment], ...] = (DoubleWell, Evolution, Labels, Polar, Measure, Race)


def V(x: Any) -> Any:
    """The double well."""
    return (x**2 - 1) ** 2


def rastrigin(x: Any) -> Any:
    """Many hollows, the deepest, 0, at the origin."""
    return (x**2 - 10 * np.cos(2 * np.pi * x) + 10).sum(-1)


def truth(x: Any) -> Any:
    """The curve behind the labels and the measurements."""
    return np.sin(3 * x) + 0.3 * x
