"""Explanation: what the cache knows of one key, and what a lookup would come to now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .entry import Entry
from .lru import LRUCache
from .stats import MissReason, Tier
from .tiers import Holder


class Prospect(StrEnum):
    """What a lookup would come to."""

    HIT = "hit"
    STALE = "stale"
    COALESCE = "coalesce"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One key of one type at one moment.

    Attributes:
        prospect: of a lookup now.
        tier: that would answer; None where none would.
        held_in: every tier that holds it.
        miss_reason: why a lookup would miss; None where it would not.
        last_miss_reason: why what is held in memory had to be built; None where it came from a
            tier, or is not held.
        age_seconds, ttl_seconds: since it was built, and until it stops being fresh.
        hits: how often the entry in memory answered; size_bytes: its estimated bytes.
        cost_seconds: what building it took.
    """

    asset_type: str
    key: str
    prospect: Prospect
    tier: Tier | None = None
    held_in: tuple[Tier, ...] = ()
    miss_reason: MissReason | None = None
    last_miss_reason: MissReason | None = None
    age_seconds: float | None = None
    ttl_seconds: float | None = None
    hits: int = 0
    size_bytes: int | None = None
    cost_seconds: float | None = None


def explain(
    asset_type: str,
    key: str,
    cache: LRUCache[Any],
    below: Sequence[Holder],
    now: float,
    *,
    is_built: bool,
) -> Explanation:
    """Return what is known of `key`.

    Args:
        cache: of its type.
        below: the lower tiers that hold it, the nearest first.
        now: the reading of the cache's clock.
        is_built: whether a build of it is under way that a lookup would join.
    """
    entry = cache.peek(key)
    if entry is not None and now < entry.expires_at:
        return _of_entry(asset_type, key, Prospect.HIT, entry, below, now)
    if entry is not None:
        return _of_entry(asset_type, key, Prospect.STALE, entry, below, now)
    held_in = tuple(holder.tier for holder in below)
    reason = cache.miss_reason(key)
    if is_built:
        return Explanation(asset_type, key, Prospect.COALESCE, held_in=held_in, miss_reason=reason)
    if not below:
        return Explanation(asset_type, key, Prospect.MISS, miss_reason=reason)
    nearest = below[0]
    return Explanation(
        asset_type,
        key,
        Prospect.HIT,
        tier=nearest.tier,
        held_in=held_in,
        age_seconds=nearest.age_seconds,
        ttl_seconds=nearest.ttl_seconds,
        size_bytes=nearest.size_bytes,
        cost_seconds=nearest.cost_seconds,
    )


def _of_entry(
    asset_type: str,
    key: str,
    prospect: Prospect,
    entry: Entry[Any],
    below: Sequence[Holder],
    now: float,
) -> Explanation:
    return Explanation(
        asset_type,
        key,
        prospect,
        tier=Tier.MEMORY,
        held_in=(Tier.MEMORY, *(holder.tier for holder in below)),
        last_miss_reason=entry.missed_for,
        age_seconds=now - entry.stored_at,
        ttl_seconds=entry.expires_at - now,
        hits=entry.hits,
        size_bytes=entry.weight,
        cost_seconds=entry.cost_seconds,
    )
