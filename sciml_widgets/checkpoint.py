"""A network's weights in a file, and the knobs that belong to them. Knows no network and no lab.

The format is safetensors: numbers and text, nothing that could run.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sciml_widgets.whole import write_whole

__all__ = ["Checkpoint", "read", "save"]

LARGEST = 200_000_000
"""Bytes of a file that is read."""
FORMAT = "sciml-widgets 1"


@dataclass(frozen=True)
class Checkpoint:
    """Weights by name, the name of the lab, and the values of its knobs by path."""

    weights: dict[str, Tensor]
    lab: str
    values: dict[str, Any]


def save(checkpoint: Checkpoint, path: str | Path) -> None:
    """Write the file whole or not at all. Raises OSError, ValueError for no weights."""
    from safetensors.torch import save as packed

    if not checkpoint.weights:
        raise ValueError("there are no weights to save")
    weights = {
        name: weight.detach().clone().contiguous() for name, weight in checkpoint.weights.items()
    }
    about = {
        "format": FORMAT,
        "lab": checkpoint.lab,
        "values": json.dumps(checkpoint.values, allow_nan=False),
    }
    write_whole(Path(path), packed(weights, metadata=about))


def read(path: str | Path) -> Checkpoint:
    """Read a file. Raises ValueError for a foreign, damaged or hostile one, OSError for none."""
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    size = path.stat().st_size
    if not path.is_file() or size > LARGEST:
        raise ValueError(f"{path.name} is no file of weights: expected a file below 200 MB")
    try:
        with safe_open(str(path), framework="pt") as file:
            about = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, KeyError, RuntimeError, TypeError) as error:
        said = str(error).splitlines()[:1] or [type(error).__name__]
        raise ValueError(f"{path.name} is not a whole safetensors file: {said[0][:120]}") from None
    if (found := about.get("format", "")) != FORMAT:
        raise ValueError(
            f"{path.name} was not written by save_weights: its format is {found[:40]!r}, "
            f"expected {FORMAT!r}"
        )
    try:
        values = json.loads(about["values"])
        lab = about["lab"]
    except (ValueError, KeyError, RecursionError):
        raise ValueError(f"{path.name} is damaged: its knobs cannot be read") from None
    if not isinstance(values, Mapping) or not weights:
        raise ValueError(f"{path.name} is damaged: expected weights and a table of knobs")
    return Checkpoint(weights, lab, dict(values))
