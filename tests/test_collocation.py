"""Residuals of a network at points: what is computed once, what follows, what is learned."""

import dataclasses
import math

import pytest
import torch
from small_problems import Advection, Oscillator
from torch import Tensor, nn

from sciml_widgets.collocation import (
    attach,
    mean_squares,
    place,
    residual_at,
    residual_vector,
    residuals,
)
from sciml_widgets.networks import MLP
from sciml_widgets.physics import Box, Burgers, Coordinates, Jet, Points, Problem, Term, Values
from sciml_widgets.sampling import uniform


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(problem: Problem) -> MLP:
    return MLP(
        len(problem.box.names), len(problem.unknowns), depth=2, width=8, low=problem.box.low,
        high=problem.box.high, generator=generator(), dtype=torch.float64,
    )  # fmt: skip


def drawn(problem: Problem, count: int = 40) -> dict[str, Tensor]:
    counts = {term.name: count for term in problem.terms()}
    return place(problem, counts, uniform, generator(), torch.float64)


@pytest.mark.parametrize("problem", [Burgers(), Burgers(task="reconstruct"), Advection()])
def test_fast_network_and_foreign_module_leave_the_same(problem: Problem) -> None:
    fast, samples = network(problem), attach(problem, drawn(problem))

    class Foreign(nn.Module):
        def forward(self, points: Tensor) -> Tensor:
            return fast(points)

    ours, theirs = residuals(problem, fast, samples), residuals(problem, Foreign(), samples)
    assert list(ours) == [term.name for term in problem.terms()]
    for name in ours:
        assert float((ours[name] - theirs[name]).detach().abs().max()) < 1e-12


@pytest.mark.parametrize("problem", [Advection(), Advection(2.0), Oscillator()])
def test_the_exact_solution_leaves_nothing(problem: Problem) -> None:
    """Periodic walls (a term with partners) and two unknowns of one coordinate among them."""
    left = residuals(problem, problem.exact, attach(problem, drawn(problem)))
    for name, residual in left.items():
        assert float(residual.detach().abs().max()) < 1e-12 * 8 * math.pi**2, name


def test_a_periodic_wall_compares_each_point_with_its_partner() -> None:
    problem = Advection()

    def tilted(points: Tensor) -> Tensor:
        return problem.exact(points) + 0.25 * points[:, :1]

    samples = attach(problem, drawn(problem))
    wall = residuals(problem, tilted, samples)["wall"]
    assert wall.shape == (40, 2)
    assert torch.allclose(wall[:, 0], torch.full((40,), -0.25).double(), atol=1e-12)
    assert torch.allclose(wall[:, 1], torch.zeros(40).double(), atol=1e-11)


def test_points_of_each_term_are_counted_and_typed() -> None:
    problem = Burgers()
    points = place(problem, {"pde": 7, "ic": 3, "bc": 5}, uniform, generator(), torch.float32)
    assert {name: len(where) for name, where in points.items()} == {"pde": 7, "ic": 3, "bc": 5}
    assert all(where.dtype == torch.float32 for where in points.values())
    again = place(problem, {"pde": 7, "ic": 3, "bc": 5}, uniform, generator(), torch.float32)
    assert all(torch.equal(points[name], again[name]) for name in points)


@dataclasses.dataclass(frozen=True)
class Counted(Problem):
    """u = x measured everywhere; counts how often it is measured."""

    calls: list[int] = dataclasses.field(default_factory=list, compare=False)

    box = Box("x", low=(0.0,), high=(1.0,))

    def terms(self) -> tuple[Term, ...]:
        return (Term("data", "data", self.box.inside, self._data, data=self._measure),)

    def exact(self, points: Points) -> Values:
        return points.double()

    def _measure(self, points: Points) -> dict[str, Values]:
        self.calls.append(len(points))
        return {"measured": self.exact(points)}

    def _data(self, p: Coordinates, u: Jet) -> Values:
        return u.value - p.measured


def test_data_are_computed_once_and_in_the_precision_of_the_points() -> None:
    problem = Counted()
    points = {"data": torch.rand(9, 1, dtype=torch.float32, generator=generator())}
    samples = attach(problem, points)
    assert samples["data"].data["measured"].dtype == torch.float32
    for _ in range(3):
        left = residuals(problem, lambda x: x, samples)
    assert problem.calls == [9]
    assert float(left["data"].abs().max()) == 0


def test_data_follow_the_truth_when_they_are_attached_again() -> None:
    points = drawn(Burgers(0.05, task="reconstruct"))
    before = attach(Burgers(0.05, task="reconstruct"), points)["data"]
    after = attach(Burgers(0.01, task="reconstruct"), points)["data"]
    assert torch.equal(before.points, after.points)
    assert float((before.data["measured"] - after.data["measured"]).abs().max()) > 0.1


def test_a_learned_coefficient_gets_its_gradient() -> None:
    """The loss is a parabola in ν: its slope by autograd, and its bottom at the true ν."""
    truth = Burgers(0.05)
    points = drawn(truth, 200)["pde"]

    def loss(nu: Tensor) -> Tensor:
        guess = dataclasses.replace(truth, nu=nu)
        return residual_at(guess, truth.exact, "pde", points).square().mean()

    def slope(at: float) -> float:
        nu = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        return float(torch.autograd.grad(loss(nu), nu)[0])

    with torch.no_grad():
        ahead, behind = (loss(torch.tensor(nu, dtype=torch.float64)) for nu in (0.11, 0.09))
    # For a parabola a central difference has no error but rounding.
    assert slope(0.1) == pytest.approx(float((ahead - behind) / 0.02), rel=1e-6)
    bottom = 0.1 - slope(0.1) * 0.02 / (slope(0.11) - slope(0.09))
    assert bottom == pytest.approx(0.05, abs=1e-10)


def test_losses_and_vector_are_one_number() -> None:
    problem = Burgers()
    left = residuals(problem, network(problem), attach(problem, drawn(problem)))
    weights = {"pde": 1.0, "ic": 10.0, "bc": 0.1}
    total = torch.stack([weights[k] * loss for k, loss in mean_squares(left).items()]).sum()
    vector = residual_vector(left, weights)
    assert vector.shape == (120,)
    assert float((vector @ vector).detach()) == pytest.approx(float(total.detach()), rel=1e-12)


def test_residual_at_other_points() -> None:
    problem, points = Burgers(), drawn(Burgers())
    net = network(problem)
    whole = residuals(problem, net, attach(problem, points))["pde"]
    some = residual_at(problem, net, "pde", points["pde"][10:20])
    assert torch.allclose(some, whole[10:20], rtol=0, atol=1e-14)
    with pytest.raises(ValueError, match="no term 'data': Burgers has pde, ic, bc"):
        residual_at(problem, net, "data", points["pde"])


def test_an_undeclared_derivative_and_a_double_name_are_errors() -> None:
    @dataclasses.dataclass(frozen=True)
    class Wrong(Problem):
        twice: bool = False
        box = Box("x", low=(0.0,), high=(1.0,))

        def terms(self) -> tuple[Term, ...]:
            one = Term("a", "a", self.box.inside, lambda p, u: u.xx)
            return (one, one) if self.twice else (one,)

    points = torch.rand(4, 1, dtype=torch.float64)
    with pytest.raises(AttributeError, match="add 'xx' to the term's derivatives="):
        residual_at(Wrong(), lambda x: x, "a", points)
    with pytest.raises(ValueError, match="two terms have one name: a, a"):
        attach(Wrong(twice=True), {"a": points})
