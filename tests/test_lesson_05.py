"""The loop that lesson 05 writes by hand is the library's: same loss, same slopes, same steps."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from sciml_widgets.collocation import attach, mean_squares, residuals
from sciml_widgets.course.script import tagged
from sciml_widgets.labs.pinn import Net
from sciml_widgets.networks import MLP
from sciml_widgets.physics import Burgers
from sciml_widgets.train import descend

SCRIPT = Path(__file__).parents[1] / "lessons" / "05_burgers.py"
BY_HAND = ("setup", "truth", "network", "derivatives", "residual", "points", "loss")
WEIGHTS = {"pde": 1.0, "ic": 10.0, "bc": 1.0}
PROBLEM = Burgers(nu=0.05)


def cells(*tags: str) -> dict[str, Any]:
    """Everything that these cells of the lesson define."""
    names: dict[str, Any] = {}
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def library_network() -> MLP:
    return Net(precision="float64").build(PROBLEM, torch.Generator().manual_seed(3))


def copied(network: MLP, names: dict[str, Any]) -> torch.nn.Module:
    """The lesson's network with the library's weights."""
    mine = names["Network"]()
    for old, new in zip(mine.parameters(), network.parameters(), strict=True):
        old.data.copy_(new.data)
    return mine


def library_losses(network: MLP, points: dict[str, Any]) -> dict[str, torch.Tensor]:
    samples = attach(PROBLEM, {name: torch.cat(pair, 1) for name, pair in points.items()})
    return mean_squares(residuals(PROBLEM, network, samples))


def total(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum()


def test_loss_and_gradient_are_the_library_s() -> None:
    names, network = cells(*BY_HAND), library_network()
    mine, points = copied(network, names), names["new_points"]()
    by_hand, by_library = names["losses"](mine, points, 0.05), library_losses(network, points)
    assert by_hand.keys() == by_library.keys()
    for name in by_hand:
        assert by_hand[name].item() == pytest.approx(by_library[name].item(), rel=1e-12)
    slopes = torch.autograd.grad(total(by_hand), list(mine.parameters()))
    theirs = torch.autograd.grad(total(by_library), list(network.parameters()))
    for one, other in zip(slopes, theirs, strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-12 * float(other.abs().max() + 1))


def library_course(network: MLP, points: dict[str, Any], steps: int) -> list[dict[str, float]]:
    run = descend(
        network.parameters(), lambda: library_losses(network, points),
        weights=lambda: WEIGHTS, lr=lambda: 5e-3, steps=steps,
    )  # fmt: skip
    return [now.losses for now in run]


@pytest.mark.training
def test_fifty_steps_of_the_loop_are_the_library_s(capsys: pytest.CaptureFixture[str]) -> None:
    names, network = cells(*BY_HAND), library_network()
    mine = copied(network, names)
    names |= {"steps": 49, "Network": lambda: mine}  # steps 0 to 49 are fifty updates
    exec(tagged(SCRIPT, "loop"), names)
    library_course(network, names["points"], 50)
    for one, other in zip(mine.parameters(), network.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-8)
    assert "relative error" in capsys.readouterr().out


@pytest.mark.training
def test_the_experiment_is_the_same_loop() -> None:
    names, network = cells(*BY_HAND, "plots", "experiment"), library_network()
    mine = copied(network, names)
    names["Network"] = lambda: mine
    frames = names["MyBurgers"]().frames()
    course = library_course(network, names["new_points"](), 50)
    for frame, losses in zip(itertools.islice(frames, 51), course, strict=True):
        for name, loss in losses.items():
            assert frame.scalars[name] == pytest.approx(math.sqrt(loss), abs=1e-8)
    left = frame.state()
    for one, other in zip(left.parameters(), network.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-8)


@pytest.mark.training
def test_the_experiment_draws_its_picture() -> None:
    names = cells(*BY_HAND, "plots", "experiment")
    lab = names["MyBurgers"]()
    assert lab.picture(None, None).plots == ()
    frame = next(lab.frames())
    assert all(plot.alt for plot in lab.picture(frame.state(), None).plots)
    assert frame.scalars["error"] > 0.5  # it has not learned yet


def test_eight_layers_of_twenty_have_3021_weights() -> None:
    network = cells("setup", "network")["Network"](depth=8)
    assert sum(weights.numel() for weights in network.parameters()) == 3021


def solver_error(name: str, count: int) -> float:
    names = cells("solver")
    x, t, u = names["solve"](names[name], count, 0.05)
    points = torch.cartesian_prod(torch.from_numpy(x), torch.from_numpy(t))
    exact = PROBLEM.exact(points).reshape(u.shape)
    return float((torch.from_numpy(u) - exact).norm() / exact.norm())


def test_differences_are_of_second_order() -> None:
    assert math.log2(solver_error("differences", 32) / solver_error("differences", 64)) > 1.75


def test_waves_are_as_exact_as_the_steps_in_time() -> None:
    assert solver_error("waves", 64) < 10 * 1e-6  # rtol of the steps
