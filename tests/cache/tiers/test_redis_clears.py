"""A clear on one replica clears all: nothing from before it is read again, whoever was away."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from cache.tiers.redis_leases import Lease


async def all_listen(redis: Any, until: Any, replicas: int) -> None:
    """Wait until that many replicas would hear of a clear."""

    async def subscribed() -> bool:
        return await redis.pubsub_numsub("nanobanana:1:clears") == [
            (b"nanobanana:1:clears", replicas)
        ]

    await until(subscribed)


async def test_what_was_written_before_a_clear_is_read_by_nobody_after(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    await one.stored(envelope("key"))
    await one.stored(envelope("key", asset_type="sigil"))
    await one.tier.clear("enso")
    assert await one.tier.read("enso", "key") is None
    assert await other.tier.read("enso", "key") is None
    assert await other.tier.read("sigil", "key") is not None


async def test_others_hear_of_a_clear_and_who_clears_does_not(
    redis_server: Any, redis: Any, replica: Any, until: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    await all_listen(redis, until, 2)
    await one.tier.clear("enso")
    await until(lambda: other.cleared == ["enso"])
    await other.tier.clear("sigil")
    await until(lambda: one.cleared == ["sigil"])
    assert other.cleared == ["enso"]


async def test_a_read_notices_a_clear_that_was_not_heard_of(
    redis_server: Any, proxy: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(proxy.url)
    await one.stored(envelope("key"))
    await other.tier.read("enso", "key")
    # The subscription is gone and not there again before the read is over.
    await proxy.refuse()
    await proxy.open()
    await one.tier.clear("enso")
    assert await other.tier.read("enso", "key") is None
    assert other.cleared == ["enso"]


async def test_who_was_cut_off_catches_up_when_he_is_back(
    redis_server: Any, redis: Any, proxy: Any, replica: Any, until: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(proxy.url)
    await all_listen(redis, until, 2)
    await proxy.refuse()
    await one.tier.clear("enso")
    await proxy.open()
    assert await until(lambda: other.cleared == ["enso"]) < 5.0


async def test_a_subscription_that_went_silent_is_replaced(
    redis_server: Any, redis: Any, proxy: Any, replica: Any, until: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(proxy.url, limit_seconds=0.25)
    await all_listen(redis, until, 2)
    # Nothing is asked of it, so that only its silence can tell.
    proxy.hang()
    await one.tier.clear("enso")
    accepted = proxy.accepted
    await until(lambda: proxy.accepted > accepted)
    assert other.cleared == []
    proxy.restore()
    await until(lambda: other.cleared == ["enso"])


async def test_a_clear_while_redis_is_away_is_made_up_for_before_anything_is_read(
    redis_server: Any, proxy: Any, replica: Any, envelope: Any, until: Any
) -> None:
    one, other = await replica(proxy.url), await replica(redis_server.url)
    await one.stored(envelope("key"))
    assert await other.tier.read("enso", "key") is not None
    await proxy.refuse()
    await one.tier.clear("enso")
    assert not one.tier.report().up, "who owes a clear does not read"
    await proxy.open()
    read = []
    while not one.tier.report().up:
        read.append(await one.tier.read("enso", "key"))
        await asyncio.sleep(0.005)
    read.append(await one.tier.read("enso", "key"))
    assert set(read) == {None}
    await until(lambda: other.cleared == ["enso"])
    assert await other.tier.read("enso", "key") is None
    assert one.cleared == []


async def test_deletions_while_redis_is_away_are_made_up_for_too(
    redis_server: Any, proxy: Any, replica: Any, envelope: Any, until: Any
) -> None:
    one, other = await replica(proxy.url), await replica(redis_server.url)
    await one.stored(envelope("key"))
    await proxy.refuse()
    one.tier.delete("enso", "key")
    await until(lambda: not one.tier.report().up)
    await proxy.open()
    await until(lambda: one.tier.report().up)
    assert await other.tier.read("enso", "key") is None


async def test_very_many_deletions_while_redis_is_away_become_a_clear(
    redis_server: Any, proxy: Any, replica: Any, envelope: Any, until: Any
) -> None:
    one, other = await replica(proxy.url), await replica(redis_server.url)
    await one.stored(envelope("key0"))
    await proxy.refuse()
    for number in range(2000):
        one.tier.delete("enso", f"key{number}")
    await until(lambda: not one.tier.report().up)
    await proxy.open()
    await until(lambda: one.tier.report().up)
    assert await other.tier.read("enso", "key0") is None
    assert len(one.tier._owed_deletions) <= 1000


async def test_a_read_that_began_before_a_clear_comes_to_nothing(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key"))
    read = asyncio.create_task(one.tier.read("enso", "key"))
    await asyncio.sleep(0)
    await one.tier.clear("enso")
    assert await read is None


async def test_a_write_that_waits_when_a_clear_comes_is_not_made(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    one.tier.write(envelope("key"))
    await one.tier.clear("enso")
    await one.idle()
    assert await redis.keys("nanobanana:1:entry:*") == []
    assert await one.tier.read("enso", "key") is None
    assert await other.tier.read("enso", "key") is None


async def test_what_is_written_right_after_a_clear_is_kept(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    clear = asyncio.create_task(one.tier.clear("enso"))
    await asyncio.sleep(0)
    one.tier.write(envelope("key"))
    await clear
    await one.idle()
    assert await one.tier.read("enso", "key") is not None


async def test_clear_while_another_builds_and_a_third_hears_nothing(
    redis_server: Any, redis: Any, proxy: Any, replica: Any, envelope: Any, until: Any
) -> None:
    clearer, builder = await replica(redis_server.url), await replica(redis_server.url)
    deaf = await replica(proxy.url)
    await all_listen(redis, until, 3)
    await builder.stored(envelope("old", b"before"))
    assert await deaf.tier.read("enso", "old") is not None
    lease = await builder.tier.await_turn("enso", "key")
    assert isinstance(lease, Lease)
    await proxy.refuse()
    await clearer.tier.clear("enso")
    await until(lambda: builder.cleared == ["enso"])
    # The build was of before the clear, whenever it ends.
    builder.tier.write(envelope("key", b"before"))
    lease.release()
    await builder.idle()
    await proxy.open()
    await until(lambda: deaf.tier.report().up and deaf.cleared == ["enso"])
    for each in (clearer, builder, deaf):
        assert await each.tier.read("enso", "old") is None
        assert await each.tier.read("enso", "key") is None


async def test_clears_of_the_same_moment_are_all_kept_apart(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    now = time.time()
    one = await replica(redis_server.url, wall_clock=lambda: now)
    other = await replica(redis_server.url, wall_clock=lambda: now)
    for _ in range(3):
        for each in (one, other):
            await each.stored(envelope("key"))
            await each.tier.clear("enso")
            assert await one.tier.read("enso", "key") is None
            assert await other.tier.read("enso", "key") is None


async def test_a_server_that_forgot_the_generations_is_told_them(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    await one.stored(envelope("key"))
    await one.tier.clear("enso")
    await other.tier.read("enso", "key")
    before = await redis.hgetall("nanobanana:1:generations")
    heard = list(other.cleared)
    await redis.delete("nanobanana:1:generations")
    assert await one.tier.read("enso", "key") is None
    assert await redis.hgetall("nanobanana:1:generations") == before
    await one.stored(envelope("key"))
    assert await other.tier.read("enso", "key") is not None
    assert (one.cleared, other.cleared) == ([], heard)


async def test_generations_that_make_no_sense_are_replaced(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.tier.clear("enso")
    await redis.hset("nanobanana:1:generations", mapping={"enso": "x", "": "-1", "sigil": "9" * 20})
    for asset_type in ("enso", "sigil"):
        await one.stored(envelope("key", asset_type=asset_type))
        await one.tier.read(asset_type, "key")
        await one.stored(envelope("key", asset_type=asset_type))
        assert await one.tier.read(asset_type, "key") is not None
    await redis.delete("nanobanana:1:generations")
    await redis.rpush("nanobanana:1:generations", "a list")
    assert await one.tier.read("enso", "key") is not None
    await redis.delete("nanobanana:1:generations")
    await redis.rpush("nanobanana:1:generations", "a list")
    await one.tier.clear("enso")
    assert await one.tier.read("enso", "key") is None
    assert one.tier.report().up


async def test_a_clear_before_a_replica_started_is_no_news_to_it(
    redis_server: Any, replica: Any
) -> None:
    one = await replica(redis_server.url)
    await one.tier.clear("enso")
    late = await replica(redis_server.url)
    await late.tier.read("enso", "key")
    assert late.cleared == []


async def test_a_clear_while_a_replica_waited_for_redis_is_news(
    redis_server: Any, proxy: Any, replica: Any, until: Any
) -> None:
    one = await replica(redis_server.url)
    await proxy.refuse()
    waiting = await replica(proxy.url)
    assert not waiting.tier.report().up
    await one.tier.clear("enso")
    await proxy.open()
    await until(lambda: waiting.cleared == ["enso"])


async def test_a_message_that_makes_no_sense_harms_nobody(
    redis_server: Any, redis: Any, replica: Any, until: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    await all_listen(redis, until, 2)
    for nonsense in (b"", b"\xff\x00", b"99999999999999999999 x enso", bytes(100_000)):
        await redis.publish("nanobanana:1:clears", nonsense)
    await one.tier.clear("enso")
    await until(lambda: other.cleared == ["enso"])
    assert one.cleared == []


async def test_a_reply_out_of_place_does_not_end_the_hearing_of_clears(
    redis_server: Any, redis: Any, proxy: Any, replica: Any, until: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(proxy.url)
    await all_listen(redis, until, 2)

    async def stray(_answer: bytes, client: asyncio.StreamWriter) -> None:
        proxy.restore()
        client.write(b":1\r\n")
        await client.drain()

    proxy._behave = stray
    await one.tier.clear("enso")
    await until(lambda: other.cleared == ["enso"])
    assert other.failures("clear") == {"other": 1}
    await all_listen(redis, until, 2)
    await one.tier.clear("sigil")
    await until(lambda: other.cleared == ["enso", "sigil"])
    assert other.tier.report().up


@pytest.fixture
def past() -> list[tuple[str, float]]:
    return []


async def test_a_clear_before_a_replica_started_is_told_with_its_moment_once(
    redis_server: Any, replica: Any, past: Any
) -> None:
    one = await replica(redis_server.url)
    before = time.time()
    await one.tier.clear("enso")
    after = time.time()
    late = await replica(redis_server.url, on_past_clear=lambda *told: past.append(told))
    await one.tier.clear("sigil")
    await late.tier.read("sigil", "key")
    await late.tier.read("enso", "key")
    ((asset_type, moment),) = past
    assert asset_type == "enso"
    # Generations are whole milliseconds.
    assert before - 0.001 <= moment <= after
    assert late.cleared == ["sigil"]


async def test_a_clear_by_a_clock_that_was_ahead_is_past_all_the_same(
    redis_server: Any, replica: Any, past: Any
) -> None:
    one = await replica(redis_server.url, wall_clock=lambda: time.time() + 1e6)
    await one.tier.clear("enso")
    await replica(redis_server.url, on_past_clear=lambda *told: past.append(told))
    ((_, moment),) = past
    assert moment <= time.time()


async def test_a_past_clear_is_told_also_when_redis_is_reached_late(
    redis_server: Any, proxy: Any, replica: Any, until: Any, past: Any
) -> None:
    hour_ago = time.time() - 3600
    one = await replica(redis_server.url, wall_clock=lambda: hour_ago)
    await one.tier.clear("enso")
    await proxy.refuse()
    waiting = await replica(proxy.url, on_past_clear=lambda *told: past.append(told))
    assert past == []
    await proxy.open()
    await until(lambda: waiting.tier.report().up)
    ((asset_type, moment),) = past
    assert asset_type == "enso"
    assert abs(moment - hour_ago) < 1
    assert waiting.cleared == []
