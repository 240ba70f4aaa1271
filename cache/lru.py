"""LRUCache: one thread-safe store with least-recently-used eviction, a TTL and full statistics."""

from __future__ import annotations

import itertools
import math
import threading
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, Protocol, TypeVar, overload

from .admission import Admission, eviction_for
from .deadlines import Deadlines
from .entry import Entry
from .ghosts import Ghosts
from .limits import checked_default_ttl, checked_size, checked_stale_window, checked_ttl
from .stats import AGE_BOUNDS_SECONDS, CacheReport, Counts, EvictionReason, MissReason, Tier
from .weigh import Weigher, estimate_bytes

V = TypeVar("V")
D = TypeVar("D")


class Record(Protocol):
    """Takes one lookup: its key, and the reading of the cache's clock."""

    def __call__(self, lookup: tuple[Any, float], /) -> object: ...


class Stored(Protocol):
    """Takes one value that was offered to be held: its key, what building it took, its bytes."""

    def __call__(self, key: Any, cost_seconds: float, weight: int, /) -> object: ...


def forget(_: tuple[Any, float]) -> None:
    """Record nothing."""


# Dead entries removed per insertion, at most: one more than an insertion can add, so that
# the dead never pile up, and few enough that no insertion is slow.
SWEPT_PER_INSERTION = 2

# Dead entries removed where the size is told, at most: everybody waits for that meanwhile.
_SWEPT_PER_REPORT = 1000

# Orders uses of entries where readings of the clock tie, across caches that share a lock.
_turns = itertools.count()


