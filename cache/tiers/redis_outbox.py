"""Outbox: what waits to be sent to Redis behind the responses, in order, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Outbox:
    """A bounded queue of jobs; used from one event loop.

    Args:
        max_jobs, max_bytes: what may wait.
        on_error: called for each job that raised.
    """

    def __init__(self, max_jobs: int, max_bytes: int, on_error: Callable[[], None]) -> None:
        self._max_jobs = max_jobs
        self._max_bytes = max_bytes
        self._on_error = on_error
        self._jobs: asyncio.Queue[tuple[Callable[[], Awaitable[None]], int]] = asyncio.Queue()
        self._waiting_bytes = 0

    def __len__(self) -> int:
        return self._jobs.qsize()

    def offer(self, job: Callable[[], Awaitable[None]], size_bytes: int) -> bool:
        """Take `job` if there is room; return whether it was taken."""
        if len(self) >= self._max_jobs or self._waiting_bytes + size_bytes > self._max_bytes:
            return False
        self._put(job, size_bytes)
        return True

    def add(self, job: Callable[[], Awaitable[None]]) -> None:
        """Take `job`, which is small, whether there is room or not."""
        self._put(job, 0)

    async def run(self) -> None:
        """Do the jobs, for ever; one that raises is given up."""
        while True:
            job, size_bytes = await self._jobs.get()
            try:
                await job()
            except Exception:
                # All of them: whatever ends one job, those behind it are to be done.
                self._on_error()
            finally:
                self._waiting_bytes -= size_bytes
                self._jobs.task_done()

    async def drained(self) -> None:
        """Wait until every job that was taken is done."""
        await self._jobs.join()

    def _put(self, job: Callable[[], Awaitable[None]], size_bytes: int) -> None:
        self._waiting_bytes += size_bytes
        self._jobs.put_nowait((job, size_bytes))
