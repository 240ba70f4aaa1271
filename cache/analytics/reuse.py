"""Which keys come back, how often and how soon: the working set and its reuse."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from ..stats import AGE_BOUNDS_SECONDS, AgeHistogram
from .analysis import ReuseCounts
from .hashing import HASH_SPAN
from .shadow import HashedLookup
from .sliding import SlidingSums

# Keys remembered at most, about 300 bytes each.
MAX_KEYS = 8_192

# Lookups of one key are told apart up to so many.
_OFTEN = 4


@dataclass(frozen=True, slots=True)
class ReuseSummary:
    """How the keys of the working set were asked for.

    Attributes:
        counts: keys by how often; times: seconds between lookups of the same key.
    """

    counts: ReuseCounts
    times: AgeHistogram

    @property
    def working_set(self) -> int:
        """How many different keys there were, estimated where they are sampled."""
        counts = self.counts
        return counts.keys_seen_once + counts.keys_seen_2_to_3 + counts.keys_seen_4_or_more


class Reuse:
    """Watches the keys of a sliding window: all while they are few, else a sample of them.

    When there are more than `max_keys`, only keys with the lower hashes go on being watched
    (SHARDS with fixed size: C. Waldspurger et al., "Efficient MRC Construction with SHARDS",
    FAST 2015, section 3.3); when they become few again, more are.

    Not thread-safe.

    Args:
        window_seconds: how long after its last lookup a key belongs to the working set.
        slices: to what precision times between lookups leave the window.
    """

    def __init__(
        self, window_seconds: float = math.inf, slices: int = 60, max_keys: int = MAX_KEYS
    ) -> None:
        self._window_seconds = window_seconds
        self._max_keys = max_keys
        # Of each watched key the last lookup and the number of them up to _OFTEN, the longest
        # unseen first.
        self._keys: OrderedDict[int, tuple[float, int]] = OrderedDict()
        self._times: SlidingSums[int] = SlidingSums(window_seconds, slices)
        # Keys whose hashes are below `limit` are watched, below `proven` since a window ago.
        self._limit = self._proven = HASH_SPAN
        self._raised_at = -math.inf
        # How many keys below `proven` were seen once, twice, thrice, and more often.
        self._seen = [0] * (_OFTEN + 1)

    def observe_all(self, lookups: Iterable[HashedLookup]) -> None:
        """Note lookups: pairs of a key's hash and the time in seconds, in the order of time."""
        keys, limit, seen = self._keys, self._limit, self._seen
        times: Counter[int] = Counter()
        now = -math.inf
        for key, now in lookups:
            if key >= limit:
                continue
            known = keys.get(key)
            if known is None:
                keys[key] = (now, 1)
                if key < self._proven:
                    seen[1] += 1
                if len(keys) > self._max_keys:
                    self._watch_fewer(now)
                    limit, seen = self._limit, self._seen
                continue
            last, count = known
            times[bisect_left(AGE_BOUNDS_SECONDS, now - last)] += 1
            if count < _OFTEN:
                if key < self._proven:
                    seen[count] -= 1
                    seen[count + 1] += 1
                count += 1
            keys[key] = (now, count)
            keys.move_to_end(key)
        if now > -math.inf:
            self._times.add(now, times)
            self.advance(now)

    def advance(self, now: float) -> bool:
        """Let the window end at `now`; return whether anything was forgotten."""
        before = len(self._keys)
        self._forget_old(now)
        forgot = self._times.forget_old(now) or len(self._keys) < before
        if self._proven < self._limit and now >= self._raised_at + self._window_seconds:
            self._proven = self._limit
            self._count_seen()
        proven = self._proven == self._limit
        if proven and self._limit < HASH_SPAN and len(self._keys) < self._max_keys // 8:
            self._limit = min(HASH_SPAN, 2 * self._limit)
            self._raised_at = now
        return forgot

    def summary(self) -> ReuseSummary:
        """Return how the keys of the window were reused."""
        scale = HASH_SPAN / self._proven
        _, once, twice, thrice, often = (round(count * scale) for count in self._seen)
        times = [int(self._times.total(i)) for i in range(len(AGE_BOUNDS_SECONDS) + 1)]
        return ReuseSummary(ReuseCounts(once, twice + thrice, often), AgeHistogram(times))

    def _watch_fewer(self, now: float) -> None:
        self._forget_old(now)
        while len(self._keys) > self._max_keys:
            self._limit //= 2
            self._proven = min(self._proven, self._limit)
            kept = [item for item in self._keys.items() if item[0] < self._limit]
            self._keys.clear()
            self._keys.update(kept)
        self._count_seen()

    def _count_seen(self) -> None:
        counted = Counter(count for key, (_, count) in self._keys.items() if key < self._proven)
        self._seen = [counted[count] for count in range(_OFTEN + 1)]

    def _forget_old(self, now: float) -> None:
        oldest = now - self._window_seconds
        keys = self._keys
        while keys:
            key, (last, count) = next(iter(keys.items()))
            if last >= oldest:
                return
            del keys[key]
            if key < self._proven:
                self._seen[count] -= 1
