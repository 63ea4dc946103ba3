import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets.goals import Goal, wanted
from sciml_widgets.words import spoken

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


@pytest.mark.parametrize(
    ("text", "percent", "words"),
    [
        ("rel_l2<0.05", True, "relative error below 5 %"),
        ("rel_l2<=0.005", True, "relative error at most 0.5 %"),
        ("rel_l2>12", True, "relative error above 1200 %"),
        ("rel_l2>2", False, "relative error above 2"),
        ("rel_l2>=1e-6", False, "relative error at least 1e-06"),
    ],
)
def test_a_goal_in_words(text: str, percent: bool, words: str) -> None:
    assert Goal.parse(text, KNOWN).words("relative error", percent) == words
    assert Goal.parse(text, KNOWN).words().startswith("rel_l2 ")


def test_numbers_that_are_none_are_said_so() -> None:
    assert spoken(math.nan, True) == spoken(math.inf) == "not finite"


def test_the_share_of_the_way_is_counted_in_decades() -> None:
    goal = Goal("a", "<", 0.01)
    assert goal.share(1.0, 1.0) == 0 and goal.share(1.0, 0.1) == pytest.approx(0.5)
    assert goal.share(1.0, 0.009) == 1 and goal.share(1.0, 7.0) == 0
    assert Goal("a", ">", 0.0).share(-4.0, -1.0) == pytest.approx(0.75)
    assert goal.share(math.nan, 1.0) is None and goal.share(1.0, math.inf) is None
    assert goal.share(0.001, 0.5) == 0, "it began below and has left"


NUMBERS = st.floats(-1e6, 1e6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["<", "<=", ">", ">="]), NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_the_share_is_1_where_it_is_reached_and_grows_on_the_way(
    sign: str, target: float, first: float, a: float, b: float
) -> None:
    goal = Goal("a", sign, target)
    share = goal.share(first, a)
    assert share is not None and 0 <= share <= 1
    if goal.reached({"a": a}):
        assert share == 1
    worse, better = sorted((a, b), reverse=sign.startswith("<"))
    if (first > 0) == (worse > 0) == (better > 0):  # one scale for both
        assert goal.share(first, worse) <= goal.share(first, better) + 1e-9  # type: ignore[operator]


def test_the_last_step_that_counts() -> None:
    goal = Goal.parse("ic<1", KNOWN, 20)
    assert goal.counts(20) and not goal.counts(21) and Goal.parse("ic<1", KNOWN).counts(10**9)
    for within in (0, -1, True, 10**6 + 1):
        with pytest.raises(ValueError, match="is not a number of steps, 1 to 1000000"):
            Goal.parse("ic<1", KNOWN, within)


def test_goal_and_its_old_name_exclude_each_other() -> None:
    assert wanted("ic<1", None, 5, KNOWN) == wanted(None, "ic<1", 5, KNOWN)
    assert wanted(None, None, None, KNOWN) is None
    with pytest.raises(ValueError, match="give one of them, not both"):
        wanted("ic<1", "ic<1", None, KNOWN)
    with pytest.raises(ValueError, match="within=5 says by when, but there is no goal"):
        wanted(None, None, 5, KNOWN)
