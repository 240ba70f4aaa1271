"""Plain LRU costs a hit nothing: the cache calls the dictionary's own method."""

from __future__ import annotations

from cache import LRUCache


def test_a_hit_of_plain_lru_pays_for_no_policy():
    cache = LRUCache()
    assert cache._touch == cache._entries.move_to_end


def test_plain_lru_names_the_least_recently_used():
    cache = LRUCache(3)
    for key in "abc":
        cache.set(key, b"image")
    cache.get("a")
    assert cache._eviction.victim() == "b"
