"""What the tests of the disk tier share: tiers on a directory, envelopes, and bounded waiting."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
import time
from collections import Counter

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
        settings = {"max_bytes": 2**20, "stale_seconds": 30.0, "tick_seconds": 0.02, **settings}
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
        return sorted(each for each in (self.path / "entries").rglob("*") if not each.is_dir())

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
        """Type, key, size and token of all entries the index has."""
        with self.locked() as index:
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
def body():
    """Bytes of a length that cannot be taken for others of that length."""

    def make(name, size):
        seed = hashlib.sha256(str(name).encode()).digest()
        return (seed * (size // len(seed) + 1))[:size]

    return make
