"""The lifetime of a beam over the settings of a ring, and the log of those who run it. No learner.

The ring is made up, of laws that are real: a beam is cut at its dynamic aperture, resonances eat
the aperture, octupoles and chromaticity spread the tunes, too little of them lets the beam grow
unstable. So the true effect of each knob is known.
"""

from functools import lru_cache
from math import log
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sciml_widgets.physics.aperture import ScalingLaw

__all__ = [
    "HIGH", "KNOBS", "LOW", "NOISE", "NOMINAL", "Entries", "best", "cut_rate", "effect",
    "expected", "intensity", "lifetime", "logbook", "measured", "normal_emittance", "scan",
]  # fmt: skip

KNOBS = ("tune ν_x", "tune ν_y", "octupole", "chromaticity")
LOW = np.array([0.26, 0.28, 100.0, 2.0])
HIGH = np.array([0.31, 0.33, 550.0, 20.0])
"""The box of the four knobs; the octupoles in A."""
NOMINAL = np.array([0.272, 0.293, 400.0, 10.0])

LAW = ScalingLaw(3.4, 30.0, 2.0)
"""Aperture over the turns, in widths of a beam of 2.5 µm, where no resonance is near."""
TURNS_A_SECOND, SECONDS = 11_245.0, 600.0
"""Turns of the LHC in a second; the lifetime is that after ten minutes."""
REFERENCE = 2.5
SPREAD = 0.25
"""Median of the emittance, in µm, and the spread of its logarithm from fill to fill."""
GAS = 100.0
"""Hours that a beam would live if only the rest of gas in the pipe scattered it."""
NOISE = 0.06
"""Standard deviation of a measured log10 lifetime."""

LINES = ((1.0, -1.0, 0.0, 0.35), (3.0, 0.0, 1.0, 0.6), (0.0, 3.0, 1.0, 0.6), (7.0, 0.0, 2.0, 0.25),
         (0.0, 10.0, 3.0, 0.2))  # fmt: skip
"""Resonances a ν_x + b ν_y = c, and how much of the aperture each eats at its middle."""

Knobs = Float[np.ndarray, "n 4"]
Many = Float[np.ndarray, " n"]


class Entries(NamedTuple):
    """n measurements: knobs, the emittance of that fill (µm), and the log10 of the hours."""

    knobs: Knobs
    emittance: Many
    found: Many


def intensity(aperture: Many) -> Many:
    """The share of a round Gaussian beam inside an aperture of so many widths: 1 - exp(-D²/2).

    Source: Giovannozzi (2012), Phys. Rev. ST Accel. Beams 15, 024001,
    doi 10.1103/PhysRevSTAB.15.024001.
    """
    return -np.expm1(-np.square(aperture) / 2)


def cut_rate(scale: Many) -> Many:
    """-(dI/dt)/I per hour of a beam that is cut at `scale` times D(N), N the turns so far.

    -dI/dN / I = D |dD/dN| / (exp(D²/2) - 1), with D(N) = scale (D∞ + b / log10(N)^κ).
    """
    turns = TURNS_A_SECOND * SECONDS
    decades = log(turns) / log(10)
    aperture = scale * LAW(np.array([turns]))
    shrinking = scale * LAW.power * LAW.slope / (log(10) * decades ** (LAW.power + 1))
    return aperture * shrinking / np.expm1(np.square(aperture) / 2) * 3600 / SECONDS


def lifetime(knobs: Knobs, emittance: Many | float) -> Many:
    """True hours: 1/τ = 1/τ_gas + the rate at which the aperture cuts + that of instabilities.

    Aperture: times √(2.5 µm / ε) and exp(-Σ w / (1 + (d/δ)²)) over the resonances, d the distance
    from each in the plane of the tunes. δ, the spread of the tunes, grows with octupoles and
    chromaticity. Too little of both, and the beam is unstable. The form of these two is ours.
    """
    nu_x, nu_y, octupole, chromaticity = np.asarray(knobs, dtype=float).T
    spread = 0.002 + 0.012 * octupole / 500 + 0.0003 * chromaticity
    eaten = np.zeros_like(nu_x)
    for a, b, c, weight in LINES:
        distance = (a * nu_x + b * nu_y - c) / np.hypot(a, b)
        eaten = eaten + weight / (1 + np.square(distance / spread))
    cut = cut_rate(np.sqrt(REFERENCE / np.asarray(emittance)) * np.exp(-eaten))
    unstable = 0.5 * np.exp((150 - 5 * chromaticity - octupole) / 30)
    return 1 / (1 / GAS + cut + unstable)


