"""What lesson 02 reports: integrals and functions of many variables, against theory."""

import math
from typing import Any

import numpy as np

from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.integrals import Integrand, grid, slope
from sciml_widgets.labs import ErrorBar, MonteCarlo, RandomFeatures, TrainedFeatures
from sciml_widgets.sparse import problem, recover, threshold

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
LAST = 8
"""Doublings over which a slope is fitted: two and a half decades less a little."""


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    made = trace(MonteCarlo().but(seed=3), frames=4 if quick else 15, pictures=15)
    return {"record": made.to_json()}


def grids(*, quick: bool, dimension: int) -> dict[str, Any]:
    """The trapezoid rule, visited: its slope up to a million points; and what 1 % would need."""
    g, most = Integrand("corner", dimension), 10**4 if quick else 10**6
    finest = int(most ** (1 / dimension) + 1e-9)
    points, errors = [], []
    for per_axis in sorted({max(3, round(finest / 4 * 4 ** (k / 6))) for k in range(7)}):
        x, w = grid(dimension, per_axis)
        points.append(per_axis**dimension)
        errors.append(abs(float((w * g(x)).sum()) / g.exact - 1))
    return {
        "points": points, "errors": [short(one) for one in errors],
        "slope": short(slope(points, errors)),
    }  # fmt: skip


def needs(*, quick: bool) -> dict[str, Any]:
    """Points for an error of 1 %: of the grid (by factors, not visited), of chance, tilted."""
    found: dict[str, Any] = {}
    for d in (1, 2, 3, 4, 6, 10, 20):
        g = Integrand("corner", d)
        found[str(d)] = {
            "grid": short(g.grid_needs(0.01)),
            "chance": short((g.chance_error(1) / 0.01) ** 2),
            "tilted": short((g.tilted_error(1, 0.8 * g.a) / 0.01) ** 2),
            "two an axis": short(g.grid_error(2)),
        }
        hard = Integrand("corner", d, 3.0, shared=False)
        found[str(d)]["chance, not shared"] = short((hard.chance_error(1) / 0.01) ** 2)
    return found


def race(*, seed: int, quick: bool, dimension: int, kind: str) -> dict[str, Any]:
    """One run of the race: errors at its end, slopes over its last doublings."""
    lab = MonteCarlo().but(dimension=dimension, kind=kind, seed=seed)
    player = run(lab, frames=10 if quick else 15)
    last = 2.0 ** player.scalars["doublings"]
    found: dict[str, Any] = {"points": int(last), "exact": short(lab.integrand.exact)}
    for name, seen in player.look().errors.items():
        shown = [(n, e) for n, e in seen if e > 1e-14][-LAST:]
        if name != "trapezoid" and len(shown) >= 4:
            fitted = slope(*zip(*shown, strict=True))
            found[name] = {"error": short(shown[-1][1]), "slope": short(fitted)}
    found["theory"] = short(lab.integrand.chance_error(int(last)))
    return found


def bars(*, seed: int, quick: bool, width: float) -> dict[str, Any]:
    """200 experiments of 8192 points in 20 dimensions: error, reported bar, coverage."""
    player = run(ErrorBar().but(width=width, seed=seed), frames=4 if quick else 12)
    seen = player.look()
    found = {name: short(value) for name, value in player.scalars.items() if name != "doublings"}
    return {**found, "points": int(seen.points[-1]), "first": short(seen.means[-1])}


def waves(*, seed: int, quick: bool, dimension: int) -> dict[str, Any]:
    """Random waves and powers for the bell: the errors at the end, the slope of the average."""
    player = run(RandomFeatures().but(dimension=dimension, seed=seed), frames=4 if quick else 9)
    seen = player.look()
    m, error = zip(*seen.errors["average"], strict=True)
    powers = min(seen.errors["polynomial"], key=lambda one: one[1])
    return {
        "coefficients": int(m[-1]), "average": short(error[-1]), "slope": short(slope(m, error)),
        "theory": short(seen.theory[-1][1]), "fitted": short(seen.errors["fitted"][-1][1]),
        "powers": int(powers[0]), "polynomial": short(powers[1]),
    }  # fmt: skip


