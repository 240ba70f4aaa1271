"""Trials: caches of one configuration each that are fed recorded lookups."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..admission import Admission, Duel

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
    return ValueTrial(capacity, ttl_seconds)


class _Held:
    """What a trial by value holds of an entry; see `cache.entry.Entry`."""

    __slots__ = ("cost_seconds", "dead_at", "key", "stored_at", "used_at", "weight")

    def __init__(
        self, key: str, weight: int, cost_seconds: float, now: float, dead_at: float
    ) -> None:
        self.key = key
        self.weight = weight
        self.cost_seconds = cost_seconds
        self.stored_at = self.used_at = now
        self.dead_at = dead_at


class ValueTrial:
    """What the real cache does under admission by value, without all that it counts and keeps."""

    def __init__(self, capacity: int, ttl_seconds: float) -> None:
        self._capacity = capacity
        self._ttl_seconds = ttl_seconds
        self._now = -math.inf
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()
        self._eviction = Duel(self._held, capacity, lambda: self._now)
        # When each key expires, in order of storing, which is that of expiry; unused without a TTL.
        self._stored: OrderedDict[Hashable, float] = OrderedDict()
        self._hits = self._evictions = self._expirations = 0
        self._saved_seconds = 0.0
        self._size_bytes = self._peak_bytes = 0

    def feed(self, events: Iterable[Event]) -> None:
        """See `Trial`."""
        find, touch = self._held.get, self._eviction.touch
        for now, key, cost_seconds, weight in events:
            self._now = now
            held = find(key)
            if held is not None and now < held.dead_at:
                touch(key)
                self._hits += 1
                self._saved_seconds += held.cost_seconds
            else:
                self._store(now, key, cost_seconds, weight)

    def tally(self, now: float) -> Tally:
        """See `Trial`."""
        self._bury(now)
        return Tally(
            self._hits, self._evictions, self._expirations, self._saved_seconds, self._peak_bytes
        )

    def _store(self, now: float, key: str, cost_seconds: float, weight: int) -> None:
        dead_at = now + self._ttl_seconds
        if dead_at != math.inf:
            self._bury(now)
            self._stored[key] = dead_at
        entry = self._held[key] = _Held(key, weight, cost_seconds, now, dead_at)
        self._size_bytes += weight
        self._eviction.add(entry)
        if len(self._held) > self._capacity:
            dropped = self._eviction.victim()
            self._stored.pop(dropped, None)
            self._drop(dropped)
            self._evictions += 1
        if self._size_bytes > self._peak_bytes:
            self._peak_bytes = self._size_bytes

    def _bury(self, now: float) -> None:
        """Remove what has expired, which leaves before anything live is evicted."""
        while self._stored:
            key, expires_at = next(iter(self._stored.items()))
            if now < expires_at:
                return
            del self._stored[key]
            self._drop(key)
            self._expirations += 1

    def _drop(self, key: Hashable) -> None:
        self._size_bytes -= self._held.pop(key).weight
        self._eviction.discard(key)


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
