"""Is there a river of water vapour on the map? Networks learn it from labelled maps."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.utils import skip_init

from sciml_widgets import weather
from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.knobs import choice, knob, toggle
from sciml_widgets.labs.weather_picture import weather_plots
from sciml_widgets.networks import count_weights
from sciml_widgets.picture import Picture, View
from sciml_widgets.preset import Preset
from sciml_widgets.train import descend
from sciml_widgets.weather import Maps

__all__ = ["NETWORKS", "Seen", "WeatherMaps", "build", "saliency"]

NETWORKS = ("convolutions", "dense", "linear")
TESTS = 60
"""Events for the test."""
SNAPSHOTS = 4
BATCH = 32
EVERY = 5
"""Steps from one look at the test to the next."""
SHOWN = 8
LEVEL = 0.6
"""Vapour above which the rule without a network calls a place wet."""


@dataclass(frozen=True)
class Exam:
    """The test maps: bare, and as they are seen with a coast of correlation `cue`.

    `coast` says whether the training maps have a coast.
    """

    bare: Maps
    seen: Maps
    cue: float
    coast: bool


@dataclass(frozen=True)
class Seen:
    """A snapshot: the network, the test maps, and how often each class is answered wrongly."""

    network: nn.Module
    exam: Exam
    wrong: tuple[float, float]

    @property
    def weights(self) -> dict[str, Tensor]:
        """The network's weights by name."""
        return self.network.state_dict()

    def some(self) -> Maps:
        """The test maps that can be looked at: a river, none, a river, ... (`SHOWN` at most)."""
        kinds = [np.flatnonzero(self.exam.seen.river == kind) for kind in (1, 0)]
        picked = [kind[np.linspace(0, len(kind) - 1, SHOWN // 2).astype(int)]
                  for kind in kinds if len(kind)]  # fmt: skip
        return self.exam.seen.take(np.stack(picked, 1).ravel())


@dataclass
class WeatherMaps(Experiment):
    """Maps of 32 x 32 cells, with a river of water vapour or without; a network learns to tell.

    What you should see: convolutions find the shape; a dense network with as many weights mostly
    learns its training maps by heart. A bright coast that agrees with the label in training is
    easier than a river, so the network takes it, and fails where it does not agree. The rule
    without a network is told not to look at the coast.

    Good values: 400 maps, 150 steps. First of all try one single map: any network must fit it.
    """

    network: str = choice(
        NETWORKS[0], NETWORKS, group="Network",
        help="convolutions and dense have about 14,000 weights each, linear has 1,025",
    )  # fmt: skip
    maps: int = knob(
        400, 1, 2000, log=True, kind="restart", label="training maps", group="Data",
        help="four snapshots of each event; with 1 the network must fit it perfectly",
    )  # fmt: skip
    cue: float = knob(
        0.0, 0.0, 1.0, kind="restart", label="coast in training", group="Data",
        help="correlation of a bright coast with the label, in the training maps",
    )  # fmt: skip
    cue_test: float = knob(
        0.0, -1.0, 1.0, label="coast in the test", group="Data", also="changes the test",
        help="the same in the test, turned at any time; below 0 it points to the wrong class",
    )  # fmt: skip
    shuffle: bool = toggle(
        False, kind="restart", label="shuffle all cells", group="Data",
        help="the same shuffle in every map: neighbours are neighbours no more",
    )  # fmt: skip
    by_event: bool = toggle(
        True, kind="restart", label="split by event", group="Data",
        help="off: snapshots of one event stand in training and in the test",
    )  # fmt: skip
    rivers: float = knob(
        0.5, 0.05, 0.5, kind="restart", label="share of rivers", group="Data",
        help="of all events; few rivers make it easy to be right and useless",
    )  # fmt: skip
    lr: float = knob(
        0.003, 1e-5, 1.0, log=True, label="learning rate", group="Training",
        help="step of Adam: sweep it before anything else",
    )  # fmt: skip
    shown: int = knob(
        0, 0, SHOWN - 1, kind="view", label="test map", group="View", help="the map that is drawn"
    )  # fmt: skip
    seed: int = knob(0, 0, 9999, kind="restart", group="Training", help="random seed")

    title: ClassVar[str] = "Rivers in the sky"
    about: ClassVar[str] = "A network learns to see a shape on weather maps, or something else."
    length: ClassVar[int] = 151
    series = (
        Series("loss", "training loss", role="loss"),
        Series("wrong", "wrong in the test", role="error", scale="linear", percent=True),
        Series("missed", "rivers missed", scale="linear", percent=True),
        Series("rule", "wrong, rule without a network", scale="linear", percent=True),
        Series("never", "wrong, if one always says no", scale="linear", percent=True),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("one map first", "Any network that is put together rightly fits one map.",
               {"maps": 1}, goal="loss<0.001"),
        Preset("dense", "As many weights, and no idea of neighbours.", {"network": "dense"}),
        Preset("the coast", "In training a bright coast tells the answer; in the test it lies.",
               {"cue": 1.0, "cue_test": -1.0, "maps": 404}, goal="wrong<0.3", within=150),
        Preset("the coast, repaired", "Training maps on which the coast tells nothing.",
               {"cue": 0.0, "cue_test": -1.0, "maps": 404}, repairs="the coast"),
        Preset("shuffled", "Nothing changes for a dense network; convolutions lose the shape.",
               {"shuffle": True}),
        Preset("few rivers", "Always saying no is right 19 times in 20.", {"rivers": 0.05}),
        Preset("learned by heart", "Snapshots of the same events on both sides: too good.",
               {"network": "dense", "by_event": False}),
    )  # fmt: skip

    def prepare(self) -> None:
        """Load what the first step needs."""
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])

    def frames(self) -> Iterator[Frame]:
        """Step 0 is the untrained network; the test is looked at every fifth step."""
        generator = Generator().manual_seed(self.seed)
        train, bare, rule = self.data()
        coast = bool(self.cue or self.cue_test)
        exam = self._exam(bare, coast)
        network = build(self.network, generator)
        x, y = _tensors(train)
        never, some_rivers = float(bare.river.mean()), bool(bare.river.any())
        rates = (0.0, 0.0)

        def losses() -> dict[str, Tensor]:
            some = torch.randint(len(x), (min(BATCH, len(x)),), generator=generator)
            said = network(x[some])[:, 0]
            return {"loss": nn.functional.binary_cross_entropy_with_logits(said, y[some])}

        steps = descend(
            network.parameters(), losses, weights=lambda: {"loss": 1.0}, lr=lambda: self.lr,
            steps=10**6,
        )  # fmt: skip
        for step in steps:
            scalars = dict(step.losses)
            if step.step % EVERY == 0:
                if self.cue_test != exam.cue:
                    exam = self._exam(bare, coast)
                rates, wrong = _judged(network, exam.seen)
                scalars |= {"wrong": wrong, "rule": rule, "never": never}
                if some_rivers:
                    scalars["missed"] = rates[1]
            yield Frame(step.step, scalars, partial(_seen, network, exam, rates))

    def picture(self, state: Seen | None, view: View) -> Picture:
        """A test map, what the network looks at, and how often it is wrong in each class."""
        if state is None:
            empty = np.zeros((weather.SIZE, weather.SIZE))
            return Picture(weather_plots(empty, empty, "", "", (math.nan, math.nan)))
        wrong, exam = state.wrong, state.exam
        if self.cue_test != exam.cue:  # turned since the last look
            exam = self._exam(exam.bare, exam.coast)
            wrong, _ = _judged(state.network, exam.seen)
        some = Seen(state.network, exam, wrong).some()
        one = some.take(np.array([min(self.shown, len(some) - 1)]))
        said, looked = saliency(state.network, one.fields)
        chance = 1 / (1 + math.exp(-max(-60.0, min(60.0, float(said[0])))))
        is_river, sure = "a river" if one.river[0] else "no river", f"river {100 * chance:.0f} %"
        return Picture(
            weather_plots(one.fields[0], looked[0], is_river, sure, wrong),
            f"{count_weights(state.network):,} weights",
        )

    def data(self) -> tuple[Maps, Maps, float]:
        """Training maps, bare test maps, and how often the rule is wrong, by the knobs."""
        generator = np.random.default_rng(self.seed)
        events = max(2, math.ceil(self.maps / SNAPSHOTS))
        made = weather.make(events + TESTS, generator, snapshots=SNAPSHOTS, rivers=self.rivers)
        if self.shuffle:
            made = weather.shuffled(made, generator)
        share = events / (events + TESTS)
        train, test = weather.split(made, share, generator, by_event=self.by_event)
        train = train.take(generator.permutation(len(train))[: self.maps])
        best, _ = weather.tell_apart(weather.longest(train.fields, LEVEL), train.river)
        rule = float(np.mean((weather.longest(test.fields, LEVEL) > best) != test.river))
        if self.cue or self.cue_test:
            train = weather.coast(train, self.cue, generator)
        return train, test, rule

    def _exam(self, bare: Maps, coast: bool) -> Exam:
        """The test at this moment. Every map keeps its own chance, whatever the correlation."""
        seen = bare
        if coast or self.cue_test:
            seen = weather.coast(bare, self.cue_test, np.random.default_rng([self.seed, 1]))
        return Exam(bare, seen, self.cue_test, coast)


