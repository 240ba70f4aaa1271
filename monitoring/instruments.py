"""The histograms and counters that events feed: generations, revalidations, the build."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, Info

from generators import Format, GenerationOutcome, GenerationReport, Spec

_NAMESPACE = "nanobanana"

# Seconds and bytes; few, because each is a series of every type and stage or format.
_GENERATION_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 5.0)
_BODY_BUCKETS = (32_768, 131_072, 262_144, 524_288, 2_097_152)


class GenerationInstruments:
    """Counts and times generations; its `finished` is the worker pool's listener.

    Args:
        registry: takes the series.
        specs: of the types that are drawn.
        request_id: of the request that a report is about; it becomes the exemplar. None where
            nobody asked, as when the cache is warmed.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        specs: Iterable[Spec],
        request_id: Callable[[], str | None],
    ) -> None:
        self._request_id = request_id
        self._generations = Counter(
            "generations",
            "Attempts at drawing a picture, by how they ended.",
            ("asset_type", "outcome"),
            namespace=_NAMESPACE,
            registry=registry,
        )
        self._duration = Histogram(
            "generation_duration_seconds",
            "Time of a generation by stage: waiting for a worker, drawing, writing the file.",
            ("asset_type", "stage"),
            namespace=_NAMESPACE,
            registry=registry,
            buckets=_GENERATION_BUCKETS,
        )
        self._output = Histogram(
            "generation_output_bytes",
            "Size of what was drawn.",
            ("asset_type", "format"),
            namespace=_NAMESPACE,
            registry=registry,
            buckets=_BODY_BUCKETS,
        )
        for spec in specs:
            for outcome in GenerationOutcome:
                self._generations.labels(spec.name, outcome.value)
            for stage in ("queue", "render", "encode"):
                self._duration.labels(spec.name, stage)
            for file_format in Format:
                if file_format.holds(spec.mode):
                    self._output.labels(spec.name, file_format.value)

    def finished(self, report: GenerationReport) -> None:
        """Count one attempt that ended."""
        asset_type = report.asset_type
        request_id = self._request_id()
        exemplar = None if request_id is None else {"request_id": request_id}
        self._generations.labels(asset_type, report.outcome.value).inc()
        for stage, seconds in (
            ("queue", report.queue_seconds),
            ("render", report.render_seconds),
            ("encode", report.encode_seconds),
        ):
            if seconds is not None:
                self._duration.labels(asset_type, stage).observe(seconds, exemplar)
        if report.output_bytes is not None:
            output = self._output.labels(asset_type, report.format.value)
            output.observe(report.output_bytes, exemplar)


class RevalidationInstruments:
    """Counts what a validator alone decided: a 304 without a lookup."""

    def __init__(self, registry: CollectorRegistry, asset_types: Iterable[str]) -> None:
        revalidated = Counter(
            "cache_revalidated",
            "Requests for a seeded URL that its validator answered without a lookup.",
            ("asset_type",),
            namespace=_NAMESPACE,
            registry=registry,
        )
        self._children = {name: revalidated.labels(name) for name in asset_types}

    def revalidated(self, asset_type: str) -> None:
        """Count one 304 without a lookup."""
        self._children[asset_type].inc()


def publish_build_info(registry: CollectorRegistry, version: str, python: str) -> None:
    """Publish which build serves, as the info metric `build`."""
    Info("build", "The build that serves.", namespace=_NAMESPACE, registry=registry).info(
        {"version": version, "python": python}
    )
