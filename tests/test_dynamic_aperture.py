"""The lab of the dynamic aperture: what scores it is not what it has seen."""

import numpy as np
import pytest

from sciml_widgets import View
from sciml_widgets.headless import run
from sciml_widgets.labs import DynamicAperture
from sciml_widgets.labs.dynamic_aperture import (
    COARSE,
    EDGE,
    FINE,
    HIGH,
    LOW,
    PIXELS,
    Score,
    Survey,
    ring_points,
    some_rings,
)
from sciml_widgets.physics.henon import quadrant
from sciml_widgets.record import Turn

NEAR = DynamicAperture().but(model="nearest neighbour", batch=40, turns=100)


class Knows:
    """A surrogate that says what it is told."""

    def __init__(self, answers: dict[int, np.ndarray]) -> None:
        self.answers = answers

    def says(self, z: np.ndarray) -> np.ndarray:
        return self.answers[len(z)].copy()


def test_the_map_that_scores_has_no_place_in_common_with_the_pixels() -> None:
    a, b = (EDGE * (np.arange(n) + 0.5) / n for n in (PIXELS, FINE))
    assert np.abs(a[:, None] - b).min() > 1e-4


def test_the_rings_that_score_are_not_tracked() -> None:
    rng = np.random.default_rng(3)
    tracked = some_rings(50, rng)
    score = Score(tracked, 100, False, rng)
    assert len(score.points) == len(score.rings) * COARSE**2
    assert np.abs(score.rings[:, None] - tracked).max(2).min() > 1e-6
    assert (score.rings >= LOW[2:]).all() and (score.rings <= HIGH[2:]).all()


def test_the_truth_scores_full_and_its_opposite_nothing() -> None:
    score = Score(np.array([[0.28, 0.31, 0.0]]), 100, False, np.random.default_rng(0))
    answers = {len(score.points): score.truth, len(score.map): score.map_truth}
    nothing = np.empty((0, 5)), np.empty(0, dtype=bool)
    assert score(0, Survey(Knows(answers), *nothing)) == {
        "iou": 1.0, "aperture": 0.0, "iou_pixels": 1.0,
    }  # fmt: skip
    opposite = {size: ~one for size, one in answers.items()}
    assert score(0, Survey(Knows(opposite), *nothing))["iou"] == 0.0


def test_known_answers_are_put_in_where_candidates_are_the_pixels() -> None:
    """With every pixel tracked the score of the pixels is full, whatever the surrogate says."""
    score = Score(np.array([[0.28, 0.31, 0.0]]), 100, True, np.random.default_rng(0))
    wrong = {len(score.points): ~score.truth, len(score.map): ~score.map_truth}
    points = ring_points(quadrant(PIXELS), np.array([[0.28, 0.31, 0.0]]))
    order = np.random.default_rng(1).permutation(len(points))
    found = score(0, Survey(Knows(wrong), points[order], score.map_truth[order]))
    assert found["iou_pixels"] == 1.0 and found["iou"] == 0.0


@pytest.mark.parametrize("candidates", ["anywhere", "pixels"])
def test_no_particle_is_tracked_twice_and_no_more_than_the_budget(candidates: str) -> None:
    player = run(NEAR.but(candidates=candidates, budget=100), frames=5)
    points = player.look().points
    assert len(points) == player.scalars["particles"] == 100
    assert len(np.unique(points, axis=0)) == 100
    assert (points >= LOW).all() and (points <= HIGH).all()


@pytest.mark.training
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_tracked_at_the_boundary_is_worth_more(seed: int) -> None:
    lab = NEAR.but(budget=300, seed=seed)
    found = {rule: run(lab.but(rule=rule), frames=8) for rule in ("random", "boundary")}
    miss = {rule: 1 - player.scalars["iou"] for rule, player in found.items()}
    assert miss["boundary"] < 0.75 * miss["random"]


def test_turning_the_ring_that_is_shown_changes_the_map_only() -> None:
    player = run(NEAR, frames=2)
    survey = player.look()
    home, away = (NEAR.but(nu_x=nu).picture(survey, View(16)).caption for nu in (0.28, 0.33))
    share = [said.partition(": ")[2].partition("%")[0] for said in (home, away)]
    assert float(share[0]) > 2 * float(share[1]), "brute force on another ring"
    assert "; 80 tracked here;" in home
    assert "; 0 tracked here, 80 elsewhere;" in away
    turned = run(NEAR, frames=2, tape=[Turn(1, "shown.nu_x", 0.33)])
    assert dict(turned.scalars) == dict(player.scalars)
