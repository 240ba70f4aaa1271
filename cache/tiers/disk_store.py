"""DiskStore: what one thread does to the index and the files of the disk tier together."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .disk_counts import DiskCounts, failure_of
from .disk_files import PRIVATE_DIRECTORY, EntryFiles, Place
from .disk_index import DiskIndex, Held, IndexDamaged, Row, Use
from .disk_recovery import rebuild, remove_leftovers, set_index_aside
from .envelope import Envelope, pack_header
from .tier import Failure, Operation

# Of other processes that write; nobody waits for this but the writer thread.
_BUSY_SECONDS = 2.0
# Entries removed in one transaction: few enough that no other process waits long.
_REMOVED_AT_ONCE = 64


@dataclass(slots=True)
class _Dropped:
    """What one transaction removes, by asset type; counted when it is through."""

    expired: Counter[str] = field(default_factory=Counter)
    evicted: Counter[str] = field(default_factory=Counter)


class DiskStore:
    """Changes to one directory. Every method may raise OSError, sqlite3.Error and IndexDamaged.

    Args:
        root: the directory; made if it is missing.
        max_bytes: of all entry files together, whichever process wrote them.
        max_entry_bytes: of one.
        stale_seconds: how long entries are kept past their expiry.
        wall_clock: seconds since the epoch.
    """

    def __init__(
        self,
        root: Path,
        files: EntryFiles,
        counts: DiskCounts,
        *,
        max_bytes: int,
        max_entry_bytes: int,
        stale_seconds: float,
        wall_clock: Callable[[], float],
    ) -> None:
        self._root = root
        self._files = files
        self._counts = counts
        self._max_bytes = max_bytes
        self._max_entry_bytes = min(max_entry_bytes, max_bytes)
        self._stale_seconds = stale_seconds
        self._wall_clock = wall_clock
        self._opened: DiskIndex | None = None

    def open(self) -> None:
        """Have the index open, the right one: made, mended or rebuilt where it has to be."""
        if self._opened is not None and self._opened.is_current:
            return
        self.close()
        self._root.mkdir(PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        self._files.prepare()
        try:
            self._open_index()
        except IndexDamaged:
            self._counts.count_failure(Operation.READ, Failure.CORRUPT)
            set_index_aside(self._root)
            self._open_index()

    def close(self) -> None:
        """Close the index."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def set_aside(self) -> None:
        """Give up the index, unless another process has; the next `open` rebuilds it."""
        is_current = self._opened is None or self._opened.is_current
        self.close()
        if is_current:
            set_index_aside(self._root)

    def check(self) -> None:
        """Read the whole index.

        Raises:
            IndexDamaged: it does not hold together.
        """
        self._index.check()

    def held(self) -> Mapping[str, Held]:
        """Return what is held, by type."""
        return self._index.held()

    def store(
        self, envelope: Envelope, generation: int | None, uses: Mapping[tuple[str, str], Use]
    ) -> None:
        """Store `envelope`; what is too large for the tier is counted, not stored.

        Args:
            generation: it is dropped if its type is of another by now; None: any will do.
            uses: to be noted before room is made; see `touch`.
        """
        header = pack_header(envelope)
        size = len(header) + len(envelope.body)
        if size > self._max_entry_bytes:
            self._counts.count_failure(Operation.WRITE, Failure.FULL)
            return
        dropped = _Dropped()
        failed: OSError | None = None
        with contextlib.ExitStack() as undo:
            with self._index.transaction():
                self._index.touch(uses)
                current = self._index.generation(envelope.asset_type)
                if generation not in (None, current):
                    return
                self._replace(envelope, current, dropped)
                self._make_room(size, dropped)
                place = Place(envelope.asset_type, envelope.key, current, secrets.randbits(63))
                undo.callback(self._files.remove, place)
                try:
                    self._files.write(place, header, envelope.body)
                except OSError as error:
                    failed = error  # the files that were removed are gone: that is to be committed
                else:
                    row = Row(place, size, envelope.expires_at)
                    self._index.add(row, self._wall_clock())
                    # It has answered from memory while it waited to be written.
                    own = envelope.asset_type, envelope.key
                    self._index.touch({own: uses[own]} if own in uses else {})
            undo.pop_all()
        self._counts.count_dropped(dropped.expired, dropped.evicted)
        if failed is not None:
            raise failed

    def delete(self, asset_type: str, key: str) -> None:
        """Remove what is held under a key."""
        with self._index.transaction():
            row = self._index.under(asset_type, key)
            if row is not None:
                self._remove(row)

    def discard(self, row: Row) -> bool:
        """Remove an entry that is no good; return whether it was still there."""
        with self._index.transaction():
            if self._index.with_token(row.place.token) is None:
                return False
            self._remove(row)
            return True

    def clear(self, asset_type: str) -> int:
        """Begin the next generation of a type and return it; older entries are swept later.

        Where the index cannot take that, as on a full disk, the files are removed at once: that
        needs no room, makes some, and holds after a restart.
        """
        try:
            return self._begin_generation(asset_type)
        except (OSError, sqlite3.Error) as error:
            if failure_of(error) is Failure.TIMEOUT:  # another process writes, and will end
                raise
        with self._index.transaction():
            self.remove_files(asset_type)
        return self._begin_generation(asset_type)

    def remove_files(self, asset_type: str) -> None:
        """Remove the files of a type, whatever the index says, which need not be open.

        Without the write lock too, it costs others no more than entries: who finds no file for
        what the index has removes that as well.
        """
        self._files.remove_all(asset_type)

    def touch(self, uses: Mapping[tuple[str, str], Use]) -> None:
        """Note the uses of entries by type and key, since those were noted last."""
        with self._index.transaction():
            self._index.touch(uses)

    def sweep(self) -> bool:
        """Remove some entries that were cleared or are past use; return whether there were any."""
        index, dead_at = self._index, self._wall_clock() - self._stale_seconds
        if not (index.cleared(1) or index.expired(dead_at, 1)):
            return False
        dropped = _Dropped()
        with index.transaction():
            cleared = index.cleared(_REMOVED_AT_ONCE)
            for row in cleared:
                self._remove(row)
            for row in index.expired(dead_at, _REMOVED_AT_ONCE - len(cleared)):
                self._remove(row)
                dropped.expired[row.place.asset_type] += 1
        self._counts.count_dropped(dropped.expired, dropped.evicted)
        if cleared:
            self._files.remove_empty_generations()
        return True

    def probe(self) -> None:
        """Write a little and take it away again, to see whether writing works."""
        with self._index.transaction():
            self._index.mark_version()
            self._files.probe()

    @property
    def _index(self) -> DiskIndex:
        if self._opened is None:
            raise RuntimeError("the store is not open")
        return self._opened

    def _open_index(self) -> None:
        index = self._opened = DiskIndex.create(self._root, _BUSY_SECONDS)
        dropped = _Dropped()
        try:
            with index.transaction():
                if index.create_if_new():
                    rebuild(index, self._files, self._wall_clock() - self._stale_seconds)
                self._make_room(0, dropped)  # the budget may have been a larger one
            index.check()
            remove_leftovers(index, self._files, self._counts)
        except BaseException:
            self.close()
            raise
        self._counts.count_dropped(dropped.expired, dropped.evicted)

    def _begin_generation(self, asset_type: str) -> int:
        with self._index.transaction():
            generation = self._index.generation(asset_type) + 1
            self._files.begin_generation(asset_type, generation)
            self._index.set_generation(asset_type, generation)
            return generation

    # In a transaction

    def _replace(self, envelope: Envelope, generation: int, dropped: _Dropped) -> None:
        row = self._index.under(envelope.asset_type, envelope.key)
        if row is None:
            return
        self._remove(row)
        if row.place.generation == generation and row.expires_at <= self._wall_clock():
            dropped.expired[envelope.asset_type] += 1

    def _make_room(self, size_bytes: int, dropped: _Dropped) -> None:
        excess = self._index.total_bytes() + size_bytes - self._max_bytes
        while excess > 0:
            rows, count = self._least_wanted(dropped)
            if not rows:
                return
            for row in rows:
                if excess <= 0:
                    return
                self._remove(row)
                excess -= row.size_bytes
                count[row.place.asset_type] += 1

    def _least_wanted(self, dropped: _Dropped) -> tuple[list[Row], Counter[str]]:
        """Return some entries to remove first, and where to count them."""
        if rows := self._index.cleared(_REMOVED_AT_ONCE):
            return rows, Counter()
        if rows := self._index.expired(self._wall_clock(), _REMOVED_AT_ONCE):
            return rows, dropped.expired
        return self._index.least_recently_used(_REMOVED_AT_ONCE), dropped.evicted

    def _remove(self, row: Row) -> None:
        self._files.remove(row.place)
        self._index.remove(row.place)
