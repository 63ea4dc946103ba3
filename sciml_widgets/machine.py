"""The machine: the cores and the memory that this process may use. Loads no torch, knows no panel.

A container, a hub or a batch system gives a process less than the machine has, and torch counts
what the machine has: eight threads on a quota of one core are many times slower than one thread.
"""

import contextlib
import math
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["active_threads", "afford", "caller", "cores", "memory", "threads"]

ROOT = Path("/")
UNLIMITED = 2**60
"""Bytes; cgroup v1 writes "no limit" as a number near 2**63."""

SHARE = 0.8
"""Of the memory, what a process may ask for; the rest is for the server and the browser."""
SMALL = 50_000_000
"""Bytes that are not worth asking about."""


def cores(root: Path = ROOT) -> int:
    """The number of threads that can really run at once, at least 1.

    The smallest of: the cores of the machine, the cores that this process is pinned to, the
    quota of its control group (v1 or v2, and of every group above it), `CPU_LIMIT` (a hub sets
    it) and `OMP_NUM_THREADS` (the user's word is never exceeded). `root` is for tests.
    """
    limits = [float(os.cpu_count() or 1)]
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        limits.append(float(len(os.sched_getaffinity(0))))
    limits += _cpu_quotas(root)
    limits += _numbers(os.environ.get("CPU_LIMIT"), os.environ.get("OMP_NUM_THREADS"))
    return max(1, math.floor(min(limits)))


def memory(root: Path = ROOT) -> int | None:
    """The bytes that this process may use, or None where nothing tells.

    The smallest of: the memory of the machine, the limit of its control group (and of every
    group above it) and `MEM_LIMIT` (a hub sets it, in bytes). `root` is for tests.
    """
    limits = _physical() + _memory_limits(root)
    limits += [int(n) for n in _numbers(os.environ.get("MEM_LIMIT"))]
    return min((n for n in limits if 0 < n < UNLIMITED), default=None)


def afford(need: float, what: str, remedy: str, root: Path = ROOT) -> None:
    """Refuse what would not fit, before it is allocated: `need` bytes beside those in use.

    A process that takes more than its limit is killed without a word. Raises ValueError beyond
    80 % of `memory()`; says nothing where no limit is known.
    """
    if need < SMALL:
        return
    limit, used = memory(root), _used(root)
    if limit is not None and used + need > SHARE * limit:
        raise ValueError(
            f"{what} needs {need / 1e9:.2g} GB of memory beside the {used / 1e9:.2g} GB in use, "
            f"and at most {100 * SHARE:.0f} % of {limit / 1e9:.2g} GB may be taken: {remedy}"
        )


@contextlib.contextmanager
def threads(count: int) -> Iterator[int]:
    """Let torch use min(`count`, `cores()`) threads in the calling thread; gives that number.

    The former number comes back at the end. Without torch in memory there is nothing to set, and
    torch is not loaded for it. Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(f"threads({count}): expected 1 or more")
    allowed = min(count, cores())
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "set_num_threads"):  # absent, or half loaded
        yield allowed
        return
    before = torch.get_num_threads()
    torch.set_num_threads(allowed)
    try:
        yield allowed
    finally:
        torch.set_num_threads(before)


def active_threads() -> int:
    """The number of threads that torch uses in the calling thread; 1 without torch."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_num_threads"):
        return 1
    return torch.get_num_threads()


def caller() -> contextlib.AbstractContextManager[object]:
    """What a new thread must enter to work on the device that torch defaults to in this one.

    torch keeps its default device per thread. May be entered more than once.
    """
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_default_device"):
        return contextlib.nullcontext()
    device = torch.get_default_device()
    return contextlib.nullcontext() if device.type == "cpu" else device


def _numbers(*texts: str | None) -> list[float]:
    """Those texts that are positive numbers: "2", "0.5", "3500m" (thousandths), "4,2" (the 4)."""
    found = [re.match(r"\s*(\d+\.?\d*|\.\d+)(m?)", text) for text in texts if text]
    values = [float(m[1]) / (1000 if m[2] else 1) for m in found if m]
    return [value for value in values if value > 0]


def _physical() -> list[int]:
    try:
        return [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, OSError, ValueError):  # Windows has none of it
        return []


def _used(root: Path) -> int:
    """The bytes that this process holds; 0 where nothing tells."""
    numbers = _read(root / "proc/self/statm").split()
    return int(numbers[1]) * os.sysconf("SC_PAGE_SIZE") if len(numbers) > 1 else 0


def _read(path: Path) -> str:
    """The text of a file, "" where there is none to read: every limit is optional."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _groups(root: Path, controller: str) -> list[Path]:
    """The folders that may limit this process: its own control group and those above it.

    /proc/self/cgroup holds `0::/path` (v2) and `4:cpu,cpuacct:/path` (v1) lines. In a container
    the path may not be there, and the root of the tree is the container's own group.
    """
    tree = root / "sys/fs/cgroup"
    folders = [tree, tree / controller]
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if names and controller not in names.split(","):
            continue
        top = tree / controller if names else tree
        group = top / path.strip("/")
        folders += [group, *(above for above in group.parents if above.is_relative_to(top))]
    return list(dict.fromkeys(folders))


def _cpu_quotas(root: Path) -> list[float]:
    quotas = []
    for folder in _groups(root, "cpu"):
        v2 = _read(folder / "cpu.max").split()
        v1 = [_read(folder / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
        for pair in (v2, v1):
            if len(pair) == 2 and all(text.isdecimal() for text in pair) and int(pair[1]) > 0:
                quotas.append(int(pair[0]) / int(pair[1]))
    return [quota for quota in quotas if quota > 0]


def _memory_limits(root: Path) -> list[int]:
    files = ("memory.max", "memory.limit_in_bytes")
    texts = [_read(folder / file).strip() for folder in _groups(root, "memory") for file in files]
    return [int(text) for text in texts if text.isdecimal()]
