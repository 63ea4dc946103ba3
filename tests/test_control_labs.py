"""Smoke into a letter and the pole on a cart: known answers, floors, limits."""

from itertools import islice

import pytest
import torch
from torch import Generator, Tensor

from sciml_widgets import Turn, run
from sciml_widgets.experiment import Diverged
from sciml_widgets.labs import CartPole, SmokeControl
from sciml_widgets.labs.controller import Controller, steered
from sciml_widgets.labs.pen import LETTERS, disc, drawn_at_random, painted
from sciml_widgets.labs.smoke_control import KNOWN, POINTS, known_force, misfit
from sciml_widgets.solvers.flow import Flow, resampled

# ---- shapes -------------------------------------------------------------------------


@pytest.mark.parametrize("letter", LETTERS)
def test_cloud_and_letter_hold_as_much_smoke(letter: str) -> None:
    shape = painted(LETTERS[letter], POINTS)
    cloud = disc(float(shape.mean()), POINTS, 0.3)
    assert float(cloud.mean()) == pytest.approx(float(shape.mean()), rel=1e-13)
    assert float(shape.min()) >= 0 and 0.9 < float(shape.max()) <= 1
    assert 0.9 < float(cloud.max()) < 1.1, "neither thinner nor thicker than the letter"
    assert float(shape[0].max()) < 1e-3, "it stays away from the edge"


def test_a_stroke_is_its_places_with_all_between() -> None:
    stroke = ((0.25, 0.25), (0.75, 0.25))
    shape = painted(stroke, 64)
    assert float(shape[16, 16:49].min()) > 0.99 and float(shape[32:].max()) < 1e-3
    assert torch.equal(painted(stroke, 64), painted(stroke[::-1], 64))
    dot = painted(stroke[:1], 64)
    assert float(dot[16, 16]) > 0.99 and float(dot.mean()) < 0.5 * float(shape.mean())


# ---- smoke: known answers and floors ------------------------------------------------


def test_the_target_that_can_be_reached_is_reached_by_its_force() -> None:
    flow, start, target = SmokeControl().but(target=KNOWN).case()
    assert torch.equal(flow.end(start, known_force(0))[2], target)
    assert misfit(target, target, start[2]) == 0.0
    assert misfit(start[2], target, start[2]) == 1.0


@pytest.mark.training
def test_smoke_that_is_not_there_cannot_be_made() -> None:
    """The mean of the misfit is fixed, so its mean square is at least the square of that."""
    player = run(SmokeControl().preset("twice the smoke"), frames=6)
    pushed = player.look()
    lacking = float((pushed.target - pushed.start[2]).mean())
    assert lacking == pytest.approx(float(pushed.target.mean()) / 2)
    floor = lacking / float(pushed.target.square().mean().sqrt())
    assert min(player.history.tracks["loss"].y) > floor > 0.1
    off = (pushed.path()[-1, 2] - pushed.target).abs().mean()
    assert float(off) > lacking


@pytest.mark.training
def test_any_memory_gives_one_run() -> None:
    ends = [run(SmokeControl().but(segment=k), frames=3).scalars["loss"] for k in (0, 5)]
    assert ends[0] == ends[1]


@pytest.mark.training
def test_a_letter_can_be_turned_while_it_is_searched() -> None:
    tape = [Turn(3, "target", "drawn"), Turn(5, "pen", ((0.2, 0.5), (0.8, 0.5)))]
    player = run(SmokeControl(), frames=7, tape=tape)
    assert torch.equal(player.look().target, SmokeControl().but(
        target="drawn", pen=((0.2, 0.5), (0.8, 0.5))).case()[2])  # fmt: skip
    assert (player.look().target - SmokeControl().case()[2]).abs().max() > 0.5


# ---- the network --------------------------------------------------------------------


def states(count: int) -> tuple[Flow, Tensor, Tensor]:
    flow, generator = Flow(points=POINTS), Generator().manual_seed(0)
    shapes = torch.stack([painted(drawn_at_random(generator), POINTS) for _ in range(count)])
    return flow, flow.begin(shapes.flip(0)), shapes


