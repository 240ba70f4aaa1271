"""Rows of the overview about what surrounds the cache: HTTP, drawing, directing, the process."""

from __future__ import annotations

from . import levels
from .levels import GREEN
from .page import Row, row
from .panels import (
    BYTES_PER_SECOND,
    COUNT,
    PER_MINUTE,
    PER_SECOND,
    RATIO,
    REQUESTS_PER_SECOND,
    SECONDS,
    About,
    Curve,
    areas,
    bars,
    lines,
    magnitudes,
)
from .promql import of_type, per_minute, quantile, rate, ratio, series, sum_by


def http() -> Row:
    """Return what is asked over HTTP and how it is answered."""
    return row(
        "HTTP",
        8,
        (
            8,
            areas(
                About(
                    "Requests by status",
                    "All requests answered each second, by their status.",
                    REQUESTS_PER_SECOND,
                    runbooks=("AvailabilityBudgetBurn",),
                ),
                Curve(sum_by(rate(series("http_requests_total")), "code"), "{{code}}"),
            ),
        ),
        (
            8,
            areas(
                About(
                    "Requests turned away",
                    "Requests refused before any work was done for them. queue_full is ours to "
                    "mend; the other reasons are the callers'.",
                    REQUESTS_PER_SECOND,
                    runbooks=("RequestsRejected",),
                ),
                Curve(sum_by(rate(series("http_rejected_total")), "reason"), "{{reason}}"),
            ),
        ),
        (
            8,
            areas(
                About(
                    "Bytes that hits handed out",
                    "Estimated bytes of images served from the cache each second, by asset type.",
                    BYTES_PER_SECOND,
                ),
                Curve(
                    sum_by(rate(of_type("cache_served_bytes_total")), "asset_type"),
                    "{{asset_type}}",
                ),
            ),
        ),
    )


def generation() -> Row:
    """Return how drawing does, and whether it keeps up."""
    failed = sum_by(
        rate(of_type("generations_total", 'outcome=~"error|timeout|crashed"')), "asset_type"
    )
    tried = sum_by(rate(of_type("generations_total", 'outcome!="rejected"')), "asset_type")
    return row(
        "Generation",
        8,
        (
            6,
            areas(
                About(
                    "Drawings by outcome",
                    "Attempts at drawing each second, by how they ended.",
                    PER_SECOND,
                    runbooks=("GenerationErrors",),
                ),
                Curve(sum_by(rate(of_type("generations_total", 'outcome="ok"'))), "ok", GREEN),
                Curve(
                    sum_by(rate(of_type("generations_total", 'outcome!="ok"')), "outcome"),
                    "{{outcome}}",
                ),
            ),
        ),
        (
            6,
            lines(
                About(
                    "Drawings that fail",
                    "Share of attempts that ended in an error, a timeout or a crash, by asset "
                    "type. GenerationErrors fires from 5 %.",
                    RATIO,
                    levels.FAILURES,
                    ("GenerationErrors",),
                ),
                Curve(ratio(failed, tried), "{{asset_type}}"),
            ),
        ),
        (
            6,
            lines(
                About(
                    "95 % of drawings take",
                    "95th percentile of each stage: waiting for a worker (queue), drawing "
                    "(render), writing the file (encode). GenerationSlow fires from 500 ms.",
                    SECONDS,
                    levels.RENDER_SECONDS,
                    ("GenerationSlow",),
                ),
                Curve(
                    quantile(0.95, of_type("generation_duration_seconds_bucket"), "stage"),
                    "{{stage}}",
                ),
            ),
        ),
        (
            6,
            lines(
                About(
                    "Workers and queue",
                    "Workers alive, workers that draw, and orders that wait. All busy while "
                    "orders wait is GenerationSaturated.",
                    COUNT,
                    runbooks=("GenerationSaturated", "RequestsRejected"),
                ),
                Curve(sum_by(series("generation_workers")), "workers"),
                Curve(sum_by(series("generation_workers_busy")), "busy"),
                Curve(sum_by(series("generation_queue_length")), "waiting"),
            ),
        ),
    )


_OPERATION = "{{tier}}: {{operation}}"


def director_and_process() -> Row:
    """Return how directing does, and whether the event loop is held up."""
    failed = sum_by(rate(series("director_requests_total", 'outcome=~"error|timeout"')), "director")
    asked = sum_by(
        rate(series("director_requests_total", 'outcome!~"refused|cancelled"')), "director"
    )
    return row(
        "Director and process",
        8,
        (
            5,
            areas(
                About(
                    "Directions by outcome",
                    "Requests to the directors each second, by director and how they ended.",
                    PER_SECOND,
                    runbooks=("DirectorFailing",),
                ),
                Curve(
                    sum_by(rate(series("director_requests_total")), "director", "outcome"),
                    "{{director}}: {{outcome}}",
                ),
            ),
        ),
        (
            5,
            lines(
                About(
                    "Directions that fail",
                    "Share of requests to a director that fail or time out; a caller's own fault "
                    "is none. DirectorFailing fires from 10 %.",
                    RATIO,
                    levels.DIRECTOR_FAILURES,
                    ("DirectorFailing",),
                ),
                Curve(ratio(failed, asked), "{{director}}"),
            ),
        ),
        (
            5,
            magnitudes(
                About(
                    "95 % of directions take",
                    "95th percentile of the time a director takes, a retry included.",
                    SECONDS,
                    runbooks=("DirectorFailing",),
                ),
                Curve(
                    quantile(0.95, series("director_duration_seconds_bucket"), "director"),
                    "{{director}}",
                ),
            ),
        ),
        (
            4,
            bars(
                About(
                    "Tokens",
                    "Tokens each minute that providers say they counted, of prompts (in) and of "
                    "answers (out).",
                    PER_MINUTE,
                ),
                Curve(
                    sum_by(per_minute(series("director_tokens_total")), "director", "direction"),
                    "{{director}}: {{direction}}",
                ),
            ),
        ),
        (
            5,
            lines(
                About(
                    "Event loop lag, 99 %",
                    "99th percentile of how late the event loop wakes: every request waits as "
                    "long. EventLoopLag fires from 50 ms.",
                    SECONDS,
                    levels.LAG_SECONDS,
                    ("EventLoopLag",),
                ),
                Curve(
                    quantile(0.99, series("event_loop_lag_seconds_bucket"), "instance"),
                    "{{instance}}",
                ),
            ),
        ),
    )
