"""What lesson 01 writes by hand is what the lab does; its exercises see through wrong answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from sciml_widgets import run
from sciml_widgets.course.script import tagged
from sciml_widgets.labs import WeatherMaps
from sciml_widgets.labs.weather_maps import build

SCRIPT = Path(__file__).parents[1] / "lessons" / "01_pictures.py"


def cells(*tags: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def test_the_loss_by_hand_is_the_one_of_the_formulas_and_of_torch() -> None:
    loss_of = cells("setup", "loss")["loss_of"]
    f = torch.linspace(-8, 8, 33)
    y = (torch.arange(33) % 2).to(f)
    p = 1 / (1 + torch.exp(-f))
    formula = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
    assert loss_of(f, y).item() == pytest.approx(formula.item(), rel=1e-12)
    torchs = nn.functional.binary_cross_entropy_with_logits(f, y)
    assert loss_of(f, y).item() == pytest.approx(torchs.item(), rel=1e-12)


@pytest.mark.parametrize("kind", ["dense", "convolutions"])
def test_the_networks_by_hand_are_the_lab_s(kind: str) -> None:
    by_hand = cells("setup", "networks")[kind]()
    theirs = build(kind, torch.Generator().manual_seed(0)).double()
    by_hand.load_state_dict(theirs.state_dict())
    maps = torch.randn(3, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    assert torch.equal(by_hand(maps), theirs(maps))


@pytest.mark.training
def test_the_loop_by_hand_takes_the_steps_of_the_lab() -> None:
    """Same maps, same weights, same minibatches: the same losses, in single precision."""
    names = cells("setup", "networks", "loss", "loop")
    lab = WeatherMaps(network="dense", maps=40)
    generator = torch.Generator().manual_seed(lab.seed)
    network = names["dense"]().float()
    network.load_state_dict(build("dense", generator).state_dict())

    by_hand = names["learn"](network, lab.data()[0], generator, steps=20, lr=lab.lr)
    theirs = run(lab, frames=20).history.tracks["loss"].y
    assert by_hand == pytest.approx(theirs, rel=1e-4)


def test_the_data_by_hand_keep_events_apart() -> None:
    train, test = cells("setup", "data")["maps_for"](20, 10)
    assert len(train) == 80 and len(test) == 40 and not set(train.event) & set(test.event)


def asked(name: str, answer: Any) -> list[bool]:
    names = cells("setup")
    names["exercise"] = lambda *_, **__: lambda check: check
    exec(tagged(SCRIPT, "check"), names)
    return [bool(right) for right, _ in names[name](answer)]


def test_a_flipped_kernel_and_a_wrong_axis_are_seen() -> None:
    def right(field: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        return nn.functional.conv2d(field[None, None], kernel[None, None])[0, 0]

    assert all(asked("sliding", right))
    assert not all(asked("sliding", lambda field, kernel: right(field, kernel.flip(0, 1))))
    assert not all(asked("sliding", lambda field, kernel: right(field, kernel.T)))


def test_the_balanced_error_is_not_the_plain_one() -> None:
    def right(said: np.ndarray, river: np.ndarray) -> float:
        return float(np.mean([(said != river)[river == one].mean() for one in (0, 1)]))

    assert all(asked("balanced", right))
    assert not all(asked("balanced", lambda said, river: (said != river).mean()))
    assert not all(asked("balanced", lambda said, river: (said != river)[river == 1].mean()))


@pytest.mark.training
@pytest.mark.parametrize("turn", [{"maps": 2000}, {"cue_test": 1.0}, {"network": "dense"}])
def test_another_knob_does_not_repair_the_broken_lab(turn: dict[str, Any]) -> None:
    assert not all(asked("repaired", cells("setup", "check")["broken"].but(**turn)))
