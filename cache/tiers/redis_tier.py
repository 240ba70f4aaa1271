"""RedisTier: envelopes that many replicas share, in a Redis that may come and go.

While Redis cannot be reached nothing is asked of it, and a task probes until it is there again.
Before anything is read from it then, it learns of the clears and deletions that it missed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from ..stats import Tier
from .breaker import Breaker
from .envelope import Envelope
from .redis_generations import Generations
from .redis_leases import Lease, Leases
from .redis_link import RedisLink, Unavailable
from .redis_outbox import Outbox
from .redis_store import RedisStore
from .redis_subscription import Subscription
from .tier import Failure, Operation, TierListener, TierReport

# More deletions than these are not kept apart while Redis is away: the whole type is cleared.
_MAX_OWED_DELETIONS = 1000


def _unheard(asset_type: str, cleared_at: float) -> None:
    """Let a past clear be past: for who keeps nothing of before he started."""


class RedisTier:
    """A `LowerTier` in Redis 6 or later, or Valkey; no cluster.

    It belongs to one event loop.

    Args:
        url: see `connection_options`.
        stale_seconds: how long past its TTL an envelope is kept.
        listener: hears of every attempt at Redis.
        on_clear: called in the event loop with a type that another replica cleared; must not wait.
        on_past_clear: called likewise when Redis is first reached, with each type that was
            cleared before this replica was opened, and when, in seconds since the epoch: what it
            kept elsewhere from before that does not count any more.
        wall_clock: seconds since the epoch.
        limit_seconds: of any one attempt at Redis as a whole.
        max_value_bytes: of an envelope; a bigger one is neither written nor fetched.
        max_queue, max_queue_bytes: of writes that wait.
        max_connections: to Redis, one of them for hearing of clears.
        lease_seconds: after which the lease of a dead replica is free.
        lease_wait_seconds: how long `await_turn` waits at most.
        close_seconds: how long `close` lets the writes that wait go on.
        failures_to_open, first_pause_seconds, longest_pause_seconds: see `Breaker`.

    Raises:
        ValueError: the URL cannot be used; or a limit makes no sense.
    """

    name = Tier.REDIS

    def __init__(
        self,
        url: str,
        *,
        stale_seconds: float,
        listener: TierListener,
        on_clear: Callable[[str], None],
        on_past_clear: Callable[[str, float], None] = _unheard,
        wall_clock: Callable[[], float] = time.time,
        limit_seconds: float = 0.25,
        max_value_bytes: int = 16 * 2**20,
        max_queue: int = 256,
        max_queue_bytes: int = 64 * 2**20,
        max_connections: int = 16,
        lease_seconds: float = 2.0,
        lease_wait_seconds: float = 10.0,
        close_seconds: float = 1.0,
        failures_to_open: int = 3,
        first_pause_seconds: float = 0.5,
        longest_pause_seconds: float = 5.0,
    ) -> None:
        sender = secrets.token_hex(8)
        self._close_seconds = close_seconds
        self._breaker = Breaker(
            failures_to_open=failures_to_open,
            first_pause_seconds=first_pause_seconds,
            longest_pause_seconds=longest_pause_seconds,
            on_open=self._lose,
        )
        self._link = RedisLink(
            url,
            self._breaker,
            listener,
            limit_seconds=limit_seconds,
            max_connections=max_connections,
        )
        self._generations = Generations(on_clear, on_past_clear, wall_clock)
        self._store = RedisStore(
            self._link,
            self._generations,
            stale_seconds=stale_seconds,
            max_bytes=max_value_bytes,
            lease_seconds=lease_seconds,
            wall_clock=wall_clock,
            sender=sender,
        )
        self._outbox = Outbox(
            max_queue,
            max_queue_bytes,
            lambda: self._link.count(Operation.WRITE, Failure.OTHER),
        )
        self._leases = Leases(
            self._link,
            self._store,
            self._outbox,
            lease_seconds=lease_seconds,
            wait_seconds=lease_wait_seconds,
        )
        self._reachable = asyncio.Event()
        self._subscription = Subscription(
            self._link, self._store, self._reachable, sender=sender, limit_seconds=limit_seconds
        )
        # Deletions that Redis does not know of yet; the number tells the latest of a key.
        self._owed_deletions: dict[tuple[str, str], int] = {}
        self._deletions = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._probing: asyncio.Task[None] | None = None
        self._closed = False

    async def open(self) -> None:
        """Try to reach Redis once, and start what needs no Redis to start."""
        await self._probe()
        self._generations.miss_news()
        self._tasks = [
            asyncio.create_task(self._outbox.run()),
            asyncio.create_task(self._subscription.run()),
        ]
        if not self._breaker.closed:
            self._lose()

    async def read(self, asset_type: str, key: str) -> Envelope | None:
        """Return what is held, checked and not older than the stale window; None: a miss."""
        if not self._breaker.closed or (asset_type, key) in self._owed_deletions:
            return None
        try:
            envelope = await self._store.read(asset_type, key)
        except Unavailable:
            return None
        return None if (asset_type, key) in self._owed_deletions else envelope

    async def await_turn(self, asset_type: str, key: str) -> Envelope | Lease | None:
        """Let one of all replicas build a key: return what another stored, or the lease to build.

        Whoever gets the lease releases it after `write`, or after failing. None: Redis cannot be
        asked, or others took too long; then everybody builds for himself.
        """
        if (asset_type, key) in self._owed_deletions:
            return None
        return await self._leases.await_turn(asset_type, key)

    def write(self, envelope: Envelope) -> None:
        """Take `envelope`, to be stored soon, in the generation of the lease we hold, if we do.

        It is dropped, and counted, when too many wait, when it is too big, and when Redis is away.
        """
        asset_type, key = envelope.asset_type, envelope.key
        held = self._leases.generation_of(asset_type, key)
        generation = held or self._generations.writable(asset_type)
        if not self._breaker.closed or generation is None:
            self._link.count(Operation.WRITE, Failure.CONNECTION)
            return

        async def store() -> None:
            if not self._breaker.closed:
                self._link.count(Operation.WRITE, Failure.CONNECTION)
            elif generation == self._generations.writable(asset_type):
                try:
                    await self._store.write(envelope, generation)
                except Unavailable:
                    return  # counted; the next miss will write it again

        size_bytes = len(envelope.body)
        if size_bytes > self._store.max_bytes or not self._outbox.offer(store, size_bytes):
            self._link.count(Operation.WRITE, Failure.FULL)

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key soon; from now on it is not read."""
        self._deletions += 1
        number = self._owed_deletions[asset_type, key] = self._deletions
        if len(self._owed_deletions) > _MAX_OWED_DELETIONS:
            self._generations.begin_clear(asset_type)
            self._drop_deletions(asset_type)
            self._breaker.open()
        if self._breaker.closed:

            async def forget() -> None:
                if self._breaker.closed:
                    try:
                        await self._forget(asset_type, key, number)
                    except Unavailable:
                        self._breaker.open()  # so that it is done before anything is read

            self._outbox.add(forget)

    async def clear(self, asset_type: str) -> None:
        """Start a new generation of one type, here and at all replicas."""
        asked = self._generations.begin_clear(asset_type)
        self._drop_deletions(asset_type)
        if not self._breaker.closed:
            return
        try:
            await self._store.clear(asset_type, asked)
        except Unavailable:
            self._breaker.open()  # so that it is done before anything is read

    async def drained(self) -> None:
        """Wait until what was written, deleted and released so far is done or given up."""
        await self._outbox.drained()

    async def close(self) -> None:
        """Write what waits, within a bound, and end everything it started."""
        await self._leases.close()
        if self._tasks and self._breaker.closed:
            try:
                async with asyncio.timeout(self._close_seconds):
                    await self.drained()
            except TimeoutError:
                for _ in range(len(self._outbox)):
                    self._link.count(Operation.WRITE, Failure.TIMEOUT)
        self._closed = True
        self._breaker.open()  # who still asks gets nothing
        tasks = [*self._tasks, *([self._probing] if self._probing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks, self._probing = [], None
        await self._link.close()
        self._store.close()

    def report(self) -> TierReport:
        """Return how it is; holdings are not told, since counting them is not cheap in Redis."""
        return TierReport(
            tier=self.name,
            up=self._breaker.closed,
            queue_length=len(self._outbox),
            failures=self._link.failures(),
            holdings={},
        )

    def _lose(self) -> None:
        """Go on without Redis, and look out for it."""
        self._reachable.clear()
        if self._closed:
            return
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._look_out())

    async def _look_out(self) -> None:
        while not self._breaker.closed:
            await asyncio.sleep(self._breaker.seconds_to_probe())
            await self._probe()

    async def _probe(self) -> None:
        if not self._breaker.try_probe():
            return
        try:
            await self._settle()
        except BaseException as error:
            self._breaker.probe_failed()
            if not isinstance(error, Unavailable):
                raise
        else:
            self._breaker.probe_succeeded()
            self._reachable.set()

    async def _settle(self) -> None:
        """Catch up with Redis, and let it catch up with us.

        Raises:
            Unavailable: that is not done yet.
        """
        async with self._link.attempt(Operation.READ) as client:
            # The idle connections may be as dead as those that failed, each good for a limit.
            await client.connection_pool.disconnect(inuse_connections=False)
            await self._store.sync_with(client)
        # Anew each time: more may come while we wait, and none may be left when we return.
        while owed := self._generations.owed:
            asset_type, asked = next(iter(owed.items()))
            await self._store.clear(asset_type, asked)
            self._drop_deletions(asset_type)
        while self._owed_deletions:
            (asset_type, key), number = next(iter(self._owed_deletions.items()))
            await self._forget(asset_type, key, number)

    async def _forget(self, asset_type: str, key: str, number: int) -> None:
        generation = self._generations.writable(asset_type)
        if generation is not None:
            await self._store.delete(asset_type, generation, key)
        if self._owed_deletions.get((asset_type, key)) == number:
            del self._owed_deletions[asset_type, key]

    def _drop_deletions(self, asset_type: str) -> None:
        for identity in [each for each in self._owed_deletions if each[0] == asset_type]:
            del self._owed_deletions[identity]
