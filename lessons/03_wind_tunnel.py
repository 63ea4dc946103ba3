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
#     number: 3
#     title: A surrogate for the wind tunnel
#     objectives:
#     - make exact flows about airfoils, and check them by lift and drag;
#     - train a U-Net that answers like the solver, in plain torch;
#     - judge it on what it never saw, beside rivals that are no network.
#     sections:
#     - {title: See it, minutes: 6}
#     - {title: The problem, minutes: 9}
#     - {title: 'Build it: pictures in, pictures out', minutes: 13}
#     - {title: 'Predict, run, explain', minutes: 4}
#     - {title: Exercises, minutes: 9}
#     - {title: Where it breaks, minutes: 6}
#     - {title: 'Ready made: 128 x 128', minutes: 5}
#     - {title: The honest table, minutes: 5}
#     - {title: Key points, minutes: 1}
#     prerequisites:
#     - complex numbers
#     - a little torch
#     hardware: one core of any laptop; no GPU, no internet, less than 1 GB of memory
#     seed_systems:
#     - surrogates of airfoil flows with a U-Net
#     - emulation of a solver
#     - practice rules of training
#     licence: CC-BY-4.0
#     status: ready
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 3 · A surrogate for the wind tunnel
#
# **After this lesson you can**
#
# 1. make exact flows about airfoils, and check them by lift and drag;
# 2. train a U-Net that answers like the solver, in plain torch;
# 3. judge it on what it never saw, beside rivals that are no network.
#
# | | |
# |:--|:--|
# | **Time** | 58 minutes |
# | **You need** | complex numbers; a little torch |
# | **Hardware** | one core of any laptop; no GPU, no internet, less than 1 GB of memory |
#
# Run the cells from the top, one by one, with Shift + Enter. Where no kernel runs,
# you still see the pictures of the last run.

# %% tags=["parameters"]
# What `sciml-widgets lesson run 03 --set ...` may change
seed: int = 0  # AirfoilSurrogate.seed: the live panel of section 1

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 1 · See it (6 minutes)
#
# An airfoil stands in the wind. A solver says how the air flows round it. Can a network learn to
# say the same, from pictures alone? This is one such run, recorded: above the exact pressure and
# the network's, below the error and the lift. Drag the time, or press play once more.

# %% tags=["five-minutes", "numbers"]
# A recorded run of 400 steps
from sciml_widgets import guess_choice, show
from sciml_widgets.course import fold, results, spread, table
from sciml_widgets.labs import AirfoilSurrogate

recorded = results("03")
show(recorded["see"].values["run"]["record"])

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# Now live. The network sees 400 solved flows. It is then asked about four kinds of cases that it
# never saw:
#
# - **same airfoils, new angles**: the shapes are known, the wind is not;
# - **new airfoils**: other shapes of the same kind, all with a tail that is a cusp;
# - **new family**: shapes whose tail is a wedge. No such tail was ever trained on;
# - **steeper wind**: 10 to 20 degrees. Training ended at 10.
#
# **Guess before you run.** Which two will be almost equal?

# %% tags=["drawing"]
# The question, and how the panel reads the answer off the run
from itertools import combinations

NAMES = {"same": "same airfoils", "new": "new airfoils", "family": "new family",
         "steep": "steeper wind"}  # fmt: skip
PAIRS = {
    f"{NAMES[a]} and {NAMES[b]}": (a, b)
    for a, b in combinations(NAMES, 2)
    if (a, b) in {("same", "new"), ("new", "family"), ("family", "steep")}
}


def closest_pair(player):
    error = player.scalars
    return min(PAIRS, key=lambda pair: abs(error[PAIRS[pair][0]] / error[PAIRS[pair][1]] - 1))


two_alike = guess_choice(
    "After 100 steps: which two errors are closest to each other?",
    tuple(PAIRS),
    of=closest_pair,
    at=100,
    explain="400 shapes fill their family well: one more of them is nothing new. So a test on "
    "known shapes, or on new shapes of the same kind, says little about another kind.",
)

