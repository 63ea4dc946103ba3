import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sciml_widgets import doctor, machine, workspace


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken on purpose")


def test_a_report_says_what_there_is() -> None:
    found = doctor.report()
    for name in ("python", "torch", "ipykernel", "jupyterlab", "cores", "memory", "chromium"):
        assert found[name]["value"], name
    assert found["torch"]["value"] == importlib.metadata.version("torch")
    for check in found.values():
        assert check["status"] in ("ok", "note", "problem")
        assert (check["remedy"] == "") == (check["status"] == "ok"), "a remedy goes with the rest"
    assert json.loads(json.dumps(found)) == found


def test_the_environment_of_these_tests_has_the_right_packages() -> None:
    found = doctor.report()
    wrong = {name: check for name, check in found.items() if check["status"] == "problem"}
    assert wrong.keys() <= {"lessons", "memory"}, wrong


def test_a_report_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", broken)
    monkeypatch.setattr(machine, "memory", broken)
    monkeypatch.setattr(workspace, "source", broken)
    monkeypatch.setattr(importlib.util, "find_spec", broken)
    monkeypatch.setattr(importlib.metadata, "version", broken)
    found = doctor.report()
    for name in ("cores", "memory", "lessons", "torch build", "torch", "sciml_widgets"):
        assert found[name]["status"] == "problem"
        assert found[name]["value"] == "cannot tell: RuntimeError: broken on purpose"
    assert not doctor.healthy(found)


def test_a_report_on_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGE", "sciml-widgets-that-nobody-installed")
    found = doctor.report()
    assert found["sciml_widgets"]["value"].startswith("not installed")
    assert "torch" not in found, "the requirements stand in the package's metadata"


def test_text_shows_each_remedy_under_its_problem() -> None:
    found = {
        "cores": {"value": "2 of 2", "status": "ok", "remedy": ""},
        "notebook": {"value": "7.0", "status": "problem", "remedy": "pip install notebook"},
    }
    lines = doctor.text(found).splitlines()
    assert lines[0].split() == ["ok", "cores", "2", "of", "2"]
    assert lines[1].split() == ["PROBLEM", "notebook", "7.0"]
    assert lines[2].strip() == "-> pip install notebook"
    assert lines[3] == "problems: 1"
    assert not doctor.healthy(found)
    assert doctor.healthy({"cores": found["cores"]})


@pytest.mark.parametrize(
    ("version", "status"),
    [("7.0.0", "problem"), ("7.0.1", "problem"), ("7.3.0", "problem"), ("7.1.0", "ok"),
     ("6.31.0", "ok"),
     ("6.29.5", "problem")],
)  # fmt: skip
def test_kernels(monkeypatch: pytest.MonkeyPatch, version: str, status: str) -> None:
    real = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: version if name == "ipykernel" else real(name)
    )
    check = doctor.report()["ipykernel"]
    assert check["status"] == status
    if status == "problem":
        assert "7.0 loses what widgets print" in check["value"]
        assert check["remedy"].startswith("python -m pip install 'ipykernel")


@pytest.mark.parametrize(
    ("line", "value", "status"),
    [
        ("cuda: Optional[str] = None", "CPU", "ok"),
        ("cuda = None", "CPU", "ok"),
        ("cuda: str | None = '13.0'", "CUDA 13.0", "note"),
    ],
)
def test_torch_builds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, value: str, status: str
) -> None:
    (tmp_path / "version.py").write_text(f"__version__ = '2.13.0'\n{line}\nhip = None\n")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    check = doctor.report()["torch build"]
    assert (check["value"], check["status"]) == (value, status)


@pytest.mark.parametrize(
    ("gib", "status"), [(0.5, "problem"), (1.5, "note"), (8.0, "ok"), (None, "ok")]
)
def test_memory(monkeypatch: pytest.MonkeyPatch, gib: float | None, status: str) -> None:
    monkeypatch.setattr(machine, "memory", lambda: None if gib is None else int(gib * 2**30))
    assert doctor.report()["memory"]["status"] == status


def test_widget_messages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Off by our settings, on by JupyterLab's default; the user's own word wins."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    monkeypatch.delenv("JUPYTERLAB_SETTINGS_DIR", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr("jupyter_core.paths.ENV_CONFIG_PATH", [])
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [])
    assert "JupyterLab default" in doctor.report()["widget messages"]["value"]
    path = workspace.lab_command(tmp_path)[1]["JUPYTER_CONFIG_PATH"]
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", path)
    assert doctor.report()["widget messages"]["status"] == "ok"
    user = tmp_path / "lab/user-settings/@jupyterlab/apputils-extension"
    user.mkdir(parents=True)
    (user / "kernels-settings.jupyterlab-settings").write_text(
        '{\n    // Kernel Settings\n    "commsOverSubshells": "perComm"\n}'
    )
    check = doctor.report()["widget messages"]
    assert (check["status"], "perComm)" in check["value"]) == ("note", True)


def test_widget_messages_without_jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jupyter_core" else real(name)
    )
    check = doctor.report()["widget messages"]
    assert check["status"] == "note" and "'sciml-widgets[lab]'" in check["remedy"]


def test_chromium_is_found_by_any_of_its_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "CHROMIUM_ELSEWHERE", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.chromium() is None
    assert doctor.report()["chromium"]["status"] == "note"
    (tmp_path / "google-chrome").touch(mode=0o755)
    assert doctor.chromium() == str(tmp_path / "google-chrome")


def test_missing_front_ends_are_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    check = doctor.report()["widget front end"]
    assert check["value"] == "missing: anywidget, @jupyter-widgets/jupyterlab-manager"
    assert check["status"] == "problem"


def test_it_is_quick_and_loads_no_torch() -> None:
    code = (
        "import sys, time; begin = time.perf_counter(); from sciml_widgets import doctor; "
        "doctor.text(doctor.report()); print(time.perf_counter() - begin); "
        "assert not {'torch', 'matplotlib', 'plotly'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 3.0, "measured: 0.3 s"
