"""DiskWriter: the one thread of a process that changes the disk tier."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

from ..stats import Tier
from .disk_backlog import DiskBacklog, new_promise
from .disk_counts import DiskCounts, failure_of
from .disk_index import Held, IndexDamaged, Row
from .disk_store import DiskStore
from .tier import Failure, Operation, TierListener

_CLOSING_SECONDS = 2.0
_SWEEPS_PER_TICK = 16


class DiskWriter:
    """Does what waits in the backlog, and every tick what nobody asks for.

    At a tick the uses are written down, the expired and the cleared swept, and what did not work
    is tried again.

    Args:
        store: for this thread alone.
        listener: hears how long each operation took.
    """

    def __init__(
        self,
        store: DiskStore,
        backlog: DiskBacklog,
        counts: DiskCounts,
        listener: TierListener,
        *,
        tick_seconds: float,
    ) -> None:
        self._store = store
        self._backlog = backlog
        self._counts = counts
        self._listener = listener
        self._tick_seconds = tick_seconds
        self._next_tick = 0.0
        self._is_started = False
        # Written by the thread alone, read by all.
        self._held: Mapping[str, Held] = {}
        self._works = True
        self._ticked_at = 0.0
        self._opened = new_promise()
        self._ended = new_promise()

    def start(self) -> Future[None]:
        """Start the thread; the result tells when it has tried to open the store."""
        # A daemon, since a disk that hangs must not keep the process from ending.
        self._is_started = True
        threading.Thread(target=self._run, name="disk-tier-write", daemon=True).start()
        return self._opened

    def stop(self) -> Future[None]:
        """End the thread when it has done what waits, or soon; the result tells when."""
        self._backlog.close(_CLOSING_SECONDS)
        if not self._is_started and not self._ended.done():
            self._ended.set_result(None)
        return self._ended

    @property
    def held(self) -> Mapping[str, Held]:
        """What the store held at the last tick, of all processes, by type."""
        return self._held

    @property
    def works(self) -> bool:
        """Whether the last change came through."""
        return self._works

    @property
    def ticked_at(self) -> float:
        """When the last tick began that came through, monotonic."""
        return self._ticked_at

    # In the thread

    def _run(self) -> None:
        try:
            self._maintain()
            self._opened.set_result(None)
            keeps_promises = True
            while not self._backlog.is_over and (keeps_promises or not self._backlog.is_closing):
                self._backlog.wait(self._next_tick, for_work=keeps_promises)
                keeps_promises = self._keep_promises()
                if keeps_promises:
                    self._write_one()
                if time.monotonic() >= self._next_tick:
                    self._maintain()
            self._maintain()
            self._forget_owed()
            while self._backlog.take_write() is not None:
                self._counts.count_failure(Operation.WRITE, Failure.TIMEOUT)
        finally:
            self._works = False
            self._store.close()
            self._ended.set_result(None)

    def _keep_promises(self) -> bool:
        """Do the clears and deletions that wait; return whether all succeeded."""
        for asset_type, done in self._backlog.clears():
            if not self._attempt(Operation.CLEAR, partial(self._clear, asset_type)):
                return False
            self._backlog.end_clear(asset_type, done)
        for asset_type, key in self._backlog.deletions():
            if not self._attempt(Operation.DELETE, partial(self._store.delete, asset_type, key)):
                return False
            self._backlog.end_deletion(asset_type, key)
        return True

    def _clear(self, asset_type: str) -> None:
        self._backlog.learn({asset_type: self._store.clear(asset_type)})

    def _forget_owed(self) -> None:
        """Remove the files of clears the index never took, lest the next process serves them."""
        for asset_type, _ in self._backlog.clears():
            try:
                self._store.remove_files(asset_type)
            except Exception as error:
                self._counts.count_failure(Operation.CLEAR, self._failed(error))

    def _write_one(self) -> None:
        if self._backlog.take_suspicion():
            self._attempt(Operation.READ, self._store.check)
        for row, is_missing in self._backlog.take_discards():
            self._attempt(Operation.DELETE, partial(self._discard, row, is_missing))
        write = self._backlog.take_write()
        if write is not None:
            uses = self._backlog.take_uses()
            self._attempt(Operation.WRITE, partial(self._store.store, *write, uses))

    def _discard(self, row: Row, is_missing: bool) -> None:
        if self._store.discard(row) and is_missing:
            self._counts.count_failure(Operation.READ, Failure.OTHER)

    def _attempt(self, operation: Operation, change: Callable[[], None]) -> bool:
        began = time.perf_counter()
        try:
            self._store.open()
            change()
        except Exception as error:  # an unforeseen one as well: without the thread nothing is kept
            self._counts.count_failure(operation, self._failed(error))
            return False
        finally:
            self._listener(Tier.DISK, operation, time.perf_counter() - began)
        self._works = True
        return True

    def _maintain(self) -> None:
        began = time.monotonic()
        self._next_tick = began + self._tick_seconds
        uses = self._backlog.take_uses()
        try:
            self._store.open()
            if not self._works:
                self._store.probe()
            if uses:
                self._store.touch(uses)
            self._sweep()
            self._held = self._store.held()
        except Exception as error:  # an unforeseen one as well
            # Nobody asked for this, and while it fails each tick tries it: counted once.
            worked = self._works
            failure = self._failed(error)
            if worked:
                self._counts.count_failure(Operation.WRITE, failure)
        else:
            self._works, self._ticked_at = True, began
            self._backlog.learn({name: held.generation for name, held in self._held.items()})
            self._backlog.know_generations()

    def _sweep(self) -> None:
        for _ in range(_SWEEPS_PER_TICK):
            if not self._store.sweep():
                return

    def _failed(self, error: Exception) -> Failure:
        self._works = False
        if not isinstance(error, IndexDamaged):
            return failure_of(error)
        with contextlib.suppress(OSError, sqlite3.Error):
            self._store.set_aside()
        return Failure.CORRUPT