def directions(*, seed: int, quick: bool, kind: str, dimension: int) -> dict[str, Any]:
    """A layer of 64 waves, frozen (its start) and trained."""
    lab = TrainedFeatures().but(kind=kind, dimension=dimension, seed=seed)
    player = run(lab, frames=4 if quick else 151)
    track = player.history.tracks["rel_l2"]
    return {
        "frozen": short(track.y[0]), "trained": short(track.y[-1]), "steps": player.step_now,
        "polynomial": short(player.scalars["polynomial"]), "seconds": round(player.seconds, 2),
        "units": lab.units, "samples": lab.samples,
    }  # fmt: skip


def border(*, seed: int, quick: bool, measured: float, kind: str) -> dict[str, Any]:
    """Where half of the problems of length 100 are solved: k/n, by counting over a range of k."""
    size, generator = 100, np.random.default_rng(seed)
    n, expected = round(measured * size), threshold(measured)
    low, high = math.floor(0.5 * expected * n), math.ceil(1.5 * expected * n)
    tries, shares = 1 if quick else 6, []
    for k in range(low, high + 1):
        right = 0
        for _ in range(tries):
            matrix, vector = problem(size, n, k, generator, kind)
            right += int(abs(recover(matrix, matrix @ vector) - vector).max() < 1e-6)
        shares.append(right / tries)
    return {
        "half": short((low - 0.5 + sum(shares)) / n), "theory": short(expected), "size": size,
        "measurements": n, "at_low": shares[0], "at_high": shares[-1],
    }  # fmt: skip


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
HERE = "benchmarks/lesson_02.py"
INTEGRALS = (HERE, PACKAGE + "integrals.py")
FEATURES = (HERE, PACKAGE + "features.py")
RACE = (*INTEGRALS, PACKAGE + "labs/monte_carlo.py")
PARTS = {
    "see": Part(see, {"run": {}}, RACE),
    "grids": Part(grids, {str(d): {"dimension": d} for d in (1, 2, 3, 4, 5)}, INTEGRALS),
    "needs": Part(needs, {"1 %": {}}, INTEGRALS),
    "race": Part(
        race,
        {
            **{f"corner {d}": {"dimension": d, "kind": "corner"} for d in (1, 2, 4, 6, 10, 20)},
            **{f"ball {d}": {"dimension": d, "kind": "ball"} for d in (4, 20)},
        },
        RACE, SEEDS,
    ),
    "bars": Part(
        bars, {f"{w:g}": {"width": w} for w in (0.6, 0.7, 0.8, 0.9, 1.1, 2.0)},
        (HERE, PACKAGE + "wrong_density.py", PACKAGE + "labs/error_bar.py"), SEEDS,
    ),
    "waves": Part(
        waves, {str(d): {"dimension": d} for d in (1, 2, 5, 10, 20)},
        (*FEATURES, PACKAGE + "labs/random_features.py"), SEEDS,
    ),
    "directions": Part(
        directions,
        {
            f"{kind}, {d}": {"kind": kind, "dimension": d}
            for kind in ("one direction", "bell") for d in (10, 20)
        },
        (*FEATURES, PACKAGE + "labs/trained_features.py", PACKAGE + "train.py"),
        SEEDS,
    ),
    "border": Part(
        border,
        {
            **{f"normal numbers, {m}": {"measured": m, "kind": "normal numbers"}
               for m in (0.25, 0.5, 0.75)},
            **{f"{kind}, 0.5": {"measured": 0.5, "kind": kind} for kind in ("signs", "cosines")},
        },
        (HERE, PACKAGE + "sparse.py"), SEEDS,
    ),
}  # fmt: skip
