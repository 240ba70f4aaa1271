"""TraceRecorder: writes the lookups of a live cache as a trace that `read_trace` reads."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .stored_facts import Facts, StoredFacts
from .trace import OPTIONAL, REQUIRED

# At a write a second it takes that many lookups a second before the oldest are lost.
_MAX_PENDING = 65_536
# Keys whose values are remembered though they may not be held any more.
_MAX_STORED = 16_384

_HEADER = (",".join((*REQUIRED, *OPTIONAL)) + "\n").encode()


class TraceRecorder:
    """Keeps the latest lookups in a file and its predecessor, `<path>.1`, within a budget.

    Its recorders take lookups from any thread; the rest is for one thread at a time.

    Args:
        path: of the file, which is gone on with if it is there; its folder must be.
        max_bytes: of both files together; a file always has room for one row.
        held: what is known of a key now; None where it is not held any more. Then what was last
            stored of it counts, or the mean of what was stored of its type.
        wall_clock_offset: seconds to add to the cache's clock to have the time of day.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        held: Callable[[str, str], Facts | None],
        wall_clock_offset: float,
    ) -> None:
        self._path = path
        self._max_file_bytes = max_bytes // 2
        self._held = held
        self._stored = StoredFacts(_MAX_STORED)
        self._offset = wall_clock_offset
        # Whether the file is known to be missing, or to hold whole rows below our header.
        self._is_whole = False
        self._pending: deque[tuple[str, str, float]] = deque(maxlen=_MAX_PENDING)

    def recorder(self, asset_type: str) -> Callable[[tuple[str, float]], None]:
        """Return what takes one lookup of `asset_type`: its key, and the cache's clock then."""
        append = self._pending.append
        return lambda lookup: append((asset_type, *lookup))

    def stored(self, asset_type: str) -> Callable[[Any, float, int], None]:
        """Return what takes one value stored: its key, seconds of building it, and its bytes."""
        note = self._stored.note
        return lambda key, cost_seconds, weight: note(asset_type, key, Facts(cost_seconds, weight))

    def write(self) -> None:
        """Write what was recorded since the last time.

        Raises:
            OSError: the file cannot be written, or is no trace of this program's; what was
                recorded is lost, what it held is not.
        """
        rows = deque(self._row(*self._pending.popleft()) for _ in range(len(self._pending)))
        if rows and not self._is_whole:
            _mend(self._path)
            self._is_whole = True
        while rows:
            size = self._path.stat().st_size if self._path.exists() else 0
            if size and size + len(rows[0]) > self._max_file_bytes:
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
                size = 0
            batch = bytearray(b"" if size else _HEADER)
            batch += rows.popleft()
            while rows and size + len(batch) + len(rows[0]) <= self._max_file_bytes:
                batch += rows.popleft()
            self._append(batch, size)

    def _append(self, batch: bytes | bytearray, size: int) -> None:
        try:
            with self._path.open("ab") as file:
                file.write(batch)
        except OSError:
            # Half a row, as a full disk leaves it, would make the whole trace unreadable.
            with contextlib.suppress(OSError):
                os.truncate(self._path, size)
            raise

    def _row(self, asset_type: str, key: str, at: float) -> bytes:
        facts = self._held(asset_type, key) or self._stored.facts(asset_type, key)
        cost_ms, weight = (
            ("", "") if facts is None else (f"{facts.cost_seconds * 1000:.3f}", str(facts.weight))
        )
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(
            (f"{at + self._offset:.6f}", asset_type, key, cost_ms, weight)
        )
        return line.getvalue().encode()


def _mend(path: Path) -> None:
    """Cut off the half row that a process which was killed has left.

    Raises:
        OSError: it cannot be read or written, or is there and does not begin as a trace does.
    """
    if not path.exists():
        return
    with path.open("r+b") as file:
        header = file.read(len(_HEADER))
        if not _HEADER.startswith(header):
            raise FileExistsError(errno.EEXIST, "is there, and is no recorded trace", str(path))
        file.seek(0)
        file.truncate(_whole_rows(file))


def _whole_rows(lines: Iterable[bytes]) -> int:
    """Return how many bytes are whole rows: those before the last newline outside of quotes."""
    whole = size = quotes = 0
    for line in lines:
        size += len(line)
        quotes += line.count(b'"')
        if line.endswith(b"\n") and not quotes % 2:
            whole = size
    return whole
