"""A contact sheet shows every picture once, in order, on the ground it is meant for."""

import numpy as np
import pytest
from PIL import Image

from generators.contact_sheet import Row, Section, contact_sheet, ground_of, on_ground
from generators.ink import BONE, VOID, rgb

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def solid(color, size=(40, 30)):
    return Image.new("RGB", size, color)


def ink(color, alpha=255):
    return Image.new("RGBA", (40, 30), (*rgb(color), alpha))


def box(sheet, color):
    """The (left, top, right, bottom) of what has exactly this colour."""
    rows, columns = np.nonzero((np.asarray(sheet) == color).all(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_columns_are_seeds_and_rows_are_settings():
    rows = [Row("low", [solid(RED), solid(GREEN)]), Row("high", [solid(BLUE), solid((9, 9, 99))])]
    sheet = contact_sheet([Section("squares", rows)], [7, 8])
    red, green, blue = (box(sheet, color) for color in (RED, GREEN, BLUE))
    for left, top, right, bottom in (red, green, blue):
        assert (right - left, bottom - top) == (40, 30)
    assert red[1] == green[1]
    assert red[2] < green[0]
    assert red[0] == blue[0]
    assert red[3] < blue[1]


def test_sections_of_different_sizes_are_stacked():
    small = Section("small", [Row("default", [solid(RED, (16, 16))])])
    large = Section("large", [Row("default", [solid(GREEN, (90, 120))])])
    sheet = contact_sheet([small, large], [1])
    assert box(sheet, RED)[3] < box(sheet, GREEN)[1]
    left, top, right, bottom = box(sheet, GREEN)
    assert (right - left, bottom - top) == (90, 120)
    assert right < sheet.width
    assert bottom < sheet.height


def test_titles_captions_and_seeds_are_written():
    def written(title, caption, seed):
        return contact_sheet([Section(title, [Row(caption, [solid(RED)])])], [seed]).tobytes()

    sheets = [
        written(*text) for text in (("a", "b", 1), ("A", "b", 1), ("a", "B", 1), ("a", "b", 2))
    ]
    assert len(set(sheets)) == len(sheets)


@pytest.mark.parametrize(
    ("picture", "ground"),
    [
        (ink("#0a0a0a"), BONE),
        (ink("#983024"), BONE),
        (ink("#d4c5b0"), VOID),
        (ink("#ffffff", alpha=3), VOID),
        (ink("#0a0a0a", alpha=0), BONE),
        (solid((212, 197, 176)), VOID),
    ],
)
def test_light_ink_and_opaque_pictures_lie_on_the_void_and_dark_ink_on_bone(picture, ground):
    assert ground_of(picture) == ground


def test_one_pale_setting_does_not_turn_the_ground_of_a_type():
    rows = [
        Row("pale", [ink("#ffffff")]),
        Row("dark", [ink(VOID)]),
        Row("darker", [ink("#000000")]),
    ]
    sheet = contact_sheet([Section("enso", rows)], [1])
    assert sheet.getpixel((0, 0)) == rgb(BONE)
    assert sheet.getpixel((0, sheet.height - 1)) == rgb(BONE)


def test_a_picture_is_laid_over_its_ground():
    mixed = on_ground(ink("#000000", alpha=128), "#ffffff")
    assert mixed.mode == "RGB"
    assert mixed.getpixel((5, 5)) == pytest.approx((127, 127, 127), abs=1)
