"""Turn what the cache, the generators and the service report into Prometheus series."""

from .collector import CacheCollector, PoolCollector
from .director import DirectorInstruments
from .event_loop_lag import EventLoopLag
from .exposition import new_registry, render
from .http import NO_CACHE, UNMATCHED_ROUTE, HttpSeries, Rejection, Route
from .instruments import (
    GenerationInstruments,
    RevalidationInstruments,
    publish_build_info,
)

__all__ = [
    "NO_CACHE",
    "UNMATCHED_ROUTE",
    "CacheCollector",
    "DirectorInstruments",
    "EventLoopLag",
    "GenerationInstruments",
    "HttpSeries",
    "PoolCollector",
    "Rejection",
    "RevalidationInstruments",
    "Route",
    "new_registry",
    "publish_build_info",
    "render",
]
