"""Equations with their terms and their exact solutions, one a file. Knows no network, no loss."""

from sciml_widgets.physics.burgers import Burgers
from sciml_widgets.physics.convection import Convection
from sciml_widgets.physics.poisson import Poisson
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
from sciml_widgets.physics.reaction import Reaction
from sciml_widgets.physics.reaction_diffusion import ReactionDiffusion

__all__ = [
    "Box",
    "Burgers",
    "Convection",
    "Coordinates",
    "Jet",
    "Points",
    "Poisson",
    "Problem",
    "Reaction",
    "ReactionDiffusion",
    "Region",
    "Term",
    "Values",
]
