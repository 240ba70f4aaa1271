"""What goes wrong while drawing is told without its text, costs one request, and heals."""

import asyncio
import time

import pytest

from generators import load_registry

WORDS = "the-brush-is-lost"


def check_problem(reply, status):
    document = reply.json()
    assert reply.status == document["status"] == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert "ETag" not in reply.headers
    return document


# A generator that raises


async def test_a_generator_that_raises_is_a_500_without_its_text(running, studio, caplog):
    studio.failure = ValueError(WORDS)
    reply = await running.get("/generate/dot?seed=1")
    check_problem(reply, 500)
    everything = reply.body.decode() + str(reply.headers)
    for word in (WORDS, "ValueError", "Traceback", "studio", "render"):
        assert word not in everything
    (record,) = caplog.records
    assert WORDS in record.getMessage()
    assert "Traceback" in record.getMessage()
    assert record.exc_info is None
    (line,) = running.log.lines
    assert line.status == 500
    studio.failure = None
    again = await running.image("/generate/dot?seed=1")
    assert again.headers["Cache-Status"] == "NanoBanana; fwd=miss; detail=cold; stored"
    metrics = await running.metrics()
    assert metrics.by("generations_total", "outcome")["error"] == 1
    assert metrics.by("generations_total", "outcome")["ok"] == 1
    assert metrics.total("http_requests_total", code="500") == 1
    assert metrics.total("cache_misses_total", asset_type="dot") == 2


async def test_an_error_is_shared_by_those_who_waited_and_logged_once(running, studio, caplog):
    studio.failure = ValueError(WORDS)
    studio.open.clear()
    requests = [asyncio.create_task(running.get("/generate/dot")) for _ in range(8)]
    await running.until(lambda: running.service.exchanges.in_progress == 8)
    studio.open.set()
    for reply in await asyncio.gather(*requests):
        check_problem(reply, 500)
    assert len(caplog.records) == 1
    assert len(studio.drawn) == 1
    cache = (await running.stats())["caches"]["dot"]
    assert (cache["misses"], cache["coalesced"], cache["size"]) == (1, 7, 0)


async def test_a_stale_image_stands_in_for_one_that_fails(start, studio, clock):
    running = await start(cache_stale_seconds=60)
    first = await running.image("/generate/dot")
    clock.advance(3600.5)
    studio.failure = ValueError(WORDS)
    for _ in range(3):
        reply = await running.image("/generate/dot")
        assert reply.body == first.body
        assert reply.headers["Cache-Status"] == "NanoBanana; hit; ttl=-1; detail=expired"
        await running.until(lambda: not running.service.workers.report().busy)
    assert len(studio.drawn) > 1
    cache = (await running.stats())["caches"]["dot"]
    assert cache["stale"] == 3
    assert cache["refresh_failures"] > 0
    clock.advance(60)
    check_problem(await running.get("/generate/dot"), 500)


async def test_a_defect_of_our_own_is_a_500_without_its_text(running, monkeypatch, caplog):
    def broken(*_arguments):
        raise RuntimeError(WORDS)

    monkeypatch.setattr(running.service.assets, "find", broken)
    reply = await running.get("/generate/dot?%0a=1")
    assert reply.status == 400
    reply = await running.get("/generate/dot", {"X-Request-ID": "mine"})
    check_problem(reply, 500)
    assert WORDS not in reply.body.decode()
    (record,) = caplog.records
    assert "id=mine" in record.getMessage()
    assert record.exc_info is not None
    assert (await running.get("/health")).status == 200


# Too slow, too many, given up


async def test_a_stuck_generator_is_a_504_and_others_are_drawn(start, studio):
    running = await start(generation_timeout_seconds=0.2)
    studio.open.clear()
    started = time.monotonic()
    reply = await running.get("/generate/dot")
    assert 0.2 <= time.monotonic() - started < 5
    assert check_problem(reply, 504)["type"].endswith("generation-timeout")
    studio.open.set()
    await running.image("/generate/dot")
    metrics = await running.metrics()
    assert metrics.by("generations_total", "outcome")["timeout"] == 1
    assert metrics.total("http_requests_total", code="504") == 1


