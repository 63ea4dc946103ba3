"""The stability limit of an explicit step, as an error that names it. Knows no equation."""

import math

__all__ = ["Unstable", "hold"]

SLACK = 1e-9
"""Rounding: a step of exactly the limit is allowed."""


class Unstable(ValueError):
    """A step is beyond its stability limit: small mistakes would grow from step to step.

    `fact` and `remedy` are parts of the message, for who has no `ignore_limit` to speak of.
    """

    def __init__(self, message: str, fact: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.fact, self.remedy = fact, remedy


def hold(number: float, limit: float, what: str, remedy: str, ignore: bool = False) -> None:
    """Refuse a step whose `number` is above `limit`, or not finite.

    `what` is the formula of the number ("max|u| dt/dx"). The number depends on the state, so a
    step is asked anew each time: an optimiser may walk where the first state was far from. With
    `ignore` everything passes.

    Raises:
        Unstable: names the formula, its value, the limit and the remedy.
    """
    if ignore or number <= limit * (1 + SLACK):
        return
    got = f"{number:.3g}" if math.isfinite(number) else "not a finite number"
    fact = f"{what} must be at most {limit:g}, but is {got}"
    raise Unstable(
        f"this step is beyond its stability limit: {fact}; {remedy}, "
        "or ignore_limit=True to see what happens", fact, remedy,
    )  # fmt: skip
