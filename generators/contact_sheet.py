"""Contact sheets: rows of pictures with captions, each type on the ground it is meant for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .ink import BONE, VOID

_MARGIN = 24
_GAP = 10
_TITLE_SIZE, _CAPTION_SIZE, _NUMBER_SIZE = 20, 13, 10
_TITLE_HEIGHT, _CAPTION_HEIGHT, _NUMBER_HEIGHT = 34, 22, 18
_LETTERING = {BONE: "#4a3c2e", VOID: "#86735a"}  # tones of old paper that read on the ground
_MIDDLE_GREY = 128


@dataclass(frozen=True, slots=True)
class Row:
    """Pictures that differ in their seed only.

    Attributes:
        caption: what they have in common, one line.
        pictures: RGB or RGBA, all of the same size.
    """

    caption: str
    pictures: Sequence[Image.Image]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one asset type, which lie on one ground; at least one row."""

    title: str
    rows: Sequence[Row]


def contact_sheet(sections: Sequence[Section], seeds: Sequence[int]) -> Image.Image:
    """Return all sections, one under the other, as an RGB image.

    Args:
        sections: every row has one picture for each of `seeds`, in their order.
        seeds: are written below the pictures.

    Letters that Pillow's embedded font (basic Latin) has not are shown as boxes.
    """
    strips = [_strip(section, seeds) for section in sections]
    width = max(strip.width for strip in strips)
    sheet = Image.new("RGB", (width, sum(strip.height for strip in strips)), VOID)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet


def ground_of(picture: Image.Image) -> str:
    """Return the ground a picture is meant for: light ink glows on the void, dark lies on bone.

    An opaque picture brings its own ground, and is framed by the void.
    """
    if picture.mode == "RGB":
        return VOID
    light = np.asarray(picture.convert("RGB").convert("L"), np.float64)
    alpha = np.asarray(picture.getchannel("A"), np.float64)
    return VOID if np.sum(light * alpha) > _MIDDLE_GREY * np.sum(alpha) else BONE


def on_ground(picture: Image.Image, ground: str) -> Image.Image:
    """Return `picture` as it looks on a `ground` of one colour `#rrggbb`: RGB, the same size."""
    below = Image.new("RGBA", picture.size, ground)
    below.alpha_composite(picture.convert("RGBA"))
    return below.convert("RGB")


def _strip(section: Section, seeds: Sequence[int]) -> Image.Image:
    # Of all its pictures, for one pale setting among others does not turn the ground.
    grounds = [ground_of(picture) for row in section.rows for picture in row.pictures]
    ground = max(_LETTERING, key=grounds.count)
    lettering = _LETTERING[ground]
    tile_width, tile_height = section.rows[0].pictures[0].size
    row_height = _CAPTION_HEIGHT + tile_height + _NUMBER_HEIGHT + _GAP
    width = 2 * _MARGIN + len(seeds) * (tile_width + _GAP) - _GAP
    height = 2 * _GAP + _TITLE_HEIGHT + len(section.rows) * row_height
    strip = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(strip)

    def write(text: str, left: int, top: int, size: int) -> None:
        pen.text((left, top), text, fill=lettering, font=ImageFont.load_default(size))

    write(section.title, _MARGIN, _GAP, _TITLE_SIZE)
    top = _GAP + _TITLE_HEIGHT
    for row in section.rows:
        write(row.caption, _MARGIN, top, _CAPTION_SIZE)
        for column, (seed, picture) in enumerate(zip(seeds, row.pictures, strict=True)):
            left = _MARGIN + column * (tile_width + _GAP)
            strip.paste(on_ground(picture, ground), (left, top + _CAPTION_HEIGHT))
            write(str(seed), left, top + _CAPTION_HEIGHT + tile_height + 3, _NUMBER_SIZE)
        top += row_height
    return strip
