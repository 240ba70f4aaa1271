"""A job in a thread is done, or given up in time; what hangs is known, and waits for nobody."""

from __future__ import annotations

import asyncio
import threading

import pytest

from cache.tiers.disk_threads import DiskThreads, ThreadsClosed


@pytest.fixture
def opened():
    """Make threads, started."""
    made = []

    def make(timeout_seconds=20.0):
        threads = DiskThreads(timeout_seconds)
        threads.open()
        made.append(threads)
        return threads

    yield make
    for threads in made:
        threads.close()


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


async def test_what_a_job_returns_or_raises_is_the_answer(opened):
    threads = opened()
    assert await threads.do(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.do(lambda: 1 / 0)
    assert await asyncio.gather(*(threads.do(lambda n=n: n) for n in range(50))) == [*range(50)]


async def test_a_job_nobody_waits_for_any_more_is_not_begun(opened, gate, until):
    threads, begun = opened(), []
    blocking = [asyncio.create_task(threads.do(gate.wait)) for _ in range(4)]
    await until(lambda: len(threads._running) == 4)
    left = asyncio.create_task(threads.do(lambda: begun.append("left")))
    await until(lambda: threads._waiting)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    gate.set()
    await asyncio.gather(*blocking)
    await threads.do(lambda: begun.append("stayed"))
    assert begun == ["stayed"]


async def test_a_job_is_not_hanging_before_its_time_though_its_caller_left(opened, gate, until):
    threads = opened()
    callers = [asyncio.create_task(threads.do(gate.wait)) for _ in range(4)]
    await until(lambda: len(threads._running) == 4)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert not threads.is_hanging
    gate.set()
    assert await threads.do(lambda: 7) == 7


async def test_a_job_is_hanging_until_it_ends(opened, gate, until):
    threads = opened(0.01)
    with pytest.raises(TimeoutError):
        await threads.do(gate.wait)
    assert threads.is_hanging
    gate.set()
    await until(lambda: not threads.is_hanging)


async def test_no_more_than_a_bound_wait(opened, gate, until, monkeypatch):
    threads = opened()
    blocking = [asyncio.create_task(threads.do(gate.wait)) for _ in range(4)]
    await until(lambda: len(threads._running) == 4)
    monkeypatch.setattr("cache.tiers.disk_threads._MAX_WAITING", 2)
    waiting = [asyncio.create_task(threads.do(lambda: 7)) for _ in range(2)]
    await until(lambda: len(threads._waiting) == 2)
    with pytest.raises(TimeoutError, match="2 lookups wait"):
        await threads.do(lambda: 7)
    gate.set()
    assert await asyncio.gather(*waiting, *blocking) == [7, 7, True, True, True, True]


async def test_after_the_close_no_job_is_begun_and_the_threads_end(opened, gate, until):
    threads = opened()
    blocking = [asyncio.create_task(threads.do(gate.wait)) for _ in range(4)]
    await until(lambda: len(threads._running) == 4)
    waiting = asyncio.create_task(threads.do(lambda: 7))
    await until(lambda: threads._waiting)
    threads.close()
    with pytest.raises(ThreadsClosed):
        await waiting
    with pytest.raises(ThreadsClosed):
        await threads.do(lambda: 7)
    gate.set()
    assert all(await asyncio.gather(*blocking))
    await until(lambda: not any("disk-tier-read" in each.name for each in threading.enumerate()))
