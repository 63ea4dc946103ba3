"""How far a field is from the truth: one number each. Knows no network and no equation."""

from torch import Tensor

__all__ = ["largest_error", "mean_absolute_error", "relative_l2", "rms"]


def relative_l2(u: Tensor, truth: Tensor) -> float:
    """√(Σ(u - truth)² / Σ truth²): 0 is perfect, 1 is as bad as u = 0.

    >>> import torch
    >>> round(relative_l2(torch.tensor([3.0, 4.4]), torch.tensor([3.0, 4.0])), 6)
    0.08
    """
    return float(_difference(u, truth).norm() / truth.detach().norm())


def mean_absolute_error(u: Tensor, truth: Tensor) -> float:
    """Mean of |u - truth|, in the units of u."""
    return float(_difference(u, truth).abs().mean())


def largest_error(u: Tensor, truth: Tensor) -> float:
    """Largest |u - truth|, in the units of u; NaN where u is."""
    return float(_difference(u, truth).abs().max())


def rms(values: Tensor) -> float:
    """√(mean of values²), in the units of the values."""
    return float(values.detach().square().mean().sqrt())


def _difference(u: Tensor, truth: Tensor) -> Tensor:
    if u.shape != truth.shape:
        raise ValueError(
            f"u has the shape {tuple(u.shape)} and the truth {tuple(truth.shape)}; "
            f"give both the same shape (else every point is compared with every other)"
        )
    return u.detach() - truth.detach()
