"""What is recorded can be replayed, stays within its budget, and survives a disk that is full."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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
