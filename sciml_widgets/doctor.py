"""The doctor: what works on this machine, and what to type where it does not. Loads no torch.

Each check answers with a value, how it stands (ok, note, problem) and a remedy. A check that
fails is itself a problem in the report: `report()` never raises.
"""

import ast
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sciml_widgets import lab_settings, machine, workspace

__all__ = ["chromium", "healthy", "report", "text"]

PACKAGE = "sciml-widgets"
GIB = 2**30
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_ELSEWHERE = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
WHY = {
    "ipykernel": "7.0 loses what widgets print, 7.3 may stop answering",
    "jupyterlab": "older ones have a known security hole",
    "notebook": "older ones have a known security hole",
    "jupyter-server": "older ones have a known security hole",
    "torch": "older ones have a known security hole",
}
Status = Literal["ok", "note", "problem"]
Answer = tuple[str, Status, str]
"""Value, how it stands, remedy ("" when ok)."""


def report() -> dict[str, dict[str, str]]:
    """Every check by name: `{"value": ..., "status": "ok" | "note" | "problem", "remedy": ...}`.

    A note is worth knowing and nothing is wrong. Takes a fraction of a second; never raises.
    """
    checks: dict[str, Callable[[], Answer]] = {
        "python": _python,
        "sciml_widgets": _package,
        **{name: _requirement(name, rule) for name, rule in _requirements().items()},
        "torch build": _torch_build,
        "cores": _cores,
        "memory": _memory,
        "widget front end": _front_end,
        "widget messages": _subshells,
        "lessons": _lessons,
        "chromium": _chromium,
    }
    found = {}
    for name, check in checks.items():
        value, status, remedy = _answer(check)
        found[name] = {"value": value, "status": status, "remedy": remedy}
    return found


def healthy(found: dict[str, dict[str, str]]) -> bool:
    """True when no check of a report found a problem."""
    return all(check["status"] != "problem" for check in found.values())


def text(found: dict[str, dict[str, str]]) -> str:
    """A report as lines for the terminal, with the remedy under each problem."""
    marks = {"ok": "ok      ", "note": "note    ", "problem": "PROBLEM "}
    width = max(map(len, found), default=0)
    lines = []
    for name, check in found.items():
        lines.append(f"{marks[check['status']]}{name:<{width}}  {check['value']}")
        if check["remedy"]:
            lines.append(f"{'':<{width + 10}}-> {check['remedy']}")
    problems = sum(check["status"] == "problem" for check in found.values())
    lines.append("all is well" if not problems else f"problems: {problems}")
    return "\n".join(lines)


def chromium() -> str | None:
    """The Chromium (or Chrome) on this machine, which only the browser tests need."""
    on_path = filter(None, map(shutil.which, CHROMIUM))
    return next(on_path, None) or next((p for p in CHROMIUM_ELSEWHERE if Path(p).is_file()), None)


def _answer(check: Callable[[], Answer]) -> Answer:
    try:
        return check()
    except Exception as error:  # a report with a hole is better than none, and says where it is
        return f"cannot tell: {type(error).__name__}: {error}", "problem", "please report this"


def _python() -> Answer:
    return f"{sys.version.split()[0]} ({sys.prefix})", "ok", ""  # pip refuses one that is too old


def _package() -> Answer:
    where = Path(__file__).parent
    try:
        return f"{importlib.metadata.version(PACKAGE)} ({where})", "ok", ""
    except importlib.metadata.PackageNotFoundError:
        return f"not installed ({where})", "problem", "python -m pip install -e . in the clone"


def _requirements() -> dict[str, str]:
    """What the package asks for, base and `lab`: {"torch": "torch>=2.10", ...}."""
    try:
        rules = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    kept = [rule for rule in rules if "extra ==" not in rule or re.search(r"==\s*.lab.", rule)]
    return {re.split(r"[^\w.-]", rule)[0]: rule.partition(";")[0].strip() for rule in kept}


def _requirement(name: str, rule: str) -> Callable[[], Answer]:
    def check() -> Answer:
        from packaging.requirements import Requirement

        wanted = Requirement(rule).specifier
        install = f"python -m pip install '{rule}'"
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return "not installed", "problem", install
        if not wanted.contains(version, prereleases=True):
            why = f" ({WHY[name]})" if name in WHY else ""
            return f"{version}, needs {wanted}{why}", "problem", install
        return version, "ok", ""

    return check


