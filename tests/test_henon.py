"""The ring: what is known exactly of the Hénon map, and of who survives in it."""

import math

import numpy as np
import pytest

from sciml_widgets.physics.aperture import ScalingLaw, agreement, aperture, by_area, fan
from sciml_widgets.physics.henon import EDGE, LOST, Henon, by_bisection, quadrant, survive

RINGS = (Henon(), Henon(0.2617, 0.3333, 0.7), Henon(0.33, 0.29, -1.0))
some_rings = pytest.mark.parametrize("ring", RINGS)


def starts(count: int = 40) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.5, 0.5, (count, 4))


@some_rings
def test_the_map_is_symplectic(ring: Henon) -> None:
    """Jᵀ S J = S. The map is a cubic: central differences are exact but for h² and rounding."""
    h, S = 1e-4, np.kron(np.eye(2), [[0.0, 1.0], [-1.0, 0.0]])
    for start in starts(8):
        steps = h * np.eye(4)
        J = ((ring.turn(start + steps) - ring.turn(start - steps)) / (2 * h)).T
        assert np.abs(J.T @ S @ J - S).max() < 100 * h**2


@some_rings
def test_the_map_is_reversible(ring: Henon) -> None:
    """A kick between two half rotations runs backwards when the momenta are turned round."""
    a, b = math.pi * ring.nu_x, math.pi * ring.nu_y

    def half(state: np.ndarray, sign: float) -> np.ndarray:
        x, px, y, py = state.T
        ca, sa, cb, sb = math.cos(a), sign * math.sin(a), math.cos(b), sign * math.sin(b)
        return np.stack(
            [ca * x + sa * px, ca * px - sa * x, cb * y + sb * py, cb * py - sb * y], 1
        )

    flip = np.array([1.0, -1.0, 1.0, -1.0])
    start = starts()
    there = half(ring.turn(half(start, 1.0)), -1.0)  # half a turn, kick, half a turn
    back = half(ring.turn(half(there * flip, 1.0)), -1.0) * flip
    assert np.abs(back - start).max() < 1e-12


@some_rings
def test_small_amplitudes_only_rotate(ring: Henon) -> None:
    size = 1e-7
    state = size * starts()
    radius = np.hypot(state[:, 0], state[:, 1])
    for _ in range(100):
        state = ring.turn(state)
    assert np.abs(np.hypot(state[:, 0], state[:, 1]) - radius).max() < 200 * size**2


def test_the_fixed_point_of_the_plane_is_where_theory_says() -> None:
    """With y = 0 and K = 0: x = 2 tan(π ν_x), px = -x²/2 after the rotation."""
    for nu in (0.21, 0.27, 0.3):
        x = 2 * math.tan(math.pi * nu)
        point = np.array([[x, -(x**2) / 2, 0.0, 0.0]])
        assert np.abs(Henon(nu, 0.31, 0.0).turn(point) - point).max() < 1e-12 * x**2


@some_rings
def test_the_mirror_image_of_a_particle_survives_as_long(ring: Henon) -> None:
    x, y = quadrant(12).T
    assert np.array_equal(ring.survival(x, y, 300), ring.survival(x, -y, 300))


@some_rings
def test_survival_is_what_a_plain_loop_counts(ring: Henon) -> None:
    places = quadrant(7)
    for (x, y), found in zip(places, ring.survival(*places.T, 60), strict=True):
        state, count = np.array([[x, 0.0, y, 0.0]]), 0
        while count < 60 and (state := ring.turn(state)) is not None and (state**2).sum() <= LOST:
            count += 1
        assert count == found


def test_every_particle_may_have_its_own_ring() -> None:
    x, y = quadrant(6).T
    alone = [ring.survival(x, y, 200) for ring in RINGS]
    tunes = np.repeat([[r.nu_x, r.nu_y, r.octupole] for r in RINGS], len(x), axis=0)
    together = survive(np.tile(x, 3), np.tile(y, 3), *tunes.T, 200)
    assert np.array_equal(np.concatenate(alone), together)


def test_more_turns_are_survived_by_fewer() -> None:
    x, y = quadrant(15).T
    short, long = (Henon().survival(x, y, turns) for turns in (100, 400))
    assert np.array_equal(short, np.minimum(long, 100))


def test_near_the_third_of_a_turn_almost_nothing_survives() -> None:
    x, y = quadrant(30).T
    good, bad = ((Henon(nu).survival(x, y, 1000) >= 1000).mean() for nu in (0.28, 0.33))
    assert good > 0.15 and bad < 0.02


def test_bisection_finds_the_edge_to_the_last_halving() -> None:
    angles, radii, cost = by_bisection(Henon(), 5, 8, 100)
    assert cost == 40 and radii.shape == angles.shape == (5,)
    step = 2**0.5 * EDGE / 2**9
    inside, outside = (
        Henon().survival(r * np.cos(angles), r * np.sin(angles), 100) >= 100
        for r in (radii - 1.01 * step, radii + 1.01 * step)
    )
    assert inside.all() and not outside.any()
    with pytest.raises(ValueError, match="rays=1 must be 2 or more"):
        by_bisection(Henon(), 1, 8, 100)
    with pytest.raises(ValueError, match="turns=0 must be 1 or more"):
        survive(radii, radii, 0.28, 0.31, 0.0, 0)


def test_the_aperture_of_a_disc_is_its_radius() -> None:
    radii, x, y = fan(16, 80, EDGE)
    survived = np.where(np.hypot(x, y) <= 0.4, 1000, 10)
    assert aperture(survived, radii, 1000) == pytest.approx(0.4, abs=EDGE / 80)
    assert aperture(survived, radii, 5) == pytest.approx(EDGE)
    assert aperture(survived, radii, 1001) == 0.0
    a, b = quadrant(200).T
    assert by_area(np.hypot(a, b) <= 0.4, EDGE) == pytest.approx(0.4, abs=EDGE / 200)


def test_agreement_counts_what_either_calls_stable() -> None:
    one, other = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert agreement(one, other) == pytest.approx(1 / 3)
    assert agreement(one, one) == agreement(one & ~one, one & ~one) == 1.0
    assert agreement(one, ~one) == 0.0


def test_the_law_is_found_again_from_its_own_values() -> None:
    law = ScalingLaw(0.3, 0.25, 1.7)
    turns = np.array([10.0, 30, 100, 300, 1000, 3000])
    found = ScalingLaw.fit(turns, law(turns))
    assert found.power == pytest.approx(1.7, abs=0.01)
    assert found(np.array([1e6])) == pytest.approx(law(np.array([1e6])), abs=1e-3)
    flat = ScalingLaw.fit(turns, np.full(6, 0.4))
    assert flat(np.array([1e9])) == pytest.approx(np.array([0.4]))
    with pytest.raises(ValueError, match="four pairs"):
        ScalingLaw.fit(turns[:3], law(turns[:3]))
