"""Give a picture another width, without fringes at its transparent edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .generator import GradientMap, Picture

MIN_WIDTH, MAX_WIDTH = 16, 2048

_FILTER = Image.Resampling.LANCZOS

# Out of 255. Shrinking the field instead of its colours takes a quarter to a half of the bytes. The
# price is what the table bends: at 96 to 400 px a mean error of 0.4 to 0.6 levels on a parchment
# (it bends by 35), of 1 to 2.3 on a sigil (90), where thin lines shine a little brighter. A table
# that leads through foreign colours, as a rainbow does, bends by 200.
_MAX_BEND = 112
_MAX_STEP = 8


def scaled_size(native_width: int, native_height: int, width: int | None) -> tuple[int, int]:
    """Return (width, height) in pixels of a native size brought to `width`, or left as it is.

    Raises:
        ValueError: `width` is not from 16 to 2048.
    """
    if width is None:
        return native_width, native_height
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise ValueError(f"a width is from {MIN_WIDTH} to {MAX_WIDTH} pixels, not {width}")
    return width, max(1, (2 * native_height * width + native_width) // (2 * native_width))


def scale(picture: Picture, size: tuple[int, int]) -> Picture:
    """Return `picture` at `size` (width, height).

    Colours are averaged with their alpha (premultiplied), so that the invisible colour of a
    transparent pixel never shows. A gradient map stays one where scaling its field shows what
    scaling its colours would.
    """
    if isinstance(picture, Image.Image):
        return _scaled_image(picture, size)
    height, width = picture.field.shape
    if (width, height) == size:
        return picture
    keeps_field = _bends_little if size[0] < width else _has_no_jumps
    if keeps_field(_premultiplied(picture.table)):
        field = Image.fromarray(picture.field).resize(size, _FILTER)
        return GradientMap(np.asarray(field), picture.table)
    return _scaled_image(picture.image(), size)


def _scaled_image(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Pillow itself premultiplies RGBA around a resize.
    return image if image.size == size else image.resize(size, _FILTER)


def _premultiplied(table: NDArray[np.uint8]) -> NDArray[np.float32]:
    colours = table.astype(np.float32)
    if colours.shape[1] == 4:
        colours[:, :3] *= colours[:, 3:] / 255
    return colours


def _bends_little(colours: NDArray[np.float32]) -> bool:
    """Whether the field can be shrunk, which averages levels that lie far apart."""
    along = np.linspace(0, 1, len(colours), dtype=np.float32)[:, np.newaxis]
    straight = colours[0] + (colours[-1] - colours[0]) * along
    return float(np.abs(colours - straight).max()) <= _MAX_BEND


def _has_no_jumps(colours: NDArray[np.float32]) -> bool:
    """Whether the field can be enlarged, which only fills in between neighbouring levels."""
    return float(np.abs(np.diff(colours, axis=0)).max()) <= _MAX_STEP
