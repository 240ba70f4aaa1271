"""The estimated memory of a cached value, in bytes: what it holds, not its object header."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, runtime_checkable

Weigher = Callable[[object], int]

# A walk through a foreign object graph stops here: a weigher must stay cheap.
_MAX_OBJECTS = 10_000


@runtime_checkable
class _Sized(Protocol):
    """Knows the bytes it holds: a memoryview, a numpy array, or any value that offers it."""

    @property
    def nbytes(self) -> int: ...


@runtime_checkable
class _Raster(Protocol):
    """A picture as Pillow has it."""

    @property
    def size(self) -> tuple[int, int]: ...

    def getbands(self) -> tuple[str, ...]: ...


def estimate_bytes(value: object) -> int:
    """Return the estimated bytes that `value` keeps in memory.

    Bytes-like values weigh their length, pictures width × height × bands, values with an
    `nbytes` attribute just that. Anything else is walked: collections, mappings and attributes,
    each shared object once, at most 10,000 objects.
    """
    total = 0
    seen: set[int] = set()
    pending = [value]
    while pending and len(seen) < _MAX_OBJECTS:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        known = _known_bytes(item)
        if known is None:
            total += sys.getsizeof(item)
            pending.extend(_parts(item))
        else:
            total += known
    return total


def _known_bytes(value: object) -> int | None:
    if isinstance(value, bytes | bytearray):
        return len(value)
    if isinstance(value, type):
        return 0
    if isinstance(value, _Sized):
        return int(value.nbytes)
    if isinstance(value, _Raster):
        width, height = value.size
        return width * height * len(value.getbands())
    return None


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif hasattr(value, "__dict__"):
        yield from vars(value).values()
    for kind in type(value).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield getattr(value, name)
