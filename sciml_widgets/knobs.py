"""Knobs: what a person may turn in an experiment, its range and name. Knows no torch, no widget.

A knob is a field of a dataclass. Bundles of knobs nest (`problem.nu`), and everything else (panel,
command line, records, sweeps) reads and writes them through the functions below, by path.
"""

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "Action",
    "Choice",
    "Kind",
    "Knob",
    "Slider",
    "Toggle",
    "action",
    "choice",
    "find",
    "knob",
    "knobs",
    "parse",
    "read",
    "replaced",
    "resolve",
    "silent",
    "toggle",
    "values",
    "write",
]

Kind = Literal["hot", "restart", "view"]
"""hot: read again at the next step; restart: the run starts over; view: only the picture."""

Reason = Callable[[Any], str]
"""Takes the whole experiment; says why the knob has no effect now, "" if it has."""

WORDS = {"true": True, "on": True, "yes": True, "1": True,
         "false": False, "off": False, "no": False, "0": False}  # fmt: skip


@dataclass(frozen=True)
class Knob:
    """What every knob has. `label` and `group` are for people, `help` is one short sentence.

    `unless` says when the knob has no effect; `also` says what else a turn does, at its tick in
    the plot ("moves the truth").
    """

    default: Any
    kind: Kind = "hot"
    label: str = ""
    unit: str = ""
    group: str = ""
    help: str = ""
    unless: Reason | None = None
    also: str = ""

    def check(self, value: Any) -> Any:
        """Return `value` as this knob stores it. Raises ValueError (says what is expected)."""
        return value

    def parse(self, text: str) -> Any:
        """Read a value from the command line. Raises ValueError."""
        return self.check(text)

    def spell(self, value: Any) -> str:
        """A value as `parse` reads it."""
        return str(value)


@dataclass(frozen=True)
class Slider(Knob):
    """A number in [low, high]; whole numbers only where the default is one."""

    low: float = 0.0
    high: float = 1.0
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        return isinstance(self.default, int)

    def check(self, value: Any) -> int | float:
        if not isinstance(value, (int, float)) and hasattr(value, "item"):  # a numpy scalar
            value = value.item()
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"{value!r} is not a finite number")
        if self.whole and value != int(value):
            raise ValueError(f"{value!r} is not a whole number")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self._shown(value)} is outside [{self.low:g}, {self.high:g}]")
        return int(value) if self.whole else float(value)

    def parse(self, text: str) -> int | float:
        what = "a whole number" if self.whole else "a number"
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            number = math.nan
        if number != number:
            raise ValueError(f"{text!r} is not {what} in [{self.low:g}, {self.high:g}]")
        return self.check(number)

    def _shown(self, value: float) -> str:
        """Short, unless that would look as if it were inside."""
        try:
            short = f"{value:g}"
        except OverflowError:  # a whole number of hundreds of digits
            return "a huge number"
        return repr(value) if self.low <= float(short) <= self.high else short


@dataclass(frozen=True)
class Choice(Knob):
    """One of a few words."""

    options: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        if value not in self.options:
            raise ValueError(f"{value!r} is not one of {', '.join(self.options)}")
        return str(value)


@dataclass(frozen=True)
class Toggle(Knob):
    """On or off."""

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is not True or False")
        return value

    def parse(self, text: str) -> bool:
        if text.lower() not in WORDS:
            raise ValueError(f"{text!r} is not on or off")
        return WORDS[text.lower()]


