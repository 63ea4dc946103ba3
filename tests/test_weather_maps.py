"""The lab of the weather maps: equal sizes, a coast that is turned live, and what is looked at."""

import numpy as np
import pytest
import torch

from sciml_widgets import Turn, run
from sciml_widgets.labs import WeatherMaps
from sciml_widgets.labs.weather_maps import NETWORKS, build, saliency
from sciml_widgets.networks import count_weights
from sciml_widgets.picture import Bars, View
from sciml_widgets.weather import COAST, make


def weights(kind: str) -> int:
    return count_weights(build(kind, torch.Generator().manual_seed(0)))


def test_convolutions_and_dense_are_of_one_size_and_linear_is_what_it_says() -> None:
    assert abs(weights("convolutions") / weights("dense") - 1) < 0.03
    assert weights("linear") == 32 * 32 + 1
    with pytest.raises(ValueError, match="not one of convolutions, dense, linear"):
        build("quadratic", torch.Generator())


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_is_made_from_its_generator_alone(kind: str) -> None:
    one, same, other = (
        torch.cat(
            [w.flatten() for w in build(kind, torch.Generator().manual_seed(s)).parameters()]
        )
        for s in (1, 1, 2)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_a_linear_network_looks_at_its_weights() -> None:
    network = build("linear", torch.Generator().manual_seed(0))
    maps = make(2, np.random.default_rng(0), snapshots=1)
    said, looked = saliency(network, maps.fields)
    weight = next(network.parameters()).detach().double().abs().numpy().reshape(32, 32)
    assert looked == pytest.approx(np.stack([weight / weight.max()] * 2), rel=1e-6)
    by_hand = network(torch.from_numpy(maps.fields).float()[:, None])[:, 0]
    assert said == pytest.approx(by_hand.detach().double().numpy(), rel=1e-6)


@pytest.mark.training
def test_a_turn_of_the_coast_in_the_test_changes_no_step_of_the_training() -> None:
    lab = WeatherMaps(network="dense", cue=1.0, cue_test=1.0, maps=40)
    calm = run(lab, frames=31)
    turned = run(lab, frames=31, tape=[Turn(12, "cue_test", -1.0)])
    tracks = calm.history.tracks, turned.history.tracks
    assert tracks[0]["loss"].y == tracks[1]["loss"].y
    assert tracks[0]["rule"].y == tracks[1]["rule"].y, "the rule does not look at the coast"
    wrong = [track["wrong"].y for track in tracks]
    assert wrong[0][:3] == wrong[1][:3] and wrong[0][3:] != wrong[1][3:]


@pytest.mark.training
def test_every_map_keeps_its_chance_whatever_the_correlation() -> None:
    """At 1 and at -1 the coasts are each other's opposites; away from it nothing moves."""
    exams = [
        run(WeatherMaps(network="linear", cue=1.0, cue_test=rho, maps=8), frames=1).look().exam
        for rho in (1.0, -1.0)
    ]
    bare = exams[0].bare.fields
    assert exams[0].seen.fields + exams[1].seen.fields == pytest.approx(2 * bare, abs=1e-12)
    assert (exams[0].seen.fields[:, :, COAST:] == bare[:, :, COAST:]).all()


@pytest.mark.training
def test_the_picture_follows_a_turn_before_the_next_look() -> None:
    """A finished run has no next step; the bars are those that a run would measure."""
    lab = WeatherMaps(network="linear", cue=1.0, cue_test=1.0, maps=200)
    player = run(lab, frames=31)
    bars = {
        rho: next(
            mark.y
            for plot in lab.but(cue_test=rho).picture(player.look(), View()).plots
            for mark in plot.marks
            if isinstance(mark, Bars)
        )
        for rho in (1.0, -1.0)
    }
    measured = run(lab.but(cue_test=-1.0), frames=31).look().wrong
    assert bars[1.0] == pytest.approx(player.look().wrong)
    assert bars[-1.0] == pytest.approx(measured) and bars[-1.0].sum() > bars[1.0].sum() + 0.5


def test_without_a_coast_anywhere_the_test_is_bare() -> None:
    exam = run(WeatherMaps(network="linear", maps=8), frames=1).look().exam
    assert exam.seen is exam.bare and not exam.coast
