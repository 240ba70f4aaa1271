"""Whatever tier answers, each lookup counts once, and `/cache/stats` and `/metrics` agree."""

import asyncio
import random
from collections import Counter

import pytest

ROUNDS = 3
REQUESTS = 150


@pytest.fixture
def everywhere(start, redis_server, tmp_path):
    """A function that starts a service on memory, disk and Redis, always the same ones."""

    async def started():
        return await start(
            cache_tiers=("memory", "disk", "redis"),
            cache_disk_path=str(tmp_path / "tier"),
            redis_url=redis_server.url,
            cache_size=8,
            cache_stale_seconds=5,
            cache_ttls={"leaf": 3.0},
        )

    return started


async def load(running, chance, clock):
    """Send requests of all kinds, some at once; return how many images of each type came."""
    images = Counter()

    async def image(name):
        query = chance.choice(["", f"?seed={chance.randrange(20)}", "?format=webp", "?width=32"])
        headers = {"Cache-Control": "no-cache"} if chance.random() < 0.05 else {}
        reply = await running.image(f"/generate/{name}{query}", headers)
        assert "NanoBanana; " in reply.headers["Cache-Status"]
        images[name] += 1

    while images.total() < REQUESTS:
        names = chance.choices(["dot", "leaf"], k=chance.choice([1, 1, 4]))
        await asyncio.gather(*map(image, names))
        if chance.random() < 0.05:
            await running.get(f"/cache/clear?asset_type={chance.choice(names)}")
        if chance.random() < 0.2:
            clock.advance(1.0)
    return images


@pytest.mark.parametrize("seed", range(3))
async def test_the_identities_hold_over_all_tiers_and_restarts(everywhere, clock, seed):
    chance = random.Random(seed)
    tiers = Counter()
    for _ in range(ROUNDS):
        running = await everywhere()
        images = await load(running, chance, clock)
        stats, metrics = (await running.stats())["caches"], await running.metrics()
        for name, count in images.items():
            check_identities(stats[name], metrics, name, count)
            tiers.update(stats[name]["hits_by_tier"])
        await running.stop()
    assert tiers["memory"]
    assert tiers["disk"]


def check_identities(cache, metrics, name, count):
    mine = {"asset_type": name}
    by_tier = cache["hits_by_tier"]
    assert cache["hits"] == sum(by_tier.values()) == metrics.total("cache_hits_total", **mine)
    for tier, hits in by_tier.items():
        assert hits == metrics.total("cache_hits_total", tier=tier, **mine)
    assert cache["misses"] == sum(cache["miss_reasons"].values())
    for reason, misses in cache["miss_reasons"].items():
        assert misses == metrics.total("cache_misses_total", reason=reason, **mine)
    lookups = cache["hits"] + cache["misses"] + cache["coalesced"] + cache["stale"]
    assert lookups == count
    for field in ("coalesced", "stale", "clears"):
        assert cache[field] == metrics.total(f"cache_{field}_total", **mine)


async def test_the_size_of_raw_pictures_stands_beside_what_is_held(everywhere):
    running = await everywhere()
    png = await running.image("/generate/dot?seed=1")
    await running.image("/generate/dot?seed=1&width=32")
    await running.image("/generate/leaf?seed=1")
    stats = await running.stats()
    assert stats["caches"]["dot"]["raw_bytes"] == 64 * 48 * 3 + 32 * 24 * 3
    assert stats["caches"]["leaf"]["raw_bytes"] == 32 * 32 * 4
    assert stats["raw_bytes"] == 64 * 48 * 3 + 32 * 24 * 3 + 32 * 32 * 4
    assert stats["caches"]["dot"]["memory_bytes"] > len(png.body)
    await running.get("/cache/clear")
    assert (await running.stats())["raw_bytes"] == 0
