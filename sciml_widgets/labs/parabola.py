"""A question with two answers, x from y = x²: by pairs, or through the function. No solver."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob
from sciml_widgets.networks import MLP
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, Points, View
from sciml_widgets.preset import Preset
from sciml_widgets.train import descend

__all__ = ["Parabola"]

PAIRS = 128
"""New ones at each step."""

LONGEST = 1_000_000

Answers = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""y and what the network answers there; x and y of the pairs."""


@dataclass
class Parabola(Experiment):
    """Given y in [0.05, 1], find x with x² = y. Both roots are right; their mean is not.

    What you should see: with data pairs the network settles on the mean of the two roots, weighted
    by how often each is shown. Through the function it settles on one of them.

    Good values: 400 steps. The example is that of the introduction to Thuerey, Holl, Mueller,
    Schnell, Trost and Um (2021), arXiv:2109.05237.
    """

    loss: str = choice(
        "data pairs", ("data pairs", "through the function"), group="Training",
        help="compare x with a shown root, or x² with the y that was asked for",
    )  # fmt: skip
    left: float = knob(
        0.5, 0.0, 1.0, label="share of left roots", group="Training",
        help="how many of the shown pairs have the negative root",
        unless=lambda lab: "" if lab.loss == "data pairs" else "no root is shown",
    )  # fmt: skip
    lr: float = knob(
        1e-2, 1e-4, 1e-1, log=True, label="learning rate", group="Training",
        help="size of a step of Adam",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Training", help="random seed")

    title: ClassVar[str] = "Which x has x² = y?"
    about: ClassVar[str] = "Two right answers. Pairs teach the mean of them, which is wrong."
    length: ClassVar[int] = 4001  # the answer is there at 400; then there is time to drag
    series = (
        Series("loss", "loss (root)", role="loss"),
        Series("miss", "size of x² - y", role="error"),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("pairs of both roots", "The mean of a root and its opposite is 0: nobody asked "
               "for that.", {}, goal="miss<0.05", within=400),
        Preset("pairs of both roots, repaired", "Ask for x² = y, and any root will do.",
               {"loss": "through the function"}, repairs="pairs of both roots"),
        Preset("pairs of both roots, repaired by hand", "Show one root only, if you know which.",
               {"left": 0.0}, repairs="pairs of both roots"),
    )  # fmt: skip

    def prepare(self) -> None:
        """The first optimiser of a process makes torch import its compiler: a second or more."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the untrained network."""
        generator = Generator().manual_seed(self.seed)
        network = _network(generator)
        y, chance = _pairs(generator)

        def losses() -> dict[str, Tensor]:
            nonlocal y, chance
            y, chance = _pairs(generator)
            x = network(y)
            if self.loss == "data pairs":
                return {"loss": (x - _roots(y, chance, self.left)).square().mean()}
            return {"loss": (x.square() - y).square().mean()}

        weights = {"loss": 1.0}
        for now in descend(
            network.parameters(), losses, weights=lambda: weights, lr=lambda: self.lr,
            steps=LONGEST,
        ):  # fmt: skip
            with torch.no_grad():
                miss = float((network(y).square() - y).square().mean().sqrt())
            state = partial(_answers, network, y, chance, self.left)
            yield Frame(now.step, {"loss": sqrt(now.losses["loss"]), "miss": miss}, state)

    def picture(self, state: Answers | None, view: View) -> Picture:
        """The answers over y, and what they give when they are squared."""
        if state is None:
            generator = Generator().manual_seed(self.seed)
            network = _network(generator)
            y, chance = _pairs(generator)
            state = _answers(network, y, chance, self.left)
        line, x, roots, y = state
        middle = len(line) // 2
        shown = (Points(y, roots, "pairs", 1, 2.5, hollow=True),)
        said = f"For y = {line[middle]:.2f} the network says {x[middle]:.2f}".replace("-", "−")
        answers = Plot(
            "the answer x to each y",
            (*(shown if self.loss == "data pairs" else ()), Lines(line, x, "network"),
             Lines(line, np.sqrt(line), "both roots", INK, "dashed", 1.2),
             Lines(line, -np.sqrt(line), "", INK, "dashed", 1.2)),
            Axis("y", 0, 1), Axis("x", -1.2, 1.2), 
            alt=f"{said}; right is the root of y, or minus it.",
        )  # fmt: skip
        squared = Plot(
            "put to the test: x² over y",
            (Lines(line, x**2, "x² of the network"), Lines(line, line, "y", INK, "dashed", 1.2)),
            Axis("y", 0, 1), Axis("x²", -0.1, 1.5), alt="It should follow the diagonal.",
        )  # fmt: skip
        return Picture((answers, squared), f"{said}.")


def _network(generator: Generator) -> MLP:
    return MLP(1, 1, depth=2, width=20, generator=generator, dtype=torch.float32)


def _pairs(generator: Generator) -> tuple[Tensor, Tensor]:
    draw = torch.rand(2, PAIRS, 1, generator=generator, dtype=torch.float32)
    return 0.05 + 0.95 * draw[0], draw[1]


def _roots(y: Tensor, chance: Tensor, left: float) -> Tensor:
    return torch.where(chance < left, -y.sqrt(), y.sqrt())


def _answers(network: MLP, y: Tensor, chance: Tensor, left: float) -> Answers:
    line = torch.linspace(0.05, 1, 96, dtype=torch.float32)[:, None]
    with torch.no_grad():
        x, roots = network(line), _roots(y, chance, left)
    return tuple(part[:, 0].numpy().copy() for part in (line, x, roots, y))  # type: ignore[return-value]
