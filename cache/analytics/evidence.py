"""Evidence: all that a diagnosis of one asset type and the advice to it rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..stats import CacheReport, Counts, EvictionReason, MissReason
from .grid import Grid
from .reuse import ReuseSummary
from .shadow import Point

# A change is worth advising that gains 5 points and spares a tenth of the misses.
_NOTABLE_GAIN = 0.05
_NOTABLE_SHARE_OF_MISSES = 0.1


@dataclass(frozen=True, slots=True)
class Evidence:
    """One window of one type: what was counted, and what is predicted from it.

    Attributes:
        report: the cache as it is now; counts: what it counted in the window; recent: what it
            counted of that since its capacity and TTL were last changed.
        lookups: observed in the window; lost_lookups: since the beginning, which overflowed.
        predicted: hit ratios; held: the most live entries there would have been at once.
        entry_bytes: of an entry on average, when last there was one; 0 where there never was.
        recent_prediction: what is predicted for the present point and the time of `recent`.
        cost_seconds: what building an entry takes on average; None where nobody knows.
    """

    asset_type: str
    report: CacheReport
    counts: Counts
    recent: Counts
    lookups: int
    lost_lookups: int
    grid: Grid
    predicted: Mapping[Point, float]
    held: Mapping[Point, int]
    entry_bytes: float
    recent_prediction: float
    reuse: ReuseSummary
    cost_seconds: float | None

    @property
    def present_ratio(self) -> float:
        """The predicted hit ratio of the present setting, which predictions compare with."""
        return self.predicted[self.grid.present]

    @property
    def mean_entry_bytes(self) -> float:
        """The estimated bytes of an entry; of what was offered where little or none is held."""
        if self.entry_bytes and not self.heavier_than_memory:
            return self.entry_bytes
        return self.counts.set_bytes / self.counts.sets if self.counts.sets else 0.0

    @property
    def memory_bound(self) -> bool:
        """Whether room is short in bytes: most evictions are for memory, and cost hits.

        They do when the cache hits 5 points less than it would with all its entries.
        """
        evictions = self.recent.evictions
        return (
            evictions[EvictionReason.MEMORY] > evictions[EvictionReason.CAPACITY]
            and self.recent_prediction - hit_ratio(self.recent) >= _NOTABLE_GAIN
        )

    @property
    def heavier_than_memory(self) -> bool:
        """Whether nothing is held because values do not fit into the whole memory budget."""
        dropped = self.recent.evictions[EvictionReason.MEMORY]
        return not self.report.size and 0 < self.recent.sets * 0.9 <= dropped

    def memory_bytes(self, point: Point) -> int:
        """Return the estimated bytes of the entries that a cache at `point` would hold."""
        return round(self.held[point] * self.mean_entry_bytes)

    def gain(self, points: Iterable[Point]) -> float:
        """Return what the best of `points` is predicted to gain; 0 where that is not notable.

        It is where it is 5 points of hit ratio at least, and a tenth of the misses.
        """
        gain = self.best_ratio(points) - self.present_ratio
        least = max(_NOTABLE_GAIN, _NOTABLE_SHARE_OF_MISSES * (1 - self.present_ratio))
        return gain if gain >= least else 0.0

    def best_ratio(self, points: Iterable[Point]) -> float:
        """Return the highest predicted hit ratio of `points` and the present one."""
        return max(self.present_ratio, *(self.predicted[point] for point in points), 0.0)


def asked(counts: Counts) -> int:
    """Return the lookups that asked the cache alone: neither joined a build nor bypassed it."""
    missed = counts.total_misses - counts.misses[MissReason.BYPASSED]
    return counts.hits + counts.stale + missed


def hit_ratio(counts: Counts) -> float:
    """Return the share of hits in the lookups that asked the cache; 0 where none did."""
    total = asked(counts)
    return counts.hits / total if total else 0.0
