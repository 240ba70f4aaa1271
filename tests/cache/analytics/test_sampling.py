"""All shadows together stay within their entries, and each sample has one to hold it against."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from cache.analytics.sampling import controls, sampling
from cache.analytics.shadow import Point

MAX_ENTRIES = 24_000
POINTS = st.sets(
    st.builds(
        Point,
        st.one_of(st.integers(0, 1_000_000), st.sampled_from([0, 1, 4_000, 12_000, 12_001])),
        st.sampled_from([1.0, 60.0, 3600.0, math.inf]),
    ),
    max_size=60,
)


@given(POINTS)
def test_every_point_is_simulated_within_the_entries(points):
    rates = sampling(points, MAX_ENTRIES).rates
    assert points <= rates.keys()
    held = sum(math.ceil(rate * point.capacity) for point, rate in rates.items())
    assert held <= MAX_ENTRIES + len(points)  # a cache of one entry is the smallest there is


@given(POINTS)
def test_every_sample_is_held_against_more_of_its_own_ttl(points):
    plan = sampling(points, MAX_ENTRIES)
    sampled = {point for point, rate in plan.rates.items() if rate < 1}
    for point in sampled:
        anchor = plan.anchors[point]
        assert (plan.rates[anchor], anchor.ttl_seconds) == (1, point.ttl_seconds)
        assert 0 < anchor.capacity < point.capacity
    samples = [
        [point for point, its in plan.rates.items() if its == rate]
        for rate in sorted(set(plan.rates.values()), reverse=True)
    ]
    found = controls(samples)
    assert found.keys() == sampled
    for point, control in found.items():
        assert plan.rates[control] > plan.rates[point]
        assert control.ttl_seconds == point.ttl_seconds


def test_what_there_is_room_for_is_simulated_whole_and_nothing_else():
    points = {Point(8_000, 1.0), Point(16_000, 60.0)}
    assert sampling(points, MAX_ENTRIES).rates == dict.fromkeys(points, 1.0)


def test_an_anchor_has_all_the_room_that_half_of_the_entries_afford():
    small, large = Point(2_000, 60.0), Point(1_000_000, 1.0)
    plan = sampling({small, large}, MAX_ENTRIES)
    assert plan.anchors == {large: Point(10_000, 1.0)}
    assert plan.rates[small] == 1
