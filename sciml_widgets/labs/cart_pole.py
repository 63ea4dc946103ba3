"""A pole that is swung up by pushing its cart: the forces, found through the simulator."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, Points, View
from sciml_widgets.preset import Preset
from sciml_widgets.solvers.cart_pole import PoleOnCart
from sciml_widgets.train import descend

__all__ = ["CartPole", "Swung"]

LONGEST = 1_000_000


@dataclass(frozen=True)
class Swung:
    """A snapshot: the forces so far (steps,), and the states that they lead to (steps + 1, 4).

    `aside` is where the same forces lead from a start that is a little off.
    """

    solver: PoleOnCart
    forces: Tensor
    path: Tensor
    aside: Tensor


@dataclass
class CartPole(Experiment):
    """A pole hangs from a cart on rails. Push the cart so that it stands at the end, and stays.

    Minimise the mean over the last quarter of the time of 1 + cos φ + (x² + v² + ω²) / 100 over
    the forces, one a step; the slope comes back through the simulator. A force is at most as
    large as its strength. SI units; the cart has 1 kg, the pole's end 0.1 kg, half a metre away.

    What you should see: first a swing to one side, then up. The same forces miss from a start
    that is a little off: near the top every error grows e-fold in a fifth of a second, and forces
    that were fixed beforehand do not look.
    Good values: 50 steps of 0.04 s, 10 N, a rate of 0.1, 60 steps of the search.
    """

    steps: int = knob(
        50, 20, 100, kind="restart", unit="steps", label="solver steps", group="Task",
        help="of 0.04 s each, from hanging to the end",
    )  # fmt: skip
    strength: float = knob(
        10.0, 0.5, 50.0, log=True, unit="N", group="Task", help="the largest force"
    )  # fmt: skip
    kick: float = knob(
        3.0, 0.0, 10.0, unit="degrees", label="start is off by", group="Task",
        help="for the second run, under the same forces",
    )  # fmt: skip
    guess: float = knob(
        0.1, 0.0, 1.0, kind="restart", label="first guess", group="Search",
        help="size of the random forces at the beginning, as a share of the strength",
    )  # fmt: skip
    lr: float = knob(
        0.1, 1e-3, 1.0, log=True, label="learning rate", group="Search",
        help="size of a step of Adam",
    )  # fmt: skip
    price: float = knob(
        1e-6, 1e-6, 1e-1, log=True, label="price of force", group="Search",
        help="weight of the mean square of the forces",
    )  # fmt: skip
    order: str = choice(
        "4", ("1", "4"), label="order of a step", group="Solver",
        help="Runge-Kutta of order 4, or one look a step: watch the energy",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Search", help="draws the first guess")

    title: ClassVar[str] = "Swing it up"
    about: ClassVar[str] = "A pole hangs from a cart. Which pushes make it stand?"
    length: ClassVar[int] = 61
    series = (
        Series("loss", "loss", role="loss"),
        Series("angle", "degrees off upright at the end", role="error"),
        Series("aside", "the same, from a start that is off"),
    )
    presets = (
        Preset("no first push",
               "At rest below, every slope is exactly zero by symmetry: left is as good as right.",
               {"guess": 0.0}, goal="angle<5", within=60),
        Preset("no first push, repaired", "Small forces at random break the symmetry.",
               {"guess": 0.1}, repairs="no first push"),
        Preset("too little time",
               "In 0.8 seconds it cannot be up and at rest: it gets half way.",
               {"steps": 20}, goal="angle<5", within=60),
        Preset("too little time, repaired", "Two seconds: first to one side, then up.",
               {"steps": 50}, repairs="too little time"),
    )  # fmt: skip

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the first guess."""
        draw = torch.randn(
            self.steps, generator=Generator().manual_seed(self.seed), dtype=torch.float64
        )
        raw = (self.guess * draw).requires_grad_()
        found = self._swung(raw.detach())

        def losses() -> dict[str, Tensor]:
            nonlocal found
            here = self._swung(raw)
            found = Swung(here.solver, here.forces.detach(), here.path.detach(), here.aside)
            end = here.path[-_quarter(self.steps) :]
            x, v, angle, turn = end.unbind(-1)
            rest = (x**2 + v**2 + turn**2) / 100
            return {
                "loss": (1 + torch.cos(angle) + rest).mean(),
                "effort": here.forces.square().mean(),
            }

        def weights() -> dict[str, float]:
            return {"loss": 1.0, "effort": self.price}

        search = descend([raw], losses, weights=weights, lr=lambda: self.lr, steps=LONGEST)
        for now in search:
            angles = {"angle": off(found.path), "aside": off(found.aside)}
            scalars = {"loss": now.losses["loss"], **angles}
            yield Frame(now.step, scalars, lambda swung=found: swung)

    def picture(self, state: Swung | None, view: View) -> Picture:
        """The cart and the pole at some moments; angle, force and energy over time."""
        swung = state or self._swung(torch.zeros(self.steps, dtype=torch.float64))
        path, aside, forces = (part.numpy() for part in (swung.path, swung.aside, swung.forces))
        t = swung.solver.dt * np.arange(len(path))
        said = f"At the end the pole is off upright by {off(swung.path):.3g} degrees, "
        said += f"and by {off(swung.aside):.3g} from a start that is off."
        energy = swung.solver.energy(swung.path).numpy()
        work = np.concatenate([[0.0], np.cumsum(forces * np.diff(path[:, 0]))])
        time = Axis("t in s", 0.0, float(t[-1]))
        return Picture((
            _moments(swung, said),
            Plot("the angle", (
                Lines(t, np.degrees(path[:, 2]), "found"),
                Lines(t, np.degrees(aside[:, 2]), "start is off", 1, "dashed", 1.4),
                *(Lines(t[[0, -1]], np.full(2, up), "", INK, "dotted", 1.0) for up in (-180, 180)),
            ), time, Axis("degrees from hanging"), "dotted: upright", alt=said),
            Plot("the force", (Lines(t[:-1], forces, "force"),), time, Axis("F in N"),
                 alt=f"The force over time, at most {abs(forces).max():.2g} newton."),
            Plot("the energy", (
                Lines(t, energy, "energy"),
                Lines(t, energy - work, "without the work of the force", INK, "dashed", 1.2),
            ), time, Axis("E in J"), "dashed: must stay level",
                 alt="The energy, and what is left of it without the work of the force, which "
                 "only the simulator's own error changes."),
        ), said)  # fmt: skip

    def _swung(self, raw: Tensor) -> Swung:
        solver = PoleOnCart(order=int(self.order))
        forces = self.strength * torch.tanh(raw)
        starts = torch.zeros(2, 4, dtype=torch.float64)
        starts[1, 2] = math.radians(self.kick)
        path, aside = solver.path(starts, forces.expand(2, -1))
        return Swung(solver, forces, path, aside.detach())


