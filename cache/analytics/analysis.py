"""Analysis: what the cache says of one asset type's traffic; frozen, and ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from ..stats import AGE_BOUNDS_SECONDS, AgeHistogram, MissReason

QUANTILES = (0.5, 0.9, 0.99)


class Diagnosis(StrEnum):
    """What ails a cache; the rules are those of `diagnose`."""

    HEALTHY = "healthy"
    TOO_SMALL = "too-small"
    TTL_TOO_SHORT = "ttl-too-short"
    HIGH_VARIATION = "high-variation"
    LOW_VOLUME = "low-volume"
    NOT_CACHING = "not-caching"


class Action(StrEnum):
    """What an operator can do about it."""

    RAISE_CAPACITY = "raise-capacity"
    LOWER_CAPACITY = "lower-capacity"
    RAISE_TTL = "raise-ttl"
    RAISE_MEMORY = "raise-memory"
    ADMIT_BY_VALUE = "admit-by-value"
    ASK_FOR_LESS = "ask-for-less"
    KEEP_WHAT_IS_STORED = "keep-what-is-stored"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One thing to do, and what will come of it.

    Attributes:
        setting: the environment variable to set; None where no setting does it.
        present, proposed: its values; None where there is none to name.
        predicted_hit_ratio: of the type once that is done; None where nobody can say.
        memory_bytes: estimated bytes of the type's entries once that is done.
        why: one sentence with figures.
    """

    action: Action
    setting: str | None
    present: float | str | None
    proposed: float | str | None
    predicted_hit_ratio: float | None
    memory_bytes: int
    why: str

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object of `/cache/analytics`."""
        ratio = self.predicted_hit_ratio
        return {
            "action": self.action.value,
            "setting": self.setting,
            "from": self.present,
            "to": self.proposed,
            "predicted_hit_ratio": None if ratio is None else round(ratio, 4),
            "memory_bytes": self.memory_bytes,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class ReuseCounts:
    """Keys by how often they were asked for since they came into the working set."""

    keys_seen_once: int
    keys_seen_2_to_3: int
    keys_seen_4_or_more: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """One type's window; ratios are 0 where nothing was asked.

    Attributes:
        window_seconds: how far back it looks.
        lookups: hits, misses, coalesced and stale together; lost_lookups: how many since the
            beginning the predictions do not know of, because the log overflowed.
        hit_ratio: hits of all that asked the cache alone: coalesced and bypassed are left out.
        misses: by reason; expirations: entries that were dropped after their TTL.
        working_set_entries: different keys that were asked for.
        capacity, ttl_seconds: the present setting; an infinite TTL is for ever.
        reuse_seconds: between lookups of one key; hit_age_seconds, eviction_age_seconds: how old
            entries were then.
        predicted_by_capacity, predicted_by_ttl: hit ratios at multiples, such as `0.25x`.
        saved_seconds: generation time that hits and stale answers spared.
    """

    window_seconds: float
    lookups: int
    lost_lookups: int
    hit_ratio: float
    misses: Mapping[MissReason, int]
    expirations: int
    working_set_entries: int
    reuse: ReuseCounts
    reuse_seconds: AgeHistogram
    hit_age_seconds: AgeHistogram
    eviction_age_seconds: AgeHistogram
    capacity: int
    ttl_seconds: float
    predicted_by_capacity: Mapping[str, float]
    predicted_by_ttl: Mapping[str, float]
    saved_seconds: float
    diagnosis: Diagnosis
    recommendations: tuple[Recommendation, ...]
    recommended_capacity: int
    recommended_ttl_seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object of `/cache/analytics`; null stands for an infinite number."""
        return {
            "window_seconds": _finite(self.window_seconds),
            "lookups": self.lookups,
            "lost_lookups": self.lost_lookups,
            "hit_ratio": round(self.hit_ratio, 4),
            "miss_reasons": {reason.value: count for reason, count in self.misses.items()},
            "expirations": self.expirations,
            "working_set_entries": self.working_set_entries,
            "reuse": asdict(self.reuse),
            "reuse_seconds": quantiles(self.reuse_seconds),
            "hit_age_seconds": quantiles(self.hit_age_seconds),
            "eviction_age_seconds": quantiles(self.eviction_age_seconds),
            "capacity": self.capacity,
            "ttl_seconds": _finite(self.ttl_seconds),
            "predicted_hit_ratio": {
                "capacity": _rounded(self.predicted_by_capacity),
                "ttl": _rounded(self.predicted_by_ttl),
            },
            "saved_seconds": round(self.saved_seconds, 3),
            "diagnosis": self.diagnosis.value,
            "recommendations": [each.as_dict() for each in self.recommendations],
            "recommended_capacity": self.recommended_capacity,
            "recommended_ttl": _finite(self.recommended_ttl_seconds),
        }


def quantiles(ages: AgeHistogram) -> dict[str, float | None]:
    """Return quantiles in seconds by name, such as `p50`; None without ages.

    Within a bucket they are interpolated, and beyond the last bound they are that bound, as
    Prometheus' `histogram_quantile` does.
    """
    return {f"p{100 * quantile:g}": _quantile(ages, quantile) for quantile in QUANTILES}


def _quantile(ages: AgeHistogram, quantile: float) -> float | None:
    rank = quantile * sum(ages.counts)
    if not rank:
        return None
    lower = 0.0
    for bound, count in zip(AGE_BOUNDS_SECONDS, ages.counts, strict=False):
        if count and rank <= count:
            return round(lower + (bound - lower) * rank / count, 3)
        rank -= count
        lower = bound
    return lower


def _rounded(ratios: Mapping[str, float]) -> dict[str, float]:
    return {label: round(ratio, 4) for label, ratio in ratios.items()}


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
