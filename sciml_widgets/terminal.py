"""The terminal: a run in words, or as plain data for programs. Knows no argument and no file."""

import math
import sys
import time
from collections.abc import Callable
from typing import Any

from sciml_widgets.experiment import Series
from sciml_widgets.knobs import knobs, read
from sciml_widgets.player import Player
from sciml_widgets.record import Record, versions
from sciml_widgets.words import spoken

__all__ = ["elsewhere", "one_line", "outcome", "progress", "say", "summary"]

EVERY = 0.25
"""Seconds between two updates of the line that tells how far a run is."""


def say(text: str) -> None:
    """One line on standard error."""
    print(f"sciml-widgets: {one_line(text)}", file=sys.stderr)


def one_line(text: str) -> str:
    """What may come from a foreign file: without line breaks and control characters."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def outcome(player: Player) -> dict[str, Any]:
    """A run for programs; a scalar that is not finite is None."""
    record = player.record()
    return {
        "lab": record.lab,
        "config": record.start,
        "state": record.state,
        "step": record.step,
        "frames": record.frames,
        "seconds": record.seconds,
        "scalars": {k: v if math.isfinite(v) else None for k, v in record.scalars.items()},
        "threads": record.threads,
        "goal": str(player.goal) if player.goal else None,
        "goal_reached": player.goal_reached is not None if player.goal else None,
        "message": one_line(record.message),
    }


def summary(player: Player) -> str:
    """A run for people: how it ended, what was turned before, and the last numbers."""
    record, usual = player.record(), type(player.experiment)()
    known = knobs(player.experiment)
    turned = [f"{k}={known[k].spell(v)}" for k, v in record.start.items() if v != read(usual, k)]
    lines = [
        f"{record.lab}: {record.state} at step {record.step}, "
        f"{record.frames} frames in {record.seconds:.1f} s"
    ]
    lines += [f"  with {', '.join(turned)}"] if turned else []
    for one in player.history.series:
        if one.name in record.scalars:
            lines.append(f"  {spoken(record.scalars[one.name], one.percent):>10}  {_name(one)}")
    if player.goal_reached is not None:
        lines.append(f"  goal {player.goal} reached at step {player.goal_reached}")
    return "\n".join(lines)


def elsewhere(record: Record, player: Player) -> str:
    """What is different here, if that may be why two runs part; else ""."""
    here = {**versions(), "threads": str(player.threads)}
    there = {**record.versions, "threads": str(record.threads)}
    differ = [
        f"{name} {one_line(there[name])} (here {now})"
        for name, now in here.items()
        if there.get(name, now) != now
    ]
    return f"recorded with {', '.join(differ)}: the last digits may differ" if differ else ""


def progress() -> Callable[[Player], None] | None:
    """Keeps one line of a terminal up to date; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        return None
    due = 0.0

    def watch(player: Player) -> None:
        nonlocal due
        now = time.monotonic()
        if player.state != "running":
            sys.stderr.write("\r\x1b[K")
        elif now >= due:
            due = now + EVERY
            order = sorted(player.history.series, key=lambda one: one.role != "error")
            there = [one for one in order if one.name in player.scalars][:2]
            words = [
                f"{_name(one)} {spoken(player.scalars[one.name], one.percent)}" for one in there
            ]
            words = [f"step {player.step_now}", f"{player.rate:.0f} steps/s", *words]
            sys.stderr.write("\r\x1b[K" + "   ".join(words)[:78])
        sys.stderr.flush()

    return watch


def _name(series: Series) -> str:
    return series.label or series.name
