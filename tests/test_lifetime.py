"""The made-up ring obeys its laws, and its operators confound their own log."""

import numpy as np
import pytest

from sciml_widgets.physics import lifetime as beam
from sciml_widgets.physics.lifetime import HIGH, LOW, NOMINAL, Entries


def some(count: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(LOW, HIGH, (count, 4))


def slope(entries: Entries, *columns: np.ndarray) -> float:
    """Least squares: log10 lifetime for 100 A more, other columns held."""
    x = np.column_stack([entries.knobs[:, 2] / 100, *columns, np.ones(len(entries.found))])
    return float(np.linalg.lstsq(x, entries.found)[0][0])


def test_the_rate_is_the_slope_of_the_intensity() -> None:
    turns = beam.TURNS_A_SECOND * beam.SECONDS
    for scale in (0.3, 0.7, 1.0):
        step = 1e-4 * turns
        after, before = (
            beam.intensity(scale * beam.LAW(np.array([turns + way * step]))) for way in (1, -1)
        )
        now = beam.intensity(scale * beam.LAW(np.array([turns])))
        per_hour = (before - after) / (2 * step) / now * beam.TURNS_A_SECOND * 3600
        assert beam.cut_rate(np.array([scale])) == pytest.approx(per_hour, rel=1e-5)


def test_a_beam_of_one_width_is_cut_to_what_a_gaussian_keeps() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 400_000))
    for aperture in (0.5, 1.5, 3.0):
        kept = (x * x + y * y < aperture**2).mean()
        assert beam.intensity(np.array([aperture]))[0] == pytest.approx(kept, abs=4 * 0.5 / 632)


def test_a_wider_beam_lives_shorter_and_none_longer_than_the_gas_allows() -> None:
    knobs = some()
    hours = [beam.lifetime(knobs, one) for one in (1.5, 2.5, 4.0)]
    assert (hours[0] > hours[1]).all() and (hours[1] > hours[2]).all()
    assert all((one > 0).all() and (one < beam.GAS).all() for one in hours)


@pytest.mark.parametrize("line", beam.LINES)
def test_on_a_resonance_a_beam_lives_shorter_than_on_both_sides(
    line: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beam, "LINES", (line,))
    a, b, c, _ = line
    across, on = np.array([a, b]) / np.hypot(a, b), some()
    on[:, :2] -= ((on[:, :2] @ np.array([a, b]) - c) / np.hypot(a, b))[:, None] * across
    on[:, 2] = np.maximum(on[:, 2], 200.0)  # below, instabilities hide it
    for way in (0.003, -0.003):
        beside, farther = on.copy(), on.copy()
        beside[:, :2] += way * across
        farther[:, :2] += 2 * way * across
        hours = [beam.lifetime(one, 2.5) for one in (on, beside, farther)]
        assert (hours[0] < hours[1]).all() and (hours[1] < hours[2]).all()


def test_the_mean_over_the_fills_is_that_of_many_fills() -> None:
    knobs = some(20)
    z, weight = np.polynomial.hermite_e.hermegauss(40)
    fine = sum(
        w * np.log10(beam.lifetime(knobs, float(e)))
        for w, e in zip(weight / weight.sum(), beam.normal_emittance(z), strict=True)
    )
    assert np.abs(beam.expected(knobs) - fine).max() < 1e-4
    many = beam.measured(np.repeat(knobs[:1], 20_000, axis=0), np.random.default_rng(1))
    error = many.found.std() / np.sqrt(len(many.found))
    assert many.found.mean() == pytest.approx(float(fine[0]), abs=4 * error)


@pytest.mark.parametrize("only", [True, False])
def test_nothing_is_better_than_the_best(only: bool) -> None:
    at, reached = beam.best(only)
    assert beam.expected(np.array([at]))[0] == pytest.approx(reached)
    knobs = some(5000)
    if only:
        knobs[:, [0, 1, 3]] = NOMINAL[[0, 1, 3]]
    assert reached > beam.expected(knobs).max() - 1e-3
    assert LOW[2] < at[2] < HIGH[2], "neither too much nor too little current is the best"


def test_less_current_is_better_and_the_log_says_the_opposite() -> None:
    """The bias of a variable left out: slope = truth + slope of the fill over the current."""
    true = float(beam.effect()[0])
    assert true < -0.05
    log = beam.logbook(4000, 1.0, np.random.default_rng(0))
    assert slope(log) > 0.03, "left alone it has the wrong sign"
    fill = np.log(log.emittance)
    assert slope(log, fill, fill**2) == pytest.approx(true, abs=0.03)
    by_chance = beam.scan(4000, np.random.default_rng(1), octupole_only=True)
    keep = np.abs(by_chance.knobs[:, 2] - 400) < 100
    near = Entries(*(one[keep] for one in by_chance))
    assert slope(near) == pytest.approx(true, abs=0.03)


def test_who_does_not_react_confounds_nothing() -> None:
    for react, low, high in ((0.0, -0.06, 0.06), (1.0, -1.0, -0.5)):
        log = beam.logbook(4000, react, np.random.default_rng(3))
        together = np.corrcoef(np.log(log.emittance), log.knobs[:, 2])[0, 1]
        assert low < together < high
        assert (log.knobs >= LOW).all() and (log.knobs <= HIGH).all()
