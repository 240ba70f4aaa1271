"""GenerationalCache keeps one cache per type, all within one budget, and builds what is missing."""

from __future__ import annotations

import itertools
import math

import pytest

from cache import (
    Built,
    EvictionReason,
    GenerationalCache,
    MissReason,
    Outcome,
    Tier,
    UnkeyableArgument,
    make_key,
)


@pytest.fixture
def tight(clock):
    """A cache of 10 bytes, whose values weigh their length."""
    return GenerationalCache(max_size=10, ttl=60.0, max_bytes=10, clock=clock, weigher=len)


def counts(cache, asset_type="enso"):
    return cache.report()[asset_type].counts


# By type and arguments


def test_types_and_arguments_are_kept_apart(cache):
    cache.set("enso", 1)
    cache.set("sigil", 2)
    cache.set("enso", 3, "red")
    cache.set("enso", 4, color="red")
    assert cache.get("enso") == 1
    assert cache.get("sigil") == 2
    assert cache.get("enso", "red") == 3
    assert cache.get("enso", color="red") == 4
    assert cache.get("enso", "blue") is None


@pytest.mark.parametrize("value", [None, 0, b""])
def test_a_cached_false_value_is_a_hit(cache, value):
    cache.set("enso", value)
    assert cache.get("enso") is value
    assert (counts(cache).hits, counts(cache).total_misses) == (1, 0)


def test_set_is_a_set_and_not_a_hit(cache):
    cache.set("enso", 1)
    assert (counts(cache).sets, counts(cache).hits, counts(cache).total_misses) == (1, 0, 0)


def test_an_argument_without_a_key_is_refused_and_not_counted(cache):
    with pytest.raises(UnkeyableArgument):
        cache.get("enso", object())
    with pytest.raises(UnkeyableArgument):
        cache.set("enso", 1, object())
    assert cache.report() == {}


def test_types_come_into_being_on_demand(cache):
    assert cache.find("enso", "key") is None
    assert "enso" not in cache
    assert cache.report() == {}
    assert cache.cache("enso") is cache.cache("enso")
    assert "enso" in cache
    assert list(cache.report()) == ["enso"]


def test_find_counts_a_hit_and_nothing_else(cache, clock):
    cache.cache("enso").set("key", 1)
    clock.advance(5)
    assert cache.find("enso", "key").value == 1
    assert cache.find("enso", "other") is None
    assert (counts(cache).hits, counts(cache).total_misses) == (1, 0)
    assert cache.now() == clock.now


# Configuration


def test_a_type_may_have_a_size_and_a_ttl_of_its_own(cache, clock):
    cache.configure("enso", max_size=1, ttl=5)
    for asset_type in ("enso", "sigil"):
        cache.set(asset_type, 1, "a")
        cache.set(asset_type, 2, "b")
    assert (cache.get("enso", "a"), cache.get("sigil", "a")) == (None, 1)
    clock.advance(5)
    assert (cache.get("enso", "b"), cache.get("sigil", "b")) == (None, 2)


def test_configure_all_reaches_every_type_and_those_to_come(cache):
    cache.configure("enso", max_size=7)
    cache.configure_all(max_size=2, ttl=5)
    cache.cache("sigil")
    reports = cache.report().values()
    assert [(report.max_size, report.default_ttl) for report in reports] == [(2, 5), (2, 5)]
    cache.configure_all(ttl=math.inf)
    reports = cache.report().values()
    assert [(report.max_size, report.default_ttl) for report in reports] == [(2, None)] * 2


def test_configure_all_that_is_refused_changes_nothing(cache):
    cache.cache("enso")
    with pytest.raises(ValueError, match="default TTL"):
        cache.configure_all(max_size=1, ttl=-1)
    cache.cache("sigil")
    assert [report.max_size for report in cache.report().values()] == [10, 10]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_size", -1),
        ("ttl", 0),
        ("max_bytes", -1),
        ("max_bytes", 1.5),
        ("max_bytes", True),
        ("stale_seconds", -1),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(name, value):
    with pytest.raises(ValueError, match=repr(value)):
        GenerationalCache(**{name: value})


# Generations


def test_clear_empties_one_type(cache):
    for asset_type in ("enso", "sigil"):
        cache.set(asset_type, 1)
    assert cache.clear("enso") == 1
    assert (cache.get("enso"), cache.get("sigil")) == (None, 1)
    assert counts(cache).misses[MissReason.CLEARED] == 1
    assert (counts(cache).clears, counts(cache, "sigil").clears) == (1, 0)
    assert (cache.cache("enso").generation, cache.cache("sigil").generation) == (1, 0)


def test_clear_all_empties_every_type(cache):
    for asset_type in ("enso", "sigil"):
        cache.set(asset_type, 1, "a")
        cache.set(asset_type, 1, "b")
    assert cache.clear_all() == 4
    assert cache.memory_bytes == 0
    assert [report.counts.clears for report in cache.report().values()] == [1, 1]


# The budget


