"""The one cache of a process that did not compose its own."""

from __future__ import annotations

import threading
from typing import Any

from .generational import GenerationalCache

_lock = threading.Lock()
_cache: GenerationalCache[Any] | None = None


def get_cache() -> GenerationalCache[Any]:
    """Return the process-wide cache, created with its defaults at the first call."""
    global _cache
    with _lock:
        if _cache is None:
            _cache = GenerationalCache()
        return _cache


def set_cache(cache: GenerationalCache[Any] | None) -> None:
    """Make `cache` the process-wide one; None: a new one with defaults at the next `get_cache`.

    A program that composes its own cache installs it here, so that `@cache_asset` functions share
    its budget, statistics and metrics.
    """
    global _cache
    with _lock:
        _cache = cache
