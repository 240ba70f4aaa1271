"""What observing costs: a hit's counts and times, and a scrape, beside prometheus_client's own.

Time is that of the measuring thread, not of the wall. The contestants take turns in short rounds,
so that whatever else the machine does strikes all of them; the least is what it costs undisturbed.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_by_library
from rich.console import Console
from rich.table import Table

from cache import LRUCache
from monitoring import HttpSeries, render
from service.app import Service
from service.catalogue import IMAGE_ROUTE
from service.logs import LogWriter
from service.settings import Settings

from .art import load_average

HITS = 5_000
SCRAPES = 5
ROUNDS = 21
ALLOWED_HIT_MICROSECONDS = 5.0
ALLOWED_SCRAPE_MILLISECONDS = 10.0

OPENMETRICS = "application/openmetrics-text; version=1.0.0"

HTTP = "HTTP series: count, duration, exemplar"
CACHE = "cache: the lookup and all its counts"
LIBRARY = "prometheus_client: Counter and Histogram, kept children"
LIBRARY_LABELS = "prometheus_client: Counter and Histogram, by labels()"

Work = Callable[[int], None]


def main(console: Console) -> None:
    """Measure, print two tables, and say whether the goals are met."""
    hits = _measured(
        {
            HTTP: _http_series(),
            CACHE: _cache(),
            LIBRARY: _by_library(),
            LIBRARY_LABELS: _by_library_labels(),
        },
        HITS,
    )
    console.print(_table("Instrumentation of a hit", "µs", 1e6, hits))
    ours = 1e6 * sum(min(hits[name]) for name in (HTTP, CACHE))
    _judge(console, ours, ALLOWED_HIT_MICROSECONDS, "µs for a hit, its lookup included")

    registry = _new_service().metrics
    series = sum(len(family.samples) for family in registry.collect())
    scrapes = _measured(
        {
            "OpenMetrics": _rendering(registry, OPENMETRICS),
            "plain text": _rendering(registry, ""),
            "prometheus_client: OpenMetrics": _rendering_by_library(registry),
        },
        SCRAPES,
    )
    console.print(_table(f"A scrape of {series} series", "ms", 1e3, scrapes))
    worst = 1e3 * max(min(scrapes[name]) for name in ("OpenMetrics", "plain text"))
    _judge(console, worst, ALLOWED_SCRAPE_MILLISECONDS, "ms for a scrape")


def _http_series() -> Work:
    series = HttpSeries(lambda: 0, (IMAGE_ROUTE,), ())

    def work(times: int) -> None:
        answered, perf_counter, now = series.answered, time.perf_counter, time.time
        for _ in range(times):
            began = perf_counter()
            answered("GET", IMAGE_ROUTE, 200, "hit", perf_counter() - began, "a-1", now())

    return work


def _cache() -> Work:
    cache: LRUCache[bytes] = LRUCache(100, 3600.0)
    cache.set("key", b"image")

    def work(times: int) -> None:
        get = cache.get
        for _ in range(times):
            get("key")

    return work


def _library_series() -> tuple[Counter, Histogram]:
    registry = CollectorRegistry()
    requests = Counter("requests", "Requests.", ("method", "route", "code"), registry=registry)
    seconds = Histogram("seconds", "Durations.", ("route", "cache"), registry=registry)
    return requests, seconds


def _by_library() -> Work:
    requests, seconds = _library_series()
    counter = requests.labels("GET", IMAGE_ROUTE, "200")
    histogram = seconds.labels(IMAGE_ROUTE, "hit")

    def work(times: int) -> None:
        perf_counter = time.perf_counter
        for _ in range(times):
            began = perf_counter()
            counter.inc()
            histogram.observe(perf_counter() - began, {"request_id": "a-1"})

    return work


def _by_library_labels() -> Work:
    requests, seconds = _library_series()

    def work(times: int) -> None:
        perf_counter = time.perf_counter
        for _ in range(times):
            began = perf_counter()
            requests.labels("GET", IMAGE_ROUTE, "200").inc()
            passed = perf_counter() - began
            seconds.labels(IMAGE_ROUTE, "hit").observe(passed, {"request_id": "a-1"})

    return work


def _new_service() -> Service:
    # With all tiers it has the most series there can be; nothing is opened before it serves.
    settings = Settings(cache_tiers=("memory", "disk", "redis"), _env_file=None)
    return Service(settings, LogWriter(io.StringIO(), "console", "error"))


def _rendering(registry: CollectorRegistry, accept: str) -> Work:
    def work(times: int) -> None:
        for _ in range(times):
            render(registry, accept)

    return work


def _rendering_by_library(registry: CollectorRegistry) -> Work:
    def work(times: int) -> None:
        for _ in range(times):
            openmetrics_by_library(registry)

    return work


def _measured(contestants: dict[str, Work], times: int) -> dict[str, list[float]]:
    """Return seconds of thread time once, by contestant and round."""
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for _ in range(ROUNDS):
        for name in order:
            began = time.thread_time()
            contestants[name](times)
            measured[name].append((time.thread_time() - began) / times)
        order.append(order.pop(0))
    return measured


def _table(title: str, unit: str, scale: float, measured: dict[str, list[float]]) -> Table:
    table = Table(title=f"{title}, {ROUNDS} rounds ({load_average()})")
    table.add_column("")
    for heading in (f"min {unit}", f"median {unit}"):
        table.add_column(heading, justify="right")
    for name, rounds in measured.items():
        median = statistics.median(rounds)
        table.add_row(name, f"{scale * min(rounds):.2f}", f"{scale * median:.2f}")
    return table


def _judge(console: Console, took: float, allowed: float, what: str) -> None:
    mark = "[green]✓[/]" if took <= allowed else "[red]✗[/]"
    console.print(f"{mark} {took:.2f} {what} (goal: at most {allowed:g})")
