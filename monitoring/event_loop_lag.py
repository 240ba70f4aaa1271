"""How late the event loop wakes: what every request waits for when something blocks it."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram

_INTERVAL_SECONDS = 0.25
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class EventLoopLag:
    """Sleeps a little, again and again, and records how much longer it took.

    Attributes:
        last_seconds: the latest reading; beats: how many there were.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.last_seconds = 0.0
        self.beats = 0
        self._histogram = Histogram(
            "event_loop_lag_seconds",
            "How much later than asked the event loop woke a timer.",
            namespace="nanobanana",
            registry=registry,
            buckets=_BUCKETS,
        )

    async def watch(self) -> None:
        """Record until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _INTERVAL_SECONDS
            await asyncio.sleep(_INTERVAL_SECONDS)
            self.last_seconds = max(0.0, loop.time() - due)
            self.beats += 1
            self._histogram.observe(self.last_seconds)
