"""EntryFiles: the bytes of the disk tier, one file an entry, private, written whole or not at all.

    entries/<type>/<generation>/<shard>/<hash of type and key>-<token>

The highest generation of a type that has a directory is the current one, which is how a rebuilt
index knows what was cleared. Files are made and removed by whoever holds the write lock of the
index, of all processes; so under that lock every file the index does not name is a leftover.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import quote, unquote

from .envelope import MAX_HEADER_BYTES, CorruptEnvelope, Envelope, Header, unpack, unpack_header

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600

# Numbers that SQLite can hold.
_NAME = re.compile(r"[0-9a-f]{32}-([0-7][0-9a-f]{15})")
_NUMBER = re.compile(r"[0-9]{1,18}")
_TEMPORARY_SUFFIX = ".tmp"
# Something small, yet more than fits into what is left of a block.
_PROBE_BYTES = 16384
# Links are not followed; a pipe or device under the name of an entry does not block.
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Place(NamedTuple):
    """Where an entry is; `token`, 63 random bits, tells apart what was written under one key."""

    asset_type: str
    key: str
    generation: int
    token: int


class EntryFiles:
    """The entry files below one directory.

    Every method may raise OSError, as the file system does.

    Args:
        root: of the tier; entries are in `entries` below it.
        max_entry_bytes: no longer file is read or adopted.
    """

    def __init__(self, root: Path, max_entry_bytes: int) -> None:
        self._entries = root / "entries"
        self._max_entry_bytes = max_entry_bytes

    def prepare(self) -> None:
        """Make the directory for entries; it must not be a link to elsewhere."""
        make_private_directory(self._entries)

    def write(self, place: Place, header: bytes, body: bytes) -> None:
        """Write an entry to a temporary name, then put it in place.

        It is not synced to the device: what the system has taken outlives the process, and what a
        power failure tears does not pass the checksum.
        """
        path = self._path(place)
        path.parent.mkdir(PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        with _temporary(path.with_name(path.name + _TEMPORARY_SUFFIX)) as (temporary, file):
            file.write(header)
            file.write(body)
            file.close()
            temporary.replace(path)

    def probe(self) -> None:
        """Write a file and remove it again."""
        with _temporary(self._entries / f"probe{_TEMPORARY_SUFFIX}") as (_, file):
            file.write(bytes(_PROBE_BYTES))
            file.flush()

    def read(self, place: Place, size_bytes: int) -> Envelope:
        """Return the entry, checked; a file of another size than `size_bytes` is not read.

        Raises:
            CorruptEnvelope: it is not what was written there.
            FileNotFoundError: it is gone.
        """
        with self._opened(self._path(place)) as (file, size):
            if size != size_bytes:
                raise CorruptEnvelope(f"the file has {size} bytes, not {size_bytes}")
            return unpack(file.read(size_bytes), place.asset_type, place.key)

    def size_bytes(self, place: Place) -> int | None:
        """Return the size of the file of an entry; None: there is no such plain file."""
        try:
            status = self._path(place).lstat()
        except FileNotFoundError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def is_at(self, place: Place, path: Path) -> bool:
        """Return whether `path` is where the file of an entry belongs."""
        return self._path(place) == path

    def remove(self, place: Place) -> None:
        """Remove the file of an entry, or what stands there instead, if anything does."""
        remove_path(self._path(place))

    def remove_all(self, asset_type: str) -> None:
        """Remove the files of all entries of a type; the marks of its generations stay."""
        generations = self._generations(asset_type)
        if self._entries.is_symlink() or generations.is_symlink():
            return  # what it leads to is not ours
        for path in _paths(generations):
            path.unlink(missing_ok=True)

    def begin_generation(self, asset_type: str, generation: int) -> None:
        """Leave the mark by which a rebuilt index knows that older generations were cleared."""
        directory = self._generations(asset_type) / str(generation)
        directory.mkdir(PRIVATE_DIRECTORY, parents=True, exist_ok=True)

    def current_generations(self) -> dict[str, int]:
        """Return the highest generation of each type that has one."""
        found = {}
        for generations in _directories(self._entries):
            numbers = [int(each.name) for each in _directories(generations) if _is_number(each)]
            asset_type = unquote(generations.name)
            if numbers and _quoted(asset_type) == generations.name:
                found[asset_type] = max(numbers)
        return found

    def paths(self) -> Iterator[Path]:
        """Return all that stands among the entries, except directories."""
        return _paths(self._entries)

    def identify(self, path: Path) -> tuple[Place, Header]:
        """Return whose entry a file is, by its header and name; the body is not read.

        Raises:
            CorruptEnvelope: it is no entry, or does not belong there.
        """
        with self._opened(path) as (file, size):
            header = unpack_header(file.read(MAX_HEADER_BYTES))
        if header.size_bytes + header.body_bytes != size:
            raise CorruptEnvelope(f"the file has {size} bytes, its header tells otherwise")
        token, generation = token_of(path), path.parents[1]
        if token is not None and _is_number(generation):
            place = Place(header.asset_type, header.key, int(generation.name), token)
            if self.is_at(place, path):
                return place, header
        raise CorruptEnvelope("the file is in another's place")

    def remove_empty_generations(self) -> None:
        """Remove the directories of cleared generations, those that are empty."""
        for generations in _directories(self._entries):
            numbered = [each for each in _directories(generations) if _is_number(each)]
            for cleared in sorted(numbered, key=lambda each: int(each.name))[:-1]:
                for shard in _directories(cleared):
                    _remove_if_empty(shard)
                _remove_if_empty(cleared)

    def _generations(self, asset_type: str) -> Path:
        return self._entries / _quoted(asset_type)

    def _path(self, place: Place) -> Path:
        named = f"{place.asset_type}\0{place.key}".encode()
        name = hashlib.sha256(named).hexdigest()[:32]
        generation = self._generations(place.asset_type) / str(place.generation)
        return generation / name[:2] / f"{name}-{place.token:016x}"

    @contextlib.contextmanager
    def _opened(self, path: Path) -> Iterator[tuple[BinaryIO, int]]:
        try:
            descriptor = os.open(path, _READING)
        except OSError as error:
            if path.is_symlink():
                raise CorruptEnvelope("it is a link") from error
            raise
        try:
            size = self._checked_size(os.fstat(descriptor))
        except CorruptEnvelope:
            os.close(descriptor)
            raise
        with os.fdopen(descriptor, "rb") as file:
            yield file, size

    def _checked_size(self, status: os.stat_result) -> int:
        if not stat.S_ISREG(status.st_mode):
            raise CorruptEnvelope("it is no plain file")
        if status.st_size > self._max_entry_bytes:
            raise CorruptEnvelope(f"{status.st_size} bytes are more than any entry has")
        return status.st_size


def make_private_directory(path: Path) -> None:
    """Make `path` a directory for its owner alone.

    Raises:
        NotADirectoryError: something else has the name, such as a link.
    """
    path.mkdir(PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(f"{path} must be a directory, not a link")
    if stat.S_IMODE(status.st_mode) != PRIVATE_DIRECTORY:
        path.chmod(PRIVATE_DIRECTORY)


def remove_path(path: Path) -> None:
    """Remove a file, link or directory, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def token_of(path: Path) -> int | None:
    """Return the token in the name of an entry's file; None: no entry is called so."""
    match = _NAME.fullmatch(path.name)
    return None if match is None else int(match[1], 16)


def is_temporary(path: Path) -> bool:
    """Return whether it is the name of a file that was being written."""
    return path.name.endswith(_TEMPORARY_SUFFIX)


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    # Whatever stands under the name of a temporary file was left over, by who holds the lock.
    path.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(path, _CREATING, PRIVATE_FILE), "wb") as file:
            yield path, file
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _quoted(asset_type: str) -> str:
    # `quote` lets dots pass, and two of them would be the directory above. What is no text, as
    # the name of a foreign directory may be, comes out as something else.
    return quote(asset_type, safe="", errors="replace").replace(".", "%2E")


def _is_number(directory: Path) -> bool:
    return _NUMBER.fullmatch(directory.name) is not None


def _paths(root: Path) -> Iterator[Path]:
    for directory, directories, names in os.walk(root):
        for name in (*names, *directories):
            path = Path(directory, name)
            if path.is_symlink() or not path.is_dir():
                yield path


def _directories(path: Path) -> list[Path]:
    with os.scandir(path) as found:
        return [Path(each) for each in found if each.is_dir(follow_symlinks=False)]


def _remove_if_empty(directory: Path) -> None:
    with contextlib.suppress(OSError):
        directory.rmdir()
