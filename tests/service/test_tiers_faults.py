"""A tier that fails costs a request at most its limit, never its answer, and is used again."""

import asyncio
import shutil
import time

import pytest

LIMIT_SECONDS = 0.25
# What drawing and a busy machine add.
SLACK_SECONDS = 0.25
BACK_WITHIN_SECONDS = 15.0


async def timed(running, path):
    """Request an image, which has to come; return how long it took."""
    began = time.perf_counter()
    await running.image(path)
    return time.perf_counter() - began


def lowest(running):
    return running.service.cache._tiers._lower[-1]


async def shown(running, tier):
    """Return what `/ready`, `/metrics` and `/cache/stats` say of a tier: up or down."""
    ready = await running.get("/ready")
    assert ready.status == 200
    word = ready.json()["tiers"][tier]
    assert (await running.metrics()).total("cache_tier_up", tier=tier) == (word == "up")
    assert (await running.stats())["tiers"][tier]["up"] == (word == "up")
    return word


async def suffer(running):
    """Hold requests to what a failing Redis may cost; return when it is seen to be down."""
    for seed in range(100, 106):
        assert await timed(running, f"/generate/dot?seed={seed}") < LIMIT_SECONDS + SLACK_SECONDS
    await running.until(lambda: not lowest(running).report().up)
    undisturbed = sorted([await timed(running, f"/generate/dot?seed={n}") for n in range(200, 220)])
    assert undisturbed[len(undisturbed) // 2] < 0.1
    assert await shown(running, "redis") == "down"
    metrics = await running.metrics()
    assert metrics.total("cache_tier_failures_total", tier="redis") > 0
    assert metrics.total("http_requests_total", code="500") == 0


async def recover(running):
    """Wait until Redis is used again: what memory does not hold comes from there."""
    began = time.monotonic()
    await running.until(lambda: lowest(running).report().up, BACK_WITHIN_SECONDS)
    while (await running.image("/generate/dot?seed=7")).detail != "redis":
        assert time.monotonic() < began + BACK_WITHIN_SECONDS
        await asyncio.sleep(0.01)
    assert await shown(running, "redis") == "up"


@pytest.fixture
def on_redis(start):
    """A function that starts a service that holds nothing in memory, on a Redis."""

    async def started(url):
        return await start(cache_tiers=("memory", "redis"), redis_url=url, cache_size=0)

    return started


@pytest.mark.parametrize("fault", ["refuse", "hang", "talk_garbage", "trickle"])
async def test_a_redis_that_fails_fails_no_request(on_redis, proxy, fault):
    running = await on_redis(proxy.url)
    await running.image("/generate/dot?seed=7")
    if fault == "refuse":
        await proxy.refuse()
    else:
        getattr(proxy, fault)()
    if fault == "trickle":
        # Slow, but not too slow to answer that it holds nothing: it need not go down.
        for seed in range(100, 110):
            seconds = await timed(running, f"/generate/dot?seed={seed}")
            assert seconds < LIMIT_SECONDS + SLACK_SECONDS
    else:
        await suffer(running)
    proxy.restore()
    await proxy.cut()
    if fault == "refuse":
        await proxy.open()
    await recover(running)


async def test_a_redis_that_is_killed_and_comes_back_is_used_again(on_redis, redis_server):
    running = await on_redis(redis_server.url)
    await running.image("/generate/dot?seed=7")
    redis_server.kill()
    await suffer(running)
    redis_server.start()
    await recover(running)


async def test_a_redis_that_is_absent_at_the_start_is_used_once_it_is_there(on_redis, redis_server):
    redis_server.kill()
    running = await on_redis(redis_server.url)
    assert await shown(running, "redis") == "down"
    await suffer(running)
    redis_server.start()
    await recover(running)


@pytest.fixture
def on_disk(start, tmp_path):
    """A function that starts a service that holds nothing in memory, on a disk tier."""

    async def started(**settings):
        settings = {"cache_size": 0, "cache_disk_path": str(tmp_path / "tier"), **settings}
        return await start(cache_tiers=("memory", "disk"), **settings)

    return started


async def ask_many(running, first):
    """Request images that nothing holds yet, and again what was requested before."""
    for seed in (*range(first, first + 10), *range(5)):
        await running.image(f"/generate/dot?seed={seed}")


async def test_a_directory_that_becomes_useless_fails_no_request(on_disk, tmp_path):
    running = await on_disk()
    await ask_many(running, 0)
    disk = lowest(running)
    await running.until(lambda: not disk.report().queue_length)
    # Permissions do not stop who runs as root: a file in its place stops everybody.
    shutil.rmtree(tmp_path / "tier")
    (tmp_path / "tier").write_text("not a directory")
    await ask_many(running, 10)
    await running.until(lambda: not disk.report().up)
    assert await shown(running, "disk") == "down"
    metrics = await running.metrics()
    assert metrics.total("cache_tier_failures_total", tier="disk") > 0
    (tmp_path / "tier").unlink()
    await running.until(lambda: disk.report().up)
    await ask_many(running, 20)
    await running.until(lambda: not disk.report().queue_length)
    assert (await running.image("/generate/dot?seed=20")).detail == "disk"


async def test_a_full_disk_fails_no_request(on_disk, monkeypatch):
    running = await on_disk()
    disk = lowest(running)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk._writer._store._files, "write", full)
    await ask_many(running, 0)
    await running.until(lambda: not disk.report().queue_length)
    metrics = await running.metrics()
    reasons = metrics.by("cache_tier_failures_total", "reason")
    assert reasons["full"] > 0
    assert metrics.total("cache_hits_total", tier="disk") == 0
    monkeypatch.undo()
    await ask_many(running, 0)
    await running.until(lambda: not disk.report().queue_length)
    assert (await running.image("/generate/dot?seed=3")).detail == "disk"


async def test_an_index_that_turns_to_garbage_fails_no_request(on_disk, tmp_path):
    running = await on_disk()
    await ask_many(running, 0)
    disk = lowest(running)
    await running.until(lambda: not disk.report().queue_length)
    for part in (tmp_path / "tier" / "index").iterdir():
        part.write_bytes(b"garbage" * 1000)
    await ask_many(running, 10)
    await running.until(lambda: disk.report().failures.get(("read", "corrupt"), 0) > 0)
    await running.until(lambda: disk.report().up)
    await ask_many(running, 20)
    await running.until(lambda: not disk.report().queue_length)
    assert (await running.image("/generate/dot?seed=20")).detail == "disk"


async def test_entries_that_are_damaged_are_drawn_anew(on_disk, tmp_path, studio):
    running = await on_disk()
    disk = lowest(running)
    bodies = {}
    for seed in range(4):
        bodies[seed] = (await running.image(f"/generate/dot?seed={seed}")).body
    await running.until(lambda: not disk.report().queue_length)
    await running.until(lambda: len(entries(tmp_path)) == 4)
    studio.drawn.clear()
    flipped, cut, foreign, _ = entries(tmp_path)
    data = bytearray(flipped.read_bytes())
    data[-20] ^= 1
    flipped.write_bytes(data)
    cut.write_bytes(cut.read_bytes()[:-1])
    foreign.write_bytes(b"something else")
    for seed, body in bodies.items():
        assert (await running.image(f"/generate/dot?seed={seed}")).body == body
    assert len(studio.drawn) == 3
    assert disk.report().failures["read", "corrupt"] == 3


def entries(tmp_path):
    return sorted(each for each in (tmp_path / "tier" / "entries").rglob("*") if each.is_file())
