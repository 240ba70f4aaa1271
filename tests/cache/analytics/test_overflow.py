"""A sample gets room for what it has of the keys that fill a large cache."""

from __future__ import annotations

import math

import pytest

from cache.analytics import Estimator, Point
from cache.analytics.hashing import HASH_SPAN
from cache.analytics.overflow import Overflow
from cache.analytics.shadow import Shadows

ANCHOR = Point(100, math.inf)
SMALL, LARGE = Point(900, math.inf), Point(4_100, math.inf)


def misses(in_sample, others):
    return [*range(in_sample), *range(HASH_SPAN - others, HASH_SPAN)]


@pytest.fixture
def overflow():
    return Overflow(ANCHOR, Shadows([SMALL, LARGE], 0.25))


def test_a_sample_is_even_until_something_is_known(overflow):
    assert overflow.rooms() == pytest.approx([900 / 4, 4_100 / 4])


def test_room_is_by_the_share_that_is_really_in_the_sample(overflow):
    for _ in range(200):
        overflow.observe(misses(30, 70))
    assert overflow.rooms() == pytest.approx([25 + 0.3 * 800, 25 + 0.3 * 4_000], rel=0.01)


def test_a_large_cache_remembers_what_a_small_one_has_forgotten(overflow):
    for _ in range(200):
        overflow.observe(misses(30, 70))
    for _ in range(20):
        overflow.observe(misses(20, 80))
    small, large = overflow.rooms()
    assert (small - 25) / 800 == pytest.approx(0.208, abs=0.002)
    assert (large - 25) / 4_000 == pytest.approx(0.261, abs=0.002)


def test_no_miss_tells_nothing(overflow):
    before = overflow.rooms()
    overflow.observe([])
    assert overflow.rooms() == before


@pytest.mark.parametrize(("keys", "hit_ratio"), [(19_400, 0.75), (20_600, 0.0)])
def test_whether_a_loop_just_fits_is_told_from_a_sample(keys, hit_ratio):
    points = [Point(capacity, math.inf) for capacity in (5_000, 20_000, 40_000, 160_000)]
    estimator = Estimator(points)
    estimator.observe_all((f"/image?seed={i % keys}", i / 100) for i in range(4 * keys))
    assert estimator.hit_ratio(Point(20_000, math.inf)) == pytest.approx(hit_ratio, abs=0.02)
