"""Rows of the deep dive into asset types: ages, what is held, and drawing."""

from __future__ import annotations

from . import levels
from .levels import GREEN
from .page import Row, row
from .panels import (
    BYTES,
    COUNT,
    PER_SECOND,
    SECONDS,
    About,
    Curve,
    areas,
    lines,
    magnitudes,
)
from .promql import of_type, quantile, rate, ratio, sum_by


def ages() -> Row:
    """Return how old entries are when they are hit and when they are evicted."""
    ttl = Curve(f"max by (asset_type) ({of_type('cache_ttl_seconds')})", "{{asset_type}}: TTL")
    return row(
        "Ages",
        8,
        (
            12,
            magnitudes(
                About(
                    "Age of entries when hit",
                    "Median and 95th percentile, beside the TTL. Near the TTL, entries would be "
                    "of use for longer; far below it, a shorter TTL would do.",
                    SECONDS,
                    runbooks=("CacheTTLTooShort",),
                ),
                *_quantiles("cache_hit_age_seconds_bucket", 0.5, 0.95),
                ttl,
            ),
        ),
        (
            12,
            magnitudes(
                About(
                    "Age of entries when evicted",
                    "Median age of entries dropped for room, beside the TTL. Below a tenth of it "
                    "the cache thrashes: most of what is stored is thrown out before it is used.",
                    SECONDS,
                    runbooks=("CacheThrashing", "CacheTooSmall"),
                ),
                *_quantiles("cache_eviction_age_seconds_bucket", 0.5),
                ttl,
            ),
        ),
    )


def _quantiles(buckets: str, *qs: float) -> list[Curve]:
    return [
        Curve(quantile(q, of_type(buckets), "asset_type"), f"{{{{asset_type}}}}: {q:.0%}")
        for q in qs
    ]


def held() -> Row:
    """Return what is held, in entries and bytes, and by which tier."""
    return row(
        "Held",
        8,
        (
            8,
            lines(
                About(
                    "Entries, capacity and working set",
                    "Entries in each tier, how many memory may hold, and how many different "
                    "assets were asked for lately (working set).",
                    COUNT,
                    runbooks=("CacheTooSmall",),
                ),
                Curve(
                    sum_by(of_type("cache_entries"), "asset_type", "tier"),
                    "{{asset_type}}: {{tier}}",
                ),
                Curve(
                    sum_by(of_type("cache_capacity_entries"), "asset_type"),
                    "{{asset_type}}: capacity",
                ),
                Curve(
                    sum_by(of_type("cache_working_set_entries"), "asset_type"),
                    "{{asset_type}}: working set",
                ),
            ),
        ),
        (
            8,
            areas(
                About(
                    "Bytes held",
                    "Estimated bytes of the entries held, by tier.",
                    BYTES,
                    runbooks=("CacheMemoryNearLimit",),
                ),
                Curve(
                    sum_by(of_type("cache_estimated_memory_bytes"), "asset_type", "tier"),
                    "{{asset_type}}: {{tier}}",
                ),
            ),
        ),
        (
            8,
            areas(
                About(
                    "Hits by tier",
                    "Lookups answered each second, by the tier that held the entry.",
                    PER_SECOND,
                ),
                Curve(
                    sum_by(rate(of_type("cache_hits_total")), "asset_type", "tier"),
                    "{{asset_type}}: {{tier}}",
                ),
            ),
        ),
    )


def drawing() -> Row:
    """Return how drawing these types does."""
    sizes = "generation_output_bytes"
    return row(
        "Drawing",
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
                Curve(
                    sum_by(rate(of_type("generations_total", 'outcome="ok"')), "asset_type"),
                    "{{asset_type}}: ok",
                    GREEN,
                ),
                Curve(
                    sum_by(
                        rate(of_type("generations_total", 'outcome!="ok"')), "asset_type", "outcome"
                    ),
                    "{{asset_type}}: {{outcome}}",
                ),
            ),
        ),
        (
            6,
            lines(
                About(
                    "95 % of drawings take",
                    "95th percentile by stage: waiting for a worker (queue), drawing (render), "
                    "writing the file (encode). GenerationSlow fires from 500 ms.",
                    SECONDS,
                    levels.RENDER_SECONDS,
                    ("GenerationSlow",),
                ),
                Curve(
                    quantile(
                        0.95,
                        of_type("generation_duration_seconds_bucket"),
                        "asset_type",
                        "stage",
                    ),
                    "{{asset_type}}: {{stage}}",
                ),
            ),
        ),
        (
            6,
            lines(
                About(
                    "Drawings in progress",
                    "Pictures being drawn now.",
                    COUNT,
                    runbooks=("GenerationSaturated",),
                ),
                Curve(sum_by(of_type("generations_in_progress"), "asset_type"), "{{asset_type}}"),
            ),
        ),
        (
            6,
            lines(
                About(
                    "Mean size of a file",
                    "Mean bytes of the files drawn, by format.",
                    BYTES,
                ),
                Curve(
                    ratio(
                        sum_by(rate(of_type(f"{sizes}_sum")), "asset_type", "format"),
                        sum_by(rate(of_type(f"{sizes}_count")), "asset_type", "format"),
                    ),
                    "{{asset_type}}: {{format}}",
                ),
            ),
        ),
    )
