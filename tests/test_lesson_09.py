"""What lesson 09 writes by hand is the library's: its network and its loss."""

from pathlib import Path
from typing import Any

import torch
from torch import Generator, nn

from sciml_widgets.course.script import tagged
from sciml_widgets.labs import SmokeControl
from sciml_widgets.labs.correction import Correction, mismatch
from sciml_widgets.labs.smoke_control import STEPS

SCRIPT = Path(__file__).parents[1] / "lessons" / "09_inside.py"


def cells(*tags: str) -> dict[str, Any]:
    """Everything that these cells of the lesson define, without its lines that run on."""
    names: dict[str, Any] = {"torch": torch, "nn": nn}
    for tag in tags:
        exec(tagged(SCRIPT, tag).partition("\ntorch.manual_seed")[0], names)
    return names


def test_the_network_is_that_of_the_lab() -> None:
    mine = cells("network")["Correction"](8)
    library = Correction(8, True, Generator().manual_seed(0)).double()
    with torch.no_grad():
        for weight in library.parameters():
            weight += 0.1
        for ours, theirs in zip(mine.parameters(), library.parameters(), strict=True):
            ours.copy_(theirs)
    u = torch.randn(3, 32, generator=Generator().manual_seed(1))
    assert float(mine(u).detach().abs().max()) > 0.01
    assert torch.allclose(mine(u), library(u), rtol=0, atol=1e-13)


def test_the_loss_and_its_slope_are_those_of_the_lab() -> None:
    by_hand = cells("loss")["mismatch"]
    runs = torch.randn(2, 5, 6, generator=Generator().manual_seed(2))
    for detach in (False, True):
        slopes = []
        for loss in (
            lambda step, cut=detach: by_hand(step, runs, 4, cut),
            lambda step, cut=detach: mismatch(step, runs, cut),
        ):
            a = torch.tensor(0.9, requires_grad=True)
            value = loss(lambda u, a=a: a * torch.sin(u))
            slopes.append((float(value.detach()), float(torch.autograd.grad(value, a)[0])))
        (value, slope), (other, other_slope) = slopes
        assert abs(value - other) < 1e-14 and abs(slope - other_slope) < 1e-13


def test_cloud_target_and_forces_are_those_of_the_lab() -> None:
    names: dict[str, Any] = {"torch": torch}
    exec(tagged(SCRIPT, "control").partition("\noptimizer")[0], names)
    flow, start, target = SmokeControl().but(target="L").case()
    assert names["flow"] == flow
    assert torch.equal(names["cloud"], start) and torch.equal(names["target"], target)
    assert names["waves"].shape == (STEPS, 2, *2 * (2 * SmokeControl().waves + 1,))


def test_the_limited_scheme_keeps_the_mean_and_is_of_second_order() -> None:
    """u_t = -u u_x + 0.005 u_xx where u is smooth and far from its extremes."""
    source, errors = tagged(SCRIPT, "limited").partition("\nu = begun")[0], []
    for cells in (64, 128):
        names: dict[str, Any] = {"torch": torch, "DX": 2 / cells}
        exec(source, names)
        x = 2 * (torch.arange(cells, dtype=torch.float64) + 0.5) / cells - 1
        wave, slope = torch.sin(torch.pi * x), torch.pi * torch.cos(torch.pi * x)
        change = names["limited"]((2 + wave)[None])[0]
        assert float(change.sum().abs()) < 1e-11
        off = change - (-(2 + wave) * slope - 0.005 * torch.pi**2 * wave)
        errors.append(float(off[x.abs() < 0.3].abs().max()))
    assert errors[0] / errors[1] > 2**1.75
