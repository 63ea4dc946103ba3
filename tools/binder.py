"""Binder, tried here: its packages in a clean environment, every lesson under its limits.

    python -m tools.binder [05 ...]

`binder/` makes the environment, in build/binder/venv. There each lesson runs from top to bottom on
one core and without a network, and is ended where its kernel and JupyterLab together take more
than 2 GiB. What was measured goes into docs/binder.md, row by row. Knows no lesson.
"""

import argparse
import contextlib
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from tools.install import cpu_index, pinned

ROOT = Path(__file__).parents[1]
HERE = ROOT / "build" / "binder"
PAGE = ROOT / "docs" / "binder.md"
PYTHON = HERE / "venv" / "bin" / "python"
LIMIT = 2 * 2**30
"""Bytes: what mybinder.org gives a session, server and kernels together."""
EVERY = 0.2
"""Seconds between two looks at the processes."""
LONGEST = 900
"""Seconds that a lesson may take on one core, whatever else this machine does."""
MB = 1e6
LOOPBACK = "import fcntl, os, socket, struct, sys; \
fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh22x', b'lo', 1)); \
os.execvp(sys.argv[1], sys.argv[1:])"
"""Switches the loopback interface of a new, empty network on, and becomes another command."""


@dataclass(frozen=True)
class Ran:
    """One lesson: seconds of a core, by the clock; the most bytes of its kernel; any trouble."""

    name: str
    cpu: float
    seconds: float
    peak: int
    trouble: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environment, run the lessons, write the page. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.binder")
    parser.add_argument("lesson", nargs="*", help='numbers ("05"); default: all')
    asked = parser.parse_args(arguments).lesson
    there = sorted(ROOT.glob("lessons/[0-9]*_*.ipynb"))
    lessons = [path for path in there if not asked or path.name.partition("_")[0] in asked]
    if not lessons:
        parser.error(f"no lesson {', '.join(asked)}: there are {', '.join(p.stem for p in there)}")
    if not hasattr(os, "sched_setaffinity"):
        parser.error("this needs Linux: nothing else gives a process one core and no network")
    os.chdir(ROOT)
    load = os.getloadavg()[0]
    environment()
    server = jupyterlab()
    print(f"JupyterLab alone: {server / MB:.0f} MB", flush=True)
    rows = known()
    for path in lessons:
        one = rows[path.stem] = lesson(path, LIMIT - server)
        print(row(one, server), flush=True)
    kept = [rows[path.stem] for path in there if path.stem in rows]
    PAGE.write_text(page(kept, server, load), encoding="utf-8")
    print(PAGE)
    return int(any(rows[path.stem].trouble for path in lessons))


# ---- the environment ----------------------------------------------------------------------------


