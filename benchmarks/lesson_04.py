"""What lesson 04 reports: who survives in a ring, by surrogates, by neighbours, by bisection."""

import time
from typing import Any

import numpy as np

from benchmarks.results import Part
from sciml_widgets import Player, run, trace
from sciml_widgets.labs import DynamicAperture
from sciml_widgets.labs.dynamic_aperture import COARSE, FINE, UNSEEN, some_rings
from sciml_widgets.physics import Henon
from sciml_widgets.physics.aperture import ScalingLaw, agreement, aperture, fan
from sciml_widgets.physics.henon import EDGE, by_bisection, quadrant

__all__ = ["PARTS"]

SEEDS = tuple(range(10, 20))
"""Draws on which nothing was tuned: the settings were chosen on draw 0."""


def survey(*, seed: int, quick: bool, marks: tuple[int, ...], **knobs: Any) -> dict[str, Any]:
    """One run of the lab: its scores once so many particles have been tracked."""
    lab = DynamicAperture().but(seed=seed, budget=marks[-1], **knobs)
    seen: dict[str, Any] = {}

    def watch(player: Player) -> None:
        particles = player.scalars.get("particles", 0.0)
        if particles in marks and str(int(particles)) not in seen:
            names = ("iou", "aperture")
            seen[str(int(particles))] = {name: short(player.scalars[name]) for name in names}

    frames = 3 if quick else marks[-1] // lab.batch + (1 if lab.candidates == "pixels" else 0)
    player = run(lab, frames=frames, watch=watch)
    return {"at": seen, "iou_pixels": short(player.scalars["iou_pixels"])}


def bisection(*, seed: int, quick: bool, rays: int, halvings: int) -> dict[str, Any]:
    """Bisection along rays: agreement on the first ring and on rings drawn as the lab's are."""
    rings = some_rings(1 if quick else UNSEEN, np.random.default_rng(seed))
    first = by_rays(Henon(), FINE, rays, halvings)
    others = [by_rays(Henon(*map(float, ring)), COARSE, rays, halvings) for ring in rings]
    return {
        "particles": rays * halvings,
        "one": short(first),
        "many": short(float(np.mean(others))),
    }


def by_rays(ring: Henon, size: int, rays: int, halvings: int) -> float:
    places = quadrant(size)
    angles, radii, _ = by_bisection(ring, rays, halvings, 1000)
    inside = np.hypot(*places.T) <= np.interp(np.arctan2(*places.T[::-1]), angles, radii)
    return agreement(inside, ring.survival(*places.T, turns=1000) >= 1000)


TURNS = (30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)


def turns(*, seed: int, quick: bool) -> dict[str, Any]:
    """D(N) of one ring drawn from the box, its law fitted up to 1000 turns, and what came."""
    (ring,) = some_rings(1, np.random.default_rng(seed))
    radii, x, y = fan(16, 80, EDGE)
    most = 1000 if quick else TURNS[-1]
    survived = Henon(*map(float, ring)).survival(x.ravel(), y.ravel(), most).reshape(x.shape)
    counted = [10, 20, 30, 50, 100, 200, 300, 500, 1000]
    early = np.array([aperture(survived, radii, n) for n in counted])
    law = ScalingLaw.fit(np.array(counted, dtype=float), early)
    later = [n for n in TURNS if n <= most]
    return {
        "ring": [short(one) for one in ring],
        "turns": later,
        "aperture": [short(aperture(survived, radii, n)) for n in later],
        "law": [short(float(one)) for one in law(np.array(later, dtype=float))],
        "power": short(law.power),
    }


def speed(*, quick: bool) -> dict[str, Any]:
    """Seconds of one core for brute force on the first ring: 3600 particles, 1000 turns."""
    places, ring, seconds = quadrant(60), Henon(), []
    for _ in range(1 if quick else 15):
        began = time.process_time()
        survived = ring.survival(*places.T, turns=1000)
        seconds.append(time.process_time() - began)
    third = Henon(nu_x=0.33).survival(*places.T, turns=1000)
    return {
        "seconds": short(float(np.median(seconds))),
        "stable": short(float((survived >= 1000).mean())),
        "stable_third": short(float((third >= 1000).mean())),
    }


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    made = trace(DynamicAperture().but(budget=400), frames=3 if quick else 21, pictures=14)
    return {"record": made.to_json(), "iou": short(made.scalars["iou"])}


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
RING = ("benchmarks/lesson_04.py", PACKAGE + "physics/henon.py", PACKAGE + "physics/aperture.py")
SURROGATES = (
    *RING,
    PACKAGE + "labs/dynamic_aperture.py",
    *(
        f"{PACKAGE}surrogates/{name}.py"
        for name in ("acquisition", "ensemble", "gaussian_process", "neighbour")
    ),
)
ONE: dict[str, Any] = {"marks": (100, 200, 300, 400)}
MANY: dict[str, Any] = {"marks": (500, 1000, 1500, 2500), "rings": 200, "batch": 100, "steps": 40}
NEAR, GP = {"model": "nearest neighbour"}, {"model": "gaussian process"}
LEAK = {**NEAR, "candidates": "pixels", "explore": 0.0}

PARTS = {
    "speed": Part(speed, {"first ring": {}}, RING),
    "see": Part(see, {"run": {}}, (*SURROGATES, PACKAGE + "labs/survival_picture.py")),
    "bisection": Part(
        bisection,
        {
            f"{rays} rays, {halvings} halvings": {"rays": rays, "halvings": halvings}
            for rays, halvings in ((5, 4), (9, 5), (17, 6), (33, 6))
        },
        (*RING, PACKAGE + "labs/dynamic_aperture.py"),
        SEEDS,
    ),
    "turns": Part(turns, {"drawn": {}}, RING, SEEDS),
    "one": Part(
        survey,
        {
            "nearest neighbour, random": {**ONE, **NEAR, "rule": "random"},
            "nearest neighbour, boundary": {**ONE, **NEAR},
            "networks, random": {**ONE, "rule": "random"},
            "networks, boundary": ONE,
            "gaussian process, boundary": {**ONE, **GP},
            "the leak": {**ONE, **LEAK},
        },
        SURROGATES,
        SEEDS,
    ),
    "many": Part(
        survey,
        {
            "nearest neighbour, random": {**MANY, **NEAR, "rule": "random"},
            "nearest neighbour, boundary": {**MANY, **NEAR},
            "networks, random": {**MANY, "rule": "random"},
            "networks, spread": {**MANY, "rule": "spread"},
            "networks, boundary": MANY,
            "gaussian process, boundary": {**MANY, **GP},
        },
        SURROGATES,
        SEEDS,
    ),
}
