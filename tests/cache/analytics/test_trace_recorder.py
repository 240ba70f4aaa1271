"""What is recorded can be replayed, stays within its budget, and survives a disk that is full."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cache import LRUCache
from cache.analytics import Facts, TraceRecorder
from cache.analytics.trace import read_trace

HELD = {"a": Facts(0.25, 1000)}


def recorder_of(path: Path, max_bytes: int = 2**20) -> TraceRecorder:
    return TraceRecorder(path, max_bytes, lambda _, key: HELD.get(key), 100.0)


def replayed(path: Path) -> list[tuple[float, str, str, float, int]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(read_trace(file))


def predecessor(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


@contextmanager
def files_no_longer_than(size_bytes: int) -> Iterator[None]:
    """Have the kernel write so much of a file and no more, as where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    trace = recorder_of(path)
    record = trace.recorder("enso")
    trace.write()
    assert not path.exists()
    record(("a", 1.0))
    trace.write()
    record(('odd, "墨"', 2.0))
    trace.write()
    assert replayed(path) == [
        (101.0, "enso", "a", 0.25, 1000),
        (102.0, "enso", 'odd, "墨"', 0.0, 0),
    ]


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_however_much_comes_at_once_both_files_stay_within_the_budget(
    tmp_path: Path, batch: int
) -> None:
    path = tmp_path / "trace.csv"
    trace = recorder_of(path, max_bytes=2000)
    record = trace.recorder("enso")
    for number in range(1000):
        record(("墨" * 10, float(number)))
        if number % batch == batch - 1:
            trace.write()
            assert all(each.stat().st_size <= 1000 for each in tmp_path.iterdir())
    trace.write()
    kept = [*replayed(predecessor(path)), *replayed(path)]
    assert [at for at, *_ in kept] == [float(n) for n in range(1100 - len(kept), 1100)]
    assert len(kept) > 1000 // 60


def test_a_budget_too_small_for_a_row_keeps_the_last(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    trace = recorder_of(path, max_bytes=2)
    for number in range(3):
        trace.recorder("enso")(("a", float(number)))
    trace.write()
    assert [at for at, *_ in replayed(path)] == [102.0]
    assert [at for at, *_ in replayed(predecessor(path))] == [101.0]


@pytest.mark.parametrize("room", [0, 1, 30, 20_000])
def test_what_a_full_disk_cut_off_is_taken_back(tmp_path: Path, room: int) -> None:
    path = tmp_path / "trace.csv"
    trace = recorder_of(path)
    record = trace.recorder("enso")
    record(("a", 1.0))
    trace.write()
    whole = path.read_bytes()
    for number in range(1000):
        record(("b", float(number)))
    with files_no_longer_than(len(whole) + room), pytest.raises(OSError, match="large"):
        trace.write()
    assert path.read_bytes() == whole
    record(("a", 2.0))
    trace.write()
    assert [at for at, *_ in replayed(path)] == [101.0, 102.0]


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    trace = recorder_of(tmp_path / "missing" / "trace.csv")
    trace.recorder("enso")(("a", 1.0))
    with pytest.raises(FileNotFoundError):
        trace.write()


def test_what_was_evicted_before_it_is_written_has_its_cost_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    trace = recorder_of(path)
    cache: LRUCache[bytes] = LRUCache(1, record=trace.recorder("enso"))
    cache.tell_stored(trace.stored("enso"))
    for number, key in enumerate("xyz", start=1):
        cache.count_miss(key)
        cache.put(key, b"", 100 * number, cost_seconds=float(number))
    cache.count_miss("failed")
    trace.write()
    assert [row[2:] for row in replayed(path)] == [
        ("x", 1.0, 100),
        ("y", 2.0, 200),
        ("z", 3.0, 300),
        ("failed", 2.0, 200),  # nothing is known of it: the mean
    ]


@pytest.mark.parametrize("half", ["2.0,ens", '2.0,enso,"two\nlines', "2.0,enso,key,1.0,2"])
def test_a_half_row_that_a_killed_process_left_is_cut_off(tmp_path: Path, half: str) -> None:
    path = tmp_path / "trace.csv"
    before = recorder_of(path)
    before.recorder("enso")(('odd\n"墨"', 1.0))
    before.write()
    with path.open("a", encoding="utf-8") as file:
        file.write(half)
    after = recorder_of(path)
    after.recorder("enso")(("a", 3.0))
    after.write()
    assert [(at, key) for at, _, key, *_ in replayed(path)] == [(101.0, 'odd\n"墨"'), (103.0, "a")]


@pytest.mark.parametrize("length", [0, 5, len("timestamp,asset_type,key,cost_ms,bytes")])
def test_half_a_header_is_begun_anew(tmp_path: Path, length: int) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,asset_type,key,cost_ms,bytes"[:length])
    trace = recorder_of(path)
    trace.recorder("enso")(("a", 1.0))
    trace.write()
    assert [at for at, *_ in replayed(path)] == [101.0]


def test_a_file_that_is_no_trace_is_left_alone_until_it_is_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("milk\nbread\n")
    trace = recorder_of(path)
    for _ in range(2):
        trace.recorder("enso")(("a", 1.0))
        with pytest.raises(FileExistsError, match="no recorded trace"):
            trace.write()
    assert path.read_text() == "milk\nbread\n"
    path.rename(tmp_path / "shopping.txt")
    trace.recorder("enso")(("a", 2.0))
    trace.write()
    assert [at for at, *_ in replayed(path)] == [102.0]
