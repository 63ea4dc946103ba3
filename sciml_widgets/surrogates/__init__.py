"""Surrogates of a yes or a no, or of a number, each with how sure it is, and what to ask next.

Knows no ring.
"""

from sciml_widgets.surrogates.acquisition import RULES, choose
from sciml_widgets.surrogates.ensemble import Ensemble
from sciml_widgets.surrogates.gaussian_process import Process
from sciml_widgets.surrogates.neighbour import Neighbour
from sciml_widgets.surrogates.regression import Forest, Networks, Quadratic, trees

__all__ = [
    "RULES",
    "Ensemble",
    "Forest",
    "Neighbour",
    "Networks",
    "Process",
    "Quadratic",
    "choose",
    "trees",
]
