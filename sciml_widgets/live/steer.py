"""What a lecturer sets up beside the knobs: a goal in words, presets, hidden and locked knobs.

Knows the player, but no widget and no picture.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sciml_widgets.again import Again
from sciml_widgets.goals import wanted
from sciml_widgets.history import History
from sciml_widgets.knobs import find, knobs, replaced, resolve, values
from sciml_widgets.player import Player
from sciml_widgets.preset import Preset, aim, pick
from sciml_widgets.record import Record
from sciml_widgets.words import name_of, setting, spoken

__all__ = ["LOCKED", "Steer", "goal_words", "knob_words"]

LOCKED = "locked by the lecturer"


class Steer:
    """The rules of one panel; `write` adds to a message what the browser must know of them."""

    def __init__(
        self, player: Player, hide: Iterable[str], lock: Iterable[str], presets: bool
    ) -> None:
        self.player = player
        self.first = values(player.experiment)
        self.hide, self.lock = self._paths("hide", hide), self._paths("lock", lock)
        self.presets = player.experiment.presets if presets else ()
        self._own_goal = player.goal is not None
        self._usual = {path: one.default for path, one in knobs(player.experiment).items()}
        self._base = self._without_preset()
        self._wholes = {one.name: self._whole(one) for one in self.presets}
        player.unseen = self.hide
        self._applied = self._name(self.first) if self._base == self._usual else ""
        self._opened = self._applied
        if self._applied:
            self._take_goal(pick(self.presets, self._applied), self.first)

    def _paths(self, option: str, names: Iterable[str]) -> frozenset[str]:
        if isinstance(names, str):
            raise ValueError(f'{option}={names!r} is one word: write {option}=("{names}",)')
        return frozenset(resolve(self.player.experiment, name) for name in names)

    # ---- presets ------------------------------------------------------------------------

    def preset(self, name: str, *, by_hand: bool = False) -> None:
        """Set all its values, the other knobs as the lecturer gave them, and start over.

        The preset that the panel was opened with makes way. A hand in the browser leaves locked
        knobs alone. Raises ValueError.
        """
        player = self.player
        chosen = pick(self.offered() if by_hand else self.presets, name)
        wish = dict(self._wholes[chosen.name])
        if by_hand:
            wish = {path: value for path, value in wish.items() if path not in self.lock}
        self._take_goal(chosen, wish)
        player.pause()  # no frame sees half of the values
        for path, value in wish.items():
            player.turn(path, value)
        player.reset()
        self._applied = chosen.name

    def _take_goal(self, chosen: Preset, wish: Mapping[str, Any]) -> None:
        """The goal that belongs to a preset, unless the lecturer has given one."""
        if not self._own_goal:
            known = History(replaced(self.player.experiment, wish).series).known
            goal, within = aim(self.presets, chosen)
            self.player.goal = wanted(None, goal, within, known)

    def _without_preset(self) -> dict[str, Any]:
        """The values at the opening, less the preset that explains most of them."""
        explained = [self._moved(one) for one in self.presets]
        most = max((one for one in explained if one.items() <= self.first.items()),
                   key=len, default={})  # fmt: skip
        return {path: self._usual[path] if path in most else v for path, v in self.first.items()}

    def _moved(self, chosen: Preset) -> dict[str, Any]:
        """What a preset turns away from the lab's own values."""
        lab = self.player.experiment
        there = {resolve(lab, name): value for name, value in chosen.values.items()}
        return {path: value for path, value in there.items() if value != self._usual[path]}

    def _name(self, start: Mapping[str, Any]) -> str:
        """The preset that explains a start; "" where it is what was opened, or no preset."""
        names = (one.name for one in self.presets if self._wholes[one.name] == start)
        return next(names, "") if start != self._base else ""

    def offered(self) -> tuple[Preset, ...]:
        """The presets that turn no locked knob."""
        lab = self.player.experiment
        return tuple(
            one for one in self.presets if not {resolve(lab, n) for n in one.values} & self.lock
        )

    def words(self, start: Mapping[str, Any]) -> str:
        """What is special about a run that starts so: a preset, or the knobs that differ."""
        lab = self.player.experiment
        usual = (one.name for one in self.presets if self._wholes[one.name] == start)
        said = self._name(start) or knob_words(lab, self._usual, start, self.hide)
        return said or next(usual, "as at first")  # a preset may be the lab's own values

    def _whole(self, chosen: Preset) -> dict[str, Any]:
        try:
            return values(replaced(replaced(self.player.experiment, self._base), chosen.values))
        except ValueError as error:
            raise ValueError(f"the preset {chosen.name!r}: {error}") from None

    # ---- what the browser may do and must know --------------------------------------------

    def admit(self, name: str) -> None:
        """Raises ValueError where a hand in the browser must not turn this knob."""
        path = resolve(self.player.experiment, name)
        if path in self.hide:
            raise ValueError(f"{path} is hidden")
        if path in self.lock:
            raise ValueError(
                f"{name_of(path, find(self.player.experiment, path).label)} is {LOCKED}"
            )

    def admit_run(self, record: Record) -> None:
        """Raises ValueError where the record gives a hidden or locked knob another value."""
        again, now = Again(record, self.player.experiment), values(self.player.experiment)
        given = [*again.start.items(), *((turn.name, turn.value) for turn in again.tape)]
        for path, value in given:
            if value != now[path]:
                self.admit(path)

    def write(self, header: dict[str, Any], *, asked: bool = False) -> None:
        """Add goal, presets and locks; take out hidden knobs.

        While a question is `asked`, the preset that the panel was opened with does not speak: its
        words and its goal would give the answer away.
        """
        quiet = asked and self._applied == self._opened
        header["goal"] = None if quiet and not self._own_goal else goal_words(self.player)
        if "values" in header:
            kept = self._wholes.get(self._applied) == header["values"]
            header["preset"] = self._applied if kept and not quiet else ""
            header["values"] = {k: v for k, v in header["values"].items() if k not in self.hide}
            header["silent"] = {**header["silent"], **dict.fromkeys(self.lock, LOCKED)}
        if "spec" in header:
            spec = header["spec"]
            spec["controls"] = [c for c in spec["controls"] if c["path"] not in self.hide]
            spec["presets"] = [{"name": p.name, "why": p.why} for p in self.offered()]


