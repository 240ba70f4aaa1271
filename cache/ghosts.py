"""A bounded memory of dropped keys and why they were dropped, so that a miss has a reason."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from .stats import MissReason


class Ghosts:
    """Remembers the latest `capacity` dropped keys; a key it has forgotten counts as cold.

    Not thread-safe: its owner calls it under its own lock.
    """

    __slots__ = ("_capacity", "_reasons")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._reasons: OrderedDict[Hashable, MissReason] = OrderedDict()

    def __len__(self) -> int:
        return len(self._reasons)

    def remember(self, key: Hashable, reason: MissReason) -> None:
        """Note that `key` was dropped for `reason`; the oldest note goes when there is no room."""
        self._reasons.pop(key, None)
        self._reasons[key] = reason
        while len(self._reasons) > self._capacity:
            self._reasons.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """Drop the note on `key`: it is held again."""
        self._reasons.pop(key, None)

    def reason(self, key: Hashable) -> MissReason:
        """Return why `key` is not held; COLD where nothing is known of it."""
        return self._reasons.get(key, MissReason.COLD)

    def resize(self, capacity: int) -> None:
        """Remember at most `capacity` keys from now on."""
        self._capacity = capacity
        while len(self._reasons) > capacity:
            self._reasons.popitem(last=False)
