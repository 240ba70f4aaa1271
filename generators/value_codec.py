"""Writes values that Python programs cache as bytes, and reads them back as they were; no pickle.

The bytes, big-endian, are:

    format version   1
    method           1: 0 as it is, 1 deflated (RFC 1950)
    length           8: of what follows, uncompressed
    outline bytes    4
    outline          JSON
    blobs            one after the other, in the order in which the outline has them

In the outline None, booleans, numbers and texts stand for themselves. All else is a list that
begins with a name, and of what is in a blob it tells how many bytes.
"""

from __future__ import annotations

import io
import json
import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from isal import isal_zlib
from PIL import Image, ImageMode

_VERSION = 1
_STORED, _DEFLATED = 0, 1
_PREFIX_BYTES = 10
_OUTLINE_LENGTH_BYTES = 4

# The quickest that deflates at all: it is done on the event loop.
_DEFLATE_LEVEL = 1
# Compressed that saves less is not worth the time of reading it.
_WORTHWHILE = 0.9

_PLAIN = (bool, int, float, str)
# What of a picture's `info` changes how it looks.
_KEPT_INFO = ("transparency", "icc_profile", "gamma")
_ARRAY_FORMAT = (2, 0)

DEFAULT_MAX_BYTES = 64 * 2**20


class ValueCodec:
    """Writes and reads back, each of its very type and value:

    None, bool, int, float, complex, str, bytes, bytearray; numpy arrays and scalars without Python
    objects in them, whose fields, if they have some, are named in Latin-1; Pillow pictures of any
    mode; lists, tuples and dicts with text keys of these.

    Of a picture these are its pixels, mode, palette, transparency, gamma and colour profile, not
    what else was in the file that it came from. What compresses well is compressed, quickly: both
    ways run on the event loop, so that values should have MB rather than hundreds of them.

    Args:
        max_bytes: uncompressed; what has more is neither written nor read.
    """

    def __init__(self, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._max_bytes = max_bytes

    def encode(self, value: object) -> bytes:
        """Return `value` as bytes.

        Raises:
            ValueError: it is too large, too deeply nested, or of a type that is not written, which
                those that derive from one that is are too.
        """
        blobs: list[bytes] = []
        try:
            outline = json.dumps(_outlined(value, blobs), separators=(",", ":")).encode()
        except RecursionError:
            raise ValueError("the value is nested too deeply, or holds itself") from None
        length = len(outline).to_bytes(_OUTLINE_LENGTH_BYTES)
        payload = b"".join((length, outline, *blobs))
        if len(payload) > self._max_bytes:
            raise ValueError(f"{len(payload)} bytes are more than {self._max_bytes}")
        method, stored = _STORED, payload
        deflated = isal_zlib.compress(payload, _DEFLATE_LEVEL)
        if len(deflated) < _WORTHWHILE * len(payload):
            method, stored = _DEFLATED, deflated
        return bytes((_VERSION, method)) + len(payload).to_bytes(8) + stored

    def decode(self, _asset_type: str, _key: str, body: bytes) -> Any:
        """Return the value that `body` holds.

        Raises:
            ValueError: it holds none, or one that is too large.
        """
        payload = self._payload(body)
        outline_end = _OUTLINE_LENGTH_BYTES + int.from_bytes(payload[:_OUTLINE_LENGTH_BYTES])
        blobs = _Blobs(payload, outline_end)
        try:
            value = _value(json.loads(payload[_OUTLINE_LENGTH_BYTES:outline_end]), blobs)
        except RecursionError:
            raise ValueError("the outline is nested too deeply") from None
        blobs.check_end()
        return value

    def is_current(self, _asset_type: str, _key: str, _body: bytes) -> bool:
        """Return True: nothing takes the place of a value but another under its key."""
        return True

    def _payload(self, body: bytes) -> bytes:
        length = int.from_bytes(body[2:_PREFIX_BYTES])
        if len(body) < _PREFIX_BYTES or body[0] != _VERSION or length > self._max_bytes:
            raise ValueError("it is no value of this format version, or too large")
        stored = body[_PREFIX_BYTES:]
        match body[1]:
            case 0:
                payload = stored
            case 1:
                payload = _inflated(stored, length)
            case method:
                raise ValueError(f"there is no method {method}")
        if len(payload) != length:
            raise ValueError(f"{len(payload)} bytes are there, {length} are announced")
        return payload


class _Blobs:
    """What stands behind the outline, taken piece by piece."""

    def __init__(self, payload: bytes, start: int) -> None:
        self._payload = payload
        self._at = start

    def take(self, size: int) -> bytes:
        end = self._at + size
        if not self._at <= end <= len(self._payload):
            raise ValueError(f"there are no {size} bytes left")
        blob, self._at = self._payload[self._at : end], end
        return blob

    def check_end(self) -> None:
        if self._at != len(self._payload):
            raise ValueError("more follows than the outline tells of")


def _inflated(stored: bytes, length: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        # A byte more than there may be: so the end is reached, or seen not to be.
        payload = stream.decompress(stored, length + 1)
    except zlib.error as error:
        raise ValueError(f"it does not inflate: {error}") from error
    if not stream.eof or stream.unused_data:
        raise ValueError("the deflated stream is cut off, or something follows it")
    return payload


# Writing


def _outlined(value: Any, blobs: list[bytes]) -> object:
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Image.Image):
        return _outlined_picture(value, blobs)
    if isinstance(value, np.generic):
        return ["scalar", _put(_saved(np.asarray(value)), blobs)]
    kind = type(value)
    if kind is np.ndarray:
        return ["array", _put(_saved(value), blobs)]
    if kind in (bytes, bytearray):
        return [kind.__name__, _put(bytes(value), blobs)]
    if kind in (list, tuple):
        return [kind.__name__, [_outlined(each, blobs) for each in value]]
    if kind is complex:
        return ["complex", value.real, value.imag]
    if kind is dict and all(type(key) is str for key in value):
        return ["dict", [[key, _outlined(each, blobs)] for key, each in value.items()]]
    raise ValueError(f"a value of type {kind.__qualname__} cannot be written: {value!r:.100}")


def _put(blob: bytes, blobs: list[bytes]) -> int:
    blobs.append(blob)
    return len(blob)


def _saved(array: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=_ARRAY_FORMAT, allow_pickle=False)
    return file.getvalue()


def _outlined_picture(picture: Image.Image, blobs: list[bytes]) -> object:
    picture.load()
    pixels = _put(picture.tobytes(), blobs)
    palette = None
    if picture.palette is not None:
        colours = bytes(picture.getpalette(None) or ())
        palette = [picture.palette.mode, _put(colours, blobs)]
    info = {name: picture.info[name] for name in _KEPT_INFO if name in picture.info}
    return ["picture", picture.mode, *picture.size, pixels, palette, _outlined(info, blobs)]


# Reading


def _value(node: object, blobs: _Blobs) -> Any:
    match node:
        case None | bool() | int() | float() | str():
            return node
        case [("bytes" | "bytearray" | "array" | "scalar") as kind, int(size)]:
            return _FROM_BLOB[kind](blobs.take(size))
        case ["complex", float(real), float(imaginary)]:
            return complex(real, imaginary)
        case ["list", list(nodes)]:
            return [_value(each, blobs) for each in nodes]
        case ["tuple", list(nodes)]:
            return tuple(_value(each, blobs) for each in nodes)
        case ["dict", list(nodes)]:
            return dict(_item(each, blobs) for each in nodes)
        case ["picture", str(mode), int(width), int(height), int(size), palette, info]:
            return _picture(mode, (width, height), blobs.take(size), palette, info, blobs)
    raise ValueError(f"an outline has no {node!r:.100}")


def _item(node: object, blobs: _Blobs) -> tuple[str, Any]:
    match node:
        case [str(key), each]:
            return key, _value(each, blobs)
    raise ValueError(f"a dict has no {node!r:.100}")


def _array(blob: bytes) -> np.ndarray[Any, Any]:
    file = io.BytesIO(blob)
    if np.lib.format.read_magic(file) != _ARRAY_FORMAT:
        raise ValueError("the array is of another format version")
    shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    # Before room is made for what the header announces.
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(blob) - file.tell():
        raise ValueError(f"an array of {shape} is not there")
    file.seek(0)
    array: np.ndarray[Any, Any] = np.load(file, allow_pickle=False)
    return array


def _scalar(blob: bytes) -> Any:
    return _array(blob)[()]


_FROM_BLOB: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "array": _array,
    "scalar": _scalar,
}


def _picture(
    mode: str,
    size: tuple[int, int],
    pixels: bytes,
    palette: object,
    info: object,
    blobs: _Blobs,
) -> Image.Image:
    # Before room is made for what the outline announces.
    if min(size) < 0 or len(pixels) != _pixel_bytes(mode, size):
        raise ValueError(f"a picture of {mode} and {size} is not there")
    picture = Image.frombytes(mode, size, pixels)
    match palette:
        case None:
            pass
        case [("RGB" | "RGBA") as palette_mode, int(length)]:
            picture.putpalette(blobs.take(length), palette_mode)
        case _:
            raise ValueError(f"a picture has no palette {palette!r:.100}")
    match _value(info, blobs):
        case dict() as kept:
            picture.info.update(kept)
        case other:
            raise ValueError(f"a picture has no info {other!r:.100}")
    return picture


def _pixel_bytes(mode: str, size: tuple[int, int]) -> int:
    width, height = size
    try:
        layout = ImageMode.getmode(mode)
    except KeyError:
        raise ValueError(f"there is no mode {mode!r:.20}") from None
    if mode == "1":
        return (width + 7) // 8 * height
    return width * height * len(layout.bands) * int(layout.typestr[-1])
