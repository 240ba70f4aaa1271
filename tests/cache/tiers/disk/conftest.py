"""What the tests of the disk tier share: tiers on a directory, scripts, locks, bounded waiting."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope
from cache.tiers.tier import Operation

DEADLINE_SECONDS = 20.0
LIFETIME = 60.0
QUERY = "SELECT asset_type, key, size_bytes, token FROM entries ORDER BY token"


class Disk:
    """One directory, the tiers opened on it, and a look behind them."""

    def __init__(self, path, clock):
        self.path = path
        self.clock = clock
        self.tiers = []
        self.done = Counter()

    async def open(self, path=None, **settings):
        defaults = {"max_bytes": 2**20, "stale_seconds": 30.0, "tick_seconds": 0.02}
        # A machine that is busy with other things is no disk that hangs.
        settings = {**defaults, "read_seconds": DEADLINE_SECONDS, **settings}
        tier = DiskTier(
            path or self.path,
            settings.pop("max_bytes"),
            listener=self.hear,
            wall_clock=self.clock,
            **settings,
        )
        self.tiers.append(tier)
        await tier.open()
        return tier

    def hear(self, tier, operation, seconds):
        assert seconds >= 0
        self.done[operation] += 1

    def envelope(self, key="key", body=b"picture" * 100, asset_type="enso", lifetime=LIFETIME):
        now = self.clock()
        return Envelope(asset_type, key, now, now + lifetime, 0.5, body)

    async def store(self, tier, *envelopes):
        """Write envelopes, one after the other, and wait until each is through."""
        for envelope in envelopes:
            expected = self.done[Operation.WRITE] + 1
            tier.write(envelope)
            await until(lambda expected=expected: self.done[Operation.WRITE] >= expected)

    def uses(self):
        """How often the only entry was used, and when it was last."""
        with contextlib.closing(sqlite3.connect(self.path / "index" / "index.sqlite3")) as index:
            (row,) = index.execute("SELECT uses, used_at FROM entries").fetchall()
        return row

    def files(self):
        """All that stands among the entries, except directories, which may vanish meanwhile."""
        found = []
        for directory, directories, names in os.walk(self.path / "entries"):
            paths = [Path(directory, name) for name in (*names, *directories)]
            found += [each for each in paths if each.name in names or each.is_symlink()]
        return sorted(found)

    def file_bytes(self):
        """The bytes of all files among the entries, which others may be removing."""
        total = 0
        for each in self.files():
            with contextlib.suppress(FileNotFoundError):
                total += each.lstat().st_size
        return total

    @contextlib.contextmanager
    def locked(self):
        """Hold the write lock of all processes; gives the connection that does."""
        index = sqlite3.connect(self.path / "index" / "index.sqlite3", isolation_level=None)
        try:
            index.execute("BEGIN IMMEDIATE")
            yield index
        finally:
            index.close()

    def rows(self):
        """Type, key, size and token of all entries the index has; no writer waits for this."""
        with contextlib.closing(sqlite3.connect(self.path / "index" / "index.sqlite3")) as index:
            return index.execute(QUERY).fetchall()

    def assert_agrees(self):
        """The index has exactly the files there are, with their sizes and sums."""
        with self.locked() as index:
            rows, files, held = index.execute(QUERY).fetchall(), self.files(), self.file_bytes()
            sums = index.execute("SELECT sum(size_bytes + cleared_bytes) FROM types").fetchone()
        assert sorted(f"{token:016x}" for *_, token in rows) == sorted(
            each.name.rpartition("-")[2] for each in files
        )
        assert sum(size for _, _, size, _ in rows) == held
        assert sums == (held,)


async def until(condition):
    """Wait for another thread or process to have brought a condition about."""
    give_up_at = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at, "the condition never came about"
        await asyncio.sleep(0.002)


@pytest.fixture(name="until")
def until_fixture():
    return until


@pytest.fixture
async def disk(tmp_path, clock):
    disk = Disk(tmp_path / "tier", clock)
    yield disk
    for tier in disk.tiers:
        await tier.close()


@pytest.fixture
def run_script(tmp_path):
    """Run a script with an empty directory as argument; return what it printed, as JSON.

    With `mount` the directory is a file system of its own, where the system lets it.
    """

    def run(text, mount=None):
        script, root = tmp_path / "script.py", tmp_path / "root"
        script.write_text(text)
        root.mkdir()
        command = [sys.executable, str(script), str(root)]
        if mount is not None:
            unshare = shutil.which("unshare")
            inside = [unshare or "unshare", "--mount", "--map-root-user"]
            if unshare is None or subprocess.run([*inside, "true"], check=False).returncode:
                pytest.skip("mounting needs unshare (util-linux) and user namespaces")
            mounting = f"mount -t tmpfs -o {mount} none {root} && exec "
            command = [*inside, "sh", "-c", mounting + " ".join(command)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


@pytest.fixture
def lock(disk, monkeypatch):
    """Hold the write lock of the index; call what it returns to let go.

    A tier opened under it soon gives up waiting for the lock.
    """
    monkeypatch.setattr("cache.tiers.disk_store._BUSY_SECONDS", 0.02)
    held = []

    def hold():
        index = sqlite3.connect(disk.path / "index" / "index.sqlite3", isolation_level=None)
        index.execute("BEGIN IMMEDIATE")
        held.append(index)
        return index.close

    yield hold
    for index in held:
        index.close()


@pytest.fixture
def body():
    """Bytes of a length that cannot be taken for others of that length."""

    def make(name, size):
        seed = hashlib.sha256(str(name).encode()).digest()
        return (seed * (size // len(seed) + 1))[:size]

    return make
