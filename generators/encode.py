"""Turn a picture into the bytes of a file: PNG exactly, WebP, AVIF and JPEG as a viewer sees it.

Every encoder runs on one thread with fixed settings, so the same picture gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from io import BytesIO

import numpy as np
from PIL import Image

from .errors import UnsupportedFormat
from .generator import GradientMap, Mode, Picture
from .png import indexed_png, true_colour_png
from .scaling import scale, scaled_size


class Format(StrEnum):
    """A file format that pictures are served in."""

    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    JPEG = "jpeg"

    @property
    def media_type(self) -> str:
        """The media type, as registered with IANA."""
        return f"image/{self.value}"

    def holds(self, mode: Mode) -> bool:
        """Whether pictures of `mode` can be written in this format: JPEG has no transparency."""
        return self is not Format.JPEG or mode == "RGB"


# Measured (docs of the encoders: libwebp `method`, libavif `speed`): one step slower costs
# 1.2-3 × the time for 1-15 % of the bytes. At these, ink keeps its grain and its edges.
_SETTINGS: Mapping[Format, Mapping[str, int]] = {
    Format.WEBP: {"quality": 80, "alpha_quality": 70, "method": 0},
    Format.AVIF: {"quality": 65, "speed": 10, "max_threads": 1},
    Format.JPEG: {"quality": 88},
}


def encode(picture: Picture, file_format: Format, width: int | None) -> bytes:
    """Return `picture` as a file, scaled to `width` pixels (its own width if None).

    PNG holds exactly the pixels of `picture.image()`, scaled or not; the others are lossy.

    Raises:
        UnsupportedFormat: `file_format` cannot hold the transparency of an RGBA picture.
        ValueError: `width` is out of range, or a Pillow picture is neither RGB nor RGBA.
    """
    mode = mode_of(picture)
    if not file_format.holds(mode):
        raise UnsupportedFormat(file_format, mode)
    scaled = scale(picture, scaled_size(*size_of(picture), width))
    return _png(scaled) if file_format is Format.PNG else _lossy(scaled, file_format)


def mode_of(picture: Picture) -> Mode:
    """Return the mode of `picture`, checked.

    Raises:
        ValueError: it is neither RGB nor RGBA.
    """
    if picture.mode == "RGB":
        return "RGB"
    if picture.mode == "RGBA":
        return "RGBA"
    raise ValueError(f"a picture is RGB or RGBA, not {picture.mode}")


def size_of(picture: Picture) -> tuple[int, int]:
    """Return (width, height) of `picture` in pixels."""
    if isinstance(picture, Image.Image):
        return picture.size
    height, width = picture.field.shape
    return width, height


def _png(picture: Picture) -> bytes:
    if isinstance(picture, GradientMap):
        return indexed_png(picture.field, picture.table)
    return true_colour_png(np.asarray(picture))


def _lossy(picture: Picture, file_format: Format) -> bytes:
    image = picture.image() if isinstance(picture, GradientMap) else picture
    file = BytesIO()
    image.save(file, file_format.value, **_SETTINGS[file_format])
    return file.getvalue()
