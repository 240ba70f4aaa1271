"""How the disk tier gets over a past that ended badly: leftovers, and an index that is no good."""

from __future__ import annotations

import shutil
from pathlib import Path

from .disk_counts import DiskCounts, failure_of
from .disk_files import EntryFiles, is_temporary, remove_path, token_of
from .disk_index import DiskIndex, Row
from .envelope import CorruptEnvelope
from .tier import Failure, Operation

_ROWS_AT_ONCE = 500


def set_index_aside(root: Path) -> None:
    """Rename the index, so that a new one is made; of those set aside, only the last is kept."""
    aside = root / "index.damaged"
    shutil.rmtree(aside, ignore_errors=True)
    # The directory as a whole: the log of a database beside another one would be played into it.
    (root / "index").rename(aside)


def rebuild(index: DiskIndex, files: EntryFiles, dead_at: float) -> None:
    """Fill a new index from the headers of the files, in a transaction of the caller's.

    Args:
        dead_at: entries that expired before this, in seconds since the epoch, are left out.
    """
    generations = files.current_generations()
    for asset_type, generation in generations.items():
        index.set_generation(asset_type, generation)
    for path in files.paths():
        try:
            place, header = files.identify(path)
            used_at = path.lstat().st_mtime
        except (CorruptEnvelope, OSError):
            continue
        # A type may have begun meanwhile, by who still writes to the index this one replaces.
        if place.generation != generations.get(place.asset_type) or header.expires_at <= dead_at:
            continue
        rival = index.under(place.asset_type, place.key)
        if rival is not None and rival.expires_at >= header.expires_at:
            continue
        if rival is not None:
            index.remove(rival.place)
        index.add(Row(place, header.size_bytes + header.body_bytes, header.expires_at), used_at)


def remove_leftovers(index: DiskIndex, files: EntryFiles, counts: DiskCounts) -> None:
    """Remove entries without their file and files without an entry.

    Other processes may be writing: what looks left over is looked at again under the write lock,
    and there it is.
    """
    token = -1
    while rows := index.after(token, _ROWS_AT_ONCE):
        token = rows[-1].place.token
        suspects = [row for row in rows if files.size_bytes(row.place) != row.size_bytes]
        if suspects:
            _remove_entries(index, files, counts, suspects)
    for path in files.paths():
        if not _is_known(index, files, path):
            with index.transaction():
                if not _is_known(index, files, path):
                    _count_foreign(files, counts, path)
                    remove_path(path)
    files.remove_empty_generations()


def _remove_entries(
    index: DiskIndex, files: EntryFiles, counts: DiskCounts, suspects: list[Row]
) -> None:
    with index.transaction():
        for row in suspects:
            size = files.size_bytes(row.place)
            if size == row.size_bytes or not index.remove(row.place):
                continue
            files.remove(row.place)
            if size is not None:
                counts.count_failure(Operation.READ, Failure.CORRUPT)


def _is_known(index: DiskIndex, files: EntryFiles, path: Path) -> bool:
    token = token_of(path)
    row = None if token is None else index.with_token(token)
    return row is not None and files.is_at(row.place, path)


def _count_foreign(files: EntryFiles, counts: DiskCounts, path: Path) -> None:
    # What a killed process left is whole, or has a temporary name: no reason for alarm.
    if is_temporary(path):
        return
    try:
        files.identify(path)
    except CorruptEnvelope:
        counts.count_failure(Operation.READ, Failure.CORRUPT)
    except FileNotFoundError:
        pass
    except OSError as error:
        counts.count_failure(Operation.READ, failure_of(error))
