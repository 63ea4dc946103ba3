"""Gauss-Newton steps for a sum of squared residuals. Knows no equation and no panel.

A residual is nearly linear in small changes of the weights: r(θ + δ) ≈ r + J δ, with the Jacobian
J = ∂r/∂θ, one row for each residual. The change that makes the sum of squares smallest solves
JᵀJ δ = -Jᵀr. Levenberg and Marquardt add λ to the diagonal: large λ is a short step downhill,
small λ the whole Gauss-Newton step.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite, sqrt

import torch
from torch import Tensor, nn

from sciml_widgets import machine
from sciml_widgets.layers import Dense
from sciml_widgets.train import Step, check_names

__all__ = ["gauss_newton", "jacobian"]

Residuals = Callable[[], Mapping[str, Tensor]]

LARGEST = 60_000_000
"""Numbers in a Jacobian and its square: about 1 GB while a step is computed."""

EACH = 17
"""Bytes for each of these numbers while a step is computed."""

TRIALS = 8
"""Values of λ that a step tries before it gives up and waits for other points."""


def gauss_newton(
    network: nn.Module, residuals: Residuals, *,
    weights: Callable[[], Mapping[str, float]], steps: int, damping: float = 1e-3,
) -> Iterator[Step]:  # fmt: skip
    """Minimise Σ weight x mean(residual²) by Levenberg-Marquardt; yields like `train.descend`.

    `residuals()` gives (n, k) for each name, at the network's present weights; it is called
    several times in a step and must see the same points each time. A step that makes the sum
    larger is not taken: λ is raised and it is tried again. λ follows the gain (what was won over
    what the linear model promised). Sources: Marquardt (1963), doi 10.1137/0111030; the update of
    λ: Nielsen (1999), https://www2.imm.dtu.dk/documents/ftp/tr99/tr05_99.pdf.

    Raises:
        ValueError: a residual without a weight or the reverse; a weight of the network that is
            not in a dense layer; a Jacobian that is too large for the memory.
    """
    parameters = list(network.parameters())
    now = _values(residuals)
    check_names(now, weights())
    yield Step(0, _mean_squares(now))
    relative, growth = damping, 2.0
    for step in range(1, steps + 1):
        matrix, before = _system(network, residuals, weights())
        loss = float(before.square().sum())
        if not isfinite(loss):
            yield Step(step, _mean_squares(_values(residuals)))
            continue
        slope = matrix.T @ before
        curvature = _lower_square(matrix)
        size = float(curvature.diagonal().mean())
        start = [weight.detach().clone() for weight in parameters]
        found = None
        for _ in range(TRIALS):
            change = _solve(curvature, slope, relative * size)
            if change is not None:
                _shift(parameters, start, change)
                found = _values(residuals)
                after = float(_stack(found, weights()).square().sum())
                promised = -float(change @ slope) + relative * size * float(change.square().sum())
                gain = (loss - after) / promised if promised > 0 else -1.0
                if isfinite(after) and gain > 0:
                    relative *= max(1 / 3, 1 - (2 * gain - 1) ** 3)
                    relative, growth = max(relative, 1e-14), 2.0
                    break
            found = None
            relative, growth = min(relative * growth, 1e6), 2 * growth
        if found is None:
            _shift(parameters, start, torch.zeros_like(slope))
            found, growth = _values(residuals), 2.0
        yield Step(step, _mean_squares(found))


def jacobian(
    network: nn.Module, residuals: Residuals
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The residuals (n, k), and their derivatives by all weights of the network (n, k, weights).

    One backward pass gives, for every point at once, the derivative of its residual by what each
    dense layer puts out, a. The layer computed z = W h + b, and so did each derivative that was
    carried through it, z_x = W h_x: hence ∂r/∂W = a hᵀ + a_x h_xᵀ + ... and ∂r/∂b = a. The order
    is that of `network.parameters()`.
    """
    layers = _dense_layers(network)
    with _watched(layers), torch.enable_grad():
        values = dict(residuals())
        calls = [list(layer.calls or ()) for layer in layers]
    if not all(calls):
        raise ValueError(
            "Gauss-Newton needs the derivatives that the layers carry forward: of a network that "
            "has them (MLP), up to third order"
        )
    count = sum(weight.numel() for weight in network.parameters())
    rows = sum(value.numel() for value in values.values())
    if count * (rows + count) > LARGEST:
        raise ValueError(
            f"Gauss-Newton needs too much memory for {rows} residuals and {count} weights: "
            f"take fewer points or a smaller network (weights x (residuals + weights) "
            f"<= {LARGEST:.0e})"
        )
    machine.afford(
        EACH * count * (rows + count),
        f"A Gauss-Newton step with {rows} residuals and {count} weights",
        "take fewer points or a smaller network",
    )
    found = {}
    for name, value in values.items():
        columns = [_rows(column, calls) for column in value.unbind(1)]
        found[name] = torch.stack(columns, 1)
    return {name: value.detach() for name, value in values.items()}, found


