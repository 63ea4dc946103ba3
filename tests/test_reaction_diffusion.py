"""The truth of reaction-diffusion: its order, its limits, and the paper's own table of it."""

import math

import pytest
import torch
from torch import Tensor

from sciml_widgets.metrics import relative_l2
from sciml_widgets.physics import Reaction, ReactionDiffusion
from sciml_widgets.physics.reaction_diffusion import CELLS, STEPS, _march, splitting
from sciml_widgets.sampling import sobol

POINTS = ReactionDiffusion().box.inside.place(sobol(512, 2, torch.Generator().manual_seed(0)))
CORNERS = [(3.0, 5.0), (8.0, 10.0), (8.0, 0.5), (1.0, 10.0)]


def error(nu: float, rho: float, steps: int) -> float:
    """Largest, against four times as many steps as the truth takes."""
    finest = splitting(POINTS, nu, rho, 4 * STEPS)
    return float((splitting(POINTS, nu, rho, steps) - finest).abs().max())


@pytest.mark.training
@pytest.mark.parametrize(("nu", "rho"), CORNERS)
def test_the_splitting_is_of_second_order_and_its_error_is_the_stated_one(
    nu: float, rho: float
) -> None:
    coarse, fine = error(nu, rho, 100), error(nu, rho, 200)
    assert math.log2(coarse / fine) > 1.75
    assert error(nu, rho, STEPS) < 5e-7


def test_the_modes_are_enough_once_the_kink_is_gone() -> None:
    """The bell's kink at x = 0 has modes that fall as k^-2; spreading kills them at once."""
    modes = _march(3.0, 5.0, STEPS).abs() / CELLS
    assert float(modes[0, -1]) > 1e-8
    assert float(modes[STEPS // 100, -20:].max()) < 1e-16


def test_without_growth_each_mode_fades_by_itself() -> None:
    """The splitting has nothing to split, so it is exact."""
    modes = _march(1.0, 0.0, 10)
    k = torch.arange(CELLS // 2 + 1, dtype=torch.float64)
    expected = modes[0] * torch.exp(-(k**2) * 1.0)
    assert torch.allclose(modes[-1], expected, rtol=0, atol=1e-13 * CELLS)


def test_without_spreading_it_is_the_reaction() -> None:
    x = 2 * math.pi / CELLS * torch.arange(CELLS, dtype=torch.float64)
    points = torch.stack([x, torch.full_like(x, 0.7)], 1)
    assert torch.allclose(splitting(points, 0.0, 5.0), Reaction(rho=5.0).exact(points), atol=1e-12)


def lie(nu: float, rho: float, times: int = 100) -> Tensor:
    """Growth, then spreading: first order. So the code of the paper computes its reference."""
    x = 2 * math.pi / CELLS * torch.arange(CELLS, dtype=torch.float64)
    u = torch.exp(-((x - math.pi) ** 2) / (2 * (math.pi / 4) ** 2))
    k, dt, found = torch.arange(CELLS // 2 + 1), 1 / times, [u]
    for _ in range(times - 1):
        grown = u * math.exp(rho * dt)
        u = torch.fft.irfft(
            torch.fft.rfft(grown / (grown + 1 - u)) * torch.exp(-nu * k**2 * dt), CELLS
        )
        found.append(u)
    return torch.stack(found)


def test_a_splitting_of_first_order_is_seen() -> None:
    x = 2 * math.pi / CELLS * torch.arange(CELLS, dtype=torch.float64)
    points = torch.stack([x, torch.full_like(x, 0.99)], 1)
    off = [relative_l2(lie(3.0, 5.0, n)[-1], ReactionDiffusion(nu=3.0).exact(points)[:, 0])
           for n in (100,)]  # fmt: skip
    assert 1e-5 < off[0] < 1e-2
