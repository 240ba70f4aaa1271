"""RedisStore: the keys of the tier in Redis, and what is done to them, bounded and checked.

nanobanana:1:generations                         hash: see `redis_scripts`
nanobanana:1:entry:{type}:{generation}:{key}     an envelope
nanobanana:1:lease:{type}:{generation}:{key}     the token of who builds it
nanobanana:1:clears                              channel: who cleared something
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TypeVar

from redis.asyncio import Redis

from . import redis_scripts as scripts
from .envelope import CorruptEnvelope, Envelope, pack, unpack
from .redis_generations import CLOCK_TOLERANCE_SECONDS, Generations
from .redis_link import RedisLink
from .tier import Failure, Operation

T = TypeVar("T")

_PREFIX = "nanobanana:1"
_GENERATIONS = f"{_PREFIX}:generations"
CLEARS_CHANNEL = f"{_PREFIX}:clears"

# An envelope that never expires is in Redis no longer than this: cleared ones must go some day.
_LONGEST_LIFE_SECONDS = 30 * 86400.0

# SHA-256 takes 0.4 ms of a body of this size, more than a change of thread does.
_HASHED_INLINE_BYTES = 256 * 1024


class Answer(StrEnum):
    """What a script says of an entry."""

    MOVED = "moved"
    FOREIGN = "foreign"
    ABSENT = "absent"
    HELD = "held"
    TAKEN = "taken"
    GRANTED = "granted"


class RedisStore:
    """Envelopes, leases and generations in one Redis.

    Every method is one attempt; those that say so raise `Unavailable` when it fails.

    Args:
        stale_seconds: how long past its TTL an envelope is kept.
        max_bytes: of a value; a bigger one is neither written nor fetched.
        lease_seconds: how long a lease lasts that is not renewed.
        wall_clock: seconds since the epoch.
        sender: who we are among the replicas.
    """

    def __init__(
        self,
        link: RedisLink,
        generations: Generations,
        *,
        stale_seconds: float,
        max_bytes: int,
        lease_seconds: float,
        wall_clock: Callable[[], float],
        sender: str,
    ) -> None:
        self.max_bytes = max_bytes
        self._link = link
        self._generations = generations
        self._stale_seconds = stale_seconds
        self._lease_ms = int(1000 * lease_seconds)
        self._wall_clock = wall_clock
        self._sender = sender
        self._hashing = ThreadPoolExecutor(1, "redis-tier")

    async def read(self, asset_type: str, key: str) -> Envelope | None:
        """Return the envelope if it is there, fits and is within the stale window.

        Raises:
            Unavailable: Redis cannot be asked.
        """

        def ask(client: Redis, generation: str) -> Awaitable[list[bytes]]:
            keys = (_GENERATIONS, _entry(asset_type, generation, key))
            return scripts.READ.run(client, keys, asset_type, generation, self.max_bytes)

        past_ttl = self._stale_seconds
        _, envelope, _ = await self._look(Operation.READ, asset_type, key, past_ttl, ask)
        return envelope

    async def turn(
        self, asset_type: str, key: str, token: str
    ) -> tuple[Envelope | None, str | None]:
        """Return the fresh envelope, if there is one, else the generation in which we may build.

        Neither: it is somebody else's turn, or a clear came between.

        Raises:
            Unavailable: Redis cannot be asked.
        """

        def ask(client: Redis, generation: str) -> Awaitable[list[bytes]]:
            keys = (
                _GENERATIONS,
                _entry(asset_type, generation, key),
                _lease(asset_type, generation, key),
            )
            stale_ms = int(1000 * self._stale_seconds)
            arguments = (asset_type, generation, self.max_bytes, token, self._lease_ms, stale_ms)
            return scripts.TURN.run(client, keys, *arguments)

        answer, envelope, generation = await self._look(Operation.LEASE, asset_type, key, 0.0, ask)
        return envelope, generation if answer is Answer.GRANTED else None

    async def write(self, envelope: Envelope, generation: str) -> None:
        """Store it until its stale window ends, unless that is past or the value too big.

        Raises:
            Unavailable: Redis did not take it.
        """
        data = await self._hashed(len(envelope.body), lambda: pack(envelope))
        if len(data) > self.max_bytes:
            self._link.count(Operation.WRITE, Failure.FULL)
            return
        life_seconds = envelope.expires_at + self._stale_seconds - self._wall_clock()
        life_ms = int(1000 * min(life_seconds, _LONGEST_LIFE_SECONDS))
        if life_ms <= 0:
            return
        name = _entry(envelope.asset_type, generation, envelope.key)
        async with self._link.attempt(Operation.WRITE) as client:
            await client.set(name, data, px=life_ms)

    async def delete(self, asset_type: str, generation: str, key: str) -> None:
        """Remove one entry.

        Raises:
            Unavailable: Redis did not do it.
        """
        async with self._link.attempt(Operation.DELETE) as client:
            await client.unlink(_entry(asset_type, generation, key))

    async def clear(self, asset_type: str, asked: int) -> None:
        """Tell Redis and the other replicas of a clear that has begun here.

        Raises:
            Unavailable: they may not know of it.
        """
        async with self._link.attempt(Operation.CLEAR) as client:
            arguments = (asset_type, asked, CLEARS_CHANNEL, self._sender)
            started = await scripts.CLEAR.run(client, (_GENERATIONS,), *arguments)
            self._generations.end_clear(asset_type, asked, int(started))

    async def sync(self, operation: Operation) -> None:
        """Bring our generations and those of Redis together.

        Raises:
            Unavailable: they may still differ.
        """
        async with self._link.attempt(operation) as client:
            await self.sync_with(client)

    async def sync_with(self, client: Redis) -> None:
        """Do the same inside an attempt that is under way."""
        known = self._generations.known()
        flat = await scripts.SYNC.run(client, (_GENERATIONS,), *known)
        names = [name.decode() for name in flat[::2]]
        self._generations.learn(dict(zip(names, map(int, flat[1::2]), strict=True)))

    async def renew(self, asset_type: str, generation: str, key: str, token: str) -> bool:
        """Prolong a lease; return whether it is still ours.

        Raises:
            Unavailable: nobody knows.
        """
        async with self._link.attempt(Operation.LEASE) as client:
            keys = (_lease(asset_type, generation, key),)
            return bool(await scripts.RENEW.run(client, keys, token, self._lease_ms))

    async def release(self, asset_type: str, generation: str, key: str, token: str) -> None:
        """End a lease, if it is still ours.

        Raises:
            Unavailable: it has to run out.
        """
        async with self._link.attempt(Operation.LEASE) as client:
            await scripts.RELEASE.run(client, (_lease(asset_type, generation, key),), token)

    def close(self) -> None:
        """End the thread."""
        self._hashing.shutdown(wait=False)

    async def _look(
        self,
        operation: Operation,
        asset_type: str,
        key: str,
        past_ttl_seconds: float,
        ask: Callable[[Redis, str], Awaitable[list[bytes]]],
    ) -> tuple[Answer, Envelope | None, str]:
        """Ask in the current generation; check what comes, and ask again without what is no use.

        Args:
            past_ttl_seconds: how long past its TTL an envelope is of use.
        """
        async with self._link.attempt(operation) as client:
            # Anew if the generation moved, and if an entry was removed.
            for _ in range(3):
                generation = self._generations.readable(asset_type)
                if generation is None:
                    break
                said, *held = await ask(client, generation)
                answer, envelope = Answer(said.decode()), None
                if answer is Answer.MOVED:
                    await self.sync_with(client)
                    continue
                if answer is Answer.FOREIGN:
                    self._link.count(operation, Failure.CORRUPT)
                if answer is Answer.HELD:
                    envelope = await self._checked(
                        operation, asset_type, key, held[0], past_ttl_seconds
                    )
                if answer is Answer.FOREIGN or (answer is Answer.HELD and envelope is None):
                    await client.unlink(_entry(asset_type, generation, key))
                    continue
                # What was cleared here meanwhile does not count any more.
                if self._generations.readable(asset_type) == generation:
                    return answer, envelope, generation
        return Answer.MOVED, None, ""

    async def _checked(
        self,
        operation: Operation,
        asset_type: str,
        key: str,
        data: bytes,
        past_ttl_seconds: float,
    ) -> Envelope | None:
        try:
            envelope = await self._hashed(len(data), lambda: unpack(data, asset_type, key))
        except CorruptEnvelope:
            self._link.count(operation, Failure.CORRUPT)
            return None
        overdue_seconds = self._wall_clock() - envelope.expires_at
        if overdue_seconds < past_ttl_seconds:
            return envelope
        # Redis ends what we write in time, give or take the difference of two clocks.
        if overdue_seconds > self._stale_seconds + CLOCK_TOLERANCE_SECONDS:
            self._link.count(operation, Failure.CORRUPT)
        return None

    async def _hashed(self, size_bytes: int, work: Callable[[], T]) -> T:
        if size_bytes <= _HASHED_INLINE_BYTES:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._hashing, work)


def _entry(asset_type: str, generation: str, key: str) -> str:
    return f"{_PREFIX}:entry:{asset_type}:{generation}:{key}"


def _lease(asset_type: str, generation: str, key: str) -> str:
    return f"{_PREFIX}:lease:{asset_type}:{generation}:{key}"
