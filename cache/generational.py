"""GenerationalCache: one LRUCache per asset type, one byte budget, one build per key.

Every lookup is exactly one of hit, miss, coalesced and stale. What is looked up, built, stored
and cleared is decided under a single lock, so that these hold at every moment:

- the estimated bytes of all types together stay within the budget;
- a key has at most one build that callers join and that may store its result: a clear, a `set`,
  a bypass or the departure of every waiter takes a build off the board, and what is off the
  board does not store.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from .admission import Admission
from .caches import DEFAULT_MAX_BYTES, Caches
from .entry import Entry
from .explanation import Explanation, explain
from .fetched import Built, Fetched
from .keys import make_key
from .lookups import Lookups
from .lru import LRUCache, Record, forget
from .stats import CacheReport, Tier, totals
from .tiers import TierReport, Tiers
from .weigh import Weigher, estimate_bytes

V = TypeVar("V")


class GenerationalCache(Generic[V]):
    """One LRU+TTL cache per asset type, created on demand; thread-safe.

    Args:
        max_size: entries of a type without a size of its own.
        ttl: seconds, of a type without a TTL of its own; None: for ever.
        max_bytes: estimated bytes of all types together; the least recently used entry of all
            types goes first. A value heavier than that is not held.
        stale_seconds: how long past its TTL an entry answers while it is refreshed, or when
            building it anew fails.
        clock: monotonic seconds.
        weigher: estimated bytes of a value.
        tiers: below the memory, for `fetch_async` and `warm_async`; what is set, cleared and
            deleted is so in them too. None: none.
        recorder: gives what is told of the lookups of a type, see `LRUCache`.
        admission: what is kept under pressure.

    Raises:
        ValueError: a size, TTL, window or budget that makes no sense.
    """

    def __init__(
        self,
        *,
        max_size: int = 100,
        ttl: float | None = 3600.0,
        max_bytes: int = DEFAULT_MAX_BYTES,
        stale_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        weigher: Weigher = estimate_bytes,
        tiers: Tiers[V] | None = None,
        recorder: Callable[[str], Record] = lambda _: forget,
        admission: Admission = Admission.ALL,
    ) -> None:
        self._caches: Caches[V] = Caches(
            max_size=max_size,
            ttl=ttl,
            max_bytes=max_bytes,
            stale_seconds=stale_seconds,
            clock=clock,
            weigher=weigher,
            recorder=recorder,
            admission=admission,
        )
        self._by_type = self._caches.by_type
        self._tiers: Tiers[V] = Tiers.none() if tiers is None else tiers
        self._lookups: Lookups[V] = Lookups(self._caches, self._tiers)

    # For programs: by type and arguments

    def get(self, asset_type: str, /, *args: object, **kwargs: object) -> V | None:
        """Return what is held for these arguments, or None; counted as a hit or a miss."""
        key = make_key(asset_type, *args, **kwargs)
        with self._caches.lock:
            entry = self.find(asset_type, key)
            if entry is not None:
                return entry.value
            self.cache(asset_type).count_miss(key)
            return None

    def set(self, asset_type: str, value: V, /, *args: object, **kwargs: object) -> None:
        """Hold `value` for these arguments, with the TTL of its type.

        A build of the same key that is under way is older, and does not replace it.
        """
        key = make_key(asset_type, *args, **kwargs)
        self._lookups.set(asset_type, key, value)

    def clear(self, asset_type: str) -> int:
        """Start a new generation of one type; return how many entries were held.

        A build that is under way still answers those who wait for it, but is not stored and not
        joined by anyone who asks from now on.
        """
        return self._lookups.clear(asset_type)

    def clear_all(self) -> int:
        """Start a new generation of every type; return how many entries were held."""
        with self._caches.lock:
            return sum(self.clear(asset_type) for asset_type in self._by_type)

    async def cleared(self) -> None:
        """Wait until the tiers have done what the latest clears asked of them, within bounds."""
        await self._tiers.cleared()

    def configure(
        self, asset_type: str, *, max_size: int | None = None, ttl: float | None = None
    ) -> None:
        """Change one type's size, at once, and the TTL of what it stores from now on.

        None leaves as it is; a TTL of `math.inf` is for ever.

        Raises:
            ValueError: a size or TTL that makes no sense.
        """
        self.cache(asset_type).configure(max_size=max_size, ttl=ttl)

    def configure_all(self, *, max_size: int | None = None, ttl: float | None = None) -> None:
        """Configure every type, and those that are created later, alike.

        Raises:
            ValueError: a size or TTL that makes no sense; nothing is changed then.
        """
        self._caches.configure_all(max_size=max_size, ttl=ttl)

    def get_stats(self) -> dict[str, object]:
        """Return counts, sizes and rates of all types, as the `cache_stats` of `/cache/stats`."""
        tiers = {report.tier.value: report.as_dict() for report in self.tier_reports()}
        return {**totals(self.report()), "tiers": tiers}

    # For those who compose a service of it: by type and key

    def cache(self, asset_type: str) -> LRUCache[V]:
        """Return the cache of `asset_type`, created if there is none yet.

        It is there to be read: what is set or cleared in it directly knows nothing of the budget
        and of the builds under way.
        """
        return self._caches.of(asset_type)

    def __contains__(self, asset_type: object) -> bool:
        """Return whether there is a cache of `asset_type` yet."""
        return asset_type in self._by_type

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key, in every tier; a build of it that is under way goes on."""
        self._lookups.delete(asset_type, key)

    def follow_clear(self, asset_type: str, origin: Tier) -> None:
        """Start a new generation of a type that others, who share the tier `origin`, cleared."""
        self._lookups.clear(asset_type, but=origin)

    def find(self, asset_type: str, key: str) -> Entry[V] | None:
        """Return the fresh entry of `key`, counted as a hit; None, nothing counted, without one."""
        cache = self._by_type.get(asset_type)
        return None if cache is None else cache.find(key)

    def now(self) -> float:
        """Return the reading of the clock that entries are stamped with."""
        return self._caches.clock()

    def fetch(
        self,
        asset_type: str,
        key: str,
        build: Callable[[], Built[V]],
        *,
        bypass: bool = False,
    ) -> Fetched[V]:
        """Return what is held for `key`, else build it, once for all threads that ask meanwhile.

        The tiers are asked before it is built, except for a bypass, where their event loop runs
        in another thread than this one.
        The thread that finds an entry stale rebuilds it while others are answered with it; if the
        build raises, so is that thread, unless the entry has grown too old for it meanwhile.

        Args:
            bypass: build anew whatever is held, and hold that.

        Raises:
            RecursiveBuild: `build` asked for its own key, itself or through others; not counted.
            BuildAbandoned: the thread or task that was building was interrupted.
            Exception: whatever `build` raised, to every caller that waited; nothing is held then.
        """
        return self._lookups.fetch(asset_type, key, build, bypass=bypass)

    async def fetch_async(
        self,
        asset_type: str,
        key: str,
        build: Callable[[], Awaitable[Built[V]]],
        *,
        bypass: bool = False,
    ) -> Fetched[V]:
        """Return what is held for `key`, else build it, once for all tasks that ask meanwhile.

        The tiers are asked before it is built, except for a bypass. Both are done in a task of
        their own, which is cancelled when nobody waits for it any more.
        A stale entry is answered at once and refreshed behind the answer; if that raises, the
        entry stays and the failure is counted.

        Args and Raises: as `fetch`.
        """
        return await self._lookups.fetch_async(asset_type, key, build, bypass=bypass)

    async def warm_async(
        self, asset_type: str, key: str, build: Callable[[], Awaitable[Built[V]]]
    ) -> None:
        """Hold `key`, found or built, unless it is held or under way; nobody looked it up.

        Those who ask meanwhile join the build, and are counted as ever.

        Raises:
            Exception: whatever `build` raised.
        """
        await self._lookups.warm_async(asset_type, key, build)

    async def explain(self, asset_type: str, key: str) -> Explanation:
        """Return what is known of one key, in all tiers; counts no lookup and builds nothing."""
        below = await self._tiers.holders(asset_type, key)
        with self._caches.lock:
            return explain(
                asset_type,
                key,
                self.cache(asset_type),
                below,
                self.now(),
                is_built=self._lookups.is_under_way(asset_type, key),
            )

    async def find_below(self, asset_type: str, key: str) -> V | None:
        """Return the fresh value that a tier below the memory holds; no lookup, and not held."""
        found = await self._tiers.find(asset_type, key)
        return None if found is None else found.value

    async def open_tiers(self) -> None:
        """Start the tiers, which must be closed, and be used from the running loop."""
        await self._tiers.open()

    async def close_tiers(self) -> None:
        """Finish what the tiers have to write, within their bounds, and end them."""
        self.tell_uses()
        await self._tiers.close()

    def tell_uses(self) -> None:
        """Tell the tiers what the memory answered since this was done last; from their loop.

        A lasting tier then knows what to give back after a restart, and what to keep.
        """
        with self._caches.lock:
            uses = {name: cache.take_hits() for name, cache in self._by_type.items()}
        for asset_type, hits in uses.items():
            self._tiers.note_uses(asset_type, [(str(key), count) for key, count in hits])

    async def read_back(self) -> int:
        """Hold what a lasting tier knows to be asked for often; return how many entries that is."""
        with self._caches.lock:
            limits = {name: cache.max_size for name, cache in self._by_type.items()}
            generations = {name: cache.generation for name, cache in self._by_type.items()}
        hottest = [each async for each in self._tiers.hottest(self.max_bytes, limits)]
        with self._caches.lock:
            return sum(
                self._caches.hold(
                    each.asset_type, each.key, each.built, self._caches.weigher(each.value)
                )
                for each in reversed(hottest)  # the hottest is used last
                # What was held or cleared meanwhile is newer.
                if each.key not in self.cache(each.asset_type)
                and self.cache(each.asset_type).generation == generations[each.asset_type]
            )

    def tier_reports(self) -> tuple[TierReport, ...]:
        """Return how each tier below the memory is."""
        return self._tiers.reports()

    def sweep(self, limit: int | None = None) -> int:
        """Remove dead entries, at most `limit` of each type; return how many."""
        return self._caches.sweep(limit)

    def report(self) -> dict[str, CacheReport]:
        """Return one consistent snapshot of every type, by name."""
        return self._caches.report()

    @property
    def max_bytes(self) -> int:
        """The budget of all types together."""
        return self._caches.max_bytes

    @property
    def memory_bytes(self) -> int:
        """The estimated bytes of all types together."""
        return self._caches.memory_bytes
