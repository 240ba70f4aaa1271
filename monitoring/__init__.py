"""Turn what the cache, the generators and the service report into Prometheus series."""

from .analysis import AnalysisCollector
from .collector import CacheCollector, PoolCollector
from .director import DirectorInstruments
from .event_loop_lag import EventLoopLag
from .exposition import new_registry, render
from .http import HUNG_UP, NO_CACHE, UNMATCHED_ROUTE, HttpSeries, Rejection, Route
from .instruments import (
    GenerationInstruments,
    RevalidationInstruments,
    publish_build_info,
)
from .runbook_files import load_runbooks
from .tiers import TierCollector, TierInstruments

__all__ = [
    "HUNG_UP",
    "NO_CACHE",
    "UNMATCHED_ROUTE",
    "AnalysisCollector",
    "CacheCollector",
    "DirectorInstruments",
    "EventLoopLag",
    "GenerationInstruments",
    "HttpSeries",
    "PoolCollector",
    "Rejection",
    "RevalidationInstruments",
    "Route",
    "TierCollector",
    "TierInstruments",
    "load_runbooks",
    "new_registry",
    "publish_build_info",
    "render",
]
