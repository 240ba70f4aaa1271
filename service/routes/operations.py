"""What operators and their tools ask: `/health`, `/ready` and `/metrics`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CollectorRegistry

from cache.tiers import TierReport
from monitoring import EventLoopLag, render

from ..health import Readiness
from ..negotiation import accept_of
from ..problems import Problem
from ..queries import NoParameters, checked_query
from ..responses import fresh_json


class HealthRoutes:
    """Liveness and readiness.

    Args:
        version: of the build.
        lag: of the event loop; its beats show that the loop turns.
        readiness: what `/ready` reports.
        uptime_seconds: since the start.
        tiers: how those below the memory are; one that is down does not make the service unready.
    """

    def __init__(
        self,
        version: str,
        lag: EventLoopLag,
        readiness: Readiness,
        uptime_seconds: Callable[[], float],
        tiers: Callable[[], Iterable[TierReport]],
    ) -> None:
        self._version = version
        self._lag = lag
        self._readiness = readiness
        self._uptime_seconds = uptime_seconds
        self._tiers = tiers

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints."""
        router.add_get("/health", self.health)
        router.add_get("/ready", self.ready)

    async def health(self, request: web.Request) -> web.StreamResponse:
        """Answer, which the loop can only do while it turns, with how well it turns."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return fresh_json(
            {
                "status": "ok",
                "version": self._version,
                "uptime_seconds": round(self._uptime_seconds(), 3),
                "event_loop": {
                    "beats": self._lag.beats,
                    "lag_seconds": round(self._lag.last_seconds, 6),
                },
            }
        )

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """Answer 200 if requests are welcome, else 503 with the failing checks."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        checks = self._readiness.checks()
        failing = [check.value for check, passes in checks.items() if not passes]
        if failing:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"Not ready: {', '.join(failing)}.",
                kind="not-ready",
                members={"failing": failing},
            )
        tiers = {report.tier.value: "up" if report.up else "down" for report in self._tiers()}
        return fresh_json(
            {"status": "ready", "checks": dict.fromkeys(checks, "ok"), "tiers": tiers}
        )


class MetricsRoutes:
    """The scrape endpoint.

    Args:
        registry: of all series.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoint."""
        router.add_get("/metrics", self.metrics)

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """Answer with all series, as OpenMetrics or plain text."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        accept = accept_of(request.headers)
        body, content_type = await asyncio.to_thread(render, self._registry, accept)
        return web.Response(
            body=body,
            headers={
                "Content-Type": content_type,
                "Cache-Control": "no-store",
                "Vary": "Accept",
            },
        )
