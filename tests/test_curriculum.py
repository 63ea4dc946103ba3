"""A curriculum goes up in even steps and ends at the goal; the error is always the goal's."""

from itertools import islice

import pytest

from sciml_widgets.labs import ConvectionPINN
from sciml_widgets.labs.curriculum import Curriculum
from sciml_widgets.physics import Convection

SMALL = {"points_inside": 50, "points_edge": 10, "depth": 1, "width": 4}


def test_the_stages_are_even_and_the_last_is_the_goal() -> None:
    up = Curriculum("beta", stages=4, steps_per_stage=3)
    course = [up.at(Convection(beta=20.0), step) for step in range(14)]
    assert [task.beta for task in course] == [5.0] * 3 + [10.0] * 3 + [15.0] * 3 + [20.0] * 5
    assert up.at(Convection(beta=8.0), 0) == Convection(beta=2.0), "it follows the goal"


def test_one_stage_is_no_curriculum() -> None:
    plain = ConvectionPINN().but(**SMALL)
    assert plain.curriculum is not None and plain.curriculum.stages == 1
    assert "stage" not in {series.name for series in plain.series}
    assert plain.curriculum.at(plain.problem, 0) is plain.problem


@pytest.mark.training
def test_the_curve_of_the_stage_meets_that_of_the_goal_at_the_end() -> None:
    lab = ConvectionPINN().but(**SMALL, stages=2, steps_per_stage=10)
    frames = [frame for frame in islice(lab.frames(), 31) if frame.step % 10 == 0]
    apart = [frame.scalars["stage"] != frame.scalars["rel_l2"] for frame in frames]
    assert apart == [True, True, False, False]
    truths = [frame.state().problem.beta for frame in islice(lab.frames(), 12)]  # type: ignore
    assert truths == [15.0] * 11 + [30.0], "a picture shows the stage that was trained"


@pytest.mark.parametrize("number", [0, 51])
def test_a_number_of_stages_has_a_range(number: int) -> None:
    with pytest.raises(ValueError, match=r"curriculum\.stages"):
        ConvectionPINN().but(stages=number)
