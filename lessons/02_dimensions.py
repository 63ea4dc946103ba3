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
#     number: 2
#     title: The curse of dimensionality
#     objectives:
#     - say why a grid dies in many dimensions and chance does not, with slopes that you measured;
#     - recognise an error bar that lies, and say which density of points makes it honest;
#     - write a function of many variables as a sum of waves, random or trained.
#     sections:
#     - {title: See it, minutes: 6}
#     - {title: The problem, minutes: 6}
#     - {title: Build it, minutes: 13}
#     - {title: 'Predict, run, explain', minutes: 6}
#     - {title: Functions of many variables, minutes: 9}
#     - {title: A sharp border, minutes: 5}
#     - {title: Exercises, minutes: 10}
#     - {title: Where it breaks, minutes: 4}
#     - {title: The honest table, minutes: 4}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - integrals of several variables
#     - mean and standard deviation
#     - Python with numpy
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - the curse of dimensionality
#     - Monte Carlo, variance reduction
#     - random features and two-layer networks
#     - compressed sensing and its phase transition
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 2 · The curse of dimensionality
#
# **After this lesson you can**
#
# 1. say why a grid dies in many dimensions and chance does not, with slopes that you measured;
# 2. recognise an error bar that lies, and say which density of points makes it honest;
# 3. write a function of many variables as a sum of waves, random or trained.
#
# | | |
# |:--|:--|
# | **Time** | 64 minutes |
# | **You need** | integrals of several variables; mean and standard deviation; Python with numpy |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 02 --set ...` may change
dimension: int = 10  # MonteCarlo.dimension: the live panel of section 1
seed: int = 0  # MonteCarlo.seed: the live panel of section 1

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (6 minutes)
#
# A function of three variables is to be integrated over a cube. Four rules race. A **grid** looks
# at evenly spaced points, row by row. **Monte Carlo** looks anywhere, by chance. **Sobol points**
# are placed so that they leave no gaps. **Importance sampling** looks more often where the
# function is large. The exact answer is known, so we see every error. This is one such race,
# recorded.

# %% tags=["five-minutes", "numbers"]
# A recorded race of 15 doublings
from sciml_widgets import guess_choice, show
from sciml_widgets.course import results
from sciml_widgets.labs import MonteCarlo

recorded = results("02")
show(recorded["see"].values["run"]["record"])

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# Both axes of the first plot are logarithmic: equal steps are equal *factors*. There, a law
# "error ∝ points$^{-1/2}$" is a straight line of slope $-1/2$: a hundred times the points, a tenth
# of the error.
#
# Now in **ten** dimensions. **Guess before you run.**

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
RULES = {
    "trapezoid": "the grid (trapezoid rule)",
    "monte_carlo": "Monte Carlo",
    "sobol": "Sobol points",
    "importance": "importance sampling",
}


def the_worst(player):
    return RULES[max(RULES, key=lambda name: player.look().errors[name][-1][1])]


ten_dimensions = guess_choice(
    "d = 10, up to 32,768 points. Which rule has the largest error at the end?",
    tuple(RULES.values()),
    of=the_worst,
    at=14,
    explain="A grid with only two points an axis has 1024 points in ten dimensions; three an axis "
    "are 59,049, too many. Chance does not care how many axes there are.",
)

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
race = MonteCarlo().but(dimension=dimension, seed=seed)
panel = show(race, predict=ten_dimensions, still=15)

# %% [markdown] tags=["five-minutes"]
# **What to look at**, once you have pressed **Run** (or *Step*, if it is too quick):
#
# - *relative error over points*: each mark is a rule with so many points. The dashed line is not
#   a fit. It is what theory says of Monte Carlo.
# - *points for an error of 1 %*: the price in each dimension. The blue line climbs through
#   sixteen powers of ten.
#
# Drag **dimensions d** and run again: 1, 2, 4, 20. Which lines move?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (6 minutes)
#
# We want one number,
#
# $$ I = \int_0^1 \!\cdots\! \int_0^1 g(x_1, \dots, x_d)\; dx_1 \cdots dx_d , $$
#
# from the values of $g$ at $N$ points. This is everywhere: the energy of atoms (three variables
# each), the price of an option (one for each day), the loss of a network (one for each pixel of
# a picture).
#
# To judge a rule we need a truth. Take $g = e^{a(x_1 + \dots + x_d)}$. It is a product, so the
# integral is one too:
#
# $$ I = \left( \int_0^1 e^{a x}\,dx \right)^{\! d} = \left( \frac{e^a - 1}{a} \right)^{\! d} . $$
#
# We take $a = 2/\sqrt d$. Then $g$ varies about equally strongly in every dimension, and what we
# see is the *rule's* trouble, not the function's. The rules are not told that $g$ is a product.

