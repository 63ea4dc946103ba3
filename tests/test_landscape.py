"""The loss around a network: its spectrum against the Jacobian, its cuts against a parabola."""

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Generator, Tensor, nn

from sciml_widgets.collocation import attach, place, residuals
from sciml_widgets.gauss_newton import jacobian
from sciml_widgets.landscape import Landscape, landscape
from sciml_widgets.networks import MLP
from sciml_widgets.physics import Convection
from sciml_widgets.sampling import sobol
from tests.test_every_lab import check_plot

WEIGHTS = {"pde": 1.0, "ic": 10.0, "bc": 3.0}
PROBLEM = Convection(beta=2.0)


def setting(depth: int) -> tuple[MLP, Callable[[nn.Module], Mapping[str, Tensor]]]:
    generator = Generator().manual_seed(0)
    box = PROBLEM.box
    network = MLP(
        2, 1, depth=depth, width=6, generator=generator, low=box.low, high=box.high,
        dtype=torch.float64,
    )  # fmt: skip
    points = place(PROBLEM, dict.fromkeys(WEIGHTS, 20), sobol, generator, torch.float64)
    samples = attach(PROBLEM, points)
    return network, lambda moved: residuals(PROBLEM, moved, samples)  # type: ignore[arg-type]


def looked(**options: float) -> tuple[Landscape, Tensor]:
    """With the weighted Jacobian, put together by hand."""
    network, left = setting(1)
    _, slopes = jacobian(network, lambda: left(network))
    matrix = torch.cat([(WEIGHTS[n] / 20) ** 0.5 * slopes[n].flatten(0, 1) for n in WEIGHTS])
    return landscape(network, left, WEIGHTS, **options), matrix  # type: ignore[arg-type]


@pytest.mark.training
def test_the_spectrum_is_that_of_the_jacobian_squared() -> None:
    seen, matrix = looked()
    square = matrix.T @ matrix
    assert bool((seen.spectrum.diff() <= 0).all()), "the largest first"
    assert float(seen.spectrum.sum()) == pytest.approx(float(square.trace()), rel=1e-12)
    for value, vector in zip(seen.spectrum, seen.directions, strict=False):
        assert torch.allclose(square @ vector, value * vector, atol=1e-12 * float(square.trace()))


def test_the_loss_of_a_linear_network_is_the_parabola() -> None:
    """Without a hidden layer the residuals are linear in the weights, and JᵀJ is all there is."""
    generator = Generator().manual_seed(0)
    network = MLP(2, 2, depth=0, width=1, generator=generator, dtype=torch.float64)
    points, data = torch.rand(9, 2), torch.rand(9, 2)

    def left(moved: nn.Module) -> dict[str, Tensor]:
        return {"fit": moved.jet(points, [])[()] - data}  # type: ignore[operator]

    values, slopes = jacobian(network, lambda: left(network))
    r, matrix = values["fit"].flatten(), slopes["fit"].flatten(0, 1)
    seen = landscape(network, left, {"fit": 3.0}, size=5)
    for i, a in enumerate(seen.offsets):
        for j, b in enumerate(seen.offsets):
            moved = r + matrix @ (a * seen.directions[0] + b * seen.directions[1])
            assert float(seen.loss[i, j]) == pytest.approx(
                3 * float(moved @ moved) / 18, rel=1e-12
            )


def test_the_network_stands_in_the_middle_and_does_not_move() -> None:
    network, left = setting(2)
    before = [weight.clone() for weight in network.parameters()]
    seen = landscape(network, left, WEIGHTS, size=7)
    loss = sum(WEIGHTS[n] * float(r.detach().square().mean()) for n, r in left(network).items())
    assert float(seen.loss[3, 3]) == pytest.approx(loss, rel=1e-14)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_it_can_be_drawn() -> None:
    seen, _ = looked(size=5)
    check_plot(seen.plot())
    line = seen.line("β = 2")
    assert line.y[0] == 1.0 and line.y.min() >= 1e-20 and len(line.x) == len(seen.spectrum)


@pytest.mark.parametrize("wrong", [{"size": 4}, {"size": 1}, {"reach": 0.0}])
def test_a_square_without_a_middle_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="odd size"):
        looked(**wrong)
