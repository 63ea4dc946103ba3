"""A network that learns to answer like a wind tunnel, judged on what it never saw."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.flow_network import FlowNet
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.labs.airfoil_picture import (
    LIMITS,
    angle_knob,
    camber_knob,
    channel_knob,
    field_plot,
    outline,
    section,
    tail_knob,
    thickness_knob,
)
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.picture import INK, Axis, Lines, Mark, Picture, Plot, View, round_limit
from sciml_widgets.preset import Preset
from sciml_widgets.reduced_order import Guess, pod
from sciml_widgets.train import cosine, descend
from sciml_widgets.wind_tunnel import (
    CHANNELS,
    HELD_OUT,
    Pictures,
    balance,
    channel_errors,
    draw,
    held_out,
    outside,
    pictures,
    suction_peak,
)

__all__ = ["AirfoilSurrogate", "Tunnel"]

LOOK_EVERY = 25
"""Steps between two looks at what is held out."""
JUDGED = 16
"""Cases of each kind that are held out."""
AT_ONCE = 200
"""Cases that are solved between two signs of life."""
MOST_FOR_POD = 400
SHORT: dict[str, str] = dict(zip(HELD_OUT, ("same", "new", "family", "steep"), strict=True))


@dataclass(frozen=True)
class Tunnel:
    """A snapshot: the network, and the POD that was fitted to the same cases."""

    network: FlowNet
    reduced: Guess

    def __call__(self, inputs: Tensor) -> Tensor:
        """The network's answer to pictures (n, 3, s, s)."""
        with torch.no_grad():
            return self.network(inputs)


@dataclass
class AirfoilSurrogate(Experiment):
    """A U-Net from pictures of airfoil and wind to pictures of pressure and velocity.

    It is trained on Joukowski airfoils in winds from -10 to 10 degrees, and judged on four kinds
    of cases that it never saw. Errors are relative L2 errors of what the airfoil changes, the
    mean of the three channels, the median of the cases; 1 is an empty tunnel.

    What you should see: within some hundred steps the network passes POD with regression on the
    family that nobody trained on, and nowhere else. Beyond 10 degrees its lift falls behind.

    Good values: 400 cases, squared errors, rate 3e-3 with a cosine. With 50 cases it does nearly
    as well: the flows depend on few numbers, and smoothly.
    """

    cases: int = knob(
        400, 50, 2000, log=True, kind="restart", label="training cases", group="Data",
        help="solved flows to learn from",
    )  # fmt: skip
    fresh: bool = toggle(
        False, label="new cases at every step", group="Data",
        help="draw and solve other airfoils for each step, so that none is seen twice",
    )  # fmt: skip
    pixels: str = choice("64", ("32", "64"), group="Data", help="pixels along each side")
    exponent: int = knob(
        3, 1, 4, kind="restart", label="width exponent", group="Network",
        help="the first layer has 2 to this power channels",
    )  # fmt: skip
    loss: str = choice(
        "squares", ("squares", "absolute"), kind="hot", group="Training",
        help="mean of the squared errors, or of their sizes",
    )  # fmt: skip
    lr: float = knob(
        3e-3, 1e-5, 3e-2, log=True, label="learning rate", group="Training",
        help="length of a step of Adam, at the start of the cosine",
    )  # fmt: skip
    batch: int = knob(10, 1, 16, label="batch", group="Training", help="cases in each step")
    seed: int = knob(0, 0, 9999, kind="restart", group="Training", help="random seed")
    thickness: float = thickness_knob("view")
    camber: float = camber_knob("view")
    tail: float = tail_knob("view")
    angle: float = angle_knob("view")
    channel: str = channel_knob()

    title: ClassVar[str] = "A surrogate for the wind tunnel"
    about: ClassVar[str] = "A U-Net learns the flow about airfoils from pictures of solved flows."
    length: ClassVar[int] = 801
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("few cases", "50 cases: the family is learned, or these 50 by heart.",
               {"cases": 50}),
        Preset("an endless tunnel", "Other airfoils at each step: there is nothing that could "
               "be learned by heart.", {"cases": 50, "fresh": True}),
        Preset("the book's loss", "Absolute errors, as in the airfoil chapter of the book.",
               {"loss": "absolute"}),
    )  # fmt: skip
    series = (
        Series("loss", "training loss (rms)", role="loss"),
        Series("same", "same airfoils, new angles", role="error", percent=True),
        Series("new", "new airfoils", role="error", percent=True),
        Series("family", "new family", role="error", percent=True),
        Series("steep", "steeper wind", role="error", percent=True),
        Series("pod", "POD + regression, new family", percent=True),
    )

    def frames(self) -> Iterator[Frame]:
        """Solve the cases, fit POD, then one minibatch a step."""
        generator, size = Generator().manual_seed(self.seed), int(self.pixels)
        airfoils = draw("training", self.cases, generator)
        parts = []
        for first in range(0, len(airfoils), AT_ONCE):
            parts.append(pictures(airfoils[first : first + AT_ONCE], size))
            yield Frame(0)
        known = Pictures(*(torch.cat(channel) for channel in zip(*parts, strict=True)))
        reduced = pod(known.some(slice(MOST_FOR_POD)), airfoils[:MOST_FOR_POD])
        yield Frame(0)
        judged = {
            kind: (cases, pictures(cases, size))
            for kind, cases in held_out(airfoils, JUDGED, generator).items()
        }
        others, truth = judged[HELD_OUT[2]]
        rival = _typical(reduced(others, truth.inputs), truth)
        network = FlowNet(size=size, exponent=self.exponent, generator=generator,
                          dtype=torch.float32)  # fmt: skip
        now = 0

        def losses() -> dict[str, Tensor]:
            if self.fresh:
                some = pictures(draw("training", self.batch, generator), size)
            else:
                some = known.some(torch.randint(len(airfoils), (self.batch,), generator=generator))
            wrong = network.misses(*some)
            squares = self.loss == "squares"
            return {"loss": wrong.square().mean() if squares else wrong.abs().mean()}

        steps = descend(
            network.parameters(), losses, weights=lambda: {"loss": 1.0},
            lr=lambda: self.lr * cosine(now, self.length - 1, 0.02), steps=10**6,
        )  # fmt: skip
        for step in steps:
            now = step.step
            size_of = step.losses["loss"]
            scalars = {"loss": size_of**0.5 if self.loss == "squares" else size_of}
            if now % LOOK_EVERY == 0:
                with torch.no_grad():
                    for kind, (_, truth) in judged.items():
                        scalars[SHORT[kind]] = _typical(network(truth.inputs), truth)
                scalars["pod"] = rival
            yield Frame(now, scalars, _Snapshot(network, reduced))

    def prepare(self) -> None:
        """Load what the first step needs."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def picture(self, state: Tunnel | None, view: View) -> Picture:
        """The exact field, the network's, their difference, and the lift over the angle."""
        airfoil, size, name = section(self), int(self.pixels), self.channel
        inputs, outputs = pictures(airfoil, size)
        fluid, which = outside(inputs)[0, 0], CHANNELS.index(name)
        limits, edge = LIMITS[name], outline(airfoil)
        exact = field_plot(f"exact {name}", outputs[0, which], fluid, limits,
                           f"The exact {name} about the airfoil.", edge)  # fmt: skip
        lift = _lift_plot(airfoil, size, state)
        peak = float(suction_peak(outputs))
        if state is None:
            said = f"Nothing is trained yet. Suction peak in the picture: exact C_p = {peak:.1f}."
            return Picture((exact, lift), said)
        found = state(inputs)
        error = found[0, which] - outputs[0, which]
        largest = float(error.abs().max())
        end = round_limit(max(0.1, 0.5 * largest))
        theirs = field_plot(f"network's {name}", found[0, which], fluid, limits,
                            f"The network's {name} about the airfoil.", edge)  # fmt: skip
        wrong = field_plot(
            "the error", error, fluid, (-end, end),
            f"The error of the {name}; at most {largest:.2g}.", edge, error=True,
            note=f"at most {largest:.2g}",
        )  # fmt: skip
        relative = channel_errors(found, Pictures(inputs, outputs))[0].tolist()
        by_channel = ", ".join(f"{100 * one:.0f} %" for one in relative)
        said = (
            f"Relative errors of pressure and both velocities: {by_channel}. Suction peak in the "
            f"pictures: exact C_p = {peak:.1f}, network {float(suction_peak(found)):.1f}."
        )
        return Picture((exact, theirs, wrong, lift), said)


