"""A real kernel driven over its protocol, as a browser would: for tests and benchmarks."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

__all__ = ["Kernel", "together"]


class Kernel:
    """Starts a kernel; `run` executes a cell as JupyterLab does, `say` is what a widget sends.

    With `wait=False` the kernel is only started: call `ready` before anything else.
    """

    def __init__(self, *, env: dict[str, str] | None = None, wait: bool = True) -> None:
        # Sockets in files: of sixteen that start at once, two may draw the same port.
        self.folder = tempfile.TemporaryDirectory(prefix="kernel-")
        self.manager = KernelManager(
            kernel_name="python3", transport="ipc", ip=f"{self.folder.name}/socket",
            connection_file=f"{self.folder.name}/kernel.json",
        )  # fmt: skip
        self.manager.start_kernel(
            env={**os.environ, **(env or {})},
            extra_arguments=["--HistoryManager.enabled=False", "--IPKernelApp.log_level=ERROR"],
        )
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        if wait:
            self.ready()
        self.subshell: str | None = None
        self.comm = ""
        self.said = 0  # messages of the panel's view: each has its number
        self.outputs: list[dict[str, Any]] = []
        self.frames: list[tuple[float, dict[str, Any], list[bytes]]] = []

    def ready(self, timeout: float = 60) -> None:
        """Wait until the kernel answers."""
        self.client.wait_for_ready(timeout=timeout)

    @property
    def pid(self) -> int:
        """The kernel's process."""
        return self.manager.provisioner.pid  # type: ignore[union-attr]

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.folder.cleanup()

    def use_subshell(self) -> None:
        """From now on widget messages go to a subshell, as JupyterLab does by default."""
        message = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(message)
        reply = self.client.get_control_msg(timeout=10)
        self.subshell = reply["content"]["subshell_id"]

    def run(
        self, code: str, *, cell: str | None = "cell-1", live: bool = True, timeout: float = 60
    ) -> dict[str, Any]:
        """Execute a cell and take in what it sends until it is done. Returns the reply.

        Without `live` the request is like nbclient's: no cell id, no input allowed.
        """
        session = self.client.session
        content = {
            "code": code, "silent": False, "store_history": False, "user_expressions": {},
            "allow_stdin": live, "stop_on_error": True,
        }  # fmt: skip
        metadata = {"cellId": cell} if live and cell else {}
        message = session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        identity = message["header"]["msg_id"]
        self.listen(lambda m: m["msg_type"] == "status"
                    and m["parent_header"].get("msg_id") == identity
                    and m["content"]["execution_state"] == "idle", timeout)  # fmt: skip
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == identity:
                return reply["content"]

    def value(self, expression: str) -> Any:
        """A value out of the kernel, by way of its printed literal."""
        import ast

        self.outputs.clear()
        reply = self.run(f"print(repr({expression}))", cell=None)
        assert reply["status"] == "ok", reply
        text = "".join(o["text"] for o in self.outputs if o.get("name") == "stdout")
        return ast.literal_eval(text)

    def listen(
        self, done: Callable[[dict[str, Any]], bool], timeout: float
    ) -> dict[str, Any] | None:
        """Take in messages of the kernel until one is `done`; None when the time is over."""
        end = time.perf_counter() + timeout
        while (left := end - time.perf_counter()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except Exception as error:  # queue.Empty
                if type(error).__name__ == "Empty":
                    return None
                raise
            self._take(message)
            if done(message):
                return message
        return None

    def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open" and "_esm" in content["data"].get("state", {}):
            self.comm = content["comm_id"]
        elif kind == "comm_msg" and content["data"].get("method") == "custom":
            buffers = [bytes(b) for b in message.get("buffers", [])]
            header = content["data"]["content"]
            self.frames.append((time.perf_counter(), header, buffers))
            if header.get("ack"):
                self.say(t="ack", i=header["i"])
        elif kind in ("stream", "display_data", "update_display_data", "error", "execute_result"):
            self.outputs.append(content)

    def say(self, **message: Any) -> float:
        """A custom message of the panel's view. Returns when it was sent."""
        self.said += 1
        content = {"view": "test", "order": self.said, **message}
        data = {"method": "custom", "content": content}
        header_extra = {"subshell_id": self.subshell} if self.subshell else {}
        sent = self.client.session.msg("comm_msg", {"comm_id": self.comm, "data": data})
        sent["header"].update(header_extra)
        now = time.perf_counter()
        self.client.shell_channel.send(sent)
        return now

    def answer(self, name: str, value: Any, timeout: float = 10.0) -> float:
        """Turn a knob; seconds until a frame shows the value as applied."""
        began = self.say(t="turn", name=name, value=value, drag=True)
        shown = self.listen(
            lambda m: (
                m["msg_type"] == "comm_msg"
                and m["content"]["data"].get("content", {}).get("values", {}).get(name) == value
            ),
            timeout,
        )
        assert shown is not None, f"no answer to {name}={value}"
        return time.perf_counter() - began

    def until(self, state: str, timeout: float = 30.0) -> dict[str, Any]:
        """Wait for a frame in this state."""
        if not (self.frames and self.frames[-1][1].get("state") == state):
            found = self.listen(
                lambda m: (
                    m["msg_type"] == "comm_msg"
                    and m["content"]["data"].get("content", {}).get("state") == state
                ),
                timeout,
            )
            assert found is not None, f"the panel never was {state}"
        return self.frames[-1][1]


def together(
    kernels: Sequence[Kernel], seconds: float, each: Callable[[Kernel, float], None]
) -> None:
    """Take in what all of them send, in one thread; `each(kernel, now)` is called in between."""
    heard = {kernel.client.iopub_channel.socket: kernel for kernel in kernels}
    poller = zmq.Poller()
    for socket in heard:
        poller.register(socket, zmq.POLLIN)
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        for socket, _ in poller.poll(10):  # milliseconds
            kernel = heard[socket]
            kernel._take(kernel.client.iopub_channel.get_msg(timeout=0))
        for kernel in kernels:
            each(kernel, now)
