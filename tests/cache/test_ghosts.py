"""Ghosts remember why the latest keys were dropped, and no more of them than they have room for."""

from __future__ import annotations

from cache import MissReason
from cache.ghosts import Ghosts


def test_a_dropped_key_is_remembered_with_its_latest_reason():
    ghosts = Ghosts(2)
    ghosts.remember("a", MissReason.EVICTED)
    ghosts.remember("a", MissReason.CLEARED)
    assert ghosts.reason("a") is MissReason.CLEARED
    assert len(ghosts) == 1


def test_a_key_that_is_held_again_or_unknown_is_cold():
    ghosts = Ghosts(2)
    ghosts.remember("a", MissReason.EVICTED)
    ghosts.forget("a")
    ghosts.forget("never seen")
    assert ghosts.reason("a") is MissReason.COLD


def test_the_oldest_note_goes_first():
    ghosts = Ghosts(2)
    for key in "abac":
        ghosts.remember(key, MissReason.EVICTED)
    assert [ghosts.reason(key) for key in "abc"] == [
        MissReason.EVICTED,
        MissReason.COLD,
        MissReason.EVICTED,
    ]


def test_shrinking_forgets_the_oldest():
    ghosts = Ghosts(3)
    for key in "abc":
        ghosts.remember(key, MissReason.EVICTED)
    ghosts.resize(1)
    assert (len(ghosts), ghosts.reason("c")) == (1, MissReason.EVICTED)
