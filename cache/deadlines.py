"""When entries die: a heap of deadlines, so that a sweep touches the dead and nobody else."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Iterable


class Deadlines:
    """Keys by the moment their entries die.

    It holds keys instead of entries, so that a dropped value is freed at once. A deadline outlives
    the entry it was noted for: its owner looks again at what the key holds when it is due.

    Not thread-safe: its owner calls it under its own lock.
    """

    __slots__ = ("_heap", "_sequence")

    def __init__(self) -> None:
        # The number in the middle settles equal moments, since keys need not be comparable.
        self._heap: list[tuple[float, int, Hashable]] = []
        self._sequence = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, dead_at: float, key: Hashable) -> None:
        """Note that what `key` holds dies at `dead_at`."""
        heapq.heappush(self._heap, (dead_at, next(self._sequence), key))

    def is_due(self, now: float) -> bool:
        """Return whether `pop` would return a deadline of `now` or earlier."""
        return bool(self._heap) and self._heap[0][0] <= now

    def pop(self) -> Hashable:
        """Drop the earliest deadline and return its key; there must be one."""
        return heapq.heappop(self._heap)[2]

    def replace(self, deadlines: Iterable[tuple[float, Hashable]]) -> None:
        """Forget every deadline but these pairs of moment and key."""
        self._heap = [(dead_at, next(self._sequence), key) for dead_at, key in deadlines]
        heapq.heapify(self._heap)
