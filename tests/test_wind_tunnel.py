"""Pictures of a flow, and the checks that judge them."""

import math

import pytest
import torch

from sciml_widgets import machine, wind_tunnel
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.wind_tunnel import (
    HELD_OUT,
    Pictures,
    balance,
    channel_errors,
    draw,
    empty,
    flattering_error,
    held_out,
    outside,
    pictures,
    suction_peak,
    through_surface,
)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def some(count: int = 8, size: int = 64) -> Pictures:
    return pictures(draw("training", count, generator()), size)


def test_pictures_show_the_wind_and_the_airfoil() -> None:
    airfoils = draw("training", 8, generator())
    inputs, outputs = pictures(airfoils, 64)
    fluid = outside(inputs)
    assert inputs.shape == outputs.shape == (8, 3, 64, 64) and inputs.dtype == torch.float32
    wind = torch.atan2(inputs[:, 1], inputs[:, 0])
    assert torch.allclose(wind[:, 0, 0], airfoils.angle, atol=1e-6)
    assert not (outputs * (1 - fluid)).any() and outputs.isfinite().all()
    area = inputs[:, 2].mean((1, 2)) * 4  # the share of 4 square chords
    s = airfoils.to(torch.float64).surface(2000)
    exact = (s.x * (torch.roll(s.y, -1, 1) - torch.roll(s.y, 1, 1))).sum(1) / 2
    assert (area / exact - 1).abs().max() < 0.03


@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_and_threads_make_the_same_pictures(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One case or all at a time: a pixel asks no other, so they differ by rounding only.

    The share of a pixel is a distance times size / 2, and so is its rounding.
    """
    airfoils = draw("training", 41, generator())
    whole = pictures(airfoils, 64)
    monkeypatch.setattr(wind_tunnel, "BLOCK", 1)
    with machine.threads(threads):
        apart = pictures(airfoils, 64)
    for one, other in zip(whole, apart, strict=True):
        assert (one - other).abs().max() < 4 * torch.finfo(torch.float32).eps * 64 / 2


def test_pictures_in_single_precision_are_those_in_double() -> None:
    """To some ten roundings of the largest number; the airfoil covers the same pixels."""
    for kind in ("training", *HELD_OUT[1:]):
        airfoils = draw(kind, 10, generator())
        coarse, fine = pictures(airfoils, 64), pictures(airfoils.to(torch.float64), 64)
        assert torch.equal(outside(coarse.inputs), outside(fine.inputs).float())
        scale = fine.outputs.abs().max()
        rounding = torch.finfo(torch.float32).eps
        assert (coarse.outputs - fine.outputs).abs().max() < 30 * rounding * scale


def test_the_balance_finds_the_lift_of_joukowski_and_no_drag() -> None:
    """By the trapezoid rule: off by the square of a pixel's size."""
    airfoils = torch.cat([one.parameters for one in held(6).values()])
    cases = Airfoils(*airfoils.double().unbind(1))
    off = []
    for size in (32, 64, 128):
        found = balance(pictures(cases, size).outputs, cases.angle)
        wrong = [found.turning - cases.lift(), found.push - cases.lift(), found.drag, found.leak]
        off.append(float(torch.stack(wrong).abs().max()))
        assert off[-1] < (2 / size) ** 2
    assert math.log2(off[1] / off[2]) > 1.75


def held(count: int) -> dict:
    draws = generator()
    return held_out(draw("training", 50, draws), count, draws)


def test_what_is_held_out_is_what_it_says() -> None:
    draws = generator()
    training = draw("training", 50, draws)
    cases = held_out(training, 100, draws)
    assert tuple(cases) == HELD_OUT
    known = {tuple(one) for one in training.parameters[:, :3].tolist()}
    for kind, airfoils in cases.items():
        assert airfoils.parameters.dtype == torch.float32
        steep = airfoils.angle.abs().rad2deg()
        seen = [tuple(one) in known for one in airfoils.parameters[:, :3].tolist()]
        assert all(seen) if kind == "same airfoils" else not any(seen)
        assert (steep > 9.99).all() if kind == "steeper wind" else (steep < 10.01).all()
        assert (airfoils.tail > 0.13).all() if kind == "new family" else not airfoils.tail.any()
    with pytest.raises(ValueError, match="none of training, new airfoils"):
        draw("birds", 3, draws)


def test_an_empty_tunnel_has_error_1_and_the_truth_0() -> None:
    truth = some()
    nothing = channel_errors(empty(truth.inputs), truth)
    assert torch.allclose(nothing, torch.ones_like(nothing))
    assert not channel_errors(truth.outputs, truth).any()


def test_the_flattering_error_flatters_the_mean_field() -> None:
    """Below 4 %, the error that the book reports for another flow; it knows nothing."""
    truth = some(200)
    mean = truth.outputs.mean(0, keepdim=True).expand_as(truth.outputs)
    assert flattering_error(mean, truth) < 0.045
    assert channel_errors(mean, truth).median() > 0.7


def test_the_exact_flow_hardly_goes_through_the_surface_and_the_wind_does() -> None:
    airfoils = draw("training", 20, generator())
    exact = [through_surface(pictures(airfoils, size).outputs, airfoils) for size in (32, 128)]
    blind = through_surface(empty(pictures(airfoils, 64).inputs), airfoils)
    assert exact[1].median() < exact[0].median() / 2  # it falls with the size of a pixel
    assert exact[1].median() < blind.median() / 2


def test_the_suction_peak_is_the_lowest_pressure() -> None:
    truth = some()
    assert torch.equal(suction_peak(truth.outputs), 2 * truth.outputs[:, 0].amin((1, 2)))
    assert suction_peak(truth.outputs).max() < 0
