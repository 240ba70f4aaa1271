"""What does not fit is never served, is removed, and is counted, whoever put it there."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest

from cache.tiers.envelope import pack
from cache.tiers.redis_leases import Lease


class Bomb:
    """What fails a test when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("it was unpickled",)


async def name_of(redis: Any, key: str) -> str:
    """The name in Redis of an entry of enso that nobody cleared."""
    generation = await redis.hget("nanobanana:1:generations", "")
    return f"nanobanana:1:entry:enso:{generation.decode()}:{key}"


def poisoned(envelope: Any, poison: str) -> bytes:
    good = pack(envelope("key", bytes(1000)))
    long_ago = time.time() - 1000
    return {
        "another key": pack(envelope("other")),
        "another type": pack(envelope("key", asset_type="sigil")),
        "expired": pack(envelope("key", created_at=long_ago - 1, expires_at=long_ago)),
        "a pickle": pickle.dumps(Bomb()),
        "text": b"hello",
        "one bit flipped": good[:-1] + b"\x01",
        "cut": good[:-1],
        "continued": good + b"\x00",
        "too big": pack(envelope("key", bytes(300_000))),
    }[poison]


POISONS = "another key,another type,expired,a pickle,text,one bit flipped,cut,continued,too big"


@pytest.mark.parametrize("poison", POISONS.split(","))
@pytest.mark.parametrize("life_ms", [None, 60_000])
async def test_a_value_that_does_not_fit(
    redis_server: Any, redis: Any, replica: Any, envelope: Any, poison: str, life_ms: int | None
) -> None:
    one = await replica(redis_server.url, max_value_bytes=200_000)
    name = await name_of(redis, "key")
    await redis.set(name, poisoned(envelope, poison), px=life_ms)
    assert await one.tier.read("enso", "key") is None
    assert one.failures("read") == {"corrupt": 1}
    assert not await redis.exists(name)
    assert one.tier.report().up
    await redis.set(name, poisoned(envelope, poison), px=life_ms)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)


async def test_a_value_of_another_kind(redis_server: Any, redis: Any, replica: Any) -> None:
    one = await replica(redis_server.url)
    name = await name_of(redis, "key")
    await redis.rpush(name, "a", "list")
    assert await one.tier.read("enso", "key") is None
    assert one.failures("read") == {"corrupt": 1}
    assert not await redis.exists(name)


async def test_a_good_value_without_an_end_in_redis_is_as_good_as_its_envelope(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    name = await name_of(redis, "key")
    await redis.set(name, pack(envelope("key")))
    assert await one.tier.read("enso", "key") is not None
    late = await replica(redis_server.url, wall_clock=lambda: time.time() + 4000)
    assert await late.tier.read("enso", "key") is None
    assert not await redis.exists(name)


async def test_a_huge_value_is_never_fetched(
    redis_server: Any, redis: Any, proxy: Any, replica: Any
) -> None:
    one = await replica(proxy.url)
    name = await name_of(redis, "key")
    await redis.setrange(name, 64 * 2**20, b"\x00")
    started = time.perf_counter()
    passed = proxy.answered_bytes
    assert await one.tier.read("enso", "key") is None
    assert proxy.answered_bytes - passed < 1000
    assert time.perf_counter() - started < 0.25
    assert one.failures("read") == {"corrupt": 1}
    assert not await redis.exists(name)
    await redis.setrange(name, 64 * 2**20, b"\x00")
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
