import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets.picture import INK, PALETTE, round_limit


@pytest.mark.parametrize(
    ("size", "limit"),
    [(0.31, 0.5), (0.5, 0.5), (0.51, 1.0), (1.0, 1.0), (1.01, 2.0), (2.0, 2.0), (3e-7, 5e-7),
     (700.0, 1000.0), (0.0, 1e-12), (-3.0, 1e-12), (math.nan, 1.0), (math.inf, 1.0)],
)  # fmt: skip
def test_limits_are_1_2_5(size: float, limit: float) -> None:
    assert round_limit(size) == pytest.approx(limit, rel=1e-12)


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-12, 1e300))
def test_a_limit_holds_the_size_and_is_not_much_larger(size: float) -> None:
    limit = round_limit(size)
    assert size <= limit * (1 + 1e-8)
    assert limit <= 2.5 * size * (1 + 1e-8)
    lead = limit / 10.0 ** math.floor(math.log10(limit) + 1e-9)
    assert min(abs(lead - one) for one in (1, 2, 5, 10)) < 1e-9
    assert round_limit(limit) == pytest.approx(limit, rel=1e-12), "a limit is its own limit"


def test_both_papers_have_the_same_number_of_colours() -> None:
    assert len(PALETTE["light"]) == len(PALETTE["dark"]) == INK + 1
