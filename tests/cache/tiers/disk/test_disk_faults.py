"""A disk that is full, away, read-only, locked or hanging is a miss and a count, and comes back."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from cache.tiers.tier import Failure, Operation

DEADLINE_SECONDS = 20.0

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

# A process that ends while a lookup waits for a disk that never answers.
HANGING = """
import asyncio, json, sys, threading, time
from pathlib import Path
from cache.tiers.disk_files import EntryFiles
from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope

reached = threading.Event()

def hang(*arguments):
    reached.set()
    threading.Event().wait()

async def main(root):
    tier = DiskTier(Path(root) / "tier", 2**26)
    await tier.open()
    now = time.time()
    tier.write(Envelope("enso", "a", now, now + 60, 0.1, b"body"))
    while await tier.read("enso", "a") is None:
        await asyncio.sleep(0.005)
    EntryFiles.read = hang
    found = await tier.read("enso", "a")
    await tier.close()
    print(json.dumps([found, reached.is_set()]))

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def live(run_script):
    """Run `LIFE` with a fault; return what it found, what failed, if it mended, what is left."""

    def run(before="", fault="", mend="", mount=None):
        return run_script(LIFE.format(before=before or "pass", fault=fault, mend=mend), mount)

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


async def test_a_hanging_disk_costs_the_bound_and_soon_nothing(disk, hanging, until):
    tier = await disk.open(read_seconds=0.25)
    await disk.store(tier, disk.envelope())
    release, reached = hanging(tier)
    for _ in range(4):
        assert await tier.read("enso", "key") is None
    began = time.monotonic()
    for _ in range(100):
        assert await tier.read("enso", "key") is None
    assert time.monotonic() - began < 5  # each by itself would have cost the bound
    assert len(reached) == 4
    assert count(tier, Operation.READ, Failure.TIMEOUT) == 104
    assert not tier.report().up
    release()
    await until(lambda: tier.report().up)
    await until_read(tier, "key")


async def test_callers_who_leave_do_not_hide_that_the_disk_hangs(disk, hanging, until):
    tier = await disk.open(read_seconds=0.1)
    await disk.store(tier, disk.envelope())
    release, reached = hanging(tier)
    callers = [asyncio.create_task(tier.read("enso", "key")) for _ in range(4)]
    await until(lambda: len(reached) == 4)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    await until(lambda: not tier.report().up)
    assert await tier.read("enso", "key") is None
    assert count(tier, Operation.READ, Failure.TIMEOUT) == 1
    release()
    await until(lambda: tier.report().up)
    await until_read(tier, "key")


async def test_lookups_that_wait_at_the_close_are_misses_and_no_failures(disk, hanging, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    release, reached = hanging(tier)
    lookups = [asyncio.create_task(tier.read("enso", "key")) for _ in range(6)]
    await until(lambda: len(reached) == 4)
    await tier.close()
    assert [await each for each in lookups[4:]] == [None, None]
    release()
    assert all(await asyncio.gather(*lookups[:4]))
    assert tier.report().failures == {}


def test_a_disk_that_hangs_does_not_keep_the_process_from_ending(run_script):
    assert run_script(HANGING) == [None, True]


async def test_a_disk_that_hangs_does_not_keep_a_close(disk, monkeypatch):
    monkeypatch.setattr("cache.tiers.disk_tier._CLOSING_SECONDS", 0.05)
    tier = await disk.open()
    release, write = threading.Event(), tier._writer._store._files.write

    def hang(*arguments):
        release.wait(DEADLINE_SECONDS)
        write(*arguments)

    monkeypatch.setattr(tier._writer._store._files, "write", hang)
    tier.write(disk.envelope())
    began = time.monotonic()
    await tier.close()
    assert time.monotonic() - began < DEADLINE_SECONDS / 2
    release.set()
    await asyncio.wait_for(asyncio.wrap_future(tier._writer._ended), DEADLINE_SECONDS)


async def test_an_unforeseen_error_is_counted_and_survived(disk, monkeypatch, until):
    tier = await disk.open()
    store, files = tier._writer._store, tier._writer._store._files
    await disk.store(tier, disk.envelope())
    monkeypatch.setattr(files, "read", unforeseen)
    assert await tier.read("enso", "key") is None
    assert count(tier, Operation.READ, Failure.OTHER) == 1
    monkeypatch.setattr(files, "write", unforeseen)
    await disk.store(tier, disk.envelope())
    assert count(tier, Operation.WRITE, Failure.OTHER) == 1
    await until(lambda: tier.report().up)
    monkeypatch.setattr(store, "held", unforeseen)  # of a tick
    await until(lambda: count(tier, Operation.WRITE, Failure.OTHER) == 2)
    assert not tier.report().up
    monkeypatch.undo()
    await until(lambda: tier.report().up)
    await disk.store(tier, disk.envelope())
    assert await tier.read("enso", "key") is not None


def unforeseen(*_arguments):
    raise KeyError("unforeseen")


async def until_read(tier, key):
    """Read until the threads that hung are free again."""
    give_up_at = time.monotonic() + DEADLINE_SECONDS
    while await tier.read("enso", key) is None:
        assert time.monotonic() < give_up_at, "it is never read"
        await asyncio.sleep(0.002)


@pytest.fixture
def hanging(monkeypatch):
    """Let the reads of a tier hang; gives what lets go, and a list of those that came so far."""
    events = []

    def hang(tier):
        release, reached, read = threading.Event(), [], tier._reader._files.read

        def wait(*arguments):
            reached.append(arguments)
            release.wait(DEADLINE_SECONDS)
            return read(*arguments)

        monkeypatch.setattr(tier._reader._files, "read", wait)
        events.append(release)
        return release.set, reached

    yield hang
    for release in events:
        release.set()
