"""Builds under way and the callers that wait for them: threads, tasks, or both at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from .errors import BuildAbandoned, RecursiveBuild
from .stats import MissReason

T = TypeVar("T")

# The flights whose builds the running code is part of; copied into every task they start.
_aboard: ContextVar[tuple[Flight[Any], ...]] = ContextVar("_aboard", default=())

Identity = tuple[str, str]


class Flight(Generic[T]):
    """A single build that any number of callers wait for.

    Its result is a `concurrent.futures.Future`, which a thread can block on and an event loop can
    await. The one who starts a flight counts as its first waiter.
    """

    def __init__(self, identity: Identity, reason: MissReason, board: Board[T]) -> None:
        self.identity = identity
        self.reason = reason
        self._board = board
        self._waiters = 1
        self._future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._task: asyncio.Task[None] | None = None

    def join(self) -> None:
        """Add a waiter, who must call `wait` or `wait_async` next; call under the lock.

        Raises:
            RecursiveBuild: the caller is part of this very build and would wait for itself.
        """
        if any(flight is self for flight in _aboard.get()):
            raise RecursiveBuild("a build asked the cache for the key it is building")
        self._waiters += 1

    def enter(self) -> None:
        """Mark the running context as part of this build."""
        _aboard.set((*_aboard.get(), self))

    def fly(self, task: asyncio.Task[None]) -> None:
        """Let `task` carry the build; it is cancelled when every waiter has left."""
        self._task = task

    def land(self, result: T) -> None:
        """Give every waiter `result`."""
        self._future.set_result(result)

    def crash(self, error: BaseException) -> None:
        """Give every waiter `error`; an interruption reaches them as `BuildAbandoned`."""
        if not isinstance(error, Exception):
            error = BuildAbandoned("the build that was waited for was interrupted")
        self._future.set_exception(error)

    def wait(self) -> T:
        """Block until the landing; return its result or raise its error."""
        try:
            return self._future.result()
        finally:
            self._leave()

    async def wait_async(self) -> T:
        """Await the landing; a cancelled waiter disturbs nobody else."""
        try:
            return await asyncio.shield(asyncio.wrap_future(self._future))
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._board.lock:
            self._waiters -= 1
            if self._waiters or self._future.done():
                return
            self._board.close(self)
        if self._task is not None:
            # The last waiter may have lived in another event loop than the build.
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)


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
        """Start a flight; one of the same key that is under way is joined by nobody any more."""
        with self.lock:
            flight: Flight[T] = Flight((asset_type, key), reason, self)
            self._flights[flight.identity] = flight
            return flight

    def get(self, asset_type: str, key: str) -> Flight[T] | None:
        """Return the flight of a key, if one is under way."""
        with self.lock:
            return self._flights.get((asset_type, key))

    def close(self, flight: Flight[T]) -> bool:
        """Take a flight off the board; return whether it was still on it."""
        with self.lock:
            listed = self._flights.get(flight.identity) is flight
            if listed:
                del self._flights[flight.identity]
            return listed

    def close_type(self, asset_type: str) -> None:
        """Take every flight of a type off the board."""
        with self.lock:
            for identity in [each for each in self._flights if each[0] == asset_type]:
                del self._flights[identity]
