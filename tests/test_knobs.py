import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets import knobs
from sciml_widgets.knobs import Action, Choice, Slider, Toggle, action, choice, knob, toggle


@dataclass(frozen=True)
class Weights:
    w_ic: float = knob(1.0, 0.01, 1000.0, log=True, group="Loss weights", help="weight of u(x, 0)")
    seed: int = knob(1, 0, 9, help="of the weights")


@dataclass(frozen=True)
class Optics:
    weights: Weights = Weights()
    lens: str = choice("convex", ("convex", "concave"))


@dataclass
class Bench:
    nu: float = knob(0.05, 0.001, 0.2, log=True, help="viscosity")
    depth: int = knob(4, 1, 8, kind="restart")
    optics: Optics = Optics()
    seed: int = knob(0, 0, 9999, kind="restart")
    grid: bool = toggle(False, kind="view")
    lr: float = knob(
        0.1, 0.0, 1.0, unless=lambda bench: "" if bench.grid else "there is no grid to learn on"
    )
    here: int = action("measure here")
    notes: list[str] = field(default_factory=list)


def test_paths_come_in_reading_order_and_only_knobs_count() -> None:
    assert list(knobs.knobs(Bench())) == [
        "nu", "depth", "optics.weights.w_ic", "optics.weights.seed", "optics.lens", "seed",
        "grid", "lr", "here",
    ]  # fmt: skip
    assert list(knobs.values(Bench())) == list(knobs.knobs(Bench()))


def test_kinds_and_types() -> None:
    found = knobs.knobs(Bench())
    assert [type(found[name]) for name in ("nu", "optics.lens", "grid", "here")] == [
        Slider, Choice, Toggle, Action,
    ]  # fmt: skip
    assert [found[n].kind for n in ("nu", "depth", "grid")] == ["hot", "restart", "view"]
    assert [found["nu"].whole, found["depth"].whole] == [False, True]  # type: ignore[attr-defined]


def test_a_bundle_in_a_dataclass_has_that_dataclass_s_defaults() -> None:
    @dataclass
    class Dim(Bench):
        optics: Optics = Optics(Weights(w_ic=5.0), "concave")

    for bench in (Dim(), Dim(optics=Optics())):
        found = knobs.knobs(bench)
        assert found["optics.weights.w_ic"].default == 5.0
        assert found["optics.lens"].default == "concave"
        assert found["optics.weights.seed"].default == 1
    assert knobs.knobs(Bench())["optics.lens"].default == "convex"
    assert knobs.knobs(Dim().optics)["lens"].default == "convex"


def test_short_names_serve_where_they_are_unambiguous() -> None:
    bench = Bench()
    assert knobs.resolve(bench, "w_ic") == "optics.weights.w_ic"
    assert knobs.resolve(bench, "weights.w_ic") == "optics.weights.w_ic"
    assert knobs.resolve(bench, "seed") == "seed"  # a full path wins over a last part
    assert knobs.find(bench, "lens").default == "convex"


def test_ambiguous_and_unknown_names_say_what_there_is() -> None:
    @dataclass
    class Two:
        a: Weights = Weights()
        b: Weights = Weights()

    with pytest.raises(ValueError, match=r"'w_ic' is ambiguous: a\.w_ic, b\.w_ic"):
        knobs.resolve(Two(), "w_ic")
    with pytest.raises(ValueError, match=r"no knob 'wic': did you mean optics\.weights\.w_ic\?"):
        knobs.resolve(Bench(), "wic")
    with pytest.raises(ValueError, match=r"no knob 'qqqq': there are nu, depth,"):
        knobs.resolve(Bench(), "qqqq")
    for name in ("", ".", "optics", "optics.weights", "_ic", "notes", "__class__"):
        with pytest.raises(ValueError, match="no knob"):
            knobs.resolve(Bench(), name)


@pytest.mark.parametrize("value", [0.001, 0.2, 0.05, np.float64(0.1), np.float32(0.1)])
def test_a_slider_takes_numbers_of_its_range_ends_included(value: Any) -> None:
    stored = knobs.find(Bench(), "nu").check(value)
    assert type(stored) is float and stored == float(value)


@pytest.mark.parametrize("value", [1, 8, 4.0, np.int64(3), np.float64(2.0)])
def test_a_whole_knob_takes_whole_numbers(value: Any) -> None:
    stored = knobs.find(Bench(), "depth").check(value)
    assert type(stored) is int and stored == value


@pytest.mark.parametrize(
    "value",
    [0.0009, 0.2000001, -1, math.nan, math.inf, -math.inf, True, "0.1", None, [0.1], 10**400,
     -(10**400), 1 + 0j, b"1", {}],
)  # fmt: skip
def test_a_slider_refuses_the_rest(value: Any) -> None:
    with pytest.raises(ValueError, match="outside|finite number"):
        knobs.find(Bench(), "nu").check(value)


@pytest.mark.parametrize("value", [0, 9, 2.5, 10**400, math.nan, True, "4"])
def test_a_whole_knob_refuses_the_rest(value: Any) -> None:
    with pytest.raises(ValueError, match="outside|finite number|whole number"):
        knobs.find(Bench(), "depth").check(value)


def test_a_value_outside_never_looks_as_if_it_were_inside() -> None:
    with pytest.raises(ValueError, match=r"^nu=0\.2000001 is outside \[0\.001, 0\.2\]"):
        knobs.replaced(Bench(), {"nu": 0.2000001})
    with pytest.raises(ValueError, match=r"^w_ic=1e\+09 is outside \[0\.01, 1000\] \(weight of"):
        knobs.replaced(Weights(), {"w_ic": 1e9})


