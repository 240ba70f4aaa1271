"""Builds under way and the callers that wait for them: threads, tasks, or both at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from .errors import BuildAbandoned, RecursiveBuild
from .stats import MissReason

T = TypeVar("T")

# The flights whose builds the running code is part of; copied into every task they start.
_aboard: ContextVar[tuple[Flight[Any], ...]] = ContextVar("_aboard", default=())

Identity = tuple[str, str]

_RECURSIVE = "a build asked the cache for a key whose own build waits for it"


class Flight(Generic[T]):
    """A single build that any number of callers wait for.

    Its result is a `concurrent.futures.Future`, which a thread can block on and an event loop can
    be woken by. The one who starts a flight counts as its first waiter.

    Attributes:
        awaits: the flights that its own build waits for, guarded by the lock of its board.
    """

    def __init__(self, identity: Identity, reason: MissReason, board: Board[T]) -> None:
        self.identity = identity
        self.reason = reason
        self.board = board
        self.awaits: list[Flight[Any]] = []
        self._waiters = 1
        self._future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._task: asyncio.Task[None] | None = None

    def join(self) -> None:
        """Add a waiter, who must call `wait` or `wait_async` next; call under the lock.

        Raises:
            RecursiveBuild: the caller is part of this very build, or of one that it waits for.
        """
        aboard = _aboard.get()
        if self.waits_for_any(aboard):
            raise RecursiveBuild(_RECURSIVE)
        self._waiters += 1
        for flight in aboard:
            flight.awaits.append(self)

    def waits_for_any(self, flights: tuple[Flight[Any], ...]) -> bool:
        """Return whether it is one of `flights`, or waits for one, directly or through others."""
        return self in flights or any(each.waits_for_any(flights) for each in self.awaits)

    def enter(self) -> None:
        """Mark the running context as part of this build."""
        _aboard.set((*_aboard.get(), self))

    def fly(self, task: asyncio.Task[None]) -> None:
        """Let `task` carry the build; it is cancelled when every waiter has left."""
        self._task = task
        task.add_done_callback(self._end)

    def land(self, result: T) -> None:
        """Give every waiter `result`."""
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # abandoned
            self._future.set_result(result)

    def crash(self, error: BaseException) -> None:
        """Give every waiter `error`; an interruption reaches them as `BuildAbandoned`."""
        if not isinstance(error, Exception):
            error = BuildAbandoned("the build that was waited for was interrupted")
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # landed or abandoned
            self._future.set_exception(error)

    def abandon(self) -> None:
        """Give up a build that has ended without a result, or never will; else do nothing."""
        if not self.is_done:
            self.board.close(self)
            self.crash(BuildAbandoned("the build that was waited for was cancelled"))

    @property
    def is_done(self) -> bool:
        """Whether there is a result or an error."""
        return self._future.done()

    @property
    def is_stranded(self) -> bool:
        """Whether its event loop has stopped under it, so that its task may never go on."""
        return self._task is not None and not self._task.get_loop().is_running()

    def wait(self) -> T:
        """Block until the landing; return its result or raise its error.

        Raises:
            RecursiveBuild: that would block the event loop which carries the build.
        """
        try:
            if self._task is not None and _runs_here(self._task.get_loop()):
                raise RecursiveBuild("a blocking call waited for a build of its own event loop")
            return self._future.result()
        finally:
            self._leave()

    async def wait_async(self) -> T:
        """Await the landing; a cancelled waiter disturbs nobody else."""
        loop = asyncio.get_running_loop()
        landed = asyncio.Event()

        def wake(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop of the waiter has closed
                loop.call_soon_threadsafe(landed.set)

        try:
            self._future.add_done_callback(wake)
            await landed.wait()
            return self._future.result()
        finally:
            self._leave()

    def _end(self, task: asyncio.Task[None]) -> None:
        # Whatever the task had to tell is told by now, unless it was interrupted or cancelled,
        # which may happen before it has run a single line.
        if not task.cancelled():
            task.exception()  # seen; else asyncio would report an interruption a second time
        self.abandon()

    def _leave(self) -> None:
        with self.board.lock:
            for flight in _aboard.get():
                if self in flight.awaits:
                    flight.awaits.remove(self)
            self._waiters -= 1
            if self._waiters or self.is_done or self._task is None:
                return
            self.board.close(self)
        # The last waiter may have lived in another event loop than the build.
        with contextlib.suppress(RuntimeError):  # which has closed
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:  # none runs in this thread
        return False


class Board(Generic[T]):
    """The builds under way that callers may join and whose results may be stored.

    Args:
        lock: guards it, and the waiters of its flights; shared with the owner, who decides on
            entries and flights together.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self.lock = lock
        self._flights: dict[Identity, Flight[T]] = {}

    def open(self, asset_type: str, key: str, reason: MissReason) -> Flight[T]:
        """Start a flight; one of the same key that is under way is joined by nobody any more.

        Raises:
            RecursiveBuild: the caller is part of a build of this key, and would start it for ever.
        """
        identity = (asset_type, key)
        for each in _aboard.get():
            if each.board is self and each.identity == identity and not each.is_done:
                raise RecursiveBuild(_RECURSIVE)
        with self.lock:
            flight = self._flights[identity] = Flight(identity, reason, self)
            return flight

    def get(self, asset_type: str, key: str) -> Flight[T] | None:
        """Return the flight of a key, if one is under way; one that is stranded is given up."""
        with self.lock:
            flight = self._flights.get((asset_type, key))
            if flight is not None and flight.is_stranded:
                flight.abandon()
                return None
            return flight

    def close(self, flight: Flight[T]) -> bool:
        """Take a flight off the board; return whether it was still on it."""
        with self.lock:
            listed = self._flights.get(flight.identity) is flight
            if listed:
                del self._flights[flight.identity]
            return listed

    def close_key(self, asset_type: str, key: str) -> None:
        """Take the flight of a key, if there is one, off the board."""
        with self.lock:
            self._flights.pop((asset_type, key), None)

    def close_type(self, asset_type: str) -> None:
        """Take every flight of a type off the board."""
        with self.lock:
            for identity in [each for each in self._flights if each[0] == asset_type]:
                del self._flights[identity]
