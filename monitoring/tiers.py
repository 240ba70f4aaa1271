"""The `cache_tier_*` series, and what the lower tiers hold and drop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cache import EvictionReason, Tier
from cache.tiers import Failure, Holding, Operation, TierReport

_NAMESPACE = "nanobanana"
_PREFIX = f"{_NAMESPACE}_"

# Seconds. A tier is given up on after 0.25.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25)

# What is asked of each tier; only Redis leases builds.
_OPERATIONS = {
    Tier.DISK: tuple(each for each in Operation if each is not Operation.LEASE),
    Tier.REDIS: tuple(Operation),
}

# The tiers that know what they hold.
_ACCOUNTABLE = (Tier.DISK,)


class TierInstruments:
    """Times the operations of the lower tiers; its `observed` is their listener.

    Args:
        registry: takes the series.
        tiers: those that are configured.
    """

    def __init__(self, registry: CollectorRegistry, tiers: Iterable[Tier]) -> None:
        durations = Histogram(
            "cache_tier_operation_duration_seconds",
            "Time of an operation of a tier, failed ones included.",
            ("tier", "operation"),
            namespace=_NAMESPACE,
            registry=registry,
            buckets=_BUCKETS,
        )
        self._children = {
            (tier, operation): durations.labels(tier.value, operation.value)
            for tier in tiers
            for operation in _OPERATIONS[tier]
        }

    def observed(self, tier: Tier, operation: Operation, seconds: float) -> None:
        """Take the time of one operation."""
        self._children[tier, operation].observe(seconds)


class TierCollector(Collector):
    """How the lower tiers are.

    Args:
        reports: of each tier; safe to call from the scraping thread.
    """

    def __init__(self, reports: Callable[[], Iterable[TierReport]]) -> None:
        self._reports = reports

    def collect(self) -> Iterator[Metric]:
        reports = tuple(self._reports())
        up = GaugeMetricFamily(
            f"{_PREFIX}cache_tier_up", "1 while the tier's store is reached.", labels=("tier",)
        )
        queue = GaugeMetricFamily(
            f"{_PREFIX}cache_tier_queue_length", "Writes that wait for the tier.", labels=("tier",)
        )
        failures = CounterMetricFamily(
            f"{_PREFIX}cache_tier_failures",
            "Operations of the tier that did not do what was asked, by why.",
            labels=("tier", "operation", "reason"),
        )
        for report in reports:
            up.add_metric((report.tier,), report.up)
            queue.add_metric((report.tier,), report.queue_length)
            for operation in _OPERATIONS[report.tier]:
                for reason in Failure:
                    count = report.failures.get((operation, reason), 0)
                    failures.add_metric((report.tier, operation, reason), count)
        yield from (up, queue, failures)


_NOTHING = Holding(0, 0, 0, dict.fromkeys(EvictionReason, 0))


def holdings(reports: Iterable[TierReport], asset_type: str) -> Iterator[tuple[Tier, Holding]]:
    """Give what each tier that knows it holds of `asset_type`."""
    for report in reports:
        if report.tier in _ACCOUNTABLE:
            yield report.tier, report.holdings.get(asset_type, _NOTHING)
