"""LRUCache holds what was used last, never returns what has expired, and counts every answer."""

from __future__ import annotations

import gc
import math
import threading
import weakref

import pytest

from cache import Admission, EvictionReason, LRUCache, MissReason


class Value:
    """A value that a test can watch being freed."""


@pytest.fixture
def lru(clock):
    return LRUCache(3, 60.0, clock=clock)


def reasons(cache):
    return {reason: count for reason, count in cache.report().counts.misses.items() if count}


# The mapping


def test_a_value_is_returned_until_its_ttl_ends(lru, clock):
    lru.set("a", 1)
    clock.advance(59.999)
    assert lru.get("a") == 1
    clock.advance(0.001)
    assert lru.get("a") is None


def test_a_hit_does_not_prolong_a_ttl(lru, clock):
    lru.set("a", 1)
    clock.advance(40)
    assert lru.get("a") == 1
    clock.advance(20)
    assert lru.get("a", "gone") == "gone"


def test_a_ttl_of_its_own_beats_the_default(lru, clock):
    lru.set("short", 1, ttl=10)
    lru.set("for ever", 2, ttl=math.inf)
    clock.advance(10)
    assert lru.get("short") is None
    clock.advance(1e9)
    assert lru.get("for ever") == 2


@pytest.mark.parametrize("default_ttl", [None, math.inf])
def test_without_a_default_ttl_entries_live_for_ever(clock, default_ttl):
    lru = LRUCache(2, default_ttl, clock=clock)
    lru.set("a", 1)
    clock.advance(1e9)
    assert lru.get("a") == 1
    assert lru.stats()["default_ttl"] is None


@pytest.mark.parametrize("value", [None, 0, b"", "", False, []])
def test_a_cached_false_value_is_a_hit(lru, value):
    lru.set("a", value)
    assert lru.get("a", "missing") is value
    assert (lru.stats()["hits"], lru.stats()["misses"]) == (1, 0)


def test_a_key_that_is_not_held_gives_the_default(lru):
    assert lru.get("a") is None
    assert lru.get("a", 7) == 7


def test_the_least_recently_used_entry_goes_first(lru):
    for key in "abc":
        lru.set(key, key)
    lru.get("a")
    lru.set("b", "again")
    lru.set("d", "d")
    assert [key for key in "abcd" if key in lru] == ["a", "b", "d"]


def test_contains_neither_counts_nor_touches(lru):
    for key in "abc":
        lru.set(key, key)
    assert "a" in lru
    assert "z" not in lru
    lru.set("d", "d")
    assert "a" not in lru
    assert (lru.stats()["hits"], lru.stats()["misses"]) == (0, 0)


def test_contains_is_false_for_what_has_expired(lru, clock):
    lru.set("a", 1)
    clock.advance(60)
    assert "a" not in lru


def test_delete_tells_whether_something_was_held(lru, clock):
    lru.set("a", 1)
    lru.set("b", 1)
    assert lru.delete("a") is True
    assert lru.delete("a") is False
    clock.advance(60)
    assert lru.delete("b") is False
    assert len(lru) == 0


def test_len_counts_no_dead_entry(lru, clock):
    lru.set("a", 1)
    lru.set("b", 1, ttl=100)
    clock.advance(60)
    assert len(lru) == 1


@pytest.mark.parametrize("dead", [999, 1000, 1001, 2500])
def test_telling_the_size_removes_a_thousand_dead_entries_at_once_and_counts_none(clock, dead):
    lru = LRUCache(5000, 60.0, clock=clock, weigher=len)
    for number in range(dead):
        lru.set(number, b"x", ttl=1)
    for number in range(10):
        lru.set(str(number), b"x")
    clock.advance(1)
    for swept in range(1000, dead + 2000, 1000):
        report = lru.report()
        assert report.size == 10
        assert report.counts.expirations == min(swept, dead)
        assert report.memory_bytes == 10 + dead - min(swept, dead)
    assert len(lru) == 10


