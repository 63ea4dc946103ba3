"""Settings for hubs: in a file of our own, nobody's word is overwritten, JupyterLab takes them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from sciml_widgets import doctor, lab_settings, workspace
from sciml_widgets.cli import main

WANTED = json.loads(workspace.SETTINGS.read_text(encoding="utf-8"))
SAVED = "@jupyterlab/docmanager-extension:plugin"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A JupyterLab's folder, empty but for what makes it one."""
    folder = tmp_path / "share" / "jupyter" / "lab"
    (folder / "static").mkdir(parents=True)
    monkeypatch.setenv("JUPYTERLAB_DIR", str(folder))
    return folder


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> tuple[int, str, str]:
        code = main(["lab-settings", *words])
        return (code, *capsys.readouterr())

    return call


def stands(said: Any) -> set[str]:
    return {row["stands"] for row in json.loads(said("--json")[1])["settings"]}


def test_every_setting_has_its_reason() -> None:
    assert {key for some in WANTED.values() for key in some} == set(lab_settings.WHY)


def test_they_are_installed_said_and_removed(lab: Path, said: Any) -> None:
    file = lab / "settings" / "overrides.d" / "sciml-widgets.json"
    assert stands(said) == {"absent"} and not file.exists()
    code, out, err = said("--install")
    assert (code, err) == (0, "") and str(file) in out and "autosaveInterval = 60" in out
    assert json.loads(file.read_text()) == WANTED
    assert stands(said) == {"installed"}
    assert said("--install")[1] == out, "a second time changes nothing"
    assert said("--remove")[0] == 0 and not file.exists()
    assert "nothing to remove" in said("--remove")[1]


def test_a_dry_run_changes_nothing(lab: Path, said: Any) -> None:
    assert "a dry run" in said("--install", "--dry-run")[1]
    assert not (lab / "settings").exists()
    said("--install")
    assert "a dry run" in said("--remove", "--dry-run")[1]
    assert lab_settings.place().is_file()


def test_the_administrators_file_is_not_touched_and_wins(lab: Path, said: Any) -> None:
    theirs = lab / "settings" / "overrides.json"
    theirs.parent.mkdir()
    text = json.dumps({SAVED: {"autosaveInterval": 30}, "@mine/theme": {"dark": True}})
    theirs.write_text(text)
    code, out, _ = said("--install")
    assert code == 0 and f"{theirs} says 30, and wins" in out
    assert theirs.read_text() == text
    row = next(r for r in json.loads(said("--json")[1])["settings"] if r["plugin"] == SAVED)
    assert (row["stands"], row["value"], row["instead"]) == ("overruled", 60, 30)


def test_what_somebody_wrote_into_our_file_is_told_before_it_is_lost(lab: Path, said: Any) -> None:
    said("--install")
    changed = {**WANTED, SAVED: {"autosaveInterval": 7}, "@mine/theme": {"dark": True}}
    lab_settings.place().write_text(json.dumps(changed))
    assert "other" in said()[1]
    code, out, _ = said("--install")
    assert code == 0 and "autosaveInterval was 7" in out and "dark was true" in out
    assert "overrides.json" in out and stands(said) == {"installed"}


def test_a_damaged_file_of_ours_is_written_anew(lab: Path, said: Any) -> None:
    said("--install")
    lab_settings.place().write_text("{")
    assert stands(said) == {"absent"}
    assert said("--install")[0] == 0 and stands(said) == {"installed"}


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_a_damaged_file_of_the_administrator_stops_it(lab: Path, said: Any, text: str) -> None:
    theirs = lab / "settings" / "overrides.json"
    theirs.parent.mkdir()
    theirs.write_text(text)
    code, out, err = said("--install")
    assert (code, out) == (2, "") and str(theirs) in err and err.count("\n") == 1
    assert not lab_settings.place().exists()


@pytest.mark.parametrize("word", ["--install", "--remove"])
def test_a_place_that_cannot_be_written_gets_one_line(
    lab: Path, said: Any, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    said("--install")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lab_settings, "write_whole", denied)
    monkeypatch.setattr(Path, "unlink", denied)
    code, out, err = said(word)
    assert (code, out) == (2, "") and "Permission denied" in err and "sudo" in err
    assert "sciml-widgets.json" in err and err.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_folder_is_one_that_cannot_be_written(lab: Path, said: Any) -> None:
    lab.chmod(0o555)
    code, _, err = said("--install")
    lab.chmod(0o755)
    assert code == 2 and "cannot write" in err


def test_without_jupyterlab_it_says_whose_python_to_use(
    tmp_path: Path, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTERLAB_DIR", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    code, out, err = said("--install")
    assert (code, out) == (2, "") and "no JupyterLab in" in err and "JUPYTERLAB_DIR" in err


def test_the_doctor_sees_them(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    monkeypatch.delenv("JUPYTERLAB_SETTINGS_DIR", raising=False)
    for name in ("ENV_CONFIG_PATH", "SYSTEM_CONFIG_PATH"):
        monkeypatch.setattr(f"jupyter_core.paths.{name}", [])
    assert doctor.report()["widget messages"]["status"] == "note"
    lab_settings.install()
    assert doctor.report()["widget messages"]["status"] == "ok"
    key = {"@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "perComm"}}
    (lab / "settings" / "overrides.json").write_text(json.dumps(key))
    assert "perComm)" in doctor.report()["widget messages"]["value"]


def test_jupyterlab_itself_takes_them_and_lets_the_administrator_win(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own code reads the folder, with its own schemas."""
    from jupyterlab_server.settings_utils import get_settings

    monkeypatch.setattr("jupyter_core.paths.ENV_CONFIG_PATH", [])
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [])
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    schemas = str(Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas")
    folder = lab_settings.settings_folder()
    lab_settings.install()

    def default(plugin: str, key: str) -> Any:
        found, _ = get_settings(str(folder), schemas, str(tmp_path / "user"), schema_name=plugin)
        assert "title" in found["schema"]["properties"][key], f"no longer known: {plugin} {key}"
        return found["schema"]["properties"][key]["default"]

    for plugin, changes in WANTED.items():
        assert {key: default(plugin, key) for key in changes} == changes
    (folder / "overrides.json").write_text(json.dumps({SAVED: {"autosaveInterval": 30}}))
    assert default(SAVED, "autosaveInterval") == 30
