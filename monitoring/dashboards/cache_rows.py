"""Rows of the overview about the cache: its lookups, its room, its tiers."""

from __future__ import annotations

from . import levels
from .levels import BLUE, GREEN, RED, YELLOW
from .page import Row, row
from .panels import (
    BYTES,
    COUNT,
    PER_MINUTE,
    PER_SECOND,
    SECONDS,
    About,
    Curve,
    areas,
    areas_under,
    bars,
    lines,
    magnitudes,
)
from .promql import of_type, per_minute, quantile, rate, series, sum_by

IMAGES = 'route=~"/generate/.+"'


def lookups() -> Row:
    """Return how lookups end, why they miss, and how long answers take."""
    results = [
        Curve(sum_by(rate(of_type(f"cache_{name}_total"))), legend, colour)
        for name, legend, colour in (
            ("hits", "hit", GREEN),
            ("coalesced", "coalesced", BLUE),
            ("stale", "stale", YELLOW),
            ("misses", "miss", RED),
        )
    ]
    return row(
        "Lookups",
        8,
        (
            8,
            areas(
                About(
                    "Lookups by result",
                    "Every image lookup is one of these: a hit, a wait for a build under way "
                    "(coalesced), an entry past its TTL (stale), or a miss.",
                    PER_SECOND,
                ),
                *results,
            ),
        ),
        (
            8,
            areas(
                About(
                    "Misses by reason",
                    "cold: never seen. expired: past its TTL. evicted: dropped for room. cleared: "
                    "by an operator. bypassed: an admin asked for a new one.",
                    PER_SECOND,
                    runbooks=("CacheTooSmall", "CacheTTLTooShort", "CacheHighVariation"),
                ),
                Curve(sum_by(rate(of_type("cache_misses_total")), "reason"), "{{reason}}"),
            ),
        ),
        (
            8,
            magnitudes(
                About(
                    "95 % of images are answered within",
                    "95th percentile of the time to the answer, by what the cache said. "
                    "Objectives: 50 ms for hits, 500 ms for misses.",
                    SECONDS,
                    levels.HIT_SECONDS,
                    ("HitLatencyBudgetBurn", "MissLatencyBudgetBurn"),
                ),
                Curve(
                    quantile(
                        0.95,
                        series("http_request_duration_seconds_bucket", IMAGES, 'cache!="none"'),
                        "cache",
                    ),
                    "{{cache}}",
                ),
            ),
        ),
    )


def room() -> Row:
    """Return what is dropped, what is held, and what that saves."""
    memory = of_type("cache_estimated_memory_bytes", 'tier="memory"')
    return row(
        "Room",
        8,
        (
            6,
            bars(
                About(
                    "Evictions",
                    "Entries dropped for room each minute, by asset type and by the limit that was "
                    "reached: the type's own entries (capacity) or the bytes of all (memory).",
                    PER_MINUTE,
                    runbooks=("CacheTooSmall", "CacheThrashing"),
                ),
                Curve(
                    sum_by(per_minute(of_type("cache_evictions_total")), "asset_type", "reason"),
                    "{{asset_type}}: {{reason}}",
                ),
            ),
        ),
        (
            6,
            bars(
                About(
                    "Expirations",
                    "Entries dropped or replaced after their TTL each minute, by asset type.",
                    PER_MINUTE,
                    runbooks=("CacheTTLTooShort",),
                ),
                Curve(
                    sum_by(per_minute(of_type("cache_expirations_total")), "asset_type"),
                    "{{asset_type}}",
                ),
            ),
        ),
        (
            6,
            areas_under(
                About(
                    "Memory against its limit",
                    "Estimated bytes held in memory by asset type, one on top of the other, and "
                    "the limit of all together (CACHE_MAX_MEMORY_MB).",
                    BYTES,
                    runbooks=("CacheMemoryNearLimit",),
                ),
                Curve(sum_by(series("cache_memory_limit_bytes")), "limit"),
                Curve(sum_by(memory, "asset_type"), "{{asset_type}}"),
            ),
        ),
        (
            6,
            areas(
                About(
                    "Drawing time saved",
                    "Seconds of drawing that hits did not spend again, in each second.",
                    COUNT,
                ),
                Curve(
                    sum_by(rate(of_type("cache_saved_seconds_total")), "asset_type"),
                    "{{asset_type}}",
                ),
            ),
        ),
    )


def tiers() -> Row:
    """Return what each tier gives, and how it does."""
    operations = "cache_tier_operation_duration_seconds_bucket"
    return row(
        "Tiers",
        8,
        (
            5,
            areas(
                About(
                    "Hits by tier",
                    "Lookups answered each second, by the tier that held the entry.",
                    PER_SECOND,
                ),
                Curve(sum_by(rate(of_type("cache_hits_total")), "tier"), "{{tier}}"),
            ),
        ),
        (
            5,
            lines(
                About(
                    "Tier is up",
                    "1 while a tier answers, 0 while the service does without it.",
                    COUNT,
                    levels.UP,
                    ("CacheTierDown",),
                ),
                Curve(f"min by (tier) ({series('cache_tier_up')})", "{{tier}}"),
            ),
        ),
        (
            5,
            magnitudes(
                About(
                    "99 % of tier operations take",
                    "99th percentile of the time that an operation on a tier takes.",
                    SECONDS,
                    runbooks=("CacheTierErrors",),
                ),
                Curve(
                    quantile(0.99, series(operations), "tier", "operation"),
                    "{{tier}}: {{operation}}",
                ),
            ),
        ),
        (
            5,
            lines(
                About(
                    "Tier failures",
                    "Failed operations each second, by tier and reason. CacheTierErrors fires "
                    "from 0.05 of them, CacheTierCorruption from the first corrupt entry.",
                    PER_SECOND,
                    levels.TIER_FAILURES,
                    ("CacheTierErrors", "CacheTierCorruption"),
                ),
                Curve(
                    sum_by(rate(series("cache_tier_failures_total")), "tier", "reason"),
                    "{{tier}}: {{reason}}",
                ),
            ),
        ),
        (
            4,
            lines(
                About(
                    "Writes waiting for a tier",
                    "Entries that are to be stored in a tier, behind the responses.",
                    COUNT,
                    runbooks=("CacheTierErrors",),
                ),
                Curve(sum_by(series("cache_tier_queue_length"), "tier"), "{{tier}}"),
            ),
        ),
    )
