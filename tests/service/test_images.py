"""An image says all of itself in its headers, and one unseeded picture is one in every format."""

import asyncio
import re
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from generators import Format, load_registry
from service import image_headers
from service.targets import TargetParser

FORMATS = ("png", "webp", "avif", "jpeg")


def picture(reply):
    return Image.open(BytesIO(reply.body))


def pixels(reply, size=(64, 48)):
    return np.asarray(picture(reply).convert("RGB").resize(size), np.int16)


def look_alike(one, other):
    """Return whether two images show the same, small losses of their formats aside."""
    return np.abs(pixels(one) - pixels(other)).mean() < 8


def seed_of(reply):
    return int(re.search(r"[?&]seed=(\d+)", reply.headers["Content-Location"])[1])


# Headers


async def test_an_unseeded_image_has_all_headers(running):
    before = time.time()
    reply = await running.image("/generate/dot")
    headers = reply.headers
    assert headers["Content-Type"] == "image/png"
    assert int(headers["Content-Length"]) == len(reply.body)
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', headers["ETag"])
    modified = parsedate_to_datetime(headers["Last-Modified"]).timestamp()
    assert int(before) <= modified <= time.time()
    assert headers["Cache-Control"] == "public, max-age=3600"
    assert headers["Age"] == "0"
    assert headers["Cache-Status"] == "NanoBanana; fwd=miss; detail=cold; stored"
    assert headers["Vary"] == "Accept"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-ID"]
    assert headers["Content-Location"].startswith("/generate/dot?")
    assert "Access-Control-Allow-Origin" not in headers
    assert "Timing-Allow-Origin" not in headers


async def test_only_a_url_of_seed_and_version_is_for_ever(running):
    for path, cache_control in (
        ("/generate/dot?seed=7", "public, max-age=3600"),
        ("/generate/dot?seed=7&v=1", "public, max-age=31536000, immutable"),
        ("/generate/dot?v=1", "public, max-age=3600"),
        ("/generate/leaf?v=2.b&seed=0", "public, max-age=31536000, immutable"),
        ("/generate/directed/enso?prompt=a", "public, max-age=1800"),
    ):
        for _ in ("miss", "hit"):
            reply = await running.image(path)
            assert reply.headers["Cache-Control"] == cache_control
            assert ("Content-Location" in reply.headers) == ("seed=" not in path)


async def test_no_copy_may_be_kept_past_the_ttl(start):
    running = await start(cache_ttls={"dot": 10.7})
    reply = await running.image("/generate/dot")
    assert reply.headers["Cache-Control"] == "public, max-age=10"


def test_a_ttl_between_two_clock_readings_loses_no_second():
    begun_at = 522362.7
    lifetime_seconds = begun_at + 3600 - begun_at
    assert lifetime_seconds < 3600
    kept = image_headers.cache_control(lifetime_seconds, pinned=False)
    assert kept == "public, max-age=3600"


async def test_another_version_is_not_found(running):
    for v in ("2", "0", "1.0", "A"):
        reply = await running.get(f"/generate/dot?v={v}")
        assert reply.status == 404
        assert reply.json()["type"].endswith("unknown-version")


async def test_age_counts_from_the_drawing_and_ttl_down_to_its_end(running, clock):
    await running.image("/generate/dot")
    clock.advance(90)
    hit = await running.image("/generate/dot")
    assert hit.headers["Age"] == "90"
    assert hit.headers["Cache-Status"] == "NanoBanana; hit; ttl=3510"


async def test_server_timing_names_each_stage_of_a_miss_and_none_of_a_hit(running):
    miss = await running.image("/generate/dot")
    stage = r"dur=\d+\.\d"
    assert re.fullmatch(
        f"cache;desc=miss, queue;{stage}, render;{stage}, encode;{stage}",
        miss.headers["Server-Timing"],
    )
    hit = await running.image("/generate/dot")
    assert hit.headers["Server-Timing"] == "cache;desc=hit"


async def test_headers_of_one_answer_do_not_leak_into_the_next(start):
    running = await start(cors_origins=("https://a.example", "https://b.example"))
    for origin in ("https://a.example", "https://b.example", "https://c.example"):
        reply = await running.image("/generate/dot", {"Origin": origin, "X-Request-ID": origin[8]})
        allowed = None if "c." in origin else origin
        assert reply.headers.get("Access-Control-Allow-Origin") == allowed
        assert reply.headers["Vary"] == "Accept, Origin"
        assert reply.headers.getall("X-Request-ID") == [origin[8]]
    current = reply.headers["ETag"]
    assert (await running.get("/generate/dot", {"If-None-Match": current})).status == 304
    assert (await running.image("/generate/dot")).headers["Content-Type"] == "image/png"


