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
#     part: b
#     title: 'Can the past be found? Burgers backwards'
#     objectives:
#     - say what makes a problem *ill-posed*, and see it before anything is trained;
#     - tell what a network has found from what it has merely invented;
#     - reproduce a published run, say why its error is what it is, and what one run is worth.
#     sections:
#     - {title: See it, minutes: 5}
#     - {title: The problem, minutes: 8}
#     - {title: Build it, minutes: 7}
#     - {title: 'Predict, run, explain', minutes: 5}
#     - {title: Exercises, minutes: 10}
#     - {title: Where it breaks, minutes: 10}
#     - {title: The honest table, minutes: 12}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - 'lesson 5: a network that obeys an equation'
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - Burgers' equation, forward and reconstruction
#     - ill-posed inverse problems
#     - for and against physics-informed networks
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 5b · Can the past be found? Burgers backwards
#
# **After this lesson you can**
#
# 1. say what makes a problem *ill-posed*, and see it before anything is trained;
# 2. tell what a network has found from what it has merely invented;
# 3. reproduce a published run, say why its error is what it is, and what one run is worth.
#
# | | |
# |:--|:--|
# | **Time** | 58 minutes |
# | **You need** | lesson 5: a network that obeys an equation |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 05b --set ...` may change
seed: int = 0  # BurgersPINN.seed: the live panel of section 4

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (5 minutes)
#
# Somebody has measured the velocity $u$ once, at $t = 1/2$, when the shock stands. How did it all
# begin? A solver runs forward in time only (lesson 8 makes one search all the same). A network has
# no clock. It is told the equation, the walls and the measurement, and fills in the rest, the past
# included.
#
# This is such a run, recorded. The vertical axis of *slices* is $u$; look at $t = 0$, which
# nobody has given.

# %% tags=["five-minutes", "numbers"]
# A recorded run of 120 steps
from sciml_widgets import show
from sciml_widgets.course import results

recorded = results("05b")
show(recorded["see"].values["run"]["record"])

# %% [markdown] tags=["five-minutes"]
# The network finds a start that obeys everything it was told. **Is it the right one?** Look at
# *network minus exact*. Nearly everywhere it is right. What stays wrong, however long you train,
# fills a triangle: on the left, at $t = 0$, it lies between $x = -1/2$ and $x = 1/2$, and to the
# right it closes. Is the network too small? Has it not trained enough?
#
# Neither. The measurement does not say more, whoever reads it. This lesson shows why.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (8 minutes)
#
# The equation is the one of lesson 5, with $\nu = 0.01/\pi$,
#
# $$ u_t + u\,u_x = \nu\,u_{xx}, \qquad u(\pm 1, t) = 0, $$
#
# but instead of the start, $u(x, 1/2)$ is given for all $x$. We look for $u(x, 0)$.
#
# Hadamard called a problem **well-posed** if a solution exists, if there is
# only one, and if a *small change of the data changes the solution only a little*. Else it is
# **ill-posed**. Forward, Burgers' equation is well-posed. Backward?
#
# We have the exact solution, so we can simply try: two starts that are clearly different. What is
# left of the difference at $t = 1/2$?

# %% tags=["setup"]
import math
import statistics
import time

import numpy as np
import torch
from torch import nn

from sciml_widgets import guess_curve, run, show
from sciml_widgets.course import draw, exercise, fold, quiz, results, say, spread, table
from sciml_widgets.labs import BurgersPINN
from sciml_widgets.physics import Burgers
from sciml_widgets.picture import Axis, Lines, Plot

NU = 0.01 / math.pi
x_line = torch.linspace(-1, 1, 401, dtype=torch.float64)
knots = np.linspace(-1, 1, 21)  # a start is drawn through 21 heights
sine = -np.sin(np.pi * knots)
sine[[0, -1]] = 0


# %% tags=["state"]
def state(heights, t):
    """u(x, t) that grows out of a start with these heights, exactly."""
    points = torch.stack([x_line, torch.full_like(x_line, t)], dim=1)
    return Burgers(nu=NU, start="drawn", drawn=tuple(heights)).exact(points)[:, 0]


