"""The worker pool: a bounded queue in front of workers that may be slow, stuck or killed.

Everything here runs on one event loop, in steps that do not wait, so there are no locks. An order
goes from the queue to an idle worker and ends in exactly one way: settled by its result, its
deadline or its second crash, or dropped.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import (
    GenerationTimeout,
    GeneratorFailed,
    GeneratorsError,
    PoolClosed,
    QueueFull,
    UnsupportedFormat,
    WorkerCrashed,
    WorkerLost,
    WorkersUnavailable,
)
from ..registry import Registry
from .drawing import Drawn, Failed, failure
from .job import Job
from .orders import Drawing, GenerationOutcome, GenerationReport, Order, PoolReport
from .thread import ThreadLauncher
from .worker import Launcher, Worker

if TYPE_CHECKING:
    from .head_start import HeadStart  # only imports where there is `fork`

_logger = logging.getLogger(__name__)

_START_SECONDS = 30.0
_MAX_ATTEMPTS = 2
_FIRST_GUESS_SECONDS = 0.05  # of a generation, before one has been seen
_SMOOTHING = 0.1  # weight of the newest generation in the mean duration


class WorkerPool:
    """Draws orders in `workers` processes, or in one thread if `workers` is 0.

    Args:
        load_registry: a function at the top level of a module; each process calls it once.
        workers: processes that draw. 0, or a system without `fork`: one thread of this process,
            which cannot be killed: past the deadline it is left to itself and another takes over.
        queue_max: orders that may wait for a worker.
        timeout_seconds: from submission to result, a second attempt included.
        listener: is told of every attempt that ended, in the context (`contextvars`) of whoever
            ordered it; may raise, must not block.
        begun: a fork server that is loading already; the pool takes it over and ends it.
    """

    def __init__(
        self,
        load_registry: Callable[[], Registry],
        *,
        workers: int,
        queue_max: int,
        timeout_seconds: float,
        listener: Callable[[GenerationReport], None],
        begun: HeadStart | None = None,
    ) -> None:
        processes = workers if hasattr(os, "fork") else 0
        self._launcher = _launcher(load_registry, processes, begun)
        self._workers = processes or 1
        self._limit = self._workers + queue_max
        self._timeout_seconds = timeout_seconds
        self._listener = listener

        self._queue: deque[Job] = deque()
        self._idle: list[Worker] = []
        self._running: dict[Worker, Job] = {}
        self._mean_seconds = _FIRST_GUESS_SECONDS

        self._seats: list[asyncio.Task[None]] = []
        self._was_full = asyncio.Event()
        self._is_closed = False

    async def start(self) -> None:
        """Load everything and wait until every worker is ready. Orders may come before that.

        Raises:
            WorkersUnavailable: what the workers need cannot be loaded, or not all of them are
                ready within 30 s of that; the message says why. The pool is then to be closed.
        """
        await self._launcher.start()
        self._seats = [asyncio.create_task(self._keep_seat()) for _ in range(self._workers)]
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._was_full.wait()
        except TimeoutError:
            ready = f"{self.report().ready} of {self._workers} workers are ready"
            raise WorkersUnavailable(f"only {ready} after {_START_SECONDS:g} s") from None

    @property
    def ready(self) -> bool:
        """Whether any worker is alive and loaded; `report` tells how many."""
        return bool(self._idle or self._running)

    async def draw(self, order: Order) -> Drawing:
        """Draw `order` and return the file.

        If the caller is cancelled, an order in the queue is dropped. One being drawn is left to
        end within its deadline: that takes milliseconds, as long as replacing its worker would.

        Raises:
            QueueFull: at once, if as many orders are under way as the pool takes.
            GenerationTimeout: the deadline passed.
            GeneratorFailed: the generator raised, or broke its specification.
            WorkerCrashed: two workers died while drawing it.
            UnsupportedFormat: the format cannot hold the type's transparency.
            PoolClosed: the pool is closed.
        """
        self._admit(order)
        job = self._submit(order)
        try:
            return await job.result
        finally:
            if job in self._queue:  # the caller was cancelled
                self._queue.remove(job)
                job.deadline.cancel()

    def report(self) -> PoolReport:
        """Return how busy the pool is at this moment."""
        # Copied in one step: a scraping thread asks while the event loop changes it.
        running = tuple(self._running.values())
        return PoolReport(
            workers=self._workers,
            ready=len(self._idle) + len(running),
            busy=len(running),
            queued=len(self._queue),
            in_progress=Counter(job.order.asset_type for job in running),
        )

    async def close(self) -> None:
        """Drop what is under way, end every worker, and return when they are gone; bounded."""
        self._is_closed = True
        for job in (*self._queue, *self._running.values()):
            self._settle(job, GenerationOutcome.REJECTED, PoolClosed())
        self._queue.clear()
        for seat in self._seats:
            seat.cancel()
        await asyncio.gather(*self._seats, return_exceptions=True)
        await self._launcher.close()

    def _admit(self, order: Order) -> None:
        """Raise, and report, unless there is room for `order`."""
        under_way = len(self._queue) + len(self._running)
        error: PoolClosed | QueueFull
        if self._is_closed:
            error = PoolClosed()
        elif under_way >= self._limit:
            wait_seconds = under_way * self._mean_seconds / self._workers
            error = QueueFull(under_way, max(1, math.ceil(wait_seconds)))
        else:
            return
        outcome = GenerationOutcome.REJECTED
        self._tell(GenerationReport(order.asset_type, order.format, outcome, 0.0, exception=error))
        raise error

    def _submit(self, order: Order) -> Job:
        loop = asyncio.get_running_loop()
        job = Job(order, loop.create_future())
        job.deadline = loop.call_later(self._timeout_seconds, self._expire, job)
        self._queue.append(job)
        self._dispatch()
        return job

    def _dispatch(self) -> None:
        """Hand queued orders to idle workers."""
        while self._queue and self._idle:
            job, worker = self._queue.popleft(), self._idle.pop()
            job.start()
            try:
                worker.send(job.order)
            except Exception as error:  # parameters that cannot be pickled
                self._idle.append(worker)
                self._finish(job, failure(error))
            else:
                self._running[worker] = job

    def _finish(self, job: Job, result: Drawn | Failed) -> None:
        if isinstance(result, Failed):
            self._settle(job, GenerationOutcome.ERROR, _exception(job.order, result))
            return
        seconds = result.render_seconds + result.encode_seconds
        self._mean_seconds += _SMOOTHING * (seconds - self._mean_seconds)
        self._settle(job, GenerationOutcome.OK, result)

    def _expire(self, job: Job) -> None:
        """End a job whose deadline has passed."""
        if job in self._queue:
            self._queue.remove(job)
        error = GenerationTimeout(job.order.asset_type, self._timeout_seconds)
        self._settle(job, GenerationOutcome.TIMEOUT, error)
        for worker, running in self._running.items():
            if running is job:
                worker.kill()  # its seat notices and takes another

    def _crash(self, job: Job) -> None:
        """Try a job again whose worker died with it, once, if anybody waits."""
        error = WorkerCrashed(job.order.asset_type, job.attempts)
        if job.attempts == _MAX_ATTEMPTS or not job.is_awaited:
            self._settle(job, GenerationOutcome.CRASHED, error)
            return
        job.context.run(self._tell, job.report(GenerationOutcome.CRASHED, error))
        self._queue.appendleft(job)
        self._dispatch()

    def _settle(
        self, job: Job, outcome: GenerationOutcome, result: Drawn | GeneratorsError
    ) -> None:
        """End `job`, unless it has ended."""
        if not job.is_settled:
            job.settle(result)
            job.context.run(self._tell, job.report(outcome, result))

    def _tell(self, report: GenerationReport) -> None:
        try:
            self._listener(report)
        except Exception:
            _logger.exception("the listener of generations failed on %s", report)

    async def _keep_seat(self) -> None:
        """Have one worker at work at any time."""
        while True:
            worker = await self._launcher.launch()
            try:
                await self._employ(worker)
            except WorkerLost:
                pass  # killed by us or by others: the next one takes the seat
            except Exception:
                _logger.exception("a worker sent what is no result")
            finally:
                worker.kill()
                self._dismiss(worker)

    async def _employ(self, worker: Worker) -> None:
        while True:
            self._idle.append(worker)
            if len(self._idle) + len(self._running) == self._workers:
                self._was_full.set()
            self._dispatch()
            result = await worker.receive()
            self._finish(self._running.pop(worker), result)

    def _dismiss(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        job = self._running.pop(worker, None)
        if job and not job.is_settled:
            self._crash(job)


def _launcher(
    load_registry: Callable[[], Registry], processes: int, begun: HeadStart | None
) -> Launcher:
    if processes == 0:
        return ThreadLauncher(load_registry)
    from .process import ProcessLauncher  # only imports where there is `fork`

    return ProcessLauncher(load_registry, begun)


def _exception(order: Order, failed: Failed) -> GeneratorsError:
    if failed.error_type == f"{UnsupportedFormat.__module__}.{UnsupportedFormat.__qualname__}":
        return UnsupportedFormat(order.format, "RGBA")
    return GeneratorFailed(
        order.asset_type, failed.error_type, failed.summary, failed.traceback_text
    )
