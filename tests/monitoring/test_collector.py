"""The cache's series are its own counts, read when scraped, and add up as the contract says."""

import math

import pytest

from cache import GenerationalCache
from monitoring import CacheCollector, new_registry


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    cache = GenerationalCache(max_size=2, max_bytes=100, clock=clock)
    cache.configure("enso", max_size=2, ttl=60)
    cache.configure("sigil", max_size=5, ttl=math.inf)
    return cache


@pytest.fixture
def values(cache):
    """A function that scrapes, and returns the values by name without prefix, and labels."""
    registry = new_registry()
    registry.register(CacheCollector(cache.report, cache.tier_reports, cache.max_bytes))

    def scrape():
        return {
            (sample.name.removeprefix("nanobanana_cache_"), *sample.labels.values()): sample.value
            for family in registry.collect()
            for sample in family.samples
        }

    return scrape


def test_everything_is_there_before_the_first_lookup(values):
    told = values()
    gauges = {
        ("capacity_entries", "enso"): 2,
        ("capacity_entries", "sigil"): 5,
        ("ttl_seconds", "enso"): 60,
        ("ttl_seconds", "sigil"): math.inf,
        ("memory_limit_bytes",): 100,
    }
    assert {key: value for key, value in told.items() if value} == gauges
    for reason in ("cold", "expired", "evicted", "cleared", "bypassed"):
        assert told["misses_total", "enso", reason] == 0
    for reason in ("capacity", "memory"):
        assert told["evictions_total", "enso", "memory", reason] == 0
    for name in ("hits_total", "expirations_total", "entries", "estimated_memory_bytes"):
        assert told[name, "enso", "memory"] == 0
    for name in (
        *("coalesced_total", "stale_total", "sets_total", "clears_total"),
        *("saved_seconds_total", "served_bytes_total"),
    ):
        assert told[name, "enso"] == 0


def test_lookups_misses_evictions_and_expirations_are_told(cache, clock, values):
    for key in "abc":
        cache.set("enso", b"x" * 10, key)
    assert cache.get("enso", "c") == b"x" * 10
    assert cache.get("enso", "a") is None
    clock.now += 61
    assert cache.get("enso", "c") is None
    cache.clear("enso")
    told = values()
    assert told["hits_total", "enso", "memory"] == 1
    assert told["misses_total", "enso", "evicted"] == 1
    assert told["misses_total", "enso", "expired"] == 1
    assert told["evictions_total", "enso", "memory", "capacity"] == 1
    assert told["sets_total", "enso"] == 3
    assert told["clears_total", "enso"] == 1
    assert told["served_bytes_total", "enso"] == 10
    assert told["entries", "enso", "memory"] == 0


def test_ages_are_histograms_of_seconds(cache, clock, values):
    cache.set("enso", b"x", "a")
    for age in (1.0, 30.0):
        clock.now = 1000.0 + age
        cache.get("enso", "a")
    told = values()
    assert told["hit_age_seconds_bucket", "enso", "1.0"] == 1
    assert told["hit_age_seconds_bucket", "enso", "15.0"] == 1
    assert told["hit_age_seconds_bucket", "enso", "60.0"] == 2
    assert told["hit_age_seconds_bucket", "enso", "+Inf"] == 2
    assert told["hit_age_seconds_count", "enso"] == 2
    assert told["hit_age_seconds_sum", "enso"] == 31.0
