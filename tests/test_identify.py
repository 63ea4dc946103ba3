"""Unknown coefficients: they train as weights do, their bands are right, noise is what it says."""

import itertools
import math

import pytest
import torch

from sciml_widgets import Turn, run
from sciml_widgets.collocation import attach, mean_squares, place, residuals
from sciml_widgets.gauss_newton import jacobian
from sciml_widgets.labs import BurgersIdentify, SchroedingerIdentify
from sciml_widgets.labs.identified_picture import estimates_plot
from sciml_widgets.labs.identify import LOOK
from sciml_widgets.labs.pinn import Net
from sciml_widgets.labs.unknown import Coefficient, Found, Joint, Unknown, uncertainty
from sciml_widgets.live.losses import looks
from sciml_widgets.physics import BurgersMeasured
from sciml_widgets.picture import Lines, Text, View
from sciml_widgets.sampling import sobol

COEFFICIENTS = (Coefficient("lambda1", "λ1", 0.7), Coefficient("lambda2", "λ2", 0.03, True))
UNKNOWN = Unknown(COEFFICIENTS, noise=0.1, count=50)
PROBLEM = UNKNOWN.posed(BurgersMeasured())


def frames(steps: int) -> int:
    """Of so many steps of Gauss-Newton."""
    return steps + 1 + steps // LOOK + 1


def small() -> tuple[Joint, dict]:
    generator = torch.Generator().manual_seed(1)
    field = Net(depth=1, width=6, precision="float64").build(PROBLEM, generator)
    points = place(PROBLEM, {"pde": 40, "data": 1}, sobol, generator, torch.float64)
    return Joint(field, COEFFICIENTS), attach(PROBLEM, points)


def test_the_guess_stands_in_the_equation() -> None:
    network, samples = small()
    joined = residuals(network.guess(PROBLEM, 40), network, samples)
    plain = residuals(network.known(PROBLEM), network.field, samples)
    for name in plain:
        assert torch.allclose(joined[name], plain[name], rtol=0, atol=1e-14)
    assert network.numbers() == pytest.approx({"lambda1": 0.7, "lambda2": 0.03})


def test_the_jacobian_of_the_unknowns_is_that_of_autograd() -> None:
    network, samples = small()

    def left() -> dict[str, torch.Tensor]:
        return residuals(network.guess(PROBLEM, 40), network, samples)

    _, slopes = jacobian(network, left)
    rows = left()["pde"][:, 0]
    for i in (0, 17, 39):
        (slope,) = torch.autograd.grad(rows[i], network.unknown.bias, retain_graph=True)
        assert torch.allclose(slopes["pde"][i, 0, -2:], slope, rtol=0, atol=1e-12)
    assert not slopes["data"][:, :, -2:].any(), "measurements do not depend on the guess"


def test_the_band_is_that_of_a_linear_fit() -> None:
    """With the field held, σ of (λ1, log λ2) is s √ diag (AᵀA)⁻¹ with the columns of the fit."""
    network, samples = small()
    weights = {"pde": 2.0, "data": 1.0}

    def left() -> dict[str, torch.Tensor]:
        return residuals(network.guess(PROBLEM, 40), network, samples)

    values, slopes = jacobian(network, left)
    w = [math.sqrt(weights[n] / values[n].numel()) * slopes[n].flatten(0, 1) for n in values]
    noise = values["data"].square().mean() / 50
    whole = torch.cat(w)
    prior = noise * torch.eye(whole.shape[1], dtype=torch.float64)
    expected = (noise * torch.linalg.inv(whole.T @ whole + prior)).diagonal()[-2:].sqrt()
    found = uncertainty(network, left, weights)
    one, two = found["lambda1"], found["lambda2"]
    assert one.high - one.low == pytest.approx(4 * float(expected[0]), rel=1e-6)
    assert math.log(two.high / two.low) == pytest.approx(4 * float(expected[1]), rel=1e-6)
    assert one.low < one.value < one.high


