"""Coefficients of an equation from two snapshots, by a Gaussian process. Knows no network.

A Gaussian process says: before any measurement u(x) is a smooth random curve, with the covariance
k(x, x') = s² exp(-(x - x')² / 2l²) between two of its values. Derivatives of such a curve are
Gaussian too, with derivatives of k as covariances. So an equation that joins two snapshots is a
covariance between them, with the unknown coefficients in it, and the likelihood of the data says
which coefficients fit.

Source: Raissi and Karniadakis (2018), doi 10.1016/j.jcp.2017.11.039, arXiv:1708.00588.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Fit", "HiddenPhysics", "HiddenWave", "TwoSnapshots", "kernel", "smooth"]

FAR = 1e9
"""The cost of what is no covariance."""

JITTER = 1e-10
"""Added to the diagonal of a covariance, as a share of s²: rounding must not make it singular."""


def kernel(r: Tensor, size: Tensor, length: Tensor) -> list[Tensor]:
    """k(r) = s² exp(-r² / 2l²) and its first four derivatives in r, each in the shape of r."""
    z = r / length
    k = size**2 * torch.exp(-(z**2) / 2)
    return [
        k,
        -z * k / length,
        (z**2 - 1) * k / length**2,
        -(z**3 - 3 * z) * k / length**3,
        (z**4 - 6 * z**2 + 3) * k / length**4,
    ]


@dataclass(frozen=True)
class Fit:
    """λ1 and λ2, their two standard deviations (of λ2: of its logarithm), the other numbers.

    `covariance` (5, 5) is that of (λ1, log λ2, log s, log l, log σ); `cost` is -log likelihood.
    """

    lambda1: float
    lambda2: float
    spread1: float
    spread2: float
    noise: float
    cost: float
    theta: Tensor
    covariance: Tensor

    @property
    def band1(self) -> tuple[float, float]:
        """Two standard deviations about λ1."""
        return self.lambda1 - 2 * self.spread1, self.lambda1 + 2 * self.spread1

    @property
    def band2(self) -> tuple[float, float]:
        """Two standard deviations of the logarithm about λ2."""
        far = math.exp(2 * self.spread2)
        return self.lambda2 / far, self.lambda2 * far


class TwoSnapshots(ABC):
    """Values measured at two times, and how an equation makes them hang together."""

    x: Tensor
    u: Tensor
    """Places (n,) and all measured values, (n,) or more for a field of several parts."""

    @abstractmethod
    def covariance(self, theta: Tensor) -> Tensor:
        """Of all measured values, for (λ1, log λ2, log s, log l, log σ); square."""

    def cost(self, theta: Tensor) -> Tensor:
        """-log likelihood of the measured values, for (λ1, log λ2, log s, log l, log σ)."""
        return _cost(self.covariance(theta), self.u)

    def fit(self, lambda1: float = 0.5, lambda2: float = 0.02) -> Fit:
        """The best coefficients from a first guess, and their spread (Laplace's approximation)."""
        start = torch.tensor([lambda1, *map(math.log, (lambda2, 0.5, 0.5, 0.05))])
        theta = _lowest(self.cost, start.double(), torch.ones(5, dtype=torch.bool))
        curvature = torch.autograd.functional.hessian(self.cost, theta)
        assert isinstance(curvature, Tensor)
        covariance = torch.linalg.pinv(curvature, hermitian=True)
        spread = covariance.diagonal().clamp(min=0).sqrt()
        return Fit(
            float(theta[0]), float(theta[1].exp()), float(spread[0]), float(spread[1]),
            float(theta[4].exp()), float(self.cost(theta)), theta, covariance,
        )  # fmt: skip

    def profile(self, found: Fit, which: int, values: Tensor) -> Tensor:
        """-log likelihood over values of one unknown (0: λ1, 1: log λ2), all others refitted."""
        free = torch.arange(5) != which
        costs = []
        for value in values.double():
            start = found.theta.clone()
            start[which] = value
            costs.append(self.cost(_lowest(self.cost, start, free)))
        return torch.stack(costs)


class HiddenPhysics(TwoSnapshots):
    """Two snapshots of u_t + λ1 u u_x = λ2 u_xx: (x, u) at one time, and a `gap` later.

    One step in time joins them. With D = λ1 w ∂x - λ2 ∂xx, where w is a smoothed u, "euler" is
    the paper's: u_early = (1 + gap D) u_late; the error is of first order in the gap. "midpoint"
    takes half a step each way from the curve in the middle: second order, nothing dearer.

    Raises:
        ValueError: x and u of different lengths, a gap that is not positive, an unknown scheme.
    """

    def __init__(
        self, early: tuple[Tensor, Tensor], late: tuple[Tensor, Tensor], gap: float,
        scheme: str = "midpoint",
    ) -> None:  # fmt: skip
        if scheme not in ("euler", "midpoint"):
            raise ValueError(f"scheme={scheme!r} is none of euler, midpoint")
        _check(early, late, gap)
        self.x, self.u = torch.cat([early[0], late[0]]).double(), torch.cat([early[1], late[1]])
        self.u = self.u.double()
        first = torch.arange(len(self.x)) < len(early[0])
        if scheme == "euler":
            self.w = smooth(*early, self.x)
            self.step = torch.where(first, gap, 0.0).double()
        else:
            self.w = (smooth(*early, self.x) + smooth(*late, self.x)) / 2
            self.step = torch.where(first, gap / 2, -gap / 2).double()

    def covariance(self, theta: Tensor) -> Tensor:
        """Of all measured values, (n, n): (1 + c D)(1 + c' D') k, and the noise σ²."""
        lambda1, (lambda2, size, length, noise) = theta[0], theta[1:].exp()
        k = kernel(self.x[:, None] - self.x[None, :], size, length)
        a, b = self.step * self.w * lambda1, self.step * lambda2  # 1 + a ∂x - b ∂xx at each place
        # A derivative at the second place is one in r = x - x', times -1.
        triples = zip(k[:3], k[1:4], k[2:], strict=True)
        there = [f - a[None, :] * f1 - b[None, :] * f2 for f, f1, f2 in triples]
        whole = there[0] + a[:, None] * there[1] - b[:, None] * there[2]
        eye = torch.eye(len(self.x), dtype=torch.float64)
        return whole + (noise**2 + JITTER * size**2) * eye


class HiddenWave(TwoSnapshots):
    """Two snapshots of i h_t + λ1 h_xx + λ2 |h|² h = 0: (x, h) at one time, and a `gap` later.

    Both parts of h = u + iv are smooth random curves of one kind, independent of each other in
    the middle of the gap. With M = λ1 ∂xx + λ2 m, where m is the smoothed |h|², half a step of
    ± gap / 2 = c mixes them: (u - c M v, v + c M u). Error of second order in the gap.

    Raises:
        ValueError: x and h of different lengths, h not complex, a gap that is not positive.
    """

    def __init__(
        self, early: tuple[Tensor, Tensor], late: tuple[Tensor, Tensor], gap: float
    ) -> None:
        _check(early, late, gap)
        if not (early[1].is_complex() and late[1].is_complex()):
            raise ValueError("a snapshot of a wave is x and a complex h = u + iv")
        self.x = torch.cat([early[0], late[0]]).double()
        h = torch.cat([early[1], late[1]])
        self.u = torch.cat([h.real, h.imag]).double()
        first = torch.arange(len(self.x)) < len(early[0])
        parts = [
            (smooth(early[0], part(early[1]), self.x) + smooth(late[0], part(late[1]), self.x)) / 2
            for part in (torch.real, torch.imag)
        ]
        self.m = parts[0] ** 2 + parts[1] ** 2
        self.step = torch.where(first, -gap / 2, gap / 2).double()

    def covariance(self, theta: Tensor) -> Tensor:
        """Of all u, then all v, (2n, 2n), and the noise σ²."""
        lambda1, (lambda2, size, length, noise) = theta[0], theta[1:].exp()
        k = kernel(self.x[:, None] - self.x[None, :], size, length)
        here, there, c = lambda2 * self.m[:, None], lambda2 * self.m[None, :], self.step
        both = lambda1**2 * k[4] + lambda1 * (here + there) * k[2] + here * there * k[0]
        same = k[0] + c[:, None] * c[None, :] * both
        mixed = c[None, :] * (lambda1 * k[2] + there * k[0])  # cov(u, c' M' u')
        mixed = mixed - c[:, None] * (lambda1 * k[2] + here * k[0])  # cov(-c M v, v')
        whole = torch.cat([torch.cat([same, mixed], 1), torch.cat([mixed.T, same], 1)])
        eye = torch.eye(len(self.u), dtype=torch.float64)
        return whole + (noise**2 + JITTER * size**2) * eye


def smooth(x: Tensor, u: Tensor, at: Tensor) -> Tensor:
    """The mean of a Gaussian process through noisy values (n,), at other places (m,)."""
    x, u, at = x.double(), u.double(), at.double()

    def parts(theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        size, length, noise = theta.exp()
        eye = torch.eye(len(x), dtype=torch.float64)
        k = kernel(x[:, None] - x, size, length)[0]
        return k + (noise**2 + JITTER * size**2) * eye, size, length

    start = torch.tensor([0.5, 0.5, 0.05], dtype=torch.float64).log()
    best = _lowest(lambda t: _cost(parts(t)[0], u), start, torch.ones(3, dtype=torch.bool))
    covariance, size, length = parts(best)
    across = kernel(at[:, None] - x, size, length)[0]
    return across @ torch.linalg.solve(covariance, u)


def _check(early: tuple[Tensor, Tensor], late: tuple[Tensor, Tensor], gap: float) -> None:
    if not gap > 0:
        raise ValueError(f"gap={gap} must be a time above 0")
    for x, u in (early, late):
        if x.ndim != 1 or x.shape != u.shape:
            raise ValueError(f"a snapshot is x (n,) and u (n,), got {x.shape} and {u.shape}")


def _cost(covariance: Tensor, u: Tensor) -> Tensor:
    factor, info = torch.linalg.cholesky_ex(covariance)
    if int(info) != 0:  # rounding has left no covariance: a search must turn back
        return FAR + 0 * covariance.sum()
    solved = torch.cholesky_solve(u[:, None], factor)[:, 0]
    half = factor.diagonal().log().sum()
    return u @ solved / 2 + half + len(u) * math.log(2 * math.pi) / 2


def _lowest(cost: Callable[[Tensor], Tensor], start: Tensor, free: Tensor) -> Tensor:
    """The lowest cost from a start, over the numbers that are free."""
    moved = start[free].clone().requires_grad_()

    def whole() -> Tensor:
        return start.masked_scatter(free, moved)

    search = torch.optim.LBFGS(
        [moved], max_iter=200, tolerance_grad=1e-7, tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def again() -> Tensor:
        search.zero_grad()
        with torch.enable_grad():
            loss = cost(whole())
            loss.backward()
        return loss

    search.step(again)  # type: ignore[arg-type]
    return whole().detach()