@dataclass(frozen=True)
class Action(Knob):
    """A button. Its value counts the presses, so a press is a turn like any other."""

    def check(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**6:
            raise ValueError(f"{value!r} is not a number of presses, 0 to 1000000")
        return value

    def parse(self, text: str) -> int:
        try:
            return self.check(int(text))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a number of presses, 0 to 1000000") from error


def _field(made: Knob) -> Any:
    try:
        made.check(made.default)
    except ValueError as error:
        raise ValueError(f"a knob's default must be in its range: {error}") from error
    return dataclasses.field(default=made.default, metadata={"knob": made})


def knob(
    default: float, low: float, high: float, *, log: bool = False, step: float | None = None,
    kind: Kind = "hot", label: str = "", unit: str = "", group: str = "", help: str = "",
    unless: Reason | None = None, also: str = "",
) -> Any:  # fmt: skip
    """A number on a slider.

    `nu: float = knob(0.05, 0.001, 0.2, log=True, label="viscosity ν")` stands in a dataclass. An
    integer default makes a knob of whole numbers. Raises ValueError for an impossible range.
    """
    if not -math.inf < low < high < math.inf or (log and low <= 0):
        raise ValueError(f"a {'log ' if log else ''}knob cannot range over [{low}, {high}]")
    return _field(
        Slider(default, kind, label, unit, group, help, unless, also, low, high, log, step)
    )


def choice(
    default: str, options: tuple[str, ...], *, kind: Kind = "restart", label: str = "",
    group: str = "", help: str = "", unless: Reason | None = None,
) -> Any:  # fmt: skip
    """One word out of `options`, shown as a menu."""
    return _field(Choice(default, kind, label, "", group, help, unless, "", tuple(options)))


def toggle(
    default: bool, *, kind: Kind = "hot", label: str = "", group: str = "", help: str = "",
    unless: Reason | None = None,
) -> Any:  # fmt: skip
    """On or off, shown as a check box."""
    return _field(Toggle(default, kind, label, "", group, help, unless))


def action(
    label: str, *, kind: Kind = "hot", group: str = "", help: str = "",
    unless: Reason | None = None,
) -> Any:  # fmt: skip
    """A button. The field holds the number of presses: a generator acts when it has grown."""
    return _field(Action(0, kind, label, "", group, help, unless))


def _walk(bundle: Any, prefix: str = "", usual: Any = None) -> Iterator[tuple[str, Knob, Any]]:
    """Path, knob and owner; `usual` is what the owner of this bundle has in its place."""
    for field in dataclasses.fields(bundle):
        value, own = getattr(bundle, field.name), getattr(usual, field.name, field.default)
        if "knob" in field.metadata:
            knob = field.metadata["knob"]
            if usual is not None and own != knob.default:
                knob = dataclasses.replace(knob, default=own)
            yield prefix + field.name, knob, bundle
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            same = own if type(own) is type(value) else None
            yield from _walk(value, f"{prefix}{field.name}.", same)


def knobs(bundle: Any) -> dict[str, Knob]:
    """All knobs of a dataclass and of the bundles in it, by path, in reading order.

    The default of a knob in a bundle is the one that the dataclass gives it, not the bundle's own.
    """
    return {path: knob for path, knob, _ in _walk(bundle)}


def values(bundle: Any) -> dict[str, Any]:
    """The value of each knob, by path."""
    return {path: getattr(owner, path.rpartition(".")[2]) for path, _, owner in _walk(bundle)}


def silent(bundle: Any) -> dict[str, str]:
    """The knobs that have no effect now, each with the reason."""
    reasons = {path: knob.unless(bundle) for path, knob, _ in _walk(bundle) if knob.unless}
    return {path: reason for path, reason in reasons.items() if reason}


def resolve(bundle: Any, name: str) -> str:
    """The path that `name` means: a path, or the last part of one path only.

    Raises ValueError that names the near matches, or the paths between which the name is open.
    """
    known = knobs(bundle)
    if name in known:
        return name
    ends = [path for path in known if path.endswith("." + name)]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise ValueError(f"the knob {name!r} is ambiguous: {', '.join(ends)}")
    short = {path.rpartition(".")[2]: path for path in known} | {path: path for path in known}
    near = list(dict.fromkeys(short[m] for m in difflib.get_close_matches(str(name), short)))
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    raise ValueError(f"no knob {name!r}: {hint}")


def find(bundle: Any, name: str) -> Knob:
    """The knob that `name` means. Raises ValueError as `resolve` does."""
    return knobs(bundle)[resolve(bundle, name)]


def read(bundle: Any, path: str) -> Any:
    """The value at a path."""
    for part in path.split("."):
        bundle = getattr(bundle, part)
    return bundle


def _checked(bundle: Any, path: str, value: Any, how: str) -> Any:
    found = knobs(bundle)[path]
    try:
        return getattr(found, how)(value)
    except ValueError as error:
        said = found.help or found.label
        message = f"{path}={error}" if " is outside [" in str(error) else f"{path}: {error}"
        raise ValueError(message + (f" ({said})" if said else "")) from None


def parse(bundle: Any, name: str, text: str) -> tuple[str, Any]:
    """Path and value of `name=text` as typed on the command line. Raises ValueError."""
    path = resolve(bundle, name)
    return path, _checked(bundle, path, text, "parse")


def write(bundle: Any, path: str, value: Any) -> Any:
    """Set one knob in place; frozen bundles on the way are replaced. Returns the stored value.

    Raises ValueError: `weights.w_ic=1e+09 is outside [0.01, 1000] (weight of ...)`.
    """
    path = resolve(bundle, path)
    value = _checked(bundle, path, value, "check")
    head, _, rest = path.partition(".")
    setattr(bundle, head, _put(getattr(bundle, head), rest, value) if rest else value)
    return value


def _put(bundle: Any, path: str, value: Any) -> Any:
    head, _, rest = path.partition(".")
    inner = _put(getattr(bundle, head), rest, value) if rest else value
    return dataclasses.replace(bundle, **{head: inner})


def replaced(bundle: Any, changes: Mapping[str, Any]) -> Any:
    """A copy with some knobs at other values; names may be short. Raises ValueError."""
    copy = dataclasses.replace(bundle)
    for name, value in changes.items():
        path = resolve(copy, name)
        value = _checked(copy, path, value, "check")
        copy = _put(copy, path, value)
    return copy
