"""Assets outlive a restart on disk, are shared through Redis, and are checked before they serve."""

import asyncio
import json
import math
import time
from urllib.parse import quote

import pytest

from cache import Built, Outcome, Tier, make_key
from cache.tiers import Envelope, TierReport
from service.tiers import TierWatch


@pytest.fixture
def on_disk(start, tmp_path):
    """A function that starts a service whose assets are kept on disk, always the same one."""

    async def started(**settings):
        defaults = {"cache_tiers": ("memory", "disk"), "cache_disk_path": str(tmp_path / "tier")}
        return await start(**{**defaults, **settings})

    return started


def seed_of(reply):
    return int(reply.headers["Content-Location"].split("seed=")[1].split("&")[0])


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
    assert seed_of(webp) == seed_of(png)


@pytest.mark.parametrize("width", ["", "&width=32"])
async def test_a_restart_begins_no_edition_for_another_format(on_disk, studio, width):
    first = await on_disk()
    png = await first.image(f"/generate/dot?format=png{width}")
    await first.stop()
    studio.drawn.clear()

    second = await on_disk()
    webp = await second.image(f"/generate/dot?format=webp{width}")
    assert seed_of(webp) == seed_of(png)
    again = await second.image(f"/generate/dot?format=png{width}")
    assert again.body == png.body
    assert again.headers["Cache-Status"].endswith("detail=disk")
    assert len(studio.drawn) == 1


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


def rewritten(codec, asset, **facts):
    """Return what the codec writes of an asset, with other facts of it."""
    whole, image = codec.encode(asset), asset.drawing.body
    changed = json.loads(whole[4 : len(whole) - len(image)]) | facts
    claimed = json.dumps(changed).encode()
    return len(claimed).to_bytes(4) + claimed + image


@pytest.fixture
async def placed(on_disk):
    """A service, and a function that puts what may be false under a path it has drawn before."""
    running = await on_disk()
    path = "/generate/dot?seed=1&width=32"
    await running.image(path)
    cache = running.service.cache
    (entry,) = cache.cache("dot")._entries.values()
    codec = cache._tiers._codec
    (disk,) = cache._tiers._lower

    async def place(ttl=60.0, cost=0.1, **facts):
        cache.cache("dot").clear()
        now = time.time()
        body = rewritten(codec, entry.value, **facts)
        disk.write(Envelope("dot", entry.key, now, now + ttl, cost, body))
        await written(disk)
        return path

    return running, place


CLAIMS = [
    {"drawn_at": 1e18},
    {"fresh_from": 1e12},
    {"lifetime_seconds": 1e300},
    {"render_seconds": 1e300},
    {"encode_seconds": 1e10},
    {"ttl": math.inf},
    {"ttl": 1e9},
    {"cost": 1.7e308},
    {"cost": 1.7e308},
    {"cost": 86_401.0},
]


async def test_claims_beyond_all_reason_are_corrupt(placed):
    running, place = placed
    for claim in CLAIMS:
        path = await place(**claim)
        asked = await running.get(f"/cache/explain?path={quote(path, safe='')}")
        assert asked.json()["would"]["outcome"] == "miss", claim
        assert asked.json()["tiers"] == [], claim
        assert "fwd=miss" in (await running.image(path)).headers["Cache-Status"], claim
        (disk,) = running.service.cache._tiers._lower
        await written(disk)
        assert "fwd=miss" not in (await running.image(path)).headers["Cache-Status"]
    assert (await running.stats())["caches"]["dot"]["saved_seconds"] < 60
    failures = (await running.metrics()).total("cache_tier_failures_total", reason="corrupt")
    assert failures == len(CLAIMS)


async def test_what_a_clock_ahead_of_ours_dated_has_no_negative_age(placed):
    running, place = placed
    path = await place(fresh_from=time.time() + 30)
    replies = [await running.image(path) for _ in range(2)]
    assert [reply.detail for reply in replies] == ["disk", None]
    assert [reply.headers["Age"] for reply in replies] == ["0", "0"]


