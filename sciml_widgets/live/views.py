"""The places in browsers where one panel is shown: who looks, who lags, what was said last.

Knows neither the player nor what a message draws.
"""

import threading
import time
from collections import deque
from typing import Any

__all__ = ["GONE", "Views"]

LIGHT = 3
"""Every third message asks to be acknowledged, and each with a picture: an acknowledgement costs
the kernel and JupyterLab more than a light message does."""
GONE = 3.0
"""Seconds without an acknowledgement after which a view no longer holds the others up."""
MOST_VIEWS = 32
"""Views that are remembered; the one that was silent longest is forgotten first."""


class Views:
    """All views of one panel. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._all: dict[str, _View] = {}
        self._asked: deque[int] = deque([0, 0], maxlen=2)  # messages to be acknowledged
        self._lock = threading.Lock()

    def hear(self, message: dict[str, Any], sent: int) -> None:
        """A view says that it is there, that it is hidden, or what has arrived.

        `sent` is the number of the last message to all. Raises KeyError, TypeError, ValueError for
        a message that is none.
        """
        name, what = str(message["view"])[:40], message["t"]
        with self._lock:
            if name not in self._all and len(self._all) >= MOST_VIEWS:
                del self._all[min(self._all, key=lambda one: self._all[one].heard)]
            view = self._all.setdefault(name, _View())
            view.heard = time.perf_counter()
            if what != "ack" and not view.overtaken(message, "there"):
                view.hidden = what == "hidden"
            if what == "ack":
                view.acked = max(view.acked, int(message["i"]))
            elif what == "ready":
                view.acked = sent

    def overtaken(self, message: dict[str, Any], about: str, last: bool = True) -> bool:
        """Whether its view has said something newer about the same; `last`: this is now the last.

        A kernel with subshells hears in several threads, where messages overtake each other. So
        each has its number; of turns of one knob, or of Run and Pause, the newest counts.
        """
        with self._lock:
            view = self._all.get(str(message.get("view"))[:40])
            return view is not None and view.overtaken(message, about, last)

    def free(self, now: float) -> bool:
        """Somebody looks, and nobody who looks owes two acknowledgements."""
        with self._lock:
            older, newer = self._asked
            there = [
                view for view in self._all.values()
                if not view.hidden and (view.acked >= newer or now - view.heard < GONE)
            ]  # fmt: skip
            return bool(there) and all(view.acked >= older for view in there)

    def asks(self, number: int, *, heavy: bool) -> bool:
        """Whether message `number` is to be acknowledged: each heavy one, and some others."""
        with self._lock:
            asks = heavy or number >= self._asked[-1] + LIGHT
            if asks:
                self._asked.append(number)
        return asks


class _View:
    """One place in a browser."""

    def __init__(self) -> None:
        self.acked = 0
        self.heard = time.perf_counter()
        self.hidden = False
        self._newest: dict[str, int] = {}  # the highest number, by what it was about

    def overtaken(self, message: dict[str, Any], about: str, last: bool = True) -> bool:
        order = message.get("order")
        if type(order) is not int:
            return False
        if order < self._newest.get(about, order):
            return True
        if last:
            self._newest[about] = order
        return False
