"""JupyterLab or Voila on loopback and a Chromium that looks: for browser tests and benchmarks."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

__all__ = [
    "CHROMIUM", "FLAGS", "TOO_SLOW", "Server", "chromium", "complaints", "execute", "idle",
    "notebook", "server", "voila",
]  # fmt: skip

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


TOO_SLOW = "[anywidget] Failed to initialize model."
"""What anywidget throws where a module loads for more than two seconds; the panel mends it."""


def complaints(tab: Any) -> list[str]:
    """A list that grows by what this page throws; not by `TOO_SLOW`, which is the machine's."""
    found: list[str] = []
    tab.on("pageerror", lambda error: str(error) != TOO_SLOW and found.append(str(error)))
    return found


class Server:
    """A running JupyterLab: its folder, and the address of a notebook in it."""

    def __init__(self, folder: Path, port: int, token: str, pid: int) -> None:
        self.folder, self.port, self.token, self.pid = folder, port, token, pid

    def url(self, name: str, *, app: str = "lab") -> str:
        """A notebook in JupyterLab, in a workspace of its own, or in Notebook (`notebooks`)."""
        place = f"lab/workspaces/{Path(name).stem}/tree" if app == "lab" else app
        return f"http://127.0.0.1:{self.port}/{place}/{name}?token={self.token}"


@contextlib.contextmanager
def server(folder: Path, *, env: dict[str, str] | None = None) -> Iterator[Server]:
    """JupyterLab in `folder`; ends with the block, by its process id."""
    port, token = _free_port(), secrets.token_hex(16)
    command = [
        "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}", "--ServerApp.allow_root=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True",
        "--ServerApp.log_level=ERROR",
    ]  # fmt: skip
    with _serving(
        command, folder, f"http://127.0.0.1:{port}/api/status?token={token}", env
    ) as pid:
        yield Server(folder, port, token, pid)


@contextlib.contextmanager
def voila(path: Path) -> Iterator[str]:
    """Voila with one notebook; gives its address."""
    port, token = _free_port(), secrets.token_hex(16)
    command = [
        "-m", "voila", str(path), "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}",
        f"--token={token}", "--Voila.log_level=ERROR",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with _serving(command, path.parent, f"{address}/voila/static/favicon.ico", None):
        yield f"{address}/?token={token}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def _serving(
    command: list[str], folder: Path, ready: str, env: dict[str, str] | None
) -> Iterator[int]:
    """Python with these arguments and settings of its own, once `ready` answers; its process."""
    private = {
        name: str(folder / ".jupyter" / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
                     "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, *command], env={**os.environ, **private, **(env or {})},
        stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(ready, process)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.2)
    raise TimeoutError("the server did not start within a minute")


def notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    book.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(book, path)


KERNEL = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = session?.isReady && session.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


def idle(tab: Any, seconds: float = 60.0) -> None:
    """Wait until the notebook has a kernel and the kernel nothing to do.

    The page's own mark says "idle" before there is a kernel; what is run then may be forgotten,
    or be done without a word of it.
    """
    tab.wait_for_function(KERNEL, timeout=1e3 * seconds)


def execute(tab: Any, cell: int = 0, seconds: float = 60.0) -> None:
    """Run a cell, once, and wait for its number."""
    here = tab.locator(".jp-CodeCell").nth(cell)
    prompt = here.locator(".jp-InputPrompt")
    idle(tab, seconds)
    before, end = prompt.inner_text(), time.monotonic() + seconds
    here.locator(".cm-content").click()
    tab.keyboard.press("Shift+Enter")
    while prompt.inner_text() in (before, "[ ]:", "[*]:"):
        if time.monotonic() > end:
            raise TimeoutError(f"cell {cell} does not run")
        tab.wait_for_timeout(50)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven by playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
