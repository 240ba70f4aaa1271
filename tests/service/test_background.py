"""Work beside requests goes on when it fails, and says so once."""

import asyncio

from service.background import repeat


async def test_what_fails_is_told_once_and_tried_again(caplog):
    outcomes = iter([ValueError("first"), ValueError("second"), None, ValueError("third"), None])
    done = asyncio.Event()
    runs = []

    async def work():
        outcome = next(outcomes, None)
        runs.append(outcome)
        if len(runs) > 5:
            done.set()
        if outcome is not None:
            raise outcome

    task = asyncio.create_task(repeat("counting", 0.001, work))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    told = [record.exc_info[1].args[0] for record in caplog.records if "counting" in record.message]
    assert told == ["first", "third"]
