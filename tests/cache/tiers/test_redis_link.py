"""An attempt at Redis ends within its limit, leaves nothing open, and its failure is counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import InvalidResponse, OutOfMemoryError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cache.tiers.breaker import Breaker
from cache.tiers.redis_link import RedisLink, Unavailable
from cache.tiers.tier import Failure, Operation

# Far more than a busy machine adds: what takes less than two of them waited for one alone.
LIMIT_SECONDS = 0.5


@pytest.fixture
def breaker() -> Breaker:
    """A closed breaker that a single failure opens."""
    breaker = Breaker(failures_to_open=1)
    breaker.try_probe()
    breaker.probe_succeeded()
    return breaker


@pytest.fixture
def heard() -> list[tuple[str, float]]:
    return []


@pytest.fixture
async def link(hole: int, breaker: Breaker, heard: Any) -> AsyncIterator[RedisLink]:
    """A link to a server that says nothing."""
    link = RedisLink(
        f"redis://127.0.0.1:{hole}",
        breaker,
        lambda _, operation, seconds: heard.append((operation, seconds)),
        limit_seconds=LIMIT_SECONDS,
        max_connections=2,
    )
    yield link
    await link.close()


def happened(link: RedisLink) -> dict[tuple[Operation, Failure], int]:
    return {pair: count for pair, count in link.failures().items() if count}


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


async def test_a_write_that_hangs_leaves_no_connection_behind(
    link: RedisLink, breaker: Breaker, heard: Any, until: Any
) -> None:
    before = open_files()
    started = time.perf_counter()
    with pytest.raises(Unavailable):
        async with link.attempt(Operation.WRITE) as client:
            await client.set("name", bytes(20_000_000))
    assert LIMIT_SECONDS <= time.perf_counter() - started < 2 * LIMIT_SECONDS
    assert happened(link) == {(Operation.WRITE, Failure.TIMEOUT): 1}
    assert [operation for operation, _ in heard] == ["write"]
    assert not breaker.closed
    await until(lambda: open_files() == before)


@pytest.mark.parametrize(
    ("error", "failure", "opens"),
    [
        (RedisTimeoutError("late"), Failure.TIMEOUT, True),
        (ConnectionResetError("gone"), Failure.CONNECTION, True),
        (InvalidResponse("what?"), Failure.OTHER, True),
        (AttributeError("a bug of the library"), Failure.OTHER, True),
        (OutOfMemoryError("no room"), Failure.FULL, False),
        (ResponseError("you may not"), Failure.OTHER, False),
    ],
)
async def test_what_goes_wrong_is_counted_and_opens_the_breaker_unless_redis_said_so(
    link: RedisLink, breaker: Breaker, error: Exception, failure: Failure, opens: bool
) -> None:
    with pytest.raises(Unavailable, match="read failed"):
        async with link.attempt(Operation.READ):
            raise error
    assert happened(link) == {(Operation.READ, failure): 1}
    assert breaker.closed is not opens


async def test_a_timeout_while_another_was_answered_does_not_open_the_breaker(
    link: RedisLink, breaker: Breaker
) -> None:
    async def hangs() -> None:
        with pytest.raises(Unavailable):
            async with link.attempt(Operation.READ):
                await asyncio.Event().wait()

    hanging = asyncio.create_task(hangs())
    await asyncio.sleep(0)
    async with link.attempt(Operation.READ):
        pass
    await hanging
    assert happened(link) == {(Operation.READ, Failure.TIMEOUT): 1}
    assert breaker.closed
    await hangs()
    assert not breaker.closed, "nothing was answered meanwhile"


async def test_few_attempts_are_under_way_at_once_and_the_others_wait_for_their_turn(
    link: RedisLink, breaker: Breaker
) -> None:
    under_way: list[int] = []
    go_on = asyncio.Event()

    async def attempt(number: int) -> None:
        async with link.attempt(Operation.READ):
            under_way.append(number)
            await go_on.wait()

    attempts = [asyncio.create_task(attempt(number)) for number in range(10)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert under_way == [0, 1, 2, 3]
    go_on.set()
    await asyncio.gather(*attempts)
    assert under_way == list(range(10))


async def test_waiting_for_a_turn_ends_within_the_limit_too(
    link: RedisLink, breaker: Breaker
) -> None:
    async def ask() -> None:
        with pytest.raises(Unavailable):
            async with link.attempt(Operation.READ) as client:
                await client.ping()

    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(40)))
    assert time.perf_counter() - started < 2 * LIMIT_SECONDS
    assert happened(link) == {(Operation.READ, Failure.TIMEOUT): 40}
    assert not breaker.closed
