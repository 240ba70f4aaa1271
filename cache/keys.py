"""The canonical key of (asset type, arguments, keyword arguments): a SHA-256, alike everywhere.

Every value is written as a tag, a length and its bytes, so that no two argument lists share an
encoding: `("ab", "c")` and `("a", "bc")`, `1`, `1.0`, `True` and `"1"` all differ. Nothing depends
on `hash()`, `id()` or `repr()` of an object, hence a key is the same in every process.

An instance of a subclass is encoded as what it is a kind of: a named tuple as a tuple, a member
of an `IntEnum` as its number. Other enums and dataclasses carry the full name of their class.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import hashlib
import pathlib
import uuid
from collections.abc import Callable, Iterable, Mapping

from .errors import UnkeyableArgument


def make_key(asset_type: str, /, *args: object, **kwargs: object) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical encoding of a call.

    Arguments may be None, numbers, text, bytes, enums, dates, UUIDs, paths, dataclasses, and
    tuples, lists, sets and mappings of those. The order of keyword arguments, of sets and of
    mappings does not matter.

    Raises:
        UnkeyableArgument: an argument is of another type, or contains itself.
    """
    try:
        encoded = b"".join((_text(asset_type), _encode(args), _encode(kwargs)))
    except RecursionError:
        raise UnkeyableArgument(
            f"an argument of {asset_type!r} contains itself or is nested too deeply for a key"
        ) from None
    return hashlib.sha256(encoded).hexdigest()


def _framed(tag: bytes, body: bytes) -> bytes:
    return b"%s%d:%s" % (tag, len(body), body)


def _sequence(tag: bytes, items: Iterable[bytes]) -> bytes:
    return _framed(tag, b"".join(items))


def _text(value: str) -> bytes:
    # surrogatepass: a lone surrogate is a legal str and must not fail here.
    return _framed(b"s", value.encode("utf-8", "surrogatepass"))


@functools.singledispatch
def _encode(value: object) -> bytes:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (
            _text(field.name) + _encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
        )
        return _named(b"D", value, b"".join(fields))
    raise UnkeyableArgument(
        f"{_full_name(value)} cannot be part of a cache key: pass None, numbers, text, "
        "bytes, enums, dates, UUIDs, paths, dataclasses, or collections of those"
    )


def _full_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _named(tag: bytes, value: object, body: bytes) -> bytes:
    return _framed(tag, _text(_full_name(value)) + body)


@_encode.register
def _none(_value: None) -> bytes:
    return b"n"


@_encode.register
def _bool(value: bool) -> bytes:
    return b"t" if value else b"f"


@_encode.register
def _int(value: int) -> bytes:
    return _framed(b"i", b"%x" % value)


@_encode.register
def _float(value: float) -> bytes:
    return _framed(b"d", value.hex().encode())


@_encode.register
def _complex(value: complex) -> bytes:
    return _sequence(b"c", (_float(value.real), _float(value.imag)))


_encode.register(str)(_text)


@_encode.register(bytes)
@_encode.register(bytearray)
@_encode.register(memoryview)
def _bytes(value: bytes | bytearray | memoryview) -> bytes:
    return _framed(b"b", bytes(value))


@_encode.register
def _tuple(value: tuple) -> bytes:  # type: ignore[type-arg]  # singledispatch takes no tuple[...]
    return _sequence(b"T", map(_encode, value))


@_encode.register
def _list(value: list) -> bytes:  # type: ignore[type-arg]  # singledispatch takes no list[...]
    return _sequence(b"L", map(_encode, value))


@_encode.register(set)
@_encode.register(frozenset)
def _set(value: Iterable[object]) -> bytes:
    return _sequence(b"S", sorted(map(_encode, value)))


@_encode.register(Mapping)
def _mapping(value: Mapping[object, object]) -> bytes:
    return _sequence(b"M", sorted(_encode(key) + _encode(item) for key, item in value.items()))


@_encode.register
def _enum(value: enum.Enum) -> bytes:
    return _named(b"E", value, _text(value.name))


@_encode.register
def _flag(value: enum.Flag) -> bytes:
    # A combination need not have a name.
    return _named(b"E", value, _encode(value.value))


def _printed(tag: bytes) -> Callable[[object], bytes]:
    # For types whose text says everything of them; a path may hold lone surrogates.
    return lambda value: _framed(tag, str(value).encode("utf-8", "surrogatepass"))


_encode.register(decimal.Decimal)(_printed(b"N"))
_encode.register(uuid.UUID)(_printed(b"U"))
_encode.register(pathlib.PurePath)(_printed(b"P"))
_encode.register(datetime.timedelta)(_printed(b"l"))
_encode.register(datetime.date)(_printed(b"y"))


def _moment(tag: bytes) -> Callable[[datetime.datetime | datetime.time], bytes]:
    def encode(value: datetime.datetime | datetime.time) -> bytes:
        if value.tzinfo is not None and value.utcoffset() is None:
            raise UnkeyableArgument(f"{value} has a time zone but no offset: pass it with one")
        return _framed(tag, value.isoformat().encode())

    return encode


_encode.register(datetime.datetime)(_moment(b"w"))
_encode.register(datetime.time)(_moment(b"h"))
