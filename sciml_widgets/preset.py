"""Presets: named values of knobs, known failures and their repairs. Knows no lab and no panel."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Preset", "aim", "failures", "pick"]


@dataclass(frozen=True)
class Preset:
    """Values of some knobs under one name, and `why` to look at them, in one line.

    `goal` ("rel_l2<0.05") is what a run with these values is judged by, after `within` steps.
    `repairs` names the preset that this one mends. A preset that has a goal and is repaired by
    another is a known failure: it misses its goal, and the repair reaches the same goal.
    """

    name: str
    why: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    goal: str = ""
    within: int | None = None
    repairs: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.why.strip():
            raise ValueError(f"a preset needs a name and one line of why, not {self!r}")
        if self.within is not None and not self.goal:
            raise ValueError(f"the preset {self.name!r} has within={self.within} but no goal")


def pick(presets: Iterable[Preset], name: str) -> Preset:
    """The preset of that name. Raises ValueError that names the near ones."""
    there = {one.name: one for one in presets}
    if name in there:
        return there[name]
    near = difflib.get_close_matches(str(name), there)
    if not there:
        raise ValueError(f"no preset {name!r}: there are none here")
    named = (repr(one) for one in near or there)  # a name may hold a comma
    hint = f"did you mean {' or '.join(named)}?" if near else f"there are {', '.join(named)}"
    raise ValueError(f"no preset {name!r}: {hint}")


def aim(presets: Iterable[Preset], chosen: Preset) -> tuple[str | None, int | None]:
    """Goal and steps by which a run of `chosen` is judged: its own, or of what it repairs."""
    there = tuple(presets)
    judge = pick(there, chosen.repairs) if chosen.repairs and not chosen.goal else chosen
    return judge.goal or None, judge.within


def failures(presets: Iterable[Preset]) -> dict[str, tuple[Preset, ...]]:
    """The repairs of each known failure, by the failure's name."""
    there = tuple(presets)
    return {
        one.name: repairs
        for one in there
        if one.goal
        and not one.repairs
        and (repairs := tuple(other for other in there if other.repairs == one.name))
    }
