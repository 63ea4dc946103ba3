import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets import history
from sciml_widgets.experiment import Series
from sciml_widgets.history import CAPACITY, History, Track

LINES = (
    Series("loss", role="loss"),
    Series("rmse", role="error", x="labels", band=("low", "high")),
)


def test_a_sparse_series_is_drawn_over_its_own_axis() -> None:
    found = History(LINES)
    found.append(0, {"loss": 3.0, "labels": 10.0})
    found.append(1, {"loss": 2.0})
    found.append(2, {})
    found.append(3, {"rmse": 0.5, "low": 0.4, "high": 0.6})
    found.append(4, {"rmse": 0.25, "labels": 20.0})
    assert found.tracks["loss"].points() == ([0, 1], [3.0, 2.0])
    assert found.tracks["rmse"].points() == ([10.0, 20.0], [0.5, 0.25])
    assert found.tracks["high"].points() == ([10.0], [0.6])
    assert found.newest == {"loss": 2.0, "labels": 20.0, "rmse": 0.25, "low": 0.4, "high": 0.6}
    assert found.positions() == {"labels": 20.0}


def test_before_the_axis_is_known_a_point_has_no_place() -> None:
    found = History(LINES)
    found.append(0, {"rmse": 1.0})
    assert math.isnan(found.tracks["rmse"].x[0])


def test_an_undeclared_scalar_is_an_error_that_names_both_sets() -> None:
    with pytest.raises(ValueError, match="step 7 holds los, .*series are high, labels, loss, low"):
        History(LINES).append(7, {"los": 1.0})


def test_to_pandas_has_a_column_for_each_series() -> None:
    found = History((Series("a"), Series("b")))
    for step in range(5):
        found.append(step, {"a": float(step)} | ({"b": 9.0} if step == 3 else {}))
    table = found.to_pandas()
    assert list(table.columns) == ["a", "b"] and table.index.name == "step"
    assert list(table["a"]) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert table["b"].dropna().to_dict() == {3.0: 9.0}
    assert History(LINES).to_pandas().index.name == "x"
    assert len(History(()).to_pandas()) == 0


def test_memory_is_bounded_however_long_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "CAPACITY", 64)
    track = Track()
    longest = 0
    for i in range(20_000):
        track.append(i, math.sin(i / 50))
        longest = max(longest, len(track.x))
        assert len(track.x) == len(track.y)
    assert longest <= 64 and len(track._group) <= 2
    assert track.thinned > 5
    assert track.x[0] == 0
    assert 19_999 - track.x[-1] < 20_000 / 16, "the end is at most one group late"


@pytest.mark.parametrize("calm", [0, 20_000])
def test_all_of_a_long_run_is_kept_equally_fine(calm: int) -> None:
    track = Track()
    for i in range(40_000):
        track.append(i, 1.0 if i < calm else math.sin(i * i))
    counts, _ = np.histogram(track.x, 10, (0, 40_000))
    assert len(track.x) > CAPACITY / 2
    assert counts.min() > 0.8 * counts.max(), counts


def test_between_two_thinnings_points_are_only_added_at_the_end() -> None:
    track, before = Track(), ([], [])
    thinned = 0
    for i in range(3 * CAPACITY):
        track.append(i, math.sin(i * i))
        if i % 97 == 0:
            x, y = track.points()
            if track.thinned == thinned:
                assert (x[: len(before[0])], y[: len(before[1])]) == before
            before, thinned = (x, y), track.thinned


def test_the_real_capacity_holds() -> None:
    track = Track()
    for i in range(3 * CAPACITY):
        track.append(i, float(i % 7))
    assert CAPACITY / 2 < len(track.x) <= CAPACITY


values = st.floats(allow_nan=False, width=32) | st.just(math.nan)


@settings(max_examples=30, deadline=None)
@given(st.lists(values, min_size=100, max_size=300))
def test_every_spike_survives_thinning(ys: list[float]) -> None:
    track = Track()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "CAPACITY", 32)
        for x, y in enumerate([*ys, *[math.nan] * len(ys)]):  # the rest fills the last group
            track.append(float(x), y)
    known = [y for y in ys if not math.isnan(y)]
    left = [y for y in track.y if not math.isnan(y)]
    assert len(track.x) <= 32
    if known:
        assert (max(left), min(left)) == (max(known), min(known))
    assert track.x == sorted(track.x), "in order"
    for x, y in zip(track.x, track.y, strict=True):
        assert math.isnan(y) or y == ys[int(x)], "real points"
    assert track.x[0] == 0.0


def test_a_racer_that_is_gone_stays_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "CAPACITY", 32)
    track = Track()
    for i in range(200):
        track.append(i, 1.0 if i < 100 else math.nan)
    x, y = np.array(track.x), np.array(track.y)
    assert np.isnan(y[x >= 104]).all() and (y[x < 96] == 1.0).all()
    assert 90 < x[~np.isnan(y)].max() < 100, "its line ends where it ended"


def test_a_reader_in_another_thread_sees_points_that_fit_together() -> None:
    track, stop, torn = Track(), threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            x, y = track.points()
            if len(x) != len(y) or any(a != b for a, b in zip(x, y, strict=False)):
                torn.append(len(x))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(30_000):
        track.append(i, i)
    stop.set()
    reader.join()
    assert not torn
