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
#     number: 8
#     title: Differentiate the solver
#     objectives:
#     - derive the gradient of one solver step by hand, and carry it back through many steps;
#     - say what a gradient costs, backwards and forwards, in solves;
#     - recover an initial state through a solver, and tell a small loss from a right answer.
#     sections:
#     - {title: See it, minutes: 6}
#     - {title: The problem, minutes: 6}
#     - {title: 'Build it: the adjoint by hand', minutes: 16}
#     - {title: 'Burgers, backwards', minutes: 8}
#     - {title: 'Predict, run, explain', minutes: 6}
#     - {title: Exercises, minutes: 12}
#     - {title: Where it breaks, minutes: 5}
#     - {title: The honest table, minutes: 3}
#     - {title: The race, minutes: 11}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - lesson 05
#     - the chain rule; vectors and matrices
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - differentiable physics, advection by hand
#     - the chain rule over many steps
#     - Burgers' equation, reconstruction through the solver
#     - the comparison of solver and network, as a race
#     - discussion of differentiable physics
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 8 · Differentiate the solver
#
# **After this lesson you can**
#
# 1. derive the gradient of one solver step by hand, and carry it back through many steps;
# 2. say what a gradient costs, backwards and forwards, in solves;
# 3. recover an initial state through a solver, and tell a small loss from a right answer.
#
# | | |
# |:--|:--|
# | **Time** | 74 minutes |
# | **You need** | lesson 05; the chain rule; vectors and matrices |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 08 --set ...` may change
noise: float = 0.0  # BurgersDP.noise: the live panel of section 4.2
noise_draw: int = 0  # BurgersDP.draw: the live panel of section 4.2

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (6 minutes)
#
# Dye is carried round a ring by a flow $u(x)$ that nobody sees. Two photographs are all we have:
# the dye at the start, and the dye at the end. **Which flow was it?** No network is needed here. A
# search guesses a flow, lets a classical solver run, looks at what is wrong at the end, and
# carries the blame *back through all of the solver's steps*. This is one such search, recorded.

# %% tags=["five-minutes", "numbers"]
# A recorded search of 100 steps
from sciml_widgets import guess_choice, show
from sciml_widgets.course import results
from sciml_widgets.labs import AdvectionDP

recorded = results("08")
show(recorded["see"].values["run"]["record"])

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# - *the dye*: dotted at the start, dashed as measured at the end; the solid line must get there.
# - *the flow*: the solid line is the guess. The search began with $u = 0$.
# - *adjoint*: where, and when, a little more dye would have made the end worse (red) or better
#   (blue). It is made at the end, and travels backwards in time. We shall compute it by hand.
#
# Now live, with **one** spot of dye instead of three. Guess before you run.

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
PLACES = ("everywhere", "only where dye has passed", "nowhere")


def where_right(player):
    found = player.look()
    right = abs(found.flow - found.true_flow) < 0.1
    if right.mean() > 0.9:
        return PLACES[0]
    return PLACES[1] if right[found.seen].mean() > 0.7 else PLACES[2]


one_spot = guess_choice(
    "One spot of dye. After 300 steps, where is the flow mostly right, to 0.1 or better?",
    PLACES,
    of=where_right,
    at=300,
    explain="Where there is no dye, or where it is level, the flow leaves no trace in the data. "
    "The loss has no slope in those directions, so the search does not care.",
)

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
panel = show(AdvectionDP().preset("one spot"), predict=one_spot, still=301)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (6 minutes)
#
# Transport says: what is at a place came from upstream.
#
# $$ \frac{\partial d}{\partial t} + u(x)\,\frac{\partial d}{\partial x} = 0 $$
#
# A solver keeps $d$ in cells, $d_i$, and goes forward in small steps $\Delta t$. After $n$ steps
# it compares with the data. The loss is the mean of the squares of what is left:
#
# $$ L(u) = \frac{1}{N} \sum_i \bigl(d^{\,n}_i - \text{data}_i\bigr)^2 $$
#
# To walk downhill we need $\partial L/\partial u_i$ for every cell: $N$ numbers. Three ways:
#
# | | how | cost of one gradient |
# |:--|:--|:--|
# | **wiggle** | change one $u_i$ a little, solve again, look at $L$ | $N + 1$ solves |
# | **forward mode** | carry the change of *everything* by *one* $u_i$ along | about $2N$ |
# | **reverse mode** | carry the change of *the loss* by *everything* back from the end | a few |
#
# Reverse mode is the *adjoint*; backpropagation in a network is the same thing. It gives all $N$
# numbers at once, because we ask about **one** number, the loss. Its price is memory: on the way
# back every step wants to know the state that it started from.

# %% tags=["setup"]
import math
import time
from importlib.metadata import version

import numpy as np
import torch

from sciml_widgets import guess_choice, guess_number, run, show
from sciml_widgets.course import draw, exercise, fold, quiz, results, say, spread, table
from sciml_widgets.labs import AdvectionDP, BurgersDP, BurgersRace
from sciml_widgets.labs.burgers_race import RACERS
from sciml_widgets.picture import Axis, Image, Lines, Plot
from sciml_widgets.reconstruction import REGIONS
from sciml_widgets.solvers.burgers import BurgersVolume
from sciml_widgets.solvers.burgers_book import MEASURED, BurgersBook
from sciml_widgets.solvers.rollout import record, rollout

recorded = results("08")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it: the adjoint by hand (16 minutes)
#
# ### 3.1 One step forward
#
# The lecture behind this lesson takes the slope of $d$ from the right neighbour, always:
#
# $$ d_i^{\,\text{new}} = d_i - \frac{\Delta t}{\Delta x}\,u_i\,(d_{i+1} - d_i) $$
#
# Before we differentiate it, does it work? Run it for `sign = 1`. Then set `sign` to -1, and run
# these cells again.

# %% tags=["downwind"]
N = 64
x = (np.arange(N) + 0.5) / N
rate = N / 128  # Δt/Δx, with Δt = 1/128


def right(a):  # the right neighbour of every cell, on a ring
    return np.roll(a, -1)


def left(a):
    return np.roll(a, 1)


def lecture_step(d, u):
    return d - rate * u * (right(d) - d)


# %% tags=["sign"]
sign = 1  # the toggle: 1 or -1

# %%
d = np.exp(-0.5 * ((x - 0.5) / 0.1) ** 2)
for k in range(101):
    if k % 20 == 0:
        print(f"u = {sign:+d}, step {k:3}: largest |d| = {abs(d).max():.2g}")
    d = lecture_step(d, sign * np.ones(N))

d = np.exp(-0.5 * ((x - 0.5) / 0.1) ** 2)
for _ in range(100):
    d = lecture_step(d, -sign * np.ones(N))