def test_clear_returns_how_many_living_entries_were_held(lru, clock):
    lru.set("dead", 1, ttl=1)
    lru.set("a", 1)
    lru.set("b", 2)
    clock.advance(1)
    assert lru.clear() == 2
    assert len(lru) == 0
    report = lru.report()
    assert (report.counts.clears, report.counts.expirations, report.memory_bytes) == (1, 1, 0)


def test_keys_need_only_be_hashable(lru):
    for key in (1, "1", (1, "a"), None, frozenset({1})):
        lru.set(key, key, ttl=5)
        assert lru.get(key) == key


def test_an_unhashable_key_leaves_the_lock_free(lru, in_threads):
    with pytest.raises(TypeError):
        lru.get([])
    lru.set("a", 1)
    assert in_threads(lambda: lru.get("a")) == [1]


# Limits


@pytest.mark.parametrize("max_size", [-1, 1.5, "3", None, True])
def test_a_size_that_makes_no_sense_is_refused(max_size):
    with pytest.raises(ValueError, match="max_size must be a whole number"):
        LRUCache(max_size)


@pytest.mark.parametrize("ttl", [0, -1, math.nan])
def test_a_default_ttl_that_makes_no_sense_is_refused(ttl):
    with pytest.raises(ValueError, match="default TTL must be more than 0"):
        LRUCache(1, ttl)


@pytest.mark.parametrize("window", [-1, math.nan])
def test_a_stale_window_that_makes_no_sense_is_refused(window):
    with pytest.raises(ValueError, match="stale_seconds must be 0 or more"):
        LRUCache(1, stale_seconds=window)


@pytest.mark.parametrize("ttl", [-1, math.nan])
def test_an_entry_with_a_ttl_that_makes_no_sense_is_refused_and_not_counted(lru, ttl):
    lru.set("a", 1)
    with pytest.raises(ValueError, match="ttl must be 0 or more"):
        lru.set("a", 2, ttl=ttl)
    assert lru.get("a") == 1
    assert lru.stats()["total_set"] == 1


def test_a_size_of_zero_stores_nothing(clock):
    lru = LRUCache(0, 60.0, clock=clock)
    lru.set("a", 1)
    assert lru.get("a") is None
    stats = lru.stats()
    assert (stats["size"], stats["memory_bytes"], stats["total_set"]) == (0, 0, 1)


def test_a_ttl_of_zero_stores_nothing_and_takes_nobodys_room(clock):
    lru = LRUCache(2, 60.0, stale_seconds=30, clock=clock)
    lru.set("a", 1)
    lru.set("b", 2)
    lru.set("c", 3, ttl=0)
    assert (lru.get("a"), lru.get("b"), lru.get("c")) == (1, 2, None)
    assert lru.peek("c") is None
    assert lru.stats()["evictions"] == 0
    assert reasons(lru) == {MissReason.EXPIRED: 1}


def test_a_ttl_of_zero_takes_the_place_of_what_was_held(lru):
    lru.set("a", 1)
    lru.set("a", 2, ttl=0)
    assert lru.get("a") is None
    assert lru.memory_bytes == 0


def test_configure_shrinks_at_once_and_keeps_the_most_recent(lru):
    for key in "abc":
        lru.set(key, key)
    lru.configure(max_size=1)
    assert [key for key in "abc" if key in lru] == ["c"]
    assert lru.report().counts.evictions[EvictionReason.CAPACITY] == 2


def test_configure_evicts_nobody_while_the_dead_leave_room(lru, clock):
    lru.set("living", 1, ttl=100)
    lru.set("dead", 1, ttl=1)
    clock.advance(1)
    lru.configure(max_size=1)
    assert "living" in lru
    assert lru.report().counts.total_evictions == 0


def test_configure_changes_the_ttl_of_what_is_stored_from_then_on(lru, clock):
    lru.set("before", 1)
    lru.configure(ttl=10)
    lru.set("after", 1)
    clock.advance(10)
    assert ("before" in lru, "after" in lru) == (True, False)
    lru.configure(ttl=math.inf)
    assert lru.report().default_ttl is None


