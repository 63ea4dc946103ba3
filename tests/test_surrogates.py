"""Surrogates of a yes or a no: what each must know, and how the next questions are chosen."""

from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.surrogates import RULES, Ensemble, Neighbour, Process, choose
from sciml_widgets.surrogates.gaussian_process import matern


def disc(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    z = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return z, np.hypot(*z.T) < 0.7


def fitted(name: str) -> Any:
    z, yes = disc(300)
    if name == "ensemble":
        model = Ensemble(2, members=3, width=16, generator=torch.Generator().manual_seed(0))
        model.train(z, yes, 200, 1e-2)
        return model
    model = Process(2, rng=np.random.default_rng(0)) if name == "process" else Neighbour()
    model.fit(z, yes)
    return model


@pytest.mark.training
@pytest.mark.parametrize("name", ["ensemble", "process", "neighbour"])
def test_every_surrogate_learns_a_disc_and_is_frozen(name: str) -> None:
    model, (z, yes) = fitted(name), disc(2000, 1)
    assert (model.says(z) == yes).mean() > 0.93
    chance, spread = model.predict(z)
    assert chance.shape == spread.shape == (2000,)
    assert chance.min() >= 0 and chance.max() <= 1 and spread.min() >= 0
    assert ((chance > 0.5) == model.says(z)).mean() > 0.995  # float32 beside float64
    frozen, few = model.frozen(), disc(40, 2)
    before = frozen.predict(z)
    (lambda *a: model.train(*a, 5, 1e-2) if name == "ensemble" else model.fit(*a))(*few)
    assert np.array_equal(before, frozen.predict(z))


def test_the_nearest_neighbour_is_the_nearest() -> None:
    (z, yes), (at, _) = disc(50), disc(200, 3)
    model = Neighbour()
    model.fit(z, yes)
    distance = np.linalg.norm(at[:, None] - z, axis=2)
    assert np.array_equal(model.says(at), yes[distance.argmin(1)])
    assert np.allclose(model.predict(at)[1], distance.min(1), atol=1e-12)
    model.fit(z, np.ones(50, dtype=bool))
    assert model.says(at).all()
    model.fit(z, np.zeros(50, dtype=bool))
    assert not model.says(at).any()


def test_a_process_is_sure_where_it_was_told_and_nowhere_else() -> None:
    model = Process(2, rng=np.random.default_rng(0))
    z = np.array([[-0.5, 0.0], [0.5, 0.0]])
    model.fit(z, np.array([True, False]), steps=0)
    chance, spread = model.predict(np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.0], [0.0, 9.0]]))
    assert chance[0] > 0.9 and chance[1] < 0.1
    assert chance[2:] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert spread[:2].max() < spread[2] < spread[3] == pytest.approx(1.0, abs=1e-3)


def test_the_covariance_is_a_covariance_and_matern_at_one_length() -> None:
    x = torch.from_numpy(disc(60)[0])
    k = matern(x, x, torch.tensor([0.5, 2.0]))
    assert float(torch.linalg.eigvalsh(k).min()) > -1e-10
    one = matern(torch.zeros(1, 1), torch.full((1, 1), 0.3), torch.tensor([0.3]))
    assert float(one) == pytest.approx((1 + 3**0.5) * np.exp(-(3**0.5)), rel=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_a_batch_has_its_size_and_no_index_twice(rule: str) -> None:
    rng = np.random.default_rng(0)
    chance, spread = rng.random(100), rng.random(100)
    for explore in (0.0, 0.2, 1.0):
        found = choose(rule, chance, spread, 20, explore, rng)
        assert len(found) == len(set(found)) == 20
    assert sorted(choose(rule, chance, spread, 200, 0.2, rng)) == list(range(100))


def test_the_rules_ask_what_they_say() -> None:
    rng = np.random.default_rng(0)
    chance, spread = np.linspace(0, 1, 100), np.linspace(0, 1, 100)
    at_border = choose("boundary", chance, spread, 10, 0.0, rng)
    assert np.abs(chance[at_border] - 0.5).max() < 0.11  # the nearest 20
    assert spread[choose("spread", chance, spread, 10, 0.0, rng)].min() > 0.79
    with pytest.raises(ValueError, match="rule='best' is none of random"):
        choose("best", chance, spread, 10, 0.0, rng)
