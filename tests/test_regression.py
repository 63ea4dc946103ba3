"""Surrogates of a number: what each must know, and what is said where a library is missing."""

import sys
from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.surrogates import Forest, Networks, Quadratic


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


@pytest.mark.training
def test_trees_say_no_more_than_they_have_seen_and_the_same_draw_says_the_same() -> None:
    """Each leaf is a mean: far away the answer is one of those at the border."""
    z, y = bowl(60)
    one, other = (Forest(members=2, rng=np.random.default_rng(seed)) for seed in (0, 0))
    one.fit(z, y)
    other.fit(z, y)
    far = np.array([[9.0, 0.0], [-9.0, 0.0]])
    (high, low), _ = one.predict(far)
    assert y.min() - 0.3 < low < high < y.max() + 0.3
    assert np.array_equal(one.predict(z), other.predict(z))


def test_without_scikit_learn_trees_name_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn", "sklearn.ensemble"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=r"need scikit-learn: .*sciml-widgets\[trees\]"):
        Forest(members=2, rng=np.random.default_rng(0))


def test_a_parabola_is_exact_on_a_parabola_and_unsure_far_away() -> None:
    model = Quadratic(ridge=1e-9)
    z, y = bowl(60)
    model.fit(z, y + 0.1 * np.random.default_rng(0).standard_normal(60))
    _, spread = model.predict(np.array([[0.0, 0.0], [5.0, 5.0]]))
    assert spread[1] > 5 * spread[0]
    model.fit(z, y)
    assert np.abs(model.predict(z)[0] - y).max() < 1e-6