def _rows(column: Tensor, calls: list[list[tuple[dict, dict]]]) -> Tensor:
    """One residual at n points: its derivatives (n, weights)."""
    outputs = [z for layer in calls for _, out in layer for z in out.values()]
    slopes = iter(torch.autograd.grad(column.sum(), outputs, retain_graph=True, allow_unused=True))
    blocks = []
    for layer in calls:
        by_weight: Tensor | None = None
        by_bias: Tensor | None = None
        for jet, out in layer:
            pairs = [(key, jet[key], next(slopes)) for key in out]
            used = [(key, h.detach(), a) for key, h, a in pairs if a is not None]
            if not used:
                continue
            n = len(column)
            a = torch.stack([a.T for _, _, a in used], 2)
            h = torch.stack([h.expand(-1, n).T for _, h, _ in used], 1)
            part = torch.bmm(a, h)
            bias = sum((a.T for key, _, a in used if key == ()), torch.zeros_like(part[:, :, 0]))
            by_weight = part if by_weight is None else by_weight + part
            by_bias = bias if by_bias is None else by_bias + bias
        if by_weight is None or by_bias is None:
            jet, out = layer[0]
            by_weight = column.new_zeros(len(column), len(out[()]), len(jet[()]))
            by_bias = by_weight[:, :, 0]
        blocks += [by_weight.flatten(1), by_bias]
    return torch.cat(blocks, 1)


def _system(
    network: nn.Module, residuals: Residuals, weights: Mapping[str, float]
) -> tuple[Tensor, Tensor]:
    """The weighted Jacobian (rows, weights) and residuals (rows,), in double precision."""
    values, slopes = jacobian(network, residuals)
    check_names(values, weights)
    rows = [
        sqrt(weights[name] / values[name].numel()) * slope.flatten(0, 1).double()
        for name, slope in slopes.items()
    ]
    return torch.cat(rows), _stack(values, weights)


def _stack(values: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    return torch.cat(
        [sqrt(weights[name] / v.numel()) * v.flatten().double() for name, v in values.items()]
    )


def _lower_square(matrix: Tensor) -> Tensor:
    """The lower triangle of JᵀJ, which is symmetric, in four strips: five eighths of the work."""
    count = matrix.shape[1]
    square = matrix.new_zeros(count, count)
    ends = [count * part // 4 for part in range(5)]
    for start, end in zip(ends, ends[1:], strict=False):
        square[start:end, :end] = matrix[:, start:end].T @ matrix[:, :end]
    return square


def _solve(curvature: Tensor, slope: Tensor, damping: float) -> Tensor | None:
    """-(JᵀJ + λ)⁻¹ Jᵀr, or None where rounding leaves the matrix without a Cholesky factor.

    Of JᵀJ the lower triangle is enough: the factor reads no more.
    """
    damped = curvature.clone()
    damped.diagonal().add_(damping)
    factor, info = torch.linalg.cholesky_ex(damped)
    if int(info) != 0:
        return None
    return -torch.cholesky_solve(slope[:, None], factor)[:, 0]


def _shift(parameters: list[nn.Parameter], start: list[Tensor], change: Tensor) -> None:
    with torch.no_grad():
        parts = change.split([weight.numel() for weight in start])
        for weight, old, part in zip(parameters, start, parts, strict=True):
            weight.copy_(old + part.view_as(old).to(old.dtype))


def _values(residuals: Residuals) -> dict[str, Tensor]:
    with torch.no_grad():
        return dict(residuals())


def _mean_squares(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: float(value.square().mean()) for name, value in values.items()}


def _dense_layers(network: nn.Module) -> list[Dense]:
    layers = [layer for layer in network.modules() if isinstance(layer, Dense)]
    known = sum(weight.numel() for layer in layers for weight in layer.parameters())
    count = sum(weight.numel() for weight in network.parameters())
    if not layers or known != count:
        raise ValueError(
            f"Gauss-Newton needs a network whose weights are all in dense layers: "
            f"{count - known} of its {count} are not"
        )
    return layers


@contextmanager
def _watched(layers: list[Dense]) -> Iterator[None]:
    for layer in layers:
        layer.calls = []
    try:
        yield
    finally:
        for layer in layers:
            layer.calls = None
