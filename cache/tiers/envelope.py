"""Envelope: one value as a tier keeps it, with all that tells whether it is what was asked for.

As bytes, big-endian, it is:

    magic            8 bytes, never valid text
    format version   2
    type, key        1 + 1: their lengths in bytes
    created, expires 8 + 8: IEEE 754 doubles, seconds since the epoch
    cost             8: seconds
    body             8: its length in bytes
    SHA-256          32: of the header without these 32 bytes, then the body
    type, key        UTF-8
    body

All before the body is the header. It can be read alone: see `unpack_header`.
"""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass

_MAGIC = b"\x89NBE\r\n\x1a\n"
_VERSION = 1
_FIELDS = struct.Struct(">8sHBBdddQ")
_DIGEST_BYTES = hashlib.sha256().digest_size
_FIXED_BYTES = _FIELDS.size + _DIGEST_BYTES
_MAX_NAME_BYTES = 255

# No header is longer than this.
MAX_HEADER_BYTES = _FIXED_BYTES + 2 * _MAX_NAME_BYTES


class CorruptEnvelope(Exception):
    """What a tier held is not the envelope that it should be; the message tells what differs."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A stored value; times are seconds since the epoch, since processes share no other clock.

    Attributes:
        asset_type: 1 to 255 bytes of UTF-8, as is `key`.
        expires_at: not before `created_at`; infinity: never.
        cost_seconds: what building it took.
        body: the value as its codec wrote it.

    Raises:
        ValueError: a name, time or cost that makes no sense.
    """

    asset_type: str
    key: str
    created_at: float
    expires_at: float
    cost_seconds: float
    body: bytes

    def __post_init__(self) -> None:
        for field, name in (("asset_type", self.asset_type), ("key", self.key)):
            if not 1 <= len(name.encode()) <= _MAX_NAME_BYTES:
                raise ValueError(f"{field} must be 1 to {_MAX_NAME_BYTES} bytes, not {name!r:.300}")
        _check_times(self.created_at, self.expires_at, self.cost_seconds)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the body; plausible, but proven only by `unpack`.

    Attributes:
        size_bytes: of the header itself.
        body_bytes: how long the body should be.
    """

    asset_type: str
    key: str
    created_at: float
    expires_at: float
    cost_seconds: float
    digest: bytes
    size_bytes: int
    body_bytes: int


def pack_header(envelope: Envelope) -> bytes:
    """Return the bytes that go before the body."""
    asset_type, key = envelope.asset_type.encode(), envelope.key.encode()
    fields = _FIELDS.pack(
        _MAGIC,
        _VERSION,
        len(asset_type),
        len(key),
        envelope.created_at,
        envelope.expires_at,
        envelope.cost_seconds,
        len(envelope.body),
    )
    names = asset_type + key
    return fields + _digest(fields, names, envelope.body) + names


def pack(envelope: Envelope) -> bytes:
    """Return `envelope` as bytes."""
    return pack_header(envelope) + envelope.body


def unpack_header(data: bytes) -> Header:
    """Return the header that `data` begins with; whatever follows it is not looked at.

    Raises:
        CorruptEnvelope: there is none, or one of its fields makes no sense.
    """
    if len(data) < _FIXED_BYTES:
        raise CorruptEnvelope(f"{len(data)} bytes are too few for a header")
    magic, version, type_bytes, key_bytes, created_at, expires_at, cost_seconds, body_bytes = (
        _FIELDS.unpack_from(data)
    )
    if magic != _MAGIC:
        raise CorruptEnvelope("the magic is not that of an envelope")
    if version != _VERSION:
        raise CorruptEnvelope(f"format version {version} is not {_VERSION}")
    key_start = _FIXED_BYTES + type_bytes
    size_bytes = key_start + key_bytes
    if not type_bytes or not key_bytes or len(data) < size_bytes:
        raise CorruptEnvelope("its names are empty or cut off")
    try:
        asset_type, key = data[_FIXED_BYTES:key_start].decode(), data[key_start:size_bytes].decode()
        _check_times(created_at, expires_at, cost_seconds)
    except ValueError as error:
        raise CorruptEnvelope(f"its header makes no sense: {error}") from error
    digest = data[_FIELDS.size : _FIXED_BYTES]
    return Header(
        asset_type, key, created_at, expires_at, cost_seconds, digest, size_bytes, body_bytes
    )


def unpack(data: bytes, asset_type: str, key: str) -> Envelope:
    """Return the envelope that `data` is, every field checked.

    Raises:
        CorruptEnvelope: it is damaged, cut, continued, or of another type or key.
    """
    header = unpack_header(data)
    if (header.asset_type, header.key) != (asset_type, key):
        raise CorruptEnvelope("it is of another type or key")
    if len(data) - header.size_bytes != header.body_bytes:
        raise CorruptEnvelope(
            f"{header.body_bytes} bytes of body are announced, "
            f"{len(data) - header.size_bytes} are there"
        )
    names = data[_FIXED_BYTES : header.size_bytes]
    body = data[header.size_bytes :]
    if _digest(data[: _FIELDS.size], names, body) != header.digest:
        raise CorruptEnvelope("its SHA-256 does not match")
    return Envelope(
        asset_type, key, header.created_at, header.expires_at, header.cost_seconds, body
    )


def _digest(fields: bytes, names: bytes, body: bytes) -> bytes:
    digest = hashlib.sha256(fields)
    digest.update(names)
    digest.update(body)
    return digest.digest()


def _check_times(created_at: float, expires_at: float, cost_seconds: float) -> None:
    if not math.isfinite(created_at):
        raise ValueError(f"created_at must be seconds since the epoch, not {created_at!r}")
    if not expires_at >= created_at:
        raise ValueError(f"expires_at must not be before {created_at!r}, as {expires_at!r} is")
    if not (math.isfinite(cost_seconds) and cost_seconds >= 0):
        raise ValueError(f"cost_seconds must be 0 or more, not {cost_seconds!r}")
