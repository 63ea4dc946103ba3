"""The benchmark of a search through a solver: all sides do the book's work, targets are marked."""

import pytest

from benchmarks import adjoint
from benchmarks.phiflow_peer import UPDATES

LOSSES = adjoint.by_hand()[1]


def peer(hand: float) -> dict:
    """What a peer would print that compiles for 2 s and is then as quick as `hand`."""
    return {
        "plain": {"first": 1.0, "all": 30.0, "later": 0.6, "losses": LOSSES},
        "compiled": {"first": 2.0, "all": 2.1, "later": hand / UPDATES, "losses": LOSSES},
    }


@pytest.mark.training
def test_all_ways_make_the_book_s_losses() -> None:
    assert len(LOSSES) == UPDATES and adjoint.honest(LOSSES)
    for way in (adjoint.step_by_step, adjoint.by_autograd):
        other = way()[1]
        assert max(abs(a - b) for a, b in zip(LOSSES, other, strict=True)) < 1e-12
    assert not adjoint.honest([*LOSSES[:10], LOSSES[10] + 1e-5, *LOSSES[11:]])


def test_each_target_that_is_missed_is_marked() -> None:
    def marks(hand: float, auto: float, like: float) -> tuple[int, int]:
        found = {adjoint.by_hand: [(hand, LOSSES)] * 3, adjoint.by_autograd: [(auto, LOSSES)] * 3}
        text = adjoint.page(found, peer(like))
        return text.count("✓"), text.count("✗")

    assert marks(0.08, 0.2, 0.09) == (9, 0)
    assert marks(0.11, 0.2, 0.12) == (8, 1)
    assert marks(0.08, 0.51, 0.09) == (7, 2), "slow, and less than 100 times the peer"
    assert marks(0.08, 0.2, 0.07) == (8, 1)
    alone = {adjoint.by_hand: [(0.1, LOSSES)], adjoint.by_autograd: [(0.1, LOSSES)]}
    assert "PhiFlow" not in adjoint.page(alone, {})
