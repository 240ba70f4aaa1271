"""Shadows: caches of keys alone that do what our cache would do at other sizes and TTLs."""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .hashing import HASH_SPAN

# A lookup as the analytics see it: the hash of its key, and when it was.
HashedLookup = tuple[int, float]

# Where a shadow without room has its horizon: beyond every use.
_BEYOND = sys.maxsize

# What has gone is forgotten when it is more than what is left, and this.
_SLACK = 512


class Point(NamedTuple):
    """What a cache might be set to: entries, and seconds (infinity: for ever)."""

    capacity: int
    ttl_seconds: float


class _Record:
    """One key.

    Attributes:
        used: where in the order of use it stands.
        stored: when each shadow stored it; None where it has expired or never was.
        whole: whether there is no None among these.
    """

    __slots__ = ("key", "stored", "used", "whole")

    def __init__(self, key: int, used: int, stored: list[float | None]) -> None:
        self.key = key
        self.used = used
        self.stored = stored
        self.whole = True


class _Lifetime:
    """The shadows of one TTL.

    Attributes:
        members: their numbers; passed: how many of the stores have been looked at for expiry; due:
            when the next is to be, infinity where that has not been found out.
    """

    __slots__ = ("due", "members", "passed", "ttl_seconds")

    def __init__(self, ttl_seconds: float, members: Sequence[int]) -> None:
        self.ttl_seconds = ttl_seconds
        self.members = members
        self.passed = 0
        self.due = math.inf