# Bodies


@pytest.mark.parametrize("name", FORMATS)
async def test_each_format_is_what_it_says(running, name):
    reply = await running.image(f"/generate/dot?format={name}&width=32")
    assert reply.headers["Content-Type"] == f"image/{name}"
    assert picture(reply).format == name.upper()
    assert picture(reply).size == (32, 24)
    assert "Vary" not in reply.headers


async def test_a_hit_returns_the_stored_bytes_and_encodes_nothing(running, monkeypatch):
    first = await running.image("/generate/dot")

    def forbidden(*_arguments):
        raise AssertionError("encoded again")

    monkeypatch.setattr("generators.workers.drawing.encode", forbidden)
    for _ in range(3):
        assert (await running.image("/generate/dot")).body == first.body
    metrics = await running.metrics()
    assert metrics.total("generations_total") == 1
    assert metrics.total("generation_duration_seconds_count", stage="encode") == 1


async def test_a_cached_image_weighs_its_bytes(running):
    bodies = [(await running.image(f"/generate/dot?seed={seed}")).body for seed in range(3)]
    stats = (await running.stats())["caches"]["dot"]
    assert stats["memory_bytes"] == sum(map(len, bodies))


@pytest.mark.parametrize("path", ["/generate/dot", "/generate/dot?seed=1&width=40", "/cache/stats"])
async def test_head_is_get_without_the_body(running, path):
    head = await running.ask("HEAD", path)
    assert head.body == b""
    get = await running.get(path)
    assert head.status == get.status == 200
    changing = ("Date", "X-Request-ID", "Cache-Status", "Server-Timing")
    if path == "/cache/stats":
        changing += ("Content-Length",)
    for name in set(head.headers) | set(get.headers):
        if name not in changing:
            assert head.headers.get(name) == get.headers.get(name), name


async def test_head_draws_and_the_get_after_it_hits(running, studio):
    head = await running.ask("HEAD", "/generate/leaf")
    assert head.headers["Cache-Status"].startswith("NanoBanana; fwd=miss")
    get = await running.image("/generate/leaf")
    assert get.headers["Cache-Status"].startswith("NanoBanana; hit")
    assert len(studio.drawn) == 1


# Seeded


async def test_a_seed_gives_the_same_bytes_in_every_service(start):
    one, other = await start(), await start()
    path = "/generate/dot?seed=123&shade=5&format=webp"
    assert (await one.image(path)).body == (await other.image(path)).body


async def test_each_seed_is_another_picture(running):
    for seed in (0, 1, 2**63 - 1):
        drawn = await running.image(f"/generate/dot?seed={seed}")
        other = await running.image("/generate/dot?seed=99")
        assert drawn.body != other.body


async def test_the_validator_depends_on_type_parameters_seed_width_format_and_version(running):
    paths = [
        "/generate/dot?seed=1",
        "/generate/dot?seed=2",
        "/generate/dot?seed=1&width=32",
        "/generate/dot?seed=1&format=webp",
        "/generate/dot?seed=1&shade=1",
        "/generate/dot?seed=1&tint=blue",
        "/generate/leaf?seed=1",
    ]
    etags = [(await running.image(path)).headers["ETag"] for path in paths]
    assert len(set(etags)) == len(paths)
    # The same image, asked for in other words.
    for path in (
        "/generate/dot?seed=1&format=png",
        "/generate/dot?v=1&seed=1&shade=0",
        "/generate/dot?weight=1&seed=1&width=64",
        "/generate/dot?weight=1.00&seed=01",
    ):
        assert (await running.image(path)).headers["ETag"] == etags[0]


