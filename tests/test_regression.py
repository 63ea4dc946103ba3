"""Surrogates of a number: what each must know, and what boosted trees are."""

from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.surrogates import BoostedTrees, Forest, Networks, Quadratic


def bowl(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    z = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return z, 1 + z[:, 0] - z[:, 1] ** 2


def fitted(name: str) -> tuple[Any, Any]:
    """A surrogate that knows the bowl, and how to teach it more."""
    z, y = bowl(400)
    if name == "networks":
        nets = Networks(2, members=3, width=16, generator=torch.Generator().manual_seed(0))
        nets.fit(z, y, 400, 1e-2)
        return nets, lambda *more: nets.fit(*more, 5, 1e-2)
    model = Forest(members=3, rng=np.random.default_rng(0)) if name == "forest" else Quadratic()
    model.fit(z, y)
    return model, model.fit


@pytest.mark.training
@pytest.mark.parametrize(
    ("name", "error"), [("networks", 0.05), ("forest", 0.12), ("quadratic", 1e-3)]
)
def test_every_surrogate_learns_a_bowl_and_is_frozen(name: str, error: float) -> None:
    (model, teach), (z, y) = fitted(name), bowl(1000, 1)
    found, spread = model.predict(z)
    assert found.shape == spread.shape == (1000,) and (spread >= 0).all()
    assert np.sqrt(np.square(found - y).mean()) < error
    frozen = model.frozen()
    before = frozen.predict(z)
    teach(*bowl(40, 2))
    assert np.array_equal(before, frozen.predict(z))
    assert not np.array_equal(before, model.predict(z))


def test_one_tree_is_the_best_of_all_first_questions() -> None:
    """By hand: the question that leaves the least sum of squares, of all that are asked."""
    rng = np.random.default_rng(5)
    z = rng.uniform(-1, 1, (200, 3))
    y = np.where(z[:, 1] > 0.3, 2.0, -1.0) + 0.1 * z[:, 0]
    tree = BoostedTrees.fit(z, y, rounds=1)
    assert tree.which[0, 0] == 1
    cuts = np.quantile(z, (np.arange(16) + 0.5) / 16, axis=0)
    left = [
        (np.square(y - np.where(z[:, i] > cut, y[z[:, i] > cut].mean(),
                                y[z[:, i] <= cut].mean())).sum(), cut)
        for i in range(3) for cut in cuts[:, i]
    ]  # fmt: skip
    assert tree.above[0, 0] == min(left)[1]


def test_each_tree_lowers_what_is_left_and_the_first_answer_is_the_mean() -> None:
    z, y = bowl(300)
    assert BoostedTrees.fit(z, y).start == pytest.approx(y.mean())
    left = [float(np.square(BoostedTrees.fit(z, y, rounds=n)(z) - y).mean()) for n in (1, 5, 40)]
    assert np.var(y) > left[0] > left[1] > left[2]


def test_trees_do_not_mind_how_a_direction_is_stretched() -> None:
    z, y = bowl(300)
    stretched = np.stack([np.exp(3 * z[:, 0]), z[:, 1]], 1)
    order = BoostedTrees.fit(z, y).which, BoostedTrees.fit(stretched, y).which
    assert np.mean(order[0] == order[1]) > 0.9


def test_no_points_are_an_error() -> None:
    with pytest.raises(ValueError, match="0 points and 0 answers"):
        BoostedTrees.fit(np.empty((0, 2)), np.empty(0))


def test_a_parabola_is_exact_on_a_parabola_and_unsure_far_away() -> None:
    model = Quadratic(ridge=1e-9)
    z, y = bowl(60)
    model.fit(z, y + 0.1 * np.random.default_rng(0).standard_normal(60))
    _, spread = model.predict(np.array([[0.0, 0.0], [5.0, 5.0]]))
    assert spread[1] > 5 * spread[0]
    model.fit(z, y)
    assert np.abs(model.predict(z)[0] - y).max() < 1e-6
