"""The labs that search through a solver: the book's run, both slopes, what equal losses hide."""

import numpy as np
import pytest

from sciml_widgets import run
from sciml_widgets.labs import AdvectionDP, BurgersDP
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


@pytest.mark.training
def test_at_equal_loss_the_starts_differ_more_than_tenfold() -> None:
    """Gradient descent and L-BFGS, the inverse crime on; the mean error of u(x, 0)."""
    slow = run(BurgersDP().but(crime=True, lr=5.0), frames=201).scalars
    quick = run(BurgersDP().but(crime=True, optimizer="l-bfgs"),
                until=f"loss<{slow['loss']}", frames=100).scalars  # fmt: skip
    assert quick["loss"] < slow["loss"] < 3e-6
    assert quick["inside"] + quick["outside"] > 10 * (slow["inside"] + slow["outside"])
    assert quick["inside"] > 3 * quick["outside"]
