"""What the cache predicts and advises, as series that are read when Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cache.analytics import Analysis

_PREFIX = "nanobanana_cache_"
_BY_TYPE = ("asset_type",)


class AnalysisCollector(Collector):
    """The predictions and recommendations for every type.

    Args:
        analyses: the latest; safe to call from the scraping thread.
    """

    def __init__(self, analyses: Callable[[], Mapping[str, Analysis]]) -> None:
        self._analyses = analyses

    def collect(self) -> Iterator[Metric]:
        analyses = self._analyses()
        predicted = GaugeMetricFamily(
            f"{_PREFIX}predicted_hit_ratio",
            "Hit ratio that a type would have at a multiple of its capacity.",
            labels=(*_BY_TYPE, "capacity"),
        )
        for name, analysis in analyses.items():
            for multiple, ratio in analysis.predicted_by_capacity.items():
                predicted.add_metric((name, multiple), ratio)
        yield predicted
        for metric, documentation, value in _GAUGES:
            gauge = GaugeMetricFamily(_PREFIX + metric, documentation, labels=_BY_TYPE)
            for name, analysis in analyses.items():
                gauge.add_metric((name,), value(analysis))
            yield gauge


# Metric, documentation and value of each.
_GAUGES: tuple[tuple[str, str, Callable[[Analysis], float]], ...] = (
    (
        "recommended_capacity_entries",
        "Capacity that the cache advises for a type.",
        lambda analysis: analysis.recommended_capacity,
    ),
    (
        "recommended_ttl_seconds",
        "TTL that the cache advises for a type.",
        lambda analysis: analysis.recommended_ttl_seconds,
    ),
    (
        "working_set_entries",
        "Different keys that were asked for within the window of the predictions.",
        lambda analysis: analysis.working_set_entries,
    ),
)
