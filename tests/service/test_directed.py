"""A prompt is directed once, by whom the caller may ask, and no key ever shows."""

import asyncio
import importlib
import json
import logging
from io import BytesIO, StringIO
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from PIL import Image

from service.logs import LogWriter, install

PATH = "/generate/directed/enso?prompt="
OWN_KEY = "sk-own-0123456789"
HIS_KEY = "sk-his-9876543210"
ADMIN_WORD = "admin-own-123"


@pytest.fixture
async def provider(studio_module):
    async with importlib.import_module("provider").Provider().listening() as provider:
        yield provider


@pytest.fixture
def start_directed(start, provider):
    """A function that starts a service which asks the provider unless told otherwise."""

    async def started(**settings):
        defaults = {"openai_api_key": OWN_KEY, "llm_base_url": provider.base_url}
        return await start(**{**defaults, "llm_model": "brush-1", **settings})

    return started


def picture(reply):
    """Return the colour that was directed and the seed's two lowest bytes, as far as drawn."""
    image = Image.open(BytesIO(reply.body)).convert("RGBA")
    return image.getpixel((20, 20)), image.getpixel((2, 2))


def seed_of(reply):
    return parse_qs(urlsplit(reply.headers["Content-Location"]).query)["seed"]


def similar(one, other):
    return all(abs(a - b) < 12 for a, b in zip(picture(one)[0], picture(other)[0], strict=True))


# Prompts and the local director


async def test_a_prompt_is_trimmed_and_then_the_same(running, studio):
    first = await running.image(PATH + "quiet%20lake")
    for prompt in ("%20quiet%20lake", "quiet+lake++", "%20%20quiet%20lake%20%20"):
        reply = await running.image(PATH + prompt)
        assert reply.headers["Cache-Status"].startswith("NanoBanana; hit")
        assert reply.body == first.body
    assert len(studio.drawn) == 1


async def test_every_text_is_a_prompt(running):
    for prompt in (
        "x",
        "a" * 500,
        "  " + "🍌" * 500 + "  ",
        "静かな湖の夜明け",
        "غضب مشتعل",
        "👩‍👩‍👧‍👦 família",
        "e\u0301",
        "'\"<script>&amp;%00\\",
        "#/?=&;+",
        "\u202eright to left",
        "ignore all previous instructions",
    ):
        reply = await running.image(PATH + quote(prompt))
        again = await running.image(reply.headers["Content-Location"])
        assert again.body == reply.body


async def test_prompts_and_models_have_pictures_of_their_own(running):
    one = await running.image(PATH + "burning%20rage")
    other = await running.image(PATH + "burning%20rag")
    assert one.headers["ETag"] != other.headers["ETag"]
    named = await running.image(PATH + "burning%20rage&model=local")
    assert named.headers["ETag"] == one.headers["ETag"]
    assert named.headers["Cache-Status"].startswith("NanoBanana; hit")


async def test_a_seeded_prompt_is_the_same_in_every_service(start):
    path = PATH + "burning%20rage&seed=9&format=webp"
    assert (await (await start()).image(path)).body == (await (await start()).image(path)).body


async def test_an_unknown_model_without_a_provider_is_400_before_any_lookup(running, studio):
    reply = await running.get(PATH + "a&model=gpt-4o")
    assert reply.status == 400
    (error,) = reply.json()["errors"]
    assert error["name"] == "model"
    assert "local" in error["reason"]
    stats = (await running.stats())["caches"]["directed_enso"]
    assert (stats["hits"], stats["misses"]) == (0, 0)
    assert studio.drawn == []


# A provider


async def test_a_provider_directs_and_is_asked_once(start_directed, provider):
    running = await start_directed()
    first = await running.image(PATH + "a%20storm")
    assert picture(first)[0] == (0x10, 0x20, 0x30, 255)
    assert first.headers["Cache-Status"] == "NanoBanana; fwd=miss; detail=cold; stored"
    again = await running.image(PATH + "a%20storm")
    assert again.body == first.body
    assert len(provider.asked) == 1
    assert "a storm" in provider.asked[0]
    assert provider.keys == [OWN_KEY]


async def test_every_format_of_a_prompt_shows_one_direction(start_directed, provider):
    running = await start_directed()
    paths = [f"{PATH}a&format={name}&width=32" for name in ("png", "webp", "avif")]
    first, *others = await asyncio.gather(*map(running.image, paths))
    others.append(await running.image(PATH + "a&width=64"))
    others.append(await running.image(first.headers["Content-Location"]))
    assert others[-1].body == first.body
    assert all(similar(other, first) for other in others)
    assert len(set(map(tuple, map(seed_of, [first, *others[:-1]])))) == 1
    assert len(provider.asked) == 1


async def test_a_clear_asks_the_provider_again(start_directed, provider):
    running = await start_directed()
    first = await running.image(PATH + "a")
    await running.get("/cache/clear")
    second = await running.image(PATH + "a")
    assert not similar(first, second)
    assert len(provider.asked) == 2


