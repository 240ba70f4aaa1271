"""What lies below the memory: disk, Redis, or both."""

from .envelope import Envelope
from .tier import Failure, Holding, LowerTier, Operation, TierListener, TierReport, unheard
from .tiering import Codec, Found, Holder, HotStore, Lease, LeasingTier, Superseded, Tiers

__all__ = [
    "Codec",
    "Envelope",
    "Failure",
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
