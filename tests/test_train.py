"""Descent as a generator: what it minimises, what may be turned, and what it leaves alone."""

from collections.abc import Iterator
from itertools import islice

import pytest
import torch
from torch import Tensor

from sciml_widgets import train
from sciml_widgets.train import Step, descend, lbfgs

TARGET = torch.tensor([1.0, -2.0], dtype=torch.float64)


class Bowl:
    """Two quadratic losses of two parameters, with knobs to turn."""

    def __init__(self) -> None:
        self.x = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        self.weight = {"first": 1.0, "second": 1.0}
        self.rate = 0.05

    def losses(self) -> dict[str, Tensor]:
        gap = (self.x - TARGET) ** 2
        return {"first": gap[0], "second": gap[1]}

    def run(self, steps: int = 1000) -> Iterator[Step]:
        return descend(
            [self.x], self.losses, weights=lambda: self.weight, lr=lambda: self.rate, steps=steps
        )


def test_it_finds_the_bottom_and_stops_there() -> None:
    bowl = Bowl()
    steps = list(bowl.run(2000))
    assert [step.step for step in steps] == list(range(2001))
    assert steps[0].losses == {"first": 1.0, "second": 4.0}
    assert max(steps[-1].losses.values()) < 1e-12


def test_it_is_the_loop_of_the_text_book() -> None:
    bowl, plain = Bowl(), Bowl()
    bowl.weight = plain.weight = {"first": 3.0, "second": 0.5}
    adam = torch.optim.Adam([plain.x], lr=plain.rate)
    for step in bowl.run(200):
        assert torch.allclose(bowl.x, plain.x, rtol=0, atol=1e-12)
        named = plain.losses()
        assert step.losses["second"] == pytest.approx(float(named["second"].detach()), abs=1e-12)
        adam.zero_grad()
        (3.0 * named["first"] + 0.5 * named["second"]).backward()
        adam.step()


def test_losses_belong_to_the_parameters_of_the_moment() -> None:
    bowl = Bowl()
    for step in bowl.run(20):
        now = {name: float(loss.detach()) for name, loss in bowl.losses().items()}
        assert step.losses == now


def test_rate_and_weights_are_asked_for_at_every_step() -> None:
    bowl = Bowl()
    run = bowl.run()
    next(run)
    bowl.rate = 0.0
    next(run)
    assert torch.equal(bowl.x.detach(), torch.zeros(2, dtype=torch.float64))
    bowl.rate = 0.1
    next(run)
    moved = bowl.x.detach().clone()
    assert bool((moved != 0).all())


def test_a_weight_that_is_turned_to_nothing_stops_its_loss() -> None:
    bowl = Bowl()
    run = bowl.run()
    next(run)
    bowl.weight = {"first": 1.0, "second": 0.0}
    for _ in islice(run, 300):
        pass
    assert float(bowl.x[0].detach()) == pytest.approx(1.0, abs=1e-3)
    assert float(bowl.x[1].detach()) == 0.0


@pytest.mark.parametrize(
    "weights", [{"first": 1.0}, {"first": 1.0, "second": 1.0, "third": 1.0}, {}]
)
def test_losses_and_weights_must_have_the_same_names(weights: dict[str, float]) -> None:
    bowl = Bowl()
    bowl.weight = weights
    names = ", ".join(weights)
    with pytest.raises(ValueError, match=f"the losses are first, second; the weights are {names}"):
        next(bowl.run())


@pytest.mark.parametrize("enabled", [True, False])
def test_the_world_is_as_it_was_after_each_step(enabled: bool) -> None:
    bowl = Bowl()
    state, dtype = torch.random.get_rng_state(), torch.get_default_dtype()
    run = bowl.run(5)
    with torch.set_grad_enabled(enabled):
        for _ in run:
            assert torch.is_grad_enabled() is enabled
            assert torch.get_default_dtype() == dtype
            assert torch.equal(state, torch.random.get_rng_state())
        assert torch.is_grad_enabled() is enabled
    assert bool((bowl.x != 0).all())


def test_closing_a_suspended_run_changes_no_mode() -> None:
    run = Bowl().run()
    with torch.no_grad():
        next(run)
        run.close()  # type: ignore[attr-defined]
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_a_loss_that_is_not_finite_is_reported() -> None:
    x = torch.ones(1, requires_grad=True)
    run = descend(
        [x], lambda: {"bad": (x * float("inf")).sum()}, weights=lambda: {"bad": 1.0},
        lr=lambda: 0.1, steps=3,
    )  # fmt: skip
    assert [str(step.losses["bad"]) for step in run] == ["inf", "nan", "nan", "nan"]


def test_plain_gradient_descent_is_its_formula() -> None:
    bowl, plain = Bowl(), Bowl().x.detach()
    for _ in descend(
        [bowl.x], bowl.losses, weights=lambda: bowl.weight, lr=lambda: 0.05, steps=50, adam=False
    ):
        assert torch.allclose(bowl.x.detach(), plain, rtol=0, atol=1e-14)
        plain = plain - 0.05 * 2 * (plain - TARGET)


def test_lbfgs_solves_a_bowl_in_a_few_steps() -> None:
    """Sixty times steeper one way than the other: gradient descent needs hundreds of steps."""
    bowl = Bowl()
    bowl.weight = {"first": 30.0, "second": 0.5}
    steps = list(lbfgs([bowl.x], bowl.losses, weights=lambda: bowl.weight, steps=16))
    assert [step.step for step in steps] == list(range(17))
    assert steps[0].losses == {"first": 1.0, "second": 4.0}
    assert max(steps[-1].losses.values()) < 1e-12


def test_lbfgs_losses_belong_to_the_parameters_of_the_moment() -> None:
    bowl = Bowl()
    for step in lbfgs([bowl.x], bowl.losses, weights=lambda: bowl.weight, steps=3):
        assert step.losses == {k: float(v.detach()) for k, v in bowl.losses().items()}


def test_lbfgs_forgets_when_the_landscape_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = train._fresh_lbfgs
    monkeypatch.setattr(train, "_fresh_lbfgs", lambda *a: made.append(a) or real(*a))
    bowl = Bowl()
    run = lbfgs([bowl.x], bowl.losses, weights=lambda: bowl.weight, steps=20)
    for _ in range(3):
        next(run)
    assert len(made) == 1
    bowl.weight = {"first": 5.0, "second": 1.0}
    next(run)
    assert len(made) == 2
    next(run)
    assert len(made) == 2


def test_lbfgs_needs_the_same_names() -> None:
    bowl = Bowl()
    with pytest.raises(ValueError, match="each loss needs a weight"):
        next(lbfgs([bowl.x], bowl.losses, weights=lambda: {"first": 1.0}, steps=1))
