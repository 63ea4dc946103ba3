"""Potential flow about airfoils: what Kutta, Joukowski, Bernoulli and d'Alembert say of it."""

import math

import pytest
import torch
from torch import Tensor

from sciml_widgets.physics.airfoil import Airfoils

ROUNDING = 1e-12


def cases(count: int = 40, tails: float = 0.28) -> Airfoils:
    generator = torch.Generator().manual_seed(0)
    draws = torch.rand(4, count, generator=generator)
    low = torch.tensor([0.08, -0.06, 0.0, -0.4])[:, None]
    high = torch.tensor([0.24, 0.06, tails, 0.4])[:, None]
    return Airfoils(*(low + (high - low) * draws))


def circle(radius: float, count: int = 400) -> tuple[Tensor, Tensor]:
    turn = torch.arange(count) * 2 * math.pi / count
    return radius * torch.cos(turn), radius * torch.sin(turn)


@pytest.mark.parametrize("radius", [0.8, 3.0])
def test_the_circulation_is_that_of_kutta_and_nothing_flows_out(radius: float) -> None:
    airfoils, (x, y) = cases(), circle(radius)
    flow = airfoils.flow(x[None], y[None])
    around = -2 * math.pi * (flow.v * x - flow.u * y).mean(1)
    assert torch.allclose(2 * around, airfoils.lift(), rtol=0, atol=10 * ROUNDING)
    assert (flow.u * x + flow.v * y).mean(1).abs().max() < ROUNDING


def test_far_away_there_is_only_the_wind() -> None:
    airfoils = cases()
    for far in (1e2, 1e4):
        flow = airfoils.flow(torch.full((1, 1), far), torch.full((1, 1), far))
        for found, wind in ((flow.u, torch.cos), (flow.v, torch.sin)):
            gone = (found[:, 0] - wind(airfoils.angle)).abs().max()
            assert gone < airfoils.lift().abs().max() / far  # it fades as Γ / 2πr, C_L = 2Γ
        assert (flow.p.abs() < 4 / far).all()


def test_it_has_no_sources_no_curl_and_obeys_bernoulli() -> None:
    """u - iv is analytic: Cauchy and Riemann, by autograd."""
    airfoils = cases()
    generator = torch.Generator().manual_seed(1)
    x, y = (2 * torch.rand(2, len(airfoils), 200, generator=generator) - 1).requires_grad_()
    flow = airfoils.flow(x, y)
    u_x, u_y = torch.autograd.grad(flow.u.sum(), (x, y), retain_graph=True)
    v_x, v_y = torch.autograd.grad(flow.v.sum(), (x, y))
    fluid = flow.distance > 0.01
    size = (u_x.abs() + u_y.abs())[fluid].max()
    assert (u_x + v_y)[fluid].abs().max() < ROUNDING * size
    assert (u_y - v_x)[fluid].abs().max() < ROUNDING * size
    head = (flow.p + (flow.u**2 + flow.v**2) / 2)[fluid]
    assert torch.allclose(head, torch.full_like(head, 0.5), rtol=0, atol=ROUNDING * 100)


def test_the_flow_slides_along_the_surface_and_pushes_as_joukowski_says() -> None:
    """Forces from the pressure on the surface: the lift of the circulation, and no drag."""
    airfoils = cases()
    errors = []
    for count in (500, 2000):
        s = airfoils.surface(count)
        dx, dy = ((torch.roll(a, -1, 1) - torch.roll(a, 1, 1)) / 2 for a in (s.x, s.y))
        fx, fy = -2 * (s.p * dy).sum(1), 2 * (s.p * dx).sum(1)
        cos, sin = torch.cos(airfoils.angle), torch.sin(airfoils.angle)
        lift, drag = fy * cos - fx * sin, fx * cos + fy * sin
        errors.append(float(torch.stack([lift - airfoils.lift(), drag]).abs().max()))
    assert math.log(errors[0] / errors[1], 4) > 1.75  # second order in the step
    assert errors[1] < 1e-3
    through = (s.u * dy - s.v * dx) / torch.hypot(dx, dy) / torch.hypot(s.u, s.v)
    assert through[:, 5:-5].abs().median() < 1e-5


