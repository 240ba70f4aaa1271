"""Hits over HTTP by the tier that answers, by size of body; and what tiers cost a memory hit.

Every service is a process of its own, on a redis-server and directories that are made for the run.
What is to be answered from below has a memory that holds nothing. CPU is that of the service's
process, all threads; a redis-server spends its own besides. Files come from the page cache.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from .art import load_average, quantile
from .http_hits import cpu_seconds, load
from .redis_tier import redis_url

FIRST_PORT = 8951
START_SECONDS = 20.0
ROUNDS = 10
REQUESTS_PER_ROUND = 40
ALLOWED_RATIO = 1.05

# Pixels along each side of a square of noise, which no file format makes smaller, by its name.
SIDES = {"100 KB": 183, "600 KB": 447, "3 MB": 1000}

HELD_IN_MEMORY, NOT_HELD_IN_MEMORY = {"CACHE_SIZE": "100"}, {"CACHE_SIZE": "0"}
SERVICES = {
    "memory alone": {"CACHE_TIERS": "memory", **HELD_IN_MEMORY},
    "memory, tiers below": {"CACHE_TIERS": "memory,disk,redis", **HELD_IN_MEMORY},
    "disk": {"CACHE_TIERS": "memory,disk", **NOT_HELD_IN_MEMORY},
    "Redis": {"CACHE_TIERS": "memory,redis", **NOT_HELD_IN_MEMORY},
}

_NOISE = """
import numpy as np
from PIL import Image
from generators import Parameters, Spec

class Noise:
    def __init__(self, side):
        self.spec = Spec(f"noise_{side}", "Noise", side, side, "RGB", "1", Parameters)

    def render(self, parameters, seed):
        shape = self.spec.height, self.spec.width, 3
        return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8), "RGB")
"""


class Hits(NamedTuple):
    """Of one service and size: latencies in seconds; CPU seconds per hit, by round."""

    latencies: list[float]
    cpu: list[float]


def main(console: Console) -> None:
    """Measure, print one table, and say whether memory hits are as quick with tiers below."""
    if not Path("/proc/self/schedstat").exists() or shutil.which("redis-server") is None:
        console.print("tiers needs /proc and redis-server, one of which is missing here.")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _write_plug_in(folder)
        shared = {"PYTHONPATH": str(folder), "REDIS_URL": stack.enter_context(redis_url())}
        pids = {
            port: stack.enter_context(_service(port, {**shared, **settings}, folder))
            for port, settings in enumerate(SERVICES.values(), FIRST_PORT)
        }
        hits = {size: _measured(pids, _path(side)) for size, side in SIDES.items()}
    _print(console, hits)


def _measured(pids: dict[int, int], path: str) -> list[Hits]:
    for port in pids:
        _wait_for_hit(port, path)
    measured = {port: Hits([], []) for port in pids}
    for _ in range(ROUNDS):
        for port, pid in pids.items():
            before = cpu_seconds(pid)
            measured[port].latencies.extend(load(port, path, 1, REQUESTS_PER_ROUND))
            measured[port].cpu.append((cpu_seconds(pid) - before) / REQUESTS_PER_ROUND)
    return list(measured.values())


def _print(console: Console, hits: dict[str, list[Hits]]) -> None:
    table = Table(title=f"Hits over HTTP by tier, one connection ({load_average()})")
    for heading in ("body", "answered by", "median", "p99", "CPU per hit"):
        table.add_column(heading, justify="left" if heading == "answered by" else "right")
    for size, of_size in hits.items():
        for name, (latencies, cpu) in zip(SERVICES, of_size, strict=True):
            seconds = (*(quantile(latencies, q) for q in (0.5, 0.99)), statistics.median(cpu))
            table.add_row(size, name, *(f"{1000 * each:.2f} ms" for each in seconds))
    console.print(table)
    # Rounds that follow each other share the weather of the machine: pairs are compared.
    ratio = statistics.median(
        below / alone
        for alone_hits, below_hits, *_ in hits.values()
        for alone, below in zip(alone_hits.cpu, below_hits.cpu, strict=True)
    )
    console.print(
        f"CPU of a memory hit with tiers: {ratio:.2f} × without (goal: at most {ALLOWED_RATIO})"
    )


def _path(side: int) -> str:
    return f"/generate/noise_{side}?seed=1"


def _write_plug_in(folder: Path) -> None:
    lines = [f"noise_{side} = Noise({side})\n" for side in SIDES.values()]
    (folder / "bench_noise.py").write_text(_NOISE + "".join(lines))
    metadata = folder / "bench_noise-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-noise\nVersion: 1\n")
    names = [f"noise_{side} = bench_noise:noise_{side}" for side in SIDES.values()]
    entry_points = "\n".join(["[nanobanana.generators]", *names, ""])
    (metadata / "entry_points.txt").write_text(entry_points)


@contextmanager
def _service(port: int, settings: dict[str, str], folder: Path) -> Iterator[int]:
    """Serve on `port` inside the context; give the id of the process."""
    fixed = {
        "PORT": str(port),
        "CACHE_WARM": "",
        "GENERATOR_WORKERS": "0",
        "CACHE_DISK_PATH": str(folder / str(port)),
        "LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "service", "serve"]
    with subprocess.Popen(command, env={**os.environ, **fixed, **settings}) as process:
        try:
            _wait_for(port)
            yield process.pid
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready"):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing is ready on port {port}")


def _wait_for_hit(port: int, path: str) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as response:
            response.read()
            if "; hit" in response.headers["Cache-Status"]:
                return
    raise TimeoutError(f"{path} is never a hit on port {port}")
