"""Weights made from a problem's terms: names, ranges, and the reason for a greyed one."""

import pytest
from small_problems import Advection

from sciml_widgets.knobs import Slider, knobs, replaced, silent, values
from sciml_widgets.labs.loss_weights import loss_weights
from sciml_widgets.labs.pinn import PINN
from sciml_widgets.physics import Burgers


def test_one_knob_for_each_term_of_every_task() -> None:
    weights = loss_weights(Burgers(), ic=10.0)
    assert values(weights) == {
        "w_pde": 1.0, "w_ic": 10.0, "w_bc": 1.0, "w_data": 1.0, "w_sensors": 1.0,
    }  # fmt: skip
    assert type(weights) is type(loss_weights(Burgers(0.1, task="reconstruct"), ic=10.0))
    for path, knob in knobs(weights).items():
        assert isinstance(knob, Slider) and (knob.low, knob.high, knob.log) == (1e-2, 1e3, True)
        assert knob.kind == "hot" and knob.group == "Loss weights" and knob.label, path
    assert list(values(loss_weights(Advection()))) == ["w_pde", "w_ic", "w_wall"]


def test_a_weight_without_a_term_says_why() -> None:
    weights = replaced(loss_weights(Burgers()), {"w_bc": 2.0})
    lab = PINN(problem=Burgers(), weights=weights)
    said = {path: reason for path, reason in silent(lab).items() if path.startswith("weights.")}
    assert said == dict.fromkeys(["weights.w_data", "weights.w_sensors"], "not in this task")


def test_a_default_for_no_term_is_refused() -> None:
    with pytest.raises(ValueError, match="no term wall: Burgers has pde, ic, bc, data"):
        loss_weights(Burgers(), wall=3.0)
