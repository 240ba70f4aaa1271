"""The working set is counted exactly while it is small, and well enough when it is not."""

from __future__ import annotations

import pytest

from cache.analytics.hashing import key_hash
from cache.analytics.reuse import Reuse


def lookups(*keys, start=0.0):
    return [(key_hash(str(key)), start + second) for second, key in enumerate(keys)]


def test_keys_are_counted_by_how_often_they_came():
    reuse = Reuse()
    reuse.observe_all(lookups(*"abbcccddddeeeee"))
    counts = reuse.summary().counts
    assert (counts.keys_seen_once, counts.keys_seen_2_to_3, counts.keys_seen_4_or_more) == (1, 2, 2)
    assert reuse.summary().times.counts[0] == 10  # each a second later


def test_keys_leave_with_the_window():
    reuse = Reuse(60.0, 6)
    reuse.observe_all(lookups("a", "b"))
    reuse.observe_all(lookups("b", start=50.0))
    reuse.advance(61.0)
    assert reuse.summary().working_set == 1
    reuse.advance(1000.0)
    summary = reuse.summary()
    assert (summary.working_set, sum(summary.times.counts)) == (0, 0)


def test_more_keys_than_are_watched_are_estimated():
    reuse = Reuse(max_keys=2_000)
    reuse.observe_all(lookups(*range(30_000)))
    assert reuse.summary().working_set == pytest.approx(30_000, rel=0.1)


def test_after_a_flood_few_keys_are_counted_exactly_again():
    reuse = Reuse(100.0, 10, max_keys=100)
    reuse.observe_all(lookups(*range(3_000)))
    for number in range(40):
        reuse.observe_all(lookups(*range(10), start=3_000.0 + 50 * number))
    assert reuse.summary().working_set == 10
