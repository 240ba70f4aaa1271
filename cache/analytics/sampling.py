"""Sampling: how many keys each shadow sees, and which shadow tells how uneven its sample is."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .shadow import Point


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is simulated in order to predict some points.

    Attributes:
        rates: the share of keys that the shadow of each point sees, in the order of capacities,
            in which they are simulated fastest; points were added that see all.
        anchors: for each point whose shadow sees a sample the largest of its TTL that sees all,
            which is smaller.
    """

    rates: Mapping[Point, float]
    anchors: Mapping[Point, Point]


def sampling(points: Collection[Point], max_entries: int) -> Sampling:
    """Return how to simulate `points` such that all shadows hold at most `max_entries` keys.

    Where these are too few, half of them are for shadows that see all keys: those of all points up
    to a capacity, and one of just that capacity for each TTL that has larger ones. The larger ones
    get equal shares of the rest, where what those that need less leave over goes to the others.
    """
    if sum(point.capacity for point in points) <= max_entries:
        return Sampling(dict.fromkeys(sorted(points), 1.0), {})
    half = max_entries // 2
    fitting = bisect_right(range(half), half, key=lambda most: _held(points, most)) - 1
    most = max(1, fitting)
    whole = _whole(points, most)
    sampled = sorted(set(points) - whole)
    rates = dict.fromkeys(sorted(whole), 1.0) | _rates(sampled, max_entries - _held(points, most))
    return Sampling(rates, {point: Point(most, point.ttl_seconds) for point in sampled})


def controls(samples: Iterable[Sequence[Point]]) -> dict[Point, Point]:
    """Return for each point with a sample the nearest of its TTL that see more keys.

    Args:
        samples: the points by how many keys their shadows see, those that see most first.
    """
    found: dict[Point, Point] = {}
    fuller: list[Point] = []
    for points in samples:
        for point in points if fuller else ():
            alike = [other for other in fuller if other.ttl_seconds == point.ttl_seconds]
            found[point] = nearest(point, alike)
        fuller += points
    return found


def nearest(point: Point, points: Iterable[Point]) -> Point:
    """Return the one of `points` from which the fewest doublings lead to `point`."""
    return min(points, key=lambda other: _distance(point, other))


def _whole(points: Iterable[Point], most: int) -> set[Point]:
    """Return the points to simulate with all keys, where none has room for more than `most`."""
    return {Point(min(capacity, most), ttl_seconds) for capacity, ttl_seconds in points}


def _held(points: Iterable[Point], most: int) -> int:
    return sum(point.capacity for point in _whole(points, most))


def _rates(ascending: Sequence[Point], left: int) -> dict[Point, float]:
    """Return sampling rates such that all together hold at most `left` keys.

    A rate is one over a power of two, so that many have the same.
    """
    rates = {}
    for index, point in enumerate(ascending):
        share = max(1, left // (len(ascending) - index))
        halvings = math.ceil(math.log2(max(1.0, point.capacity / share)))
        rates[point] = 0.5**halvings
        left -= math.ceil(rates[point] * point.capacity)
    return rates


def _distance(one: Point, other: Point) -> float:
    # An infinite TTL is as far from others as one of thirty thousand years.
    ttls = [min(max(point.ttl_seconds, 1e-6), 1e12) for point in (one, other)]
    capacities = [max(point.capacity, 0.5) for point in (one, other)]
    return abs(math.log2(ttls[0] / ttls[1])) + abs(math.log2(capacities[0] / capacities[1]))
