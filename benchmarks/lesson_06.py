"""What lesson 06 reports: three equations on which plain networks fail, and repairs."""

import math
from typing import Any

import torch

from benchmarks.results import Part
from sciml_widgets import run, trace
from sciml_widgets.experiment import Experiment
from sciml_widgets.labs import ConvectionPINN, ReactionDiffusionPINN, ReactionPINN
from sciml_widgets.metrics import relative_l2
from sciml_widgets.physics import ReactionDiffusion

__all__ = ["PARTS"]

SEEDS = (0, 1, 2, 3, 4)
LABS: dict[str, type[Experiment]] = {
    "convection": ConvectionPINN, "reaction": ReactionPINN, "spread": ReactionDiffusionPINN,
}  # fmt: skip
SECOND = {"optimizer": "gauss-newton", "precision": "float64"}
WIDE = {**SECOND, "depth": 1, "width": 40, "points_inside": 300}
SMALL = {**SECOND, "depth": 2, "points_inside": 300}
PAPER = {"optimizer": "l-bfgs", "precision": "float64", "depth": 2, "points_inside": 200,
         "w_ic": 1.0, "w_bc": 1.0}  # fmt: skip


def train(
    *, seed: int, quick: bool, lab: str, steps: int, knobs: dict[str, Any], preset: str = ""
) -> dict[str, Any]:
    """One run of a lab: its last scalars."""
    steps = 4 if quick else steps
    made = LABS[lab]().preset(preset) if preset else LABS[lab]()
    player = run(made.but(seed=seed, **knobs), frames=steps + 1)
    return {
        **{name: short(value) for name, value in player.scalars.items()},
        "steps": player.step_now,
        "seconds": round(player.seconds, 2),
        "weights": sum(w.numel() for w in player.look().network.parameters()),
    }


def see(*, quick: bool) -> dict[str, Any]:
    """The run on the first screen, as a record with pictures that plays without a kernel."""
    made = trace(ConvectionPINN(), frames=20 if quick else 401, pictures=16)
    return {"record": made.to_json(), "rel_l2": short(made.scalars["rel_l2"])}


def published(*, quick: bool) -> dict[str, Any]:
    """Relative L2 errors of the paper, means over ten seeds or more, and of others."""
    return {
        "arxiv": "2109.01050",
        "beta": [10, 20, 30, 40],
        "plain": [1.08e-2, 7.50e-1, 8.97e-1, 9.61e-1],
        "curriculum": [None, 9.84e-3, 2.02e-2, 5.33e-2],
        "nu": [2, 4, 6],
        "entire": [5.07e-1, 8.84e-1, 9.60e-1],
        "windows": [2.04e-2, 2.37e-2, 2.81e-2],
        "again": {"20": 1.9e-2, "30": 1.10, "40": 1.14},
    }


