"""A clear or deletion holds from its first step, is kept when it is possible, and is never lost."""

from __future__ import annotations

from cache.tiers.tier import Failure, Operation

# What a process does that is told to clear a type, and ends, while its disk is full.
FULL = """
import asyncio, json, sys, time
from pathlib import Path
from cache.tiers import disk_tier
from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope

disk_tier._CLEARING_SECONDS = 20.0
KEYS = "abcdefgh"

def fill(path):
    size = 2**16
    with path.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2

async def opened(root):
    tier = DiskTier(root / "tier", 2**26, tick_seconds=60, read_seconds=20)
    await tier.open()
    return tier

async def main(root):
    tier = await opened(root)
    for name in ("enso", "sigil"):
        for key in KEYS:
            now = time.time()
            tier.write(Envelope(name, key, now, now + 60, 0.1, bytes(20_000)))
    while tier.report().queue_length or await tier.read("sigil", KEYS[-1]) is None:
        await asyncio.sleep(0.005)
    fill(root / "filler")
    {clear}
    await tier.close()
    again = await opened(root)
    found = [
        sum([await again.read(name, key) is not None for key in KEYS]) for name in ("enso", "sigil")
    ]
    await again.close()
    print(json.dumps([found, sorted(map(str, tier.report().failures))]))

asyncio.run(main(Path(sys.argv[1])))
"""


def count(tier, operation, failure):
    return tier.report().failures.get((operation, failure), 0)


def test_a_clear_on_a_full_disk_makes_the_room_it_needs(run_script):
    found, failures = run_script(FULL.replace("{clear}", "await tier.clear('enso')"), "size=2m")
    assert found == [0, 8]
    assert failures == []


async def test_a_clear_the_index_never_took_still_holds_after_a_restart(disk, lock, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope(), disk.envelope("other", asset_type="sigil"))
    unlock = lock()
    tier._backlog.clear("enso")
    await tier.close()
    unlock()
    assert count(tier, Operation.CLEAR, Failure.TIMEOUT) > 0
    again = await disk.open()
    assert await again.read("enso", "key") is None
    assert await again.read("sigil", "other") is not None
    assert again.report().failures == {}
    disk.assert_agrees()


async def test_a_clear_follows_no_link_to_elsewhere(disk, lock, tmp_path):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    elsewhere = tmp_path / "elsewhere"
    (disk.path / "entries" / "enso").rename(elsewhere)
    (disk.path / "entries" / "enso").symlink_to(elsewhere)
    unlock = lock()
    tier._backlog.clear("enso")
    await tier.close()
    unlock()
    assert [each for each in elsewhere.rglob("*") if each.is_file()]


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
    await until(lambda: count(tier, Operation.CLEAR, Failure.TIMEOUT) > 0)
    unlock()
    # Not before: `other` would help to remove what it finds without a file, and hold the lock.
    await until(lambda: not disk.rows())
    assert not disk.files()
    assert [await other.read(each.asset_type, each.key) for each in envelopes] == [None] * 3
    await disk.store(tier, *envelopes)
    assert await other.read("enso", "a") is not None
