import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from sciml_widgets import machine


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty-four cores and no word from anybody, so that one limit at a time shows."""
    for name in ("CPU_LIMIT", "MEM_LIMIT", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(48)), raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096}.get(name, 2**24))


def files(root: Path, **contents: str) -> Path:
    """A system with these files; `__` in a name stands for a slash."""
    for name, content in contents.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def group(root: Path, folder: str, line: str, **contents: str) -> Path:
    """A system whose process is in a control group, with some files in a folder of the tree."""
    files(root, proc__self__cgroup=line + "\n")
    place = root / "sys/fs/cgroup" / folder
    place.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (place / name.replace("_DOT_", ".")).write_text(content + "\n")
    return root


def test_without_any_limit_the_pinned_cores_count(tmp_path: Path) -> None:
    assert machine.cores(tmp_path) == 48
    assert machine.memory(tmp_path) == 4096 * 2**24


def test_another_system_has_no_affinity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.delattr(os, "sysconf")
    assert machine.cores(tmp_path) == 64
    assert machine.memory(tmp_path) is None
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores(tmp_path) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("200000 100000", 2), ("150000 100000", 1), ("50000 100000", 1), ("max 100000", 48)],
)
def test_quota_of_a_container_v2(tmp_path: Path, text: str, expected: int) -> None:
    assert machine.cores(group(tmp_path, "", "0::/", cpu_DOT_max=text)) == expected


def test_the_tightest_group_above_counts(tmp_path: Path) -> None:
    """A hub on one machine limits the user's slice, and the kernel sits deeper."""
    line = "0::/user.slice/student/kernel"
    group(tmp_path, "user.slice/student", line, cpu_DOT_max="300000 100000")
    group(tmp_path, "user.slice/student", line, memory_DOT_max=str(3 * 2**30))
    group(tmp_path, "user.slice", line, cpu_DOT_max="800000 100000", memory_DOT_max="max")
    group(tmp_path, "user.slice/student/kernel", line, cpu_DOT_max="max 100000")
    group(tmp_path, "user.slice/neighbour", line, cpu_DOT_max="100000 100000")
    assert machine.cores(tmp_path) == 3
    assert machine.memory(tmp_path) == 3 * 2**30


def test_quota_v1(tmp_path: Path) -> None:
    line = "4:cpu,cpuacct:/batch/job\n3:memory:/batch/job"
    group(tmp_path, "cpu/batch/job", line, **{"cpu_DOT_cfs_quota_us": "400000",
                                              "cpu_DOT_cfs_period_us": "100000"})  # fmt: skip
    group(tmp_path, "memory/batch", line, memory_DOT_limit_in_bytes=str(2**31))
    assert machine.cores(tmp_path) == 4
    assert machine.memory(tmp_path) == 2**31


def test_no_quota_v1(tmp_path: Path) -> None:
    line = "4:cpu,cpuacct:/\n3:memory:/"
    group(tmp_path, "cpu", line, **{"cpu_DOT_cfs_quota_us": "-1",
                                    "cpu_DOT_cfs_period_us": "100000"})  # fmt: skip
    group(tmp_path, "memory", line, memory_DOT_limit_in_bytes="9223372036854771712")
    assert machine.cores(tmp_path) == 48
    assert machine.memory(tmp_path) == 4096 * 2**24


@pytest.mark.parametrize("junk", ["", "0", "0 0", "-1 100000", "one two", "\0"])
def test_junk_limits_nothing(tmp_path: Path, junk: str) -> None:
    group(tmp_path, "", "no colons", cpu_DOT_max=junk, memory_DOT_max=junk)
    assert machine.cores(tmp_path) == 48
    assert machine.memory(tmp_path) == 4096 * 2**24


@pytest.mark.parametrize("name", ["CPU_LIMIT", "OMP_NUM_THREADS"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [("2", 2), ("2.0", 2), ("0.5", 1), ("3500m", 3), ("4,2", 4), (" 8 ", 8), ("100", 48),
     ("", 48), ("all", 48), ("0", 48), ("-3", 48)],
)  # fmt: skip
def test_the_environment_lowers_the_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, expected: int
) -> None:
    monkeypatch.setenv(name, text)
    assert machine.cores(tmp_path) == expected


