"""Which question to ask next, of many that could be asked. Knows no surrogate from inside."""

import numpy as np

__all__ = ["RULES", "choose"]

RULES = ("random", "spread", "boundary")
"""Anywhere; where the surrogate is least sure of itself; where it says half yes, half no."""

TOP = 2
"""The batch is drawn among so many times as many: the best alone all stand in one place."""


def choose(
    rule: str,
    chance: np.ndarray,
    spread: np.ndarray,
    count: int,
    explore: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Indices (count,) of the candidates to ask, for their chance and spread, each (n,).

    A share `explore` of them is drawn at random by any rule: what a surrogate is wrongly sure of
    it would never ask. Fewer than `count` candidates are all asked. Raises ValueError: an unknown
    rule.
    """
    if rule not in RULES:
        raise ValueError(f"rule={rule!r} is none of {', '.join(RULES)}")
    n = len(chance)
    shuffled = rng.permutation(n)
    if rule == "random" or count >= n:
        return shuffled[:count]
    anywhere = shuffled[: round(explore * count)]
    rest = np.setdiff1d(shuffled, anywhere)
    merit = spread[rest] if rule == "spread" else -np.abs(chance[rest] - 0.5)
    wanted = count - len(anywhere)
    best = rest[np.argsort(-merit, kind="stable")[: TOP * wanted]]
    return np.concatenate([anywhere, rng.choice(best, min(wanted, len(best)), replace=False)])
