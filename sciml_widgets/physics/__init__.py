"""Equations with their terms and their exact solutions, one a file. Knows no network, no loss."""

from sciml_widgets.physics.burgers import Burgers
from sciml_widgets.physics.problem import (
    Box,
    Coordinates,
    Jet,
    Points,
    Problem,
    Region,
    Term,
    Values,
)

__all__ = [
    "Box",
    "Burgers",
    "Coordinates",
    "Jet",
    "Points",
    "Problem",
    "Region",
    "Term",
    "Values",
]
