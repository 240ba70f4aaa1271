"""Threads that ask for one key at once share one build, its result and its error; nobody hangs."""

from __future__ import annotations

import threading

import pytest

from cache import (
    BuildAbandoned,
    Built,
    CacheError,
    GenerationalCache,
    MissReason,
    Outcome,
    RecursiveBuild,
)


def counts(cache, asset_type="enso"):
    return cache.report()[asset_type].counts


@pytest.fixture
def joined(cache, eventually):
    """Wait until so many lookups have joined builds of enso."""

    def wait(number):
        eventually(lambda: counts(cache).coalesced == number)

    return wait


def test_a_thousand_threads_cause_one_build(cache, in_threads, joined):
    builds = []

    def build():
        builds.append(threading.get_ident())
        joined(999)
        return Built(object())

    answers = in_threads(*[lambda: cache.fetch("enso", "key", build)] * 1000)
    assert len(builds) == 1
    assert len({id(answer.value) for answer in answers}) == 1
    outcomes = [answer.outcome for answer in answers]
    assert (outcomes.count(Outcome.MISS), outcomes.count(Outcome.COALESCED)) == (1, 999)
    assert {answer.reason for answer in answers} == {MissReason.COLD}
    assert all(answer.stored and answer.ttl_seconds == 60 for answer in answers)
    assert (counts(cache).total_misses, counts(cache).coalesced, counts(cache).hits) == (1, 999, 0)


def test_an_error_is_shared_by_those_who_waited_and_not_cached(cache, in_threads, joined):
    def fail():
        joined(7)
        raise OSError("no ink")

    errors = in_threads(*[lambda: cache.fetch("enso", "key", fail)] * 8)
    assert all(isinstance(error, OSError) for error in errors)
    assert cache.fetch("enso", "key", lambda: Built(1)).outcome is Outcome.MISS
    assert (counts(cache).total_misses, counts(cache).coalesced) == (2, 7)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_waiters_are_told_when_the_building_thread_is_interrupted(
    cache, in_threads, joined, interrupt
):
    def build():
        joined(3)
        raise interrupt

    kinds = [type(error) for error in in_threads(*[lambda: cache.fetch("enso", "key", build)] * 4)]
    assert sorted(kinds, key=str) == sorted([interrupt] + [BuildAbandoned] * 3, key=str)
    assert issubclass(BuildAbandoned, CacheError)
    assert cache.fetch("enso", "key", lambda: Built(1)).value == 1


def test_builds_of_different_keys_run_side_by_side(cache, in_threads):
    together = threading.Barrier(4)

    def build():
        together.wait(20)
        return Built(1)

    answers = in_threads(*[lambda key=key: cache.fetch("enso", key, build) for key in "abcd"])
    assert [answer.outcome for answer in answers] == [Outcome.MISS] * 4


def test_others_are_answered_stale_while_one_thread_rebuilds(cache, clock, in_threads):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)

    def build():
        assert in_threads(ask)[0][:2] == ("old", Outcome.STALE)
        assert cache.fetch("enso", "key", ask).outcome is Outcome.STALE  # even the build itself
        return Built("new")

    def ask():
        return cache.fetch("enso", "key", lambda: pytest.fail("built twice"))

    assert cache.fetch("enso", "key", build)[:2] == ("new", Outcome.MISS)
    assert (counts(cache).total_misses, counts(cache).stale) == (2, 2)


def test_those_who_ask_after_a_clear_do_not_join_the_build_before_it(cache, in_threads):
    def before():
        cache.clear("enso")
        [after] = in_threads(lambda: cache.fetch("enso", "key", lambda: Built("after")))
        assert (after.value, after.outcome) == ("after", Outcome.MISS)
        return Built("before")

    assert cache.fetch("enso", "key", before)[0] == "before"
    assert cache.find("enso", "key").value == "after"


