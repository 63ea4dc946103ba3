import ast
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import sciml_widgets

ROOT = Path(__file__).parents[1]
INDEX = ".".join(("download", "pytorch", "org"))
"""In pieces, so that this file is not one of those that name it."""


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith(("#", "--")))


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements() -> Iterator[Requirement]:
    """Every range that pyproject.toml names: base, extras, groups, build."""
    found = project()
    lists = [found["project"]["dependencies"], found["build-system"]["requires"]]
    lists += found["project"]["optional-dependencies"].values()
    lists += found["dependency-groups"].values()
    yield from (Requirement(line) for lines in lists for line in lines if isinstance(line, str))


def sources() -> Iterator[tuple[str, str]]:
    """Every text file of the repository that is not made by `make`, with its path."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this is no git repository, so its files cannot be told from others")
    for name in done.stdout.splitlines():
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/install.py as a module, with pip replaced by a list of what it is told."""
    module = tool("install")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("TORCH_CPU_INDEX", "INDEX")
    told: list[str] = []
    monkeypatch.setattr(module, "pip", lambda *words: told.append(" ".join(words)))
    monkeypatch.setattr(module, "told", told, raising=False)
    return module


def test_constraints_are_exact_and_name_no_address() -> None:
    lines = [x for x in (ROOT / "constraints.txt").read_text().splitlines() if x[:1] != "#"]
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line), line
    assert lines == sorted(lines, key=lambda line: line.split("==")[0])


def test_every_range_is_pinned_and_every_pin_in_its_range() -> None:
    pinned = pins("constraints.txt")
    for rule in requirements():
        name = canonicalize_name(rule.name)
        assert name in pinned, f"{name} is not in constraints.txt: make pins"
        assert rule.specifier.contains(pinned[name]), f"{name}=={pinned[name]} is not {rule}"


def test_ranges_keep_the_security_floors() -> None:
    floors = {
        "jupyterlab": "4.5.7",
        "notebook": "7.5.6",
        "jupyter-server": "2.20",
        "torch": "2.10",
    }
    rules = {canonicalize_name(rule.name): rule.specifier for rule in requirements()}
    for name, floor in floors.items():
        lowest = min(Version(one.version) for one in rules[name] if one.operator == ">=")
        assert lowest >= Version(floor), name
    assert not rules["ipykernel"].contains("7.0.1")
    assert not rules["ipykernel"].contains("7.3.0")


def test_this_environment_is_the_pinned_one() -> None:
    """`make` installed every package under the constraints; nothing came in beside them."""
    pinned = pins("constraints.txt")
    other = {}
    for found in importlib.metadata.distributions():
        name, version = canonicalize_name(found.name), found.version.partition("+")[0]
        if name != "sciml-widgets" and pinned.get(name) != version:
            other[name] = f"{version} here, {pinned.get(name, 'no pin')} in constraints.txt"
    if other and not (ROOT / ".venv" / ".ready").exists():
        pytest.skip("this environment was not made by make")
    assert not other, "make pins, or make clean"


