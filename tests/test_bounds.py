"""Every range has a lower bound, and the weekly recipe asks for both ends of the ranges."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tools import bounds

ROOT = Path(__file__).parents[1]


def test_every_range_names_its_lowest_version() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [found["build-system"]["requires"], *found["dependency-groups"].values()]
    lists += [
        found["project"]["dependencies"],
        *found["project"]["optional-dependencies"].values(),
    ]
    rules = [Requirement(line) for lines in lists for line in lines if isinstance(line, str)]
    assert len(rules) > 20
    for rule in rules:
        name, _, version = bounds.lowest(rule).partition("==")
        assert name == rule.name
        assert rule.specifier.contains(Version(version)), f"{rule} forbids its own lower bound"
    with pytest.raises(ValueError, match="needs one lower bound"):
        bounds.lowest(Requirement("numpy<3"))


def test_the_ends_are_those_of_what_a_user_installs() -> None:
    names = {rule.name for rule in bounds.ranges()}
    assert {"torch", "numpy", "jupyterlab", "papermill", "dask", "scikit-learn"} <= names
    assert "pytest" not in names
    rules = {rule.name: bounds.lowest(rule) for rule in bounds.ranges()}
    assert rules["torch"].startswith("torch==2.")


def test_the_weekly_recipe_runs_targets_that_exist() -> None:
    recipe = (ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    matrix = re.search(r"which: \[(.*)\]", recipe)
    assert matrix and "cron:" in recipe and "make ${{ matrix.which }}" in recipe
    for target in matrix[1].split(", "):
        assert re.search(rf"^{target}: .*\n\t.*tools\.bounds \$@", makefile, re.M)
