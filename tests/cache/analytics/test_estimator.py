"""Predictions come true: they are what a textbook cache of that size and TTL would have hit."""

from __future__ import annotations

import math
import random
import tracemalloc

import pytest

from cache.analytics import Estimator, Point

KINDS = ("zipf 0.6", "zipf 0.9", "zipf 1.2", "loop", "scan", "shift", "heavy")


def points_around(capacity, ttl):
    by_capacity = [Point(int(capacity * times), ttl) for times in (0.25, 0.5, 1, 2, 4, 8)]
    return [*by_capacity, *(Point(capacity, ttl * times) for times in (0.5, 2, 4))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_cache_is_predicted_exactly(kind, traces, textbook):
    trace = traces(kind, 40, 8_000)
    points = points_around(40, 120.0)
    estimator = Estimator(points)
    for key, now in trace:
        estimator.observe(now, key)
    assert estimator.lookups == len(trace)
    for point in points:
        assert estimator.hit_ratio(point) == pytest.approx(textbook(trace, *point), abs=1e-9)


@pytest.mark.parametrize("kind", ["zipf 0.9", "loop", "shift", "heavy"])
def test_a_large_cache_is_predicted_within_two_points_from_samples(kind, traces, textbook):
    trace = traces(kind, 20_000, 90_000)
    points = points_around(20_000, 3_000.0)
    estimator = Estimator(points)
    estimator.observe_all(trace)
    for point in (points[0], points[2], points[5], points[6], points[8]):
        assert estimator.hit_ratio(point) == pytest.approx(textbook(trace, *point), abs=0.02)


@pytest.mark.parametrize("kind", ["zipf 0.9", "heavy"])
def test_samples_do_when_no_point_can_be_simulated_whole(kind, traces, textbook):
    trace = traces(kind, 10_000, 60_000)
    points = [Point(10_000, 3_000.0), Point(40_000, math.inf)]
    estimator = Estimator(points, max_entries=8_000)
    estimator.observe_all(trace)
    assert estimator.points == tuple(points)
    for point in points:
        assert estimator.hit_ratio(point) == pytest.approx(textbook(trace, *point), abs=0.02)


CAPACITIES = (1, 7, 100, 1_000, 10_000, 100_000)
TTLS = (math.inf, 1.0, 5.0, 60.0, 600.0, 20_000.0)


@pytest.mark.parametrize("kind", ["zipf 1.0", "scan", "shift", "stack"])
def test_large_capacities_are_predicted_at_every_ttl(kind, traces, textbook):
    trace = traces(kind, 2_500, 15_000)
    points = [Point(capacity, ttl) for capacity in CAPACITIES for ttl in TTLS]
    estimator = Estimator(points)
    estimator.observe_all(trace)
    for point, predicted in estimator.hit_ratios().items():
        # What no eviction touches needs no sample, so that these are exact.
        off = 0.0 if point.ttl_seconds <= 60.0 and point.capacity >= 1_000 else 0.02
        assert predicted == pytest.approx(textbook(trace, *point), abs=off + 1e-9), point


@pytest.mark.parametrize("keys", [1, 3, 2_000])
def test_few_keys_are_predicted_exactly_however_large_the_capacity(keys, textbook):
    chance = random.Random(1)
    trace = [(f"/image?seed={chance.randrange(keys)}", i / 2) for i in range(10_000)]
    points = [Point(capacity, ttl) for capacity in (10_000, 1_000_000) for ttl in (1.0, 20_000.0)]
    estimator = Estimator(points)
    estimator.observe_all(trace)
    for point in points:
        assert estimator.hit_ratio(point) == pytest.approx(textbook(trace, *point), abs=1e-9)
    assert estimator.held(Point(1_000_000, 20_000.0)) == len({key for key, _ in trace})


def test_what_an_anchor_evicted_before_the_window_counts_until_it_would_have_expired():
    point = Point(50_000, 1_000.0)
    estimator = Estimator([point], window_seconds=100.0, slices=10)  # its anchor holds 12,000
    old, lost, new = ([f"{name} {i}" for i in range(11_000)] for name in ("old", "lost", "new"))
    for now, keys in ((0.0, old), (500.0, lost[:1_000]), (600.0, old), (700.0, new[:1_000])):
        estimator.observe_all((key, now) for key in keys)
    # What the anchor kept has expired by now, so that it has room again, and what it lost has not.
    estimator.observe_all((key, 1_400.0) for key in lost[:1_000])
    assert estimator.hit_ratio(point) == 1.0


def test_no_lookups_predict_nothing():
    estimator = Estimator([Point(10, 60.0)])
    assert estimator.hit_ratio(Point(10, 60.0)) is None
    with pytest.raises(KeyError):
        estimator.hit_ratio(Point(20, 60.0))


def test_a_capacity_of_nothing_hits_nothing():
    estimator = Estimator([Point(0, 60.0)])
    estimator.observe_all([("a", 1.0)] * 10)
    assert estimator.hit_ratio(Point(0, 60.0)) == 0.0


def test_the_window_forgets_what_is_older():
    point = Point(100, math.inf)
    estimator = Estimator([point], window_seconds=60.0, slices=6)
    estimator.observe_all([(f"once {second}", float(second)) for second in range(60)])
    assert estimator.hit_ratio(point) == 0.0
    estimator.observe_all([("always", 60.0 + second) for second in range(80)])
    assert estimator.hit_ratio(point) == 1.0
    estimator.advance(1000.0)
    assert (estimator.lookups, estimator.hit_ratio(point)) == (0, None)


def test_other_points_begin_with_what_the_nearest_hold(traces, textbook):
    trace = traces("zipf 0.9", 50, 9_000)
    estimator = Estimator(points_around(50, 300.0), window_seconds=300.0)
    estimator.observe_all(trace[:6_000])
    estimator.configure(points_around(100, 600.0))
    # At once it is as good as the nearest point was, and soon as good as its own.
    assert estimator.hit_ratio(Point(200, 600.0)) > 0.5
    estimator.observe_all(trace[6_000:7_000])
    warm = textbook(trace[:7_000], 200, 600.0) * 7_000 - textbook(trace[:6_000], 200, 600.0) * 6_000
    assert estimator.hit_ratio(Point(200, 600.0)) == pytest.approx(warm / 1_000, abs=0.03)


def test_a_point_that_stays_goes_on_as_if_nothing_had_happened(traces, textbook):
    trace = traces("zipf 0.9", 50, 6_000)
    estimator = Estimator([Point(25, 300.0), Point(50, 300.0)])
    estimator.observe_all(trace[:3_000])
    estimator.configure([Point(50, 300.0), Point(100, 300.0)])
    estimator.observe_all(trace[3_000:])
    before, both = textbook(trace[:3_000], 50, 300.0), textbook(trace, 50, 300.0)
    assert estimator.hit_ratio(Point(50, 300.0)) == pytest.approx(2 * both - before, abs=1e-9)


def test_a_clear_empties_the_simulated_caches_as_well():
    point = Point(10, math.inf)
    estimator = Estimator([point])
    estimator.observe_all([("a", 1.0), ("a", 2.0)])
    estimator.clear()
    estimator.observe_all([("a", 3.0), ("a", 4.0)])
    assert estimator.hit_ratio(point) == 0.5
    assert estimator.held(point) == 1


def test_what_is_held_is_as_of_the_latest_lookup_however_long_ago():
    point = Point(10, 1.0)
    estimator = Estimator([point])
    estimator.observe_all([("a", 1.0), ("b", 1.5)])
    estimator.advance(100.0)
    assert estimator.held(point) == 2


def test_memory_is_bounded_however_many_keys_there_are():
    # These points take nearly as many entries as are allowed, and even the largest overflows.
    points = points_around(2_000, 20_000.0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        estimator = Estimator(points, window_seconds=3_600.0)
        for number in range(25_000):
            estimator.observe(float(number), f"{number:064x}")
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 20 * 10**6
