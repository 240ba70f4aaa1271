"""A generational LRU+TTL cache that explains itself; needs the standard library alone."""

from .admission import Admission
from .decorator import cache_asset
from .entry import Entry
from .errors import BuildAbandoned, CacheError, RecursiveBuild, UnkeyableArgument
from .explanation import Explanation, Prospect
from .fetched import Built, Fetched
from .generational import GenerationalCache
from .keys import make_key
from .lru import LRUCache, Record
from .process_wide import get_cache, set_cache
from .stats import (
    AGE_BOUNDS_SECONDS,
    AgeHistogram,
    CacheReport,
    Counts,
    EvictionReason,
    MissReason,
    Outcome,
    Tier,
)
from .weigh import estimate_bytes

__all__ = [
    "AGE_BOUNDS_SECONDS",
    "Admission",
    "AgeHistogram",
    "BuildAbandoned",
    "Built",
    "CacheError",
    "CacheReport",
    "Counts",
    "Entry",
    "EvictionReason",
    "Explanation",
    "Fetched",
    "GenerationalCache",
    "LRUCache",
    "MissReason",
    "Outcome",
    "Prospect",
    "Record",
    "RecursiveBuild",
    "Tier",
    "UnkeyableArgument",
    "cache_asset",
    "estimate_bytes",
    "get_cache",
    "make_key",
    "set_cache",
]
