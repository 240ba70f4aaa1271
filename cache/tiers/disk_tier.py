"""DiskTier: the tier that outlives the process and is shared by those on one machine.

What it holds is in files, what it knows of them in an index; see `disk_files` and `disk_index`.
It is for POSIX systems and local file systems, as SQLite's write-ahead log is.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path

from ..limits import checked_budget, checked_stale_window
from ..stats import EvictionReason, Tier
from .disk_backlog import DiskBacklog
from .disk_counts import DiskCounts, failure_of
from .disk_files import EntryFiles
from .disk_index import IndexDamaged
from .disk_reader import DiskReader, Found
from .disk_store import DiskStore
from .disk_threads import ThreadsClosed
from .disk_writer import DiskWriter
from .envelope import Envelope
from .tier import Failure, Holding, Operation, TierListener, TierReport, unheard

_READ_SECONDS = 0.25
_TICK_SECONDS = 1.0
_OPENING_SECONDS = 5.0
_CLEARING_SECONDS = 2.0
_CLOSING_SECONDS = 5.0
_HOTTEST_SECONDS = 10.0
# The largest picture that can be asked for is well below.
_MAX_ENTRY_BYTES = 64 * 2**20


class DiskTier:
    """Envelopes in one directory, which several processes may share.

    Every lookup is checked by SHA-256 and bounded in time; every change happens in a thread behind
    the caller. `max_bytes` holds for all processes together; the index itself, some 300 bytes an
    entry, and its log of some MB come on top. Nothing is synced to the device at a write: entries
    outlive `kill -9`, and what a power failure tears is found by its checksum.

    Args:
        path: the directory; made if it is missing.
        max_bytes: of all entry files.
        stale_seconds: how long entries are kept past their expiry.
        listener: hears how long each operation took, in any thread; must not raise.
        wall_clock: seconds since the epoch.
        read_seconds: the bound of a lookup.
        tick_seconds: how often uses are written down, and what failed is tried again.
        max_entry_bytes: a larger entry is neither written nor read.

    Raises:
        ValueError: a budget or stale window that makes no sense.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        *,
        listener: TierListener = unheard,
        stale_seconds: float = 0.0,
        wall_clock: Callable[[], float] = time.time,
        read_seconds: float = _READ_SECONDS,
        tick_seconds: float = _TICK_SECONDS,
        max_entry_bytes: int = _MAX_ENTRY_BYTES,
    ) -> None:
        checked_budget(max_bytes)
        checked_stale_window(stale_seconds)
        root = path.absolute()
        files = EntryFiles(root, max_entry_bytes)
        self._listener = listener
        self._counts = DiskCounts()
        self._backlog = DiskBacklog(wall_clock)
        self._reader = DiskReader(
            root,
            files,
            stale_seconds=stale_seconds,
            wall_clock=wall_clock,
            timeout_seconds=read_seconds,
        )
        store = DiskStore(
            root,
            files,
            self._counts,
            max_bytes=max_bytes,
            max_entry_bytes=max_entry_bytes,
            stale_seconds=stale_seconds,
            wall_clock=wall_clock,
        )
        self._writer = DiskWriter(
            store, self._backlog, self._counts, listener, tick_seconds=tick_seconds
        )
        self._is_open = False
        self._read_failed_at = -math.inf
        # Moves when something of a type is forgotten: a lookup that began before finds nothing.
        self._forgotten: Counter[str] = Counter()

    @property
    def name(self) -> Tier:
        """The disk."""
        return Tier.DISK

    async def open(self) -> None:
        """Start the threads, and mend what was left behind; a long mending goes on behind."""
        self._reader.open()
        await _within(_OPENING_SECONDS, self._writer.start())
        self._is_open = True

    async def read(self, asset_type: str, key: str) -> Envelope | None:
        """Return what is held, checked and not older than the stale window; None: a miss.

        That is no use of it: whoever takes it tells so by `note_uses`.
        """
        began = time.perf_counter()
        try:
            found = await self._find(asset_type, key)
            return None if found is None else found.envelope
        finally:
            self._listener(Tier.DISK, Operation.READ, time.perf_counter() - began)

    def write(self, envelope: Envelope) -> None:
        """Take `envelope`, to be stored soon; it is dropped, and counted, when too many wait.

        It is dropped silently when its type is cleared, here or by another process, before it is
        stored.
        """
        if not self._backlog.write(envelope):
            self._counts.count_failure(Operation.WRITE, Failure.FULL)

    def delete(self, asset_type: str, key: str) -> None:
        """Forget one key soon; from now on it is not read."""
        self._forgotten[asset_type] += 1
        self._backlog.delete(asset_type, key)

    async def clear(self, asset_type: str) -> None:
        """Start a new generation of one type: what was written before is never read again.

        In this process that holds from the first step of the call; in others from when the index
        has it, which is tried until it succeeds, and waited for within a bound.
        """
        self._forgotten[asset_type] += 1
        await _within(_CLEARING_SECONDS, self._backlog.clear(asset_type))

    def note_uses(self, asset_type: str, uses: Iterable[tuple[str, int]]) -> None:
        """Note how often keys were answered, from here or above; of too many, not all."""
        self._backlog.touch(asset_type, uses)

    async def hottest(
        self, limit_bytes: int, limit_entries: Mapping[str, int]
    ) -> AsyncIterator[Envelope]:
        """Give the fresh envelopes that were used since they were written, by any process.

        The most used come first, and of those used equally often the last used. This is no use
        of them. An index that had to be rebuilt knows of no uses yet. What is not read within some
        seconds is left out.

        Args:
            limit_bytes: of their files together.
            limit_entries: of each type; other types are left out.
        """
        if not self._is_open:
            return
        try:
            rows = await self._reader.hottest(limit_bytes, limit_entries)
        except ThreadsClosed:
            return
        except Exception as error:
            self._count_failed_read(error)
            return
        give_up_at = time.monotonic() + _HOTTEST_SECONDS
        for row in rows:
            if time.monotonic() >= give_up_at:
                return
            found = await self._find(row.place.asset_type, row.place.key)
            if found is not None and found.envelope is not None:
                yield found.envelope

    async def close(self) -> None:
        """Write what waits, within a bound, and end everything it started."""
        self._is_open = False
        self._reader.close()
        await _within(_CLOSING_SECONDS, self._writer.stop())

    def report(self) -> TierReport:
        """Return how it is; what it holds is as of the last tick. Safe to call from any thread."""
        held = self._writer.held
        tallies = self._counts.tallies()
        names = {*held, *tallies.expirations, *tallies.evictions}
        return TierReport(
            tier=Tier.DISK,
            up=self._is_up(),
            queue_length=len(self._backlog),
            failures=tallies.failures,
            holdings={
                name: Holding(
                    entries=held[name].entries if name in held else 0,
                    size_bytes=held[name].size_bytes if name in held else 0,
                    expirations=tallies.expirations.get(name, 0),
                    evictions={EvictionReason.MEMORY: tallies.evictions.get(name, 0)},
                )
                for name in names
            },
        )

    def _is_up(self) -> bool:
        # Where lookups failed, they may be few: the next tick that comes through makes up for it.
        return (
            self._writer.works
            and not self._reader.is_hanging
            and self._writer.ticked_at > self._read_failed_at
        )

    async def _find(self, asset_type: str, key: str) -> Found | None:
        """Look one entry up, and see to what is wrong with it."""
        if not self._is_open or self._backlog.is_forgetting(asset_type, key):
            return None
        forgotten = self._forgotten[asset_type]
        try:
            found = await self._reader.find(asset_type, key)
        except ThreadsClosed:
            return None
        except Exception as error:  # an unforeseen one as well: a tier never fails a request
            self._count_failed_read(error)
            return None
        if forgotten != self._forgotten[asset_type]:
            return None
        self._backlog.learn({asset_type: found.generation})
        if found.is_corrupt:
            self._counts.count_failure(Operation.READ, Failure.CORRUPT)
        if found.row is not None and found.envelope is None:
            self._backlog.discard(found.row, is_missing=not found.is_corrupt)
        return found

    def _count_failed_read(self, error: Exception) -> None:
        self._read_failed_at = time.monotonic()
        if isinstance(error, IndexDamaged):
            self._backlog.suspect()
            self._counts.count_failure(Operation.READ, Failure.CORRUPT)
        else:
            self._counts.count_failure(Operation.READ, failure_of(error))


async def _within(seconds: float, done: Future[None]) -> None:
    """Wait for what another thread is to do; no longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.wrap_future(done)
