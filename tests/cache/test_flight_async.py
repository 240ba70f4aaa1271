"""Tasks that ask for one key at once share one build; whoever leaves harms nobody who stays."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cache import BuildAbandoned, Built, MissReason, Outcome, RecursiveBuild


def counts(cache, asset_type="enso"):
    return cache.report()[asset_type].counts


async def until(condition):
    """Let the loop turn until other tasks have brought a condition about."""
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0)


class Work:
    """A build that a test lets finish, fail, and see."""

    def __init__(self, value="image"):
        self.value = value
        self.started = 0
        self.cancelled = 0
        self.may_finish = asyncio.Event()

    async def __call__(self):
        self.started += 1
        try:
            await self.may_finish.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.value, BaseException):
            raise self.value
        return Built(self.value)


@pytest.fixture
def ask(cache):
    """Start a lookup in a task of its own."""

    def start(build, key="key", **options):
        return asyncio.ensure_future(cache.fetch_async("enso", key, build, **options))

    return start


async def test_sixteen_tasks_cause_one_build(cache, ask):
    work = Work()
    tasks = [ask(work) for _ in range(16)]
    await until(lambda: counts(cache).coalesced == 15 if cache.report() else False)
    work.may_finish.set()
    answers = await asyncio.gather(*tasks)
    assert work.started == 1
    assert [answer.outcome for answer in answers] == [Outcome.MISS] + [Outcome.COALESCED] * 15
    assert {answer.value for answer in answers} == {"image"}
    assert (counts(cache).total_misses, counts(cache).coalesced) == (1, 15)
    assert (await ask(work)).outcome is Outcome.HIT


async def test_an_error_is_shared_by_those_who_waited_and_not_cached(cache, ask):
    work = Work(OSError("no ink"))
    work.may_finish.set()
    errors = await asyncio.gather(*[ask(work) for _ in range(4)], return_exceptions=True)
    assert [type(error) for error in errors] == [OSError] * 4
    assert work.started == 1
    work.value = "image"
    assert (await ask(work)).outcome is Outcome.MISS


async def test_a_cancelled_leader_or_waiter_harms_nobody(cache, ask):
    work = Work()
    leader, waiter, patient = ask(work), ask(work), ask(work)
    await until(lambda: work.started)
    for leaving in (leader, waiter):
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    work.may_finish.set()
    answer = await patient
    assert (answer.value, answer.outcome, answer.stored) == ("image", Outcome.COALESCED, True)
    assert (counts(cache).total_misses, counts(cache).coalesced) == (1, 2)
    assert work.cancelled == 0


async def test_a_build_that_nobody_waits_for_any_more_is_cancelled(cache, ask):
    work = Work()
    tasks = [ask(work) for _ in range(3)]
    await until(lambda: work.started)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: work.cancelled)
    fresh = Work("fresh")
    fresh.may_finish.set()
    assert (await ask(fresh)).value == "fresh"
    assert (counts(cache).total_misses, counts(cache).coalesced) == (2, 2)


async def test_a_deserted_build_that_cannot_be_stopped_is_not_stored(cache, ask):
    stubborn_done = asyncio.Event()

    async def stubborn():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stubborn_done.set()
        return Built("late")

    task = ask(stubborn)
    await until(lambda: cache.report())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(20):
        await stubborn_done.wait()
    await asyncio.sleep(0)
    assert cache.find("enso", "key") is None


async def test_cancelled_waiters_of_a_failing_build_leave_no_noise(ask):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    work = Work(OSError("no ink"))
    tasks = [ask(work) for _ in range(3)]
    await until(lambda: work.started)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    work.may_finish.set()
    with pytest.raises(OSError, match="no ink"):
        await tasks[2]
    await asyncio.sleep(0)
    assert told == []


async def test_a_build_that_cancels_itself_is_abandoned(cache, ask):
    work = Work(asyncio.CancelledError())
    tasks = [ask(work), ask(work)]
    work.may_finish.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [BuildAbandoned] * 2
    work.value = "image"
    assert (await ask(work)).value == "image"


async def test_a_bypass_builds_anew(cache, ask):
    work = Work("old")
    work.may_finish.set()
    await ask(work)
    work.value = "new"
    answer = await ask(work, bypass=True)
    assert (answer.value, answer.reason) == ("new", MissReason.BYPASSED)
    assert cache.find("enso", "key").value == "new"


async def test_a_build_under_way_at_a_clear_answers_but_is_not_stored(cache, ask):
    before, after = Work("before"), Work("after")
    early = ask(before)
    await until(lambda: before.started)
    cache.clear("enso")
    late = ask(after)
    await until(lambda: after.started)
    before.may_finish.set()
    after.may_finish.set()
    assert [(await early).value, (await late).value] == ["before", "after"]
    assert ((await early).stored, (await late).stored) == (False, True)
    assert cache.find("enso", "key").value == "after"


# Warming


async def test_what_is_warmed_is_held_and_was_looked_up_by_nobody(cache):
    work = Work()
    work.may_finish.set()
    await cache.warm_async("enso", "key", work)
    report = cache.report()["enso"]
    assert (report.size, report.counts.sets, report.counts.total_misses) == (1, 1, 0)
    await cache.warm_async("enso", "key", work)
    assert work.started == 1


async def test_those_who_ask_during_a_warming_join_it(cache, ask):
    work = Work()
    warming = asyncio.ensure_future(cache.warm_async("enso", "key", work))
    await until(lambda: work.started)
    asking = ask(pytest.fail)
    await until(lambda: counts(cache).coalesced == 1)
    await cache.warm_async("enso", "key", pytest.fail)  # is under way already
    work.may_finish.set()
    assert (await asking)[:2] == ("image", Outcome.COALESCED)
    await warming


async def test_a_warming_replaces_what_is_stale_and_tells_its_error(cache, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    work = Work(OSError("no ink"))
    work.may_finish.set()
    with pytest.raises(OSError, match="no ink"):
        await cache.warm_async("enso", "key", work)
    work.value = "new"
    await cache.warm_async("enso", "key", work)
    assert cache.find("enso", "key").value == "new"


# Stale


async def test_a_stale_entry_answers_at_once_and_is_refreshed_behind_the_answer(cache, ask, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(65)
    work = Work("new")
    answers = await asyncio.gather(*[ask(work) for _ in range(5)])
    assert {answer[:5] for answer in answers} == {
        ("old", Outcome.STALE, MissReason.EXPIRED, 65.0, -5.0)
    }
    await until(lambda: work.started)
    work.may_finish.set()
    await until(lambda: cache.find("enso", "key"))
    assert work.started == 1
    assert cache.find("enso", "key").value == "new"
    assert (counts(cache).stale, counts(cache).total_misses) == (5, 1)


async def test_a_refresh_that_fails_is_counted_and_leaves_the_entry(cache, ask, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    work = Work(OSError("no ink"))
    work.may_finish.set()
    for failures in (1, 2):
        assert (await ask(work)).outcome is Outcome.STALE
        await until(lambda failures=failures: counts(cache).refresh_failures == failures)
    clock.advance(30)
    with pytest.raises(OSError, match="no ink"):
        await ask(work)


async def test_those_who_ask_when_the_entry_has_died_join_its_refresh(cache, ask, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    work = Work("new")
    assert (await ask(work)).value == "old"
    clock.advance(30)
    impatient, patient = ask(work), ask(work)
    await until(lambda: counts(cache).coalesced == 2)
    impatient.cancel()
    work.may_finish.set()
    assert (await patient)[:2] == ("new", Outcome.COALESCED)
    assert work.started == 1


# Builds that ask the cache themselves


async def test_a_build_that_asks_for_its_own_key_is_refused(cache):
    async def build():
        return await cache.fetch_async("enso", "key", build)

    with pytest.raises(RecursiveBuild):
        await cache.fetch_async("enso", "key", build)


async def test_a_task_of_a_build_counts_as_that_build(cache):
    async def build():
        return await asyncio.create_task(cache.fetch_async("enso", "key", build))

    with pytest.raises(RecursiveBuild):
        await cache.fetch_async("enso", "key", build)


async def test_a_build_that_bypasses_itself_for_ever_is_refused(cache):
    async def build():
        return await cache.fetch_async("enso", "key", build, bypass=True)

    with pytest.raises(RecursiveBuild):
        await cache.fetch_async("enso", "key", build)


async def test_two_builds_that_wait_for_each_other_are_refused(cache, ask):
    async def build(other):
        await until(lambda: len(cache._lookups._board._flights) == 2)
        return await cache.fetch_async("enso", other, pytest.fail)

    errors = await asyncio.gather(
        ask(lambda: build("b"), "a"), ask(lambda: build("a"), "b"), return_exceptions=True
    )
    assert [type(error) for error in errors] == [RecursiveBuild] * 2


async def test_a_build_that_gave_up_waiting_for_another_does_not_count_as_waiting(cache, ask):
    """a waits for b, leaves, and b may then wait for a."""
    gave_up = asyncio.Event()

    async def a():
        waiting = ask(b, "b")
        await until(lambda: counts(cache).coalesced == 1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        gave_up.set()
        await until(lambda: counts(cache).coalesced == 2)
        return Built("a")

    async def b():
        await gave_up.wait()
        return Built((await cache.fetch_async("enso", "a", pytest.fail)).value + "b")

    second = ask(b, "b")
    await until(lambda: cache.report())
    assert (await ask(a, "a")).value == "a"
    assert (await second).value == "ab"


async def test_a_task_that_a_build_left_behind_may_ask_for_its_key(cache, clock):
    left_behind = []

    async def build():
        async def later():
            await landed.wait()
            clock.advance(1000)
            return await cache.fetch_async("enso", "key", again)

        left_behind.append(asyncio.create_task(later()))
        return Built("first")

    async def again():
        return Built("second")

    landed = asyncio.Event()
    assert (await cache.fetch_async("enso", "key", build)).value == "first"
    landed.set()
    assert (await left_behind[0]).value == "second"


# Threads and several event loops


async def test_a_thread_and_a_task_share_the_build_of_a_task(cache, ask):
    work = Work()
    task = ask(work)
    await until(lambda: work.started)
    thread = asyncio.to_thread(cache.fetch, "enso", "key", pytest.fail)
    thread = asyncio.ensure_future(thread)
    await until(lambda: counts(cache).coalesced == 1)
    work.may_finish.set()
    assert ((await task).value, (await thread).value) == ("image", "image")


async def test_a_task_shares_the_build_of_a_thread(cache, ask, eventually):
    def build():
        eventually(lambda: counts(cache).coalesced == 2)
        return Built("image")

    thread = asyncio.ensure_future(asyncio.to_thread(cache.fetch, "enso", "key", build))
    await until(lambda: cache._lookups._board._flights)
    impatient, patient = ask(pytest.fail), ask(pytest.fail)
    await until(lambda: counts(cache).coalesced >= 1)
    impatient.cancel()
    assert ((await patient).value, (await thread).value) == ("image", "image")


async def test_a_thread_that_ends_with_stop_iteration_lets_no_task_hang(cache, ask, eventually):
    def build():
        eventually(lambda: counts(cache).coalesced == 1)
        raise StopIteration

    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(cache.fetch, "enso", "key", build)
        await until(lambda: cache._lookups._board._flights)
        async with asyncio.timeout(20):
            with pytest.raises(RuntimeError, match="StopIteration"):
                await ask(pytest.fail)
        assert isinstance(leading.exception(), StopIteration)


async def test_a_blocking_call_for_a_build_of_its_own_loop_is_refused(cache, ask):
    work = Work()
    task = ask(work)
    await until(lambda: work.started)
    with pytest.raises(RecursiveBuild, match="event loop"):
        cache.fetch("enso", "key", pytest.fail)
    work.may_finish.set()
    assert (await task).value == "image"


def test_waiters_in_other_threads_are_told_when_the_loop_of_the_build_ends(
    cache, in_threads, eventually
):
    def lead():
        async def give_up():
            leading = asyncio.ensure_future(cache.fetch_async("enso", "key", Work()))
            await until(lambda: counts(cache).coalesced == 2 if cache.report() else False)
            leading.cancel()
            await asyncio.gather(leading, return_exceptions=True)

        asyncio.run(give_up())

    def wait():
        eventually(lambda: bool(cache._lookups._board._flights))
        return cache.fetch("enso", "key", pytest.fail)

    def wait_in_a_loop():
        eventually(lambda: bool(cache._lookups._board._flights))
        return asyncio.run(cache.fetch_async("enso", "key", pytest.fail))

    answers = in_threads(lead, wait, wait_in_a_loop)
    assert [type(answer) for answer in answers[1:]] == [BuildAbandoned] * 2
    assert cache.fetch("enso", "key", lambda: Built(1)).value == 1


def test_a_refresh_cancelled_before_its_first_step_does_not_block_its_key(cache, clock):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)

    async def ask():
        answer = await cache.fetch_async("enso", "key", pytest.fail)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return answer

    assert asyncio.run(ask()).value == "old"
    clock.advance(30)
    assert cache.fetch("enso", "key", lambda: Built("new")).value == "new"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_waiters_in_other_threads_are_told_when_a_build_ends_its_loop(
    cache, in_threads, eventually, caplog, error
):
    def lead():
        async def build():
            await until(lambda: counts(cache).coalesced == 1)
            raise error

        asyncio.run(cache.fetch_async("enso", "key", build))

    def wait():
        eventually(lambda: bool(cache._lookups._board._flights))
        return cache.fetch("enso", "key", pytest.fail)

    assert [type(answer) for answer in in_threads(lead, wait)] == [error, BuildAbandoned]
    assert cache.fetch("enso", "key", lambda: Built("new")).value == "new"
    gc.collect()
    assert caplog.messages == []


def test_a_build_stranded_in_a_stopped_loop_is_given_up(cache, clock, in_threads, eventually):
    cache.fetch("enso", "key", lambda: Built("old"))
    clock.advance(60)
    loop = asyncio.new_event_loop()

    async def build():
        await resume.wait()
        return Built("late")

    async def ask():
        answer = await cache.fetch_async("enso", "key", build)
        await asyncio.sleep(0)
        return answer

    async def go_on():
        resume.set()
        await asyncio.sleep(0)

    resume = asyncio.Event()
    try:
        assert loop.run_until_complete(ask()).value == "old"
        clock.advance(30)
        assert cache.fetch("enso", "key", lambda: Built("new")).value == "new"
        loop.run_until_complete(go_on())
        assert cache.find("enso", "key").value == "new"
    finally:
        loop.close()


def test_a_waiter_whose_loop_has_closed_is_not_missed(cache, eventually, caplog):
    loop = asyncio.new_event_loop()
    landing = threading.Event()

    def build():
        landing.wait(20)
        return Built("image")

    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(cache.fetch, "enso", "key", build)
        eventually(lambda: bool(cache._lookups._board._flights))
        waiter = cache.fetch_async("enso", "key", pytest.fail)
        task = loop.create_task(waiter)
        loop.call_soon(loop.stop)
        loop.run_forever()
        eventually(lambda: counts(cache).coalesced == 1)
        loop.close()
        landing.set()
        assert leading.result().value == "image"
    task._log_destroy_pending = False
    waiter.close()
    assert cache.find("enso", "key").value == "image"
    assert caplog.messages == []


def test_the_last_waiter_may_leave_when_the_loop_of_the_build_has_closed(cache, eventually):
    loop = asyncio.new_event_loop()

    async def never():
        await asyncio.Event().wait()

    leading = loop.create_task(cache.fetch_async("enso", "key", never))
    for _ in range(2):
        loop.call_soon(loop.stop)
        loop.run_forever()
    tasks = asyncio.all_tasks(loop)
    loop.close()
    for task in tasks:
        task._log_destroy_pending = False
        task.get_coro().close()
    assert leading in tasks
    assert cache.fetch("enso", "key", lambda: Built("new")).value == "new"
