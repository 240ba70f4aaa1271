"""The service tells of each type what its traffic calls for, and of each URL what it knows."""

import asyncio
from urllib.parse import quote

import pytest


async def explained(running, path):
    reply = await running.get(f"/cache/explain?path={quote(path, safe='')}")
    assert reply.status == 200, reply.body
    return reply.json()


async def analysed(running, asset_type="dot"):
    return (await running.get("/cache/analytics")).json()["analytics"][asset_type]


async def test_a_url_is_explained_before_and_after_it_is_drawn(running, studio, clock):
    path = "/generate/dot?seed=1"
    before = await explained(running, path)
    assert before["would"] == {"outcome": "miss", "tier": None, "reason": "cold"}
    assert before["tiers"] == []
    assert not studio.drawn
    await running.image(path)
    await running.image(path)
    clock.now += 10
    after = await explained(running, path)
    assert after["would"] == {"outcome": "hit", "tier": "memory", "reason": None}
    assert after["last_miss_reason"] == "cold"
    assert (after["age_seconds"], after["ttl_seconds"], after["hits"]) == (10, 3590, 1)
    assert after["key"] == before["key"]
    assert after["tiers"] == ["memory"]
    clock.now += 3600
    assert (await explained(running, path))["would"]["reason"] == "expired"


async def test_explaining_counts_nothing_and_touches_nothing(start):
    running = await start(cache_size=2)
    for seed in (1, 2):
        await running.image(f"/generate/dot?seed={seed}")
    before = await running.stats()
    await explained(running, "/generate/dot?seed=1")
    await explained(running, "/generate/dot?seed=9")
    assert await running.stats() == before
    await running.image("/generate/dot?seed=3")
    assert (await explained(running, "/generate/dot?seed=1"))["would"]["reason"] == "evicted"


async def test_it_says_why_what_is_held_had_to_be_drawn(running):
    path = "/generate/dot?seed=1"
    await running.image(path)
    await running.get("/cache/clear")
    assert (await explained(running, path))["would"]["reason"] == "cleared"
    await running.image(path)
    assert (await explained(running, path))["last_miss_reason"] == "cleared"


async def test_a_build_under_way_would_be_joined(running, studio):
    studio.open.clear()
    path = "/generate/dot?seed=1"
    drawing = asyncio.create_task(running.image(path))
    await running.until(lambda: running.service.workers.report().in_progress.get("dot"))
    assert (await explained(running, path))["would"]["outcome"] == "coalesce"
    studio.open.set()
    await drawing


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/generate/nothing", "path"),
        ("/health", "path"),
        ("generate/dot", "path"),
        ("", "path"),
        ("/generate/dot?seed=x", "seed"),
        ("/generate/dot?wrong=1", "wrong"),
        ("/generate/directed/enso", "prompt"),
    ],
)
async def test_what_cannot_be_explained_is_named(running, path, named):
    reply = await running.get(f"/cache/explain?path={quote(path, safe='')}")
    assert reply.status == 400
    assert named in {each["name"] for each in reply.json()["errors"]}


async def test_a_url_must_be_given(running):
    for query in ("", "?path=/generate/dot&width=32", "?url=/generate/dot"):
        assert (await running.get(f"/cache/explain{query}")).status == 400


async def test_every_type_is_analysed_from_the_start(running):
    reply = await running.get("/cache/analytics")
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    analytics = reply.json()["analytics"]
    assert set(analytics) == {spec.name for spec in running.service.specs}
    dot = analytics["dot"]
    assert dot["diagnosis"] == "low-volume"
    assert dot["recommendations"] == []
    assert set(dot["predicted_hit_ratio"]["capacity"]) == {
        "0.25x", "0.5x", "1x", "2x", "4x", "8x"
    }  # fmt: skip
    assert set(dot["predicted_hit_ratio"]["ttl"]) == {"0.5x", "1x", "2x", "4x"}


async def test_a_cache_that_is_too_small_says_so_and_the_cure_works(start):
    running = await start(cache_size=20)

    async def looped():
        for _ in range(5):
            for seed in range(60):
                await running.image(f"/generate/dot?seed={seed}")

    await looped()
    sick = await analysed(running)
    assert sick["diagnosis"] == "too-small"
    assert sick["hit_ratio"] == 0
    (advice,) = sick["recommendations"]
    assert advice["setting"] == "CACHE_SIZE_DOT"
    assert advice["from"] == 20
    assert advice["to"] >= 60
    metrics = await running.metrics()
    gauge = "cache_recommended_capacity_entries"
    assert metrics.total(gauge, asset_type="dot") == advice["to"]
    assert metrics.total("cache_predicted_hit_ratio", asset_type="dot", capacity="4x") > 0.75
    assert metrics.total("cache_working_set_entries", asset_type="dot") == 60

    cured = await start(cache_sizes={"dot": advice["to"]})
    running = cured
    await looped()
    well = await analysed(running)
    assert well["diagnosis"] == "healthy"
    assert well["hit_ratio"] == pytest.approx(advice["predicted_hit_ratio"], abs=0.03)


async def test_ttls_follow_their_use_when_they_may(start, clock, caplog):
    running = await start(cache_adaptive_ttl=True, cache_ttls={"dot": 60})
    study = running.service.study
    for _ in range(40):
        for seed in range(20):
            await running.image(f"/generate/dot?seed={seed}")
        clock.now += 70
        study.analyses()
    caplog.set_level("INFO")
    for _ in range(40):
        study.adapt(study.analyses())
    metrics = await running.metrics()
    assert 66 <= metrics.total("cache_ttl_seconds", asset_type="dot") <= 240
    assert "TTL of dot: 240 s, was 228 s" in caplog.text


async def test_what_was_recorded_last_is_written_at_a_stop(start, tmp_path):
    path = tmp_path / "trace.csv"
    running = await start(cache_trace_path=str(path))
    for seed in range(40):
        await running.image(f"/generate/dot?seed={seed}")
    await running.stop()
    assert path.read_text().count("\n") == 41


async def test_lookups_are_recorded_as_a_trace(start, tmp_path):
    path = tmp_path / "trace.csv"
    running = await start(cache_trace_path=str(path))
    for seed in (1, 2, 1):
        await running.image(f"/generate/dot?seed={seed}")
    await running.until(lambda: path.exists() and path.read_text().count("\n") == 4)
    header, *rows = path.read_text().splitlines()
    assert header == "timestamp,asset_type,key,cost_ms,bytes"
    fields = [row.split(",") for row in rows]
    assert [each[1] for each in fields] == ["dot"] * 3
    assert fields[0][2] == fields[2][2] != fields[1][2]
    assert all(float(each[3]) >= 0 and int(each[4]) > 0 for each in fields)