def their_truth(*, quick: bool, nu: float) -> dict[str, Any]:
    """How far the reference of the paper's code is from ours, in relative L2 over its grid.

    Its program splits to first order, 99 steps of 1/100, and calls the times 0, 1/99, ... 1.
    Source: github.com/a1k12/characterizing-pinns-failure-modes, systems_pbc.py and main_pbc.py.
    """
    cells, times, rho = 256, 100, 5.0
    x = 2 * math.pi / cells * torch.arange(cells, dtype=torch.float64)
    k = torch.arange(cells // 2 + 1, dtype=torch.float64)
    u, rows = torch.exp(-((x - math.pi) ** 2) / (2 * (math.pi / 4) ** 2)), []
    for _ in range(times):
        rows.append(u)
        grown = u * math.exp(rho / times)
        modes = torch.fft.rfft(grown / (grown + 1 - u))
        u = torch.fft.irfft(modes * torch.exp(-nu * k**2 / times), cells)
    found = torch.cat(rows)[:, None]
    off = {}
    for name, last in (("as labelled", 1.0), ("true times", (times - 1) / times)):
        t = torch.linspace(0, last, times, dtype=torch.float64)
        points = torch.cartesian_prod(t, x).flip(1)
        off[name] = short(relative_l2(found, ReactionDiffusion(nu=nu, rho=rho).exact(points)))
    return off


def short(value: float) -> float:
    """Four digits: more would be noise in the file."""
    return float(f"{float(value):.4g}")


PACKAGE = "sciml_widgets/"
FILES = (
    "collocation.py", "gauss_newton.py", "labs/convection_pinn.py", "labs/curriculum.py",
    "labs/loss_weights.py", "labs/pinn.py", "labs/windows.py", "layers.py", "metrics.py",
    "networks.py", "physics/convection.py", "physics/problem.py", "sampling.py", "train.py",
)  # fmt: skip
TRAINING = ("benchmarks/lesson_06.py", *(PACKAGE + file for file in FILES))
GROWTH = (
    *TRAINING,
    *(
        PACKAGE + file
        for file in (
            "labs/reaction_diffusion_pinn.py", "labs/reaction_pinn.py", "physics/reaction.py",
            "physics/reaction_diffusion.py",
        )
    ),
)  # fmt: skip


def convection(steps: int, knobs: dict[str, Any]) -> dict[str, Any]:
    return {"lab": "convection", "steps": steps, "knobs": knobs}


PARTS = {
    "published": Part(published, {"table": {}}, ("benchmarks/lesson_06.py",)),
    "their_truth": Part(
        their_truth, {str(nu): {"nu": float(nu)} for nu in (2, 4, 6)},
        ("benchmarks/lesson_06.py", PACKAGE + "physics/reaction_diffusion.py"),
    ),
    "see": Part(see, {"run": {}}, TRAINING),
    "points": Part(
        train,
        {
            "fixed": {**convection(120, {}), "preset": "fixed points"},
            "redrawn": {**convection(120, {}), "preset": "fixed points, repaired"},
            "soft ring": {**convection(120, {"periodic": False}), "preset": "fixed points"},
        },
        TRAINING, SEEDS,
    ),
    "convection": Part(
        train,
        {
            **{f"adam {b}": convection(400, {"beta": float(b)}) for b in (10, 30)},
            **{f"l-bfgs {b}": convection(600, {**PAPER, "beta": float(b)}) for b in (10, 20, 30)},
            **{
                f"l-bfgs, other set-up {b}": convection(
                    600, {**WIDE, "optimizer": "l-bfgs", "beta": float(b)}
                )
                for b in (20, 30)
            },
            **{
                f"cold, other set-up {b}": convection(
                    300, {**PAPER, **SECOND, "beta": float(b)}
                )
                for b in (20, 30)
            },
            **{f"cold {b}": convection(300, {**WIDE, "beta": float(b)}) for b in (20, 30, 40)},
            **{
                f"curriculum {b}": convection(
                    300, {**WIDE, "beta": float(b), "stages": b, "steps_per_stage": 200 // b}
                )
                for b in (20, 30, 40)
            },
        },
        TRAINING, SEEDS,
    ),
    "growth": Part(
        train,
        {
            "reaction, adam": {"lab": "reaction", "steps": 300, "knobs": {"w_ic": 1.0}},
            "reaction, second": {
                "lab": "reaction", "steps": 60, "knobs": {**SMALL, "w_ic": 1.0}
            },
            "adam 4": {"lab": "spread", "steps": 300, "knobs": {"nu": 4.0}},
            **{
                f"second {nu}": {"lab": "spread", "steps": 40, "knobs": {**SMALL, "nu": float(nu)}}
                for nu in (2, 4, 6)
            },
            **{
                f"curriculum {nu}": {
                    "lab": "spread", "steps": 40,
                    "knobs": {**SMALL, "nu": float(nu), "stages": 4, "steps_per_stage": 6},
                }
                for nu in (2, 4, 6)
            },
        },
        GROWTH, SEEDS,
    ),
}  # fmt: skip
