"""The laws that hold for every lab: those of the package, found by name, and the numpy ones."""

import contextlib
import functools
import itertools
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest
from numpy_labs import LABS

from sciml_widgets import machine
from sciml_widgets.experiment import Diverged, Experiment, Frame, Series
from sciml_widgets.headless import replay, run
from sciml_widgets.knobs import Action, Choice, Slider, Toggle, knob, knobs, replaced, values
from sciml_widgets.labs import labs
from sciml_widgets.picture import (
    Arrows,
    Axis,
    Bars,
    Image,
    Lines,
    Picture,
    Plot,
    Points,
    Text,
    View,
)
from sciml_widgets.player import Player
from sciml_widgets.record import Record, Turn, lab_name
from sciml_widgets.touch import Curve, Places

EVERY = {lab_name(lab): lab for lab in LABS} | labs()
FEW = 12
SLOWEST = 60.0
"""Seconds for a few frames at any end of any knob: ten times what the slowest takes."""


def curve_of(knob: Curve, heights: list[float]) -> tuple[float, ...]:
    """A curve that takes these heights in turn, but for the ends that it keeps."""
    drawn = list(itertools.islice(itertools.cycle(heights), len(knob.default)))
    if knob.ends:
        drawn[0], drawn[-1] = knob.ends
    return tuple(drawn)


DEAR = {
    "airfoil-surrogate", "beam-lifetime", "burgers-dp", "burgers-identify", "burgers-race",
    "cart-pole", "dynamic-aperture", "schroedinger-identify", "schroedinger-pinn", "smoke-control",
    "solver-correction", "weather-maps",
}  # fmt: skip
"""Labs whose few frames take half a second or more: their laws are held by `make training`."""
every_lab = pytest.mark.parametrize(
    "lab",
    [
        pytest.param(lab, id=name, marks=[pytest.mark.training] if name in DEAR else [])
        for name, lab in EVERY.items()
    ],
)
every_knob = pytest.mark.parametrize(
    ("lab", "path"),
    [
        pytest.param(lab, path, id=f"{name}-{path}")
        for name, lab in EVERY.items()
        for path in knobs(lab())
    ],
)


