"""Traces: recorded lookups as CSV, one row a lookup, read one at a time.

The header names the columns, in any order: `timestamp,asset_type,key` and, if known, `cost_ms` and
`bytes`; others are passed over. Timestamps are seconds from any origin.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..errors import CacheError

REQUIRED = ("timestamp", "asset_type", "key")
OPTIONAL = ("cost_ms", "bytes")


class TraceError(CacheError):
    """A trace cannot be read; the message names the line and what is wrong there."""


class Lookup(NamedTuple):
    """One row of a trace.

    Attributes:
        cost_seconds: what building the value took; weight: its bytes. 0 where it is not told.
    """

    timestamp: float
    asset_type: str
    key: str
    cost_seconds: float
    weight: int


def read_trace(lines: Iterable[str]) -> Iterator[Lookup]:
    """Yield the lookups of a trace, given its lines, in their order; blank lines are passed over.

    Raises:
        TraceError: a line is not as it should be.
    """
    reader = csv.reader(lines, strict=True)
    try:
        parse = _parser(next(reader, []))
        for row in reader:
            if row:
                yield parse(row)
    except UnicodeDecodeError as error:
        raise TraceError(f"line {reader.line_num + 1} or soon after it: is not UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise TraceError(f"line {max(reader.line_num, 1)}: {error}") from error


def _parser(header: list[str]) -> Callable[[list[str]], Lookup]:
    if not header:
        raise ValueError(f"is missing: a trace begins with {','.join(REQUIRED)}")
    names = [name.strip() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ValueError(f"has no column {', '.join(missing)}; it is {','.join(names)!r}")
    twice = [name for name in (*REQUIRED, *OPTIONAL) if names.count(name) > 1]
    if twice:
        raise ValueError(f"has more than one column {', '.join(twice)}")
    timestamp, asset_type, key = (names.index(name) for name in REQUIRED)
    cost_ms, size_bytes = (names.index(name) if name in names else None for name in OPTIONAL)

    def parse(row: list[str]) -> Lookup:
        if len(row) != len(names):
            raise ValueError(f"has {len(row)} fields, the header has {len(names)}")
        if not row[asset_type]:
            raise ValueError("asset_type is empty")
        return Lookup(
            _number("timestamp", row[timestamp]),
            row[asset_type],
            row[key],
            _number("cost_ms", row[cost_ms] or "0") / 1000.0 if cost_ms is not None else 0.0,
            int(_number("bytes", row[size_bytes] or "0")) if size_bytes is not None else 0,
        )

    return parse


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise ValueError(f"{name} must be a number, 0 or more, not {text!r}")
    return number