async def test_what_is_superseded_is_explained_as_the_miss_that_it_is(on_disk):
    running = await on_disk(cache_size=1)
    await running.image("/generate/dot")
    cache = running.service.cache
    (entry,) = cache.cache("dot")._entries.values()
    body = cache._tiers._codec.encode(entry.value)
    await running.image("/generate/dot", {"Cache-Control": "no-cache"})
    await running.image("/generate/dot?seed=1")  # and so memory has no room for it
    (disk,) = cache._tiers._lower
    await written(disk)
    explained = (await running.get("/cache/explain?path=/generate/dot")).json()
    assert explained["would"]["tier"] == "disk"
    now = time.time()
    disk.write(Envelope("dot", entry.key, now, now + 60, 0.1, body))
    await written(disk)
    explained = (await running.get("/cache/explain?path=/generate/dot")).json()
    assert (explained["would"]["outcome"], explained["tiers"]) == ("miss", [])
    assert "fwd=miss" in (await running.image("/generate/dot")).headers["Cache-Status"]


async def test_explaining_what_is_on_disk_does_not_make_it_the_current_asset(on_disk):
    first = await on_disk()
    await first.image("/generate/dot")
    await first.stop()
    second = await on_disk()
    for _ in range(2):
        explained = (await second.get("/cache/explain?path=/generate/dot")).json()
        assert explained["would"]["tier"] == "disk"
    assert not second.service.cache._tiers._codec._editions._current


async def test_who_waited_for_a_tier_is_told_of_no_drawing(on_disk, monkeypatch):
    first = await on_disk()
    await first.image("/generate/dot?seed=1")
    await first.stop()
    second = await on_disk()
    (disk,) = second.service.cache._tiers._lower
    read, go_on = disk.read, asyncio.Event()

    async def held_up(asset_type, key):
        await go_on.wait()
        return await read(asset_type, key)

    monkeypatch.setattr(disk, "read", held_up)
    requests = [asyncio.create_task(second.image("/generate/dot?seed=1")) for _ in range(3)]
    await second.until(lambda: second.service.exchanges.in_progress == 3)
    go_on.set()
    replies = await asyncio.gather(*requests)
    assert {reply.detail for reply in replies} == {"disk"}
    timings = sorted(reply.headers["Server-Timing"] for reply in replies)
    assert timings == ["cache;desc=coalesced"] * 2 + ["cache;desc=hit"]


async def written(tier):
    """Wait until a tier has written what it was given."""
    async with asyncio.timeout(20):
        while tier.report().queue_length:  # noqa: ASYNC110 - the writer is a thread
            await asyncio.sleep(0.005)


async def test_what_functions_of_this_process_return_is_no_failure_of_the_disk(on_disk):
    running = await on_disk()
    cache = running.service.cache
    fetched = await cache.fetch_async("nebula", make_key("nebula"), make_a_nebula)
    assert (fetched.value, fetched.outcome) == ("nebula", Outcome.MISS)
    assert (
        await cache.fetch_async("nebula", make_key("nebula"), make_a_nebula)
    ).outcome is Outcome.HIT
    await running.image("/generate/dot?seed=1")
    (report,) = cache.tier_reports()
    assert not any(report.failures.values())


async def make_a_nebula():
    return Built("nebula")


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


def test_a_tier_that_goes_down_is_told_once_until_it_is_back(caplog):
    caplog.set_level("INFO")
    up = {Tier.DISK: True, Tier.REDIS: False}
    watch = TierWatch(lambda: [TierReport(tier, each, 0, {}, {}) for tier, each in up.items()])
    watch.look()
    watch.look()
    up.update({Tier.DISK: False, Tier.REDIS: True})
    watch.look()
    assert [record.getMessage() for record in caplog.records] == [
        "the redis tier is down: requests go on without it",
        "the disk tier is down: requests go on without it",
        "the redis tier is up again",
    ]
