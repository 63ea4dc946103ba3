"""A sweep on a real Dask cluster of two processes: a worker killed in the middle loses nothing."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweep_labs import Slow

from sciml_widgets import cli, clusters, labs, sweep

pytestmark = [
    pytest.mark.training,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not of Windows"),
    pytest.mark.filterwarnings("ignore"),  # of the cluster's own, when a worker is killed
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from dask.distributed import Client, LocalCluster

    with LocalCluster(  # noqa: SIM117
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
        env={"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    ) as there:  # fmt: skip
        with Client(there) as client:
            client.wait_for_workers(2, timeout=60)
            yield there, client


def test_a_killed_worker_and_a_task_run_twice_change_no_number(cluster, tmp_path: Path) -> None:
    there, client = cluster
    grid = {"seconds": [0.1, 0.11, 0.12, 0.13, 0.14, 0.15]}
    victim = next(iter(client.run(os.getpid).values()))

    def kill() -> None:
        while len(list(tmp_path.glob("slow-*.json"))) < 2:
            time.sleep(0.02)
        os.kill(victim, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    made = sweep(
        Slow(), grid, folder=tmp_path, executor=client.get_executor(pure=False), progress=False
    )
    serial = sweep(Slow(), grid, folder=tmp_path / "serial", workers=1, progress=False)
    assert not made.lost and len(list(tmp_path.glob("slow-*.json"))) == 6
    assert {key: one.checks for key, one in made.records.items()} == {
        key: one.checks for key, one in serial.records.items()
    }
    with pytest.raises(ProcessLookupError):
        os.kill(victim, 0)  # it was really killed


def test_the_command_finds_the_cluster(cluster, tmp_path: Path, monkeypatch, capsys) -> None:
    there, _ = cluster
    monkeypatch.setattr(labs, "labs", lambda: {"slow": Slow})
    words = ["sweep", "slow", "--grid", "seconds=0.0,0.01", "--out", str(tmp_path)]
    assert cli.main([*words, "--dask", there.scheduler_address]) == 0
    told = capsys.readouterr()
    assert "best" in told.out and "no worker" not in told.err


def test_a_cluster_without_workers_is_told() -> None:
    from dask.distributed import LocalCluster

    told: list[str] = []
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as there,
        clusters.at(there.scheduler_address, told.append),
    ):
        assert len(told) == 1 and "has no worker yet" in told[0]
