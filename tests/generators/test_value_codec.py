"""Values that programs cache come back as they were; a stranger's bytes never do. No pickle."""

import contextlib
import io
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageChops

from generators import ValueCodec

MODES = [
    "1",
    "L",
    "P",
    "RGB",
    "RGBA",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "F",
    "LA",
    "PA",
    "RGBX",
    "RGBa",
    "La",
    "I;16",
    "I;16L",
    "I;16B",
]

CODEC = ValueCodec()

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.binary().map(bytearray)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


def returned(value):
    return CODEC.decode("type", "key", CODEC.encode(value))


def same(one, other):
    """Whether two values are of one type and equal, all through."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other


def picture(mode, size=(13, 5)):
    """A picture of noise."""
    blank = Image.new(mode, size)
    noise = np.random.default_rng(7).integers(0, 256, len(blank.tobytes()), np.uint8)
    return Image.frombytes(mode, size, noise.tobytes())


@given(values)
def test_plain_values_come_back(value):
    assert same(returned(value), value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.0, 10**4000, "\ud800"])
def test_odd_values_come_back(value):
    assert repr(returned(value)) == repr(value)


@given(
    arrays.arrays(
        arrays.scalar_dtypes()
        | st.just(np.dtype([("at", ">i2", (2,)), ("name", "U3"), ("é", "f8")])),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    )
)
@settings(max_examples=60)
def test_arrays_come_back(array):
    again = returned(array)
    assert type(again) is np.ndarray
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    assert again.flags.writeable


def test_arrays_that_are_not_contiguous_come_back():
    array = np.arange(24.0).reshape(2, 3, 4)
    for view in (array[:, ::2], array.T, np.asfortranarray(array), array[::-1]):
        assert np.array_equal(returned(view), view)


@pytest.mark.parametrize("scalar", [np.float32(0.1), np.int64(-3), np.datetime64("2026-01-02")])
def test_scalars_of_numpy_stay_what_they_are(scalar):
    again = returned(scalar)
    assert again == scalar
    assert type(again) is type(scalar)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(13, 5), (1, 1), (0, 4), (300, 200)])
def test_pictures_of_every_mode_come_back(mode, size):
    original = picture(mode, size)
    again = returned(original)
    assert (again.mode, again.size) == (mode, size)
    assert again.tobytes() == original.tobytes()


@pytest.mark.parametrize("palette_mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("mode", ["P", "PA"])
def test_pictures_keep_their_palette(mode, palette_mode):
    original = picture(mode)
    original.putpalette(bytes(range(256)) * len(palette_mode), palette_mode)
    again = returned(original)
    assert again.palette.mode == palette_mode
    assert not ImageChops.difference(again.convert("RGBA"), original.convert("RGBA")).getbbox()


def test_pictures_keep_what_changes_how_they_look_and_no_more():
    file = io.BytesIO()
    original = picture("RGB")
    original.save(file, "PNG", transparency=(1, 2, 3), icc_profile=b"profile", dpi=(72, 72))
    opened = Image.open(file)
    again = returned(opened)
    assert again.info == {"transparency": (1, 2, 3), "icc_profile": b"profile"}
    assert again.tobytes() == original.tobytes()


def test_values_stand_in_one_another():
    value = {"pictures": [picture("LA"), picture("1")], "map": (np.arange(5), b"ink", None)}
    again = returned(value)
    assert [each.tobytes() for each in again["pictures"]] == [
        each.tobytes() for each in value["pictures"]
    ]
    assert np.array_equal(again["map"][0], value["map"][0])
    assert again["map"][1:] == (b"ink", None)


def test_what_compresses_is_compressed_and_noise_is_left_alone():
    plain = Image.new("RGB", (500, 500), "red")
    noise = np.random.default_rng(1).bytes(100_000)
    assert len(CODEC.encode(plain)) < 20_000
    assert len(noise) < len(CODEC.encode(noise)) < len(noise) + 100


def holding_itself():
    value = []
    value.append(value)
    return value


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1: "a number as key"},
        {1, 2},
        Text("of a type of its own"),
        np.array([object()]),
        np.ma.masked_array([1, 2], [True, False]),
        holding_itself(),
        [print],
        bytes(2000),
    ],
    ids=repr,
)
def test_what_would_not_come_back_is_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        ValueCodec(max_bytes=1000).encode(value)


def crafted(outline, blobs=b"", *, length=None, method=0, version=1):
    payload = len(outline).to_bytes(4) + outline + blobs
    size = len(payload) if length is None else length
    return bytes((version, method)) + size.to_bytes(8) + payload


def array_header(shape, kind="<f8"):
    file = io.BytesIO()
    header = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(file, header)
    return file.getvalue()


def crafted_array(header, data=b""):
    blob = header + data
    return crafted(b'["array",%d]' % len(blob), blob)


POISON = {
    "nothing": b"",
    "a pickle": pickle.dumps([1]),
    "another version": crafted(b"1", version=2),
    "another method": crafted(b"1", method=7),
    "too large": crafted(b"1", length=2**40),
    "too short": crafted(b"1", length=50),
    "no stream": crafted(b"1", method=1),
    "no JSON": crafted(b"{"),
    "no text": crafted(b"\xff\xfe\xfd"),
    "an object": crafted(b"{}"),
    "an unknown name": crafted(b'["module","os"]'),
    "a dict of no items": crafted(b'["dict",[1]]'),
    "a deep nest": crafted(b'["list",[' * 50_000 + b"]]" * 50_000),
    "a blob that is not there": crafted(b'["bytes",5]'),
    "a blob of less than nothing": crafted(b'["bytes",-1]', b"abc"),
    "more than the outline": crafted(b"1", b"more"),
    "a huge array": crafted_array(array_header((10**12,))),
    "a negative array": crafted_array(array_header((-1, -1)), bytes(8)),
    "an array of objects": crafted_array(array_header((1,), "|O"), bytes(8)),
    "an old array": crafted_array(b"\x93NUMPY\x01\x00v\x00"),
    "no array": crafted(b'["array",3]', b"abc"),
    "a huge picture": crafted(b'["picture","RGB",100000,100000,3,null,["dict",[]]]', b"abc"),
    "a negative picture": crafted(b'["picture","L",-1,-1,1,null,["dict",[]]]', b"a"),
    "a picture of no mode": crafted(b'["picture","XYZ",1,1,1,null,["dict",[]]]', b"a"),
    "a picture of no palette": crafted(b'["picture","P",1,1,1,[1],["dict",[]]]', b"a"),
    "a picture of no info": crafted(b'["picture","L",1,1,1,null,5]', b"a"),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_refused(name):
    with pytest.raises(ValueError, match=r".+"):
        CODEC.decode("type", "key", POISON[name])


def test_a_bomb_does_not_go_off():
    honest = ValueCodec(max_bytes=2**26).encode(bytes(2**25))
    assert len(honest) < 2**20
    with pytest.raises(ValueError, match="too large"):
        ValueCodec(max_bytes=2**20).decode("type", "key", honest)
    lying = honest[:2] + (1000).to_bytes(8) + honest[10:]
    with pytest.raises(ValueError, match="cut off"):
        ValueCodec(max_bytes=2**20).decode("type", "key", lying)


@given(st.data())
@settings(max_examples=200)
def test_damage_is_refused_or_harmless(data):
    body = bytearray(CODEC.encode({"a": [picture("P", (9, 9)), np.arange(20)], "b": (1.5, b"x")}))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, of headers that are odd
        with contextlib.suppress(ValueError):
            CODEC.decode("type", "key", bytes(body))
