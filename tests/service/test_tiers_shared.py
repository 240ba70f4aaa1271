"""Replicas that share a Redis draw each asset once, agree on it, and clear it together."""

import asyncio
import functools
import time
from urllib.parse import quote

import pytest

from cache.tiers import redis_tier


@pytest.fixture
def replicas(start, redis_server, monkeypatch):
    """A function that starts services on one Redis, or each on a URL of its own.

    This machine may be busy: their Redis has more time to answer than in production.
    """
    patient = functools.partial(redis_tier.RedisTier, limit_seconds=5.0)
    monkeypatch.setattr(redis_tier, "RedisTier", patient)

    async def started(*urls, **settings):
        return [
            await start(cache_tiers=("memory", "redis"), redis_url=url, **settings)
            for url in urls or [redis_server.url] * 3
        ]

    return started


async def ask_all(replicas, path, times=1):
    return await asyncio.gather(*(each.image(path) for _ in range(times) for each in replicas))


async def drained(replicas):
    """Wait until what the replicas had to write is written."""
    for each in replicas:
        for tier in each.service.cache._tiers._lower:
            await each.until(lambda tier=tier: not tier.report().queue_length)


def location(reply):
    return reply.headers["Content-Location"]


async def test_a_hundred_cold_requests_over_three_replicas_draw_once(replicas, studio):
    three = await replicas()
    replies = await ask_all(three, "/generate/dot?seed=1", 34)
    assert len(studio.drawn) == 1
    assert len({reply.body for reply in replies}) == 1
    counts = [(await each.stats())["caches"]["dot"] for each in three]
    assert sum(count["misses"] for count in counts) == 1
    assert sum(count["hits_by_tier"]["redis"] for count in counts) == 2
    assert sum(count["hits"] + count["misses"] + count["coalesced"] for count in counts) == 102


@pytest.mark.parametrize("width", ["", "&width=32"])
async def test_a_replica_joins_the_edition_of_another_format(replicas, width):
    first, second, _ = await replicas()
    png = await first.image(f"/generate/dot?format=png{width}")
    await drained([first])
    webp = await second.image(f"/generate/dot?format=webp{width}")
    assert location(webp).replace("webp", "png") == location(png)


async def test_replicas_agree_on_the_current_asset(replicas, studio):
    three = await replicas()
    replies = await ask_all(three, "/generate/dot", 5)
    assert len(studio.drawn) == 1
    assert len({(reply.body, location(reply), reply.headers["ETag"]) for reply in replies}) == 1
    # One that comes later, and one that comes from another format, as well.
    webp = {location(await each.image("/generate/dot?format=webp")) for each in three}
    (late,) = await replicas(three[0].service.settings.redis_url)
    assert location(await late.image("/generate/dot")) == location(replies[0])
    assert len(webp) == 1


async def test_a_clear_on_one_replica_clears_all(replicas):
    three = await replicas()
    before = location((await ask_all(three, "/generate/dot"))[0])
    await drained(three)
    assert (await three[0].get("/cache/clear?asset_type=dot")).status == 200
    for each in three[1:]:
        await each.until(lambda each=each: each.service.cache.cache("dot").generation == 1)
    after = {location(reply) for reply in await ask_all(three, "/generate/dot")}
    assert len(after) == 1
    assert before not in after


@pytest.fixture
def with_disk(replicas, redis_server, start, tmp_path):
    """A function that starts a replica with a disk of its own, the same one for a name."""

    async def started(name, url=redis_server.url):
        return await start(
            cache_tiers=("memory", "disk", "redis"),
            redis_url=url,
            cache_disk_path=str(tmp_path / name),
        )

    return started


async def held_on_disk(with_disk, *paths):
    """Let a replica draw, ask often enough to be read back, and stop; return the locations."""
    stopped = await with_disk("other")
    for _ in range(3):
        locations = [location(await stopped.image(path)) for path in paths]
    await drained([stopped])
    await stopped.stop()
    return locations


