"""The network of a running experiment into a file. Knows no lab: a snapshot has weights or not."""

from pathlib import Path
from typing import Any

from sciml_widgets.knobs import values
from sciml_widgets.player import Player
from sciml_widgets.record import lab_name

__all__ = ["save_weights"]


def save_weights(player: Player, path: str | Path) -> None:
    """Save the newest (finite) snapshot: one that holds `weights`, or is a torch module.

    Raises:
        ValueError: nothing has run yet, or the snapshot holds no network.
        OSError: the file cannot be written.
    """
    from sciml_widgets.checkpoint import Checkpoint, save

    state, now = player.ask(lambda: (player.look(), values(player.experiment)))
    if state is None:
        raise ValueError("there is no network yet: press Run first")
    weights: Any = getattr(state, "weights", None)
    if weights is None and hasattr(state, "state_dict"):
        weights = state.state_dict()
    if not weights:
        raise ValueError(f"{type(player.experiment).__name__} has no network to save")
    save(Checkpoint(dict(weights), lab_name(type(player.experiment)), now), path)
