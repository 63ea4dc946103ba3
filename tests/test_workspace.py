import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_widgets import workspace
from sciml_widgets.cli import main
from sciml_widgets.workspace import Copied, copy_lessons, summary, trust

BURGERS, HEAT, TABLE = "05_burgers.ipynb", "01_heat.ipynb", "results/05_burgers.json"


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout's lessons: two notebooks, one table, and what students do not get."""
    return make_lessons(tmp_path / "checkout", monkeypatch)


def make_lessons(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = checkout / "lessons"
    (folder / "results").mkdir(parents=True)
    for name in (BURGERS, HEAT, TABLE, "05_burgers.py", "results/notes.txt"):
        (folder / name).write_text(f"{name} version 1")
    monkeypatch.setattr(workspace, "PACKAGE", checkout / "sciml_widgets")
    return folder


def whats(copied: list[Copied]) -> dict[str, str]:
    return {one.file: one.what for one in copied}


def test_a_first_copy_holds_notebooks_and_results(lessons: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "work"
    copied = copy_lessons(target)
    assert whats(copied) == {HEAT: "new", BURGERS: "new", TABLE: "new"}
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    assert found == {HEAT, BURGERS, TABLE, workspace.MANIFEST}
    assert (target / BURGERS).read_text() == (lessons / BURGERS).read_text()


def test_a_second_copy_changes_nothing(lessons: Path, tmp_path: Path) -> None:
    copy_lessons(tmp_path / "work")
    assert set(whats(copy_lessons(tmp_path / "work")).values()) == {"same"}


def test_an_untouched_copy_is_updated_and_a_changed_one_is_left(
    lessons: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    copy_lessons(work)
    (work / BURGERS).write_text("my answers")
    for name in (HEAT, BURGERS):
        (lessons / name).write_text(f"{name} version 2")
    copied = copy_lessons(work)
    assert whats(copied) == {HEAT: "updated", BURGERS: "yours", TABLE: "same"}
    assert (work / HEAT).read_text() == f"{HEAT} version 2"
    assert (work / BURGERS).read_text() == "my answers"
    assert (work / "05_burgers.new.ipynb").read_text() == f"{BURGERS} version 2"
    assert summary(copied) == [
        f"1 file updated: {HEAT}",
        "1 file up to date",
        f"{BURGERS}: you changed it, so the new version is 05_burgers.new.ipynb",
    ]


def test_the_command_copies_without_opening_anything(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    trusted: list[Path] = []
    monkeypatch.setattr(workspace, "trust", lambda target, _: trusted.append(target))
    work = tmp_path / "work"
    assert main(["lessons", "copy", str(work)]) == 0
    assert f"Your lessons: {work}\n3 files copied" in capsys.readouterr().out
    (work / BURGERS).write_text("my answers")
    (lessons / BURGERS).write_text("version 2")
    assert main(["lesson", "copy", str(work), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    mine = {"file": BURGERS, "what": "yours", "beside": "05_burgers.new.ipynb"}
    assert mine in files and (work / BURGERS).read_text() == "my answers"
    assert trusted == [work, work]


def test_a_new_version_is_offered_once(lessons: Path, tmp_path: Path) -> None:
    work, beside = tmp_path / "work", tmp_path / "work" / "05_burgers.new.ipynb"
    copy_lessons(work)
    (work / BURGERS).write_text("my answers")
    assert not any(one.beside for one in copy_lessons(work)), "there is nothing new to offer"
    (lessons / BURGERS).write_text("version 2")
    copy_lessons(work)
    beside.unlink()
    assert f"{BURGERS}: yours, left as it is" in summary(copy_lessons(work))
    assert not beside.exists()


def test_a_changed_new_version_is_a_students_file_too(lessons: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    copy_lessons(work)
    for version, file in ((2, BURGERS), (3, "05_burgers.new.ipynb")):
        (work / file).write_text(f"my answers to {version - 1}")
        (lessons / BURGERS).write_text(f"version {version}")
        copy_lessons(work)
    texts = {p.name: p.read_text() for p in work.glob("05*")}
    assert texts == {
        BURGERS: "my answers to 1",
        "05_burgers.new.ipynb": "my answers to 2",
        "05_burgers.new2.ipynb": "version 3",
    }


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"written": 3, "offered": {}}', "null"])
def test_without_a_manifest_every_difference_is_the_students(
    lessons: Path, tmp_path: Path, damage: str
) -> None:
    work = tmp_path / "work"
    copy_lessons(work)
    (work / workspace.MANIFEST).write_text(damage)
    (lessons / BURGERS).write_text("version 2")
    assert whats(copy_lessons(work)) == {HEAT: "same", BURGERS: "yours", TABLE: "same"}
    assert (work / BURGERS).read_text() == f"{BURGERS} version 1"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["edit", "publish", "delete", "forget", "copy"]),
                  st.integers(0, 3)),
        max_size=12,
    )
)  # fmt: skip
def test_no_history_loses_what_a_student_wrote(history: list[tuple[str, int]]) -> None:
    """Whatever was edited, published, deleted and forgotten: a copy leaves every edit alone."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        lessons = make_lessons(Path(folder) / "checkout", patch)
        work = Path(folder) / "work"
        copy_lessons(work)
        written: dict[Path, str] = {}
        for step, (act, which) in enumerate([*history, ("copy", 0)]):
            mine = sorted(work.glob("*.ipynb"))
            file = mine[which % len(mine)] if mine else work / BURGERS
            if act == "edit":
                written[file] = f"edit {step}"
                file.write_text(written[file])
            elif act == "publish":
                (lessons / (BURGERS if which % 2 else HEAT)).write_text(f"published {step}")
            elif act == "delete":
                file.unlink(missing_ok=True)
                written.pop(file, None)
            elif act == "forget":
                (work / workspace.MANIFEST).unlink(missing_ok=True)
            else:
                copy_lessons(work)
                assert {file: file.read_text() for file in written} == written
                for name in (BURGERS, HEAT):
                    assert (work / name).exists()


def test_the_package_carries_lessons_without_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "sciml_widgets"
    monkeypatch.setattr(workspace, "PACKAGE", package)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="no lessons in .* install sciml-widgets again"):
        workspace.source()
    (package / "_lessons").mkdir(parents=True)
    (package / "_lessons" / BURGERS).write_text("from the wheel")
    assert workspace.source() == package / "_lessons"
    assert workspace.default_folder() == tmp_path / "sciml-lessons"
    (tmp_path / "site-packages" / "pyproject.toml").touch()
    assert workspace.default_folder() == tmp_path / "site-packages" / "work"


def test_the_lessons_themselves_are_no_target(lessons: Path) -> None:
    for target in (lessons, lessons / "results"):
        with pytest.raises(ValueError, match="holds the lessons themselves: choose another"):
            copy_lessons(target)


def test_a_folder_that_cannot_be_written_says_so(lessons: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"cannot write the lessons to .*file/work.*; choose "):
        copy_lessons(tmp_path / "file" / "work")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_folder_says_so(lessons: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(mode=0o500)
    with pytest.raises(OSError, match="Permission denied; choose another folder"):
        copy_lessons(tmp_path / "work")


def test_an_interrupted_copy_leaves_no_half_file(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_lessons(tmp_path / "work")
    (lessons / BURGERS).write_text("version 2")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OSError, match="disk full; choose another folder"):
        copy_lessons(tmp_path / "work")
    assert (tmp_path / "work" / BURGERS).read_text() == f"{BURGERS} version 1"


def test_lab_stays_on_this_machine_and_keeps_its_token(tmp_path: Path) -> None:
    command, environment = workspace.lab_command(tmp_path, port=8899)
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--ServerApp.port=8899" in command
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert not any(word in " ".join(command) for word in ("token", "password", "allow_origin"))
    assert {k: v for k, v in environment.items() if k != "JUPYTER_CONFIG_PATH"} == {
        k: v for k, v in os.environ.items() if k != "JUPYTER_CONFIG_PATH"
    }


def test_lab_keeps_the_users_config_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    ours, mine = workspace.lab_command(tmp_path)[1]["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert mine == "/mine"
    assert (Path(ours) / "labconfig" / "default_setting_overrides.json") == workspace.SETTINGS


def test_open_lab_becomes_jupyterlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Became(Exception):
        pass

    def become(_: str, command: list[str], __: dict[str, str]) -> None:
        raise Became(command)

    monkeypatch.setattr(os, "execve", become)
    with pytest.raises(Became, match="'-m', 'jupyterlab'"):
        workspace.open_lab(tmp_path)


def test_without_jupyterlab_it_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sciml-widgets\[lab\]'"):
        workspace.open_lab(tmp_path)


@pytest.mark.kernel
def test_a_real_jupyterlab_asks_for_a_token_and_takes_our_settings(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, environment = workspace.lab_command(tmp_path, port)
    home = {"HOME": str(tmp_path / "home"), "JUPYTER_TOKEN": "the-token"}
    server = subprocess.Popen(
        [*command, "--no-browser"], env=environment | home, stderr=subprocess.DEVNULL
    )
    try:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            get(port, "/api/contents", "", server)
        for plugin, changes in json.loads(workspace.SETTINGS.read_text()).items():
            answer = get(port, f"/lab/api/settings/{plugin}", "the-token", server)
            for key, value in changes.items():
                setting = answer["schema"]["properties"][key]
                assert setting["default"] == value
                assert "title" in setting, f"JupyterLab no longer knows {plugin} {key}"
    finally:
        server.terminate()
        server.wait(20)


def get(port: int, path: str, token: str, server: subprocess.Popen[bytes]) -> dict:
    """One answer of the server, which may still be starting."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if token:
        request.add_header("Authorization", f"token {token}")
    for _ in range(150):
        assert server.poll() is None, "JupyterLab ended"
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    raise AssertionError("JupyterLab did not answer in 30 seconds")


def test_our_notebooks_are_trusted_and_the_student_s_are_not(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbformat.sign import NotebookNotary

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    for name in (HEAT, BURGERS):
        nbformat.write(book, lessons / name)
        book.cells[0].source += " + 1"
    work = tmp_path / "work"
    copy_lessons(work)
    changed = nbformat.read(work / BURGERS, as_version=4)
    changed.cells[0].source = "print('mine')"
    nbformat.write(changed, work / BURGERS)
    trust(work, copy_lessons(work))
    signed = {
        name: NotebookNotary().check_signature(nbformat.read(work / name, as_version=4))
        for name in (HEAT, BURGERS)
    }
    assert signed == {HEAT: True, BURGERS: False}


def test_without_jupyter_a_copy_is_made_in_silence(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)  # an import of it would raise
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    trust(tmp_path / "work", copy_lessons(tmp_path / "work"))
