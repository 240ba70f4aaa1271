"""Each lookup is one of hit, miss, coalesced and stale; Cache-Status, stats and metrics agree."""

import asyncio
import random
from collections import Counter

import pytest

STATS_FIELDS = {
    "total_hits",
    "total_misses",
    "total_evictions",
    "total_expired",
    "total_set",
    "total_size",
    "overall_hit_rate",
    "caches",
}
TYPE_FIELDS = {
    "hits",
    "misses",
    "evictions",
    "expired",
    "total_set",
    "size",
    "max_size",
    "default_ttl",
    "hit_rate",
}


def check_agreement(stats, metrics):
    """Hold one pair of `/cache/stats` and `/metrics` of a quiet service to the identities."""
    for name, cache in stats["caches"].items():
        mine = {"asset_type": name}
        assert cache["hits"] == metrics.total("cache_hits_total", **mine)
        assert cache["misses"] == metrics.total("cache_misses_total", **mine)
        assert cache["misses"] == sum(cache["miss_reasons"].values())
        for reason, count in cache["miss_reasons"].items():
            assert count == metrics.total("cache_misses_total", reason=reason, **mine)
        assert cache["coalesced"] == metrics.total("cache_coalesced_total", **mine)
        assert cache["stale"] == metrics.total("cache_stale_total", **mine)
        assert cache["evictions"] == metrics.total("cache_evictions_total", **mine)
        assert cache["expired"] == metrics.total("cache_expirations_total", **mine)
        assert cache["total_set"] == metrics.total("cache_sets_total", **mine)
        assert cache["size"] == metrics.total("cache_entries", **mine)
        assert cache["memory_bytes"] == metrics.total("cache_estimated_memory_bytes", **mine)
        assert cache["max_size"] == metrics.total("cache_capacity_entries", **mine)
        assert cache["default_ttl"] == metrics.total("cache_ttl_seconds", **mine)
        asked = cache["hits"] + cache["misses"]
        assert cache["hit_rate"] == (round(cache["hits"] / asked, 3) if asked else 0)
        assert cache["size"] <= cache["max_size"]
    for total, field in (
        ("total_hits", "hits"),
        ("total_misses", "misses"),
        ("total_evictions", "evictions"),
        ("total_expired", "expired"),
        ("total_set", "total_set"),
        ("total_size", "size"),
    ):
        assert stats[total] == sum(cache[field] for cache in stats["caches"].values())


def lookups(stats, name):
    cache = stats["caches"][name]
    return cache["hits"] + cache["misses"] + cache["coalesced"] + cache["stale"]


# Statistics


async def test_all_six_types_are_listed_from_the_start_with_the_exact_fields(real):
    reply = await real.get("/cache/stats")
    document = reply.json()
    assert document["status"] == "success"
    assert document["timestamp"].endswith("Z")
    stats = document["cache_stats"]
    assert stats.keys() >= STATS_FIELDS
    sizes = {name: cache["max_size"] for name, cache in stats["caches"].items()}
    ttls = {name: cache["default_ttl"] for name, cache in stats["caches"].items()}
    six = ("parchment", "enso", "sigil", "giraffe", "kangaroo", "directed_enso")
    assert sizes == {**dict.fromkeys(six, 100), "parchment": 50, "directed_enso": 200}
    assert ttls == {**dict.fromkeys(six, 3600), "directed_enso": 1800}
    for cache in stats["caches"].values():
        assert cache.keys() >= TYPE_FIELDS
        assert {cache[name] for name in TYPE_FIELDS - {"max_size", "default_ttl"}} == {0}
    assert {stats[name] for name in STATS_FIELDS - {"caches"}} == {0}
    check_agreement(stats, await real.metrics())


async def test_the_hit_rate_has_three_places(running):
    for _ in range(3):
        await running.image("/generate/dot")
    stats = await running.stats()
    assert stats["caches"]["dot"]["hit_rate"] == stats["overall_hit_rate"] == 0.667
    assert stats["caches"]["leaf"]["hit_rate"] == 0


async def test_sizes_and_ttls_of_the_settings_are_in_force(start, clock):
    running = await start(cache_size=3, cache_sizes={"leaf": 1}, cache_ttls={"dot": 10.0})
    stats = (await running.stats())["caches"]
    assert [stats[name]["max_size"] for name in ("dot", "leaf", "directed_enso")] == [3, 1, 200]
    assert (await running.image("/generate/dot")).headers["Cache-Control"] == "public, max-age=10"
    clock.advance(10)
    assert (await running.image("/generate/dot")).detail == "expired"


