"""Assets outlive a restart on disk, are shared through Redis, and are checked before they serve."""

import asyncio

import pytest

from cache import Tier
from cache.tiers import Envelope


@pytest.fixture
def on_disk(start, tmp_path):
    """A function that starts a service whose assets are kept on disk, always the same one."""

    async def started(**settings):
        defaults = {"cache_tiers": ("memory", "disk"), "cache_disk_path": str(tmp_path / "tier")}
        return await start(**{**defaults, **settings})

    return started


async def test_a_restart_generates_nothing_anew(on_disk, studio):
    first = await on_disk(cache_size=500)
    paths = [f"/generate/dot?seed={seed}" for seed in range(500)]
    bodies = [(await first.image(path)).body for path in paths]
    await first.stop()
    studio.drawn.clear()

    second = await on_disk(cache_size=500)
    for path, body in zip(paths, bodies, strict=True):
        reply = await second.image(path)
        assert reply.body == body
        assert reply.headers["Cache-Status"].endswith("detail=disk")
    assert not studio.drawn
    metrics = await second.metrics()
    assert metrics.total("cache_hits_total", asset_type="dot", tier="disk") == 500
    assert metrics.total("cache_misses_total") == 0
    assert metrics.total("cache_entries", asset_type="dot", tier="disk") == 500
    for path in paths[:10]:
        assert "detail" not in (await second.image(path)).headers["Cache-Status"]
    stats = (await second.stats())["caches"]["dot"]
    assert stats["hits"] == 510
    assert stats["hits_by_tier"] == {"memory": 10, "disk": 500, "redis": 0}


async def test_the_current_asset_outlives_a_restart_in_every_format(on_disk, studio):
    first = await on_disk()
    png = await first.image("/generate/dot")
    await first.stop()
    studio.drawn.clear()

    second = await on_disk()
    again = await second.image("/generate/dot")
    assert again.body == png.body
    assert again.headers["Content-Location"] == png.headers["Content-Location"]
    assert again.headers["ETag"] == png.headers["ETag"]
    assert not studio.drawn
    webp = await second.image("/generate/dot?format=webp")
    seed = png.headers["Content-Location"].split("seed=")[1].split("&")[0]
    assert f"seed={seed}&" in webp.headers["Content-Location"]


async def test_what_expired_meanwhile_is_drawn_anew(on_disk, clock):
    first = await on_disk(cache_ttls={"dot": 0.2})
    await first.image("/generate/dot?seed=1")
    await first.stop()
    await asyncio.sleep(0.25)  # files know the wall clock alone
    second = await on_disk()
    assert "fwd=miss" in (await second.image("/generate/dot?seed=1")).headers["Cache-Status"]


async def test_a_clear_reaches_the_disk(on_disk, studio):
    first = await on_disk()
    await first.image("/generate/dot?seed=1")
    assert (await first.get("/cache/clear?asset_type=dot")).status == 200
    reply = await first.image("/generate/dot?seed=1")
    assert "detail=cleared" in reply.headers["Cache-Status"]
    assert (await first.get("/cache/clear")).status == 200
    await first.stop()
    second = await on_disk()
    assert "fwd=miss" in (await second.image("/generate/dot?seed=1")).headers["Cache-Status"]
    assert len(studio.drawn) == 1


async def test_a_bypass_replaces_what_other_formats_hold_on_disk(on_disk):
    running = await on_disk()
    await running.image("/generate/dot?format=webp")
    anew = await running.image("/generate/dot", {"Cache-Control": "no-cache"})
    webp = await running.image("/generate/dot?format=webp")
    seed = anew.headers["Content-Location"].split("seed=")[1].split("&")[0]
    assert f"seed={seed}&" in webp.headers["Content-Location"]


async def test_an_image_of_other_dimensions_is_not_served(on_disk, tmp_path):
    first = await on_disk()
    await first.image("/generate/dot?seed=1&width=32")
    cache = first.service.cache
    (entry,) = cache.cache("dot")._entries.values()
    codec = cache._tiers._codec
    whole = codec.encode(entry.value)
    wide = (await first.image("/generate/dot?seed=1&width=48")).body
    facts = whole[: len(whole) - len(entry.value.drawing.body)]
    (disk,) = cache._tiers._lower
    now = cache._tiers._wall_clock()
    for body in (facts + wide, facts + b"GIF89a not ours", b"\x80\x04K\x01.", facts[:20], b""):
        cache.cache("dot").clear()
        disk.write(Envelope("dot", entry.key, now, now + 60, 0.1, body))
        await written(disk)
        reply = await first.image("/generate/dot?seed=1&width=32")
        assert "fwd=miss" in reply.headers["Cache-Status"]
        assert reply.body == entry.value.drawing.body
        await written(disk)
    failures = (await first.metrics()).total(
        "cache_tier_failures_total", tier="disk", operation="read", reason="corrupt"
    )
    assert failures == 5


async def written(tier):
    """Wait until a tier has written what it was given."""
    async with asyncio.timeout(20):
        while tier.report().queue_length:  # noqa: ASYNC110 - the writer is a thread
            await asyncio.sleep(0.005)


async def test_tiers_are_shown(on_disk):
    running = await on_disk()
    await running.image("/generate/dot?seed=1")
    (disk,) = running.service.cache._tiers._lower
    await written(disk)
    assert (await running.get("/ready")).json()["tiers"] == {"disk": "up"}
    await running.until(lambda: "dot" in disk.report().holdings)
    shown = (await running.stats())["tiers"]["disk"]
    assert shown["up"] is True
    assert shown["entries"] == {"dot": 1}
    metrics = await running.metrics()
    assert metrics.total("cache_tier_up", tier="disk") == 1
    assert metrics.total("cache_tier_queue_length", tier="disk") == 0
    assert metrics.by("cache_tier_operation_duration_seconds_count", "operation")["read"] == 1


async def test_no_lower_tier_is_shown_where_there_is_none(running):
    assert (await running.get("/ready")).json()["tiers"] == {}
    assert (await running.stats())["tiers"] == {}
    metrics = await running.metrics()
    assert metrics.by("cache_hits_total", "tier") == dict.fromkeys(Tier, 0)
    assert metrics.by("cache_tier_up", "tier") == {}


async def test_what_was_asked_for_again_is_read_back_into_memory(on_disk, studio):
    first = await on_disk()
    for seed in range(20):
        await first.image(f"/generate/dot?seed={seed}")
    for seed in (3, 5, 5):
        await first.image(f"/generate/dot?seed={seed}")
    await first.stop()
    studio.drawn.clear()

    second = await on_disk()
    assert (await second.stats())["caches"]["dot"]["size"] == 2
    hits = {seed: await second.image(f"/generate/dot?seed={seed}") for seed in (3, 4, 5)}
    assert [reply.detail for reply in hits.values()] == [None, "disk", None]
    assert all("; hit" in reply.headers["Cache-Status"] for reply in hits.values())
    assert not studio.drawn
