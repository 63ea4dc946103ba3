# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   sciml_widgets:
#     number: 5
#     title: 'A network that obeys an equation: Burgers'
#     objectives:
#     - say what a *residual* is, and write one for an equation that you have not met before;
#     - build a network that obeys Burgers' equation in plain torch, and steer it while it learns;
#     - tell a small loss from a small error, and repair a network that has only the first.
#     sections:
#     - {title: See it, minutes: 7}
#     - {title: The problem, minutes: 8}
#     - {title: Build it, minutes: 14}
#     - {title: 'Predict, run, explain', minutes: 4}
#     - {title: Exercises, minutes: 14}
#     - {title: Where it breaks, minutes: 7}
#     - {title: The honest table, minutes: 3}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - derivatives such as ∂u/∂x
#     - a little Python (torch is explained on the way)
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - physical losses
#     - Burgers' equation, forward and reconstruction
#     - derivatives by autograd
#     - finite differences and spectral methods as the baseline
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 5 · A network that obeys an equation: Burgers
#
# **After this lesson you can**
#
# 1. say what a *residual* is, and write one for an equation that you have not met before;
# 2. build a network that obeys Burgers' equation in plain torch, and steer it while it learns;
# 3. tell a small loss from a small error, and repair a network that has only the first.
#
# | | |
# |:--|:--|
# | **Time** | 58 minutes |
# | **You need** | derivatives such as ∂u/∂x; a little Python (torch is explained on the way) |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 05 --set ...` may change
nu: float = 0.05  # BurgersPINN.nu: the live panel of section 1
seed: int = 0  # BurgersPINN.seed: the live panel of section 1

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (7 minutes)
#
# A small neural network is about to become the solution of an equation. Nobody shows it the
# solution. It is told three things only: how the velocity $u$ looks at the start, that it is zero
# at both walls, and the equation.
#
# This is one such run, recorded. Drag the time, or press play once more.

# %% tags=["five-minutes", "numbers"]
# A recorded run of 600 steps
from sciml_widgets import guess_choice, show
from sciml_widgets.course import fold, results, spread, table
from sciml_widgets.labs import BurgersPINN

recorded = results("05")
show(recorded["see"].values["run"]["record"])

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# Now live, and it is your turn. **Guess before you run**: *Run* is locked until you have. A
# classical computation starts at $t = 0$ and works forward in time. What will the network do?

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
import torch

times = (0.0, 0.25, 0.5, 0.75, 1.0)
x_line = torch.linspace(-1, 1, 81, dtype=torch.float64)


def errors_in_time(player):
    """The relative error of the network at five times."""
    solution = player.look()
    found = []
    for t in times:
        points = torch.stack([x_line, torch.full_like(x_line, t)], dim=1)
        exact = solution.problem.exact(points)
        found.append(float((solution(points) - exact).norm() / exact.norm()))
    return found


PACES = ("the start first, later times later", "the end first", "all times at about one pace")


def what_came_first(player):
    start, *_, end = errors_in_time(player)
    if max(start, end) < 2 * min(start, end):
        return PACES[2]
    return PACES[0] if start < end else PACES[1]


first_question = guess_choice(
    "After 100 steps: which times does the network get right first?",
    PACES,
    of=what_came_first,
    at=100,
    explain="A network has no clock: each step changes all of its weights, and every weight takes "
    "part in the answer at every t. What is told of the start spreads from there, but here, at "
    "ν = 0.05, it is not far ahead. With sharper fronts or fewer points it may be.",
)

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
panel = show(BurgersPINN().but(nu=nu, seed=seed), predict=first_question)

# %% [markdown] tags=["five-minutes"]
# **What to look at**, once you have pressed **Run**:
#
# - *network u(x, t)*: the network's answer. Time runs to the right, space upwards.
# - *network minus exact*: what is still wrong. It should fade away.
# - *slices*: three moments. The solid line is the network, the dashed one the truth.
# - *losses and errors*: how far each of the three wishes is from fulfilled, and the network from
#   the truth. The axis is logarithmic: one mark down is **ten times smaller**, not "a bit lower".
#
# Now drag **viscosity ν** while it runs, first to the right, then far to the left. The tick in
# the plot of losses says that you have *moved the truth*: the network now chases another one. Far
# to the left it may settle on a front that is crooked, and stay wrong for a long time. Why, is
# the matter of section 6; ↺ and a larger ν bring you back.

# %% slideshow={"slide_type": "skip"} tags=["numbers"]
# After your guess: the error at several times, from recorded runs
looks = [one["times"] for one in recorded["times"].values["0.05"]]