# %% slideshow={"slide_type": "subslide"} tags=["five-minutes"]
panel = show(AirfoilSurrogate().but(seed=seed), predict=two_alike, still=104)

# %% [markdown] tags=["five-minutes"]
# When it has run, drag **thickness**, **camber**, **tail angle** and **angle of attack**: the
# network answers at once, beside the exact flow. The plot *lift over angle* says where it was
# trained: between the dotted lines. *POD* is a rival without a network; section 3 builds it.

# %% tags=["numbers"]
# The same for other random starts, recorded, with all steps
whole = recorded["held"].values["64"]
fold(
    f"After your guess: {len(whole)} recorded runs of {whole[0]['steps']} steps",
    table(
        list(whole[0]["held"]),
        [[spread((one["held"][kind]["network"]["all"] for one in whole), percent=True)
          for kind in whole[0]["held"]]],
    ),
    "Relative error of the network, median and range over the random starts.",
    recorded["held"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The problem (9 minutes)
#
# In the lecture a solver of the averaged Navier-Stokes equations (RANS) makes the flows, and a
# network learns them [1, 2]. Here we want a truth with no error at all. So we leave friction out:
# **potential flow**, which two hundred years of mathematics have solved.
#
# Write a point as a complex number $z = x + iy$. A flow without friction, sources and whirls is an
# analytic function: $u - iv = dW/dz$, with the *potential* $W$. About a *circle* in the $\zeta$
# plane it is known. A map makes an airfoil of the circle, and the flow comes along:
#
# $$
# z = \zeta + \frac{1}{\zeta}, \qquad
# u - iv = \frac{dW/d\zeta}{dz/d\zeta}, \qquad
# p = \frac{1 - u^2 - v^2}{2} .
# $$
#
# - **Joukowski's map** is this one: its airfoils end in a cusp. **Kármán and Trefftz** changed the
#   power, and the tail becomes a wedge: our second *family*.
# - **Kutta's condition** picks the one flow that leaves the tail smoothly. That fixes the whirl
#   $\Gamma$ around the airfoil.
# - **Bernoulli** gives the pressure (in units of $\rho U^2$), and **Kutta and Joukowski** the
#   lift: $C_L = 2\Gamma$, in chords and wind speeds.

# %% slideshow={"slide_type": "subslide"}
from sciml_widgets.labs import AirfoilFlow

tunnel = show(AirfoilFlow(), still=90)
tunnel.pace(20)  # steps a second: slow enough to bend it on the way

# %% [markdown]
# Run it, and bend the airfoil while the smoke flows. The lift from the pressure on the surface and
# the lift by Kutta and Joukowski are one line. The **drag is zero**, always: d'Alembert's paradox.
#
# Now set *thickness* to 8 %, *camber* to 0 and the *angle* to 22.5°. Look at the suction peak at
# the nose. Real air would long have left the surface (it *separates*, the wing *stalls*).
# Potential flow knows no friction, so it knows no drag and no stall. **Our truth is exact, and it
# is not the truth about wings.** It is a fair judge of a network, and that is what we need here.

# %% tags=["setup"]
import math

import torch
from torch import nn

from sciml_widgets import guess_number, show
from sciml_widgets.course import draw, exercise, fold, quiz, results, say, spread, table
from sciml_widgets.labs import AirfoilFlow, AirfoilSurrogate
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.picture import Image, Plot
from sciml_widgets.wind_tunnel import pictures

recorded = results("03")
SIZE = 32  # pixels along each side, so that a cell trains in seconds

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Build it: pictures in, pictures out (13 minutes)
#
# ### 3.1 From a circle to an airfoil
#
# Walk once round a circle through $\zeta = 1$ and map each point. A dozen lines, and we can check
# the library with them: the pressure pushes on each piece of the surface, and the sum is the lift.


# %% tags=["circle"]
def lift_by_hand(thickness, camber, angle, count=4000):
    """C_L of a Joukowski airfoil from the pressure on its surface."""
    eps = thickness / (3 * math.sqrt(3) / 4 - thickness)
    center = complex(-eps, 2 * camber * (1 + eps))
    radius, beta = abs(1 - center), math.atan(2 * camber)
    turn = 2 * math.pi * (torch.arange(count, dtype=torch.float64) + 0.5) / count - beta
    zeta = center + radius * torch.exp(1j * turn)
    z = zeta + 1 / zeta
    along = 2 * (torch.sin(turn - angle) + math.sin(angle + beta))  # the speed on the circle
    p = (1 - (along / (1 - 1 / zeta**2).abs()) ** 2) / 2
    force = (p * (torch.roll(z, -1) - torch.roll(z, 1)) / 2).sum() * 1j  # pressure x surface
    chord = 2 - float((-1 - 2 * eps) + 1 / (-1 - 2 * eps))
    return float((force * complex(math.cos(angle), -math.sin(angle))).imag) * 2 / chord


# %%
one = [torch.tensor([value], dtype=torch.float64) for value in (0.12, 0.02, 0.0, 0.1)]
print(f"lift from the pressure, by hand:      {lift_by_hand(0.12, 0.02, 0.1):.6f}")
print(f"lift by Kutta and Joukowski, library: {float(Airfoils(*one).lift()):.6f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 Three pictures in, three out
#
# As in the lecture: the network is given the wind along, the wind across (both 0 inside the
# airfoil) and a mask of the airfoil. It must give the pressure and both velocities.


# %% tags=["data"]
def draw_airfoils(count, seed):
    """Thickness, camber, tail and angle at random: the tail is a cusp, |angle| <= 10 degrees."""
    generator = torch.Generator().manual_seed(seed)
    shares = torch.rand(4, count, generator=generator, dtype=torch.float32)
    low, high = torch.tensor([[0.08, -0.05, 0, -10], [0.20, 0.05, 0, 10]])[..., None]
    four = low + (high - low) * shares
    return Airfoils(four[0], four[1], four[2], torch.deg2rad(four[3]))


known, unseen = draw_airfoils(300, seed=1), draw_airfoils(100, seed=2)
inputs, outputs = pictures(known, SIZE)
new_inputs, new_outputs = pictures(unseen, SIZE)

# %% tags=["drawing"]
# The six pictures of one case
FRAME = (-1.0, 1.0, -1.0, 1.0)


def small(field, title, low, high):
    image = Image(field.double().numpy(), FRAME, low, high)
    return Plot(title, (image,), alt=f"{title}: one of the six pictures of a case.", equal=True)


draw(
    small(inputs[0, 0], "in: wind along", 0, 1.2),
    small(outputs[0, 0], "out: pressure", -1, 0.5),
    small(inputs[0, 2], "in: mask", 0, 1),
    small(outputs[0, 1], "out: velocity along", 0, 1.6),
    caption="Two of the three inputs and two of the three outputs (wind and velocity across are "
    "like them).",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.3 An error that does not flatter
#
# How wrong is an answer? The velocity $u$ is near 1 almost everywhere, so an empty tunnel would
# already look good. We divide by what the airfoil *changes*:
#
# $$
# \text{relative error} =
# \sqrt{\frac{\sum (\text{answer} - \text{exact})^2}{\sum (\text{exact} - \text{wind})^2}}
# \qquad \text{0: perfect. 1: as bad as an empty tunnel.}
# $$


# %% tags=["error"]
def wind_alone(inputs):
    return torch.cat([0 * inputs[:, :1], inputs[:, :2]], dim=1)  # p = 0, u and v of the wind


def relative_error(answer, inputs, exact):
    """One number for each case and channel: (n, 3)."""
    wrong = (answer - exact).square().sum((2, 3))
    changed = (exact - wind_alone(inputs)).square().sum((2, 3))
    return (wrong / changed).sqrt()


# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 A U-Net
#
# The network is a U-Net [3]. Each layer on the way *down* halves the picture, until one pixel
# knows of all others. On the way *up* the finer pictures are put beside (the *skips*), so that the
# edge stays sharp. What it learns is the change; we add the wind and keep the airfoil empty.


# %% tags=["network"]
class SmallUNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        down = [3, width, 2 * width, 4 * width, 4 * width, 4 * width]
        steps = zip(down[:-1], down[1:], strict=True)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in steps)
        up = [(4, 4), (8, 4), (8, 2), (4, 1), (2, 1)]  # in widths: from below and beside
        self.up = nn.ModuleList(nn.Conv2d(a * width, b * width, 3, 1, 1) for a, b in up)
        self.last = nn.Conv2d(width + 3, 3, 3, 1, 1)

    def forward(self, inputs):
        h, finer = inputs, [inputs]
        for layer in self.down:
            h = nn.functional.gelu(layer(h))
            finer.append(h)
        finer.pop()
        for layer in self.up:
            h = nn.functional.interpolate(nn.functional.gelu(layer(h)), scale_factor=2)
            h = torch.cat([h, finer.pop()], dim=1)
        fluid = inputs[:, :2].square().sum(1, keepdim=True) > 0
        return wind_alone(inputs) + 0.3 * fluid * self.last(h)


torch.manual_seed(0)
network = SmallUNet()
print(f"{sum(weights.numel() for weights in network.parameters()):,} weights")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.5 First, one sample by heart
#
# A rule of practice: before you train for real, let the network learn *one* case by heart. If it
# cannot, something is broken, and you have lost a second and not a night.


# %% tags=["loop"]
def train(network, inputs, outputs, steps, batch=10, lr=3e-3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    for _ in range(steps):
        some = torch.randint(len(inputs), (batch,), generator=generator)
        loss = (network(inputs[some]) - outputs[some]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


# %%
train(network, inputs[:1], outputs[:1], steps=300, batch=1)
with torch.no_grad():
    for name, rows in (("the one case", slice(0, 1)), ("all others", slice(1, None))):
        found = relative_error(network(inputs[rows]), inputs[rows], outputs[rows])
        print(f"{name}: relative error {100 * found.mean(1).median():.0f} %")

# %% [markdown]
# It can learn: more steps would bring that one error still nearer to zero. Of all others it knows
# nothing yet. Now for real:

# %% slideshow={"slide_type": "subslide"}
torch.manual_seed(0)
network = SmallUNet()
for hundred in range(3):
    train(network, inputs, outputs, steps=100, seed=hundred)
    with torch.no_grad():
        found = relative_error(network(new_inputs), new_inputs, new_outputs)
    typical = 100 * found.mean(1).median()
    print(f"step {100 * (hundred + 1)}: new airfoils, relative error {typical:.0f} %")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.6 The rivals
#
# What would somebody do who has no network?
#
# - **Mean field**: the same answer for everybody.
# - **Nearest neighbour**: look the most similar case up.
# - **POD with regression**: find the 20 patterns that the known flows are best made of (*proper
#   orthogonal decomposition* [4]), and fit how strong each of them is as a polynomial of
#   thickness, camber and angle. It is *told* these numbers. The network has to see them.

# %% tags=["rivals"]
from sciml_widgets.reduced_order import mean_field, nearest, pod

data = pictures(known, SIZE)
for name, rival in (
    ("mean field", mean_field(data)),
    ("nearest neighbour", nearest(data)),
    ("POD with regression", pod(data, known)),
):
    found = relative_error(rival(unseen, new_inputs), new_inputs, new_outputs)
    print(f"{name}: new airfoils, relative error {100 * found.mean(1).median():.0f} %")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Predict, run, explain (4 minutes)
#
# Only 50 flows to learn from, pictures of 32 x 32 pixels, and 300 steps. The network has more
# weights than all these pictures have pixels: it could learn them by heart. **How large is the
# relative error on new airfoils?** Commit, run, then explain it to your neighbour.

# %% tags=["drawing"]
# The question
by_heart = guess_number(
    "The relative error on new airfoils after 300 steps, from 50 cases?",
    of="new",
    at=300,
    low=0.01,
    high=1.0,
    log=True,
    percent=True,
    explain="Each case was seen sixty times, and yet it did not just learn them by heart. The "
    "flows depend on three numbers only, and smoothly: 50 of them say most of what there is. The "
    "preset 'an endless tunnel' never shows a case twice; compare.",
)

# %%
few = AirfoilSurrogate().preset("few cases").but(pixels="32")
hearted = show(few, predict=by_heart, still=304)

# %% tags=["numbers"]
# The same for other random starts, recorded
fifty, endless = (recorded["held"].values[f"32, {name}"] for name in ("50 cases", "endless"))


def errors(runs, kind, who="network", what="all"):
    return spread((one["held"][kind][who][what] for one in runs), percent=True)


fold(
    f"After your guess: {len(fifty)} random starts, {fifty[0]['steps']} steps, median and range",
    table(
        ["", "50 cases", "new cases at every step"],
        [
            ["training loss (rms), in typical sizes",
             *(spread(one["loss"] for one in runs) for runs in (fifty, endless))],
            *([kind, errors(fifty, kind), errors(endless, kind)] for kind in fifty[0]["held"]),
        ],
    ),
    "New cases at every step help a little, and the ranges overlap: here not the number of cases "
    "is the limit. Measure that before you pay a solver for more data.",
    recorded["held"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Exercises (9 minutes)
#
# Every exercise checks itself. A failed check gives a hint; you may ask for one with `.hint()`,
# and for a worked solution with `.solution()`.
#
# ### 5.1 The angle without lift
#
# An arched airfoil lifts even in a level wind. At which angle does it not lift? The lift is
# proportional to $\sin(\alpha + \beta)$ with $\tan \beta = 2 \cdot \text{camber}$. Write the
# angle, in radians.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "03",
    hints=(
        "The sine is zero when its argument is. Solve for the angle.",
        "The angle is -β, and β = atan(2 camber): math.atan knows it.",
    ),
)
def no_lift(answer):
    yield answer(0.0) == 0, "without camber there is no lift at 0"
    for camber in (0.02, 0.05):
        angle = float(answer(camber))
        four = (0.12, camber, 0.0, angle)
        lift = float(Airfoils(*(torch.tensor([v], dtype=torch.float64) for v in four)).lift())
        yield abs(lift) < 1e-6, f"camber {camber}: no lift at your angle (C_L = {lift:.4f})"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "no_lift"]
def angle_without_lift(camber):
    return 0.0 * camber  # write it here


no_lift.check(angle_without_lift)


# %% tags=["solution", "no_lift"]
# A worked solution. Try first, then open it.
def angle_without_lift(camber):
    return -math.atan(2 * camber)


no_lift.check(angle_without_lift)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 Does the air leak?
#
# A check that needs no truth: what flows into a box must flow out. Write the net outflow of a
# picture through the frame of all its pixels: right minus left of $u$, plus top minus bottom of
# $v$, each times the pixel's size (`2 / size`). `u[row, column]`, row 0 below.

# %% tags=["check"]
# How the next cell is checked


@exercise(
    "03",
    hints=(
        "The right edge is u[:, -1], the left u[:, 0], the top v[-1], the bottom v[0].",
        "Add the four sums, two of them with a minus, and multiply by 2 / len(u).",
    ),
)
def leaking(answer):
    still = torch.zeros(8, 8)
    out = torch.linspace(-1, 1, 8)
    yield abs(float(answer(still + 1, still + 2))) < 1e-6, "an even wind does not leak"
    found = float(answer(out.expand(8, 8), still))
    yield abs(found - 4) < 1e-4, f"u = x leaks 2 to the right and 2 to the left (got {found:.2f})"
    found = float(answer(still, out[:, None].expand(8, 8)))
    yield abs(found - 4) < 1e-4, f"v = y leaks 2 up and 2 down (got {found:.2f})"


# %% slideshow={"slide_type": "subslide"} tags=["exercise", "leaking"]
def leak(u, v):
    return u.sum()  # write it here


leaking.check(leak)


# %% tags=["solution", "leaking"]
# A worked solution. Try first, then open it.
def leak(u, v):
    return (u[:, -1] - u[:, 0] + v[-1] - v[0]).sum() * 2 / len(u)


leaking.check(leak)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 Did it arrive?

# %%
quiz("03")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Where it breaks (6 minutes)
#
# ### "A small test error, so it knows the flow"
#
# The book's chapter measures the mean error divided by the *largest* value [1]. Watch what the
# **mean field** gets, which gives every airfoil the same answer.

# %%
from sciml_widgets.wind_tunnel import flattering_error

truth = pictures(unseen, SIZE)
same_for_all = mean_field(data)(unseen, new_inputs)
flattered = 100 * flattering_error(same_for_all, truth)
print(f"mean field, largest value as the yardstick:  {flattered:.1f} %")
honest = relative_error(same_for_all, new_inputs, new_outputs).mean(1).median()
print(f"mean field, relative to what is changed:     {100 * honest:.0f} %")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The largest values are a few spikes of suction at the nose. Beside them everything is small. So
# ask of every error: **what does somebody get who knows nothing?**
#
# ### Beyond what it has seen
#
# Train, then drag *angle of attack* from 0 to 22.5° and watch *lift over angle* and the suction
# peak under the pictures. The steps of the drag are small; where does it stop being right?
# And which of the two says so first, the lift or the peak?

# %%
beyond = show(AirfoilSurrogate().but(angle=20.0, thickness=8.0), still=104)

# %% tags=["numbers"]
# The suction of thin sections, exactly
thin = [torch.tensor([value], dtype=torch.float64) for value in (0.08, 0.0, 0.0, math.pi / 8)]
suction = float(2 * Airfoils(*thin).surface(20_001).p.min())
say(
    "And the truth itself? An airfoil of 8 % at 22.5° has a suction peak of "
    f"**C_p = {suction:.0f}** in potential flow. No real air does that: long before, it leaves "
    "the surface. A network that learned this truth perfectly would be perfectly wrong about "
    "wings."
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 7 · Ready made: 128 x 128 (5 minutes)
#
# The lecture's pictures have 128 pixels along each side. A network for these trains for longer
# than a lesson lasts. So one comes with the package: a U-Net, trained on Joukowski airfoils only,
# none of them seen twice.
#
# It need not learn what we *know*. Two facts of potential flow are built in:
#
# - **The flow is linear in the wind.** So two flows say all: that of a wind along, and that of a
#   wind across. The network sees the mask alone, and says these two.
# - **The pressure is Bernoulli's.** The network never says one.
#
# (RANS obeys neither: there a network has to learn both.)
#
# A file of weights from elsewhere is a question of trust. This one is read without running
# anything, and compared with its hash first. Beside it stands its *recipe*: which flows, drawn
# how, how many steps. With `make network` you bake it again.

# %%
from sciml_widgets.shipped import about, load

shipped, recipe = load(), about()["recipe"]
wedge = Airfoils(*(torch.tensor([v]) for v in (0.12, 0.03, math.radians(12), math.radians(8))))
large = pictures(wedge, 128)
answer = shipped(large.inputs)
error = relative_error(answer, large.inputs, large.outputs).mean()
print(f"{recipe['steps']:,} steps of {recipe['batch']} flows, and then a tail that it never saw:")
print(f"relative error {100 * error:.1f} %")

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["five-minutes"]
# Here it is at work, against the exact flow, at all its pixels. The **wind turns**, half a degree
# each step, from -22.5° to 22.5°. It was trained from -10° to 10°. Does the error rise outside?
# Which of the two facts is that? (It is largest in the middle, near the angle without lift. There
# the airfoil changes the flow least, and by that we divide.) Then set *tail angle* to 12° and let
# the wind turn once more. Of tails no fact was built in.

# %% tags=["five-minutes"]
from sciml_widgets.labs import AirfoilReady

turning = show(AirfoilReady(), still=62)
turning.pace(10)  # steps a second

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# How much better than POD is it? From recorded draws
ready, held = recorded["shipped"], recorded["shipped"].values["128"]
every = list(held[0]["held"])
RIVALS = ("POD", "POD, more modes", "POD, the same facts")


def at_128(kind, who, what="all", **how):
    return spread((one["held"][kind][who][what] for one in held), **how)


def factor(kind, who):
    return spread(
        one["held"][kind][who]["all"] / one["held"][kind]["network"]["all"] for one in held
    )


say(
    "**POD against the shipped network**, 128 x 128 pixels, relative error of all channels, the "
    f"median case; median and range over {len(ready.seeds)} draws of 40 cases of each kind. POD "
    "is fitted to 400 flows, in the way of section 3. *The same facts*: POD of the flow in a wind "
    "along and of that in a wind across, Bernoulli's pressure, and 400 airfoils drawn as those "
    "that the network was trained on (from 4 % thickness on).",
    table(
        ["", *every],
        [
            *([who, *(at_128(kind, who, percent=True) for kind in every)]
              for who in (*RIVALS, "network")),
            *([f"{who} : network", *(factor(kind, who) for kind in every)]
              for who in RIVALS),
        ],
    ),
    "A number above 1 in the last three rows: the network is better by this factor. On the new "
    f"family our aim was a factor of two; it is {factor('new family', 'POD')} against POD, and "
    f"{factor('new family', 'POD, the same facts')} against POD with the same facts. **It sees "
    "what POD is not told**: the tail. In the other columns it is ahead as well. On known kinds "
    "more modes hardly help POD: its patterns stand still, and the surface moves through them.",
    "**In the steeper wind the facts count.** A flow that is linear in the wind is so at 20° as "
    "at 10°. POD gains by that, too. With more modes and higher powers of the angle it is lost.",
    "**In the lift POD stays ahead.** On new airfoils it is off by "
    f"{at_128('new airfoils', 'POD', 'lift')} in C_L, the network by "
    f"{at_128('new airfoils', 'network', 'lift')}. And the network has seen many more flows; the "
    "next table says how many.",
    ready.how(),
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# What it takes, measured
clock = recorded["rates"].values["batch"]
say(
    f"**What it takes.** {clock['weights']:,} weights in {clock['bytes'] / 1e6:.2f} MB, trained "
    f"on {clock['trained on']:,} flows, {clock['training seconds'] / 60:.0f} minutes of one core.",
    table(
        [f"{clock['cases']} cases, 128 x 128, one thread", "seconds of the core"],
        [["network", f"{clock['network']:.2g}"],
         ["exact flow", f"{clock['exact']:.2g}"],
         ["network : exact flow", f"{clock['network'] / clock['exact']:.1f}"]],
    ),
    f"The exact flow at 64 x 64: {clock['cases a second at 64']:,.0f} cases a second of one core. "
    "So here the exact formula is the quicker one, as in section 8.",
    recorded["rates"].how(),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · The honest table (5 minutes)

# %% tags=["numbers"]
# The table, from the recorded runs
runs, book = recorded["held"].values["64"], recorded["published"].values["book"]
WHO = ("mean field", "nearest", "POD", "network")
kinds = list(runs[0]["held"])
say(
    f"**Relative error** at 64 x 64, all channels; the median case, then median and range over "
    f"{len(runs)} seeds. The network: {runs[0]['weights']:,} weights, {runs[0]['steps']} steps.",
    table(["", *kinds], [[who, *(errors(runs, kind, who) for kind in kinds)] for who in WHO]),
    "**POD with regression wins three of four columns.** It is told thickness, camber and angle, "
    "and inside its family that says everything. Only on the new family, whose tails no such "
    "number describes, is the network ahead, in every seed: it *sees* the tail.",
    "**Channel by channel**, the network:",
    table(
        ["", "pressure", "velocity along", "velocity across", "suction peak"],
        [[kind, *(errors(runs, kind, "network", what) for what in ("p", "u", "v", "peak"))]
         for kind in kinds],
    ),
    "(Suction peak: how far the lowest pressure in the picture is off, in parts of itself.)",
    recorded["held"].how(),
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Physics that nobody told the network
checks = {"lift": "lift is off by (C_L)", "drag": "drag (C_D), should be 0",
          "leak": "leak, should be 0", "through": "flow through the surface"}  # fmt: skip


def plain(kind, who, what):
    return spread(one["held"][kind][who][what] for one in runs)


say(
    "**Does it obey?** Nobody told the network that air is not lost, or that there is no drag. "
    "New airfoils:",
    table(
        ["", "exact flow, same pixels", "POD", "network"],
        [[said, *(plain("new airfoils", who, what) for who in ("exact", "POD", "network"))]
         for what, said in checks.items()],
    ),
    "The first column is what the pixels themselves cost: even the exact flow is not quite "
    "parallel to a round nose at half a pixel's distance.",
    f"**The book's number**: a test error of {book['test']} with {book['weights']:,} weights, "
    f"{book['cases']} cases, {book['epochs']} epochs, on RANS flows of 128 x 128 pixels [1]. It "
    "is another flow, another size and the flattering error: it cannot be compared with ours. On "
    "our new airfoils the mean field gets "
    f"{plain('new airfoils', 'mean field', 'flattering')} by that measure, the network "
    f"{plain('new airfoils', 'network', 'flattering')}.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["numbers"]
# Who is faster?
clock = recorded["speed"].values["batch"]
times = {who: clock[who] for who in ("solver", "network", "POD")}
factor = times["network"] / times["solver"]
say(
    f"**Who is faster?** {clock['cases']} cases at 64 x 64, one core, seconds of its own time:",
    table(["", "seconds"], [[who, f"{spent:.2g}"] for who, spent in times.items()]),
    f"The network takes {factor:.1f} times as long as the exact formula. **As a replacement of "
    "this solver it is useless**, and we built it to learn how to judge one.",
    "When does a surrogate pay? If the solver takes S seconds a case, the network s, and T of "
    "training came on top of 400 solved cases, it pays after",
    "$$ N = \\frac{400\\,S + T}{S - s} $$",
    "cases. For a slow solver (S much larger than s and T) that is N = 400: **the cost of the "
    "training data**. A RANS solver iterates on a fine mesh for each case, so there the surrogate "
    "pays when many more cases are asked than were solved: in a search for a shape, or under a "
    "slider. For three questions, run the solver.",
    recorded["speed"].how(),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["five-minutes"]
# ## 9 · Key points (1 minute)
#
# - A **surrogate** answers like a solver, near what it has seen.
# - Hold out what you will be asked: known shapes, new shapes, new *families*, new conditions.
#   Their errors differ.
# - Measure by what is *changed*, channel by channel, and by the peak. Ask what the mean field
#   gets.
# - POD with regression beat our network of 64 x 64 wherever its parameters say everything. Show
#   such a rival in the same table.
# - What you know need not be learned: build it in.
# - Check the physics that needs no truth: lift, drag, leaks.
# - An exact truth can be the wrong one: potential flow has no drag and no stall.
#
# **What next, on the first panel**
#
# - Set *width exponent* to 2, then to 4. What does a weight buy, and what does a second?
# - Take the preset *the book's loss* and compare as A and B.
# - Set *training cases* to 2000. Which of the four curves gain, and which do not?
#
# **References**
#
# 1. N. Thuerey, P. Holl, M. Mueller, P. Schnell, F. Trost, K. Um, *Physics-based Deep Learning*
#    (2021), chapter on airfoils. [arXiv:2109.05237](https://arxiv.org/abs/2109.05237)
# 2. N. Thuerey, K. Weissenow, L. Prantl, X. Hu, *Deep learning methods for Reynolds-averaged
#    Navier-Stokes simulations of airfoil flows*, AIAA Journal 58, 25 (2020).
#    [arXiv:1810.08217](https://arxiv.org/abs/1810.08217)
# 3. O. Ronneberger, P. Fischer, T. Brox, *U-Net: convolutional networks for biomedical image
#    segmentation*, MICCAI (2015).
#    [doi:10.1007/978-3-319-24574-4_28](https://doi.org/10.1007/978-3-319-24574-4_28)
# 4. G. Berkooz, P. Holmes, J. L. Lumley, *The proper orthogonal decomposition in the analysis of
#    turbulent flows*, Annual Review of Fluid Mechanics 25, 539 (1993).
#    [doi:10.1146/annurev.fl.25.010193.002543](https://doi.org/10.1146/annurev.fl.25.010193.002543)
