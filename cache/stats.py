"""The words in which the cache speaks of itself, and the snapshots it hands out.

Stats JSON, metrics, `Cache-Status`, logs and alerts use these enums and no others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Outcome(StrEnum):
    """What one lookup came to; every lookup is exactly one of these."""

    HIT = "hit"
    MISS = "miss"
    COALESCED = "coalesced"
    STALE = "stale"


class MissReason(StrEnum):
    """Why a lookup missed."""

    COLD = "cold"
    EXPIRED = "expired"
    EVICTED = "evicted"
    CLEARED = "cleared"
    BYPASSED = "bypassed"


class EvictionReason(StrEnum):
    """Which limit an entry had to make room for."""

    CAPACITY = "capacity"
    MEMORY = "memory"


class Tier(StrEnum):
    """Where an entry was held."""

    MEMORY = "memory"
    DISK = "disk"
    REDIS = "redis"


LOWER_TIERS = (Tier.DISK, Tier.REDIS)

# Seconds; from a burst of requests to a day, dense around the usual TTLs of 30 and 60 minutes.
AGE_BOUNDS_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0)


@dataclass(slots=True)
class AgeHistogram:
    """Ages in seconds, counted by `AGE_BOUNDS_SECONDS`; the last count is of those beyond."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(AGE_BOUNDS_SECONDS) + 1))
    sum_seconds: float = 0.0

    def observe(self, age_seconds: float) -> None:
        """Count one age; a bound belongs to the bucket below it, as Prometheus has it."""
        self.counts[bisect_left(AGE_BOUNDS_SECONDS, age_seconds)] += 1
        self.sum_seconds += age_seconds

    def copy(self) -> AgeHistogram:
        """Return a copy that stays as it is."""
        return AgeHistogram(list(self.counts), self.sum_seconds)


@dataclass(slots=True)
class Counts:
    """What one type's cache counted since its creation: plain numbers, moved under its lock.

    Attributes:
        hits: of all tiers; tier_hits: those of the tiers below the memory.
        misses: by reason; they add up to all misses.
        sets: values that were offered to be held; set_bytes: their estimated bytes.
        evictions: entries dropped for room, by the limit that was reached.
        expirations: entries dropped, or replaced, after their TTL.
        clears: calls of clear, not entries.
        refresh_failures: refreshes of a stale entry that raised.
        hit_ages: age of an entry when `find` hit it; eviction_ages: when it was evicted.
        saved_seconds: build time that hits and stale answers did not spend again.
        served_bytes: estimated bytes that hits and stale answers handed out.
    """

    hits: int = 0
    tier_hits: dict[Tier, int] = field(default_factory=lambda: dict.fromkeys(LOWER_TIERS, 0))
    misses: dict[MissReason, int] = field(default_factory=lambda: dict.fromkeys(MissReason, 0))
    coalesced: int = 0
    stale: int = 0
    sets: int = 0
    set_bytes: int = 0
    evictions: dict[EvictionReason, int] = field(
        default_factory=lambda: dict.fromkeys(EvictionReason, 0)
    )
    expirations: int = 0
    clears: int = 0
    refresh_failures: int = 0
    hit_ages: AgeHistogram = field(default_factory=AgeHistogram)
    eviction_ages: AgeHistogram = field(default_factory=AgeHistogram)
    saved_seconds: float = 0.0
    served_bytes: int = 0

    def copy(self) -> Counts:
        """Return a copy that stays as it is."""
        return replace(
            self,
            tier_hits=dict(self.tier_hits),
            misses=dict(self.misses),
            evictions=dict(self.evictions),
            hit_ages=self.hit_ages.copy(),
            eviction_ages=self.eviction_ages.copy(),
        )

    @property
    def hits_by_tier(self) -> dict[Tier, int]:
        """The hits of every tier, the memory included."""
        return {Tier.MEMORY: self.hits - sum(self.tier_hits.values()), **self.tier_hits}

    @property
    def total_misses(self) -> int:
        return sum(self.misses.values())

    @property
    def total_evictions(self) -> int:
        return sum(self.evictions.values())


@dataclass(frozen=True, slots=True)
class CacheReport:
    """A consistent snapshot of one type's cache.

    Attributes:
        size: entries held; memory_bytes: their estimated bytes; raw_bytes: what these would be
            uncompressed, of values that tell, and for others the same.
        default_ttl: seconds, None where entries do not expire.
    """

    counts: Counts
    size: int
    memory_bytes: int
    max_size: int
    default_ttl: float | None
    raw_bytes: int = 0

    def as_dict(self) -> dict[str, object]:
        """Return the snapshot as the JSON object of `/cache/stats`."""
        counts = self.counts
        return {
            "hits": counts.hits,
            "misses": counts.total_misses,
            "evictions": counts.total_evictions,
            "expired": counts.expirations,
            "total_set": counts.sets,
            "size": self.size,
            "max_size": self.max_size,
            "default_ttl": self.default_ttl,
            "hit_rate": hit_rate(counts.hits, counts.total_misses),
            "coalesced": counts.coalesced,
            "stale": counts.stale,
            "clears": counts.clears,
            "refresh_failures": counts.refresh_failures,
            "memory_bytes": self.memory_bytes,
            "raw_bytes": self.raw_bytes,
            "served_bytes": counts.served_bytes,
            "saved_seconds": round(counts.saved_seconds, 3),
            "hits_by_tier": {tier.value: count for tier, count in counts.hits_by_tier.items()},
            "miss_reasons": {reason.value: count for reason, count in counts.misses.items()},
        }


def hit_rate(hits: int, misses: int) -> float:
    """Return hits / (hits + misses) to 3 places, 0.0 where nothing was asked."""
    asked = hits + misses
    return round(hits / asked, 3) if asked else 0.0


def totals(reports: Mapping[str, CacheReport]) -> dict[str, object]:
    """Return the reports of all types, with their sums, as the `cache_stats` of `/cache/stats`."""
    counts = [report.counts for report in reports.values()]
    hits = sum(count.hits for count in counts)
    misses = sum(count.total_misses for count in counts)
    return {
        "total_hits": hits,
        "total_misses": misses,
        "total_evictions": sum(count.total_evictions for count in counts),
        "total_expired": sum(count.expirations for count in counts),
        "total_set": sum(count.sets for count in counts),
        "total_size": sum(report.size for report in reports.values()),
        "overall_hit_rate": hit_rate(hits, misses),
        "memory_bytes": sum(report.memory_bytes for report in reports.values()),
        "raw_bytes": sum(report.raw_bytes for report in reports.values()),
        "caches": {name: report.as_dict() for name, report in reports.items()},
    }
