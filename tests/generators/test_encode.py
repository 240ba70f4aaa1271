"""A file shows the picture: PNG exactly, the others as a viewer sees it, at the width asked for."""

import hashlib
import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from generators.encode import Format, encode
from generators.errors import UnsupportedFormat
from generators.generator import GradientMap
from generators.scaling import MAX_WIDTH, MIN_WIDTH, scaled_size

LEVELS = np.arange(256, dtype=np.uint8)[:, np.newaxis]
GREY = np.repeat(LEVELS, 3, axis=1)
INK = np.concatenate([np.full((256, 3), (90, 10, 20), np.uint8), LEVELS], axis=1)
GLOW = np.concatenate(  # red that turns white where it is dense, like a sigil's
    [np.clip(LEVELS * (1, 0.2, 0.2) + 20, 0, 255), np.minimum(LEVELS * 2.0, 255)], axis=1
).astype(np.uint8)


def decoded(file):
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def pixels(image, mode):
    return np.asarray(image.convert(mode), np.int16)


def strokes(width=300, height=200):
    """Return a field of soft, grainy strokes on nothing."""
    y, x = np.mgrid[:height, :width]
    grain = np.random.default_rng(1).normal(0, 12, (height, width))
    field = 255 * np.clip(np.sin(x / 17 + y / 40) * 2, 0, 1)
    return np.clip(np.where(field > 0, field + grain, 0), 0, 255).astype(np.uint8)


fields = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(16, 40)))
tables = st.sampled_from([3, 4]).flatmap(lambda bands: arrays(np.uint8, (256, bands)))


@given(fields, tables)
def test_a_png_of_a_gradient_map_has_exactly_its_pixels(field, table):
    picture = GradientMap(field, table)
    image = decoded(encode(picture, Format.PNG, None)).convert(picture.mode)
    assert image.tobytes() == picture.image().tobytes()


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(16, 40), st.sampled_from([3, 4])))
)
def test_a_png_of_an_image_has_exactly_its_mode_and_pixels(array):
    picture = Image.fromarray(array)
    image = decoded(encode(picture, Format.PNG, None))
    assert image.mode == picture.mode
    assert image.tobytes() == picture.tobytes()


@pytest.mark.parametrize("width", [None, 150, 640])
@pytest.mark.parametrize("file_format", [Format.PNG, Format.WEBP, Format.AVIF])
@pytest.mark.parametrize("table", [GREY, INK, GLOW], ids=["grey", "ink", "glow"])
def test_every_format_shows_the_same_picture(table, file_format, width):
    picture = GradientMap(strokes(), table)
    for form in (picture, picture.image()):
        image = decoded(encode(form, file_format, width))
        assert image.format == file_format.upper()
        assert image.size == scaled_size(300, 200, width)
        truth = picture.image()
        if width:
            truth = truth.resize(image.size, Image.Resampling.LANCZOS)
        assert np.abs(on_bone(image) - on_bone(truth)).mean() < 4


def on_bone(image):
    ground = Image.new("RGBA", image.size, "#d4c5b0")
    return pixels(Image.alpha_composite(ground, image.convert("RGBA")), "RGB")


def test_opaque_pictures_can_be_jpeg():
    picture = GradientMap(strokes(), GREY)
    image = decoded(encode(picture, Format.JPEG, None))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert np.abs(pixels(image, "RGB") - pixels(picture.image(), "RGB")).mean() < 4


@pytest.mark.parametrize("form", [GradientMap.image, lambda picture: picture])
def test_transparent_pictures_cannot_be_jpeg(form):
    with pytest.raises(UnsupportedFormat, match="jpeg cannot hold the transparency"):
        encode(form(GradientMap(strokes(), INK)), Format.JPEG, None)


def test_a_mode_that_is_not_served_is_refused():
    with pytest.raises(ValueError, match="not L"):
        encode(Image.new("L", (16, 16)), Format.PNG, None)


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(MIN_WIDTH, MAX_WIDTH))
def test_scaling_keeps_the_aspect(native_width, native_height, width):
    scaled_width, height = scaled_size(native_width, native_height, width)
    assert scaled_width == width
    assert height == 1 or abs(height - native_height * width / native_width) <= 0.5


@pytest.mark.parametrize("width", [15, 2049, 0, -1])
def test_a_width_out_of_range_is_refused(width):
    with pytest.raises(ValueError, match="16 to 2048"):
        encode(GradientMap(strokes(), INK), Format.PNG, width)


@pytest.mark.parametrize("width", [20, 100, 700])
@pytest.mark.parametrize("form", [GradientMap.image, lambda picture: picture])
def test_the_colour_of_what_is_invisible_never_shows(form, width):
    table = np.full((256, 4), (255, 0, 0, 255), np.uint8)
    table[0] = (0, 255, 0, 0)  # invisible green around opaque red
    field = np.zeros((100, 200), np.uint8)
    field[30:70, 60:140] = 255
    image = decoded(encode(form(GradientMap(field, table)), Format.PNG, width))
    visible = pixels(image, "RGBA")[pixels(image, "RGBA")[..., 3] > 8]
    assert len(visible)
    assert visible[:, 1].max() < 24


@pytest.mark.parametrize(
    ("table", "width", "mode"),
    [
        *((INK, width, "P") for width in (None, 150, 600)),
        *((GREY, width, "P") for width in (None, 150, 600)),
        *((GLOW, width, mode) for width, mode in ((None, "P"), (150, "RGBA"), (600, "P"))),
    ],
)
def test_a_scaled_field_stays_small_where_its_table_allows(table, width, mode):
    assert decoded(encode(GradientMap(strokes(), table), Format.PNG, width)).mode == mode


def test_media_types_are_those_of_the_files():
    assert [file_format.media_type for file_format in Format] == [
        *("image/png", "image/webp", "image/avif", "image/jpeg")
    ]
    for file_format in Format:
        image = decoded(encode(Image.new("RGB", (16, 16)), file_format, None))
        assert Image.MIME[image.format] == file_format.media_type


HASHES = """
import hashlib, sys
import numpy as np
from generators.encode import Format, encode
from generators.generator import GradientMap
field = np.random.default_rng(3).integers(0, 256, (120, 160)).astype(np.uint8)
table = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
for file_format in Format:
    for width in (None, 90):
        print(hashlib.sha256(encode(GradientMap(field, table), file_format, width)).hexdigest())
"""


def test_the_same_picture_gives_the_same_bytes_in_every_process(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    runs = []
    for hash_seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        run = subprocess.run([sys.executable, "-c", HASHES], capture_output=True, check=True)
        runs.append(run.stdout.split())
    assert runs[0] == runs[1]
    field = np.random.default_rng(3).integers(0, 256, (120, 160)).astype(np.uint8)
    here = encode(GradientMap(field, GREY), Format.PNG, None)
    assert hashlib.sha256(here).hexdigest().encode() == runs[0][0]
