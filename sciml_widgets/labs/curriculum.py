"""A curriculum: easy values of one parameter first, then the goal. Knows no network."""

from dataclasses import dataclass, replace
from typing import Any

from sciml_widgets.knobs import knob
from sciml_widgets.physics import Problem

__all__ = ["Curriculum"]


def _one_stage(lab: Any) -> str:
    curriculum = getattr(lab, "curriculum", lab)
    return "" if curriculum.stages > 1 else "there is one stage only"


@dataclass(frozen=True)
class Curriculum:
    """Stage k of n has the parameter at k/n of its value: 1/n first, the goal last.

    Each stage goes on from the weights of the one before. Source: Krishnapriyan, Gholami, Zhe,
    Kirby and Mahoney (2021), arXiv:2109.01050.
    """

    parameter: str
    stages: int = knob(
        1, 1, 50, kind="restart", label="curriculum stages", group="Repairs",
        help="easier values of the parameter, in even steps up to its goal; 1: the goal at once",
    )  # fmt: skip
    steps_per_stage: int = knob(
        15, 1, 2000, log=True, kind="restart", label="steps per stage", group="Repairs",
        help="training at each value before the next one", unless=_one_stage,
    )  # fmt: skip

    def at(self, problem: Problem, step: int) -> Problem:
        """The task of this step: the problem itself from the last stage on."""
        stage = 1 + step // self.steps_per_stage
        if stage >= self.stages:
            return problem
        goal = getattr(problem, self.parameter)
        return replace(problem, **{self.parameter: goal * stage / self.stages})  # type: ignore[type-var]
