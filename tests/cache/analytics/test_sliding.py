"""Sums slide with their window, and what is marked can be told apart."""

from __future__ import annotations

import math

from cache.analytics.sliding import SlidingSums


def test_what_is_older_than_the_window_is_forgotten_slice_by_slice():
    sums: SlidingSums[str] = SlidingSums(60.0, 6)
    for second in range(120):
        sums.add(float(second), {"lookups": 1})
    assert 60 <= sums.total("lookups") <= 70
    sums.forget_old(500.0)
    assert sums.total("lookups") == 0


def test_an_infinite_window_forgets_nothing():
    sums: SlidingSums[str] = SlidingSums(math.inf, 6)
    for second in (0.0, 1e9):
        sums.add(second, {"lookups": 1})
        sums.forget_old(second)
    assert sums.total("lookups") == 2


def test_recent_is_what_came_after_the_mark_even_within_one_moment():
    sums: SlidingSums[str] = SlidingSums(60.0, 6)
    sums.add(5.0, {"lookups": 1})
    sums.mark()
    assert sums.recent("lookups") == 0
    sums.add(5.0, {"lookups": 2})
    assert (sums.recent("lookups"), sums.total("lookups")) == (2, 3)