fold(
    f"After your guess: the relative error in {len(looks)} recorded runs",
    table(
        ["", *(f"t = {t}" for t in looks[0]["40"])],
        [
            [f"step {step}", *(spread((one[step][t] for one in looks), percent=True) for t in row)]
            for step, row in looks[0].items()
        ],
    ),
    "Median and range, at ν = 0.05. The start is ahead for some dozen steps; by step 100 all "
    "times are within a factor of about two.",
    recorded["times"].how(),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (8 minutes)
#
# A fluid moves along a line. Its velocity is $u(x, t)$, with $-1 \le x \le 1$ and $0 \le t \le 1$.
# *Burgers' equation* says how it changes:
#
# $$
# \underbrace{\frac{\partial u}{\partial t}}_{\text{change}}
# \;+\; \underbrace{u\,\frac{\partial u}{\partial x}}_{\text{steepening}}
# \;=\; \underbrace{\nu\,\frac{\partial^2 u}{\partial x^2}}_{\text{smoothing}}
# $$
#
# We shall write $u_t$, $u_x$ and $u_{xx}$ for these derivatives. At the start
# $u(x, 0) = -\sin \pi x$, and the walls hold the fluid: $u(\pm 1, t) = 0$.
#
# - **Steepening.** Every bit of fluid travels with its own velocity. Here the left half moves
#   right and the right half moves left, so they run into each other at $x = 0$, and the slope
#   there grows.
# - **Smoothing.** Neighbours share their velocity. The *viscosity* $\nu$ says how strongly.
#
# Who wins? Look at two values of $\nu$. (All numbers are without units; $1/\nu$ is the Reynolds
# number.)

# %% tags=["setup"]
import copy
import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn

from sciml_widgets import Experiment, Frame, Series, Turn, guess_number, knob, run, show
from sciml_widgets.course import draw, exercise, fold, quiz, say, spread, table
from sciml_widgets.labs import BurgersPINN, BurgersTruth
from sciml_widgets.physics import Burgers
from sciml_widgets.picture import Axis, Image, Lines, Picture, Plot, Points

SHARP = 0.01 / math.pi  # the viscosity that the papers use: 0.00318


# %% tags=["drawing"]
# The exact solution at four times, for two viscosities
def exact_slices(nu, title, alt):
    x = torch.linspace(-1, 1, 401)
    lines = []
    for t, colour, dash in [
        (0, 6, "dotted"),
        (0.25, 0, "solid"),
        (0.5, 1, "dashed"),
        (1, 3, "solid"),
    ]:
        points = torch.stack([x, torch.full_like(x, t)], dim=1)
        u = Burgers(nu=nu).exact(points)[:, 0]
        lines.append(Lines(x.numpy(), u.numpy(), f"t = {t:g}", colour, dash))
    return Plot(title, tuple(lines), Axis("x"), Axis("u", -1.1, 1.1), alt=alt)


draw(
    exact_slices(
        0.05, "viscosity 0.05", "A sine wave leans to the middle, stays smooth and fades."
    ),
    exact_slices(
        SHARP, "viscosity 0.01/π", "The sine wave becomes a cliff at x = 0, almost a jump."
    ),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### When is the shock?
#
# A bit of fluid that starts at $x_0$ moves with its velocity $-\sin \pi x_0$. Near the middle that
# is about $-\pi x_0$, so without viscosity all of them would arrive at $x = 0$ at the same time,
# $t = 1/\pi \approx 0.32$. Here $\nu = 0.01/\pi$. **At which time is the front steepest?** The
# panel shows the exact solution; nothing is trained.


# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
def steepest_time(player):
    slope = player.history.tracks["slope"]
    return max(zip(slope.y, slope.x, strict=True))[1]


steepest = guess_number(
    "At which time t is the front steepest?",
    of=steepest_time,
    low=0.0,
    high=1.0,
    explain="The fastest bits of fluid start at x = ±1/2, with velocity 1. They are in the "
    "front at t = 1/2, and until then the jump grows. Then only slower fluid follows.",
)

# %%
shock = show(BurgersTruth(), predict=steepest, hide=("task", "sensors", "start", "drawn"))
shock.pace(30)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With $\nu = 0.05$ the smoothing keeps up. With $\nu = 0.01/\pi$ the steepening wins: a
# **shock**, a cliff only about $4\nu$ wide.
#
# ### The truth, for once
#
# Burgers' equation is one of the few of its kind with an exact solution. Cole and Hopf saw that
# $u = -2\nu\,\varphi_x/\varphi$ turns it into the heat equation $\varphi_t = \nu\,\varphi_{xx}$,
# and that one can be solved by an integral:
#
# $$
# u(x, t) = -\,\frac{\int \sin \pi(x - \eta)\; w(\eta)\, d\eta}{\int w(\eta)\, d\eta}
# $$
#
# $$
# w(\eta) = \exp\!\left(-\frac{\cos \pi(x - \eta)}{2\pi\nu} - \frac{\eta^2}{4\nu t}\right)
# $$
#
# `Burgers(nu).exact(points)` computes it to ten digits and more. Why does that matter? A network
# will soon tell us that it has solved the equation. In research you would compare it with a
# solver, where there is one. Here we can simply look.
#
# One number says how wrong it is, the **relative error**: the length of the error, divided by the
# length of the truth, over a grid of points.
#
# $$
# \text{relative error} = \sqrt{\frac{\sum (u_\text{network} - u)^2}{\sum u^2}}
# $$
#
# 0 is perfect; 1 is as bad as saying "0" everywhere.

# %% tags=["truth"]
grid = torch.cartesian_prod(torch.linspace(-1, 1, 65), torch.linspace(0, 1, 65))
X, T = grid[:, :1], grid[:, 1:]  # two columns: the x and the t of 65 x 65 points


@lru_cache(maxsize=4)
def truth(nu):
    return Burgers(nu=nu).exact(grid).to(grid)


def relative_error(u, nu):
    """`u` is any function of x and t."""
    with torch.no_grad():
        return float((u(X, T) - truth(nu)).norm() / truth(nu).norm())


# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it (14 minutes)
#
# ### 3.1 A function with many numbers in it
#
# A neural network is a function that we can bend. Ours takes $x$ and $t$ and gives $u$. Each
# layer multiplies by a table of numbers, adds some more, and applies $\tanh$. These numbers are
# the **weights**; training changes them and nothing else.


# %% tags=["network"]
class Network(nn.Module):
    """u(x, t): `depth` hidden layers of `width` units."""

    def __init__(self, depth=4, width=20, seed=0):
        super().__init__()
        layers = [nn.Linear(2, width), nn.Tanh()]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width), nn.Tanh()]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 1))

        generator = torch.Generator().manual_seed(seed)  # the same random start every time
        for layer in self.layers[::2]:
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)

    def forward(self, x, t):
        return self.layers(torch.cat([x, 2 * t - 1], dim=1))  # both inputs lie in [-1, 1]