def environment() -> None:
    """What Binder would build, unless it is there already. Ends the program where pip cannot."""
    files = [ROOT / "binder" / name for name in ("requirements.txt", "postBuild")]
    made = hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()
    stamp = HERE / "made"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == made:
        return
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    run(sys.executable, "-m", "venv", str(HERE / "venv"))
    lines = wanted(files[0].read_text(encoding="utf-8"))
    (HERE / "requirements.txt").write_text("\n".join(lines), encoding="utf-8")
    torch = next(line for line in lines if line.startswith("torch=="))
    run(str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", *cpu_index(pinned("torch")), torch)
    run(str(PYTHON), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt"))
    (HERE / "home").mkdir()
    run(str(files[1]), env=visitor())
    cuda = [name for name in packages() if re.match(r"nvidia-|cuda-|triton", name)]
    if cuda:
        sys.exit(f"Binder would get CUDA packages: {', '.join(cuda)}")
    stamp.write_text(made)


def wanted(requirements: str) -> list[str]:
    """The lines that pip is told; torch's index is asked only where it is needed."""
    return [line for line in requirements.splitlines() if not line.startswith(("#", "--"))]


def packages() -> list[str]:
    """The names of all that is installed there."""
    ask = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    done = subprocess.run([PYTHON, "-c", ask], check=True, capture_output=True, text=True)
    return done.stdout.split()


def visitor() -> dict[str, str]:
    """The environment variables of a session: the hub's limits, nothing of this shell's Python."""
    ours = {name: os.environ[name] for name in ("LANG", "TERM", "TMPDIR") if name in os.environ}
    return {
        **ours,
        "PATH": os.pathsep.join([str(PYTHON.parent), os.environ["PATH"]]),
        "HOME": str(HERE / "home"),
        "NB_PYTHON_PREFIX": str(HERE / "venv"),
        "CPU_LIMIT": "1.0",
        "MEM_LIMIT": str(LIMIT),
    }


def run(*command: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command; end with its exit code when it fails: it has said why."""
    done = subprocess.run(command, cwd=ROOT, env=env)
    if done.returncode:
        sys.exit("Stopped at: " + " ".join(command))


# ---- under the limits ---------------------------------------------------------------------------


def lesson(path: Path, limit: int) -> Ran:
    """Execute one notebook, alone in an empty folder, within `limit` bytes."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, folder)
        words = ["-m", "nbconvert", "--to", "notebook", "--execute", "--log-level=WARN"]
        words += ["--ExecutePreprocessor.timeout=600", "--output=ran", path.name]
        began, used = time.monotonic(), _cpu()
        with open(Path(folder) / "log", "w+b") as log:
            process = confined([str(PYTHON), *words], folder, log)
            over = f"more than {limit / MB:.0f} MB"
            peak, trouble = watched(process, limit, over, lambda: time.monotonic() - began)
            log.seek(0)
            said = log.read().decode(errors="replace").strip()
        seconds = time.monotonic() - began
    if not trouble and process.returncode:
        print(said[-2000:], file=sys.stderr)
        trouble = f"failed: {said.splitlines()[-1][:80] if said else process.returncode}"
    return Ran(path.stem, _cpu() - used, seconds, peak, trouble)


def _cpu() -> float:
    """Seconds of a core that all ended children took, theirs included."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def jupyterlab() -> int:
    """Bytes that JupyterLab's server takes before a notebook is opened."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
        with open(Path(folder) / "log", "w+b") as log:
            process = confined([str(PYTHON), *words], folder, log)
            began, logged = time.monotonic(), Path(folder) / "log"
            while b"is running at" not in logged.read_bytes():
                if process.poll() is not None or time.monotonic() - began > 120:
                    ended(process)
                    sys.exit(f"JupyterLab does not start:\n{logged.read_text()[-2000:]}")
                time.sleep(EVERY)
            time.sleep(2)
            size = most(psutil.Process(process.pid))
            ended(process)
    return size


def confined(command: list[str], folder: str, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start a command as `binder/start` would, on one core and without a network."""
    core = max(os.sched_getaffinity(0))
    started = [str(ROOT / "binder" / "start"), *command]
    environment, prefix = visitor(), offline()
    if not prefix:
        environment["PYTHONPATH"] = str(ROOT / "tools" / "guard")
    return subprocess.Popen(
        [*prefix, *started], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
        stderr=subprocess.STDOUT, start_new_session=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )  # fmt: skip


def offline() -> list[str]:
    """What to put before a command so that it has a network of its own, with nobody in it.

    Nothing where this machine does not allow that: then `tools/guard` refuses connections.
    """
    prefix = ["unshare", "--net", "--map-root-user", sys.executable, "-c", LOOPBACK]
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True)
    except OSError:
        return []
    return [] if tried.returncode else prefix


def watched(
    process: "subprocess.Popen[bytes]", limit: int, over: str, clock: Callable[[], float]
) -> tuple[int, str]:
    """Wait for the end, or bring it about: the most bytes of all children, and the trouble."""
    root, peak = psutil.Process(process.pid), 0
    try:
        while process.poll() is None:
            peak = max(peak, sum(map(most, children(root))))
            if peak > limit:
                return peak, over
            if clock() > LONGEST:
                return peak, f"not done after {LONGEST} s"
            time.sleep(EVERY)
        return peak, ""
    finally:
        ended(process)


def children(root: psutil.Process) -> list[psutil.Process]:
    """All descendants: the kernel, and what it starts. Not the runner, which Binder has not."""
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def most(process: psutil.Process) -> int:
    """The most bytes that a process ever had in memory, however shortly; 0 when it is gone."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def ended(process: "subprocess.Popen[bytes]") -> None:
    """End it and all that it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        for one in [*children(root), root]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


# ---- the page -----------------------------------------------------------------------------------


def row(one: Ran, server: int) -> str:
    """One line of the table."""
    mark = f"✗ {one.trouble}" if one.trouble else "✓"
    both = one.peak + server
    return (
        f"| {one.name} | {one.cpu:.0f} | {one.seconds:.0f} | {one.peak / MB:.0f} | "
        f"{both / MB:.0f} | {both / LIMIT:.0%} {mark} |"
    )


def known() -> dict[str, Ran]:
    """The rows of the page as it is, by name; none where there is no page."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    cells = r"\| (\d+) " * 3
    line = rf"^\| (\w+) {cells}\| \d+ \| \d+% (?:✓|✗ (.+)) \|$"
    return {
        name: Ran(name, float(cpu), float(seconds), int(peak) * int(MB), trouble)
        for name, cpu, seconds, peak, trouble in re.findall(line, text, re.MULTILINE)
    }


def page(rows: list[Ran], server: int, load: float) -> str:
    """docs/binder.md."""
    told = subprocess.run([PYTHON, "--version"], check=True, capture_output=True, text=True)
    asked = (ROOT / "binder" / "runtime.txt").read_text().strip()
    worst = max(rows, key=lambda one: one.peak)
    lines = [
        "# Every lesson on Binder",
        "",
        "Written by `make binder`; do not edit. What `binder/` asks for, installed in a clean "
        f"environment ({len(packages())} packages, {told.stdout.strip()}; Binder takes {asked}), "
        "and each lesson run in it from top to bottom: on one core, without a network, and ended "
        "where server and kernel together take more than 2 GiB, which is what mybinder.org gives.",
        "",
        "| lesson | CPU seconds | by the clock | kernel, MB | with JupyterLab, MB | of 2 GiB |",
        "|---|---|---|---|---|---|",
        *(row(one, server) for one in rows),
        "",
        f"The largest is {worst.name}: {(worst.peak + server) / MB:.0f} MB. JupyterLab alone took "
        f"{server / MB:.0f} MB. Memory is the largest RSS of the kernel and of each process that "
        "it started, added up, with the pages that they share counted for each; a short peak "
        "counts. Seconds are those of the whole notebook, the start of the kernel included, with "
        "panels that train as many steps as they do where nobody watches. CPU seconds are what it "
        "takes of its core; the clock runs on while others compute. This machine has "
        f"{os.cpu_count()} cores; their load before the last run: {load:.1f}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
