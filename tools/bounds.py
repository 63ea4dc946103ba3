"""Both ends of the ranges in pyproject.toml: an environment with the lowest or the newest, tested.

    python -m tools.bounds lowest|newest [--ask]

`lowest` takes the lower bound of everything that the package itself asks for; what those need is
left to pip. `newest` takes no constraint at all. With --ask pip only says whether there is such a
set of versions. Knows no package by name but torch, whose CPU build has an index of its own; out
of its reach, TORCH_CPU_INDEX may name PyPI's, for the build with CUDA: gigabytes, the same tests.
"""

import argparse
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tools.install import cpu_index, run

ROOT = Path(__file__).parents[1]
TESTS = [
    *("-m", "pytest", "-p", "no:cacheprovider"),
    *("--ignore=tests/test_setup.py", "--ignore=tests/test_every_lesson.py"),
]
"""Left out: what holds the pinned versions, and notebooks as the pinned versions wrote them."""
SUITES = (
    ("-n", "2", "-m", "not kernel and not browser and not slow"),
    ("-m", "kernel and not slow"),
)
"""As `make` runs them: two at a time, but those with a kernel one by one."""
OLD = ["-o", "addopts=", "-o", "filterwarnings=default"]
"""Old packages warn of their own age, and an old jaxtyping checks the types of tests wrongly."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make `build/lowest` or `build/newest` and run the tests in it. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.bounds")
    parser.add_argument("which", choices=("lowest", "newest"))
    parser.add_argument("--ask", action="store_true", help="install nothing, run nothing")
    asked = parser.parse_args(arguments)
    folder = ROOT / "build" / asked.which
    folder.mkdir(parents=True, exist_ok=True)
    limits = folder / "constraints.txt"
    rules = [rule for rule in ranges() if rule.name != "torch"] if asked.which == "lowest" else []
    limits.write_text("".join(f"{lowest(rule)}\n" for rule in rules), encoding="utf-8")
    torch = next(rule for rule in ranges() if rule.name == "torch")
    wanted = lowest(torch) if asked.which == "lowest" else str(torch)
    everything = ["--constraint", str(limits), ".[lab,dask,trees]", "--group", "test"]
    if asked.ask:
        ask = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
        command = [sys.executable, "-m", "pip", *ask, *everything, wanted]
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode
    run(sys.executable, "-m", "venv", "--clear", str(folder / "venv"))
    python = str(folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1")  # knows --group
    run(python, "-m", "pip", "install", "--quiet", *cpu_index(wanted), wanted)
    run(python, "-m", "pip", "install", "--quiet", *everything)
    run(python, "-m", "pip", "list")
    more = OLD if asked.which == "lowest" else []
    ran = [subprocess.run([python, *TESTS, *more, *suite], cwd=ROOT) for suite in SUITES]
    return int(any(done.returncode for done in ran))


def ranges() -> list[Requirement]:
    """What a user installs: the package, and all its extras."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [found["dependencies"], *found["optional-dependencies"].values()]
    return [Requirement(line) for lines in lists for line in lines]


def lowest(rule: Requirement) -> str:
    """`numpy>=2.0` as `numpy==2.0`. Raises ValueError for a range that is open below."""
    bounds = [Version(one.version) for one in rule.specifier if one.operator == ">="]
    if len(bounds) != 1:
        raise ValueError(f"{rule} needs one lower bound, name>=version")
    return f"{rule.name}=={bounds[0]}"


if __name__ == "__main__":
    raise SystemExit(main())