class Shadows:
    """Simulations of `LRUCache` at several points, of all keys or of one sample of them.

    Each holds keys only; an entry lives for the TTL from its storing, whatever hits it; what has
    expired leaves before anything live is evicted. A sample of a share `rate` of all keys, in a
    cache smaller by that share, misses as the whole cache does (C. Waldspurger et al., "Cache
    Modeling and Optimization using Miniature Simulations", USENIX ATC 2017). Unlike stack distances
    (SHARDS, FAST 2015) that holds with a TTL too, under which LRU is no stack algorithm.

    They share what they agree on. A lookup makes its key the latest used in all of them, hit or
    miss, so that they have one order of use, and what one has evicted is what was last used before
    a place in it: its horizon. A key that has expired in none misses where the horizon is beyond
    it, which takes a search in the sorted horizons, and costs nothing where it hits.

    Not thread-safe.

    Args:
        points: the whole caches' capacities and TTLs.
        rate: the share of keys in the sample, more than 0, at most 1.
    """

    def __init__(self, points: Sequence[Point], rate: float = 1.0) -> None:
        self.points = tuple(points)
        self.rate = rate
        self.limit = int(rate * HASH_SPAN)  # hashes below it are in the sample
        self._numbers = range(len(self.points))
        self._capacities = [max(1, round(capacity * rate)) for capacity, _ in self.points]
        ttls = sorted({point.ttl_seconds for point in self.points} - {math.inf})
        self._lifetimes = [
            _Lifetime(ttl, [i for i in self._numbers if self.points[i].ttl_seconds == ttl])
            for ttl in ttls
        ]
        self._lacks_until = [-math.inf for _ in self._numbers]
        self.clear()

    def clear(self) -> None:
        """Drop all entries."""
        self._records: dict[int, _Record] = {}
        # Every use, oldest first; None where the key was used again.
        self._uses: list[_Record | None] = []
        # Every storing in at least one shadow, oldest first, which is the order of expiry.
        self._stores: list[tuple[_Record, float]] = []
        # Entries that each may still take before one has to go, new keys not counted.
        self._room = [
            capacity if point.capacity else _BEYOND
            for point, capacity in zip(self.points, self._capacities, strict=True)
        ]
        # Keys that were new, one after the other, for which nobody has made room yet.
        self._new = 0
        # Ascending, and whose each is.
        self._owners = sorted(self._numbers, key=lambda number: not self.points[number].capacity)
        self._horizons = [-1 if self.points[each].capacity else _BEYOND for each in self._owners]
        self._expires_at = math.inf
        for lifetime in self._lifetimes:
            lifetime.passed, lifetime.due = 0, math.inf
        self._max_records = self._max_uses = _SLACK

    def observe(self, lookups: Iterable[HashedLookup]) -> list[list[int]]:
        """Look up each in turn, and store what missed.

        Args:
            lookups: of keys in the sample; times never go back by more than a batch's jitter.

        Returns:
            For each point the keys that missed; in no particular order.
        """
        if len(self._records) > self._max_records or len(self._uses) > self._max_uses:
            self._forget()
        # The hottest loop there is: everything at hand, and nothing called that need not be.
        records, uses, stores, everyone = self._records, self._uses, self._stores, self._numbers
        horizons, owners = self._horizons, self._owners
        shortest = self._lifetimes[0].ttl_seconds if self._lifetimes else math.inf
        find = records.get
        horizon_before = dict(zip(owners, horizons, strict=True))
        now = -math.inf
        missed_by: list[list[int]] = [[] for _ in everyone]
        missed_by_all: list[int] = []
        for lookup in lookups:
            key, now = lookup
            if now >= self._expires_at:
                self._expire(now)
            record = find(key)
            if record is None:
                missed_by_all.append(key)
                record = records[key] = _Record(key, len(uses), [now] * len(everyone))
                uses.append(record)
                self._new += 1
            else:
                if self._new:
                    self._settle()
                used = record.used
                uses[used] = None
                record.used = len(uses)
                uses.append(record)
                rank = bisect_left(horizons, used)
                if record.whole and rank == len(horizons):
                    continue
                ranks = range(rank, len(horizons)) if record.whole else self._missed(record, used)
                stored = record.stored
                for rank in ranks:
                    number = owners[rank]
                    missed_by[number].append(key)
                    stored[number] = now
                record.whole = True
                self._take_in(ranks)
            if now + shortest < self._expires_at:
                self._expires_at = now + shortest
            stores.append((record, now))
        self._settle()
        self._note_evictions(horizon_before, now)
        return [keys + missed_by_all for keys in missed_by]

    def _note_evictions(self, horizon_before: Mapping[int, int], now: float) -> None:
        for number, horizon in zip(self._owners, self._horizons, strict=True):
            if horizon > horizon_before[number]:
                self._lacks_until[number] = now + self.points[number].ttl_seconds

    def resize(self, capacities: Iterable[float]) -> None:
        """Let each shadow hold so many keys of the sample from now on.

        Args:
            capacities: in the order of the points; they are rounded, and 1 is the least.
        """
        for number, capacity in enumerate(capacities):
            more = max(1, round(capacity)) - self._capacities[number]
            if more and self.points[number].capacity:
                self._capacities[number] += more
                self._room[number] += more
                self._take_in([self._owners.index(number)], 0)

    def held(self, point: Point, now: float) -> int:
        """Return how many entries the whole cache at `point` would hold, expired ones not counted.

        Raises:
            ValueError: there is no shadow of `point`.
        """
        self._expire(now)
        number = self.points.index(point)
        room_for = self._capacities[number]
        held = room_for - self._room[number]
        return round(held * point.capacity / room_for) if point.capacity else 0

    def lacks_until(self, point: Point) -> float:
        """Return until when the shadow of `point` may lack what one with more room would hold.

        Returns:
            When the last that it evicted would have expired; minus infinity where it never evicted.

        Raises:
            ValueError: there is no shadow of `point`.
        """
        return self._lacks_until[self.points.index(point)]

    def contents(self, point: Point) -> dict[int, float]:
        """Return the keys that the shadow of `point` holds, least recently used first.

        Returns:
            When each was stored.

        Raises:
            ValueError: there is no shadow of `point`.
        """
        number = self.points.index(point)
        contents = {}
        horizon = self._horizons[self._owners.index(number)]
        for record in self._uses:
            if record is not None and record.used > horizon:
                at = record.stored[number]
                if at is not None:
                    contents[record.key] = at
        return contents

    def order(self) -> list[int]:
        """Return the keys that any shadow may hold, least recently used first."""
        return [record.key for record in self._uses if record is not None]

    def adopt(
        self, order: Iterable[int], contents: Sequence[Mapping[int, float]], now: float
    ) -> None:
        """Hold what others hold, as far as it is in the sample and has room, and nothing else.

        Args:
            order: all keys in the contents, least recently used first.
            contents: for each point, as `Shadows.contents` returns it.
            now: from when on what others had evicted is lacking.
        """
        self.clear()
        self._lacks_until = [now + point.ttl_seconds for point in self.points]
        fitting = [self._fitting(number, mapping) for number, mapping in enumerate(contents)]
        for number, each in enumerate(fitting):
            self._room[number] -= len(each)
        for key in order:
            stored = [each.get(key) for each in fitting]
            times = {at for at in stored if at is not None}
            if times:
                record = self._records[key] = _Record(key, len(self._uses), stored)
                record.whole = None not in stored
                self._uses.append(record)
                self._stores += [(record, at) for at in times]
        self._stores.sort(key=lambda store: store[1])
        self._expires_at = -math.inf  # that is for the next lookup to find out

    def _fitting(self, number: int, contents: Mapping[int, float]) -> dict[int, float]:
        if not self.points[number].capacity:
            return {}
        sample = [item for item in contents.items() if item[0] < self.limit]
        return dict(sample[max(0, len(sample) - self._capacities[number]) :])

    def _missed(self, record: _Record, used: int) -> Sequence[int]:
        """Return the ranks of the shadows that do not hold a record."""
        stored = record.stored
        return [
            rank
            for rank, (number, horizon) in enumerate(zip(self._owners, self._horizons, strict=True))
            if used <= horizon or stored[number] is None
        ]

    def _settle(self) -> None:
        """Make room for the keys that were new.

        That they go in together is cheaper, and the same, as long as nothing is used again or
        expires in between.
        """
        new, self._new = self._new, 0
        if new:
            self._take_in(self._numbers, new)

    def _take_in(self, ranks: Sequence[int], entries: int = 1) -> None:
        """Let the shadows of these ranks hold so many more, and evict what has no room."""
        uses, room, horizons, owners = self._uses, self._room, self._horizons, self._owners
        ascending, top = True, len(horizons) - 1
        for rank in reversed(ranks):
            number = owners[rank]
            left = room[number] - entries
            if left >= 0:
                room[number] = left
                continue
            room[number] = 0
            place = horizons[rank]
            while left:
                place += 1
                victim = uses[place]
                if victim is not None and victim.stored[number] is not None:
                    left += 1
            horizons[rank] = place
            if rank < top and place > horizons[rank + 1]:
                ascending = False
        if not ascending:
            self._sort()

    def _sort(self) -> None:
        ranked = sorted(zip(self._horizons, self._owners, strict=True))
        self._horizons[:] = [horizon for horizon, _ in ranked]
        self._owners[:] = [number for _, number in ranked]

    def _expire(self, now: float) -> None:
        """Drop what has expired, and note when the next entry will."""
        self._settle()
        expires_at = math.inf
        for lifetime in self._lifetimes:
            if now >= lifetime.due or lifetime.due == math.inf:
                self._end(lifetime, now)
            if lifetime.due < expires_at:
                expires_at = lifetime.due
        self._expires_at = expires_at

    def _end(self, lifetime: _Lifetime, now: float) -> None:
        """Drop what has expired of one TTL."""
        stores, ttl_seconds = self._stores, lifetime.ttl_seconds
        passed, lifetime.due = lifetime.passed, math.inf
        while passed < len(stores):
            record, at = stores[passed]
            if now < at + ttl_seconds:
                lifetime.due = at + ttl_seconds
                break
            passed += 1
            # Most were evicted and stored anew long ago.
            if at in record.stored:
                self._drop(record, at, lifetime.members)
        lifetime.passed = passed

    def _drop(self, record: _Record, at: float, numbers: Iterable[int]) -> None:
        """Drop what was stored then from those of these shadows that hold it."""
        stored = record.stored
        for number in numbers:
            if stored[number] == at:
                stored[number] = None
                record.whole = False
                if record.used > self._horizons[self._owners.index(number)]:
                    self._room[number] += 1

    def _forget(self) -> None:
        """Forget the keys that no shadow holds, and uses and stores that are of no account."""
        least = self._horizons[0]
        kept = [
            record
            for record in self._uses
            if record is not None
            and record.used > least
            and (record.whole or len(self._missed(record, record.used)) < len(self.points))
        ]
        places = [record.used for record in kept]
        self._horizons[:] = [
            _BEYOND if horizon == _BEYOND else bisect_right(places, horizon) - 1
            for horizon in self._horizons
        ]
        self._records = {record.key: record for record in kept}
        self._uses = [*kept]
        for place, record in enumerate(kept):
            record.used = place
        alive = self._records.get
        stores = [
            number
            for number, (record, at) in enumerate(self._stores)
            if alive(record.key) is record and at in record.stored
        ]
        for lifetime in self._lifetimes:
            lifetime.passed = bisect_left(stores, lifetime.passed)
        self._stores = [self._stores[number] for number in stores]
        self._max_records = 2 * len(kept) + _SLACK
        self._max_uses = 4 * len(kept) + 2 * _SLACK