# %% tags=["setup"]
import math

import numpy as np
from scipy.stats import qmc

from sciml_widgets import guess_number, run, show
from sciml_widgets.course import exercise, fold, quiz, results, say, spread, table
from sciml_widgets.integrals import Integrand
from sciml_widgets.labs import (
    ErrorBar,
    MonteCarlo,
    RandomFeatures,
    SparseRecovery,
    TrainedFeatures,
)

recorded = results("02")


# %% tags=["function"]
def steepness(d):
    return 2 / np.sqrt(d)


def corner(x):
    """g at each point; a point is a row of x."""
    return np.exp(steepness(x.shape[1]) * x.sum(axis=1))


def exact(d):
    a = steepness(d)
    return (np.expm1(a) / a) ** d  # expm1(a) is e^a - 1


# %%
for d in (1, 3, 20):
    print(f"d = {d:2}: from {1:.0f} in one corner to {np.exp(2 * np.sqrt(d)):5.0f} in the opposite"
          f" one; integral {exact(d):.3f}")  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it (13 minutes)
#
# ### 3.1 A grid
#
# In one dimension the **trapezoid rule** joins neighbouring points by straight lines. With spacing
# $h$ its error is proportional to $h^2$. In $d$ dimensions we do that along every axis: all
# combinations of the axis points, and as weight the product of the axis weights.


# %% tags=["grid"]
def grid_rule(d, per_axis):
    """The trapezoid rule with per_axis^d points."""
    axis = np.linspace(0, 1, per_axis)
    weight = np.full(per_axis, 1 / (per_axis - 1))
    weight[[0, -1]] /= 2  # the ends count half
    points = np.stack(np.meshgrid(*[axis] * d), axis=-1).reshape(-1, d)
    weights = np.stack(np.meshgrid(*[weight] * d), axis=-1).reshape(-1, d).prod(axis=1)
    return weights @ corner(points)


