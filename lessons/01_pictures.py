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
#     number: 1
#     title: From labelled pictures to fields
#     objectives:
#     - train a network on labelled maps in plain torch, and judge it on weather that it never saw;
#     - try any network by four checks before you believe it (one sample, weights, data, rate);
#     - find out what a network looks at, and when "right" is worth nothing.
#     sections:
#     - {title: See it, minutes: 6}
#     - {title: The problem, minutes: 7}
#     - {title: 'Build it: two networks of one size', minutes: 18}
#     - {title: 'Predict, run, explain', minutes: 4}
#     - {title: Exercises, minutes: 12}
#     - {title: Where it breaks, minutes: 8}
#     - {title: The honest table, minutes: 4}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - what a derivative is
#     - a little Python (torch is explained on the way)
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - supervised learning
#     - atmospheric rivers by a convolutional network
#     - practice rules of training
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 1 · From labelled pictures to fields
#
# **After this lesson you can**
#
# 1. train a network on labelled maps in plain torch, and judge it on weather that it never saw;
# 2. try any network by four checks before you believe it (one sample, weights, data, rate);
# 3. find out what a network looks at, and when "right" is worth nothing.
#
# | | |
# |:--|:--|
# | **Time** | 60 minutes |
# | **You need** | what a derivative is; a little Python (torch is explained on the way) |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 01 --set ...` may change
seed: int = 0  # WeatherMaps.seed: the live panel of section 1

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (6 minutes)
#
# Now and then a long, narrow band of moist air reaches across an ocean: an **atmospheric river**.
# Where it meets a coast, it may rain for days. Forecasters see such bands on maps of water vapour.
# Can a network learn to see them, from nothing but maps and the words *river* and *no river*?
#
# This is one such run, recorded. On the left a map that the network has never learned from. Beside
# it *where it looks*: which cells its answer depends on. Drag the time, or press play once more.

# %% tags=["five-minutes", "numbers"]
# A recorded run of 150 steps
from sciml_widgets import guess_choice, show
from sciml_widgets.course import fold, results, spread, table
from sciml_widgets.labs import WeatherMaps

recorded = results("01")
show(recorded["see"].values["run"]["record"])

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# Now live, and it is your turn. The network learns from 400 maps. Beside it stands a **rule
# without a network**: smooth the map, look for the largest wet region, and say *river* if it
# reaches far.
#
# **Guess before you run**: *Run* is locked until you have. On 240 maps that neither of them has
# seen, who is wrong less often?

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
SIDES = ("the network", "the rule", "about equal")


def who_is_better(player):
    network, rule = player.scalars["wrong"], player.scalars["rule"]
    if abs(network - rule) < 0.03:
        return SIDES[2]
    return SIDES[0] if network < rule else SIDES[1]


better = guess_choice(
    "After 150 steps: who is wrong less often on new maps?",
    SIDES,
    of=who_is_better,
    at=150,
    explain="The rule knows one thing about rivers: they reach far. So do three patches in a row, "
    "and a broken river does not. The network has found more than that in 400 maps, and nobody "
    "can read it off its weights.",
)

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
panel = show(WeatherMaps().but(seed=seed), predict=better, still=151)

# %% [markdown] tags=["five-minutes"]
# **What to look at**, once you have pressed **Run**:
#
# - *a map of the test*, and whether it has a river. Turn *test map* to see another.
# - *where it looks*: bright where a little more vapour would change the answer most (a *saliency
#   map* [4]).
# - *wrong in the test*: one bar for each class. Are both small?
# - *training loss*, and *losses and errors*: the share of wrong answers in the test.
#
# Then set **network** to *dense*: another network, with as many weights. What becomes of the
# picture on the right, and of the error?

# %% slideshow={"slide_type": "skip"} tags=["numbers"]
# After your guess: the same for other seeds, from recorded runs
told = recorded["tell"].values
WHO = {"convolutions": "convolutions", "dense": "dense", "linear": "linear (no hidden layer)"}


def share(runs, what):
    return spread((one[what] for one in runs), percent=True)


