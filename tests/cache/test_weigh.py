"""A value weighs what it holds in memory, and weighing one never fails or takes long."""

from __future__ import annotations

import logging
import sys
import threading
from collections import OrderedDict, UserDict, deque
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image

from cache import LRUCache, estimate_bytes

KILOBYTE = b"x" * 1000


class Slotted:
    __slots__ = ("__hidden", "empty")

    def __init__(self, value):
        self.__hidden = value


@dataclass
class Plain:
    value: object


class Hostile:
    """Everything that may be asked of it raises something of its own."""

    def __init__(self):
        self.value = KILOBYTE * 5

    def __getattr__(self, name):
        raise RuntimeError(name)

    @property
    def nbytes(self):
        raise OSError

    @property
    def __class__(self):
        raise LookupError

    def __sizeof__(self):
        raise ZeroDivisionError

    def __len__(self):
        raise ArithmeticError

    def __iter__(self):
        raise ArithmeticError

    def __hash__(self):
        raise ArithmeticError

    def __eq__(self, other):
        raise ArithmeticError


class Boastful:
    """Offers an answer that is none."""

    nbytes = "many"
    getbands = None


class HalfPicture:
    def getbands(self):
        return ("R",)


@pytest.mark.parametrize("value", [b"abc", bytearray(b"abc"), memoryview(b"abc")], ids=type)
def test_bytes_weigh_their_length(value):
    assert estimate_bytes(value) == 3


@pytest.mark.parametrize(("mode", "bands"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_a_picture_weighs_width_times_height_times_bands(mode, bands):
    assert estimate_bytes(Image.new(mode, (20, 30))) == 20 * 30 * bands


def test_an_array_weighs_its_buffer():
    assert estimate_bytes(np.zeros((10, 10), np.float32)) == 400


@pytest.mark.parametrize(
    "hold",
    [
        lambda value: [value],
        lambda value: (value,),
        lambda value: {value},
        lambda value: deque([value]),
        lambda value: {"key": value},
        lambda value: {value: 1},
        lambda value: OrderedDict(key=value),
        lambda value: UserDict(key=value),
        lambda value: MappingProxyType({"key": value}),
        Plain,
        Slotted,
        lambda value: Plain([{"deep": Slotted(value)}]),
    ],
)
def test_a_value_weighs_what_it_holds(hold):
    assert 1000 <= estimate_bytes(hold(KILOBYTE)) < 3000


def test_a_shared_object_weighs_once():
    assert estimate_bytes([KILOBYTE] * 50) < 3000


def test_text_weighs_what_it_takes_in_memory():
    text = "é" * 1000
    assert estimate_bytes(text) == sys.getsizeof(text)


def test_a_cycle_ends():
    ring = [KILOBYTE]
    ring.append({"ring": ring})
    assert 1000 <= estimate_bytes(ring) < 3000


def test_a_large_graph_of_few_objects_is_cut_off_too():
    shared = [object() for _ in range(2_000)]
    assert estimate_bytes([list(shared) for _ in range(2_000)]) < 2_000_000


def test_a_large_graph_is_cut_off():
    rows = [[number, str(number)] for number in range(20_000)]
    assert sys.getsizeof(rows) <= estimate_bytes(rows) < 2_000_000


@pytest.mark.parametrize(
    "value", [len, estimate_bytes, sys, Plain, estimate_bytes.__code__], ids=type
)
def test_code_belongs_to_nobody(value):
    assert estimate_bytes(value) == 0
    assert estimate_bytes(Plain(value)) < 1000


@pytest.mark.parametrize(
    "value", [Boastful(), HalfPicture(), threading.RLock(), logging.getLogger(), iter([1]), None]
)
def test_strange_values_weigh_something(value):
    assert estimate_bytes(value) > 0


def test_a_hostile_object_can_be_weighed_and_held():
    hostile = Hostile()
    assert 5000 <= estimate_bytes(hostile) < 8000
    lru = LRUCache(2, None)
    lru.set("a", hostile)
    assert lru.get("a") is hostile
    assert lru.memory_bytes >= 5000
    assert lru.report().raw_bytes == lru.memory_bytes