def test_the_surface_is_where_the_field_says_and_the_flow_is_the_same() -> None:
    airfoils = cases()
    s = airfoils.surface(301)
    dx, dy = (torch.roll(a, -1, 1) - torch.roll(a, 1, 1) for a in (s.x, s.y))
    long = torch.hypot(dx, dy)
    for off in (1e-5, 1e-6):
        outer = airfoils.flow(s.x + off * dy / long, s.y - off * dx / long)
        away = slice(10, -10)  # the tail is sharp: there a normal step is no distance
        assert torch.allclose(outer.distance[:, away], torch.tensor(off), rtol=0.05, atol=0)
        inner = airfoils.flow(s.x - off * dy / long, s.y + off * dx / long)
        assert (inner.distance[:, away] < 0).all() and not inner.u[:, away].any()
        apart = torch.maximum((outer.u - s.u).abs(), (outer.v - s.v).abs())[:, away]
        assert (apart / torch.hypot(s.u, s.v).amax(1, keepdim=True)).max() < 5e3 * off


@pytest.mark.parametrize("behind", [1e-9, 0.0])
def test_kutta_lets_the_flow_leave_the_tail(behind: float) -> None:
    """Finite at a cusp; at a tail with an angle the flow comes to rest."""
    x, y = torch.tensor([[0.5 + behind]]), torch.zeros(1, 1)
    cusp, wedge = cases(tails=0.0), cases(tails=0.28)[:10]
    flow = cusp.flow(x, y)
    speed = torch.hypot(flow.u, flow.v)
    assert ((speed > 0.5) & (speed < 1.2)).all()
    sharp = wedge.flow(x, y)
    blunt = wedge.tail > 0.1
    assert (torch.hypot(sharp.u, sharp.v)[blunt] < 0.75).all()


def test_thin_airfoils_lift_as_thin_airfoil_theory_says() -> None:
    """C_L → 2π sin(α + 2 camber) as the thickness goes to 0, to first order in the thickness."""
    off = []
    for thickness in (0.02, 0.01):
        one = [torch.tensor([value]) for value in (thickness, 0.03, 0.0, 0.1)]
        thin = 2 * math.pi * math.hypot(1, 0.06) * math.sin(0.1 + math.atan(0.06))
        off.append(abs(float(Airfoils(*one).lift()) - thin))
    assert off[0] / off[1] == pytest.approx(2, rel=0.05)


def test_thickness_and_camber_are_about_what_they_are_called() -> None:
    airfoils = cases()
    s = airfoils.surface(2000)
    tall = s.y.amax(1) - s.y.amin(1)
    straight = airfoils.camber.abs() < 0.01
    assert ((tall / airfoils.thickness)[straight] - 1).abs().max() < 0.12
    assert (s.x.amin(1) + 0.5).abs().max() < 0.003 and (s.x.amax(1) - 0.5).abs().max() < 0.01


def test_single_precision_is_good_for_pictures() -> None:
    airfoils, (x, y) = cases(), circle(0.56)
    fine, plain = airfoils.flow(x[None], y[None]), airfoils.to(torch.float32)
    coarse = plain.flow(x[None].float(), y[None].float())
    assert coarse.u.dtype == torch.float32
    assert (coarse.u - fine.u).abs().max() < 1e-4 * fine.u.abs().max()


def test_what_cannot_be_is_refused() -> None:
    one = torch.tensor([0.1])
    with pytest.raises(ValueError, match="differ in shape"):
        Airfoils(one, one, one, torch.zeros(2))
    with pytest.raises(ValueError, match="take a larger thickness"):
        Airfoils(torch.tensor([0.02]), one * 0, one * 2, one)
