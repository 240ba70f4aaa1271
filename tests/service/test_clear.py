"""Only an admin's deliberate request clears the cache or goes around it."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

HORSE = "correct-horse"
BEARER = {"Authorization": f"Bearer {HORSE}"}


async def clears(running, asset_type="dot"):
    return (await running.stats())["caches"][asset_type]["clears"]


def seed_of(reply):
    return parse_qs(urlsplit(reply.headers["Content-Location"]).query)["seed"]


# What clearing does


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_clear_empties_one_type_or_all(running, method):
    for path in ("/generate/dot", "/generate/leaf"):
        await running.image(path)
    reply = await running.ask(method, "/cache/clear?asset_type=dot")
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    document = reply.json()
    assert (document["status"], document["message"]) == ("success", "Cache cleared")
    assert document["timestamp"].endswith("Z")
    assert (await running.image("/generate/dot")).detail == "cleared"
    assert (await running.image("/generate/leaf")).detail is None
    assert (await running.ask(method, "/cache/clear")).status == 200
    assert (await running.stats())["total_size"] == 0
    assert (await running.image("/generate/leaf")).detail == "cleared"
    metrics = await running.metrics()
    assert metrics.total("cache_clears_total", asset_type="dot") == 2
    assert metrics.total("cache_clears_total", asset_type="leaf") == 1


async def test_an_unknown_type_is_400_and_clears_nothing(running):
    for asset_type in ("nothing", "", "DOT", "dot%00", "directed/enso"):
        reply = await running.get(f"/cache/clear?asset_type={asset_type}")
        assert reply.status == 400
        assert [error["name"] for error in reply.json()["errors"]] == ["asset_type"]
        assert await clears(running) == 0


async def test_a_type_that_is_named_twice_is_400_and_not_cleared(running):
    reply = await running.get("/cache/clear?asset_type=dot&asset_type=dot")
    assert reply.status == 400
    assert await clears(running) == 0


async def test_head_clears_nothing(running):
    reply = await running.ask("HEAD", "/cache/clear")
    assert (reply.status, reply.body) == (405, b"")
    assert reply.headers["Allow"] == "GET,POST"
    assert await clears(running) == 0


async def test_what_is_drawn_during_a_clear_is_answered_and_not_kept(running, studio):
    studio.open.clear()
    before = asyncio.create_task(running.image("/generate/dot"))
    await running.until(lambda: studio.drawn)
    await running.get("/cache/clear")
    after = asyncio.create_task(running.image("/generate/dot"))
    await running.until(lambda: running.service.workers.report().queued == 1)
    studio.open.set()
    old, new = await before, await after
    assert old.headers["Cache-Status"] == "NanoBanana; fwd=miss; detail=cold"
    assert old.headers["Cache-Control"] == "public, max-age=0"
    assert seed_of(old) != seed_of(new)
    assert seed_of(await running.image("/generate/dot?format=webp")) == seed_of(new)


# Who may

REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "Prefetch"},
    {"X-Moz": "prefetch"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
]

FORWARDED = [
    {"Forwarded": "for=127.0.0.1"},
    {"Via": "1.1 proxy"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Port": "443"},
    {"x-forwarded-server": "a"},
    {"X-Real-IP": "127.0.0.1"},
    {"X-Client-IP": "127.0.0.1"},
    {"True-Client-IP": "127.0.0.1"},
    {"CF-Connecting-IP": "127.0.0.1"},
]

REBOUND = [
    "evil.example",
    "evil.example:8001",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "0.0.0.0",
    "[::2]",
    "[::1",
    "a:b:c",
    "127.0.0.1:99999:1",
    "127.0.0.1@evil.example",
    "é",
    "",
]


async def test_a_request_that_nobody_meant_is_403(running):
    for headers in REFUSED:
        for method in ("GET", "POST"):
            reply = await running.ask(method, "/cache/clear", headers)
            assert reply.status == 403, headers
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert reply.headers["Cache-Control"] == "no-store"
    assert await clears(running) == 0


async def test_without_a_token_a_forwarded_request_is_403(running):
    for headers in FORWARDED:
        assert (await running.get("/cache/clear", headers)).status == 403, headers
    assert await clears(running) == 0


async def test_without_a_token_a_rebound_name_is_403(running):
    for host in REBOUND:
        reply = await running.get("/cache/clear", {"Host": host})
        assert reply.status == 403, (host, reply.body)
        assert "Host" in reply.json()["detail"]
    assert await clears(running) == 0


async def test_without_a_token_this_machine_may(running):
    for headers in (
        {},
        {"Host": "localhost"},
        {"Host": "LOCALHOST:8001"},
        {"Host": "127.0.0.1:8001"},
        {"Host": "127.8.9.1"},
        {"Host": "[::1]:8001"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "localhost:5", "Origin": "http://localhost:5"},
        {"Authorization": "Bearer whatever"},
    ):
        assert (await running.get("/cache/clear", headers)).status == 200


async def test_a_token_is_needed_once_there_is_one(start):
    running = await start(admin_token=HORSE)
    for value in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {HORSE}x",
        f"Bearer {HORSE[:-1]}",
        f"Bearer {HORSE.upper()}",
        f"Basic {HORSE}",
        HORSE,
        "Bearer é",
    ):
        reply = await running.get("/cache/clear", {} if value is None else {"Authorization": value})
        assert reply.status == 401, value
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert HORSE not in reply.body.decode()
    assert await clears(running) == 0
    for value in (f"Bearer {HORSE}", f"bearer {HORSE}", f"Bearer  {HORSE}"):
        assert (await running.get("/cache/clear", {"Authorization": value})).status == 200
    # A bearer may come through a proxy, under any name; still not from a foreign page.
    for headers in (*FORWARDED, {"Host": "evil.example"}):
        assert (await running.get("/cache/clear", {**BEARER, **headers})).status == 200
    for headers in REFUSED:
        assert (await running.get("/cache/clear", {**BEARER, **headers})).status == 403


async def test_a_token_in_the_query_is_no_token(start):
    running = await start(admin_token=HORSE)
    assert (await running.get(f"/cache/clear?token={HORSE}")).status == 401


async def test_refusals_are_counted(start):
    running = await start(admin_token=HORSE)
    await running.get("/cache/clear")
    await running.get("/cache/clear", REFUSED[0])
    reasons = (await running.metrics()).by("http_rejected_total", "reason")
    assert (reasons["unauthorized"], reasons["forbidden"]) == (1, 1)


# Going around the cache

NO_CACHE = {"Cache-Control": "no-cache"}


async def test_no_cache_draws_another_picture_which_other_formats_follow(running):
    formats = ("png", "webp", "avif")
    before = {name: await running.image(f"/generate/dot?format={name}") for name in formats}
    wide = await running.image("/generate/dot?width=100")
    fresh = await running.image("/generate/dot", {"Cache-Control": "max-age=0, No-Cache"})
    assert fresh.headers["Cache-Status"] == "NanoBanana; fwd=request; detail=bypassed; stored"
    assert seed_of(fresh) != seed_of(before["png"])
    for path in ("", "?format=webp", "?format=avif", "?width=100", "?format=jpeg"):
        assert seed_of(await running.image(f"/generate/dot{path}")) == seed_of(fresh)
    assert seed_of(wide) == seed_of(before["png"])
    again = await running.image("/generate/dot?format=webp", NO_CACHE)
    assert seed_of(await running.image("/generate/dot")) == seed_of(again) != seed_of(fresh)
    stats = (await running.stats())["caches"]["dot"]
    assert stats["miss_reasons"]["bypassed"] == 2


async def test_no_cache_may_stand_in_any_of_several_lines(running):
    await running.image("/generate/dot")
    lines = [("Cache-Control", each) for each in ("max-age=0", "no-cache")]
    assert (await running.image("/generate/dot", lines)).detail == "bypassed"


async def test_no_cache_draws_a_seeded_picture_again(running, studio):
    first = await running.image("/generate/dot?seed=1")
    again = await running.image("/generate/dot?seed=1", NO_CACHE)
    assert again.detail == "bypassed"
    assert again.body == first.body
    assert len(studio.drawn) == 2
    assert (await running.image("/generate/dot?seed=1")).detail is None
    validator = {"If-None-Match": first.headers["ETag"], **NO_CACHE}
    assert (await running.get("/generate/dot?seed=1", validator)).status == 304
    assert len(studio.drawn) == 3


async def test_no_cache_keeps_the_old_picture_where_it_fails(running, studio):
    first = await running.image("/generate/dot")
    studio.failure = ValueError("no ink")
    assert (await running.get("/generate/dot", NO_CACHE)).status == 500
    studio.failure = None
    assert (await running.image("/generate/dot")).body == first.body
    assert seed_of(await running.image("/generate/dot?format=webp")) == seed_of(first)


async def test_a_format_under_way_when_another_picture_begins_is_not_kept(running, studio):
    first = await running.image("/generate/dot")
    studio.open.clear()
    fresh = asyncio.create_task(running.image("/generate/dot", NO_CACHE))
    await running.until(lambda: len(studio.drawn) == 2)
    late = asyncio.create_task(running.image("/generate/dot?format=webp"))
    await running.until(lambda: running.service.workers.report().queued == 1)
    studio.open.set()
    assert seed_of(await late) == seed_of(first)
    assert (await late).headers["Cache-Control"] == "public, max-age=0"
    assert seed_of(await running.image("/generate/dot?format=webp")) == seed_of(await fresh)


async def test_others_ask_for_no_cache_in_vain(start, running, studio):
    first = await running.image("/generate/dot")
    for headers in (*REFUSED, *FORWARDED, *({"Host": host} for host in REBOUND)):
        reply = await running.image("/generate/dot", {**NO_CACHE, **headers})
        assert reply.body == first.body, headers
    guarded = await start(admin_token=HORSE)
    first = await guarded.image("/generate/dot")
    assert (await guarded.image("/generate/dot", NO_CACHE)).body == first.body
    assert (await guarded.image("/generate/dot", {**NO_CACHE, **BEARER})).body != first.body
    for header in ("max-age=0", "no-store", "no-cacheable", "x-no-cache"):
        assert (await running.image("/generate/dot", {"Cache-Control": header})).detail is None
