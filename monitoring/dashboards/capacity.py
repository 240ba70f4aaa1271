"""Capacity planning: what more or less room would do, and what the service itself recommends."""

from __future__ import annotations

from . import levels
from .foundation import model
from .page import Row, page, row
from .panels import (
    BYTES,
    COUNT,
    PER_SECOND,
    RATIO,
    SECONDS,
    About,
    Column,
    Curve,
    areas,
    by_asset_type,
    lines,
    number,
)
from .promql import hit_ratio, of_type, quantile, rate, ratio, series, sum_by

UID = "nanobanana-capacity"

_SCALES = ("0.25x", "0.5x", "1x", "2x", "4x", "8x")


def capacity() -> model.Dashboard:
    """Return the dashboard for deciding on CACHE_SIZE, CACHE_TTL and CACHE_MAX_MEMORY_MB."""
    return page(
        UID,
        "NanoBanana / Capacity planning",
        "What more or less room would do for the hit ratio, and what it would cost in memory.",
        _budget(),
        _predictions(),
        _recommendations(),
        _pressure(),
    )


def _memory_of(entries: str) -> str:
    """Return the bytes that so many entries of each type would take, at the present mean size."""
    return f"{_by_type(entries)}\n* {_mean_bytes()}"


def _memory_recommended() -> str:
    """Return the same of the recommended capacities, or of the working sets where they fit in."""
    recommended = _by_type("cache_recommended_capacity_entries")
    used = _by_type("cache_working_set_entries")
    return f"({recommended} < {used} or {used})\n* {_mean_bytes()}"


def _mean_bytes() -> str:
    memory = sum_by(of_type("cache_estimated_memory_bytes", 'tier="memory"'), "asset_type")
    return ratio(memory, sum_by(of_type("cache_entries", 'tier="memory"'), "asset_type"))


def _by_type(name: str) -> str:
    return sum_by(of_type(name), "asset_type")


def _budget() -> Row:
    memory = sum_by(series("cache_estimated_memory_bytes", 'tier="memory"'))
    limit = sum_by(series("cache_memory_limit_bytes"))
    return row(
        "Memory budget",
        5,
        (
            6,
            number(
                About(
                    "Budget used",
                    "Estimated bytes held in memory, of CACHE_MAX_MEMORY_MB. Beyond 90 % types "
                    "push each other's entries out.",
                    RATIO,
                    levels.MEMORY,
                    ("CacheMemoryNearLimit",),
                ),
                ratio(memory, limit),
            ),
        ),
        (
            6,
            number(
                About("Budget", "CACHE_MAX_MEMORY_MB, of all instances together.", BYTES), limit
            ),
        ),
        (
            6,
            number(
                About(
                    "Full caches would take",
                    "Bytes if every type held as many entries as it may, at their present mean "
                    "size. More than the budget: types compete for it.",
                    BYTES,
                    runbooks=("CacheMemoryNearLimit",),
                ),
                sum_by(_memory_of("cache_capacity_entries")),
            ),
        ),
        (
            6,
            number(
                About(
                    "Recommended caches would take",
                    "Bytes if every type held what it makes use of within its recommended "
                    "capacity, at the present mean size of its entries.",
                    BYTES,
                    runbooks=("CacheTooSmall",),
                ),
                sum_by(_memory_recommended()),
            ),
        ),
    )


def _predictions() -> Row:
    predicted = [
        Column(
            scale.replace("x", "×"),
            f"avg by (asset_type) ({_predicted(scale)})",
            RATIO,
            levels.HIT_RATIO,
        )
        for scale in _SCALES
    ]
    return row(
        "What more room would do",
        9,
        (
            12,
            by_asset_type(
                About(
                    "Predicted hit ratio by capacity",
                    "The hit ratio that the online estimator expects of a quarter to eight times "
                    "the present capacity. Where a row turns green is the size to choose.",
                    RATIO,
                    levels.HIT_RATIO,
                    ("CacheTooSmall", "CacheHighVariation"),
                ),
                Column("Measured", hit_ratio("asset_type"), RATIO, levels.HIT_RATIO),
                *predicted,
            ),
        ),
        (
            12,
            lines(
                About(
                    "Predicted hit ratio over time",
                    "The mean prediction of the types chosen for each capacity, and the ratio "
                    "measured. Lines that lie together mean that room changes nothing.",
                    RATIO,
                    levels.HIT_RATIO,
                    ("CacheTooSmall", "CacheHitRatioLow"),
                ),
                Curve(hit_ratio(), "measured"),
                *(Curve(f"avg({_predicted(scale)})", scale.replace("x", "×")) for scale in _SCALES),
            ),
        ),
    )


