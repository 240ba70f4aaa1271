"""The pool answers every order once: with its file, or with the reason, within the deadline.

Real processes are stuck, killed and starved here. Where a test waits, it waits for an event and
only fails by its own bound.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import pytest_asyncio

from generators.encode import Format
from generators.errors import (
    GenerationTimeout,
    GeneratorFailed,
    PoolClosed,
    QueueFull,
    UnsupportedFormat,
    WorkerCrashed,
    WorkersUnavailable,
)
from generators.workers import WorkerPool
from generators.workers.drawing import draw
from generators.workers.orders import Order

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc"),
    pytest.mark.asyncio(loop_scope="module"),
]

FOREVER = 1000.0


@pytest.fixture(scope="module")
def all_reports():
    return []


@pytest.fixture
def reports(all_reports):
    """What the pools report during this test."""
    all_reports.clear()
    return all_reports


@pytest.fixture(scope="module")
def make_pool(sketches, all_reports):
    """A function that makes a pool of one worker, unless told otherwise."""

    def make(load_registry=sketches.load_sketches, **settings):
        defaults = {"workers": 1, "queue_max": 64, "timeout_seconds": 10.0}
        return WorkerPool(load_registry, **{"listener": all_reports.append, **defaults, **settings})

    return make


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(make_pool):
    """Two workers with time; every test leaves them idle."""
    pool = make_pool(workers=2)
    await pool.start()
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty_pool(make_pool):
    """One worker with little time and a short queue; every test leaves it idle."""
    pool = make_pool(queue_max=2, timeout_seconds=0.5)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
def grain(sketches):
    """A function that returns an order of a noisy picture."""

    def order(seed=7, file_format=Format.PNG, width=None):
        return Order("grain", sketches.NoParameters(), seed, file_format, width)

    return order


@pytest.fixture
def unruly(sketches):
    """A function that returns an order for a generator that does what it is told."""

    def order(deed="draw", file_format=Format.PNG, **parameters):
        return Order("unruly", sketches.UnrulyParameters(deed=deed, **parameters), 0, file_format)

    return order


@pytest.fixture
def hogging(sketches):
    """An order that never ends and, in C, holds the interpreter of its process all the time."""
    return Order("hogging", sketches.NoParameters(), 0, Format.PNG)


async def until(condition, seconds):
    """Wait until `condition()` holds, at most so long; no event tells that a process died."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


async def start_drawing(pool, order):
    """Return a task that draws `order`, once a worker has it."""
    busy = pool.report().busy
    task = asyncio.ensure_future(pool.draw(order))
    await until(lambda: pool.report().busy > busy, 5)
    return task


def outcomes(reports):
    return [str(report.outcome) for report in reports]


def processes(pool):
    """Return the ids of the fork server and of its workers."""
    fork_server = pool._launcher._server._process.pid
    return [fork_server, *children(fork_server)]


def children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def count_threads(pid):
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def exists(pid):
    return Path(f"/proc/{pid}").exists()


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def is_full(pool, workers, without):
    living = processes(pool)[1:]
    return pool.report().ready == len(living) == workers and without not in living


# What comes out


async def test_processes_and_threads_draw_the_same_bytes(make_pool, sketches, grain, monkeypatch):
    registry = sketches.load_sketches()
    formats = (Format.PNG, Format.WEBP, Format.AVIF)
    orders = [grain(seed, file_format, 300) for seed in range(3) for file_format in formats]
    here = [draw(registry, order).body for order in orders]
    monkeypatch.setenv("PYTHONHASHSEED", "99")
    for pool in make_pool(workers=2), make_pool(workers=0):
        await pool.start()
        drawings = await asyncio.gather(*map(pool.draw, reversed(orders)))
        await pool.close()
        assert [drawing.body for drawing in drawings] == here[::-1]


async def test_a_drawing_tells_its_size_and_the_time_of_its_stages(pool, unruly, reports):
    drawing = await pool.draw(unruly(spin_seconds=0.05))
    assert (drawing.width, drawing.height) == (32, 24)
    assert drawing.render_seconds >= 0.05
    assert 0 < drawing.encode_seconds < 5
    assert 0 <= drawing.queue_seconds < 5
    (report,) = reports
    assert (report.asset_type, report.outcome, report.format) == ("unruly", "ok", "png")
    assert report.output_bytes == len(drawing.body)
    assert report.render_seconds == drawing.render_seconds
    assert report.encode_seconds == drawing.encode_seconds
    assert report.queue_seconds == drawing.queue_seconds


