"""`/metrics` tells what the contract promises, from the start, whatever is sent to the service."""

import asyncio
import contextlib
import random
import re
import string
import threading
import time
from pathlib import Path

import pytest
from aiohttp import ClientTimeout
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitoring import render
from service.catalogue import PAGE_ROUTES, PAGES_ROUTE

CATALOGUE = Path(__file__).parents[2] / "docs" / "metrics.md"
TYPES = ("parchment", "enso", "sigil", "giraffe", "kangaroo", "directed_enso")
MAX_SERIES = 1370  # with a type of a plug-in it must stay below 1,500
STAGES = ("queue", "render", "encode")

# The contract's table, as far as there is something to feed it, and what the system tells of the
# process: name, type, labels.
CONTRACT = {
    "cache_hits": ("counter", "asset_type tier"),
    "cache_misses": ("counter", "asset_type reason"),
    "cache_coalesced": ("counter", "asset_type"),
    "cache_stale": ("counter", "asset_type"),
    "cache_sets": ("counter", "asset_type"),
    "cache_revalidated": ("counter", "asset_type"),
    "cache_evictions": ("counter", "asset_type tier reason"),
    "cache_expirations": ("counter", "asset_type tier"),
    "cache_clears": ("counter", "asset_type"),
    "cache_entries": ("gauge", "asset_type tier"),
    "cache_estimated_memory_bytes": ("gauge", "asset_type tier"),
    "cache_capacity_entries": ("gauge", "asset_type"),
    "cache_ttl_seconds": ("gauge", "asset_type"),
    "cache_memory_limit_bytes": ("gauge", ""),
    "cache_hit_age_seconds": ("histogram", "asset_type"),
    "cache_eviction_age_seconds": ("histogram", "asset_type"),
    "cache_saved_seconds": ("counter", "asset_type"),
    "cache_served_bytes": ("counter", "asset_type"),
    "cache_predicted_hit_ratio": ("gauge", "asset_type capacity"),
    "cache_recommended_capacity_entries": ("gauge", "asset_type"),
    "cache_recommended_ttl_seconds": ("gauge", "asset_type"),
    "cache_working_set_entries": ("gauge", "asset_type"),
    "cache_tier_up": ("gauge", "tier"),
    "cache_tier_queue_length": ("gauge", "tier"),
    "cache_tier_operation_duration_seconds": ("histogram", "tier operation"),
    "cache_tier_failures": ("counter", "tier operation reason"),
    "generation_duration_seconds": ("histogram", "asset_type stage"),
    "generations": ("counter", "asset_type outcome"),
    "generations_in_progress": ("gauge", "asset_type"),
    "generation_queue_length": ("gauge", ""),
    "generation_workers": ("gauge", ""),
    "generation_workers_busy": ("gauge", ""),
    "generation_output_bytes": ("histogram", "asset_type format"),
    "http_requests": ("counter", "method route code"),
    "http_request_duration_seconds": ("histogram", "route cache"),
    "http_requests_in_progress": ("gauge", ""),
    "http_rejected": ("counter", "reason"),
    "director_requests": ("counter", "director outcome"),
    "director_duration_seconds": ("histogram", "director"),
    "director_tokens": ("counter", "director direction"),
    "event_loop_lag_seconds": ("histogram", ""),
    "process_start_time_seconds": ("gauge", ""),
    "process_cpu_seconds": ("counter", ""),
    "process_resident_memory_bytes": ("gauge", ""),
    "process_virtual_memory_bytes": ("gauge", ""),
    "process_open_fds": ("gauge", ""),
    "process_max_fds": ("gauge", ""),
    "build": ("info", "version python"),
}
LABEL_VALUES = {
    "asset_type": TYPES,
    "tier": ("memory", "disk", "redis"),
    "operation": ("read", "write", "delete", "clear", "lease"),
    "capacity": ("0.25x", "0.5x", "1x", "2x", "4x", "8x"),
    "stage": STAGES,
    "director": ("local", "openai"),
    "format": ("png", "webp", "avif", "jpeg"),
    "cache": ("hit", "miss", "stale", "coalesced", "none"),
}