def test_words_switches_and_buttons_check_their_values() -> None:
    bench = Bench()
    for name, good, bad in (
        ("lens", ["convex", "concave"], ["", "Convex", None, 1, ["convex"]]),
        ("grid", [True, False], [1, 0, "on", None]),
        ("here", [0, 3, 10**6], [-1, 10**6 + 1, 1.0, True, "1", None]),
    ):
        found = knobs.find(bench, name)
        assert [found.check(value) for value in good] == good
        for value in bad:
            with pytest.raises(ValueError):
                found.check(value)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("nu=2e-2", "nu", 0.02),
        ("depth= 6", "depth", 6),
        ("w_ic=100", "optics.weights.w_ic", 100.0),
        ("lens=concave", "optics.lens", "concave"),
        ("grid=On", "grid", True),
        ("grid=0", "grid", False),
        ("here=2", "here", 2),
    ],
)
def test_the_command_line_gives_text(text: str, path: str, value: Any) -> None:
    name, _, right = text.partition("=")
    assert knobs.parse(Bench(), name, right) == (path, value)
    assert type(knobs.parse(Bench(), name, right)[1]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("nu", "high", r"nu: 'high' is not a number in \[0\.001, 0\.2\] \(viscosity\)"),
        ("nu", "outside", r"nu: 'outside' is not a number in"),
        ("nu", "nan", r"nu: 'nan' is not a number in"),
        ("nu", "1", r"nu=1 is outside \[0\.001, 0\.2\] \(viscosity\)"),
        ("nu", "inf", r"nu: inf is not a finite number"),
        ("depth", "4.0", r"depth: '4\.0' is not a whole number in \[1, 8\]"),
        ("depth", "1" + "0" * 400, r"depth=a huge number is outside \[1, 8\]"),
        ("lens", "flat", r"optics\.lens: 'flat' is not one of convex, concave"),
        ("grid", "maybe", r"grid: 'maybe' is not on or off"),
        ("here", "x", r"here: 'x' is not a number of presses"),
    ],
)
def test_bad_text_gets_one_line_with_the_range(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message) as caught:
        knobs.parse(Bench(), name, text)
    assert "\n" not in str(caught.value)


def test_write_replaces_frozen_bundles_on_the_way() -> None:
    bench = Bench()
    optics, weights = bench.optics, bench.optics.weights
    assert knobs.write(bench, "w_ic", 7) == 7.0
    assert knobs.read(bench, "optics.weights.w_ic") == 7.0
    assert (optics.weights, weights.w_ic) == (weights, 1.0), "the old bundles are as they were"
    with pytest.raises(ValueError, match="outside"):
        knobs.write(bench, "w_ic", 1e9)
    assert knobs.read(bench, "optics.weights.w_ic") == 7.0


def test_replaced_never_touches_the_original() -> None:
    bench = Bench()
    before = dataclasses.astuple(bench)
    other = knobs.replaced(bench, {"nu": 0.1, "w_ic": 2.0, "lens": "concave", "depth": 8})
    assert dataclasses.astuple(bench) == before
    assert (other.nu, other.optics.weights.w_ic, other.optics.lens) == (0.1, 2.0, "concave")
    with pytest.raises(ValueError, match="outside"):
        knobs.replaced(bench, {"nu": 0.1, "depth": 99})


def test_a_knob_says_when_it_has_no_effect() -> None:
    assert knobs.silent(Bench()) == {"lr": "there is no grid to learn on"}
    assert knobs.silent(Bench(grid=True)) == {}


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [(1.0, 1.0, False), (2.0, 1.0, False), (0.0, 1.0, True), (-1.0, 1.0, True),
     (0.0, math.inf, False), (-math.inf, 0.0, False), (math.nan, 1.0, False),
     (0.0, math.nan, False)],
)  # fmt: skip
def test_impossible_ranges_are_refused(low: float, high: float, log: bool) -> None:
    with pytest.raises(ValueError, match="cannot range over"):
        knob(1.0, low, high, log=log)


def test_a_default_must_be_in_its_range() -> None:
    for make in (
        lambda: knob(2.0, 0.0, 1.0),
        lambda: knob(math.nan, 0.0, 1.0),
        lambda: choice("c", ("a", "b")),
    ):
        with pytest.raises(ValueError, match="default must be in its range"):
            make()


@settings(max_examples=60, deadline=None)
@given(
    nu=st.floats(0.001, 0.2), w_ic=st.floats(0.01, 1000.0), depth=st.integers(1, 8),
    lens=st.sampled_from(["convex", "concave"]), grid=st.booleans(), here=st.integers(0, 10**6),
)  # fmt: skip
def test_values_survive_json_and_text_exactly(**drawn: Any) -> None:
    bench = knobs.replaced(Bench(), drawn)
    there = knobs.values(bench)
    back = knobs.replaced(Bench(), json.loads(json.dumps(there)))
    assert knobs.values(back) == there and back == bench
    for path, value in there.items():
        assert knobs.parse(Bench(), path, str(value)) == (path, value)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.floats(), st.integers(), st.text(max_size=9), st.none(), st.booleans()))
def test_whatever_is_given_a_knob_takes_it_into_its_range_or_says_value_error(value: Any) -> None:
    for path, found in knobs.knobs(Bench()).items():
        try:
            stored = knobs.read(knobs.replaced(Bench(), {path: value}), path)
        except ValueError:
            continue
        assert stored == value
        if isinstance(found, Slider):
            assert found.low <= stored <= found.high
            assert type(stored) is (int if found.whole else float)