Network()

# %% [markdown] slideshow={"slide_type": "subslide"}
# **How many weights?** The lecture behind this lesson uses 8 layers of 20 units, and its slide
# says "about 200 trainable parameters". Count: the first layer has $2 \times 20$ factors and 20
# numbers to add; each of the next seven has $20 \times 20$ and 20; the last has 20 and 1.

# %%
by_hand = (2 * 20 + 20) + 7 * (20 * 20 + 20) + (20 + 1)
by_torch = sum(weights.numel() for weights in Network(depth=8).parameters())
print(f"60 + 7 x 420 + 21 = {by_hand}; torch counts {by_torch}")
print(f"ours, 4 layers of 20: {sum(weights.numel() for weights in Network().parameters())}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 Derivatives, exactly
#
# Torch remembers every step of a calculation, so it can differentiate it exactly. No grid, no
# small step $h$. We shall need **two kinds** of derivatives; keep them apart:
#
# | | how it changes | is needed to |
# |:--|:--|:--|
# | $\partial u/\partial x$ | the output, when you walk along $x$ | write the *equation* |
# | $\partial L/\partial(\text{weight})$ | the loss, when a weight changes | *train* |


# %% tags=["derivatives"]
def derivative(f, x):
    """df/dx at each point. `create_graph` lets us differentiate the result once more."""
    (slope,) = torch.autograd.grad(f.sum(), x, create_graph=True)
    return slope


# %% [markdown]
# Row $i$ of `f` depends on row $i$ of `x` only, so the slope of the *sum* holds the slope of
# every row. Do we believe it? Try a function whose derivatives we know.

# %%
x = torch.linspace(-1, 1, 7, dtype=torch.float64).reshape(-1, 1).requires_grad_()
f = torch.sin(3 * x)
f_x = derivative(f, x)
f_xx = derivative(f_x, x)
print(f"largest mistake in f_x  {(f_x - 3 * torch.cos(3 * x)).abs().max():.0e}")
print(f"largest mistake in f_xx {(f_xx + 9 * torch.sin(3 * x)).abs().max():.0e}")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# ### 3.3 The residual
#
# Bring everything in the equation to one side. What is left over for a given function $u$ is its
# **residual**:
#
# $$ r(x, t) = u_t + u\,u_x - \nu\,u_{xx} $$
#
# Where $r = 0$, the equation is obeyed. Where it is not zero, it says by how much it is not.


# %% tags=["residual"]
def residual(u, x, t, nu):
    """What is left over of Burgers' equation at the points."""
    x, t = x.detach().requires_grad_(), t.detach().requires_grad_()
    value = u(x, t)
    u_x, u_t = derivative(value, x), derivative(value, t)
    u_xx = derivative(u_x, x)
    return u_t + value * u_x - nu * u_xx


# %%
def exact(x, t):
    return Burgers(nu=0.05).exact(torch.cat([x, t], dim=1))


places = torch.cartesian_prod(torch.linspace(-1, 1, 21), torch.linspace(0.1, 1, 10)).double()
for name, u in [("the exact solution", exact), ("an untrained network", Network().double())]:
    size = residual(u, places[:, :1], places[:, 1:], nu=0.05).square().mean().sqrt()
    print(f"residual of {name:21} {size:.1e}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The truth has residual zero, up to rounding. So here is the idea of this lesson: **change the
# weights until the residual is zero.** No data are needed inside, because we can ask for the
# residual at any point we like.
#
# ### 3.4 Points
#
# We cannot ask everywhere, so we choose points. Those inside are called **collocation points**.


# %% tags=["points"]
def new_points(seed=0):
    """Columns x and t: inside, at the start, on the walls."""
    generator = torch.Generator().manual_seed(seed)

    def between(low, high, n):
        return low + (high - low) * torch.rand(n, 1, generator=generator)

    return {
        "pde": (between(-1, 1, 500), between(0, 1, 500)),
        "ic": (between(-1, 1, 100), torch.zeros(100, 1)),
        "bc": (torch.tensor([[-1.0], [1.0]]).repeat(50, 1), between(0, 1, 100)),
    }


# %% tags=["drawing"]
# A picture of the points
dots = [
    Points(t[:, 0].numpy(), x[:, 0].numpy(), colour=colour, size=2.5)
    for colour, (x, t) in enumerate(new_points().values())
]
draw(
    Plot(
        "the points",
        tuple(dots),
        Axis("t", -0.02, 1.02),
        Axis("x", -1.08, 1.08),
        note="500 inside, 100 at the start, 100 on the walls",
        alt="Points all over the plane of t and x, along the line t = 0 and along both walls.",
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.5 The loss
#
# Three wishes, one number. Each wish becomes a mean of *squares*, so that too high and too low
# cannot cancel (on many slides the square is forgotten). The *loss weights* $w$ say which wish
# matters how much. We choose them; they are not trained.
#
# $$
# L = w_\text{pde}\,\overline{r^2}
#   + w_\text{ic}\,\overline{\bigl(u(x, 0) + \sin \pi x\bigr)^2}
#   + w_\text{bc}\,\overline{u(\pm 1, t)^2}
# $$


# %% tags=["loss"]
def losses(u, points, nu):
    """The three means of squares, without their weights."""
    x, t = points["ic"]
    return {
        "pde": residual(u, *points["pde"], nu).square().mean(),
        "ic": (u(x, t) + torch.sin(math.pi * x)).square().mean(),
        "bc": u(*points["bc"]).square().mean(),
    }


# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.6 The loop
#
# Training walks downhill: find the slope of $L$ in every weight, take a small step against it,
# repeat. *Adam* is a popular way to do that: it remembers earlier slopes, and gives each weight a
# step size of its own. This is all of it:

# %% tags=["steps"]
steps = 300

# %% tags=["loop"]
u, points = Network(), new_points()
optimizer = torch.optim.Adam(u.parameters(), lr=5e-3)
for step in range(steps + 1):
    parts = losses(u, points, nu=0.05)
    loss = parts["pde"] + 10 * parts["ic"] + parts["bc"]
    if step % 50 == 0:
        percent = 100 * relative_error(u, 0.05)
        print(f"step {step:3}   loss {loss:.4f}   relative error {percent:.1f} %")
    optimizer.zero_grad()
    loss.backward()  # the slope of the loss in each weight
    optimizer.step()  # a step downhill


# %% tags=["plots", "drawing"]
# How a network is drawn
def plots(u, nu):
    """Three pictures of a network: its field, its error, a slice over the truth."""
    with torch.no_grad():
        mine = u(X, T).reshape(65, 65).numpy()  # row: x, column: t
    exact = truth(nu).reshape(65, 65).numpy()
    box, x = (0, 1, -1, 1), X[::65, 0].numpy()
    largest = abs(mine - exact).max()
    return (
        Plot(
            "network u(x, t)",
            (Image(mine, box, -1, 1),),
            Axis("t"),
            Axis("x"),
            alt=f"The network's u over t and x, from {mine.min():.2f} to {mine.max():.2f}.",
        ),
        Plot(
            "network minus exact",
            (Image(mine - exact, box, -0.2, 0.2, "error"),),
            Axis("t"),
            Axis("x"),
            alt=f"The error over t and x; the largest is {largest:.2f}.",
        ),
        Plot(
            "u(x) at t = 0.75",
            (Lines(x, mine[:, 48], "network"), Lines(x, exact[:, 48], "exact", 6, "dashed")),
            Axis("x"),
            Axis("u", -1.1, 1.1),
            alt="The network's curve over x, and the exact one, dashed.",
        ),
    )


# %%
field, wrong, at_one_time = plots(u, 0.05)
draw(field, at_one_time)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.7 Your loop, on the panel
#
# To steer this loop by hand, it needs two changes. The numbers that you want to turn become
# **knobs**. And where it printed, it now says `yield`: "here is how far I am". A class that holds
# both is called an *experiment*. Whatever `frames` yields, the panel draws, and when you turn a
# knob, the next step sees the new value. (It draws square roots of the losses, so that all curves
# are sizes and can be compared.)


# %% tags=["experiment"]
@dataclass
class MyBurgers(Experiment):
    nu: float = knob(0.05, 0.001, 0.2, log=True, label="viscosity ν", help="strength of smoothing")
    w_ic: float = knob(10.0, 0.01, 1000, log=True, label="weight of the start", help="its wish")
    lr: float = knob(5e-3, 1e-5, 0.1, log=True, label="learning rate", help="size of a step")

    title = "My own loop"
    series = (
        Series("pde", "equation", role="loss"),
        Series("ic", "start", role="loss"),
        Series("bc", "walls", role="loss"),
        Series("error", "relative error", role="error", percent=True),
    )

    def frames(self):
        u, points = Network(), new_points()
        optimizer = torch.optim.Adam(u.parameters(), lr=self.lr)
        for step in range(self.length):
            parts = losses(u, points, self.nu)
            numbers = {name: part.sqrt().item() for name, part in parts.items()}
            numbers["error"] = relative_error(u, self.nu)
            yield Frame(step, numbers, state=lambda: copy.deepcopy(u))
            loss = parts["pde"] + self.w_ic * parts["ic"] + parts["bc"]
            optimizer.param_groups[0]["lr"] = self.lr
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def picture(self, u, view):
        return Picture(plots(u, self.nu)) if u else Picture()


mine = show(MyBurgers(), still=200)

# %% [markdown]
# That is no toy version. A test of this course runs the cells above beside the library's
# `BurgersPINN`: from the same weights and points they give the same loss, the same slopes and,
# fifty steps later, the same network, to the last digits. The library has more knobs, and it
# carries the derivatives forward through the layers, which gives the same numbers sooner.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (4 minutes)
#
# A network has learned for 500 steps at $\nu = 0.05$ and is almost right. Now somebody turns the
# viscosity to $0.01/\pi$, **in an instant**. What is the relative error at that very moment,
# before a single further step?
#
# Commit your guess, then run. Afterwards explain it to your neighbour, before you open "Why?".

# %% tags=["drawing"]
# The question
instant = guess_number(
    "How large is the relative error at step 500, when ν has just turned to 0.01/π?",
    of="rel_l2",
    at=500,
    low=0.001,
    high=10,
    log=True,
    percent=True,
    explain="The network had not moved. The truth had. The tick in the plot says it: “moves "
    "the truth”. An error is always an error against something.",
)

# %%
turned = show(BurgersPINN(), tape=[Turn(500, "nu", SHARP)], predict=instant, still=701)

# %% tags=["numbers"]
# How far the truth has moved
fine = torch.cartesian_prod(torch.linspace(-1, 1, 801), torch.linspace(0, 1, 51))
smooth, sharp = Burgers(nu=0.05).exact(fine), Burgers(nu=SHARP).exact(fine)
moved = float((smooth - sharp).norm() / sharp.norm())

fold(
    "After your guess: how far did the truth move?",
    f"The exact solutions for the two viscosities differ by {100 * moved:.0f} %. That is what "
    "even a perfect network would show at that moment.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Exercises (14 minutes)
#
# Every exercise checks itself. A failed check gives a hint; you may ask for one with `.hint()`,
# and for a worked solution with `.solution()`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.1 A residual for another equation
#
# *Fisher's equation* describes a population that spreads and grows, or a flame that eats its way
# forward. $D$ says how fast it spreads, and $g$ how fast it grows; $u = 1$ is "full".
#
# $$ u_t = D\,u_{xx} + g\,u\,(1 - u) $$
#
# Write its residual. The derivatives are already computed and handed in.


# %% tags=["check"]
# How the next cell is checked
def slope(f, by):
    return torch.autograd.grad(f.sum(), by, create_graph=True)[0]


def fisher_pieces(u, D, g):
    """u and its derivatives at a few points, and the residual that they should have."""
    x = torch.linspace(-2, 2, 9, dtype=torch.float64).reshape(-1, 1).requires_grad_()
    t = torch.linspace(0.1, 0.9, 9, dtype=torch.float64).reshape(-1, 1).requires_grad_()
    value = u(x, t)
    u_x, u_t = slope(value, x), slope(value, t)
    u_xx = slope(u_x, x)
    return (value, u_x, u_t, u_xx, D, g), u_t - D * u_xx - g * value * (1 - value)


def wave(x, t, D=0.3, g=2.0):
    """A wave that obeys Fisher's equation exactly (Ablowitz and Zeppetella, 1979)."""
    return (1 + torch.exp((g / 6 / D) ** 0.5 * x - 5 / 6 * g * t)) ** -2


@exercise(
    "05",
    hints=(
        "A residual is what is left when everything stands on one side of the equation.",
        "Burgers' residual was u_t + u u_x - ν u_xx. Which of these terms stay?",
        "There is no u u_x here. The growth g u (1 - u) stands on the right: subtract it.",
    ),
)
def fisher(answer):
    pieces, _ = fisher_pieces(wave, 0.3, 2.0)
    mine = answer(*pieces)
    shape = isinstance(mine, torch.Tensor) and mine.shape == pieces[0].shape
    yield shape, "it gives one number for each point"
    if not shape:
        return
    yield mine.abs().max() < 1e-10, "it is zero for a solution (a wave that is known exactly)"
    pieces, expected = fisher_pieces(lambda x, t: 1 + x**2 * t + t**2, 0.7, 1.5)
    mine = answer(*pieces)
    right = min((mine - expected).abs().max(), (mine + expected).abs().max()) < 1e-10
    yield right, "it has the right size where u is no solution (the sign is free: why?)"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "fisher"]
def fisher_residual(u, u_x, u_t, u_xx, D, g):
    return 0 * u  # write the residual here


fisher.check(fisher_residual)


# %% tags=["solution", "fisher"]
# A worked solution. Try first, then open it.
def fisher_residual(u, u_x, u_t, u_xx, D, g):
    return u_t - D * u_xx - g * u * (1 - u)  # squared in the loss, so the sign does not matter


fisher.check(fisher_residual)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 A goal: 5 % within 600 steps, with one knob
#
# Somebody has left a knob at a bad place. The network below finds an answer that obeys the
# equation and both walls very well, and is wrong. Run it. Which curve does not fall? Turn **one**
# knob so that the relative error drops below 5 % within 600 steps. Play with the panel first,
# then write your choice into the cell after it.

# %% tags=["check"]
# The bad start, and how your choice is checked
from sciml_widgets.knobs import values

start = BurgersPINN().but(w_ic=0.01)


@exercise(
    "05",
    hints=(
        "Look at the picture of the network. How large is u? Which of the losses is large then?",
        "u = 0 obeys the equation and the walls, everywhere. Only the start says that u is not 0.",
        "The start's wish weighs 0.01. Give it more, but not so much that the equation hardly "
        "counts: start.but(w_ic=...), w_ic between 1 and 50.",
    ),
)
def one_knob(answer):
    if not isinstance(answer, BurgersPINN):
        yield False, "the answer is a lab: start.but(name=value)"
        return
    old, new = values(start), values(answer)
    turned = [name for name in old if old[name] != new[name]]
    yield len(turned) == 1, f"exactly one knob is turned (turned: {', '.join(turned) or 'none'})"
    if len(turned) != 1:
        return
    yield not turned[0].startswith("problem."), "the equation and the task are the same"
    player = run(answer, frames=601, until="rel_l2<0.05")
    said = f"{100 * player.scalars['rel_l2']:.2f} % at step {player.step_now}"
    if turned == ["weights.w_ic"] and new["weights.w_ic"] > 50:
        said += "; now the equation hardly counts"
    yield player.goal_reached is not None, f"the relative error is below 5 % by step 600 ({said})"


# %%
stuck = show(start, goal="rel_l2<0.05", within=600, still=200)

# %% tags=["exercise", "one_knob"]
answer = start  # turn one knob here: start.but(name=value)

one_knob.check(answer)

# %% tags=["solution", "one_knob"]
# A worked solution. Try first, then open it.
answer = start.but(w_ic=10.0)  # now the start is worth obeying, and u = 0 is no longer cheap

one_knob.check(answer)

# %% slideshow={"slide_type": "skip"} tags=["numbers"]
# The same for other random starts, recorded
light, heavy = recorded["weights"].values["0.01"], recorded["weights"].values["10"]
say(
    f"Is that luck? Over {len(light)} random starts, median and range: with `w_ic = 0.01` the "
    f"error after {light[0]['steps']} steps is "
    f"{spread((one['rel_l2'] for one in light), percent=True)}; "
    "with `w_ic = 10` it falls below 5 % at step "
    f"{spread((one['below_5_percent'] for one in heavy), digits=3)}.",
    recorded["weights"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 Your own start
#
# Draw another $u(x, 0)$ on the panel (group *Equation*, *u(x, 0)*), with the mouse or with the
# arrow keys; the exact solution follows your drawing. Can you draw one that makes **two** shocks?
# One that the network cannot follow?

# %%
own = show(BurgersPINN().but(start="drawn", nu=0.02), still=150)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.4 Did it arrive?

# %%
quiz("05", 1, 2, 3, 5)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Where it breaks (7 minutes)
#
# The menu *Presets* of the next panel holds three known failures, each with its repair:

# %% tags=["numbers"]
# The failures and repairs that the panel knows
say(
    table(
        ["preset", "what happens"],
        [[f"**{one.name}**", one.why] for one in BurgersPINN.presets if one.goal or one.repairs],
    )
)

# %% slideshow={"slide_type": "subslide"}
gallery = show(BurgersPINN().preset("too few points"), still=150)

# %% [markdown]
# Take a failure and let it run. Pin it as **A** (beside the title of the loss plot), take its
# repair, and run again: now both stand on the same axes. Which *curve* would have told you, if
# nobody knew the exact solution?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Does more training help?
#
# A smaller viscosity, and only 50 collocation points, always the same ones. Watch the equation's
# curve: it falls and falls. Solved? Now look at the relative error, and at the curve *off the
# points*: the residual at places where the network was not asked.
#
# At step 1000 a knob turns by itself: **redraw points every 1 step**. From then on the network is
# asked at 50 *new* points each time. Before you look: will the loss fall or rise? And the error?

# %%
repair = [Turn(1000, "redraw", 1)]
broken = show(BurgersPINN().but(nu=0.01, points_inside=50, lr=2e-3), tape=repair, still=2000)

# %% tags=["numbers"]
# The same for other random starts, recorded
points_runs = recorded["points"].values
fixed, redrawn = points_runs["fixed"], points_runs["redrawn"]
asked = {
    "pde": "residual on the training points: *what the network sees*",
    "off_points": "residual off the points",
    "rel_l2": "relative error",
}
rows = [
    [
        said,
        *(
            spread((one[name] for one in runs), percent=name == "rel_l2")
            for runs in points_runs.values()
        ),
    ]
    for name, said in asked.items()
]
fold(
    "After you have watched it past step 1500: what happened?",
    "At first both jump up: at the new places the network was wrong, and repairing that shakes "
    "everything. Some hundred steps later the error is lower than before, and stays so. The loss "
    "does not come down again: it now tells the truth. **The loss went up, and the error went "
    "down.** The loss alone did not tell.",
    f"Over {len(fixed)} random starts, after {fixed[0]['steps']} steps, median and range:",
    table(
        ["", "the same 50 points", "50 new points each step", "500 points, new every 10 steps"],
        rows,
    ),
    f"*Why?* The network has {fixed[0]['weights']} weights and is asked at 50 points: it bends "
    "to almost zero residual at each of them and does what it likes in between. New points at "
    "every step leave no place to hide; more points leave less.",
    recorded["points"].how(),
)


# %% slideshow={"slide_type": "subslide"} tags=["five-minutes", "numbers"]
# One recorded run of each kind
def curve_plot(name, title, alt):
    lines = []
    for label, runs, colour, dash in [
        ("the same 50 points", fixed, 0, "solid"),
        ("50 new points each step", redrawn, 1, "dashed"),
    ]:
        course = runs[0]["curves"]
        step, y = torch.tensor(course["step"]).numpy(), torch.tensor(course[name]).numpy()
        lines.append(Lines(step, y, label, colour, dash, 1.3))
    return Plot(title, tuple(lines), Axis("step"), Axis("", log=True), alt=alt)


draw(
    curve_plot("pde", "what the network sees: residual", "The fixed points end far lower."),
    curve_plot("rel_l2", "what is true: relative error", "The redrawn points end lower."),
    caption="One recorded run of each kind (seed 0).",
)

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Recorded runs
easy = recorded["accuracy"].values["0.05"]


def limits(what):
    return [spread((one[what][name] for one in easy), percent=True) for name in easy[0][what]]


say(
    "### Two more limits, honestly",
    f"Relative errors after {easy[0]['steps']} steps at ν = 0.05, median and range over "
    f"{len(easy)} random starts.",
    "**The derivatives are another matter than the function.** Look at the medians.",
    table(["$u$", "$u_x$", "$u_t$", "$u_{xx}$"], [limits("derivatives")]),
    "**After the last training time it is a guess.** It was asked for 0 ≤ t ≤ 1 only.",
    table([f"t = {t}" for t in easy[0]["later"]], [limits("later")]),
    recorded["accuracy"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Did that arrive?

# %%
quiz("05", 4, 6)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · The honest table (3 minutes)
#
# What would somebody do who has no network? Here is a classical solver of the same problem. It
# keeps $u$ at some hundred points of a grid and steps forward in time. Only the derivatives in
# space need care: from the neighbours (*differences*), or from the sine waves that $u$ is made of
# (*waves*). (Both treat the grid as a ring. The walls hold by themselves, because $-\sin \pi x$ is
# odd and stays so; for a start that is not, they would need care.)

# %% tags=["solver"]
import numpy as np
from scipy.integrate import solve_ivp


def differences(u, dx):
    left, right = np.roll(u, 1), np.roll(u, -1)
    return (right - left) / (2 * dx), (right - 2 * u + left) / dx**2


def waves(u, dx):
    k = 2j * np.pi * np.fft.rfftfreq(len(u), dx)
    u_hat = np.fft.rfft(u)
    return np.fft.irfft(k * u_hat, len(u)), np.fft.irfft(k**2 * u_hat, len(u))


def solve(derivatives, cells, nu):
    """u on a grid of x and 101 times."""
    x = np.linspace(-1, 1, cells, endpoint=False)

    def u_t(t, u):
        u_x, u_xx = derivatives(u, x[1] - x[0])
        return nu * u_xx - u * u_x

    times = np.linspace(0, 1, 101)
    found = solve_ivp(u_t, (0, 1), -np.sin(np.pi * x), t_eval=times, rtol=1e-6, atol=1e-6)
    return x, times, found.y


# %%
x, times, u_solver = solve(waves, 512, SHARP)
places = np.stack(np.meshgrid(x, times, indexing="ij"), axis=-1).reshape(-1, 2)
u_exact = Burgers(nu=SHARP).exact(torch.from_numpy(places)).numpy().reshape(u_solver.shape)
print(f"relative error {np.linalg.norm(u_solver - u_exact) / np.linalg.norm(u_exact):.0e}")

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# The table, from the recorded runs
paper, accuracy = recorded["published"].values["table"], recorded["accuracy"].values
solvers, newton = recorded["solvers"].values, recorded["gauss_newton"].values
second, instead = newton["0.01/pi"], newton["Adam in its place"]
corner = paper["rel_l2"][paper["data_points"].index(100)][paper["points_inside"].index(10000)]
cells = [value for row in paper["rel_l2"] for value in row]
solver, best = solvers["0.01/pi, waves"], min(one["rel_l2"] for one in second)
better = int(float(f"{best / solver['rel_l2']:.1g}"))
share = solver["seconds"] / sorted(one["seconds"] for one in second)[len(second) // 2]


def network_row(runs, optimizer):
    error = spread((one["rel_l2"] for one in runs), percent=True)
    words = f"network, {runs[0]['weights']} weights, {optimizer}, {runs[0]['steps']:,} steps"
    return [words, error, spread(one["seconds"] for one in runs)]


def solver_row(case, words):
    return [words, f"{100 * solvers[case]['rel_l2']:.2g} %", f"{solvers[case]['seconds']:.2g}"]


say(
    table(
        ["", "relative error", "seconds"],
        [
            ["**ν = 0.05**", "", ""],
            network_row(accuracy["0.05"], "Adam"),
            solver_row("0.05, differences", "differences, 128 points"),
            solver_row("0.05, waves", "waves, 64 points"),
            ["**ν = 0.01/π**", "", ""],
            [
                "published network [1]",
                f"{100 * corner:.2g} %",
                f"about {paper['seconds']}, on a GPU",
            ],
            network_row(accuracy["0.01/pi"], "Adam"),
            network_row(instead, "Adam"),
            network_row(second, "Gauss-Newton"),
            solver_row("0.01/pi, differences", "differences, 1024 points"),
            solver_row("0.01/pi, waves", "waves, 512 points"),
        ],
    ),
    f"Networks: median and range over {len(second)} random starts. The error is taken over the "
    f"whole box. {recorded['accuracy'].how()}",
    f"**The published {100 * corner:.2g} %** is the corner of a table of {len(cells)} cells, made "
    "with more weights and another optimizer (L-BFGS). One run stands behind each cell, and from "
    f"cell to cell the error goes from {100 * min(cells):.2g} % to {100 * max(cells):.0f} %, and "
    "not always down with more points. (Its truth ends at t = 0.99.)",
    "**How one trains decides.** The last two networks are equal: as many weights, 16 digits, "
    "1,500 points that move to where the residual is large. Only the optimizer differs. Adam sees "
    "one slope per weight and goes a small step. *Gauss-Newton* looks at every residual by itself "
    "and solves for the step that makes all of them small at once [6]. One step costs much more; "
    "far fewer are needed. (Its preset is on the first panel.)",
    f"**The solver still wins, by far.** At ν = 0.01/π the waves are {better:,} times more "
    f"accurate than the best of our networks, in {100 * share:.1f} % of the time.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# So what is the network for? Not for this. Burgers' equation in one dimension belongs to the
# solvers.
#
# But look at what the loop did *not* need: no grid, no time step, no order in which to compute. A
# measurement anywhere is one more wish in the loss. So is an unknown viscosity: make $\nu$ one
# more weight, and the same loop finds it. Where data are few, equations partly known and
# geometries awkward, that is worth a lot. And evaluating a trained network is quick; training it
# is slow. Where a good solver exists and everything is known, use the solver.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 8 · Key points (1 minute)
#
# - A **residual** is what is left of an equation when a function is put in. Zero: it obeys.
# - A *physics-informed network* is trained until residuals are small at chosen points. It needs
#   no solution to learn from.
# - Derivatives in $x$ and $t$ write the equation; derivatives in the weights train. Autograd
#   gives both.
# - **Small loss is not small error.** Look off the points, and at a truth where there is one.
# - Count the weights. Say the seeds. Show the solver in the same table.
#
# **What next, on the first panel**
#
# - Set *task* to *reconstruct*: the start is no longer given, but $u$ at $t = 1/2$ is. Can the
#   past be found?
# - Set *activation* to *relu*. Its second derivative is zero at almost every point. What can the
#   equation do about it?
# - The preset *the shock, by Gauss-Newton* solves $\nu = 0.01/\pi$ in seconds. Turn its
#   *optimizer* to *adam-cosine* and compare the runs as A and B.
# - `print(panel.to_code())` writes your run as one script of plain torch, to take home.
#
# **References**
#
# 1. M. Raissi, P. Perdikaris, G. E. Karniadakis, *Physics-informed neural networks*, Journal of
#    Computational Physics 378, 686 (2019).
#    [doi:10.1016/j.jcp.2018.10.045](https://doi.org/10.1016/j.jcp.2018.10.045)
# 2. J. D. Cole, *On a quasi-linear parabolic equation occurring in aerodynamics*, Quarterly of
#    Applied Mathematics 9, 225 (1951). [doi:10.1090/qam/42889](https://doi.org/10.1090/qam/42889)
# 3. E. Hopf, *The partial differential equation u_t + u u_x = μ u_xx*, Communications on Pure and
#    Applied Mathematics 3, 201 (1950).
#    [doi:10.1002/cpa.3160030302](https://doi.org/10.1002/cpa.3160030302)
# 4. D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization* (2015).
#    [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
# 5. M. J. Ablowitz, A. Zeppetella, *Explicit solutions of Fisher's equation for a special wave
#    speed*, Bulletin of Mathematical Biology 41, 835 (1979).
#    [doi:10.1007/BF02462380](https://doi.org/10.1007/BF02462380)
# 6. D. W. Marquardt, *An algorithm for least-squares estimation of nonlinear parameters*, Journal
#    of the Society for Industrial and Applied Mathematics 11, 431 (1963).
#    [doi:10.1137/0111030](https://doi.org/10.1137/0111030)
