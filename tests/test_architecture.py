"""The floors of the house: who may import whom, read from the source with `ast`."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sciml_widgets"
LESSONS = ROOT / "lessons"

FLOORS: dict[str, set[str]] = {
    # From the roof down: what each part may import. "x" means x and everything inside it.
    "__main__": {"cli"},
    "cli": {"arguments", "commands", "terminal"},
    "commands": {"clusters", "lab_settings", "terminal", "course", "live", "labs", "headless",
                 "player", "record", "knobs", "experiment", "doctor", "workspace", "grid"},
    "course": {"live", "labs", "collocation", "headless", "player", "record", "history", "goals",
               "train", "networks", "metrics", "sampling", "physics", "knobs", "experiment",
               "picture", "landscape", "workspace", "whole", "machine"},
    "practice": {"course", "headless", "player", "words", "record", "goals", "networks", "knobs",
                 "experiment", "picture", "machine"},
    "live": {"headless", "player", "words", "record", "history", "goals", "knobs", "touch",
             "experiment", "picture", "machine", "preset", "predict", "labs", "again",
             "trace_shape", "checkpoint"},
    "labs": {"collocation", "record", "train", "gauss_newton", "networks", "layers", "metrics",
             "sampling", "physics", "solvers", "knobs", "experiment", "picture", "preset",
             "checkpoint", "integrals", "touch", "wrong_density", "features", "sparse", "weather",
             "surrogates", "wind_tunnel", "reduced_order", "flow_network", "racers",
             "reconstruction", "any_wind", "shipped"},
    "collocation": {"networks", "layers", "metrics", "sampling", "train", "physics"},
    "grid": {"workers", "words", "player", "record", "goals", "knobs", "experiment", "picture",
             "machine", "live"},
    "workers": {"headless", "player", "knobs"},
    "terminal": {"player", "record", "knobs", "experiment", "words"},
    "headless": {"again", "player", "record", "knobs", "experiment", "machine"},
    "player": {"mailbox", "words", "goals", "history", "record", "knobs", "experiment", "picture",
               "machine", "again"},
    "again": {"record", "knobs", "experiment"},
    # The ground floor.
    "history": {"experiment", "record", "words"},
    "goals": {"words"},
    "words": set(),
    "mailbox": set(),
    "record": {"trace_shape", "whole"},
    "experiment": {"knobs", "picture", "preset"},
    "preset": set(),
    "trace_shape": set(),
    "knobs": set(),
    "touch": {"knobs"},
    "picture": set(),
    "predict": {"picture"},
    "train": set(),
    "gauss_newton": {"layers", "train", "machine"},
    "landscape": {"gauss_newton", "train", "picture"},
    "networks": {"layers", "machine"},
    "layers": set(),
    "hidden_physics": set(),
    "surrogates": set(),
    "metrics": set(),
    "reconstruction": {"physics"},
    "racers": {"reconstruction", "collocation", "experiment", "gauss_newton", "networks",
               "physics", "sampling", "solvers", "train"},
    "integrals": {"knobs"},
    "wrong_density": set(),
    "features": {"knobs"},
    "sparse": set(),
    "weather": set(),
    "sampling": set(),
    "physics": {"knobs", "touch"},
    "checkpoint": {"whole"},
    "wind_tunnel": {"physics"},
    "reduced_order": {"wind_tunnel", "physics"},
    "flow_network": {"wind_tunnel", "machine"},
    "any_wind": {"wind_tunnel"},
    "shipped": {"any_wind", "checkpoint", "wind_tunnel", "physics", "train", "whole"},
    "whole": set(),
    "solvers": {"physics", "knobs"},
    # The machine that all of it runs on.
    "doctor": {"lab_settings", "machine", "workspace"},
    "lab_settings": {"workspace", "whole"},
    "arguments": {"__init__"},
    "clusters": set(),
    "workspace": {"whole"},
    "machine": set(),
    "__init__": set(),
}  # fmt: skip

LIGHT = ("knobs", "experiment", "picture", "goals", "history", "record", "mailbox", "player",
         "touch", "again", "trace_shape", "headless", "machine", "terminal", "cli", "doctor",
         "workspace", "preset", "predict", "labs", "arguments", "clusters", "commands",
         "lab_settings")  # fmt: skip
"""Modules that load neither torch nor a widget package, not even through others."""

HEAVY = ("torch", "ipywidgets", "anywidget", "traitlets", "IPython", "matplotlib", "plotly",
         "pandas", "scipy", "jupyterlab")  # fmt: skip

LONGEST = 450
"""Lines. Past 200 ask whether a module is two; past this it is."""

SOURCES = sorted(PACKAGE.rglob("*.py"))


def module(path: Path) -> str:
    """`live.wire` for sciml_widgets/live/wire.py, `live` for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in SOURCES}


