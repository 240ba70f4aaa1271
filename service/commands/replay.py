"""`nanobanana replay`: what other sizes, TTLs and policies would have made of a recorded trace."""

from __future__ import annotations

import argparse
import gzip
import io
import itertools
import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from cache.admission import Admission
from cache.analytics.replay import Replay, Replayed
from cache.analytics.trace import TraceError, read_trace
from cache.analytics.trials import Configuration

from ..errors import CommandFailed, UsageError
from ..settings import Settings, load_settings

_POLICIES = {"lru": Admission.ALL, "value": Admission.VALUE}
_NAMES = {admission: name for name, admission in _POLICIES.items()}

_MAX_CAPACITY = 1_000_000
_GZIP_MAGIC = b"\x1f\x8b"
_FILE_COLUMNS = 200

# Rows between two looks at the progress bar.
_STEP = 10_000

T = TypeVar("T")


def replay(options: argparse.Namespace) -> int:
    """Replay the trace and print one row for each type and configuration."""
    settings = load_settings()
    configurations = _grid(options, settings)
    plot = None if options.plot is None else _plotting(Path(options.plot))
    run = Replay(configurations, predict=options.predict)
    trace = Path(options.trace)
    try:
        with _lines(trace) as lines:
            run.feed(read_trace(lines))
    except OSError as error:
        raise CommandFailed(f"cannot read {trace}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise CommandFailed(f"cannot read {trace}: {error}") from error
    except TraceError as error:
        raise CommandFailed(f"{trace}, {error}") from error
    results = run.results()
    if run.reversals:
        _remark(f"{run.reversals} timestamps went backwards; each was taken as the one before")
    if plot is not None:
        plot(results)
    _print(results, options)
    return 0


# What is asked


def _grid(
    options: argparse.Namespace, settings: Settings
) -> Callable[[str], Iterator[Configuration]]:
    capacities = _listed("--capacity", options.capacity, _capacity)
    ttls = _listed("--ttl", options.ttl, _ttl_seconds)
    policies = _listed("--policy", options.policy, _policy) or [Admission.ALL]

    def configurations(asset_type: str) -> Iterator[Configuration]:
        grid = itertools.product(
            capacities or [settings.capacity(asset_type)],
            ttls or [settings.ttl_seconds(asset_type)],
            policies,
        )
        return itertools.starmap(Configuration, grid)

    return configurations


def _listed(option: str, text: str | None, parse: Callable[[str], T]) -> list[T]:
    """Return the values that are listed, each once; none without the option."""
    if text is None:
        return []
    try:
        return list(dict.fromkeys(parse(each.strip()) for each in text.split(",")))
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from None


def _capacity(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > _MAX_CAPACITY:
        raise ValueError(f"{text!r} is not a number of entries from 0 to {_MAX_CAPACITY}")
    return int(text)


def _ttl_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds < math.inf:
        raise ValueError(f"{text!r} is not a number of seconds, or 0 for no TTL")
    return seconds or math.inf


def _policy(text: str) -> Admission:
    if text not in _POLICIES:
        raise ValueError(f"{text!r} is none of {', '.join(_POLICIES)}")
    return _POLICIES[text]


# What is read


@contextmanager
def _lines(trace: Path) -> Iterator[Iterator[str]]:
    """Open a trace, plain or compressed, and show how far it was read on a terminal."""
    console = Console(stderr=True)
    with trace.open("rb") as raw:
        is_compressed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        raw.seek(0)
        with (
            gzip.GzipFile(fileobj=raw) if is_compressed else raw as plain,
            io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as text,
            Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
        ):
            size_bytes = trace.stat().st_size
            task = progress.add_task(f"replaying {trace.name}", total=size_bytes or None)

            def lines() -> Iterator[str]:
                while block := list(itertools.islice(text, _STEP)):
                    yield from block
                    progress.update(task, completed=raw.tell())

            yield lines()


# What is told


def _print(results: Sequence[Replayed], options: argparse.Namespace) -> None:
    console = Console()
    if options.json:
        rows = [_row(result, predict=options.predict) for result in results]
        console.print_json(json.dumps({"results": rows}))
        return
    if not console.is_terminal:
        console.width = _FILE_COLUMNS  # nothing is to be cut off in a file
    console.print(_table(results, predict=options.predict))


def _row(result: Replayed, *, predict: bool) -> dict[str, object]:
    capacity, ttl_seconds, admission = result.configuration
    tally = result.tally
    row: dict[str, object] = {
        "asset_type": result.asset_type,
        "capacity": capacity,
        "ttl": _ttl(ttl_seconds),
        "policy": _NAMES[admission],
        "lookups": result.lookups,
        "hits": tally.hits,
        "hit_ratio": result.hit_ratio,
        "evictions": tally.evictions,
        "expirations": tally.expirations,
        "saved_seconds": round(tally.saved_seconds, 6),
        "memory_bytes": tally.peak_bytes,
    }
    if predict:
        row["predicted_hit_ratio"] = result.predicted_hit_ratio
    return row


def _ttl(ttl_seconds: float) -> float:
    """Return a TTL as it is asked for: 0 is none, and whole numbers are whole."""
    if ttl_seconds == math.inf:
        return 0
    return int(ttl_seconds) if ttl_seconds.is_integer() else ttl_seconds


def _table(results: Sequence[Replayed], *, predict: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("type")
    headings = ["capacity", "TTL s", "policy", "lookups", "hits", "hit ratio"]
    headings += ["evicted", "expired", "saved s", "MiB"]
    if predict:
        headings.append("predicted")
    for heading in headings:
        table.add_column(heading, justify="right")
    for result in results:
        capacity, ttl_seconds, admission = result.configuration
        tally = result.tally
        cells = [
            escape(result.asset_type),
            str(capacity),
            "none" if ttl_seconds == math.inf else f"{ttl_seconds:g}",
            _NAMES[admission],
            str(result.lookups),
            str(tally.hits),
            f"{result.hit_ratio:.2%}",
            str(tally.evictions),
            str(tally.expirations),
            f"{tally.saved_seconds:.1f}",
            f"{tally.peak_bytes / 2**20:.1f}",
        ]
        predicted = result.predicted_hit_ratio
        if predict:
            cells.append("" if predicted is None else f"{predicted:.2%}")
        table.add_row(*cells)
    return table


def _remark(line: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"nanobanana: {line}")


def _plotting(output: Path) -> Callable[[Sequence[Replayed]], None]:
    """Return what draws the curves into `output`, or refuse before anything is replayed."""
    try:
        from .replay_plot import draw_curves, file_endings
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise CommandFailed(
            "--plot needs matplotlib, which is in the extra `plot`: pip install matplotlib"
        ) from None
    if output.suffix.removeprefix(".").lower() not in file_endings():
        endings = ", ".join(sorted(file_endings()))
        raise UsageError(f"--plot {output}: the name must end in one of {endings}")
    if not output.parent.is_dir():
        raise CommandFailed(f"cannot write {output}: there is no folder {output.parent}")

    def draw(results: Sequence[Replayed]) -> None:
        try:
            draw_curves(results, output)
        except OSError as error:
            raise CommandFailed(f"cannot write {output}: {error.strerror}") from error

    return draw
