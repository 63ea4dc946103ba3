"""Binder's limits, as `make binder` sets them: memory, network, and the page that it writes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import binder

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")

OFFLINE = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except TimeoutError:
    raise SystemExit("it tried")
except OSError:
    print("nobody there")
"""
"""192.0.2.1 is an address for examples, which belongs to nobody (RFC 5737)."""


def spawned(megabytes: int, then: str) -> "subprocess.Popen[bytes]":
    """A runner whose child takes so much memory, frees it, and goes on."""
    child = f"b = bytearray({megabytes}000000); b[::4096] = bytes(len(b[::4096])); del b; {then}"
    runner = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    return subprocess.Popen([sys.executable, "-S", "-c", runner])


@linux
@pytest.mark.training
def test_who_takes_too_much_is_ended_however_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binder, "EVERY", 0.05)
    began = time.monotonic()
    process = spawned(80, "import time; time.sleep(60)")
    peak, trouble = binder.watched(process, 60_000_000, "too much", lambda: 0.0)
    assert trouble == "too much" and 60e6 < peak < 160e6
    assert process.poll() is not None and time.monotonic() - began < 30


@linux
@pytest.mark.training
def test_who_keeps_within_the_limit_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binder, "EVERY", 0.05)
    peak, trouble = binder.watched(
        spawned(80, "import time; time.sleep(0.5)"), 10**9, "too much", lambda: 0.0
    )
    assert trouble == "" and 80e6 < peak < 160e6


@linux
def test_who_takes_too_long_is_ended() -> None:
    process = spawned(1, "import time; time.sleep(60)")
    _, trouble = binder.watched(process, 10**9, "too much", lambda: binder.LONGEST + 1.0)
    assert "not done" in trouble and process.poll() is not None


@linux
def test_there_is_this_machine_and_nobody_else() -> None:
    prefix = binder.offline()
    if not prefix:
        pytest.skip("this machine gives no space without a network")
    done = subprocess.run([*prefix, sys.executable, "-c", OFFLINE], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("nobody there\n", "")


def test_where_the_system_cannot_python_refuses() -> None:
    guarded = {**os.environ, "PYTHONPATH": str(ROOT / "tools" / "guard")}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], env=guarded, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("nobody there\n", "")


def test_the_packages_are_binders_and_no_index_is_asked() -> None:
    text = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8")
    lines = binder.wanted(text)
    assert len(lines) > 50 and all(re.fullmatch(r"[a-z0-9-]+==[0-9a-z.+]+", one) for one in lines)
    assert sum(line.startswith("torch==") for line in lines) == 1


def test_a_session_has_the_hubs_limits_and_nothing_of_this_shell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/somewhere")
    names = set(binder.visitor())
    assert names >= {"CPU_LIMIT", "MEM_LIMIT", "HOME", "PATH"}
    assert not {name for name in names if name.startswith(("PYTHON", "JUPYTER", "OMP"))}


def test_the_page_names_each_lesson_and_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binder, "PYTHON", Path(sys.executable))
    rows = [
        binder.Ran("01_pictures", 61.4, 70.0, 500_000_000),
        binder.Ran("02_more", 10.0, 11.0, 2_200_000_000, "more than 2000 MB"),
    ]
    text = binder.page(rows, 100_000_000, 0.1)
    assert "| 01_pictures | 61 | 70 | 500 | 600 | 28% ✓ |" in text
    assert "| 02_more | 10 | 11 | 2200 | 2300 | 107% ✗ more than 2000 MB |" in text
    assert "The largest is 02_more: 2300 MB" in text and "before the last run: 0.1" in text


def test_the_page_that_is_here_holds_what_it_promises() -> None:
    """Written by the run: no lesson in it failed, and none is unknown."""
    text = binder.PAGE.read_text(encoding="utf-8")
    number = r"\| (\d+) "
    line = rf"^\| (\w+) {number * 4}\| (\d+)% (\S)"
    rows = re.findall(line, text, re.MULTILINE)
    assert rows and {mark for *_, mark in rows} == {"✓"}
    there = {path.stem for path in (ROOT / "lessons").glob("[0-9]*_*.ipynb")}
    assert {name for name, *_ in rows} <= there
    assert all(int(share) < 100 for *_, share, _ in rows)


def test_a_lesson_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        binder.main(["99"])
    assert "no lesson 99: there are 01_" in capsys.readouterr().err


def test_one_lesson_run_again_changes_one_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binder, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(binder, "PAGE", tmp_path / "binder.md")
    assert binder.known() == {}
    rows = [
        binder.Ran("01_pictures", 61.0, 70.0, 500_000_000),
        binder.Ran("02_more", 10.0, 11.0, 2_200_000_000, "more than 2000 MB"),
    ]
    binder.PAGE.write_text(binder.page(rows, 100_000_000, 0.1), encoding="utf-8")
    assert list(binder.known().values()) == rows
