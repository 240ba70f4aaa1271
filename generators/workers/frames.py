"""How the server and its workers talk: frames of a few facts, as JSON, and a body of bytes.

A frame is the sizes of both (two unsigned 32-bit integers, big-endian), the facts, the body.
Nothing that a worker sends is unpickled: a drawing library gone wrong cannot run code here.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

Facts = Mapping[str, Any]

_SIZES = struct.Struct("!II")


def head(facts: Facts, body: bytes) -> bytes:
    """Return all of a frame but its body, which the caller sends next."""
    text = json.dumps(facts).encode()
    return _SIZES.pack(len(text), len(body)) + text


async def receive(reader: asyncio.StreamReader) -> tuple[Facts, bytes]:
    """Return the next frame.

    Raises:
        EOFError: the other side is gone.
        OSError: the connection broke.
    """
    facts_size, body_size = _SIZES.unpack(await reader.readexactly(_SIZES.size))
    facts = json.loads(await reader.readexactly(facts_size))
    return facts, await reader.readexactly(body_size)


def read(stream: BinaryIO) -> tuple[Facts, bytes]:
    """Return the next frame, waiting for it.

    Raises:
        EOFError: the other side is gone.
    """
    facts_size, body_size = _SIZES.unpack(_read_exactly(stream, _SIZES.size))
    return json.loads(_read_exactly(stream, facts_size)), _read_exactly(stream, body_size)


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    part = stream.read(size)
    if len(part) < size:
        raise EOFError
    return part
