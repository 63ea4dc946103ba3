"""Differentiable classical solvers, one a file: a step takes a state to the next. Trains nothing."""

from sciml_widgets.solvers.kuramoto_sivashinsky import KuramotoSivashinsky
from sciml_widgets.solvers.march import march

__all__ = ["KuramotoSivashinsky", "march"]
