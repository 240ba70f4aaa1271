"""DiskThreads: a few threads for jobs that the disk may never let end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

_THREADS = 4
_MAX_WAITING = 1024

T = TypeVar("T")


class ThreadsClosed(Exception):
    """No more jobs are begun."""


@dataclass(frozen=True, eq=False, slots=True)
class _Job:
    """What a thread is to do, or what befalls the caller instead; it is overdue at that time."""

    run: Callable[[], None]
    refuse: Callable[[], None]
    overdue_at: float  # monotonic


class DiskThreads:
    """Does jobs in threads; each caller waits no longer than `timeout_seconds`.

    A thread whose job takes longer than that hangs, whether or not anybody still waits for it.
    When all of them hang, no caller waits at all.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        # The condition's lock guards everything below.
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._running: set[_Job] = set()
        self._closed = False

    def open(self) -> None:
        """Start the threads."""
        for number in range(_THREADS):
            # Daemons, since a disk that hangs must not keep the process from ending.
            threading.Thread(
                target=self._do_all, name=f"disk-tier-read-{number}", daemon=True
            ).start()

    async def do(self, work: Callable[[], T]) -> T:
        """Return what `work` does, or raise what it raises.

        Raises:
            TimeoutError: it takes too long, or so does what all threads do, or too many wait.
            ThreadsClosed: it was not begun before the close.
        """
        future: Future[T] = Future()
        run, refuse = partial(_run, future, work), partial(_refuse, future)
        self._take(_Job(run, refuse, time.monotonic() + self._timeout_seconds))
        async with asyncio.timeout(self._timeout_seconds):
            return await asyncio.wrap_future(future)

    @property
    def is_hanging(self) -> bool:
        """Whether any thread hangs."""
        with self._changed:
            return self._hanging() > 0

    def close(self) -> None:
        """Begin no more jobs; a thread that hangs ends when the disk lets it go."""
        with self._changed:
            self._closed = True
            refused, self._waiting = self._waiting, deque()
            self._changed.notify_all()
        for job in refused:
            job.refuse()

    def _take(self, job: _Job) -> None:
        with self._changed:
            if self._closed:
                raise ThreadsClosed("the tier is closed")
            if self._hanging() >= _THREADS:
                raise TimeoutError("every thread waits for the disk")
            if len(self._waiting) >= _MAX_WAITING:
                raise TimeoutError(f"{_MAX_WAITING} lookups wait for the disk already")
            self._waiting.append(job)
            self._changed.notify()

    # In a thread

    def _do_all(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        """Do the job that waits longest; return False after the close."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return False
            job = self._waiting.popleft()
            self._running.add(job)
        job.run()
        with self._changed:
            self._running.remove(job)
        return True

    # Under the lock

    def _hanging(self) -> int:
        now = time.monotonic()
        return sum(now >= job.overdue_at for job in self._running)


def _run(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return  # the caller has left
    try:
        result = work()
    except BaseException as error:  # the caller is to hear of it, whatever it is
        future.set_exception(error)
    else:
        future.set_result(result)


def _refuse(future: Future[T]) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(ThreadsClosed("the tier is closed"))
