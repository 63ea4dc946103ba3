"""A record that somebody handed over, on the page: its pictures, or the run itself once more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sciml_widgets.again import Again
from sciml_widgets.experiment import Experiment
from sciml_widgets.live import frontend
from sciml_widgets.live.panel import Panel
from sciml_widgets.live.share import PACKED, unpacked
from sciml_widgets.live.trace_page import display_trace
from sciml_widgets.record import LARGEST, Record, RecordError, load

__all__ = ["lab_of", "read", "show_record"]

Stage = Callable[[Panel], None]
Still = Callable[[Panel, str], None]


def show_record(
    given: Record | str | Path, live: Stage, still: Still, frames: int, *,
    lab: type[Experiment] | Experiment | None = None, run: bool = False, **options: Any,
) -> Panel | None:  # fmt: skip
    """Play the record's pictures and return None; without pictures, or with `run`, run it again.

    `live` and `still` put a panel on the page, with and without somebody there. Raises
    RecordError for a record that cannot be used, ValueError for `predict`.
    """
    record = read(given)
    if record.trace is not None and not run:
        display_trace(record)
        return None
    if "predict" in options:
        raise ValueError("a record runs at once: there is no time to guess (predict=)")
    again = Again(record, lab if lab is not None else lab_of(record))
    panel = Panel(again.lab, **options)
    if frontend.somebody():
        live(panel)
        panel.player.resume(record)
        return panel
    player = panel.player
    player.follow(again)
    player.limit = min(again.frames, frames)
    if again.frames:
        still(panel, record.state)
    print(again.said or again.so_far)
    return panel


def read(given: Record | str | Path) -> Record:
    """A record, its line of text, or its file. Raises RecordError, or OSError for no file."""
    if isinstance(given, Record):
        return given
    text = given.strip() if isinstance(given, str) else ""
    if text.startswith(("{", PACKED)) or "\n" in text:
        if len(text) > LARGEST:
            raise RecordError(f"a text of more than {LARGEST // 10**6} MB is no record")
        return Record.from_json(unpacked(text))
    try:
        return load(given)
    except RecordError:
        raise
    except (ValueError, OSError):
        if isinstance(given, Path) or given.endswith(".json"):
            raise
        raise RecordError(f"{given[:60]!r} is neither a record nor a file of one") from None


def lab_of(record: Record) -> type[Experiment]:
    """The package's own lab of this name. Raises RecordError: nothing else is looked for."""
    from sciml_widgets.labs import labs

    there = labs()
    if record.lab not in there:
        raise RecordError(
            f"the record is of {record.lab!r}, no lab of this package: show(record, lab=YourLab)"
        )
    return there[record.lab]
