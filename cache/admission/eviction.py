"""Eviction: what a cache tells the policy that chooses what to drop, and plain LRU."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol


class Held(Protocol):
    """What a policy asks of an entry; see `cache.entry.Entry`."""

    @property
    def key(self) -> Hashable: ...
    @property
    def weight(self) -> int: ...
    @property
    def cost_seconds(self) -> float: ...
    @property
    def stored_at(self) -> float: ...
    @property
    def dead_at(self) -> float: ...
    @property
    def used_at(self) -> float: ...


class Eviction(Protocol):
    """Chooses which entry makes room. Its cache calls it under its own lock.

    Attributes:
        touch: a held key was asked for. It keeps the entries in order of use.
    """

    @property
    def touch(self) -> Callable[[Hashable], object]: ...

    def add(self, entry: Held) -> None:
        """Note that `entry` is held from now on, as the latest: its key was asked for in vain."""

    def discard(self, key: Hashable) -> None:
        """Note that `key` is not held any more."""

    def forget(self, key: Hashable) -> None:
        """Note that `key` is dropped for no reason of room or time: another policy had to, too."""

    def clear(self) -> None:
        """Note that nothing is held any more: another policy would hold nothing either."""

    def resize(self, capacity: int) -> None:
        """Note that at most `capacity` entries are held from now on."""

    def shrink(self, size_bytes: int) -> None:
        """Note that what is held had to shrink to `size_bytes`, a share of a common budget."""

    def victim(self) -> Hashable:
        """Return the held key that is to go next; there must be one."""


class LeastRecentlyUsed:
    """Drops what was used least recently; the order of the entries is all it needs."""

    def __init__(self, entries: OrderedDict[Hashable, Any]) -> None:
        self._entries = entries
        # The dictionary's own method: a hit pays for nothing else.
        self.touch = entries.move_to_end

    def add(self, entry: Held) -> None:
        """See `Eviction`; nothing to note."""

    def discard(self, key: Hashable) -> None:
        """See `Eviction`; nothing to note."""

    def forget(self, key: Hashable) -> None:
        """See `Eviction`; nothing to note."""

    def clear(self) -> None:
        """See `Eviction`; nothing to note."""

    def resize(self, capacity: int) -> None:
        """See `Eviction`; nothing to note."""

    def shrink(self, size_bytes: int) -> None:
        """See `Eviction`; nothing to note."""

    def victim(self) -> Hashable:
        """Return the key that was used least recently."""
        oldest: Hashable = next(iter(self._entries))
        return oldest
