"""The disk tier gives back what it was given, within time and budget, also after a restart."""

from __future__ import annotations

import asyncio
import math
import stat
import threading

import pytest

from cache import GenerationalCache
from cache.stats import EvictionReason, Tier
from cache.tiers import Tiers
from cache.tiers.disk_tier import DiskTier
from cache.tiers.tier import Failure, Operation


def count(tier, operation, failure):
    return tier.report().failures.get((operation, failure), 0)


def entries(tier):
    holdings = tier.report().holdings
    return holdings["enso"].entries if "enso" in holdings else 0


async def keys_of(envelopes):
    return [envelope.key async for envelope in envelopes]


async def test_what_was_written_is_read(disk):
    tier = await disk.open()
    envelope = disk.envelope()
    assert await tier.read("enso", "key") is None
    await disk.store(tier, envelope)
    assert await tier.read("enso", "key") == envelope
    assert await tier.read("sigil", "key") is None
    assert tier.name is Tier.DISK
    assert disk.done[Operation.READ] == 3


async def test_what_was_written_outlives_a_restart(disk, body):
    envelopes = [disk.envelope(f"k{each}", body(each, 500)) for each in range(50)]
    first = await disk.open()
    await disk.store(first, *envelopes)
    await first.close()
    second = await disk.open()
    for envelope in envelopes:
        assert await second.read("enso", envelope.key) == envelope
    assert second.report().failures == {}
    assert second.report().holdings["enso"].entries == 50


async def test_what_waits_is_written_at_the_close(disk):
    tier = await disk.open()
    for each in range(40):
        tier.write(disk.envelope(f"k{each}"))
    await tier.close()
    assert len(disk.rows()) == 40
    disk.assert_agrees()


async def test_a_closed_tier_holds_nothing(disk):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    await tier.close()
    assert await tier.read("enso", "key") is None
    assert await keys_of(tier.hottest(10**9, {"enso": 10})) == []
    await tier.close()


async def test_a_tier_that_was_not_opened_closes_at_once(tmp_path):
    tier = DiskTier(tmp_path, 1000, listener=lambda *_: None)
    assert await tier.read("enso", "key") is None
    await asyncio.wait_for(tier.close(), 1)


async def test_a_key_written_again_has_the_new_value_and_one_file(disk):
    tier = await disk.open()
    newer = disk.envelope(body=b"newer")
    await disk.store(tier, disk.envelope(body=b"older"), newer)
    assert await tier.read("enso", "key") == newer
    assert len(disk.files()) == 1
    disk.assert_agrees()


