"""The TTL follows the traffic in small steps, within its bounds, and settles."""

from __future__ import annotations

import itertools
import math

import pytest

from cache.analytics import next_ttl


def settled(service, keys, configured, periods=25):
    """Let the TTL adapt while `keys(n)` are asked for; return every TTL there was."""
    running = service(window_seconds=1000.0)
    running.cache.configure("enso", max_size=500, ttl=configured)
    ttls = [configured]
    for period in range(periods):
        running.ask("enso", keys(period))
        ttls.append(next_ttl(configured, ttls[-1], running.analysis("enso")))
        running.cache.configure("enso", ttl=ttls[-1])
        running.digest()
    return ttls


def test_it_grows_to_its_bound_while_keys_come_back_too_late(service):
    ttls = settled(service, lambda _: [number % 100 for number in range(300)], 30.0)
    assert all(1.0 <= after / before <= 1.1 + 1e-9 for before, after in itertools.pairwise(ttls))
    assert ttls[-1] == pytest.approx(120.0)


def test_it_shrinks_to_its_bound_where_entries_die_unused(service):
    ttls = settled(
        service,
        lambda period: [f"{period} {number // 2}" for number in range(300)],
        100.0,
    )
    assert ttls[-1] == pytest.approx(50.0)
    assert all(before / after <= 1.1 + 1e-9 for before, after in itertools.pairwise(ttls))


def test_once_settled_it_does_not_swing(service):
    ttls = settled(service, lambda _: [number % 50 for number in range(300)], 30.0)
    latest = ttls[-8:]
    assert 50.0 < latest[-1] < 120.0 + 1e-9
    assert latest == sorted(latest)


def test_for_ever_and_little_traffic_are_left_alone(service):
    running = service()
    running.cache.configure("enso", ttl=math.inf)
    running.ask("enso", range(200))
    assert next_ttl(math.inf, math.inf, running.analysis("enso")) == math.inf
    quiet = service()
    quiet.ask("enso", range(10))
    assert next_ttl(3600.0, 3600.0, quiet.analysis("enso")) == 3600.0
    # What an operator set anew pulls it back into the bounds of that at once.
    assert next_ttl(600.0, 3600.0, quiet.analysis("enso")) == 2400.0
