"""Networks: how many weights, and derivatives that agree with autograd on autograd."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sciml_widgets.layers import ACTIVATIONS
from sciml_widgets.networks import MLP, count_weights, nested_jet

KEYS = {(0,), (1,), (2,), (0, 0), (1, 1), (0, 2), (1, 2), (0, 0, 0), (0, 0, 2), (0, 1, 2)}


def network(inputs: int = 3, outputs: int = 2, **changes: Any) -> MLP:
    settings = {"depth": 3, "width": 7, "low": (-1.0, 0.0, 2.0), "high": (1.0, 1.0, 5.0)}
    generator = torch.Generator().manual_seed(0)
    return MLP(
        inputs, outputs, generator=generator, dtype=torch.float64, **{**settings, **changes}
    )


def points(count: int = 50) -> Tensor:
    unit = torch.rand(count, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return unit * torch.tensor([2.0, 1.0, 3.0]).double() + torch.tensor([-1.0, 0.0, 2.0]).double()


@pytest.mark.parametrize(("fourier", "rings"), [(0, ()), (4, ()), (0, (0, 2)), (4, (1,))])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_fast_jet_is_autograd_on_autograd(
    activation: str, fourier: int, rings: tuple[int, ...]
) -> None:
    net = network(activation=activation, fourier=fourier, rings=rings)
    fast, slow = net.jet(points(), KEYS), nested_jet(net, points(), KEYS)
    assert set(fast) == set(slow) == KEYS | {()}
    for key in fast:
        scale = max(1.0, float(slow[key].detach().abs().max()))
        assert fast[key].shape == (50, 2)
        assert float((fast[key] - slow[key]).detach().abs().max()) < 1e-12 * scale, key


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_so_is_its_gradient_by_the_weights(activation: str) -> None:
    net = network(activation=activation)
    gradients = []
    for jet in (net.jet(points(), KEYS), nested_jet(net, points(), KEYS)):
        total = torch.stack([value.square().mean() for value in jet.values()]).sum()
        gradients.append(torch.autograd.grad(total, net.parameters(), materialize_grads=True))
    for fast, slow in zip(*gradients, strict=True):
        assert float((fast - slow).abs().max()) < 1e-12 * max(1.0, float(slow.abs().max()))


def test_the_value_is_forward_s_and_needs_no_derivative() -> None:
    net = network()
    assert set(net.jet(points(), ())) == {()}
    assert torch.equal(net.jet(points(), ())[()], net(points()))


def test_third_and_fourth_derivatives() -> None:
    """One sine unit, sin(w·x + b), has them by hand."""
    net = network(outputs=1, depth=1, width=1, activation="sin", low=None, high=None)
    inner, outer = net.layers[0], net.layers[2]
    w, v = inner.weight.detach()[0], float(outer.weight.detach()[0, 0])
    z = (points() @ w).unsqueeze(1)
    jet = net.jet(points(), {(0, 0, 0), (0, 0, 1, 1), (0,)})
    assert torch.allclose(jet[(0,)], v * w[0] * torch.cos(z), rtol=0, atol=1e-14)
    assert torch.allclose(jet[(0, 0, 0)], -v * w[0] ** 3 * torch.cos(z), rtol=0, atol=1e-14)
    expected = v * w[0] ** 2 * w[1] ** 2 * torch.sin(z)
    assert torch.allclose(jet[(0, 0, 1, 1)], expected, rtol=0, atol=1e-14)


def test_nested_jet_of_functions_without_slope() -> None:
    def flat(x: Tensor) -> Tensor:
        return torch.ones_like(x[:, :1])

    def linear(x: Tensor) -> Tensor:
        return x[:, :1] - 2 * x[:, 1:2]

    assert float(nested_jet(flat, points(), {(0, 0)})[(0, 0)].abs().max()) == 0
    jet = nested_jet(linear, points(), {(1,), (1, 1)})
    assert bool((jet[(1,)] == -2).all()) and bool((jet[(1, 1)] == 0).all())


def test_looking_without_gradients_leaves_none() -> None:
    net = network()
    with torch.no_grad():
        for jet in (net.jet(points(), KEYS), nested_jet(net, points(), KEYS)):
            assert not any(value.requires_grad for value in jet.values())
        assert not torch.is_grad_enabled()
    assert nested_jet(net, points(), KEYS)[(0,)].requires_grad


@pytest.mark.parametrize(
    ("inputs", "outputs", "depth", "width", "weights"),
    [(2, 1, 8, 20, 3021), (2, 1, 4, 20, 1341), (1, 1, 1, 1, 4), (3, 2, 2, 5, 62)],
)
def test_count(inputs: int, outputs: int, depth: int, width: int, weights: int) -> None:
    generator = torch.Generator()
    net = MLP(inputs, outputs, depth=depth, width=width, generator=generator)
    assert count_weights(net) == weights
    assert count_weights(nn.Linear(3, 2).requires_grad_(False)) == 0


def test_only_the_generator_decides() -> None:
    before = torch.random.get_rng_state()
    one, two = network(fourier=3), network(fourier=3)
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert torch.equal(one(points()), two(points()))


def test_precision_is_what_was_asked_for() -> None:
    generator = torch.Generator().manual_seed(0)
    net = MLP(2, 1, depth=2, width=4, generator=generator, fourier=2, low=(0.0, 0.0),
              high=(1.0, 1.0), dtype=torch.float32)  # fmt: skip
    jet = net.jet(torch.rand(5, 2, dtype=torch.float32), {(0, 1)})
    assert all(value.dtype == torch.float32 for value in jet.values())
    # The same draw in both precisions: float32 weights are the float64 ones, rounded.
    wide = MLP(2, 1, depth=2, width=4, fourier=2, low=(0.0, 0.0), high=(1.0, 1.0),
               generator=torch.Generator().manual_seed(0), dtype=torch.float64)  # fmt: skip
    for a, b in zip(net.parameters(), wide.parameters(), strict=True):
        assert torch.equal(a, b.float())


def test_a_ring_gives_the_network_a_period_and_needs_the_box() -> None:
    net = network(rings=(2,))
    once = points() + torch.tensor([0.0, 0.0, 3.0]).double()
    assert torch.allclose(net(points()), net(once), atol=1e-12)
    with pytest.raises(ValueError, match="rings need the box"):
        network(rings=(2,), low=None)
