"""The estimated memory of a cached value, in bytes: what it holds, not its object header."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Callable
from itertools import islice
from typing import Any

Weigher = Callable[[object], int]

# A walk through a foreign object graph stops here: a weigher must stay cheap.
_MAX_REFERENCES = 10_000

# What values refer to, but do not own.
_SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)


def estimate_bytes(value: object) -> int:
    """Return the estimated bytes that `value` keeps in memory; never raises.

    Bytes-like values weigh their length, values with an `nbytes` attribute just that, pictures
    (as Pillow has them: `size`, `getbands()`) width × height × bands. Anything else is walked by
    what it refers to: items, keys and attributes, by at most 10,000 references, each object once.
    """
    total = 0
    seen: set[int] = set()
    pending = [value]
    for _ in range(_MAX_REFERENCES):
        if not pending:
            break
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        known = _known_bytes(item)
        if known is None:
            known = _own_bytes(item)
            pending.extend(islice(gc.get_referents(item), _MAX_REFERENCES - len(pending)))
        total += known
    return total


def estimate_raw_bytes(value: Any, weight: int) -> int:
    """Return what `value`, which weighs `weight`, would weigh uncompressed; never raises.

    That is its attribute `raw_bytes`, if it has such a number, else its weight.
    """
    try:
        raw_bytes = getattr(value, "raw_bytes", None)
    except Exception:  # foreign code
        return weight
    return raw_bytes if isinstance(raw_bytes, int) else weight


def _known_bytes(value: Any) -> int | None:
    try:
        if isinstance(value, bytes | bytearray):
            return len(value)
        if isinstance(value, _SHARED):
            return 0
        nbytes = getattr(value, "nbytes", None)
        if isinstance(nbytes, int):
            return max(nbytes, 0)
        if hasattr(value, "getbands"):
            width, height = value.size
            return int(width * height * len(value.getbands()))
    except Exception:
        # Attributes of a foreign object may run any code and raise anything. It is walked then,
        # which runs none of it.
        return None
    return None


def _own_bytes(value: object) -> int:
    try:
        return sys.getsizeof(value)
    except Exception:  # foreign code again
        return object.__sizeof__(value)
