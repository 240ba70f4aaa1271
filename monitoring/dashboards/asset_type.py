"""The deep dive into asset types: where an alert about one of them leads."""

from __future__ import annotations

from . import levels
from .asset_type_rows import ages, drawing, held
from .foundation import model
from .levels import BLUE, GREEN, PURPLE, RED, YELLOW
from .page import Row, page, row
from .panels import (
    PER_MINUTE,
    PER_SECOND,
    RATIO,
    SECONDS,
    About,
    Curve,
    areas,
    bars,
    lines,
    number,
)
from .promql import (
    hit_ratio,
    increase_in_range,
    of_type,
    per_minute,
    rate,
    ratio,
    sum_by,
)

UID = "nanobanana-asset-type"


def asset_type() -> model.Dashboard:
    """Return the dashboard that explains the hit ratio of the asset types chosen."""
    return page(
        UID,
        "NanoBanana / Asset type",
        "Why the cache of an asset type does as well as it does. Choose one type, or a few.",
        _now(),
        _why(),
        ages(),
        held(),
        drawing(),
    )


def _now() -> Row:
    entries = sum_by(of_type("cache_entries", 'tier="memory"'))
    return row(
        "Now",
        8,
        (
            5,
            number(
                About(
                    "Hit ratio",
                    "Share of the lookups of these types that hit, hits / (hits + misses). Red "
                    "below 50 %, where CacheHitRatioLow fires; green from 70 %.",
                    RATIO,
                    levels.HIT_RATIO,
                    ("CacheHitRatioLow", "CacheHitRatioDropped"),
                ),
                hit_ratio(),
            ),
        ),
        (
            11,
            lines(
                About(
                    "Hit ratio, and what was predicted of it",
                    "The measured ratio beside what the online estimator says the present "
                    "capacity should give. Far below it, look at clears, TTL and memory.",
                    RATIO,
                    levels.HIT_RATIO,
                    ("CacheHitRatioLow", "CacheHitRatioDropped"),
                ),
                Curve(hit_ratio("asset_type"), "{{asset_type}}"),
                Curve(
                    f"avg by (asset_type) ({of_type('cache_predicted_hit_ratio', _PRESENT)})",
                    "{{asset_type}} predicted",
                ),
            ),
        ),
        (
            4,
            number(
                About(
                    "Drawing time saved",
                    "Seconds of drawing that hits did not spend again, in the time shown.",
                    SECONDS,
                ),
                sum_by(increase_in_range(of_type("cache_saved_seconds_total"))),
            ),
        ),
        (
            4,
            number(
                About(
                    "Capacity used",
                    "Entries held in memory, of those that these types may hold. Full is as it "
                    "should be, unless misses are evicted ones.",
                    RATIO,
                    runbooks=("CacheTooSmall",),
                ),
                ratio(entries, sum_by(of_type("cache_capacity_entries"))),
            ),
        ),
    )


_PRESENT = 'capacity="1x"'


def _why() -> Row:
    misses = sum_by(rate(of_type("cache_misses_total")), "asset_type", "reason")
    results = [
        Curve(sum_by(rate(of_type(f"cache_{name}_total")), "asset_type"), legend, colour)
        for name, legend, colour in (
            ("hits", "{{asset_type}}: hit", GREEN),
            ("coalesced", "{{asset_type}}: coalesced", BLUE),
            ("stale", "{{asset_type}}: stale", YELLOW),
            ("misses", "{{asset_type}}: miss", RED),
            ("revalidated", "{{asset_type}}: revalidated", PURPLE),
        )
    ]
    return row(
        "Why",
        8,
        (
            8,
            areas(
                About(
                    "Lookups by result",
                    "Every lookup is one of these. Revalidated requests were answered 304 from "
                    "their validator alone, without a lookup.",
                    PER_SECOND,
                    runbooks=("CacheNotCaching",),
                ),
                *results,
            ),
        ),
        (
            8,
            areas(
                About(
                    "Misses by reason",
                    "Mostly evicted: too small. Mostly expired: TTL too short. Mostly cold: "
                    "requests hardly repeat. Each has its runbook.",
                    PER_SECOND,
                    runbooks=("CacheTooSmall", "CacheTTLTooShort", "CacheHighVariation"),
                ),
                Curve(misses, "{{asset_type}}: {{reason}}"),
            ),
        ),
        (
            8,
            bars(
                About(
                    "Dropped entries",
                    "Entries that left the cache each minute: expired, or evicted for the type's "
                    "capacity or the memory of all types; and how often the type was cleared.",
                    PER_MINUTE,
                    runbooks=("CacheThrashing", "CacheClearedUnexpectedly"),
                ),
                Curve(
                    sum_by(per_minute(of_type("cache_evictions_total")), "asset_type", "reason"),
                    "{{asset_type}}: evicted for {{reason}}",
                ),
                Curve(
                    sum_by(per_minute(of_type("cache_expirations_total")), "asset_type"),
                    "{{asset_type}}: expired",
                ),
                Curve(
                    sum_by(per_minute(of_type("cache_clears_total")), "asset_type"),
                    "{{asset_type}}: clears",
                ),
            ),
        ),
    )
