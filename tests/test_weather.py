"""Maps of water vapour: the label is the shape and nothing else, and events are kept together."""

import math

import numpy as np
import pytest

from sciml_widgets.weather import (
    COAST,
    SIZE,
    Maps,
    coast,
    longest,
    make,
    shuffled,
    split,
    tell_apart,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def maps() -> Maps:
    return make(200, rng(), snapshots=2)


def test_an_event_has_one_label_and_its_snapshots(maps: Maps) -> None:
    assert maps.fields.shape == (400, SIZE, SIZE) and np.isfinite(maps.fields).all()
    assert (maps.river.reshape(200, 2) == maps.river.reshape(200, 2)[:, :1]).all()
    assert np.bincount(maps.event).tolist() == [2] * 200
    share = maps.river[::2].mean()
    assert abs(share - 0.5) < 5 * math.sqrt(0.25 / 200)


def test_the_amount_of_water_does_not_tell_the_classes_apart(maps: Maps) -> None:
    """The means of both classes agree within five standard errors, and a threshold hardly helps.

    A threshold that is fitted to 200 independent events is right by luck in 1/2 + 1/√200.
    """
    total = maps.fields.sum((1, 2))
    wet, dry = total[maps.river == 1][::2], total[maps.river == 0][::2]
    error = math.sqrt(wet.var() / len(wet) + dry.var() / len(dry))
    assert abs(wet.mean() - dry.mean()) < 5 * error
    assert tell_apart(total, maps.river)[1] < 0.5 + 2.5 / math.sqrt(200)


def test_a_river_reaches_further_than_patches(maps: Maps) -> None:
    reach = longest(maps.fields, 0.6)
    assert reach[maps.river == 1].mean() > 1.2 * reach[maps.river == 0].mean()
    assert 0.65 < tell_apart(reach, maps.river)[1] < 0.95


def test_without_noise_the_longest_wet_region_is_the_river() -> None:
    made = make(60, rng(2), snapshots=1, noise=0.0)
    assert tell_apart(longest(made.fields, 0.6), made.river)[1] > 0.75


@pytest.mark.parametrize("strength", [-1.0, 0.0, 0.9])
def test_the_coast_has_the_correlation_that_it_should_and_nothing_else_moves(
    maps: Maps, strength: float
) -> None:
    seen = coast(maps, strength, rng(1))
    assert (seen.fields[:, :, COAST:] == maps.fields[:, :, COAST:]).all()
    bright = (seen.fields - maps.fields)[:, 0, 0]
    assert abs(bright) == pytest.approx(1.0)
    found = np.mean(bright * (2 * maps.river - 1))
    assert abs(found - strength) <= 5 * math.sqrt((1 - strength**2) / len(maps)) + 1e-12


def test_a_shuffle_moves_all_maps_alike_and_loses_nothing(maps: Maps) -> None:
    moved = shuffled(maps, rng(3))
    assert not np.array_equal(moved.fields, maps.fields)
    flat, before = moved.fields.reshape(400, -1), maps.fields.reshape(400, -1)
    place = np.argmin(abs(before[0] - flat[0, 0]))
    assert (flat[:, 0] == before[:, place]).all()
    assert np.array_equal(np.sort(flat, 1), np.sort(before, 1))


def test_a_split_by_event_keeps_snapshots_together(maps: Maps) -> None:
    train, test = split(maps, 0.75, rng(4))
    assert not set(train.event) & set(test.event) and len(train) == 300
    train, test = split(maps, 0.75, rng(4), by_event=False)
    assert set(train.event) & set(test.event) and len(train) == 300


def test_the_best_threshold_is_found() -> None:
    score, river = np.array([3.0, 1.0, 2.0, 0.0]), np.array([1, 0, 0, 1])
    level, right = tell_apart(score, river)
    assert right == 0.75 and 2 < level < 3
    assert tell_apart(np.array([1.0, 2.0]), np.array([0, 0])) == (math.inf, 1.0)


def test_a_bad_wish_is_refused_in_words(maps: Maps) -> None:
    with pytest.raises(ValueError, match="a share between 0 and 1"):
        make(5, rng(), rivers=1.5)
    with pytest.raises(ValueError, match="no correlation"):
        coast(maps, 2.0, rng())
    with pytest.raises(ValueError, match="leaves one side empty"):
        split(maps, 1.0, rng())
