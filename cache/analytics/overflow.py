"""Overflow: how much room a sample needs for the keys that fill a large cache."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from .shadow import Point, Shadows

# Until as many misses have told better, in parts of the capacity, a sample is taken to be even.
_PRIOR = 0.05


class Overflow:
    """The share of a sample in the misses of an anchor, a smaller cache that sees every key.

    What the anchor has no room for is what fills a larger cache. A sample hardly ever has quite its
    share of that, so that a cache smaller by the sampling rate is a little too large or too small
    for it: nothing where hit ratios change slowly with capacity, but everything for a loop that
    just fits. With room by the share that is really in the sample it fits where the whole does.

    Args:
        anchor: it; the sample's capacities are larger.
        sample: the shadows whose room is to be found.

    Attributes:
        anchor: as given.
    """

    def __init__(self, anchor: Point, sample: Shadows) -> None:
        self.anchor = anchor
        self._limit = sample.limit
        self._held = anchor.capacity * sample.rate
        self._shares = [
            _Share(sample.rate, point.capacity, point.capacity - anchor.capacity)
            for point in sample.points
        ]

    def observe(self, missed: Collection[int]) -> None:
        """Note the hashes of keys that the anchor missed."""
        sampled = sum(key < self._limit for key in missed)
        for share in self._shares:
            share.observe(len(missed), sampled)

    def rooms(self) -> Sequence[float]:
        """Return for each point how many keys of the sample a cache of all keys would hold."""
        return [self._held + share.beyond * share.value for share in self._shares]


class _Share:
    """A share of misses, of which as many are remembered as go beyond the anchor's capacity."""

    __slots__ = ("_misses", "_sampled", "beyond")

    def __init__(self, rate: float, capacity: int, beyond: int) -> None:
        self.beyond = beyond
        self._misses = _PRIOR * capacity
        self._sampled = self._misses * rate

    @property
    def value(self) -> float:
        return self._sampled / self._misses

    def observe(self, misses: int, sampled: int) -> None:
        """Note so many, of which some are in the sample; earlier ones fade."""
        fading = math.exp(-misses / self.beyond)
        self._misses = self._misses * fading + misses
        self._sampled = self._sampled * fading + sampled
