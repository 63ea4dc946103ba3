"""The labs that search through a solver: the book's run, both slopes, what equal losses hide."""

import numpy as np
import pytest

from sciml_widgets import run
from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import knobs
from sciml_widgets.labs import AdvectionDP, BurgersDP
from sciml_widgets.picture import View
from sciml_widgets.player import Player
from sciml_widgets.solvers.rollout import rollout


def test_the_preset_of_the_book_is_the_book_s_run() -> None:
    player = run(BurgersDP().preset("the book"), frames=6)
    assert f"{player.scalars['loss']:.6f}" == "0.183476"


@pytest.mark.training
def test_both_ways_to_a_slope_and_any_memory_give_one_run() -> None:
    ends = [
        run(BurgersDP().but(slopes=slopes, segment=segment), frames=4).scalars["loss"]
        for slopes, segment in (("by hand", 0), ("by hand", 5), ("autograd", 0))
    ]
    assert ends == pytest.approx([ends[0]] * 3, rel=1e-12)


def test_a_careless_switch_never_moves() -> None:
    player = run(AdvectionDP().preset("a careless switch"), frames=5)
    loss = player.history.tracks["loss"].y
    assert len(set(loss)) == 1
    assert not player.look().flow.any()


def test_without_the_inverse_crime_the_dye_s_data_are_exact() -> None:
    """A fine grid comes near them, a coarse one does not: first order."""
    made = AdvectionDP().but(crime=False, guess=0.4, swing=0.0).preset("one spot")
    found = run(made.but(swing=0.0, crime=False, guess=0.4), frames=1).look()
    moved = rollout(lambda d: found.solver.step(d, np.full(64, 0.4)), found.begin, found.steps)[-1]
    away = (found.solver.x - 0.5 - 0.4 * found.steps / 128 + 0.5) % 1 - 0.5
    assert abs(found.data - np.exp(-0.5 * (away / 0.05) ** 2)).max() < 1e-12
    assert abs(found.data - moved).max() > 0.01


@pytest.mark.parametrize(
    ("lab", "advice"),
    [
        (BurgersDP().preset("a walk into the limit"), "Take 3 substeps or more"),
        (AdvectionDP().preset("each cell for itself"), "Take fewer waves"),
        (
            AdvectionDP().but(scheme="downwind", guess=0.5),
            "u dt/dx must be at most 0, but is 0.25",
        ),
    ],
)
def test_a_search_that_leaves_the_limit_shows_its_last_state_and_names_a_knob(
    lab: Experiment, advice: str
) -> None:
    player = Player(lab)
    player.go()
    while player.state in ("idle", "running"):
        player.round()
    assert player.state == "diverged"
    assert advice in player.message and "ignore_limit" not in player.message
    assert "“watch the limit” off" in player.message
    seen = player.look()
    if player.frames:
        said = lab.picture(seen, View(16)).caption
        assert said != lab.picture(None, View(16)).caption, "not that of the first step"


def test_plain_descent_finds_the_flow_at_the_rate_that_its_help_names() -> None:
    """64 cells are moved by each wave: a rate of 20 runs into the limit at once."""
    lab = AdvectionDP().but(optimizer="gradient-descent")
    wants = float(knobs(lab)["lr"].help.rsplit(" ", 1)[1])
    assert run(lab.but(lr=wants), frames=101).scalars["seen"] < 1e-6


@pytest.mark.training
def test_at_equal_loss_the_starts_differ_more_than_tenfold() -> None:
    """Gradient descent and L-BFGS, the inverse crime on; the mean error of u(x, 0)."""
    slow = run(BurgersDP().but(crime=True, lr=5.0), frames=201).scalars
    quick = run(BurgersDP().but(crime=True, optimizer="l-bfgs"),
                until=f"loss<{slow['loss']}", frames=100).scalars  # fmt: skip
    assert quick["loss"] < slow["loss"] < 3e-6
    assert quick["inside"] + quick["outside"] > 10 * (slow["inside"] + slow["outside"])
    assert quick["inside"] > 3 * quick["outside"]