# %%
for d in (1, 2, 3, 4, 5):
    per_axis = round(10_000 ** (1 / d))
    error = grid_rule(d, per_axis) / exact(d) - 1
    print(f"d = {d}: {per_axis:5} an axis, {per_axis**d:5} points, relative error {error:.1e}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# About the same number of points. In one dimension eight digits are right, in five not even two.
# The reason is short. With $N$ points in all there are $N^{1/d}$ on an axis, so $h \approx
# N^{-1/d}$:
#
# $$ \text{error} \;\propto\; h^2 \;=\; N^{-2/d} . $$
#
# In one dimension ten times the points give a hundredth of the error. In twenty dimensions ten
# times the points give 0.8 of it. This is the **curse of dimensionality** [1].

# %% tags=["numbers"]
# What a grid would need, computed from the product (nobody visits these points)
price = recorded["needs"].values["1 %"]


def years(points):
    return points / 1e9 / 3.15e7


say(
    "For an error of 1 %, at a thousand million points a second:",
    table(
        ["d", "points of the grid", "time"],
        [
            [d, f"{row['grid']:,.0f}" if row["grid"] < 1e9 else f"{row['grid']:.1e}",
             f"{row['grid'] / 1e9:.1g} s" if row["grid"] < 1e10
             else f"{years(row['grid']):.1f} years"]
            for d, row in price.items() if d in ("1", "4", "10", "20")
        ],
    ),
    "It is *seven points an axis* in every row, and $7^d$ in all. "
    "In 20 dimensions one grid is within reach: two points an axis, which are 1,048,576. Its "
    f"error is {100 * price['20']['two an axis']:.0f} %.",
    recorded["needs"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# ### 3.2 Chance
#
# An integral over the cube is a **mean**: the mean of $g$ over all points. Take some points by
# chance and take *their* mean. That is **Monte Carlo**.
#
# How wrong is it? If one value of $g$ has the variance $\sigma^2$, the mean of $N$ independent
# ones has the variance $\sigma^2/N$. So
#
# $$ \text{error} \approx \frac{\sigma}{\sqrt N} , $$
#
# and **no $d$ stands in it**. Better still: $\sigma$ can be estimated from the same values. Monte
# Carlo brings its own error bar.


# %% tags=["chance"]
def monte_carlo(d, points, rng):
    """The estimate, and its own error bar."""
    values = corner(rng.random((points, d)))
    return values.mean(), values.std() / np.sqrt(points)


# %%
rng = np.random.default_rng(0)
for d in (1, 3, 20):
    estimate, bar = monte_carlo(d, 10_000, rng)
    print(f"d = {d:2}: relative error {estimate / exact(d) - 1:+.4f}, bar {bar / exact(d):.4f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.3 Better than chance: leave no gaps
#
# Chance leaves gaps and makes heaps. *Sobol points* fill the cube evenly, and in a cunning order:
# each new one goes where there is still room [2]. We shift their digits at random ("scrambling"),
# so that one can repeat the experiment.


# %% tags=["sobol"]
def sobol_rule(d, doublings, rng):
    """The mean over 2^doublings scrambled Sobol points."""
    points = qmc.Sobol(d, rng=rng).random_base2(doublings)
    return corner(points).mean()


# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 Better than chance: look where it matters
#
# Most of the integral comes from the corner where all $x_i$ are near 1. Draw the points from a
# density $q(x)$ that prefers that corner. To be fair, each point then counts $1/q$:
#
# $$ I = \int \frac{g(x)}{q(x)}\, q(x)\, dx \;\approx\; \frac1N \sum_j \frac{g(x_j)}{q(x_j)},
# \qquad x_j \text{ drawn from } q . $$
#
# We take $q = \prod_i b\,e^{b x_i} / (e^b - 1)$. A uniform number $u$ becomes a number with this
# density by $x = \log(1 + u\,(e^b - 1)) / b$. This is **importance sampling**.


# %% tags=["importance"]
def importance(d, points, b, rng):
    """The estimate with points from the density q, and its own error bar."""
    x = np.log1p(rng.random((points, d)) * np.expm1(b)) / b
    q = np.exp(b * x.sum(axis=1)) * (b / np.expm1(b)) ** d
    values = corner(x) / q
    return values.mean(), values.std() / np.sqrt(points)


# %%
rng = np.random.default_rng(0)
a = steepness(20)
for b in (-a, 0.01, 0.8 * a, a):  # 0.01: nearly even (0 would divide by 0)
    estimate, bar = importance(20, 10_000, b, rng)
    print(f"b = {b:+.3f}: relative error {estimate / exact(20) - 1:+.5f}, "
          f"bar {bar / exact(20):.5f}")  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# With $b = a$ the error is zero! Then $g/q$ is a *constant*. But which constant? It is $I$ itself:
# to write down this $q$ one must know the answer. **The perfect density costs the answer; a good
# guess of it is worth a lot.** And a bad guess, $b = -a$, is worse than none: look at its bar.
# (One error alone may be small by luck.)
#
# ### 3.5 Measure the slopes
#
# One error of chance says little, so we take the root mean square of 16. Then a straight line
# through the logarithms.


# %% tags=["slopes"]
def typical(estimates, d):
    """Root mean square of the relative errors."""
    return np.sqrt(np.mean((np.array(estimates) / exact(d) - 1) ** 2))


def fitted_slope(points, errors):
    return np.polyfit(np.log(points), np.log(errors), 1)[0]


# %%
rng = np.random.default_rng(1)
doublings = range(6, 13)
print("slopes        Monte Carlo   Sobol")
for d in (1, 4, 10, 20):
    chance = [typical([monte_carlo(d, 2**k, rng)[0] for _ in range(16)], d) for k in doublings]
    filled = [typical([sobol_rule(d, k, rng) for _ in range(16)], d) for k in doublings]
    points = [2**k for k in doublings]
    print(f"d = {d:2}           {fitted_slope(points, chance):.2f}       "
          f"{fitted_slope(points, filled):.2f}")  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# - Monte Carlo: $-1/2$, in every dimension. That is theory, and it is exact. What you *measured*
#   scatters around it: 16 runs know their own error to 18 % only, so a slope to about 0.05. To be
#   off by twice as much is no surprise.
# - Sobol: steeper than $-1/2$, but it *does* feel the dimension. For a smooth function it is
#   steeper than $-1$ in few dimensions, about $-1$ in ten, and less in twenty. Theory promises
#   $-1$ (and more for smooth functions) in the end [2], and in many dimensions the end is far.
#
# The panel of section 1 does exactly this.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (6 minutes)
#
# "I need no truth. My error bar protects me." Let us see.
#
# In 20 dimensions, $p(x)$ is the normal density (standard deviation 1 along each axis). We ask for
# its integral. The answer is **1**. The points come from another normal density $q$ that is
# narrower, with standard deviation 0.6, and each counts $p/q$.
#
# 200 groups do this experiment, each with 8192 points of its own. Each reports its mean and its
# bar. An honest bar, doubled, holds the truth in 95 of 100 groups. **In how many here?**

# %% tags=["drawing"]
# The question
lying_bar = guess_number(
    "The share of groups whose doubled bar holds the truth, 1?",
    of="coverage",
    at=11,
    low=0.0,
    high=1.0,
    percent=True,
    explain="Look at 'distance from the centre'. The points fall where q is. The answer lies "
    "where p is, further out. Only the rare points in between count, and they count enormously. "
    "A group that has none of them sees values that agree with each other well: a small bar, "
    "around a wrong number.",
)

# %%
lying = show(ErrorBar(), predict=lying_bar, still=12)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Explain it.** Is more data the cure? The weight $w = p/q$ has mean 1. Its mean *square*, one
# axis at a time, is
#
# $$ \int \frac{p^2}{q}\,dx = \frac{s^2}{\sqrt{2 s^2 - 1}}
# \qquad\text{for } s > \tfrac{1}{\sqrt 2}, \qquad \text{and } \infty \text{ else.} $$
#
# At $s = 0.6$ the variance is **infinite**. A bar computed from a sample is always finite. So
# no bar can be right, however large $N$ is. (The estimate itself does come to 1 in the end. But
# nothing in the sample says when.) And even where it is finite, the number is taken to the power
# $d$.

# %% tags=["numbers"]
# The same for other widths, recorded
from sciml_widgets.wrong_density import variance

widths = recorded["bars"].values
fold(
    f"After your guess: {len(widths)} widths, {len(widths['0.6'])} x 200 groups, "
    f"{widths['0.6'][0]['points']:,} points each",
    table(
        ["width s of q", "variance of the weights (exact)", "typical error",
         "bar that is reported", "bars that hold the truth"],
        [
            [s, "infinite" if math.isinf(variance(float(s), 20)) else
             f"{variance(float(s), 20):.2g}",
             spread(one["off"] for one in runs), spread(one["claimed"] for one in runs),
             spread((one["coverage"] for one in runs), percent=True)]
            for s, runs in widths.items()
        ],
    ),
    "*Typical error* is the median of the groups; an honest bar is about 1.5 times as large.",
    "Too narrow: the bars lie. A little too wide costs next to nothing, and they are honest. "
    "**Make the tails of q a little heavier than those of p.** But only a little: with s = 2 "
    "nearly all points fall where p is nothing. The variance is finite then, but so large that "
    "8,192 points are still too few for an honest bar.",
    recorded["bars"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Functions of many variables (9 minutes)
#
# An integral is one number. Learning asks for more: a *function* $f(x_1, \dots, x_d)$ from its
# values at some points. Polynomials are the classical way. How many coefficients does one of
# degree $p$ have? $\binom{d+p}{p}$: degree 4 in 20 dimensions has 10,626.
#
# But chance helps here too. The bell $f(x) = e^{-|x|^2/2}$ is an *average of waves*:
#
# $$ e^{-|x|^2/2} = \text{mean of } \cos(w \cdot x) \text{ over normal random } w
# \;\approx\; \frac1m \sum_{j=1}^m \cos(w_j \cdot x) . $$
#
# That is Monte Carlo again, so the error is $C/\sqrt m$. And it is a **network with one hidden
# layer** of $m$ units, whose inner weights $w_j$ nobody has trained: *random features* [3, 4].


# %% tags=["waves"]
def draw_points(d, count, rng):
    """A random direction, and any distance from 0 to 3: the same distances in every dimension."""
    x = rng.normal(size=(count, d))
    return 3 * rng.random((count, 1)) * x / np.linalg.norm(x, axis=1, keepdims=True)


def average_of_waves(x, m, rng):
    w = rng.normal(size=(m, x.shape[1]))
    return np.cos(x @ w.T).mean(axis=1)


def known_error(x, m):
    """Theory: one wave has the variance (1 - e^{-r²})² / 2 at the distance r from 0."""
    r2 = (x**2).sum(axis=1)
    return np.sqrt(np.mean((1 - np.exp(-r2)) ** 2) / (2 * m))


# %%
rng = np.random.default_rng(0)
for d in (2, 20):
    x = draw_points(d, 2000, rng)
    bell = np.exp(-(x**2).sum(axis=1) / 2)
    for m in (10, 100, 1000):
        error = np.sqrt(np.mean((average_of_waves(x, m, rng) - bell) ** 2))
        print(f"d = {d:2}, {m:4} waves: error {error:.4f}, theory {known_error(x, m):.4f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two dimensions or twenty: the same error. Now against polynomials, on a panel. *random waves,
# fitted* has the same kind of waves, but with coefficients that fit the data best. Drag
# **dimensions d** to 2, then to 20.

# %%
growing = show(RandomFeatures().but(dimension=10), still=9)

# %% tags=["numbers"]
# The same, recorded
many = recorded["waves"].values


def of(runs, name):
    return spread((one[name] for one in runs), percent=True)


say(
    f"Relative error with up to {many['2'][0]['coefficients']} coefficients:",
    table(
        ["d", "average of waves", "theory", "waves, fitted", "best polynomial",
         "its coefficients"],
        [
            [d, of(runs, "average"), of(runs, "theory"), of(runs, "fitted"),
             of(runs, "polynomial"), f"{runs[0]['powers']}"]
            for d, runs in many.items()
        ],
    ),
    "**In few dimensions fit polynomials or waves**; the plain average is the worst of all there. "
    "In many dimensions a polynomial has no room. The average has the same error everywhere: dull "
    "in one dimension, and a gift in twenty.",
    "To be fair: the average is told which waves make a bell, and needs no samples. The fits "
    "know only 1,536 samples, and in many dimensions these are far apart.",
    recorded["waves"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Frozen or trained?
#
# So why train a network at all? Take a function that varies along *one* direction $e$ only,
# $f = \sin(3\,e \cdot x)$, in ten dimensions. Nobody tells us $e$. Random directions miss it:
# in ten dimensions nearly all of them are nearly at right angles to $e$.
#
# The panel has 64 waves. *train the directions* is **off**: only the outer weights are fitted.
# Run, and after some steps switch it **on**.

# %%
frozen = show(
    TrainedFeatures().but(inner=False),
    hide=("samples", "keep", "kind"),
    still=40,
)

# %% tags=["numbers"]
# The same, recorded
turned = recorded["directions"].values
first = turned["one direction, 10"][0]
say(
    f"Relative error with {first['units']} waves, {first['samples']} samples and "
    f"{first['steps']} steps:",
    table(
        ["function, d", "frozen directions", "trained directions", "polynomial, as many numbers"],
        [
            [name, of(runs, "frozen"), of(runs, "trained"), of(runs, "polynomial")]
            for name, runs in turned.items()
        ],
    ),
    "**This is what training buys: features that fit the question.** Where there is a direction, "
    "it is found. Barron proved it in general: for a large class of functions a network with $m$ "
    "trained units has an error of at most $C/\\sqrt m$ in every dimension, and no fixed set of "
    "features can do that for all of them [5]. (The constant $C$ belongs to the function, and it "
    "may grow with $d$.)",
    recorded["directions"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · A sharp border (5 minutes)
#
# Many dimensions are not only a curse. A vector has $N$ numbers, but only $k$ of them are not
# zero; nobody says which. We may take $n < N$ measurements, each a random mixture of all. There
# are infinitely many vectors that fit. Take the one with the **smallest** $|x_1| + \dots + |x_N|$.
#
# Sometimes that is *exactly* the right one. When? Each step of the panel is one random problem,
# solved. The orange curve is theory, for very large $N$; no number in it was fitted [6, 7].

# %%
diagram = show(SparseRecovery(), still=200)

# %% tags=["numbers"]
# Where half of the problems are solved, recorded
borders = recorded["border"].values
say(
    f"Where half of the problems are solved (N = {borders['signs, 0.5'][0]['size']}):",
    table(
        ["measurements, n/N", "measured k/n", "theory"],
        [
            [name, spread((one["half"] for one in runs), digits=3), f"{runs[0]['theory']:.3f}"]
            for name, runs in borders.items()
        ],
    ),
    "The border is *sharp*, as between water and ice: physicists call it a phase transition. And "
    "it hardly asks what the measurements are: normal numbers, signs, or some rows of a cosine "
    "transform. (A fast MRI scan takes some rows of its cousin, the Fourier transform.)",
    recorded["border"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Exercises (10 minutes)
#
# Every exercise checks itself. A failed check gives a hint; you may ask for one with `.hint()`,
# and for a worked solution with `.solution()`.
#
# ### 7.1 A mean with its bar
#
# Write the two numbers that Monte Carlo reports: the mean of the values, and its error bar.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "02",
    hints=(
        "The standard deviation of the values says how far *one* value is from the mean.",
        "The mean of N values is √N times better.",
    ),
)
def report(answer):
    values = np.random.default_rng(3).normal(5.0, 2.0, 400)
    found = answer(values)
    yield np.size(found) == 2, "it gives two numbers, the mean and the bar"
    if np.size(found) != 2:
        return
    mean, bar = found
    yield abs(mean - values.mean()) < 1e-12, "the mean is the mean of the values"
    yield abs(bar / (values.std() / 20) - 1) < 0.01, "400 values: the bar is a twentieth of std"
    small, large = answer(values[:100])[1], answer(np.tile(values[:100], 100))[1]
    yield abs(small / large - 10) < 0.2, "100 times as many values, a tenth of the bar"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "report"]
def mean_and_bar(values):
    return values.mean(), values.std()  # is that the bar of the mean?


report.check(mean_and_bar)


# %% tags=["solution", "report"]
# A worked solution. Try first, then open it.
def mean_and_bar(values):
    return values.mean(), values.std() / np.sqrt(len(values))


report.check(mean_and_bar)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 7.2 What does a point count?
#
# Points come from the normal density $q$ with standard deviation $s$ along each of the $d$ axes.
# The density $p$ has standard deviation 1. Write the weight $p/q$ at each row of `x`. (A normal
# density along one axis is $e^{-x^2/2s^2} / (s\sqrt{2\pi})$.)

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "02",
    hints=(
        "Write p/q for one axis first. The factors √(2π) cancel.",
        "One axis: s · exp(-x²/2 + x²/(2s²)).",
        "d axes: multiply. The sum of the squares of a row is np.square(x).sum(axis=1).",
    ),
)
def weights(answer):
    x = 0.8 * np.random.default_rng(4).normal(size=(6, 3))
    found = np.asarray(answer(x, 0.8))
    yield found.shape == (6,), f"one weight for each row (got the shape {found.shape})"
    if found.shape != (6,):
        return
    yield np.allclose(answer(x, 1.0), 1), "if q is p, every point counts 1"
    right = np.exp((-(x**2) / 2 + x**2 / (2 * 0.64)).sum(axis=1)) * 0.8**3
    yield np.allclose(found, right, rtol=1e-9), "the weights are right for s = 0.8"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "weights"]
def weight(x, s):
    return np.ones(len(x))  # write p/q here


weights.check(weight)


# %% tags=["solution", "weights"]
# A worked solution. Try first, then open it.
def weight(x, s):
    return s ** x.shape[1] * np.exp(-(x**2).sum(axis=1) / 2 * (1 - 1 / s**2))


weights.check(weight)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 7.3 A goal: 0.1 % in 20 dimensions, with one knob
#
# Somebody has sent the points of importance sampling to the wrong corner. Turn **one** knob, so
# that its error is below 0.1 % with 32,768 points or fewer.

# %% tags=["check"]
# The start, and how your choice is checked
from sciml_widgets.knobs import values as values_of

astray = MonteCarlo().but(dimension=20, tilt=-0.5)


@exercise(
    "02",
    hints=(
        "The tilt says which corner the points prefer. Where is the function large?",
        "What did section 3.4 say about b = a? That is tilt = 1.",
        "astray.but(tilt=...)",
    ),
)
def aim(answer):
    if not isinstance(answer, MonteCarlo):
        yield False, "the answer is a lab: astray.but(name=value)"
        return
    old, new = values_of(astray), values_of(answer)
    moved = [name for name in old if old[name] != new[name]]
    said = ", ".join(moved) or "none"
    yield moved == ["tilt"], f"one knob is turned, and not the problem (turned: {said})"
    player = run(answer)
    said = f"{player.scalars.get('importance', math.inf):.2g}"
    yield player.scalars.get("importance", 1) < 1e-3, f"the error is below 0.1 % (it is {said})"


# %%
aiming = show(astray, goal="importance<0.001", within=14, still=15)

# %% tags=["exercise", "aim"]
answer = astray  # turn one knob here: astray.but(name=value)

aim.check(answer)

# %% tags=["solution", "aim"]
# A worked solution. Try first, then open it.
answer = astray.but(tilt=0.9)  # 1 would be perfect, and who knows the perfect density?

aim.check(answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 7.4 Did it arrive?

# %%
quiz("02")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · Where it breaks (4 minutes)
#
# The menu *Presets* of each panel holds known failures. Three of them belong to the laws that you
# have just learned.
#
# **Chance has a constant, and the constant may grow with $d$.** How much of the cube does the ball
# inside it fill? In 20 dimensions, almost nothing. No point hits it, all values are 0, and so is
# the error bar. Look at the slopes: an error of 1 stays an error of 1.

# %%
ball = show(MonteCarlo().preset("a ball that vanishes"), still=15)

# %% tags=["numbers"]
# How small the ball is, and what a function pays that is not tamed
tiny = recorded["race"].values["ball 20"][0]
say(
    f"The ball fills {tiny['exact']:.2g} of the cube: one point in about "
    f"{round(1 / tiny['exact'] / 1e6, -1):.0f} million.",
    "And for $g = e^{3(x_1 + \\dots + x_d)}$, with the *same* 3 in each dimension, 1 % costs "
    f"Monte Carlo {price['1']['chance, not shared']:,.0f} points at d = 1 and "
    f"{price['20']['chance, not shared']:.1e} at d = 20. The slope is still -1/2. **A slope says "
    "how an error falls. It does not say from where.**",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Laws have conditions.** The grid's $-2/d$ is for functions with different slopes at both ends.
# A smooth *periodic* function has no ends: there the trapezoid rule is extremely good, and this
# one it integrates exactly with three points an axis.

# %%
for d in (1, 4, 12):
    wave = Integrand("periodic", dimension=d)
    print(f"d = {d:2}: error with 2 points an axis {wave.grid_error(2):.1e}, "
          f"with 3 {wave.grid_error(3):.0e}")  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Training needs data.** With 150 samples, 64 trained waves fit every sample and miss the
# function. Then take the preset *few samples, repaired*.

# %%
starved = show(TrainedFeatures().preset("few samples"), hide=("kind",), still=100)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 9 · The honest table (4 minutes)
#
# And without any of these rules? Our $g$ is a product. Whoever *sees* that needs one integral in
# one dimension, by a rule of Gauss with five points, to the power $d$.


# %% tags=["product"]
def by_product(d):
    x, weight = np.polynomial.legendre.leggauss(5)
    return (weight / 2 @ np.exp(steepness(d) * (x + 1) / 2)) ** d


# %%
print(f"d = 20, 5 points: relative error {by_product(20) / exact(20) - 1:.0e}")

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# The slopes and errors against theory
grids, races = recorded["grids"].values, recorded["race"].values
shown = ("1", "2", "3", "4", "5", "6", "10", "20")


def chance_row(d, name, what):
    runs = races.get(f"corner {d}")
    return spread((one[name][what] for one in runs), digits=2) if runs else ""


last = races["corner 4"][0]["points"]
say(
    "**Slopes.** Theory: $-2/d$ for the grid, $-1/2$ for chance, about $-1$ for Sobol, and "
    "steeper where $d$ is small and the function smooth. The grid was visited with up to a "
    "million points. Beyond d = 5 it has too few sizes to fit a line.",
    table(
        ["d", "-2/d", "grid", "Monte Carlo", "importance", "Sobol"],
        [
            [d, f"{-2 / int(d):.2f}", f"{grids[d]['slope']:.2f}" if d in grids else "",
             chance_row(d, "monte_carlo", "slope"), chance_row(d, "importance", "slope"),
             chance_row(d, "sobol", "slope")]
            for d in shown
        ],
    ),
    "At d = 4 and 5 the grid has few points an axis, and its slope is not yet that of the law. "
    "The slopes of chance scatter around -1/2, because a run keeps its points when it doubles "
    "them. For Sobol at small d the ranges are wide, because a few unlucky draws make the root "
    "mean square.",
    f"**Relative errors at {last:,} points.** The theory of Monte Carlo is "
    "√(variance/points), without a fit.",
    table(
        ["d", "Monte Carlo", "its theory", "importance, tilt 0.8", "Sobol"],
        [
            [d, chance_row(d, "monte_carlo", "error"),
             f"{races[f'corner {d}'][0]['theory']:.2g}",
             chance_row(d, "importance", "error"), chance_row(d, "sobol", "error")]
            for d in shown if f"corner {d}" in races
        ],
    ),
    "At d = 1 the Sobol points have run out of digits: they are multiples of $2^{-30}$, which is "
    f"{2.0**-30:.1e}.",
    f"Median and range over {len(races['corner 4'])} seeds, each the root mean square of 16 runs. "
    + recorded["race"].how(),
)  # fmt: skip

# %% tags=["numbers"]
# The threshold beside the published one
published = {"0.25": 0.266, "0.5": 0.385, "0.75": 0.533}
say(
    "**The border of l1**, k/n: published [6] for very large N, our formula, and our problems "
    f"with N = {borders['signs, 0.5'][0]['size']}.",
    table(
        ["n/N", "published", "formula", "measured"],
        [
            [m, f"{number:.3f}", f"{borders[f'normal numbers, {m}'][0]['theory']:.3f}",
             spread((one["half"] for one in borders[f"normal numbers, {m}"]), digits=3)]
            for m, number in published.items()
        ],
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Structure beats every rule.** A product, a direction, a few entries: where there is structure
# and one knows it, the curse is gone. Where there is structure and one does *not* know it,
# training may find it. Where there is none, not even smoothness, nothing beats chance by much.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 10 · Key points (1 minute)
#
# - A grid has points$^{1/d}$ on an axis: its error falls as points$^{-2/d}$, in 20 dimensions
#   hardly at all.
# - Chance has the slope $-1/2$ in every dimension. **The constant may still grow.**
# - Sobol points and importance sampling are better chance. The perfect density costs the answer.
# - **An error bar is made of the points that you saw.** If the variance is infinite, it lies.
# - An average of random waves has the same error in every dimension, if one knows where to draw
#   them from. Trained waves find the direction that matters.
# - Few measurements are enough for few entries, up to a sharp border.
#
# **What next, on the panels**
#
# - First panel: set *function* to *periodic*, then to *ball*. Which slopes change, and why?
# - Error bar: find the smallest width at which 90 % of the bars hold the truth, at d = 5 and at
#   d = 50.
# - Random waves: turn *width of p(w)* to 1.6 in ten dimensions. Where have you seen that before?
#
# **References**
#
# 1. R. Bellman, *Adaptive Control Processes: A Guided Tour*, Princeton University Press (1961).
#    [doi:10.1515/9781400874668](https://doi.org/10.1515/9781400874668)
# 2. A. B. Owen, *Scrambling Sobol' and Niederreiter-Xing points*, Journal of Complexity 14, 466
#    (1998). [doi:10.1006/jcom.1998.0487](https://doi.org/10.1006/jcom.1998.0487)
# 3. A. Rahimi, B. Recht, *Random features for large-scale kernel machines*, NeurIPS (2007); with
#    proofs in A. Rahimi, B. Recht, *Uniform approximation of functions with random bases*,
#    Allerton (2008).
#    [doi:10.1109/ALLERTON.2008.4797607](https://doi.org/10.1109/ALLERTON.2008.4797607)
# 4. W. E, J. Han, L. Zhang, *Integrating machine learning with physics-based modeling* (2020).
#    [arXiv:2006.02619](https://arxiv.org/abs/2006.02619)
# 5. A. R. Barron, *Universal approximation bounds for superpositions of a sigmoidal function*,
#    IEEE Transactions on Information Theory 39, 930 (1993).
#    [doi:10.1109/18.256500](https://doi.org/10.1109/18.256500)
# 6. D. L. Donoho, J. Tanner, *Observed universality of phase transitions in high-dimensional
#    geometry*, Philosophical Transactions of the Royal Society A 367, 4273 (2009).
#    [doi:10.1098/rsta.2009.0152](https://doi.org/10.1098/rsta.2009.0152)
# 7. D. Amelunxen, M. Lotz, M. B. McCoy, J. A. Tropp, *Living on the edge: phase transitions in
#    convex programs with random data*, Information and Inference 3, 224 (2014).
#    [doi:10.1093/imaiai/iau005](https://doi.org/10.1093/imaiai/iau005)
