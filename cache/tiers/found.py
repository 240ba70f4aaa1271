"""What a search in the tiers comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from ..fetched import Built
from ..stats import Tier

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """A value that a tier held, with what is left of its life."""

    asset_type: str
    key: str
    value: V
    tier: Tier
    age_seconds: float
    ttl_seconds: float
    cost_seconds: float

    @property
    def built(self) -> Built[V]:
        """It as if it had been built, for a cache to hold."""
        return Built(self.value, self.ttl_seconds, self.cost_seconds, self.age_seconds)


class Holder(NamedTuple):
    """A tier that holds a fresh value, and what its envelope says of it."""

    tier: Tier
    age_seconds: float
    ttl_seconds: float
    cost_seconds: float
    size_bytes: int