def _predicted(scale: str) -> str:
    return of_type("cache_predicted_hit_ratio", f'capacity="{scale}"')


def _recommendations() -> Row:
    def largest(name: str) -> str:
        return f"max by (asset_type) ({of_type(name)})"

    return row(
        "What the service recommends",
        9,
        (
            24,
            by_asset_type(
                About(
                    "Recommendations",
                    "Settings as they are and as /cache/analytics recommends them, for each "
                    "instance; the memory is of all instances together. CACHE_SIZE_<TYPE> and "
                    "CACHE_TTL_<TYPE> set them.",
                    COUNT,
                    runbooks=("CacheTooSmall", "CacheTTLTooShort", "CacheThrashing"),
                ),
                Column("Capacity", largest("cache_capacity_entries"), COUNT),
                Column(
                    "Recommended capacity", largest("cache_recommended_capacity_entries"), COUNT
                ),
                Column("Working set", largest("cache_working_set_entries"), COUNT),
                Column("TTL", largest("cache_ttl_seconds"), SECONDS),
                Column("Recommended TTL", largest("cache_recommended_ttl_seconds"), SECONDS),
                Column("Memory when full", _memory_of("cache_capacity_entries"), BYTES),
                Column(
                    "Memory as recommended",
                    _memory_recommended(),
                    BYTES,
                ),
            ),
        ),
    )


def _pressure() -> Row:
    return row(
        "Pressure",
        8,
        (
            6,
            lines(
                About(
                    "Working set against capacity",
                    "How many different assets were asked for lately, as a share of what the type "
                    "may hold. Beyond 100 % not all of them fit.",
                    RATIO,
                    runbooks=("CacheTooSmall",),
                ),
                Curve(
                    ratio(
                        sum_by(of_type("cache_working_set_entries"), "asset_type"),
                        sum_by(of_type("cache_capacity_entries"), "asset_type"),
                    ),
                    "{{asset_type}}",
                ),
            ),
        ),
        (
            6,
            areas(
                About(
                    "Evictions by limit",
                    "Entries dropped for room each second: capacity asks for a larger CACHE_SIZE, "
                    "memory for a larger CACHE_MAX_MEMORY_MB.",
                    PER_SECOND,
                    runbooks=("CacheTooSmall", "CacheMemoryNearLimit"),
                ),
                Curve(
                    sum_by(rate(of_type("cache_evictions_total")), "asset_type", "reason"),
                    "{{asset_type}}: {{reason}}",
                ),
            ),
        ),
        (
            6,
            lines(
                About(
                    "Median age when evicted",
                    "How long an entry lives before it is dropped for room: how far back in time "
                    "the cache remembers.",
                    SECONDS,
                    runbooks=("CacheThrashing",),
                ),
                Curve(
                    quantile(0.5, of_type("cache_eviction_age_seconds_bucket"), "asset_type"),
                    "{{asset_type}}",
                ),
            ),
        ),
        (
            6,
            areas(
                About(
                    "Memory by asset type",
                    "Estimated bytes held in memory, one type on top of the other.",
                    BYTES,
                    runbooks=("CacheMemoryNearLimit",),
                ),
                Curve(
                    sum_by(of_type("cache_estimated_memory_bytes", 'tier="memory"'), "asset_type"),
                    "{{asset_type}}",
                ),
            ),
        ),
    )