def _torch_build() -> Answer:
    """Read from torch's own version file: importing torch takes seconds."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return "no torch", "problem", "python -m pip install torch"
    source = (Path(spec.submodule_search_locations[0]) / "version.py").read_text(encoding="utf-8")
    cuda = re.search(r"^cuda\b[^=\n]*=\s*(.+)$", source, re.MULTILINE)
    version = ast.literal_eval(cuda[1]) if cuda else None
    if version is None:
        return "CPU", "ok", ""
    return f"CUDA {version}", "note", "larger than the lessons need: none of them uses a GPU"


def _cores() -> Answer:
    usable, total = machine.cores(), os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS")
    value = f"{usable} of {total}" + (f" (OMP_NUM_THREADS={said})" if said else "")
    if said is None and usable < total:
        return value, "note", f"export OMP_NUM_THREADS={usable} keeps other libraries to it too"
    return value, "ok", ""


def _memory() -> Answer:
    limit = machine.memory()
    if limit is None:
        return "unknown", "ok", ""
    value = f"{limit / GIB:.1f} GiB"
    if limit < GIB:
        return value, "problem", "a lesson needs 1 GiB: ask for more, or use a larger machine"
    if limit < 2 * GIB:
        return value, "note", "enough for one lesson at a time: shut other kernels down"
    return value, "ok", ""


def _front_end() -> Answer:
    """JupyterLab can draw the panels only if their front ends lie in its own environment."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    missing = [
        name
        for name in ("anywidget", "@jupyter-widgets/jupyterlab-manager")
        if not (folder / name / "package.json").is_file()
    ]
    if missing:
        remedy = "python -m pip install --force-reinstall --no-deps anywidget jupyterlab_widgets"
        return f"missing: {', '.join(missing)}", "problem", remedy
    return "anywidget, jupyterlab-manager", "ok", ""


def _subshells() -> Answer:
    """Which thread of the kernel serves the panels: JupyterLab's setting commsOverSubshells."""
    plugin, key = "@jupyterlab/apputils-extension:kernels-settings", "commsOverSubshells"
    if importlib.util.find_spec("jupyter_core") is None:
        return "no Jupyter here", "note", f"python -m pip install '{PACKAGE}[lab]'"
    from jupyter_core.paths import jupyter_config_dir, jupyter_config_path

    package, _, name = plugin.partition(":")
    settings = Path(os.environ.get("JUPYTERLAB_SETTINGS_DIR")
                    or Path(jupyter_config_dir()) / "lab" / "user-settings")  # fmt: skip
    found = _setting(settings / package / f"{name}.jupyterlab-settings", key)
    overrides = [Path(folder) / "labconfig" / workspace.SETTINGS.name
                 for folder in jupyter_config_path()]  # fmt: skip
    with contextlib.suppress(ValueError):  # no JupyterLab here, which another line says
        installed = lab_settings.place()
        overrides += [installed.parents[1] / "overrides.json", installed]
    for file in overrides:  # the first that names it wins, as in JupyterLab
        found = found or _setting(file, plugin, key)
    if found == "disabled":
        return "on the kernel's main thread", "ok", ""
    remedy = (
        "works; calmer on the main thread, as `sciml-widgets open` has it, "
        "and `sciml-widgets lab-settings --install`"
    )
    return f"on a subshell thread ({key}: {found or 'JupyterLab default'})", "note", remedy


def _setting(file: Path, *keys: str) -> str:
    """One entry of a settings file; "" where there is none. JupyterLab allows // comments."""
    try:
        found: Any = json.loads(re.sub(r"(?m)^\s*//.*$", "", file.read_text(encoding="utf-8")))
        for key in keys:
            found = found[key]
        return str(found)
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _lessons() -> Answer:
    try:
        folder = workspace.source()
    except FileNotFoundError as error:
        return "none", "problem", str(error)
    return f"{len(list(folder.glob('*.ipynb')))} in {folder}", "ok", ""


def _chromium() -> Answer:
    found = chromium()
    if found is None:
        return "none", "note", "only the browser tests need it: apt-get install chromium"
    return found, "ok", ""