def ends(one: Any) -> list[Any]:
    """The values of a knob between which all others lie: both ends, or each that there is."""
    match one:
        case Slider():
            return [one.low, one.high]
        case Choice():
            return list(one.options)
        case Toggle():
            return [False, True]
        case Action():
            return [1]
        case Curve():
            return [curve_of(one, ys) for ys in ([one.low], [one.high], [one.low, one.high])]
        case Places():
            corners = tuple(itertools.product(*zip(one.low, one.high, strict=True)))
            return [corners[:1], corners[:4]]
        case _:
            raise AssertionError(f"{type(one).__name__} is no knob")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the player has it; small nets are slower on two."""
    with machine.threads(1):
        yield


def other(knob: Any, value: Any) -> Any:
    """A value of this knob that is not `value`."""
    if isinstance(knob, Slider):
        middle = math.sqrt(knob.low * knob.high) if knob.log else (knob.low + knob.high) / 2
        here = int(middle) if knob.whole else middle
        return here if here != value else knob.check(knob.high)
    if isinstance(knob, Choice):
        return next(one for one in knob.options if one != value or len(knob.options) == 1)
    if isinstance(knob, Curve):
        return curve_of(knob, [knob.high, knob.low])
    if isinstance(knob, Places):
        return (*value[1:], knob.low)
    return not value if isinstance(knob, Toggle) else value + 1


def numbers(player: Player) -> tuple[tuple[int, str], ...]:
    return player.record().checks


@functools.cache
def plain(lab: type[Experiment], frames: int) -> tuple[tuple[int, str], ...]:
    """The numbers of a run that nobody looks at or turns."""
    return numbers(run(lab(), frames=frames))


def draws_and_looks(player: Player) -> None:
    player.draw(16)
    player.look()


# ---- running ------------------------------------------------------------------------------


@pytest.mark.training
def test_the_dear_labs_are_there() -> None:
    assert EVERY.keys() > DEAR


@every_lab
def test_pictures_change_no_number(lab: type[Experiment]) -> None:
    assert numbers(run(lab(), frames=FEW, watch=draws_and_looks)) == plain(lab, FEW)


def world() -> list[Any]:
    """Everything global that a lab could disturb."""
    kind, keys, *rest = np.random.get_state()
    found = [kind, keys.tobytes(), rest, np.geterr()]  # of `random`, see test_architecture.py
    torch = sys.modules.get("torch")
    if torch is not None:
        found += [
            torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype(),
            torch.get_default_device(), torch.random.get_rng_state().tolist(),
            torch.are_deterministic_algorithms_enabled(), torch.get_num_threads(),
        ]  # fmt: skip
    return found


@pytest.mark.training
@every_lab
def test_the_world_is_as_before_after_each_step_state_and_picture(lab: type[Experiment]) -> None:
    experiment = replaced(lab(), {})
    before = world()
    experiment.picture(None, View(16))
    assert world() == before, "after the picture of nothing"
    run = experiment.frames()
    for _ in range(FEW):
        frame = next(run, None)
        assert world() == before, "after a step"
        state = frame.state() if frame is not None and frame.state else None
        assert world() == before, "after a snapshot"
        experiment.picture(state, View(16))
        assert world() == before, "after a picture"
    run.close()
    assert world() == before, "after the end"


@pytest.mark.training
@every_knob
def test_at_each_end_of_each_knob_a_run_is_finite_or_diverged(
    lab: type[Experiment], path: str
) -> None:
    """Set before the start; and as a hand turns it in the middle of a run, from end to end."""
    began, one, turned = time.monotonic(), knobs(lab())[path], None
    wanted = ends(one)
    for value in wanted:
        with noted(f"{path} = {value}"):
            if value != values(lab())[path]:  # the start as it is: see the other laws
                player = Player(replaced(lab(), {path: value}))
                player.step(4)
                drive_by_hand(player)
            if one.kind != "restart":
                if turned is None or turned.state != "paused":
                    turned = Player(lab())
                    turned.step(2)
                    drive_by_hand(turned)
                turned.turn(path, value)
                turned.step(4)
                drive_by_hand(turned)
    assert time.monotonic() - began < SLOWEST * len(wanted)


@contextlib.contextmanager
def noted(words: str) -> Iterator[None]:
    """What fails inside says these words too."""
    try:
        yield
    except BaseException as error:
        error.add_note(words)
        raise


def drive_by_hand(player: Player) -> None:
    player.round()
    while player.state == "running":
        player.round()
    player.draw(16)
    assert player.state in ("paused", "finished", "diverged"), player.message
    if player.state == "diverged":
        assert isinstance(player.error, Diverged) and "at step" in player.message
        return
    for one in player.history.series:
        if one.role == "loss":
            assert math.isfinite(player.scalars.get(one.name, 0.0))


@pytest.mark.training
@every_lab
def test_a_steered_run_replays_to_the_same_numbers(lab: type[Experiment]) -> None:
    experiment = lab()
    here = values(experiment)
    tape = [
        Turn(3 + number % 5, path, other(knob, here[path]))
        for number, (path, knob) in enumerate(knobs(experiment).items())
        if knob.kind != "restart"
    ]
    player = Player(experiment, tape=tape)
    player.step(FEW)
    drive_by_hand(player)
    record = Record.from_json(player.record().to_json())
    assert len(record.tape) == len(tape) or record.frames < 8
    again, parting = replay(record, lab)
    assert parting == ""
    assert again.scalars == pytest.approx(player.scalars, abs=0, nan_ok=True)
    if record.frames > 3 and any(knobs(lab())[turn.name].kind == "hot" for turn in tape):
        assert plain(lab, record.frames) != record.checks, "the turns did nothing"


@pytest.mark.training
@every_lab
def test_two_seeds_are_two_runs_and_one_seed_is_one(lab: type[Experiment]) -> None:
    if "seed" not in values(lab()):
        pytest.skip("nothing random here")
    one, same, two = (run(lab().but(seed=seed), frames=5) for seed in (1, 1, 2))
    assert numbers(one) == numbers(same)
    if lab_name(lab) != "measure":  # which measures nothing unless it is told to
        assert numbers(one) != numbers(two)


@every_lab
def test_frames_are_numbered_and_hold_what_is_declared(lab: type[Experiment]) -> None:
    experiment = lab()
    declared = {one.name for one in experiment.series}
    seen: set[str] = set()
    steps = []
    frames = experiment.frames()
    for _, frame in zip(range(FEW), frames, strict=False):
        assert isinstance(frame, Frame)
        assert all(isinstance(value, float) for value in frame.scalars.values())
        seen |= set(frame.scalars)
        steps.append(frame.step)
    frames.close()
    assert steps[0] == 0 and steps == sorted(steps)
    assert declared <= seen, f"never seen in {FEW} frames: {declared - seen}"


# ---- knobs --------------------------------------------------------------------------------


@every_lab
def test_a_configuration_survives_json(lab: type[Experiment]) -> None:
    rng = random.Random(1)
    for _ in range(20):
        turned = {}
        for path, one in knobs(lab()).items():
            if isinstance(one, Slider):
                value = rng.uniform(one.low, one.high)
                turned[path] = round(value) if one.whole else value
            elif isinstance(one, Choice):
                turned[path] = rng.choice(one.options)
            elif isinstance(one, Toggle):
                turned[path] = rng.random() < 0.5
            elif isinstance(one, Curve):
                heights = [rng.uniform(one.low, one.high) for _ in one.default]
                turned[path] = curve_of(one, heights)
            elif isinstance(one, Places):
                turned[path] = tuple(
                    (rng.uniform(one.low[0], one.high[0]), rng.uniform(one.low[1], one.high[1]))
                    for _ in range(rng.randint(1, one.most))
                )
        there = values(replaced(lab(), turned))
        assert there == values(lab()) | turned
        back = replaced(lab(), json.loads(json.dumps(there)))
        assert values(back) == there


@every_lab
def test_every_knob_explains_itself(lab: type[Experiment]) -> None:
    for path, one in knobs(lab()).items():
        name = path.rpartition(".")[2]
        assert one.help, f"{path} needs a help"
        assert one.group, f"{path} needs a group"
        assert one.label or "_" not in name, f"{path} needs a label: {name} is none"
        if isinstance(one, Slider):
            assert one.step is None or 0 < one.step <= one.high - one.low


@every_lab
def test_a_lab_introduces_itself(lab: type[Experiment]) -> None:
    assert EVERY.get(lab_name(lab)) is lab, "one name, here and in records"
    assert lab.title and lab.length >= 1 and lab.threads >= 1 and (lab.__doc__ or "").strip()
    names = [one.name for one in lab().series]
    assert len(set(names)) == len(names)
    assert all(field.name in vars(lab()) for field in fields(lab()))  # type: ignore[arg-type]


# ---- pictures -----------------------------------------------------------------------------


@every_lab
def test_pictures_are_whole_and_pure(lab: type[Experiment]) -> None:
    player = Player(lab())
    for frames, size in itertools.product((0, 1, 7), (16, 48)):
        while player.frames < frames and player.state != "finished":
            player.step()
            drive_by_hand(player)
        settings, state = values(player.experiment), player.look()
        picture = player.experiment.picture(state, View(size))
        assert picture.plots
        for plot in picture.plots:
            check_plot(plot)
        again = player.experiment.picture(state, View(size))
        assert flat(again) == flat(picture), "the same state gives the same picture"
        assert values(player.experiment) == settings


@every_lab
def test_a_snapshot_shares_nothing_with_the_run(lab: type[Experiment]) -> None:
    player = Player(lab())
    player.step(3)
    drive_by_hand(player)
    snapshot = player.look()
    before = flat(player.experiment.picture(snapshot, View(16)))
    player.step(5)
    drive_by_hand(player)
    assert flat(player.experiment.picture(snapshot, View(16))) == before


def check_plot(plot: Any) -> None:
    assert plot.title and plot.alt, f"the plot {plot.title!r} needs words for who cannot see"
    for axis in (plot.x, plot.y):
        check_axis(axis)
    for mark in plot.marks:
        check_mark(mark)


def check_axis(axis: Axis) -> None:
    limits = [limit for limit in (axis.low, axis.high) if limit is not None]
    assert all(math.isfinite(limit) for limit in limits)
    assert len(limits) < 2 or limits[0] < limits[1]
    assert not axis.log or all(limit > 0 for limit in limits)


def check_mark(mark: Any) -> None:
    match mark:
        case Image():
            assert mark.z.ndim == 2 and min(mark.z.shape) >= 2
            assert math.isfinite(mark.low) and math.isfinite(mark.high) and mark.low < mark.high
            x0, x1, y0, y1 = mark.extent
            assert all(math.isfinite(x) for x in mark.extent) and x0 < x1 and y0 < y1
        case Lines():
            assert mark.x.ndim == 1 and mark.x.shape == mark.y.shape and mark.width > 0
            for bound in mark.band or ():
                assert bound.shape == mark.x.shape
        case Points():
            assert mark.x.ndim == 1 and mark.x.shape == mark.y.shape and mark.size > 0
        case Bars():
            assert mark.x.ndim == 1 and mark.x.shape == mark.y.shape and mark.width > 0
        case Arrows():
            assert mark.x.shape == mark.y.shape == mark.u.shape == mark.v.shape
        case Text():
            assert math.isfinite(mark.x) and math.isfinite(mark.y) and mark.text
        case _:
            raise AssertionError(f"{type(mark).__name__} is no mark")


def flat(picture: Picture) -> list[Any]:
    """A picture as plain data that can be compared."""
    found: list[Any] = [picture.caption]
    for plot in picture.plots:
        found += [plot.title, plot.note, plot.x, plot.y]
        for mark in plot.marks:
            for field in fields(mark):
                value = getattr(mark, field.name)
                parts = value if isinstance(value, tuple) else (value,)
                found += [p.tobytes() if isinstance(p, np.ndarray) else p for p in parts]
    return found


# ---- the laws can fail ----------------------------------------------------------------------


@dataclass
class Bad(Experiment):
    """Breaks every law: global randomness, a live state, an impure picture, a silent knob."""

    gain: float = knob(1.0, 0.0, 2.0)
    dead_knob: int = knob(1, 0, 2, kind="view")
    seed: int = knob(0, 0, 9, kind="restart")

    series = (Series("u", role="loss"), Series("never"))

    def frames(self) -> Iterator[Frame]:
        u = np.zeros(3)
        for step in range(1, 100):
            u += self.gain * np.random.rand()
            yield Frame(step, {"u": float(u[0]) / self.gain}, state=u.view)

    def picture(self, state: Any, view: View) -> Picture:
        self.dead_knob = 2
        np.random.rand()
        x = np.arange(3.0) if state is None else state
        return Picture((Plot("", (Lines(x, x[:2]),)),))


def test_each_law_catches_a_lab_that_breaks_it() -> None:
    laws = (
        test_pictures_change_no_number,
        test_the_world_is_as_before_after_each_step_state_and_picture,
        test_a_steered_run_replays_to_the_same_numbers,
        test_two_seeds_are_two_runs_and_one_seed_is_one,
        test_frames_are_numbered_and_hold_what_is_declared,
        test_every_knob_explains_itself,
        test_a_lab_introduces_itself,
        test_a_snapshot_shares_nothing_with_the_run,
    )
    before = np.random.get_state()
    try:
        np.random.seed(0)
        for law in laws:
            with pytest.raises(AssertionError):
                law(Bad)
        with pytest.raises(AssertionError):
            test_pictures_are_whole_and_pure(Bad)
        with pytest.raises(AssertionError, match=r"Failed at step 0\. ZeroDiv"):
            test_at_each_end_of_each_knob_a_run_is_finite_or_diverged(Bad, "gain")
    finally:
        np.random.set_state(before)
