"""A shadow misses exactly where our own cache does, and holds what it holds."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache import LRUCache
from cache.analytics.shadow import Point, Shadows

steps = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([0.0, 0.25, 1.0, 3.0, 20.0])), max_size=120
)


POINTS = tuple(
    Point(capacity, ttl_seconds)
    for capacity in (0, 1, 3, 6)
    for ttl_seconds in (0.5, 2.0, 7.0, math.inf)
)


@given(steps, st.lists(st.sampled_from(POINTS), min_size=1, unique=True))
def test_each_does_what_the_cache_does(steps, points):
    now = 0.0
    caches = [LRUCache(*point, clock=lambda: now) for point in points]
    shadows = Shadows(points)
    for key, pause in steps:
        now += pause
        hits = [cache.get(key) is not None for cache in caches]
        for cache, hit in zip(caches, hits, strict=True):
            if not hit:
                cache.set(key, b"image")
        assert shadows.observe([(key, now)]) == [[] if hit else [key] for hit in hits]
        assert [shadows.held(point, now) for point in points] == [len(each) for each in caches]


@pytest.mark.parametrize("keys", [9, 40, 900])
def test_it_goes_on_so_however_much_is_forgotten_on_the_way(keys):
    chance, now = random.Random(1), 0.0
    points = [Point(capacity, ttl) for capacity in (2, 30, 500) for ttl in (3.0, 60.0, math.inf)]
    caches = [LRUCache(*point, clock=lambda: now) for point in points]
    shadows = Shadows(points)
    for _ in range(6_000):
        now += chance.choice([0.0, 0.1, 0.3])
        key = int(keys * chance.random() ** 2)
        hits = [cache.get(key) is not None for cache in caches]
        for cache, hit in zip(caches, hits, strict=True):
            if not hit:
                cache.set(key, b"image")
        assert shadows.observe([(key, now)]) == [[] if hit else [key] for hit in hits]
    assert [shadows.held(point, now) for point in points] == [len(each) for each in caches]


def test_a_batch_is_its_lookups_in_turn():
    points = [Point(5, 20.0), Point(9, math.inf)]
    lookups = [(number * number % 17, float(number)) for number in range(300)]
    at_once, in_turn = Shadows(points), Shadows(points)
    replies = [in_turn.observe([each]) for each in lookups]
    for missed, one_by_one in zip(
        at_once.observe(lookups), zip(*replies, strict=True), strict=True
    ):
        assert sorted(missed) == sorted(key for each in one_by_one for key in each)


@pytest.mark.parametrize("distinct", [5_000, 12])
def test_what_is_remembered_is_bounded_by_the_capacity(distinct):
    shadows = Shadows([Point(10, 1e9), Point(4, 5.0)])
    for number in range(5_000):
        shadows.observe([(number % distinct, float(number))])
    assert len(shadows.order()) <= 600
    assert max(len(shadows._uses), len(shadows._stores)) <= 1_200


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_one_that_adopts_holds_the_latest_used_of_its_sample(rate):
    point, heir = Point(100, 50.0), Shadows([Point(8, 50.0)], rate)
    source = Shadows([point])
    source.observe([(number * 2**60, float(number)) for number in range(16)])
    source.observe([(0, 20.0)])
    heir.adopt(source.order(), [source.contents(point)], 20.0)
    kept = [key for key in (*range(1, 16), 0) if key * 2**60 < heir.limit][-int(8 * rate) :]
    assert heir.observe([(key * 2**60, 21.0) for key in kept]) == [[]]
    assert heir.held(Point(8, 50.0), 21.0) == 8
    assert heir.held(Point(8, 50.0), 70.0) == 0


def test_what_it_evicted_is_lacking_until_it_would_have_expired():
    full, roomy = Point(2, 50.0), Point(3, 50.0)
    shadows = Shadows([full, roomy])
    shadows.observe([(key, float(key)) for key in range(2)])
    assert shadows.lacks_until(full) == -math.inf
    shadows.observe([(2, 10.0)])
    assert shadows.lacks_until(full) == 60.0
    assert shadows.lacks_until(roomy) == -math.inf
    shadows.observe([(key, 100.0) for key in (3, 4)])  # what expires makes room
    assert shadows.lacks_until(full) == 60.0


def test_what_others_had_evicted_is_lacking_in_one_that_adopts():
    heir = Shadows([Point(8, 50.0)])
    heir.adopt([1], [{1: 0.0}], 5.0)
    assert heir.lacks_until(Point(8, 50.0)) == 55.0


def test_one_with_less_room_than_before_keeps_what_was_used_last():
    small, large = Point(4, math.inf), Point(8, math.inf)
    shadows = Shadows([small, large], 0.5)
    shadows.observe([(key, float(key)) for key in range(4)])
    shadows.resize([1.6, 3.4])
    assert [shadows.held(point, 4.0) for point in (small, large)] == [4, 8]
    shadows.observe([(3, 5.0)])
    shadows.resize([0.1, 2.0])
    assert (list(shadows.contents(small)), list(shadows.contents(large))) == ([3], [2, 3])


def test_one_with_more_room_than_before_fills_it():
    point = Point(4, 50.0)
    shadows = Shadows([point], 0.5)
    shadows.observe([(key, float(key)) for key in range(4)])
    shadows.resize([3.0])
    assert shadows.observe([(key, 5.0) for key in (3, 2, 4, 3, 2)]) == [[4]]


def test_a_point_without_room_gets_none():
    shadows = Shadows([Point(0, 50.0)])
    shadows.resize([5.0])
    assert shadows.observe([(1, 0.0), (1, 1.0)]) == [[1, 1]]