async def test_a_listener_that_raises_harms_no_request(make_pool, grain, caplog):
    def listener(report):
        raise RuntimeError("deaf")

    pool = make_pool(workers=0, listener=listener)
    await pool.start()
    assert (await pool.draw(grain())).body
    assert "deaf" in caplog.text
    await pool.close()


# What generators do wrong


@pytest.mark.parametrize("deed", ["raise", "exit"])
@pytest.mark.parametrize("workers", [2, 0])
async def test_a_failing_generator_costs_its_own_request_only(
    pool, make_pool, unruly, reports, workers, deed
):
    if workers == 0:
        pool = make_pool(workers=0)
        await pool.start()
    with pytest.raises(GeneratorFailed) as caught:
        await pool.draw(unruly(deed))
    assert caught.value.error_type in ("builtins.ValueError", "builtins.SystemExit")
    assert f"_{deed}" in caught.value.traceback_text
    assert (await pool.draw(unruly())).body
    assert outcomes(reports) == ["error", "ok"]
    assert reports[0].exception is caught.value


async def test_parameters_that_cannot_be_pickled_are_an_error(pool, sketches, unruly):
    class Local(sketches.NoParameters):
        pass

    with pytest.raises(GeneratorFailed, match="Local"):
        await pool.draw(Order("grain", Local(), 0, Format.PNG))
    assert (await pool.draw(unruly())).body


async def test_transparency_is_not_drawn_as_jpeg(pool, grain, unruly):
    with pytest.raises(UnsupportedFormat, match="jpeg"):
        await pool.draw(grain(file_format=Format.JPEG))
    assert (await pool.draw(unruly(file_format=Format.JPEG))).body


# Too much, too slow, given up


async def test_a_full_queue_refuses_at_once(hasty_pool, unruly, reports):
    admitted = [asyncio.ensure_future(hasty_pool.draw(unruly(sleep_seconds=0.1))) for _ in "123"]
    await until(lambda: hasty_pool.report().queued == 2, 5)
    start = time.monotonic()
    with pytest.raises(QueueFull) as caught:
        await hasty_pool.draw(unruly())
    assert time.monotonic() - start < 0.05
    assert caught.value.retry_after_seconds >= 1
    report = hasty_pool.report()
    assert (report.workers, report.ready, report.busy, report.queued) == (1, 1, 1, 2)
    assert report.in_progress == {"unruly": 1}
    await asyncio.gather(*admitted)
    assert outcomes(reports) == ["rejected", "ok", "ok", "ok"]


async def test_a_stuck_worker_is_replaced_at_the_deadline(hasty_pool, hogging, grain, reports):
    stuck = processes(hasty_pool)[1]
    start = time.monotonic()
    with pytest.raises(GenerationTimeout):
        await hasty_pool.draw(hogging)
    assert 0.5 <= time.monotonic() - start < 1
    await until(lambda: is_full(hasty_pool, 1, without=stuck), 1)
    assert (await hasty_pool.draw(grain())).body
    assert outcomes(reports) == ["timeout", "ok"]


async def test_a_stuck_worker_leaves_the_others_at_work(pool, hogging, grain, reports):
    stuck = await start_drawing(pool, hogging)
    for seed in range(3):
        assert (await pool.draw(grain(seed))).body
    assert pool.report().in_progress == {"hogging": 1}
    stuck.cancel()
    victims = processes(pool)[1:]
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    await until(lambda: outcomes(reports) == ["ok", "ok", "ok", "crashed"], 1)
    await until(lambda: pool.report().ready == 2, 1)


async def test_the_deadline_counts_the_time_in_the_queue(hasty_pool, unruly, grain, reports):
    orders = unruly(sleep_seconds=FOREVER), grain()
    results = await asyncio.gather(*map(hasty_pool.draw, orders), return_exceptions=True)
    assert [type(result) for result in results] == [GenerationTimeout] * 2
    assert (await hasty_pool.draw(unruly())).body
    assert [report.asset_type for report in reports] == ["unruly", "grain", "unruly"]


