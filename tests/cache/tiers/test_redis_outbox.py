"""What waits to be sent to Redis is sent in order, whatever becomes of what is before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from cache.tiers.redis_outbox import Outbox


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
async def outbox(errors: list[str]) -> AsyncIterator[Outbox]:
    """An outbox of a hundred bytes that is being emptied."""
    outbox = Outbox(10, 100, lambda: errors.append("error"))
    running = asyncio.create_task(outbox.run())
    yield outbox
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_job_that_raises_is_told_and_those_behind_it_are_done(
    outbox: Outbox, errors: list[str]
) -> None:
    done = []

    async def breaks() -> None:
        raise TypeError("a bug of the library")

    async def works() -> None:
        done.append("works")

    assert outbox.offer(breaks, 100)
    outbox.add(works)
    await asyncio.wait_for(outbox.drained(), 5)
    assert errors == ["error"]
    assert done == ["works"]
    assert outbox.offer(works, 100), "what raised takes no room any more"
    await asyncio.wait_for(outbox.drained(), 5)
    assert done == ["works", "works"]
    assert errors == ["error"]
