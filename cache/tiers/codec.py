"""What turns the values of a cache into the bytes that tiers keep."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

V = TypeVar("V")


class Superseded(Exception):
    """What a tier held is sound, but something newer has taken its place."""


class Foreign(Exception):
    """A value is of no kind that goes into tiers: the memory alone holds it."""


class Codec(Protocol[V]):
    """Writes values as bytes and reads them back; both quickly, on the event loop."""

    def encode(self, value: V) -> bytes:
        """Return `value` as bytes.

        Raises:
            ValueError: it cannot be written.
            Foreign: it is not to be.
        """
        ...

    def decode(self, asset_type: str, key: str, body: bytes) -> V:
        """Return the value that `body` holds.

        Raises:
            ValueError: it holds none, or not that of `key`.
            Superseded: it is not to be used any more.
        """
        ...

    def is_current(self, asset_type: str, key: str, body: bytes) -> bool:
        """Return whether `body`, if it is sound, may still be used; changes nothing.

        Raises:
            ValueError: it is seen not to hold the value of `key`.
        """
        ...


class NoCodec:
    """The codec where there is no tier; nobody asks it."""

    def encode(self, value: object) -> bytes:
        raise ValueError("there is no tier to write to")

    def decode(self, asset_type: str, key: str, body: bytes) -> Any:
        raise ValueError("there is no tier to read from")

    def is_current(self, asset_type: str, key: str, body: bytes) -> bool:
        raise ValueError("there is no tier to read from")