@pytest.fixture
async def tiered(start, tmp_path):
    """A service with all tiers, of which Redis cannot be reached."""
    return await start(
        cache_tiers=("memory", "disk", "redis"),
        cache_disk_path=str(tmp_path / "tier"),
        redis_url="redis://127.0.0.1:1/0",
    )


async def test_every_promised_series_exists_with_its_type_and_labels(tiered, openmetrics):
    scrape = await tiered.scrape(openmetrics)
    told = {
        family.name.removeprefix("nanobanana_"): (
            family.type,
            scrape.label_names()[family.name],
        )
        for family in scrape.families
    }
    promised = {name: (kind, set(labels.split())) for name, (kind, labels) in CONTRACT.items()}
    assert told == promised
    for label, values in LABEL_VALUES.items():
        there = {
            sample.labels[label]
            for family in scrape.families
            for sample in family.samples
            if label in sample.labels
        }
        assert there == set(values), label


async def test_everything_that_counts_is_0_before_the_first_request(running):
    scrape = await running.scrape()
    counting = {
        key: value
        for key, value in scrape.values.items()
        if re.search(r"_(total|count|sum|bucket)$", key[0])
        and not re.search("event_loop_lag|process_cpu|tier_", key[0])
    }
    assert len(counting) > 900
    assert set(counting.values()) == {0}
    for asset_type in TYPES:
        for reason in ("cold", "expired", "evicted", "cleared", "bypassed"):
            assert scrape.value("cache_misses_total", asset_type=asset_type, reason=reason) == 0
        for reason in ("capacity", "memory"):
            assert (
                scrape.value(
                    "cache_evictions_total", asset_type=asset_type, tier="memory", reason=reason
                )
                == 0
            )


async def test_both_formats_tell_the_same_series(running, openmetrics):
    plain, open_ = await running.scrape(), await running.scrape(openmetrics)
    assert plain.series == open_.series
    assert "_created" not in plain.text + open_.text


async def test_there_are_few_enough_series(tiered):
    scrape = await tiered.scrape()
    assert len(scrape.series) == len([line for line in scrape.text.splitlines() if line[0] != "#"])
    assert len(scrape.series) < MAX_SERIES


async def test_objectives_are_exact_bounds_of_the_request_histogram(running):
    scrape = await running.scrape()
    bounds = {
        dict(labels)["le"]
        for name, labels in scrape.series
        if name == "nanobanana_http_request_duration_seconds_bucket"
    }
    assert {"0.05", "0.1", "0.5", "+Inf"} <= bounds


async def test_a_request_is_told_with_its_id_as_exemplar(running, openmetrics):
    await running.service.become_ready()
    await running.get("/generate/enso?width=16", **{"X-Request-ID": "who-asked.1"})
    text = (await running.scrape(openmetrics)).text
    assert re.search(
        r'request_duration_seconds_bucket\{route="/generate/\{asset_type\}",cache="miss",le="[\d.]+"\}'
        r' 1\.0 # \{request_id="who-asked\.1"\} [\d.]+ [\d.]+\n',
        text,
    )
    assert "request_id" not in (await running.scrape()).text


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_generation_is_told_with_the_id_of_the_request_that_set_it_going(
    start, openmetrics, workers
):
    running = await start(generator_workers=workers)
    await running.service.become_ready()
    await running.get("/generate/enso?width=16", **{"X-Request-ID": "who-asked.2"})
    await running.get("/generate/enso?width=16", **{"X-Request-ID": "a-hit"})
    text = (await running.scrape(openmetrics)).text
    for name, label in (
        *(("generation_duration_seconds", f'stage="{each}"') for each in STAGES),
        ("generation_output_bytes", 'format="png"'),
    ):
        assert re.search(
            rf'_{name}_bucket{{asset_type="enso",{label},le="[\d.]+"}} 1\.0'
            r' # \{request_id="who-asked\.2"\} ',
            text,
        ), name
    assert "request_id" not in (await running.scrape()).text


async def test_a_generation_that_nobody_asked_for_names_no_request(start, openmetrics):
    running = await start(cache_warm=("enso",))
    await running.get("/ready", **{"X-Request-ID": "somebody"})
    await running.service.become_ready()
    scrape = await running.scrape(openmetrics)
    assert scrape.value("generations_total", asset_type="enso", outcome="ok") == 1
    assert not re.search(r"generation.* # \{", scrape.text)


