"""Misses over HTTP: how fast two workers draw, and what hits wait while they do.

Mixed misses come over a few kept-alive connections, every request another seed, the asset types in
turn. Hits are asked for by a process of their own, first while the workers are idle, then while
they draw flat out.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from multiprocessing import get_context
from typing import TextIO

import aiohttp
from rich.console import Console
from rich.table import Table

from generators import load_registry
from service.catalogue import is_directed, path_of

from .art import load_average, quantile
from .http_hits import SEEDED, load

WORKERS = 2
MISS_CONNECTIONS = 8
SECONDS = 6.0
HIT_CONNECTIONS = 8
HITS_PER_CONNECTION = 500

DEMANDED_PER_SECOND = 40.0
ALLOWED_HIT_P99_MS = 10.0
ALLOWED_READY_SECONDS = 1.5


def main(console: Console) -> None:
    """Measure, and print one table with the goals beside what was measured."""
    with _service() as (port, ready_seconds):
        per_second, idle, drawing = asyncio.run(_measure(port))
    table = Table(title=f"The service with {WORKERS} workers ({load_average()})")
    table.add_column("")
    table.add_column("measured", justify="right")
    table.add_column("goal", justify="right")
    table.add_row("start until ready", f"{ready_seconds:.2f} s", f"≤ {ALLOWED_READY_SECONDS} s")
    table.add_row("mixed misses", f"{per_second:.1f}/s", f"≥ {DEMANDED_PER_SECOND:g}/s")
    table.add_row("hit p99, workers idle", f"{_p99_ms(idle):.1f} ms", "")
    goal = f"< {ALLOWED_HIT_P99_MS:g} ms"
    table.add_row("hit p99, workers drawing", f"{_p99_ms(drawing):.1f} ms", goal)
    console.print(table)


async def _measure(port: int) -> tuple[float, list[float], list[float]]:
    """Return the misses per second, and the latencies of hits without them and beside them."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, get_context("spawn")) as caller:

        async def hits(requests: int) -> list[float]:
            arguments = (port, SEEDED, HIT_CONNECTIONS, requests)
            return await loop.run_in_executor(caller, load, *arguments)

        await hits(1)  # the caller is there, and the picture drawn
        idle = await hits(HITS_PER_CONNECTION)
        async with _drawing(port) as drawn:
            before, started = len(drawn), time.perf_counter()
            await asyncio.sleep(SECONDS)
            per_second = (len(drawn) - before) / (time.perf_counter() - started)
            beside = await hits(HITS_PER_CONNECTION)
    return per_second, idle, beside


@asynccontextmanager
async def _drawing(port: int) -> AsyncIterator[list[str]]:
    """Keep the workers busy inside the context; gives the paths that were drawn so far."""
    drawn: list[str] = []
    paths = _uncached_paths()

    async def ask(session: aiohttp.ClientSession) -> None:
        for path in paths:
            async with session.get(path) as response:
                await response.read()
                assert response.status == HTTPStatus.OK, path
                assert "fwd=miss" in response.headers["Cache-Status"], path
            drawn.append(path)

    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        tasks = [asyncio.create_task(ask(session)) for _ in range(MISS_CONNECTIONS)]
        yield drawn
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [each for each in ended if not isinstance(each, asyncio.CancelledError)]
    if failures:
        raise RuntimeError("a miss was not served") from failures[0]


def _uncached_paths() -> Iterator[str]:
    paths = [
        path_of(spec) + ("?prompt=burning+rage&seed=" if is_directed(spec) else "?seed=")
        for spec in load_registry().specs()
    ]
    for seed in itertools.count(1000):
        for path in paths:
            yield f"{path}{seed}"


def _p99_ms(seconds: list[float]) -> float:
    return quantile(seconds, 0.99) * 1000


@contextmanager
def _service() -> Iterator[tuple[int, float]]:
    """Run a service inside the context; gives its port and how long it took to be ready."""
    settings = {"PORT": "0", "CACHE_WARM": "", "GENERATOR_WORKERS": str(WORKERS)}
    command = [sys.executable, "-m", "service", "serve"]
    with tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        with subprocess.Popen(command, env={**os.environ, **settings}, stderr=log) as process:
            try:
                port = _wait_until_ready(process, log)
                yield port, time.perf_counter() - started
            finally:
                process.terminate()


def _wait_until_ready(process: subprocess.Popen[bytes], log: TextIO) -> int:
    """Return the port that the log tells, once the log also tells that the service is ready."""
    while process.poll() is None:
        log.seek(0)
        if found := re.search(r"http://127\.0\.0\.1:(\d+)\n.*\bready\n", log.read(), re.DOTALL):
            return int(found[1])
        time.sleep(0.01)
    raise RuntimeError("the service ended by itself")