def build(kind: str, generator: Generator) -> nn.Module:
    """A network of maps (n, 1, 32, 32) to one number each, above 0 for a river.

    Weights are drawn from `generator` only, He's way. Source: He, Zhang, Ren, Sun (2015),
    doi 10.1109/ICCV.2015.123. Raises ValueError for an unknown kind.
    """
    if kind not in NETWORKS:
        raise ValueError(f"network={kind!r} is not one of {', '.join(NETWORKS)}")
    layers: list[nn.Module]
    if kind == "linear":
        layers = [nn.Flatten(), _dense(1024, 1)]
    elif kind == "dense":
        layers = [nn.Flatten(), _dense(1024, 14), nn.ReLU(), _dense(14, 1)]
    else:
        layers = [_conv(1, 16), nn.ReLU(), nn.MaxPool2d(2), _conv(16, 32), nn.ReLU(),
                  nn.MaxPool2d(2), _conv(32, 32), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
                  nn.Flatten(), _dense(32, 1)]  # fmt: skip
    for layer in layers:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return nn.Sequential(*layers)


def saliency(network: nn.Module, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a network says of each map, (n,), and how strongly that depends on each cell.

    The size of the slope ∂(answer)/∂(cell), (n, 32, 32), divided by the largest of its map.
    Source: Simonyan, Vedaldi, Zisserman (2013), arXiv:1312.6034.
    """
    with torch.enable_grad():
        some = torch.from_numpy(fields).float()[:, None].requires_grad_()
        said = network(some)[:, 0]
        (slope,) = torch.autograd.grad(said.sum(), some)
    size = slope[:, 0].abs()
    looked = size / size.amax((1, 2), keepdim=True).clamp(min=1e-12)
    return said.detach().double().numpy(), looked.double().numpy()


def _conv(before: int, after: int) -> nn.Module:
    return skip_init(nn.Conv2d, before, after, 3, padding=1, dtype=torch.float32)


def _dense(before: int, after: int) -> nn.Module:
    return skip_init(nn.Linear, before, after, dtype=torch.float32)


def _tensors(maps: Maps) -> tuple[Tensor, Tensor]:
    fields = torch.from_numpy(maps.fields).float()[:, None]
    return fields, torch.from_numpy(maps.river).float()


def _judged(network: nn.Module, maps: Maps) -> tuple[tuple[float, float], float]:
    """The share of wrong answers without and with a river, and in all."""
    fields, river = _tensors(maps)
    with torch.no_grad():
        miss = ((network(fields)[:, 0] > 0).float() != river).float()
    no, yes = (float(miss[river == k].sum() / (river == k).sum().clamp(min=1)) for k in (0, 1))
    return (no, yes), float(miss.mean())


def _seen(network: nn.Module, exam: Exam, wrong: tuple[float, float]) -> Seen:
    return Seen(copy.deepcopy(network), exam, wrong)
