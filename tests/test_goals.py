import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets.goals import Goal

KNOWN = {"rel_l2", "ic", "labels"}


@pytest.mark.parametrize(
    ("text", "name", "sign", "value"),
    [
        ("rel_l2<0.05", "rel_l2", "<", 0.05),
        (" rel_l2 <= 5e-2 ", "rel_l2", "<=", 0.05),
        ("labels>=20", "labels", ">=", 20.0),
        ("ic>-1", "ic", ">", -1.0),
    ],
)
def test_the_grammar(text: str, name: str, sign: str, value: float) -> None:
    goal = Goal.parse(text, KNOWN)
    assert goal == Goal(name, sign, value)
    assert Goal.parse(str(goal), KNOWN) == goal


@pytest.mark.parametrize(
    "text",
    ["", "rel_l2", "rel_l2=0.05", "rel_l2==1", "rel_l2<", "<0.05", "rel_l2<x", "rel_l2<nan",
     "rel_l2<inf", "rel_l2<<1", "rel_l2=<1", "0.05>rel_l2", "rel_l2<1<2", "rel_l2<1 2",
     "rel-l2<1", "rel_l2<1\nic<2", "__import__('os')<1"],
)  # fmt: skip
def test_bad_grammar_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(ValueError, match="is not a goal: write a name, <, <=, > or >=, and a num"):
        Goal.parse(text, KNOWN)


def test_an_unknown_name_says_what_there_is_in_order() -> None:
    with pytest.raises(ValueError, match="'rel<1' needs one of ic, labels, rel_l2$"):
        Goal.parse("rel<1", KNOWN)
    with pytest.raises(ValueError, match="there are no series"):
        Goal.parse("rel<1", ())


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False), st.floats(-1e6, 1e6), st.sampled_from(["<", "<=", ">", ">="]))
def test_reached_is_the_comparison(now: float, value: float, sign: str) -> None:
    expected = {"<": now < value, "<=": now <= value, ">": now > value, ">=": now >= value}[sign]
    assert Goal("a", sign, value).reached({"a": now}) is expected


def test_a_missing_or_nan_scalar_reaches_nothing() -> None:
    for sign in ("<", "<=", ">", ">="):
        assert not Goal("a", sign, 0.0).reached({})
        assert not Goal("a", sign, 0.0).reached({"a": math.nan})
