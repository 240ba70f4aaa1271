"""Accept decides between AVIF, WebP and PNG by its q-values; who says nothing gets PNG."""

import time

import pytest
from multidict import CIMultiDict

from service.negotiation import accept_of, asks_no_cache, negotiated_format

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

TABLE = [
    ("", "png"),
    ("*/*", "png"),
    ("image/*", "png"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("image/avif", "avif"),
    (CHROME, "avif"),
    ("image/webp,*/*", "webp"),
    ("image/webp;q=0.8,*/*;q=0.5", "webp"),
    ("image/webp;q=0.5,*/*;q=0.8", "png"),
    ("image/webp;q=0.5,image/*;q=0.8,*/*;q=0.1", "png"),
    ("image/webp;q=0.5,image/png;q=0.4", "webp"),
    ("image/webp;q=0.4,image/png;q=0.5", "png"),
    ("image/avif;q=0.1,image/webp;q=0.2,image/png;q=0.1", "webp"),
    ("image/avif;q=0,image/webp", "webp"),
    ("image/avif,image/webp,image/png", "avif"),
    ("image/png,image/webp", "webp"),
    ("image/webp;q=0", "png"),
    ("image/png;q=0,*/*;q=0.5", "avif"),
    ("image/png;q=0,image/avif;q=0,image/*", "webp"),
    ("text/html", "png"),
    ("image/jpeg", "png"),
    ("IMAGE/WebP ; Q=0.9 , */* ; q=0.1", "webp"),
    ("image/webp;level=1;q=0.3,image/avif;q=0.2", "webp"),
    ("image/webp;q=high,image/avif;q=0.1", "avif"),
    ("image/webp;q=2,image/avif;q=0.1", "avif"),
    ("image/webp;q=nan,image/avif;q=0.1", "avif"),
    ("image/webp;q=,image/avif;q=0.1", "avif"),
    (",;,=;q", "png"),
    ("image/webp\x80", "png"),
]


@pytest.mark.parametrize(("accept", "chosen"), TABLE)
def test_accept_decides(accept, chosen):
    assert negotiated_format(accept) == chosen


async def test_a_negotiated_image_says_that_it_varies(running):
    for accept, media_type in (
        (None, "image/png"),
        (CHROME, "image/avif"),
        ("image/webp", "image/webp"),
    ):
        headers = {} if accept is None else {"Accept": accept}
        for path in ("/generate/dot", "/generate/dot?seed=1", "/generate/directed/enso?prompt=a"):
            reply = await running.image(path, headers)
            assert reply.headers["Content-Type"] == media_type
            assert reply.headers["Vary"] == "Accept"


async def test_a_named_format_overrules_accept(running):
    reply = await running.image("/generate/dot?format=jpeg", {"Accept": "image/webp"})
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert "Vary" not in reply.headers


async def test_accept_may_come_in_several_lines(running):
    reply = await running.send(
        b"GET /generate/dot HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Accept: image/webp;q=0.1\r\nAccept: image/avif\r\n\r\n"
    )
    assert b"Content-Type: image/avif\r\n" in reply


def test_an_accept_that_nobody_means_is_none():
    longest = "image/webp," + "a" * 1013
    for lines, accept in (
        ((), ""),
        (("image/webp",), "image/webp"),
        (("image/png;q=0.1", "image/webp"), "image/png;q=0.1,image/webp"),
        ((longest,), longest),
        ((longest + "a",), ""),
        (("image/webp", "a" * 1014), ""),
    ):
        assert accept_of(CIMultiDict([("Accept", line) for line in lines])) == accept


async def test_an_endless_accept_is_ignored_everywhere_and_costs_next_to_nothing(running):
    negotiated_format.cache_clear()
    lines = b"Accept: text/html\r\nAccept: application/openmetrics-text\r\n"
    lines += (b"Accept: image/webp" + b"," * 7900 + b"\r\n") * 100
    spent = time.thread_time()
    for path, media_type in (
        (b"/generate/dot", b"image/png"),
        (b"/generate/dot", b"image/png"),
        (b"/", b"application/json"),
        (b"/metrics", b"text/plain"),
    ):
        request = b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + lines
        reply = await running.send(request + b"\r\n")
        assert reply.startswith(b"HTTP/1.1 200 ")
        assert b"Content-Type: " + media_type in reply
    # Parsing each of these took a second and more.
    assert time.thread_time() - spent < 1
    assert negotiated_format.cache_info().currsize <= 1


async def test_metrics_heed_all_lines_of_accept(running):
    headers = [("Accept", "text/plain;q=0.5"), ("Accept", "application/openmetrics-text")]
    reply = await running.get("/metrics", headers)
    assert reply.headers["Content-Type"].startswith("application/openmetrics-text")


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        (["no-cache"], True),
        (["max-age=0, No-Cache"], True),
        (["max-age=0", "no-store", " no-cache "], True),
        (["max-age=0"], False),
        (["no-", "cache"], False),
        (["x-no-cache", "no-cacheable"], False),
        (["no-cache", "," * 8192], False),
    ],
)
def test_no_cache_may_stand_in_any_line(lines, asked):
    assert asks_no_cache(lines) is asked


async def test_what_accept_chose_is_cached_as_that_format(running, studio):
    negotiated = await running.image("/generate/dot", {"Accept": "image/webp"})
    named = await running.image("/generate/dot?format=webp")
    assert named.body == negotiated.body
    assert named.headers["Cache-Status"].startswith("NanoBanana; hit")
    assert len(studio.drawn) == 1
