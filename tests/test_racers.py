"""The race: its task, what each racer starts from and reaches, turns, and who falls."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets import Turn, run
from sciml_widgets.labs import BurgersRace, burgers_race
from sciml_widgets.labs.burgers_race import RACERS, Course, Standing
from sciml_widgets.live.losses import looks
from sciml_widgets.picture import INK, Lines
from sciml_widgets.racers import (
    Lap,
    as_the_book,
    four_d_var,
    observed,
    random_starts,
    surrogate,
    trained_network,
)
from sciml_widgets.reconstruction import CELLS, MIDDLE, REGIONS, STEPS, Reconstruction, places
from sciml_widgets.solvers.stability import Unstable

TASK = Reconstruction(noise=0.01)
ALONE = {key: False for key in RACERS}


def nth(laps: Iterator[Lap], number: int) -> Lap:
    return [next(laps) for _ in range(number + 1)][-1]


def test_the_task_is_the_exact_flow_and_its_regions_are_where_they_say() -> None:
    plain, x = Reconstruction(), TASK.x
    assert abs(plain.truth[0] + np.sin(math.pi * x)).max() < 1e-14
    assert (plain.data == plain.truth[MIDDLE]).all() and not (TASK.data == plain.data).any()
    assert np.std(TASK.data - plain.data) == pytest.approx(0.01, rel=4 / math.sqrt(2 * CELLS))
    assert set(plain.errors(plain.truth).values()) == {0.0}
    nothing = plain.errors(np.zeros((STEPS + 1, CELLS)))
    for half in ("inside", "outside"):  # the midpoint rule for ∫ |sin|
        assert nothing[half] == pytest.approx(2 / math.pi, abs=(math.pi / CELLS) ** 2)
    for region, rows, where in (
        ("inside", 0, abs(x) < 0.5), ("outside", 0, abs(x) > 0.5), ("later", slice(16, 33), x < 9)
    ):  # fmt: skip
        wrong = plain.truth.copy()
        wrong[rows, where] += 0.25
        found = plain.errors(wrong)
        assert found[region] == pytest.approx(0.25, rel=1e-12)
        others = set(REGIONS) - {region, "everywhere"}
        assert all(found[other] < 1e-15 for other in others)
    with pytest.raises(ValueError, match="a row for each time"):
        plain.errors(np.zeros((CELLS, STEPS + 1)))
    with pytest.raises(ValueError, match="0 or more"):
        Reconstruction(noise=-0.1)


def test_points_and_fields_have_one_order() -> None:
    x, t = places().numpy().reshape(STEPS + 1, CELLS, 2).transpose(2, 0, 1)
    assert (x == TASK.x).all()
    assert (t == np.linspace(0, 1, STEPS + 1)[:, None]).all()


@pytest.mark.parametrize("parts", [1, 2, 4, 8])
def test_finer_cells_are_seen_at_the_coarse_centres(parts: int) -> None:
    """Exactly for a straight line; of x² the distance to the centre, squared, is left."""
    fine = -1 + (np.arange(CELLS * parts) + 0.5) * 2 / (CELLS * parts)
    assert abs(observed(fine) - TASK.x).max() < 1e-14
    away = 0.0 if parts == 1 else 1 / (CELLS * parts)
    assert abs(observed(fine**2) - TASK.x**2 - away**2).max() < 1e-14
    assert torch.equal(observed(torch.from_numpy(fine)), torch.from_numpy(observed(fine)))
    for wrong in (100, 3 * CELLS):
        with pytest.raises(ValueError, match=f"{wrong} cells are not 128 times"):
            observed(np.zeros(wrong))


def test_random_starts_are_a_few_waves_of_the_height_they_say() -> None:
    starts = random_starts(np.random.default_rng(0), 200, TASK.x)
    heights = abs(starts).max(1)
    assert 0.5 <= heights.min() < 0.6 and 1.4 < heights.max() <= 1.5
    waves = abs(np.fft.rfft(starts)) / CELLS
    assert waves[:, [0, *range(5, 65)]].max() < 1e-14 < waves[:, 1:5].min()


LAPS = {
    "var": lambda: four_d_var(TASK, tikhonov=lambda: 3e-4),
    "book": lambda: as_the_book(TASK, rate=lambda: 5.0),
    "surrogate": lambda: surrogate(TASK, seed=0),
    "adam": lambda: trained_network(TASK, optimizer="adam", seed=0, rate=5e-3),
    "newton": lambda: trained_network(TASK, optimizer="gauss-newton", seed=0),
}


@pytest.mark.parametrize("key", ["var", "book", "surrogate"])
def test_who_starts_from_nothing_says_nothing_at_first(key: str) -> None:
    lap = next(LAPS[key]())
    assert lap.steps == 0 and not lap.field().any()


@pytest.mark.training
@pytest.mark.parametrize(
    ("key", "laps", "bound"),
    [("var", 25, 0.05), ("book", 49, 0.15), ("surrogate", 80, 0.2), ("adam", 300, 0.3),
     ("newton", 40, 0.1)],
)  # fmt: skip
def test_each_racer_comes_nearer_to_the_truth(key: str, laps: int, bound: float) -> None:
    field = nth(LAPS[key](), laps).field()
    assert field.shape == (STEPS + 1, CELLS)
    assert TASK.errors(field)["later"] < bound < TASK.errors(0 * field)["later"]


@pytest.mark.training
def test_turns_come_in_a_fixed_ratio_and_seconds_enter_no_number() -> None:
    one, two = (run(BurgersRace().but(surrogate=False), frames=15) for _ in range(2))
    assert one.record().checks == two.record().checks
    courses = one.look().courses
    for key, course in courses.items():
        assert course.rounds == (0, 1, 2)
        assert course.laps == tuple(RACERS[key].laps * now for now in course.rounds)
    assert any(courses[key].seconds != two.look().courses[key].seconds for key in courses)


def test_a_racer_looks_alike_in_every_plot() -> None:
    lab = BurgersRace()
    courses = {key: Course((0,), (1,), (0.1,), dict.fromkeys(REGIONS, (0.5,)), TASK.truth, "", "")
               for key in RACERS}  # fmt: skip
    style = looks(lab.series)
    expected = [(style[key].colour, style[key].dash) for key in RACERS]
    for plot in lab.picture(Standing(TASK, courses), burgers_race.View(16)).plots:
        lines = [one for one in plot.marks if isinstance(one, Lines) and one.colour != INK]
        assert [(line.colour, line.dash) for line in lines] == expected, plot.title


def falling(task: Reconstruction, **_: Any) -> Iterator[Lap]:
    yield Lap(0, "", lambda: 0 * task.truth)
    raise Unstable("too fast")


def growing(task: Reconstruction, **_: Any) -> Iterator[Lap]:
    for k in range(100):
        yield Lap(k, "", lambda k=k: np.full(task.truth.shape, 3.0**k))


@pytest.mark.parametrize("bad", [falling, growing])
def test_a_racer_that_diverges_is_out_and_the_others_do_not_notice(
    monkeypatch: pytest.MonkeyPatch, bad: Any
) -> None:
    lab = BurgersRace().but(**{**ALONE, "var": True, "book": True})
    alone = run(lab.but(var=False), frames=5).look().courses["book"]
    monkeypatch.setattr(burgers_race, "four_d_var", bad)
    standing = run(lab, frames=12).look()
    fallen, other = standing.courses["var"], standing.courses["book"]
    assert fallen.out and fallen.rounds[-1] < 3 and np.isfinite(fallen.field).all()
    assert other.rounds[:5] == alone.rounds and len(other.rounds) > 5
    for region in REGIONS:
        assert other.errors[region][:5] == alone.errors[region]
    shown = lab.picture(standing, burgers_race.View(16))
    assert "Out: 4D-Var" in shown.caption
    starts = [one for one in shown.plots[0].marks if isinstance(one, Lines) and one.colour != INK]
    assert [line.width for line in starts] == [0.8, 1.4], "its last start stays, thinner"
    last = run(lab.but(book=False), frames=12)
    assert last.state == "finished" and last.frames < 12, "nobody runs"


@pytest.mark.training
def test_who_is_switched_off_stands_still_and_goes_on_from_there() -> None:
    lab = BurgersRace().but(**{**ALONE, "book": True, "var": True})
    tape = [Turn(4, "racers.var", False), Turn(7, "racers.var", True)]
    player = run(lab, frames=13, tape=tape)
    var, plain = player.look().courses["var"], run(lab, frames=11).look().courses["var"]
    gone = set(range(var.rounds[-1] + 1)) - set(var.rounds)
    assert gone and min(gone) == 2
    assert var.laps == tuple(range(len(var.laps)))
    assert var.errors["later"] == plain.errors["later"][: len(var.laps)]
