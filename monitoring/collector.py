"""Reads what the cache and the worker pool report, when Prometheus scrapes and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from cache import AGE_BOUNDS_SECONDS, AgeHistogram, CacheReport, Tier
from cache.tiers import Holding, TierReport
from generators import PoolReport

from .tiers import holdings

_PREFIX = "nanobanana_"
_BY_TYPE = ("asset_type",)


class CacheCollector(Collector):
    """The `cache_*` series of one cache.

    Args:
        report: a consistent snapshot of every type; safe to call from the scraping thread.
        tier_reports: of the tiers below the memory; likewise.
        memory_limit_bytes: the budget of all types together.
    """

    def __init__(
        self,
        report: Callable[[], Mapping[str, CacheReport]],
        tier_reports: Callable[[], Iterable[TierReport]],
        memory_limit_bytes: int,
    ) -> None:
        self._report = report
        self._tier_reports = tier_reports
        self._memory_limit_bytes = memory_limit_bytes

    def collect(self) -> Iterator[Metric]:
        reports, lower = self._report(), tuple(self._tier_reports())
        yield _counter(
            "cache_hits",
            "Lookups answered with a fresh entry, by the tier that held it.",
            (*_BY_TYPE, "tier"),
            (
                ((name, tier), hits)
                for name, report in reports.items()
                for tier, hits in report.counts.hits_by_tier.items()
            ),
        )
        yield _counter(
            "cache_misses",
            "Lookups that built the asset, by why it was not held.",
            (*_BY_TYPE, "reason"),
            (
                ((name, reason), count)
                for name, report in reports.items()
                for reason, count in report.counts.misses.items()
            ),
        )
        yield _counter(
            "cache_evictions",
            "Entries dropped to make room, by the limit that was reached.",
            (*_BY_TYPE, "tier", "reason"),
            (
                ((name, tier, reason), count)
                for name, tier, holding in _held(reports, lower)
                for reason, count in holding.evictions.items()
            ),
        )
        yield _counter(
            "cache_expirations",
            "Entries dropped or replaced after their TTL.",
            (*_BY_TYPE, "tier"),
            (((name, tier), held.expirations) for name, tier, held in _held(reports, lower)),
        )
        for field, metric, documentation in _COUNTERS:
            yield _counter(
                metric,
                documentation,
                _BY_TYPE,
                (((name,), getattr(report.counts, field)) for name, report in reports.items()),
            )
        yield from self._gauges(reports, lower)
        yield _histogram(
            "cache_hit_age_seconds",
            "Age of an entry when it was hit.",
            ((name, report.counts.hit_ages) for name, report in reports.items()),
        )
        yield _histogram(
            "cache_eviction_age_seconds",
            "Age of an entry when it was dropped to make room.",
            ((name, report.counts.eviction_ages) for name, report in reports.items()),
        )

    def _gauges(
        self, reports: Mapping[str, CacheReport], lower: Iterable[TierReport]
    ) -> Iterator[Metric]:
        tiered = (*_BY_TYPE, "tier")
        yield _gauge(
            "cache_entries",
            "Entries held.",
            tiered,
            (((name, tier), held.entries) for name, tier, held in _held(reports, lower)),
        )
        yield _gauge(
            "cache_estimated_memory_bytes",
            "Estimated bytes of the entries held.",
            tiered,
            (((name, tier), held.size_bytes) for name, tier, held in _held(reports, lower)),
        )
        yield _gauge(
            "cache_capacity_entries",
            "Entries held at most.",
            _BY_TYPE,
            (((name,), report.max_size) for name, report in reports.items()),
        )
        yield _gauge(
            "cache_ttl_seconds",
            "How long a stored entry stays fresh.",
            _BY_TYPE,
            (
                ((name,), float("inf") if report.default_ttl is None else report.default_ttl)
                for name, report in reports.items()
            ),
        )
        yield _gauge(
            "cache_memory_limit_bytes",
            "Estimated bytes that all entries together may take.",
            (),
            (((), self._memory_limit_bytes),),
        )


def _held(
    reports: Mapping[str, CacheReport], lower: Iterable[TierReport]
) -> Iterator[tuple[str, Tier, Holding]]:
    """Give what the memory, and each lower tier that knows it, holds of every type."""
    for name, report in reports.items():
        counts = report.counts
        yield (
            name,
            Tier.MEMORY,
            Holding(report.size, report.memory_bytes, counts.expirations, counts.evictions),
        )
        for tier, holding in holdings(lower, name):
            yield name, tier, holding


# (field of Counts, metric, documentation)
_COUNTERS = (
    ("coalesced", "cache_coalesced", "Lookups that waited for a build already under way."),
    ("stale", "cache_stale", "Lookups answered with an entry past its TTL."),
    ("sets", "cache_sets", "Values offered to the cache."),
    ("clears", "cache_clears", "Times the cache of a type was cleared."),
    ("saved_seconds", "cache_saved_seconds", "Generation time that hits did not spend again."),
    ("served_bytes", "cache_served_bytes", "Estimated bytes that hits handed out."),
)


class PoolCollector(Collector):
    """The gauges of the worker pool.

    Args:
        report: the pool at this moment.
        asset_types: those listed even when none of them is being drawn.
    """

    def __init__(self, report: Callable[[], PoolReport], asset_types: Iterable[str]) -> None:
        self._report = report
        self._asset_types = tuple(asset_types)

    def collect(self) -> Iterator[Metric]:
        report = self._report()
        yield _gauge(
            "generations_in_progress",
            "Pictures being drawn.",
            _BY_TYPE,
            (((name,), report.in_progress.get(name, 0)) for name in self._asset_types),
        )
        for metric, documentation, value in (
            ("generation_queue_length", "Orders that wait for a worker.", report.queued),
            ("generation_workers", "Workers alive and loaded.", report.ready),
            ("generation_workers_busy", "Workers that draw.", report.busy),
        ):
            yield _gauge(metric, documentation, (), (((), value),))


_Samples = Iterable[tuple[tuple[str, ...], float]]


def _counter(name: str, documentation: str, labels: tuple[str, ...], samples: _Samples) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, documentation, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _gauge(name: str, documentation: str, labels: tuple[str, ...], samples: _Samples) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, documentation, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _histogram(
    name: str, documentation: str, samples: Iterable[tuple[str, AgeHistogram]]
) -> Metric:
    family = HistogramMetricFamily(_PREFIX + name, documentation, labels=_BY_TYPE)
    for asset_type, ages in samples:
        cumulative = 0.0
        buckets = []
        for bound, count in zip((*AGE_BOUNDS_SECONDS, float("inf")), ages.counts, strict=True):
            cumulative += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), cumulative))
        family.add_metric((asset_type,), buckets, ages.sum_seconds)
    return family
