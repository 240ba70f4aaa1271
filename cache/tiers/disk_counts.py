"""DiskCounts: what befell the disk tier since it was opened, counted from several threads."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from .tier import Failure, Operation

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE_FAILURES = {
    sqlite3.SQLITE_FULL: Failure.FULL,
    sqlite3.SQLITE_BUSY: Failure.TIMEOUT,
    sqlite3.SQLITE_LOCKED: Failure.TIMEOUT,
}
_PRIMARY_CODE = 0xFF  # the further bits of a result code say where it arose


def failure_of(error: Exception) -> Failure:
    """Return as what an error is counted: of the file system, of SQLite, or an unforeseen one."""
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, OSError):
        return Failure.FULL if error.errno in _FULL_ERRNOS else Failure.OTHER
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return _SQLITE_FAILURES.get(code, Failure.OTHER)


class Tallies(NamedTuple):
    """All counts at one moment; expirations and evictions by asset type."""

    failures: Mapping[tuple[Operation, Failure], int]
    expirations: Mapping[str, int]
    evictions: Mapping[str, int]


class DiskCounts:
    """Counters that any thread may add to."""

    def __init__(self) -> None:
        # The lock guards the three counters.
        self._lock = threading.Lock()
        self._failures: Counter[tuple[Operation, Failure]] = Counter()
        self._expirations: Counter[str] = Counter()
        self._evictions: Counter[str] = Counter()

    def count_failure(self, operation: Operation, failure: Failure) -> None:
        """Count an operation that did not do what was asked."""
        with self._lock:
            self._failures[operation, failure] += 1

    def count_dropped(self, expired: Counter[str], evicted: Counter[str]) -> None:
        """Count entries that were removed, by asset type."""
        with self._lock:
            self._expirations += expired
            self._evictions += evicted

    def tallies(self) -> Tallies:
        """Return a consistent copy."""
        with self._lock:
            return Tallies(dict(self._failures), dict(self._expirations), dict(self._evictions))
