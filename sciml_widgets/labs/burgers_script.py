"""Burgers' equation by a network, in plain torch. Run it: python burgers.py.

    u_t + u u_x = ν u_xx    for -1 < x < 1 and 0 < t < 1
    u(x, 0) = -sin πx,      u(-1, t) = u(1, t) = 0

It needs torch and nothing else. The values are those that the knobs had when it was written;
turns that were made during the run are not in it.
"""

import math
from itertools import pairwise

import torch
from torch import nn

torch.set_num_threads(1)  # small networks are fastest on one core

__all__ = ["train"]

NU = 0.05  # viscosity
DEPTH, WIDTH = 4, 20  # hidden layers, units in each
ACTIVATION = torch.tanh
DTYPE = torch.float32
WEIGHTS = {"pde": 1.0, "ic": 10.0, "bc": 1.0}  # of the equation, the start, the walls
LR = 0.005  # learning rate
INSIDE, EDGE = 500, 100  # points for the equation, points for the start and for the walls
SOBOL = True  # evenly spread points; False: random ones
REDRAW = 0  # new points after so many steps; 0: never
SEED = 0
STEPS = 2000


class Network(nn.Module):
    """u(x, t): DEPTH hidden layers of WIDTH units."""

    def __init__(self, generator):
        super().__init__()
        sizes = pairwise([2, *[WIDTH] * DEPTH, 1])
        self.layers = nn.ModuleList(nn.Linear(a, b, dtype=DTYPE) for a, b in sizes)
        for layer in self.layers:  # Glorot's random start
            size = math.sqrt(6 / (layer.in_features + layer.out_features))
            draw = torch.rand(layer.weight.shape, generator=generator, dtype=torch.float64)
            layer.weight.data = (size * (2 * draw - 1)).to(DTYPE)
            nn.init.zeros_(layer.bias)

    def forward(self, x, t):
        h = torch.cat([x, 2 * t - 1], dim=1)  # both inputs lie in [-1, 1]
        for layer in self.layers[:-1]:
            h = ACTIVATION(layer(h))
        return self.layers[-1](h)


def new_points(generator):
    """Columns x and t: inside, at the start, on the walls."""

    def unit(count):
        if not SOBOL:
            return torch.rand(count, 2, generator=generator, dtype=torch.float64)
        seed = int(torch.randint(2**31, (1,), generator=generator))
        engine = torch.quasirandom.SobolEngine(2, scramble=True, seed=seed)
        return engine.draw(count, dtype=torch.float64)

    inside, start, walls = unit(INSIDE), unit(EDGE), unit(EDGE)
    inside[:, 0] = 2 * inside[:, 0] - 1
    start[:, 0], start[:, 1] = 2 * start[:, 0] - 1, 0
    walls[:, 0] = torch.where(walls[:, 0] < 0.5, -1, 1)
    points = {"pde": inside, "ic": start, "bc": walls}
    return {name: (p[:, :1].to(DTYPE), p[:, 1:].to(DTYPE)) for name, p in points.items()}


def derivative(f, x):
    """df/dx at each point. `create_graph` lets us differentiate the result once more."""
    (slope,) = torch.autograd.grad(f.sum(), x, create_graph=True)
    return slope


def residual(u, x, t, nu):
    """What is left over of Burgers' equation at the points."""
    x, t = x.detach().requires_grad_(), t.detach().requires_grad_()
    value = u(x, t)
    u_x, u_t = derivative(value, x), derivative(value, t)
    u_xx = derivative(u_x, x)
    return u_t + value * u_x - nu * u_xx


def losses(u, points, nu):
    """The three means of squares, without their weights."""
    x, t = points["ic"]
    return {
        "pde": residual(u, *points["pde"], nu).square().mean(),
        "ic": (u(x, t) + torch.sin(math.pi * x)).square().mean(),
        "bc": u(*points["bc"]).square().mean(),
    }


def exact(x, t, nu):
    """The truth by Cole and Hopf: two integrals, of which a sum over s takes the ratio."""
    s = torch.linspace(-25, 25, 1001, dtype=torch.float64)
    y = math.pi * (x - 2 * torch.sqrt(nu * t) * s)
    w = torch.softmax(-torch.cos(y) / (2 * math.pi * nu) - s**2, dim=1)
    return -(w * torch.sin(y)).sum(1, keepdim=True)


def relative_error(u):
    """0: perfect; 1: as bad as u = 0 everywhere."""
    x = torch.linspace(-1, 1, 101, dtype=torch.float64)
    x, t = torch.cartesian_prod(x, (x[::4] + 1) / 2).split(1, dim=1)
    truth = exact(x, t, NU)
    with torch.no_grad():
        return float((u(x.to(DTYPE), t.to(DTYPE)) - truth).norm() / truth.norm())


def train():
    """Walk downhill; at each step yield its number, the network and the three losses."""
    generator = torch.Generator().manual_seed(SEED)
    u, points = Network(generator), new_points(generator)
    optimizer = torch.optim.Adam(u.parameters(), lr=LR)
    for step in range(STEPS + 1):
        parts = losses(u, points, NU)
        yield step, u, {name: part.item() for name, part in parts.items()}
        if REDRAW and (step + 1) % REDRAW == 0:
            points = new_points(generator)
        loss = sum(WEIGHTS[name] * part for name, part in parts.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    for step, u, parts in train():
        if step % 100 == 0 or step == STEPS:
            sizes = "   ".join(f"{name} {part**0.5:.4f}" for name, part in parts.items())
            print(f"step {step:5}   {sizes}   relative error {100 * relative_error(u):.2f} %")
