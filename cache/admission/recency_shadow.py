"""RecencyShadow: what a plain LRU cache would hold, by keys alone."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable


class RecencyShadow:
    """The keys that an LRU cache of this capacity would hold after the same lookups.

    Exact where all entries have one TTL, so that what is stored first dies first; else the dead
    may take room a little longer. Not thread-safe.

    Args:
        capacity: keys held at most.
        on_drop: called with every key that is held no more, but for `clear`.

    Attributes:
        find: returns when a key dies that is held, and its weight; else None.
        touch: notes a use of a held key. With `find` it is `look_up` spelled out, for hot loops.
    """

    def __init__(self, capacity: int, on_drop: Callable[[Hashable], object]) -> None:
        self._capacity = capacity
        self._on_drop = on_drop
        # When each key dies and its weight, in order of use.
        self._held: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()
        # When each key dies that ever does, in order of storing.
        self._deaths: OrderedDict[Hashable, float] = OrderedDict()
        self.find, self.touch = self._held.get, self._held.move_to_end
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def look_up(self, key: Hashable, now: float) -> bool:
        """Return whether `key` is held and alive, and note its use then."""
        held = self.find(key)
        if held is None or now >= held[0]:
            return False
        self.touch(key)
        return True

    def store(self, key: Hashable, weight: int, dead_at: float, now: float) -> None:
        """Hold `key`, which was not found, until `dead_at`; what is dead leaves first."""
        if key in self._held:
            self.discard(key)
        if self._deaths:
            self._bury(now)
        if dead_at != math.inf:
            self._deaths[key] = dead_at
        self._held[key] = dead_at, weight
        self._size_bytes += weight
        if len(self._held) > self._capacity:
            self._drop_oldest()

    def discard(self, key: Hashable) -> None:
        """Hold `key` no more, if it is held."""
        if key in self._held:
            self._size_bytes -= self._held.pop(key)[1]
            self._deaths.pop(key, None)
            self._on_drop(key)

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
        self._deaths.clear()
        self._size_bytes = 0

    def resize(self, capacity: int) -> None:
        """Hold at most `capacity` keys."""
        self._capacity = capacity
        while len(self._held) > capacity:
            self._drop_oldest()

    def shrink(self, size_bytes: int) -> None:
        """Drop keys until what is held weighs at most `size_bytes`."""
        while self._size_bytes > size_bytes:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        key, (_, weight) = self._held.popitem(last=False)
        self._size_bytes -= weight
        self._deaths.pop(key, None)
        self._on_drop(key)

    def _bury(self, now: float) -> None:
        while self._deaths:
            key, dead_at = next(iter(self._deaths.items()))
            if now < dead_at:
                return
            self.discard(key)
