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
#     number: __NUMBER__
#     title: __TITLE__
#     objectives:
#     - say in words what the method minimises;
#     - write the method by hand, and steer it while it runs;
#     - tell a small loss from a small error.
#     sections:
#     - {title: See it, minutes: 5}
#     - {title: The problem, minutes: 4}
#     - {title: Build it, minutes: 10}
#     - {title: 'Predict, run, explain', minutes: 4}
#     - {title: Exercises, minutes: 8}
#     - {title: Where it breaks, minutes: 4}
#     - {title: The honest table, minutes: 3}
#     - {title: Key points, minutes: 2}
#     prerequisites:
#     - derivatives, and a little Python
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - exponential decay
#     licence: CC-BY-4.0
#     status: draft
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# The first cell is written by the build, from the block above.

# %% [markdown] tags=["lecturer"]
# **For who teaches.** This is the template: a whole small lesson, to be replaced piece by piece.
# A cell like this one is in the instructor's copy only, and a speaker's note in the slides. Say
# here what to show in five minutes, and where to stop and ask.

# %% tags=["parameters"]
# What `sciml-widgets lesson run __NUMBER__ --set ...` may change
seed: int = 0  # BurgersPINN.seed: the live panel of section 1

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (5 minutes)
#
# One sentence that says what is about to happen, and one thing to vote on before Run is pressed.

# %% tags=["five-minutes"]
from sciml_widgets import show
from sciml_widgets.labs import BurgersPINN

panel = show(BurgersPINN().but(seed=seed))

# %% [markdown] tags=["five-minutes"]
# **What to look at**: one line for each picture.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (4 minutes)
#
# Something fades, and the more there is, the faster it fades:
#
# $$ u'(t) = -u(t), \qquad u(0) = 1, \qquad 0 \le t \le 1. $$
#
# The truth is $u = e^{-t}$.

# %% tags=["setup"]
from dataclasses import dataclass

import numpy as np

from sciml_widgets import Axis, Experiment, Frame, Lines, Picture, Plot, Series, knob, run, show
from sciml_widgets.course import draw, exercise, fold, say, spread, table

times = np.linspace(0, 1, 20)
truth = np.exp(-times)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it (10 minutes)
#
# The unknown function is a polynomial, $u = c_0 + c_1 t + c_2 t^2 + c_3 t^3$.


# %% tags=["method"]
def powers(degree=3):
    """Columns 1, t, t², ..., and their derivatives 0, 1, 2t, ..."""
    k = np.arange(degree + 1)
    return times[:, None] ** k, k * times[:, None] ** np.maximum(k - 1, 0)


def losses(c):
    """Mean squares of what is left of the equation and of the start."""
    value, slope = powers()
    return {"pde": np.mean((slope @ c + value @ c) ** 2), "start": (c[0] - 1) ** 2}


def downhill(c, w_start):
    """The slope of the loss in each coefficient."""
    value, slope = powers()
    left = slope + value
    gradient = 2 * left.T @ (left @ c) / len(times)
    gradient[0] += 2 * w_start * (c[0] - 1)
    return gradient


