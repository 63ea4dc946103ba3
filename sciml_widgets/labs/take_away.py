"""What a student takes along from a lab: a script, and trained weights. Knows no panel.

A script is an ordinary module of this folder, in plain torch, whose first constants take the
values of the knobs. So it is checked like every other code, and what people get is what ran here.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Generator, nn

from sciml_widgets import checkpoint
from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import knobs, replaced, silent, values
from sciml_widgets.physics import Burgers

__all__ = ["burgers_code", "filled", "load_weights", "to_code"]

ACTIVATIONS = {
    "tanh": "torch.tanh",
    "sin": "torch.sin",
    "silu": "nn.functional.silu",
    "softplus": "nn.functional.softplus",
    "relu": "torch.relu",
}
HERE = Path(__file__).parent


def to_code(lab: Experiment, steps: int | None = None) -> str:
    """A self-contained script that does what this lab does, with its values filled in.

    `steps` is the length of the run (default: the lab's own). Turns during a run are not in it.

    Raises:
        ValueError: a lab without a script, or a value that its script cannot express.
    """
    return lab.code(lab.length if steps is None else steps)


def load_weights(path: str | Path, into: nn.Module | None = None) -> nn.Module:
    """The network whose weights `panel.save_weights(path)` wrote, ready to be asked or trained.

    It is built as the lab builds it, from the knobs in the file; for a lab of your own give a
    network of the same form, `into=`. `network(points)` takes points (n, d).

    Raises:
        ValueError: not such a file, a damaged one, or weights that do not fit.
        OSError: no such file.
    """
    saved, name = checkpoint.read(path), Path(path).name
    network = _network(saved, name) if into is None else into
    there = {key: tuple(weight.shape) for key, weight in network.state_dict().items()}
    here = {key: tuple(weight.shape) for key, weight in saved.weights.items()}
    if there != here or not all(weight.is_floating_point() for weight in saved.weights.values()):
        parting = sorted(str(key) for key, _ in set(there.items()) ^ set(here.items()))
        raise ValueError(
            f"{name}: its weights do not fit the network"
            f"{f' (look at {parting[0][:60]})' if parting else ''}; expected {len(there)} tensors "
            f"of floating point numbers, got {len(here)}"
        )
    network.load_state_dict(saved.weights)
    return network


def filled(script: str, given: Mapping[str, str]) -> str:
    """The module `script` of this folder with other constants; without its `__all__`.

    `given` maps the left side of an assignment to its new right side: {"DEPTH, WIDTH": "4, 20"}.
    """
    text = (HERE / f"{script}.py").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    left = set(given)
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign) or node.lineno != node.end_lineno:
            continue
        name, line = ast.unparse(node.targets[0]).strip("()"), lines[node.lineno - 1]
        if name == "__all__":
            lines[node.lineno - 1 : node.lineno + 1] = ["", ""]
        elif name in given:
            # ast counts bytes
            raw, value = line.encode(), node.value
            start, end = value.col_offset, value.end_col_offset
            lines[node.lineno - 1] = (raw[:start] + given[name].encode() + raw[end:]).decode()
            left.discard(name)
    if left:
        raise ValueError(f"the script {script} has no constant {', '.join(sorted(left))}")
    return "".join(lines)


def burgers_code(lab: Any, steps: int) -> str:
    """The script of `BurgersPINN`: lesson 05's own loop, with the library's points and weights."""
    if type(lab.problem) is not Burgers:
        raise ValueError(f"problem={type(lab.problem).__name__}: the script solves Burgers only")
    now = values(lab)
    _refuse_others(lab, now)
    return filled(
        "burgers_script",
        {
            "NU": repr(now["problem.nu"]),
            "DEPTH, WIDTH": f"{now['net.depth']}, {now['net.width']}",
            "ACTIVATION": ACTIVATIONS[now["net.activation"]],
            "DTYPE": f"torch.{now['net.precision']}",
            "WEIGHTS": "{"
            + ", ".join(f'"{name}": {now[f"weights.w_{name}"]!r}' for name in ("pde", "ic", "bc"))
            + "}",
            "LR": repr(now["lr"]),
            "INSIDE, EDGE": f"{now['points_inside']}, {now['points_edge']}",
            "SOBOL": repr(now["sampling"] == "sobol"),
            "REDRAW": repr(now["redraw"]),
            "SEED": repr(now["seed"]),
            "STEPS": repr(steps),
        },
    )


EXPRESSED = {
    "problem.nu", "net.depth", "net.width", "net.activation", "net.precision", "weights.w_pde",
    "weights.w_ic", "weights.w_bc", "lr", "points_inside", "points_edge", "redraw", "seed",
}  # fmt: skip
"""Knobs of `BurgersPINN` whose every value the script takes."""


def _refuse_others(lab: Any, now: Mapping[str, Any]) -> None:
    """Raises ValueError for the first knob at a value that the script has no words for."""
    idle = silent(lab)
    for path, knob in knobs(lab).items():
        if path in EXPRESSED or path in idle or knob.kind == "view":
            continue
        can = ("sobol", "uniform") if path == "sampling" else (knob.default,)
        if now[path] not in can:
            raise ValueError(
                f"{path}={now[path]!r} is not in the script: it knows "
                f"{' and '.join(map(repr, can))} only; turn {knob.label or path!r} back"
            )


def _network(saved: checkpoint.Checkpoint, name: str) -> nn.Module:
    from sciml_widgets.labs import labs

    there = labs()
    if saved.lab not in there:
        raise ValueError(
            f"{name} holds weights of the lab {saved.lab[:60]!r}, none of this package: "
            f"build its network and give load_weights(path, into=network)"
        )
    try:
        lab: Any = replaced(there[saved.lab](), saved.values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} is damaged: {error}") from None
    if not hasattr(lab, "net"):
        raise ValueError(f"{name}: the lab {saved.lab} builds no network by itself: use into=")
    return lab.net.build(lab.problem, Generator())
