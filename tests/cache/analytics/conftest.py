"""What the tests of the analytics share: traces, a textbook cache, and a service in small."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from cache import Built, GenerationalCache
from cache.analytics import Analysis, Analytics

Trace = Sequence[tuple[str, float]]


@pytest.fixture
def textbook() -> Callable[[Trace, int, float], float]:
    """Replay a trace with a plain LRU whose entries live for a TTL; return its hit ratio."""

    def hit_ratio(trace: Trace, capacity: int, ttl: float) -> float:
        held: OrderedDict[str, float] = OrderedDict()
        deaths: list[tuple[float, str]] = []
        hits = 0
        for key, now in trace:
            while deaths and deaths[0][0] <= now:
                dies_at, dead = heapq.heappop(deaths)
                if held.get(dead) == dies_at:
                    del held[dead]
            if key in held:
                held.move_to_end(key)
                hits += 1
                continue
            if len(held) == capacity:
                held.popitem(last=False)
            held[key] = now + ttl
            heapq.heappush(deaths, (now + ttl, key))
        return hits / len(trace)

    return hit_ratio


def zipf(chance: random.Random, keys: int, skew: float, lookups: int) -> list[int]:
    weights = list(itertools.accumulate(rank**-skew for rank in range(1, keys + 1)))
    return chance.choices(range(keys), cum_weights=weights, k=lookups)


def stack_distances(chance: random.Random, mean: float, lookups: int) -> list[int]:
    """Ask for what was last asked for an exponentially distributed number of keys ago."""
    stack: list[int] = []
    asked = []
    for _ in range(lookups):
        distance = int(chance.expovariate(1 / mean))
        key = stack.pop(-1 - distance) if distance < len(stack) else len(stack)
        stack.append(key)
        asked.append(key)
    return asked


@pytest.fixture
def traces() -> Callable[[str, int, int], Trace]:
    """Make a trace of a kind for a cache of some capacity, with so many lookups, ten a second."""

    def trace(kind: str, capacity: int, lookups: int) -> Trace:
        chance = random.Random(7)
        numbers: Iterable[object]
        match kind.split():
            case ["zipf", skew]:
                numbers = zipf(chance, 8 * capacity, float(skew), lookups)
            case ["loop"]:
                numbers = (number % (3 * capacity) for number in range(lookups))
            case ["scan"]:
                hot = zipf(chance, capacity, 1.0, lookups)
                numbers = (-i if i % 2 else number for i, number in enumerate(hot, start=1))
            case ["shift"]:
                drawn = zipf(chance, 4 * capacity, 0.9, lookups)
                numbers = (n + i * 10 // lookups * capacity for i, n in enumerate(drawn))
            case ["stack"]:
                numbers = stack_distances(chance, capacity, lookups)
            case ["heavy"]:
                drawn = zipf(chance, 6 * capacity, 0.7, lookups)
                numbers = ("heavy" if chance.random() < 0.2 else number for number in drawn)
        return [(f"/image?seed={number}", i / 10) for i, number in enumerate(numbers)]

    return trace


class MovingClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Service:
    """A cache in use: it is asked, it builds what it misses, and its analytics are told."""

    def __init__(self, *, max_mib: float = 500, seed: int = 1, **analytics: Any) -> None:
        self.clock = MovingClock()
        self.chance = random.Random(seed)
        self.cache: GenerationalCache[bytes] = GenerationalCache(
            max_bytes=int(max_mib * 2**20), clock=self.clock
        )
        self.analytics = Analytics(self.cache.max_bytes, **analytics)
        self.entry_bytes: dict[str, int] = {}
        self.cost_seconds: dict[str, float] = {}
        self.every_seconds = 1.0

    def ask(self, asset_type: str, keys: Iterable[object]) -> float:
        """Ask for each key in turn, `every_seconds`; return the share of hits."""
        record = self.analytics.recorder(asset_type)
        before = self.cache.cache(asset_type).report().counts
        asked = 0
        for asked, key in enumerate(keys, start=1):  # the count is what is wanted
            self.clock.now += self.every_seconds
            record((str(key), self.clock.now))
            self.cache.fetch(asset_type, str(key), lambda: self.build(asset_type))
            if asked % 100 == 0:
                self.digest()
        self.digest()
        return (self.cache.cache(asset_type).report().counts.hits - before.hits) / asked

    def build(self, asset_type: str) -> Built[bytes]:
        size = self.entry_bytes.get(asset_type, 1000)
        return Built(bytes(size), None, self.cost_seconds.get(asset_type, 0.1))

    def digest(self) -> None:
        self.analytics.digest(self.cache.report(), self.clock.now)

    def analysis(self, asset_type: str) -> Analysis:
        return self.analytics.analyses()[asset_type]

    def zipf(self, keys: int, skew: float, lookups: int) -> list[int]:
        return zipf(self.chance, keys, skew, lookups)


@pytest.fixture
def service() -> type[Service]:
    """The class of a cache in use with its analytics, on a clock of its own."""
    return Service
