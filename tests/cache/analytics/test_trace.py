"""A trace is read row by row, in whatever order its columns are, and a bad line is named."""

from __future__ import annotations

import csv

import pytest

from cache.analytics.trace import TraceError, read_trace

HEADER = "timestamp,asset_type,key,cost_ms,bytes"


def read(*lines):
    return list(read_trace(f"{line}\n" for line in lines))


def test_a_row_is_a_lookup():
    assert read(HEADER, "1.5,enso,k,250,3000") == [(1.5, "enso", "k", 0.25, 3000)]


def test_what_is_not_told_is_zero():
    nothing_told = [(1.0, "enso", "k", 0.0, 0)]
    assert read("timestamp,asset_type,key", "1,enso,k") == nothing_told
    assert read(HEADER, "1,enso,k,,") == nothing_told


def test_columns_stand_in_any_order_beside_others():
    assert read("key,host,bytes,asset_type,timestamp", "k,h,7,enso,1") == [
        (1.0, "enso", "k", 0.0, 7)
    ]


def test_keys_may_be_quoted_and_blank_lines_are_passed_over():
    assert read(HEADER, "", '1,enso,"a,""b""",0,0', "") == [(1.0, "enso", 'a,"b"', 0.0, 0)]


def test_a_quoted_key_may_be_long_and_the_limit_of_the_process_stays():
    usual, key = csv.field_size_limit(), "k," * 100_000
    assert read(HEADER, f'1,enso,"{key}",0,0')[0][2] == key
    assert csv.field_size_limit() == usual


def test_rows_are_read_one_at_a_time():
    def lines():
        yield HEADER + "\n"
        yield "1,enso,k,0,0\n"
        raise AssertionError("read ahead")

    assert next(read_trace(lines()))[2] == "k"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1: is missing"),
        (["timestamp,key"], "line 1: has no column asset_type"),
        (["1,enso,k"], "line 1: has no column timestamp, asset_type, key"),
        ([HEADER + ",key"], "line 1: has more than one column key"),
        ([HEADER, "1,enso,k,0,0", "2,enso,k"], "line 3: has 3 fields, the header has 5"),
        ([HEADER, "", "soon,enso,k,0,0"], "line 3: timestamp must be .* not 'soon'"),
        ([HEADER, "nan,enso,k,0,0"], "line 2: timestamp"),
        ([HEADER, "inf,enso,k,0,0"], "line 2: timestamp"),
        ([HEADER, "-1,enso,k,0,0"], "line 2: timestamp"),
        ([HEADER, "1,,k,0,0"], "line 2: asset_type is empty"),
        ([HEADER, "1,enso,k,-5,0"], "line 2: cost_ms"),
        ([HEADER, "1,enso,k,nan,0"], "line 2: cost_ms"),
        ([HEADER, "1,enso,k,0,many"], "line 2: bytes"),
        ([HEADER, '1,enso,"k,0,0'], "line 2: unexpected end of data"),
    ],
)
def test_a_bad_line_is_named(lines, message):
    with pytest.raises(TraceError, match=message):
        read(*lines)
