"""Equations with their terms and their exact solutions, one a file. Knows no network, no loss."""

from sciml_widgets.physics.burgers import Burgers
from sciml_widgets.physics.burgers_measured import BurgersMeasured
from sciml_widgets.physics.convection import Convection
from sciml_widgets.physics.henon import Henon
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
from sciml_widgets.physics.schroedinger import Schroedinger
from sciml_widgets.physics.schroedinger_measured import SchroedingerMeasured

__all__ = [
    "Box",
    "Burgers",
    "BurgersMeasured",
    "Convection",
    "Coordinates",
    "Henon",
    "Jet",
    "Points",
    "Poisson",
    "Problem",
    "Reaction",
    "ReactionDiffusion",
    "Region",
    "Schroedinger",
    "SchroedingerMeasured",
    "Term",
    "Values",
]