convs = told["convolutions, plain"]
fold(
    f"After your guess: wrong answers on new maps in {len(convs)} recorded runs",
    table(
        ["", "wrong in the test"],
        [
            ["the rule without a network", share(convs, "rule")],
            *([said, share(told[f"{who}, plain"], "wrong")] for who, said in WHO.items()),
        ],
    ),
    "Median and range over the seeds. Each seed has its own maps, split and random start.",
    recorded["tell"].how(),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (7 minutes)
#
# Somewhere there is a function $f^*$ that turns a map into the right answer: $y = 1$ for a river,
# $y = 0$ for none. Nobody can write it down. But we have examples, maps $x_i$ with their labels
# $y_i$. **Supervised learning** takes a function with many adjustable numbers $\theta$, the
# *weights*, and turns these until it agrees with the examples:
#
# $$
# \hat\theta = \arg\min_\theta \; \frac{1}{N} \sum_{i=1}^{N}
# \ell\bigl(f(x_i; \theta),\, y_i\bigr).
# $$
#
# The network gives any number $f$. We read it as a chance, $p = 1/(1 + e^{-f})$: 0 is "I do not
# know", a large $f$ is "a river, surely". The **loss** $\ell$ of one map is $-\log$ of the chance
# that the network gave to the *right* answer:
#
# $$ \ell = -\,y \log p \;-\; (1 - y) \log (1 - p) . $$
#
# Right and sure costs almost nothing. Not knowing costs $\log 2 \approx 0.69$. Wrong and sure
# costs much.

# %% tags=["setup"]
import numpy as np
import torch
from torch import nn

from sciml_widgets import guess_number, run, show
from sciml_widgets.course import draw, exercise, fold, quiz, say, table
from sciml_widgets.knobs import values
from sciml_widgets.labs import BurgersPINN, WeatherMaps
from sciml_widgets.picture import Axis, Image, Lines, Plot
from sciml_widgets.practice import count_parameters, grow_data, overfit_one, sweep_rate
from sciml_widgets.weather import longest, make, split, tell_apart

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Maps whose labels are right
#
# On real maps people or programs set the labels, and they err. Ours are made the other way round:
# **first the label, then the map.** A river is water along a curved line, 24 cells long and about
# 3 wide. *No river* is the same amount of water, in one to three round patches. Both lie on a
# smooth random background, and every cell has noise.

# %% tags=["drawing"]
# Two maps of each kind
some = make(12, np.random.default_rng(5), snapshots=1)
chosen = [*np.flatnonzero(some.river == 1)[:2], *np.flatnonzero(some.river == 0)[:2]]
BOX = (0.0, 32.0, 0.0, 32.0)
draw(
    *(
        Plot(
            "river" if some.river[k] else "no river",
            (Image(some.fields[k], BOX, -1.0, 3.0),),
            Axis("cells", 0.0, 32.0),
            Axis("", 0.0, 32.0),
            equal=True,
            alt=f"A map of vapour: {'a long bright band' if some.river[k] else 'bright patches'}.",
        )
        for k in chosen
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Is that a fair task? A lazy network could look at the *amount* of water, if rivers had more of
# it. We can test that without a network. For each map take one number, and look for the threshold
# that tells the classes apart best:

# %%
many = make(500, np.random.default_rng(1), snapshots=1)
for name, score in [
    ("amount of water", many.fields.sum((1, 2))),
    ("wettest cell", many.fields.max((1, 2))),
    ("reach of the largest wet region", longest(many.fields, 0.6)),
]:
    _, right = tell_apart(score, many.river)
    print(f"{name:32} wrong in {100 * (1 - right):.0f} %")

# %% [markdown]
# Guessing is wrong in 50 %. Amount and brightness hardly help. (Each threshold was chosen on these
# very maps, which flatters it a little.) The third number is our **rule
# without a network**: only the *shape* tells.
#
# ### One event, four maps
#
# Weather lasts. Each event gives four *snapshots*: the water drifts a little, the noise is new.
# Four maps, but not four independent ones. So we deal out **events** to training and test, not
# maps. Section 6 shows what happens otherwise.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it: two networks of one size (18 minutes)
#
# ### 3.1 The maps


# %% tags=["data"]
def maps_for(events=100, tests=60, seed=0):
    """Training and test maps, four of each event; no event is on both sides."""
    generator = np.random.default_rng(seed)
    made = make(events + tests, generator, snapshots=4)
    return split(made, events / (events + tests), generator, by_event=True)


train, test = maps_for()
print(f"{len(train)} maps for training, {len(test)} for the test")
print(f"events on both sides: {len(set(train.event) & set(test.event))}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 A dense network
#
# Write the 32 x 32 cells one after the other: 1024 numbers. Each of 14 *units* multiplies all of
# them by weights of its own and adds them up. What is below zero is cut off (*ReLU*). One more
# such sum makes the answer.
#
# ### 3.3 A network of convolutions
#
# A **convolution** is a small window, here 3 x 3, with nine weights. It slides over the map, and
# at each place gives one sum [2]. *The same nine weights serve everywhere.* What it finds here, it
# finds there.
#
# *Pooling* keeps the largest of each 2 x 2 cells, so that the next window sees twice as far. The
# last pooling takes the largest of the whole map: "was it anywhere?"


# %% tags=["networks"]
def dense():
    return nn.Sequential(nn.Flatten(), nn.Linear(32 * 32, 14), nn.ReLU(), nn.Linear(14, 1))


def convolutions():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),  # 16 maps of 32 x 32 cells
        nn.ReLU(),
        nn.MaxPool2d(2),  # ... of 16 x 16
        nn.Conv2d(16, 32, 3, padding=1),  # 32 maps
        nn.ReLU(),
        nn.MaxPool2d(2),  # ... of 8 x 8
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),  # 32 numbers: the largest of each map
        nn.Flatten(),
        nn.Linear(32, 1),
    )


# %% [markdown] slideshow={"slide_type": "subslide"}
# **How many weights?** Count before you look. Each unit of a dense layer has one weight for each
# input, and adds one number. Each map that comes out of a convolution has nine weights for each
# map that goes in, and adds one number.

# %%
by_hand = {
    "dense": (1024 * 14 + 14) + (14 + 1),
    "convolutions": (16 * 9 + 16) + (32 * 16 * 9 + 32) + (32 * 32 * 9 + 32) + (32 + 1),
}
for network in (dense(), convolutions()):
    print(sum(weights.numel() for weights in network.parameters()), "by torch")
print(by_hand)
work = {
    "dense": 1024 * 14 + 14,
    "convolutions": 16 * 9 * 32**2 + 32 * 16 * 9 * 16**2 + 32 * 32 * 9 * 8**2 + 32,
}
print("multiplications for one map:", work)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 Loss and loop
#
# The two formulas of section 2 put together give $\ell = \log(1 + e^{f}) - y f$, and torch has the
# first term as `softplus`. Then downhill, 32 maps at a time: such a *minibatch* gives the slope of
# the loss cheaply, and nearly right. *Adam* [3] takes the step: it gives each weight a step length
# of its own.


# %% tags=["loss"]
def loss_of(said, river):
    """The mean of -log(chance of the right answer); `said` are the network's numbers f."""
    return (nn.functional.softplus(said) - river * said).mean()


# %% tags=["loop"]
def as_tensors(maps):
    return torch.from_numpy(maps.fields).float()[:, None], torch.from_numpy(maps.river).float()


def learn(network, maps, generator, steps=150, lr=0.003):
    """Train the network; returns the loss of each step."""
    x, y = as_tensors(maps)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        some = torch.randint(len(x), (min(32, len(x)),), generator=generator)
        loss = loss_of(network(x[some])[:, 0], y[some])
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()  # the slope of the loss in each weight
        optimizer.step()  # a step downhill
    return losses


def wrong(network, maps):
    x, y = as_tensors(maps)
    with torch.no_grad():
        return ((network(x)[:, 0] > 0) != (y > 0)).float().mean().item()


# %%
trained = {}
for name, made in (("dense", dense), ("convolutions", convolutions)):
    torch.manual_seed(0)  # the same random start every time
    network = trained[name] = made()
    losses = learn(network, train, torch.Generator().manual_seed(0))
    print(
        f"{name:13} loss {losses[0]:.2f} to {losses[-1]:.2f}; "
        f"wrong in training {100 * wrong(network, train):.0f} %, "
        f"in the test {100 * wrong(network, test):.0f} %"
    )

# %% [markdown]
# As many weights, as many steps, the same maps. (Not as much work: each weight of a convolution is
# used at every place, so a step takes more than a hundred times as many multiplications.) In
# training both look fine. In the test they part.
# **A test on what was not trained on is the only one that counts.**

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.5 You against the networks
#
# Eight new maps, numbered 1 to 4 above and 5 to 8 below. Which have a river? Write *r* or *n* for
# each, then run both cells.

# %% tags=["drawing"]
# Eight new maps
eight = make(8, np.random.default_rng(8), snapshots=1)
tiles = np.vstack([np.hstack(list(eight.fields[k : k + 4])) for k in (4, 0)])  # row 0 lies below
lines = [
    *(Lines(np.array([k, k]), np.array([0.0, 2.0]), "", 4) for k in (1.0, 2.0, 3.0)),
    Lines(np.array([0.0, 4.0]), np.array([1.0, 1.0]), "", 4),
]
draw(
    Plot(
        "which of them have a river?",
        (Image(tiles, (0.0, 4.0, 0.0, 2.0), -1.0, 3.0), *lines),
        Axis("", 0.0, 4.0, bare=True),
        Axis("", 0.0, 2.0, bare=True),
        equal=True,
        alt="Eight maps of vapour in two rows of four, some with a long bright band.",
    )
)

# %%
mine = "nnnn nnnn"

# %% tags=["drawing"]
# Who is right?
limit, _ = tell_apart(longest(train.fields, 0.6), train.river)
answers = {
    "you": [letter == "r" for letter in mine.lower() if letter in "rn"][:8],
    "the rule": longest(eight.fields, 0.6) > limit,
    **{
        name: network(as_tensors(eight)[0])[:, 0].detach().numpy() > 0
        for name, network in trained.items()
    },
}
say(
    table(
        ["", *(str(k + 1) for k in range(8)), "wrong"],
        [
            ["**truth**", *("r" if one else "n" for one in eight.river), ""],
            *(
                [
                    who,
                    *("r" if one else "n" for one in said),
                    str(int((np.array(said) != (eight.river == 1)).sum())),
                ]
                for who, said in answers.items()
                if len(said) == 8
            ),
        ],
    )
    if len(answers["you"]) == 8
    else "Write eight letters, r or n."
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.6 Rules of practice, live
#
# The lecture behind this lesson gives five rules to everybody who trains a network:
#
# 1. always start by overfitting **one sample**;
# 2. check **how many weights** the network has;
# 3. slowly **grow the data**;
# 4. adjust what is left, above all the **learning rate**;
# 5. for anything that lies in space, prefer **convolutions**.
#
# The first four are functions here, and they take any lab of this course. The lab of section 1 is
# the loop above with knobs. (It starts from other random weights, of another size, and draws other
# maps, so its errors are not those above.)
#
# **Rule 1.** One map, and only one. The loss must go to zero. If it does not, something is broken,
# and you have lost a second and not a night.

# %%
overfit_one(WeatherMaps())

# %% [markdown]
# And this is how it looks when something *is* broken. Here it is the learning rate, three hundred
# times too small. The loss falls, but look at its axis: above, ten steps were enough for nothing
# to be left.

# %%
overfit_one(WeatherMaps().but(lr=1e-5), frames=61)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Rule 2.** You have counted by hand. This counts for you, and sets the number beside that of the
# samples.

# %%
count_parameters(WeatherMaps())

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Rule 3.** Do more maps help? If the test error still falls, get more. If it does not, more of
# the same is wasted.

# %%
grow_data(WeatherMaps(), values=(24, 96, 400), frames=101)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Rule 4.** The length of a step, in powers of ten. Too small: it hardly moves. Too large: it
# jumps over every valley.

# %%
sweep_rate(WeatherMaps(), rates=(3e-5, 3e-4, 3e-3, 3e-2, 3e-1), frames=61)

# %% [markdown]
# One thing about this is not clean. We chose the rate by the error in the *test*. After that the
# test is no longer quite new, and its error is a little too small. In earnest, deal out a third
# set of maps for all such choices, called *validation*, and open the test once, at the end.
#
# Each line was *one* run. Was it luck? `seeds=(0, 1, 2, 3, 4)` in a check makes five of it, and
# gives median and range; that takes five times as long. Here it is recorded:

# %% slideshow={"slide_type": "skip"} tags=["numbers"]
# More data and other rates, over several seeds, from recorded runs
grown, rates, ones = (recorded[part].values for part in ("grow", "rates", "one"))
amounts = sorted({int(case.split(", ")[1]) for case in grown})
passed = [f"{sum(one['passed'] for one in runs)} of {len(runs)}" for runs in ones.values()]
say(
    table(
        ["wrong in the test", *(f"{count} maps" for count in amounts)],
        [
            [who, *(share(grown[f"{who}, {count}"], "wrong") for count in amounts)]
            for who in ("convolutions", "dense")
        ],
    ),
    "More maps help the convolutions much, and the dense network little: it must learn a river "
    "anew at every place where one may lie.",
    table(
        ["convolutions, learning rate", *rates],
        [
            ["wrong in training", *(share(runs, "trained") for runs in rates.values())],
            ["wrong in the test", *(share(runs, "wrong") for runs in rates.values())],
        ],
    ),
    f"Median and range over {len(convs)} seeds. The check with one map: "
    + "; ".join(f"{who}: {count} passed" for who, count in zip(ones, passed, strict=True))
    + " (slow: a rate of 0.00001).",
    recorded["grow"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Any lab.** Here is the network of lesson 05, which learns an equation and has no labels at all.
# Its "samples" are the points where the equation is asked for.

# %%
count_parameters(BurgersPINN())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (4 minutes)
#
# Rule 5 said: *prefer convolutions*. Why? Take all maps, of training and test, and **move their
# cells**: cell 17 goes to place 801, cell 18 to place 5, and so on. The same move in every map. No
# number is lost, and anyone could undo it. To us the maps now look like noise.
#
# **How many test maps do the convolutions get wrong now?** Commit your guess, run, and explain it
# to your neighbour. Then say what happens to the *dense* network, and try it.

# %% tags=["drawing"]
# The question
moved = guess_number(
    "Cells moved: which share of the test maps is wrong after 150 steps?",
    of="wrong",
    at=150,
    low=0.0,
    high=1.0,
    percent=True,
    explain="A convolution looks at neighbours. After the move its nine cells are nine strangers, "
    "so what it could find everywhere is nowhere. To the dense network a cell is a number with a "
    "weight, wherever it lies. It never knew that cells have neighbours.",
)

# %%
strewn = show(WeatherMaps().preset("shuffled"), predict=moved, still=151)

# %% tags=["numbers"]
# The same for other seeds, and for the dense network, recorded
fold(
    "After your guess: both networks, before and after the move",
    table(
        ["wrong in the test", "as they are", "cells moved"],
        [
            [WHO[who], *(share(told[f"{who}, {way}"], "wrong") for way in ("plain", "shuffled"))]
            for who in WHO
        ],
    ),
    f"Median and range over {len(convs)} seeds. With their cells moved the convolutions do no "
    "better than guessing. For the other two nothing has changed, but for chance.",
    "**The convolutions are better because they bring something along**: that neighbours belong "
    "together, and that a river is a river wherever it lies. Physical fields are like that. Where "
    "it is not so, that knowledge is worth nothing.",
    recorded["tell"].how(),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Exercises (12 minutes)
#
# Every exercise checks itself. A failed check gives a hint; you may ask for one with `.hint()`,
# and for a worked solution with `.solution()`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.1 A convolution by hand
#
# Write it yourself. `field` is a map, `(rows, columns)`, and `kernel` has 3 x 3 weights. The
# result at a place is the sum of the nine cells from there on, each times its weight:
#
# $$ r_{a,b} = \sum_{i=0}^{2} \sum_{j=0}^{2} k_{i,j}\; x_{a+i,\,b+j} . $$
#
# Without padding it has two rows and two columns less than the map.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "01",
    hints=(
        "The result has field.shape[0] - 2 rows and field.shape[1] - 2 columns.",
        "Two loops over i and j are enough: each adds kernel[i, j] times a *shifted piece* of the "
        "whole map.",
        "The piece is field[i : i + rows, j : j + columns], with rows and columns of the result.",
    ),
)
def sliding(answer):
    generator = torch.Generator().manual_seed(1)
    field = torch.randn(7, 9, generator=generator, dtype=torch.float64)
    kernel = torch.randn(3, 3, generator=generator, dtype=torch.float64)

    def convolved(field, kernel):  # in any precision, of torch or of numpy
        return torch.as_tensor(answer(field, kernel)).double()

    shape = answer(field, kernel) is not None
    mine = convolved(field, kernel) if shape else torch.zeros(0)
    shape = tuple(mine.shape) == (5, 7)
    yield shape, "a map of 7 x 9 cells gives 5 x 7"
    if not shape:
        return
    ones = convolved(0 * field + 1, 0 * kernel + 1)
    yield bool((ones == 9).all()), "nine ones add up to 9"
    middle = 0 * kernel
    middle[1, 1] = 1
    copied = torch.allclose(convolved(field, middle), field[1:-1, 1:-1], atol=1e-5)
    yield copied, "a weight in the middle copies"
    torchs = nn.functional.conv2d(field[None, None], kernel[None, None])[0, 0]
    yield torch.allclose(mine, torchs, atol=1e-5), "torch's convolution says the same"
    further = convolved(field.roll(1, 1), kernel)[:, 1:]
    yield torch.allclose(further, mine[:, :-1], atol=1e-5), "move the map, and the result moves"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "sliding"]
def convolve(field, kernel):
    return field[1:-1, 1:-1]  # write the sum here


sliding.check(convolve)


# %% tags=["solution", "sliding"]
# A worked solution. Try first, then open it.
def convolve(field, kernel):
    rows, columns = field.shape[0] - 2, field.shape[1] - 2
    result = 0 * field[2:, 2:]
    for i in range(3):
        for j in range(3):
            result = result + kernel[i, j] * field[i : i + rows, j : j + columns]
    return result


sliding.check(convolve)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 An error that nobody can flatter
#
# On 19 days of 20 there is no river. Who says "no" every day is right in 95 %, and useless. Write
# the **balanced error**. It is one number: the mean of two shares, that of wrong answers among the
# maps *with* a river, and that among those *without*.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "01",
    hints=(
        "said != river is True where an answer is wrong. Look at the two classes one by one.",
        "(said != river)[river == 1].mean() is the share of rivers that are missed.",
    ),
)
def balanced(answer):
    river = np.array([0] * 19 + [1])
    never = float(answer(np.zeros(20, dtype=int), river))
    yield abs(never - 0.5) < 1e-12, f"always “no” gets 1/2, as guessing does (yours: {never:.2f})"
    yield float(answer(river, river)) == 0, "all right gets 0"
    yield float(answer(1 - river, river)) == 1, "all wrong gets 1"
    said = river.copy()
    said[:3] = 1
    found = float(answer(said, river))
    yield abs(found - 3 / 38) < 1e-12, f"3 false alarms of 19, no river missed: 3/38 ({found:.3f})"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "balanced"]
def balanced_error(said, river):
    return (said != river).mean()  # the share of all wrong answers: rare rivers hardly count


balanced.check(balanced_error)


# %% tags=["solution", "balanced"]
# A worked solution. Try first, then open it.
def balanced_error(said, river):
    mistakes = said != river
    return (mistakes[river == 1].mean() + mistakes[river == 0].mean()) / 2


balanced.check(balanced_error)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 A goal: find what is broken
#
# Somebody has left **one knob** of the lab below at a bad place. You could turn all of them, one
# by one. Better: let the checks of section 3.6 find it (not all of them see it). Then turn that
# one knob, so that fewer than 15 % of the test maps are wrong within 150 steps.

# %% tags=["check"]
# The broken lab, and how your choice is checked
broken = WeatherMaps().but(lr=0.5)
TASK = ("cue", "cue_test", "shuffle", "by_event", "rivers", "seed", "shown")


@exercise(
    "01",
    hints=(
        "Begin with overfit_one(broken). It passes: for *one* label the number that the last "
        "layer adds is enough. So go on to the next check.",
        "What does sweep_rate(broken, rates=(0.0003, 0.003, 0.03, 0.5)) say?",
        "The learning rate is more than a hundred times too large: broken.but(lr=0.003).",
    ),
)
def repaired(answer):
    if not isinstance(answer, WeatherMaps):
        yield False, "the answer is a lab: broken.but(name=value)"
        return
    old, new = values(broken), values(answer)
    turned = [name for name in old if old[name] != new[name]]
    yield len(turned) == 1, f"exactly one knob is turned (turned: {', '.join(turned) or 'none'})"
    if len(turned) != 1:
        return
    yield turned[0] not in TASK, "the maps, the split and the test are the same"
    player = run(answer, frames=151, until="wrong<0.15")
    said = f"{100 * player.scalars['wrong']:.0f} % at step {player.step_now}"
    yield player.goal_reached is not None, f"fewer than 15 % are wrong by step 150 ({said})"


# %% tags=["exercise", "repaired"]
answer = broken  # turn one knob here: broken.but(name=value)

repaired.check(answer)

# %% tags=["solution", "repaired"]
# A worked solution. Try first, then open it.
answer = broken.but(lr=0.003)  # one map was no proof; the sweep of the rate showed it

repaired.check(answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.4 Did it arrive?

# %%
quiz("01", 1, 2, 3, 4)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 6 · Where it breaks (8 minutes)
#
# ### "It sees what I see"
#
# Every map below has a coast at its left edge. In some maps the land is bright, in others dark.
# That has nothing to do with rivers. But in this archive, by some accident, **the coast is bright
# whenever there is a river**, in training and in the test. Run it. Perfect?
#
# Now drag **coast in the test** slowly from 1 down to -1, and keep your eye on the bars. (That
# works at any time, also when the run is over.) Does *where it looks* give it away?

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
shortcut = show(WeatherMaps().but(cue=1.0, cue_test=1.0), still=61)

# %% tags=["numbers"]
# The same slide for other seeds, recorded
slides = recorded["slide"].values["convolutions"]
kinds = [f"{rho:+g}" if rho else "0" for rho in slides[0]["rho"]]
plain, lied = (told[f"convolutions, {way}"] for way in ("plain", "coast"))
fold(
    "After you have dragged it: what happened, over several seeds",
    table(
        ["coast and river in the test", *kinds],
        [
            ["wrong", *(spread((one["wrong"][k] for one in slides), percent=True)
                        for k in range(len(kinds)))],
        ],
    ),
    "(+1: bright where there is a river. 0: no connection. -1: dark where there is a river.) Only "
    "the coast was changed, and the answers went with it. The network has never needed a river: "
    "the coast was *easier*, and in training it was never wrong. Nothing in the loss says that it "
    "is not what we mean. Such a way out is called a **shortcut** [5].",
    "**A test from the same archive cannot find it.** A test that changes what should not matter "
    "can. And the picture *where it looks*? Of all slopes "
    f"{share(lied, 'coast')} lie in the three columns of the coast, which are 9 % of the map "
    f"({share(plain, 'coast')} where no coast was trained on). Such a picture is a hint and no "
    "proof: it says what a *small* change would do, here and now.",
    recorded["slide"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# The menu *Presets* of that panel holds *the coast*, where the test lies, and its repair: training
# maps on which the coast tells nothing. Take both, pin the first as **A**, and compare.
#
# ### Twins in the test
#
# Here are maps without a coast again, and a *dense* network. This time *maps* are dealt out
# instead of events: *split by event* is off. So most test maps have a twin in training: the same
# event, a little earlier or later. Run it. Then set *split by event* on, and run it again.

# %%
twins = show(WeatherMaps().preset("learned by heart"), still=151)

# %% tags=["numbers"]
# Split by event or by map, from recorded runs
say(
    table(
        ["wrong in the test", "split by event", "split by map"],
        [
            [WHO[who], *(share(told[f"{who}, {way}"], "wrong") for way in ("plain", "by map"))]
            for who in WHO
        ],
    ),
    "The networks are the same; the test has become easier. The dense network gains most: it has "
    "learned by heart, and now that pays. But tomorrow's weather has no twin in the archive.",
    recorded["tell"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Right in 95 %, and useless
#
# Rivers are rare. Take *few rivers* from the presets of the panel above, and run it: one event in
# twenty has a river. Look at both bars, not at one number.

# %% tags=["numbers"]
# Rare rivers, from recorded runs
rare = recorded["rare"].values["convolutions"]
with_river = [one for one in rare if one["missed"] is not None]
say(
    table(
        ["", "wrong", "rivers missed", "false alarms"],
        [
            ["always “no river”", share(rare, "never"), "100 %", "0 %"],
            [
                "convolutions, 400 maps",
                share(rare, "wrong"),
                share(with_river, "missed"),
                share(rare, "false"),
            ],
        ],
    ),
    f"Median and range over {len(rare)} seeds. The network says “no river” to every map in "
    f"{sum(one['missed'] == 1 and one['false'] == 0 for one in with_river)} of "
    f"{len(with_river)} seeds, and so it is right as often as who never looks at a map. Its loss "
    "is small, its rate is good, it has learned its training maps. Ask for both classes, or for "
    "the balanced error of exercise 5.2; and collect rivers. (The first column varies because a "
    "test has 60 events, and chance decides how many of them are rivers.)",
    recorded["rare"].how(),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Did that arrive?

# %%
quiz("01", 5, 6, 7)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · The honest table (4 minutes)

# %% tags=["numbers"]
# The table, from the recorded runs
paper = recorded["published"].values["abstract"]
least, most = (f"{100 * right:.0f} %" for right in paper["right"])
WAYS = {"plain": "as they are", "shuffled": "cells moved", "coast": "the coast lies"}


def row(who):
    runs = told[f"{who}, plain"]
    return [
        WHO[who],
        f"{runs[0]['weights']:,}",
        spread((one["trained"] for one in runs), percent=True),
        *(share(told[f"{who}, {way}"], "wrong") for way in WAYS),
    ]


typical = {what: np.median([one[what] for one in convs]) for what in ("rule", "wrong")}
times = typical["rule"] / typical["wrong"]
say(
    table(
        ["", "weights", "wrong in training", *WAYS.values()],
        [
            ["always “no river”", "0", "", share(convs, "never"), "", ""],
            [
                "the rule (reach of the largest wet region)",
                "1",
                "",
                *(share(told[f"convolutions, {way}"], "rule") for way in WAYS),
            ],
            *(row(who) for who in WHO),
        ],
    ),
    f"Wrong answers on 240 new maps after {convs[0]['steps']} steps with 400 maps: median and "
    f"range over {len(convs)} seeds. *The coast lies*: in training it always tells the label, in "
    "the test always the opposite; the rule is told not to look at it.",
    recorded["tell"].how(),
    "**The rule beats two of the three networks**, with one number that was fitted. Beside the "
    "dense network the convolutions look like a triumph. Beside the rule they are wrong "
    f"{times:.1f} times less often, for 14,000 numbers more.",
    f"**The published number** is {least} to {most} of right answers, for cyclones, "
    "atmospheric rivers and fronts, on maps of climate models and observations whose labels come "
    "from experts and programs [1]. It cannot be compared with ours: other maps, other labels, "
    "other classes. Our maps are made; that is why we know every label, and why a good score here "
    "says nothing yet about the sky.",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 8 · Key points (1 minute)
#
# - **Supervised learning** turns the weights of a function until it agrees with labelled examples.
#   What counts is the error on examples that it has not seen.
# - Before you believe a network: one sample by heart, count the weights, grow the data, sweep the
#   learning rate. `sciml_widgets.practice` does it for any lab.
# - For fields take convolutions: they know that neighbours belong together.
# - Put a rule without a network into the same table.
# - Split by what will be new tomorrow. Look at each class by itself. Make your choices on a
#   validation set, not on the test.
# - A network takes the easiest cue that works in training. **Change what should not matter, and
#   see whether the answer changes.**
#
# **What next, on the first panel**
#
# - Set *coast in training* to 0.9 and *coast in the test* to -0.9. One coast in twenty now tells
#   the wrong class. Is that enough for the network to look at rivers?
# - Set *network* to *linear* and look at *where it looks*. Can a weight for each cell
#   know a shape that may lie anywhere?
# - Try the checks on another lab: `from sciml_widgets.labs import AirfoilSurrogate`, then
#   `overfit_one(AirfoilSurrogate())`. Lesson 03 says what it learns.
#
# **References**
#
# 1. Y. Liu, E. Racah, Prabhat, J. Correa and others, *Application of deep convolutional neural
#    networks for detecting extreme weather in climate datasets* (2016).
#    [arXiv:1605.01156](https://arxiv.org/abs/1605.01156)
# 2. Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-based learning applied to document
#    recognition*, Proceedings of the IEEE 86, 2278 (1998).
#    [doi:10.1109/5.726791](https://doi.org/10.1109/5.726791)
# 3. D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization* (2015).
#    [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
# 4. K. Simonyan, A. Vedaldi, A. Zisserman, *Deep inside convolutional networks: visualising image
#    classification models and saliency maps* (2013).
#    [arXiv:1312.6034](https://arxiv.org/abs/1312.6034)
# 5. R. Geirhos, J.-H. Jacobsen, C. Michaelis and others, *Shortcut learning in deep neural
#    networks*, Nature Machine Intelligence 2, 665 (2020).
#    [doi:10.1038/s42256-020-00257-4](https://doi.org/10.1038/s42256-020-00257-4)
