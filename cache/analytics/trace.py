"""Traces: recorded lookups as CSV, one row a lookup, read one at a time.

The header names the columns, in any order: `timestamp,asset_type,key` and, if known, `cost_ms` and
`bytes`; others are passed over. Timestamps are seconds from any origin.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Iterator

from ..errors import CacheError

REQUIRED = ("timestamp", "asset_type", "key")
OPTIONAL = ("cost_ms", "bytes")

# A quoted field that is longer was never closed; `csv` would stop at 131,072 by itself.
_LONGEST_FIELD = 2**24


class TraceError(CacheError):
    """A trace cannot be read; the message names the line and what is wrong there."""


# One row of a trace: its timestamp, asset type and key, the seconds that building the value took,
# and its bytes; 0 where the last two are not told. A plain tuple, since there are millions.
Lookup = tuple[float, str, str, float, int]


def read_trace(lines: Iterable[str]) -> Iterator[Lookup]:
    """Yield the lookups of a trace, given its lines, in their order; blank lines are passed over.

    Raises:
        TraceError: a line is not as it should be.
    """
    remaining = iter(lines)
    number = 0
    parse = None
    try:
        for line in remaining:
            if '"' in line:
                # A quoted field may go over several lines. Splitting the others is quicker.
                reader = csv.reader(itertools.chain((line,), remaining), strict=True)
                usual = csv.field_size_limit(_LONGEST_FIELD)  # of the whole process
                try:
                    row = next(reader)
                finally:
                    csv.field_size_limit(usual)
                    number += reader.line_num
            else:
                number += 1
                row = line.rstrip("\r\n").split(",")
            if row == [""]:
                continue
            if parse is None:
                parse = _parser(row)
            else:
                yield parse(row)
    except UnicodeDecodeError as error:
        raise TraceError(f"line {number + 1} or soon after it: is not UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise TraceError(f"line {number}: {error}") from error
    if parse is None:
        raise TraceError(f"line 1: is missing: a trace begins with {','.join(REQUIRED)}")


def _parser(header: list[str]) -> Callable[[list[str]], Lookup]:
    names = [name.strip() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ValueError(f"has no column {', '.join(missing)}; it is {','.join(names)!r}")
    twice = [name for name in (*REQUIRED, *OPTIONAL) if names.count(name) > 1]
    if twice:
        raise ValueError(f"has more than one column {', '.join(twice)}")
    width = len(names)
    timestamp_at, asset_type_at, key_at = (names.index(name) for name in REQUIRED)
    # A column that is not there is a field that is empty, after the others.
    cost_at, bytes_at = (names.index(name) if name in names else width for name in OPTIONAL)

    def parse(row: list[str]) -> Lookup:
        if len(row) != width:
            raise ValueError(f"has {len(row)} fields, the header has {width}")
        asset_type = row[asset_type_at]
        if not asset_type:
            raise ValueError("asset_type is empty")
        row.append("")
        return (
            _number("timestamp", row[timestamp_at]),
            asset_type,
            row[key_at],
            _number("cost_ms", row[cost_at] or "0") / 1000.0,
            int(_number("bytes", row[bytes_at] or "0")),
        )

    return parse


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if 0.0 <= number < math.inf:
        return number
    raise ValueError(f"{name} must be a number, 0 or more, not {text!r}")
