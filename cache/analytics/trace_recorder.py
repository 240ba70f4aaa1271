"""TraceRecorder: writes the lookups of a live cache as a trace that `read_trace` reads."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .trace import OPTIONAL, REQUIRED

# At a write a second it takes that many lookups a second before the oldest are lost.
_MAX_PENDING = 65_536

_HEADER = ",".join((*REQUIRED, *OPTIONAL)) + "\n"


class Facts(NamedTuple):
    """What is known of a held value: what building it took, and its bytes."""

    cost_seconds: float
    weight: int


class TraceRecorder:
    """Keeps the latest lookups in a file and its predecessor, `<path>.1`, within a budget.

    Its recorders take lookups from any thread; the rest is for one thread at a time.

    Args:
        path: of the file; its folder must be there.
        max_bytes: of both files together.
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
            OSError: the file cannot be written; what was recorded is lost.
        """
        rows = [self._row(*self._pending.popleft()) for _ in range(len(self._pending))]
        if not rows:
            return
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        self._rotate(len(written.getvalue()))
        with self._path.open("a", encoding="utf-8", newline="") as file:
            if not file.tell():
                file.write(_HEADER)
            file.write(written.getvalue())

    def _row(self, asset_type: str, key: str, at: float) -> tuple[str, ...]:
        facts = self._facts(asset_type, key)
        timestamp = f"{at + self._offset:.6f}"
        if facts is None:
            return timestamp, asset_type, key, "", ""
        cost_ms = f"{facts.cost_seconds * 1000:.3f}"
        return timestamp, asset_type, key, cost_ms, str(facts.weight)

    def _rotate(self, coming_bytes: int) -> None:
        present = self._path.stat().st_size if self._path.exists() else 0
        if present and present + coming_bytes > self._max_file_bytes:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
