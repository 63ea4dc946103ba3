"""How numbers and turned knobs are told."""

import math

import pytest

from sciml_widgets.words import change, name_of, setting, spoken


@pytest.mark.parametrize(
    ("value", "percent", "said"),
    [
        (0.012345, False, "0.0123"), (0.05, True, "5 %"), (12.0, True, "1200 %"),
        (9.994, True, "999 %"), (9.996, True, "1000 %"), (2e3, True, "2e+05 %"),
        (math.nan, True, "not finite"), (-math.inf, False, "not finite"),
    ],
)  # fmt: skip
def test_a_number_has_three_digits_and_a_share_is_in_per_cent(
    value: float, percent: bool, said: str
) -> None:
    assert spoken(value, percent) == said


def test_a_knob_without_a_label_is_called_by_the_end_of_its_path() -> None:
    assert name_of("weights.w_ic") == "w ic"
    assert name_of("net.depth", "layers") == "layers"


def test_a_knob_is_told_alike_in_a_turn_and_where_it_stands() -> None:
    assert change("ν", 0.05, 0.01) == "ν 0.05 → 0.01"
    assert change("coast", False, True) == "coast off → on"
    assert setting("thickness", 12, 15, "%") == "thickness 15 %"
    assert setting("coast", False, True) == "coast on"
    assert setting("ν", 0.05, 0.01234567) == "ν 0.01235"


def test_what_is_drawn_or_placed_is_no_list_of_numbers() -> None:
    for say in (change, setting):
        assert say("start", (0.0, 1.0), (0.0, 0.5)) == "start drawn"
        assert say("sensors", ((0.0, 1.0),), ((0.0, 0.5),)) == "sensors moved"
        assert say("sensors", ((0.0, 1.0),), ((0.0, 0.5), (1.0, 1.0))) == "sensors 1 → 2"
