"""What one replica stores in Redis every replica reads, until it expires, is deleted or cleared."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from cache.stats import Tier
from cache.tiers.redis_tier import RedisTier
from cache.tiers.tier import LowerTier


async def test_it_is_a_lower_tier(redis_server: Any, replica: Any) -> None:
    tier: LowerTier = (await replica(redis_server.url)).tier
    assert tier.name is Tier.REDIS


async def test_what_one_writes_another_reads(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    for body in (b"", b"\x00\xff" * 10, bytes(600_000)):
        written = envelope("key", body)
        await one.stored(written)
        assert await other.tier.read("enso", "key") == written


async def test_what_nobody_wrote_is_a_miss_and_no_failure(redis_server: Any, replica: Any) -> None:
    one = await replica(redis_server.url)
    assert await one.tier.read("enso", "key") is None
    assert one.failures("read") == {}
    assert one.tier.report().up


async def test_types_and_keys_do_not_mix(redis_server: Any, replica: Any, envelope: Any) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key", asset_type="enso"))
    assert await one.tier.read("sigil", "key") is None
    assert await one.tier.read("enso", "key2") is None


async def test_redis_drops_it_when_its_stale_window_ends(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url, stale_seconds=30.0)
    await one.stored(envelope("key", expires_at=time.time() + 60))
    (name,) = await redis.keys("nanobanana:1:entry:*")
    assert 85_000 < await redis.pttl(name) <= 90_000


async def test_what_never_expires_goes_some_day(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key", expires_at=float("inf")))
    (name,) = await redis.keys("nanobanana:1:entry:*")
    assert 0 < await redis.pttl(name) <= 30 * 86_400_000
    assert await one.tier.read("enso", "key") is not None


async def test_it_is_read_within_the_stale_window_and_not_after(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    now = time.time()
    one = await replica(redis_server.url, stale_seconds=30.0)
    await one.stored(envelope("key", expires_at=now + 60))
    stale = await replica(redis_server.url, stale_seconds=30.0, wall_clock=lambda: now + 89)
    assert await stale.tier.read("enso", "key") is not None
    dead = await replica(redis_server.url, stale_seconds=30.0, wall_clock=lambda: now + 91)
    assert await dead.tier.read("enso", "key") is None
    assert dead.failures("read") == {}, "clocks differ: that is no damage"


async def test_what_is_past_its_window_is_not_written(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    now = time.time()
    await one.stored(envelope("key", created_at=now - 20, expires_at=now - 10))
    assert await redis.keys("nanobanana:1:entry:*") == []


async def test_what_is_deleted_is_not_read_from_that_moment_on(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    await one.stored(envelope("key"))
    one.tier.delete("enso", "key")
    assert await one.tier.read("enso", "key") is None
    await one.idle()
    assert await other.tier.read("enso", "key") is None
    assert await redis.keys("nanobanana:1:entry:*") == []


async def test_a_read_that_began_before_a_deletion_comes_to_nothing(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key"))
    read = asyncio.create_task(one.tier.read("enso", "key"))
    await asyncio.sleep(0)
    one.tier.delete("enso", "key")
    assert await read is None


async def test_what_is_written_after_a_deletion_stays(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key", b"old"))
    one.tier.delete("enso", "key")
    await one.stored(envelope("key", b"new"))
    found = await one.tier.read("enso", "key")
    assert found is not None
    assert found.body == b"new"


async def test_a_full_queue_drops_writes_and_counts_them(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url, max_queue=2)
    for number in range(5):
        one.tier.write(envelope(f"key{number}"))
    assert one.tier.report().queue_length == 2
    assert one.failures("write") == {"full": 3}
    await one.idle()
    assert one.tier.report().queue_length == 0


async def test_the_queue_is_bounded_in_bytes_too(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url, max_queue_bytes=2500)
    for number in range(3):
        one.tier.write(envelope(f"key{number}", bytes(1000)))
    assert one.failures("write") == {"full": 1}
    await one.idle()
    await one.stored(envelope("key", bytes(1000)))
    assert await one.tier.read("enso", "key") is not None


async def test_too_big_a_value_is_not_written(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url, max_value_bytes=1000)
    await one.stored(envelope("body", bytes(1001)))
    await one.stored(envelope("envelope", bytes(999)))
    assert await redis.keys("nanobanana:1:entry:*") == []
    assert one.failures("write") == {"full": 2}


async def test_redis_without_memory_refuses_writes_and_answers_reads(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("kept"))
    await redis.config_set("maxmemory", 1)
    for number in range(5):
        await one.stored(envelope(f"key{number}"))
    assert one.failures("write") == {"full": 5}
    assert await one.tier.read("enso", "kept") is not None
    assert one.tier.report().up


async def test_closing_writes_what_waits(redis_server: Any, replica: Any, envelope: Any) -> None:
    one, other = await replica(redis_server.url), await replica(redis_server.url)
    for number in range(20):
        one.tier.write(envelope(f"key{number}"))
    await one.tier.close()
    for number in range(20):
        assert await other.tier.read("enso", f"key{number}") is not None


async def test_a_closed_tier_misses(redis_server: Any, replica: Any, envelope: Any) -> None:
    one = await replica(redis_server.url)
    await one.tier.close()
    one.tier.write(envelope("key"))
    assert await one.tier.read("enso", "key") is None
    assert await one.tier.await_turn("enso", "key") is None


async def test_a_tier_that_was_never_opened_can_be_closed(redis_server: Any) -> None:
    tier = RedisTier(
        redis_server.url, stale_seconds=0, listener=lambda *_: None, on_clear=lambda _: None
    )
    await tier.close()


async def test_the_listener_hears_of_each_operation(
    redis_server: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    one.timings.clear()
    await one.stored(envelope("key"))
    await one.tier.read("enso", "key")
    await one.tier.clear("enso")
    heard = [operation for operation, _ in one.timings]
    assert heard.count("write") == heard.count("read") == 1
    assert "clear" in heard
    assert all(0 < seconds < 1 for _, seconds in one.timings)


async def test_scripts_are_sent_again_when_the_server_forgot_them(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key"))
    await redis.script_flush()
    assert await one.tier.read("enso", "key") is not None
    assert one.failures("read") == {}
