"""What may be set in a lesson: each is a knob, is named once, and refuses what is out of range."""

import re
import symtable
from pathlib import Path
from typing import Any

import pytest

from sciml_widgets.course.parameters import TAG, Parameter, chosen, read
from sciml_widgets.course.script import convert, tagged

SCRIPTS = sorted((Path(__file__).parents[1] / "lessons").glob("[0-9][0-9]*_*.py"))

every_lesson = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)

CELL = """\
# What may change
nu: float = 0.05  # BurgersPINN.nu: the panel
seed: int = 0  # BurgersPINN.seed: the panel
optimizer: str = "adam"  # BurgersPINN.optimizer: the panel
periodic: bool = False  # BurgersPINN.net.periodic: the panel
"""


def of(script: Path) -> tuple[Parameter, ...]:
    return read(tagged(script, TAG), script.name)


@every_lesson
def test_each_parameter_is_a_knob_of_its_type_that_allows_the_lesson_s_value(script: Path) -> None:
    text, known = script.read_text(encoding="utf-8"), of(script)
    assert known, "the seed at least"
    for one in known:
        assert type(one.knob.default) is one.kind, one.name
        value = one.parse(one.knob.spell(one.default))
        assert value == one.default and type(value) is one.kind
        section = re.search(r"section (\d+(?:\.\d+)?)$", one.acts_on)
        assert section and re.search(rf"^# ##+ {re.escape(section[1])} ", text, re.M), one.acts_on


@every_lesson
def test_papermill_reads_the_same_from_the_cell(script: Path) -> None:
    from papermill.translators import PythonTranslator

    seen = PythonTranslator.inspect({"source": tagged(script, TAG)})
    assert [(one.name, one.inferred_type_name, one.default) for one in seen] == [
        (one.name, one.kind.__name__, repr(one.default)) for one in of(script)
    ]


def uses(script: Path) -> tuple[set[str], set[str]]:
    """The names that cells other than this one bind, and those that they read, at the top."""
    book: Any = convert(script.read_text(encoding="utf-8"), script)
    bound, used = set(), set()
    for cell in book.cells:
        if cell.cell_type == "code" and TAG not in cell.metadata.get("tags", ()):
            top = symtable.symtable(cell.source, script.name, "exec")
            bound |= {s.get_name() for s in top.get_symbols() if s.is_assigned()}
            bound |= {s.get_name() for s in top.get_symbols() if s.is_imported()}
            used |= {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    return bound, used


@every_lesson
def test_a_parameter_is_used_and_no_other_cell_overwrites_it(script: Path) -> None:
    names = {one.name for one in of(script)}
    bound, used = uses(script)
    assert not names & bound and names <= used


def test_values_are_read_by_the_knob() -> None:
    known = read(CELL, "a lesson")
    wanted = ["nu=0.02", "seed=7", "optimizer=l-bfgs", "periodic=on"]
    assert chosen(known, wanted) == {
        "nu": 0.02, "seed": 7, "optimizer": "l-bfgs", "periodic": True,
    }  # fmt: skip
    assert chosen(known, []) == {}
    assert [one.range for one in known][:2] == ["0.001 to 0.2", "0 to 9999"]
    assert "gauss-newton" in known[2].range and known[3].range == "on or off"
    assert known[0].label == "viscosity ν" and known[1].label == "seed"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["nu=5"], r"^nu=5 is outside \[0\.001, 0\.2\]"),
        (["nu=nan"], "^nu: 'nan' is not a number"),
        (["nu=abc"], "'abc' is not a number"),
        (["seed=1.5"], "seed: .*not a whole number"),
        (["optimizer=sgd"], "'sgd' is not one of adam"),
        (["periodic=maybe"], "'maybe' is not on or off"),
        (["sed=1"], "no parameter 'sed': did you mean seed"),
        (["viscosity=1"], r"no parameter 'viscosity': there are nu \(0\.001 to 0\.2\), seed"),
        (["nu"], "--set nu: write NAME=VALUE"),
        (["nu=0.02", "nu=0.03"], "nu stands twice"),
    ],
)
def test_what_is_wrong_is_said(settings: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        chosen(read(CELL, "a lesson"), settings)


def test_a_lesson_without_parameters_says_so() -> None:
    with pytest.raises(ValueError, match="this lesson has none"):
        chosen((), ["nu=1"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nu = 0.05  # BurgersPINN.nu: the panel", "must read NAME: TYPE = VALUE"),
        ("nu: float = 0.05", "must read"),
        ("nu: float = 0.05  # the viscosity", "must read"),
        ("nu: Any = 0.05  # BurgersPINN.nu: the panel", "must read"),
        ("nu: float  # BurgersPINN.nu: the panel", "must read"),
        ("nu: int = 0.05  # BurgersPINN.nu: the panel", "nu: int is float 0.05"),
        ("nu: float = 1  # BurgersPINN.nu: the panel", "nu: float is int 1"),
        ("nu: float = 0.1 * x  # BurgersPINN.nu: the panel", "nu must be a plain number"),
    ],
)
def test_a_line_that_says_too_little_is_refused(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"a lesson: .*{said}"):
        read(line, "a lesson")
