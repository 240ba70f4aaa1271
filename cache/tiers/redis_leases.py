"""Leases: of all replicas that miss a key, one builds it; the others wait for what it stores."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from .envelope import Envelope
from .redis_link import RedisLink, Unavailable
from .redis_outbox import Outbox
from .redis_store import RedisStore

_SHORTEST_POLL_SECONDS = 0.025
_LONGEST_POLL_SECONDS = 0.2
_RENEWALS_PER_LEASE = 3


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to build one key, in one generation, until it is released or we die."""

    asset_type: str
    key: str
    generation: str
    token: str
    _owner: Leases

    def release(self) -> None:
        """Give it up, once what was written until now is stored; more than once does no harm."""
        self._owner.release(self)


class Leases:
    """The leases of one replica; used from one event loop.

    Args:
        lease_seconds: how long Redis keeps a lease that is not renewed.
        wait_seconds: how long a caller waits for its turn at most, and for how long at most a
            lease is renewed.
    """

    def __init__(
        self,
        link: RedisLink,
        store: RedisStore,
        outbox: Outbox,
        *,
        lease_seconds: float,
        wait_seconds: float,
    ) -> None:
        self._link = link
        self._store = store
        self._outbox = outbox
        self._lease_seconds = lease_seconds
        self._wait_seconds = wait_seconds
        self._random = secrets.SystemRandom()
        self._held: dict[tuple[str, str], Lease] = {}
        self._renewals: dict[Lease, asyncio.Task[None]] = {}

    async def await_turn(self, asset_type: str, key: str) -> Envelope | Lease | None:
        """Return what another replica built, or the lease to build it; None: build without."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._wait_seconds
        token = secrets.token_hex(16)
        poll_seconds = _SHORTEST_POLL_SECONDS
        while self._link.breaker.closed:
            try:
                envelope, generation = await self._store.turn(asset_type, key, token)
            except Unavailable:
                return None
            if envelope is not None:
                return envelope
            if generation is not None:
                return self._hold(Lease(asset_type, key, generation, token, self))
            if loop.time() >= give_up_at:
                return None
            poll_seconds = min(2 * poll_seconds, _LONGEST_POLL_SECONDS)
            await asyncio.sleep(self._random.uniform(_SHORTEST_POLL_SECONDS, poll_seconds))
        return None

    def generation_of(self, asset_type: str, key: str) -> str | None:
        """Return the generation in which we build a key; None: we hold no lease."""
        lease = self._held.get((asset_type, key))
        return None if lease is None else lease.generation

    def release(self, lease: Lease) -> None:
        """Give up `lease` behind the writes that wait; once is enough."""
        renewal = self._renewals.pop(lease, None)
        if renewal is None:
            return
        renewal.cancel()
        identity = lease.asset_type, lease.key
        if self._held.get(identity) is lease:
            del self._held[identity]
        self._outbox.add(lambda: self._give_back(lease))

    async def close(self) -> None:
        """Release all; to be called before the outbox is drained."""
        renewals = list(self._renewals.values())
        for lease in list(self._renewals):
            self.release(lease)
        await asyncio.gather(*renewals, return_exceptions=True)

    def _hold(self, lease: Lease) -> Lease:
        self._held[lease.asset_type, lease.key] = lease
        self._renewals[lease] = asyncio.create_task(self._renew(lease))
        return lease

    async def _renew(self, lease: Lease) -> None:
        # Not for ever: a build that takes longer than others wait is worth nothing to them.
        for _ in range(int(_RENEWALS_PER_LEASE * self._wait_seconds / self._lease_seconds)):
            await asyncio.sleep(self._lease_seconds / _RENEWALS_PER_LEASE)
            if not self._link.breaker.closed:
                continue
            try:
                await self._store.renew(lease.asset_type, lease.generation, lease.key, lease.token)
            except Unavailable:
                continue  # counted; there may be time for another try

    async def _give_back(self, lease: Lease) -> None:
        if not self._link.breaker.closed:
            return
        try:
            await self._store.release(lease.asset_type, lease.generation, lease.key, lease.token)
        except Unavailable:
            return  # counted; it runs out by itself
