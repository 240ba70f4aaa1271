"""The `director_*` series, fed by what directing reports."""

from __future__ import annotations

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from generators.director import DirectorName, DirectorReport, Outcome

_NAMESPACE = "nanobanana"

# Seconds: the embedded director takes less than a millisecond, a provider up to its timeout.
_BUCKETS = (0.001, 0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0)


class DirectorInstruments:
    """Counts and times requests to directors; its `asked` is the listener of `Directing`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "director_requests",
            "Requests to a director, by how they ended.",
            ("director", "outcome"),
            namespace=_NAMESPACE,
            registry=registry,
        )
        self._duration = Histogram(
            "director_duration_seconds",
            "From asking a director until its answer or failure.",
            ("director",),
            namespace=_NAMESPACE,
            registry=registry,
            buckets=_BUCKETS,
        )
        self._tokens = Counter(
            "director_tokens",
            "Tokens that a provider says it counted.",
            ("director", "direction"),
            namespace=_NAMESPACE,
            registry=registry,
        )
        for director in get_args(DirectorName):
            self._duration.labels(director)
            for outcome in Outcome:
                self._requests.labels(director, outcome.value)
            for direction in ("in", "out"):
                self._tokens.labels(director, direction)

    def asked(self, report: DirectorReport) -> None:
        """Count one request to a director."""
        self._requests.labels(report.director, report.outcome.value).inc()
        self._duration.labels(report.director).observe(report.duration_seconds)
        self._tokens.labels(report.director, "in").inc(report.tokens_in)
        self._tokens.labels(report.director, "out").inc(report.tokens_out)