def test_configure_that_is_refused_changes_nothing(lru):
    for key in "abc":
        lru.set(key, key)
    with pytest.raises(ValueError, match="default TTL"):
        lru.configure(max_size=1, ttl=0)
    assert (len(lru), lru.stats()["max_size"], lru.stats()["default_ttl"]) == (3, 3, 60.0)


# Statistics


def test_set_counts_as_a_set_and_not_as_a_hit(lru):
    lru.set("a", 1)
    lru.set("a", 2)
    stats = lru.stats()
    assert (stats["total_set"], stats["hits"], stats["misses"]) == (2, 0, 0)


def test_counts_survive_everything_that_can_happen_to_an_entry(lru, clock):
    for key in "abcd":  # d drives a out
        lru.set(key, key)
        lru.get(key)
    lru.delete("b")
    lru.set("c", "replaced")
    lru.get("c")
    clock.advance(60)
    lru.get("d")
    lru.clear()
    counts = lru.report().counts
    assert counts.hits == 5
    assert counts.total_misses == 1
    assert (counts.sets, counts.total_evictions, counts.expirations) == (5, 1, 2)


@pytest.mark.parametrize("step", [0.0, 0.5], ids=["a clock that stands still", "a clock that goes"])
def test_hits_are_reported_exactly_however_often_one_looks(clock, step):
    lru = LRUCache(5, None, clock=clock)
    for key in "abcde":
        lru.set(key, b"12")
    expected = 0
    for key in "abacadaeeeb":
        for _ in range(3):
            lru.get(key)
            expected += 1
            clock.advance(step)
            assert lru.stats()["hits"] == expected
    counts = lru.report().counts
    assert counts.served_bytes == 2 * expected


def test_hits_are_exact_when_a_stale_answer_meets_its_successor(clock):
    lru = LRUCache(5, 60.0, stale_seconds=30, clock=clock)
    lru.set("a", "old")
    clock.advance(60)
    old = lru.peek("a")
    lru.set("a", "new")
    clock.advance(1)
    lru.report()
    clock.advance(1)
    lru.set("b", 1)
    lru.get("b")
    lru.count_stale(old)
    counts = lru.report().counts
    assert (counts.hits, counts.stale) == (1, 1)


def test_saved_seconds_and_served_bytes_are_those_of_hits_and_stale_answers(clock):
    lru = LRUCache(5, 60.0, stale_seconds=30, clock=clock)
    entry = lru.put("a", b"four", 4, cost_seconds=0.25)
    lru.get("a")
    lru.find("a")
    clock.advance(60)
    lru.count_stale(entry)
    counts = lru.report().counts
    assert (counts.saved_seconds, counts.served_bytes) == (0.75, 12)


def test_a_report_does_not_change_afterwards(lru):
    lru.set("a", 1)
    report = lru.report()
    lru.find("a")
    lru.get("b")
    lru.clear()
    assert (report.counts.hits, report.counts.total_misses, report.size) == (0, 0, 1)
    assert sum(report.counts.hit_ages.counts) == 0


def test_find_notes_the_age_of_what_it_hit(lru, clock):
    lru.set("a", 1)
    clock.advance(20)
    assert lru.find("a").value == 1
    assert lru.find("b") is None
    clock.advance(60)
    assert lru.find("a") is None
    counts = lru.report().counts
    assert (counts.hits, counts.total_misses) == (1, 0)
    assert (sum(counts.hit_ages.counts), counts.hit_ages.sum_seconds) == (1, 20.0)


def test_the_age_of_an_evicted_entry_is_noted(lru, clock):
    lru.set("a", 1)
    clock.advance(20)
    for key in "bcd":
        lru.set(key, key)
    ages = lru.report().counts.eviction_ages
    assert (sum(ages.counts), ages.sum_seconds) == (1, 20.0)


def test_memory_is_the_sum_of_what_is_held(clock):
    lru = LRUCache(2, 60.0, clock=clock, weigher=len)
    lru.set("a", b"1")
    lru.set("b", b"22")
    lru.set("c", b"333")
    lru.set("b", b"4444")
    assert lru.memory_bytes == 7
    lru.delete("c")
    assert lru.memory_bytes == 4
    clock.advance(60)
    assert lru.report().memory_bytes == 0