def part(name: str) -> str:
    return name.partition(".")[0]


def imports(source: str) -> set[str]:
    """The modules of this package that a source imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "write the whole name, no relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            top, _, rest = name.partition(".")
            if top == PACKAGE.name:
                while rest and rest not in MODULES:
                    rest = rest.rpartition(".")[0]
                found.add(rest or "__init__")
    return found


def read(name: str) -> str:
    return MODULES[name].read_text(encoding="utf-8")


def graph() -> dict[str, set[str]]:
    return {name: imports(read(name)) for name in MODULES}


def test_every_module_belongs_to_a_floor() -> None:
    strange = {name for name in MODULES if part(name) not in FLOORS}
    assert not strange, f"say in FLOORS of {Path(__file__).name} where these stand: {strange}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_go_only_downwards(name: str) -> None:
    allowed = FLOORS[part(name)] | {part(name)}
    upwards = {other for other in imports(read(name)) if part(other) not in allowed}
    assert not upwards, f"{name} must not import {', '.join(sorted(upwards))}"


def test_the_floors_themselves_have_no_way_up() -> None:
    """The table above is no excuse: its own graph has no cycle."""
    assert cycle({name: below - {name} for name, below in FLOORS.items()}) == []


def test_modules_import_each_other_in_no_circle() -> None:
    packages = {name for name in MODULES if MODULES[name].name == "__init__.py"}
    inner = {
        name: {other for other in others if not (other in packages and part(other) == part(name))}
        for name, others in graph().items()
    }
    assert cycle(inner) == []


def cycle(arrows: dict[str, set[str]]) -> list[str]:
    """One circle of a graph, or nothing."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(arrows.get(name, ())):
            found = walk(other, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next(filter(None, (walk(name, []) for name in sorted(arrows))), [])


def test_this_test_can_see_a_way_up_and_a_circle() -> None:
    assert {"machine", "record", "knobs"} <= imports(read("player"))
    assert "live.twin" in imports(read("live.panel")), "also inside functions"
    assert imports("import sciml_widgets.live.twin as t") == {"live.twin"}
    assert imports("from sciml_widgets import show, machine") == {"__init__", "machine"}
    assert imports("def f():\n  from sciml_widgets.labs import PINN") == {"labs"}
    assert imports("import torch\nfrom math import pi") == set()
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_physics_never_sees_training() -> None:
    for name, path in MODULES.items():
        if part(name) in ("physics", "solvers"):
            text = ast.dump(ast.parse(path.read_text(encoding="utf-8")))
            assert "torch.optim" not in text and "'optim'" not in text, name


def run_python(source: str, *argv: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", source, *argv], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_light_modules_load_nothing_heavy() -> None:
    source = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1].split(','): importlib.import_module('sciml_widgets.' + name)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    loaded = set(json.loads(run_python(source, ",".join(LIGHT))))
    assert not loaded & set(HEAVY), "find out who: run python -X importtime"
    assert not {name for name in loaded if name.startswith("sciml_widgets.live")}


def test_importing_the_package_is_quick_and_changes_nothing() -> None:
    source = (
        "import sys, threading, time, os, random, warnings, locale, signal\n"
        "before = set(sys.modules)\n"
        "def state():\n"
        "    return (threading.active_count(), os.getcwd(), dict(os.environ), random.getstate(),\n"
        "            list(warnings.filters), locale.setlocale(locale.LC_ALL), sys.path[:],\n"
        "            signal.getsignal(signal.SIGINT), sys.excepthook, sys.getrecursionlimit())\n"
        "then, began = state(), time.perf_counter()\n"
        "import sciml_widgets\n"
        "spent = time.perf_counter() - began\n"
        "assert state() == then, 'it changed something'\n"
        "import json\n"
        "print(json.dumps([spent, sorted(set(sys.modules) - before), dir(sciml_widgets)]))\n"
    )
    spent, loaded, there = json.loads(run_python(source))
    assert spent < 5.0, f"{spent:.2f} s; the target is 0.5 s"
    assert not set(loaded) & {*HEAVY, "numpy"}
    assert "show" in there and "__version__" in there


def test_every_public_name_is_where_the_table_says() -> None:
    import sciml_widgets

    assert sorted(sciml_widgets.__all__) == dir(sciml_widgets)
    for name, home in sciml_widgets._HOME.items():
        place = PACKAGE / home.replace(".", "/")
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        names = ast.literal_eval(public(file))
        assert name in names, f"{home} has no public {name}"
    with pytest.raises(AttributeError, match="has no attribute 'shwo'"):
        _ = sciml_widgets.shwo
    assert sciml_widgets.knob is sys.modules["sciml_widgets.knobs"].knob


def public(path: Path) -> str:
    """The right side of `__all__ = ...`, "" if there is none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            return ast.unparse(node.value)  # type: ignore[union-attr]
    return ""


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_says_what_it_is_and_what_is_public(name: str) -> None:
    path = MODULES[name]
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    words = ast.get_docstring(tree)
    assert words and words.split("\n")[0].endswith("."), "open with one sentence: what it is"
    assert public(path), "it needs __all__"
    lines = source.count("\n")
    assert lines <= LONGEST, f"{lines} lines: past 200 ask whether it is two modules"
    assert "from __future__ import annotations" not in source, "jaxtyping would check nothing"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_is_swallowed_and_nothing_is_read_as_code(name: str) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: a bare except"
            silent = all(isinstance(one, ast.Pass) for one in node.body)
            assert not silent, f"line {node.lineno}: an error is swallowed"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            forbidden = node.func.id in ("eval", "exec", "compile", "__import__")
            assert not forbidden, f"line {node.lineno}: {node.func.id}()"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not {"pickle", "dill", "shelve", "marshal"} & set(names), "never unpickle"


def test_inheritance_is_one_deep() -> None:
    """A class of ours has at most one parent of ours, and that has none.

    A lab's base may: it is an Experiment. One more floor is allowed by name: `Identify`, the base
    of labs with unknown coefficients, is a `PINN`.
    """
    parents: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                parents[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
    for name, bases in parents.items():
        ours = [base for base in bases if base in parents]
        assert len(ours) <= 1, f"{name} has the parents {ours}"
        for base in ours:
            grand = [one for one in parents[base] if one in parents]
            allowed = grand in ([], ["Experiment"]) or (base, grand) == ("Identify", ["PINN"])
            assert allowed, f"{name} < {base} < {grand}"


def test_no_grab_bags() -> None:
    forbidden = {"utils", "util", "helpers", "common", "misc", "base", "manager"}
    assert not {path.stem for path in SOURCES} & forbidden
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bad = node.name.endswith(("Manager", "Handler", "Utils", "Mixin", "Base"))
                assert not bad, f"{path.name}: {node.name}"


def test_lessons_use_only_what_is_public() -> None:
    for path in sorted(LESSONS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "sciml_widgets"
            ):
                private = [a.name for a in node.names if a.name.startswith("_")]
                assert not private, f"{path.name} imports {private}"


def test_no_source_seeds_the_world() -> None:
    """Seeds are passed down as generators; nothing here touches a global one."""
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "")]
                assert "random" not in names, f"{name}: use a generator made from a seed"
            if isinstance(node, ast.Call):
                call = ast.unparse(node.func)
                world = ("torch.manual_seed", "np.random.seed", "numpy.random.seed", "random.seed")
                assert call not in world, f"{name} line {node.lineno}: {call}"