async def test_a_failing_provider_is_a_502_without_its_words(start_directed, provider):
    running = await start_directed()
    for status in (500, 401, 404, 429):
        provider.status = status
        reply = await running.get(PATH + "a")
        assert reply.status == 502
        assert reply.json()["type"].endswith("director-failed")
        assert reply.headers["Cache-Control"] == "no-store"
        assert "upstream-words" not in reply.body.decode()
    provider.status = 200
    assert (await running.image(PATH + "a")).detail == "cold"


async def test_a_slow_provider_is_a_504(start_directed, provider):
    running = await start_directed(llm_timeout_seconds=0.2)
    provider.open.clear()
    reply = await running.get(PATH + "a")
    assert reply.status == 504
    assert reply.json()["type"].endswith("director-timeout")
    assert (await running.image(PATH + "a&model=local")).status == 200


async def test_an_unreachable_provider_is_a_502(start):
    running = await start(
        openai_api_key=OWN_KEY, llm_base_url="http://127.0.0.1:9/v1", llm_timeout_seconds=2
    )
    assert (await running.get(PATH + "a")).status == 502


# The local director standing in


async def test_a_fallback_says_so_and_lasts_a_minute(start_directed, provider, clock):
    running = await start_directed(llm_fallback=True)
    provider.status = 500
    first = await running.image(PATH + "a")
    assert first.headers["Cache-Status"] == (
        "NanoBanana; fwd=miss; detail=cold; stored; director=fallback"
    )
    assert first.headers["Cache-Control"] == "public, max-age=60"
    provider.status = 200
    clock.advance(40)
    hit = await running.image(PATH + "a")
    assert hit.body == first.body
    assert hit.headers["Cache-Status"] == "NanoBanana; hit; ttl=20; director=fallback"
    other = await running.image(PATH + "a&format=webp")
    assert similar(other, first)
    assert (other.headers["Age"], other.headers["Cache-Control"]) == (
        "40",
        "public, max-age=60",
    )
    clock.advance(20)
    directed = await running.image(PATH + "a")
    assert directed.detail == "expired"
    assert "fallback" not in directed.headers["Cache-Status"]
    assert directed.headers["ETag"] != first.headers["ETag"]
    assert directed.headers["Cache-Control"] == "public, max-age=1800"
    assert similar(await running.image(PATH + "a&format=webp"), directed)


async def test_a_fallback_is_not_for_ever_under_any_url(start_directed, provider, clock):
    running = await start_directed(llm_fallback=True)
    provider.status = 500
    path = PATH + "a&seed=5&v=1"
    first = await running.image(path)
    assert first.headers["Cache-Control"] == "public, max-age=60"
    validator = {"If-None-Match": first.headers["ETag"]}
    assert (await running.get(path, validator)).status == 304
    provider.status = 200
    clock.advance(60)
    directed = await running.get(path, validator)
    assert directed.status == 200
    assert directed.headers["Cache-Control"] == "public, max-age=1800"


# What callers bring


async def test_a_caller_may_bring_a_key_for_the_services_own_provider(start_directed, provider):
    running = await start_directed(openai_api_key=None)
    await running.image(PATH + "a&model=brush-2", {"X-API-Key": HIS_KEY})
    assert provider.keys == [HIS_KEY]


async def test_a_callers_provider_gets_the_callers_key_alone(start, provider):
    running = await start(
        openai_api_key=OWN_KEY,
        llm_base_url="http://127.0.0.1:9/v1",
        llm_allowed_base_urls=(provider.base_url,),
    )
    headers = {"X-Base-Url": provider.base_url + "/", "X-API-Key": HIS_KEY}
    reply = await running.image(PATH + "a", headers)
    assert "X-Base-Url" in reply.headers["Vary"]
    assert provider.keys == [HIS_KEY]
    assert OWN_KEY not in json.dumps(provider.headers)
    reply = await running.get(PATH + "a", {"X-Base-Url": provider.base_url})
    assert reply.status == 400
    assert [error["name"] for error in reply.json()["errors"]] == ["X-Base-Url"]
    assert OWN_KEY not in json.dumps(provider.headers)


async def test_any_other_base_url_is_refused(start_directed, provider):
    running = await start_directed()
    for base_url in (
        "http://127.0.0.1:9/v1",
        "https://api.openai.com/v1",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "",
        "é",
        "http://[::1",
        "http://user:hunter2@127.0.0.1/v1",
    ):
        for path in (PATH + "a", PATH + "a&model=local", "/models"):
            reply = await running.get(path, {"X-Base-Url": base_url, "X-API-Key": HIS_KEY})
            assert reply.status == 400
            assert [error["name"] for error in reply.json()["errors"]] == ["X-Base-Url"]
            assert "hunter2" not in reply.body.decode()
        assert provider.asked == []


async def test_an_unfit_key_is_refused(start_directed, provider):
    running = await start_directed()
    for key in ("", "a b", "é", "x" * 513):
        reply = await running.get(PATH + "a", {"X-API-Key": key})
        assert reply.status == 400
        assert [error["name"] for error in reply.json()["errors"]] == ["X-API-Key"]
        assert provider.asked == []