@dataclass(frozen=True)
class _Snapshot:
    network: FlowNet
    reduced: Guess

    def __call__(self) -> Tunnel:
        return Tunnel(copy.deepcopy(self.network), self.reduced)


def _typical(found: Tensor, truth: Pictures) -> float:
    """The median case, its three channels averaged."""
    return float(channel_errors(found, truth).mean(1).median())


def _lift_plot(airfoil: Airfoils, size: int, state: Tunnel | None) -> Plot:
    """Lift by circulation for this airfoil from -22.5 to 22.5 degrees."""
    here = float(torch.rad2deg(airfoil.angle))
    degrees = torch.linspace(-22.5, 22.5, 16, dtype=torch.float32)
    angle = torch.deg2rad(degrees)
    shape = airfoil.parameters[:, :3].expand(16, 3)
    sweep = Airfoils(shape[:, 0], shape[:, 1], shape[:, 2], angle)
    exact = sweep.lift().numpy()
    x = degrees.double().numpy()
    edge = [Lines(np.array([at, at]), np.array([-4.0, 4.0]), "", INK, "dotted", 0.8)
            for at in (-10.0, 10.0)]  # fmt: skip
    marks: list[Mark] = [*edge, Lines(x, exact, "exact", INK)]
    if state is not None:
        inputs = pictures(sweep, size).inputs
        by_net = balance(state(inputs), angle).turning.numpy()
        by_pod = balance(state.reduced(sweep, inputs), angle).turning.numpy()
        marks += [Lines(x, by_net, "network", 0, "dashed"), Lines(x, by_pod, "POD", 1, "dotted")]
    marks.append(Lines(np.array([here, here]), np.array([-4.0, 4.0]), "", 2, "solid", 1.0))
    return Plot(
        "lift over angle", tuple(marks), Axis("angle of attack, °", -22.5, 22.5),
        Axis("C_L", -4.0, 4.0), note="trained between the dots",
        alt=f"Lift over the angle of attack; the airfoil shown is at {here:.1f} degrees.",
    )  # fmt: skip
