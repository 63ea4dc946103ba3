"""What lesson 04 writes by hand is right: its turn, its tracking, its score."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from sciml_widgets.course.script import tagged
from sciml_widgets.physics import Henon
from sciml_widgets.physics.aperture import agreement
from sciml_widgets.physics.henon import quadrant
from sciml_widgets.physics.lifetime import effect

SCRIPT = Path(__file__).parents[1] / "lessons" / "04_lhc.py"


def cells(*tags: str) -> dict[str, Any]:
    """Everything that these cells of the lesson define."""
    names: dict[str, Any] = {
        "np": np, "torch": torch, "nn": nn, "HOME": (0.28, 0.31, 0.0), "quadrant": quadrant,
    }  # fmt: skip
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


@pytest.mark.parametrize("ring", [(0.28, 0.31, 0.0), (0.27, 0.3, 0.4)])
def test_its_tracking_is_the_library_s(ring: tuple[float, float, float]) -> None:
    places = quadrant(20)
    mine = cells("track")["track"](places, ring, 200)
    assert np.array_equal(mine, Henon(*ring).survival(*places.T, turns=200))


def test_its_score_is_the_library_s() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 500)) < 0.3
    names = cells("track")
    exec(tagged(SCRIPT, "score").partition("\n\n\n")[0], names)
    assert names["agreement"](one, other) == agreement(one, other)


@pytest.mark.training
def test_its_networks_differ_and_learn() -> None:
    torch.set_default_dtype(torch.float32)  # the fixture of the tests sets it back
    ensemble = cells("ensemble")["Ensemble"](members=3, width=8)
    places = quadrant(12)
    stable = np.hypot(*places.T) < 0.4
    _, before = ensemble.chance(places)
    assert before.max() > 1e-3
    ensemble.learn(places, stable, steps=150)
    chance, _ = ensemble.chance(places)
    assert ((chance > 0.5) == stable).mean() > 0.93


def test_its_line_through_the_log_has_the_wrong_sign() -> None:
    names = cells("log")
    by_log, by_trial = (names["for_100_amperes"](names[one]) for one in ("log", "trial"))
    true = 10 ** float(effect()[0]) - 1
    assert by_log > 0 > true
    assert by_trial == pytest.approx(true, abs=0.08)
