"""Presets: what a lab declares, and that each known failure fails and each repair mends it."""

import dataclasses
from typing import Any

import pytest
from numpy_labs import LABS, DoubleWell

from sciml_widgets.experiment import Diverged, Experiment
from sciml_widgets.goals import Goal
from sciml_widgets.headless import run
from sciml_widgets.history import History
from sciml_widgets.knobs import resolve, values
from sciml_widgets.labs import labs
from sciml_widgets.preset import Preset, aim, failures, pick
from sciml_widgets.record import lab_name

EVERY: dict[str, type[Experiment]] = {lab_name(lab): lab for lab in LABS} | labs()
DECLARED = [
    pytest.param(lab, one, id=f"{name}-{one.name}")
    for name, lab in EVERY.items()
    for one in lab.presets
]
TRIED = [
    pytest.param(
        lab, one, one.name == failure, seed, id=f"{name}-{one.name}-{seed}",
        marks=[pytest.mark.slow] if seed else [],
    )
    for name, lab in EVERY.items()
    for failure, repairs in failures(lab.presets).items()
    for one in (pick(lab.presets, failure), *repairs)
    for seed in (0, 1)
]  # fmt: skip


@pytest.mark.training
@pytest.mark.parametrize(("lab", "preset", "fails", "seed"), TRIED)
def test_a_known_failure_fails_and_its_repair_reaches_the_same_goal(
    lab: type[Experiment], preset: Preset, fails: bool, seed: int
) -> None:
    goal, within = aim(lab.presets, preset)
    assert goal and within, "say by when the failure has failed"
    steered = lab().preset(preset.name)
    if "seed" in values(steered):
        steered = steered.but(seed=seed)
    try:
        reached = run(steered, frames=within + 1, until=goal).goal_reached
    except Diverged as error:  # a failure may end so, a repair may not
        if not fails:
            raise
        reached = error.player.goal_reached  # type: ignore[attr-defined]
    assert (reached is None) is fails, f"{goal} at step {reached}"


def test_the_first_lab_has_failures_to_try() -> None:
    assert set(failures(labs()["burgers-pinn"].presets)) == {
        "wrong weights", "too few points", "Adam spikes",
    }  # fmt: skip


@pytest.mark.parametrize(("lab", "preset"), DECLARED)
def test_a_declared_preset_can_be_and_can_be_judged(lab: type[Experiment], preset: Preset) -> None:
    steered = lab().preset(preset.name)
    assert all(values(steered)[resolve(steered, n)] == v for n, v in preset.values.items())
    assert [one.name for one in lab.presets].count(preset.name) == 1
    assert "\n" not in preset.why and len(preset.why) < 100 and preset.why.endswith(".")
    goal, within = aim(lab.presets, preset)
    if goal:
        Goal.parse(goal, History(steered.series).known, within)
    if preset.repairs:
        assert preset.repairs in failures(lab.presets), "it repairs no known failure"


BAD = Preset("bad", "It is too hot.", {"beta": 0.2}, goal="energy<1", within=5)
GOOD = Preset("good", "Colder.", {"beta": 8.0}, repairs="bad")
PLAIN = Preset("plain", "As it is.")
PRESETS = (BAD, GOOD, PLAIN, dataclasses.replace(BAD, name="alone"))


def test_only_what_has_a_goal_and_a_repair_is_a_known_failure() -> None:
    assert failures(PRESETS) == {"bad": (GOOD,)}
    assert failures(()) == {}


def test_a_repair_is_judged_by_the_goal_of_what_it_mends() -> None:
    assert aim(PRESETS, GOOD) == aim(PRESETS, BAD) == ("energy<1", 5)
    assert aim(PRESETS, PLAIN) == (None, None)
    own = dataclasses.replace(GOOD, goal="energy<2", within=9)
    assert aim((BAD, own), own) == ("energy<2", 9)


def test_a_preset_changes_only_what_it_names_and_not_the_lab(monkeypatch: Any) -> None:
    monkeypatch.setattr(DoubleWell, "presets", PRESETS)
    lab = DoubleWell().but(seed=7)
    assert values(lab.preset("bad")) == values(lab) | {"beta": 0.2}
    assert values(lab.preset("plain")) == values(lab) and lab.beta != 0.2


@pytest.mark.parametrize(
    ("name", "said"),
    [("goood", "no preset 'goood': did you mean 'good'"),
     ("xyz", "no preset 'xyz': there are 'bad', 'good', 'plain', 'alone'")],
)  # fmt: skip
def test_an_unknown_name_says_what_is_near(monkeypatch: Any, name: str, said: str) -> None:
    monkeypatch.setattr(DoubleWell, "presets", PRESETS)
    with pytest.raises(ValueError, match=said):
        DoubleWell().preset(name)
    with pytest.raises(ValueError, match="there are none here"):
        pick((), name)


def test_a_preset_that_says_too_little_is_refused() -> None:
    for bad in ({"name": " "}, {"why": ""}):
        with pytest.raises(ValueError, match="needs a name and one line of why"):
            Preset(**{"name": "a", "why": "b", **bad})
    with pytest.raises(ValueError, match="within=5 but no goal"):
        Preset("a", "b", within=5)
