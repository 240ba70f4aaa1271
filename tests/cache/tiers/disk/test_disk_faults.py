"""A disk that is full, away, read-only, locked or hanging is a miss and a count, and comes back."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from cache.tiers.tier import Failure, Operation

# What a process does with a tier on a disk that lets it down; `fault` and `mend` are put in.
LIFE = """
import asyncio, json, os, resource, subprocess, sys, time
from pathlib import Path
from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope

async def until(condition):
    give_up_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_at, "the condition never came about"
        await asyncio.sleep(0.005)

def write(tier, *keys):
    for key in keys:
        now = time.time()
        tier.write(Envelope("enso", key, now, now + 60, 0.1, key.encode() * 50_000))

async def main(root):
    tier = DiskTier(Path(root) / "tier", 2**26, listener=lambda *_: None, tick_seconds=0.05)
    {before}
    await tier.open()
    write(tier, "a")
    while await tier.read("enso", "a") is None:
        await asyncio.sleep(0.005)
    {fault}
    write(tier, *"bcdefghijk")
    await until(lambda: tier.report().failures and not tier.report().queue_length)
    await until(lambda: not tier.report().up)
    found = [key for key in "abcdefghijk" if await tier.read("enso", key)]
    failures = [[*each] for each in tier.report().failures]
    {mend}
    await until(lambda: tier.report().up)
    write(tier, "z")
    await until(lambda: not tier.report().queue_length)
    await tier.close()
    await (again := DiskTier(Path(root) / "tier", 2**26, listener=lambda *_: None)).open()
    mended = await again.read("enso", "z") is not None
    await again.close()
    left = [each.name for each in (Path(root) / "tier").rglob("*.tmp")]
    print(json.dumps([found, failures, mended, left]))

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def live(tmp_path):
    """Run `LIFE` with a fault; return what it found, what failed, whether it mended, what is left.

    With `mount` it has a file system of its own, where the system lets it.
    """

    def run(before="", fault="", mend="", mount=None):
        script = tmp_path / "life.py"
        script.write_text(LIFE.format(before=before or "pass", fault=fault, mend=mend))
        root = tmp_path / "root"
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


def count(tier, operation, failure):
    return tier.report().failures.get((operation, failure), 0)


def test_a_full_disk_is_counted_as_full_and_used_again_when_it_has_room(live):
    fill = "filler = Path(root) / 'filler'; filler.write_bytes(bytes(1_400_000))"
    found, failures, mended, left = live(fault=fill, mend="filler.unlink()", mount="size=2m")
    assert "a" in found
    assert len(found) < 11
    assert ["write", "full"] in failures
    assert mended
    assert left == []


def test_a_limit_on_files_is_counted_as_full(live):
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, ({}, resource.RLIM_INFINITY))"
    found, failures, mended, left = live(
        fault=limit.format(10_000), mend=limit.format("resource.RLIM_INFINITY")
    )
    assert set(found) <= {"a"}
    assert ["write", "full"] in failures
    assert mended
    assert left == []


def test_a_disk_that_becomes_read_only_is_counted_and_used_again(live):
    remount = "subprocess.run(['mount', '-o', 'remount,{}', root], check=True)"
    found, failures, mended, _ = live(
        fault="await tier.close(); "
        + remount.format("ro")
        + "; tier = DiskTier(Path(root) / 'tier', 2**26, listener=lambda *_: None,"
        " tick_seconds=0.05); await tier.open()",
        mend=remount.format("rw"),
        mount="size=20m",
    )
    assert set(found) <= {"a"}
    assert ["write", "other"] in failures
    assert mended


async def test_a_file_in_place_of_the_directory_is_counted_until_it_is_gone(disk, until):
    disk.path.write_text("not a directory")
    tier = await disk.open()
    assert await tier.read("enso", "key") is None
    await disk.store(tier, disk.envelope())
    assert not tier.report().up
    assert count(tier, Operation.READ, Failure.OTHER) == 1
    assert count(tier, Operation.WRITE, Failure.OTHER) == 2  # the start, and the write
    disk.path.unlink()
    await until(lambda: tier.report().up)
    await disk.store(tier, disk.envelope())
    assert await tier.read("enso", "key") is not None


@pytest.fixture
def lock(disk, monkeypatch):
    """Hold the write lock of the index; call it to let go."""
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


async def test_a_locked_index_is_counted_and_reads_go_on(disk, lock, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    unlock = lock()
    await disk.store(tier, disk.envelope("other"))
    assert count(tier, Operation.WRITE, Failure.TIMEOUT) == 1
    assert not tier.report().up
    assert await tier.read("enso", "key") is not None
    unlock()
    await until(lambda: tier.report().up)


async def test_a_clear_and_a_deletion_hold_at_once_and_are_done_when_it_is_possible(
    disk, lock, until, monkeypatch
):
    monkeypatch.setattr("cache.tiers.disk_tier._CLEARING_SECONDS", 0.05)
    tier, other = await disk.open(), await disk.open()
    envelopes = [disk.envelope("a"), disk.envelope("b"), disk.envelope("c", asset_type="sigil")]
    await disk.store(tier, *envelopes)
    unlock = lock()
    tier.delete("sigil", "c")
    await tier.clear("enso")
    assert [await tier.read(each.asset_type, each.key) for each in envelopes] == [None] * 3
    assert count(tier, Operation.CLEAR, Failure.TIMEOUT) > 0
    unlock()
    await until(lambda: not disk.files())
    assert [await other.read(each.asset_type, each.key) for each in envelopes] == [None] * 3
    await disk.store(tier, *envelopes)
    assert await other.read("enso", "a") is not None


async def test_a_hanging_disk_costs_the_bound_and_soon_nothing(disk, monkeypatch, until):
    tier = await disk.open(read_seconds=0.05)
    await disk.store(tier, disk.envelope())
    release, read = threading.Event(), tier._reader._files.read

    def hang(*arguments):
        release.wait(20)
        return read(*arguments)

    monkeypatch.setattr(tier._reader._files, "read", hang)
    for _ in range(4):
        began = time.monotonic()
        assert await tier.read("enso", "key") is None
        assert 0.04 < time.monotonic() - began < 0.2
    began = time.monotonic()
    for _ in range(100):
        assert await tier.read("enso", "key") is None
    assert time.monotonic() - began < 0.05
    assert count(tier, Operation.READ, Failure.TIMEOUT) == 104
    assert not tier.report().up
    release.set()
    await until(lambda: tier.report().up)
    assert await tier.read("enso", "key") is not None


async def test_a_disk_that_hangs_does_not_keep_a_close(disk, monkeypatch):
    monkeypatch.setattr("cache.tiers.disk_tier._CLOSING_SECONDS", 0.05)
    tier = await disk.open()
    release, write = threading.Event(), tier._writer._store._files.write

    def hang(*arguments):
        release.wait(20)
        write(*arguments)

    monkeypatch.setattr(tier._writer._store._files, "write", hang)
    tier.write(disk.envelope())
    began = time.monotonic()
    await tier.close()
    assert time.monotonic() - began < 1
    release.set()
    await asyncio.wait_for(asyncio.wrap_future(tier._writer._ended), 10)
