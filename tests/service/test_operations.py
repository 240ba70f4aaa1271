"""Health, readiness and metrics tell the truth of this moment."""

import asyncio

import aiohttp
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from service.runner import Runner, listening


async def test_health_is_alive_not_static(running):
    first = (await running.get("/health")).json()
    async with asyncio.timeout(5):
        while True:
            later = (await running.get("/health")).json()
            if later["event_loop"]["beats"] > first["event_loop"]["beats"]:
                break
            await asyncio.sleep(0.05)
    assert first["status"] == later["status"] == "ok"
    assert later["uptime_seconds"] > first["uptime_seconds"]
    assert 0 <= later["event_loop"]["lag_seconds"] < 5


async def test_ready_names_each_failing_check(running):
    service = running.service
    reply = await running.get("/ready")
    assert (reply.status, reply.json()["status"]) == (200, "ready")

    async def failing():
        reply = await running.get("/ready")
        assert reply.status == 503
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.headers["Cache-Control"] == "no-store"
        assert (await running.get("/health")).status == 200
        return reply.json()["failing"]

    service.readiness.draining = True
    assert await failing() == ["draining"]
    service.readiness.draining = False
    service.readiness.warmed_up = False
    assert await failing() == ["warm_up"]
    service.readiness.warmed_up = True
    await service.workers.close()
    assert await failing() == ["workers"]


async def test_not_ready_before_workers_and_warm_up_and_answering_meanwhile(start, studio):
    running = await start(ready=False, cache_warm=("dot", "leaf"))
    reply = await running.get("/ready")
    assert reply.json()["failing"] == ["workers", "warm_up"]
    waiting = asyncio.create_task(running.image("/generate/dot?shade=1"))
    await running.service.become_ready()
    assert (await running.get("/ready")).status == 200
    assert (await waiting).status == 200
    for name in ("dot", "leaf"):
        reply = await running.image(f"/generate/{name}")
        assert reply.headers["Cache-Status"].startswith("NanoBanana; hit")
    stats = (await running.stats())["caches"]
    assert [stats[name]["misses"] for name in ("dot", "leaf")] == [1, 0]
    assert stats["leaf"]["total_set"] == 1


async def test_a_type_that_cannot_be_warmed_does_not_keep_the_service_from_being_ready(
    start, studio
):
    running = await start(ready=False, cache_warm=("dot",))
    studio.failure = ValueError("cold ink")
    await running.service.become_ready()
    assert (await running.get("/ready")).status == 200


# Metrics


async def test_metrics_come_in_the_format_that_is_asked_for(running):
    for accept, content_type in (
        (None, "text/plain"),
        ("*/*", "text/plain"),
        ("text/html", "text/plain"),
        ("text/plain;version=0.0.4", "text/plain"),
        ("application/openmetrics-text;version=1.0.0", "application/openmetrics-text"),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
            "application/openmetrics-text",
        ),
    ):
        await running.image("/generate/dot", {"X-Request-ID": "traced"})
        reply = await running.get("/metrics", {} if accept is None else {"Accept": accept})
        assert reply.status == 200
        assert reply.headers["Content-Type"].startswith(content_type)
        assert reply.headers["Cache-Control"] == "no-store"
        text = reply.body.decode()
        if content_type != "text/plain":
            assert text.endswith("# EOF\n")
            families = {family.name: family for family in text_string_to_metric_families(text)}
            exemplars = [
                sample.exemplar.labels
                for sample in families["nanobanana_http_request_duration_seconds"].samples
                if sample.exemplar
            ]
            assert {"request_id": "traced"} in exemplars
        assert "nanobanana_build_info" in text


async def test_every_series_is_there_before_the_first_request(running):
    before = (await running.metrics()).values.keys()
    await running.image("/generate/dot")
    await running.image("/generate/dot")
    await running.ask("HEAD", "/generate/leaf?format=webp")
    await running.get("/generate/directed/enso?prompt=a")
    await running.get("/cache/clear")
    await running.image("/generate/dot")
    after = (await running.metrics()).values.keys()
    assert after == before


async def test_labels_never_hold_what_a_caller_sent(running):
    mark = "zebra"
    await running.get(f"/{mark}")
    await running.get(f"/generate/{mark}")
    await running.get(f"/generate/dot?{mark}={mark}")
    await running.get(f"/generate/directed/enso?prompt={mark}", {"X-Request-ID": mark})
    await running.ask(mark.upper(), "/health")
    await running.get(f"/cache/clear?asset_type={mark}")
    assert mark not in (await running.get("/metrics")).body.decode().lower()


async def test_metrics_may_have_a_port_of_their_own(start):
    running = await start(metrics_port=0)
    assert (await running.get("/generate/dot")).status == 200
    assert (await running.get("/generate/dot")).status == 200  # a hit, which needs no routing
    reply = await running.get("/metrics")
    assert reply.status == 404
    assert "/metrics" not in (await running.get("/openapi.json")).json()["paths"]
    assert "metrics" not in (await running.get("/")).json()
    service = running.service
    async with (
        listening(Runner(service.metrics_app, service.exchanges), "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        async with session.get("/metrics") as reply:
            assert reply.status == 200
            assert "nanobanana_cache_hits_total" in await reply.text()
        for path in ("/health", "/cache/clear", "/generate/dot", "/"):
            async with session.get(path) as reply:
                assert reply.status == 404
                assert reply.content_type == "application/problem+json"