def test_those_who_wait_when_a_clear_comes_are_still_answered(cache, in_threads, joined):
    def build():
        joined(2)
        cache.clear_all()
        return Built("before")

    answers = in_threads(*[lambda: cache.fetch("enso", "key", build)] * 3)
    assert [answer.value for answer in answers] == ["before"] * 3
    assert not any(answer.stored for answer in answers)
    assert cache.find("enso", "key") is None


def test_a_bypass_overtakes_a_build_under_way_and_is_joined_instead(cache, in_threads, joined):
    bypassing = threading.Event()

    def slow():
        overtaker, follower = in_threads(
            lambda: cache.fetch("enso", "key", anew, bypass=True), follow
        )
        assert (overtaker.outcome, overtaker.reason) == (Outcome.MISS, MissReason.BYPASSED)
        assert (follower.outcome, follower.value) == (Outcome.COALESCED, "anew")
        return Built("overtaken")

    def anew():
        bypassing.set()
        joined(1)
        return Built("anew")

    def follow():
        bypassing.wait(20)
        return cache.fetch("enso", "key", pytest.fail)

    overtaken = cache.fetch("enso", "key", slow)
    assert (overtaken.value, overtaken.stored) == ("overtaken", False)
    assert cache.find("enso", "key").value == "anew"


# Builds that ask the cache themselves


def test_a_build_may_ask_for_another_key(cache):
    def outer():
        return Built(cache.fetch("enso", "inner", lambda: Built(1)).value + 1)

    assert cache.fetch("enso", "outer", outer).value == 2


def test_a_build_that_asks_for_its_own_key_is_refused(cache):
    def build():
        return cache.fetch("enso", "key", build)

    with pytest.raises(RecursiveBuild):
        cache.fetch("enso", "key", build)
    assert (counts(cache).total_misses, counts(cache).coalesced) == (1, 0)
    assert cache.fetch("enso", "key", lambda: Built(1)).value == 1


def test_a_build_that_asks_for_its_own_key_through_another_is_refused(cache):
    def first():
        return cache.fetch("enso", "second", second)

    def second():
        return cache.fetch("enso", "first", first)

    with pytest.raises(RecursiveBuild):
        cache.fetch("enso", "first", first)


@pytest.mark.parametrize("again", ["bypass", "clear"])
def test_a_build_that_starts_itself_anew_for_ever_is_refused(cache, again):
    def build():
        if again == "clear":
            cache.clear("enso")
        return cache.fetch("enso", "key", build, bypass=again == "bypass")

    with pytest.raises(RecursiveBuild):
        cache.fetch("enso", "key", build)


def test_two_builds_that_wait_for_each_other_are_refused(cache, in_threads):
    both = threading.Barrier(2)

    def build(other):
        both.wait(20)
        return Built(cache.fetch("enso", other, lambda: Built("own")).value)

    answers = in_threads(
        lambda: cache.fetch("enso", "a", lambda: build("b")),
        lambda: cache.fetch("enso", "b", lambda: build("a")),
    )
    # The one that asked last is refused; the other waited for it and shares that.
    assert [type(answer) for answer in answers] == [RecursiveBuild] * 2


def test_a_build_may_wait_for_one_that_another_build_waits_for(cache, in_threads, joined):
    def shared():
        joined(2)
        return Built(1)

    def build():
        return Built(cache.fetch("enso", "shared", shared).value + 1)

    answers = in_threads(
        lambda: cache.fetch("enso", "a", build),
        lambda: cache.fetch("enso", "b", build),
        lambda: cache.fetch("enso", "shared", shared),
    )
    assert [answer.value for answer in answers] == [2, 2, 1]


def test_the_same_key_in_another_cache_is_another_build(cache, clock):
    behind = GenerationalCache(clock=clock)

    def build():
        return Built(behind.fetch("enso", "key", lambda: Built("image")).value)

    assert cache.fetch("enso", "key", build).value == "image"
