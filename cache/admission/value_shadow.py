"""ValueShadow: what a cache would hold that keeps what saves the most, by keys alone."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable

# Frequencies are halved once there were this many lookups for each key held, and saturate: as
# W-TinyLFU has them, with a longer memory.
LOOKUPS_PER_AGEING = 20
MAX_FREQUENCY = 63

# Keys whose frequency is remembered though they are not held, at most, for each key held.
KNOWN_PER_KEY = 8
KNOWN_ANYWAY = 1024

# The rank of a key that was never asked for before, in parts of what its first lookup would earn
# it: so little that a burst of one-off keys goes before the keys that came back do.
NEWCOMER = 0.05

# Of frequency and worth, in ranks: a few lookups say little of how often a key will come, and to
# favour costly keys less than by all they cost saves nearly as much time for far fewer lost hits.
POWER = 0.7

_POWERS = (0.0, NEWCOMER, *(frequency**POWER for frequency in range(2, MAX_FREQUENCY + 1)))


class _Ranked:
    """What is known of a key that is held."""

    __slots__ = ("dead_at", "frequency", "rank", "weight", "worth")

    def __init__(
        self, dead_at: float, weight: int, frequency: int, worth: float, rank: float
    ) -> None:
        self.dead_at = dead_at
        self.weight = weight
        self.frequency = frequency
        self.worth = worth  # of one hit, powered
        self.rank = rank


class ValueShadow:
    """The keys that a cache would hold from which the key of the lowest rank goes first.

    A key's rank is (frequency × worth)^POWER above the floor at its last use; the floor is the rank
    of what went last, so that what is not used sinks: GreedyDual-Size with Frequency (Cherkasova,
    HP Labs 1998). Unlike there, frequencies outlive a key's stay and fade, what comes back stays
    only if it is worth more than what would go for it, and a newcomer ranks low: the admission of
    TinyLFU (Einziger, Friedman and Manes, ACM ToS 2017), which withstands loops and scans.

    Exact where all entries have one TTL, as `RecencyShadow` is. Not thread-safe.

    Args:
        capacity: keys held at most.
        on_drop: called with every key that is held no more.
    """

    def __init__(self, capacity: int, on_drop: Callable[[Hashable], object]) -> None:
        self._capacity = capacity
        self._on_drop = on_drop
        self._held: dict[Hashable, _Ranked] = {}
        self._find = self._held.get
        # When each key dies that ever does, in order of storing.
        self._deaths: OrderedDict[Hashable, float] = OrderedDict()
        self._size_bytes = 0
        self._floor = 0.0
        # Ranks as of when they were noted, which hardly ever fall. The number in the middle
        # settles equal ranks, and has the one noted first go first.
        self._heap: list[tuple[float, int, Hashable]] = []
        self._sequence = itertools.count()
        self._remembered: dict[Hashable, int] = {}  # frequencies of keys that are not held
        self._lookups = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def look_up(self, key: Hashable, now: float) -> bool:
        """Return whether `key` is held and alive, and note its use then."""
        ranked = self._find(key)
        if ranked is None or now >= ranked.dead_at:
            return False
        frequency = ranked.frequency
        if frequency < MAX_FREQUENCY:
            ranked.frequency = frequency = frequency + 1
        ranked.rank = self._floor + ranked.worth * _POWERS[frequency]
        self._lookups += 1
        return True

    def store(self, key: Hashable, worth: float, weight: int, dead_at: float, now: float) -> None:
        """Hold `key`, which was not found, until `dead_at`; what is dead leaves first.

        Args:
            worth: of one hit, in any unit.
        """
        if key in self._held:
            self.discard(key)
        if self._deaths:
            self._bury(now)
        if dead_at != math.inf:
            self._deaths[key] = dead_at
        frequency = min(self._remembered.pop(key, 0) + 1, MAX_FREQUENCY)
        powered = worth**POWER
        rank = self._floor + powered * _POWERS[frequency]
        self._held[key] = _Ranked(dead_at, weight, frequency, powered, rank)
        heapq.heappush(self._heap, (rank, next(self._sequence), key))
        self._size_bytes += weight
        self._lookups += 1
        if len(self._held) > self._capacity:
            self.discard(self._loser(key))
        held = len(self._held)
        if (
            self._lookups > LOOKUPS_PER_AGEING * held + KNOWN_ANYWAY
            or len(self._remembered) > KNOWN_PER_KEY * held + KNOWN_ANYWAY
        ):
            self._age()

    def discard(self, key: Hashable) -> None:
        """Hold `key` no more, if it is held; its frequency is remembered."""
        ranked = self._held.pop(key, None)
        if ranked is None:
            return
        self._remembered[key] = ranked.frequency
        self._size_bytes -= ranked.weight
        self._deaths.pop(key, None)
        if len(self._heap) > 2 * len(self._held) + 16:
            self._note_all()
        self._on_drop(key)

    def clear(self) -> None:
        """Hold nothing; frequencies are remembered."""
        for key in tuple(self._held):
            self.discard(key)

    def resize(self, capacity: int) -> None:
        """Hold at most `capacity` keys."""
        self._capacity = capacity
        while len(self._held) > capacity:
            self.discard(self._lowest())

    def shrink(self, size_bytes: int) -> None:
        """Drop keys until what is held weighs at most `size_bytes`."""
        while self._size_bytes > size_bytes:
            self.discard(self._lowest())

    def _loser(self, candidate: Hashable) -> Hashable:
        """Return which is to go, the key of the lowest rank or `candidate`, which has just come."""
        lowest = self._lowest()
        new, old = self._held[candidate], self._held[lowest]
        is_newcomer = new.frequency == 1  # it ranks low, but has its time to come back
        if is_newcomer or new.worth * _POWERS[new.frequency] > old.worth * _POWERS[old.frequency]:
            return lowest
        return candidate

    def _lowest(self) -> Hashable:
        """Return the key of the lowest rank, which becomes the floor."""
        heap, find = self._heap, self._find
        while True:
            noted, _, key = heap[0]
            ranked = find(key)
            if ranked is None:
                heapq.heappop(heap)
            elif ranked.rank > noted:
                heapq.heapreplace(heap, (ranked.rank, next(self._sequence), key))
            else:
                self._floor = max(self._floor, ranked.rank)
                return key

    def _note_all(self) -> None:
        self._heap = [
            (ranked.rank, next(self._sequence), key) for key, ranked in self._held.items()
        ]
        heapq.heapify(self._heap)

    def _bury(self, now: float) -> None:
        while self._deaths:
            key, dead_at = next(iter(self._deaths.items()))
            if now < dead_at:
                return
            self.discard(key)

    def _age(self) -> None:
        self._lookups //= 2
        for ranked in self._held.values():
            ranked.frequency = max(1, ranked.frequency >> 1)
        self._remembered = {
            key: frequency >> 1 for key, frequency in self._remembered.items() if frequency > 1
        }
