"""The Redis tier: what reading and writing one body costs, against a real redis-server here."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from cache.tiers.envelope import Envelope
from cache.tiers.redis_tier import RedisTier

from .art import load_average, quantile

BODY_BYTES = (100_000, 600_000, 3_000_000)
ROUNDS = 200
START_SECONDS = 10.0
# On a busy machine the limit of production would cut off what is to be measured.
LIMIT_SECONDS = 10.0


class Cost(NamedTuple):
    """Of one operation: latencies, and the CPU time of this process, in milliseconds."""

    median_ms: float
    p99_ms: float
    cpu_ms: float


def main(console: Console) -> None:
    """Measure, and print one table."""
    if shutil.which("redis-server") is None:
        console.print("the Redis tier is not measured: redis-server is not on PATH")
        return
    with redis_url() as url:
        rows = asyncio.run(_measure(url))
    table = Table(title=f"The Redis tier, {ROUNDS} rounds ({load_average()})")
    for heading in ("", "median", "p99", "CPU of this process"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, cost in rows.items():
        table.add_row(name, *(f"{milliseconds:.2f} ms" for milliseconds in cost))
    console.print(table)


async def _measure(url: str) -> dict[str, Cost]:
    tier = RedisTier(
        url,
        stale_seconds=0.0,
        listener=lambda *_: None,
        on_clear=lambda _: None,
        limit_seconds=LIMIT_SECONDS,
    )
    await tier.open()
    try:
        rows = {"miss": await _cost(lambda: tier.read("enso", "absent"))}
        for size_bytes in BODY_BYTES:
            now = time.time()
            body = os.urandom(size_bytes)
            envelope = Envelope("enso", f"{size_bytes}", now, now + 3600, 0.5, body)

            async def write(envelope: Envelope = envelope) -> None:
                tier.write(envelope)
                await tier.drained()

            async def read(key: str = envelope.key) -> None:
                assert await tier.read("enso", key) is not None

            rows[f"write, {size_bytes // 1000} KB"] = await _cost(write)
            rows[f"hit, {size_bytes // 1000} KB"] = await _cost(read)
    finally:
        await tier.close()
    return rows


async def _cost(operation: Callable[[], Awaitable[object]]) -> Cost:
    await operation()
    latencies = []
    cpu_started = time.process_time()
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await operation()
        latencies.append(1000 * (time.perf_counter() - started))
    cpu_ms = 1000 * (time.process_time() - cpu_started) / ROUNDS
    return Cost(quantile(latencies, 0.5), quantile(latencies, 0.99), cpu_ms)


@contextmanager
def redis_url() -> Iterator[str]:
    """Run a redis-server inside the context; give its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with (
        tempfile.TemporaryDirectory() as directory,
        subprocess.Popen([*command, "--dir", directory], stdout=subprocess.DEVNULL) as process,
    ):
        try:
            _wait_until_listening(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wait_until_listening(port: int) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.01)
    raise RuntimeError("redis-server does not listen")
