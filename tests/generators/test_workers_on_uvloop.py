"""The pool keeps its promises on uvloop, which the service uses where it can."""

import asyncio

import pytest

from generators.encode import Format
from generators.errors import GenerationTimeout, PoolClosed, WorkerCrashed
from generators.workers import WorkerPool
from generators.workers.orders import Order

uvloop = pytest.importorskip("uvloop")


def test_a_life_of_drawings_crashes_and_timeouts(sketches):
    reports = []

    def order(deed="draw", **parameters):
        return Order("unruly", sketches.UnrulyParameters(deed=deed, **parameters), 0, Format.PNG)

    async def live():
        pool = WorkerPool(
            sketches.load_sketches,
            workers=1,
            queue_max=9,
            timeout_seconds=0.5,
            listener=reports.append,
        )
        await pool.start()
        big = Order("grain", sketches.NoParameters(), 1, Format.PNG)
        assert len((await pool.draw(big)).body) > 200_000
        with pytest.raises(WorkerCrashed):
            await pool.draw(order("die"))
        with pytest.raises(GenerationTimeout):
            await pool.draw(order(sleep_seconds=1000))
        assert (await pool.draw(order(sleep_seconds=0.1))).queue_seconds < 0.3
        await pool.close()
        with pytest.raises(PoolClosed):
            await pool.draw(order())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live())
    assert [str(report.outcome) for report in reports] == [
        *("ok", "crashed", "crashed", "timeout", "ok", "rejected")
    ]