def goal_words(player: Player) -> dict[str, Any] | None:
    """The goal for people: `text`, `state` (open, reached, missed), `share` of the way, 0 to 1.

    Of a goal with a last step the value at that step decides, however the run goes on.
    """
    goal, seen = player.goal, player.goal_values
    if goal is None:
        return None
    one = next((s for s in player.history.series if s.name == goal.name), None)
    label, percent = (one.label, one.percent) if one else (goal.name.replace("_", " "), False)
    aim = goal.words(label, percent)
    last = "" if goal.within is None else f" within {goal.within} steps"
    now = spoken(seen[-1], percent) if seen else ""
    share = goal.share(seen[0], seen[-1]) if seen else 0.0
    if player.goal_reached is not None:
        state, share, text = "reached", 1.0, f"✓ {aim} at step {player.goal_reached}"
    elif goal.within is not None and player.frames and player.step_now >= goal.within:
        state, text = "missed", f"✗ {aim} not{last}" + (f": {now}" if now else "")
    else:
        state, text = "open", f"Goal: {aim}{last}" + (f" · now {now}" if now else "")
    return {"text": text, "state": state, "share": share}


def knob_words(
    lab: Any, old: Mapping[str, Any], new: Mapping[str, Any], but: Collection[str] = ()
) -> str:
    """What differs, in a few words: "initial condition 0.01, seed 3"."""
    words, there = [], knobs(lab)
    for path, value in new.items():
        if path in there and path in old and old[path] != value and path not in but:
            one = there[path]
            words.append(setting(name_of(path, one.label), old[path], value, one.unit))
    return ", ".join(words[:2]) + (", …" if len(words) > 2 else "")
