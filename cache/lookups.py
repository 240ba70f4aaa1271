"""Lookups: what is not held is found in a tier or built, once for all who ask meanwhile.

What is looked up, built, stored and cleared is decided under the lock of the caches: a key has at
most one build that callers join and that may store its result. A clear, a `set`, a bypass or the
departure of every waiter takes a build off the board, and what is off the board does not store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from .caches import Caches
from .entry import Entry
from .fetched import Built, Fetched
from .flight import Board, Flight
from .stats import MissReason, Outcome, Tier
from .tiers import Found, Tiers

V = TypeVar("V")


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


class Lookups(Generic[V]):
    """The way of every lookup that is no plain hit, and of every value that is stored.

    Args:
        caches: of all types.
        tiers: below them.
    """

    def __init__(self, caches: Caches[V], tiers: Tiers[V]) -> None:
        self._caches = caches
        self._tiers = tiers
        self._board: Board[_Landing[V]] = Board(caches.lock)

    def fetch(
        self,
        asset_type: str,
        key: str,
        build: Callable[[], Built[V]],
        *,
        bypass: bool = False,
    ) -> Fetched[V]:
        """Do what `GenerationalCache.fetch` says."""
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
        """Do what `GenerationalCache.fetch_async` says."""
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
        """Do what `GenerationalCache.warm_async` says."""
        with self._caches.lock:
            cache = self._caches.of(asset_type)
            if key in cache or self._board.get(asset_type, key) is not None:
                return
            flight = self._board.open(asset_type, key, cache.miss_reason(key))
        seat = _Seat(flight, leads=True)
        flight.fly(asyncio.get_running_loop().create_task(self._fly(seat, build)))
        await flight.wait_async()

    def set(self, asset_type: str, key: str, value: V) -> None:
        """Store a value, newer than what is being built."""
        weight = self._caches.weigher(value)
        with self._caches.lock:
            self._board.close_key(asset_type, key)
            self._keep(asset_type, key, Built(value), weight)

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key, in every tier; a build of it that is under way goes on."""
        with self._caches.lock:
            self._tiers.delete(asset_type, key)
            self._caches.of(asset_type).delete(key)

    def clear(self, asset_type: str, *, but: Tier | None = None) -> int:
        """Start a new generation of one type, in every tier; return how many entries were held.

        Args:
            but: a tier that has done so already.
        """
        with self._caches.lock:
            self._tiers.clear(asset_type, but=but)
            self._board.close_type(asset_type)
            return self._caches.of(asset_type).clear()

    def is_under_way(self, asset_type: str, key: str) -> bool:
        """Return whether a lookup of `key` would join a build."""
        return self._board.get(asset_type, key) is not None

    # What a lookup comes to

    def _enter(self, asset_type: str, key: str, *, bypass: bool) -> Fetched[V] | _Seat[V]:
        """Decide what a lookup comes to, and count it.

        Only a leader is not counted yet: whether that was a miss, a hit of a tier or a stale
        answer is told by how it goes.
        """
        with self._caches.lock:
            cache = self._caches.of(asset_type)
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
        return isinstance(error, Exception) and self._caches.clock() < stale.dead_at

    def _count_miss(self, seat: _Seat[V]) -> None:
        asset_type, key = seat.flight.identity
        self._caches.of(asset_type).count_miss(key, seat.flight.reason)

    def _led(self, seat: _Seat[V], landing: _Landing[V]) -> Fetched[V]:
        """Return the answer to a leader, counted as a hit of a tier or as a miss."""
        if landing.tier is None:
            self._count_miss(seat)
            return _fetched(Outcome.MISS, seat.flight.reason, landing)
        asset_type, key = seat.flight.identity
        self._caches.of(asset_type).count_tier_hit(
            key,
            landing.tier,
            landing.age_seconds,
            landing.cost_seconds,
            self._caches.weigher(landing.value),
        )
        return _fetched(Outcome.HIT, None, landing)

    def _find_or_build_here(self, seat: _Seat[V], build: Callable[[], Built[V]]) -> _Landing[V]:
        flight = seat.flight
        flight.enter()
        found = self._tiers.find_blocking(*flight.identity) if seat.looks_below else None
        if found is not None:
            return self._promote(flight, found)
        started = self._caches.clock()
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
            started = self._caches.clock()
            self._land(flight, await build(), started)
        else:
            self._promote(flight, found)

    def _promote(self, flight: Flight[_Landing[V]], found: Found[V]) -> _Landing[V]:
        """Hold what a tier had, and answer with it."""
        weight = self._caches.weigher(found.value)
        with self._caches.lock:
            stored = self._board.close(flight) and self._caches.hold(
                *flight.identity, found.built, weight
            )
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
            built = built._replace(cost_seconds=self._caches.clock() - started)
        weight = self._caches.weigher(built.value)
        asset_type, key = flight.identity
        with self._caches.lock:
            ttl_seconds = self._caches.of(asset_type).lifetime(built.ttl_seconds)
            # Off the board means: cleared, bypassed or deserted since. Then it is not held.
            stored = self._board.close(flight) and self._keep(
                asset_type, key, built, weight, flight.reason
            )
        landing = _Landing(built.value, ttl_seconds, stored, built.cost_seconds or 0.0)
        flight.land(landing)
        return landing

    def _crash(self, seat: _Seat[V], error: BaseException) -> None:
        with self._caches.lock:
            self._board.close(seat.flight)
            if seat.stale is not None:
                self._caches.of(seat.flight.identity[0]).count_refresh_failure()
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
        with self._caches.lock:
            ttl_seconds = self._caches.of(asset_type).lifetime(built.ttl_seconds)
            cost_seconds = built.cost_seconds or 0.0
            self._tiers.store(asset_type, key, built.value, ttl_seconds, cost_seconds)
            return self._caches.hold(asset_type, key, built, weight, missed_for)

    def _served_stale(self, asset_type: str, entry: Entry[V]) -> Fetched[V]:
        with self._caches.lock:
            cache = self._caches.of(asset_type)
            cache.count_stale(entry)
            stored = cache.peek(entry.key) is entry
            return _answered(Outcome.STALE, entry, self._caches.clock(), stored=stored)


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