# %% tags=["loop"]
c = np.random.default_rng(0).normal(size=4)
for step in range(101):
    if step % 25 == 0:
        print(f"step {step:3}   " + "   ".join(f"{n} {x:.5f}" for n, x in losses(c).items()))
    c -= 0.05 * downhill(c, w_start=1.0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The same loop with knobs: what you want to turn becomes a knob, and it says `yield`.


# %% tags=["setup", "experiment"]
@dataclass
class Fading(Experiment):
    rate: float = knob(0.05, 0.001, 0.5, log=True, label="step size", help="size of a step")
    w_start: float = knob(1.0, 0.0, 10.0, label="weight of the start", help="its wish")
    seed: int = knob(0, 0, 99, kind="restart", help="random start")

    title = "A polynomial that obeys u' = -u"
    length = 300
    series = (
        Series("pde", "equation", role="loss"),
        Series("start", "start", role="loss"),
        Series("error", "relative error", role="error", percent=True),
    )

    def frames(self):
        t, k = times[:, None], np.arange(4)
        value, slope = t**k, k * t ** np.maximum(k - 1, 0)
        left = slope + value
        c = np.random.default_rng(self.seed).normal(size=4)
        for step in range(10_000):
            numbers = {
                "pde": float(np.sqrt(np.mean((left @ c) ** 2))),
                "start": float(abs(c[0] - 1)),
                "error": float(np.linalg.norm(value @ c - truth) / np.linalg.norm(truth)),
            }
            yield Frame(step, numbers, state=c.copy)
            gradient = 2 * left.T @ (left @ c) / len(times)
            gradient[0] += 2 * self.w_start * (c[0] - 1)
            c = np.clip(c - self.rate * gradient, -1e100, 1e100)

    def picture(self, c, view):
        u = 0 * times if c is None else times[:, None] ** np.arange(4) @ c
        lines = (Lines(times, u, "polynomial"), Lines(times, truth, "exact", 6, "dashed"))
        alt = f"The polynomial over t; at t = 1 it is {u[-1]:.2f}, and the truth 0.37."
        return Picture((Plot("u(t)", lines, Axis("t"), Axis("u", -0.5, 1.5), alt=alt),))


# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (4 minutes)
#
# After how many steps is the relative error below 5 %? Write down a number, then run. Then explain
# to your neighbour what made it quick or slow.

# %%
my_guess = 200

# %% tags=["numbers"]
# What happened, and your guess
player = run(Fading(), until="error<0.05")
say(
    f"You guessed **{my_guess}**; it took **{player.goal_reached}** steps.",
    fold("Why?", "Say here what the number depends on."),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Exercises (8 minutes)
#
# ### 5.1 A residual
#
# Write what is left of $u' = -2u$ when $u$ and $u'$ are given.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "__NUMBER__",
    hints=("Bring everything to one side.", "For u' = -u it was u' + u."),
)
def residual(answer):
    t = np.linspace(0, 1, 5)
    left = answer(np.exp(-2 * t), -2 * np.exp(-2 * t))
    yield np.abs(left).max() < 1e-12, "it is zero for the solution"
    yield np.abs(answer(t**2, 2 * t) - (2 * t + 2 * t**2)).max() < 1e-12, "it has the right size"


# %% tags=["exercise", "residual"]
def left_over(u, u_t):
    return 0 * u  # write it here


residual.check(left_over)


# %% tags=["solution", "residual"]
# A worked solution. Try first, then open it.
def left_over(u, u_t):
    return u_t + 2 * u


residual.check(left_over)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 A goal: 5 % within 100 steps
#
# Somebody has left the step size at a bad place. Turn it.

# %% tags=["check"]
# The bad start, and how your choice is checked
slow = Fading().but(rate=0.001)


@exercise(
    "__NUMBER__",
    hints=("Is it too slow, or does it jump about?", "Try ten times more, and again."),
)
def step_size(answer):
    yield isinstance(answer, Fading), "the answer is a lab: slow.but(rate=...)"
    player = run(answer, frames=101, until="error<0.05")
    said = f"{100 * player.scalars['error']:.1f} % at step {player.step_now}"
    yield player.goal_reached is not None, f"the error is below 5 % by step 100 ({said})"


# %% tags=["exercise", "step_size"]
answer = slow  # slow.but(rate=...)

step_size.check(answer)

# %% tags=["solution", "step_size"]
# A worked solution. Try first, then open it.
answer = slow.but(rate=0.06)  # 2 / 17 = 0.12 would be too large: look at the next section

step_size.check(answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Where it breaks (4 minutes)
#
# Without a wish for the start, $u = 0$ obeys the equation, and so does every multiple of $e^{-t}$.
# Watch the loss fall while the error stays.

# %%
broken = show(Fading().but(w_start=0.0), still=300)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · The honest table (3 minutes)
#
# What does a classical solver cost on the same task? Long runs belong into
# `lessons/results/__NUMBER___*.json`, which `make results` writes; these are short.

# %% tags=["numbers"]
# The table, over several random starts
errors = [run(Fading().but(seed=seed), frames=301).scalars["error"] for seed in range(5)]
steps = np.cumprod(np.full(100, 1 - 0.01 + 0.01**2 / 2))
say(
    table(
        ["", "relative error"],
        [
            ["polynomial, 300 steps downhill", spread(errors, percent=True)],
            [
                "Heun's method, 100 steps",
                f"{100 * abs(steps[-1] / np.exp(-1) - 1):.1g} % at t = 1",
            ],
        ],
    ),
    f"Median and range over {len(errors)} random starts.",
)

# %% tags=["drawing"]
# The solver beside the truth
draw(
    Plot(
        "the classical solver",
        (
            Lines(np.linspace(0.01, 1, 100), steps, "Heun"),
            Lines(times, truth, "exact", 6, "dashed"),
        ),
        Axis("t"),
        Axis("u", 0, 1.1),
        alt="Both curves fall from 1 to 0.37 and cannot be told apart.",
    )
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 8 · Key points (2 minutes)
#
# - Three to five sentences that should stay.
#
# **What next, on the first panel**
#
# - One thing to try.
#
# **References**
#
# 1. M. Raissi, P. Perdikaris, G. E. Karniadakis, *Physics-informed neural networks*, Journal of
#    Computational Physics 378, 686 (2019).
#    [doi:10.1016/j.jcp.2018.10.045](https://doi.org/10.1016/j.jcp.2018.10.045)
