"""Every policy keeps the cache's promises; only which entry makes room differs."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cache import EvictionReason, LRUCache, MissReason
from cache.admission import Admission

KEYS = st.sampled_from("abcdefghijklmnop")
STALE_SECONDS = 5.0
SIZE_OF_THREADS = 20


class Life(RuleBasedStateMachine):
    """One cache, beside a dictionary of what was set last and a tally of what was asked."""

    admission = Admission.ALL

    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.size, self.ttl = 4, 10.0
        self.latest = {}
        self.asked = Counter()
        self.cache = LRUCache(
            self.size,
            self.ttl,
            stale_seconds=STALE_SECONDS,
            clock=lambda: self.now,
            admission=self.admission,
        )

    @rule(key=KEYS)
    def get(self, key):
        value = self.cache.get(key)
        self.asked["misses" if value is None else "hits"] += 1
        if value is not None:
            latest, expires_at = self.latest[key]
            assert value is latest
            assert self.now < expires_at

    @rule(key=KEYS, weight=st.integers(0, 30), cost=st.sampled_from([0.0, 0.1, 5.0]))
    def get_or_put(self, key, weight, cost):
        entry = self.cache.find(key)
        if entry is not None:
            self.asked["hits"] += 1
            assert entry.value is self.latest[key][0]
            return
        self.asked["misses"] += 1
        self.cache.count_miss(key)
        self.put(key, weight, cost, None)

    @rule(
        key=KEYS,
        weight=st.integers(0, 30),
        cost=st.sampled_from([0.0, 0.1, 5.0]),
        ttl=st.sampled_from([None, None, 0.0, 3.0]),
    )
    def put(self, key, weight, cost, ttl):
        value = object()
        self.asked["sets"] += 1
        entry = self.cache.put(key, value, weight, ttl, cost_seconds=cost, max_bytes=25)
        assert entry is None or entry.value is value
        assert self.size or entry is None
        self.latest[key] = value, self.now + (self.ttl if ttl is None else ttl)

    @rule(key=KEYS)
    def use_stale(self, key):
        entry = self.cache.peek(key)
        if entry is not None and self.now >= entry.expires_at:
            self.cache.count_stale(entry)

    @rule()
    def make_room_for_another_type(self):
        if len(self.cache):
            self.cache.evict_oldest(EvictionReason.MEMORY)

    @rule(key=KEYS)
    def delete(self, key):
        held = self.cache.peek(key) is not None
        assert self.cache.delete(key) is held
        assert key not in self.cache

    @rule()
    def clear(self):
        self.cache.clear()
        assert len(self.cache) == 0

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0]))
    def let_time_pass(self, seconds):
        self.now += seconds

    @rule(size=st.integers(0, 8), ttl=st.sampled_from([None, 2.0, 10.0]))
    def configure(self, size, ttl):
        self.size = size
        self.ttl = ttl or self.ttl
        self.cache.configure(max_size=size, ttl=ttl)

    @invariant()
    def no_more_is_held_than_may_be(self):
        assert len(self.cache._entries) <= self.size

    @invariant()
    def bytes_are_those_of_what_is_held(self):
        assert self.cache.memory_bytes == sum(
            entry.weight for entry in self.cache._entries.values()
        )

    @invariant()
    def entries_stand_in_order_of_use(self):
        turns = [entry.used_at for entry in self.cache._entries.values()]
        assert turns == sorted(turns)

    @invariant()
    def the_policy_names_what_is_held(self):
        if self.cache._entries:
            assert self.cache._eviction.victim() in self.cache._entries

    def teardown(self):
        counts = self.cache.report().counts
        assert counts.hits == self.asked["hits"]
        assert counts.total_misses == self.asked["misses"]
        assert counts.sets == self.asked["sets"]
        assert counts.misses[MissReason.BYPASSED] == 0


class ValueLife(Life):
    """The same under `value`, whose shadows and strays must stay within bounds as well."""

    admission = Admission.VALUE

    @invariant()
    def shadows_hold_no_more_than_may_be_held(self):
        duel = self.cache._eviction
        assert len(duel._recency) <= self.size
        assert len(duel._value) <= self.size

    @invariant()
    def keys_apart_are_what_lru_would_hold_but_is_not_held(self):
        duel = self.cache._eviction
        assert duel._keys_apart == sum(
            key not in self.cache._entries for key in duel._recency._held
        )

    @invariant()
    def strays_are_what_is_held_but_not_by_value(self):
        duel = self.cache._eviction
        assert set(duel._strays) == {key for key in self.cache._entries if key not in duel._value}


@pytest.mark.parametrize("life", [Life, ValueLife])
def test_a_long_life_keeps_every_promise(life):
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=40,
            stateful_step_count=50,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("admission", Admission)
def test_an_entry_without_room_counts_as_set_and_evicted_for_capacity(admission):
    cache = LRUCache(0, admission=admission)
    cache.set("a", b"image")
    counts = cache.report().counts
    assert (counts.sets, counts.evictions[EvictionReason.CAPACITY], len(cache)) == (1, 1, 0)
    assert cache.miss_reason("a") is MissReason.EVICTED


@pytest.mark.parametrize("admission", Admission)
def test_a_name_stands_for_the_policy(admission):
    assert LRUCache(admission=admission.value).get("a") is None


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="sometimes"):
        LRUCache(admission="sometimes")


@pytest.mark.parametrize("admission", Admission)
def test_threads_agree_on_what_is_held(admission, in_threads):
    cache = LRUCache(SIZE_OF_THREADS, 60.0, admission=admission)

    def ask(first):
        for number in range(first, first + 3_000):
            key = number * 7 % 97 * (number % 3 + 1)
            if cache.get(key) is None:
                cache.set(key, b"image")

    asking = [lambda first=first: ask(first) for first in range(0, 400, 100)]
    assert in_threads(*asking) == [None] * 4
    counts = cache.report().counts
    assert counts.hits + counts.total_misses == 12_000
    assert counts.sets == counts.total_misses
    assert len(cache) == SIZE_OF_THREADS