def test_the_picture_says_each_estimate_and_zooms_in_on_short_bars() -> None:
    problem = BurgersMeasured()
    short = {"lambda1": Found(1.01, 0.99, 1.03), "lambda2": Found(0.05, 0.049, 0.051)}
    plot = estimates_plot(UNKNOWN, problem, short)
    assert (plot.x.low, plot.x.high) == (0.95, 1.05)
    words = [mark.text for mark in plot.marks if isinstance(mark, Text)]
    assert words == ["λ1 = 1.01 ± 0.02", "λ2 = 0.05 (0.049 to 0.051)"]
    assert not any(getattr(mark, "label", "") for mark in plot.marks), "a legend covers the bars"
    rows = [mark.y for mark in plot.marks if isinstance(mark, Lines) and mark.dash == "solid"]
    assert plot.y.bare and [float(y[0]) for y in rows] == [1.0, 0.0]
    long = {**short, "lambda2": Found(0.03, 0.01, 0.09)}
    assert estimates_plot(UNKNOWN, problem, long).x.high == 2.0
    lost = {"lambda1": Found(0.5, -19.5, 20.5), "lambda2": Found(0.0, 0.0, math.inf)}
    assert estimates_plot(UNKNOWN, problem, lost).alt.count("may be anything") == 2
    first = estimates_plot(UNKNOWN, problem, {}).alt
    assert first == "λ1 = 0.7, true 1; λ2 = 0.03, true 0.05."


@pytest.mark.parametrize("of", [BurgersIdentify, SchroedingerIdentify])
def test_an_estimate_has_one_colour_in_both_plots(of: type) -> None:
    lab = of()
    plot = lab.picture(None, View(4)).plots[1]
    drawn = [one.colour for one in plot.marks if isinstance(one, Lines) and one.dash == "solid"]
    style = looks(lab.series)
    assert drawn == [style[one.name].colour for one in lab.unknown.coefficients]


def test_the_bars_are_found_in_a_step_of_their_own_that_has_no_number_yet() -> None:
    lab = BurgersIdentify().but(points_inside=50, count=20, depth=1, width=4)
    way = list(itertools.islice(lab.frames(), frames(LOOK)))
    assert [one.step for one in way] == [0, 0, *range(1, LOOK), LOOK - 1, LOOK]
    assert [bool(one.scalars) for one in way] == [False, *[True] * LOOK, False, True]
    assert [one.step for one in way if "lambda1_low" in one.scalars] == [0, LOOK]
    assert {BurgersIdentify: 100, SchroedingerIdentify: 150} == {
        of: next(n for n in range(999) if frames(n) == of.length)
        for of in (BurgersIdentify, SchroedingerIdentify)
    }


def test_noise_has_the_size_that_is_asked_for_and_stays_the_same() -> None:
    unknown = Unknown(COEFFICIENTS, noise=0.1, count=2000)
    problem = unknown.posed(BurgersMeasured())
    points = {"pde": torch.zeros(1, 2).double() + 0.5, "data": torch.zeros(1, 2).double()}
    exact = attach(problem, points)
    noisy, again = unknown.measure(problem, exact), unknown.measure(problem, exact)
    difference = noisy["data"].data["measured"] - exact["data"].data["measured"]
    share = float(difference.std() / exact["data"].data["measured"].std())
    assert share == pytest.approx(0.1, rel=4 / math.sqrt(2 * 2000))  # four standard errors
    assert torch.equal(noisy["data"].data["measured"], again["data"].data["measured"])
    assert mean_squares({"data": difference})["data"] > 0


def test_two_snapshots_are_at_two_times() -> None:
    unknown = Unknown(COEFFICIENTS, count=21, layout="two snapshots", first=0.2, gap=0.1)
    times = {round(t, 9) for _, t in unknown.posed(BurgersMeasured()).places}  # type: ignore[attr-defined]
    assert times == {0.2, 0.3}


@pytest.mark.training
def test_noisy_measurements_give_both_coefficients() -> None:
    player = run(BurgersIdentify().but(noise=0.01), frames=frames(40))
    assert player.scalars["lambda1"] == pytest.approx(1, abs=0.02)
    assert player.scalars["lambda2"] == pytest.approx(1, abs=0.03)


@pytest.mark.training
def test_the_estimate_follows_when_the_truth_moves() -> None:
    player = run(BurgersIdentify(), frames=frames(80), tape=[Turn(frames(40), "lambda2", 0.1)])
    assert player.look().found["lambda2"].value == pytest.approx(0.1, rel=0.05)


@pytest.mark.training
def test_noisy_measurements_of_a_wave_give_both_coefficients() -> None:
    player = run(SchroedingerIdentify().but(noise=0.01), frames=frames(100))
    assert player.scalars["lambda1"] == pytest.approx(1, abs=0.05)
    assert player.scalars["lambda2"] == pytest.approx(1, abs=0.05)