async def test_metrics_stats_and_requests_agree(running):
    await running.service.become_ready()
    paths = ["/generate/enso?width=16"] * 3 + ["/generate/sigil?width=16&seed=1"] * 2
    for path in paths:
        assert (await running.get(path))[0] == 200
    await running.get("/generate/sigil?width=16&seed=1&points=none")
    scrape = await running.scrape()
    for name, hits in (("enso", 2), ("sigil", 1)):
        assert scrape.total("cache_hits_total", asset_type=name) == hits
        assert scrape.total("cache_misses_total", asset_type=name) == 1
        assert scrape.value("cache_misses_total", asset_type=name, reason="cold") == 1
        assert scrape.value("generations_total", asset_type=name, outcome="ok") == 1
        assert scrape.value("cache_entries", asset_type=name, tier="memory") == 1
        assert scrape.total("cache_served_bytes_total", asset_type=name) > 0
    assert scrape.total("http_requests_total", route="/generate/{asset_type}", code="200") == 5
    assert scrape.total("http_request_duration_seconds_count", cache="hit") == 3
    assert scrape.total("http_rejected_total", reason="bad_request") == 1
    assert scrape.value("generation_workers") == 1
    stats = await running.session.get("/cache/stats")
    caches = (await stats.json())["cache_stats"]["caches"]
    for name in TYPES:
        assert caches[name]["hits"] == scrape.total("cache_hits_total", asset_type=name)
        assert caches[name]["misses"] == scrape.total("cache_misses_total", asset_type=name)


async def test_cache_metrics_false_leaves_out_the_cache_series_and_nothing_else(start):
    shown, hidden = await start(), await start(cache_metrics=False)
    everything = (await shown.scrape()).series
    left = (await hidden.scrape()).series
    assert left == {key for key in everything if not key[0].startswith("nanobanana_cache_")}
    await hidden.service.become_ready()
    await hidden.get("/generate/enso?width=16&seed=1")
    reply = await hidden.session.get("/cache/stats")
    assert (await reply.json())["cache_stats"]["total_misses"] == 1
    assert (await hidden.scrape()).series == left


async def test_every_route_has_series_of_its_own(running):
    scrape = await running.scrape()
    prepared = {dict(labels).get("route") for _, labels in scrape.series} - {None, "unmatched"}
    routes = {resource.canonical for resource in running.service.app.router.resources()}
    of_types = {f"/generate/{name}" for name in TYPES}
    assert routes - of_types - PAGE_ROUTES == prepared - {PAGES_ROUTE}
    assert routes >= PAGE_ROUTES


HOSTILE_ACCEPTS = ("application/openmetrics-text; version=abc", "*/*;q=x", "image/{noise}", "a/b;;")


