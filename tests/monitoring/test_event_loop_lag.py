"""What blocks the event loop shows as lag, once it has been blocked and not before."""

import asyncio
import time

from monitoring import EventLoopLag, new_registry


async def test_a_blocked_loop_is_recorded(monkeypatch):
    monkeypatch.setattr("monitoring.event_loop_lag._INTERVAL_SECONDS", 0.001)
    registry = new_registry()
    lag = EventLoopLag(registry)
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0.01)  # timers fire in order: there was a reading before this
    before = lag.beats
    time.sleep(0.2)  # noqa: ASYNC251  # to block the loop is the point
    await asyncio.sleep(0.01)
    watching.cancel()
    assert lag.beats > before >= 1
    count = registry.get_sample_value("nanobanana_event_loop_lag_seconds_count")
    assert count == lag.beats
    in_time = registry.get_sample_value("nanobanana_event_loop_lag_seconds_bucket", {"le": "0.1"})
    assert in_time < count
