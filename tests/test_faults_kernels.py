"""A slider that never rests while cells run, on each kernel that is allowed: case 12.

`make kernels` lays the other versions of ipykernel into build/; the experiment is in numpy.
"""

import importlib.metadata
import os
import time
from pathlib import Path
from typing import Any

import pytest
from kernels import Kernel, together
from test_faults import LAB, measured  # noqa: F401 (a fixture)

ROOT = Path(__file__).parent.parent
HERE = importlib.metadata.version("ipykernel")
VERSIONS = ("6.31.0", "7.1.0", "7.3.0", "7.4.0")
STALLS = "ipykernel 7.3.0 stops taking messages: all of its threads wait, none of ours is in one"
OFTEN = 0.05
"""Seconds between two turns of the slider: 20 a second, whether they are answered or not."""
CELL = "import time\nfor _ in range(10): time.sleep(0.1)"


class Restless(Kernel):
    """Somebody drags a slider all the time, and runs one cell after the other."""

    def __init__(self, version: str) -> None:
        layer = str(ROOT / "build" / f"ipykernel-{version}") if version != HERE else ""
        paths = [layer, str(ROOT), os.environ.get("PYTHONPATH", "")]
        self.due, self.sent, self.cells, self.pictures = 0.0, 0, 0, 0
        self.free, self.applied, self.running = True, 0.0, ""
        self.trouble: list[str] = []
        super().__init__(env={"PYTHONPATH": os.pathsep.join(filter(None, paths))}, wait=False)

    @property
    def wish(self) -> float:
        """Between 1 and 9, and never twice the same in a row."""
        return round(1 + 0.001 * (self.sent % 7000), 6)

    def begin(self, subshell: bool) -> None:
        self.ready()
        assert self.run(LAB + "panel = show(Walk())\npanel.pace(60)")["status"] == "ok"
        self.say(t="ready")
        self.until("idle")
        if subshell:
            self.use_subshell()
        self.say(t="go")
        self.until("running")
        self.frames.clear()

    def work(self, now: float) -> None:
        """Called between two messages."""
        if now >= self.due:
            self.due, self.sent = now + OFTEN, self.sent + 1
            self.say(t="turn", name="gain", value=self.wish, drag=True)
        if self.free:
            self.free, self.cells = False, self.cells + 1
            content = {"code": CELL, "silent": False, "store_history": False,
                       "user_expressions": {}, "allow_stdin": True}  # fmt: skip
            message = self.client.session.msg("execute_request", content)
            self.running = message["header"]["msg_id"]
            self.client.shell_channel.send(message)

    def _take(self, message: dict[str, Any]) -> None:
        super()._take(message)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            self.free |= message["parent_header"].get("msg_id") == self.running
        for _, header, buffers in self.frames if self.cells else ():
            if header.get("t") != "frame":
                continue
            self.applied = header.get("values", {}).get("gain", self.applied)
            if header["notice"] or header["state"] not in ("running", "idle"):
                self.trouble.append(f"{header['state']}: {header['notice']}{header['message']}")
            if "picture" in header:
                y = buffers[header["picture"]["plots"][0]["marks"][0]["y"]]
                self.pictures += 1
                if len(y) != 4 * 64:
                    self.trouble.append(f"a picture of {len(y)} bytes")
        if self.cells:
            self.frames.clear()


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("subshells", ["subshells on", "subshells off"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_slider_that_never_rests_while_cells_run(
    measured: Any,  # noqa: F811
    request: pytest.FixtureRequest,
    version: str,
    subshells: str,
) -> None:
    """Ten notebooks at once for a minute on the kernel that we pin, two for 15 s on the others."""
    on = subshells == "subshells on"
    if on and version.startswith("6"):
        pytest.skip("this kernel has no subshells")
    if version != HERE and not (ROOT / "build" / f"ipykernel-{version}").exists():
        pytest.skip(f"no ipykernel {version} in build/: make kernels brings it")
    if version == "7.3.0":
        request.applymarker(pytest.mark.xfail(reason=STALLS, strict=False))
    count, seconds = (10, 60.0) if version == HERE else (2, 15.0)
    kernels: list[Restless] = []
    try:
        for _ in range(count):
            kernels.append(Restless(version))
        for kernel in kernels:
            kernel.begin(on)
            assert kernel.value("__import__('ipykernel').__version__") == version
            kernel.outputs.clear()
        together(kernels, seconds, lambda kernel, now: kernel.work(now))  # type: ignore[attr-defined]
        end = time.perf_counter() + 20
        while any(one.applied != one.wish for one in kernels) and time.perf_counter() < end:
            together(kernels, 0.2, lambda kernel, now: None)
        for kernel in kernels:
            assert kernel.trouble == []
            assert [one for one in kernel.outputs if "ename" in one or one.get("name")] == []
            assert kernel.applied == kernel.wish, "the last turn counts"
            assert kernel.pictures > 1 and kernel.sent > 5 * seconds
            assert kernel.cells >= 2
        sent = sum(kernel.sent for kernel in kernels)
        pictures = sum(kernel.pictures for kernel in kernels)
        measured(
            f"ipykernel {version}, {subshells}: {count} notebooks, {seconds:.0f} s, {sent} turns, "
            f"{sum(kernel.cells for kernel in kernels)} cells, {pictures} pictures, no error"
        )
    finally:
        for kernel in kernels:
            kernel.__exit__()
