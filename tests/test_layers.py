"""Each layer's rule for derivatives, against autograd."""

import pytest
import torch
from torch import Tensor

from sciml_widgets.layers import ACTIVATIONS, Activation, Dense, FourierFeatures, Ring, Scale


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_the_derivatives_of_the_function(name: str) -> None:
    function, slopes = ACTIVATIONS[name]
    z = torch.linspace(-30, 30, 241, dtype=torch.float64) + 0.01  # beside the kink of relu
    z.requires_grad_()
    (first,) = torch.autograd.grad(function(z).sum(), z, create_graph=True)
    expected = first
    for ours in slopes(z, function(z)):
        assert torch.allclose(ours, expected, rtol=0, atol=1e-13)
        expected = slope(expected, z)


def slope(f: Tensor, z: Tensor) -> Tensor:
    if not f.requires_grad:
        return torch.zeros_like(z)
    more = {"create_graph": True, "allow_unused": True, "materialize_grads": True}
    return torch.autograd.grad(f.sum(), z, **more)[0]


def test_relu_has_no_second_derivative() -> None:
    z = torch.linspace(-1, 1, 11)
    assert float(list(ACTIVATIONS["relu"][1](z, torch.relu(z)))[1].abs().max()) == 0


def test_an_unknown_activation_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no activation 'gelu': there are tanh, sin"):
        Activation("gelu")


def test_scale_maps_the_box_to_minus_one_and_one() -> None:
    scale = Scale((0.0, -2.0), (4.0, -1.0), torch.float64)
    corners = torch.tensor([[0.0, 4.0, 2.0], [-2.0, -1.0, -1.5]], dtype=torch.float64)
    expected = torch.tensor([[-1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]], dtype=torch.float64)
    assert torch.equal(scale(corners), expected)


def test_glorot_s_bound_and_variance() -> None:
    dense = Dense(200, 300, torch.Generator().manual_seed(0), torch.float64)
    bound = (6 / 500) ** 0.5
    assert float(dense.weight.detach().abs().max()) <= bound
    # The variance of 60,000 uniform numbers is bound² / 3 to about one per cent.
    assert float(dense.weight.detach().var()) == pytest.approx(bound**2 / 3, rel=0.03)
    assert float(dense.bias.detach().abs().max()) == 0


def test_fourier_features_are_waves_of_unit_sum() -> None:
    features = FourierFeatures(2, 5, torch.Generator().manual_seed(0), torch.float64)
    h = torch.rand(2, 7, dtype=torch.float64)
    waves = features(h)
    assert waves.shape == (10, 7)
    assert torch.allclose(waves[:5] ** 2 + waves[5:] ** 2, torch.ones(5, 7).double(), atol=1e-15)
    assert not list(features.parameters())


def test_a_ring_has_one_period_and_leaves_the_rest_alone() -> None:
    ring = Ring(2, [0])
    h = torch.rand(2, 7, dtype=torch.float64)
    once = h + torch.tensor([[2.0], [0.0]], dtype=torch.float64)
    assert ring(h).shape == (3, 7) and torch.equal(ring(h)[0], h[1])
    assert torch.allclose(ring(h), ring(once), atol=1e-14)
    assert torch.allclose(ring(h)[1:].square().sum(0), torch.ones(7).double(), atol=1e-15)
