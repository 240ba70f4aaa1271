"""Ten thousand requests from somebody who wants to fill Prometheus add not one series."""

import asyncio
import random
import string

from yarl import URL

REQUESTS = 10_000
CALLERS = 8
MAX_SERIES = 1_500

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")
PATHS = (
    *("/generate/enso", "/generate/sigil", "/generate/directed/enso", "/generators", "/models"),
    *("/cache/stats", "/cache/clear", "/cache/explain", "/cache/analytics", "/health", "/ready"),
    *("/runbooks/Watchdog", "/docs", "/openapi.json", "/"),
)


def attack(dice):
    """Return method, path and headers of a request that is as new as can be."""

    def word():
        return "".join(dice.choices(string.ascii_letters + string.digits, k=dice.randint(1, 30)))

    method = dice.choice(METHODS) if dice.random() < 0.9 else word().upper()
    path = dice.choice(
        [
            *(dice.choice(PATHS), f"{dice.choice(PATHS)}/{word()}"),
            *(f"/generate/{word()}", f"/runbooks/{word()}", f"/{word()}/{word()}", f"/{word()}"),
        ]
    )
    # No parameter and no model is called like that, so that nothing is ever drawn or cleared.
    query = dice.choice(
        [
            f"?_{word()}={word()}&seed={dice.getrandbits(62)}&asset_type={word()}",
            f"?prompt={word()}&model=_{word()}",
        ]
    )
    headers = {
        "User-Agent": word(),
        "X-Request-ID": word(),
        "X-API-Key": word(),
        "X-Base-Url": f"https://{word()}.example",
        "Accept": f"image/{word()}",
        "Origin": f"https://{word()}.example",
        "Referer": f"https://{word()}.example/{word()}",
    }
    return method, path + query, headers


async def test_nothing_that_is_asked_adds_a_series(start, openmetrics):
    # All tiers tell their series, whether they are there or not.
    nowhere = "redis://127.0.0.1:9/0"
    running = await start(cache_tiers=("memory", "disk", "redis"), redis_url=nowhere)
    dice = random.Random(10)
    before = await running.scrape(openmetrics)
    attacks = iter([attack(dice) for _ in range(REQUESTS)])
    statuses = set()

    async def call():
        for method, path, headers in attacks:
            url = URL(f"http://127.0.0.1:{running.port}{path}", encoded=True)
            async with running.session.request(
                method, url, headers=headers, allow_redirects=False
            ) as response:
                await response.read()
                statuses.add(response.status)

    await asyncio.gather(*(call() for _ in range(CALLERS)))
    after = await running.scrape(openmetrics)
    assert after.total("generations_total") == 0
    assert after.series == before.series
    assert len(after.series) < MAX_SERIES
    assert {400, 404, 405} <= statuses
    assert not any(status >= 500 for status in statuses)
    answered = after.total("http_requests_total") - before.total("http_requests_total")
    assert answered == REQUESTS + 1