def hostile_request(dice):
    """Return a request that nobody in their right mind sends."""

    def noise():
        alphabet = string.ascii_letters + string.digits + "-._~%/"
        return "".join(dice.choices(alphabet, k=dice.randint(1, 40)))

    method = dice.choice(["GET", "HEAD", "POST", "OPTIONS", "DELETE", "BREW", noise()[:1] + "X"])
    path = dice.choice(
        [
            *("/metrics", "/generate/enso", "/generate/directed/enso", "/cache/clear", "/ready"),
            f"/generate/{noise()}",
            f"/{noise()}",
        ]
    )
    query = dice.choice(
        [
            *("?seed=x", "?prompt=&model=", "?v=9", "?" + "a" * 9000, "?%00=%ff&%00=%ff"),
            f"?{noise()}={noise()}",
            f"?prompt=a&model={noise()}",
            f"?asset_type={noise()}",
        ]
    )
    headers = {
        "Host": noise(),
        "User-Agent": noise(),
        "X-Request-ID": noise(),
        "Accept": dice.choice(HOSTILE_ACCEPTS).replace("{noise}", noise()),
        "X-API-Key": noise(),
        "X-Base-Url": noise(),
        "Expect": dice.choice(["", noise()]),
        "Connection": "close",
    }
    lines = [f"{method} {path}{query} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


MALFORMED = (
    b"\x16\x03\x01 is TLS\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n",
    b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /cache/clear HTTP/1.1\r\nHost: a\r\nContent-Length: nine\r\n\r\n",
)


async def test_nothing_that_is_sent_adds_a_series(running, openmetrics):
    dice = random.Random(4)
    before = (await running.scrape(openmetrics)).series
    requests = [hostile_request(dice) for _ in range(400)] + list(MALFORMED)
    statuses = [await status_of(running.port, request) for request in requests]
    scrape = await running.scrape(openmetrics)
    assert scrape.series == before
    assert {400, 404, 405, 414} <= set(statuses)
    assert scrape.total("http_requests_total") == len(requests) + 1
    assert scrape.total("http_requests_total", code="other") == statuses.count(417)
    assert scrape.total("http_request_duration_seconds_count") == len(requests) + 1
    assert scrape.total("generations_total") == 0
    assert scrape.total("cache_misses_total") == 0


async def status_of(port, request):
    """Send bytes as they are and return the status of what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await asyncio.wait_for(reader.readline(), 10)
        await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return int(head.split()[1])


class Stuck(Collector):
    """A collector that takes until it is let go."""

    def __init__(self):
        self.entered = threading.Event()
        self.released = threading.Event()

    def collect(self):
        self.entered.set()
        self.released.wait(30)
        yield GaugeMetricFamily("stuck", "Stuck.", value=1)


async def test_a_scrape_does_not_stop_the_event_loop(running):
    stuck = Stuck()
    running.service.metrics.register(stuck)
    scraping = asyncio.create_task(running.scrape())
    await asyncio.to_thread(stuck.entered.wait)
    try:
        async with running.session.get("/health", timeout=ClientTimeout(total=10)) as response:
            assert response.status == 200
        assert not scraping.done()
    finally:
        stuck.released.set()
    assert "stuck 1.0" in (await scraping).text


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text"])
async def test_a_scrape_takes_milliseconds(running, accept):
    def cpu_seconds():
        started = time.thread_time()
        render(running.service.metrics, accept)
        return time.thread_time() - started

    # Promised are 10 ms on a quiet machine; this one may be anything.
    assert min(cpu_seconds() for _ in range(10)) < 0.03


def documented():
    """Return what docs/metrics.md says of each family: type, labels and query."""
    section = re.compile(
        r"^### `nanobanana_(\w+)`\n\n(\w+), labels: (.+?); unit: .+?\. .+?\n\n"
        r"```promql\n(.+?)\n```$",
        re.MULTILINE | re.DOTALL,
    )
    found = section.findall(CATALOGUE.read_text())
    assert len(found) == CATALOGUE.read_text().count("\n### `")
    return {
        name: (kind, set(re.findall(r"`(\w+)`", labels)), query)
        for name, kind, labels, query in found
    }


async def test_the_catalogue_documents_every_series_and_no_other(tiered, openmetrics):
    scrape = await tiered.scrape(openmetrics)
    told = {
        family.name.removeprefix("nanobanana_"): (
            family.type,
            scrape.label_names()[family.name],
        )
        for family in scrape.families
    }
    endings = {"counter": "_total", "info": "_info"}
    assert {name: about[:2] for name, about in documented().items()} == {
        name + endings.get(kind, ""): (kind, labels) for name, (kind, labels) in told.items()
    }


async def test_the_catalogue_explains_every_value_of_closed_labels(tiered):
    open_ = {"asset_type", "route", "method", "code", "version", "python", "le"}
    values = {
        value
        for _, labels in (await tiered.scrape()).series
        for name, value in labels
        if name not in open_
    }
    assert not values - set(re.findall(r"`([\w.]+)`", CATALOGUE.read_text()))


async def test_the_queries_of_the_catalogue_ask_for_series_that_exist(tiered):
    names = {name for name, _ in (await tiered.scrape()).series}
    for name, (_, _, query) in documented().items():
        asked = set(re.findall(r"nanobanana_\w+", query))
        assert any(each.startswith(f"nanobanana_{name}") for each in asked), name
        assert asked <= names
