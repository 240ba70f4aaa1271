"""GenerationalCache: one LRUCache per asset type, one byte budget, one build per key.

Every lookup is exactly one of hit, miss, coalesced and stale. What is looked up, built, stored
and cleared is decided under a single lock, so that these hold at every moment:

- the estimated bytes of all types together stay within the budget;
- a key has at most one build that callers join and that may store its result: a clear, a `set`,
  a bypass or the departure of every waiter takes a build off the board, and what is off the
  board does not store.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from .admission import Admission
from .entry import Entry
from .explanation import Explanation, explain
from .fetched import Built, Fetched
from .flight import Board, Flight
from .keys import make_key
from .limits import checked_budget, checked_default_ttl, checked_size, checked_stale_window
from .lru import SWEPT_PER_INSERTION, LRUCache, Record, forget
from .stats import CacheReport, EvictionReason, MissReason, Outcome, Tier, totals
from .tiers import Found, TierReport, Tiers
from .weigh import Weigher, estimate_bytes

V = TypeVar("V")

DEFAULT_MAX_BYTES = 500 * 2**20


class _Landing(NamedTuple, Generic[V]):
    value: V
    ttl_seconds: float
    stored: bool
    cost_seconds: float
    tier: Tier | None = None
    age_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Seat(Generic[V]):
    """A lookup that has to wait for a build: its own, or one it joined."""

    flight: Flight[_Landing[V]]
    leads: bool
    stale: Entry[V] | None = None

    @property
    def looks_below(self) -> bool:
        """Whether a lower tier may have what is wanted."""
        return self.flight.reason is not MissReason.BYPASSED


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
        self.max_bytes = checked_budget(max_bytes)
        self._max_size = checked_size(max_size)
        self._ttl = checked_default_ttl(ttl)
        self._stale_seconds = checked_stale_window(stale_seconds)
        self._clock = clock
        self._weigher = weigher
        self._recorder = recorder
        self._admission = admission
        self._tiers: Tiers[V] = Tiers.none() if tiers is None else tiers

        # Guards everything below, the caches of all types included: they share it.
        self._lock = threading.RLock()
        self._caches: dict[str, LRUCache[V]] = {}
        self._board: Board[_Landing[V]] = Board(self._lock)

    # For programs: by type and arguments

    def get(self, asset_type: str, /, *args: object, **kwargs: object) -> V | None:
        """Return what is held for these arguments, or None; counted as a hit or a miss."""
        key = make_key(asset_type, *args, **kwargs)
        with self._lock:
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
        weight = self._weigher(value)
        with self._lock:
            self._board.close_key(asset_type, key)
            self._keep(asset_type, key, Built(value), weight)

    def clear(self, asset_type: str) -> int:
        """Start a new generation of one type; return how many entries were held.

        A build that is under way still answers those who wait for it, but is not stored and not
        joined by anyone who asks from now on.
        """
        with self._lock:
            self._tiers.clear(asset_type)
            self._board.close_type(asset_type)
            return self.cache(asset_type).clear()

    def clear_all(self) -> int:
        """Start a new generation of every type; return how many entries were held."""
        with self._lock:
            return sum(self.clear(asset_type) for asset_type in self._caches)

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
        size = self._max_size if max_size is None else checked_size(max_size)
        default_ttl = self._ttl if ttl is None else checked_default_ttl(ttl)
        with self._lock:
            self._max_size, self._ttl = size, default_ttl
            for cache in self._caches.values():
                cache.configure(max_size=max_size, ttl=ttl)

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
        with self._lock:
            cache = self._caches.get(asset_type)
            if cache is None:
                cache = self._caches[asset_type] = LRUCache(
                    self._max_size,
                    self._ttl,
                    stale_seconds=self._stale_seconds,
                    clock=self._clock,
                    weigher=self._weigher,
                    admission=self._admission,
                    record=self._recorder(asset_type),
                    lock=self._lock,
                )
            return cache

    def __contains__(self, asset_type: object) -> bool:
        """Return whether there is a cache of `asset_type` yet."""
        return asset_type in self._caches

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key, in every tier; a build of it that is under way goes on."""
        with self._lock:
            self._tiers.delete(asset_type, key)
            self.cache(asset_type).delete(key)

    def follow_clear(self, asset_type: str, origin: Tier) -> None:
        """Start a new generation of a type that others, who share the tier `origin`, cleared."""
        with self._lock:
            self._tiers.clear(asset_type, but=origin)
            self._board.close_type(asset_type)
            self.cache(asset_type).clear()

    def find(self, asset_type: str, key: str) -> Entry[V] | None:
        """Return the fresh entry of `key`, counted as a hit; None, nothing counted, without one."""
        cache = self._caches.get(asset_type)
        return None if cache is None else cache.find(key)

    def now(self) -> float:
        """Return the reading of the clock that entries are stamped with."""
        return self._clock()

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
        seat = self._enter(asset_type, key, bypass=bypass)
        if isinstance(seat, Fetched):
            return seat
        if not seat.leads:
            return _joined(seat.flight, seat.flight.wait())
        try:
            landing = copy_context().run(self._find_or_build_here, seat, build)
        except BaseException as error:
            self._crash(seat, error)
            if seat.stale is not None and self._excuses(seat.stale, error):
                return self._served_stale(asset_type, seat.stale)
            self._count_miss(seat)
            raise
        return self._led(seat, landing)

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
        seat = self._enter(asset_type, key, bypass=bypass)
        if isinstance(seat, Fetched):
            return seat
        flight = seat.flight
        if not seat.leads:
            return _joined(flight, await flight.wait_async())
        flight.fly(asyncio.get_running_loop().create_task(self._fly(seat, build)))
        if seat.stale is not None:
            return self._served_stale(asset_type, seat.stale)
        try:
            landing = await flight.wait_async()
        except BaseException:
            self._count_miss(seat)
            raise
        return self._led(seat, landing)

    async def warm_async(
        self, asset_type: str, key: str, build: Callable[[], Awaitable[Built[V]]]
    ) -> None:
        """Hold `key`, found or built, unless it is held or under way; nobody looked it up.

        Those who ask meanwhile join the build, and are counted as ever.

        Raises:
            Exception: whatever `build` raised.
        """
        with self._lock:
            cache = self.cache(asset_type)
            if key in cache or self._board.get(asset_type, key) is not None:
                return
            flight = self._board.open(asset_type, key, cache.miss_reason(key))
        seat = _Seat(flight, leads=True)
        flight.fly(asyncio.get_running_loop().create_task(self._fly(seat, build)))
        await flight.wait_async()

    async def explain(self, asset_type: str, key: str) -> Explanation:
        """Return what is known of one key, in all tiers; counts no lookup and builds nothing."""
        below = await self._tiers.holders(asset_type, key)
        with self._lock:
            return explain(
                asset_type,
                key,
                self.cache(asset_type),
                below,
                self._clock(),
                is_built=self._board.get(asset_type, key) is not None,
            )

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
        with self._lock:
            uses = {name: cache.take_hits() for name, cache in self._caches.items()}
        for asset_type, hits in uses.items():
            self._tiers.note_uses(asset_type, [(str(key), count) for key, count in hits])

    async def read_back(self) -> int:
        """Hold what a lasting tier knows to be asked for often; return how many entries that is."""
        with self._lock:
            limits = {name: cache.max_size for name, cache in self._caches.items()}
            generations = {name: cache.generation for name, cache in self._caches.items()}
        hottest = [each async for each in self._tiers.hottest(self.max_bytes, limits)]
        with self._lock:
            return sum(
                self._hold(each.asset_type, each.key, each.built, self._weigher(each.value))
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
        with self._lock:
            return sum(cache.sweep(limit) for cache in self._caches.values())

    def report(self) -> dict[str, CacheReport]:
        """Return one consistent snapshot of every type, by name."""
        with self._lock:
            return {name: cache.report() for name, cache in self._caches.items()}

    @property
    def memory_bytes(self) -> int:
        """The estimated bytes of all types together."""
        with self._lock:
            return sum(cache.memory_bytes for cache in self._caches.values())

    # The way of a lookup that is no plain hit

    def _enter(self, asset_type: str, key: str, *, bypass: bool) -> Fetched[V] | _Seat[V]:
        """Decide what a lookup comes to, and count it.

        Only a leader is not counted yet: whether that was a miss, a hit of a tier or a stale
        answer is told by how it goes.
        """
        with self._lock:
            cache = self.cache(asset_type)
            if bypass:
                return _Seat(self._board.open(asset_type, key, MissReason.BYPASSED), leads=True)
            entry = cache.find(key)
            if entry is not None:
                # As of the reading that found it fresh: a later one might have it expired.
                return _answered(Outcome.HIT, entry, entry.used_at, stored=True)
            stale = cache.peek(key)
            joinable = self._board.get(asset_type, key)
            if joinable is None:
                flight = self._board.open(asset_type, key, cache.miss_reason(key))
                return _Seat(flight, leads=True, stale=stale)
            if stale is not None:
                return self._served_stale(asset_type, stale)
            joinable.join()
            cache.count_coalesced()
            return _Seat(joinable, leads=False)

    def _excuses(self, stale: Entry[V], error: BaseException) -> bool:
        """Return whether `stale` may answer in place of `error`."""
        return isinstance(error, Exception) and self._clock() < stale.dead_at

    def _count_miss(self, seat: _Seat[V]) -> None:
        asset_type, key = seat.flight.identity
        self.cache(asset_type).count_miss(key, seat.flight.reason)

    def _led(self, seat: _Seat[V], landing: _Landing[V]) -> Fetched[V]:
        """Return the answer to a leader, counted as a hit of a tier or as a miss."""
        if landing.tier is None:
            self._count_miss(seat)
            return _fetched(Outcome.MISS, seat.flight.reason, landing)
        asset_type, key = seat.flight.identity
        self.cache(asset_type).count_tier_hit(
            key,
            landing.tier,
            landing.age_seconds,
            landing.cost_seconds,
            self._weigher(landing.value),
        )
        return _fetched(Outcome.HIT, None, landing)

    def _find_or_build_here(self, seat: _Seat[V], build: Callable[[], Built[V]]) -> _Landing[V]:
        flight = seat.flight
        flight.enter()
        found = self._tiers.find_blocking(*flight.identity) if seat.looks_below else None
        if found is not None:
            return self._promote(flight, found)
        started = self._clock()
        return self._land(flight, build(), started)

    async def _fly(self, seat: _Seat[V], build: Callable[[], Awaitable[Built[V]]]) -> None:
        seat.flight.enter()
        try:
            if seat.looks_below:
                async with self._tiers.turn(*seat.flight.identity) as found:
                    await self._find_or_build(seat.flight, found, build)
            else:
                await self._find_or_build(seat.flight, None, build)
        except Exception as error:
            # Whoever waits is told; a refresh that nobody waits for is counted. Cancellation is
            # no error of the build: the flight learns of it from its task.
            self._crash(seat, error)

    async def _find_or_build(
        self,
        flight: Flight[_Landing[V]],
        found: Found[V] | None,
        build: Callable[[], Awaitable[Built[V]]],
    ) -> None:
        if found is None:
            started = self._clock()
            self._land(flight, await build(), started)
        else:
            self._promote(flight, found)

    def _promote(self, flight: Flight[_Landing[V]], found: Found[V]) -> _Landing[V]:
        """Hold what a tier had, and answer with it."""
        weight = self._weigher(found.value)
        with self._lock:
            stored = self._board.close(flight) and self._hold(*flight.identity, found.built, weight)
        landing = _Landing(
            found.value,
            found.ttl_seconds,
            stored,
            found.cost_seconds,
            found.tier,
            found.age_seconds,
        )
        flight.land(landing)
        return landing

    def _land(self, flight: Flight[_Landing[V]], built: Built[V], started: float) -> _Landing[V]:
        if built.cost_seconds is None:
            built = built._replace(cost_seconds=self._clock() - started)
        weight = self._weigher(built.value)
        asset_type, key = flight.identity
        with self._lock:
            ttl_seconds = self.cache(asset_type).lifetime(built.ttl_seconds)
            # Off the board means: cleared, bypassed or deserted since. Then it is not held.
            stored = self._board.close(flight) and self._keep(
                asset_type, key, built, weight, flight.reason
            )
        landing = _Landing(built.value, ttl_seconds, stored, built.cost_seconds or 0.0)
        flight.land(landing)
        return landing

    def _crash(self, seat: _Seat[V], error: BaseException) -> None:
        with self._lock:
            self._board.close(seat.flight)
            if seat.stale is not None:
                self.cache(seat.flight.identity[0]).count_refresh_failure()
        seat.flight.crash(error)

    def _keep(
        self,
        asset_type: str,
        key: str,
        built: Built[V],
        weight: int,
        missed_for: MissReason | None = None,
    ) -> bool:
        """Hold a value in memory and in every tier; return whether the memory does."""
        with self._lock:
            ttl_seconds = self.cache(asset_type).lifetime(built.ttl_seconds)
            cost_seconds = built.cost_seconds or 0.0
            self._tiers.store(asset_type, key, built.value, ttl_seconds, cost_seconds)
            return self._hold(asset_type, key, built, weight, missed_for)

    def _hold(
        self,
        asset_type: str,
        key: str,
        built: Built[V],
        weight: int,
        missed_for: MissReason | None = None,
    ) -> bool:
        with self._lock:
            entry = self.cache(asset_type).put(
                key,
                built.value,
                weight,
                built.ttl_seconds,
                cost_seconds=built.cost_seconds or 0.0,
                age_seconds=built.age_seconds,
                max_bytes=self.max_bytes,
            )
            if entry is not None:
                entry.missed_for = missed_for
            self.sweep(SWEPT_PER_INSERTION)
            while self.memory_bytes > self.max_bytes:
                if self.sweep(1):  # before anything that is still good
                    continue
                oldest = min(self._caches.values(), key=LRUCache.oldest_use)
                oldest.evict_oldest(EvictionReason.MEMORY)
            return entry is not None

    def _served_stale(self, asset_type: str, entry: Entry[V]) -> Fetched[V]:
        with self._lock:
            cache = self.cache(asset_type)
            cache.count_stale(entry)
            stored = cache.peek(entry.key) is entry
            return _answered(Outcome.STALE, entry, self._clock(), stored=stored)


def _answered(outcome: Outcome, entry: Entry[V], now: float, *, stored: bool) -> Fetched[V]:
    reason = MissReason.EXPIRED if outcome is Outcome.STALE else None
    age_seconds, ttl_seconds = now - entry.stored_at, entry.expires_at - now
    return Fetched(entry.value, outcome, reason, age_seconds, ttl_seconds, stored, Tier.MEMORY)


def _joined(flight: Flight[_Landing[V]], landing: _Landing[V]) -> Fetched[V]:
    reason = flight.reason if landing.tier is None else None
    return _fetched(Outcome.COALESCED, reason, landing)


def _fetched(outcome: Outcome, reason: MissReason | None, landing: _Landing[V]) -> Fetched[V]:
    return Fetched(
        landing.value,
        outcome,
        reason,
        landing.age_seconds,
        landing.ttl_seconds,
        landing.stored,
        landing.tier,
    )
