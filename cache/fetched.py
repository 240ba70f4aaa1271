"""What passes between a fetch, the build behind it and the caller."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from .stats import MissReason, Outcome, Tier

V = TypeVar("V")


class Built(NamedTuple, Generic[V]):
    """What a build gives the cache.

    Attributes:
        ttl_seconds: how long it stays fresh; None: the TTL of its type.
        cost_seconds: what building it took; None: the time the cache measured.
        age_seconds: since it was built; not 0 for what comes from a tier.
    """

    value: V
    ttl_seconds: float | None = None
    cost_seconds: float | None = None
    age_seconds: float = 0.0


class Fetched(NamedTuple, Generic[V]):
    """The answer to one lookup.

    Attributes:
        reason: why it missed; also of the build that a coalesced lookup joined, if one was run.
        age_seconds: since the value was stored.
        ttl_seconds: until it stops being fresh; negative for a stale one.
        stored: whether the cache held it when the lookup was answered.
        tier: that held it; None for what was built.
    """

    value: V
    outcome: Outcome
    reason: MissReason | None
    age_seconds: float
    ttl_seconds: float
    stored: bool
    tier: Tier | None
