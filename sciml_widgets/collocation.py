"""A problem, a network and points: what is left of each term. Knows no optimiser and no picture.

A network is an `MLP`, which gives its own derivatives quickly, or any function of points
(n, d) -> (n, m) that autograd can follow: another module, or the exact solution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt

import torch
from torch import Generator, Tensor

from sciml_widgets.networks import nested_jet
from sciml_widgets.physics import Box, Coordinates, Jet, Points, Problem, Term, Values

__all__ = [
    "Sample",
    "attach",
    "jet",
    "mean_squares",
    "place",
    "residual_at",
    "residual_vector",
    "residuals",
]

Network = Callable[[Points], Values]
Sampler = Callable[[int, int, Generator], Points]


@dataclass(frozen=True)
class Sample:
    """Points of one term, (n, d), with the data that belong to them and their partners, if any."""

    points: Points
    data: Mapping[str, Values] = field(default_factory=dict)
    images: Points | None = None


def place(
    problem: Problem, counts: Mapping[str, int], sampler: Sampler, generator: Generator,
    dtype: torch.dtype | None = None,
) -> dict[str, Tensor]:  # fmt: skip
    """Draw `counts[name]` points for each term of the problem, in its region.

    A region of given points takes those, and from the generator what any other would take.
    """
    dtype = dtype or torch.get_default_dtype()
    return {
        term.name: term.region.place(
            sampler(counts[term.name], len(problem.box.names), generator)
        ).to(dtype)
        for term in _terms(problem).values()
    }


def attach(problem: Problem, points: Mapping[str, Tensor]) -> dict[str, Sample]:
    """Compute what belongs to the points: data and partners. Do it again when the truth moves.

    Where a term has given points (sensors), they come from the problem as it is now. For a
    learned coefficient attach with the problem that has the true one, then ask for `residuals` of
    the other: measured data do not follow the guess.
    """
    return {
        name: _sample(term, term.region.place(drawn) if term.region.points else drawn)
        for name, term in _terms(problem).items()
        for drawn in [points[name]]
    }


def residuals(
    problem: Problem, network: Network, samples: Mapping[str, Sample]
) -> dict[str, Tensor]:
    """What is left of each term at its points, (n, k) each: 0 everywhere for a solution."""
    return {
        name: _residual(problem.box, term, network, samples[name])
        for name, term in _terms(problem).items()
    }


def residual_at(problem: Problem, network: Network, name: str, points: Points) -> Values:
    """What is left of one term at other points of its region. Raises ValueError for the name."""
    terms = _terms(problem)
    if name not in terms:
        raise ValueError(f"no term {name!r}: {type(problem).__name__} has {', '.join(terms)}")
    return _residual(problem.box, terms[name], network, _sample(terms[name], points))


def mean_squares(residuals: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The losses: mean over the points of each residual squared."""
    return {name: residual.square().mean() for name, residual in residuals.items()}


def residual_vector(residuals: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """All residuals in one vector whose squared length is Σ weight x mean square."""
    parts = [sqrt(weights[name] / r.numel()) * r.flatten() for name, r in residuals.items()]
    return torch.cat(parts)


def jet(box: Box, network: Network, points: Points, derivatives: tuple[str, ...]) -> Jet:
    """The network's value and the named derivatives ("x", "xx") at the points."""
    keys = {name: box.key(name) for name in derivatives}
    fast = getattr(network, "jet", None)
    found = fast(points, keys.values()) if fast else nested_jet(network, points, keys.values())
    return Jet(found[()], {name: found[key] for name, key in keys.items()})


def _terms(problem: Problem) -> dict[str, Term]:
    terms = problem.terms()
    named = {term.name: term for term in terms}
    if len(named) < len(terms):
        raise ValueError(f"two terms have one name: {', '.join(term.name for term in terms)}")
    return named


def _sample(term: Term, points: Points) -> Sample:
    data = term.data(points) if term.data else {}
    images = term.image(points) if term.image else None
    return Sample(points, {key: value.to(points) for key, value in data.items()}, images)


def _residual(box: Box, term: Term, network: Network, sample: Sample) -> Values:
    p = Coordinates(box, sample.points, sample.data)
    u = jet(box, network, sample.points, term.derivatives)
    if sample.images is None:
        return term.residual(p, u)
    q = Coordinates(box, sample.images, {})
    return term.residual(p, u, q, jet(box, network, sample.images, term.derivatives))
