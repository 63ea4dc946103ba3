"""The generic lab: one run is one seed, knobs act, and the world is left as it was."""

import json
import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from small_problems import Advection, Oscillator
from torch import nn

from sciml_widgets import labs
from sciml_widgets.experiment import Diverged, Experiment, Frame
from sciml_widgets.knobs import knobs, replaced, silent, values, write
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.metrics import relative_l2, rms
from sciml_widgets.physics import Burgers
from sciml_widgets.picture import View
from sciml_widgets.record import lab_name
from sciml_widgets.sampling import sobol


def small(**changes: Any) -> BurgersPINN:
    quick = {"points_inside": 64, "points_edge": 16, "depth": 2, "width": 8}
    return replaced(BurgersPINN(), {**quick, **changes})


def scalars(lab: Experiment, count: int) -> list[dict[str, float]]:
    return [dict(frame.scalars) for frame in islice(lab.frames(), count)]


def until(frames: Iterator[Frame], step: int) -> Frame:
    return next(frame for frame in frames if frame.step == step)


@pytest.mark.training
def test_five_per_cent_in_a_few_hundred_steps() -> None:
    """All five seeds that were tried are there between step 190 and step 300."""
    for frame in islice(BurgersPINN().frames(), 400):
        if frame.scalars.get("rel_l2", 1.0) < 0.05:
            return
    pytest.fail(f"still at {frame.scalars}")


@pytest.mark.training
def test_the_seed_is_the_run() -> None:
    for sampling in ("sobol", "uniform", "adaptive"):
        lab = small(sampling=sampling, redraw=5)
        assert scalars(lab, 25) == scalars(lab, 25) != scalars(lab.but(seed=1), 25)


def test_looking_changes_nothing() -> None:
    lab, seen = small(redraw=7), []
    for frame in islice(lab.frames(), 30):
        assert frame.state is not None
        lab.picture(frame.state(), View(16))
        lab.picture(None, View(8))
        seen.append(dict(frame.scalars))
    assert seen == scalars(lab, 30)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_world_is_as_it_was_after_each_frame(enabled: bool) -> None:
    state, dtype = torch.random.get_rng_state(), torch.get_default_dtype()
    numpy_state = np.random.get_state()[1].copy()  # noqa: NPY002
    lab = small(sampling="adaptive", redraw=2)
    with torch.set_grad_enabled(enabled):
        for frame in islice(lab.frames(), 12):
            assert torch.is_grad_enabled() is enabled
            assert torch.get_default_dtype() == dtype
            assert torch.equal(state, torch.random.get_rng_state())
            assert frame.state is not None
            lab.picture(frame.state(), View(8))
            assert torch.is_grad_enabled() is enabled
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def test_the_worst_corner_is_finite_or_diverged() -> None:
    lab = small(depth=8, width=64, activation="relu", nu=0.001, lr=0.1, redraw=1)
    lab = lab.but(w_pde=1e3, w_ic=1e3, sampling="adaptive", fourier=64)
    try:
        for frame in islice(lab.frames(), 30):
            assert "pde" in frame.scalars
    except Diverged:
        pass


def test_points_cannot_be_chosen_by_a_residual_that_is_not_finite() -> None:
    lab = small(sampling="adaptive", redraw=1)
    frames = lab.frames()
    frame = next(frames)
    network = frame.state.args[1]  # type: ignore[union-attr]
    with torch.no_grad():
        next(network.parameters()).fill_(float("nan"))
    with pytest.raises(Diverged, match="no longer finite"):
        list(islice(frames, 3))


def test_frames_have_the_declared_series() -> None:
    lab = small()
    frames = list(islice(lab.frames(), 21))
    assert [frame.step for frame in frames] == list(range(21))
    assert [series.name for series in lab.series] == ["pde", "ic", "bc", "off_points", "rel_l2"]
    assert set(frames[0].scalars) == {"pde", "ic", "bc", "off_points", "rel_l2"}
    assert set(frames[1].scalars) == {"pde", "ic", "bc"}
    assert "rel_l2" in frames[20].scalars
    assert {series.role for series in lab.series[:3]} == {"loss"}


