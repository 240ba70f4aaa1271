"""Equal calls have one key, different calls never share one, in every process alike."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import decimal
import enum
import http
import math
import os
import pathlib
import re
import subprocess
import sys
import types
import uuid
import zoneinfo
from collections import Counter, OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache import CacheError, UnkeyableArgument, make_key

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
PLUS_TWO = datetime.timezone(datetime.timedelta(hours=2))


class Ink(enum.Enum):
    BLACK = "black"
    DEEP = "deep"


class Paper(enum.Enum):
    BLACK = "black"


class Layer(enum.Flag):
    GROUND = 1
    INK = 2


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Stroke:
    width: int
    ink: Ink


@dataclasses.dataclass
class Line:
    width: int
    ink: Ink


Point = namedtuple("Point", "x y")


def test_a_key_is_64_hex_digits():
    assert re.fullmatch("[0-9a-f]{64}", make_key("enso", 1, name="x"))


def test_a_key_stays_what_it_is():
    # Keys name files on disk and entries in Redis: another encoding would lose them all.
    key = make_key("enso", 7, "a", color="#ffffff")
    assert key == "58ab070d1324b4e1ddaa437609d1a14a8a6891ec8a9a49e30cd000bcf3545777"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((("ab", "c"), {}), (("a", "bc"), {})),
        (((1,), {}), ((1.0,), {})),
        (((1,), {}), ((True,), {})),
        (((1,), {}), (("1",), {})),
        (((b"a",), {}), (("a",), {})),
        (((None,), {}), ((), {})),
        (((None,), {}), (("",), {})),
        (((0.0,), {}), ((-0.0,), {})),
        (((1 + 2j,), {}), ((2 + 1j,), {})),
        ((((1, 2),), {}), (([1, 2],), {})),
        (((1, 2), {}), (((1, 2),), {})),
        ((((1,), 2), {}), ((1, (2,)), {})),
        ((({},), {}), (((),), {})),
        ((({"a": 1},), {}), ((), {"a": 1})),
        ((("a", 1), {}), ((), {"a": 1})),
        ((({1, 2},), {}), (((1, 2),), {})),
        (((Ink.BLACK,), {}), ((Paper.BLACK,), {})),
        (((Ink.BLACK,), {}), (("BLACK",), {})),
        (((Layer.INK,), {}), ((Layer.GROUND,), {})),
        (((Layer(0),), {}), ((Layer.INK | Layer.GROUND,), {})),
        (((Stroke(1, Ink.DEEP),), {}), ((Stroke(1, Ink.BLACK),), {})),
        (((Stroke(1, Ink.DEEP),), {}), ((Line(1, Ink.DEEP),), {})),
        (((decimal.Decimal("1.0"),), {}), ((decimal.Decimal("1.00"),), {})),
        (((decimal.Decimal(1),), {}), ((1,), {})),
        (((datetime.date(2024, 1, 1),), {}), ((datetime.datetime(2024, 1, 1),), {})),  # noqa: DTZ001
        (
            ((datetime.datetime(2024, 1, 1),), {}),  # noqa: DTZ001 - naive against aware
            ((datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),), {}),
        ),
        (((datetime.time(1),), {}), ((datetime.time(1, tzinfo=PLUS_TWO),), {})),
        (((datetime.timedelta(1),), {}), ((datetime.timedelta(1, 0, 1),), {})),
        (((pathlib.PurePath("a"),), {}), (("a",), {})),
        (((uuid.UUID(int=1),), {}), ((str(uuid.UUID(int=1)),), {})),
        ((("\ud800",), {}), (("\udfff",), {})),
        ((("é",), {}), (("e\u0301",), {})),
    ],
)
def test_different_calls_have_different_keys(left, right):
    assert make_key("enso", *left[0], **left[1]) != make_key("enso", *right[0], **right[1])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, types.MappingProxyType({"a": 1})),
        ({"a": 1}, Counter("a")),
        ({"a": 1}, OrderedDict(a=1)),
        ({1, "a", (2, None)}, frozenset({(2, None), "a", 1})),
        (b"ab", bytearray(b"ab")),
        (b"ab", memoryview(b"_a_b")[1::2]),
        ((1, 2), Point(1, 2)),
        (1, Level.LOW),
        (200, http.HTTPStatus.OK),
        (1.5, np.float64(1.5)),
        ("ink", np.str_("ink")),
        (math.nan, -math.nan),
    ],
)
def test_equal_values_have_one_key(left, right):
    assert make_key("enso", left) == make_key("enso", right)


def test_the_asset_type_is_part_of_the_key():
    assert make_key("enso", 1) != make_key("sigil", 1)
    assert make_key("enso", "1") != make_key("enso1")


def test_the_order_of_keyword_arguments_does_not_matter():
    assert make_key("enso", a=1, b=2) == make_key("enso", b=2, a=1)


def test_keyword_arguments_may_have_any_name():
    assert make_key("enso", asset_type="sigil", self=1, value=2) != make_key("enso")


@pytest.mark.parametrize("number", [10**5000, -(10**5000), 2**63, -1], ids=int.bit_length)
def test_whole_numbers_may_have_any_size(number):
    assert make_key("enso", number) != make_key("enso", number + 1)


def test_a_path_may_hold_bytes_that_are_no_text():
    assert make_key("enso", pathlib.PurePath(os.fsdecode(b"\xff"))) != make_key("enso")


def test_aware_moments_differ_by_their_offset():
    winter = datetime.datetime(2024, 1, 1, 12, tzinfo=BERLIN)
    assert make_key("enso", winter) != make_key("enso", winter.replace(tzinfo=PLUS_TWO))


class Opaque:
    pass


RECURSIVE_LIST: list[object] = []
RECURSIVE_LIST.append(RECURSIVE_LIST)
RECURSIVE_DICT: dict[str, object] = {}
RECURSIVE_DICT["self"] = {"deeper": RECURSIVE_DICT}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Opaque(), "Opaque cannot be part of a cache key"),
        (Opaque, "builtins.type cannot be part"),
        (Stroke, "builtins.type cannot be part"),
        (len, "builtin_function_or_method cannot"),
        (np.int64(1), "numpy.int64 cannot be part"),
        (np.float32(1), "numpy.float32 cannot be part"),
        (np.zeros(1), "numpy.ndarray cannot be part"),
        ([{"a": {1: Opaque()}}], "Opaque cannot be part"),
        (iter([1]), "list_iterator cannot be part"),
        (RECURSIVE_LIST, "contains itself or is nested too deeply"),
        (RECURSIVE_DICT, "contains itself or is nested too deeply"),
        (datetime.time(1, tzinfo=BERLIN), "has a time zone but no offset"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_encoding_is_refused(value, told):
    with pytest.raises(UnkeyableArgument, match=re.escape(told)) as caught:
        make_key("enso", value)
    assert isinstance(caught.value, CacheError)
    assert isinstance(caught.value, TypeError)


SCRIPT = """
import dataclasses, enum
from cache import make_key