wave = -0.3 * np.sin(5 * np.pi * knots)
inside = sine + np.where(abs(knots) < 0.45, wave, 0)  # another start, different in the middle
outside = sine + np.where((abs(knots) > 0.55) & (abs(knots) < 0.99), wave, 0)  # and outside

for name, start in [("in the middle", inside), ("outside", outside)]:
    for t in (0.0, 0.5):
        apart = (state(start, t) - state(sine, t)).norm() / state(sine, t).norm()
        print(f"different {name:13}  t = {t}: {100 * apart:.1f} %")


# %% tags=["drawing", "five-minutes"]
# Both pairs of starts, and what becomes of them
def pair(start, t, title):
    mine, usual = state(start, t).numpy(), state(sine, t).numpy()
    x = x_line.numpy()
    return Plot(
        title,
        (Lines(x, usual, "the sine", 6, "dashed"), Lines(x, mine, "another start", 1)),
        Axis("x"),
        Axis("u", -1.1, 1.1),
        alt=f"Two curves over x at t = {t}; at most {abs(mine - usual).max():.2f} apart.",
    )


draw(
    pair(inside, 0.0, "t = 0: different in the middle"),
    pair(inside, 0.5, "t = 1/2: where is the difference?"),
    pair(outside, 0.0, "t = 0: different outside"),
    pair(outside, 0.5, "t = 1/2: it is still there"),
)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# Both changes are equally large at the start. The one outside survives. The one in the middle is
# all but gone: from a measurement at $t = 1/2$ with an error of one per cent, nobody can tell the
# two starts apart. Backward there is still only one solution, but Hadamard's third condition
# fails: a tiny change of the data changes the past a lot. That is *ill-posed*, and no network was
# needed to see it.
#
# **Why the middle?** A bit of fluid that starts at $x_0$ moves with its velocity
# $-\sin \pi x_0$ and arrives at the shock at $x = 0$ after the time
# $t = x_0 / \sin \pi x_0$. For $x_0 = 1/2$ that is exactly $t = 1/2$. Everything that started at
# $|x_0| < 1/2$ has run into the shock by then, and the smoothing has wiped it out. What started
# outside is still on its way.
#
# So do not ask "how large is the error?" but "**where?**". Three regions tell most:
#
# | | can it be known? |
# |:--|:--|
# | $t \ge 1/2$ | yes: from the data on, the problem is an ordinary one |
# | $u(x, 0)$ for $\lvert x \rvert > 1/2$ | yes: that fluid still exists at $t = 1/2$ |
# | $u(x, 0)$ for $\lvert x \rvert < 1/2$ | not from the data: all but a trace of it is gone |
#
# That is the triangle of the first picture: its two long sides are the paths of the fluid from
# $x_0 = \pm 1/2$, the last that reaches the shock in time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it (7 minutes)
#
# Take the loop of lesson 5 and change one wish: *the measurement* in place of *the start*. This is
# the run of the lecture behind this course, with its own choices: 8 layers of 20 units, plain
# gradient descent with steps of 0.02, *half* the mean squares, and walls and data in one mean.
# (Such things matter: without the half, steps of 0.02 would be twice as long.)


# %% tags=["network"]
def network(depth=8, width=20, seed=0):
    """u(x, t): the columns of the input are x and t."""
    torch.manual_seed(seed)
    layers = [nn.Linear(2, width), nn.Tanh()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(width, 1))


def residual(u, points):
    """What is left over of Burgers' equation."""
    points = points.clone().requires_grad_()
    value = u(points)
    slope = torch.autograd.grad(value.sum(), points, create_graph=True)[0]
    u_x, u_t = slope[:, :1], slope[:, 1:]
    u_xx = torch.autograd.grad(u_x.sum(), points, create_graph=True)[0][:, :1]
    return u_t + value * u_x - NU * u_xx


# %%
u = network()
print(f"{sum(weights.numel() for weights in u.parameters())} weights")

