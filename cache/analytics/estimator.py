"""Estimator: the hit ratios of a cache at other sizes and TTLs, from the stream it serves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .hashing import HASH_SPAN, key_hash
from .shadow import HashedLookup, Point, Shadows
from .sliding import SlidingSums

# Entries that all shadows together hold at most.
MAX_ENTRIES = 24_000

# Once so many lookups are in every sample, shadows need no past that was not theirs.
_ENOUGH_LOOKUPS = 200

# Below so many sampled misses of the shadow it is held against, a ratio would be noise.
_FEWEST_MISSES = 30

# Lookups that are simulated at once, which is cheaper than one by one.
_BATCH = 512

_LOOKUPS = "lookups"


class _Misses(NamedTuple):
    """The name of a sum: misses at `point`, of keys whose hash is below `limit`."""

    point: Point
    limit: int


class Estimator:
    """Predicts hit ratios at several points at once, over a sliding window of time.

    Each point has a shadow. Together they hold at most `max_entries` keys: those that would hold
    more than their share see a sample of the keys, each as many as its share allows. What a sample
    says is corrected for its being uneven: the next shadow that sees more keys tells how many
    misses it had in all and how many of them in the sample, and the misses of the smaller sample
    are scaled by that ratio instead of by the sampling rate (the ratio estimator: W. G. Cochran,
    "Sampling Techniques", chapter 6). The last shadow of such a chain sees every key, so that
    neither a heavy key, in the sample or not, nor the luck of the draw spoils a prediction.

    Not thread-safe.

    Args:
        points: what to predict; their order is of no importance.
        window_seconds: how far back; infinity: the whole history.
        slices: into how many parts the window is cut.
        max_entries: entries of all shadows together at most.
    """

    def __init__(
        self,
        points: Iterable[Point],
        *,
        window_seconds: float = math.inf,
        slices: int = 60,
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        self._max_entries = max_entries
        self._sums: SlidingSums[_Misses | str] = SlidingSums(window_seconds, slices)
        self._pending: list[HashedLookup] = []
        self._now = -math.inf
        self._points: tuple[Point, ...] = ()
        # The shadows by what they see, those that see most first; and those of each point.
        self._samples: list[Shadows] = []
        self._shadows: dict[Point, Shadows] = {}
        # Which point's shadow corrects which, and of which hashes the misses of each are counted.
        self._controls: dict[Point, Point] = {}
        self._counted: dict[Point, tuple[_Misses, ...]] = {}
        # Hit ratios of what was looked up before the points were last set.
        self._past: Mapping[Point, float | None] = {}
        self.configure(points)

    @property
    def lookups(self) -> int:
        """How many lookups of the window were observed."""
        self._flush()
        return int(self._sums.total(_LOOKUPS))

    @property
    def points(self) -> tuple[Point, ...]:
        """What is predicted."""
        return self._points

    def observe(self, now: float, key: str) -> None:
        """Note a lookup of `key`; `now`, in seconds, does not go back."""
        self._pending.append((key_hash(key), now))
        if len(self._pending) >= _BATCH:
            self._flush()

    def observe_all(self, lookups: Iterable[tuple[str, float]]) -> None:
        """Note lookups: pairs of a key and its time in seconds, in the order of time."""
        self.observe_hashed((key_hash(key), now) for key, now in lookups)

    def observe_hashed(self, lookups: Iterable[HashedLookup]) -> None:
        """Note lookups whose keys' hashes are known, as `observe_all` does."""
        self._flush()
        batch: list[HashedLookup] = []
        slice_ends_at = -math.inf
        for lookup in lookups:
            now = lookup[1]
            if now >= slice_ends_at or len(batch) >= _BATCH:
                self._simulate(batch)
                batch = []
                slice_ends_at = self._sums.slice_ends_at(now)
            batch.append(lookup)
        self._simulate(batch)

    def hit_ratio(self, point: Point) -> float | None:
        """Return the predicted share of hits in the window's lookups; None without lookups.

        Raises:
            KeyError: `point` is not among the points.
        """
        return self.hit_ratios()[point]

    def hit_ratios(self) -> dict[Point, float | None]:
        """Return the same for every point.

        Soon after the points were set in mid-window, what came before counts as well, as it was at
        the nearest point there was then.
        """
        self._flush()
        total, since = self._sums.total(_LOOKUPS), self._sums.recent(_LOOKUPS)
        ratios = self.recent_hit_ratios()
        if since * min(sample.rate for sample in self._samples) >= _ENOUGH_LOOKUPS:
            return ratios
        for point, past in self._past.items():
            recent = ratios[point]
            if past is not None and total > since:
                ratios[point] = (past * (total - since) + (recent or 0.0) * since) / total
        return ratios

    def recent_hit_ratios(self) -> dict[Point, float | None]:
        """Return the same for the part of the window since the points were last set."""
        self._flush()
        lookups = self._sums.recent(_LOOKUPS)
        if not lookups:
            return dict.fromkeys(self._points)
        missed: dict[Point, float] = {}
        # Those that see more come first: what corrects is known when it is needed.
        for sample in self._samples:
            for point in sample.points:
                missed[point] = self._misses(point, missed)
        return {point: min(1.0, max(0.0, 1 - missed[point] / lookups)) for point in self._points}

    def held(self, point: Point) -> int:
        """Return how many live entries a cache at `point` would hold now.

        Raises:
            KeyError: `point` is not simulated.
        """
        self._flush()
        return self._shadows[point].held(point, self._now)

    def clear(self) -> None:
        """Do as a cache does that is cleared: hold nothing; what was counted goes on."""
        self._flush()
        for sample in self._samples:
            sample.clear()

    def advance(self, now: float) -> bool:
        """Let the window end at `now`, though nothing was looked up.

        Returns:
            Whether anything was forgotten.
        """
        self._flush()
        self._now = max(self._now, now)
        return self._sums.forget_old(now)

    def configure(self, points: Iterable[Point]) -> None:
        """Predict at other points from now on.

        A shadow begins with what the nearest there was holds, its own where the point stays, so
        that it need not warm up.
        """
        points = tuple(dict.fromkeys(points))
        known = self._shadows
        if known:
            ratios = self.hit_ratios()
            # An anchor may be nearest to adopt from, but predicts nothing.
            self._past = {point: ratios[_nearest(point, self._points)] for point in points}
            self._sums.mark()
        self._points = points
        order = _order(self._samples)
        self._samples = _samples(_rates(_anchored(points, self._max_entries), self._max_entries))
        self._shadows = {point: sample for sample in self._samples for point in sample.points}
        if known:
            for sample in self._samples:
                nearest = [_nearest(point, known) for point in sample.points]
                sample.adopt(order, [known[point].contents(point) for point in nearest])
        self._controls = _controls(self._samples)
        self._counted = {point: self._sums_of(point) for point in self._shadows}

    def _sums_of(self, point: Point) -> tuple[_Misses, ...]:
        """Return the names of the sums that are counted at a point, that of all misses first."""
        corrected = {
            self._shadows[other].limit for other, by in self._controls.items() if by == point
        }
        limits = (self._shadows[point].limit, *sorted(corrected))
        return tuple(_Misses(point, limit) for limit in limits)

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if pending:
            self.observe_hashed(pending)

    def _simulate(self, batch: list[HashedLookup]) -> None:
        if not batch:
            return
        self._now = max(self._now, batch[-1][1])
        sums: dict[_Misses | str, float] = {_LOOKUPS: len(batch)}
        for sample in self._samples:
            limit = sample.limit
            seen = batch if limit == HASH_SPAN else [each for each in batch if each[0] < limit]
            for point, missed in zip(sample.points, sample.observe(seen), strict=True):
                own, *others = self._counted[point]
                sums[own] = len(missed)
                for name in others:
                    sums[name] = sum(key < name.limit for key in missed)
        self._sums.add(batch[0][1], sums)

    def _misses(self, point: Point, misses: Mapping[Point, float]) -> float:
        """Return the estimated misses of the whole cache at `point`.

        Args:
            misses: the same at the points that see more.
        """
        shadow, control = self._shadows[point], self._controls.get(point)
        counted = self._sums.recent(_Misses(point, shadow.limit))
        if control is None:
            return counted / shadow.rate
        seen = self._sums.recent(_Misses(control, shadow.limit))
        if seen < _FEWEST_MISSES:
            return counted / shadow.rate
        return counted * misses[control] / seen


