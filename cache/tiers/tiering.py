"""Tiers: in which order the stores below the memory are asked, and what is written to which."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Generic, TypeVar

from ..stats import Tier
from .clears import Clears
from .codec import Codec, Foreign, NoCodec, Superseded
from .envelope import Envelope
from .found import Found, Holder
from .tier import Failure, HotStore, LeasingTier, LowerTier, Operation, TierReport

V = TypeVar("V")

# Longer than all tiers together take that give up on what does not answer.
_BLOCKING_SECONDS = 1.0

# What is not the tiers' to count.
_OURS = (
    (Operation.READ, Failure.CORRUPT),
    (Operation.WRITE, Failure.OTHER),
    (Operation.WRITE, Failure.FULL),
)


class Tiers(Generic[V]):
    """The tiers below the memory of one cache, the nearest first; used from one event loop.

    No method raises for what befalls a store. `store`, `delete` and `clear` are called from any
    thread, one at a time, with the lock of the cache held. What is stored or deleted before `open`
    or after `close` reaches no tier; what is cleared before `open` is cleared then.

    Args:
        lower: the nearest first.
        codec: of the values.
        leasing: the one of `lower` that tells who builds a key that none holds, asked last; None:
            everybody for himself.
        hot_store: what is read back after a start, and told of uses; None: nothing.
        max_ttl_seconds, max_cost_seconds: what claims to live longer, or to have taken longer to
            build, is corrupt.
        wall_clock: seconds since the epoch.
    """

    def __init__(
        self,
        lower: Sequence[LowerTier],
        codec: Codec[V],
        *,
        leasing: LeasingTier | None = None,
        hot_store: HotStore | None = None,
        max_ttl_seconds: float = math.inf,
        max_cost_seconds: float = math.inf,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._lower = tuple(lower)
        self._codec = codec
        self._leasing = leasing
        self._hot_store = hot_store
        self._max_ttl_seconds = max_ttl_seconds
        self._max_cost_seconds = max_cost_seconds
        self._wall_clock = wall_clock
        self._loop: asyncio.AbstractEventLoop | None = None
        # What the codec refused; moves in the event loop alone, as all that says nothing else.
        self._failures: Counter[tuple[Tier, Operation, Failure]] = Counter()
        # While one is under way nothing is read of its type.
        self._clears = Clears(self._lower)
        # What is deleted while it is read is not found. Moves in `delete` alone.
        self._deletions: Counter[str] = Counter()
        # By tier and type: what was created before does not count.
        self._counts_from: dict[tuple[Tier, str], float] = {}

    @classmethod
    def none(cls) -> Tiers[V]:
        """Return what finds nothing and keeps nothing: the memory is all there is."""
        return cls((), NoCodec())

    async def open(self) -> None:
        """Start every tier."""
        if not self._lower:
            return  # and so nothing is ever encoded in vain
        self._loop = asyncio.get_running_loop()
        # However many clears of a type were asked for: one will do, nothing was written in between.
        for asset_type, asked in self._clears.under_way():
            self._clears.begin(asset_type, asked, None)
        await asyncio.gather(*(tier.open() for tier in self._lower))

    async def close(self) -> None:
        """Finish what waits, within the tiers' bounds, and end every tier."""
        await self.cleared()
        self._loop = None
        await asyncio.gather(*(tier.close() for tier in self._lower))

    async def find(self, asset_type: str, key: str) -> Found[V] | None:
        """Return the fresh value of `key` from the nearest tier that holds it.

        The tiers above that one are given it as well.
        """
        return await self._search(asset_type, key, self._lower)

    def find_blocking(
        self, asset_type: str, key: str, limit_seconds: float = _BLOCKING_SECONDS
    ) -> Found[V] | None:
        """Do the same from a thread that may wait; None where it may not, or not that long.

        The thread of the event loop of the tiers may not: it would wait for itself.
        """
        loop = self._loop
        if not self._lower or loop is None or not loop.is_running() or _runs_here(loop):
            return None
        find = self.find(asset_type, key)
        try:
            search = asyncio.run_coroutine_threadsafe(find, loop)
        except RuntimeError:  # the loop has ended just now
            find.close()
            return None
        try:
            return search.result(limit_seconds)
        except (TimeoutError, concurrent.futures.CancelledError):
            search.cancel()
            return None

    async def holders(self, asset_type: str, key: str) -> list[Holder]:
        """Return which tiers hold a value of `key` that may be used, the nearest first.

        That is no use of it, and changes nothing but what a tier itself finds to be damaged.
        """
        holders = []
        for tier in () if self._clears.is_under_way(asset_type) else self._lower:
            envelope, now = await tier.read(asset_type, key), self._wall_clock()
            if envelope is not None and self._is_usable(tier.name, envelope, now):
                holders.append(
                    Holder(
                        tier.name,
                        max(0.0, now - envelope.created_at),
                        envelope.expires_at - now,
                        envelope.cost_seconds,
                        len(envelope.body),
                    )
                )
        return holders

    @asynccontextmanager
    async def turn(self, asset_type: str, key: str) -> AsyncIterator[Found[V] | None]:
        """Give the value of `key`; None: the caller is the one to build it, inside the context."""
        # Who gives leases is asked for value and lease at once: what is slow is waited for once.
        others = [tier for tier in self._lower if tier is not self._leasing]
        found, lease = await self._search(asset_type, key, others), None
        if found is None and self._leasing is not None:
            era = self._era(asset_type)
            outcome = await self._leasing.await_turn(asset_type, key)
            if not isinstance(outcome, Envelope):
                lease = outcome
            elif self._is_on(asset_type, era):
                found = self._taken(self._leasing.name, outcome, others)
        try:
            yield found
        finally:
            if lease is not None:
                self._soon(lease.release)  # behind the write, which `store` has put off as well

    def note_uses(self, asset_type: str, uses: Iterable[tuple[str, int]]) -> None:
        """Tell the hot store how often the memory answered keys, the last used first."""
        if self._hot_store is not None and self._loop is not None:
            self._hot_store.note_uses(asset_type, uses)

    async def hottest(
        self, limit_bytes: int, limit_entries: Mapping[str, int]
    ) -> AsyncIterator[Found[V]]:
        """Give what was asked for again since it was written, the hottest first.

        Args:
            limit_bytes: of all together; limit_entries: of each type, others are left out.
        """
        if self._hot_store is None:
            return
        async for envelope in self._hot_store.hottest(limit_bytes, limit_entries):
            found = self._accepted(Tier.DISK, envelope)
            if found is not None and not self._clears.is_under_way(found.asset_type):
                yield found

    def store(
        self, asset_type: str, key: str, value: V, ttl_seconds: float, cost_seconds: float
    ) -> None:
        """Write a value to every tier, soon; one that has no life left is not written."""
        if ttl_seconds > 0:
            self._soon(self._store, asset_type, key, value, ttl_seconds, cost_seconds)

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key in every tier, soon; a search that is under way does not find it."""
        self._deletions[asset_type] += 1
        self._soon(self._delete, asset_type, key)

    def clear(self, asset_type: str, *, but: Tier | None = None) -> None:
        """Start a new generation of one type in every tier; from now on nothing older is found.

        Args:
            but: a tier that has done so already.
        """
        self._soon(self._clears.begin, asset_type, self._clears.ask(asset_type), but)

    def forget_before(self, asset_type: str, moment: float, *, but: Tier) -> None:
        """Find nothing of one type any more that was created before a clear we were not here for.

        It is not counted as a clear: what was created since then, here or elsewhere, stays.

        Args:
            moment: of the clear, in seconds since the epoch.
            but: the tier that told of it, and holds nothing older.
        """
        for tier in self._lower:
            if tier.name is not but:
                earlier = self._counts_from.get((tier.name, asset_type), moment)
                self._counts_from[tier.name, asset_type] = max(moment, earlier)

    async def cleared(self) -> None:
        """Wait until every tier has done, or remembered to do, the clears that were asked for."""
        await asyncio.sleep(0)  # those asked for just now start first
        await self._clears.finished()

    def reports(self) -> tuple[TierReport, ...]:
        """Return how each tier is; safe to call from any thread."""
        return tuple(self._report(tier) for tier in self._lower)

    async def _search(
        self, asset_type: str, key: str, tiers: Sequence[LowerTier]
    ) -> Found[V] | None:
        for depth, tier in enumerate(tiers):
            era = self._era(asset_type)
            if not self._is_on(asset_type, era):
                return None
            envelope = await tier.read(asset_type, key)
            if not self._is_on(asset_type, era):
                return None
            found = None if envelope is None else self._taken(tier.name, envelope, tiers[:depth])
            if found is not None:
                return found
        return None

    def _taken(
        self, tier: Tier, envelope: Envelope, nearer: Iterable[LowerTier]
    ) -> Found[V] | None:
        """Return what `tier` held, if it may be used, and give it to the tiers above."""
        found = self._accepted(tier, envelope)
        if found is not None:
            for each in nearer:
                each.write(envelope)
            if tier is Tier.DISK:
                self.note_uses(found.asset_type, [(found.key, 1)])
        return found

    def _era(self, asset_type: str) -> tuple[int, int]:
        """Return what moves when something is deleted or cleared."""
        return self._deletions[asset_type], self._clears.asked(asset_type)

    def _is_on(self, asset_type: str, era: tuple[int, int]) -> bool:
        """Return whether what was read in that era may be used."""
        return era == self._era(asset_type) and not self._clears.is_under_way(asset_type)

    def _soon(self, work: Callable[..., None], *arguments: object) -> None:
        # Before `open` and after `close` there is nothing to write to. Read once: another thread
        # may be closing.
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended without `close`
                loop.call_soon_threadsafe(work, *arguments)

    def _counts(self, tier: Tier, envelope: Envelope) -> bool:
        counts_from = self._counts_from.get((tier, envelope.asset_type))
        return counts_from is None or envelope.created_at >= counts_from

    def _delete_from(self, tier: Tier, envelope: Envelope) -> None:
        for each in self._lower:
            if each.name is tier:
                each.delete(envelope.asset_type, envelope.key)

    def _accepted(self, tier: Tier, envelope: Envelope) -> Found[V] | None:
        now = self._wall_clock()
        if envelope.expires_at <= now:
            return None
        if not self._counts(tier, envelope):
            # There alone: another tier may hold what was built since.
            self._delete_from(tier, envelope)
            return None
        try:
            self._check_claims(envelope, now)
            value = self._codec.decode(envelope.asset_type, envelope.key, envelope.body)
        except Superseded:
            return None
        except Exception:
            # All of them: what a stranger wrote may make a codec raise anything.
            self._failures[tier, Operation.READ, Failure.CORRUPT] += 1
            self.delete(envelope.asset_type, envelope.key)
            return None
        return Found(
            envelope.asset_type,
            envelope.key,
            value,
            tier,
            age_seconds=max(0.0, now - envelope.created_at),
            ttl_seconds=envelope.expires_at - now,
            cost_seconds=envelope.cost_seconds,
        )

    def _is_usable(self, tier: Tier, envelope: Envelope, now: float) -> bool:
        """Return whether `_accepted` would return what is in it."""
        if envelope.expires_at <= now or not self._counts(tier, envelope):
            return False
        try:
            self._check_claims(envelope, now)
            return self._codec.is_current(envelope.asset_type, envelope.key, envelope.body)
        except Exception:
            # All of them, as in `_accepted`; the lookup that meets it counts it.
            return False

    def _check_claims(self, envelope: Envelope, now: float) -> None:
        if envelope.expires_at - now > self._max_ttl_seconds:
            raise ValueError(f"it claims to be fresh until {envelope.expires_at!r}")
        if envelope.cost_seconds > self._max_cost_seconds:
            raise ValueError(f"it claims to have taken {envelope.cost_seconds!r} s to build")

    def _store(
        self, asset_type: str, key: str, value: V, ttl_seconds: float, cost_seconds: float
    ) -> None:
        now = self._wall_clock()
        try:
            body = self._codec.encode(value)
            envelope = Envelope(asset_type, key, now, now + ttl_seconds, cost_seconds, body)
        except Foreign:
            return
        except Exception:
            # All of them: what a value does when it is written is not known here.
            for tier in self._lower:
                self._failures[tier.name, Operation.WRITE, Failure.OTHER] += 1
            return
        if not self._clears.after(asset_type, lambda tier: tier.write(envelope), len(body)):
            for tier in self._lower:
                self._failures[tier.name, Operation.WRITE, Failure.FULL] += 1

    def _delete(self, asset_type: str, key: str) -> None:
        self._clears.after(asset_type, lambda tier: tier.delete(asset_type, key), 0)

    def _report(self, tier: LowerTier) -> TierReport:
        report = tier.report()
        failures = Counter(report.failures)
        for operation, failure in _OURS:
            failures[operation, failure] += self._failures[tier.name, operation, failure]
        return replace(report, failures=failures)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:  # none runs in this thread
        return False
