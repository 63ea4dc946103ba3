"""Points: inside the cube, even, drawn from their own generator only."""

import pytest
import torch

from sciml_widgets.sampling import choose, sobol, uniform


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("sample", [uniform, sobol])
def test_points_are_float64_and_repeat_with_the_seed_only(sample) -> None:  # noqa: ANN001
    points = sample(100, 3, generator())
    assert points.shape == (100, 3) and points.dtype == torch.float64
    assert bool(((points >= 0) & (points < 1)).all())
    assert torch.equal(points, sample(100, 3, generator()))
    assert not torch.equal(points, sample(100, 3, generator(1)))
    one = generator()
    assert not torch.equal(sample(100, 3, one), sample(100, 3, one))


@pytest.mark.parametrize("sample", [uniform, sobol])
def test_the_global_random_state_is_left_alone(sample) -> None:  # noqa: ANN001
    before = torch.random.get_rng_state()
    sample(50, 2, generator())
    choose(torch.rand(50, generator=generator()), 10, generator())
    assert torch.equal(before, torch.random.get_rng_state())


def test_sobol_puts_one_point_in_each_slice_and_each_square() -> None:
    """A scrambled (0, m, 2)-net: 256 points, one in each of 256 strips and of 16 x 16 squares."""
    points = sobol(256, 2, generator(3))
    for axis in (0, 1):
        assert len(set((points[:, axis] * 256).long().tolist())) == 256
    squares = (points * 16).long()
    assert len(set((squares[:, 0] * 16 + squares[:, 1]).tolist())) == 256


def test_choice_follows_residual_and_floor() -> None:
    """With one point each, the probabilities are |r| / mean|r| + floor, normalised."""
    residual = torch.tensor([0.0, 1.0, 3.0, 0.0])
    one, trials = generator(), 5_000
    counts = torch.zeros(4, dtype=torch.float64)
    for _ in range(trials):
        counts[choose(residual, 1, one)] += 1
    weights = torch.tensor([1.0, 2.0, 4.0, 1.0], dtype=torch.float64)
    p = weights / weights.sum()
    sigma = (p * (1 - p) / trials).sqrt()
    assert bool(((counts / trials - p).abs() < 5 * sigma).all())


def test_choice_takes_nobody_twice_and_survives_zero_residual() -> None:
    chosen = choose(torch.zeros(40), 40, generator())
    assert sorted(chosen.tolist()) == list(range(40))
    signed = choose(torch.tensor([-1.0, 0.0, 0.0]), 1, generator(), floor=0.0)
    assert signed.tolist() == [0]


def test_what_cannot_be_chosen_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot choose 5 of 4 candidates"):
        choose(torch.ones(4), 5, generator())
    with pytest.raises(ValueError, match="not finite"):
        choose(torch.tensor([1.0, float("nan")]), 1, generator())
