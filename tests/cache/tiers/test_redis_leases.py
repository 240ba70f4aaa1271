"""Of many replicas that miss one key, one builds; when it dies, another does."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from cache.tiers.envelope import Envelope
from cache.tiers.redis_leases import Lease


async def test_a_hundred_callers_of_three_replicas_build_once(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    replicas = [await replica(redis_server.url) for _ in range(3)]
    builds = 0

    async def ask(each: Any) -> bytes:
        nonlocal builds
        turn = await each.tier.await_turn("enso", "key")
        if isinstance(turn, Envelope):
            return turn.body
        assert turn is not None
        builds += 1
        await asyncio.sleep(0.1)
        each.tier.write(envelope("key", b"built"))
        turn.release()
        return b"built"

    answers = await asyncio.gather(*(ask(replicas[number % 3]) for number in range(100)))
    assert set(answers) == {b"built"}
    assert builds == 1


async def test_what_was_built_is_there_before_the_lease_is_gone(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    for number in range(20):
        lease = await one.tier.await_turn("enso", f"key{number}")
        assert isinstance(lease, Lease)
        waiting = asyncio.create_task(other.tier.await_turn("enso", f"key{number}"))
        one.tier.write(envelope(f"key{number}", bytes(300_000)))
        lease.release()
        assert isinstance(await waiting, Envelope)


async def test_a_builder_that_fails_lets_the_next_one_try(redis_server: Any, replica: Any) -> None:
    one, other = [await replica(redis_server.url, lease_seconds=60.0) for _ in range(2)]
    lease = await one.tier.await_turn("enso", "key")
    waiting = asyncio.create_task(other.tier.await_turn("enso", "key"))
    await asyncio.sleep(0)
    lease.release()
    lease.release()
    assert isinstance(await waiting, Lease), "it waited for the lease to run out"


async def test_the_lease_of_the_dead_runs_out(redis_server: Any, proxy: Any, replica: Any) -> None:
    dying = await replica(proxy.url, lease_seconds=0.3)
    other = await replica(redis_server.url, lease_seconds=0.3)
    assert isinstance(await dying.tier.await_turn("enso", "key"), Lease)
    await proxy.refuse()
    started = time.monotonic()
    assert isinstance(await other.tier.await_turn("enso", "key"), Lease)
    assert time.monotonic() - started < 1.8, "it lasted as long as a lease usually does"


async def test_the_lease_of_the_living_does_not(redis_server: Any, replica: Any) -> None:
    settings = {"lease_seconds": 1.0, "lease_wait_seconds": 1.8}
    one, other = [await replica(redis_server.url, **settings) for _ in range(2)]
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    assert await other.tier.await_turn("enso", "key") is None


async def test_a_lease_is_not_renewed_for_ever(redis_server: Any, replica: Any) -> None:
    one = await replica(redis_server.url, lease_seconds=0.2, lease_wait_seconds=0.4)
    other = await replica(redis_server.url, lease_wait_seconds=5.0)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    assert isinstance(await other.tier.await_turn("enso", "key"), Lease)


async def test_waiting_has_an_end(redis_server: Any, replica: Any) -> None:
    one = await replica(redis_server.url)
    other = await replica(redis_server.url, lease_wait_seconds=0.3)
    await one.tier.await_turn("enso", "key")
    started = time.monotonic()
    assert await other.tier.await_turn("enso", "key") is None
    assert 0.3 <= time.monotonic() - started < 5.0, "it waited as long as it usually does"


async def test_who_waits_is_not_held_up_by_redis_going_away(
    redis_server: Any, proxy: Any, replica: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(proxy.url, limit_seconds=1.0)
    await one.tier.await_turn("enso", "key")
    waiting = asyncio.create_task(other.tier.await_turn("enso", "key"))
    await asyncio.sleep(0)
    proxy.hang()
    started = time.monotonic()
    assert await waiting is None
    assert time.monotonic() - started < 2.0, "one attempt that failed is enough"


async def test_closing_gives_leases_back(redis_server: Any, replica: Any) -> None:
    one = await replica(redis_server.url)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    await one.tier.close()
    other = await replica(redis_server.url, lease_wait_seconds=0.0)
    assert isinstance(await other.tier.await_turn("enso", "key"), Lease)


async def test_a_release_does_not_end_the_lease_of_a_successor(
    redis_server: Any, redis: Any, replica: Any
) -> None:
    one, other, third = [await replica(redis_server.url, lease_wait_seconds=0.1) for _ in range(3)]
    lease = await one.tier.await_turn("enso", "key")
    (name,) = await redis.keys("nanobanana:1:lease:*")
    await redis.delete(name)
    assert isinstance(await other.tier.await_turn("enso", "key"), Lease)
    lease.release()
    await one.idle()
    assert await third.tier.await_turn("enso", "key") is None


async def test_a_lease_from_before_a_clear_holds_up_nobody(redis_server: Any, replica: Any) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    waiting = asyncio.create_task(other.tier.await_turn("enso", "key"))
    await asyncio.sleep(0)
    await one.tier.clear("enso")
    assert isinstance(await waiting, Lease)
    assert isinstance(await one.tier.await_turn("enso", "other"), Lease)


async def test_what_is_built_in_the_generation_of_a_lease_is_written_there(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    lease = await one.tier.await_turn("enso", "key")
    await other.tier.clear("enso")
    await one.tier.read("enso", "anything")
    one.tier.write(envelope("key", b"of before the clear"))
    lease.release()
    await one.idle()
    assert await other.tier.read("enso", "key") is None


async def test_a_stale_entry_is_nobodys_answer_but_a_reason_to_build(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url, stale_seconds=60.0)
    now = time.time()
    await one.stored(envelope("key", created_at=now - 20, expires_at=now - 10))
    assert isinstance(await one.tier.read("enso", "key"), Envelope)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)


async def test_a_lease_that_nobody_of_us_took_is_taken_over(
    redis_server: Any, redis: Any, replica: Any
) -> None:
    one = await replica(redis_server.url, lease_wait_seconds=0.1)
    (await one.tier.await_turn("enso", "key")).release()
    await one.idle()
    generation = (await redis.hget("nanobanana:1:generations", "")).decode()
    name = f"nanobanana:1:lease:enso:{generation}:key"
    await redis.set(name, "for ever")
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    await redis.delete(name)
    await redis.rpush(name, "a list")
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
