"""An equation in one file, as CONTRIBUTING shows it: lab, controls and optimizers for nothing."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from sciml_widgets import run
from sciml_widgets.knobs import values
from sciml_widgets.labs import PINN
from sciml_widgets.live.wire import spec
from sciml_widgets.physics import Problem
from sciml_widgets.picture import View
from tests import test_every_problem as laws
from tests.small_problems import KortewegDeVries

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"


def from_the_page() -> tuple[str, type[Problem]]:
    """The source that the page shows, and the class that it makes."""
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    names: dict[str, Any] = {"__name__": "allen_cahn"}
    exec(source, names)
    return source, names["AllenCahn"]


SOURCE, AllenCahn = from_the_page()
EQUATIONS: list[type[Problem]] = [AllenCahn, KortewegDeVries]


def test_the_page_s_file_is_short() -> None:
    assert len(SOURCE.splitlines()) <= 60


LAWS = [
    law for name, law in vars(laws).items() if name.startswith("test_") and "there" not in name
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("kind", EQUATIONS, ids=lambda kind: kind.__name__)
def test_it_obeys_the_laws_of_every_problem(kind: type[Problem], law: Any) -> None:
    for problem in laws.positions(kind()):
        with torch.no_grad():
            law(problem)


@pytest.mark.parametrize("kind", EQUATIONS, ids=lambda kind: kind.__name__)
def test_it_gets_sliders_and_live_plots(kind: type[Problem]) -> None:
    lab = PINN(problem=kind())
    names = {control["path"] for control in spec(lab)["controls"]}
    assert {"weights.w_pde", "weights.w_ic", "weights.w_bc", "net.depth"} <= names
    assert any(name.startswith("problem.") for name in names)
    player = run(lab, frames=3)
    assert len(player.draw(16).plots) == 3 == len(lab.picture(None, View(16)).plots)
    assert set(player.scalars) == {"pde", "ic", "bc", "off_points", "rel_l2"}


@pytest.mark.training
@pytest.mark.parametrize("kind", EQUATIONS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "optimizer", ["adam-cosine", "gradient-descent", "l-bfgs", "gauss-newton"]
)
def test_every_optimizer_brings_it_nearer(kind: type[Problem], optimizer: str) -> None:
    lab = PINN(problem=kind()).but(
        optimizer=optimizer, precision="float64", points_inside=200, points_edge=50, width=12,
        depth=2, lr=0.01,
    )  # fmt: skip
    assert values(lab)["optimizer"] == optimizer
    frames = 31 if optimizer == "gauss-newton" else 101
    player = run(lab, frames=frames)
    error = player.history.to_pandas()["rel_l2"].dropna()
    assert error.iloc[-1] < 0.9 * error.iloc[0]
    if optimizer == "gauss-newton":
        assert error.iloc[-1] < 0.02, "it solves them in thirty steps"
