"""The engine carries what is no training: each law is shown by a small numpy experiment."""

import math

import numpy as np
import pytest
from numpy_labs import DoubleWell, Evolution, Labels, Measure, Polar, Race

from sciml_widgets.experiment import Diverged, Series
from sciml_widgets.headless import replay, run
from sciml_widgets.picture import Bars, Lines, Points
from sciml_widgets.player import Player
from sciml_widgets.record import Record


def rounds(player: Player, count: int) -> None:
    for _ in range(count):
        player.round()


def same_again(player: Player) -> bool:
    record = Record.from_json(player.record().to_json())
    return replay(record, type(player.experiment))[1] == ""


def test_a_monte_carlo_sampler_samples_what_it_should_and_can_be_steered() -> None:
    player = run(DoubleWell(walkers=500), frames=300)
    energy = player.history.tracks["energy"]
    x = np.linspace(-4, 4, 4001)
    weight = np.exp(-2.0 * (x**2 - 1) ** 2)
    exact = float(((x**2 - 1) ** 2 * weight).sum() / weight.sum())
    late = np.array(energy.y[100:])
    scatter = late.std() / math.sqrt(len(late) / 20)  # a walker forgets in about 20 moves
    assert abs(late.mean() - exact) < 5 * scatter
    assert energy.x[:3] == [500.0, 1000.0, 1500.0], "drawn over the moves, not the steps"
    assert len(player.history.tracks["energy_high"].y) == 300
    bars = [mark for mark in player.draw().plots[0].marks if isinstance(mark, Bars)]
    assert bars and float(bars[0].y.sum() * bars[0].width) <= 1.0 + 1e-12

    live = Player(DoubleWell())
    live.go()
    rounds(live, 20)
    calm = live.scalars["accepted"]
    live.turn("width", 5.0)
    rounds(live, 20)
    assert live.scalars["accepted"] < calm - 0.2, "long moves are refused"
    assert same_again(live)


def test_a_genetic_algorithm_is_a_run_of_generations_over_evaluations() -> None:
    player = run(Evolution())
    best = player.history.tracks["best"]
    assert best.x == [40.0 * (i + 1) for i in range(40)]
    assert best.y == sorted(best.y, reverse=True), "the best survives"
    assert best.y[-1] < 0.1 < best.y[0]
    assert run(Evolution(), until="best<0.1").goal_reached is not None
    assert same_again(player)


def test_a_loop_that_buys_labels_is_drawn_over_the_labels() -> None:
    player = Player(Labels())
    player.go()
    rounds(player, 20)
    player.turn("batch", 5)
    player.turn("strategy", "random")
    rounds(player, 20)
    track = player.history.tracks["rmse"]
    steps = np.diff(track.x)
    assert track.x[0] == 3.0 and set(steps[:9]) == {2.0} and set(steps[10:]) == {5.0}
    assert track.y[-1] < track.y[0] / 10
    assert player.frames == 40 and len(track.x) == 20, "every other frame is a heartbeat"
    assert player.ticks[0].at == {"step": 9.0, "labels": 21.0}, "a tick stands on both axes"
    assert same_again(player)


def test_a_picture_that_only_follows_a_slider_needs_no_run() -> None:
    player = Player(Polar())

    def curve() -> Lines:
        [mark] = player.draw(16).plots[0].marks
        assert isinstance(mark, Lines)
        return mark

    before = curve()
    player.turn("angle", 90.0)
    player.round()
    after = curve()
    assert player.state == "idle" and player.frames == 0
    np.testing.assert_allclose(after.x, -before.y, atol=1e-12)
    np.testing.assert_allclose(after.y, before.x, atol=1e-12)
    player.go()
    rounds(player, 2)
    assert (player.state, player.frames) == ("finished", 1)
    player.turn("petals", 5)
    player.round()
    assert player.state == "finished" and not np.allclose(curve().x, after.x)
    assert same_again(player)


def test_the_presses_of_an_action_are_on_the_tape_and_replay() -> None:
    player = Player(Measure(seed=2))
    player.go()
    rounds(player, 3)
    player.press("here")
    rounds(player, 2)
    player.turn("where", 0.8)
    player.press("here")
    player.press("here")
    rounds(player, 2)
    assert player.scalars["count"] == 3.0
    spread = player.history.tracks["spread"].y
    assert spread[2] == 1.0 and spread[3] < 1.0 and spread[-1] < spread[3]
    assert [(t.frame, t.name, t.value) for t in player.tape] == [
        (3, "here", 1), (5, "where", 0.8), (5, "here", 3),
    ]  # fmt: skip
    points = player.draw().plots[0].marks[0]
    assert isinstance(points, Points) and list(points.x) == [0.0, 0.8, 0.8]
    new, parting = replay(Record.from_json(player.record().to_json()), Measure)
    assert parting == "" and new.experiment.here == 3
    assert new.look()[3].tolist() == player.look()[3].tolist(), "the same noise"


def test_pressed_buttons_do_not_act_again_in_a_new_run() -> None:
    player = Player(Measure())
    player.press("here")
    player.go()
    rounds(player, 2)
    player.press("here")
    rounds(player, 2)
    player.reset()
    player.go()
    rounds(player, 2)
    assert player.experiment.here == 2 and player.scalars["count"] == 0.0


def test_of_six_racers_one_flies_away_and_the_others_race_on() -> None:
    player = run(Race())
    assert player.state == "finished" and player.frames == 120
    gone = [name for name, value in player.scalars.items() if not math.isfinite(value)]
    assert gone == ["racer5"]
    assert player.scalars["racer4"] < player.scalars["racer0"] < 1.0
    table = player.history.to_pandas()
    assert table["racer5"].iloc[-20:].isna().all() and table["racer4"].notna().all()
    assert player.record().to_json().count("null") == 1
    assert same_again(player), "NaN is the same as NaN"


def test_in_a_loss_the_same_nan_stops_the_run() -> None:
    class Serious(Race):
        series = (*Race.series[:5], Series("racer5", "the fast one", role="loss"))

    with pytest.raises(Diverged, match="the loss “the fast one” is no longer a finite") as caught:
        run(Serious())
    player = caught.value.player  # type: ignore[attr-defined]
    assert player.state == "diverged" and 10 < player.frames < 120
    assert player.look().shape == (6, 2)
    assert same_again(player)
