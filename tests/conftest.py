import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """Sixteen digits where torch is in memory; a test that needs no torch does not load it."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A test that leaves a player's thread alive fails."""
    before = _players()
    yield
    patience = time.monotonic() + 2.0
    while _players() - before and time.monotonic() < patience:
        time.sleep(0.01)
    left = sorted(thread.name for thread in _players() - before)
    if left:
        pytest.fail(f"the test left {', '.join(left)} alive: close the player")


def _players() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("sciml-player")}
