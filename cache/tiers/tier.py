"""Tier: what lies below the memory of one process, and never fails or delays a lookup for long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from ..stats import EvictionReason, Tier
from .envelope import Envelope


class Operation(StrEnum):
    """What is asked of a tier."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    CLEAR = "clear"
    LEASE = "lease"


class Failure(StrEnum):
    """Why a tier did not do what it was asked."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    CORRUPT = "corrupt"
    FULL = "full"
    OTHER = "other"


class Holding(NamedTuple):
    """What a tier holds of one type and dropped by itself since it was opened."""

    entries: int
    size_bytes: int
    expirations: int
    evictions: Mapping[EvictionReason, int]


@dataclass(frozen=True, slots=True)
class TierReport:
    """One tier at one moment.

    Attributes:
        up: whether its last operations reached the store.
        queue_length: writes that wait.
        failures: since it was opened; those that never happened may be missing.
        holdings: by asset type; empty where the store cannot tell cheaply.
    """

    tier: Tier
    up: bool
    queue_length: int
    failures: Mapping[tuple[Operation, Failure], int]
    holdings: Mapping[str, Holding]

    def as_dict(self) -> dict[str, object]:
        """Return the report as a JSON object of `/cache/stats`, with the failures there were."""
        held = self.holdings
        return {
            "up": self.up,
            "queue_length": self.queue_length,
            "failures": {
                f"{operation}:{reason}": count
                for (operation, reason), count in self.failures.items()
                if count
            },
            "entries": {name: holding.entries for name, holding in held.items()},
            "size_bytes": {name: holding.size_bytes for name, holding in held.items()},
        }


class TierListener(Protocol):
    """Hears how long each operation of a tier took, failed ones included; may be any thread."""

    def __call__(self, tier: Tier, operation: Operation, seconds: float) -> None: ...


def unheard(tier: Tier, operation: Operation, seconds: float) -> None:
    """Listen to nothing: the listener of a tier that is not watched."""


class LowerTier(Protocol):
    """A store of envelopes below the memory tier, used from one event loop.

    No method raises for what befalls the store: that is a miss and a count. Envelopes are kept
    until they expire, plus the stale window the tier was made with.
    """

    @property
    def name(self) -> Tier:
        """Which tier it is."""
        ...

    async def open(self) -> None:
        """Start what it needs; a store that is away is no reason to fail."""
        ...

    async def read(self, asset_type: str, key: str) -> Envelope | None:
        """Return what is held, checked and not older than the stale window; None: a miss."""
        ...

    def write(self, envelope: Envelope) -> None:
        """Take `envelope`, to be stored soon; it is dropped, and counted, when too many wait."""
        ...

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key soon; from now on it is not read."""
        ...

    async def clear(self, asset_type: str) -> None:
        """Start a new generation of one type: what was written before is never read again.

        That holds from the first step of the call, also when the store is away meanwhile.
        """
        ...

    async def close(self) -> None:
        """Write what waits, within a bound, and end everything it started."""
        ...

    def report(self) -> TierReport:
        """Return how it is; safe to call from any thread."""
        ...


class Lease(Protocol):
    """The right to build one key, among all that share a store."""

    def release(self) -> None:
        """Give it up, once what was written before is there to be read."""
        ...


class LeasingTier(LowerTier, Protocol):
    """A tier that lets one of many processes build a key while the others wait for it."""

    async def await_turn(self, asset_type: str, key: str) -> Envelope | Lease | None:
        """Wait, within a bound, for the value or for the lease; None: nobody can tell, build."""
        ...


class HotStore(Protocol):
    """A tier that outlives the process and knows what was asked for most."""

    def note_uses(self, asset_type: str, uses: Iterable[tuple[str, int]]) -> None:
        """Note how often keys were answered, from it or above it, the last used first."""
        ...

    def hottest(
        self, limit_bytes: int, limit_entries: Mapping[str, int]
    ) -> AsyncIterator[Envelope]:
        """Give fresh envelopes that were used since they were written, the hottest first.

        Args:
            limit_bytes: of all together; limit_entries: of each type, others are left out.
        """
        ...