def test_memory_is_that_of_the_values_and_not_of_object_headers(lru):
    lru.set("a", b"x" * 100_000)
    lru.set("b", [b"y" * 100_000])
    assert lru.stats()["memory_bytes"] >= 200_000


# Why a lookup missed


def test_every_miss_has_its_reason(lru, clock):
    lru.get("a")
    lru.set("a", 1)
    clock.advance(60)
    lru.get("a")
    lru.get("a")
    for key in "bcde":
        lru.set(key, 1)
    lru.get("b")
    lru.delete("c")
    lru.get("c")
    lru.clear()
    lru.get("d")
    assert reasons(lru) == {
        MissReason.COLD: 1,
        MissReason.EXPIRED: 2,
        MissReason.EVICTED: 1,
        MissReason.CLEARED: 2,
    }


def test_the_reason_is_the_same_whether_or_not_a_sweep_came_first(clock):
    for look_first in (True, False):
        lru = LRUCache(3, 60.0, clock=clock)
        lru.set("a", 1)
        clock.advance(60)
        if look_first:
            lru.report()
        lru.clear()
        lru.get("a")
        assert reasons(lru) == {MissReason.EXPIRED: 1}
        assert lru.report().counts.expirations == 1


def test_an_expired_entry_that_is_driven_out_took_nobodys_room(clock):
    lru = LRUCache(1, 60.0, stale_seconds=30, clock=clock)
    lru.set("a", 1)
    clock.advance(60)
    lru.set("b", 1)
    lru.get("a")
    counts = lru.report().counts
    assert (counts.total_evictions, counts.expirations) == (0, 1)
    assert reasons(lru) == {MissReason.EXPIRED: 1}


def test_a_key_that_is_held_again_takes_no_room_among_the_dropped(lru):
    lru.set("a", 1)
    lru.delete("a")
    assert len(lru._ghosts) == 1
    lru.set("a", 1)
    assert len(lru._ghosts) == 0


def test_replacing_what_has_expired_counts_as_an_expiration(clock):
    lru = LRUCache(3, 60.0, stale_seconds=30, clock=clock)
    lru.set("a", 1)
    lru.set("a", 2)
    clock.advance(60)
    lru.set("a", 3)
    assert lru.report().counts.expirations == 1


def test_the_memory_of_dropped_keys_is_bounded(clock):
    lru = LRUCache(1, 60.0, clock=clock)
    for number in range(2000):
        lru.set(number, number)
    lru.get(1998)
    lru.get(0)
    assert reasons(lru) == {MissReason.EVICTED: 1, MissReason.COLD: 1}


# Room and dead entries


def test_what_is_expired_is_kept_for_stale_use_and_no_longer(clock):
    lru = LRUCache(3, 60.0, stale_seconds=30, clock=clock)
    lru.set("a", 1)
    clock.advance(60)
    assert lru.get("a") is None
    assert lru.peek("a").value == 1
    assert len(lru) == 1
    clock.advance(30)
    assert lru.peek("a") is None
    lru.get("a")
    assert (lru.memory_bytes, lru.report().counts.expirations) == (0, 1)


def test_insertions_sweep_dead_entries_away(clock):
    lru = LRUCache(100, None, clock=clock, weigher=len)
    for number in range(50):
        lru.set(number, b"dead", ttl=1)
    clock.advance(1)
    for number in range(100, 125):
        lru.set(number, b"")
    assert lru.memory_bytes == 0


def test_a_sweep_removes_no_more_than_it_was_allowed(clock):
    lru = LRUCache(10, 5.0, clock=clock)
    for number in range(6):
        lru.set(number, number)
    assert lru.sweep() == 0
    clock.advance(5)
    assert (lru.sweep(0), lru.sweep(2), lru.sweep(), lru.sweep()) == (0, 2, 4, 0)


