"""`nanobanana stats`: the cache statistics of a running service, once or again and again."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..errors import CommandFailed
from .client import NO_ANSWER, STRANGE_ANSWER, Client, Json, reason, with_client

_FILE_COLUMNS = 200
_ANSWER_SECONDS = 5.0
_MIB = 2**20


def stats(options: argparse.Namespace) -> int:
    """Print the cache statistics as a table, or as they are; with `--watch` until interrupted."""
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_COLUMNS  # nothing is to be cut off in a file

    async def run(client: Client) -> None:
        if options.watch:
            await _watch(client, console, options.interval)
            return
        answer = await client.json("/cache/stats")
        if options.json:
            console.print_json(json.dumps(answer))
        else:
            console.print(_table(answer["cache_stats"]))

    try:
        return with_client(options, run)
    except KeyboardInterrupt:
        if options.watch:
            return 0  # as one ends it
        raise


def _table(cache_stats: Json) -> Table:
    table = _empty_table(
        f"Cache: {cache_stats['overall_hit_rate']:.1%} of lookups hit",
        ("hit rate", "hits", "misses", "evicted", "expired", "entries", "MiB", "TTL s"),
    )
    for name, cache in cache_stats["caches"].items():
        table.add_row(
            name,
            f"{cache['hit_rate']:.1%}",
            str(cache["hits"]),
            str(cache["misses"]),
            str(cache["evictions"]),
            str(cache["expired"]),
            f"{cache['size']}/{cache['max_size']}",
            f"{cache['memory_bytes'] / _MIB:.1f}",
            "-" if cache["default_ttl"] is None else f"{cache['default_ttl']:g}",
        )
    return table


def _empty_table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("type")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


@dataclass(frozen=True, slots=True)
class _Reading:
    """The statistics at one moment.

    Attributes:
        at: monotonic seconds; clock: the time of day.
    """

    cache_stats: Json
    at: float
    clock: str


async def _watch(client: Client, console: Console, interval_seconds: float) -> None:
    """Show the statistics again and again, whether the service answers or not; never returns."""
    before = last = None
    with _screen(console) as show:
        while True:
            try:
                answer = await asyncio.wait_for(client.json("/cache/stats"), _ANSWER_SECONDS)
                clock = datetime.now().astimezone().strftime("%H:%M:%S")
                before, last = last, _Reading(answer["cache_stats"], time.monotonic(), clock)
                show(_live_table(before, last))
            except NO_ANSWER as error:
                show(_away(before, last, f"{client.url} does not answer: {reason(error)}"))
            except CommandFailed as error:
                show(_away(before, last, f"{client.url} answers {error}"))
            except STRANGE_ANSWER:
                show(_away(before, last, f"what answers at {client.url} is not NanoBanana"))
            await asyncio.sleep(interval_seconds)


@contextlib.contextmanager
def _screen(console: Console) -> Iterator[Callable[[RenderableType], None]]:
    """Give what shows a state: in one place of a terminal, one after another elsewhere."""
    if not console.is_terminal:
        yield console.print
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda state: live.update(state, refresh=True)


def _away(before: _Reading | None, last: _Reading | None, what: str) -> RenderableType:
    said = Text(f"{what}; trying again", style="bold red")
    if last is None:
        return said
    return Group(_live_table(before, last), said)


def _live_table(before: _Reading | None, last: _Reading) -> Table:
    stats = last.cache_stats
    rate = f"{stats['overall_hit_rate']:.1%} of lookups hit"
    memory = f"{stats['memory_bytes'] / _MIB:.1f} MiB"
    table = _empty_table(
        f"Cache at {last.clock}: {rate}, {memory}",
        ("hit rate", "now", "per s", "requests", "misses", "held", "MiB"),
    )
    table.add_column("why missed", overflow="fold")
    for name, cache in stats["caches"].items():
        earlier = None if before is None else before.cache_stats["caches"].get(name)
        seconds = 0.0 if before is None else last.at - before.at
        table.add_row(
            name,
            _ratio(cache["hits"], cache["misses"]),
            *_lately(earlier, cache, seconds),
            str(_requests(cache)),
            str(cache["misses"]),
            f"{cache['size']}/{cache['max_size']}",
            f"{cache['memory_bytes'] / _MIB:.1f}",
            ", ".join(f"{count} {why}" for why, count in cache["miss_reasons"].items() if count),
        )
    return table


def _lately(earlier: Json | None, cache: Json, seconds: float) -> tuple[str, str]:
    """Return hit rate and requests per second since the reading before."""
    if earlier is None:
        return "-", "-"
    if _requests(cache) < _requests(earlier):  # it counts from 0 again: it was restarted
        earlier = dict.fromkeys(earlier, 0)
    hits, misses = (cache[name] - earlier[name] for name in ("hits", "misses"))
    return _ratio(hits, misses), f"{(_requests(cache) - _requests(earlier)) / seconds:.1f}"


def _ratio(hits: int, misses: int) -> str:
    return f"{hits / (hits + misses):.1%}" if hits + misses else "-"


def _requests(cache: Json) -> int:
    return sum(int(cache[name]) for name in ("hits", "misses", "coalesced", "stale"))
