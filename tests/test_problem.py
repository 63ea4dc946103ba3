"""Boxes, regions and terms: geometry, names and the errors that teach."""

import pytest
import torch
from small_problems import Advection

from sciml_widgets.physics import Box, Coordinates, Jet, Problem, Region, Term
from sciml_widgets.sampling import sobol

BOX = Box("xyt", low=(-1.0, 2.0, 0.0), high=(1.0, 5.0, 0.5))


def unit_points(count: int = 256) -> torch.Tensor:
    return sobol(count, 3, torch.Generator().manual_seed(0))


def test_inside_is_the_affine_image_of_the_cube() -> None:
    unit = unit_points()
    placed = BOX.inside.place(unit)
    expected = torch.stack([2 * unit[:, 0] - 1, 3 * unit[:, 1] + 2, 0.5 * unit[:, 2]], 1)
    assert torch.allclose(placed, expected, rtol=0, atol=1e-15)
    assert placed.dtype == torch.float64


def test_faces_hold_their_coordinate_and_share_the_points_evenly() -> None:
    unit = unit_points()
    before = unit.clone()
    placed = BOX.at(x=(-1.0, 1.0)).place(unit)
    low, high = (placed[:, 0] == -1.0), (placed[:, 0] == 1.0)
    assert bool((low | high).all())
    assert int(low.sum()) == int(high.sum()) == 128
    assert torch.equal(placed[:, 1:], BOX.inside.place(unit)[:, 1:])
    assert torch.equal(unit, before)


def test_a_number_that_rounds_to_one_stays_on_the_last_face() -> None:
    corner = torch.ones(1, 3, dtype=torch.float64)
    assert float(BOX.at(x=(-1.0, 1.0)).place(corner)[0, 0]) == 1.0


@pytest.mark.parametrize(
    ("derivative", "key"), [("x", (0,)), ("t", (2,)), ("tx", (0, 2)), ("xxx", (0, 0, 0))]
)
def test_a_derivative_is_a_set_of_columns(derivative: str, key: tuple[int, ...]) -> None:
    assert BOX.key(derivative) == key


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="one letter, one low and one high"):
        Box("xt", low=(0.0,), high=(1.0, 1.0))
    with pytest.raises(ValueError, match="one letter"):
        Box("xx", low=(0.0, 0.0), high=(1.0, 1.0))
    with pytest.raises(ValueError, match="below its high"):
        Box("x", low=(1.0,), high=(1.0,))
    with pytest.raises(ValueError, match="'z' is not a derivative here"):
        BOX.key("z")
    with pytest.raises(ValueError, match="not a derivative"):
        BOX.key("")
    with pytest.raises(ValueError, match="holds one coordinate, got x, t"):
        BOX.at(x=0.0, t=0.0)
    with pytest.raises(ValueError, match=r"t must be held in \[0, 0.5\]"):
        BOX.at(t=0.7)
    with pytest.raises(ValueError, match="must be held"):
        Region(BOX, "t")
    with pytest.raises(ValueError, match="'uu' is not a derivative here"):
        Term("pde", "equation", BOX.inside, lambda p, u: u.value, ("uu",))


def test_names_that_are_missing_say_what_there_is() -> None:
    one = torch.ones(4, 1)
    u = Jet(one, {"x": 2 * one})
    assert torch.equal(u.x, 2 * one)
    with pytest.raises(AttributeError, match=r"u.xx was not computed.*value, x; add 'xx'"):
        _ = u.xx
    p = Coordinates(BOX, torch.arange(12.0).reshape(4, 3), {"heat": one})
    assert p.t.shape == (4, 1) and float(p.t[1, 0]) == 5.0
    assert torch.equal(p.heat, one)
    with pytest.raises(AttributeError, match=r"p.measured does not exist.*x, y, t, heat.*data="):
        _ = p.measured


def test_a_problem_is_a_fact() -> None:
    assert Advection(0.5) == Advection(0.5) != Advection(0.6)
    assert hash(Advection(0.5)) == hash(Advection(0.5))
    with pytest.raises(AttributeError):
        Advection().c = 1.0  # type: ignore[misc]


def test_a_problem_without_terms_or_truth_says_so() -> None:
    class Empty(Problem):
        box = BOX

    with pytest.raises(TypeError, match=r"Empty needs a method terms\(\)"):
        Empty().terms()
    with pytest.raises(TypeError, match=r"Empty needs a method exact\(\)"):
        Empty().exact(torch.zeros(1, 3))


def test_given_points_come_as_they_are_however_many_are_asked_for() -> None:
    region = BOX.points((0.0, 3.0, 0.1), (1.0, 5.0, 0.5))
    placed = region.place(unit_points(16))
    assert placed.tolist() == [[0.0, 3.0, 0.1], [1.0, 5.0, 0.5]]
    assert placed.dtype == torch.float64
    assert not region.whole and not BOX.at(x=1.0).whole and BOX.inside.whole
    with pytest.raises(ValueError, match="is not in the box"):
        BOX.points((0.0, 3.0, 0.6))