class Ink(enum.Enum):
    BLACK = "black"

@dataclasses.dataclass
class Stroke:
    ink: Ink
    tags: frozenset

tags = frozenset({"a", "b", "c", 1, 2.5, None, (1, "x")})
print(make_key("enso", Stroke(Ink.BLACK, tags), dict.fromkeys(tags, tags), seed=7, color="#fff"))
"""


def test_a_key_is_the_same_under_every_hash_seed():
    keys = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(keys) == 1


# A busy machine is no failure.
AT_ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(), max_size=4),
    st.binary(max_size=4),
    st.decimals().filter(lambda number: not number.is_snan()),  # those have no hash
    st.uuids(),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.timedeltas(),
    st.sampled_from([*Ink, *Paper, *Layer]),
)
# So few that equal values and near misses come up by themselves.
LOOKALIKES = st.sampled_from([None, True, 1, 1.0, "1", b"1", "", b"", "11", *Ink, *Paper])


def collections_of(atoms):
    hashable = atoms | st.tuples(atoms) | st.tuples(atoms, atoms) | st.frozensets(atoms, max_size=3)
    return st.recursive(
        hashable,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(hashable, inner, max_size=3)
            | st.builds(Stroke, inner, st.sampled_from(Ink))
        ),
        max_leaves=5,
    )


def meaning(value):
    """What a value says, in terms of `==`: an oracle that knows nothing of the encoding."""
    kind = type(value)
    if isinstance(value, list | tuple):
        return kind, tuple(map(meaning, value))
    if isinstance(value, frozenset):
        return kind, frozenset(Counter(map(meaning, value)).items())
    if isinstance(value, dict):
        return kind, frozenset(Counter(map(meaning, value.items())).items())
    if isinstance(value, Stroke):
        return kind, meaning(value.width), value.ink
    if isinstance(value, complex):
        return kind, meaning(value.real), meaning(value.imag)
    if isinstance(value, float):
        return kind, repr(abs(value) if math.isnan(value) else value)
    if isinstance(value, decimal.Decimal):
        return kind, str(value)
    return kind, value


def turned(value):
    """An equal value, made anew, with every order that does not matter turned around."""
    if isinstance(value, list | tuple):
        return type(value)(map(turned, value))
    if isinstance(value, frozenset):
        return frozenset(reversed(list(value)))
    if isinstance(value, dict):
        return {turned(key): turned(item) for key, item in reversed(value.items())}
    return copy.deepcopy(value)


@AT_ANY_SPEED
@given(collections_of(ATOMS))
def test_equal_values_have_equal_keys(value):
    assert make_key("enso", value) == make_key("enso", turned(value))


@AT_ANY_SPEED
@given(collections_of(ATOMS), collections_of(ATOMS))
def test_distinct_values_have_distinct_keys(left, right):
    assert (make_key("enso", left) == make_key("enso", right)) == (meaning(left) == meaning(right))


@AT_ANY_SPEED
@given(*[st.lists(collections_of(LOOKALIKES), max_size=2)] * 2)
def test_argument_lists_never_run_into_each_other(left, right):
    same = meaning(left) == meaning(right)
    assert (make_key("enso", *left) == make_key("enso", *right)) == same
