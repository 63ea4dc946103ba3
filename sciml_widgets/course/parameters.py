"""The parameters of a lesson: what may be set from outside. Reads one cell, starts no kernel.

    # %% tags=["parameters"]
    # What `sciml-widgets lesson run 05 --set ...` may change
    nu: float = 0.05  # BurgersPINN.nu: the first live panel

Name, type and the lesson's own value stand in that cell, as papermill wants them. The range is
the one of the lab's knob that the comment names, and is written there only.
"""

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sciml_widgets import knobs, labs
from sciml_widgets.course.lesson import Lesson

__all__ = ["TAG", "Parameter", "chosen", "parameters", "read", "spoken"]

TAG = "parameters"
"""The tag of the cell; papermill's own."""

TYPES: dict[str, type] = {"bool": bool, "float": float, "int": int, "str": str}
COMMENT = re.compile(r"# (?P<lab>[A-Z]\w*)\.(?P<knob>[\w.]+): (?P<acts_on>\S.*)")


@dataclass(frozen=True)
class Parameter:
    """A name of a lesson that may be set: a knob of a lab, and where in the lesson it acts."""

    name: str
    kind: type
    default: Any
    lab: str
    path: str
    acts_on: str

    @property
    def knob(self) -> knobs.Knob:
        """The knob whose range it has."""
        return knobs.find(self._lab(), self.path)

    @property
    def label(self) -> str:
        """The knob's words for people."""
        return self.knob.label or self.name

    @property
    def range(self) -> str:
        """What is allowed, in words: "0.001 to 0.2"."""
        knob = self.knob
        if isinstance(knob, knobs.Slider):
            return f"{knob.low:g} to {knob.high:g}"
        return ", ".join(knob.options) if isinstance(knob, knobs.Choice) else "on or off"

    def parse(self, text: str) -> Any:
        """The value that was typed. Raises ValueError, naming parameter, range and knob."""
        try:
            return knobs.parse(self._lab(), self.path, text)[1]
        except ValueError as error:
            path = knobs.resolve(self._lab(), self.path)
            raise ValueError(f"{self.name}{str(error).removeprefix(path)}") from None

    def told(self) -> dict[str, Any]:
        """For programs."""
        names = ("name", "default", "range", "label", "acts_on")
        return {name: getattr(self, name) for name in names}

    def _lab(self) -> Any:
        return getattr(labs, self.lab)()


def parameters(one: Lesson) -> tuple[Parameter, ...]:
    """Those of a lesson, from its notebook; none where it has no such cell. Raises ValueError."""
    try:
        source = one.code(TAG)
    except LookupError:
        return ()
    return read(source, one.path.name)


def read(source: str, file: str) -> tuple[Parameter, ...]:
    """Those of a cell. Raises ValueError, naming the file, for a line that says too little."""
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return tuple(_one(node, comments, file) for node in ast.parse(source).body)


def chosen(known: Sequence[Parameter], settings: Sequence[str]) -> dict[str, Any]:
    """The values of `["nu=0.02", ...]`, checked: name, type and range. Raises ValueError."""
    there = {one.name: one for one in known}
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ValueError(f"--set {setting}: write NAME=VALUE")
        if name not in there:
            near = difflib.get_close_matches(name, there)
            hint = f"did you mean {' or '.join(near)}?" if near else _there(known)
            raise ValueError(f"no parameter {name!r}: {hint}")
        if name in found:
            raise ValueError(f"--set: {name} stands twice")
        found[name] = there[name].parse(text)
    return found


def spoken(one: Lesson) -> str:
    """A lesson and its parameters, as lines for the terminal."""
    lines = [f"{one.key:<3}  {one.title}"]
    for each in parameters(one):
        value = f"{each.name}={each.default}"
        lines.append(f"     {value}  ({each.range})  {each.label}: {each.acts_on}")
    return "\n".join(lines)


def _there(known: Sequence[Parameter]) -> str:
    names = ", ".join(f"{one.name} ({one.range})" for one in known)
    return f"there are {names}" if names else "this lesson has none"


def _one(node: ast.stmt, comments: dict[int, str], file: str) -> Parameter:
    shape = "NAME: TYPE = VALUE  # Lab.knob: where it acts"
    words = COMMENT.fullmatch(comments.get(node.end_lineno or 0, ""))
    if not (
        words is not None
        and isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.annotation, ast.Name)
        and node.annotation.id in TYPES
        and isinstance(node.value, ast.expr)
    ):
        raise ValueError(f"{file}: a parameter must read {shape}, got {ast.unparse(node)}")
    try:
        value = ast.literal_eval(node.value)
    except ValueError:
        raise ValueError(
            f"{file}: {node.target.id} must be a plain number, word, True or False"
        ) from None
    kind = TYPES[node.annotation.id]
    if type(value) is not kind:
        raise ValueError(
            f"{file}: {node.target.id}: {kind.__name__} is {type(value).__name__} {value!r}"
        )
    return Parameter(node.target.id, kind, value, words["lab"], words["knob"], words["acts_on"])
