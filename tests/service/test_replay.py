"""`nanobanana replay` prints one row for each type and configuration, or names what is wrong."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import pytest

from service.cli import main

TRACE = """key,timestamp,asset_type,cost_ms,bytes
a,0,enso,250,10
b,1,enso,250,10
a,2,enso,250,10
x,2,comet,1000,7
x,4000,comet,1000,7
a,4000,enso,250,10
"""
FIELDS = [
    "asset_type",
    "capacity",
    "ttl",
    "policy",
    "lookups",
    "hits",
    "hit_ratio",
    "evictions",
    "expirations",
    "saved_seconds",
]


@pytest.fixture
def replay(tmp_path, monkeypatch, capsys):
    """A function that replays a trace and returns exit code, output and error output."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("CACHE_"):
            monkeypatch.delenv(name)

    def run(trace, *options):
        path = tmp_path / "trace.csv"
        path.write_bytes(trace if isinstance(trace, bytes) else trace.encode())
        try:
            code = main(["replay", str(path), *options])
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def rows(replay):
    """A function that replays a trace and returns its rows."""

    def run(trace, *options):
        code, out, err = replay(trace, "--json", *options)
        assert (code, err) == (0, "")
        answer = json.loads(out)
        assert list(answer) == ["results"]
        return answer["results"]

    return run


def test_without_a_grid_it_is_that_of_the_settings(rows, monkeypatch):
    monkeypatch.setenv("CACHE_SIZE_ENSO", "1")
    comet, enso = rows(TRACE)
    assert list(comet)[: len(FIELDS)] == FIELDS
    assert [comet[name] for name in FIELDS] == ["comet", 100, 3600, "lru", 2, 0, 0, 0, 1, 0]
    assert [enso[name] for name in FIELDS] == ["enso", 1, 3600, "lru", 4, 0, 0, 2, 1, 0]


def test_there_is_one_row_for_each_type_and_combination(rows):
    found = rows(TRACE, "--capacity", "1,2", "--ttl", "0,600.5", "--policy", "lru,value")
    assert [(row["asset_type"], row["capacity"], row["ttl"], row["policy"]) for row in found] == [
        (asset_type, capacity, ttl, policy)
        for asset_type in ("comet", "enso")
        for capacity in (1, 2)
        for ttl in (0, 600.5)
        for policy in ("lru", "value")
    ]


def test_no_ttl_is_for_ever_and_hits_save_their_cost(rows):
    comet, enso = rows(TRACE, "--ttl", "0")
    assert (comet["hits"], comet["expirations"], comet["saved_seconds"]) == (1, 0, 1.0)
    assert (enso["hits"], enso["hit_ratio"], enso["saved_seconds"]) == (2, 0.5, 0.5)
    assert enso["memory_bytes"] == 20


def test_a_compressed_trace_is_the_same(rows):
    assert rows(gzip.compress(TRACE.encode())) == rows(TRACE)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(rows):
    assert rows(("\ufeff" + TRACE.replace("\n", "\r\n")).encode()) == rows(TRACE)


def test_a_prediction_is_added_where_it_is_asked_for(rows):
    lru, value = rows(TRACE.replace("comet", "enso"), "--policy", "lru,value", "--predict")
    assert lru["predicted_hit_ratio"] == pytest.approx(lru["hit_ratio"])
    assert value["predicted_hit_ratio"] is None
    assert "predicted_hit_ratio" not in rows(TRACE)[0]


def test_people_get_a_table(replay):
    code, out, err = replay(TRACE, "--ttl", "0")
    assert (code, err) == (0, "")
    assert "50.00%" in out
    assert "none" in out


def test_a_type_is_told_as_it_is_named(replay):
    _, out, _ = replay("timestamp,asset_type,key\n0,[red]fox,a\n")
    assert "[red]fox" in out


def test_a_curve_without_a_place_is_refused_before_anything_is_replayed(replay, tmp_path):
    code, out, err = replay("no trace", "--plot", str(tmp_path / "nowhere" / "curve.png"))
    assert (code, out) == (1, "")
    assert "there is no folder" in err


def test_a_curve_is_drawn(replay, tmp_path):
    curve = tmp_path / "curve.png"
    code, _, err = replay(TRACE, "--capacity", "1,2,4", "--plot", str(curve))
    assert (code, err) == (0, "")
    assert curve.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_only_the_curve_is_missing(tmp_path):
    (tmp_path / "trace.csv").write_text(TRACE)
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError(name='matplotlib')")

    def run(*options):
        return subprocess.run(
            [sys.executable, "-m", "service", "replay", "trace.csv", *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    assert run().returncode == 0
    refused = run("--plot", "curve.png")
    assert refused.returncode == 1
    assert "extra `plot`" in refused.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--capacity", "many"],
        ["--capacity", "-1"],
        ["--capacity", ""],
        ["--capacity", "5,1000001"],
        ["--ttl", "-1"],
        ["--ttl", "nan"],
        ["--policy", "lru,best"],
        ["--plot", "curve.docx"],
        ["--unknown"],
    ],
)
def test_a_question_that_makes_no_sense_is_2(replay, options):
    code, out, err = replay(TRACE, *options)
    assert (code, out) == (2, "")
    assert options[0] in err


@pytest.mark.parametrize(
    ("trace", "told"),
    [
        ("", "line 1: is missing"),
        (TRACE + "soon", "line 8: has 1 fields"),
        (TRACE + "a,nan,enso,1,1", "line 8: timestamp"),
        (TRACE.encode() + b"\xff,1,enso,1,1\n", "is not UTF-8"),
        (gzip.compress(TRACE.encode())[:-12], "cannot read"),
        (gzip.compress(TRACE.encode())[:20] + bytes(50), "cannot read"),
    ],
)
def test_a_trace_that_cannot_be_read_is_1(replay, trace, told):
    code, out, err = replay(trace)
    assert (code, out) == (1, "")
    assert told in err


def test_a_missing_trace_is_1(replay, tmp_path):
    (tmp_path / "gone.csv").mkdir()
    assert main(["replay", str(tmp_path / "nowhere.csv")]) == 1
    assert main(["replay", str(tmp_path / "gone.csv")]) == 1


def test_a_trace_without_lookups_has_no_results(rows):
    assert rows("timestamp,asset_type,key\n") == []


def test_timestamps_that_go_back_are_remarked_upon(replay):
    code, _, err = replay(TRACE + "a,5,enso,1,1\n")
    assert code == 0
    assert "1 timestamps went backwards" in err
