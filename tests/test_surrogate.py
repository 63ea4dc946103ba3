"""The network for flows, what it must beat, and their lab."""

import pytest
import torch

from sciml_widgets.flow_network import FlowNet, UNet
from sciml_widgets.headless import run
from sciml_widgets.labs.airfoil_flow import AirfoilFlow
from sciml_widgets.labs.airfoil_surrogate import AirfoilSurrogate
from sciml_widgets.networks import count_weights
from sciml_widgets.reduced_order import mean_field, nearest, pod
from sciml_widgets.wind_tunnel import channel_errors, draw, empty, outside, pictures


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_u_net_of_five_layers_has_the_weights_counted_by_hand() -> None:
    """Size 32, first layer of 2 channels: 2, 4, 8, 16, 16, and back."""
    down = [(3, 2), (2, 4), (4, 8), (8, 16), (16, 16)]
    up = [(16, 16), (32, 8), (16, 4), (8, 2), (4, 2)]
    hand = sum((16 * a + 1) * b for a, b in down) + sum((9 * a + 1) * b for a, b in up)
    network = UNet(3, 3, size=32, exponent=1, generator=generator())
    assert count_weights(network) == hand + (9 * (2 + 3) + 1) * 3


def test_every_pixel_hears_of_every_other_and_every_weight_takes_part() -> None:
    network = UNet(3, 3, size=16, exponent=2, generator=generator())
    picture = torch.randn(1, 3, 16, 16, generator=generator()).requires_grad_()
    corner = network(picture)[0, :, 0, 0]
    (heard,) = torch.autograd.grad(corner.sum(), picture, retain_graph=True)
    assert (heard.abs().sum((0, 1)) > 0).all()
    network(picture).square().sum().backward()
    assert all(bool(w.grad is not None and w.grad.any()) for w in network.parameters())


def test_a_flow_network_is_still_in_the_airfoil_and_begins_near_the_wind() -> None:
    network = FlowNet(size=32, exponent=2, generator=generator(), dtype=torch.float32)
    inputs, outputs = pictures(draw("training", 4, generator()), 32)
    found = network(inputs)
    assert not (found * (1 - outside(inputs))).any()
    assert (found - empty(inputs)).abs().mean() < 0.1
    missed = network.misses(inputs, outputs) * network.typical
    assert torch.allclose(found - missed, outputs, atol=1e-6)
    with pytest.raises(ValueError, match="made for pictures of 32 x 32 pixels, not 64"):
        network(torch.zeros(1, 3, 64, 64))


def test_impossible_networks_are_refused() -> None:
    for size in (0, 4, 48):
        with pytest.raises(ValueError, match="halves the picture"):
            UNet(3, 3, size=size, exponent=2, generator=generator())
    with pytest.raises(ValueError, match="take a smaller width exponent"):
        UNet(3, 3, size=64, exponent=14, generator=generator())


def test_what_is_known_is_found_again() -> None:
    """The nearest neighbour of a known case is itself; POD with all modes fits its own cases."""
    airfoils = draw("training", 60, generator())
    known = pictures(airfoils, 32)
    assert channel_errors(nearest(known)(airfoils, known.inputs), known).max() < 1e-6
    found = pod(known, airfoils, modes=20, degree=1)(airfoils, known.inputs)
    exact = channel_errors(mean_field(known)(airfoils, known.inputs), known)
    assert channel_errors(found, known).median() < exact.median() / 2


def test_pod_finds_a_flow_that_is_a_polynomial_of_the_angle() -> None:
    """One thin family of angles: the flow is cos α and sin α times two fields, p their squares."""
    angle = torch.linspace(-0.2, 0.2, 40)
    one = torch.ones(40)
    from sciml_widgets.physics.airfoil import Airfoils

    airfoils = Airfoils(0.12 * one, 0.02 * one, 0 * one, angle)
    known = pictures(airfoils, 32)
    between = airfoils.turned(angle * 0.97)
    truth = pictures(between, 32)
    off = [
        float(channel_errors(pod(known, airfoils, modes=5, degree=d)(between, truth.inputs), truth)
              .max())
        for d in (1, 2, 4)
    ]  # fmt: skip
    assert off[0] > off[1] > off[2] and off[2] < 1e-4
    with pytest.raises(ValueError, match="too few for 50 modes"):
        pod(known, airfoils, modes=50)


def test_smoke_leaves_no_puff_in_the_airfoil_and_the_drag_is_nothing() -> None:
    player = run(AirfoilFlow().but(angle=12.0), frames=60)
    assert abs(player.scalars["drag"]) < 1e-3
    assert player.scalars["lift"] == pytest.approx(player.scalars["joukowski"], abs=1e-3)
    from sciml_widgets.labs.airfoil_picture import section

    puffs = torch.from_numpy(player.look())
    still = section(player.experiment).to(torch.float64)
    inside = still.flow(puffs[None, :, 0], puffs[None, :, 1]).distance < -0.01
    assert inside.double().mean() < 0.01


@pytest.mark.training
def test_the_surrogate_learns() -> None:
    def errors(**knobs: object) -> dict[str, float]:
        lab = AirfoilSurrogate().but(pixels="32", exponent=2, batch=5, **knobs)
        return dict(run(lab, frames=156).scalars)

    many = errors(fresh=True)
    assert many["new"] < 0.6 and many["family"] < 0.8