def test_the_least_recently_used_of_all_types_goes_first(tight, clock):
    for number, asset_type in enumerate(["enso", "sigil", "enso", "sigil", "giraffe"]):
        tight.set(asset_type, b"22", number)
        clock.advance(1)
    tight.get("enso", 0)
    tight.set("kangaroo", b"4444")
    assert [tight.get("enso", 0), tight.get("sigil", 1), tight.get("enso", 2)] == [
        b"22",
        None,
        None,
    ]
    assert tight.memory_bytes == 10
    assert counts(tight).evictions == {EvictionReason.CAPACITY: 0, EvictionReason.MEMORY: 1}


def test_the_least_recently_used_goes_first_on_a_clock_that_stands_still(tight):
    tight.set("enso", b"22", "a")
    tight.set("sigil", b"4444", "b")
    tight.set("sigil", b"4444", "c")
    tight.get("enso", "a")
    tight.set("giraffe", b"1")
    assert tight.get("sigil", "b") is None
    assert tight.get("enso", "a") == b"22"


def test_the_dead_of_any_type_go_before_the_living(tight, clock):
    tight.set("enso", b"333", "living")
    tight.configure("sigil", ttl=1)
    for number in range(3):
        tight.set("sigil", b"22", number)
    clock.advance(1)
    tight.set("giraffe", b"7777777")
    assert tight.get("enso", "living") == b"333"
    assert tight.report()["enso"].counts.total_evictions == 0


def test_insertions_sweep_the_dead_of_every_type(tight, clock):
    tight.configure("sigil", ttl=1)
    for number in range(4):
        tight.set("sigil", b"1", number)
    clock.advance(1)
    tight.set("enso", b"1", "a")
    tight.set("enso", b"1", "b")
    assert tight.memory_bytes == 2


def test_a_value_heavier_than_the_budget_is_not_held_and_drives_nobody_out(tight):
    tight.set("enso", b"333")
    tight.set("sigil", b"x" * 11)
    assert tight.get("enso") == b"333"
    assert tight.get("sigil") is None
    assert counts(tight, "sigil").misses[MissReason.EVICTED] == 1
    tight.set("sigil", b"x" * 10)
    assert tight.get("sigil") == b"x" * 10
    assert tight.memory_bytes == 10


def test_a_budget_of_zero_holds_nothing_that_weighs():
    cache = GenerationalCache(max_bytes=0, weigher=len)
    cache.set("enso", b"1")
    cache.set("sigil", b"")
    assert (cache.get("enso"), cache.get("sigil")) == (None, b"")


def test_sweep_removes_dead_entries_of_every_type(cache, clock):
    for asset_type in ("enso", "sigil"):
        cache.set(asset_type, 1, "a")
        cache.set(asset_type, 1, "b")
    clock.advance(90)
    assert cache.sweep(1) == 2
    assert cache.sweep() == 2
    assert cache.memory_bytes == 0


# Fetching, alone


def test_the_first_fetch_builds_and_the_second_hits(cache, clock):
    key = make_key("enso")
    first = cache.fetch("enso", key, lambda: Built("image"))
    clock.advance(20)
    second = cache.fetch("enso", key, lambda: pytest.fail("built again"))
    assert first == ("image", Outcome.MISS, MissReason.COLD, 0.0, 60.0, True, None)
    assert second == ("image", Outcome.HIT, None, 20.0, 40.0, True, Tier.MEMORY)
    assert cache.get("enso") == "image"


@pytest.mark.parametrize("ttl", [10.0, 11.0])
def test_a_hit_is_never_told_to_have_expired(ttl):
    ticks = itertools.count()
    cache = GenerationalCache(ttl=ttl, clock=lambda: float(next(ticks)))
    for _ in range(100):
        fetched = cache.fetch("enso", "key", lambda: Built("image"))
        assert fetched.outcome is Outcome.MISS or fetched.ttl_seconds > 0
    assert counts(cache).misses[MissReason.EXPIRED] > 1


def test_a_build_may_set_ttl_and_cost(cache, clock):
    cache.fetch("enso", "key", lambda: Built("image", ttl_seconds=5, cost_seconds=0.25))
    fetched = cache.fetch("enso", "key", lambda: pytest.fail("built again"))
    assert fetched.ttl_seconds == 5
    assert counts(cache).saved_seconds == 0.25


def test_the_cost_of_a_build_is_measured_where_nobody_said(cache, clock):
    def build():
        clock.advance(2)
        return Built("image")

    cache.fetch("enso", "key", build)
    cache.fetch("enso", "key", build)
    assert counts(cache).saved_seconds == 2


@pytest.mark.parametrize(
    "built",
    [Built(b"1", ttl_seconds=0), Built(b"x" * 11)],
    ids=["it expires at once", "it is too heavy"],
)
def test_what_is_not_held_is_answered_all_the_same(tight, built):
    fetched = tight.fetch("enso", "key", lambda: built)
    assert (fetched.value, fetched.outcome, fetched.stored) == (built.value, Outcome.MISS, False)
    assert tight.fetch("enso", "key", lambda: built).outcome is Outcome.MISS