def off(path: Tensor) -> float:
    """Degrees off upright at the end of a path, (steps + 1, 4)."""
    return abs(math.degrees(float(path[-1, 2])) % 360 - 180)


def _quarter(steps: int) -> int:
    return max(1, steps // 4)


def _moments(swung: Swung, said: str) -> Plot:
    """The pole at about twelve moments, from light to dark in place of time."""
    path, length = swung.path.numpy(), swung.solver.length
    shown = path[np.linspace(0, len(path) - 1, 12).round().astype(int)]
    x, angle = shown[:, 0], shown[:, 2]
    tip, height = x + length * np.sin(angle), -length * np.cos(angle)
    gap = np.full_like(x, np.nan)
    poles = [np.stack(ends, 1).ravel() for ends in ((x, tip, gap), (0 * x, height, gap))]
    bottom, top = (x[-1], tip[-1]), (0.0, height[-1])
    low, high = _track(np.concatenate([x, tip]))
    return Plot(
        "twelve moments",
        (Lines(poles[0], poles[1], "on the way", 5, "solid", 1.0),
         Points(x, 0 * x, "cart", INK, 3.0),
         Lines(np.array(bottom), np.array(top), "at the end", 1, "solid", 3.0)),
        Axis("x in m", low, high), Axis("height in m", -0.7, 0.7), alt=said, equal=True,
    )  # fmt: skip


def _track(x: np.ndarray) -> tuple[float, float]:
    """The part of the rails that is shown, in half metres: all that is used, 2.5 m or more."""
    low, high = math.floor(2 * float(x.min()) - 0.2) / 2, math.ceil(2 * float(x.max()) + 0.2) / 2
    lacking = max(0.0, 2.5 - (high - low)) / 2
    return low - lacking, high + lacking
