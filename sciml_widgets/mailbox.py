"""A mailbox: orders put in from any thread, taken out by one. Knows no player."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

__all__ = ["Mailbox", "Order"]

Answer = TypeVar("Answer")
Order = tuple[str, Any]
"""What is to be done, and with what."""


class Mailbox:
    """`post`, `ask`, `ring` and `close` from any thread; `orders` and `rest` by the one owner.

    `bell` is the condition that is notified of everything; who changes what `wait` looks at
    holds it.
    """

    def __init__(self) -> None:
        self.bell = threading.Condition()
        self.closed = False
        self._orders: deque[Order] = deque()
        self._rung = self._read = False

    @property
    def empty(self) -> bool:
        """No order is left, and none is being carried out."""
        return not self._orders and not self._read

    def post(self, what: str, item: Any = None) -> None:
        """Put an order in; returns at once."""
        with self.bell:
            self._orders.append((what, item))
            self.bell.notify_all()

    def ring(self) -> None:
        """End the owner's rest without an order."""
        with self.bell:
            self._rung = True
            self.bell.notify_all()

    def close(self) -> None:
        """Tell the owner to end, and those who wait."""
        with self.bell:
            self.closed = True
            self.bell.notify_all()

    def wait(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Block until `condition()` holds or the box is closed. Returns whether that came."""
        with self.bell:
            return self.bell.wait_for(lambda: condition() or self.closed, timeout)

    def ask(self, question: Callable[[], Answer], alive: Callable[[], bool]) -> Answer:
        """What `question()` returns when the owner calls it; called here if no owner is alive.

        Raises what the question raises.
        """
        answers: SimpleQueue[tuple[Answer | None, Exception | None]] = SimpleQueue()

        def reply() -> None:
            try:
                answers.put((question(), None))
            except Exception as error:
                answers.put((None, error))

        self.post("ask", reply)
        while True:
            try:
                answer, error = answers.get(timeout=0.2)
            except Empty:
                if not alive():
                    return question()
                continue
            if error is not None:
                raise error
            return cast(Answer, answer)

    @contextmanager
    def orders(self) -> Iterator[deque[Order]]:
        """All orders so far, oldest first; those that an error leaves over stay in the box."""
        with self.bell:
            orders, self._orders = self._orders, deque()
            self._read = True
        try:
            yield orders
        finally:
            with self.bell:
                self._orders.extendleft(reversed(orders))
                self._read = False

    def rest(self, seconds: float | None) -> None:
        """Sleep until something comes, at most so long (None: for ever)."""
        with self.bell:
            self.bell.notify_all()  # for `wait`
            if seconds != 0.0 and not (self._orders or self.closed or self._rung):
                self.bell.wait(seconds)
            self._rung = False