def test_a_failed_build_is_raised_counted_as_a_miss_and_not_kept(cache):
    def fail():
        raise OSError("no ink")

    for _ in range(2):
        with pytest.raises(OSError, match="no ink"):
            cache.fetch("enso", "key", fail)
    assert cache.fetch("enso", "key", lambda: Built(1)).outcome is Outcome.MISS
    assert counts(cache).total_misses == 3
    assert counts(cache).refresh_failures == 0


def test_a_build_with_a_ttl_that_makes_no_sense_fails_and_frees_the_key(cache):
    with pytest.raises(ValueError, match="ttl must be"):
        cache.fetch("enso", "key", lambda: Built(1, ttl_seconds=-1))
    assert cache.fetch("enso", "key", lambda: Built(2)).value == 2


def test_a_bypass_builds_anew_and_replaces_what_is_held(cache):
    cache.fetch("enso", "key", lambda: Built("old"))
    fetched = cache.fetch("enso", "key", lambda: Built("new"), bypass=True)
    assert (fetched.value, fetched.outcome, fetched.reason) == (
        "new",
        Outcome.MISS,
        MissReason.BYPASSED,
    )
    assert cache.find("enso", "key").value == "new"


def test_a_failed_bypass_leaves_what_is_held(cache):
    cache.fetch("enso", "key", lambda: Built("old"))
    with pytest.raises(ZeroDivisionError):
        cache.fetch("enso", "key", lambda: 1 / 0, bypass=True)
    assert cache.find("enso", "key").value == "old"
    assert counts(cache).misses[MissReason.BYPASSED] == 1


# Stale


def test_a_stale_entry_is_rebuilt_by_the_thread_that_finds_it(cache, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    fetched = cache.fetch("enso", "key", lambda: Built("new"))
    assert (fetched.value, fetched.outcome, fetched.reason) == (
        "new",
        Outcome.MISS,
        MissReason.EXPIRED,
    )
    assert (counts(cache).total_misses, counts(cache).stale) == (2, 0)


def test_a_stale_entry_answers_when_building_anew_fails(cache, clock):
    cache.fetch("enso", "key", lambda: Built("old", cost_seconds=0.5))
    clock.advance(65)
    fetched = cache.fetch("enso", "key", lambda: 1 / 0)
    assert fetched == ("old", Outcome.STALE, MissReason.EXPIRED, 65.0, -5.0, True, Tier.MEMORY)
    assert (counts(cache).total_misses, counts(cache).stale) == (1, 1)
    assert (counts(cache).refresh_failures, counts(cache).saved_seconds) == (1, 0.5)


def test_an_entry_is_no_longer_served_when_it_died_during_the_build(cache, clock):
    def fail_slowly():
        clock.advance(10)
        raise OSError("no ink")

    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(80)
    with pytest.raises(OSError, match="no ink"):
        cache.fetch("enso", "key", fail_slowly)
    assert (counts(cache).total_misses, counts(cache).stale) == (2, 0)


def test_past_the_stale_window_an_error_is_an_error(cache, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(90)
    with pytest.raises(ZeroDivisionError):
        cache.fetch("enso", "key", lambda: 1 / 0)
    assert counts(cache).misses[MissReason.EXPIRED] == 1


def test_a_stale_answer_tells_when_a_clear_has_taken_its_entry(cache, clock):
    def clear_and_fail():
        cache.clear("enso")
        raise OSError

    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    fetched = cache.fetch("enso", "key", clear_and_fail)
    assert (fetched.value, fetched.outcome, fetched.stored) == ("old", Outcome.STALE, False)


def test_an_interrupted_rebuild_is_counted_as_a_miss(cache, clock):
    def interrupt():
        raise KeyboardInterrupt

    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    with pytest.raises(KeyboardInterrupt):
        cache.fetch("enso", "key", interrupt)
    assert (counts(cache).total_misses, counts(cache).stale) == (2, 0)
    assert cache.fetch("enso", "key", lambda: Built("new")).value == "new"


# A build that is overtaken


def test_what_was_being_built_before_a_clear_is_not_stored_after_it(cache):
    def build():
        cache.clear("enso")
        return Built("before")

    fetched = cache.fetch("enso", "key", build)
    assert (fetched.value, fetched.stored) == ("before", False)
    assert cache.find("enso", "key") is None


def test_a_clear_of_another_type_does_not_disturb_a_build(cache):
    def build():
        cache.clear("sigil")
        return Built("image")

    assert cache.fetch("enso", "key", build).stored


def test_a_value_that_was_set_meanwhile_is_newer_than_a_build(cache):
    def build():
        cache.set("enso", "set")
        return Built("built")

    fetched = cache.fetch("enso", make_key("enso"), build)
    assert (fetched.value, fetched.stored) == ("built", False)
    assert cache.get("enso") == "set"
