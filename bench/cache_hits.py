"""Hits through the library: `LRUCache.get` beside cachetools' caches under an RLock.

All hold the same 1,000 keys and are asked for the same Zipf-distributed sequence, so that every
lookup hits. They take turns in short rounds, and the order of turns rotates, so that whatever else
the machine does strikes all of them. Time is that of this process, not of the wall.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable
from itertools import repeat

from cachetools import LRUCache as PeerLRUCache
from cachetools import TTLCache as PeerTTLCache
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cache import LRUCache

KEYS = 1_000
LOOKUPS = 20_000
ROUNDS = 41
TTL_SECONDS = 3600.0

_ALLOWED_OF_LRU = 1.0
_DEMANDED_OVER_TTL = 3.0

OURS = "LRUCache.get(key)"
LRU_GET = "cachetools LRUCache.get(key)"
LRU_ITEM = "cachetools LRUCache[key]"
TTL_GET = "cachetools TTLCache.get(key)"
TTL_ITEM = "cachetools TTLCache[key]"

Round = Callable[[list[str]], None]


def main(console: Console) -> None:
    """Measure, print one table, and say whether the goals are met."""
    chance = random.Random(1)
    keys = [f"{number:064x}" for number in range(KEYS)]
    asked = chance.choices(keys, [1 / rank for rank in range(1, KEYS + 1)], k=LOOKUPS)
    times = _measured(_contestants(keys), asked)

    table = Table(title=f"Library hits under an RLock: {KEYS} Zipf keys, {ROUNDS} rounds")
    table.add_column("")
    for heading in ("min ns", "median ns", "× ours (min)"):
        table.add_column(heading, justify="right")
    ours = min(times[OURS])
    for name, rounds in times.items():
        least = min(rounds)
        table.add_row(
            escape(name), f"{least:.0f}", f"{statistics.median(rounds):.0f}", f"{least / ours:.2f}"
        )
    console.print(table)
    _judge(console, ours / min(times[LRU_GET]), min(times[TTL_GET]) / ours)


def _contestants(keys: list[str]) -> dict[str, Round]:
    ours: LRUCache[bytes] = LRUCache(KEYS, TTL_SECONDS)
    lru: PeerLRUCache[str, bytes] = PeerLRUCache(KEYS)
    ttl: PeerTTLCache[str, bytes] = PeerTTLCache(KEYS, TTL_SECONDS)
    for key in keys:
        ours.set(key, b"image")
        lru[key] = ttl[key] = b"image"
    return {
        OURS: _asking(ours),
        LRU_GET: _asking_under_a_lock(lru),
        LRU_ITEM: _indexing_under_a_lock(lru),
        TTL_GET: _asking_under_a_lock(ttl),
        TTL_ITEM: _indexing_under_a_lock(ttl),
    }


def _asking(cache: LRUCache[bytes]) -> Round:
    def run(asked: list[str]) -> None:
        get = cache.get
        for key in asked:
            get(key)

    return run


def _asking_under_a_lock(cache: PeerLRUCache[str, bytes] | PeerTTLCache[str, bytes]) -> Round:
    lock = threading.RLock()

    def run(asked: list[str]) -> None:
        get = cache.get
        for key in asked:
            with lock:
                get(key)

    return run


def _indexing_under_a_lock(cache: PeerLRUCache[str, bytes] | PeerTTLCache[str, bytes]) -> Round:
    lock = threading.RLock()

    def run(asked: list[str]) -> None:
        for key in asked:
            with lock:
                cache[key]

    return run


def _measured(contestants: dict[str, Round], asked: list[str]) -> dict[str, list[float]]:
    """Return nanoseconds of process time a lookup, by contestant and round."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for _ in repeat(None, ROUNDS):
        for name in order:
            began = time.process_time_ns()
            contestants[name](asked)
            times[name].append((time.process_time_ns() - began) / len(asked))
        order.append(order.pop(0))
    return times


def _judge(console: Console, of_lru: float, over_ttl: float) -> None:
    console.print(
        f"{_mark(of_lru <= _ALLOWED_OF_LRU)} {of_lru:.2f} × the time of cachetools LRUCache.get "
        f"(goal: at most {_ALLOWED_OF_LRU:.2f})"
    )
    console.print(
        f"{_mark(over_ttl >= _DEMANDED_OVER_TTL)} {over_ttl:.2f} × as fast as cachetools "
        f"TTLCache.get (goal: at least {_DEMANDED_OVER_TTL:.2f})"
    )


def _mark(met: bool) -> str:
    return "[green]✓[/]" if met else "[red]✗[/]"
