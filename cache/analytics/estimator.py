"""Estimator: the hit ratios of a cache at other sizes and TTLs, from the stream it serves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .hashing import HASH_SPAN, key_hash
from .overflow import Overflow
from .sampling import controls, nearest, sampling
from .shadow import HashedLookup, Point, Shadows
from .sliding import SlidingSums

# Entries that all shadows together hold at most.
MAX_ENTRIES = 32_000

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
    more than their share see a sample of the keys, each as many as its share allows, and of each
    TTL one, its anchor, sees every key.

    An anchor that had room for all, and evicted nothing, misses exactly where every larger cache of
    its TTL does. Elsewhere what a sample says is corrected for its being uneven: the next shadow of
    the same TTL that sees more keys tells how many misses it had in all and how many of them in the
    sample, and the misses of the smaller sample are scaled by that ratio instead of by the sampling
    rate (the ratio estimator: W. G. Cochran, "Sampling Techniques", chapter 6). Such a chain ends
    at the anchor, so that neither a heavy key, in the sample or not, nor the luck of the draw
    spoils a prediction. Nor does a loop that just fits: what a sample has of the keys that overflow
    the anchors decides how much room its shadows have.

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
        # When the latest lookup was, and what that was when the points were last set.
        self._now = self._set_at = -math.inf
        self._points: tuple[Point, ...] = ()
        # The shadows by what they see, those that see most first; and those of each point.
        self._samples: list[Shadows] = []
        self._shadows: dict[Point, Shadows] = {}
        # Of each point that is sampled the largest of its TTL that is not.
        self._anchors: Mapping[Point, Point] = {}
        # How much room those that see a sample need, by the limit of its hashes.
        self._overflows: dict[int, Overflow] = {}
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
        """Return how many live entries a cache at `point` would hold after the latest lookup.

        Raises:
            KeyError: `point` is not simulated.
        """
        self._flush()
        alike = self._alike(point, self._now)
        return self._shadows[alike].held(alike, self._now)

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
            self._past = {point: ratios[nearest(point, self._points)] for point in points}
            self._sums.mark()
            self._set_at = self._now
        self._points = points
        order = _order(self._samples)
        plan = sampling(points, self._max_entries)
        self._samples, self._anchors = _samples(plan.rates), plan.anchors
        self._overflows = {
            sample.limit: Overflow(max(self._anchors.values()), sample)
            for sample in self._samples
            if sample.limit < HASH_SPAN
        }
        self._shadows = {point: sample for sample in self._samples for point in sample.points}
        if known and self._now > -math.inf:
            for sample in self._samples:
                sources = [nearest(point, known) for point in sample.points]
                contents = [known[point].contents(point) for point in sources]
                sample.adopt(order, contents, self._now)
        self._controls = controls([sample.points for sample in self._samples])
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
        missed: dict[Point, list[int]] = {}
        for sample in self._samples:
            seen = batch
            if overflow := self._overflows.get(sample.limit):
                overflow.observe(missed[overflow.anchor])
                sample.resize(overflow.rooms())
                seen = [each for each in batch if each[0] < sample.limit]
            missed |= zip(sample.points, sample.observe(seen), strict=True)
            for point in sample.points:
                own, *others = self._counted[point]
                sums[own] = len(missed[point])
                for name in others:
                    sums[name] = sum(key < name.limit for key in missed[point])
        self._sums.add(batch[0][1], sums)

    def _misses(self, point: Point, misses: Mapping[Point, float]) -> float:
        """Return the estimated misses of the whole cache at `point`.

        Args:
            misses: the same at the points that see more.
        """
        alike = self._alike(point, self._since())
        if alike != point:
            return misses[alike]
        shadow, control = self._shadows[point], self._controls.get(point)
        counted = self._sums.recent(_Misses(point, shadow.limit))
        if control is None:
            return counted
        seen = self._sums.recent(_Misses(control, shadow.limit))
        if seen < _FEWEST_MISSES:
            # What heavy keys do outside of the sample both points have in common.
            return max(0.0, misses[control] + (counted - seen) / shadow.rate)
        return counted * misses[control] / seen

    def _alike(self, point: Point, since: float) -> Point:
        """Return a point that has held the same as `point` since then: its anchor, or itself."""
        anchor = self._anchors.get(point, point)
        return anchor if self._shadows[anchor].lacks_until(anchor) <= since else point

    def _since(self) -> float:
        """Return when the part of the window began in which the points were as they are, or before.

        The oldest slice of the window is forgotten whole.
        """
        window = self._sums.window_seconds + self._sums.slice_seconds
        return max(self._set_at, self._now - window)


def _samples(rates: Mapping[Point, float]) -> list[Shadows]:
    """Return the shadows of all points, those of the highest rate first."""
    return [
        Shadows([point for point, its in rates.items() if its == rate], rate)
        for rate in sorted(set(rates.values()), reverse=True)
    ]


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
