"""Subscription: hears what other replicas clear, and catches up whenever it was deaf."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from .redis_link import RedisLink, Unavailable
from .redis_store import CLEARS_CHANNEL, RedisStore
from .tier import Failure, Operation

# A connection that was silent for so long is asked whether it still lives.
_SILENCE_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0


class Subscription:
    """One connection that listens to the channel of clears.

    Args:
        reachable: set while it is worth trying.
        sender: who we are; what we send ourselves is no news.
        limit_seconds: for an answer.
    """

    def __init__(
        self,
        link: RedisLink,
        store: RedisStore,
        reachable: asyncio.Event,
        *,
        sender: str,
        limit_seconds: float,
    ) -> None:
        self._link = link
        self._store = store
        self._reachable = reachable
        self._sender = sender.encode()
        self._limit_seconds = limit_seconds

    async def run(self) -> None:
        """Listen, for ever; connect again whenever the connection ends."""
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            await self._reachable.wait()
            try:
                # Without a function of ours redis-py sets up a logger of its own.
                async with self._link.client.pubsub(push_handler_func=lambda _: None) as channel:
                    await self._join(channel)
                    pause_seconds = _FIRST_PAUSE_SECONDS
                    await self._listen(channel)
            except Exception as error:
                # All of them: a reply out of place makes redis-py raise what it happens to, and
                # who no longer listens misses every clear from then on. TimeoutError is an
                # OSError. A failed attempt was counted; that a connection ended is no failure.
                if not isinstance(error, (RedisError, OSError, Unavailable)):
                    self._link.count(Operation.CLEAR, Failure.OTHER)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)

    async def _join(self, channel: PubSub) -> None:
        async with self._link.attempt(Operation.CLEAR) as client:
            await channel.subscribe(CLEARS_CHANNEL)
            await channel.get_message(timeout=None)
            # Only now: a clear from here on is heard, one before is in the generations.
            await self._store.sync_with(client)

    async def _listen(self, channel: PubSub) -> None:
        while True:
            message = await channel.get_message(timeout=_SILENCE_SECONDS)
            if message is None:
                message = await self._prodded(channel)
            if message["type"] == "message" and message["data"] != self._sender:
                await self._store.sync(Operation.CLEAR)

    async def _prodded(self, channel: PubSub) -> Any:
        async with asyncio.timeout(self._limit_seconds):
            await channel.ping()
        message = await channel.get_message(timeout=self._limit_seconds)
        if message is None:
            raise ConnectionLost("it does not answer")
        return message