async def test_a_full_queue_is_a_503_at_once_while_hits_are_served(start, studio, caplog):
    running = await start(generation_queue_max=1)
    await running.image("/generate/leaf")
    studio.open.clear()
    waiting = [asyncio.create_task(running.image(f"/generate/dot?seed={n}")) for n in range(2)]
    await running.until(lambda: running.service.workers.report().queued == 1)
    started = time.monotonic()
    reply = await running.get("/generate/dot?seed=2")
    assert time.monotonic() - started < 2
    assert check_problem(reply, 503)["type"].endswith("queue-full")
    assert int(reply.headers["Retry-After"]) >= 1
    assert caplog.records == []
    assert (
        (await running.image("/generate/leaf"))
        .headers["Cache-Status"]
        .startswith("NanoBanana; hit")
    )
    studio.open.set()
    await asyncio.gather(*waiting)
    metrics = await running.metrics()
    assert metrics.by("generations_total", "outcome")["rejected"] == 1
    assert metrics.by("http_rejected_total", "reason")["queue_full"] == 1
    assert (await running.image("/generate/dot?seed=2")).detail == "cold"


async def hung_up(running, path):
    """Ask for `path` and hang up once the request is being answered."""
    before = running.service.exchanges.in_progress
    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await running.until(lambda: running.service.exchanges.in_progress == before + 1)
    return writer


async def test_a_caller_who_hangs_up_takes_its_order_out_of_the_queue(running, studio):
    studio.open.clear()
    first = asyncio.create_task(running.image("/generate/leaf"))
    await running.until(lambda: studio.drawn)
    writer = await hung_up(running, "/generate/dot?seed=1")
    await running.until(lambda: running.service.workers.report().queued == 1)
    writer.close()
    await running.until(lambda: running.service.workers.report().queued == 0)
    await running.until(lambda: running.service.exchanges.in_progress == 1)
    studio.open.set()
    await first
    assert [name for name, _ in studio.drawn] == ["leaf"]
    again = await running.image("/generate/dot?seed=1")
    assert again.headers["Cache-Status"] == "NanoBanana; fwd=miss; detail=cold; stored"


async def test_a_caller_who_hangs_up_takes_nothing_from_others(running, studio):
    studio.open.clear()
    writer = await hung_up(running, "/generate/dot")
    other = asyncio.create_task(running.image("/generate/dot"))
    await running.until(lambda: running.service.exchanges.in_progress == 2)
    writer.close()
    await running.until(lambda: running.service.exchanges.in_progress == 1)
    studio.open.set()
    assert "; collapsed; stored" in (await other).headers["Cache-Status"]
    assert len(studio.drawn) == 1


async def test_a_caller_who_hangs_up_is_counted_and_logged_but_not_timed(running, studio):
    studio.open.clear()
    writer = await hung_up(running, "/generate/dot")
    writer.close()
    await running.until(lambda: running.service.exchanges.in_progress == 0)
    studio.open.set()
    metrics = await running.metrics()
    route = "/generate/{asset_type}"
    assert metrics.total("http_requests_total", route=route, code="499") == 1
    assert metrics.total("http_request_duration_seconds_count", route=route) == 0
    assert metrics.total("cache_misses_total", asset_type="dot", reason="cold") == 1
    assert [line.status for line in running.log.lines] == [499, 200]


async def test_a_stop_is_not_taken_for_a_caller_who_hangs_up(running, studio):
    studio.open.clear()
    writer = await hung_up(running, "/generate/dot")
    await running.stop()
    writer.close()
    assert 499 not in [line.status for line in running.log.lines]


# Real workers


async def test_real_processes_draw_every_type_once(start):
    running = await start(load_registry, generator_workers=1)
    for path in (
        "/generate/parchment",
        "/generate/enso?color=%23ff0000&complexity=20&chaos=0.1",
        "/generate/sigil",
        "/generate/giraffe",
        "/generate/kangaroo",
        "/generate/directed/enso?prompt=burning%20rage",
    ):
        miss = await running.image(path)
        assert miss.detail == "cold"
        hit = await running.image(path)
        assert hit.body == miss.body
        assert hit.headers["Cache-Status"].startswith("NanoBanana; hit")
    metrics = await running.metrics()
    assert metrics.by("generations_total", "outcome")["ok"] == 6
    assert metrics.total("generation_workers") == 1
    cold = [asyncio.create_task(running.image("/generate/enso?seed=1")) for _ in range(16)]
    assert len({reply.body for reply in await asyncio.gather(*cold)}) == 1
    metrics = await running.metrics()
    assert metrics.by("generations_total", "outcome")["ok"] == 7
    assert metrics.total("cache_coalesced_total", asset_type="enso") == 15


@pytest.mark.parametrize("asset_type", ["parchment", "enso"])
async def test_processes_and_threads_draw_the_same_bytes(start, real, asset_type):
    path = f"/generate/{asset_type}?seed=11&width=120&format=webp"
    other = await start(load_registry, generator_workers=1)
    assert (await other.image(path)).body == (await real.image(path)).body
