"""A hit is answered without routing, and is told from what reads nearly alike."""

import pytest

from service import hits

SEEDED = "/generate/dot?seed=1"


@pytest.fixture
async def asked(running):
    """A service that was asked for `SEEDED` before."""
    assert (await running.get(SEEDED)).status == 200
    return running


async def test_what_is_held_is_answered_without_the_application(asked, monkeypatch):
    async def unreachable(_request):
        raise AssertionError("the application was asked")

    monkeypatch.setattr(type(asked.service.assets), "fetch", unreachable)
    monkeypatch.setattr(type(asked.service.app.router), "resolve", unreachable)
    reply = await asked.get(SEEDED)
    assert reply.status == 200
    assert reply.headers["Cache-Status"].startswith("NanoBanana; hit")
    head = await asked.ask("HEAD", SEEDED)
    assert head.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(reply.body))


async def test_other_methods_find_no_image(asked):
    for method in ("POST", "PUT", "DELETE"):
        assert (await asked.ask(method, SEEDED)).status == 405


async def test_what_is_accepted_decides_as_ever(asked):
    png, webp = "image/png", "image/webp"
    for accept, media_type in ((None, png), (webp, webp), (png, png), (webp, webp)):
        headers = {} if accept is None else {"Accept": accept}
        for _ in range(2):
            assert (await asked.get(SEEDED, headers)).headers["Content-Type"] == media_type


async def test_several_accept_headers_are_one_list(asked):
    first = ("Accept", "image/png;q=0.1")
    for headers, media_type in (
        ([first], "image/png"),
        ([first, ("Accept", "image/webp")], "image/webp"),
        ([first], "image/png"),
    ):
        for _ in range(2):
            assert (await asked.get(SEEDED, headers)).headers["Content-Type"] == media_type


async def test_a_cleared_image_is_drawn_again(asked):
    assert (await asked.get(SEEDED)).headers["Cache-Status"].startswith("NanoBanana; hit")
    asked.service.cache.clear("dot")
    assert "detail=cleared" in (await asked.get(SEEDED)).headers["Cache-Status"]


async def test_what_is_remembered_is_bounded(running, monkeypatch):
    monkeypatch.setattr(hits, "_REMEMBERED", 3)
    for seed in range(6):
        assert (await running.get(f"/generate/dot?seed={seed}")).status == 200
    await running.get("/generate/dot?seed=1", {"Accept": "image/png," * 101})
    remembered = [path for path, _ in running.service.hits._targets]
    assert remembered == [f"/generate/dot?seed={seed}" for seed in (3, 4, 5)]
    for seed in range(6):
        reply = await running.get(f"/generate/dot?seed={seed}")
        assert reply.headers["Cache-Status"].startswith("NanoBanana; hit")
