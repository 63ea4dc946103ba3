"""The lab of the beam's lifetime: what its numbers mean, and that its advice has its data."""

import numpy as np
import pytest

from sciml_widgets import View
from sciml_widgets.headless import run
from sciml_widgets.labs import BeamLifetime
from sciml_widgets.labs.beam_lifetime import ALL, LOG, QUESTIONS, SCAN, Tuned, inputs
from sciml_widgets.physics import lifetime as beam
from sciml_widgets.physics.lifetime import HIGH, LOW, NOMINAL, Entries

QUICK = BeamLifetime().but(model="quadratic")


class Knows:
    """A surrogate that says the truth of each emittance."""

    def predict(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        knobs = LOW + (z[:, :4] + 1) / 2 * (HIGH - LOW)
        emittance = beam.normal_emittance(3 * z[:, 4])
        return np.log10(beam.lifetime(knobs, emittance)), np.zeros(len(z))


def test_who_knows_each_fill_knows_what_a_move_brings() -> None:
    """The back-door formula with the true answers is the truth."""
    nothing = Entries(np.empty((0, 4)), np.empty(0), np.empty(0))
    knobs = np.random.default_rng(0).uniform(LOW, HIGH, (50, 4))
    told = Tuned(Knows(), nothing, True, NOMINAL)
    assert np.abs(told.says(knobs)[0] - beam.expected(knobs)).max() < 0.01


def test_inputs_lie_about_the_unit_box_and_leave_out_what_is_not_logged() -> None:
    z = inputs(np.stack([LOW, HIGH]))
    assert np.allclose(z, [[-1, -1, -1, -1, 0], [1, 1, 1, 1, 0]])
    far = inputs(NOMINAL[None], beam.normal_emittance(np.array([3.0])))
    assert far[0, 4] == pytest.approx(1.0)


@pytest.mark.parametrize("source", [LOG, SCAN, QUESTIONS])
def test_the_advice_stays_where_something_was_measured(source: str) -> None:
    player = run(QUICK.but(source=source, moves=ALL), frames=6)
    state = player.look()
    assert len(state.entries.found) == player.scalars["measured"] == 6 * 20
    seen = state.entries.knobs
    assert (state.advice >= seen.min(axis=0)).all() and (state.advice <= seen.max(axis=0)).all()
    given = 10 ** float(beam.expected(state.advice[None])[0])
    assert player.scalars["advice"] == pytest.approx(given)
    assert given <= player.scalars["best"] * 1.01


def test_only_the_octupoles_move_where_only_they_may() -> None:
    for source in (LOG, SCAN, QUESTIONS):
        advice = run(QUICK.but(source=source), frames=3).look().advice
        assert np.array_equal(np.delete(advice, 2), np.delete(NOMINAL, 2))


@pytest.mark.training
@pytest.mark.parametrize("model", ["networks", "quadratic"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_log_is_foretold_well_and_advises_the_wrong_way(model: str, seed: int) -> None:
    lab = BeamLifetime().but(model=model, seed=seed)
    log, by_chance, column = (
        run(lab.but(**knobs), frames=26).scalars
        for knobs in ({"source": LOG}, {"source": SCAN}, {"source": LOG, "logged": True})
    )
    assert log["effect"] > 0 > log["effect_true"]
    assert by_chance["effect"] < 0 and column["effect"] < 0
    assert log["own"] < by_chance["own"], "it foretells its own entries better than the scan does"
    assert log["error"] > 1.5 * by_chance["error"]


@pytest.mark.training
def test_asking_costs_less_beam_than_a_scan() -> None:
    price = {
        source: run(QUICK.but(source=source, moves=ALL), frames=15).scalars["price"]
        for source in (SCAN, QUESTIONS)
    }
    assert price[QUESTIONS] > 1.3 * price[SCAN]


def test_turning_the_maps_changes_no_advice() -> None:
    state = run(QUICK, frames=2).look()
    one, other = (QUICK.but(octupole=a).picture(state, View(16)) for a in (200.0, 500.0))
    assert one.caption == other.caption
    assert not np.array_equal(one.plots[0].marks[0].z, other.plots[0].marks[0].z)
