"""Metrics against sums done by hand."""

import math

import pytest
import torch

from sciml_widgets.metrics import largest_error, mean_absolute_error, relative_l2, rms

TRUTH = torch.tensor([[3.0], [-4.0]])
GUESS = torch.tensor([[3.0], [-3.0]])


def test_by_hand() -> None:
    assert relative_l2(GUESS, TRUTH) == pytest.approx(1 / 5)
    assert mean_absolute_error(GUESS, TRUTH) == pytest.approx(1 / 2)
    assert largest_error(GUESS, TRUTH) == pytest.approx(1)
    assert rms(TRUTH) == pytest.approx(math.sqrt(25 / 2))


def test_relative_error_is_one_for_nothing_and_has_no_unit() -> None:
    assert relative_l2(0 * TRUTH, TRUTH) == pytest.approx(1)
    assert relative_l2(1000 * GUESS, 1000 * TRUTH) == pytest.approx(1 / 5)


@pytest.mark.parametrize("metric", [relative_l2, mean_absolute_error, largest_error])
def test_nan_is_not_hidden_and_shapes_must_agree(metric) -> None:  # noqa: ANN001
    assert math.isnan(metric(GUESS * float("nan"), TRUTH))
    with pytest.raises(ValueError, match=r"\(2,\) and the truth \(2, 1\).*same shape"):
        metric(GUESS[:, 0], TRUTH)


def test_metrics_take_no_part_in_training() -> None:
    guess = GUESS.clone().requires_grad_()
    assert isinstance(relative_l2(guess, TRUTH), float) and isinstance(rms(guess), float)