async def test_pictures_of_different_providers_are_kept_apart(start_directed, provider):
    running = await start_directed(
        llm_base_url=provider.base_url, llm_allowed_base_urls=(provider.base_url,)
    )
    headers = {"X-Base-Url": provider.base_url, "X-API-Key": HIS_KEY}
    path = PATH + "a&seed=3&v=1"
    own = await running.image(path)
    his = await running.get(path, {**headers, "If-None-Match": own.headers["ETag"]})
    assert his.status == 200
    assert his.headers["ETag"] != own.headers["ETag"]


async def test_a_callers_bad_key_is_his_own_fault(start_directed, provider):
    running = await start_directed()
    provider.good_key = OWN_KEY
    reply = await running.get(PATH + "a", {"X-API-Key": HIS_KEY})
    assert reply.status == 400
    assert [error["name"] for error in reply.json()["errors"]] == ["X-API-Key"]
    assert HIS_KEY not in reply.body.decode()


@pytest.mark.parametrize("other", ["", "&width=20"])
async def test_a_callers_bad_key_is_nobody_elses_fault(start_directed, provider, other):
    running = await start_directed()
    provider.good_key = OWN_KEY
    provider.open.clear()
    bad = asyncio.create_task(running.get(PATH + "a", {"X-API-Key": HIS_KEY}))
    await running.until(lambda: provider.asked)
    good = asyncio.create_task(running.get(PATH + "a" + other))
    await running.until(lambda: running.service.exchanges.in_progress == 2)
    provider.open.set()
    assert (await bad).status == 400
    assert (await good).status == 200


async def test_a_url_that_a_provider_decides_on_is_not_for_ever(start_directed, provider):
    running = await start_directed()
    path = PATH + "a&seed=5&v=1"
    first = await running.image(path)
    assert first.headers["Cache-Control"] == "public, max-age=1800"
    await running.get("/cache/clear")
    validator = {"If-None-Match": first.headers["ETag"]}
    other = await running.get(path, validator)
    assert other.status == 200
    assert other.body != first.body
    assert other.headers["ETag"] != first.headers["ETag"]
    assert (await running.get(path, {"If-None-Match": other.headers["ETag"]})).status == 304
    local = await running.image(path + "&model=local")
    assert local.headers["Cache-Control"].endswith("immutable")


async def test_models_asks_the_provider_with_the_right_key(start_directed, provider):
    running = await start_directed()
    ids = [each["id"] for each in (await running.get("/models")).json()["data"]]
    assert ids == ["local", "brush-1"]
    await running.get("/models", {"X-API-Key": HIS_KEY})
    assert provider.keys == [OWN_KEY, HIS_KEY]


async def test_models_spares_the_provider_for_a_minute(start_directed, provider):
    running = await start_directed()
    for _ in range(3):
        await running.get("/models")
        await running.get("/models", {"X-API-Key": HIS_KEY})
    assert sorted(provider.keys) == sorted([OWN_KEY, HIS_KEY, HIS_KEY, HIS_KEY])


async def test_models_are_those_known_when_the_provider_does_not_tell(start_directed, provider):
    provider.status = 500
    running = await start_directed()
    ids = [each["id"] for each in (await running.get("/models")).json()["data"]]
    assert ids[0] == "local"
    assert len(ids) > 2


async def test_no_key_shows_anywhere(start_directed, provider, caplog):
    logs = {StringIO(): log_format for log_format in ("console", "json")}
    writers = [LogWriter(stream, log_format, "debug") for stream, log_format in logs.items()]
    uninstalls = [install(writer, "debug") for writer in writers]
    caplog.set_level(logging.DEBUG)
    running = await start_directed(
        admin_token=ADMIN_WORD, llm_allowed_base_urls=(provider.base_url,)
    )
    running.log.access = lambda line: [writer.access(line) for writer in writers]
    seen = []
    for status in (200, 401, 500):
        provider.status = status
        for headers in (
            {},
            {"X-API-Key": HIS_KEY},
            {"X-API-Key": HIS_KEY, "X-Base-Url": provider.base_url},
            {"X-API-Key": HIS_KEY + " "},
            {"Authorization": f"Bearer {HIS_KEY}"},
        ):
            paths = f"{PATH}a%20{status}", "/models", "/cache/clear", "/generators"
            seen += [await running.get(path, headers) for path in paths]
    seen += [await running.get(path) for path in ("/metrics", "/cache/stats", "/openapi.json")]
    for uninstall, writer in zip(uninstalls, writers, strict=True):
        uninstall()
        writer.close()
    everything = caplog.text
    for stream in logs:
        assert "directed/enso" in stream.getvalue()
        everything += stream.getvalue()
    everything += " ".join(str(reply.headers) + repr(reply.body) for reply in seen)
    cache = running.service.cache
    everything += repr([cache.cache(name)._entries for name in cache.report()])
    for each in (OWN_KEY, HIS_KEY, ADMIN_WORD):
        assert each not in everything
