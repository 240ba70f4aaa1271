"""Whatever many threads and event loops do to one cache at once, every promise of it holds."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import threading
from collections import Counter

import pytest

from cache import BuildAbandoned, Built, GenerationalCache, LRUCache, Outcome, make_key

BUDGET = 4000
TYPES = ("enso", "sigil", "giraffe")
THREADS, LOOPS, TURNS = 6, 2, 1500


class NoInkError(Exception):
    pass


class Life:
    """Random operations on one cache, with a count of the lookups that were made."""

    def __init__(self, cache, seed):
        self.cache = cache
        self.random = random.Random(seed)
        self.lookups = Counter()
        self.outcomes = Counter()

    def pick(self):
        asset_type, number = self.random.choice(TYPES), self.random.randrange(12)
        return asset_type, number, make_key(asset_type, number)

    def made(self, asset_type, number):
        """A value that tells whose it is, of 8 to 400 bytes, now and then too heavy."""
        weight = self.random.choice([1, 5, 20, 50, BUDGET])
        return f"{asset_type}:{number:02}".encode().ljust(8) * weight

    def check(self, asset_type, number, value):
        assert value.startswith(f"{asset_type}:{number:02}".encode())

    def result(self, asset_type, number):
        if self.random.random() < 0.2:
            raise NoInkError
        return Built(self.made(asset_type, number), self.random.choice([None, None, 0.0, 0.05]))

    def count(self, asset_type, fetched):
        self.outcomes[fetched.outcome] += 1
        assert fetched.outcome is not Outcome.HIT or fetched.ttl_seconds > 0

    # Threads

    def live(self):
        acts = [self.get, self.set, self.fetch, self.fetch, self.fetch, self.find, self.disturb]
        for _ in range(TURNS):
            self.random.choice(acts)(*self.pick())

    def get(self, asset_type, number, key):
        self.lookups[asset_type] += 1
        value = self.cache.get(asset_type, number)
        if value is not None:
            self.check(asset_type, number, value)

    def set(self, asset_type, number, key):
        self.cache.set(asset_type, self.made(asset_type, number), number)

    def find(self, asset_type, number, key):
        entry = self.cache.find(asset_type, key)
        if entry is not None:
            self.lookups[asset_type] += 1
            self.check(asset_type, number, entry.value)

    def fetch(self, asset_type, number, key):
        self.lookups[asset_type] += 1
        bypass = self.random.random() < 0.1
        try:
            fetched = self.cache.fetch(
                asset_type, key, lambda: self.result(asset_type, number), bypass=bypass
            )
        except (NoInkError, BuildAbandoned):
            return
        self.check(asset_type, number, fetched.value)
        self.count(asset_type, fetched)

    def disturb(self, asset_type, number, key):
        chance = self.random.random()
        if chance < 0.01:
            self.cache.clear_all()
        elif chance < 0.05:
            self.cache.clear(asset_type)
        elif chance < 0.3:
            self.cache.configure(asset_type, max_size=self.random.randrange(12), ttl=0.2)
        elif chance < 0.5:
            self.cache.sweep(3)
        else:
            self.look()

    def look(self):
        reports = self.cache.report().values()
        assert sum(report.memory_bytes for report in reports) <= BUDGET
        assert all(0 <= report.size <= report.max_size for report in reports)
        assert self.cache.memory_bytes <= BUDGET

    # Event loops

    def live_in_a_loop(self):
        asyncio.run(self.live_async())

    async def live_async(self):
        for _ in range(TURNS // 10):
            tasks = [asyncio.ensure_future(self.fetch_async(*self.pick())) for _ in range(10)]
            await asyncio.sleep(0)
            for task in self.random.sample(tasks, 3):
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome

    async def fetch_async(self, asset_type, number, key):
        async def build():
            for _ in range(self.random.randrange(3)):
                await asyncio.sleep(0)
            return self.result(asset_type, number)

        self.lookups[asset_type] += 1
        try:
            fetched = await self.cache.fetch_async(asset_type, key, build)
        except (NoInkError, BuildAbandoned):
            return
        self.check(asset_type, number, fetched.value)
        self.count(asset_type, fetched)


@pytest.fixture(autouse=True)
def threads_change_often():
    """Let threads take turns 500 times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 500)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture
def cache():
    """A small cache on a clock that goes on by itself, a little with each reading."""
    ticks = itertools.count()
    return GenerationalCache(
        max_size=8,
        ttl=0.2,
        max_bytes=BUDGET,
        stale_seconds=0.5,
        clock=lambda: next(ticks) / 2000,
        weigher=len,
    )


def test_random_lives_at_once_break_no_promise(cache, in_threads):
    lives = [Life(cache, seed) for seed in range(THREADS + LOOPS)]
    acts = [life.live for life in lives[:THREADS]]
    acts += [life.live_in_a_loop for life in lives[THREADS:]]
    assert in_threads(*acts) == [None] * len(acts)

    # Every lookup came to exactly one thing.
    lookups = sum((life.lookups for life in lives), Counter())
    for asset_type, report in cache.report().items():
        counts = report.counts
        assert (
            counts.hits + counts.total_misses + counts.coalesced + counts.stale
            == lookups[asset_type]
        )
        assert sum(counts.hit_ages.counts) == counts.hits
        assert sum(counts.eviction_ages.counts) == counts.total_evictions
    assert set(sum((life.outcomes for life in lives), Counter())) == set(Outcome)

    # Nothing is left under way, and what is held is what is told.
    assert cache._lookups._board._flights == {}
    held = {name: list(each._entries.values()) for name, each in cache._by_type.items()}
    weights = {name: sum(entry.weight for entry in held[name]) for name in held}
    assert weights == {name: report.memory_bytes for name, report in cache.report().items()}
    assert cache.memory_bytes == sum(weights.values()) <= BUDGET
    assert all(len(entry.value) == entry.weight for name in held for entry in held[name])


def test_a_plain_cache_counts_exactly_whatever_threads_do(in_threads):
    ticks = itertools.count()
    lru = LRUCache(20, 1.0, clock=lambda: next(ticks) / 5000, weigher=len)
    together = threading.Barrier(6)

    def live(seed):
        chance = random.Random(seed)
        together.wait(20)
        lookups = 0
        for _ in range(3000):
            key = chance.randrange(40)
            match chance.randrange(8):
                case 0 | 1:
                    lru.set(key, b"x" * key)
                case 2:
                    lru.delete(key)
                case 3:
                    report = lru.report()
                    assert report.size <= report.max_size
                case _:
                    lookups += 1
                    value = lru.get(key)
                    assert value is None or len(value) == key
        return lookups

    lookups = in_threads(*[lambda seed=seed: live(seed) for seed in range(6)])
    report = lru.report()
    assert report.counts.hits + report.counts.total_misses == sum(lookups)
    assert report.memory_bytes == sum(entry.weight for entry in lru._entries.values())
