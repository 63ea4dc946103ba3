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
#     number: 9
#     title: A network inside the solver
#     objectives:
#     - say what pairs teach where several answers are right, and what a gradient teaches;
#     - put a network into a coarse solver, or a force into a flow, and train it through its steps;
#     - judge such a network by how long its forecast is valid, beside schemes without a network.
#     sections:
#     - {title: 'See it: the two-line parabola', minutes: 7}
#     - {title: The problem, minutes: 8}
#     - {title: 'Build it: a network inside the solver', minutes: 13}
#     - {title: 'Predict, run, explain', minutes: 5}
#     - {title: Exercises, minutes: 16}
#     - {title: Where it breaks, minutes: 5}
#     - {title: 'Control: smoke into a letter', minutes: 12}
#     - {title: The honest table, minutes: 5}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - lesson 05
#     - Fourier series (sums of waves)
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - differentiable physics
#     - a network inside the solver
#     - control of a fluid, and a pole that is swung up
#     - large-eddy closure, differentiable rendering and detector design as exercises
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 9 · A network inside the solver
#
# **After this lesson you can**
#
# 1. say what pairs teach where several answers are right, and what a gradient teaches;
# 2. put a network into a coarse solver, or a force into a flow, and train it through its steps;
# 3. judge such a network by how long its forecast is valid, beside schemes without a network.
#
# | | |
# |:--|:--|
# | **Time** | 72 minutes |
# | **You need** | lesson 05; Fourier series (sums of waves) |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 09 --set ...` may change
seed: int = 0  # SolverCorrection.seed: the panel of section 3.5

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it: the two-line parabola (7 minutes)
#
# Which $x$ has $x^2 = y$? There are two right answers, $\sqrt y$ and $-\sqrt y$. A small network
# gets $y$ and has to answer with an $x$. We teach it as one usually does: with **pairs**
# $(y, x)$. Half of them show the left root, half the right one. Press **Run**.

# %% tags=["five-minutes"]
from sciml_widgets import guess_choice, show
from sciml_widgets.course import fold, results, spread, table
from sciml_widgets.labs import Parabola

recorded = results("09")
pairs = show(Parabola(), still=401)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# The loss hardly moves. The network answers with about 0, *between* the two roots,
# although no pair ever said 0. It does the best it can: the mean has the smallest mean square
# distance from both. Drag **share of left roots** while it runs, and the answer moves between
# them. (Is the run over? **Run** goes on with it.)
#
# Now change one line. The loss no longer asks "is $x$ the root that I was shown?". It asks
# **"is $x^2$ the $y$ that I wanted?"**
#
# | | loss |
# |:--|:--|
# | data pairs | $\overline{(x_\text{network}(y) - x)^2}$ |
# | through the function | $\overline{(x_\text{network}(y)^2 - y)^2}$ |
#
# The gradient now flows *through* the squaring. **Guess before you run.**

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
ROOTS = ("the mean of the roots, about 0", "one of the roots", "now one root, now the other")


def which_root(player):
    line, x, _, _ = player.look()
    upper = x[line > 0.2]
    if abs(upper).max() < 0.3:
        return ROOTS[0]
    return ROOTS[1] if (upper > 0).all() or (upper < 0).all() else ROOTS[2]


through = guess_choice(
    "The same network, but the loss asks for x² = y. What does it answer for y > 0.2?",
    ROOTS,
    of=which_root,
    at=400,
    explain="Both roots have loss 0, and 0 itself has a large one. From its random start the "
    "network rolls down on one side. It cannot jump between the roots: it is continuous.",
)

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
asked = show(Parabola().but(loss="through the function"), predict=through, still=401)

