"""Trials: caches of one configuration each that are fed recorded lookups."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..admission import Admission
from ..lru import LRUCache

# Seconds, key, seconds its build takes, its bytes.
Event = tuple[float, str, float, int]


class Configuration(NamedTuple):
    """A cache to be tried; a TTL of infinity is for ever."""

    capacity: int
    ttl_seconds: float
    admission: Admission


@dataclass(frozen=True, slots=True)
class Tally:
    """What one trial came to.

    Attributes:
        saved_seconds: build time that hits did not spend again.
        peak_bytes: the most that was held at once.
    """

    hits: int
    evictions: int
    expirations: int
    saved_seconds: float
    peak_bytes: int


class Trial(Protocol):
    """One cache that is tried."""

    def feed(self, events: Iterable[Event]) -> None:
        """Look up each key in turn, and hold it where that was a miss; time never goes back."""

    def tally(self, now: float) -> Tally:
        """Return what it came to by `now`."""


def trial(configuration: Configuration) -> Trial:
    """Return a trial of a cache of this configuration."""
    capacity, ttl_seconds, admission = configuration
    if admission is Admission.ALL:
        return LRUTrial(capacity, ttl_seconds)
    return CacheTrial(configuration)


class CacheTrial:
    """The real cache, on a clock that reads the recorded times."""

    def __init__(self, configuration: Configuration) -> None:
        capacity, ttl_seconds, admission = configuration
        self._now = -math.inf
        self._cache: LRUCache[bool] = LRUCache(
            capacity, ttl_seconds, clock=lambda: self._now, admission=admission
        )
        self._peak_bytes = 0

    def feed(self, events: Iterable[Event]) -> None:
        """See `Trial`."""
        cache = self._cache
        for now, key, cost_seconds, weight in events:
            self._now = now
            if cache.get(key) is None:
                cache.put(key, True, weight, cost_seconds=cost_seconds)
                self._peak_bytes = max(self._peak_bytes, cache.memory_bytes)

    def tally(self, now: float) -> Tally:
        """See `Trial`."""
        self._now = now
        counts = self._cache.report().counts
        return Tally(
            counts.hits,
            counts.total_evictions,
            counts.expirations,
            counts.saved_seconds,
            self._peak_bytes,
        )


class LRUTrial:
    """What the real cache does under plain LRU, by keys alone and several times as fast."""

    def __init__(self, capacity: int, ttl_seconds: float) -> None:
        self._capacity = capacity
        self._ttl_seconds = ttl_seconds
        # When each key expires, its build time and bytes, in order of use.
        self._held: OrderedDict[str, tuple[float, float, int]] = OrderedDict()
        # The same keys in order of storing, which is that of expiry; unused without a TTL.
        self._stored: OrderedDict[str, None] = OrderedDict()
        self._hits = self._evictions = self._expirations = 0
        self._saved_seconds = 0.0
        self._size_bytes = self._peak_bytes = 0

    def feed(self, events: Iterable[Event]) -> None:
        """See `Trial`."""
        # Spelled out, with everything at hand: millions of events go through here.
        find, touch = self._held.get, self._held.move_to_end
        hits, saved_seconds = 0, 0.0
        for now, key, cost_seconds, weight in events:
            held = find(key)
            if held is not None and now < held[0]:
                touch(key)
                hits += 1
                saved_seconds += held[1]
            else:
                self._store(now, key, cost_seconds, weight)
        self._hits += hits
        self._saved_seconds += saved_seconds

    def tally(self, now: float) -> Tally:
        """See `Trial`."""
        self._bury(now)
        return Tally(
            self._hits, self._evictions, self._expirations, self._saved_seconds, self._peak_bytes
        )

    def _store(self, now: float, key: str, cost_seconds: float, weight: int) -> None:
        held = self._held
        if self._ttl_seconds != math.inf:
            self._bury(now)
            self._stored[key] = None
        held[key] = now + self._ttl_seconds, cost_seconds, weight
        self._size_bytes += weight
        if len(held) > self._capacity:
            dropped, (_, _, dropped_weight) = held.popitem(last=False)
            self._stored.pop(dropped, None)
            self._size_bytes -= dropped_weight
            self._evictions += 1
        if self._size_bytes > self._peak_bytes:
            self._peak_bytes = self._size_bytes

    def _bury(self, now: float) -> None:
        """Remove what has expired, which leaves before anything live is evicted."""
        while self._stored:
            key = next(iter(self._stored))
            expires_at, _, weight = self._held[key]
            if now < expires_at:
                return
            del self._stored[key], self._held[key]
            self._size_bytes -= weight
            self._expirations += 1
