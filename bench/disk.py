"""The disk tier: what a hit costs beside reading a plain file in a thread, and filling 2 GB.

Both read the same bytes from the page cache. The tier also asks its index, checks the SHA-256 and
notes the use. Latency is that of the wall, seen from the event loop; CPU is that of all threads.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cache.stats import Tier
from cache.tiers.disk_tier import DiskTier
from cache.tiers.envelope import Envelope
from cache.tiers.tier import Operation

SIZES = {"100 KB": 100_000, "600 KB": 600_000, "3 MB": 3_000_000}
KEYS = 20
ROUNDS = 15
BUDGET_BYTES = 2 * 2**30
FILLED_BYTES = BUDGET_BYTES * 5 // 4
FILL_BODY_BYTES = 600_000
_WAITING_WRITES = 20
_MEMORY_ALLOWED_MB = 100

Read = Callable[[str], Awaitable[object]]


def main(console: Console) -> None:
    """Measure, print two tables, and say whether the goals are met."""
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_compare(console, Path(directory)))
    with tempfile.TemporaryDirectory() as directory:
        # In a process of its own, since the memory of this one tells of other benchmarks as well.
        command = [sys.executable, "-m", "bench.disk", directory]
        filled = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    table = Table(title="Filling 2 GB, and a quarter more")
    for heading in ("written", "held", "seconds", "memory before", "peak memory"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{filled['written'] / 2**20:.0f} MB",
        f"{filled['held'] / 2**20:.0f} MB",
        f"{filled['seconds']:.1f}",
        f"{filled['before']:.0f} MB",
        f"{filled['peak']:.0f} MB",
    )
    console.print(table)
    grown = filled["peak"] - filled["before"]
    met = filled["held"] <= BUDGET_BYTES and grown <= _MEMORY_ALLOWED_MB
    console.print(
        f"{'[green]✓[/]' if met else '[red]✗[/]'} budget held, memory grew by {grown:.0f} MB "
        f"(goal: at most {_MEMORY_ALLOWED_MB})"
    )


async def _compare(console: Console, directory: Path) -> None:
    table = Table(title=f"Hits on disk, one after the other: {ROUNDS * KEYS} each")
    table.add_column("body")
    table.add_column("")
    for heading in ("median µs", "p99 µs", "CPU µs"):
        table.add_column(heading, justify="right")
    for name, size in SIZES.items():
        writer = _Writer(directory / name)
        tier = writer.tier
        await tier.open()
        keys = [f"{number:064x}" for number in range(KEYS)]
        for key in keys:
            body = os.urandom(size)
            (directory / key).write_bytes(body)
            await writer.write(key, body)
        await writer.finished()
        contestants: dict[str, Read] = {
            "tier": partial(tier.read, "enso"),
            "plain file": lambda key: asyncio.to_thread((directory / key).read_bytes),
        }
        for contestant, (wall, cpu) in (await _measured(contestants, keys)).items():
            quantiles = statistics.quantiles(wall, n=100)
            row = (f"{each * 1e6:.0f}" for each in (quantiles[49], quantiles[98], cpu))
            table.add_row(name, contestant, *row)
        await tier.close()
    console.print(table)


async def _measured(
    contestants: dict[str, Read], keys: list[str]
) -> dict[str, tuple[list[float], float]]:
    """Return seconds of the wall of each hit, and seconds of CPU a hit, taking turns."""
    walls: dict[str, list[float]] = {name: [] for name in contestants}
    cpus = dict.fromkeys(contestants, 0.0)
    for _ in range(ROUNDS):
        for name, read in contestants.items():
            cpu_began = time.process_time()
            for key in keys:
                began = time.perf_counter()
                assert await read(key) is not None
                walls[name].append(time.perf_counter() - began)
            cpus[name] += time.process_time() - cpu_began
    return {name: (walls[name], cpus[name] / len(walls[name])) for name in contestants}


class _Writer:
    """A tier, and writing to it no faster than it takes."""

    def __init__(self, directory: Path) -> None:
        self.tier = DiskTier(directory, BUDGET_BYTES, listener=self._hear)
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(_WAITING_WRITES)

    async def write(self, key: str, body: bytes) -> None:
        await self._room.acquire()
        now = time.time()
        self.tier.write(Envelope("enso", key, now, now + 3600, 0.1, body))

    async def finished(self) -> None:
        for _ in range(_WAITING_WRITES):
            await self._room.acquire()

    def _hear(self, tier: Tier, operation: Operation, seconds: float) -> None:
        if operation is Operation.WRITE:
            self._loop.call_soon_threadsafe(self._room.release)


async def _fill(directory: Path) -> None:
    """Write more than the budget, and print what it took and what is held."""
    writer = _Writer(directory)
    await writer.tier.open()
    body = os.urandom(FILL_BODY_BYTES)
    before, began, written = _peak_memory_mb(), time.perf_counter(), 0
    while written < FILLED_BYTES:
        await writer.write(f"{written:064x}", body)
        written += len(body)
    await writer.finished()
    await writer.tier.close()
    figures = {
        "written": written,
        "held": sum(each.stat().st_size for each in (directory / "entries").rglob("*-*")),
        "seconds": time.perf_counter() - began,
        "before": before,
        "peak": _peak_memory_mb(),
    }
    print(json.dumps(figures))


def _peak_memory_mb() -> float:
    # Linux: unlike `getrusage`, this does not begin with the peak of the process that started it.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell the peak of memory")


if __name__ == "__main__":
    asyncio.run(_fill(Path(sys.argv[1])))