# %% slideshow={"slide_type": "skip"} tags=["numbers"]
# The same for other random starts, recorded
roots = recorded["parabola"].values
rows = [
    [name, ", ".join(f"{one['x']:.2f}" for one in runs), spread(one["miss"] for one in runs)]
    for name, runs in roots.items()
]
y_there = roots["data pairs"][0]["y"]
fold(
    f"After your guess: {len(rows[0][1].split(','))} random starts",
    table(["", f"answer for y = {y_there:.2f}, seed by seed", "size of x² − y"], rows),
    f"The roots are ±{y_there**0.5:.2f}. Which of the two it finds, the seed decides.",
    recorded["parabola"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# That is the whole idea of this lesson. Here the function is one line, $x^2$. It may just as well
# be **a solver**: a thousand lines that carry a fluid forward in time. If each of its steps can be
# differentiated, a network can learn *through* it, and be judged by what the solver makes of its
# answer.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (8 minutes)
#
# Our solver follows the **Kuramoto-Sivashinsky equation**. It describes the front of a flame, or
# a thin film that runs down a wall:
#
# $$
# \frac{\partial u}{\partial t}
# + \underbrace{u\,\frac{\partial u}{\partial x}}_{\text{steepening}}
# + \underbrace{\frac{\partial^2 u}{\partial x^2}}_{\text{feeds long waves}}
# + \underbrace{\nu\,\frac{\partial^4 u}{\partial x^4}}_{\text{damps short waves}} = 0
# $$
#
# on a ring of length 48. In lesson 05 $u_{xx}$ smoothed. Here it has the other sign and makes
# waves *grow*; the fourth derivative stops the short ones, and steepening hands energy from one to
# the other. The result never settles. It is **chaotic**: two states that are nearly equal part,
# exponentially.

# %% tags=["setup"]
import math

import torch
from torch import nn

from sciml_widgets import Turn, guess_number, show
from sciml_widgets.course import draw, exercise, fold, quiz, results, say, spread, table
from sciml_widgets.labs import CartPole, SmokeControl, SolverCorrection
from sciml_widgets.labs.correction import judge
from sciml_widgets.picture import Axis, Image, Plot
from sciml_widgets.solvers import KuramotoSivashinsky, march

recorded = results("09")

# %% tags=["truth"]
equation = KuramotoSivashinsky()
DT = 0.5  # time of one step
fine = equation.runs(16, 100.0, DT, seed=0).float()  # 16 runs, 201 times, 96 points
test = equation.runs(16, 100.0, DT, seed=1).float()  # others, never used for training
print(tuple(fine.shape))

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Too few points
#
# The truth [5] keeps $u$ at 96 points and takes derivatives from *all waves* on them. Now we
# want a cheap forecast: **32 points**, and derivatives from the neighbours only, as differences of
# second order. The points lie so far apart that the differences are poor.

# %% tags=["coarse"]
coarse = equation.stepper(
    32, DT, scheme="second order", dtype=torch.float32, ignore_limit=True
)  # without ignore_limit a step refuses what it cannot follow: section 6 says when
truth = test[:, :, ::3]  # the same runs, at every third point
forecast = march(coarse, truth[:, 0], 200)

# %% tags=["drawing"]
# Truth and forecast of the first test run


def field(u, title, alt):
    lost = not u[:81].isfinite().all()
    z = u[:81].nan_to_num(0, 9, -9).clamp(-9, 9).T.numpy()
    return Plot(
        title,
        (Image(z, (0, 40, 0, 48), -3.5, 3.5, unit="u"),),
        Axis("t"),
        Axis("x"),
        note="grey: no longer finite" if lost else "",
        alt=alt,
    )


draw(
    field(truth[0], "truth, at 32 of its points", "Waves that split and merge."),
    field(
        forecast[0],
        "32 points, second order",
        "The same for a few units of time, then too high, and in the end no longer finite.",
    ),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### When is a forecast over?
#
# Chaos doubles every error, again and again; no forecast lasts for ever. So we ask: **how long is
# it valid?** We call it valid while its error is below 40 % of the spread of the truth. The
# *valid time* says how far ahead one can see. Each factor of ten in the error of one step buys
# about the same additional time.

# %%
for scheme in ("second order", "fourth order", "waves"):
    step = equation.stepper(32, DT, scheme=scheme, dtype=torch.float32, ignore_limit=True)
    judged = judge(march(step, truth[:, 0], 200), truth, DT)
    print(f"{scheme:13} valid until t = {judged.valid.median():.1f} (median of 16 runs)")

# %% [markdown]
# *Fourth order* takes five neighbours in place of three; *waves* uses all waves of the 32 points.
# They are not networks. They are textbook, and cost nearly the same. **Whatever a network achieves
# has to be compared with them**, not only with the poorest scheme. In published work that is
# often forgotten [4].

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it: a network inside the solver (13 minutes)
#
# ### 3.1 The network
#
# It sees $u$ at the 32 points and says what to *add* after each step. What happens at a point
# depends on its neighbourhood, and in the same way everywhere, so it is made of **convolutions**:
# each value of the next layer is computed from five neighbours, with the same weights all round
# the ring.
#
# One more idea, from physics: the mean of $u$ never changes. So the network does not say what
# *appears* at a point. It says what *flows* from each point to the next (**flux form**). What
# leaves one point arrives at its neighbour, and the mean cannot change, whatever the weights are.


# %% tags=["network"]
class Correction(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        ring = {"padding": 2, "padding_mode": "circular"}
        self.first = nn.Conv1d(1, width, 5, **ring)
        self.second = nn.Conv1d(width, width, 5, **ring)
        self.last = nn.Conv1d(width, 1, 5, **ring)
        nn.init.zeros_(self.last.weight)  # at the start it corrects nothing
        nn.init.zeros_(self.last.bias)

    def forward(self, u):
        h = nn.functional.silu(self.first(u[:, None]))
        h = nn.functional.silu(self.second(h))
        flow = self.last(h)[:, 0]
        return flow - flow.roll(1, 1)  # what arrives minus what leaves


torch.manual_seed(0)
network = Correction()
print(sum(weights.numel() for weights in network.parameters()), "weights")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 The step
#
# The solver stays. It knows the equation; the network only has to know the solver's mistakes.


# %% tags=["corrected"]
def corrected(u):
    return coarse(u) + network(u)


# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.3 The loss
#
# Start at a state of the truth. Go `unroll` steps with solver *and* network. Compare each of them
# with the truth.
#
# - `unroll=1`: one step, one comparison. The solver's output is fixed data. This is supervised
#   learning, from pairs.
# - `unroll=8`: the second step starts from what the first one made, with its mistakes. The
#   gradient flows back through eight steps of the solver.
# - `detach=True`: the steps start from one another all the same, but the gradient is cut between
#   them. Each step answers for itself only.


# %% tags=["loss"]
def mismatch(step, runs, unroll, detach=False):
    """runs: (b, unroll + 1, 32), states of the truth. The start is the first of them."""
    u, loss = runs[:, 0], 0
    for k in range(1, unroll + 1):
        u = step(u.detach() if detach else u)
        loss = loss + (u - runs[:, k]).square().mean() / unroll
    return loss


# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 The loop

# %% tags=["loop"]
data = fine[:, :, ::3]


def train(unroll, steps, detach=False):
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(steps + 1):
        run = torch.randint(16, (16,))
        when = torch.randint(201 - unroll, (16,))
        states = data[run[:, None], when[:, None] + torch.arange(unroll + 1)]
        loss = mismatch(corrected, states, unroll, detach)
        if step % 100 == 0:
            with torch.no_grad():
                judged = judge(march(corrected, truth[:, 0], 200), truth, DT)
            print(f"step {step:4}   loss {loss:.1e}   valid until {judged.valid.median():4.1f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


train(unroll=1, steps=300)

# %% [markdown]
# A few seconds, some 1500 weights, and it sees further than every scheme of its grid.
#
# **Is it cheap?** We said that the schemes cost nearly the same. Does the network?

# %% tags=["price"]
import time


def microseconds(step, u):
    spent = []  # of the processor; the smallest, because other work can only add
    with torch.no_grad():
        for _ in range(7):
            began = time.process_time()
            for _ in range(20):
                step(u)
            spent.append((time.process_time() - began) / 20)
    return 1e6 * min(spent)


def waves(points):
    return equation.stepper(points, DT, dtype=torch.float32, ignore_limit=True)


begin = test[:, 0]  # 16 runs at 96 points
for name, step, u in (
    ("32 points, second order", coarse, begin[:, ::3]),
    ("32 points, with network", corrected, begin[:, ::3]),
    ("48 points, waves", waves(48), begin[:, ::2]),
    ("96 points, waves", waves(96), begin),
):
    print(f"{name}: {microseconds(step, u):5.0f} µs for a step of 16 runs")

# %% [markdown]
# No. Its convolutions cost several times as much as the rest of the step, and a step of *waves* on
# 48 points is cheaper than that. Keep it in mind for the question who wins (section 8).

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# ### 3.5 On the panel
#
# The library's lab does the same, with everything as a knob. The dashed curves are the schemes
# without a network.
#
# - *error*: how fast the forecasts part from the truth. Where a curve crosses the dotted line, its
#   forecast is over.
# - *spectrum*: how strong each wave is, after that, when no forecast is right any more. Does the
#   solver still make waves of the right *sizes*, as weather of a wrong day is still weather? A
#   curve that is missing belongs to a forecast that is no longer finite.
# - *drift of the mean*: by how much the mean of $u$ changes. It should not. Only a forecast that
#   blows up loses it: where numbers are huge, their rounding is large too.
#
# Try:
#
# - Set **unrolled steps** to 16 while it runs: one training step now takes as long as many. Which
#   is better *per step*, and which *per second*? (The honest table answers.)
# - Stay at 16 and switch **detach the gradient** on. The training steps become cheaper. What do
#   they no longer say? (Section 8 has the numbers.)
# - Set **unrolled steps** back to 1 and **scheme** to *waves*: now a good solver is repaired.

# %% tags=["five-minutes"]
panel = show(SolverCorrection().but(seed=seed), still=205)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (5 minutes)
#
# The network was trained at $\nu = 1$. What happens with another physics? At $\nu = 0.7$ short
# waves are damped less, so there is more of what 32 points cannot hold. In the panel below the
# test runs turn to $\nu = 0.7$ at step 200; the training stays at 1.
#
# **How long is the forecast valid then?** Commit, run, and explain it to your neighbour. Then
# drag ν to 1.4 yourself.

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
elsewhere = guess_number(
    "The valid time just after ν of the test runs has turned to 0.7?",
    of="valid",
    at=205,
    low=0.0,
    high=100.0,
    explain="Two things come together. At 0.7 every forecast on 32 points is harder. And the "
    "network adds the repair that was right at ν = 1. Nothing told it of ν.",
)

# %%
turned = show(
    SolverCorrection().but(horizon=200),
    tape=[Turn(205, "nu", 0.7)],
    predict=elsewhere,
    still=215,
)

# %% tags=["numbers"]
# The same for other random starts and values of ν, recorded
repaired, plain = recorded["correction"].values["unroll 1"], recorded["schemes"].values
nus = list(repaired[0]["nu"])
fold(
    f"After your guess: {len(repaired)} random starts, valid time at three values of ν",
    table(
        ["32 points", *(f"ν = {nu}" for nu in nus)],
        [
            *(
                [name, *(f"{plain[f'{name}, 32']['nu'][nu]:.3g}" for nu in nus)]
                for name in ("second order", "fourth order", "waves")
            ),
            [
                "second order with network, trained at ν = 1",
                *(spread((one["nu"][nu] for one in repaired), digits=3) for nu in nus),
            ],
        ],
    ),
    "At 0.7 the network is still the best on 32 points, but nothing sees far there. At 1.4, "
    "where the waves that 32 points hold are nearly enough, it is worse than *waves* alone.",
    recorded["correction"].how(),
)

# %% [markdown]
# Is it the harder task, or the wrong repair? A fair test needs one more network for each ν: the
# same kind, **trained where it is tested**. Compare with the last row of the table above.

# %% tags=["elsewhere"]
at_one = network, coarse, data, truth  # to be put back at the end
for nu in (0.7, 1.4):
    other = KuramotoSivashinsky(nu=nu)
    coarse = other.stepper(32, DT, scheme="second order", dtype=torch.float32, ignore_limit=True)
    data, truth = (other.runs(16, 100.0, DT, seed=k).float()[:, :, ::3] for k in (0, 1))
    network = Correction()
    print(f"a new network, trained and tested at ν = {nu}:")
    train(unroll=1, steps=300)
network, coarse, data, truth = at_one

# %% [markdown]
# Trained there, in fewer steps, such a network sees about twice as far. So a good part of the loss
# is its own: **it knows one ν, and not the equation.** The rest, at 0.7, is the harder task.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Exercises (16 minutes)
#
# Three times the same idea: a function that can be differentiated, and a number that goes downhill
# through it. Each solution is shorter than this page.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.1 What the grid does not see: a closure
#
# Burgers' equation on 32 cells. Its fronts are thinner than a cell, and differences answer with
# wiggles. A *closure* adds what the unresolved part would have done [6]. Smagorinsky's [11] is a
# flow against the slope that grows with the slope:
#
# $$ \text{flow} = (C\,\Delta x)^2\;|u_x|\;u_x $$
#
# How large is $C$? **Let the gradient find it, through 60 steps of the solver.** Write `closure`
# and `find`. `loss(C)` is given: it runs the coarse solver with your closure and compares it with
# a run on 512 cells, averaged over each coarse cell.
#
# A reading help: `slope` is a tensor of the slopes $u_x$ between all neighbours, `C` one number.

# %% tags=["check"]
# The solver, and how the next cell is checked
DX = 2 / 32


def burgers(u, steps, dt, closure=None):
    """Burgers' equation on a ring of length 2, flux form, ν = 0.005: (b, n) to (b, n)."""
    dx = 2 / u.shape[1]

    def change(u):
        right = u.roll(-1, 1)
        slope = (right - u) / dx
        flow = (u**2 + u * right + right**2) / 6 - 0.005 * slope
        flow = flow if closure is None else flow - closure(slope)
        return (flow.roll(1, 1) - flow) / dx

    for _ in range(steps):
        first = change(u)
        u = u + dt / 2 * (first + change(u + dt * first))
    return u


def starts(cells):
    x = 2 * (torch.arange(cells, dtype=torch.float64) + 0.5) / cells - 1
    wave = torch.sin(math.pi * x)
    return torch.stack([-wave, torch.cos(math.pi * x) + 0.3 * torch.sin(2 * math.pi * x)])


averaged = burgers(starts(512), 600, 1e-3).reshape(2, 32, 16).mean(2)
begun = starts(512).reshape(2, 32, 16).mean(2)


def loss_with(closure):
    return lambda C: (burgers(begun, 60, 1e-2, lambda s: closure(s, C)) - averaged).square().mean()


@exercise(
    "09",
    hints=(
        "closure is the formula, with DX for Δx: the square of C * DX, times slope.abs() * slope.",
        "In find: make C a tensor, 0.1 at first, that asks for its gradient; then the loop "
        "of section 3.4 with [C] in place of the network's weights.",
        "Adam with lr=0.03 and 50 steps are enough. Return C.item().",
    ),
)
def subgrid(answer):
    both = isinstance(answer, (tuple, list)) and len(answer) == 2 and all(map(callable, answer))
    yield both, "two functions are given: subgrid.check((closure, find))"
    if not both:
        return
    closure, find = answer
    slope = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    flow = closure(slope, torch.tensor(0.5, dtype=torch.float64))
    wanted = (0.5 * DX) ** 2 * slope.abs() * slope
    right = isinstance(flow, torch.Tensor) and torch.allclose(flow, wanted)
    mine = f"{float(flow[2]):.4g}" if isinstance(flow, torch.Tensor) else "no tensor"
    yield (
        right,
        (
            "the closure is (C Δx)² |u_x| u_x: with C = 0.5 a slope of 3 gives "
            f"{float(wanted[2]):.4g} (yours: {mine})"
        ),
    )
    if not right:
        return
    loss, slopes = loss_with(closure), []

    def listened(C):
        slopes.append(isinstance(C, torch.Tensor) and C.requires_grad)
        return loss(C)

    found = find(listened)
    yield found is not None, "find returns a number"
    if found is None:
        return
    found = float(torch.as_tensor(found).detach())
    yield any(slopes), "find calls loss with a C that asks for its gradient"
    yield found != 0, "C has left 0 (there C² is level, and the gradient zero: begin at 0.1)"
    with torch.no_grad():
        ours = float(loss(torch.tensor(found, dtype=torch.float64)))
        tried = [float(loss(torch.tensor(c / 20, dtype=torch.float64))) for c in range(13)]
    yield ours < tried[0] / 3, f"C = {found:.3f} makes the loss a third of that without closure"
    best = min(tried)
    yield (
        ours < 1.5 * best,
        (f"and no C of 0, 0.05, ... 0.6 is much better (loss {ours:.1e}, their best {best:.1e})"),
    )


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "subgrid"]
def closure(slope, C):
    return 0 * slope  # write the flow here


def find(loss):
    return 0.0  # write the descent here


subgrid.check((closure, find))


# %% tags=["solution", "subgrid"]
# A worked solution. Try first, then open it.
def closure(slope, C):
    return (C * DX) ** 2 * slope.abs() * slope


def find(loss):
    C = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([C], lr=0.03)
    for _ in range(50):
        value = loss(C)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return C.item()


subgrid.check((closure, find))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **And a textbook scheme, without a closure?** A *limited* scheme is of second order where $u$ is
# smooth, and careful at a front: where the slopes on both sides disagree, it takes none. Here is
# one on the same 32 cells, with van Leer's limiter [12]. It has nothing to learn.


# %% tags=["limited"]
def limited(u):
    back, front = u - u.roll(1, 1), u.roll(-1, 1) - u
    slope = torch.where(back * front > 0, 2 * back * front / (back + front), 0 * u)
    left, right = u + slope / 2, (u - slope / 2).roll(-1, 1)  # at each edge, from both sides
    flow = (left.clamp(min=0) ** 2 + right.clamp(max=0) ** 2) / 2 - 0.005 * front / DX
    return (flow.roll(1, 1) - flow) / DX


u = begun
for _ in range(60):
    first = limited(u)
    u = u + 0.005 * (first + limited(u + 0.01 * first))

smagorinsky = loss_with(lambda slope, C: (C * DX) ** 2 * slope.abs() * slope)
print(f"differences alone     loss {float(smagorinsky(0.0)):.1e}")
print(f"with the best closure loss {min(float(smagorinsky(c / 20)) for c in range(13)):.1e}")
print(f"limited, no closure   loss {float((u - averaged).square().mean()):.1e}")

# %% [markdown]
# It beats the best $C$, and nothing was fitted. **Try a better scheme before you fit a closure to
# a poor one.**

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 Where is the circle? Differentiable rendering
#
# A picture of 32 x 32 pixels shows a disc. Where is it, and how large? A renderer that says 1
# inside and 0 outside has no useful gradient: move the disc a little, and most pixels do not
# change at all. So blur its edge [7]: with distance $d$ from the centre, brightness
# $1 / (1 + e^{(d - r)/s})$. Write `render(x, y, r)` for $s = 0.03$. The descent is given.

# %% tags=["check"]
# The descent, and how the next cell is checked
centres = (torch.arange(32, dtype=torch.float64) + 0.5) / 32
ROW, COLUMN = torch.meshgrid(centres, centres, indexing="ij")  # y and x of each pixel


def fit(render, picture):
    pose = torch.tensor([0.3, 0.6, 0.3], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([pose], lr=0.02)
    for _ in range(150):
        loss = (render(*pose) - picture).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return pose.detach()


@exercise(
    "09",
    hints=(
        "COLUMN holds the x of each pixel and ROW its y: distance = sqrt((COLUMN - x)² + ...).",
        "1 / (1 + e^(-z)) is torch.sigmoid(z). Which z is large inside the disc?",
        "torch.sigmoid((r - distance) / 0.03)",
    ),
)
def circle(answer):
    pose = torch.tensor([0.65, 0.4, 0.18], dtype=torch.float64)
    x, y, r = pose
    picture = torch.sigmoid((r - ((COLUMN - x) ** 2 + (ROW - y) ** 2).sqrt()) / 0.03)
    mine = answer(*pose)
    shape = isinstance(mine, torch.Tensor) and mine.shape == (32, 32)
    yield shape, "render gives 32 x 32 pixels"
    if not shape:
        return
    bright, dark = float(mine[12, 20]), float(mine[20, 12])
    yield (
        bright > 0.9,
        f"a disc at x = 0.65, y = 0.4 is bright in row 12, column 20 ({bright:.2f})",
    )
    yield dark < 0.1, f"and dark in row 20, column 12 ({dark:.2f})"
    off = float((mine - picture).abs().max())
    right = off < 1e-6
    yield right, f"with radius 0.18 its edge is blurred as asked (off by {off:.2g} at most)"
    if not right:
        return
    off = (fit(answer, picture) - pose).abs().max()
    yield off < 0.01, f"descent finds place and radius to 0.01 (off by {off:.3f})"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "circle"]
def render(x, y, r):
    return 0 * COLUMN  # the brightness of each pixel


circle.check(render)


# %% tags=["solution", "circle"]
# A worked solution. Try first, then open it.
def render(x, y, r):
    distance = ((COLUMN - x) ** 2 + (ROW - y) ** 2).sqrt()
    return torch.sigmoid((r - distance) / 0.03)


circle.check(render)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 Where to put three planes? Detector design
#
# Particles come from $z = 0$ and fly straight: $y = a + b z$. Three planes, anywhere between
# $z = 0.1$ and $z = 1$, each measure $y$ with the same error $\sigma$. A straight line is fitted.
# How well is $a$ known, the place where the particle was born? For a least-squares line
#
# $$ \operatorname{var} a = \sigma^2\, \frac{\sum z^2}{3 \sum z^2 - \left(\sum z\right)^2} . $$
#
# Real detectors are designed so, with many more numbers [8]. **Guess first**: evenly spread?
# Then write `variance(z)` for $\sigma = 1$ and let the gradient place the planes.

# %% tags=["check"]
# The descent, and how the next cell is checked


def place_planes(variance):
    z = torch.tensor([0.2, 0.5, 0.8], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([z], lr=0.02)
    for _ in range(200):
        loss = variance(z)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            z.clamp_(0.1, 1.0)
    return z.detach()


@exercise(
    "09",
    hints=(
        "z is a tensor of three numbers: z.square().sum() and z.sum().",
        "The formula, with σ = 1: one line.",
    ),
)
def planes(answer):
    z = torch.tensor([0.1, 0.55, 1.0], dtype=torch.float64)
    rows = torch.stack([torch.ones(3, dtype=torch.float64), z], 1)
    value = answer(z.clone().requires_grad_())
    mine, wanted = (
        float(torch.as_tensor(value, dtype=torch.float64).detach()),
        float(torch.linalg.inv(rows.T @ rows)[0, 0]),
    )
    right = abs(mine - wanted) < 1e-9
    yield right, f"a line through planes at 0.1, 0.55 and 1: {wanted:.3f} (yours: {mine:.3f})"
    slope = isinstance(value, torch.Tensor) and value.requires_grad
    yield slope, "the variance has a gradient: it is a tensor, without float() or .item()"
    if not (right and slope):
        return
    best = place_planes(answer)
    ends = [torch.tensor(p, dtype=torch.float64) for p in ([0.1, 0.1, 1.0], [0.1, 1.0, 1.0])]
    least = min(float(answer(p)) for p in ends)
    yield (
        float(answer(best)) < 1.01 * least,
        (
            f"the gradient puts them at {', '.join(f'{p:.2f}' for p in sorted(best.tolist()))}: "
            f"variance {float(answer(best)):.2f}, evenly spread {float(answer(z)):.2f}"
        ),
    )


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "planes"]
def variance(z):
    return 0 * z.sum()  # the formula


planes.check(variance)


# %% tags=["solution", "planes"]
# A worked solution. Try first, then open it.
def variance(z):
    return (z**2).sum() / (3 * (z**2).sum() - z.sum() ** 2)


planes.check(variance)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two planes at the same place, close to the birth, and one far away for the slope. A designer
# would hardly have drawn it, and would object: two planes cannot be in one place, and each plane
# *scatters* the particle. That is not in the formula. **The optimum of a wrong cost is exact, and
# wrong.**
#
# ### 5.4 Did it arrive?

# %%
quiz("09", 1, 2, 3, 4)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Where it breaks (5 minutes)
#
# ### Without flux form
#
# The network may now say freely what appears at each point. Watch *drift of the mean*: the
# equation keeps the mean of $u$ exactly, the solver does too, and the network does not.

# %%
leaking = show(SolverCorrection().preset("no flux form"), still=105)

# %% tags=["numbers"]
# The same for other random starts, recorded
free = recorded["variants"].values["no flux form"]
say(
    f"Drift of the mean until t = 20, over {len(free)} random starts, median and range: in flux "
    f"form {spread(one['drift'] for one in repaired)} (rounding), without it "
    f"{spread(one['drift'] for one in free)}. Valid time: "
    f"{spread((one['valid'] for one in repaired), digits=3)} and "
    f"{spread((one['valid'] for one in free), digits=3)}: these forecasts do not see further for "
    "it. What it buys is the law.",
    "**What physics knows for sure, build in.** It costs one line, and no training can lose it.",
    recorded["correction"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Too few points for any scheme
#
# At 24 points all three schemes are lost within a few steps. Does the network still have
# something to repair?

# %%
starved = show(SolverCorrection().preset("too few points for any scheme"), still=105)

# %% [markdown]
# It has. After some hundred training steps it sees further than each of the three, and the longer
# it trains, the better (last row of the table in section 8). But long after its forecast is over
# it may still blow up: where the picture of *solver with network minus truth* is empty, nothing
# finite is left.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### How long may a step be?
#
# The linear part of a step is exact, however long it is [5]. The steepening is not: it is followed
# as an ordinary solver does. Which flow can a step still follow? Ask every wave: put it, small, on
# a constant flow $U$, and see by how much a step multiplies it [10]. From some $U$ on, a wave
# *grows* that should be damped. A step refuses a faster flow with an error that names the limit,
# as the solvers of lesson 08 do. The lab of the panel above sets `ignore_limit`, to show what
# happens then.

# %% tags=["limit"]
from textwrap import fill

from sciml_widgets.solvers.stability import Unstable
from sciml_widgets.solvers.von_neumann import fastest

print(f"the truth: |u| is at most {float(test.abs().max()):.1f}")
for dt in (0.5, 1.0, 2.0):
    step = equation.stepper(96, dt, ignore_limit=True)
    off = march(step, test[:, 0].double(), round(5 / dt))[:, -1] - test[:, 10]
    error = float(off.square().mean().sqrt() / test.std())
    fast = fastest(step, 96)
    print(f"steps of {dt}: for |u| up to {fast:.1f}; error at t = 5: {100 * error:.1f} %")

for scheme in ("waves", "second order"):
    try:
        march(equation.stepper(24, DT, scheme=scheme), test[:, 0, ::4].double(), 200)
    except Unstable as error:
        print("\n" + fill(f"24 points, {scheme}: {error}"))

# %% [markdown]
# Beyond its limit a long step need not explode: the steepening hands on what grows too much, and
# only the forecast is lost. And the last line says why 24 points are too few for *second order*.
# Differences see a wave's $k^2$ as $\sigma = (2 - 2\cos k\Delta x)/\Delta x^2$, at most
# $4/\Delta x^2 = 1$ there. It grows at the rate $\sigma - \nu\sigma^2 \ge 0$: **no wave is damped
# at all**, and what steepening hands down piles up.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Control: smoke into a letter (12 minutes)
#
# So far a network *repaired* a solver. Now the solver stays as it is, and we ask another question:
# **what must we do so that it ends where we want?** A round cloud of smoke floats in a fluid at
# rest. Push the fluid in 16 steps so that the smoke becomes a letter.
#
# $$
# \frac{\partial \mathbf u}{\partial t} + (\mathbf u\cdot\nabla)\,\mathbf u
#   = -\nabla p + \nu\,\nabla^2 \mathbf u + \underbrace{\mathbf f}_{\text{ours}}
# $$
#
# $$
# \nabla\cdot\mathbf u = 0,\qquad
# \frac{\partial s}{\partial t} + \nabla\cdot(\mathbf u\,s) = \kappa\,\nabla^2 s
# $$
#
# The smoke $s$ is carried by the flow $\mathbf u$. The condition $\nabla\cdot\mathbf u = 0$ says
# that the fluid cannot be compressed; the pressure $p$ sees to it. The force $\mathbf f$ is ours.
#
# It is the parabola again. There are many right answers, no list of pairs shows one, and the
# solver is a function that can be differentiated. **The force is what the gradient trains.**

# %% tags=["control"]
from sciml_widgets.labs.pen import LETTERS, disc, painted
from sciml_widgets.solvers.flow import Flow, resampled

flow = Flow(points=32, substeps=3)  # a step lasts 1/16, in three parts
letter = painted(LETTERS["L"], 32)
cloud = flow.begin(disc(float(letter.mean()), 32))  # u = 0, v = 0, and the smoke
target = flow.begin(letter)[2]

waves = torch.zeros(16, 2, 9, 9, dtype=torch.float64, requires_grad=True)  # 16 forces, smooth
optimizer = torch.optim.Adam([waves], lr=0.05)
for step in range(31):
    end = flow.end(cloud, resampled(waves, 32))
    loss = (end[2] - target).square().mean()
    if step % 10 == 0:
        print(f"step {step:2}   misfit {float(loss.detach().sqrt()):.3f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown] slideshow={"slide_type": "subslide"}
# That is all of it: `flow.end` goes through 16 steps of a solver, and `backward` comes back
# through them, as in lesson 08.
#
# In the panel press **Run**, set **target** to *drawn*, and press **Edit** beside **pen**. Click
# on the picture of the target to add a place, or drag one: write your own letter while the search
# runs. It follows. (After a while the search rests. **Run** goes on with it.)

# %%
smoke = show(SmokeControl(), still=26)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 7.1 What no force can do
#
# A fluid that cannot be compressed keeps areas. It can draw the cloud out, but it makes no smoke.
# Let us ask for **twice** the smoke. The search runs for 40 steps. **How much of the first misfit
# is left?** (It is measured as the mean of |smoke − target|, and is 100 % at the start.)

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
greedy = guess_number(
    "Twice the smoke in the target: how much of the misfit is left after 40 steps?",
    of="miss",
    at=40,
    low=0.0,
    high=1.0,
    percent=True,
    explain="Half of the smoke that is wanted does not exist. No search finds it, however long.",
)

# %%
doubled = show(SmokeControl().preset("twice the smoke"), predict=greedy, still=41)

# %% tags=["floor"]
wanted = 2 * target - cloud[2]
print(f"the floor: {100 * float(wanted.mean() / wanted.abs().mean()):.0f} % of the first misfit")

# %% [markdown]
# The law gives a floor that we can compute: the mean of the smoke never changes, so the mean of
# |smoke − target| cannot fall below the mean of what is missing. (Half of the wanted smoke is
# missing, and still it is less than half of the *first* misfit: at first some smoke also lies in
# the wrong place.) The search comes near the floor and stays. **Know your floor before you blame
# the search.**
#
# Other presets to try: *a target that can be reached* (there the floor is exactly 0); *a walk into
# the limit*, where the search drives the flow faster than a step can follow; *a hole*, which wants
# so much force that it ends at the same limit. Give it more **substeps**.

# %%
quiz("09", 5)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 7.2 One network for many targets
#
# A search answers for one letter, and the next letter needs a new search. So train **one
# network**: at every step it sees the smoke, the flow and the target, and says how to push. It is
# trained through all 16 steps of the solver, on strokes at random. *Then* it is asked for letters,
# which it never saw. To save time it learns on a grid of 24 x 24 points. The letters stand on
# 32 x 32; its waves are long enough for both.
#
# | | the gradient trains | for |
# |:--|:--|:--|
# | search | the forces | one target |
# | network | the weights | all targets like those of the training |
#
# Press **Run**: it learns from a hundred strokes, and from a hundred more each time that you press
# again. Then choose another **target** while it learns. No search begins: the same network pushes
# towards the new letter. (The saved picture shows its first ten strokes: it has learned next to
# nothing yet.)

# %%
steering = show(SmokeControl().preset("one network for all strokes"), still=12)

# %% tags=["numbers"]
# Search and network, recorded
searched, brief = recorded["search"].values, recorded["network"].values["strokes"]
networks = recorded["longer"].values["strokes"]
book = recorded["control_published"].values["shapes"]


def left(some):
    return spread((one["miss"] for one in some), percent=True)


def missed(some, *letters):
    every = [one["misses"][letter] for one in some for letter in letters or one["misses"]]
    return spread(every, percent=True)


def network_row(some):
    answer = f"{spread(one['answer'] for one in some)} s"
    trained = spread(one["seconds"] for one in some)
    name = f"network, {some[0]['strokes']} strokes in {trained} s"
    return [name, missed(some, "L"), missed(some), "", answer]


say(
    f"Misfit that is left, of the first; median and range over {len(searched['L'])} random starts "
    f"of the search, and {len(brief)} and {len(networks)} of the network.",
    table(
        ["", "L", "all nine letters", "a known force", "for one answer"],
        [
            [
                f"search, {searched['L'][0]['steps']} steps",
                left(searched["L"]),
                "",
                left(searched["a known force"]),
                f"{spread(one['seconds'] for one in searched['L'])} s",
            ],
            network_row(brief),
            network_row(networks),
        ],
    ),
    "*A known force*: a target that the solver made, so that the best misfit is exactly 0. What "
    f"is left there is the search's own share. The network has {networks[0]['weights']} weights.",
    "**Longer training helps, slowly**: the median over all letters falls. But some letters still "
    "end nearly as they began (100 %), and it depends on the random start which. Every L ends far "
    "from what a search makes of it.",
    recorded["search"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 7.3 Fixed beforehand, or looking?
#
# A pole hangs from a cart. Which pushes swing it up within two seconds? The same search, another
# solver; a law watches it: the energy changes by the work of the force and by nothing else (*the
# energy*, dashed). The second line in *the angle* begins **three degrees** off, under the same
# forces. (Upright is not yet at rest: at the end there is more energy left than a standing pole
# has. The cart still rolls, and after the last push nobody holds the pole.)
#
# Two presets fail: *no first push* and *too little time*. Say why before you choose the repair.

# %%
pole = show(CartPole(), still=61)

# %% tags=["numbers"]
# The same for other random starts, recorded
swings = recorded["pole"].values["forces"]
say(
    f"Degrees off upright at the end of a run, {len(swings)} random starts: "
    f"{spread(one['angle'] for one in swings)}, and from a start that is three degrees off "
    f"{spread(one['aside'] for one in swings)}.",
    "**Forces that were fixed beforehand do not look.** Near the top each error grows e-fold in a "
    "fifth of a second. A rule that looks at the state, as the network for the smoke does, can "
    "correct itself.",
    recorded["pole"].how(),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · The honest table (5 minutes)

# %% tags=["numbers"]
# Networks and schemes
runs, equal = recorded["correction"].values, recorded["equal_steps"].values
others = recorded["variants"].values


def row(name, group, case):
    some = group[case]
    return [
        name,
        spread((one["valid"] for one in some), digits=3),
        spread((one["at_10"] for one in some), percent=True),
        spread((one["steps"] for one in some), digits=3),
    ]


spent = [one["seconds"] for some in (*runs.values(), *others.values()) for one in some]
say(
    "Valid time and error at t = 10, on 16 test runs. Every network was to have the same time to "
    "train. How many steps that allows was measured before each run, so the time really spent "
    f"varies: {spread(spent)} seconds of one core, median and range. (The test runs are others "
    "than in section 2, so the schemes differ a little from there.)",
    table(
        ["", "valid until", "error at t = 10", "training steps"],
        [
            *(
                [f"{name}, {points} points", f"{plain[f'{name}, {points}']['valid']:.3g}",
                 f"{100 * plain[f'{name}, {points}']['at_10']:.3g} %", "none"]
                for points in (32, 48, 64)
                for name in ("second order", "fourth order", "waves")
            ),
            ["**second order, 32 points, with network**", "", "", ""],
            row("one step, supervised", runs, "unroll 1"),
            *(row(f"{n} steps unrolled", runs, f"unroll {n}") for n in (2, 4, 8, 16)),
            row("8 steps, gradient cut between them", others, "unroll 8, detached"),
            row("one step, no flux form", others, "no flux form"),
            row("one step, 24 points", others, "24 points"),
        ],
    ),
    f"Networks: {runs['unroll 1'][0]['weights']} weights, median and range over "
    f"{len(runs['unroll 1'])} random starts and sets of training runs.",
    recorded["correction"].how(),
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Per step, and the published case
wake = recorded["published"].values["wake"]
say(
    "### Per step or per second?",
    f"The same number of training steps, {equal['unroll 1'][0]['steps']}, for each:",
    table(
        ["", "valid until", "error at t = 10", "training steps"],
        [
            row(f"{n} step{'s' if n > 1 else ''} unrolled", equal, f"unroll {n}")
            for n in (1, 4, 16)
        ],
    ),
    "Per step they are nearly level: their ranges overlap. Per second unrolling loses, because "
    "its steps cost more. Cutting the gradient makes them cheaper, so there are more of them, and "
    "still it loses: with 8 steps unrolled the forecast is valid until "
    f"{spread((one['valid'] for one in others['unroll 8, detached']), digits=3)}, with the whole "
    f"gradient until {spread((one['valid'] for one in runs['unroll 8']), digits=3)}. How a "
    "mistake grows on its way through the solver is worth knowing.",
    "Mind how little that is: seconds of training, one learning rate for all, and after "
    f"{equal['unroll 1'][0]['steps']} steps no network is finished. What hours of training would "
    "say was not measured here.",
    recorded["equal_steps"].how(),
    "### The published case",
    "The best-known work of this kind [1, 2] corrects the wake behind a cylinder (Re "
    f"{wake['reynolds']:.0f}, two dimensions). Its book prints an error of {wake['before']} for "
    f"the coarse solver and {wake['after']} with the network, after {wake['hours']:.1f} hours of "
    "training. Ours is smaller in every way: one dimension in place of two, some 1500 weights, "
    "seconds in place of hours; and its wake repeats itself, where our waves are chaotic. The two "
    "numbers cannot be compared with ours; the *kind* of gain can: a coarse solver with a network "
    "is several times better than without.",
)

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Who wins?
best_plain = max(plain[f"{name}, 32"]["valid"] for name in ("fourth order", "waves"))
more = plain["waves, 48"]
say(
    "### Who wins?",
    "**On 32 points the network**, by far: it sees to t = "
    f"{spread((one['valid'] for one in runs['unroll 1']), digits=3)}, the best scheme without one "
    f"to t = {best_plain:.3g}. At these few points a part of the wave is missing, and the network "
    "has learned how the missing part usually acts. It is paid for: its step costs several times "
    "as much (section 3.4).",
    "**Nobody is forced to take 32 points.** *Waves* on 48 points, without any network or "
    f"training, see to t = {more['valid']:.3g}. A step of 16 runs takes {more['us']:.0f} µs, on "
    f"32 points {plain['waves, 32']['us']:.0f} µs; with the network "
    f"{spread((one['us'] for one in runs['unroll 1']), digits=3)} µs. (With 64 points it is "
    "hardly better: from there on the error is that of the long step.) **On a ring "
    "in one dimension this solver wins, in accuracy and in time.** A network of this kind is for "
    "where the finer grid cannot be paid for: in three dimensions twice the points on each axis "
    "cost about sixteen times as much, and most domains are no rings.",
    "**Unrolling.** Published work finds that it helps [3]. Here, in the same time, it "
    "does not. We think it is because the truth is known at every step, free of noise, and what a "
    "step must correct can nearly be read off the state: then many comparisons are worth more "
    "than long ones. Where data are sparse, training is long, or the network too small for its "
    "task, this may turn round.",
)

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Control, beside the published case
quick = sum(one["answer"] for one in networks) / len(networks)
slow = sum(one["seconds"] for one in searched["L"]) / len(searched["L"])
trained = sum(one["seconds"] for one in networks) / len(networks)
say(
    "### Control: search or network?",
    f"**On one letter the search**: it leaves {left(searched['L'])} of the misfit of an L, the "
    f"network {missed(networks, 'L')}. **On many the network**, if its answer is good enough: "
    f"training costs as much as {trained / (slow - quick):.0f} searches, and after that an answer "
    f"is there {slow / quick:.0f} times sooner.",
    "**Published** [2, 9]: a network that pushes smoke from one shape into another leaves "
    f"{100 * book['miss']:.2f} % of the misfit, over {book['cases']} cases that it never saw. "
    f"Ours is measured in the same way and leaves {missed(networks)} on nine letters: the *kind* "
    "of result is the same, the quality is not. What is smaller here: half as many points along "
    "each axis, one round cloud in one place as the start, one small network where theirs has a "
    f"planner and an actor, {networks[0]['strokes']} strokes where theirs learned from some "
    f"{book['examples']} cases in stages, and {trained:.0f} seconds of one core. Our *search* "
    "comes nearer to the published figure, but it works for one target at a time.",
    recorded["longer"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### For and against
#
# What this lesson measured, on both sides:
#
# | for | against |
# |:--|:--|
# | a gradient finds a right answer, pairs the mean (section 1) | each step must have a gradient |
# | what is known stays exact: the mean, to rounding (section 6) | it knows one ν (section 4) |
# | it sees further than any scheme of its grid | a finer grid sees further, for less |
# | the whole gradient beats a cut one (8 steps) | in the same time, one step beats both |
# | one network, many targets: a quick answer (section 7) | the slow search answers better |
#
# And what was published. For: a network that was trained *through* its solver stays right for
# longer than one that learned from pairs [1, 3, 6]. Against: most papers that claim to beat an
# ordinary solver compare with too weak a one [4]; and where the solver is chaotic, a gradient
# grows with every step back, as an error does with every step ahead [13].
#
# Lesson 08 has the two lists for a solver alone, and where all this is used (its section 9).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 9 · Key points (1 minute)
#
# - **Pairs teach the mean of all right answers.** A gradient through the function teaches one of
#   them.
# - A network inside a solver learns the solver's *mistakes*. The solver keeps what is known.
# - Build in what is certain (flux form). Training cannot lose it.
# - The same gradient finds **what to do**: forces, or a network that chooses them.
# - Ask what no force can do: a law gives the floor below which no search comes.
# - Compare at **equal time**, and with a **better scheme** before you praise a network.
# - Outside its training it repairs mistakes that are not there.
#
# **What next, on the panels**
#
# - Start from *waves* in place of *second order*. Is there still something to gain?
# - Give the network 2 channels. Does unrolling help a network that is too small?
# - Train with *states a step* at 1. What does it cost, and what does it save?
#
# **References**
#
# 1. K. Um, R. Brand, Y. Fei, P. Holl, N. Thuerey, *Solver-in-the-loop: learning from
#    differentiable physics to interact with iterative PDE-solvers*, NeurIPS (2020).
#    [arXiv:2007.00016](https://arxiv.org/abs/2007.00016)
# 2. N. Thuerey, P. Holl, M. Mueller, P. Schnell, F. Trost, K. Um, *Physics-based deep learning*
#    (2021). [arXiv:2109.05237](https://arxiv.org/abs/2109.05237)
# 3. B. List, L.-W. Chen, K. Bali, N. Thuerey, *How temporal unrolling supports neural physics
#    simulators* (2024). [arXiv:2402.12971](https://arxiv.org/abs/2402.12971)
# 4. N. McGreivy, A. Hakim, *Weak baselines and reporting biases lead to overoptimism in machine
#    learning for fluid-related partial differential equations*, Nature Machine Intelligence 6,
#    1256 (2024). [doi:10.1038/s42256-024-00897-5](https://doi.org/10.1038/s42256-024-00897-5)
# 5. A.-K. Kassam, L. N. Trefethen, *Fourth-order time-stepping for stiff PDEs*, SIAM Journal on
#    Scientific Computing 26, 1214 (2005).
#    [doi:10.1137/S1064827502410633](https://doi.org/10.1137/S1064827502410633)
# 6. B. List, L.-W. Chen, N. Thuerey, *Learned turbulence modelling with differentiable fluid
#    solvers*, Journal of Fluid Mechanics 949, A25 (2022).
#    [doi:10.1017/jfm.2022.738](https://doi.org/10.1017/jfm.2022.738)
# 7. S. Liu, T. Li, W. Chen, H. Li, *Soft rasterizer: a differentiable renderer for image-based 3D
#    reasoning*, ICCV (2019). [arXiv:1904.01786](https://arxiv.org/abs/1904.01786)
# 8. T. Dorigo et al., *Toward the end-to-end optimization of particle physics instruments with
#    differentiable programming*, Reviews in Physics 10, 100085 (2023).
#    [doi:10.1016/j.revip.2023.100085](https://doi.org/10.1016/j.revip.2023.100085)
# 9. P. Holl, V. Koltun, N. Thuerey, *Learning to control PDEs with differentiable physics*, ICLR
#    (2020). [arXiv:2001.07457](https://arxiv.org/abs/2001.07457)
# 10. J. G. Charney, R. Fjørtoft, J. von Neumann, *Numerical integration of the barotropic
#     vorticity equation*, Tellus 2, 237 (1950).
#     [doi:10.3402/tellusa.v2i4.8607](https://doi.org/10.3402/tellusa.v2i4.8607)
# 11. J. Smagorinsky, *General circulation experiments with the primitive equations: I. The basic
#     experiment*, Monthly Weather Review 91, 99 (1963).
#     [doi:10.1175/1520-0493(1963)091<0099:GCEWTP>2.3.CO;2](https://doi.org/10.1175/1520-0493%281963%29091%3C0099:GCEWTP%3E2.3.CO;2)
# 12. B. van Leer, *Towards the ultimate conservative difference scheme. II. Monotonicity and
#     conservation combined in a second-order scheme*, Journal of Computational Physics 14, 361
#     (1974). [doi:10.1016/0021-9991(74)90019-9](https://doi.org/10.1016/0021-9991%2874%2990019-9)
# 13. L. Metz, C. D. Freeman, S. S. Schoenholz, T. Kachman, *Gradients are not all you need*
#     (2021). [arXiv:2111.05803](https://arxiv.org/abs/2111.05803)
