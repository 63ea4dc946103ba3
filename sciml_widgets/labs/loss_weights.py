"""Loss weights as knobs: one for each term of a problem. Knows no training."""

import dataclasses
from functools import lru_cache, partial
from typing import Any

from sciml_widgets.knobs import Choice, knob, knobs, replaced
from sciml_widgets.physics import Problem, Term

__all__ = ["loss_weights"]


def loss_weights(problem: Problem, **defaults: float) -> Any:
    """A bundle of knobs `w_pde`, `w_ic`, ...: one for each term, for every task of the problem.

    `defaults` gives values other than 1: `loss_weights(Burgers(), ic=10.0)`. A weight whose term
    the present task of `lab.problem` lacks says so.

    Raises:
        ValueError: a default for a term that the problem does not have.
    """
    terms = _every_term(problem)
    if not set(defaults) <= set(terms):
        raise ValueError(
            f"no term {', '.join(sorted(set(defaults) - set(terms)))}: "
            f"{type(problem).__name__} has {', '.join(terms)}"
        )
    return _weights_class(tuple((n, t.label) for n, t in terms.items()), tuple(defaults.items()))()


@lru_cache(maxsize=64)
def _weights_class(
    terms: tuple[tuple[str, str], ...], defaults: tuple[tuple[str, float], ...]
) -> type:
    fields: list[Any] = []
    for name, label in terms:
        unless = partial(_absence, name)
        made = knob(
            float(dict(defaults).get(name, 1.0)), 1e-2, 1e3, log=True, label=label,
            group="Loss weights", help=f"weight of the term {label}", unless=unless,
        )  # fmt: skip
        fields.append((f"w_{name}", float, made))
    return dataclasses.make_dataclass("LossWeights", fields, frozen=True)


def _absence(name: str, lab: Any) -> str:
    present = {term.name for term in lab.problem.terms()}
    return "" if name in present else "not in this task"


def _every_term(problem: Problem) -> dict[str, Term]:
    """The terms of the problem for each position of its switches."""
    terms: dict[str, Term] = {}
    for path, switch in knobs(problem).items():
        for option in switch.options if isinstance(switch, Choice) else ():
            terms |= {term.name: term for term in replaced(problem, {path: option}).terms()}
    return terms | {term.name: term for term in problem.terms()}