print(f"u = {-sign:+d}, step 100: largest |d| = {abs(d).max():.2g}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# For $u < 0$ the dye comes from the right, and the right neighbour knows what will arrive. For
# $u > 0$ it comes from the *left*. The stencil looks downstream, and every small roughness grows,
# at each step, by up to the factor $1 + 2u\,\Delta t/\Delta x$. (For $u < 0$ the height of the dye
# sinks a little. That is no explosion: a difference of two neighbours blurs.) The cure is to look
# **upwind**, at the side where the flow comes from:


# %% tags=["step"]
def slope(d, u):
    return np.where(u > 0, d - left(d), right(d) - d)


def step(d, u):
    return d - rate * u * slope(d, u)


# %% [markdown]
# It is stable as long as no step crosses more than one cell, $|u|\,\Delta t/\Delta x \le 1$. That
# is the *CFL limit*. The library's solvers check it at every step. That matters more than usual:
# the flow is now something that a *search* turns, and it may walk beyond the limit.

# %%
from sciml_widgets.solvers.advection import Advection
from sciml_widgets.solvers.stability import Unstable

try:
    Advection(cells=64, dt=1 / 128).step(d, 2.5 * np.ones(N))
except Unstable as error:
    print(error)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 One step back
#
# Suppose somebody tells us how the loss changes with each cell *after* the step,
# $\lambda_i = \partial L/\partial d_i^{\,\text{new}}$. How does it change with what went *in*? The
# chain rule asks: **which new cells does a number take part in, and how much?**
#
# - $u_i$ takes part in $d_i^{\,\text{new}}$ only, with the factor $-\frac{\Delta t}{\Delta x}
#   \cdot \text{slope}_i$.
# - $d_i$ takes part in its own cell, with $1 - \frac{\Delta t}{\Delta x}|u_i|$; and in the
#   neighbour downstream, which takes its slope from us. With $c = u\,\Delta t/\Delta x$: the right
#   neighbour gets $c_{i+1}$ of us if $c_{i+1} > 0$; the left one $-c_{i-1}$ if $c_{i-1} < 0$.
#
# These neighbour terms are easily forgotten. So: carry $\lambda$ back along the same links.


# %% tags=["pull"]
def pull(d, u, lam):
    """∂L/∂d and ∂L/∂u before the step, from lam = ∂L/∂d after it."""
    c = rate * u
    to_right, to_left = np.maximum(c, 0), np.maximum(-c, 0)
    to_d = (1 - abs(c)) * lam + right(to_right * lam) + left(to_left * lam)
    to_u = -rate * slope(d, u) * lam
    return to_d, to_u


# %% [markdown]
# Do we believe it? Torch records every operation and differentiates by itself. Write the same step
# in torch, and compare.


# %% tags=["torch"]
def step_torch(d, u):
    back, front = d - d.roll(1), d.roll(-1) - d
    return d - rate * u * torch.where(u > 0, back, front)


# %%
rng = np.random.default_rng(0)
d, u, lam = rng.random(N), rng.uniform(-1, 1, N), rng.standard_normal(N)
d_t, u_t = (torch.from_numpy(a).requires_grad_() for a in (d, u))
by_torch = torch.autograd.grad(step_torch(d_t, u_t), [d_t, u_t], torch.from_numpy(lam))
for name, mine, theirs in zip("du", pull(d, u, lam), by_torch, strict=True):
    print(f"∂L/∂{name}: by hand and by autograd differ by {abs(mine - theirs.numpy()).max():.0e}")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# ### 3.3 Many steps back
#
# Forward, keep every state. At the end, $\lambda = \frac{2}{N}(d^{\,n} - \text{data})$. Then walk
# back, step by step. The flow takes part in *every* step, so its gradient is a **sum**.


# %% tags=["sweep"]
def loss_and_gradient(u, start, data, steps):
    states = [start]
    for _ in range(steps):
        states.append(step(states[-1], u))
    loss = np.mean((states[-1] - data) ** 2)

    lam, gradient = 2 / N * (states[-1] - data), np.zeros(N)
    lams = [lam]
    for d in reversed(states[:-1]):
        lam, more = pull(d, u, lam)
        gradient += more
        lams.append(lam)
    return loss, gradient, np.array(states), np.array(lams[::-1])


# %%
spots = [np.exp(-0.5 * ((x - at) / 0.05) ** 2) for at in (1 / 6, 1 / 2, 5 / 6)]
start, true_u = sum(spots), 0.4 + 0.2 * np.sin(2 * math.pi * x)
data = start
for _ in range(20):
    data = step(data, true_u)

guess = 0.2 * np.ones(N)
loss, gradient, states, lams = loss_and_gradient(guess, start, data, steps=20)

u_t, d_t = torch.from_numpy(guess).requires_grad_(), torch.from_numpy(start)
for _ in range(20):
    d_t = step_torch(d_t, u_t)
(d_t - torch.from_numpy(data)).square().mean().backward()
print(f"20 steps: by hand and by autograd differ by {abs(gradient - u_t.grad.numpy()).max():.0e}")

# %% tags=["five-minutes", "drawing"]
# The dye, and the adjoint field
limit = math.ceil(100 * abs(lams).max()) / 100
draw(
    Plot(
        "forward: the dye d(x, t)",
        (Image(states.T, (0, 20, 0, 1), 0, 1, unit="d"),),
        Axis("step"),
        Axis("x"),
        alt="Three bands of dye that lean upwards: they are carried to larger x.",
    ),
    Plot(
        "backward: the adjoint ∂L/∂d(x, t)",
        (Image(lams.T, (0, 20, 0, 1), -limit, limit, "error"),),
        Axis("step"),
        Axis("x"),
        alt="Pairs of red and blue bands, sharpest at the end, that lean the same way: blame "
        "travels back along the paths that the dye took.",
    ),
)

# %% [markdown] tags=["five-minutes"]
# Read the right picture from right to left. At the end each spot is not far enough on: too much
# dye behind (red), too little in front (blue). The blame then travels back along the very paths on
# which the dye came. Red and blue blur on the way, as the dye does. The upper spot has hardly any
# colour: there the true flow is nearly as slow as the guess.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 The search
#
# All of it in a loop: plain gradient descent. Each cell is a free number, so we let neighbours
# agree a little, by keeping only the first two waves of the gradient. (The panel has a preset
# *each cell for itself* that shows why.)


# %% tags=["loop"]
def smooth(a, waves=2):
    a_hat = np.fft.rfft(a)
    a_hat[waves + 1 :] = 0
    return np.fft.irfft(a_hat, len(a))


u = np.zeros(N)
for k in range(201):
    loss, gradient, *_ = loss_and_gradient(u, start, data, steps=20)
    if k % 50 == 0:
        print(f"step {k:3}   loss {loss:.1e}   mean error of u {abs(u - true_u).mean():.4f}")
    u = u - 4.0 * smooth(gradient)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.5 A trap at u = 0
#
# The search began at $u = 0$, just where upwind changes sides. There the loss has a *kink*: one
# slope to the left, another to the right. Three ways to write the **same numbers**, and what
# autograd makes of them there:


# %% tags=["trap"]
def where(u, back, front):
    return u * torch.where(u > 0, back, front)


def relu(u, back, front):
    return torch.relu(u) * back - torch.relu(-u) * front


def both(u, back, front):
    return torch.where(u >= 0, u, 0.0) * back + torch.where(u <= 0, u, 0.0) * front


# %%
for way in (where, relu, both):
    still, d_t = torch.zeros(N, dtype=torch.float64, requires_grad=True), torch.from_numpy(start)
    for _ in range(20):
        d_t = d_t - rate * way(still, d_t - d_t.roll(1), d_t.roll(-1) - d_t)
    (d_t - torch.from_numpy(data)).square().mean().backward()
    print(f"{way.__name__:5}: largest |∂L/∂u| at u = 0 is {still.grad.abs().max():.4f}")

# %% [markdown]
# `relu` has the slope 0 at 0, on both sides of the formula: the gradient is *exactly zero*, and a
# search that starts at rest never moves. `both` has $u = 0$ on both sides and gives about
# **twice** the slope. `where` takes one side. All three solvers print the same dye. *A solver can
# be right and its gradient wrong: test the gradient where your search begins.* (At a kink a
# library must choose. The slope of `u.clamp(min=0)` at 0 is 1 in torch 2.13, and 0 in torch 2.15.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.6 What does it cost?
#
# Count in solves. Here is Burgers' solver of the next section, with 128 unknowns, on your machine:

# %% tags=["cost"]
solver = BurgersVolume(nu=0.01 / math.pi, cells=128, dt=1 / 32, substeps=8)
u0 = -np.sin(math.pi * solver.x)


def solve():
    return rollout(solver.step, u0, 16)[-1]


def reverse():
    tape = record(solver.step, u0, 16)
    slope = 2 * tape.last
    for state in tape.backwards():
        slope = solver.pull(state, slope)
    return slope


def seconds(work):
    spent = []  # of the processor; the smallest, because other work can only add
    for _ in range(15):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


once, back = seconds(solve), seconds(reverse)
print(f"one solve {1000 * once:.1f} ms; loss and all 128 slopes {back / once:.1f} solves")
print("wiggling each of the 128: 129 solves")

# %% tags=["numbers"]
# Recorded, alone among our runs
costs = recorded["cost"].values
say(
    "Recorded, for several grids, in solves:",
    table(
        ["unknowns", "reverse, by hand", "reverse, autograd", "forward mode", "wiggling"],
        [
            [n, f"{one['by hand']:.1f}", f"{one['autograd']:.1f}",
             f"{int(n) * one['forward, one']:.0f}", f"{one['differences']}"]
            for n, one in costs.items()
        ],
    ),
    "The columns on the left do not grow with the number of unknowns; those on the right do. "
    "(Forward mode is one measured pass, times the unknowns; it is exact, which wiggling is not.) "
    "It has its day when there are few unknowns and many outputs; it needs no memory of the past, "
    "and it can be done *during* the forward simulation. Reverse mode cannot.",
    "Autograd counts in solves by torch. On 128 cells each of them takes as long as "
    f"{costs['128']['seconds']['solve_torch'] / costs['128']['seconds']['solve']:.1f} of numpy's.",
    recorded["cost"].how(),
)  # fmt: skip

# %% tags=["drawing"]
# Does it grow as it should? Seconds over cells and over steps
grown = recorded["sizes"].values
by_cells = [one for name, one in grown.items() if name.endswith("cells")]
by_steps = [one for name, one in grown.items() if name.endswith("steps")]


def growth(runs, by, unit):
    at = np.array([one[by] for one in runs], float)
    both = {"one solve": "solve", "loss and slope": "backwards"}
    took = {name: np.array([one[key] for one in runs]) for name, key in both.items()}
    line = took["one solve"][-1] * at / at[-1]
    near = np.log(took["one solve"][-1] / took["one solve"][-2]) / np.log(at[-1] / at[-2])
    return Plot(
        f"seconds over {unit}",
        (
            *(Lines(at, y, name, k) for k, (name, y) in enumerate(took.items())),
            Lines(at, line, "linear", 6, "dotted", 1.2),
        ),
        Axis(unit, log=True),
        Axis("seconds", log=True),
        note=f"slope at the end: {near:.2f}",
        alt=f"Seconds of a solve and of its slope over {unit}: straight lines at the right end, "
        f"with the slope {near:.2f}.",
    )


draw(
    growth(by_cells, "cells", "cells (64 steps)"),
    growth(by_steps, "steps", "steps (1024 cells)"),
)

# %% [markdown]
# Twice as many cells, or steps, cost about twice as much, and so does the slope. Small grids are
# the exception: there numpy spends its time on calls, not on numbers. (Beyond the caches of the
# processor the curve is a little steeper than linear.) The memory grows with both, too. Mind that
# each curve holds the other number fixed. To reach the *same time* on half as wide cells, the
# stability limit asks for twice as many steps: then twice the cells cost four times as much.
#
# (Why is a slope cheaper here than in the table? There each step has 8 parts, and the way back
# computes them once more. Here it has one.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **And the memory?** Reverse mode needs the state before every step. *Checkpoints* keep only every
# $k$-th, and compute the others once more on the way back: one more solve, for much less memory
# [5]. Which $k$ is best for 100 steps?

# %%
for segment in (0, 5, 10, 40):
    tape = record(solver.step, u0, 100, segment)
    words = "all states" if not segment else f"every {segment}th"
    print(f"100 steps, remember {words:11}: {tape.most:3} states at most")

# %% [markdown]
# There are $n/k$ states that are kept, and up to $k$ that are computed again. The sum is smallest
# near $k = \sqrt n$, which is 10 here.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Burgers, backwards (8 minutes)
#
# Now lesson 05's fluid, $u_t + u\,u_x = \nu\,u_{xx}$. We know $u$ at $t = 1/2$. **What was it at
# $t = 0$?** The unknowns are the 128 cells of $u(x, 0)$.
#
# ### 4.1 The book's run, digit for digit
#
# A well-known book does this with its own solver: 32 steps, gradient descent with a rate of 5,
# from $u = 0$ [1]. It prints its losses, 0.382915, 0.326882 and so on. The library has that
# solver, with its slope by hand. Ours, and the printed ones beside:

# %% tags=["book"]
book = BurgersBook()
in_print = recorded["published"].values["book"]["losses"]
u0 = np.zeros(128)
for update in range(50):
    tape = record(book.step, u0, 16)  # the data are at step 16
    wrong = tape.last - MEASURED
    if str(update) in in_print:
        print(f"{update:2}  loss {np.mean(wrong**2):.6f}  (printed: {in_print[str(update)]})")
    if update == 49:
        break
    lam = 2 / 128 * wrong
    for state in tape.backwards():
        lam = book.pull(state, lam)
    u0 = u0 - 5 * lam

found = np.array(rollout(book.step, u0, 32))
truth = np.array(rollout(book.step, -np.sin(math.pi * book.x), 32))
print(f"error as the book has it: {abs(found - truth).sum() / (32 * 128):.5f} (printed: 0.06382)")
print(f"mean over the 33 x 128 numbers: {abs(found - truth).mean():.5f}")

# %% tags=["numbers"]
# What is behind these numbers
printed, again = recorded["published"].values["book"], recorded["book"].values
hand, auto = again["by hand"]["seconds"], again["autograd"]["seconds"]
say(
    "All digits agree. Having them, we can look behind them:",
    f"- The book's {printed['seconds']:.0f} seconds are its framework's. The same 49 updates take "
    f"{hand:.2g} s of one core with the slope by hand, and {auto:.2g} s with autograd in torch.\n"
    "- Steps 17 to 32 of its loop are solved at every update, and nothing depends on them: the "
    "data are at step 16. Our loop above leaves them out, and finds the same digits.\n"
    f"- Its error divides a sum of 33 × 128 numbers by 32 × 128: 3 % too large.\n"
    "- It stops early. After 200 updates the loss is "
    f"{again['by hand, longer']['losses'][-1]:.6f}, the error (as it counts) "
    f"{again['by hand, longer']['mae_as_printed']:.4f}.\n"
    "- Its code has the viscosity 0.01/(128π); its text, and the network that it is compared "
    "with, 0.01/π. **Two methods are compared on two equations.**",
    recorded["book"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.2 One equation, one truth
#
# From here on: $\nu = 0.01/\pi$ everywhere. The solver is a finite-volume method: what flows out
# of one cell flows into the next. It is upwind, of first order [3], and each of its steps is made
# in some *substeps*. The data are the exact solution, by Cole and Hopf, as in lesson 05. Run it.

# %% slideshow={"slide_type": "subslide"}
fair = show(BurgersDP().but(noise=noise, draw=noise_draw), still=201)

# %% [markdown]
# - *the start*: the 128 unknowns, and the truth, dashed. The dotted lines stand at $|x| = 1/2$.
# - *u(x, 1/2)*: what the found start leads to, and the data.
# - *adjoint*: the blame, made at $t = 1/2$, travels left, back to $t = 0$. What is wrong **at the
#   shock** fans out and fades: hardly any of it reaches the start.
#
# The loss comes to rest far above zero. Solver and truth differ: at the shock the solver is
# blurred, and no smooth start can change that. If the data had come from the *same solver*, its
# mistakes would cancel, and everything would look better than it is. That has a name, the
# **inverse crime**; the panel has a knob for it.
#
# One thing to keep in mind: *inside*, where $|x| < 1/2$, the start looks as good as outside. The
# next section shows that this is luck.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Predict, run, explain (6 minutes)
#
# Now commit the inverse crime on purpose: the data can be fitted perfectly. And take a cleverer
# search, *L-BFGS* [4], which learns the curvature of the loss. Its loss falls below $10^{-5}$
# within some twenty steps (each of one solve and slope, or a few); gradient descent needs more
# than a hundred. **How good is the start that it
# finds?** (The mean of $|u(x, 0)|$ itself is 0.64.)

# %% tags=["drawing"]
# The question
too_good = guess_number(
    "The mean error of u(x, 0) for |x| < 1/2 at step 40, when the loss is below 0.00001?",
    of="inside",
    at=40,
    low=0.001,
    high=1.0,
    log=True,
    explain="The data hardly know that part of the start: everything from |x| < 1/2 has run into "
    "the shock by t = 1/2. Look at the paths below.",
)

# %%
quick = show(BurgersDP().preset("small loss, wrong start"), predict=too_good, still=41)

# %% tags=["numbers"]
# Recorded: at equal loss
both = recorded["equal_loss"].values["crime"]
names = {"gradient descent": "gradient descent", "l-bfgs": "L-BFGS, until its loss is smaller"}
fold(
    f"After your guess: two searches at equal loss, {len(both)} draws of a little noise",
    table(
        ["", "steps", "loss", "error of u(x, 0), inside", "outside"],
        [
            [said, spread(one[name]["steps"] for one in both),
             spread(one[name]["loss"] for one in both),
             spread(one[name]["inside"] for one in both),
             spread(one[name]["outside"] for one in both)]
            for name, said in names.items()
        ],
    ),
    "Median and range; the data come from the same solver, with noise of 0.001. (L-BFGS works "
    "with 16 substeps in place of 8: its first steps are large.) **The losses are equal, and the "
    "errors of the starts differ more than tenfold, inside.**",
    recorded["equal_loss"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Why?
#
# Without viscosity every bit of fluid keeps its velocity: from $x_0$ it runs along
# $x = x_0 - \sin(\pi x_0)\,t$. It meets its mirror image at $x = 0$ when
# $t = x_0 / \sin \pi x_0$. At $t = 1/2$ that is $x_0 = \pm 1/2$, exactly.

# %% tags=["drawing"]
# The paths
t_line = np.linspace(0, 0.5, 101)
paths = []
for x_0 in np.linspace(-0.95, 0.95, 20):
    place = x_0 - np.sin(math.pi * x_0) * t_line
    place = np.where(place * x_0 > 0, place, 0.0)  # in the shock
    lost = abs(x_0) < 0.5
    paths.append(Lines(t_line, place, "", 1 if lost else 0, "solid", 1.3))
draw(
    Plot(
        "paths of the fluid",
        tuple(paths),
        Axis("t", 0.0, 0.5),
        Axis("x", -1.0, 1.0),
        note="orange: from |x| < 1/2",
        alt="Straight paths from both sides run towards x = 0. All orange ones, "
        "from |x| below 1/2, have arrived at x = 0 by t = 1/2; the blue ones have not.",
    )
)

# %% [markdown]
# All orange paths end in the shock. What they carried is *gone*: only its sum is left. (Viscosity
# makes the shock a little wide, so a trace remains. It is far too small to be measured.) So let
# us try: put the same ripple into the start, once inside, once outside. What does the loss say?

# %% tags=["ripple"]
true_start = -np.sin(math.pi * solver.x)
at_half = rollout(solver.step, true_start, 16)[-1]
for name, part in (("|x| < 0.35", abs(solver.x) < 0.35), ("|x| > 0.65", abs(solver.x) > 0.65)):
    rippled = true_start + 0.3 * np.sin(6 * math.pi * solver.x) * part
    changed = rollout(solver.step, rippled, 16)[-1]
    print(f"a ripple in {name}: loss {np.mean((changed - at_half) ** 2):.1e}")

# %% [markdown]
# A problem whose data do not fix the answer is called **ill-posed**. Then the *way down* decides
# what you get. Gradient descent began at $u = 0$ and moves along smooth gradients, and the truth
# is smooth: lucky. L-BFGS takes large steps just in those directions in which the loss is flat.
# **Explain to your neighbour** why a smaller loss does not help, before you go on.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Exercises (12 minutes)
#
# ### 6.1 The adjoint of another step
#
# Heat spreads, and a little is lost:
#
# $$ d_i^{\,\text{new}} = d_i + r\,(d_{i-1} - 2 d_i + d_{i+1}) - s\,d_i^2 . $$
#
# Carry $\lambda$ back over this step. Ask of every $d_i$: in which new cells does it take part,
# and how much?

# %% tags=["check"]
# How the next cell is checked


def heat_torch(d, r, s):
    return d + r * (d.roll(1) - 2 * d + d.roll(-1)) - s * d**2


@exercise(
    "08",
    hints=(
        "d[i] takes part in its own new cell and in both neighbours' new cells.",
        "Into its own cell it goes with 1 - 2 r - 2 s d[i]; into each neighbour's with r.",
        "lam * (1 - 2 * r - 2 * s * d) + r * (the left lam + the right lam): np.roll.",
    ),
)
def heat_back(answer):
    for seed, r, s in ((0, 0.2, 0.0), (1, 0.2, 0.3)):
        rng = np.random.default_rng(seed)
        d, lam = rng.random(16), rng.standard_normal(16)
        d_t = torch.from_numpy(d).requires_grad_()
        (theirs,) = torch.autograd.grad(heat_torch(d_t, r, s), d_t, torch.from_numpy(lam))
        mine = np.asarray(answer(d, lam, r, s), dtype=float)
        right = mine.shape == (16,) and abs(mine - theirs.numpy()).max() < 1e-12
        what = "with the loss of heat, s = 0.3" if s else "without loss of heat, s = 0"
        yield bool(right), f"it is what autograd says, {what}"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "heat_back"]
def pull_heat(d, lam, r, s):
    return lam  # carry lam back over the step


heat_back.check(pull_heat)


# %% tags=["solution", "heat_back"]
# A worked solution. Try first, then open it.
def pull_heat(d, lam, r, s):
    return lam * (1 - 2 * r - 2 * s * d) + r * (np.roll(lam, 1) + np.roll(lam, -1))


heat_back.check(pull_heat)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.2 A goal: the right start, with one knob
#
# L-BFGS, inverse crime on. Turn **one** knob so that the error of the start inside $|x| < 1/2$
# falls below 0.1 within 60 steps. The optimizer stays: repair the *problem*, not the search.

# %% tags=["check"]
# The start, and how your choice is checked
from sciml_widgets.knobs import values

rough_start = BurgersDP().preset("small loss, wrong start")


@exercise(
    "08",
    hints=(
        "Many starts fit the data. Which of them do you want? Say so in the loss.",
        "The wrong start is rough. Which knob gives roughness a price?",
        "rough_start.but(tikhonov=...): try the sizes between 1e-6 and 1e-3.",
    ),
)
def one_price(answer):
    if not isinstance(answer, BurgersDP):
        yield False, "the answer is a lab: rough_start.but(name=value)"
        return
    old, new = values(rough_start), values(answer)
    turned = [name for name in old if old[name] != new[name]]
    yield len(turned) == 1, f"exactly one knob is turned (turned: {', '.join(turned) or 'none'})"
    if len(turned) != 1:
        return
    kept = turned[0] not in ("optimizer", "nu", "book", "crime", "noise", "draw")
    yield kept, "the equation, the data and the optimizer are the same"
    if not kept:
        return
    player = run(answer, frames=61, until="inside<0.1")
    said = f"{player.scalars['inside']:.3f} at step {player.step_now}"
    yield player.goal_reached is not None, f"the error inside is below 0.1 by step 60 ({said})"


# %%
rough_panel = show(rough_start, goal="inside<0.1", within=60, still=41)

# %% tags=["exercise", "one_price"]
answer = rough_start  # turn one knob here: rough_start.but(name=value)

one_price.check(answer)

# %% tags=["solution", "one_price"]
# A worked solution. Try first, then open it.
answer = rough_start.but(tikhonov=1e-4)  # of all starts that fit, prefer a smooth one

one_price.check(answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.3 When does a surrogate pay?
#
# A surrogate costs `offline` seconds before its first answer, and `answer` seconds for each. A
# search costs `search` seconds each time. From which number of questions on is the surrogate
# cheaper, all in all? (Never: `math.inf`.) We shall need it in the race of section 9.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "08",
    hints=(
        "After n questions one has paid offline + n * answer, the other n * search.",
        "It never pays if an answer costs as much as a search, or more.",
        "The smallest whole n above offline / (search - answer): math.floor(...) + 1.",
    ),
)
def break_even(answer):
    for offline, each, search, right, what in (
        (60.0, 0.001, 3.0, 21, "60 s of training, quick answers, searches of 3 s"),
        (10.0, 0.0, 2.0, 6, "equal after 5 questions, so cheaper from 6 on"),
        (10.0, 2.0, 2.0, math.inf, "answers as dear as searches: never"),
        (10.0, 3.0, 2.0, math.inf, "answers dearer than searches: never"),
        (0.5, 0.1, 5.0, 1, "training that costs less than one search"),
    ):
        said = answer(offline, each, search)
        yield said == right, f"{what} (got {said})"


# %% tags=["exercise", "break_even"]
def questions(offline, answer, search):
    return 0  # from which number of questions on?


break_even.check(questions)


# %% tags=["solution", "break_even"]
# A worked solution. Try first, then open it.
def questions(offline, answer, search):
    if answer >= search:
        return math.inf
    return math.floor(offline / (search - answer)) + 1


break_even.check(questions)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.4 Did it arrive?

# %%
quiz("08")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Where it breaks (5 minutes)
#
# The menus *Presets* of both labs hold the failures of this lesson, each with its repair:

# %% tags=["numbers"]
# The failures and repairs that the panels know
say(
    table(
        ["lab", "preset", "what happens"],
        [
            [name, f"**{one.name}**", one.why]
            for name, lab in (("advection", AdvectionDP), ("Burgers", BurgersDP))
            for one in lab.presets
            if one.goal or one.repairs
        ],
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A walk into the limit.** Two substeps are stable for the start of the search, $u = 0$. Run it,
# and watch the search grow the wave until the solver refuses. (The saved picture shows an earlier
# step; the words of the refusal stand below.) Switch *watch the limit* off, and see what it was
# kept from.

# %%
limit_panel = show(BurgersDP().preset("a walk into the limit"), still=8)
limit_panel.pace(3)

# %%
from sciml_widgets.experiment import Diverged

try:
    run(BurgersDP().preset("a walk into the limit"), frames=61)
except Diverged as error:
    print(error)

# %% [markdown]
# **Noise.** Real data are off. Then a loss below the noise means that the *noise* has been fitted.
# Three repairs are on the panel: *Tikhonov* (roughness has a price), *early stopping* (stop when
# the loss is the square of the noise), and the slow search. Do all three help?

# %% tags=["numbers"]
# Recorded: data that are off by 0.1
mended = recorded["repair"].values
words = {
    "l-bfgs": "L-BFGS",
    "early stopping": "L-BFGS, stopped at a loss of 0.01",
    "tikhonov": "L-BFGS with Tikhonov, 0.001",
    "tikhonov, too much": "L-BFGS with Tikhonov, 0.1",
    "gradient descent": "gradient descent",
}
say(
    table(
        ["noise of 0.1", "steps", "loss", "error of u(x, 0), inside", "outside"],
        [
            [said, *(spread(one[what] for one in mended[name])
                     for what in ("steps", "loss", "inside", "outside"))]
            for name, said in words.items()
        ],
    ),
    f"Median and range over {len(mended['l-bfgs'])} draws of the noise. (Without a repair "
    f"{sum(one.get('limit', False) for one in mended['l-bfgs'])} of them ran into the stability "
    "limit, and ended there.)\n\n"
    "- *Early stopping* mostly saves the outside, and not the inside: L-BFGS goes wrong there in "
    "its first steps. And where the noise happened to be large, the loss never fell so low, and "
    "nothing stopped.\n"
    "- *Tikhonov* mends both, if the price is right: it can be too low, and too high. Who does "
    "not know the truth must choose it by the size of the noise.\n"
    "- *The slow search* is as good inside. Outside it has not arrived yet, and when it arrives "
    "it does not stop: it, too, needs somebody who stops it in time.",
    recorded["repair"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · The honest table (3 minutes)

# %% tags=["numbers"]
# The published numbers beside ours
exact = recorded["equal_loss"].values["exact"]
first, longer = again["by hand"], again["by hand, longer"]


def search_row(name, said):
    return [said, spread(one[name]["loss"] for one in exact),
            spread(one[name]["mae"] for one in exact),
            spread(one[name]["inside"] for one in exact),
            spread((one[name]["steps"] for one in exact), digits=3)]  # fmt: skip


say(
    "Find $u(x, 0)$ from $u(x, 1/2)$. The error is the mean of |u - truth| over 0 ≤ t ≤ 1 "
    "(in the book's rows as the book counts it).",
    table(
        ["", "loss", "error", "of u(x, 0), inside", "updates"],
        [
            ["**the book's set-up**", "", "", "", ""],
            ["published: network", "", f"{printed['mae_network']:.3f}", "", "10,000"],
            ["published: through the solver", "0.00326 after 45", f"{printed['mae']:.4f}", "",
             "49"],
            ["ours, the same", f"{first['losses'][45]:.5f} after 45",
             f"{first['mae_as_printed']:.4f}", "", f"{first['updates']}"],
            ["ours, longer", f"{longer['losses'][-1]:.6f}", f"{longer['mae_as_printed']:.4f}",
             "", f"{longer['updates']}"],
            ["**ν = 0.01/π, exact data**", "", "", "", ""],
            search_row("gradient descent", "gradient descent"),
            search_row("l-bfgs", "L-BFGS, until its loss is smaller"),
        ],
    ),
    f"Ours at ν = 0.01/π: median and range over {len(exact)} draws of a noise of 0.001.",
    "**The book finds the solver three times better than the network.** Both numbers are right, "
    "and they compare two equations, one run of each, an early stop on one side and a slow "
    "optimizer on the other. A comparison needs one equation, one truth, and every search run to "
    "its end.",
    recorded["equal_loss"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 9 · The race (11 minutes)
#
# So we do it: **one equation, one viscosity** ($0.01/\pi$), **one truth** (Cole and Hopf's, no
# solver's), the **same observations** of $u(x, 1/2)$, each off by 0.01. Six racers say what
# $u(x, t)$ was. They take turns in a fixed ratio, and the clock counts each racer's own work.
# (*4D-Var* is what weather services call the search of section 5, with a price for roughness: in
# four dimensions, space and time, by the slope of a loss, the calculus of *var*iations.)
#
# | racer | what it looks for | what it believes in |
# |:--|:--|:--|
# | **4D-Var** | the start, 256 cells: adjoint, L-BFGS | roughness has a price (Tikhonov) |
# | **as the book** | the start, 128 cells: its solver, descent | nothing; it walks slowly from 0 |
# | **surrogate** | a map from data to flow, of 1024 cases | the start is like those cases |
# | **network**, three times | 609 weights, as in lesson 05 | what a small network can draw |
#
# The cases of the surrogate: four waves at random, 0.5 to 1.5 high, solved while you watch.
# The three networks differ in the optimizer only: *descent* (the book's), *Adam*, *Gauss-Newton*.
# A racer whose $u$ leaves the stable or the finite is out; the others go on.
#
# The last plot of the panel has the mean |error| over all $x$ and $0 \le t \le 1$. The plots above
# it look at one region, and the knob *error of* says at which. A network's curve is dotted.


# %% tags=["drawing"]
# The question
def nearest(player):
    courses = player.look().courses
    best = min(courses, key=lambda key: courses[key].errors["outside"][-1])
    return RACERS[best].name


winner = guess_choice(
    "After 20 rounds: who has the best start u(x, 0) outside, where |x| > 1/2?",
    tuple(racer.name for racer in RACERS.values()),
    of=nearest,
    at=20,
    explain="Its steps are cheap, and it walks from 0 through smooth starts. But it does not know "
    "when to stop: let the race go on.",
)

# %% slideshow={"slide_type": "subslide"}
race_panel = show(BurgersRace(), predict=winner, still=6 * 21)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Five seeds, by region
#
# One race is an anecdote. Here are five, with other noise, other networks and other training
# cases. The line is the median, the band goes from the best seed to the worst.

# %% tags=["drawing"]
# Five races: the error by region, over rounds and over seconds
races = recorded["race"].values["all"]


def race_lines(region, over):
    lines = []
    for colour, (key, racer) in enumerate(RACERS.items()):
        many = min(len(one[key]["rounds"]) for one in races)
        y = np.array([one[key][region][1:many] for one in races])
        at = np.median([one[key][over][1:many] for one in races], axis=0)
        name = racer.name if over == "rounds" else ""
        dash = "dotted" if racer.name.startswith("net") else "solid"  # two colours are both blue
        band = (y.min(0), y.max(0))
        lines.append(Lines(at, np.median(y, 0), name, colour, dash, band=band))
    return tuple(lines)


def race_plot(region, over):
    last = {
        racer.name: np.median([one[key][region][-1] for one in races])
        for key, racer in RACERS.items()
    }
    ends = ", ".join(f"{name} {error:.2g}" for name, error in last.items())
    return Plot(
        REGIONS[region],
        race_lines(region, over),
        Axis("round") if over == "rounds" else Axis("seconds of the processor", log=True),
        Axis("mean |error|", log=True),
        note="" if over == "rounds" else "colours as on the left",
        ends=over == "rounds",
        alt=f"Mean error of {REGIONS[region]} over {over}. Medians at the end: {ends}.",
    )


draw(*(race_plot(region, over) for region in ("inside", "outside", "later")
       for over in ("rounds", "seconds")))  # fmt: skip

# %% tags=["numbers"]
# Who wins? The end of the race
end = {key: [one[key] for one in races] for key in RACERS}


def race_row(key):
    runs = end[key]
    errors = [spread(one[region][-1] for one in runs) for region in REGIONS]
    reached = [one["below"]["0.05"] for one in runs if one["below"]["0.05"] is not None]
    quick = spread(reached) if len(reached) == len(runs) else "never"
    return [RACERS[key].name, spread(one["seconds"][-1] for one in runs), quick, *errors]


say(
    f"After {races[0]['var']['rounds'][-1]} rounds, mean |error| (median and range of "
    f"{len(races)} seeds), and the seconds to a mean error of 0.05 everywhere:",
    table(
        ["", "seconds", "to 0.05", "everywhere", "start, inside", "start, outside", "t ≥ 1/2"],
        [race_row(key) for key in RACERS],
    ),
    "**Who wins?** It depends on the clock and on the place.\n\n"
    "- *Quickest* is the book's way. Its solver takes few and long steps on half as many cells, "
    "so its slope is much cheaper than that of 4D-Var. Left alone it walks past the truth, on to "
    "a start that fits the noise, and its grid's mistakes, as well.\n"
    "- *Everywhere* 4D-Var and the network by Gauss-Newton end together: their ranges overlap. "
    "4D-Var hardly minds the seed; the network does.\n"
    "- *Outside and later* Gauss-Newton wins clearly. It has no grid. 4D-Var is held up by its "
    "own: its solver is of first order. Set *cells* to 512 on the panel: it comes nearer, and "
    "each of its steps costs more.\n"
    "- *Inside* nobody wins. No data speak there, so each shows its belief: a smooth start, "
    "a usual case, whatever the network draws (look at the range of Gauss-Newton).\n"
    "- By Adam and by descent the same network is not even near, after "
    f"{races[0]['adam']['laps'][-1]:,} steps of each. (The book gave descent 10,000.)",
    "Chosen by us: the price of roughness, 0.0003, among three values on seed 0; the rates (0.02 "
    "for descent is the book's); one size of network and 600 points for all three. The networks "
    "were told that u = 0 at the walls, the solvers that the ends meet.",
    recorded["race"].how(),
)

# %% tags=["numbers"]
# Why a factor of three?
three = recorded["truths"].values["three"]


def against_book(key):
    pairs = zip(end[key], end["book"], strict=True)
    return spread(one["everywhere"][-1] / book["everywhere"][-1] for one, book in pairs)


best = spread(one["best"]["error"] for one in end["book"])
update = RACERS["book"].laps * np.median([one["best"]["round"] for one in end["book"]])
say(
    f"**Why did the book find a factor of three?** It prints {printed['mae_network']:.3f} for the "
    f"network and {printed['mae']:.4f} for the solver. Four things are in that:",
    f"1. *Three viscosities.* The code of its solver has {three['of the solver']:.6f}, that of "
    f"its network {three['of the network']:.4f}, and its data are nearest to what its solver "
    f"makes with {three['fits the data best']:.4f}. What it takes for the truth is "
    f"{three['two truths apart']:.3f} off the exact flow of its network: errors cannot be "
    "compared more finely. That is a fault, but it is too small to make the factor.\n"
    "2. *The optimizer.* Here is the error of the same network at the end of the race, over that "
    f"of the book's way: by descent {against_book('descent')}, by Adam {against_book('adam')}, by "
    f"Gauss-Newton {against_book('newton')}. **The factor belongs to the optimizer, not to the "
    "network.**\n"
    f"3. *The budget.* The book stops its solver after 49 updates. Ours is best after about "
    f"{update:.0f}, with an error of {best}; then it begins to fit the noise, and "
    "the mistakes of its own grid.\n"
    "4. *One mean over all places.* Inside the start is not in the data. There the book's way "
    f"ends with an error of {spread(one['inside'][-1] for one in end['book'])}, outside with "
    f"{spread(one['outside'][-1] for one in end['book'])}. One number mixes what the data say "
    "with what a search believes.",
    recorded["truths"].how(),
)

# %% tags=["numbers"]
# What the surrogate costs
learned = recorded["surrogate"].values["trained"]
offline = np.median([one["seconds"][-1] for one in end["surrogate"]])
search = np.median([one["below"]["0.05"] for one in end["var"]])
each = np.median([one["answer_seconds"] for one in learned])
paid = math.floor(offline / (search - each)) + 1


def share_wrong(name):
    return spread((one[name]["error"] / one[name]["size"] for one in learned), percent=True)


say(
    f"**And the surrogate?** It costs {offline:.0f} seconds before its first answer, and "
    f"{1000 * each:.1f} ms for each. 4D-Var is below a mean error of 0.05 in {search:.1f} "
    "seconds; the surrogate itself never is. "
    f"By exercise 6.3 the surrogate is the cheaper one from question {paid} on. *If* the question "
    "is of its kind. Its error, as a share of the size of $u$:",
    table(
        ["new cases of its kind", "the race's", "the race's, 1.9 times as high", "sin 6πx"],
        [[share_wrong(name)
          for name in ("own kind", "the race's", "twice as high", "sixth wave")]],
    ),
    "A search does not mind what was usual before.",
    recorded["surrogate"].how(),
)  # fmt: skip

# %% tags=["numbers"]
# To cite the race
say(
    "**Cite this section as:** The sciml_widgets authors, *sciml_widgets: scientific machine "
    f"learning that you can touch*, version {version('sciml-widgets')}, lesson 08, "
    "*Differentiate the solver*, "
    f"section 9, *The race*. All its numbers are printed by `{recorded['race'].command}`."
)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# ### For and against
#
# | for | against |
# |:--|:--|
# | the equation is obeyed as well as the solver obeys it | somebody must write such a solver |
# | a good discretisation is knowledge, and it is used | a grid, a time step, a limit |
# | a gradient costs a few solves, for any number of unknowns | memory: the states of the past |
# | fewer unknowns than a network, quickly found | a right solver can have a wrong gradient |
#
# *"Is that machine learning at all?"* It is how weather services have started their forecasts for
# decades: *4D-Var* carries an adjoint back through the weather model [2]. What is new is that the
# same gradient can train a network that sits **inside** the solver. That is lesson 09.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Where it is used
#
# One application of each kind, with the papers in which it stands:
#
# | kind | what is found | from what |
# |:--|:--|:--|
# | surrogate | rain over Montreal on 250 m [6] | a climate model on 2.5 km |
# | network that obeys | density and temperature of a plasma [7] | the light of one line |
# | network that obeys | the pressure in arteries [8] | magnetic resonance of the flow |
# | slope of a solver | the shape of a beam of particles [9] | its pictures on screens |
# | network and solver | a fluid that goes where it is told [10] | a deformed flow, repaired |
#
# Slides often cite the relatives of these works. Blood flow is [8], and not the review that shows
# its picture. The beam is [9], in four dimensions, and not the workshop paper beside it
# (arXiv:2211.09077); six dimensions from measurements came later (arXiv:2404.10853).
#
# **Will it replace simulations?** No: it *is* a simulation, and its slope. It replaces the tuning
# by hand around one: of starts, of coefficients, of magnets. Where there is no solver, or a
# thousand answers a second are wanted, take a network. Where there is a solver, differentiate it.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 10 · Key points (1 minute)
#
# - A solver is a long chain of steps. Its gradient is carried back, link by link: the **adjoint**.
# - One gradient costs a few solves, whatever the number of unknowns. The price is memory.
# - Check by autograd, away from kinks and **at** the place where the search begins.
# - The stability limit belongs to the search too: its iterates may walk beyond it.
# - **Small loss is not a right answer** where the data do not fix it. Then the way down decides,
#   or you do: Tikhonov, early stopping. And do not make your data with your own solver.
# - A race needs one equation, one truth, the same data, several seeds, and **two clocks**: steps
#   and seconds. Who wins depends on where you look, and on who was allowed to go on.
#
# **What next, on the panels**
#
# - Run the panel of section 5 until its loss stands still. Then, while it runs, set the *Tikhonov
#   weight* to 0.0001. What happens to the start, and what to the loss?
# - Set *viscosity ν* to 0.02 and *substeps* to 12 on the same panel. Is the start easier to find,
#   or harder? Why?
# - Set *inverse crime* off on the panel with one spot (section 1), and the scheme to *limited*.
#   What does a better solver change: the loss, or the flow that is found?
# - Give the noise a size of 0.3 on the panel of section 5. Find the best price of roughness, then
#   the best moment to stop.
#
# **References**
#
# 1. N. Thuerey, P. Holl, M. Mueller, P. Schnell, F. Trost, K. Um, *Physics-based deep learning*
#    (2021), the notebook "Burgers Optimization with a Differentiable Physics Gradient".
#    [arXiv:2109.05237](https://arxiv.org/abs/2109.05237)
# 2. O. Talagrand, P. Courtier, *Variational assimilation of meteorological observations with the
#    adjoint vorticity equation*, Quarterly Journal of the Royal Meteorological Society 113, 1311
#    (1987). [doi:10.1002/qj.49711347812](https://doi.org/10.1002/qj.49711347812)
# 3. B. Engquist, S. Osher, *One-sided difference approximations for nonlinear conservation laws*,
#    Mathematics of Computation 36, 321 (1981).
#    [doi:10.1090/S0025-5718-1981-0606500-X](https://doi.org/10.1090/S0025-5718-1981-0606500-X)
# 4. D. C. Liu, J. Nocedal, *On the limited memory BFGS method for large scale optimization*,
#    Mathematical Programming 45, 503 (1989).
#    [doi:10.1007/BF01589116](https://doi.org/10.1007/BF01589116)
# 5. A. Griewank, A. Walther, *Algorithm 799: revolve: an implementation of checkpointing*, ACM
#    Transactions on Mathematical Software 26, 19 (2000).
#    [doi:10.1145/347837.347846](https://doi.org/10.1145/347837.347846)
# 6. B. Teufel, F. Carmo, L. Sushama et al., *Physics-informed deep learning framework to model
#    intense precipitation events at super resolution*, Geoscience Letters 10, 19 (2023).
#    [doi:10.1186/s40562-023-00272-z](https://doi.org/10.1186/s40562-023-00272-z)
# 7. A. Mathews, J. L. Terry, S. G. Baek et al., *Deep modeling of plasma and neutral fluctuations
#    from gas puff turbulence imaging*, Review of Scientific Instruments 93, 063504 (2022).
#    [doi:10.1063/5.0088216](https://doi.org/10.1063/5.0088216)
# 8. G. Kissas, Y. Yang, E. Hwuang, W. R. Witschey, J. A. Detre, P. Perdikaris, *Machine learning
#    in cardiovascular flows modeling: predicting arterial blood pressure from non-invasive 4D flow
#    MRI data using physics-informed neural networks*, Computer Methods in Applied Mechanics and
#    Engineering 358, 112623 (2020).
#    [doi:10.1016/j.cma.2019.112623](https://doi.org/10.1016/j.cma.2019.112623)
# 9. R. Roussel, A. Edelen, C. Mayes et al., *Phase space reconstruction from accelerator beam
#    measurements using neural networks and differentiable simulations*, Physical Review Letters
#    130, 145001 (2023).
#    [doi:10.1103/PhysRevLett.130.145001](https://doi.org/10.1103/PhysRevLett.130.145001)
# 10. J. Tang, B. Kim, V. C. Azevedo, B. Solenthaler, *Physics-informed neural corrector for
#     deformation-based fluid control*, Computer Graphics Forum (2023).
#     [doi:10.1111/cgf.14751](https://doi.org/10.1111/cgf.14751)
