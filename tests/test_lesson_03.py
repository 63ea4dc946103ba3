"""What lesson 03 writes by hand is what the library does."""

from pathlib import Path
from typing import Any

import pytest
import torch

from sciml_widgets.course.script import tagged
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.wind_tunnel import Pictures, channel_errors, draw, pictures

SCRIPT = Path(__file__).parents[1] / "lessons" / "03_wind_tunnel.py"


def cells(*tags: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec("import math\nimport torch\nfrom torch import nn\n", names)
    names["Airfoils"], names["pictures"], names["SIZE"] = Airfoils, pictures, 32
    for tag in tags:
        exec(tagged(SCRIPT, tag), names)
    return names


def test_the_lift_by_hand_is_the_library_s() -> None:
    by_hand = cells("circle")["lift_by_hand"]
    for four in ((0.12, 0.02, 0.1), (0.2, -0.05, -0.17), (0.1, 0.0, 0.3)):
        thickness, camber, angle = (torch.tensor([one]) for one in four)
        lift = float(Airfoils(thickness, camber, 0 * camber, angle).lift())
        assert by_hand(*four) == pytest.approx(lift, abs=1e-4)


def test_the_error_by_hand_is_the_library_s() -> None:
    names = cells("error")
    inputs, outputs = pictures(draw("training", 5, torch.Generator().manual_seed(1)), 32)
    answer = outputs + 0.1 * inputs
    hand = names["relative_error"](answer, inputs, outputs)
    assert torch.allclose(hand, channel_errors(answer, Pictures(inputs, outputs)))


def test_the_network_by_hand_is_still_in_the_airfoil() -> None:
    names = cells("error", "network")
    inputs, _ = pictures(draw("training", 3, torch.Generator().manual_seed(1)), 32)
    found = names["SmallUNet"]().float()(inputs)
    solid = inputs[:, :2].square().sum(1, keepdim=True) == 0
    assert found.shape == inputs.shape and not (found * solid).any()
