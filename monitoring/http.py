"""The `http_*` series: plain numbers while requests run, made into series when scraped.

A hit takes tens of microseconds; the library's own counter and histogram would be 2.5 of them,
these are 0.5.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from cache import Outcome

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
OTHER_METHOD = "other"
UNMATCHED_ROUTE = "unmatched"
NO_CACHE = "none"

_CACHE_LABELS = (*(outcome.value for outcome in Outcome), NO_CACHE)

# Seconds. 0.05 and 0.5 are the objectives for hits and misses, 0.1 the usual threshold beside them.
_BOUNDS = (0.001, 0.005, 0.05, 0.1, 0.5, 1.0, 5.0)
_BUCKETS = (*map(str, _BOUNDS), "+Inf")

# What no route is known to answer is counted here, so that nobody can add series.
OTHER_CODE = "other"
_OTHER = (OTHER_METHOD, UNMATCHED_ROUTE, OTHER_CODE)
_UNMATCHED = (UNMATCHED_ROUTE, NO_CACHE)

# What is no HTTP, and what a browser asks before it lets a page of another origin read.
_MALFORMED = (OTHER_METHOD, UNMATCHED_ROUTE, 400)
_PREFLIGHT = ("OPTIONS", UNMATCHED_ROUTE, 204)

# The caller hung up before there was an answer: a code of nginx that is never sent.
HUNG_UP = 499

_PAGE_CODES = (200, 400, 414, 500)
_IMAGE_CODES = (200, 304, 400, 404, 414, HUNG_UP, 500, 502, 503, 504)
_UNMATCHED_CODES = (404, 405)


class Route(NamedTuple):
    """An endpoint that is no image, and what it can answer.

    Attributes:
        pattern: its path, with placeholders where it has any.
        methods: those that it takes; codes: statuses that it answers with.
    """

    pattern: str
    methods: tuple[str, ...] = ("GET", "HEAD")
    codes: tuple[int, ...] = _PAGE_CODES


class Rejection(StrEnum):
    """Why a request was turned away before any work was done for it."""

    BAD_REQUEST = "bad_request"
    NOT_FOUND = "not_found"
    METHOD = "method"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    QUEUE_FULL = "queue_full"
    MALFORMED = "malformed"


class _Durations:
    """One histogram: counts by bucket, their sum, and the latest exemplar of each bucket."""

    __slots__ = ("counts", "exemplars", "sum_seconds")

    def __init__(self) -> None:
        self.counts = [0] * len(_BUCKETS)
        self.exemplars: list[tuple[str, float, float] | None] = [None] * len(_BUCKETS)
        self.sum_seconds = 0.0

    def observe(self, seconds: float, request_id: str, now: float) -> None:
        bucket = bisect_left(_BOUNDS, seconds)
        self.counts[bucket] += 1
        self.exemplars[bucket] = request_id, seconds, now
        self.sum_seconds += seconds


class HttpSeries(Collector):
    """Counts and times HTTP exchanges; used from the event loop's thread, scraped from any.

    Every label set exists at 0 from the start, and no other is ever added, whatever is sent:
    what no route is known to answer is counted under `other`.

    Args:
        in_progress: requests being answered now.
        image_routes: patterns of the routes that answer images, by cache outcome.
        plain_routes: all other routes.
    """

    def __init__(
        self,
        in_progress: Callable[[], int],
        image_routes: Iterable[str],
        plain_routes: Iterable[Route],
    ) -> None:
        self._in_progress = in_progress
        self._requests: dict[tuple[str, str, int | str], int] = {
            _MALFORMED: 0,
            _PREFLIGHT: 0,
            _OTHER: 0,
        }
        self._durations: dict[tuple[str, str], _Durations] = {}
        self._rejected = dict.fromkeys(Rejection, 0)
        for pattern in image_routes:
            self._prepare(Route(pattern, codes=_IMAGE_CODES), _CACHE_LABELS)
        for route in plain_routes:
            self._prepare(route, (NO_CACHE,))
        self._prepare(
            Route(UNMATCHED_ROUTE, (*METHODS, OTHER_METHOD), _UNMATCHED_CODES), (NO_CACHE,)
        )

    def answered(
        self,
        method: str,
        route: str,
        code: int,
        cache: str,
        seconds: float,
        request_id: str,
        now: float,
    ) -> None:
        """Count one exchange; its request id becomes the exemplar of its bucket.

        Args:
            cache: the outcome of its lookup, or `NO_CACHE`.
            now: wall clock seconds.
        """
        if method not in METHODS:
            method = OTHER_METHOD
        try:
            self._requests[method, route, code] += 1
        except KeyError:
            self._requests[_OTHER] += 1
        durations = self._durations.get((route, cache)) or self._durations[_UNMATCHED]
        durations.observe(seconds, request_id, now)

    def hung_up(self, method: str, route: str) -> None:
        """Count one exchange whose caller did not wait; its time would flatter the histogram."""
        known = method, route, HUNG_UP
        self._requests[known if known in self._requests else _OTHER] += 1

    def rejected(self, reason: Rejection) -> None:
        """Count one request that was turned away."""
        self._rejected[reason] += 1

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "nanobanana_http_requests",
            "HTTP requests answered.",
            labels=("method", "route", "code"),
        )
        for (method, route, code), count in self._requests.items():
            requests.add_metric((method, route, str(code)), count)
        yield requests
        durations = HistogramMetricFamily(
            "nanobanana_http_request_duration_seconds",
            "From the request's arrival until its response was ready to be sent.",
            labels=("route", "cache"),
        )
        for labels, observed in self._durations.items():
            durations.add_metric(labels, _buckets(observed), observed.sum_seconds)
        yield durations
        rejected = CounterMetricFamily(
            "nanobanana_http_rejected",
            "HTTP requests turned away before any work was done for them.",
            labels=("reason",),
        )
        for reason, count in self._rejected.items():
            rejected.add_metric((reason,), count)
        yield rejected
        yield GaugeMetricFamily(
            "nanobanana_http_requests_in_progress",
            "HTTP requests being answered.",
            value=self._in_progress(),
        )

    def _prepare(self, route: Route, cache_labels: Iterable[str]) -> None:
        for method in route.methods:
            for code in route.codes:
                self._requests[method, route.pattern, code] = 0
        for label in cache_labels:
            self._durations[route.pattern, label] = _Durations()


def _buckets(observed: _Durations) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    cumulative = 0.0
    buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    for bound, count, latest in zip(_BUCKETS, observed.counts, observed.exemplars, strict=True):
        cumulative += count
        if latest is None:
            buckets.append((bound, cumulative))
        else:
            request_id, seconds, now = latest
            buckets.append((bound, cumulative, Exemplar({"request_id": request_id}, seconds, now)))
    return buckets
