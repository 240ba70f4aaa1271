"""Duel: eviction by value wherever that beats LRU, and LRU wherever it does not."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from .eviction import Held
from .recency_shadow import RecencyShadow
from .value_shadow import ValueShadow

# The lead, in average build times saved for each key held, at which value takes over, and the
# lag at which LRU does: what a change of sides costs is at most a hit for each key held. A lead
# is remembered only up to MAX_LEAD, so that it is lost soon when the lookups change.
LEAD_TO_START = 0.1
LAG_TO_STOP = 0.05
MAX_LEAD = 2.0

# Hits that value may cost against LRU, in parts of all lookups, and how many are taken to be lost
# yet, if LRU were followed from now on, for each key that it would hold and that is not held.
MAX_HITS_LOST = 0.006
HITS_PER_KEY_APART = 0.5

# Lookups after which what came of them counts half, at least for each key held: what was won once
# pays for little now.
LOOKUPS_REMEMBERED = 100_000
LOOKUPS_REMEMBERED_PER_KEY = 50

# Hits that the shadows see together.
HITS_AT_ONCE = 64

# In units of the mean: what weighs less would be worth holding for ever, and what is worth less is
# worth nothing.
LEAST_WEIGHT = 1e-6
LEAST_WORTH = 1e-9

# Classes of worth from one doubling to the next. No drawing takes the same time twice: were that to
# decide between equals, what is held would change for nothing, and loops and scans would win.
CLASSES_PER_DOUBLING = 2


class Duel:
    """Follows the better of two shadows, which both see every lookup: LRU's and value's.

    That follows Subramanian, Smaragdakis and Loh, Adaptive Caches (MICRO 2006): what is dropped
    is something that the better policy would not hold, so that what is held becomes what that
    policy would hold. Better is what saves more build time; but the hits that were really given
    must not fall behind those of the LRU shadow by more than `MAX_HITS_LOST`.

    An entry's worth is its build time; where bytes and not entries are what is scarce, its build
    time per byte. A build time of 0 is unknown, and taken as the average.

    Args and methods: as `eviction_for` and `Eviction` have them.
    """

    def __init__(
        self,
        entries: OrderedDict[Hashable, Any],
        capacity: int,
        clock: Callable[[], float],
    ) -> None:
        self._entries: Mapping[Hashable, Held] = entries
        self._capacity = capacity
        self._move_to_end = entries.move_to_end
        self._clock = clock
        self._recency = RecencyShadow(capacity, self._note_gap)
        self._value = ValueShadow(capacity, self._note_stray)
        # What is held, but would not be by value; the first has been there longest.
        self._strays: OrderedDict[Hashable, None] = OrderedDict()
        self._follows_value = False
        self._lead = 0.0
        self._unseen_hits: list[tuple[Held, float]] = []
        self._lookups = 0
        self._keys_apart = 0  # which LRU would hold and which are not held
        self._hits_ahead = 0  # of the hits of the LRU shadow
        self._bytes_are_scarce = False
        self._costs = _Average()
        self._weights = _Average()

    def touch(self, key: Hashable) -> None:
        """Note a hit, which the shadows see later: before anything else happens, or a few at once.

        That keeps a hit cheap.
        """
        self._move_to_end(key)
        unseen = self._unseen_hits
        unseen.append((self._entries[key], self._clock()))
        if len(unseen) >= HITS_AT_ONCE:
            self._catch_up()

    def add(self, entry: Held) -> None:
        """Note a miss, after which `entry` is held."""
        if self._unseen_hits:
            self._catch_up()
        key, now = entry.key, entry.used_at
        self._costs.observe(entry.cost_seconds)
        self._weights.observe(entry.weight)
        self._keys_apart -= key in self._recency
        by_recency = self._recency.look_up(key, now)
        by_value = self._value.look_up(key, now)
        self._lookups += 1
        self._hits_ahead -= by_recency
        self._settle(entry, by_recency, by_value, entry.dead_at, now)
        if key not in self._value:
            self._strays[key] = None
        if self._lookups > LOOKUPS_REMEMBERED + LOOKUPS_REMEMBERED_PER_KEY * self._capacity:
            self._lookups //= 2
            self._hits_ahead = int(self._hits_ahead / 2)

    def _catch_up(self) -> None:
        """Show the shadows the hits that they have not seen."""
        find, touch = self._recency.find, self._recency.touch
        look_up_by_value = self._value.look_up
        hits, self._unseen_hits = self._unseen_hits, []
        self._lookups += len(hits)
        for entry, now in hits:
            key = entry.key
            held = find(key)
            by_recency = held is not None and now < held[0]
            if by_recency:
                touch(key)
            by_value = look_up_by_value(key, now)
            if not (by_recency and by_value):
                self._hits_ahead += not by_recency
                # A shadow that missed it would have had it built just now.
                lives_until = now + entry.dead_at - entry.stored_at
                self._settle(entry, by_recency, by_value, lives_until, now)

    def discard(self, key: Hashable) -> None:
        """See `Eviction`."""
        self._keys_apart += key in self._recency
        if self._unseen_hits:
            self._catch_up()
        self._strays.pop(key, None)

    def forget(self, key: Hashable) -> None:
        """See `Eviction`."""
        self._catch_up()
        self._recency.discard(key)
        self._value.discard(key)

    def clear(self) -> None:
        """See `Eviction`; what was learned stays."""
        self._catch_up()
        self._recency.clear()
        self._value.clear()
        self._strays.clear()
        self._keys_apart = 0

    def resize(self, capacity: int) -> None:
        """See `Eviction`."""
        self._catch_up()
        self._capacity = capacity
        self._recency.resize(capacity)
        self._value.resize(capacity)

    def shrink(self, size_bytes: int) -> None:
        """See `Eviction`."""
        self._catch_up()
        self._recency.shrink(size_bytes)
        self._value.shrink(size_bytes)

    def victim(self) -> Hashable:
        """Return what the better policy would not hold; where there is none, the oldest."""
        if self._unseen_hits:
            self._catch_up()
        self._bytes_are_scarce = len(self._entries) <= self._capacity
        # The least recently used of what is held is never in a full LRU shadow, unless both hold
        # the same.
        if self._follows_value and self._strays and self._can_pay():
            return next(iter(self._strays))
        oldest: Hashable = next(iter(self._entries))
        return oldest

    def _settle(
        self, entry: Held, by_recency: bool, by_value: bool, dead_at: float, now: float
    ) -> None:
        """Store where it was missed, and keep the score."""
        cost = worth = self._costs.share(entry.cost_seconds)
        if self._bytes_are_scarce:
            worth /= max(self._weights.share(entry.weight), LEAST_WEIGHT)
        if not by_recency:
            self._recency.store(entry.key, entry.weight, dead_at, now)
            if entry.key not in self._entries and entry.key in self._recency:
                self._keys_apart += 1
        if not by_value:
            self._value.store(entry.key, _rounded(worth), entry.weight, dead_at, now)
            if entry.key in self._value:
                self._strays.pop(entry.key, None)
        if by_recency is not by_value:
            self._score(cost if by_value else -cost)

    def _score(self, gain: float) -> None:
        held = len(self._recency)
        limit = MAX_LEAD * held
        self._lead = min(max(self._lead + gain, -limit), limit)
        if self._follows_value:
            self._follows_value = self._lead > -LAG_TO_STOP * held
        else:
            self._follows_value = self._lead > LEAD_TO_START * held

    def _can_pay(self) -> bool:
        """Return whether no more hits would be lost than may be, if the sides changed now."""
        hits_ahead = self._hits_ahead - HITS_PER_KEY_APART * self._keys_apart
        return hits_ahead > -MAX_HITS_LOST * self._lookups

    def _note_gap(self, key: Hashable) -> None:
        if key not in self._entries:
            self._keys_apart -= 1

    def _note_stray(self, key: Hashable) -> None:
        if key in self._entries:
            self._strays[key] = None


def _rounded(worth: float) -> float:
    """Return the middle of the class that `worth` falls into."""
    doublings = math.log2(max(worth, LEAST_WORTH))
    return float(2.0 ** (round(doublings * CLASSES_PER_DOUBLING) / CLASSES_PER_DOUBLING))


class _Average:
    """The mean of amounts above 0."""

    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0

    def observe(self, amount: float) -> None:
        if amount > 0:
            self._count += 1
            self._sum += amount

    def share(self, amount: float) -> float:
        """Return `amount` in units of the mean; 1 for what is unknown."""
        return amount * self._count / self._sum if amount > 0 and self._count else 1.0