def normal_emittance(z: Many) -> Many:
    """The emittance, in µm, that lies z standard deviations above its median."""
    return REFERENCE * np.exp(SPREAD * z)


def expected(knobs: Knobs) -> Many:
    """Mean log10 lifetime over the fills, knobs held by hand: what a move really brings.

    In words of statistics E[y | do(knobs)]. By Gauss and Hermite with 9 points, to 1e-4.
    """
    z, weight = np.polynomial.hermite_e.hermegauss(9)
    found = [np.log10(lifetime(knobs, float(one))) for one in normal_emittance(z)]
    return weight @ np.array(found) / weight.sum()


def effect(knobs: Knobs = NOMINAL[None], step: float = 100.0) -> Many:
    """The change of the mean log10 lifetime by `step` A more current in the octupoles."""
    half = np.array([0.0, 0.0, step / 2, 0.0])
    return expected(knobs + half) - expected(knobs - half)


@lru_cache(maxsize=4)
def best(octupole_only: bool = False) -> tuple[tuple[float, ...], float]:
    """The knobs of the longest mean lifetime, and its log10.

    On a grid, then on ever finer ones about the best point: right to 1e-3 decades and better.
    """
    low, high = LOW.copy(), HIGH.copy()
    if octupole_only:
        low[[0, 1, 3]] = high[[0, 1, 3]] = NOMINAL[[0, 1, 3]]
    at, reached = NOMINAL, -np.inf
    for count in (25, 9, 9, 9, 9):
        axes = [np.linspace(a, b, count if b > a else 1) for a, b in zip(low, high, strict=True)]
        mesh = np.stack([one.ravel() for one in np.meshgrid(*axes, indexing="ij")], 1)
        found = np.log10(lifetime(mesh, REFERENCE)) if count == 25 else expected(mesh)
        top = int(found.argmax())
        at, reached = mesh[top], float(found[top])
        half = 1.5 * (high - low) / max(count - 1, 1)
        low, high = np.maximum(at - half, low), np.minimum(at + half, high)
    return tuple(map(float, at)), reached


def measured(knobs: Knobs, rng: np.random.Generator) -> Entries:
    """One fill for each row: an emittance by chance, the lifetime with noise."""
    emittance = normal_emittance(rng.standard_normal(len(knobs)))
    noise = NOISE * rng.standard_normal(len(knobs))
    return Entries(knobs, emittance, np.log10(lifetime(knobs, emittance)) + noise)


def scan(count: int, rng: np.random.Generator, *, octupole_only: bool = False) -> Entries:
    """Knobs drawn by chance from the whole box: nothing about a fill decides them."""
    knobs = rng.uniform(LOW, HIGH, (count, len(LOW)))
    if octupole_only:
        knobs[:, [0, 1, 3]] = NOMINAL[[0, 1, 3]]
    return measured(knobs, rng)


def logbook(count: int, react: float, rng: np.random.Generator) -> Entries:
    """What is written down while people run the ring, near its nominal knobs.

    They look at the lifetime of a fill. If it is short they lower the current of the octupoles,
    by `react` times 400 A for each decade; if it is long they dare more. That is wise. But then
    the current says something about the fill.
    """
    z = rng.standard_normal((count, len(NOMINAL)))
    knobs = NOMINAL + z * np.array([0.0015, 0.0015, 25.0, 1.0])
    first = measured(np.broadcast_to(NOMINAL, knobs.shape), rng)
    surprise = first.found - float(expected(NOMINAL[None])[0])
    knobs[:, 2] += react * 400 * surprise
    knobs = np.clip(knobs, LOW, HIGH)
    noise = NOISE * rng.standard_normal(count)
    found = np.log10(lifetime(knobs, first.emittance)) + noise
    return Entries(knobs, first.emittance, found)
