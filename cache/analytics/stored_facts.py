"""StoredFacts: what is known of values that a cache was offered, whether or not they are held."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple


class Facts(NamedTuple):
    """What is known of a value: what building it took, and its bytes."""

    cost_seconds: float
    weight: int


class StoredFacts:
    """Remembers the facts of the latest `capacity` keys, and the mean of each type; thread-safe."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # Guards everything below.
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[str, str], Facts] = OrderedDict()
        # Of each type how many values there were, and the sums of their facts.
        self._sums: dict[str, tuple[int, float, int]] = {}

    def note(self, asset_type: str, key: str, facts: Facts) -> None:
        """Note a value that was offered; the oldest note goes where there is no room."""
        with self._lock:
            self._latest[asset_type, key] = facts
            self._latest.move_to_end((asset_type, key))
            if len(self._latest) > self._capacity:
                self._latest.popitem(last=False)
            count, cost_seconds, weight = self._sums.get(asset_type, (0, 0.0, 0))
            self._sums[asset_type] = (
                count + 1,
                cost_seconds + facts.cost_seconds,
                weight + facts.weight,
            )

    def facts(self, asset_type: str, key: str) -> Facts | None:
        """Return the facts of a key, or those of the mean value of its type; None without any."""
        with self._lock:
            latest = self._latest.get((asset_type, key))
            if latest is not None:
                return latest
            count, cost_seconds, weight = self._sums.get(asset_type, (0, 0.0, 0))
            return Facts(cost_seconds / count, round(weight / count)) if count else None
