"""Sums over a sliding window of time, made of slices."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class _Slice(NamedTuple, Generic[K]):
    era: int
    began_at: float
    sums: dict[K, float]


class SlidingSums(Generic[K]):
    """Named sums of what was added within the last `window_seconds`, to the precision of a slice.

    Totals are kept up to date, so that reading one costs no more than a dictionary.

    Args:
        window_seconds: its length; infinity: everything ever added.
        slices: into how many equal parts the window is cut; the oldest is forgotten whole.
    """

    def __init__(self, window_seconds: float, slices: int) -> None:
        self.window_seconds = window_seconds
        self.slice_seconds = window_seconds / slices
        self._slices: deque[_Slice[K]] = deque()
        self._era = 0
        # What the slices add up to, and those of this era.
        self._totals: dict[K, float] = {}
        self._recent: dict[K, float] = {}

    def add(self, now: float, amounts: Mapping[K, float]) -> None:
        """Add to the sums of the slice that `now` falls into."""
        self._begin(now)
        for sums in (self._slices[-1].sums, self._totals, self._recent):
            for name, amount in amounts.items():
                sums[name] = sums.get(name, 0) + amount

    def slice_ends_at(self, now: float) -> float:
        """Return until when what is added goes into the same slice as at `now`."""
        self._begin(now)
        return self._slices[-1].began_at + self.slice_seconds

    def total(self, name: K) -> float:
        """Return a sum of the window."""
        return self._totals.get(name, 0)

    def recent(self, name: K) -> float:
        """Return a sum of what was added in the window since the last `mark`."""
        return self._recent.get(name, 0)

    def mark(self) -> None:
        """Let `recent` begin anew."""
        self._era += 1
        self._recent = {}

    def forget_old(self, now: float) -> bool:
        """Forget slices that ended before the window that ends at `now`; return whether any did."""
        oldest = now - self.window_seconds
        slices = self._slices
        before = len(slices)
        while slices and slices[0].began_at + self.slice_seconds <= oldest:
            gone = slices.popleft()
            _subtract(self._totals, gone.sums)
            if gone.era == self._era:
                _subtract(self._recent, gone.sums)
        if not slices:  # and nothing is left of what rounding left
            self._totals.clear()
            self._recent.clear()
        return len(slices) < before

    def _begin(self, now: float) -> None:
        newest = self._slices[-1] if self._slices else None
        if newest is None or newest.era != self._era or now >= newest.began_at + self.slice_seconds:
            self._slices.append(_Slice(self._era, now, {}))
            self.forget_old(now)


def _subtract(totals: dict[K, float], amounts: Mapping[K, float]) -> None:
    for name, amount in amounts.items():
        left = totals.get(name, 0) - amount
        if left:
            totals[name] = left
        else:
            totals.pop(name, None)
