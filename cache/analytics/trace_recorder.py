"""TraceRecorder: writes the lookups of a live cache as a trace that `read_trace` reads."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .trace import OPTIONAL, REQUIRED

# At a write a second it takes that many lookups a second before the oldest are lost.
_MAX_PENDING = 65_536

_HEADER = (",".join((*REQUIRED, *OPTIONAL)) + "\n").encode()


class Facts(NamedTuple):
    """What is known of a held value: what building it took, and its bytes."""

    cost_seconds: float
    weight: int


class TraceRecorder:
    """Keeps the latest lookups in a file and its predecessor, `<path>.1`, within a budget.

    Its recorders take lookups from any thread; the rest is for one thread at a time.

    Args:
        path: of the file; its folder must be there.
        max_bytes: of both files together; a file always has room for one row.
        facts: what is known of a key now; None where it is not held any more.
        wall_clock_offset: seconds to add to the cache's clock to have the time of day.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        facts: Callable[[str, str], Facts | None],
        wall_clock_offset: float,
    ) -> None:
        self._path = path
        self._max_file_bytes = max_bytes // 2
        self._facts = facts
        self._offset = wall_clock_offset
        self._pending: deque[tuple[str, str, float]] = deque(maxlen=_MAX_PENDING)

    def recorder(self, asset_type: str) -> Callable[[tuple[str, float]], None]:
        """Return what takes one lookup of `asset_type`: its key, and the cache's clock then."""
        append = self._pending.append
        return lambda lookup: append((asset_type, *lookup))

    def write(self) -> None:
        """Write what was recorded since the last time.

        Raises:
            OSError: the file cannot be written; what was recorded is lost, what it held is not.
        """
        rows = deque(self._row(*self._pending.popleft()) for _ in range(len(self._pending)))
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
        facts = self._facts(asset_type, key)
        cost_ms, weight = (
            ("", "") if facts is None else (f"{facts.cost_seconds * 1000:.3f}", str(facts.weight))
        )
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(
            (f"{at + self._offset:.6f}", asset_type, key, cost_ms, weight)
        )
        return line.getvalue().encode()
