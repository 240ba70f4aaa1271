"""A Redis that is absent, killed, hanging or mad costs a call 0.25 s, then nothing, and no error.

Whatever it does, it is used again once it behaves.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from cache.tiers.redis_tier import RedisTier

# Twice that of production, for this machine may be busy with other tests: what takes a limit and
# the slack did not wait for two limits, one after the other.
LIMIT_SECONDS = 0.5
SLACK_SECONDS = 0.45
DEFAULT_PAUSES = {"first_pause_seconds": 0.5, "longest_pause_seconds": 5.0}
# So long that no probe comes between two steps of a test.
LONG_PAUSES = {"first_pause_seconds": 60.0, "longest_pause_seconds": 60.0}


@pytest.fixture
def replica(replica: Any) -> Any:
    """Open a tier at a URL, with the limit of these tests."""
    return partial(replica, limit_seconds=LIMIT_SECONDS)


async def timed(call: Awaitable[object]) -> float:
    """Return the seconds that `call`, which gives None, takes."""
    started = time.perf_counter()
    assert await call is None
    return time.perf_counter() - started


async def use(replica: Any, envelope: Any) -> float:
    """Do all that a request does; return the seconds of the slowest step."""
    durations = [
        await timed(replica.tier.read("enso", "key")),
        await timed(replica.tier.await_turn("enso", "key")),
    ]
    started = time.perf_counter()
    replica.tier.write(envelope("key"))
    replica.tier.delete("enso", "other")
    return max(*durations, time.perf_counter() - started)


def works(replica: Any) -> Callable[[], Awaitable[bool]]:
    async def hits() -> bool:
        return await replica.tier.read("enso", "stored") is not None

    return hits


def test_the_limit_of_production_is_a_quarter_of_a_second() -> None:
    assert inspect.signature(RedisTier).parameters["limit_seconds"].default == 0.25


async def test_absent_at_start_it_is_used_once_it_is_there(
    redis_server: Any, replica: Any, envelope: Any, until: Any
) -> None:
    redis_server.kill()
    started = time.perf_counter()
    one = await replica(redis_server.url)
    assert time.perf_counter() - started < LIMIT_SECONDS + SLACK_SECONDS
    assert not one.tier.report().up
    assert await use(one, envelope) < LIMIT_SECONDS / 2, "it waited for Redis"
    assert one.failures("write") == {"connection": 1}
    redis_server.start()
    await until(lambda: one.tier.report().up)
    await one.stored(envelope("stored"))
    assert await works(one)()
    assert one.cleared == []


@pytest.mark.parametrize("fault", ["refuse", "hang", "trickle", "talk_garbage"])
async def test_a_fault_costs_a_call_its_limit_and_then_nothing(
    proxy: Any, replica: Any, envelope: Any, until: Any, fault: str
) -> None:
    one = await replica(proxy.url, **LONG_PAUSES)
    await one.stored(envelope("stored"))
    if fault == "refuse":
        await proxy.refuse()
    else:
        getattr(proxy, fault)()
    calls = 0
    while one.tier.report().up:
        assert await timed(one.tier.read("enso", "stored")) < LIMIT_SECONDS + SLACK_SECONDS
        calls += 1
    assert calls <= 3
    assert sum(one.failures("read").values()) >= calls
    accepted = proxy.accepted
    started = time.perf_counter()
    for _ in range(100):
        await use(one, envelope)
        await one.tier.clear("sigil")
    assert time.perf_counter() - started < LIMIT_SECONDS, "a hundred uses took as long as one fault"
    assert proxy.accepted == accepted, "it connects while the breaker is open"


@pytest.mark.parametrize("fault", ["refuse", "hang", "trickle", "talk_garbage"])
async def test_it_is_used_again_when_the_fault_is_over(
    proxy: Any, replica: Any, envelope: Any, until: Any, fault: str
) -> None:
    one = await replica(proxy.url)
    await one.stored(envelope("stored"))
    if fault == "refuse":
        await proxy.refuse()
    else:
        getattr(proxy, fault)()

    async def lost() -> bool:
        await one.tier.read("enso", "stored")
        return not one.tier.report().up

    await until(lost)
    proxy.restore()
    if fault == "refuse":
        await proxy.open()
    assert await until(works(one)) < 5.0
    assert one.cleared == [], "a fault is no clear"


async def test_an_answer_cut_in_the_middle_is_a_miss(
    proxy: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(proxy.url)
    await one.stored(envelope("stored", bytes(100_000)))
    proxy.cut_answers_at(5_000)
    assert await timed(one.tier.read("enso", "stored")) < LIMIT_SECONDS + SLACK_SECONDS
    assert one.failures("read") == {"connection": 1}
    proxy.restore()
    assert await works(one)()


async def test_a_trickling_value_does_not_stop_probes_but_its_readers_stop_soon(
    proxy: Any, replica: Any, envelope: Any, until: Any
) -> None:
    # What answers small questions and fails at work would be tried anew after every probe.
    one = await replica(proxy.url, **DEFAULT_PAUSES)
    await one.stored(envelope("stored", bytes(100_000)))
    proxy.cut_answers_at(5_000)
    while one.tier.report().up:
        await one.tier.read("enso", "stored")
    await until(lambda: one.tier.report().up)
    await one.tier.read("enso", "stored")
    assert not one.tier.report().up, "one failure after a probe is enough"


async def test_killed_and_back_with_the_intervals_of_production(
    redis_server: Any, replica: Any, envelope: Any, until: Any
) -> None:
    one = await replica(redis_server.url, **DEFAULT_PAUSES)
    await one.stored(envelope("stored"))
    redis_server.kill()

    async def probed_in_vain() -> bool:
        assert await timed(one.tier.read("enso", "stored")) < LIMIT_SECONDS + SLACK_SECONDS
        return sum(one.failures("read").values()) >= 6

    await until(probed_in_vain)
    redis_server.start()

    async def stores() -> bool:
        await one.stored(envelope("stored"))
        return await works(one)()

    assert await until(stores) < 15.0
    assert one.cleared == [], "Redis forgot all, and that is no clear"


async def test_connections_that_died_with_the_server_are_not_tried_when_it_is_back(
    proxy: Any, replica: Any, until: Any, envelope: Any
) -> None:
    one = await replica(proxy.url)
    await one.stored(envelope("stored"))
    await asyncio.gather(*(works(one)() for _ in range(15)))
    proxy.hang()
    while one.tier.report().up:
        await one.tier.read("enso", "stored")
    proxy.restore()
    await until(works(one))
    assert all(await asyncio.gather(*(works(one)() for _ in range(15))))


async def test_a_call_that_is_cancelled_harms_nobody(
    proxy: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(proxy.url, **LONG_PAUSES)
    await one.stored(envelope("stored"))
    proxy.hang()
    for _ in range(10):
        call = asyncio.create_task(one.tier.read("enso", "stored"))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    proxy.restore()
    assert one.tier.report().up
    assert await works(one)()


async def test_many_calls_at_once_wait_for_a_connection_within_the_limit(
    proxy: Any, replica: Any
) -> None:
    one = await replica(proxy.url, max_connections=3, **LONG_PAUSES)
    proxy.hang()
    started = time.perf_counter()
    await asyncio.gather(*(one.tier.read("enso", f"key{number}") for number in range(50)))
    assert time.perf_counter() - started < LIMIT_SECONDS + SLACK_SECONDS


async def test_a_hanging_redis_does_not_delay_closing(
    proxy: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(proxy.url, close_seconds=0.1)
    proxy.hang()
    for number in range(10):
        one.tier.write(envelope(f"key{number}", bytes(1_000_000)))
    started = time.perf_counter()
    await one.tier.close()
    assert time.perf_counter() - started < 0.1 + SLACK_SECONDS


@pytest.mark.parametrize(("size_bytes", "reads"), [(3_000_000, 16), (600_000, 64)])
async def test_a_burst_of_big_values_does_not_make_a_healthy_redis_count_as_lost(
    redis_server: Any, replica: Any, envelope: Any, size_bytes: int, reads: int
) -> None:
    keys = [f"key{number}" for number in range(reads)]
    writer = await replica(redis_server.url, limit_seconds=5.0)
    for key in keys:
        await writer.stored(envelope(key, bytes(size_bytes)))
    started = time.perf_counter()
    await asyncio.gather(*(writer.tier.read("enso", key) for key in keys[:4]))
    # The limit of production, unless this machine is too busy for four of them within it.
    limit_seconds = max(0.25, 2.5 * (time.perf_counter() - started))
    one = await replica(redis_server.url, **LONG_PAUSES, limit_seconds=limit_seconds)
    started = time.perf_counter()
    found = await asyncio.gather(*(one.tier.read("enso", key) for key in keys))
    assert time.perf_counter() - started < limit_seconds + SLACK_SECONDS
    assert one.tier.report().up
    missed = found.count(None)
    assert missed < reads
    assert one.failures("read") == ({"timeout": missed} if missed else {})
