"""Whatever stands where an entry should be, only the entry is served; all else is counted."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import tracemalloc

import pytest

from cache.tiers.disk_files import EntryFiles
from cache.tiers.envelope import Envelope, pack
from cache.tiers.tier import Failure, Operation

CORRUPT = Operation.READ, Failure.CORRUPT
OURS = "ours"


def flip_a_byte_of_the_body(file):
    data = bytearray(file.read_bytes())
    data[-50] ^= 1
    file.write_bytes(data)


def flip_a_byte_of_the_header(file):
    data = bytearray(file.read_bytes())
    data[25] ^= 1
    file.write_bytes(data)


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def empty(file):
    file.write_bytes(b"")


def continue_it(file):
    file.write_bytes(file.read_bytes() + b"!")


def replace_by_a_pickle(file):
    size = file.stat().st_size
    file.write_bytes(pickle.dumps(b"x" * size)[:size])


def replace_by_text(file):
    file.write_bytes(b"#!/bin/sh\n" * 50)


def replace_by_another_keys_blob(file):
    file.write_bytes(pack(Envelope("enso", "KEY", 1000.0, 1060.0, 0.5, b"picture" * 100)))


def replace_by_an_expired_one(file):
    file.write_bytes(pack(Envelope("enso", "key", 100.0, 160.0, 0.5, b"picture" * 100)))


def replace_by_a_link(file):
    target = file.with_name("elsewhere")
    file.rename(target)
    file.symlink_to(target)


def replace_by_a_pipe(file):
    file.unlink()
    os.mkfifo(file)


def replace_by_a_directory(file):
    file.unlink()
    file.mkdir()
    (file / "within").write_bytes(b"not ours")


def replace_by_500_megabytes(file):
    with file.open("r+b") as sparse:
        sparse.truncate(500 * 2**20)


DAMAGES = [value for name, value in globals().items() if name.startswith(("flip", "replace"))]
DAMAGES += [cut, empty, continue_it]


@pytest.fixture(params=DAMAGES, ids=lambda damage: damage.__name__)
def damage(request):
    return request.param


@pytest.fixture
def memory_peak():
    """The most memory Python took since the fixture was made."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


async def test_a_damaged_entry_is_a_miss_counted_and_removed(disk, until, damage, memory_peak):
    tier = await disk.open(max_bytes=2**30)
    await disk.store(tier, disk.envelope("key"), disk.envelope(OURS, b"ours"))
    damage(file_of(disk, "key"))
    assert await tier.read("enso", "key") is None
    assert tier.report().failures == {CORRUPT: 1}
    await until(lambda: len(disk.rows()) == 1)
    assert await tier.read("enso", "key") is None
    assert tier.report().failures == {CORRUPT: 1}
    assert tier.report().up
    assert (await tier.read("enso", OURS)).body == b"ours"
    await disk.store(tier, disk.envelope("key", b"new"))
    assert (await tier.read("enso", "key")).body == b"new"
    assert memory_peak() < 20 * 2**20


async def test_a_damaged_entry_is_not_served_after_a_start_with_or_without_the_index(
    disk, damage, memory_peak
):
    first = await disk.open(max_bytes=2**30)
    await disk.store(first, disk.envelope("key"), disk.envelope(OURS, b"ours"))
    await first.close()
    damage(file_of(disk, "key"))
    (disk.path / "index" / "index.sqlite3").write_bytes(b"garbage" * 4096)
    second = await disk.open(max_bytes=2**30)
    assert await second.read("enso", "key") is None
    assert (await second.read("enso", OURS)).body == b"ours"
    assert set(second.report().failures) == {CORRUPT}
    assert memory_peak() < 20 * 2**20


async def test_a_file_that_vanished_is_a_miss_and_counted_as_something_else(disk, until):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    disk.files()[0].unlink()
    assert await tier.read("enso", "key") is None
    await until(lambda: not disk.rows())
    await until(lambda: tier.report().failures == {(Operation.READ, Failure.OTHER): 1})


async def test_foreign_files_are_removed_at_the_start_and_counted(disk, tmp_path):
    first = await disk.open()
    await disk.store(first, disk.envelope())
    await first.close()
    shard = disk.files()[0].parent
    (shard / "notes.txt").write_text("mine")
    target = tmp_path / "target"
    target.write_bytes(b"not ours")
    (shard / "link").symlink_to(target)
    (disk.path / "entries" / "stray").write_bytes(b"\x80\x04")
    (shard / f"{'0' * 32}-{'f' * 16}").write_bytes(b"a number that SQLite cannot hold")
    # What is no text, and a number that SQLite cannot hold either.
    (disk.path / "entries" / os.fsdecode(b"\xff") / ("9" * 30)).mkdir(parents=True)
    second = await disk.open()
    assert second.report().failures == {CORRUPT: 4}
    assert len(disk.files()) == 1
    assert target.read_bytes() == b"not ours"
    disk.assert_agrees()