def network() -> Controller:
    """One whose last layer is not 0."""
    made = Controller(4, Generator().manual_seed(1))
    with torch.no_grad():
        for weight in made.parameters():
            weight += 0.003
    return made


def test_an_untrained_network_does_not_push() -> None:
    _, start, target = states(2)
    assert not Controller(4, Generator().manual_seed(0))(start, target, 0.5).any()


def test_what_is_shifted_is_pushed_elsewhere() -> None:
    """By whole points of the network's own grid."""
    _, start, target = states(2)
    by = (POINTS // 16 * 3, POINTS // 16)
    push = network()(start, target, 0.5)
    moved = network()(start.roll(by, (-2, -1)), target.roll(by, (-2, -1)), 0.5)
    assert float(push.std().detach()) > 1e-3
    assert torch.allclose(moved, push.roll(by, (-2, -1)), rtol=0, atol=1e-12)


def test_the_network_s_way_is_the_solver_s_under_its_forces() -> None:
    flow, start, target = states(3)
    with torch.no_grad():
        end, forces = steered(network(), flow, start, target, 4)
        assert torch.allclose(flow.end(start, forces), end, rtol=0, atol=1e-12)
        alone, _ = steered(network(), flow, start[1:2], target[1:2], 4)
    assert torch.allclose(alone[0], end[1], rtol=0, atol=1e-12)


@pytest.mark.training
def test_forces_have_only_the_waves_that_they_may_have() -> None:
    pushed = run(SmokeControl().but(waves=2), frames=4).look()
    assert torch.allclose(resampled(resampled(pushed.forces, 5), POINTS), pushed.forces)
    assert float(pushed.forces.std()) > 0.01


# ---- the pole -----------------------------------------------------------------------


@pytest.mark.training
def test_below_and_at_rest_every_slope_is_exactly_zero() -> None:
    player = run(CartPole().preset("no first push"), frames=20)
    assert not player.look().forces.any()
    assert set(player.history.tracks["loss"].y) == {2.0}
    assert run(CartPole().preset("no first push"), frames=2).scalars["angle"] == 180.0


@pytest.mark.training
def test_forces_keep_to_their_strength() -> None:
    swung = run(CartPole().but(strength=1.5, lr=1.0), frames=20).look()
    assert 0.5 < float(swung.forces.abs().max()) <= 1.5


# ---- failures and repairs -----------------------------------------------------------


@pytest.mark.training
def test_a_walk_into_the_limit_names_the_limit() -> None:
    with pytest.raises(Diverged, match="must be at most 2.82843"):
        run(SmokeControl().preset("a walk into the limit"), frames=101)


@pytest.mark.training
def test_a_search_comes_far_below_its_first_misfit_where_the_answer_is_known() -> None:
    player = run(SmokeControl().preset("a target that can be reached"), frames=41)
    assert player.scalars["miss"] < 0.2  # five starts: 0.08 to 0.14


@pytest.mark.training
def test_one_network_learns_to_push_towards_a_letter_that_it_never_saw() -> None:
    player = run(SmokeControl().preset("one network for all strokes"), frames=122)
    assert player.step_now == 100
    assert player.scalars["miss"] < 0.9


@pytest.mark.training
def test_strokes_come_one_by_one_and_count_alike() -> None:
    """With a heartbeat between them; the loss of a step is that of the mean of its strokes."""
    lab = SmokeControl().preset("one network for all strokes").but(grid="16", lr=1e-4)
    one = [frame.scalars for frame in islice(lab.frames(), 3)]
    two = [frame.scalars for frame in islice(lab.but(batch=2).frames(), 5)]
    assert [bool(scalars) for scalars in two] == [False, False, True, False, True]
    mean = (one[1]["loss"] ** 2 + one[2]["loss"] ** 2) / 2
    assert two[2]["loss"] == pytest.approx(mean**0.5, rel=1e-3)
