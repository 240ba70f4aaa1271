"""A shadow holds what a cache of its policy would: by last use, or by what is saved."""

from __future__ import annotations

import math
import random
from collections import OrderedDict

import pytest

from cache.admission.recency_shadow import RecencyShadow
from cache.admission.value_shadow import (
    KNOWN_ANYWAY,
    KNOWN_PER_KEY,
    MAX_FREQUENCY,
    ValueShadow,
)


def ask(shadow, key, now=0.0, *, ttl=math.inf, weight=1, worth=1.0):
    """Look `key` up, and store it where that was a miss; return whether it was a hit."""
    if shadow.look_up(key, now):
        return True
    store = [key, worth, weight, now + ttl, now]
    if isinstance(shadow, RecencyShadow):
        store.remove(worth)
    shadow.store(*store)
    return False


def by_recency(capacity, on_drop=lambda key: None):
    return RecencyShadow(capacity, on_drop)


def by_value(capacity, on_drop=lambda key: None):
    return ValueShadow(capacity, on_drop)


def test_recency_hits_what_a_textbook_lru_hits():
    shadow, held, chance = by_recency(20), OrderedDict(), random.Random(1)
    for _ in range(5_000):
        key = int(chance.paretovariate(0.5))
        assert ask(shadow, key) is (key in held)
        held[key] = None
        held.move_to_end(key)
        if len(held) > 20:
            held.popitem(last=False)


@pytest.mark.parametrize("shadow_of", [by_recency, by_value])
def test_what_is_dead_is_missed_and_leaves_before_anything_live(shadow_of):
    shadow = shadow_of(2)
    ask(shadow, "a", 0.0, ttl=10.0)
    ask(shadow, "b", 5.0, ttl=10.0)
    assert not ask(shadow, "c", 10.0, ttl=10.0)
    assert ("a" in shadow, "b" in shadow, "c" in shadow) == (False, True, True)
    assert not ask(shadow, "b", 15.0, ttl=10.0)


@pytest.mark.parametrize("shadow_of", [by_recency, by_value])
def test_no_more_is_held_than_may_be(shadow_of):
    shadow = shadow_of(10)
    for key in range(10):
        ask(shadow, key, weight=5, ttl=60.0)
    shadow.resize(8)
    assert len(shadow) == 8
    shadow.shrink(21)
    assert len(shadow) == 4
    shadow.discard("never held")
    shadow.clear()
    assert len(shadow) == 0
    shadow.shrink(0)


def test_value_keeps_what_is_asked_for_most():
    shadow = by_value(3)
    for key in "aaabbcccc":
        ask(shadow, key)
    for _ in range(2):
        ask(shadow, "d")
        assert [key in shadow for key in "abcd"] == [True, True, True, False]
    ask(shadow, "d")
    assert [key in shadow for key in "abcd"] == [True, False, True, True]


def test_value_weighs_frequency_by_worth():
    shadow = by_value(2)
    for key in "aaabb":
        ask(shadow, key, worth={"a": 1.0, "b": 9.0}[key])
    for key in "cccc":
        ask(shadow, key)
    assert "b" in shadow
    assert "a" not in shadow


def test_keys_that_are_asked_for_once_flush_nothing():
    shadow = by_value(4)
    for key in "aabbcc":
        ask(shadow, key)
    for fresh in range(50):
        ask(shadow, fresh)
    assert all(key in shadow for key in "abc")


def test_a_loop_that_is_too_long_is_held_in_part():
    shadow = by_value(70)
    hits = sum(ask(shadow, key % 100) for key in range(10_000))
    assert hits > 5_000


def test_what_is_not_asked_for_any_more_sinks():
    shadow = by_value(4)
    for key in "aaaaaaaabbcc":
        ask(shadow, key)
    for fresh in range(200):
        ask(shadow, fresh // 2)
        ask(shadow, fresh // 2)
    assert "a" not in shadow


def test_what_comes_back_is_known_by_its_frequency():
    shadow = by_value(1)
    ask(shadow, "a")
    ask(shadow, "b")
    assert "a" not in shadow
    for _ in range(3):
        ask(shadow, "a")
    assert shadow._held["a"].frequency == 4


@pytest.mark.parametrize("shadow_of", [by_recency, by_value])
def test_every_key_that_goes_is_told(shadow_of):
    told = []
    shadow = shadow_of(3, told.append)
    for key in range(100):
        ask(shadow, key, float(key), ttl=2.0)
    assert set(told) == {key for key in range(100) if key not in shadow}


def test_frequencies_fade_and_their_number_is_bounded():
    shadow = by_value(12)
    for _ in range(200):
        ask(shadow, "hot")
    assert shadow._held["hot"].frequency == MAX_FREQUENCY
    for fresh in range(20_000):
        ask(shadow, fresh)
        assert len(shadow._remembered) <= KNOWN_PER_KEY * 12 + KNOWN_ANYWAY
    assert "hot" not in shadow
    assert shadow._remembered.get("hot", 0) == 0


def test_what_a_shadow_notes_stays_in_proportion_to_what_it_holds():
    shadow, chance = by_value(50), random.Random(1)
    for now in range(20_000):
        ask(shadow, chance.randrange(200), float(now), ttl=chance.choice([30.0, math.inf]))
        assert len(shadow._heap) <= 2 * 50 + 18
        assert len(shadow._deaths) <= 50
