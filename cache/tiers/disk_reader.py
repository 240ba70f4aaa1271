"""DiskReader: lookups in the disk tier, each in a thread of a few, and none waited for long."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from .disk_files import EntryFiles
from .disk_index import DiskIndex, Row
from .disk_threads import DiskThreads
from .envelope import CorruptEnvelope, Envelope

# Readers hardly ever wait for writers, and give up before they are given up.
_BUSY_SECONDS = 0.1

T = TypeVar("T")


class Found(NamedTuple):
    """What one lookup came to.

    Attributes:
        generation: of the type, as the index has it.
        row: what the index has, if anything.
        envelope: what the file has, checked; None: no file, or no good one.
        is_corrupt: the file is there, and no good.
    """

    generation: int
    row: Row | None
    envelope: Envelope | None = None
    is_corrupt: bool = False


class DiskReader:
    """Reads entries; a disk that hangs costs a caller `timeout_seconds`, and soon nothing more.

    Args:
        root: the directory of the tier.
        wall_clock: seconds since the epoch.
        stale_seconds: how long past its expiry an entry is still returned.
    """

    def __init__(
        self,
        root: Path,
        files: EntryFiles,
        *,
        stale_seconds: float,
        wall_clock: Callable[[], float],
        timeout_seconds: float,
    ) -> None:
        self._root = root
        self._files = files
        self._stale_seconds = stale_seconds
        self._wall_clock = wall_clock
        self._threads = DiskThreads(timeout_seconds)
        self._idle: queue.SimpleQueue[DiskIndex] = queue.SimpleQueue()
        self._closed = False

    def open(self) -> None:
        """Start the threads."""
        self._threads.open()

    async def find(self, asset_type: str, key: str) -> Found:
        """Look up one entry.

        Raises:
            OSError, sqlite3.Error, IndexDamaged: as the disk has it; TimeoutError: it hangs.
            ThreadsClosed: the reader was closed before the lookup began.
        """
        return await self._threads.do(lambda: self._find(asset_type, key))

    async def hottest(self, limit_bytes: int, limit_entries: Mapping[str, int]) -> list[Row]:
        """Return the fresh entries that were used most, as the index does; raises as `find`."""
        now = self._wall_clock()
        return await self._threads.do(
            lambda: self._asking(lambda index: index.hottest(now, limit_bytes, limit_entries))
        )

    @property
    def is_hanging(self) -> bool:
        """Whether a lookup takes longer than anybody waits for it."""
        return self._threads.is_hanging

    def close(self) -> None:
        """Begin no more lookups; a thread that hangs ends when the disk lets it go."""
        self._closed = True
        self._threads.close()
        self._close_idle()

    # In a thread

    def _find(self, asset_type: str, key: str) -> Found:
        found = self._find_once(asset_type, key)
        if found.row is None or found.envelope is not None or found.is_corrupt:
            return found
        # Its file is gone: it may have been replaced since the index was asked. What still has no
        # file then is looked at by the writer, under the lock.
        return self._find_once(asset_type, key)

    def _find_once(self, asset_type: str, key: str) -> Found:
        generation, row = self._asking(lambda index: index.find(asset_type, key))
        if row is None or row.expires_at + self._stale_seconds <= self._wall_clock():
            return Found(generation, None)
        try:
            envelope = self._files.read(row.place, row.size_bytes)
        except FileNotFoundError:
            return Found(generation, row)
        except CorruptEnvelope:
            return Found(generation, row, is_corrupt=True)
        if envelope.expires_at != row.expires_at:
            return Found(generation, row, is_corrupt=True)
        return Found(generation, row, envelope)

    def _asking(self, question: Callable[[DiskIndex], T]) -> T:
        index = self._take_index()
        try:
            return question(index)
        finally:
            self._idle.put(index)
            if self._closed:
                self._close_idle()

    def _take_index(self) -> DiskIndex:
        while True:
            try:
                index = self._idle.get_nowait()
            except queue.Empty:
                return DiskIndex(self._root, _BUSY_SECONDS)
            if index.is_current:
                return index
            index.close()

    def _close_idle(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()