def test_step_zero_is_the_untrained_network() -> None:
    lab = small()
    frame = next(lab.frames())
    assert frame.state is not None
    nothing, start = lab.picture(None, View(16)), lab.picture(frame.state(), View(16))
    assert nothing.caption == start.caption
    assert np.array_equal(nothing.plots[0].marks[0].z, start.plots[0].marks[0].z)  # type: ignore


def test_a_snapshot_shares_nothing_with_the_run() -> None:
    frames = small().frames()
    frame = next(frames)
    assert frame.state is not None
    snapshot = frame.state()
    before = [weight.clone() for weight in snapshot.network.parameters()]
    until(frames, 5)
    for then, now in zip(before, snapshot.network.parameters(), strict=True):
        assert torch.equal(then, now)
    assert all(weight.grad_fn is None for weight in snapshot.weights.values())


def test_a_turn_of_the_viscosity_moves_the_truth() -> None:
    """The next error that is measured is the distance to the new exact solution."""
    lab = small(nu=0.2)
    frames = lab.frames()
    until(frames, 49)
    write(lab, "nu", 0.005)
    frame = until(frames, 50)
    assert frame.state is not None
    solution = frame.state()
    points = lab.problem.box.inside.place(sobol(2048, 2, torch.Generator().manual_seed(0)))
    u = solution.network(points.float()).double()
    new, old = (relative_l2(u, Burgers(nu).exact(points)) for nu in (0.005, 0.2))
    assert abs(new - old) > 0.1
    assert frame.scalars["rel_l2"] == pytest.approx(new, rel=0.01)
    assert solution.problem.nu == 0.005


def test_a_turn_of_the_viscosity_measures_the_data_again() -> None:
    lab = small(task="reconstruct", nu=0.2)
    frames = lab.frames()
    until(frames, 30)
    write(lab, "nu", 0.005)
    frame = until(frames, 31)
    assert frame.state is not None
    solution = frame.state()
    points = solution.points["data"]
    u = solution.network(points).double()
    new, old = (rms(u - Burgers(nu).exact(points)) for nu in (0.005, 0.2))
    assert abs(new - old) > 0.1
    assert frame.scalars["data"] == pytest.approx(new, rel=1e-5)


@pytest.mark.training
def test_loss_weights_are_hot() -> None:
    heavy, light = small(), small()
    runs = heavy.frames(), light.frames()
    before = [until(run, 3).scalars for run in runs]
    assert before[0] == before[1]
    write(heavy, "w_ic", 1000.0)
    write(light, "w_ic", 0.01)
    one, other = (until(run, 100).scalars["ic"] for run in runs)
    assert one < 0.7 * other


def test_the_learning_rate_is_hot() -> None:
    fast, slow = small(), small()
    runs = fast.frames(), slow.frames()
    start = [until(run, 3).scalars["ic"] for run in runs][0]
    write(slow, "lr", 1e-5)
    one, other = (until(run, 60).scalars["ic"] for run in runs)
    assert abs(other - start) < 0.01 * start < 0.1 * abs(one - start)


def test_points_stay_or_are_redrawn() -> None:
    def points_at(lab: BurgersPINN, step: int) -> torch.Tensor:
        frame = until(lab.frames(), step)
        assert frame.state is not None
        return frame.state().points["pde"]

    fixed, redrawn = small(), small(redraw=5)
    assert torch.equal(points_at(fixed, 0), points_at(fixed, 12))
    assert torch.equal(points_at(redrawn, 0), points_at(redrawn, 4))
    assert not torch.equal(points_at(redrawn, 4), points_at(redrawn, 5))
    assert points_at(redrawn, 5).shape == (64, 2)


