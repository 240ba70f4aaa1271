"""Run the benchmarks, or those that are named: `python -m bench [cache_hits …]`."""

from __future__ import annotations

import argparse
import importlib

from rich.console import Console

BENCHES = (
    "cache_hits",
    "http_hits",
    "art",
    "misses",
    "instrumentation",
    "tiers",
    "disk",
    "redis_tier",
    "prediction",
    "admission",
    "stories",
)

_FILE_COLUMNS = 160


def main() -> None:
    """Run each benchmark's `main(console)` in turn."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(BENCHES)}; all where none is named")
    names = parser.parse_args().name or BENCHES
    unknown = set(names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_COLUMNS  # nothing is to be cut off in a file
    for name in names:
        importlib.import_module(f"bench.{name}").main(console)


if __name__ == "__main__":
    main()
