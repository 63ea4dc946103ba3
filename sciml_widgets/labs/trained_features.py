"""A layer of waves whose directions are frozen or trained. Knows the exact function."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.features import Target, degree_within, fit, powers, waves
from sciml_widgets.knobs import knob, toggle
from sciml_widgets.picture import INK, Axis, Lines, Picture, Plot, Points, View
from sciml_widgets.preset import Preset
from sciml_widgets.train import descend

__all__ = ["TrainedFeatures"]

TESTS = 2048


@dataclass(frozen=True)
class Layer:
    """Network and truth at test points over the distance, and the directions now and at first."""

    along: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    lengths: np.ndarray
    aligned: np.ndarray
    start: np.ndarray


@dataclass
class TrainedFeatures(Experiment):
    """A network with one layer of waves: Σ c_j cos(w_j·x + b_j), in d dimensions.

    The c_j are solved for exactly at every step (they enter linearly); w_j and b_j take a step
    of Adam if they are trained.

    What you should see: as long as the directions are frozen, the error stays where chance has
    put it. Trained, they turn to where the function varies, and the error falls.

    Good values: one direction, d = 10, 64 waves, learning rate 0.02.
    """

    target: Target = Target(kind="one direction", dimension=10)
    units: int = knob(
        64, 8, 256, kind="restart", label="waves m", group="Network",
        help="units of the hidden layer",
    )  # fmt: skip
    samples: int = knob(
        2000, 100, 4000, log=True, kind="restart", label="samples", group="Network",
        help="points at which the function is known",
    )  # fmt: skip
    inner: bool = toggle(
        True, label="train the directions", group="Training",
        help="off: only the outer weights are fitted, as with random features",
    )  # fmt: skip
    lr: float = knob(
        0.02, 1e-4, 0.2, log=True, label="learning rate", group="Training",
        help="step of the directions", unless=lambda lab: "" if lab.inner else "they are frozen",
    )  # fmt: skip
    keep: float = knob(
        1e-5, 1e-9, 1e-1, log=True, label="ridge", group="Training",
        help="keeps the outer weights from growing wild where points are few",
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Training", help="random seed")

    title: ClassVar[str] = "Frozen or trained directions"
    about: ClassVar[str] = "The same layer of waves, with directions by chance or by training."
    length: ClassVar[int] = 200
    series = (
        Series("fit", "mean square at the samples", role="loss"),
        Series("rel_l2", "relative error elsewhere", role="error", percent=True),
        Series("polynomial", "polynomial, as many numbers"),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("frozen", "Directions by chance: none of them is the right one.",
               {"inner": False}, goal="rel_l2<0.1", within=150),
        Preset("frozen, repaired", "The directions are trained.", {"inner": True},
               repairs="frozen"),
        Preset("few samples", "More numbers to be found than samples to find them from.",
               {"samples": 150}, goal="rel_l2<0.1", within=150),
        Preset("few samples, repaired", "Grow the data.", {"samples": 2000},
               repairs="few samples"),
        Preset("the bell", "A function without a special direction.",
               {"kind": "bell", "dimension": 10}),
    )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the fit with random directions."""
        f, generator = self.target, torch.Generator().manual_seed(self.seed)
        x, tests = f.draw(self.samples, generator), f.draw(TESTS, generator)
        y, truth = f(x), f(tests)
        w = torch.randn(self.units, f.dimension, generator=generator, dtype=torch.float64)
        b = 2 * math.pi * torch.rand(self.units, generator=generator, dtype=torch.float64)
        degree = degree_within(f.dimension, self.units)
        c = fit(powers(x, min(degree, 12)), y, keep=1e-12)
        powers_off = float((powers(tests, min(degree, 12)) @ c - truth).norm() / truth.norm())
        start = w.clone()
        w.requires_grad_()
        b.requires_grad_()
        outer = [c]

        def losses() -> dict[str, torch.Tensor]:
            table = waves(x, w, b)
            outer[0] = fit(table.detach(), y, self.keep)  # the best: its slope is 0
            return {"fit": (table @ outer[0] - y).square().mean()}

        steps = descend(
            [w, b], losses, weights=lambda: {"fit": 1.0},
            lr=lambda: self.lr if self.inner else 0.0, steps=10**6,
        )  # fmt: skip
        for step in steps:
            with torch.no_grad():
                found = waves(tests, w, b) @ outer[0]
            off = float((found - truth).norm() / truth.norm())
            scalars = {**step.losses, "rel_l2": off, "polynomial": powers_off}
            yield Frame(
                step.step, scalars,
                lambda found=found: self._layer(tests, truth, found, w, start),
            )  # fmt: skip

    def picture(self, state: Layer | None, view: View) -> Picture:
        """The function along its direction or distance, and the directions of the waves."""
        one = self.target.kind == "one direction"
        name = "along e·x" if one else "over the distance from 0"
        marks: list[Lines | Points] = []
        turned: list[Lines | Points] = []
        said = "nothing was fitted yet"
        if state is not None:
            low, high = self._limits()
            order = np.argsort(state.along)
            marks = [
                Points(state.along[::8], np.clip(state.found[::8], low, high), "network", 1),
                Lines(state.along[order], state.truth[order], "exact", INK, "dashed"),
            ]
            turned = [
                Points(state.start[0], state.start[1], "at first", 0, 3.0, True),
                Points(state.lengths, state.aligned, "now", 1, 4.0),
            ]
            miss = np.sqrt(np.mean((state.found - state.truth) ** 2))
            said = f"root mean square difference {miss:.2g}"
        low, high = self._limits()
        return Picture((
            Plot("network at points elsewhere", tuple(marks),
                 Axis(name, -3.0 if one else 0.0, 3.0), Axis("f", low, high), alt=said),
            Plot("directions of the waves", tuple(turned), Axis("length of w", 0.0, 8.0),
                 Axis("share of w along e", 0.0, 1.02, percent=True),
                 alt="how long each direction is, and how much of it points along e"),
        ))  # fmt: skip

    def _limits(self) -> tuple[float, float]:
        return (-1.5, 1.5) if self.target.kind == "one direction" else (-0.5, 1.5)

    def _layer(
        self, tests: torch.Tensor, truth: torch.Tensor, found: torch.Tensor, w: torch.Tensor,
        start: torch.Tensor,
    ) -> Layer:  # fmt: skip
        d = self.target.dimension
        one = self.target.kind == "one direction"
        along = tests.sum(1) / math.sqrt(d) if one else tests.norm(dim=1)

        def seen(v: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
            length = v.norm(dim=1)
            share = (v.sum(1) / math.sqrt(d)).abs() / length
            return length.clamp(max=8.0).numpy().copy(), share.numpy().copy()

        now = seen(w.detach())
        return Layer(along.numpy(), truth.numpy(), found.numpy(), *now, np.stack(seen(start)))
