"""The overview: does the cache do its job, does the service answer, and what is in the way."""

from __future__ import annotations

from . import levels
from .cache_rows import IMAGES, lookups, room, tiers
from .foundation import model
from .page import Row, page, row
from .panels import COUNT, RATIO, REQUESTS_PER_SECOND, About, Curve, lines, number
from .promql import hit_ratio, of_type, rate, ratio, series, sum_by
from .service_rows import director_and_process, generation, http

UID = "nanobanana-overview"


def overview() -> model.Dashboard:
    """Return the dashboard that an operator opens first."""
    return page(
        UID,
        "NanoBanana / Overview",
        "Whether the cache does its job, the service answers, and what stands in its way.",
        _hit_ratio(),
        _objectives(),
        lookups(),
        room(),
        http(),
        generation(),
        tiers(),
        director_and_process(),
    )


def _hit_ratio() -> Row:
    return row(
        "Hit ratio",
        9,
        (
            8,
            number(
                About(
                    "Hit ratio",
                    "Share of all lookups that the cache answered, hits / (hits + misses). "
                    "Red below 50 %, where CacheHitRatioLow fires; green from 70 %.",
                    RATIO,
                    levels.HIT_RATIO,
                    ("CacheHitRatioLow", "CacheHitRatioDropped"),
                ),
                hit_ratio(),
            ),
        ),
        (
            16,
            lines(
                About(
                    "Hit ratio by asset type",
                    "The same for each asset type. A type without lookups has no ratio, and a gap.",
                    RATIO,
                    levels.HIT_RATIO,
                    ("CacheHitRatioLow", "CacheHitRatioDropped", "CacheNotCaching"),
                ),
                Curve(hit_ratio("asset_type"), "{{asset_type}}"),
            ),
        ),
    )


def _objectives() -> Row:
    images = sum_by(rate(series("http_requests_total", IMAGES)))
    answered = sum_by(rate(series("http_requests_total", IMAGES, 'code!~"5.."')))
    memory = sum_by(series("cache_estimated_memory_bytes", 'tier="memory"'))
    return row(
        "Objectives",
        4,
        (
            4,
            number(
                About(
                    "Image requests",
                    "Requests for images each second.",
                    REQUESTS_PER_SECOND,
                    runbooks=("NanoBananaDown",),
                ),
                images,
            ),
        ),
        (
            4,
            number(
                About(
                    "Availability",
                    "Share of image requests that were not answered with a 5xx. Objective: 99.9 %.",
                    RATIO,
                    levels.AVAILABILITY,
                    ("AvailabilityBudgetBurn",),
                ),
                ratio(answered, images),
            ),
        ),
        (
            4,
            number(
                About(
                    "Hits within 50 ms",
                    "Share of hits that were answered within 50 ms. Objective: 99 %.",
                    RATIO,
                    levels.HITS_IN_TIME,
                    ("HitLatencyBudgetBurn",),
                ),
                _within("0.05", 'cache="hit"'),
            ),
        ),
        (
            4,
            number(
                About(
                    "Misses within 500 ms",
                    "Share of misses that were answered within 500 ms; directed ones, which wait "
                    "for a provider, are not counted. Objective: 95 %.",
                    RATIO,
                    levels.MISSES_IN_TIME,
                    ("MissLatencyBudgetBurn",),
                ),
                _within("0.5", 'cache="miss"', 'route!~"/generate/directed/.+"'),
            ),
        ),
        (
            4,
            number(
                About(
                    "Cores saved",
                    "Seconds of drawing that hits spare in each second: how many cores the cache "
                    "stands in for.",
                    COUNT,
                ),
                sum_by(rate(of_type("cache_saved_seconds_total"))),
            ),
        ),
        (
            4,
            number(
                About(
                    "Memory budget used",
                    "Estimated bytes held in memory, of CACHE_MAX_MEMORY_MB. Beyond 90 % types "
                    "push each other's entries out.",
                    RATIO,
                    levels.MEMORY,
                    ("CacheMemoryNearLimit",),
                ),
                ratio(memory, sum_by(series("cache_memory_limit_bytes"))),
            ),
        ),
    )


def _within(seconds: str, *matchers: str) -> str:
    name = "http_request_duration_seconds"
    return ratio(
        sum_by(rate(series(f"{name}_bucket", *matchers, f'le="{seconds}"'))),
        sum_by(rate(series(f"{name}_count", *matchers))),
    )
