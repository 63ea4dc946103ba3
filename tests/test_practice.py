"""Checks of practice: they take any lab, say what it lacks, and tell the broken from the sound."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy_labs import LABS
from test_every_lab import DEAR

from sciml_widgets.experiment import Experiment, Frame, Series
from sciml_widgets.headless import run
from sciml_widgets.knobs import choice, knob, read, resolve, toggle, values
from sciml_widgets.labs import AirfoilSurrogate, BurgersPINN, BurgersTruth, WeatherMaps, labs
from sciml_widgets.picture import Picture
from sciml_widgets.practice import (
    Finding,
    count_parameters,
    grow_data,
    overfit_one,
    sweep_rate,
)
from sciml_widgets.practice.runs import amount
from sciml_widgets.record import lab_name

EVERY: dict[str, type[Experiment]] = {lab_name(lab): lab for lab in LABS} | labs()
CHECKS = (overfit_one, count_parameters, grow_data, sweep_rate)


@dataclass
class Line(Experiment):
    """Fit a in y = a x, where x is 1 or -1 and a is 2: a step multiplies what is left by 1 - 2 lr.

    So 1/2 is there at once, a rate of 1 goes to and fro for ever, and above 1 it diverges. From n
    noisy samples a is found up to noise/√n.
    """

    samples: int = knob(64, 1, 4096, log=True, kind="restart", group="Data", help="pairs")
    noise: float = knob(1.0, 0.0, 10.0, kind="restart", group="Data", help="of each y")
    lr: float = knob(0.1, 1e-6, 1e6, log=True, group="Training", help="size of a step")
    frozen: bool = toggle(False, group="Training", help="nothing trains")
    rule: str = choice("descent", ("descent", "exact"), group="Training", help="how")
    seed: int = knob(0, 0, 99, kind="restart", group="Training", help="random seed")

    title = "A line"
    series = (Series("loss", role="loss"), Series("off", role="error"))

    def frames(self) -> Iterator[Frame]:
        rng = np.random.default_rng(self.seed)
        x = np.where(rng.random(self.samples) < 0.5, 1.0, -1.0)
        y = 2 * x + self.noise * rng.standard_normal(self.samples)
        layer = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
        a, best = 0.0, float((x * y).mean())
        for step in range(self.length):
            loss = float(((a * x - y) ** 2).mean())
            yield Frame(step, {"loss": loss, "off": abs(a - 2)}, state=lambda: layer)
            a -= 0 if self.frozen else 2 * self.lr * (a - best)
            if abs(a) > 1e100:
                a = math.inf

    def picture(self, state: Any, view: Any) -> Picture:
        return Picture()


def sound(found: Finding) -> None:
    """Whole enough to be shown."""
    assert found.verdict.endswith((".", ".)")) and found.passed in (True, False, None)
    assert found.rows and all(len(row) == len(found.head) for row in found.rows)
    assert found.words().count("\n|") == len(found.rows) + 2
    assert found.picture.plots
    for plot in found.picture.plots:
        assert plot.title and len(plot.alt) > 10 and plot.marks


# ---- every lab ----------------------------------------------------------------------------------


def two_values(mine: Experiment, check: Any) -> dict[str, Any]:
    """For a lab whose runs are dear: two runs, not the four or five that a check makes itself."""
    try:
        if check is grow_data:
            path, slider = amount(mine, "")
            half = max(slider.low, read(mine, path) / 2)
            return {"values": [round(half) if slider.whole else half, read(mine, path)]}
        if check is sweep_rate:
            rate = read(mine, resolve(mine, "lr"))
            return {"rates": [rate / 10, rate]}
    except ValueError:
        pass  # the check itself says what is lacking
    return {}


@pytest.mark.training
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("lab", EVERY.values(), ids=EVERY)
def test_a_check_takes_every_lab_or_says_what_it_lacks(lab: type[Experiment], check: Any) -> None:
    mine = lab()
    more: dict[str, Any] = {} if check is count_parameters else {"frames": 6}
    if check in (grow_data, sweep_rate) and "seed" in values(mine):
        more["seeds"] = (1,)
    if lab_name(lab) in DEAR:
        more |= two_values(mine, check)
    before = values(mine)
    try:
        found = check(mine, **more)
    except ValueError as error:
        assert lab_name(lab) in str(error) or "has no effect here" in str(error)
        return
    assert values(mine) == before, "the lab that was given is another now"
    sound(found)


def test_a_lab_without_a_knob_or_a_loss_is_told_what_it_has() -> None:
    with pytest.raises(ValueError, match=r"burgers-truth trains nothing: no loss is among its"):
        overfit_one(BurgersTruth)
    parabola = EVERY["parabola"]
    with pytest.raises(ValueError, match=r"parabola has no knob that says from how much it learns"
                                         r".*give knob=, one of left, lr, seed"):  # fmt: skip
        grow_data(parabola)
    with pytest.raises(ValueError, match=r"has no learning rate 'rate': give knob=, one of sam"):
        sweep_rate(Line, knob="rate")
    with pytest.raises(ValueError, match=r"lr has no effect here: gauss-newton finds its own"):
        sweep_rate(BurgersPINN().but(optimizer="gauss-newton"))
    with pytest.raises(ValueError, match="judge='mistakes' is none of the series loss, off"):
        grow_data(Line, judge="mistakes")
    with pytest.raises(ValueError, match="samples needs two values at least, got"):
        grow_data(Line, values=[10, 10])
    with pytest.raises(ValueError, match="outside"):
        grow_data(Line, values=[0, 10])
    with pytest.raises(ValueError, match="shows no network"):
        count_parameters(BurgersTruth)
    with pytest.raises(TypeError):
        overfit_one(3)  # type: ignore[arg-type]


# ---- what theory says ---------------------------------------------------------------------------


def test_one_sample_is_learned_unless_something_is_broken() -> None:
    assert overfit_one(Line(), frames=40).passed
    assert overfit_one(Line, frames=40).runs[0].value == 1
    for broken in (Line(frozen=True), Line(lr=1e-6), Line(lr=1.0)):
        found = overfit_one(broken, frames=40)
        assert found.passed is False and "still 100 %" in found.verdict
    found = overfit_one(Line(lr=1e3), frames=400)
    assert found.passed is False and "Diverged at step" in found.verdict


def test_the_numbers_are_those_of_a_run_by_hand() -> None:
    there = overfit_one(Line(seed=3), frames=20).runs[0]
    loss = run(Line(seed=3, samples=1), frames=20).history.tracks["loss"].y
    assert there.before == loss[0] and there.loss == np.median(loss[-2:])


def test_more_samples_help_as_theory_says_and_without_noise_they_do_not() -> None:
    """The error is noise/√n: over seeds its median falls fourfold from 16 to 256 samples."""
    found = grow_data(Line(lr=0.5), values=[16, 256], seeds=range(40), frames=5)
    small, large = (
        np.median([one.error for one in found.runs if one.value == n]) for n in (16, 256)
    )
    assert 2 < small / large < 8  # a median of 40 is known to some 20 %
    assert found.head[0] == "samples" and len(found.rows) == 2
    clean = grow_data(Line(lr=0.5, noise=0.0), values=[16, 256], seeds=(0, 1), frames=5)
    assert "buy little" in clean.verdict


def test_one_seed_is_called_one_seed() -> None:
    assert "give seeds=" in grow_data(Line, frames=30).verdict
    assert "give seeds=" not in grow_data(Line, frames=30, seeds=(0, 1)).verdict
    assert [one.value for one in grow_data(Line, frames=3).runs] == [8, 16, 32, 64]


def test_the_sweep_finds_the_rate_between_too_small_and_too_large() -> None:
    lab = Line(noise=0.0)
    found = sweep_rate(lab, rates=[1e-6, 0.01, 0.3, 1.0, 100.0], frames=80)
    assert found.passed and found.verdict.startswith("Best of these: 0.3 ")
    assert "Too small to move: 1e-06." in found.verdict
    assert "Too large to settle: 1, 100." in found.verdict
    assert [row[1] for row in found.rows][-1] == "diverged"
    end = sweep_rate(lab, rates=[1e-6, 0.01, 0.3], frames=80)
    assert end.passed is False and "at an end of the list" in end.verdict
    lost = sweep_rate(lab, rates=[50.0, 100.0], frames=80)
    assert lost.passed is False and "try smaller ones" in lost.verdict


@pytest.mark.training
def test_a_finding_speaks_where_there_is_no_notebook(capsys: Any) -> None:
    found = overfit_one(Line(), frames=10)
    found._ipython_display_()
    assert found.verdict in capsys.readouterr().out
    assert found.verdict in repr(found)


# ---- real labs ----------------------------------------------------------------------------------


@pytest.mark.training
@pytest.mark.parametrize("network", ["convolutions", "dense", "linear"])
def test_one_map_is_learned_by_heart(network: str) -> None:
    assert overfit_one(WeatherMaps(network=network)).passed
    assert overfit_one(WeatherMaps(network=network, lr=1e-5), frames=60).passed is False


@pytest.mark.parametrize(
    ("lab", "count", "said"),
    [
        (BurgersPINN(), 60 + 3 * 420 + 21, "It learns from 500 (points inside): 2.7 for each"),
        (WeatherMaps(), 160 + 4640 + 9248 + 33, "It learns from 400 (training maps): 35 for each"),
        (WeatherMaps(network="dense"), 14336 + 14 + 14 + 1, "by heart"),
        (Line(), 1, "It learns from 64 (samples)"),
    ],
)
def test_weights_are_counted_as_by_hand(lab: Experiment, count: int, said: str) -> None:
    found = count_parameters(lab)
    sound(found)
    assert found.verdict.startswith(f"Training changes {count:,} numbers.")
    assert said in found.verdict and found.rows[-1][-1] == f"**{count:,}**"


@pytest.mark.training
def test_the_checks_serve_a_network_that_obeys_an_equation() -> None:
    lab = BurgersPINN()
    assert overfit_one(lab, frames=600).passed
    swept = sweep_rate(lab, rates=[1e-5, 5e-3], frames=150)
    assert swept.verdict.startswith("Best of these: 0.005 ") and swept.rows[0][0] == "1e-05"
    grown = grow_data(lab, values=[50, 500], frames=150)
    assert grown.head == ("points inside", "relative error", "largest training loss")
    sound(grown)


@pytest.mark.training
def test_the_checks_serve_the_surrogate_of_the_wind_tunnel() -> None:
    lab = AirfoilSurrogate().but(pixels="32", cases=50)
    network = run(lab, frames=3).look().network
    count = sum(weight.numel() for weight in network.parameters())
    assert count_parameters(lab).verdict.startswith(f"Training changes {count:,} numbers.")
    fewest = overfit_one(lab, frames=300, share=0.3)
    assert fewest.passed and fewest.runs[0].value == 50
    swept = sweep_rate(lab, rates=[1e-5, 3e-3], frames=80, judge="new")
    assert swept.verdict.startswith("Best of these: 0.003 (“new airfoils”")
    grown = grow_data(lab, values=[50, 100], frames=30, judge="family")
    assert grown.head[:2] == ("training cases", "new family")
