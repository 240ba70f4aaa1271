"""Admission: the policies by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import Any

from .duel import Duel
from .eviction import Eviction, LeastRecentlyUsed


class Admission(StrEnum):
    """What a cache under pressure keeps."""

    ALL = "all"
    VALUE = "value"


def eviction_for(
    admission: Admission,
    entries: OrderedDict[Hashable, Any],
    capacity: int,
    clock: Callable[[], float],
) -> Eviction:
    """Return the policy of that name for a cache.

    Args:
        entries: what the cache holds; the policy keeps them in order of use.
        capacity: entries that it holds at most.
        clock: monotonic seconds, those of the entries.

    Raises:
        ValueError: there is no such policy.
    """
    match Admission(admission):
        case Admission.ALL:
            return LeastRecentlyUsed(entries)
        case Admission.VALUE:
            return Duel(entries, capacity, clock)