async def test_a_hit_counts_what_it_saved_and_served(running):
    reply = await running.image("/generate/dot")
    for _ in range(2):
        await running.image("/generate/dot")
    metrics = await running.metrics()
    assert metrics.total("cache_served_bytes_total", asset_type="dot") == 2 * len(reply.body)
    assert metrics.total("cache_saved_seconds_total", asset_type="dot") > 0
    assert metrics.total("cache_hit_age_seconds_count", asset_type="dot") == 2


# What Cache-Status says of each


async def test_every_miss_tells_its_reason(start, clock):
    running = await start(cache_sizes={"dot": 1})
    path = "/generate/dot?seed=1"

    async def reason():
        reply = await running.image(path)
        assert reply.headers["Cache-Status"] == (
            f"NanoBanana; fwd=miss; detail={reply.detail}; stored"
        )
        return reply.detail

    assert await reason() == "cold"
    clock.advance(3600)
    assert await reason() == "expired"
    await running.get("/cache/clear?asset_type=dot")
    assert await reason() == "cleared"
    await running.image("/generate/dot?seed=2")
    assert await reason() == "evicted"
    bypassed = await running.image(path, {"Cache-Control": "no-cache"})
    assert bypassed.headers["Cache-Status"] == "NanoBanana; fwd=request; detail=bypassed; stored"
    hit = await running.image(path)
    assert hit.headers["Cache-Status"] == "NanoBanana; hit; ttl=3600"
    stats = await running.stats()
    assert stats["caches"]["dot"]["miss_reasons"] == {
        "cold": 2,
        "expired": 1,
        "evicted": 1,
        "cleared": 1,
        "bypassed": 1,
    }
    check_agreement(stats, await running.metrics())


async def test_what_is_not_kept_is_not_said_to_be_stored(start):
    running = await start(cache_sizes={"dot": 0})
    for detail in ("cold", "evicted"):
        reply = await running.image("/generate/dot")
        assert reply.headers["Cache-Status"] == f"NanoBanana; fwd=miss; detail={detail}"


async def test_an_image_heavier_than_the_whole_budget_is_served_and_not_kept(start):
    running = await start(cache_max_memory_mb=0.0001)
    for _ in range(2):
        reply = await running.image("/generate/dot?width=400")
        assert len(reply.body) > 105
        assert not reply.headers["Cache-Status"].endswith("stored")
    assert (await running.stats())["total_size"] == 0


async def test_sixteen_cold_requests_cost_one_drawing(running, studio):
    studio.open.clear()
    requests = [asyncio.create_task(running.image("/generate/dot")) for _ in range(16)]
    await running.until(lambda: running.service.exchanges.in_progress == 16)
    studio.open.set()
    replies = await asyncio.gather(*requests)
    assert len({reply.body for reply in replies}) == 1
    assert len(studio.drawn) == 1
    statuses = sorted(reply.headers["Cache-Status"] for reply in replies)
    assert statuses == [
        *["NanoBanana; fwd=miss; detail=cold; collapsed; stored"] * 15,
        "NanoBanana; fwd=miss; detail=cold; stored",
    ]
    timings = [reply.headers["Server-Timing"].partition(",")[0] for reply in replies]
    assert sorted(timings) == [*["cache;desc=coalesced"] * 15, "cache;desc=miss"]
    cache = (await running.stats())["caches"]["dot"]
    assert (cache["hits"], cache["misses"], cache["coalesced"]) == (0, 1, 15)
    metrics = await running.metrics()
    assert metrics.total("generations_total", asset_type="dot", outcome="ok") == 1
    labels = metrics.by("http_request_duration_seconds_count", "cache")
    assert (labels["miss"], labels["coalesced"]) == (1, 15)


async def test_a_stale_image_is_served_while_it_is_drawn_anew(start, studio, clock):
    running = await start(cache_stale_seconds=60)
    first = await running.image("/generate/dot")
    clock.advance(3610)
    studio.open.clear()
    stale = await running.image("/generate/dot")
    assert stale.body == first.body
    assert stale.headers["Cache-Status"] == "NanoBanana; hit; ttl=-10; detail=expired"
    assert stale.headers["Age"] == "3610"
    assert stale.headers["Server-Timing"] == "cache;desc=stale"
    studio.open.set()
    await running.until(lambda: running.service.cache.report()["dot"].counts.sets == 2)
    fresh = await running.image("/generate/dot")
    assert fresh.body != first.body
    assert fresh.headers["Cache-Status"].startswith("NanoBanana; hit; ttl=3600")
    assert (await running.metrics()).total("cache_stale_total", asset_type="dot") == 1


