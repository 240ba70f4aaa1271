"""Admission: hit ratio and seconds saved of `all` (LRU) beside `value`, on a family of traces.

Every trace goes once through two real caches of the same size, `get` and, on a miss, `put`, on a
clock that a trace with a TTL moves by a second a lookup. The traces are drawn anew from fixed
seeds: some favour frequency, some recency, some nothing at all. In those of mixed costs a build
takes from 10 ms to 1 s, log-uniformly, and each costs the same whenever it is built.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, cycle, islice

from rich.console import Console
from rich.table import Table

from cache import LRUCache
from cache.admission import Admission

LOOKUPS = 60_000
SIZES = (100, 500)

_ALLOWED_LOSS_POINTS = 1.0
_DEMANDED_SCAN_GAIN_POINTS = 5.0

Keys = Iterator[int]


@dataclass(frozen=True)
class Trace:
    """What is looked up, one key after the other.

    Attributes:
        draw: the keys, without end.
        ttl_seconds: of every entry, at a lookup a second.
        mixed_costs: whether builds differ in cost.
    """

    draw: Callable[[random.Random], Keys]
    ttl_seconds: float = math.inf
    mixed_costs: bool = False


@dataclass(frozen=True)
class Score:
    """What one cache made of one trace; nanoseconds of process time for one lookup."""

    hit_ratio: float
    saved_seconds: float
    nanoseconds: float


def zipf(exponent: float, keys: int = 5_000) -> Callable[[random.Random], Keys]:
    """Return a draw of independent keys, of which the n-th has popularity n^-exponent."""
    cumulated = list(accumulate(rank**-exponent for rank in range(1, keys + 1)))

    def draw(chance: random.Random) -> Keys:
        names = chance.sample(range(keys), keys)
        while True:
            yield from chance.choices(names, cum_weights=cumulated, k=1_000)

    return draw


def zipf_with_scans(chance: random.Random) -> Keys:
    """Yield 2,000 keys of a Zipf law and 1,000 that never come back, in turns."""
    fresh = iter(range(10**6, 10**9))
    popular = zipf(0.9)(chance)
    while True:
        yield from islice(popular, 2_000)
        yield from islice(fresh, 1_000)


def shifting(chance: random.Random) -> Keys:
    """Yield keys of a Zipf law whose keys are all new every 3,000 lookups."""
    for age in range(10**6):
        yield from (age * 10_000 + key for key in islice(zipf(1.0, 2_000)(chance), 3_000))


def drifting(chance: random.Random) -> Keys:
    """Yield keys near a place that moves on by one key every three lookups."""
    for lookup in range(10**9):
        yield max(0, lookup // 3 - int(chance.expovariate(1 / 150)))


def by_stack_distance(mean: float) -> Callable[[random.Random], Keys]:
    """Return a draw in which the distance in the LRU stack is exponentially distributed."""

    def draw(chance: random.Random) -> Keys:
        stack: list[int] = []
        fresh = iter(range(10**9))
        while True:
            distance = int(chance.expovariate(1 / mean))
            key = stack.pop(-1 - distance) if distance < len(stack) else next(fresh)
            stack.append(key)
            yield key

    return draw


def in_phases(chance: random.Random) -> Keys:
    """Yield 5,000 keys of a Zipf law and 5,000 by stack distance, in turns."""
    popular, recent = zipf(1.0, 3_000)(chance), by_stack_distance(300)(chance)
    while True:
        yield from islice(popular, 5_000)
        yield from (10**6 + key for key in islice(recent, 5_000))


def looping(chance: random.Random) -> Keys:
    """Yield 700 keys over and over."""
    return cycle(range(700))


def scanning(chance: random.Random) -> Keys:
    """Yield no key twice."""
    return iter(range(10**9))


TRACES = {
    "Zipf 0.7": Trace(zipf(0.7)),
    "Zipf 0.9": Trace(zipf(0.9)),
    "Zipf 1.1": Trace(zipf(1.1)),
    "Zipf 0.9 with scans": Trace(zipf_with_scans),
    "loop": Trace(looping),
    "scan": Trace(scanning),
    "shifting Zipf": Trace(shifting),
    "drifting": Trace(drifting),
    "stack distance 60": Trace(by_stack_distance(60)),
    "stack distance 300": Trace(by_stack_distance(300)),
    "stack distance 800": Trace(by_stack_distance(800)),
    "Zipf and stack in phases": Trace(in_phases),
    "Zipf 0.9, TTL 1000": Trace(zipf(0.9), ttl_seconds=1_000.0),
    "stack 300, TTL 1000": Trace(by_stack_distance(300), ttl_seconds=1_000.0),
    "Zipf 0.7, mixed costs": Trace(zipf(0.7), mixed_costs=True),
    "Zipf 0.9, mixed costs": Trace(zipf(0.9), mixed_costs=True),
    "scans, mixed costs": Trace(zipf_with_scans, mixed_costs=True),
    "shifting, mixed costs": Trace(shifting, mixed_costs=True),
    "stack 300, mixed costs": Trace(by_stack_distance(300), mixed_costs=True),
}


def main(console: Console) -> None:
    """Replay every trace at every size and print one table of each size."""
    for size in SIZES:
        table = Table(title=f"{size} entries, {LOOKUPS:,} lookups")
        table.add_column("trace")
        for heading in ("hits all", "hits value", "points", "saved ×", "ns all", "ns value", ""):
            table.add_column(heading, justify="right")
        for name, trace in TRACES.items():
            every, value = (replayed(trace, size, admission) for admission in Admission)
            points = 100 * (value.hit_ratio - every.hit_ratio)
            savings = value.saved_seconds / every.saved_seconds if every.saved_seconds else 1.0
            table.add_row(
                name,
                f"{every.hit_ratio:.1%}",
                f"{value.hit_ratio:.1%}",
                f"{points:+.2f}",
                f"{savings:.2f}",
                f"{every.nanoseconds:.0f}",
                f"{value.nanoseconds:.0f}",
                "[green]✓[/]" if _is_as_demanded(trace, points) else "[red]✗[/]",
            )
        console.print(table)


def replayed(trace: Trace, size: int, admission: Admission) -> Score:
    """Return how a cache of `size` entries does on the first lookups of `trace`."""
    now = 0.0
    cache: LRUCache[int] = LRUCache(size, trace.ttl_seconds, clock=lambda: now, admission=admission)
    keys = list(islice(trace.draw(random.Random(1)), LOOKUPS))
    costs = {key: _cost_seconds(key) if trace.mixed_costs else 0.1 for key in keys}
    began = time.process_time_ns()
    for now, key in enumerate(keys):  # noqa: B007  # the cache's clock reads it
        if cache.get(key) is None:
            cache.put(key, 1, 1, cost_seconds=costs[key])
    took = time.process_time_ns() - began
    counts = cache.report().counts
    return Score(counts.hits / LOOKUPS, counts.saved_seconds, took / LOOKUPS)


def _cost_seconds(key: int) -> float:
    return 10 ** random.Random(key).uniform(-2, 0)


def _is_as_demanded(trace: Trace, points: float) -> bool:
    if points < -_ALLOWED_LOSS_POINTS:
        return False
    if trace.draw is zipf_with_scans and not trace.mixed_costs:
        return points >= _DEMANDED_SCAN_GAIN_POINTS
    return True
