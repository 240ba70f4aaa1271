"""A ranking names the key that is worth least: by its last use, or by what it saves."""

from __future__ import annotations

import random

from cache.admission.rankings import KNOWN_ANYWAY, KNOWN_PER_KEY, MAX_FREQUENCY, Recency, Value


def test_recency_names_the_least_recently_used():
    ranking = Recency()
    for key in "abc":
        ranking.add(key, 1.0)
    ranking.touch("a")
    assert ranking.victim() == "b"
    ranking.discard("b")
    assert ranking.victim() == "c"


def ranked(uses, worths=None):
    """Return a ranking that has seen these uses of keys and was asked for a victim once."""
    ranking, seen = Value(), set()
    for key in uses:
        if key in seen:
            ranking.touch(key)
        else:
            seen.add(key)
            ranking.add(key, (worths or {}).get(key, 1.0))
    return ranking


def test_value_names_the_least_often_used():
    assert ranked("aaabbcccc" + "xxxx").victim() == "b"


def test_value_weighs_frequency_by_worth():
    assert ranked("aaabbcccc" + "xxxx", {"b": 9.0}).victim() == "a"


def test_a_key_that_is_used_once_does_not_stay_for_its_being_new():
    ranking = ranked("aabbcc")
    for fresh in range(100):
        ranking.add(fresh, 1.0)
        victim = ranking.victim()
        ranking.discard(victim)
        assert victim not in {"a", "b", "c"}


def test_what_comes_back_is_known_by_its_frequency():
    ranking = ranked("aabbcc")
    for _ in range(3):
        ranking.add("d", 1.0)
        assert ranking.victim() == ("d" if ranking._frequencies["d"] < 3 else "a")
        ranking.discard("d")


def test_frequencies_fade_and_their_number_is_bounded():
    ranking = Value()
    ranking.add("hot", 1.0)
    for _ in range(200):
        ranking.touch("hot")
    assert ranking._frequencies["hot"] == MAX_FREQUENCY
    for fresh in range(20_000):
        ranking.add(fresh, 1.0)
        if fresh >= 10:
            ranking.discard(ranking.victim())
        assert len(ranking._frequencies) <= KNOWN_PER_KEY * 13 + KNOWN_ANYWAY
    assert ranking._frequencies.get("hot", 0) == 0


def test_the_heap_stays_in_proportion_to_what_is_ranked():
    ranking, chance = Value(), random.Random(1)
    held = set()
    for _ in range(20_000):
        key = chance.randrange(200)
        if key in held:
            ranking.touch(key)
            continue
        held.add(key)
        ranking.add(key, 1.0)
        if len(held) > 50:
            victim = ranking.victim()
            held.remove(victim)
            ranking.discard(victim)
        assert len(ranking._heap) <= 2 * len(held) + 20