async def test_what_nobody_waits_for_leaves_the_queue(hasty_pool, unruly, grain, reports):
    running = await start_drawing(hasty_pool, unruly(sleep_seconds=0.2))
    queued = asyncio.ensure_future(hasty_pool.draw(grain()))
    await until(lambda: hasty_pool.report().queued == 1, 1)
    for given_up in (queued, running):
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
    assert hasty_pool.report().queued == 0
    assert (await hasty_pool.draw(unruly())).body
    assert [report.asset_type for report in reports] == ["unruly", "unruly"]


async def test_the_deadline_holds_when_nobody_waits(hasty_pool, hogging, grain, reports):
    given_up = await start_drawing(hasty_pool, hogging)
    given_up.cancel()
    await until(lambda: outcomes(reports) == ["timeout"], 1)
    assert (await hasty_pool.draw(grain())).body


async def test_the_loop_stays_free_while_workers_draw_flat_out(pool, grain):
    end = time.monotonic() + 1.5

    async def keep_drawing(first):
        seeds = iter(range(first, first + 10_000))
        while time.monotonic() < end:
            await pool.draw(grain(next(seeds)))

    clients = [asyncio.ensure_future(keep_drawing(n * 10_000)) for n in range(4)]
    lags = []
    while time.monotonic() < end:
        start = time.perf_counter()
        await asyncio.sleep(0.002)
        lags.append(time.perf_counter() - start - 0.002)
    await asyncio.gather(*clients)
    assert sorted(lags)[len(lags) * 95 // 100] < 0.020


# Crashes


async def test_twenty_kills_under_load_cost_no_more_than_they_hit(pool, grain, unruly, reports):
    is_over, crashes, drawn = False, 0, 0

    async def keep_drawing(number):
        nonlocal crashes, drawn
        while not is_over:
            try:
                await pool.draw(unruly(spin_seconds=0.01) if number % 2 else grain(drawn))
                drawn += 1
            except WorkerCrashed:
                crashes += 1

    clients = [asyncio.ensure_future(keep_drawing(number)) for number in range(6)]
    choice = random.Random(5).choice
    for _ in range(20):
        before = drawn
        await until(lambda before=before: drawn > before + 5, 5)
        victim = choice(processes(pool)[1:])
        os.kill(victim, signal.SIGKILL)
        await until(lambda victim=victim: is_full(pool, 2, without=victim), 1)
    is_over = True
    await asyncio.gather(*clients)
    counts = Counter(outcomes(reports))
    assert crashes <= 20
    assert 0 < counts["crashed"] <= 20
    assert counts["ok"] == drawn


async def test_a_killed_worker_s_order_is_drawn_by_another(hasty_pool, unruly, reports):
    drawing = await start_drawing(hasty_pool, unruly(sleep_seconds=0.1))
    os.kill(processes(hasty_pool)[1], signal.SIGKILL)
    assert (await drawing).body
    assert outcomes(reports) == ["crashed", "ok"]


async def test_an_order_that_kills_is_tried_twice(pool, unruly, reports):
    before = processes(pool)
    with pytest.raises(WorkerCrashed, match="2 workers"):
        await pool.draw(unruly("die"))
    assert outcomes(reports) == ["crashed", "crashed"]
    await until(lambda: is_full(pool, 2, without=before[1]), 1)


async def test_an_idle_worker_that_dies_is_replaced_unnoticed(pool, grain, reports):
    victim = processes(pool)[1]
    os.kill(victim, signal.SIGKILL)
    await until(lambda: is_full(pool, 2, without=victim), 1)
    await asyncio.gather(pool.draw(grain()), pool.draw(grain()))
    assert outcomes(reports) == ["ok", "ok"]


async def test_workers_outlive_the_fork_server_and_get_a_new_one(pool, grain, unruly, reports):
    fork_server, *workers = processes(pool)
    drawing = await start_drawing(pool, unruly(sleep_seconds=0.2))
    os.kill(fork_server, signal.SIGKILL)
    assert (await drawing).body
    assert pool.ready
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    await until(lambda: is_full(pool, 2, without=workers[0]), 5)
    await asyncio.gather(pool.draw(grain()), pool.draw(grain()))
    assert outcomes(reports) == ["ok", "ok", "ok"]


async def test_workers_leave_signals_of_the_terminal_to_the_server(pool, grain):
    before = processes(pool)
    for process in before:
        os.kill(process, signal.SIGINT)
        os.kill(process, signal.SIGTERM)
    await asyncio.gather(pool.draw(grain()), pool.draw(grain()))
    assert processes(pool) == before


async def test_workers_are_nice_and_calculate_on_one_thread(hasty_pool, grain):
    await hasty_pool.draw(grain(file_format=Format.AVIF))
    worker = processes(hasty_pool)[1]
    assert os.getpriority(os.PRIO_PROCESS, worker) > os.getpriority(os.PRIO_PROCESS, 0)
    assert count_threads(worker) == 1


# Start and end


@pytest.mark.parametrize("workers", [1, 0])
async def test_a_registry_that_does_not_load_is_told(make_pool, sketches, workers):
    pool = make_pool(sketches.load_nothing, workers=workers)
    with pytest.raises(WorkersUnavailable, match="the ink is dry"):
        await pool.start()
    await pool.close()


async def test_a_registry_that_kills_the_process_is_told(make_pool, sketches):
    pool = make_pool(sketches.load_and_die)
    with pytest.raises(WorkersUnavailable, match="ended while loading"):
        await pool.start()
    await pool.close()


async def test_orders_may_come_before_the_workers_and_closing_leaves_none(
    make_pool, hogging, unruly, grain, reports
):
    pool = make_pool(workers=2, queue_max=1)
    early = asyncio.ensure_future(pool.draw(grain()))
    assert not pool.ready
    await pool.start()
    assert pool.ready
    assert (await early).body

    draws = [await start_drawing(pool, hogging)]
    draws.append(await start_drawing(pool, unruly(sleep_seconds=FOREVER)))
    draws.append(asyncio.ensure_future(pool.draw(grain())))
    await until(lambda: pool.report().queued == 1, 1)
    living = processes(pool)
    assert len(living) == 3
    start = time.monotonic()
    await pool.close()
    assert time.monotonic() - start < 2
    results = await asyncio.gather(*draws, return_exceptions=True)
    assert [type(result) for result in results] == [PoolClosed] * 3
    assert not any(map(exists, living))  # not even as zombies
    assert not pool.ready
    with pytest.raises(PoolClosed):
        await pool.draw(grain())
    assert outcomes(reports) == ["ok", *["rejected"] * 4]


SERVER = """
import asyncio, sketches
from generators.encode import Format
from generators.workers.orders import Order
from generators.workers import WorkerPool

async def main():
    pool = WorkerPool(
        sketches.load_sketches, workers=2, queue_max=1, timeout_seconds=1000, listener=print
    )
    await pool.start()
    order = Order("hogging", sketches.NoParameters(), 0, Format.PNG)
    stuck = asyncio.ensure_future(pool.draw(order))
    while pool.report().busy != 1:
        await asyncio.sleep(0.01)
    print("drawing", flush=True)
    await stuck

asyncio.run(main())
"""


async def test_no_process_outlives_a_killed_server(sketches):
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert await server.stdout.readline() == b"drawing\n"
    (fork_server,) = children(server.pid)
    living = [fork_server, *children(fork_server)]
    assert len(living) == 3
    server.kill()
    await server.wait()
    await until(lambda: not any(map(is_alive, living)), 2)


# In a thread


async def test_a_stuck_thread_is_left_to_itself(make_pool, unruly, reports):
    pool = make_pool(workers=0, timeout_seconds=0.3)
    await pool.start()
    assert pool.report().workers == 1
    with pytest.raises(GenerationTimeout):
        await pool.draw(unruly(sleep_seconds=0.5))
    await pool.draw(unruly(sleep_seconds=0.25))  # the late result of the first comes meanwhile
    assert outcomes(reports) == ["timeout", "ok"]
    await pool.close()
