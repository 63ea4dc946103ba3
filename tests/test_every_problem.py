"""Laws that hold for every problem of the package, found by looking."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from sciml_widgets import physics
from sciml_widgets.collocation import jet, place, residual_at
from sciml_widgets.knobs import Choice, Slider, knobs, replaced, values
from sciml_widgets.physics import Points, Problem, Values
from sciml_widgets.sampling import sobol
from sciml_widgets.touch import Curve


def every_problem() -> list[type[Problem]]:
    found = []
    for module in pkgutil.iter_modules(physics.__path__):
        for value in vars(importlib.import_module(f"{physics.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Problem) and value is not Problem:
                found.append(value)
    return sorted(set(found), key=lambda found: found.__name__)


def positions(problem: Problem) -> Iterator[Problem]:
    """The problem as it is, at both ends of each slider, and with each option."""
    yield problem
    for path, knob in knobs(problem).items():
        if isinstance(knob, Slider):
            yield from (replaced(problem, {path: end}) for end in (knob.low, knob.high))
        elif isinstance(knob, Choice):
            yield from (replaced(problem, {path: option}) for option in knob.options)
        elif isinstance(knob, Curve):
            for heights in rough(knob):
                drawn = replaced(problem, {path: heights, "start": "drawn"})
                yield from (replaced(drawn, {"nu": nu}) for nu in (0.001, 0.2))
            yield replaced(drawn, {"task": "sensors"})


def rough(knob: Curve) -> Iterator[list[float]]:
    """What a hand may draw at worst: from end to end at once, one peak, and the default."""
    inner = len(knob.default) - 2
    yield [0.0, *[(knob.low, knob.high)[i % 2] for i in range(inner)], 0.0]
    yield [0.0, *[knob.high if i == inner // 2 else 0.0 for i in range(inner)], 0.0]
    yield list(knob.default)


def named(problem: Problem) -> str:
    """What differs from the defaults, short."""
    known = knobs(problem)
    differ = [f"{p}={str(v)[:30]}" for p, v in values(problem).items() if v != known[p].default]
    return f"{type(problem).__name__}({', '.join(differ)})"


CASES = [
    pytest.param(case, marks=[pytest.mark.training] if "start=drawn" in named(case) else [])
    for kind in every_problem()
    for case in positions(kind())
]
"""What a hand draws has a truth by quadrature, which is dear: `make training` holds its laws."""


def points_of(problem: Problem, count: int = 256) -> dict[str, Points]:
    counts = {term.name: count for term in problem.terms()}
    generator = torch.Generator().manual_seed(1)
    return place(problem, counts, sobol, generator, torch.float64)


@pytest.fixture(autouse=True)
def _looking_only() -> Iterator[None]:
    with torch.no_grad():
        yield


def test_there_are_problems() -> None:
    assert "Burgers" in {kind.__name__ for kind in every_problem()}


@pytest.mark.parametrize("problem", CASES, ids=named)
def test_the_exact_solution_leaves_nothing_of_any_term(problem: Problem) -> None:
    """To rounding or to the known error of its solver, in units of the largest derivative."""
    for term in problem.terms():
        points = points_of(problem)[term.name]
        left = residual_at(problem, problem.exact, term.name, points)
        u = jet(problem.box, problem.exact, points, term.derivatives)
        sizes = [float(getattr(u, name).abs().max()) for name in term.derivatives]
        assert float(left.abs().max()) < problem.accuracy * max([1.0, *sizes]), term.name


@pytest.mark.parametrize("problem", CASES, ids=named)
def test_every_term_notices_a_wrong_solution(problem: Problem) -> None:
    def wrong(points: Points) -> Values:
        bump = torch.cos(points.double() @ (0.7 * torch.arange(1.0, points.shape[1] + 1)).double())
        return problem.exact(points) + 0.1 * bump[:, None]

    for term in problem.terms():
        left = residual_at(problem, wrong, term.name, points_of(problem)[term.name])
        assert float(left.square().mean().sqrt()) > 1e-3, term.name


@pytest.mark.parametrize("problem", CASES, ids=named)
def test_equation_and_truth_read_the_same_coefficients(problem: Problem) -> None:
    for path, knob in knobs(problem).items():
        if isinstance(knob, Slider):
            middle = replaced(problem, {path: (knob.low + knob.high) / 2})
            points = points_of(problem)
            left = [
                residual_at(middle, problem.exact, term.name, points[term.name]).abs().max()
                for term in problem.terms()
            ]
            assert float(max(left)) > 1e-3, path


@pytest.mark.parametrize("problem", CASES, ids=named)
def test_points_lie_where_the_term_says(problem: Problem) -> None:
    box = problem.box
    low, high = torch.tensor(box.low).double(), torch.tensor(box.high).double()
    for term in problem.terms():
        points = points_of(problem)[term.name]
        given = torch.tensor(term.region.points, dtype=torch.float64)
        assert points.shape == (len(given) or 256, len(box.names))
        assert not len(given) or torch.equal(points, given)
        assert bool(((points >= low) & (points <= high)).all())
        if term.region.held:
            held = points[:, box.names.index(term.region.held)]
            assert set(held.tolist()) == set(term.region.values)


@pytest.mark.parametrize("problem", CASES, ids=named)
def test_the_truth_has_a_shape_and_fits_its_colours(problem: Problem) -> None:
    points: Tensor = problem.box.inside.place(
        sobol(512, len(problem.box.names), torch.Generator().manual_seed(2))
    )
    u = problem.exact(points)
    assert u.shape == (512, len(problem.unknowns)) and u.dtype == torch.float64
    low, high = problem.limits
    assert low - 1e-12 <= float(u[:, 0].min()) and float(u[:, 0].max()) <= high + 1e-12


@pytest.mark.parametrize("problem", CASES, ids=named)
def test_a_problem_is_hashable_and_every_word_is_there(problem: Problem) -> None:
    assert hash(problem) == hash(replaced(problem, {}))
    assert problem == replaced(problem, {})
    assert problem.equation and type(problem).__doc__
    names = [term.name for term in problem.terms()]
    assert len(set(names)) == len(names) and all(name.isidentifier() for name in names)
    assert all(term.label for term in problem.terms())
    for path, knob in knobs(problem).items():
        assert knob.help and knob.label and knob.group, path