def test_a_hub_limits_the_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEM_LIMIT", "2147483648")
    assert machine.memory(tmp_path) == 2**31


def test_what_would_not_fit_is_refused_before_it_is_allocated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files(tmp_path, proc__self__statm="900 100000 1")  # 0.41 GB in use
    monkeypatch.setenv("MEM_LIMIT", "2000000000")
    machine.afford(1.19e9, "A grid", "take a coarser one", tmp_path)
    with pytest.raises(ValueError, match="A grid needs 1.2 GB .* 0.41 GB in use.* 80 % of 2 GB"):
        machine.afford(1.2e9, "A grid", "take a coarser one", tmp_path)
    monkeypatch.setenv("MEM_LIMIT", "1000")
    machine.afford(1000, "A crumb", "", tmp_path)


def test_a_network_or_a_step_that_is_too_large_says_so_and_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """160 GB where 2 are: with the guard broken, the system's own limit still ends the test."""
    import resource

    from sciml_widgets.gauss_newton import jacobian
    from sciml_widgets.networks import MLP

    monkeypatch.undo()
    monkeypatch.setattr(machine, "memory", lambda _root: 2 * 10**9)
    generator = torch.Generator().manual_seed(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="network of .* weights needs .* take a smaller one"):
        MLP(2, 1, depth=2, width=100_000, generator=generator, dtype=torch.float32)
    network = MLP(2, 1, depth=2, width=64, generator=generator, dtype=torch.float32)
    points = torch.rand(5000, 2, dtype=torch.float32)
    monkeypatch.setattr(machine, "memory", lambda _root: 4 * 10**8)
    with pytest.raises(ValueError, match="step with 5000 residuals and 4417 weights needs 0.71"):
        jacobian(network, lambda: {"pde": network.jet(points, [(0,), (1,)])[(0,)]})
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 100_000, "kilobytes"


def test_threads_sets_torch_and_puts_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 3)
    with machine.threads(3):
        with pytest.raises(ZeroDivisionError), machine.threads(2) as count:
            assert (count, torch.get_num_threads()) == (2, 2)
            raise ZeroDivisionError
        assert torch.get_num_threads() == 3
        with machine.threads(1), machine.threads(8) as count:
            assert (count, torch.get_num_threads()) == (3, 3)


def test_threads_is_for_the_calling_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 8)
    with machine.threads(5):
        seen: list[int] = []

        def other() -> None:
            with machine.threads(7):
                seen.append(torch.get_num_threads())

        worker = threading.Thread(target=other)
        worker.start()
        worker.join()
        assert (seen, torch.get_num_threads()) == ([7], 5)


def test_active_threads_are_those_of_the_calling_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 8)
    with machine.threads(5):
        assert machine.active_threads() == 5
    monkeypatch.delitem(sys.modules, "torch")
    assert machine.active_threads() == 1


def test_another_thread_takes_the_callers_device() -> None:
    seen: list[str] = []

    def other(around: contextlib.AbstractContextManager[object]) -> None:
        seen.append(torch.zeros(1).device.type)
        for _ in range(2):
            with around:
                seen.append(torch.zeros(1).device.type)
        seen.append(torch.zeros(1).device.type)

    with torch.device("meta"):
        worker = threading.Thread(target=other, args=[machine.caller()])
        worker.start()
        worker.join()
    assert seen == ["cpu", "meta", "meta", "cpu"]
    assert isinstance(machine.caller(), contextlib.nullcontext), "costs nothing on the CPU"


def test_threads_needs_one() -> None:
    with pytest.raises(ValueError, match=r"threads\(0\): expected 1 or more"):
        machine.threads(0).__enter__()


def test_the_module_loads_no_torch() -> None:
    code = (
        "import sys; from sciml_widgets import machine as m; m.threads(1).__enter__(); m.memory()"
    )
    subprocess.run(
        [sys.executable, "-c", f"{code}; assert 'torch' not in sys.modules"], check=True
    )
