"""Shadow: what a cache of another policy would hold, by keys alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable

from ..deadlines import Deadlines
from .rankings import Ranking


class Shadow:
    """The keys that a cache with this ranking would hold after the same lookups; not thread-safe.

    Args:
        ranking: of the keys; the shadow's own.
        capacity: keys held at most.
        on_drop: called with every key that is held no more.
    """

    def __init__(
        self, ranking: Ranking, capacity: int, on_drop: Callable[[Hashable], object]
    ) -> None:
        self._ranking = ranking
        self._touch = ranking.touch
        self._capacity = capacity
        self._on_drop = on_drop
        self._held: dict[Hashable, tuple[float, int]] = {}
        self._deadlines = Deadlines()
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def look_up(self, key: Hashable, now: float) -> bool:
        """Return whether `key` is held and alive, and note its use then."""
        held = self._held.get(key)
        if held is None or now >= held[0]:
            return False
        self._touch(key)
        return True

    def store(self, key: Hashable, worth: float, weight: int, dead_at: float, now: float) -> None:
        """Hold `key`, which was not found, until `dead_at`; what is dead leaves first."""
        self.discard(key)
        self._held[key] = dead_at, weight
        self._size_bytes += weight
        self._ranking.add(key, worth)
        self._note(key, dead_at)
        self._sweep(now)
        self.resize(self._capacity)

    def discard(self, key: Hashable) -> None:
        """Hold `key` no more, if it is held."""
        held = self._held.pop(key, None)
        if held is not None:
            self._size_bytes -= held[1]
            self._ranking.discard(key)
            self._on_drop(key)

    def clear(self) -> None:
        """Hold nothing."""
        for key in tuple(self._held):
            self.discard(key)
        self._deadlines.replace(())

    def resize(self, capacity: int) -> None:
        """Hold at most `capacity` keys."""
        self._capacity = capacity
        while len(self._held) > capacity:
            self.discard(self._ranking.victim())

    def shrink(self, size_bytes: int) -> None:
        """Drop keys until what is held weighs at most `size_bytes`."""
        while self._size_bytes > size_bytes:
            self.discard(self._ranking.victim())

    def _note(self, key: Hashable, dead_at: float) -> None:
        if dead_at == math.inf:
            return
        self._deadlines.add(dead_at, key)
        if len(self._deadlines) > 2 * len(self._held) + 16:
            self._deadlines.replace((held[0], each) for each, held in self._held.items())

    def _sweep(self, now: float) -> None:
        while self._deadlines.is_due(now):
            key = self._deadlines.pop()
            held = self._held.get(key)
            if held is not None and now >= held[0]:
                self.discard(key)
