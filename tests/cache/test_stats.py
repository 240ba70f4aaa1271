"""Reports carry the exact fields of `/cache/stats`, and rates that are 0 when nothing was asked."""

from __future__ import annotations

import json

import pytest

from cache import AGE_BOUNDS_SECONDS, AgeHistogram, GenerationalCache, LRUCache, MissReason

TYPE_FIELDS = [
    "hits",
    "misses",
    "evictions",
    "expired",
    "total_set",
    "size",
    "max_size",
    "default_ttl",
    "hit_rate",
]
TOTAL_FIELDS = [
    "total_hits",
    "total_misses",
    "total_evictions",
    "total_expired",
    "total_set",
    "total_size",
    "overall_hit_rate",
]


def test_a_type_reports_the_fields_of_the_contract(clock):
    lru = LRUCache(2, 60, clock=clock)
    for key in "abc":
        lru.set(key, key)
    lru.get("c")
    lru.get("b")
    lru.get("a")
    clock.advance(60)
    lru.get("c")
    stats = lru.stats()
    assert {name: stats[name] for name in TYPE_FIELDS} == {
        "hits": 2,
        "misses": 2,
        "evictions": 1,
        "expired": 2,
        "total_set": 3,
        "size": 0,
        "max_size": 2,
        "default_ttl": 60,
        "hit_rate": 0.5,
    }


def test_the_cache_reports_the_totals_of_the_contract(clock):
    cache = GenerationalCache(max_size=1, ttl=60.0, clock=clock)
    cache.set("enso", 1)
    cache.set("enso", 2, "other")
    cache.set("sigil", 3)
    cache.get("enso", "other")
    cache.get("enso")
    cache.get("parchment")
    clock.advance(60)
    stats = cache.get_stats()
    assert {name: stats[name] for name in TOTAL_FIELDS} == {
        "total_hits": 1,
        "total_misses": 2,
        "total_evictions": 1,
        "total_expired": 2,
        "total_set": 3,
        "total_size": 0,
        "overall_hit_rate": 0.333,
    }
    assert list(stats["caches"]) == ["enso", "sigil", "parchment"]
    assert all(set(TYPE_FIELDS) <= stats["caches"][name].keys() for name in stats["caches"])


def test_rates_are_zero_when_nothing_was_asked(clock):
    cache = GenerationalCache(clock=clock)
    assert cache.get_stats()["overall_hit_rate"] == 0.0
    cache.set("enso", 1)
    assert cache.get_stats()["caches"]["enso"]["hit_rate"] == 0.0


@pytest.mark.parametrize(("hits", "misses", "rate"), [(2, 1, 0.667), (1, 2, 0.333), (5, 0, 1.0)])
def test_rates_have_three_places(clock, hits, misses, rate):
    lru = LRUCache(2, 60.0, clock=clock)
    lru.set("held", 1)
    for _ in range(hits):
        lru.get("held")
    for _ in range(misses):
        lru.get("missing")
    assert lru.stats()["hit_rate"] == rate


def test_miss_reasons_add_up_to_the_misses(clock):
    lru = LRUCache(1, 60.0, clock=clock)
    for key in "aba":
        lru.get(key)
        lru.set(key, 1)
    lru.clear()
    lru.get("a")
    stats = lru.stats()
    assert stats["miss_reasons"] == {
        **dict.fromkeys(map(str, MissReason), 0),
        "cold": 2,
        "evicted": 1,
        "cleared": 1,
    }
    assert sum(stats["miss_reasons"].values()) == stats["misses"]


@pytest.mark.parametrize("ttl", [None, float("inf"), 60.0])
def test_stats_are_strict_json(clock, ttl):
    cache = GenerationalCache(ttl=ttl, clock=clock)
    cache.set("enso", b"\x00")
    cache.get("enso")
    assert json.loads(json.dumps(cache.get_stats(), allow_nan=False)) == cache.get_stats()


def test_ages_are_counted_by_bounds_that_belong_to_the_bucket_below():
    ages = AgeHistogram()
    for age in (0.0, 1.0, 1.5, 86400.0, 1e9):
        ages.observe(age)
    assert ages.counts[:2] == [2, 1]
    assert ages.counts[-2:] == [1, 1]
    assert len(ages.counts) == len(AGE_BOUNDS_SECONDS) + 1
    assert ages.sum_seconds == pytest.approx(1e9 + 86402.5)
