"""`value` hits and saves more than LRU where something is to be had, and never costs a point."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest

from cache import EvictionReason, LRUCache
from cache.admission import Admission

LOOKUPS = 12_000
SIZE = 100
POINT = 0.01


def zipf(exponent, keys, lookups, seed=1):
    cumulated = list(accumulate(rank**-exponent for rank in range(1, keys + 1)))
    return random.Random(seed).choices(range(keys), cum_weights=cumulated, k=lookups)


def by_stack_distance(mean, lookups, seed=1):
    chance, stack, asked = random.Random(seed), [], []
    for fresh in range(lookups):
        distance = int(chance.expovariate(1 / mean))
        key = stack.pop(-1 - distance) if distance < len(stack) else fresh
        stack.append(key)
        asked.append(key)
    return asked


def zipf_with_scans():
    popular, asked = iter(zipf(0.9, 3_000, LOOKUPS)), []
    for fresh in range(10**6, 10**6 + LOOKUPS, 500):
        asked += [next(popular) for _ in range(1_000)]
        asked += range(fresh, fresh + 500)
        if len(asked) >= LOOKUPS:
            return asked[:LOOKUPS]
    raise AssertionError


def shifting():
    parts = [zipf(1.0, 1_000, 2_000, seed) for seed in range(LOOKUPS // 2_000)]
    return [age * 10_000 + key for age, part in enumerate(parts) for key in part]


def drifting():
    chance = random.Random(1)
    return [max(0, n // 3 - int(chance.expovariate(1 / 60))) for n in range(LOOKUPS)]


def in_phases():
    popular, recent = zipf(1.0, 2_000, 10_000), by_stack_distance(60, 10_000)
    return [
        key
        for start in range(0, 10_000, 2_500)
        for key in popular[start : start + 2_500]
        + [10**6 + each for each in recent[start : start + 2_500]]
    ]


TRACES = {
    "Zipf 0.7": zipf(0.7, 3_000, LOOKUPS),
    "Zipf 1.0": zipf(1.0, 3_000, LOOKUPS),
    "Zipf with scans": zipf_with_scans(),
    "loop": list(range(150)) * (LOOKUPS // 150),
    "scan": range(LOOKUPS),
    "shifting": shifting(),
    "drifting": drifting(),
    "near in the stack": by_stack_distance(60, LOOKUPS),
    "far in the stack": by_stack_distance(200, LOOKUPS),
    "phases": in_phases(),
}


def replayed(keys, admission, *, ttl=None, cost=lambda key: 0.1):
    """Return hit ratio and seconds saved, at a lookup a second."""
    now = 0.0
    cache = LRUCache(SIZE, ttl, clock=lambda: now, admission=admission)
    for now, key in enumerate(keys):  # noqa: B007  # the cache's clock reads it
        if cache.get(key) is None:
            cache.put(key, True, 1, cost_seconds=cost(key))
    counts = cache.report().counts
    return counts.hits / (counts.hits + counts.total_misses), counts.saved_seconds


def mixed_cost(key):
    return 10 ** random.Random(key).uniform(-2, 0)


@pytest.mark.parametrize("name", TRACES)
def test_it_never_costs_a_point(name):
    plain, _ = replayed(TRACES[name], Admission.ALL)
    value, _ = replayed(TRACES[name], Admission.VALUE)
    assert value >= plain - POINT


@pytest.mark.parametrize("name", TRACES)
def test_it_never_costs_a_point_with_a_ttl(name):
    plain, _ = replayed(TRACES[name], Admission.ALL, ttl=500.0)
    value, _ = replayed(TRACES[name], Admission.VALUE, ttl=500.0)
    assert value >= plain - POINT


@pytest.mark.parametrize("name", TRACES)
def test_costs_never_cost_a_point(name):
    plain, _ = replayed(TRACES[name], Admission.ALL, cost=mixed_cost)
    value, _ = replayed(TRACES[name], Admission.VALUE, cost=mixed_cost)
    assert value >= plain - POINT


def test_scans_do_not_flush_the_hot_set():
    plain, _ = replayed(zipf_with_scans(), Admission.ALL)
    value, _ = replayed(zipf_with_scans(), Admission.VALUE)
    assert value >= plain + 5 * POINT


@pytest.mark.parametrize("name", ["Zipf 0.7", "Zipf 1.0", "Zipf with scans"])
def test_mixed_costs_are_saved_where_they_are_high(name):
    _, plain = replayed(TRACES[name], Admission.ALL, cost=mixed_cost)
    _, value = replayed(TRACES[name], Admission.VALUE, cost=mixed_cost)
    assert value >= 1.15 * plain


def back_and_forth(keys):
    rounds = [*range(keys)] * 5, [*range(keys - 1, -1, -1)] * 5
    return [key for number in range(LOOKUPS // (5 * keys)) for key in rounds[number % 2]]


@pytest.mark.parametrize("keys", [list(range(200)) * (LOOKUPS // 200), back_and_forth(170)])
def test_what_costs_about_the_same_is_kept_as_if_it_cost_nothing(keys):
    chance = random.Random(1)
    free, _ = replayed(keys, Admission.VALUE, cost=lambda key: 0.0)
    alike, _ = replayed(keys, Admission.VALUE, cost=lambda key: 0.1)
    measured, _ = replayed(keys, Admission.VALUE, cost=lambda key: 0.1 * chance.uniform(0.95, 1.05))
    assert (alike, measured) == (free, free)


def test_where_bytes_are_scarce_what_saves_most_per_byte_is_kept():
    def saved(admission):
        cache = LRUCache(10_000, None, clock=lambda: 0.0, admission=admission)
        for key in zipf(0.9, 3_000, LOOKUPS):
            if cache.get(key) is None:
                cache.put(key, True, 1 + key % 7 * 10, cost_seconds=0.1)
                while cache.memory_bytes > 5_000:
                    cache.evict_oldest(EvictionReason.MEMORY)
        return cache.report().counts.saved_seconds

    assert saved(Admission.VALUE) >= 1.15 * saved(Admission.ALL)


def test_the_same_lookups_give_the_same_result_twice():
    once = replayed(zipf_with_scans(), Admission.VALUE, cost=mixed_cost)
    assert once == replayed(zipf_with_scans(), Admission.VALUE, cost=mixed_cost)
