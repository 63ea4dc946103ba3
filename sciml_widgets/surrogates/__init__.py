"""Surrogates of a yes or a no, each with how sure it is, and what to ask next. Knows no ring."""

from sciml_widgets.surrogates.acquisition import RULES, choose
from sciml_widgets.surrogates.ensemble import Ensemble
from sciml_widgets.surrogates.gaussian_process import Process
from sciml_widgets.surrogates.neighbour import Neighbour

__all__ = ["RULES", "Ensemble", "Neighbour", "Process", "choose"]