async def test_a_stale_image_is_gone_after_its_window(start, clock):
    running = await start(cache_stale_seconds=60)
    await running.image("/generate/dot")
    clock.advance(3660)
    assert (await running.image("/generate/dot")).detail == "expired"


# The identities


async def test_without_cache_metrics_nothing_else_changes(start):
    running = await start(cache_metrics=False)
    etag = (await running.image("/generate/dot?seed=1")).headers["ETag"]
    await running.image("/generate/dot?seed=1")
    assert (await running.get("/generate/dot?seed=1", {"If-None-Match": etag})).status == 304
    text = (await running.get("/metrics")).body.decode()
    assert "nanobanana_cache_" not in text
    assert "nanobanana_generations_total" in text
    assert "nanobanana_http_requests_total" in text
    cache = (await running.stats())["caches"]["dot"]
    assert (cache["hits"], cache["misses"], cache["size"]) == (1, 1, 1)


class Load:
    """Random requests for two types, and what their senders saw of them."""

    def __init__(self, running, seed):
        self.running = running
        self.random = random.Random(seed)
        self.asked = Counter()
        self.answered = Counter()
        self.given_up = 0
        self.seen = Counter()

    async def ask(self):
        name = self.random.choice(("dot", "dot", "leaf"))
        seed = f"&seed={self.random.randrange(12)}" if self.random.random() < 0.7 else ""
        path = f"/generate/{name}?format={self.random.choice(('png', 'webp'))}{seed}"
        headers = {"Cache-Control": "no-cache"} if self.random.random() < 0.05 else {}
        self.asked[name] += 1
        if self.random.random() < 0.1:
            self.given_up += 1
            request = asyncio.ensure_future(self.running.get(path, headers))
            await self.running.until(lambda: self.running.service.exchanges.in_progress)
            request.cancel()
            return
        reply = await self.running.get(path, headers)
        self.answered[name] += 1
        self.seen[reply.status] += 1
        status = reply.headers.get("Cache-Status", "")
        self.seen["hit"] += "; hit" in status and "detail" not in status
        self.seen["stale"] += "; hit" in status and "detail=expired" in status
        self.seen["coalesced"] += "; collapsed" in status
        self.seen["miss"] += "; fwd=" in status and "; collapsed" not in status

    async def rest(self):
        """Wait until nothing is under way, refreshes behind answers included."""

        def is_resting():
            pool = self.running.service.workers.report()
            return not (self.running.service.exchanges.in_progress or pool.busy or pool.queued)

        await self.running.until(is_resting)
        await asyncio.sleep(0)

    async def check(self):
        """Hold the service to what was asked and seen; return its statistics."""
        stats = await self.running.stats()
        metrics = await self.running.metrics()
        check_agreement(stats, metrics)
        for name, asked in self.asked.items():
            # What was given up may not have come as far as the cache.
            assert self.answered[name] <= lookups(stats, name) <= asked
        labels = metrics.by("http_request_duration_seconds_count", "cache")
        caches = stats["caches"].values()
        for label, field in (
            ("hit", "hits"),
            ("stale", "stale"),
            ("coalesced", "coalesced"),
            ("miss", "misses"),
        ):
            assert self.seen[label] <= labels[label] <= self.seen[label] + self.given_up
            assert labels[label] <= sum(cache[field] for cache in caches)
        return stats


@pytest.mark.parametrize("stale_seconds", [0, 30])
async def test_the_identities_hold_at_every_scrape_of_a_random_load(
    start, studio, clock, stale_seconds
):
    running = await start(
        cache_sizes={"dot": 5, "leaf": 2},
        cache_ttls={"dot": 60.0},
        cache_stale_seconds=stale_seconds,
        generation_queue_max=8,
    )
    load = Load(running, stale_seconds)
    for number in range(12):
        studio.failure = ValueError("now and then") if number % 4 == 3 else None
        await asyncio.gather(*(load.ask() for _ in range(20)))
        await load.rest()
        stats = await load.check()
        if number % 5 == 4:
            await running.get("/cache/clear")
        clock.advance((0, 5, 70)[number % 3])
    assert load.seen[500] > 0
    assert all(load.seen[label] > 0 for label in ("hit", "miss", "coalesced"))
    assert (load.seen["stale"] > 0) == (stale_seconds > 0)
    dot = stats["caches"]["dot"]
    assert dot["evictions"] > 0
    assert dot["expired"] > 0
    assert all(dot["miss_reasons"][reason] for reason in ("cold", "cleared", "bypassed"))
