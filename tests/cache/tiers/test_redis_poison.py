"""What does not fit is never served, is removed, and is counted, whoever put it there."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cache import Built, GenerationalCache
from cache.tiers import Tiers
from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope, pack, unpack
from cache.tiers.redis_leases import Lease
from cache.tiers.redis_tier import RedisTier


class Bomb:
    """What fails a test when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("it was unpickled",)


async def name_of(redis: Any, key: str) -> str:
    """The name in Redis of an entry of enso that nobody cleared."""
    generation = await redis.hget("nanobanana:1:generations", "")
    return f"nanobanana:1:entry:enso:{generation.decode()}:{key}"


MAX_VALUE_BYTES = 200_000
POISONS = (
    "another key,another type,expired,a pickle,text,one bit flipped,cut,continued,too big,empty,"
    "a list"
)


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
        "empty": b"",
    }[poison]


async def plant(redis: Any, envelope: Any, poison: str, life_ms: int | None) -> str:
    """Put what does not fit where `key` is looked for; return its name in Redis."""
    name = await name_of(redis, "key")
    if poison == "a list":
        await redis.rpush(name, "a", "list")
        if life_ms is not None:
            await redis.pexpire(name, life_ms)
    else:
        await redis.set(name, poisoned(envelope, poison), px=life_ms)
    return name


@pytest.mark.parametrize("poison", POISONS.split(","))
@pytest.mark.parametrize("life_ms", [None, 60_000])
async def test_a_value_that_does_not_fit(
    redis_server: Any, redis: Any, replica: Any, envelope: Any, poison: str, life_ms: int | None
) -> None:
    limits = {"max_value_bytes": MAX_VALUE_BYTES, "lease_wait_seconds": 0.0}
    one = await replica(redis_server.url, **limits)
    name = await plant(redis, envelope, poison, life_ms)
    assert await one.tier.read("enso", "key") is None
    assert one.failures("read") == {"corrupt": 1}
    assert not await redis.exists(name)
    await plant(redis, envelope, poison, life_ms)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease), "it waited for nobody"
    assert one.failures("lease") == {"corrupt": 1}
    assert not await redis.exists(name)
    assert one.tier.report().up


async def test_what_is_not_there_is_not_corrupt(redis_server: Any, replica: Any) -> None:
    one = await replica(redis_server.url)
    assert await one.tier.read("enso", "key") is None
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    assert not any(one.tier.report().failures.values())


class Plain:
    """A codec of bytes, as they are."""

    def encode(self, value: bytes) -> bytes:
        return value

    def decode(self, _asset_type: str, _key: str, body: bytes) -> bytes:
        return body

    def is_current(self, _asset_type: str, _key: str, _body: bytes) -> bool:
        return True


@pytest.fixture
async def redis_tier(redis_server: Any) -> RedisTier:
    return RedisTier(
        redis_server.url,
        stale_seconds=0.0,
        listener=lambda *_: None,
        on_clear=lambda _: None,
        max_value_bytes=MAX_VALUE_BYTES,
        limit_seconds=5.0,
    )


@pytest.fixture(params=["memory,redis", "memory,disk,redis"])
async def cache(
    request: pytest.FixtureRequest, redis_tier: RedisTier, tmp_path: Path
) -> AsyncIterator[GenerationalCache[bytes]]:
    """A cache with every order of tiers that has Redis in it."""
    disk = [DiskTier(tmp_path / "tier", 2**20)] if "disk" in request.param else []
    tiers = Tiers((*disk, redis_tier), Plain(), leasing=redis_tier)
    cache = GenerationalCache(tiers=tiers)
    await cache.open_tiers()
    yield cache
    await cache.close_tiers()


@pytest.mark.parametrize("poison", POISONS.split(","))
async def test_a_lookup_that_meets_it_counts_it_once_and_builds_what_takes_its_place(
    cache: GenerationalCache[bytes], redis_tier: RedisTier, redis: Any, envelope: Any, poison: str
) -> None:
    name = await plant(redis, envelope, poison, None)
    builds = 0

    async def build() -> Built[bytes]:
        nonlocal builds
        builds += 1
        assert not await redis.exists(name)
        assert await redis.exists(name.replace(":entry:", ":lease:"))
        return Built(b"built")

    fetched = await asyncio.gather(*(cache.fetch_async("enso", "key", build) for _ in range(5)))
    assert {each.value for each in fetched} == {b"built"}
    assert builds == 1
    await asyncio.sleep(0)  # what is to be stored is handed on behind the answer
    await redis_tier.drained()
    assert unpack(await redis.get(name), "enso", "key").body == b"built"
    failures = redis_tier.report().failures
    assert {str(reason): count for (_, reason), count in failures.items() if count} == {
        "corrupt": 1
    }


async def test_a_good_value_without_an_end_in_redis_is_as_good_as_its_envelope(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url)
    await one.stored(envelope("key"))
    name = await name_of(redis, "key")
    assert await redis.persist(name)
    assert await one.tier.read("enso", "key") is not None
    assert isinstance(await one.tier.await_turn("enso", "key"), Envelope)
    late = await replica(redis_server.url, wall_clock=lambda: time.time() + 4000)
    assert await late.tier.read("enso", "key") is None
    assert not await redis.exists(name)


async def test_a_stale_value_without_an_end_in_redis_is_a_reason_to_build(
    redis_server: Any, redis: Any, replica: Any, envelope: Any
) -> None:
    one = await replica(redis_server.url, stale_seconds=60.0, lease_wait_seconds=0.0)
    now = time.time()
    await one.stored(envelope("key", created_at=now - 20, expires_at=now - 10))
    assert await redis.persist(await name_of(redis, "key"))
    assert isinstance(await one.tier.read("enso", "key"), Envelope)
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    assert not any(one.tier.report().failures.values()), "it was ours, and whole"


async def test_a_huge_value_is_never_fetched(
    redis_server: Any, redis: Any, proxy: Any, replica: Any
) -> None:
    one = await replica(proxy.url)
    name = await name_of(redis, "key")
    await redis.setrange(name, 64 * 2**20, b"\x00")
    passed = proxy.answered_bytes
    assert await one.tier.read("enso", "key") is None
    assert one.failures("read") == {"corrupt": 1}
    assert not await redis.exists(name)
    await redis.setrange(name, 64 * 2**20, b"\x00")
    assert isinstance(await one.tier.await_turn("enso", "key"), Lease)
    assert proxy.answered_bytes - passed < 2000
