"""What the tests of the tiers share: a client of the real Redis, tiers on it, envelopes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from cache.tiers.envelope import Envelope
from cache.tiers.redis_tier import RedisTier

DEADLINE_SECONDS = 20.0


async def settled(condition: Callable[[], bool | Awaitable[bool]]) -> float:
    """Wait for `condition` to come about, in a bounded time; return how long that took."""
    started = time.monotonic()
    while True:
        held = condition()
        if held if isinstance(held, bool) else await held:
            return time.monotonic() - started
        assert time.monotonic() - started < DEADLINE_SECONDS, "the condition never came about"
        await asyncio.sleep(0.002)


class Replica:
    """A tier with what it told its owner."""

    def __init__(self, url: str, **options: Any) -> None:
        self.cleared: list[str] = []
        self.timings: list[tuple[str, float]] = []
        settings: dict[str, Any] = {
            "stale_seconds": 0.0,
            # Generous, where a test is not about time: this machine may be busy.
            "limit_seconds": 5.0,
            "first_pause_seconds": 0.05,
            "longest_pause_seconds": 0.2,
            **options,
        }
        self.tier = RedisTier(
            url,
            listener=lambda _, operation, seconds: self.timings.append((operation, seconds)),
            on_clear=self.cleared.append,
            **settings,
        )

    async def stored(self, envelope: Envelope) -> None:
        """Write `envelope` and wait until it is stored."""
        self.tier.write(envelope)
        await self.idle()

    async def idle(self) -> None:
        """Wait until nothing waits to be sent."""
        await self.tier.drained()

    def failures(self, operation: str) -> dict[str, int]:
        """The failures of one operation that happened."""
        counts = self.tier.report().failures
        return {reason: n for (each, reason), n in counts.items() if each == operation and n}


@pytest.fixture
async def redis(redis_server: Any) -> AsyncIterator[Redis]:
    """A client that sees the server as an operator, or a vandal, does."""
    async with Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
async def replica() -> AsyncIterator[Callable[..., Awaitable[Replica]]]:
    """Open a tier at a URL."""
    replicas: list[Replica] = []

    async def opened(url: str, **options: Any) -> Replica:
        replica = Replica(url, **options)
        replicas.append(replica)
        await replica.tier.open()
        return replica

    yield opened
    for each in replicas:
        await each.tier.close()
    left = [task.get_coro() for task in asyncio.all_tasks()]
    assert not [each for each in left if "tiers/redis_" in each.cr_code.co_filename]


@pytest.fixture
def envelope() -> Callable[..., Envelope]:
    """Make an envelope that is an hour fresh, unless told otherwise."""

    def make(key: str = "k", body: bytes = b"ink", **fields: Any) -> Envelope:
        now = time.time()
        return Envelope(
            **{
                "asset_type": "enso",
                "key": key,
                "created_at": now,
                "expires_at": now + 3600,
                "cost_seconds": 0.5,
                "body": body,
                **fields,
            }
        )

    return make


@pytest.fixture
def until() -> Callable[..., Awaitable[float]]:
    """Wait for a condition; return how long it took."""
    return settled
