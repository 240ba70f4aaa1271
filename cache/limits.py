"""What sizes, TTLs and windows make sense, told in one place."""

from __future__ import annotations

import math


def checked_size(max_size: int) -> int:
    """Return a number of entries, 0 or more.

    Raises:
        ValueError: it is not such a number.
    """
    if isinstance(max_size, bool) or not isinstance(max_size, int) or max_size < 0:
        raise ValueError(f"max_size must be a whole number of entries, 0 or more, not {max_size!r}")
    return max_size


def checked_default_ttl(ttl: float | None) -> float | None:
    """Return a default TTL: more than 0 seconds, or None for ever, as infinity is.

    Raises:
        ValueError: it is neither.
    """
    if ttl is not None and not ttl > 0:
        raise ValueError(f"a default TTL must be more than 0 seconds or None, not {ttl!r}")
    return None if ttl == math.inf else ttl


def checked_ttl(ttl: float) -> float:
    """Return the TTL of one entry: 0 seconds or more.

    Raises:
        ValueError: it is negative or not a number.
    """
    if not ttl >= 0:
        raise ValueError(f"ttl must be 0 or more seconds, not {ttl!r}")
    return ttl


def checked_stale_window(stale_seconds: float) -> float:
    """Return a stale window: 0 seconds or more.

    Raises:
        ValueError: it is negative or not a number.
    """
    if not stale_seconds >= 0:
        raise ValueError(f"stale_seconds must be 0 or more, not {stale_seconds!r}")
    return stale_seconds


def checked_budget(max_bytes: int) -> int:
    """Return a memory budget: 0 bytes or more.

    Raises:
        ValueError: it is negative or no whole number.
    """
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 0:
        raise ValueError(f"max_bytes must be a whole number of bytes, 0 or more, not {max_bytes!r}")
    return max_bytes
