"""Classical solvers that can be differentiated, one equation a file. Knows no loss, no network."""

from sciml_widgets.solvers.kuramoto_sivashinsky import KuramotoSivashinsky
from sciml_widgets.solvers.march import march

__all__ = ["KuramotoSivashinsky", "march"]
