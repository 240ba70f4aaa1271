"""Counts of the window are what the totals of a real cache grew by within it."""

from __future__ import annotations

import copy

from cache import Built, EvictionReason, GenerationalCache, MissReason
from cache.analytics.counted import CountedWindow


def test_counts_are_told_apart_by_time_and_by_mark(clock):
    cache = GenerationalCache(max_size=2, clock=clock)
    window = CountedWindow(100.0, 10)

    def ask(keys):
        for key in keys:
            clock.advance(0.5)
            cache.fetch("enso", key, lambda: Built(b"image", None, 2.0))
        window.note(clock(), cache.report()["enso"].counts)

    ask("aabca")
    counts = window.counts()
    assert (counts.hits, counts.misses[MissReason.COLD], counts.misses[MissReason.EVICTED]) == (
        1,
        3,
        1,
    )
    assert counts.evictions[EvictionReason.CAPACITY] == 2
    assert (counts.saved_seconds, sum(counts.hit_ages.counts)) == (2.0, 1)
    assert counts.eviction_ages.sum_seconds > 0

    window.mark()
    ask("aaa")
    assert (window.recent().hits, window.counts().hits) == (3, 4)
    clock.advance(200.0)
    assert window.advance(clock())
    assert window.counts().hits == 0


def test_totals_that_fell_begin_anew(clock):
    cache = GenerationalCache(clock=clock)
    cache.get("enso")
    cache.get("enso")
    totals = cache.report()["enso"].counts
    window = CountedWindow(100.0, 10)
    window.note(0.0, totals)
    fewer = copy.deepcopy(totals)
    fewer.misses[MissReason.COLD] = 1
    window.note(1.0, fewer)
    assert window.counts().misses[MissReason.COLD] == 3
