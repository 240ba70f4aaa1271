"""DiskIndex: what the disk tier holds, in SQLite, shared by all processes of one directory.

One transaction that changes it also holds the lock under which entry files come and go; so the
index and the files agree whenever nobody writes, and the byte budget is one for all processes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .disk_files import PRIVATE_FILE, Place, make_private_directory

_SCHEMA_VERSION = 2

# Sums are kept by triggers, since a sum over all entries at each write would cost milliseconds.
# Entries of older generations were cleared: never read, but counted in the budget until removed.
_SCHEMA = """
CREATE TABLE types (
    asset_type TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    entries INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    cleared_bytes INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE entries (
    token INTEGER PRIMARY KEY,
    asset_type TEXT NOT NULL,
    key TEXT NOT NULL,
    generation INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    expires_at REAL NOT NULL,
    used_at REAL NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0,
    UNIQUE (asset_type, key)
);
CREATE INDEX entries_by_generation ON entries (asset_type, generation);
CREATE INDEX entries_by_expiry ON entries (expires_at);
CREATE INDEX entries_by_use ON entries (used_at);
CREATE INDEX entries_by_heat ON entries (uses, used_at) WHERE uses > 0;
CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
    UPDATE types SET entries = entries + 1, size_bytes = size_bytes + NEW.size_bytes
    WHERE asset_type = NEW.asset_type;
END;
CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN
    UPDATE types SET
        entries = entries - (OLD.generation = generation),
        size_bytes = size_bytes - OLD.size_bytes * (OLD.generation = generation),
        cleared_bytes = cleared_bytes - OLD.size_bytes * (OLD.generation <> generation)
    WHERE asset_type = OLD.asset_type;
END;
CREATE TRIGGER type_cleared AFTER UPDATE OF generation ON types BEGIN
    UPDATE types SET entries = 0, size_bytes = 0, cleared_bytes = cleared_bytes + size_bytes
    WHERE asset_type = NEW.asset_type;
END;
"""


class IndexDamaged(Exception):
    """The index is no database, or not one of ours."""


class Row(NamedTuple):
    """One entry; `expires_at` in seconds since the epoch."""

    place: Place
    size_bytes: int
    expires_at: float


class Use(NamedTuple):
    """How often an entry answered, and when it did last: seconds since the epoch."""

    times: int
    used_at: float


class Held(NamedTuple):
    """What is held of one type in its current generation."""

    generation: int
    entries: int
    size_bytes: int


class DiskIndex:
    """One connection to the index of one directory, for one thread at a time.

    Every method may raise `sqlite3.Error`, and `IndexDamaged` where that says as much.

    Args:
        root: of the tier; the index is in `index` below it.
        busy_seconds: how long to wait for other writers.

    Raises:
        OSError: there is none, or it cannot be used.
    """

    def __init__(self, root: Path, busy_seconds: float) -> None:
        self._path = _path(root)
        status = self._path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise IndexDamaged("the index is no plain file")
        self._inode = status.st_ino
        self._connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )

    @classmethod
    def create(cls, root: Path, busy_seconds: float) -> DiskIndex:
        """Return the index of a directory, empty where there was none."""
        path = _path(root)
        make_private_directory(path.parent)
        # SQLite gives its further files the permissions of the first. An index that is there is
        # not opened here: to close it again would drop the locks SQLite holds for other threads.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        index = cls(root, busy_seconds)
        try:
            with _telling_damage():
                # In WAL mode readers wait for nobody. NORMAL syncs at checkpoints only: a commit
                # outlives the process, and after a power failure the index is whole, if older.
                index._connection.execute("PRAGMA journal_mode = WAL")
                index._connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            index.close()
            raise
        return index

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    @property
    def is_current(self) -> bool:
        """Whether the index under that name is still the one that was opened."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the one write lock of all processes; commit at the end, or change nothing."""
        with _telling_damage():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # Some errors of SQLite have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    # The whole

    def create_if_new(self) -> bool:
        """Create the tables, in a transaction of the caller's; return whether they were missing.

        Raises:
            IndexDamaged: the tables are those of another version.
        """
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == _SCHEMA_VERSION:
            return False
        if version != 0:
            raise IndexDamaged(f"version {version} of the index is not {_SCHEMA_VERSION}")
        # Not `executescript`, which would commit the transaction.
        for statement in _statements(_SCHEMA):
            self._connection.execute(statement)
        self.mark_version()
        return True

    def mark_version(self) -> None:
        """Write the version of the schema."""
        self._connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def check(self) -> None:
        """Read all of it.

        Raises:
            IndexDamaged: it does not hold together.
        """
        with _telling_damage():
            (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise IndexDamaged(f"the index is damaged: {verdict}")

    def held(self) -> dict[str, Held]:
        """Return what is held, by type."""
        with _telling_damage():
            rows = self._connection.execute(
                "SELECT asset_type, generation, entries, size_bytes FROM types"
            )
            return {asset_type: Held(*numbers) for asset_type, *numbers in rows}

    def total_bytes(self) -> int:
        """Return the bytes of all files, those of cleared entries included."""
        (total,) = self._connection.execute(
            "SELECT coalesce(sum(size_bytes + cleared_bytes), 0) FROM types"
        ).fetchone()
        return int(total)

    # Single entries

    def find(self, asset_type: str, key: str) -> tuple[int, Row | None]:
        """Return the generation of a type, 0 where it has none yet, and its entry under `key`."""
        with _telling_damage():
            found = self._connection.execute(
                "SELECT t.generation, e.* FROM types t LEFT JOIN entries e"
                " ON e.asset_type = t.asset_type AND e.key = ? AND e.generation = t.generation"
                " WHERE t.asset_type = ?",
                (key, asset_type),
            ).fetchone()
        if found is None:
            return 0, None
        generation, *columns = found
        return generation, None if columns[0] is None else _row(columns)

    def generation(self, asset_type: str) -> int:
        """Return the generation of a type, which is begun where it has none."""
        self.set_generation(asset_type, 0)
        (generation,) = self._connection.execute(
            "SELECT generation FROM types WHERE asset_type = ?", (asset_type,)
        ).fetchone()
        return int(generation)

    def set_generation(self, asset_type: str, generation: int) -> None:
        """Begin a generation of a type, unless a later one has begun."""
        self._connection.execute(
            "INSERT INTO types (asset_type, generation) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET generation = excluded.generation"
            " WHERE excluded.generation > generation",
            (asset_type, generation),
        )

    def add(self, row: Row, used_at: float) -> None:
        """Add an entry; there must be none under its type and key."""
        self._connection.execute(
            "INSERT INTO entries"
            " (asset_type, key, generation, token, size_bytes, expires_at, used_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row.place, row.size_bytes, row.expires_at, used_at),
        )

    def remove(self, place: Place) -> bool:
        """Remove an entry; return whether it was there."""
        return bool(
            self._connection.execute("DELETE FROM entries WHERE token = ?", (place.token,)).rowcount
        )

    def under(self, asset_type: str, key: str) -> Row | None:
        """Return the entry of a type and key, of whatever generation."""
        rows = self._rows("SELECT * FROM entries WHERE asset_type = ? AND key = ?", asset_type, key)
        return rows[0] if rows else None

    def with_token(self, token: int) -> Row | None:
        """Return the entry whose file has this token."""
        rows = self._rows("SELECT * FROM entries WHERE token = ?", token)
        return rows[0] if rows else None

    def touch(self, uses: Mapping[tuple[str, str], Use]) -> None:
        """Note the uses of entries by type and key, since those were noted last."""
        self._connection.executemany(
            "UPDATE entries SET uses = uses + ?, used_at = max(used_at, ?)"
            " WHERE asset_type = ? AND key = ?",
            ((*use, *identity) for identity, use in uses.items()),
        )

    # Entries in order

    def cleared(self, limit: int) -> list[Row]:
        """Return entries of generations that were cleared."""
        return self._rows(
            # CROSS JOIN keeps SQLite from scanning the entries first.
            "SELECT e.* FROM types t CROSS JOIN entries e"
            " ON e.asset_type = t.asset_type AND e.generation < t.generation LIMIT ?",
            limit,
        )

    def expired(self, at: float, limit: int) -> list[Row]:
        """Return entries that expire before `at`, first those that expired first."""
        return self._rows(
            "SELECT * FROM entries WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", at, limit
        )

    def least_recently_used(self, limit: int) -> list[Row]:
        """Return the entries that were not used for longest."""
        return self._rows("SELECT * FROM entries ORDER BY used_at LIMIT ?", limit)

    def hottest(
        self, fresh_at: float, limit_bytes: int, limit_entries: Mapping[str, int]
    ) -> list[Row]:
        """Return the entries that were used since they were added, the most used first.

        Of those used equally often, the last used comes first.

        Args:
            fresh_at: what has expired by then is left out.
            limit_bytes: of all together.
            limit_entries: of each type; other types are left out.
        """
        left, rows = dict(limit_entries), []
        with _telling_damage():
            for columns in self._connection.execute(
                # CROSS JOIN keeps the order of the index over uses, so that nothing is sorted.
                "SELECT e.* FROM entries e CROSS JOIN types t"
                " ON t.asset_type = e.asset_type AND t.generation = e.generation"
                " WHERE e.uses > 0 AND e.expires_at > ? ORDER BY e.uses DESC, e.used_at DESC",
                (fresh_at,),
            ):
                row = _row(columns)
                if left.get(row.place.asset_type, 0) <= 0:
                    continue
                limit_bytes -= row.size_bytes
                if limit_bytes < 0:
                    break
                left[row.place.asset_type] -= 1
                rows.append(row)
        return rows

    def after(self, token: int, limit: int) -> list[Row]:
        """Return the entries whose tokens are beyond `token`, in the order of tokens."""
        return self._rows(
            "SELECT * FROM entries WHERE token > ? ORDER BY token LIMIT ?", token, limit
        )

    def _rows(self, query: str, *values: float | str) -> list[Row]:
        with _telling_damage():
            return [_row(columns) for columns in self._connection.execute(query, values)]


def _path(root: Path) -> Path:
    return root / "index" / "index.sqlite3"


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _row(columns: Iterable[object]) -> Row:
    match tuple(columns):
        case (int(token), str(kind), str(key), int(generation), int(size), float(expires_at), *_):
            return Row(Place(kind, key, generation, token), size, expires_at)
        case other:
            raise IndexDamaged(f"no entry can be {other!r:.300}")


@contextlib.contextmanager
def _telling_damage() -> Iterator[None]:
    # SQLITE_ERROR is what our own constant statements get from a database that is not ours.
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
            raise IndexDamaged(str(error)) from error
        raise
