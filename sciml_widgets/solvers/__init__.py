"""Classical solvers, differentiable, one a file: a step is state to state. Trains nothing."""

from sciml_widgets.solvers.kuramoto_sivashinsky import KuramotoSivashinsky
from sciml_widgets.solvers.march import march

__all__ = ["KuramotoSivashinsky", "march"]