async def test_an_entry_is_read_until_the_stale_window_ends_and_then_removed(disk, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    disk.clock.advance(89)
    assert await tier.read("enso", "key") is not None
    disk.clock.advance(1)
    assert await tier.read("enso", "key") is None
    await until(lambda: not disk.files())
    await until(lambda: tier.report().holdings.get("enso", (1,))[:3] == (0, 0, 1))


async def test_an_entry_without_end_is_kept(disk):
    tier = await disk.open()
    await disk.store(tier, disk.envelope(lifetime=math.inf))
    disk.clock.advance(1e9)
    assert await tier.read("enso", "key") is not None


async def test_the_least_recently_used_makes_room(disk, until, body):
    tier = await disk.open(max_bytes=5000)
    for name in "abcd":
        await disk.store(tier, disk.envelope(name, body(name, 1000)))
        disk.clock.advance(1)
    tier.note_uses("enso", [("a", 1)])
    assert await tier.read("enso", "b") is not None  # which is no use of it
    disk.clock.advance(1)
    await disk.store(tier, disk.envelope("e", body("e", 1000)))
    found = [name for name in "abcde" if await tier.read("enso", name)]
    assert found == ["a", "c", "d", "e"]
    await until(lambda: tier.report().holdings["enso"].evictions == {EvictionReason.MEMORY: 1})
    assert disk.file_bytes() <= 5000
    disk.assert_agrees()


async def test_the_expired_makes_room_before_the_least_recently_used(disk, body):
    tier = await disk.open(max_bytes=5000)
    await disk.store(tier, disk.envelope("old", body(1, 1500)))
    disk.clock.advance(1)
    await disk.store(tier, disk.envelope("expired", body(2, 1500), lifetime=5))
    disk.clock.advance(10)
    await disk.store(
        tier, disk.envelope("new", body(3, 1500)), disk.envelope("newer", body(4, 500))
    )
    assert await tier.read("enso", "expired") is None
    assert await tier.read("enso", "old") is not None
    assert tier.report().holdings["enso"].evictions == {EvictionReason.MEMORY: 0}


async def test_the_budget_holds_at_every_moment(disk, body):
    tier = await disk.open(max_bytes=20_000)
    highest = 0
    for each in range(100):
        tier.write(disk.envelope(f"k{each}", body(each, 100 + each * 37 % 3000)))
    while disk.done[Operation.WRITE] < 100:
        highest = max(highest, disk.file_bytes())
        await asyncio.sleep(0)
    assert highest <= 20_000 + 3300
    assert disk.file_bytes() <= 20_000
    disk.assert_agrees()


async def test_a_smaller_budget_is_held_from_the_start(disk, body):
    first = await disk.open()
    await disk.store(first, *[disk.envelope(f"k{each}", body(each, 1000)) for each in range(20)])
    await first.close()
    await disk.open(max_bytes=5000)
    assert disk.file_bytes() <= 5000
    disk.assert_agrees()


async def test_an_entry_larger_than_the_tier_is_counted_as_full(disk):
    tier = await disk.open(max_bytes=1000)
    await disk.store(tier, disk.envelope(body=b"x" * 1000))
    assert await tier.read("enso", "key") is None
    assert count(tier, Operation.WRITE, Failure.FULL) == 1
    assert tier.report().up


async def test_too_many_writes_are_dropped_and_counted_and_nobody_waits(disk):
    tier = await disk.open()
    writes = 3000
    with disk.locked():  # the thread takes one, and waits
        for each in range(writes):
            tier.write(disk.envelope(f"k{each}", b"x"))
    dropped = count(tier, Operation.WRITE, Failure.FULL)
    assert dropped > 0
    assert tier.report().queue_length <= 1024
    await tier.close()
    too_late = count(tier, Operation.WRITE, Failure.TIMEOUT)
    assert len(disk.rows()) == writes - dropped - too_late


async def test_a_deleted_key_is_not_read_though_it_still_waits_to_be_written(disk, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope("held"))
    tier.write(disk.envelope("waits"))
    tier.delete("enso", "held")
    tier.delete("enso", "waits")
    assert await tier.read("enso", "held") is None
    await until(lambda: disk.done[Operation.DELETE] == 2)
    assert await tier.read("enso", "waits") is None
    assert not disk.files()
    disk.assert_agrees()


async def test_a_key_written_after_its_deletion_is_read(disk):
    tier = await disk.open()
    await disk.store(tier, disk.envelope(body=b"older"))
    tier.delete("enso", "key")
    await disk.store(tier, disk.envelope(body=b"newer"))
    assert (await tier.read("enso", "key")).body == b"newer"


async def test_a_clear_forgets_one_type_and_what_waits_of_it(disk, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope("held"), disk.envelope("other", asset_type="sigil"))
    tier.write(disk.envelope("waits"))
    await tier.clear("enso")
    assert await tier.read("enso", "held") is None
    assert await tier.read("enso", "waits") is None
    assert await tier.read("sigil", "other") is not None
    await disk.store(tier, disk.envelope("held", b"after"))
    assert (await tier.read("enso", "held")).body == b"after"
    await until(lambda: len(disk.files()) == 2)
    disk.assert_agrees()
    await until(lambda: entries(tier) == 1)


async def test_a_lookup_that_began_before_a_clear_finds_nothing(disk, until, monkeypatch):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    read, reached, release = tier._reader._files.read, threading.Event(), threading.Event()

    def slowly(*arguments):
        envelope = read(*arguments)
        reached.set()
        release.wait(10)
        return envelope

    monkeypatch.setattr(tier._reader._files, "read", slowly)
    lookup = asyncio.create_task(tier.read("enso", "key"))
    await until(reached.is_set)
    await tier.clear("enso")
    release.set()
    assert await lookup is None


async def test_a_clear_holds_across_a_restart_and_without_the_index(disk):
    first = await disk.open(tick_seconds=60)  # nothing is swept: the files are still there
    await disk.store(first, disk.envelope("held"))
    await first.clear("enso")
    assert await first.read("enso", "held") is None
    await disk.store(first, disk.envelope("after"))
    await first.close()
    for each in (disk.path / "index").iterdir():
        each.write_bytes(b"garbage" * 1000)
    second = await disk.open()
    assert await second.read("enso", "held") is None
    assert await second.read("enso", "after") is not None
    disk.assert_agrees()


async def test_nobody_else_can_look_into_it(disk):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    for each in (disk.path, disk.path / "entries", disk.path / "index"):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700, each
    for each in [*disk.files(), *(disk.path / "index").iterdir()]:
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each


async def test_names_of_types_never_lead_elsewhere(disk):
    tier = await disk.open()
    names = ["..", "a/../../../b", "/etc", "ink 墨", "."]
    await disk.store(tier, *[disk.envelope(asset_type=name) for name in names])
    for name in names:
        assert await tier.read(name, "key") is not None
    assert len(disk.files()) == len(names)
    assert sorted(each.name for each in disk.path.parent.iterdir()) == ["tier"]


async def test_the_hottest_come_first_up_to_the_limits(disk, body):
    tier = await disk.open()
    for name in "abcd":
        await disk.store(tier, disk.envelope(name, body(name, 1000)))
    await disk.store(
        tier, disk.envelope("gone", lifetime=0.5), disk.envelope("sigil", b"", "sigil")
    )
    tier.note_uses("enso", [("a", 1), ("c", 2), ("gone", 5), ("never written", 9)])
    tier.note_uses("sigil", [("sigil", 7)])
    disk.clock.advance(1)
    tier.note_uses("enso", [("c", 1), ("d", 1)])
    assert await tier.read("enso", "d") is not None
    assert await tier.read("enso", "b") is not None
    await tier.close()
    again = await disk.open()
    everything = {"enso": 10, "sigil": 10}
    assert await keys_of(again.hottest(10**9, everything)) == ["sigil", "c", "d", "a"]
    assert await keys_of(again.hottest(10**9, {"enso": 2})) == ["c", "d"]
    assert await keys_of(again.hottest(2500, everything)) == ["sigil", "c", "d"]


async def test_what_was_merely_written_is_not_hot(disk):
    tier = await disk.open()
    await disk.store(tier, disk.envelope("a"), disk.envelope("b"))
    tier.note_uses("enso", [("a", 1)])
    await disk.store(tier, disk.envelope("a"))  # anew: its uses begin again
    assert await keys_of(tier.hottest(10**9, {"enso": 10})) == []


async def test_uses_of_what_still_waits_to_be_written_are_not_lost(disk):
    tier = await disk.open()
    with disk.locked():
        for name in "abc":
            tier.write(disk.envelope(name))
        tier.note_uses("enso", [("c", 1), ("b", 1), ("a", 1)])
    await tier.close()
    again = await disk.open()
    assert sorted(await keys_of(again.hottest(10**9, {"enso": 10}))) == ["a", "b", "c"]


async def test_uses_from_before_a_clear_or_deletion_are_forgotten(disk):
    tier = await disk.open()
    tier.note_uses("enso", [("a", 1), ("b", 1)])
    tier.note_uses("sigil", [("a", 1)])
    tier.delete("enso", "a")
    await tier.clear("sigil")
    await disk.store(tier, *map(disk.envelope, "ab"), disk.envelope("a", asset_type="sigil"))
    await tier.close()
    again = await disk.open()
    assert await keys_of(again.hottest(10**9, {"enso": 10, "sigil": 10})) == []


@pytest.mark.parametrize("settings", [{"max_bytes": -1}, {"stale_seconds": -1.0}])
def test_settings_that_make_no_sense_are_refused(tmp_path, settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        DiskTier(tmp_path, **{"max_bytes": 1, "listener": lambda *_: None, **settings})


class Verbatim:
    """A codec of bytes."""

    def encode(self, value):
        return value

    def decode(self, _asset_type, _key, body):
        return body

    def is_current(self, _asset_type, _key, _body):
        return True


async def test_an_explanation_is_no_use_and_a_hit_is_one(disk):
    first = await disk.open()
    await disk.store(first, disk.envelope())
    await first.close()
    written = disk.uses()
    for ask, expected in ((GenerationalCache.explain, 0), (fetch, 1)):
        disk.clock.advance(1)
        tier = DiskTier(disk.path, 2**20, wall_clock=disk.clock)
        tiers = Tiers([tier], Verbatim(), hot_store=tier, wall_clock=disk.clock)
        cache = GenerationalCache(tiers=tiers)
        await cache.open_tiers()
        assert (await ask(cache, "enso", "key")).tier is Tier.DISK
        await cache.close_tiers()
        (uses, used_at), (_, before) = disk.uses(), written
        assert (uses, used_at > before) == (expected, bool(expected))


async def fetch(cache, asset_type, key):
    async def build():
        raise AssertionError("it is on disk")

    return await cache.fetch_async(asset_type, key, build)
