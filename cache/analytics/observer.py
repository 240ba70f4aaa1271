"""Observer: watches one asset type and gathers the evidence about it."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..stats import CacheReport
from .counted import CountedWindow
from .estimator import Estimator
from .evidence import Evidence, asked
from .grid import Grid
from .hashing import KeyHash
from .lookup_log import LookupLog
from .peaks import Peaks
from .reuse import Reuse
from .shadow import Point


class Observer:
    """One type's log, simulations, reuse and counts, over the same window.

    Its log takes lookups from any thread; the rest is for one thread at a time.

    Args:
        window_seconds, slices: the window and into how many parts it is cut.
        key_hash: makes a key a uniform number.
    """

    def __init__(self, window_seconds: float, slices: int, key_hash: KeyHash) -> None:
        self._key_hash = key_hash
        self._log = LookupLog()
        self.record: Callable[[tuple[str, float]], None] = self._log.record
        self._grid: Grid | None = None
        self._estimator = Estimator((), window_seconds=window_seconds, slices=slices)
        self._reuse = Reuse(window_seconds, slices)
        self._counted = CountedWindow(window_seconds, slices)
        self._report: CacheReport | None = None
        self._clears = 0
        self._recorded = self._lost = 0
        # The most live entries there would have been at each point: with a TTL that comes and goes.
        self._held: Peaks[Point] = Peaks(window_seconds)
        # Bytes of an entry on average, when last there was one.
        self._entry_bytes = 0.0

    def digest(self, report: CacheReport, now: float) -> bool:
        """Take away what was logged, and follow what the cache reports of itself at `now`.

        Returns:
            Whether there is anything new to say.
        """
        # Simulated as the cache was set until now; what it is set to holds from here on.
        if self._grid is None:
            self._follow(report)
        key_hash = self._key_hash
        lookups = [(key_hash(key), at) for key, at in self._log.drain()]
        if lookups:
            self._estimator.observe_hashed(lookups)
            self._reuse.observe_all(lookups)
            self._recorded += len(lookups)
            self._note_held(now)
        windows = (self._estimator, self._reuse, self._counted)
        forgot = [window.advance(now) for window in windows]
        if report == self._report:
            return bool(lookups) or any(forgot)
        self._report = report
        if report.size:
            self._entry_bytes = report.memory_bytes / report.size
        self._counted.note(now, report.counts)
        # A lookup is recorded before it is counted, so that the log is never behind by itself.
        self._lost = max(self._lost, asked(report.counts) - self._recorded)
        if report.counts.clears != self._clears:
            self._clears = report.counts.clears
            self._estimator.clear()
        self._follow(report)
        return True

    def _follow(self, report: CacheReport) -> None:
        """Simulate around what the cache is set to."""
        ttl_seconds = math.inf if report.default_ttl is None else report.default_ttl
        present = Point(report.max_size, ttl_seconds)
        if self._grid is not None and self._grid.present == present:
            return
        if self._grid is not None:
            self._counted.mark()
            self._held.clear()
        self._grid = Grid(*present)
        self._estimator.configure(self._grid.every)

    def _note_held(self, now: float) -> None:
        estimator = self._estimator
        self._held.note(now, {point: estimator.held(point) for point in estimator.points})

    def evidence(self, asset_type: str, report: CacheReport) -> Evidence:
        """Return what is known, as of the last digest, which was given `report`."""
        estimator, counts = self._estimator, self._counted.counts()
        grid = self._grid or Grid(report.max_size, math.inf)
        answers = counts.hits + counts.stale
        return Evidence(
            asset_type=asset_type,
            report=report,
            counts=counts,
            recent=self._counted.recent(),
            lookups=estimator.lookups,
            lost_lookups=self._lost,
            grid=grid,
            predicted={point: ratio or 0.0 for point, ratio in estimator.hit_ratios().items()},
            held={
                point: max(self._held.highest(point), estimator.held(point)) for point in grid.every
            },
            entry_bytes=self._entry_bytes,
            recent_prediction=estimator.recent_hit_ratios()[grid.present] or 0.0,
            reuse=self._reuse.summary(),
            cost_seconds=counts.saved_seconds / answers if answers else None,
        )