def _anchored(points: tuple[Point, ...], max_entries: int) -> tuple[Point, ...]:
    """Return the points, with one more that can be simulated whole where none of them can."""
    if not points:
        return points
    least = min(points)
    share = max_entries // (len(points) + 1)
    return points if least.capacity <= share else (*points, Point(share, least.ttl_seconds))


def _rates(points: Iterable[Point], max_entries: int) -> dict[Point, float]:
    """Return sampling rates such that all shadows together hold at most `max_entries` keys.

    All get the same share; what those that need less leave over goes to the others. A rate is one
    over a power of two, so that many have the same.
    """
    rates = {}
    left = max_entries
    ascending = sorted(points)
    for index, point in enumerate(ascending):
        share = left // (len(ascending) - index)
        halvings = math.ceil(math.log2(max(1.0, point.capacity / share)))
        rates[point] = 0.5**halvings
        left -= math.ceil(rates[point] * point.capacity)
    return rates


def _samples(rates: Mapping[Point, float]) -> list[Shadows]:
    """Return the shadows of all points, those of the highest rate first."""
    return [
        Shadows([point for point, its in rates.items() if its == rate], rate)
        for rate in sorted(set(rates.values()), reverse=True)
    ]


def _controls(samples: Sequence[Shadows]) -> dict[Point, Point]:
    """Return for each point with a sample the nearest of those that see more keys."""
    controls: dict[Point, Point] = {}
    fuller: list[Point] = []
    for sample in samples:
        if fuller:
            controls |= {point: _nearest(point, fuller) for point in sample.points}
        fuller += sample.points
    return controls


def _order(samples: Sequence[Shadows]) -> list[int]:
    """Return the keys of all samples, least recently used first, as far as that is known.

    What only shadows with smaller samples hold, which are larger, was used before the rest.
    """
    order: dict[int, None] = {}
    for sample in reversed(samples):
        for key in sample.order():
            order.pop(key, None)
            order[key] = None
    return list(order)


def _nearest(point: Point, points: Iterable[Point]) -> Point:
    return min(points, key=lambda other: _distance(point, other))


def _distance(one: Point, other: Point) -> float:
    """Return how many doublings lie between two points."""
    # An infinite TTL is as far from others as one of thirty thousand years.
    ttls = [min(max(point.ttl_seconds, 1e-6), 1e12) for point in (one, other)]
    capacities = [max(point.capacity, 0.5) for point in (one, other)]
    return abs(math.log2(ttls[0] / ttls[1])) + abs(math.log2(capacities[0] / capacities[1]))
