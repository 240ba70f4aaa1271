"""What a cache counted within a sliding window, from the totals that it reports."""

from __future__ import annotations

from collections.abc import Callable

from ..stats import AGE_BOUNDS_SECONDS, AgeHistogram, Counts, EvictionReason, MissReason
from .sliding import SlidingSums

_WHOLE_NUMBERS = (
    "hits",
    "coalesced",
    "stale",
    "sets",
    "set_bytes",
    "expirations",
    "clears",
    "refresh_failures",
    "served_bytes",
)
_AGES = ("hit_ages", "eviction_ages")
_BUCKETS = range(len(AGE_BOUNDS_SECONDS) + 1)

# A count by its field and, where that holds several, which of them.
_Name = tuple[str, object]


class CountedWindow:
    """Turns totals since a cache's creation into those of the last `window_seconds`.

    Not thread-safe.
    """

    def __init__(self, window_seconds: float, slices: int) -> None:
        self._sums: SlidingSums[_Name] = SlidingSums(window_seconds, slices)
        self._last: dict[_Name, float] = {}

    def note(self, now: float, totals: Counts) -> None:
        """Note what the cache counted until `now`; where totals fell, it has begun anew."""
        flat = _flat(totals)
        fell = any(flat[name] < before for name, before in self._last.items())
        before = {} if fell else self._last
        changes = {name: total - before.get(name, 0) for name, total in flat.items()}
        self._sums.add(now, {name: change for name, change in changes.items() if change})
        self._last = flat

    def advance(self, now: float) -> bool:
        """Let the window end at `now`; return whether anything was forgotten."""
        return self._sums.forget_old(now)

    def mark(self) -> None:
        """Let `recent` begin anew."""
        self._sums.mark()

    def counts(self) -> Counts:
        """Return what was counted in the window."""
        return _counts(self._sums.total)

    def recent(self) -> Counts:
        """Return what was counted in the window since the last `mark`."""
        return _counts(self._sums.recent)


def _counts(total: Callable[[_Name], float]) -> Counts:
    hit_ages, eviction_ages = (
        AgeHistogram([int(total((name, index))) for index in _BUCKETS], total((name, "sum")))
        for name in _AGES
    )
    counts = Counts(
        misses={reason: int(total(("misses", reason))) for reason in MissReason},
        evictions={reason: int(total(("evictions", reason))) for reason in EvictionReason},
        hit_ages=hit_ages,
        eviction_ages=eviction_ages,
        saved_seconds=total(("saved_seconds", None)),
    )
    for name in _WHOLE_NUMBERS:
        setattr(counts, name, int(total((name, None))))
    return counts


def _flat(counts: Counts) -> dict[_Name, float]:
    flat: dict[_Name, float] = {(name, None): getattr(counts, name) for name in _WHOLE_NUMBERS}
    flat["saved_seconds", None] = counts.saved_seconds
    flat |= {("misses", reason): count for reason, count in counts.misses.items()}
    flat |= {("evictions", reason): count for reason, count in counts.evictions.items()}
    for name in _AGES:
        ages: AgeHistogram = getattr(counts, name)
        flat |= {(name, index): count for index, count in enumerate(ages.counts)}
        flat[name, "sum"] = ages.sum_seconds
    return flat
