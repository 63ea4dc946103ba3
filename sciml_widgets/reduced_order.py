"""What any network for flows must beat: the mean, the nearest neighbour, POD with a regression.

Each takes solved cases and returns a function of other cases and their pictures. Knows no network.
"""

from collections.abc import Callable
from itertools import combinations_with_replacement

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_widgets.physics.airfoil import Airfoils
from sciml_widgets.wind_tunnel import Pictures, empty, outside

__all__ = ["Guess", "mean_field", "nearest", "pod"]

Images = Float[Tensor, "n 3 s s"]
Guess = Callable[[Airfoils, Images], Images]
"""From airfoils and the inputs of their pictures to the outputs."""


def mean_field(known: Pictures) -> Guess:
    """The mean change of the wind over all known cases, whatever is asked."""
    mean = _changes(known).mean(0, keepdim=True)
    return lambda airfoils, inputs: empty(inputs) + outside(inputs) * mean


def nearest(known: Pictures) -> Guess:
    """The change of the wind in the known case whose inputs differ least, pixel by pixel."""
    changes, there = _changes(known), known.inputs.flatten(1)

    def guess(airfoils: Airfoils, inputs: Images) -> Images:
        closest = torch.cdist(inputs.flatten(1), there).argmin(1)
        return empty(inputs) + outside(inputs) * changes[closest]

    return guess


def pod(known: Pictures, airfoils: Airfoils, *, modes: int = 20, degree: int = 4) -> Guess:
    """Proper orthogonal decomposition, its amplitudes as polynomials of the parameters.

    The changes of the wind are written as mean + Σ aᵢ modeᵢ with the `modes` patterns that hold
    most of their squares; each aᵢ is fitted by least squares with all monomials up to `degree` in
    thickness, camber and angle (and tail, where it varies). So it is told the parameters; a
    network that sees pictures is not.

    Raises:
        ValueError: fewer cases than modes, or than monomials.

    Source: Berkooz, Holmes and Lumley (1993), doi 10.1146/annurev.fl.25.010193.002543.
    """
    parameters = airfoils.parameters
    low, high = parameters.amin(0), parameters.amax(0)
    varies = high - low > 1e-6

    def monomials(cases: Airfoils) -> Tensor:
        z = (2 * (cases.parameters - low) / (high - low).clamp(min=1e-6) - 1)[:, varies].double()
        columns = [torch.ones_like(z[:, 0])]
        for order in range(1, degree + 1):
            for one in combinations_with_replacement(range(z.shape[1]), order):
                columns.append(z[:, list(one)].prod(1))
        return torch.stack(columns, 1)

    table = monomials(airfoils)
    if len(airfoils) < max(modes, table.shape[1]):
        raise ValueError(
            f"{len(airfoils)} cases are too few for {modes} modes and {table.shape[1]} monomials: "
            f"take more cases, or a lower degree"
        )
    changes = _changes(known).flatten(1)
    mean = changes.mean(0)
    # The eigenvectors of the small matrix of inner products give the modes (Sirovich's snapshots).
    changes = changes - mean
    size, vectors = torch.linalg.eigh((changes @ changes.T).double())
    vectors, size = vectors[:, -modes:], size[-modes:].clamp(min=1e-12)
    patterns = (vectors / size.sqrt()).T.to(changes.dtype) @ changes
    amplitudes = vectors * size.sqrt()
    weights = torch.linalg.lstsq(table, amplitudes).solution

    def guess(airfoils: Airfoils, inputs: Images) -> Images:
        found = (monomials(airfoils) @ weights).to(changes.dtype)
        return empty(inputs) + outside(inputs) * (mean + found @ patterns).reshape(inputs.shape)

    return guess


def _changes(known: Pictures) -> Images:
    return known.outputs - empty(known.inputs)
