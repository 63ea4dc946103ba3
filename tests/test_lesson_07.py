"""The loop that lesson 07 writes by hand is the library's; its solver is as exact as it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sciml_widgets.collocation import attach, mean_squares, residuals
from sciml_widgets.course import results
from sciml_widgets.course.script import tagged
from sciml_widgets.labs.pinn import Net
from sciml_widgets.labs.unknown import Coefficient, Joint
from sciml_widgets.physics import Burgers, BurgersMeasured
from sciml_widgets.picture import Axis, Lines, Plot

SCRIPT = Path(__file__).parents[1] / "lessons" / "07_unknown.py"


def cells(*tags: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def test_loss_and_slopes_are_the_library_s() -> None:
    names = cells("setup", "network", "data", "unknown", "losses")
    field = Net(depth=3, width=16, precision="float64").build(
        BurgersMeasured(), torch.Generator().manual_seed(3)
    )
    mine = names["Network"]().double()
    for old, new in zip(mine.parameters(), field.parameters(), strict=True):
        old.data.copy_(new.data)
    unknown = names["Unknown"](0.5, 0.01).double()
    x, t, y = (column.double() for column in names["measure"](0.0, count=30))
    points = tuple(column.double() for column in names["inside"](50))
    by_hand = names["losses"](mine, unknown, (x, t, y), points)

    coefficients = (Coefficient("lambda1", "", 0.5), Coefficient("lambda2", "", 0.01, True))
    network = Joint(field, coefficients)
    there = torch.cat([x, t], 1)
    problem = BurgersMeasured(places=tuple(map(tuple, there.tolist())))
    samples = attach(problem, {"pde": torch.cat(points, 1), "data": there})
    by_library = mean_squares(residuals(network.guess(problem, 50), network, samples))
    assert by_hand["pde"].item() == pytest.approx(by_library["pde"].item(), rel=1e-7)
    assert by_hand["data"].item() == pytest.approx(by_library["data"].item(), rel=1e-5)
    slopes = torch.autograd.grad(by_hand["pde"], list(unknown.parameters()))
    (theirs,) = torch.autograd.grad(by_library["pde"], [network.unknown.bias])
    assert torch.stack(slopes).tolist() == pytest.approx(theirs.tolist(), rel=1e-6)


def test_the_solver_is_as_exact_as_its_steps() -> None:
    places = np.array([[0.3, 0.2], [-0.5, 0.5], [0.1, 0.5], [0.0, 1.0], [0.9, 0.7]])
    u = cells("solver")["solved"](places, 1.0, 0.05, lambda x: -np.sin(np.pi * x), 64)
    exact = Burgers(nu=0.05).exact(torch.from_numpy(places))[:, 0].numpy()
    assert abs(u - exact).max() < 1e-5


@pytest.mark.training
@pytest.mark.parametrize("waves", [0, 2])
def test_the_fit_finds_what_made_the_data(waves: int) -> None:
    names = cells("solver")
    rng = np.random.default_rng(0)
    places = np.stack([rng.uniform(-1, 1, 40), rng.uniform(0, 1, 40)], 1)
    values = names["solved"](places, 0.8, 0.1, lambda x: -np.sin(np.pi * x), 32)
    (one, two), spread = names["fit"](places, values, cells=32, waves=waves)
    assert one == pytest.approx(0.8, rel=1e-3) and two == pytest.approx(0.1, rel=1e-3)
    assert max(spread) < 1e-3


def test_noise_spoils_differences_more_on_a_finer_grid() -> None:
    by_differences = cells("setup", "naive")["by_differences"]
    wrong = [abs(by_differences(0.01, n=n)[1] / 0.05 - 1) for n in (41, 161)]
    assert wrong[1] > 3 * wrong[0]


def test_the_picture_of_the_likelihood_has_a_hill_for_each_noise_and_the_truth() -> None:
    drawn: list[Plot] = []
    names = {
        "recorded": results("07"), "np": np, "Lines": Lines, "Plot": Plot, "Axis": Axis,
        "draw": lambda *plots, caption: drawn.extend(plots),
    }  # fmt: skip
    exec(tagged(SCRIPT, "likelihood"), names)
    narrow, wide, truth = (mark for mark in drawn[0].marks if isinstance(mark, Lines))
    assert truth.dash == "dashed"
    for hill in (narrow, wide):
        assert hill.y.max() == pytest.approx(1, abs=1e-3)
    assert np.ptp(narrow.x[narrow.y > 0.5]) < np.ptp(wide.x[wide.y > 0.5]) / 3


def test_the_last_day_alone_does_not_say_when_to_clean() -> None:
    names = cells("setup")
    names["exercise"] = lambda *_, **__: lambda check: check
    exec(tagged(SCRIPT, "check"), names)

    def resistance(T_out: np.ndarray) -> np.ndarray:
        area, steam = names["AREA"], names["STEAM"]
        U = names["FLOW"] / area * np.log((steam - names["INLET"]) / (steam - T_out))
        return 1 / U - 1 / names["CLEAN"]

    def by_the_last(days: np.ndarray, T_out: np.ndarray) -> float:
        return names["LIMIT"] / resistance(T_out)[-1] * days[-1]

    def by_a_line(days: np.ndarray, T_out: np.ndarray) -> float:
        growth, at_start = np.polyfit(days, resistance(T_out), 1)
        return (names["LIMIT"] - at_start) / growth

    assert not all(right for right, _ in names["cleaning"](by_the_last))
    assert all(right for right, _ in names["cleaning"](by_a_line))
