"""Rankings: in which order keys would have to go, by recency and by value."""

from __future__ import annotations

import heapq
import itertools
from collections import OrderedDict
from collections.abc import Hashable
from typing import Protocol

# The window is the tenth of the keys that need not have proved themselves yet. Frequencies are
# halved once there were this many lookups for each key ranked, and saturate at 63: both as
# W-TinyLFU has them, with a longer memory, which serves costs better (bench/admission.py).
WINDOW_SHARE = 10
LOOKUPS_PER_AGEING = 20
MAX_FREQUENCY = 63

# Keys whose frequency is known, at most, for each key ranked; beyond it is aged early.
KNOWN_PER_KEY = 8
KNOWN_ANYWAY = 1024


class Ranking(Protocol):
    """Some keys, and which of them is to go next. Not thread-safe."""

    def touch(self, key: Hashable) -> None:
        """Note a use of `key`, which must be ranked."""

    def add(self, key: Hashable, worth: float) -> None:
        """Rank `key`, which was asked for and must not be ranked yet; worth: of one hit."""

    def discard(self, key: Hashable) -> None:
        """Rank `key` no more; it must be ranked."""

    def victim(self) -> Hashable:
        """Return which key is to go next; there must be one."""


class Recency:
    """The least recently used key goes first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[Hashable, None] = OrderedDict()
        self.touch = self._keys.move_to_end
        self.discard = self._keys.__delitem__

    def add(self, key: Hashable, worth: float) -> None:
        """Rank `key` as the latest."""
        self._keys[key] = None

    def victim(self) -> Hashable:
        """Return the least recently used key."""
        return next(iter(self._keys))


class Value:
    """The key of the least frequency × worth goes first, once it had its time in a window.

    New keys enter a small window in order of use. What falls out of it stays only if it is worth
    more than the least of the others, so that a burst of one-off keys passes through the window
    and flushes nothing. Frequencies count all lookups, also of keys not ranked any more, and fade:
    the admission and the ageing of TinyLFU (Einziger, Friedman and Manes, ACM ToS 2017) with the
    value of GreedyDual-Size-Frequency (Cherkasova, HP Labs 1998) in place of recency.
    """

    def __init__(self) -> None:
        self._window: OrderedDict[Hashable, float] = OrderedDict()
        self._proven: dict[Hashable, float] = {}
        # Values of the proven as of when they were noted: since frequencies only grow until they
        # are aged, when all is noted anew, the true value is never less. The number in the middle
        # settles equal values, and has the one noted first go first.
        self._heap: list[tuple[float, int, Hashable]] = []
        self._sequence = itertools.count()
        self._frequencies: dict[Hashable, int] = {}
        self._lookups = 0

    def touch(self, key: Hashable) -> None:
        """Note a use of `key`."""
        self._count(key)
        if key in self._window:
            self._window.move_to_end(key)

    def add(self, key: Hashable, worth: float) -> None:
        """Rank `key` as the latest in the window."""
        self._count(key)
        self._window[key] = worth

    def discard(self, key: Hashable) -> None:
        """Rank `key` no more; its frequency is remembered."""
        if key in self._window:
            del self._window[key]
            return
        del self._proven[key]
        if len(self._heap) > 2 * len(self._proven) + 16:
            self._note_all()

    def victim(self) -> Hashable:
        """Return the loser between the window's oldest key and the least valuable of the others."""
        share = (len(self._window) + len(self._proven)) // WINDOW_SHARE
        while len(self._window) > share + 1:
            self._promote()  # there was room for it when it left the window
        if not self._window:
            return self._least()[1]
        candidate, worth = next(iter(self._window.items()))
        if not self._proven:
            return candidate
        least_value, least = self._least()
        if self._frequencies.get(candidate, 0) * worth <= least_value:
            return candidate
        self._promote()
        return least

    def _promote(self) -> None:
        key, worth = self._window.popitem(last=False)
        self._proven[key] = worth
        self._note(key, worth)

    def _least(self) -> tuple[float, Hashable]:
        while True:
            noted, _, key = self._heap[0]
            worth = self._proven.get(key)
            if worth is None:
                heapq.heappop(self._heap)
                continue
            value = self._frequencies.get(key, 0) * worth
            if value <= noted:
                return value, key
            heapq.heapreplace(self._heap, (value, next(self._sequence), key))

    def _note(self, key: Hashable, worth: float) -> None:
        value = self._frequencies.get(key, 0) * worth
        heapq.heappush(self._heap, (value, next(self._sequence), key))

    def _note_all(self) -> None:
        self._heap.clear()
        for key, worth in self._proven.items():
            self._note(key, worth)

    def _count(self, key: Hashable) -> None:
        frequencies = self._frequencies
        frequency = frequencies.get(key, 0)
        if frequency < MAX_FREQUENCY:
            frequencies[key] = frequency + 1
        self._lookups += 1
        ranked = len(self._window) + len(self._proven)
        if (
            self._lookups > LOOKUPS_PER_AGEING * ranked + KNOWN_ANYWAY
            or len(frequencies) > KNOWN_PER_KEY * ranked + KNOWN_ANYWAY
        ):
            self._age()

    def _age(self) -> None:
        self._lookups //= 2
        self._frequencies = {
            key: frequency >> 1 for key, frequency in self._frequencies.items() if frequency > 1
        }
        self._note_all()