class Sharper(nn.Module):
    """The exact solution at half the viscosity: what is left of the equation sits at the shock."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        return Burgers(0.005).exact(points)


def test_adaptive_points_go_where_the_residual_is() -> None:
    def near_shock(sampling: str) -> float:
        lab = small(nu=0.01, sampling=sampling, points_inside=512)
        points = lab._draw(lab.problem, Sharper(), torch.Generator().manual_seed(0))
        assert points["pde"].shape == (512, 2)
        return float((points["pde"][:, 0].abs() < 0.05).double().mean())

    assert near_shock("sobol") == pytest.approx(0.05, abs=0.01)
    assert near_shock("adaptive") > 0.1


def test_weights_and_curves_follow_the_task() -> None:
    lab = BurgersPINN()
    always = {"weights.w_sensors", "problem.sensors", "problem.drawn", "net.periodic"}
    assert set(silent(lab)) == {"weights.w_data", *always}
    write(lab, "task", "reconstruct")
    assert set(silent(lab)) == {"weights.w_ic", *always}
    assert silent(lab)["weights.w_ic"] == "not in this task"
    assert [series.name for series in lab.series][:3] == ["pde", "bc", "data"]
    assert set(next(lab.frames()).scalars) == {s.name for s in lab.series}
    assert silent(BurgersPINN().but(task="reconstruct")) == silent(lab)
    write(lab, "task", "sensors")
    write(lab, "start", "drawn")
    assert set(silent(lab)) == {"weights.w_ic", "weights.w_data", "net.periodic"}
    assert [series.name for series in lab.series][:3] == ["pde", "bc", "sensors"]
    assert set(next(lab.frames()).scalars) == {s.name for s in lab.series}


def test_config_survives_json() -> None:
    lab = small(nu=0.01 / math.pi, w_ic=33.0, activation="sin", show_points=True)
    again = replaced(BurgersPINN(), json.loads(json.dumps(values(lab))))
    assert again == lab and values(again) == values(lab)
    assert scalars(again, 3) == scalars(lab, 3)


@pytest.mark.training
@pytest.mark.parametrize("problem", [Advection(), Oscillator()])
def test_any_problem_will_do(problem: Advection | Oscillator) -> None:
    lab = PINN(problem).but(points_inside=64, points_edge=16, width=12, depth=2, lr=1e-2)
    frames = lab.frames()
    first, last = next(frames), until(frames, 400)
    assert last.scalars["rel_l2"] < 0.4 * first.scalars["rel_l2"]
    assert last.state is not None
    assert lab.picture(last.state(), View(16)).caption.startswith("The largest error")


def test_points_are_shown_on_demand() -> None:
    lab = small()
    frame = next(lab.frames())
    assert frame.state is not None
    assert len(lab.picture(frame.state(), View(8)).plots[1].marks) == 1
    lab.show_points = True
    assert len(lab.picture(frame.state(), View(8)).plots[1].marks) == 2
    assert lab.picture(None, View(8)).plots


def test_the_default_is_what_the_lesson_says() -> None:
    assert BurgersPINN().problem == Burgers(0.05)
    assert values(BurgersPINN())["weights.w_ic"] == 10.0
    assert "viscosity" in knobs(BurgersPINN())["problem.nu"].label
    assert "moves the truth" in knobs(BurgersPINN())["problem.nu"].also


def test_labs_are_found_by_their_names() -> None:
    assert labs.labs()["burgers-pinn"] is BurgersPINN
    assert "pinn" not in labs.labs()
    for name, lab in labs.labs().items():
        assert lab_name(lab) == name
        assert lab.__module__ == f"sciml_widgets.labs.{name.replace('-', '_')}"
        assert lab.title and lab.about and lab.__doc__ and lab.length > 0
        assert knobs(lab()) and lab().series
    with pytest.raises(AttributeError, match="no lab 'NavierStokes'"):
        _ = labs.NavierStokes