async def test_leftovers_of_a_killed_process_are_removed_at_the_start_without_alarm(disk):
    first = await disk.open()
    await disk.store(first, disk.envelope("key"), disk.envelope("gone"))
    await first.close()
    kept, gone = file_of(disk, "key"), file_of(disk, "gone")
    gone.unlink()  # removed, and killed before the commit
    (kept.parent / f"{kept.name}.tmp").write_bytes(kept.read_bytes()[:100])
    orphan = kept.with_name(kept.name[:-16] + "0" * 15 + "7")
    orphan.write_bytes(kept.read_bytes())  # in place, and killed before the commit
    second = await disk.open()
    assert second.report().failures == {}
    assert disk.files() == [kept]
    disk.assert_agrees()


async def test_a_directory_in_place_of_an_entry_does_not_stop_making_room(disk, body):
    tier = await disk.open(max_bytes=5000)
    await disk.store(tier, disk.envelope("key", body("key", 2000)))
    replace_by_a_directory(file_of(disk, "key"))
    disk.clock.advance(1)
    await disk.store(tier, disk.envelope("a", body("a", 2000)), disk.envelope("b", body("b", 2000)))
    assert await tier.read("enso", "b") is not None
    disk.assert_agrees()


@pytest.mark.parametrize("garbage", [b"garbage" * 4096, b"", b"SQLite format 3\0" + b"\xff" * 8000])
async def test_a_garbage_index_is_set_aside_and_rebuilt_from_the_files(disk, body, garbage):
    first = await disk.open()
    envelopes = [disk.envelope(f"k{each}", body(each, 700)) for each in range(30)]
    await disk.store(first, *envelopes)
    await first.close()
    (disk.path / "index" / "index.sqlite3").write_bytes(garbage)
    second = await disk.open()
    for envelope in envelopes:
        assert await second.read("enso", envelope.key) == envelope
    assert (disk.path / "index.damaged").exists() == bool(garbage)
    assert second.report().failures == ({CORRUPT: 1} if garbage else {})
    assert second.report().holdings["enso"].entries == 30
    disk.assert_agrees()


async def test_an_index_of_another_kind_is_set_aside(disk):
    first = await disk.open()
    await disk.store(first, disk.envelope())
    await first.close()
    index = sqlite3.connect(disk.path / "index" / "index.sqlite3")
    index.executescript("DROP TABLE entries; CREATE TABLE entries (file TEXT)")
    index.close()
    second = await disk.open()
    assert await second.read("enso", "key") is not None
    assert second.report().failures == {CORRUPT: 1}


async def test_who_has_an_index_open_that_another_sets_aside_follows_to_the_new_one(disk, until):
    first = await disk.open()
    await disk.store(first, disk.envelope("one"))
    # In place: SQLite maps the third file into memory, and to cut that short ends any process.
    for name in ("index.sqlite3", "index.sqlite3-wal"):
        with (disk.path / "index" / name).open("r+b") as file:
            file.write(b"garbage" * 20_000)
    second = await disk.open()
    await disk.store(second, disk.envelope("two"))
    await disk.store(first, disk.envelope("three"))
    for tier in (first, second):
        for key in ("one", "two", "three"):
            assert await tier.read("enso", key) == disk.envelope(key)
    await until(lambda: first.report().up)
    disk.assert_agrees()


async def test_a_type_that_begins_during_a_rebuild_does_not_stop_it(disk, monkeypatch):
    first = await disk.open()
    await disk.store(first, disk.envelope(), disk.envelope(asset_type="sigil"))
    await first.close()
    shutil.rmtree(disk.path / "index")
    generations = EntryFiles.current_generations

    def before_it_began(files):
        return {name: each for name, each in generations(files).items() if name != "sigil"}

    monkeypatch.setattr(EntryFiles, "current_generations", before_it_began)
    second = await disk.open()
    assert await second.read("enso", "key") is not None
    assert await second.read("sigil", "key") is None
    assert second.report().failures == {}
    await disk.store(second, disk.envelope(asset_type="sigil"))
    assert await second.read("sigil", "key") is not None
    disk.assert_agrees()


async def test_a_directory_that_is_removed_under_way_is_made_anew(disk, until, tmp_path):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    disk.path.rename(tmp_path / "removed")  # at once: the tier may begin anew at any moment
    assert await tier.read("enso", "key") is None
    await until(lambda: (disk.path / "index").exists())
    await disk.store(tier, disk.envelope())
    assert await tier.read("enso", "key") is not None
    assert tier.report().up


async def test_a_row_that_leads_elsewhere_is_not_followed(disk):
    tier = await disk.open()
    await disk.store(tier, disk.envelope())
    index = sqlite3.connect(disk.path / "index" / "index.sqlite3")
    index.execute("UPDATE entries SET generation = '../../../..' ")
    index.commit()
    index.close()
    assert await tier.read("enso", "key") is None


async def test_links_in_place_of_our_directories_are_not_followed(disk, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    disk.path.mkdir()
    (disk.path / "entries").symlink_to(elsewhere)
    tier = await disk.open()
    tier.write(disk.envelope())
    await tier.close()
    assert not list(elsewhere.iterdir())
    assert not tier.report().up


def file_of(disk, key):
    (token,) = [token for _, each, _, token in disk.rows() if each == key]
    (file,) = [each for each in disk.files() if each.name.endswith(f"{token:016x}")]
    return file
