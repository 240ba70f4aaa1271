"""Several processes use one directory as if it were one tier, whichever of them is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[4]
ROUNDS = 4


def test_processes_killed_while_writing_leave_nothing_wrong(tmp_path):
    command = [sys.executable, "-m", "bench.disk_kill", str(tmp_path / "tier"), str(ROUNDS)]
    ended = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.stdout.splitlines() == [f"round {number}: fine" for number in range(ROUNDS)]
    assert ended.returncode == 0, ended.stderr


async def test_what_one_stores_the_other_reads(disk):
    one, other = await disk.open(), await disk.open()
    await disk.store(one, disk.envelope())
    assert await other.read("enso", "key") == disk.envelope()


async def test_one_budget_is_held_by_all(disk, body):
    tiers = [await disk.open(max_bytes=20_000), await disk.open(max_bytes=20_000)]
    for each in range(60):
        for number, tier in enumerate(tiers):
            tier.write(disk.envelope(f"{number}/{each}", body((number, each), 1500)))
    for tier in tiers:
        await tier.close()
    assert 10_000 < disk.file_bytes() <= 20_000
    disk.assert_agrees()


async def test_a_clear_on_one_is_a_clear_for_the_other(disk):
    one, other = await disk.open(), await disk.open()
    await disk.store(one, disk.envelope())
    assert await other.read("enso", "key") is not None
    await one.clear("enso")
    assert await other.read("enso", "key") is None


async def test_what_waited_before_the_clear_of_another_is_not_stored_after_it(disk):
    one, other = await disk.open(), await disk.open()
    assert await other.read("enso", "key") is None
    with disk.locked():
        other.write(disk.envelope())
    await one.clear("enso")
    await other.close()
    assert await one.read("enso", "key") is None


async def test_after_the_clear_of_another_new_writes_are_stored(disk):
    # No tick: one that had looked before the clear would cost the write.
    one, other = await disk.open(), await disk.open(tick_seconds=60)
    await one.clear("enso")
    assert await other.read("enso", "key") is None
    await disk.store(other, disk.envelope())
    assert await one.read("enso", "key") is not None


async def test_a_start_leaves_alone_what_others_are_writing(disk, body):
    busy = await disk.open()
    for each in range(100):
        busy.write(disk.envelope(f"k{each}", body(each, 2000)))
    for _ in range(5):
        starting = await disk.open()
        assert starting.report().failures == {}
        await starting.close()
    await busy.close()
    assert busy.report().failures == {}
    assert len(disk.rows()) == 100
    disk.assert_agrees()
