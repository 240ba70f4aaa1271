"""What lies below the memory: disk, Redis, or both."""

from .codec import Codec, Foreign, Superseded
from .envelope import Envelope
from .found import Found, Holder
from .tier import (
    Failure,
    Holding,
    HotStore,
    Lease,
    LeasingTier,
    LowerTier,
    Operation,
    TierListener,
    TierReport,
    unheard,
)
from .tiering import Tiers

__all__ = [
    "Codec",
    "Envelope",
    "Failure",
    "Foreign",
    "Found",
    "Holder",
    "Holding",
    "HotStore",
    "Lease",
    "LeasingTier",
    "LowerTier",
    "Operation",
    "Superseded",
    "TierListener",
    "TierReport",
    "Tiers",
    "unheard",
]