def test_the_validator_is_the_same_in_every_process():
    program = (
        "from generators import Format, load_registry\n"
        "from service.targets import TargetParser\n"
        "spec = load_registry().get('enso').spec\n"
        "target = TargetParser(spec, '/e').parse('seed=5&chaos=0.3', Format.WEBP)\n"
        "print(target.etag(5), target.key)"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    parser = TargetParser(load_registry().get("enso").spec, "/e")
    target = parser.parse("seed=5&chaos=0.3", Format.WEBP)
    assert other.split("\n")[0] == f"{target.etag(5)} {target.key}"


# Unseeded: one picture until its TTL ends


async def test_content_location_reproduces_an_unseeded_image(running):
    for path in (
        "/generate/dot?shade=3&bold=true&weight=0.3",
        "/generate/dot?width=20&format=avif",
        "/generate/leaf?format=webp",
        "/generate/directed/enso?prompt=%20a+%26b%3D%23%F0%9F%8D%8C%20",
    ):
        unseeded = await running.image(path)
        seeded = await running.image(unseeded.headers["Content-Location"])
        assert seeded.body == unseeded.body
        assert seeded.headers["ETag"] == unseeded.headers["ETag"]
        assert seeded.headers["Content-Type"] == unseeded.headers["Content-Type"]
        assert seeded.headers["Cache-Control"].endswith("immutable")


async def test_an_unseeded_picture_is_the_same_in_every_format_and_width(running):
    first = await running.image("/generate/dot")
    for name in FORMATS:
        for width in ("", "&width=64", "&width=128"):
            other = await running.image(f"/generate/dot?format={name}{width}")
            assert seed_of(other) == seed_of(first)
            assert look_alike(other, first)


async def test_formats_that_are_asked_for_at_once_show_one_picture(running):
    paths = [f"/generate/dot?format={name}&width={16 + n}" for n in range(4) for name in FORMATS]
    replies = await asyncio.gather(*map(running.image, paths))
    assert len(set(map(seed_of, replies))) == 1


async def test_all_formats_of_an_unseeded_picture_end_together(running, clock):
    first = await running.image("/generate/dot")
    clock.advance(2000)
    late = await running.image("/generate/dot?format=webp")
    assert late.headers["Age"] == "2000"
    assert seed_of(late) == seed_of(first)
    assert (
        (await running.image("/generate/dot?format=webp"))
        .headers["Cache-Status"]
        .endswith("ttl=1600")
    )
    clock.advance(1600)
    again = [await running.image(f"/generate/dot?format={name}") for name in ("png", "webp")]
    assert [reply.detail for reply in again] == ["expired", "expired"]
    assert len(set(map(seed_of, again))) == 1
    assert seed_of(again[0]) != seed_of(first)


async def test_parameters_of_an_unseeded_picture_each_have_their_own(running):
    shades = [await running.image(f"/generate/dot?shade={shade}") for shade in range(5)]
    assert len({reply.body for reply in shades}) == 5
    assert len(set(map(seed_of, shades))) == 5
    again = [await running.image(f"/generate/dot?shade={shade}") for shade in range(5)]
    assert [reply.body for reply in again] == [reply.body for reply in shades]


async def test_an_evicted_image_comes_back_with_its_seed(start):
    running = await start(cache_sizes={"dot": 1})
    first = await running.image("/generate/dot")
    await running.image("/generate/dot?shade=1")
    again = await running.image("/generate/dot")
    assert again.detail == "evicted"
    assert again.body == first.body


async def test_a_picture_is_remembered_as_long_as_one_of_its_images_is_held(start, monkeypatch):
    monkeypatch.setattr("service.editions._REMEMBERED", 2)
    running = await start()
    first = await running.image("/generate/dot")
    for shade in range(1, 5):
        await running.image(f"/generate/dot?shade={shade}")
    other = await running.image("/generate/dot?format=webp")
    assert seed_of(other) == seed_of(first)


async def test_a_seed_that_cannot_be_drawn_is_not_insisted_on(running, studio):
    studio.failure = ValueError("this seed")
    for _ in range(2):
        assert (await running.get("/generate/dot")).status == 500
    studio.failure = None
    await running.image("/generate/dot")
    seeds = [seed for _, seed in studio.drawn]
    assert len(set(seeds)) == 3


async def test_a_failed_format_does_not_end_the_picture_of_the_others(running, studio):
    first = await running.image("/generate/dot")
    studio.failure = ValueError("for now")
    assert (await running.get("/generate/dot?format=webp")).status == 500
    studio.failure = None
    assert seed_of(await running.image("/generate/dot?format=webp")) == seed_of(first)


async def test_a_clear_begins_another_picture_in_every_format(running):
    first = await running.image("/generate/dot")
    await running.get("/cache/clear")
    others = [await running.image(f"/generate/dot?format={name}") for name in FORMATS]
    assert len(set(map(seed_of, others))) == 1
    assert seed_of(others[0]) != seed_of(first)
