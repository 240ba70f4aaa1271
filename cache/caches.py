"""Caches: one LRUCache per asset type, created on demand, all within one byte budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from .admission import Admission
from .fetched import Built
from .limits import checked_budget, checked_default_ttl, checked_size, checked_stale_window
from .lru import SWEPT_PER_INSERTION, LRUCache, Record, forget
from .stats import CacheReport, EvictionReason, MissReason
from .weigh import Weigher, estimate_bytes

V = TypeVar("V")

DEFAULT_MAX_BYTES = 500 * 2**20


class Caches(Generic[V]):
    """The caches of all types, under one lock, which whoever decides on them together takes.

    Args and Raises: as `GenerationalCache`.

    Attributes:
        lock: guards every cache and all that is decided together with one.
        by_type: the caches there are.
        clock, weigher: as they were given.
    """

    def __init__(
        self,
        *,
        max_size: int = 100,
        ttl: float | None = 3600.0,
        max_bytes: int = DEFAULT_MAX_BYTES,
        stale_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        weigher: Weigher = estimate_bytes,
        recorder: Callable[[str], Record] = lambda _: forget,
        admission: Admission = Admission.ALL,
    ) -> None:
        self.max_bytes = checked_budget(max_bytes)
        self.clock = clock
        self.weigher = weigher
        self._max_size = checked_size(max_size)
        self._ttl = checked_default_ttl(ttl)
        self._stale_seconds = checked_stale_window(stale_seconds)
        self._recorder = recorder
        self._admission = admission
        self.lock = threading.RLock()
        self.by_type: dict[str, LRUCache[V]] = {}

    def of(self, asset_type: str) -> LRUCache[V]:
        """Return the cache of `asset_type`, created if there is none yet."""
        with self.lock:
            cache = self.by_type.get(asset_type)
            if cache is None:
                cache = self.by_type[asset_type] = LRUCache(
                    self._max_size,
                    self._ttl,
                    stale_seconds=self._stale_seconds,
                    clock=self.clock,
                    weigher=self.weigher,
                    admission=self._admission,
                    record=self._recorder(asset_type),
                    lock=self.lock,
                )
            return cache

    def hold(
        self,
        asset_type: str,
        key: str,
        built: Built[V],
        weight: int,
        missed_for: MissReason | None = None,
    ) -> bool:
        """Hold a value, and drop what the budget has no room for any more.

        Args:
            weight: its estimated bytes.
            missed_for: why it had to be built, if it was.

        Returns:
            Whether it is held.
        """
        with self.lock:
            entry = self.of(asset_type).put(
                key,
                built.value,
                weight,
                built.ttl_seconds,
                cost_seconds=built.cost_seconds or 0.0,
                age_seconds=built.age_seconds,
                max_bytes=self.max_bytes,
            )
            if entry is not None:
                entry.missed_for = missed_for
            self.sweep(SWEPT_PER_INSERTION)
            while self.memory_bytes > self.max_bytes:
                if self.sweep(1):  # before anything that is still good
                    continue
                oldest = min(self.by_type.values(), key=LRUCache.oldest_use)
                oldest.evict_oldest(EvictionReason.MEMORY)
            return entry is not None

    def configure_all(self, *, max_size: int | None, ttl: float | None) -> None:
        """Configure every type, and those that are created later, alike.

        Raises:
            ValueError: a size or TTL that makes no sense; nothing is changed then.
        """
        size = self._max_size if max_size is None else checked_size(max_size)
        default_ttl = self._ttl if ttl is None else checked_default_ttl(ttl)
        with self.lock:
            self._max_size, self._ttl = size, default_ttl
            for cache in self.by_type.values():
                cache.configure(max_size=max_size, ttl=ttl)

    def sweep(self, limit: int | None = None) -> int:
        """Remove dead entries, at most `limit` of each type; return how many."""
        with self.lock:
            return sum(cache.sweep(limit) for cache in self.by_type.values())

    def report(self) -> dict[str, CacheReport]:
        """Return one consistent snapshot of every type, by name."""
        with self.lock:
            return {name: cache.report() for name, cache in self.by_type.items()}

    @property
    def memory_bytes(self) -> int:
        """The estimated bytes of all types together."""
        with self.lock:
            return sum(cache.memory_bytes for cache in self.by_type.values())