def test_the_version_is_one() -> None:
    cited = re.search(r"^version: (.*)", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited is not None and cited[1] == sciml_widgets.__version__
    assert importlib.metadata.version("sciml-widgets") == sciml_widgets.__version__, "make clean"


def test_no_cuda_package_is_installed() -> None:
    if torch.version.cuda and "CI" not in os.environ:
        pytest.skip("somebody chose a CUDA build of torch here")
    names = {canonicalize_name(found.name) for found in importlib.metadata.distributions()}
    assert not {name for name in names if re.match(r"nvidia-|cuda-|triton", name)}
    assert torch.version.cuda is None


def test_binder_has_the_same_pins_and_a_cpu_build() -> None:
    binder, pinned = pins("binder/requirements.txt"), pins("constraints.txt")
    assert binder.pop("torch") == pinned["torch"] + "+cpu"
    assert binder.items() <= pinned.items()
    wanted = {"hatchling", *tool("pins").needs("sciml-widgets", "lab")} - {"sciml-widgets"}
    assert wanted - {"torch"} <= binder.keys(), "something new is needed: make pins"
    assert {"jupyterlab", "numpy", "jinja2"} <= wanted, "direct, extra and indirect ones"
    assert (ROOT / "binder" / "runtime.txt").read_text().strip() == "python-3.11"


def test_the_index_of_cpu_builds_is_named_in_three_places() -> None:
    named = {name for name, text in sources() if INDEX in text}
    assert named == {"Makefile", "README.md", "binder/requirements.txt"}


def test_no_other_index_is_named() -> None:
    """An index in a file would be asked by everybody; who has his own configures pip."""
    for name, text in sources():
        if not name.endswith(".py"):
            lines = [line for line in text.splitlines() if "index-url" in line]
            assert not [line for line in lines if INDEX not in line], name


@pytest.mark.parametrize(
    ("system", "offered", "expected"),
    [
        ("linux", "2.13.0+cpu", "install torch==PIN"),
        ("linux", "2.13.0", "install --no-deps --index-url INDEX torch==PIN"),
        ("linux", "2.13.0+cu130", "install --no-deps --index-url INDEX torch==PIN"),
        ("darwin", "2.13.0", "install torch==PIN"),
        ("win32", "2.13.0", "install torch==PIN"),
    ],
)
def test_which_torch_is_taken(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, system: str, offered: str, expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(install, "installed", lambda _: "")
    monkeypatch.setattr(install, "resolved", lambda _: offered)
    install.install_torch()
    assert install.told == [expected.replace("PIN", pins("constraints.txt")["torch"])]


@pytest.mark.parametrize("build", ["", "+cpu", "+cu130"])
def test_a_torch_of_that_release_is_left_alone(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, build: str
) -> None:
    monkeypatch.setattr(install, "installed", lambda _: pins("constraints.txt")["torch"] + build)
    monkeypatch.delattr(install, "resolved")
    install.install_torch()
    assert install.told == []


def test_what_this_pip_offers_is_read_from_its_report(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.dumps({"install": [{"metadata": {"name": "torch", "version": "2.13.0+cpu"}}]})
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, stdout=answer)

    monkeypatch.setattr(install.subprocess, "run", run)
    assert install.resolved("torch==2.13.0") == "2.13.0+cpu"
    assert {"--dry-run", "--report", "--no-deps"} <= set(asked[0])


def test_an_old_python_gets_one_line(install: ModuleType) -> None:
    said = install.complaint((3, 9), "/usr/bin/python3")
    assert said == (
        "/usr/bin/python3 is Python 3.9; 3.11 or newer is needed. "
        "If you have one, say which: make lab PYTHON=python3.12"
    )
    ast.parse((ROOT / "tools" / "install.py").read_text(), feature_version=(3, 7))


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_gets_one_line(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    assert install.complaint((3, 12), "/usr/bin/python3") == ""
    monkeypatch.setitem(sys.modules, module, None)
    said = install.complaint((3, 12), "/usr/bin/python3")
    assert said.endswith("type: sudo apt install python3.12-venv")
    assert "\n" not in said


def test_no_python_at_all_gets_one_line(tmp_path: Path) -> None:
    command = ["make", "-f", str(ROOT / "Makefile"), "-C", str(ROOT), "lab"]
    command += ["PYTHON=python-none", f"READY={tmp_path / 'ready'}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode
    assert "There is no python-none here: install Python 3.11 or newer" in done.stdout


def test_every_target_is_listed_and_every_job_names_one() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    promised = {"lab", "test", "check", "test-all", "bench", "results", "clean", "help"}
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True)
    assert promised <= targets & set(re.findall(r"make ([a-z-]+)", listed.stdout))
    phony = " ".join(re.findall(r"^\.PHONY: (.*)", makefile, re.MULTILINE)).split()
    assert set(phony) == targets
    jobs = re.findall(r"run: make (.*)", (ROOT / ".github/workflows/ci.yml").read_text())
    assert len(jobs) == 3
    gates = re.search(r"^test: (.*?) ##", makefile, re.MULTILINE)
    assert gates and set(" ".join(jobs).split()) == set(gates[1].split())
    assert "\nmake test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild", "binder/start"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)


def test_binder_s_image_trusts_the_lessons(tmp_path: Path) -> None:
    import nbformat
    from nbformat.sign import NotebookNotary

    script = (ROOT / "binder" / "postBuild").read_text(encoding="utf-8")
    (line,) = re.findall(r"^python (-m nbformat\.sign .*)$", script, re.MULTILINE)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    for folder in ("lessons", "data"):
        (tmp_path / folder).mkdir()
    nbformat.write(book, tmp_path / "lessons" / "01_small.ipynb")
    notary = NotebookNotary(data_dir=str(tmp_path / "data"))
    assert not notary.check_signature(book)
    subprocess.run(
        ["bash", "-c", f"{sys.executable} {line}"], cwd=tmp_path, check=True,
        env={**os.environ, "JUPYTER_DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip
    assert NotebookNotary(data_dir=str(tmp_path / "data")).check_signature(book)


@pytest.mark.parametrize(
    ("limit", "threads"), [("2.0", "2"), ("1", "1"), ("0.5", "1"), ("", "1"), (None, "1")]
)
def test_binder_starts_with_the_threads_of_its_quota(limit: str | None, threads: str) -> None:
    environment = {"PATH": os.environ["PATH"]} | ({} if limit is None else {"CPU_LIMIT": limit})
    command = ["binder/start", "printenv", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == [threads, threads]


def test_the_wheel_holds_code_front_end_settings_and_lessons(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    code = {name for name, _ in sources() if name.startswith("sciml_widgets/")}
    assert code, "the package has files"
    assert code <= held
    lessons = {name for name, _ in sources() if re.match(r"lessons/.*\.(ipynb|json)$", name)}
    assert {f"sciml_widgets/_{name}" for name in lessons} <= held
    data = {"README.md", "flow_128.json", "flow_128.safetensors"}
    assert {f"sciml_widgets/_data/{name}" for name in data} <= held