class LRUCache(Generic[V]):
    """A mapping of at most `max_size` entries, each fresh for a TTL, thread-safe under one RLock.

    An expired entry is never returned by `get`, and is removed when it is met, when room is made,
    and by a bounded sweep at every insertion; the size that is reported counts no dead entry.

    Args:
        max_size: entries held at most; 0 stores nothing.
        default_ttl: seconds an entry stays fresh; None: for ever.
        stale_seconds: how long past its TTL an entry is kept for `peek`, not for `get`.
        clock: monotonic seconds.
        weigher: estimated bytes of a value.
        admission: what is kept under pressure.
        record: told the key and time of every lookup that `find` answers or that is counted as a
            miss or stale, bypasses aside; must return at once.
        lock: share it between caches that must change together; default: one of its own.

    Raises:
        ValueError: a size, TTL or stale window that makes no sense.
    """

    def __init__(
        self,
        max_size: int = 100,
        default_ttl: float | None = 3600.0,
        *,
        stale_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        weigher: Weigher = estimate_bytes,
        admission: Admission = Admission.ALL,
        record: Record = forget,
        lock: threading.RLock | None = None,
    ) -> None:
        self._max_size = checked_size(max_size)
        self._default_ttl = checked_default_ttl(default_ttl)
        self._stale_seconds = checked_stale_window(stale_seconds)
        self._clock = clock
        self._weigher = weigher
        self._record = record

        # The lock guards everything below.
        self._lock = threading.RLock() if lock is None else lock
        self._acquire, self._release = self._lock.acquire, self._lock.release
        self._entries: OrderedDict[Hashable, Entry[V]] = OrderedDict()
        self._eviction = eviction_for(admission, self._entries, self._max_size, clock)
        self._touch = self._eviction.touch
        self._memory_bytes = self._raw_bytes = 0
        self._ghosts = Ghosts(_ghost_capacity(self._max_size))
        self._deadlines = Deadlines()
        self._counts = Counts()
        self._hit_ages = self._counts.hit_ages
        self._tell_stored: Stored | None = None
        self._folded_at = self._told_at = clock()

    # The mapping

    @overload
    def get(self, key: Hashable) -> V | None: ...
    @overload
    def get(self, key: Hashable, default: D) -> V | D: ...
    def get(self, key: Hashable, default: D | None = None) -> V | D | None:
        """Return the fresh value of `key`, counted as a hit, else `default`, counted as a miss."""
        # This is the hottest path there is: the hit is spelled out instead of asked of `find`,
        # finds its key by exception, and takes the lock by hand, which saves a fifth of its time.
        # It is taken inside the `try`, where no interrupt can come between and leave it locked.
        try:
            self._acquire()
            try:
                entry = self._entries[key]
            except KeyError:
                self.count_miss(key)
                return default
            now = self._clock()
            if now < entry.expires_at:
                self._touch(key)
                entry.used_at = now
                entry.hits += 1
                return entry.value
            self.count_miss(key)
            return default
        finally:
            self._release()

    def set(self, key: Hashable, value: V, ttl: float | None = None) -> None:
        """Hold `value` under `key` for `ttl` seconds (None: the default TTL; 0: not at all).

        Raises:
            ValueError: the TTL is negative or not a number.
        """
        self.put(key, value, self._weigher(value), ttl)

    def delete(self, key: Hashable) -> bool:
        """Remove `key`; return whether it was held."""
        with self._lock:
            entry = self.peek(key)
            if entry is None:
                return False
            self._withdraw(entry)
            self._ghosts.remember(key, MissReason.CLEARED)
            return True

    def clear(self) -> int:
        """Remove everything; return how many entries were held. Counts go on."""
        with self._lock:
            self.sweep()
            held = len(self._entries)
            for key, entry in self._entries.items():
                self._fold_hits(entry)
                self._ghosts.remember(key, MissReason.CLEARED)
            self._entries.clear()
            self._eviction.clear()
            self._deadlines.replace(())
            self._memory_bytes = self._raw_bytes = 0
            self._counts.clears += 1
            return held

    def __contains__(self, key: Hashable) -> bool:
        """Return whether `key` is held and fresh; counts nothing."""
        with self._lock:
            entry = self._entries.get(key)
            return entry is not None and self._clock() < entry.expires_at

    def __len__(self) -> int:
        with self._lock:
            return self._swept_size()

    def stats(self) -> dict[str, object]:
        """Return the counts, sizes and rates as the JSON object of `/cache/stats`."""
        return self.report().as_dict()

    # What a composing cache needs beside the mapping

    def tell_stored(self, stored: Stored) -> None:
        """Tell `stored` of every value offered from now on; it must return at once."""
        with self._lock:
            self._tell_stored = stored

    def find(self, key: Hashable) -> Entry[V] | None:
        """Return the fresh entry of `key`, counted as a hit; None, nothing counted, without one.

        Unlike `get`, it also notes the age of what was hit.
        """
        # As in `get`, what others call is spelled out: this is a hit of the service.
        try:
            self._acquire()
            entry = self._entries.get(key)
            if entry is None:
                return None
            now = self._clock()
            if now >= entry.expires_at:
                return None
            self._touch(key)
            entry.used_at = now
            entry.turn = next(_turns)
            entry.hits += 1
            age = now - entry.stored_at
            ages = self._hit_ages
            ages.counts[bisect_left(AGE_BOUNDS_SECONDS, age)] += 1
            ages.sum_seconds += age
            self._record((key, now))
            return entry
        finally:
            self._release()

    def peek(self, key: Hashable) -> Entry[V] | None:
        """Return the entry of `key`, fresh or kept for stale use; counts and touches nothing."""
        with self._lock:
            entry = self._entries.get(key)
            return entry if entry is not None and self._clock() < entry.dead_at else None

    def put(
        self,
        key: Hashable,
        value: V,
        weight: int,
        ttl: float | None = None,
        *,
        cost_seconds: float = 0.0,
        age_seconds: float = 0.0,
        max_bytes: float = math.inf,
    ) -> Entry[V] | None:
        """Hold `value` and return its entry, or None where it can have no room.

        Args:
            weight: its estimated bytes; weighed by the caller, since that may take time and the
                caller may hold the lock.
            ttl: seconds; None: the default TTL; 0: the value is not held and has expired.
            cost_seconds: what it took to build, for `saved_seconds`.
            age_seconds: since it was built.
            max_bytes: a heavier value is not held; counted as evicted for memory.

        Raises:
            ValueError: the TTL is negative or not a number.
        """
        with self._lock:
            now = self._clock()
            expires_at = now + self.lifetime(ttl)
            self._counts.sets += 1
            self._counts.set_bytes += weight
            if self._tell_stored is not None:
                self._tell_stored(key, cost_seconds, weight)
            self.sweep(SWEPT_PER_INSERTION)
            previous = self._entries.get(key)
            if previous is not None:
                self._withdraw(previous)
                self._counts.expirations += now >= previous.expires_at
            dead_at = expires_at + self._stale_seconds
            stored_at = now - age_seconds
            entry = Entry(key, value, weight, cost_seconds, stored_at, expires_at, dead_at)
            entry.used_at = now
            self._insert(entry)
            if now >= expires_at:
                self._expire(entry)
            elif weight > max_bytes:
                self._evict(entry, EvictionReason.MEMORY)
                self._eviction.forget(key)
            while len(self._entries) > self._max_size:
                self.evict_oldest(EvictionReason.CAPACITY)
            return entry if self._entries.get(key) is entry else None

    def lifetime(self, ttl: float | None) -> float:
        """Return how long an entry with this TTL stays fresh, in seconds; infinity: for ever.

        Raises:
            ValueError: the TTL is negative or not a number.
        """
        if ttl is not None:
            return checked_ttl(ttl)
        return math.inf if self._default_ttl is None else self._default_ttl

    def evict_oldest(self, reason: EvictionReason) -> None:
        """Drop the entry that is to go first to make room; the cache must not be empty."""
        with self._lock:
            self._evict(self._entries[self._eviction.victim()], reason)
            if reason is EvictionReason.MEMORY:
                self._eviction.shrink(self._memory_bytes)

    def oldest_use(self) -> tuple[float, int]:
        """Return when the least recently used entry was last used; infinity without entries.

        Of several caches under one lock, the least of these tells whose entry that is: by the
        clock, and where its readings tie by the turn of the use (`get` takes no turn).
        """
        with self._lock:
            oldest = next(iter(self._entries.values()), None)
            return (math.inf, 0) if oldest is None else (oldest.used_at, oldest.turn)

    def sweep(self, limit: int | None = None) -> int:
        """Remove dead entries, at most `limit`; return how many."""
        with self._lock:
            now = self._clock()
            removed = 0
            while removed != limit and self._deadlines.is_due(now):
                entry = self._entries.get(self._deadlines.pop())
                if entry is not None and now >= entry.dead_at:
                    self._expire(entry)
                    removed += 1
            return removed

    def configure(self, *, max_size: int | None = None, ttl: float | None = None) -> None:
        """Change the size, at once, and the TTL, of what is stored from now on.

        None leaves as it is; a TTL of `math.inf` is for ever.

        Raises:
            ValueError: a size or TTL that makes no sense; nothing is changed then.
        """
        size = self._max_size if max_size is None else checked_size(max_size)
        default_ttl = self._default_ttl if ttl is None else checked_default_ttl(ttl)
        with self._lock:
            self._max_size, self._default_ttl = size, default_ttl
            self._ghosts.resize(_ghost_capacity(size))
            self.sweep()
            while len(self._entries) > size:
                self.evict_oldest(EvictionReason.CAPACITY)
            self._eviction.resize(size)

    def count_miss(self, key: Hashable, reason: MissReason | None = None) -> MissReason:
        """Count a miss of `key`; return its reason, by default what is remembered of the key."""
        with self._lock:
            if reason is None:
                reason = self.miss_reason(key)
            now = self._clock()
            entry = self._entries.get(key)
            if entry is not None and now >= entry.dead_at:
                self._expire(entry)
            self._counts.misses[reason] += 1
            if reason is not MissReason.BYPASSED:
                self._record((key, now))
            return reason

    def miss_reason(self, key: Hashable) -> MissReason:
        """Return why a lookup of `key`, which is not fresh, would miss; counts nothing."""
        with self._lock:
            return MissReason.EXPIRED if key in self._entries else self._ghosts.reason(key)

    def count_tier_hit(
        self, key: Hashable, tier: Tier, age_seconds: float, cost_seconds: float, weight: int
    ) -> None:
        """Count a lookup that a tier below the memory answered."""
        with self._lock:
            self._record((key, self._clock()))
            self._counts.hits += 1
            self._counts.tier_hits[tier] += 1
            self._counts.hit_ages.observe(age_seconds)
            self._counts.saved_seconds += cost_seconds
            self._counts.served_bytes += weight

    def count_coalesced(self) -> None:
        """Count a lookup that joined a build under way."""
        with self._lock:
            self._counts.coalesced += 1

    def count_stale(self, entry: Entry[V]) -> None:
        """Count a lookup that was answered with `entry`, past its TTL."""
        with self._lock:
            now = self._clock()
            self._record((entry.key, now))
            if self._entries.get(entry.key) is entry:
                self._use(entry, now)
            self._counts.stale += 1
            self._counts.saved_seconds += entry.cost_seconds
            self._counts.served_bytes += entry.weight

    def count_refresh_failure(self) -> None:
        """Count a refresh of a stale entry that raised and left the entry as it was."""
        with self._lock:
            self._counts.refresh_failures += 1

    @property
    def max_size(self) -> int:
        """How many entries are held at most."""
        return self._max_size

    @property
    def generation(self) -> int:
        """How often the cache was cleared."""
        return self._counts.clears

    @property
    def memory_bytes(self) -> int:
        """The estimated bytes of all entries held."""
        return self._memory_bytes

    def take_hits(self) -> list[tuple[Hashable, int]]:
        """Return the held keys that were hit since this was asked last, and how often.

        The last used come first.
        """
        with self._lock:
            told_at, self._told_at = self._told_at, self._clock()
            taken = []
            for entry in self._used_since(told_at):
                if entry.hits > entry.told_hits:
                    taken.append((entry.key, entry.hits - entry.told_hits))
                    entry.told_hits = entry.hits
            return taken

    def report(self) -> CacheReport:
        """Return a consistent snapshot; dead entries are removed and counted first.

        Of very many not all are, so that nobody waits long: the others are in no size, but in the
        memory that they still take.
        """
        with self._lock:
            size = self._swept_size()
            self._fold_recent_hits()
            return CacheReport(
                counts=self._counts.copy(),
                size=size,
                memory_bytes=self._memory_bytes,
                raw_bytes=self._raw_bytes,
                max_size=self._max_size,
                default_ttl=self._default_ttl,
            )

    # Under the lock

    def _swept_size(self) -> int:
        """Remove dead entries, within a bound, and return how many are not dead."""
        if self.sweep(_SWEPT_PER_REPORT) < _SWEPT_PER_REPORT:
            return len(self._entries)
        now = self._clock()
        return sum(now < entry.dead_at for entry in self._entries.values())

    def _use(self, entry: Entry[V], now: float) -> None:
        self._touch(entry.key)
        entry.used_at = now
        entry.turn = next(_turns)

    def _fold_recent_hits(self) -> None:
        # A hit counts on its entry alone, which keeps it cheap.
        for entry in self._used_since(self._folded_at):
            self._fold_hits(entry)
        self._folded_at = self._clock()

    def _used_since(self, moment: float) -> Iterator[Entry[V]]:
        # Entries stand in order of use, so that only those asked for are visited.
        return itertools.takewhile(
            lambda entry: entry.used_at >= moment, reversed(self._entries.values())
        )

    def _fold_hits(self, entry: Entry[V]) -> None:
        hits = entry.hits - entry.folded_hits
        entry.folded_hits = entry.hits
        self._counts.hits += hits
        self._counts.saved_seconds += hits * entry.cost_seconds
        self._counts.served_bytes += hits * entry.weight

    def _insert(self, entry: Entry[V]) -> None:
        self._entries[entry.key] = entry
        entry.turn = next(_turns)
        self._memory_bytes += entry.weight
        self._raw_bytes += entry.raw_bytes
        self._eviction.add(entry)
        self._ghosts.forget(entry.key)
        if entry.dead_at == math.inf:
            return
        self._deadlines.add(entry.dead_at, entry.key)
        # Deadlines of keys that were dropped or replaced stay until met, or outnumber the held.
        if len(self._deadlines) > 2 * len(self._entries) + 16:
            held = self._entries.values()
            self._deadlines.replace((each.dead_at, each.key) for each in held)

    def _remove(self, entry: Entry[V]) -> None:
        self._fold_hits(entry)
        del self._entries[entry.key]
        self._memory_bytes -= entry.weight
        self._raw_bytes -= entry.raw_bytes
        self._eviction.discard(entry.key)

    def _withdraw(self, entry: Entry[V]) -> None:
        self._remove(entry)
        self._eviction.forget(entry.key)

    def _expire(self, entry: Entry[V]) -> None:
        self._remove(entry)
        self._counts.expirations += 1
        self._ghosts.remember(entry.key, MissReason.EXPIRED)

    def _evict(self, entry: Entry[V], reason: EvictionReason) -> None:
        now = self._clock()
        if now >= entry.expires_at:  # it was over anyway: no room was taken from anyone
            self._expire(entry)
            return
        self._remove(entry)
        self._counts.evictions[reason] += 1
        self._ghosts.remember(entry.key, MissReason.EVICTED)
        self._counts.eviction_ages.observe(now - entry.stored_at)


def _ghost_capacity(max_size: int) -> int:
    return max(1024, 8 * max_size)