inner = torch.rand(1000, 2) * torch.tensor([2.0, 1.0]) - torch.tensor([1.0, 0.0])
walls = torch.stack([torch.tensor([-1.0, 1.0]).repeat(50), torch.rand(100)], dim=1)
measured = torch.stack([torch.rand(100) * 2 - 1, torch.full((100,), 0.5)], dim=1)
data = Burgers(nu=NU).exact(measured).float()  # u at t = 1/2, and nothing earlier


# %% tags=["wishes"]
def wishes(u, inner, walls, measured, data):
    """Half mean squares: one of the equation, one of walls and measurement together."""
    known = torch.cat([u(walls), u(measured) - data])
    return residual(u, inner).square().mean() / 2 + known.square().mean() / 2


# %%
optimizer = torch.optim.SGD(u.parameters(), lr=0.02)
for step in range(301):
    loss = wishes(u, inner, walls, measured, data)
    if step % 100 == 0:
        print(f"step {step:3}   loss {loss:.4f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# It is slow. The lecture goes on for 10,000 steps; the table below has six such runs. On the
# panel, the preset *the past, as the lecture had it* is this loop. *The past, by Gauss-Newton*
# differs in more than the optimizer: a smaller network, wishes of other weights, and points that
# move to where the equation is obeyed worst.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (5 minutes)
#
# You know what the true start looks like: $-\sin \pi x$. Draw what *the network* will say about
# $u(x, 0)$, after 100 good steps. Then run, and explain to your neighbour where the two differ,
# and why there.

# %%
found = show(
    BurgersPINN().preset("the past, by Gauss-Newton").but(seed=seed),
    predict=guess_curve(
        "Draw the u(x, 0) that the network will find.",
        of="t = 0",
        at=100,
        x=Axis("x", -1, 1),
        y=Axis("u(x, 0)", -1.3, 1.3),
        explain="Outside of |x| = 1/2 the fluid still exists at t = 1/2, and the start is found. "
        "In between many starts lead to almost the same shock, and the network takes one of them.",
    ),
    still=101,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Exercises (10 minutes)
#
# Every exercise checks itself. A failed check gives a hint; you may ask for one with `.hint()`,
# and for a worked solution with `.solution()`.
#
# ### 5.1 How much is lost?
#
# The measurement comes at another time $t$. Which starts $|x_0|$ have run into the shock by then?
# Fluid from $x_0$ arrives after $x_0 / \sin \pi x_0$. Write a function that gives the largest
# $x_0$ that has arrived at time $t$, for $1/\pi < t < 1$ (0 before that), to six decimals.
# Bisection will do.


# %% tags=["check"]
# How the next cell is checked
@exercise(
    "05b",
    hints=(
        "x0 / sin(πx0) grows from 1/π at x0 = 0 without end as x0 comes near 1.",
        "Halve an interval again and again, from 0 to 1 at first. Which half holds the answer?",
        "Take the middle m of the interval. If m / sin(π m) < t, the answer lies above m.",
    ),
)
def lost(answer):
    value = answer(0.5)
    number = isinstance(value, (int, float))
    yield number, "it gives a number"
    if not number:
        return
    yield abs(value - 0.5) < 1e-6, "at t = 1/2 everything from |x0| < 1/2 is lost"
    yield abs(answer(0.2)) < 1e-6, "before t = 1/π nothing is lost"
    times = (0.35, 0.6, 0.8, 0.95)
    given = [(t, answer(t)) for t in times]  # 0 and 1 are no places that arrive then
    wrong = [t for t, x0 in given
             if not 0 < x0 < 1 or abs(x0 / math.sin(math.pi * x0) - t) > 1e-5]  # fmt: skip
    yield not wrong, f"it is right at other times (wrong at: {wrong or 'none'})"


# %% tags=["exercise", "lost"]
def largest_lost(t):
    return t  # the largest x0 that has arrived at time t


lost.check(largest_lost)


# %% tags=["solution", "lost"]
# A worked solution. Try first, then open it.
def largest_lost(t):
    if t <= 1 / math.pi:
        return 0.0
    below, above = 1e-9, 1 - 1e-12
    for _ in range(60):
        middle = (below + above) / 2
        if middle / math.sin(math.pi * middle) < t:
            below = middle
        else:
            above = middle
    return below


lost.check(largest_lost)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 An error that tells something
#
# The book behind the lecture gives one number: the mean absolute error over the whole box. It
# mixes what can be known with what cannot. Write a function that gives the **relative error of
# the start outside** of $|x| = 1/2$: the length of the error there, divided by the length of the
# truth there.


# %% tags=["check"]
# How the next cell is checked
@exercise(
    "05b",
    hints=(
        "Choose first, then measure: keep = abs(x) > 0.5.",
        "The length of a vector v is sqrt(sum(v²)): np.linalg.norm(v).",
        "np.linalg.norm((u - exact)[keep]) / np.linalg.norm(exact[keep])",
    ),
)
def outside_error(answer):
    x = np.linspace(-1, 1, 201)
    exact = -np.sin(np.pi * x)
    none = answer(x, exact, exact)
    number = isinstance(none, (int, float))
    yield number, "it gives a number"
    if not number:
        return
    yield abs(none) < 1e-12, "it is 0 for the truth"
    middle = exact + np.where(abs(x) < 0.5, 1.0, 0.0)
    yield abs(answer(x, middle, exact)) < 1e-12, "an error in the middle does not count"
    yield abs(answer(x, 1.1 * exact, exact) - 0.1) < 1e-9, "10 % too large everywhere is 0.1"
    bump, there = np.where(abs(x - 0.75) < 0.05, 0.3, 0.0), exact[abs(x) > 0.5]
    right = np.sqrt(np.sum(bump**2) / np.sum(there**2))
    mine = answer(x, exact + bump, exact)
    yield (
        abs(mine - right) < 0.01 * right,
        f"a bump of height 0.3 at x = 3/4: lengths give {right:.3f} (yours: {mine:.3f})",
    )


# %% tags=["exercise", "outside_error"]
def error_outside(x, u, exact):
    return np.mean(np.abs(u - exact))  # change this


outside_error.check(error_outside)


# %% tags=["solution", "outside_error"]
# A worked solution. Try first, then open it.
def error_outside(x, u, exact):
    keep = np.abs(x) > 0.5
    return np.linalg.norm((u - exact)[keep]) / np.linalg.norm(exact[keep])


outside_error.check(error_outside)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 Did it arrive?

# %%
quiz("05b", 1, 2, 3)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Where it breaks (10 minutes)
#
# The lecture's own run, live. Watch the slices for a while: the shock at $t = 1/2$ hardly forms,
# and the start stays flat. Is that because the problem is ill-posed? The next section tells.

# %%
slow = show(BurgersPINN().preset("the past, as the lecture had it"), still=300)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### For and against
#
# The lecture closes this part with two lists, for and against. Do not believe them, and do not
# believe us: measure. **Is it slow, because it paints the answer pixel by pixel?**

# %%
pixels = torch.cartesian_prod(torch.linspace(-1, 1, 128), torch.linspace(0, 1, 33))


def milliseconds(work, times=20):
    work()
    began = time.perf_counter()
    for _ in range(times):
        work()
    return 1000 * (time.perf_counter() - began) / times


with torch.no_grad():
    painting = milliseconds(lambda: u(pixels))
learning = milliseconds(lambda: wishes(u, inner, walls, measured, data).backward())
print(f"paint {len(pixels)} pixels {painting:8.1f} ms")
print(f"one step of training {learning:5.1f} ms")
print(f"10,000 such steps    {10 * learning:5.0f} s")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Painting is quick. *Training* is slow.
#
# **Are its derivatives exact?** Autograd gives the exact derivatives *of the network*. But the
# network is not the solution: it is the solution plus a small error, and a small error may wiggle
# quickly. Each derivative makes the wiggles count more.
#
# **Does it go on after the last training time?** It was asked for $t \le 1$ only.

# %% tags=["numbers"]
# Recorded runs: the error of each derivative, and the error beyond t = 1
bounds = recorded["limits"].values
looks = ((0, "solid", 1.3), (1, "dashed", 1.3))  # colour, dash, width


def fan(title, across, ticks, key, alt):
    """One line for each random start."""
    lines = []
    for (label, runs), look in zip(bounds.items(), looks, strict=True):
        for number, one in enumerate(runs):
            y = one[key].values() if isinstance(one[key], dict) else one[key]
            lines.append(Lines(np.array(ticks), np.array([*y]), "" if number else label, *look))
    return Plot(title, tuple(lines), Axis(across), Axis("relative error", log=True), alt=alt)


draw(
    fan(
        "each derivative loses digits",
        "how often differentiated in x",
        [0, 1, 2, 3],
        "orders",
        "The error grows with every derivative, but for two starts of Adam whose u is far off.",
    ),
    fan(
        "after t = 1 it is a guess",
        "t",
        [float(t) for t in bounds["Adam"][0]["later"]],
        "later",
        "Up to t = 1 the error is small; then it grows steeply.",
    ),
    caption="Forward problem, ν = 0.05; one line for each random start.",
)

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# The same in numbers
everyone = [one["orders"] for runs in bounds.values() for one in runs]
grows = sum(all(a < b for a, b in zip(one, one[1:], strict=False)) for one in everyone)
fold(
    "The same in numbers",
    table(
        ["relative error of", *(f"${name}$" for name in ("u", "u_x", "u_{xx}", "u_{xxx}"))],
        [
            [
                f"{label}, {runs[0]['steps']:,} steps",
                *(spread((one["orders"][k] for one in runs), percent=True) for k in range(4)),
            ]
            for label, runs in bounds.items()
        ],
    ),
    table(
        ["$u$ at", *(f"t = {t}" for t in bounds["Adam"][0]["later"])],
        [
            [
                label,
                *(
                    spread((one["later"][t] for one in runs), percent=True)
                    for t in runs[0]["later"]
                ),
            ]
            for label, runs in bounds.items()
        ],
    ),
    f"Median and range over {len(bounds['Adam'])} random starts. {recorded['limits'].how()}",
    f"In {grows} of {len(everyone)} runs each derivative is worse than the one before. In the "
    "others $u$ itself is off by nearly a constant, which the first derivative takes away.",
)

# %% [markdown]
# | often said | what we find |
# |:--|:--|
# | **for:** it uses the physical model | yes, at the points where it is asked, and not quite |
# | **for:** derivatives come for free | those of the *network*; each has fewer digits |
# | **against:** slow, it paints pixel by pixel | painting is quick, training is slow |
# | **against:** no substitute for a simulation | true here: a solver is quicker and closer |
# | **against:** not really machine learning | it learns from an equation, not from examples |
#
# And one more, **against**: all that training was for one start. Another start, another training.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · The honest table (12 minutes)
#
# The same question, put four ways, and the error by regions.

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes", "numbers"]
# The table, from the recorded runs
book = recorded["published"].values["table"]
lecture, adam, newton = (recorded[name].values["run"] for name in ("lecture", "adam", "newton"))


def row(words, runs):
    steps, weights = f"{runs[0]['steps']:,} steps", f"{runs[0]['weights']} weights"
    errors = [spread((one[name] for one in runs), percent=True)
              for name in ("late", "outside", "inside")]  # fmt: skip
    return [f"{words}, {steps}, {weights}", spread(one["mae"] for one in runs), *errors]


def mean(printed):
    """The book's sum over all numbers, divided by their count."""
    return printed * book["divided_by"] / book["entries"]


def mean_of(runs):
    return statistics.median(one["mae"] for one in runs)


low, high = (pick(one["mae"] for one in lecture) for pick in (min, max))
say(
    table(
        ["", "mean abs. error", "t ≥ 1/2", "start, outside", "start, middle"],
        [
            ["published [1]: the lecture's network", f"{mean(book['pinn_mae']):.3f}", "", "", ""],
            row("the same again", lecture),
            row("only the optimizer changed: Adam, cosine schedule", adam),
            row("Gauss-Newton, other weights, points that move", newton),
            [
                "published [1]: through a solver (lesson 8)",
                f"{mean(book['solver_mae']):.3f}",
                "",
                "",
                "",
            ],
        ],
    ),
    f"The book prints {book['pinn_mae']} and {book['solver_mae']}: it adds up {book['entries']:,} "
    f"numbers and divides by {book['divided_by']:,}. And it compares with a simulation of its "
    "own, we with the exact solution.",
    f"Median and range over {len(lecture)} random starts (the lecture's run) and {len(newton)}. "
    f"The last three columns are relative errors. {recorded['newton'].how()}",
    f"**Why is the published error what it is?** Other random starts give {low:.2f} to "
    f"{high:.2f}, so it is no accident. And most of it is *not* the ill-posed part: where the "
    "answer can be known, at t ≥ 1/2 and at the start outside, it is wrong too. The optimizer had "
    "not arrived. With Adam, and nothing else changed, "
    f"{100 * mean_of(adam) / mean_of(lecture):.0f} % of the error is left; Gauss-Newton finds "
    "what can be known. What stays, in the middle of the start, is not in the data. There only "
    "what one adds decides: the network's smoothness, or the solver's.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# How does one live with an ill-posed problem? By adding what one knows otherwise: that the start
# is smooth, or small, or close to an earlier guess. That is called *regularisation*. A network
# adds such a wish without being asked, because smooth functions are easy for it. So it always
# gives an answer, and never says which part of it was invented. That is for you to find out.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Published against live
#
# The paper that made these networks known [2] solves the *forward* problem at $\nu = 0.01/\pi$. It
# prints the relative error for 36 pairs: $N_u$ points at the start and the walls, $N_f$ points
# for the equation. All of them random, drawn once. Is there a rule? More points, less error?

# %% tags=["numbers"]
# The paper's first table
first = results("05")["published"].values["table"]


DASHES = ("solid", "dashed", "dotted", "dotted", "solid", "dashed")  # like colours differ


def published_plot(title, across, columns, rows, alt):
    lines = [
        Lines(np.array(columns), np.array(row), label, colour % 6, dash)
        for colour, ((label, row), dash) in enumerate(zip(rows, DASHES, strict=False))
    ]
    return Plot(title, tuple(lines), Axis(across), Axis("relative error", log=True), alt=alt)


draw(
    published_plot(
        "published: 36 single runs",
        "points for the equation",
        first["points_inside"],
        [
            (f"{given}", row)
            for given, row in zip(first["data_points"], first["rel_l2"], strict=True)
        ],
        "Six zigzag lines between 0.0005 and 1.2; none of them falls steadily.",
    ),
    caption="One line for each number of points at the start and the walls.",
)

# %% [markdown]
# The lines cross each other and go up and down by a factor of a hundred. Do 6,000 points work
# worse than 4,000? Or was that run *unlucky*? The paper cannot tell: **there is one run in each
# cell**.
#
# So fill a cell with several. The points are drawn once, as in the paper. The optimizer is not
# the paper's (which takes minutes), but Gauss-Newton, on a smaller network; so compare the
# *spread*, not the height. Take your own seeds:

# %% tags=["check"]
# Your cells are kept here, one by one
mine = {}

# %%
given, inside = 100, 2000  # the cell: points at start and walls, and for the equation
seeds = (5, 6)  # yours: any numbers; each takes some seconds


def one_cell(given, inside, seed):
    """The relative error of one run, its points drawn once."""
    lab = BurgersPINN().preset("the shock, by Gauss-Newton")
    lab = lab.but(sampling="uniform", redraw=0, points_edge=given // 2, points_inside=inside)
    return run(lab.but(seed=seed), frames=101).scalars["rel_l2"]


mine[f"{given}, {inside}"] = [one_cell(given, inside, seed) for seed in seeds]
for case, errors in mine.items():
    print(f"yours, {case}:", ", ".join(f"{100 * error:.2f} %" for error in errors))

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Published, recorded, yours
cells, sizes = recorded["cells"].values, recorded["sizes"].values
second = recorded["paper"].values["table"]


def in_paper(paper, rows, columns, case):
    """What the paper prints for a case such as "100, 2000"."""
    row, column = (int(number) for number in case.split(", "))
    if row not in paper[rows] or column not in paper[columns]:
        return "not in the paper"
    return f"{100 * paper['rel_l2'][paper[rows].index(row)][paper[columns].index(column)]:.2g} %"


def again(case, runs):
    live = ", ".join(f"{100 * error:.2g} %" for error in mine.get(case, ()))
    return [spread((one["rel_l2"] for one in runs), percent=True) if runs else "", live]


cell_rows = [
    [
        f"$N_u$, $N_f$: {case}",
        in_paper(first, "data_points", "points_inside", case),
        *again(case, runs),
    ]
    for case, runs in {**cells, **{case: () for case in mine if case not in cells}}.items()
]
size_rows = [
    [f"layers, units: {case}", in_paper(second, "layers", "neurons", case), *again(case, runs)]
    for case, runs in sizes.items()
]

errors = [[one["rel_l2"] for one in runs] for runs in cells.values()]
widest = max(max(one) / min(one) for one in errors)
say(
    table(
        ["", "published: one run", f"recorded: {len(cells['100, 2000'])} runs", "yours"],
        [*cell_rows, *size_rows],
    ),
    "Relative errors; of the recorded runs median and range. The upper rows are the paper's "
    "first table (8 layers of 20 in its text, of 40 in its program; ours: "
    f"{cells['100, 2000'][0]['weights']} weights). The lower rows are its second (200 and 10,000 "
    f"points; ours: 200 and 4,000). Ours: {cells['100, 2000'][0]['steps']} steps of Gauss-Newton. "
    f"{recorded['cells'].how()}",
    f"**Within one cell the runs differ by up to {widest:.0f} times.** So a table with one run in "
    "each cell cannot tell a good choice from good luck.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With several runs in each cell, rules appear that the paper's table hides. With 20 points at the
# start and the walls *every* run is bad; with 200 points there and 4,000 for the equation *every*
# run is good. In between it is a matter of luck. And two layers of 10 or 20 units are too few,
# whatever the seed. Ask for the number of seeds, in papers and of yourself.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Did that arrive?

# %%
quiz("05b", 4, 5)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 8 · Key points (1 minute)
#
# - A problem is **ill-posed** if different causes have (nearly) the same effect. Look for that
#   *before* training.
# - A shock destroys information: what ran into it before the measurement is not in the data.
# - One number over a whole box hides what is known and what is invented. Split it.
# - A network always answers. It does not say where it guessed.
# - Painting is quick, training is slow; each derivative costs digits; after the last training
#   time it guesses.
# - One run is not a result. Say how many seeds.
#
# **What next**
#
# - On the panel of section 4, turn *task* to *sensors* and place a few of them early and in the
#   middle. How many are needed until *network minus exact* is quiet there?
# - Change the seed and compare runs as A and B: where do two networks differ?
#
# **References**
#
# 1. N. Thuerey and others, *Physics-based Deep Learning* (2021), chapters on Burgers' equation.
#    [arXiv:2109.05237](https://arxiv.org/abs/2109.05237)
# 2. M. Raissi, P. Perdikaris, G. E. Karniadakis, *Physics-informed neural networks*, Journal of
#    Computational Physics 378, 686 (2019).
#    [doi:10.1016/j.jcp.2018.10.045](https://doi.org/10.1016/j.jcp.2018.10.045)
# 3. A. Kirsch, *An Introduction to the Mathematical Theory of Inverse Problems* (2011), on
#    Hadamard's definition. [doi:10.1007/978-1-4419-8474-6](https://doi.org/10.1007/978-1-4419-8474-6)
