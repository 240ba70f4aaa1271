"""Entry: one held value with what the cache knows of it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from .stats import MissReason
from .weigh import estimate_raw_bytes

V = TypeVar("V")


class Entry(Generic[V]):
    """A held value, its weight and its life; times are readings of the cache's clock.

    Attributes:
        weight: estimated bytes.
        cost_seconds: what it took to build, 0 where nobody said.
        expires_at: when it stops being fresh; dead_at: when it stops being held for stale use.
        used_at: when it last answered or was stored; turn: orders uses of one reading.
        missed_for: why it had to be built; None where it came from a tier, or was set.
        hits: fresh answers given; folded_hits: how many of them its cache has added to its counts;
            told_hits: how many of them a lasting tier was told of.
        raw_bytes: what it would weigh if it were not compressed.
    """

    __slots__ = (
        "cost_seconds",
        "dead_at",
        "expires_at",
        "folded_hits",
        "hits",
        "key",
        "missed_for",
        "raw_bytes",
        "stored_at",
        "told_hits",
        "turn",
        "used_at",
        "value",
        "weight",
    )

    def __init__(
        self,
        key: Hashable,
        value: V,
        weight: int,
        cost_seconds: float,
        stored_at: float,
        expires_at: float,
        dead_at: float,
    ) -> None:
        self.key = key
        self.value = value
        self.weight = weight
        self.cost_seconds = cost_seconds
        self.stored_at = stored_at
        self.expires_at = expires_at
        self.dead_at = dead_at
        self.used_at = stored_at
        self.missed_for: MissReason | None = None
        self.turn = 0
        self.hits = 0
        self.folded_hits = 0
        self.told_hits = 0
        self.raw_bytes = estimate_raw_bytes(value, weight)
