"""What lesson 03 reports of the network that comes with the package, at 128 x 128 pixels."""

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from benchmarks.results import Part
from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.reduced_order import Guess, pod
from sciml_widgets.shipped import Recipe, about, airfoils, load
from sciml_widgets.wind_tunnel import (
    Pictures,
    balance,
    channel_errors,
    draw,
    held_out,
    outside,
    pictures,
    suction_peak,
)

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
"""Draws of what is asked, and of the cases that POD is fitted to. The network is always the one
that is shipped: its training drew other cases."""

CASES, SIZE, KNOWN = 40, 128, 400
RIVALS = {"POD": (20, 4), "POD, more modes": (60, 6)}
"""Modes, and degree of the polynomials."""
TOLD = "POD, the same facts"
TOLD_MODES, TOLD_DEGREE = 40, 6


def shipped(*, seed: int, quick: bool) -> dict[str, Any]:
    """Errors of the shipped network and of its rivals on the four kinds that are held out."""
    cases = 4 if quick else CASES
    known_cases = draw("training", KNOWN, Generator().manual_seed(seed))
    known, network = pictures(known_cases, SIZE), load()
    rivals = {
        who: pod(known, known_cases, modes=modes, degree=degree)
        for who, (modes, degree) in RIVALS.items()
    }
    drawn = airfoils(Recipe(), KNOWN, Generator().manual_seed(20_000 + seed))
    rivals[TOLD] = of_two_flows(drawn)
    found: dict[str, Any] = {}
    judged = held_out(known_cases, cases, Generator().manual_seed(10_000 + seed))
    for kind, cases_of in judged.items():
        truth = pictures(cases_of, SIZE)
        answers = {who: rival(cases_of, truth.inputs) for who, rival in rivals.items()}
        answers["network"] = network(truth.inputs)
        found[kind] = {who: verdict(answer, truth, cases_of) for who, answer in answers.items()}
    return {"held": found}


def of_two_flows(known: Airfoils) -> Guess:
    """POD that is told what the network has built in, and is given airfoils of the same draw.

    One of the flow in a wind along, one of that in a wind across, both by thickness and camber;
    other winds are sums of these two, and the pressure is Bernoulli's.
    """
    flows = []
    for angle in (0.0, math.pi / 2):
        shapes = known.turned(torch.full_like(known.angle, angle))
        inputs, outputs = pictures(shapes, SIZE)
        outputs[:, 0] = 0  # the pressure is not fitted
        flows.append(pod(Pictures(inputs, outputs), shapes, modes=TOLD_MODES, degree=TOLD_DEGREE))

    def guess(cases: Airfoils, inputs: Tensor) -> Tensor:
        fluid, still = outside(inputs), torch.zeros_like(inputs[:, :1])
        winds = ([fluid, still, inputs[:, 2:]], [still, fluid, inputs[:, 2:]])
        along, across = (
            flow(cases, torch.cat(wind, 1))[:, 1:] for flow, wind in zip(flows, winds, strict=True)
        )
        cos, sin = (of(cases.angle)[:, None, None, None] for of in (torch.cos, torch.sin))
        velocity = cos * along + sin * across
        pressure = fluid * (1 - velocity.square().sum(1, keepdim=True)) / 2
        return torch.cat([pressure, velocity], 1)

    return guess


def verdict(answer: Tensor, truth: Pictures, airfoils: Airfoils) -> dict[str, float]:
    """Medians over the cases."""
    errors = channel_errors(answer, truth)
    off = (suction_peak(answer) / suction_peak(truth.outputs) - 1).abs()
    lift = (balance(answer, airfoils.angle).turning - airfoils.lift()).abs()
    numbers = {"all": errors.mean(1), "p": errors[:, 0], "u": errors[:, 1], "v": errors[:, 2],
               "peak": off, "lift": lift}  # fmt: skip
    return {name: short(float(values.median())) for name, values in numbers.items()}


def rates(*, quick: bool) -> dict[str, Any]:
    """Seconds of a core for 100 cases, by network and exact flow, and the rate at 64 x 64."""
    asked = draw("training", 10 if quick else 100, Generator().manual_seed(0))
    network, inputs = load(), pictures(asked, SIZE).inputs
    many = draw("training", 100 if quick else 1000, Generator().manual_seed(1))
    made_64 = best(lambda: pictures(many, 64))
    recipe, made = about()["recipe"], about()["made"]
    return {
        "cases": len(asked),
        "network": best(lambda: network(inputs)),
        "exact": best(lambda: pictures(asked, SIZE)),
        "cases a second at 64": short(len(many) / made_64),
        "weights": sum(one.numel() for one in network.parameters()),
        "bytes": about()["bytes"],
        "steps": recipe["steps"],
        "trained on": about()["data"]["cases"],
        "training seconds": made["cpu seconds"],
    }


def best(action: Callable[[], object]) -> float:
    """The least seconds of the processor of several tries."""
    spent = []
    for _ in range(9):
        began = time.process_time()
        action()
        spent.append(time.process_time() - began)
    return short(min(spent))


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
SOURCES = (
    "benchmarks/lesson_03_shipped.py",
    *(
        PACKAGE + file
        for file in (
            "any_wind.py", "physics/airfoil.py", "reduced_order.py",
            "shipped.py", "wind_tunnel.py",
        )
    ),
)  # fmt: skip

PARTS = {
    "shipped": Part(shipped, {"128": {}}, SOURCES, SEEDS),
    "rates": Part(rates, {"batch": {}}, SOURCES),
}
