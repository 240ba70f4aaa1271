"""Peaks: the most of each of several numbers within about a window."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Peaks(Generic[K]):
    """Keeps the highest of each number in this window and the one before; not thread-safe."""

    def __init__(self, window_seconds: float) -> None:
        self._window_seconds = window_seconds
        self._ends_at = -math.inf
        self._before: dict[K, int] = {}
        self._highest: dict[K, int] = {}

    def note(self, now: float, numbers: Mapping[K, int]) -> None:
        """Note what the numbers are `now`, in seconds, which does not go back."""
        if now >= self._ends_at:
            self._before, self._highest = self._highest, {}
            self._ends_at = now + self._window_seconds
        for name, number in numbers.items():
            self._highest[name] = max(number, self._highest.get(name, 0))

    def highest(self, name: K) -> int:
        """Return the highest of a number; 0 where it was not noted."""
        return max(self._highest.get(name, 0), self._before.get(name, 0))

    def clear(self) -> None:
        """Forget all."""
        self._before, self._highest = {}, {}