def test_a_replaced_entry_is_not_swept_with_the_deadline_of_its_predecessor(lru, clock):
    lru.set("a", 1, ttl=10)
    lru.set("a", 2, ttl=20)
    clock.advance(10)
    assert lru.sweep() == 0
    assert lru.get("a") == 2
    clock.advance(10)
    assert lru.sweep() == 1


def test_the_living_keep_their_room_while_there_are_dead(clock):
    lru = LRUCache(3, 60.0, clock=clock)
    lru.set("a", 1)
    lru.set("b", 1)
    lru.set("dead", 1, ttl=1)
    clock.advance(1)
    lru.set("c", 1)
    assert [key in lru for key in "abc"] == [True] * 3


def test_a_dropped_value_is_freed_at_once(lru):
    value = Value()
    watch = weakref.ref(value)
    lru.set("a", value)
    del value
    lru.delete("a")
    gc.collect()
    assert watch() is None


@pytest.mark.parametrize("step", [0.0, 0.001])
def test_replacing_for_ever_does_not_grow(lru, clock, step):
    for number in range(1000):
        lru.set("a", number)
        clock.advance(step)
    assert len(lru._deadlines) < 100


def test_a_value_too_heavy_is_not_held_and_replaces_what_was(lru):
    lru.set("a", b"small")
    assert lru.put("a", b"heavy", 101, max_bytes=100) is None
    assert lru.put("b", b"fits", 100, max_bytes=100) is not None
    assert lru.get("a") is None
    assert lru.report().counts.evictions[EvictionReason.MEMORY] == 1


def test_the_oldest_use_is_that_of_the_next_to_go(lru, clock):
    assert lru.oldest_use()[0] == math.inf
    lru.set("a", 1)
    clock.advance(5)
    lru.set("b", 1)
    assert lru.oldest_use()[0] == 1000.0
    lru.get("a")
    assert lru.oldest_use()[0] == 1005.0


# Threads


def test_caches_may_share_a_lock(clock):
    lock = threading.RLock()
    lru = LRUCache(3, 60.0, clock=clock, lock=lock)
    lru.set("a", 1)
    blocked = threading.Thread(target=lru.get, args=("a",))
    with lock:
        blocked.start()
        assert lru.get("a") == 1  # re-entered by the owner
        assert lru.report().counts.hits == 1
    blocked.join()
    assert lru.report().counts.hits == 2


def test_an_interrupted_lookup_leaves_the_lock_free(in_threads):
    class Interrupt(BaseException):
        pass

    def clock():
        if armed:
            raise Interrupt
        return 0.0

    armed = False
    lru = LRUCache(3, 60.0, clock=clock)
    lru.set("a", 1)
    armed = True
    with pytest.raises(Interrupt):
        lru.get("a")
    armed = False
    assert in_threads(lambda: lru.get("a")) == [1]


# What a lasting tier and an operator are told


@pytest.mark.parametrize("admission", Admission)
def test_each_hit_of_what_is_held_is_taken_once_the_last_used_first(clock, admission):
    lru = LRUCache(3, 60.0, clock=clock, admission=admission)
    for key in "abc":
        lru.set(key, key)
    assert lru.take_hits() == []
    for key in "abb":
        clock.advance(1)
        lru.get(key)
    assert lru.take_hits() == [("b", 2), ("a", 1)]
    assert lru.take_hits() == []
    lru.report()  # counting them elsewhere takes nothing away
    lru.get("a")
    lru.get("c")
    lru.report()
    assert sorted(lru.take_hits()) == [("a", 1), ("c", 1)]
    lru.get("c")
    lru.delete("c")
    assert lru.take_hits() == []


class Compressed(bytes):
    raw_bytes = 1000


def test_the_raw_bytes_of_what_is_held_are_known(lru, clock):
    lru.set("a", Compressed(10))
    lru.set("b", b"plain")
    assert (lru.report().raw_bytes, lru.memory_bytes) == (1005, 15)
    lru.set("a", b"replaced")
    assert lru.stats()["raw_bytes"] == 13
    lru.set("a", Compressed(1), ttl=1)
    clock.advance(1)
    assert lru.report().raw_bytes == 5
    lru.clear()
    assert lru.report().raw_bytes == 0
