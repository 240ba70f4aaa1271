"""Grid: the sizes and TTLs around the present ones that are tried in simulation."""

from __future__ import annotations

from .shadow import Point

CAPACITY_MULTIPLES = (0.25, 0.5, 1, 2, 4, 8)
TTL_MULTIPLES = (0.5, 1, 2, 4)

# Beyond what is published, so that advice can be found on the far side of a cliff: a loop over 20
# times as many keys as there is room for gains nothing at any smaller size.
_FAR_CAPACITY = 64
# What a type may be cut to whose memory serves others better.
_SMALL_CAPACITY = 1 / 8
_FAR_TTL = 16

# What is tried in place of a capacity of 0, of which every multiple is 0.
_CAPACITY_TO_TRY = 100


class Grid:
    """All points of one present setting, the present one among them.

    Attributes:
        present: the setting.
        capacities, ttls: the published points by their labels, such as `0.25x`.
        smallest: the point to take the most memory away at.
        larger, longer: points to advise a larger capacity or a longer TTL from, ascending.
        both: points with more of both, ascending.
        every: all of them, each once.
    """

    __slots__ = ("both", "capacities", "every", "larger", "longer", "present", "smallest", "ttls")

    def __init__(self, capacity: int, ttl_seconds: float) -> None:
        self.present = Point(capacity, ttl_seconds)
        self.capacities = {
            f"{multiple:g}x": Point(_scaled(capacity, multiple), ttl_seconds)
            for multiple in CAPACITY_MULTIPLES
        }
        self.ttls = {
            f"{multiple:g}x": Point(capacity, ttl_seconds * multiple) for multiple in TTL_MULTIPLES
        }
        self.smallest = Point(_scaled(capacity, _SMALL_CAPACITY), ttl_seconds)
        base = capacity or _CAPACITY_TO_TRY
        multiples = (*CAPACITY_MULTIPLES, _FAR_CAPACITY)
        self.larger = tuple(
            point
            for point in (Point(_scaled(base, multiple), ttl_seconds) for multiple in multiples)
            if point.capacity > capacity
        )
        self.longer = tuple(
            point
            for point in (*self.ttls.values(), Point(capacity, ttl_seconds * _FAR_TTL))
            if point.ttl_seconds > ttl_seconds
        )
        self.both = tuple(
            Point(base * larger, ttl_seconds * longer)
            for larger, longer in ((8, 4), (_FAR_CAPACITY, _FAR_TTL))
        )
        named = (*self.capacities.values(), *self.ttls.values())
        others = (self.smallest, *self.larger, *self.longer, *self.both)
        self.every = tuple(dict.fromkeys((*named, *others)))


def _scaled(capacity: int, multiple: float) -> int:
    return max(1, round(capacity * multiple)) if capacity else 0


# How many points a grid has where none coincide.
GRID_POINTS = len(Grid(1_000, 3600.0).every)
