"""The cache studies itself: works off the recorded lookups, follows its TTLs, keeps a trace."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cache import GenerationalCache, Record
from cache.analytics import (
    Analysis,
    Analytics,
    Facts,
    Setting,
    TraceRecorder,
    digest_hash,
    next_ttl,
)

from .assets import Asset
from .settings import CREATURES, Settings

_log = logging.getLogger(__name__)

_CONCLUDE_SECONDS = 5.0
_ADAPT_SECONDS = 60.0


class Study:
    """What is recorded of every lookup, and what comes of it.

    It is made before the cache, whose recorder it gives, and told of the cache by `attach`.

    Args:
        settings: the budget, whether TTLs adapt, and whether a trace is kept.
        clock: the cache's.
        wall_clock: seconds since the epoch.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float],
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._analytics = Analytics(
            settings.cache_max_bytes,
            name=setting_name,
            admission=settings.cache_admission,
            key_hash=digest_hash,
        )
        self._trace = (
            None
            if settings.cache_trace_path is None
            else TraceRecorder(
                Path(settings.cache_trace_path),
                settings.cache_trace_max_bytes,
                self._held,
                wall_clock() - clock(),
            )
        )
        self._trace_fails = False
        self._latest: Mapping[str, Analysis] | None = None
        self._adapted_at = self._concluded_at = clock()
        # One digest at a time, so that none takes an older report than the one before it; and one
        # writer of the trace.
        self._digesting = threading.Lock()

    def attach(self, cache: GenerationalCache[Asset]) -> None:
        """Tell it of the cache that it studies, which has all its types by now."""
        self._cache = cache
        if self._trace is not None:
            for asset_type in cache.report():
                cache.cache(asset_type).tell_stored(self._trace.stored(asset_type))

    def recorder(self, asset_type: str) -> Record:
        """Return what takes the lookups of one type."""
        analyse = self._analytics.recorder(asset_type)
        if self._trace is None:
            return analyse
        trace = self._trace.recorder(asset_type)

        def record(lookup: tuple[str, float]) -> None:
            analyse(lookup)
            trace(lookup)

        return record

    def analyses(self) -> Mapping[str, Analysis]:
        """Return what there is to say of every type, up to now; not for the event loop."""
        with self._digesting:
            self._analytics.digest(self._cache.report(), self._clock())
            self._latest = self._analytics.analyses()
            return self._latest

    def latest_analyses(self) -> Mapping[str, Analysis]:
        """Return the same as it was some seconds ago, which costs a scrape nothing."""
        return self.analyses() if self._latest is None else self._latest

    async def go_on(self) -> None:
        """Work off what was recorded, and do what is due; to be called every second or so."""
        await asyncio.to_thread(self._work_off)
        now = self._clock()
        if now >= self._concluded_at + _CONCLUDE_SECONDS:
            self._concluded_at = now
            await asyncio.to_thread(self.analyses)
        if self._settings.cache_adaptive_ttl and now >= self._adapted_at + _ADAPT_SECONDS:
            self._adapted_at = now
            self.adapt(await asyncio.to_thread(self.analyses))

    async def close(self) -> None:
        """Write down what was recorded last."""
        await asyncio.to_thread(self._work_off)

    def adapt(self, analyses: Mapping[str, Analysis]) -> None:
        """Take every TTL one step in the direction that `analyses` call for."""
        for asset_type, analysis in analyses.items():
            present = analysis.ttl_seconds
            proposed = next_ttl(self._settings.ttl_seconds(asset_type), present, analysis)
            if proposed != present and math.isfinite(proposed):
                self._cache.configure(asset_type, ttl=proposed)
                _log.info("TTL of %s: %.0f s, was %.0f s", asset_type, proposed, present)

    def _work_off(self) -> None:
        with self._digesting:
            self._analytics.digest(self._cache.report(), self._clock())
            if self._trace is not None:
                self._write_trace(self._trace)

    def _write_trace(self, trace: TraceRecorder) -> None:
        try:
            trace.write()
        except OSError as error:
            if not self._trace_fails:  # once, not once a second
                _log.warning("CACHE_TRACE_PATH: the trace cannot be written: %s", error)
            self._trace_fails = True
        else:
            self._trace_fails = False

    def _held(self, asset_type: str, key: str) -> Facts | None:
        entry = self._cache.cache(asset_type).peek(key)
        return None if entry is None else Facts(entry.cost_seconds, entry.weight)


def setting_name(setting: Setting, asset_type: str) -> str:
    """Return the environment variable of a type's setting, as `.env.example` has it."""
    of = "creature" if setting is Setting.TTL and asset_type in CREATURES else asset_type
    return f"CACHE_{setting.value}_{of.upper()}"
