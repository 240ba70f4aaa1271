"""A caller's good copy costs a 304: of a seeded URL without a lookup, of others without a body."""

from email.utils import formatdate, parsedate_to_datetime

import pytest

from service.negotiation import etag_matches

SEEDED = "/generate/dot?seed=4&v=1"


async def lookups(running):
    stats = (await running.stats())["caches"]["dot"]
    return stats["hits"], stats["misses"], stats["coalesced"], stats["stale"]


async def test_a_validator_alone_decides_for_a_seeded_url(running, studio):
    etag = (await running.image(SEEDED)).headers["ETag"]
    await running.get("/cache/clear")
    before = await lookups(running)
    for method in ("GET", "HEAD"):
        reply = await running.ask(method, SEEDED, {"If-None-Match": etag})
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["ETag"] == etag
        assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert reply.headers["Vary"] == "Accept"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Type" not in reply.headers
        assert "Content-Length" not in reply.headers
    assert await lookups(running) == before
    assert len(studio.drawn) == 1
    metrics = await running.metrics()
    assert metrics.total("cache_revalidated_total", asset_type="dot") == 2
    assert metrics.total("cache_revalidated_total") == 2
    assert metrics.total("http_requests_total", code="304") == 2


async def test_a_validator_is_good_in_another_process_that_never_drew_it(start, studio):
    etag = (await (await start()).image(SEEDED)).headers["ETag"]
    studio.drawn.clear()
    other = await start()
    assert (await other.get(SEEDED, {"If-None-Match": etag})).status == 304
    assert studio.drawn == []


async def test_a_validator_of_another_image_decides_nothing(running):
    for path in (
        "/generate/dot?seed=5&v=1",
        "/generate/dot?seed=4&shade=1",
        "/generate/dot?seed=4&width=32",
        "/generate/dot?seed=4&format=webp",
    ):
        etag = (await running.image(SEEDED)).headers["ETag"]
        assert (await running.get(path, {"If-None-Match": etag})).status == 200


async def test_a_validator_of_another_format_decides_nothing_under_negotiation(running):
    etag = (await running.image(SEEDED, {"Accept": "image/webp"})).headers["ETag"]
    assert (await running.get(SEEDED, {"If-None-Match": etag, "Accept": "image/*"})).status == 200
    reply = await running.get(SEEDED, {"If-None-Match": etag, "Accept": "image/webp"})
    assert reply.status == 304


async def test_a_validator_excuses_no_bad_parameter(running):
    for path in ("/generate/dot?seed=4&shade=200", "/generate/dot?seed=4&v=9"):
        assert (await running.get(path, {"If-None-Match": "*"})).status in (400, 404)


async def test_an_unseeded_image_is_revalidated_by_a_lookup(running, studio, clock):
    first = await running.image("/generate/dot")
    clock.advance(10)
    reply = await running.get("/generate/dot", {"If-None-Match": first.headers["ETag"]})
    assert (reply.status, reply.body) == (304, b"")
    for name in ("ETag", "Content-Location", "Cache-Control", "Vary", "Last-Modified"):
        assert reply.headers[name] == first.headers[name]
    assert reply.headers["Age"] == "10"
    assert reply.headers["Cache-Status"] == "NanoBanana; hit; ttl=3590"
    assert "Content-Type" not in reply.headers
    assert await lookups(running) == (1, 1, 0, 0)
    assert (await running.metrics()).total("cache_revalidated_total") == 0


async def test_an_unseeded_copy_is_no_longer_good_after_its_ttl(running, clock):
    first = await running.image("/generate/dot")
    clock.advance(3601)
    reply = await running.get("/generate/dot", {"If-None-Match": first.headers["ETag"]})
    assert reply.status == 200
    assert reply.headers["ETag"] != first.headers["ETag"]


async def test_a_date_revalidates_where_there_is_no_validator(running):
    first = await running.image("/generate/dot")
    modified = first.headers["Last-Modified"]
    assert (await running.get("/generate/dot", {"If-Modified-Since": modified})).status == 304
    seconds = parsedate_to_datetime(modified).timestamp()
    earlier = formatdate(seconds - 1, usegmt=True)
    later = formatdate(seconds + 1, usegmt=True)
    assert (await running.get("/generate/dot", {"If-Modified-Since": earlier})).status == 200
    assert (await running.get("/generate/dot", {"If-Modified-Since": later})).status == 304
    for no_date in (
        "yesterday",
        "",
        "Mon, 99 Jan 2020 00:00:00 GMT",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 99999999999999999999:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -9999",
    ):
        assert (await running.get("/generate/dot", {"If-Modified-Since": no_date})).status == 200


async def test_a_validator_overrules_a_date(running):
    first = await running.image("/generate/dot")
    headers = {"If-Modified-Since": first.headers["Last-Modified"], "If-None-Match": '"other"'}
    assert (await running.get("/generate/dot", headers)).status == 200


@pytest.mark.parametrize("path", [SEEDED, "/generate/dot", "/docs"])
async def test_several_lines_of_validators_are_one_list(running, path):
    first = await running.get(path)
    etag = first.headers["ETag"]
    other = ("If-None-Match", '"other"')
    for lines, status in (
        ([other, ("If-None-Match", etag)], 304),
        ([("If-None-Match", etag), other], 304),
        ([other, other], 200),
    ):
        assert (await running.get(path, lines)).status == status


async def test_validators_without_end_match_nothing_and_overrule_a_date(running):
    first = await running.image("/generate/dot")
    lines = [("If-None-Match", first.headers["ETag"]), ("If-None-Match", "," * 8100)]
    lines += [lines[1], ("If-Modified-Since", first.headers["Last-Modified"])]
    for path in ("/generate/dot", first.headers["Content-Location"]):
        assert (await running.get(path, lines)).status == 200


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ('W/"a"', True),
        ('"a"', True),
        ('"b", W/"a"', True),
        ('"b","c" ,"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        ('W/"A"', False),
        ('w/"a"', False),
    ],
)
def test_validators_are_compared_weakly(header, matches):
    assert etag_matches([header], 'W/"a"') is matches
    assert etag_matches(['"z"', header], 'W/"a"') is matches