async def test_a_replica_that_was_down_finds_nothing_on_its_disk_that_was_cleared_meanwhile(
    with_disk, studio
):
    clears = await with_disk("one")
    dot, leaf = await held_on_disk(with_disk, "/generate/dot", "/generate/leaf")
    assert (await clears.get("/cache/clear?asset_type=dot")).status == 200
    await drained([clears])
    current = location(await clears.image("/generate/dot"))
    assert current != dot
    await drained([clears])
    studio.drawn.clear()

    back = await with_disk("other")
    explained = (await back.get(f"/cache/explain?path={quote(dot, safe='')}")).json()
    assert explained["would"]["outcome"] == "miss"
    assert location(await back.image("/generate/dot")) == current
    assert location(await back.image("/generate/leaf")) == leaf, "it was not cleared"
    assert not studio.drawn
    assert back.service.cache.cache("dot").generation == 0, "its memory held nothing to clear"
    stats = (await back.stats())["caches"]
    assert stats["dot"]["clears"] == 0
    assert stats["dot"]["hits_by_tier"]["redis"] == 1
    assert stats["leaf"]["hits_by_tier"]["redis"] == 0


async def test_what_a_disk_was_given_after_a_clear_counts_at_every_start(with_disk, studio):
    clears = await with_disk("one")
    await held_on_disk(with_disk, "/generate/dot")
    assert (await clears.get("/cache/clear?asset_type=dot")).status == 200
    (drawn,) = await held_on_disk(with_disk, "/generate/dot")
    studio.drawn.clear()
    back = await with_disk("other")
    assert location(await back.image("/generate/dot")) == drawn
    assert (await back.stats())["caches"]["dot"]["hits_by_tier"]["redis"] == 0
    assert not studio.drawn


async def test_what_redis_holds_counts_whatever_the_clock_of_who_cleared_said(
    with_disk, redis_server, studio
):
    ahead = redis_tier.RedisTier(
        redis_server.url,
        stale_seconds=0,
        listener=lambda *_: None,
        on_clear=lambda _: None,
        wall_clock=lambda: time.time() + 3600,
    )
    await ahead.open()
    await ahead.clear("dot")
    await ahead.close()
    one = await with_disk("one")
    current = location(await one.image("/generate/dot"))
    await drained([one])
    studio.drawn.clear()
    assert location(await (await with_disk("other")).image("/generate/dot")) == current
    assert not studio.drawn


async def test_a_past_clear_is_followed_when_redis_is_reached_for_the_first_time_only_later(
    with_disk, proxy
):
    clears = await with_disk("one")
    (dot,) = await held_on_disk(with_disk, "/generate/dot?format=webp")
    assert (await clears.get("/cache/clear?asset_type=dot")).status == 200
    await proxy.refuse()
    back = await with_disk("other", proxy.url)
    await proxy.open()
    await back.until(lambda: all(tier.report().up for tier in back.service.cache._tiers._lower))
    assert location(await back.image("/generate/dot?format=webp")) != dot


async def test_nothing_from_before_a_clear_comes_back_whoever_builds_or_is_cut_off(
    replicas, redis_server, proxy, studio
):
    clears, builds, cut = three = await replicas(redis_server.url, redis_server.url, proxy.url)
    held = location((await ask_all(three, "/generate/dot"))[0])
    await drained(three)
    await proxy.refuse()
    studio.open.clear()
    drawn = len(studio.drawn)
    building = asyncio.create_task(builds.image("/generate/leaf"))
    await builds.until(lambda: len(studio.drawn) > drawn)
    assert (await clears.get("/cache/clear")).status == 200
    studio.open.set()
    built = location(await building)
    assert location(await cut.image("/generate/dot")) == held  # it cannot know
    await proxy.open()
    (tier,) = cut.service.cache._tiers._lower
    # An operation that fails tells the tier that its connections are gone.
    await cut.image("/generate/dot?seed=1")
    await cut.until(lambda: cut.service.cache.cache("dot").generation == 1)
    await cut.until(lambda: tier.report().up)
    await drained(three)
    for path, old in (("/generate/dot", held), ("/generate/leaf", built)):
        for _ in range(3):
            assert old not in {location(reply) for reply in await ask_all(three, path)}
    assert len({location(reply) for reply in await ask_all(three, "/generate/dot")}) == 1


async def test_who_hangs_up_while_redis_is_asked_leaves_no_lease_behind(replicas, proxy, studio):
    (running,) = await replicas(proxy.url)
    proxy.hang()
    request = asyncio.create_task(running.image("/generate/dot?seed=1"))
    await running.until(is_looking_below)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    proxy.restore()
    await proxy.cut()
    assert (await running.image("/generate/dot?seed=1")).status == 200
    assert len(studio.drawn) == 1


def is_looking_below():
    """Whether a lookup is under way that memory could not answer."""
    return any("_fly" in repr(each.get_coro()) for each in asyncio.all_tasks())
