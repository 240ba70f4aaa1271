"""Hits over HTTP: the service beside a bare aiohttp handler with the same bytes and headers.

Both run in processes of their own, on the same event loop implementation, and answer the same
requests over 32 kept-alive connections in alternating rounds. The server under test has a core of
its own and the load another: left to the scheduler, sharing a core or not decides more than the
code does. The CPU time is that of the serving process, user and system, read before and after each
round; the service logs every hit, as it does by default.

The latency of a server that is asked as fast as it can answer is the number of connections over
its throughput, whatever it does. What a caller waits is measured at a steady rate below that, from
the moment a request was due, so that a delayed answer delays none of the measurements after it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

CONNECTIONS = 32
REQUESTS_PER_CONNECTION = 40
ROUNDS = 40
ALLOWED_RATIO = 1.25
ALLOWED_P99_MS = 5.0

# Requests per second of the steady load, over all connections, and how many of them.
PACE = 1_000
PACED_REQUESTS = 10_000

SEEDED = "/generate/enso?seed=3"

# The peer: what aiohttp alone needs to answer with these bytes and headers.
_BARE = """
import json, sys
from pathlib import Path
from aiohttp import web
from bench.http_hits import loop_factory

folder, port = Path(sys.argv[1]), int(sys.argv[2])
body = (folder / "body").read_bytes()
headers = json.loads((folder / "headers").read_text())

async def answer(request):
    return web.Response(body=body, headers=headers)

app = web.Application()
app.router.add_get("/generate/enso", answer)
factory = loop_factory()
web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None,
            loop=factory() if factory else None)
"""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where it is installed, as the service does."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def main(console: Console) -> None:
    """Measure, print one table, and say whether the goals are met."""
    if not Path("/proc/self/schedstat").exists():
        console.print("http_hits reads CPU times from /proc, which this system has not.")
        return
    with tempfile.TemporaryDirectory() as name, _service(8941) as service:
        folder = Path(name)
        _save_answer(8941, folder)
        command = [sys.executable, "-c", _BARE, str(folder), "8942"]
        with _process(command, 8942, os.environ.copy()) as bare:
            peers = {"nanobanana": (8941, service.pid), "bare aiohttp": (8942, bare.pid)}
            cpu = _measured_cpu(peers)
            latencies = {name: _paced_latencies(port) for name, (port, _) in peers.items()}
    _print(console, cpu, latencies)


def _paced_latencies(port: int) -> list[float]:
    requests = PACED_REQUESTS // CONNECTIONS
    return sorted(load(port, SEEDED, CONNECTIONS, requests, interval=CONNECTIONS / PACE))


def _measured_cpu(peers: dict[str, tuple[int, int]]) -> dict[str, list[float]]:
    cpu: dict[str, list[float]] = {name: [] for name in peers}
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    for port, pid in peers.values():
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cores[0]})
        load(port, SEEDED, CONNECTIONS, 20)
    for _ in range(ROUNDS):
        for name, (port, pid) in peers.items():
            before = cpu_seconds(pid)
            load(port, SEEDED, CONNECTIONS, REQUESTS_PER_CONNECTION)
            used = cpu_seconds(pid) - before
            cpu[name].append(used / (CONNECTIONS * REQUESTS_PER_CONNECTION) * 1e6)
    os.sched_setaffinity(0, cores)
    for _, pid in peers.values():
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
    return cpu


def _print(
    console: Console, cpu: dict[str, list[float]], latencies: dict[str, list[float]]
) -> None:
    loop = "uvloop" if loop_factory() else "asyncio"
    table = Table(title=f"Hits of {SEEDED} at {CONNECTIONS} connections ({loop})")
    paced = f" ms at {PACE}/s"
    for heading in ("", "CPU µs/hit", "quickest round", f"p50{paced}", f"p99{paced}"):
        table.add_column(heading, justify="right")
    for name in cpu:
        ordered = latencies[name]
        table.add_row(
            name,
            f"{statistics.median(cpu[name]):.1f}",
            f"{min(cpu[name]):.1f}",
            f"{ordered[len(ordered) // 2] * 1000:.2f}",
            f"{_p99_ms(ordered):.2f}",
        )
    console.print(table)
    # Rounds that follow each other share the weather of the machine: pairs are compared.
    ratio = statistics.median(ours / theirs for ours, theirs in zip(*cpu.values(), strict=True))
    console.print(f"CPU per hit: {ratio:.2f} × the bare handler (goal: at most {ALLOWED_RATIO})")
    p99 = _p99_ms(next(iter(latencies.values())))
    console.print(f"p99 of a hit: {p99:.2f} ms (goal: under {ALLOWED_P99_MS})")


def _p99_ms(ordered: list[float]) -> float:
    return ordered[int(len(ordered) * 0.99)] * 1000


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a process, its children not included, to the ns."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9


def load(
    port: int, path: str, connections: int, requests: int, *, interval: float = 0.0
) -> list[float]:
    """Request `path` that often on each connection; return every latency in seconds.

    Args:
        interval: seconds between the times at which requests of a connection are due, or 0 to
            send each as soon as the one before it is answered.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(asyncio.wait_for(_load(port, path, connections, requests, interval), 60))


async def _load(
    port: int, path: str, connections: int, requests: int, interval: float
) -> list[float]:
    loop = asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n".encode()
    latencies: list[float] = []
    clients = [
        _Client(request, requests, interval, latencies, loop.create_future())
        for _ in range(connections)
    ]
    for client in clients:
        await loop.create_connection(partial(_same, client), "127.0.0.1", port)
        await asyncio.sleep(interval / connections)  # so that they do not send in step
    await asyncio.gather(*(client.done for client in clients))
    return latencies


def _same(client: _Client) -> _Client:
    return client


class _Client(asyncio.Protocol):
    """Sends one request after the other and checks that each is answered in full with 200."""

    def __init__(
        self,
        request: bytes,
        count: int,
        interval: float,
        latencies: list[float],
        done: asyncio.Future[None],
    ) -> None:
        self.done = done
        self._request = request
        self._left = count
        self._interval = interval
        self._latencies = latencies
        self._head = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._due = time.perf_counter()
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            assert head.startswith(b"http/1.1 200 "), head
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            self._missing = length - (len(self._head) - end - 4)
        if not self._missing:
            self._latencies.append(time.perf_counter() - self._due)
            self._left -= 1
            self._go_on() if self._left else self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed too early"))

    def _go_on(self) -> None:
        now = time.perf_counter()
        self._due = self._due + self._interval if self._interval else now
        if self._due <= now:
            self._send()
        else:
            asyncio.get_running_loop().call_later(self._due - now, self._send)

    def _send(self) -> None:
        self._head = b""
        self._transport.write(self._request)

    def _finish(self) -> None:
        self.done.set_result(None)
        self._transport.close()


def _save_answer(port: int, folder: Path) -> None:
    url = f"http://127.0.0.1:{port}{SEEDED}"
    for _ in range(2):  # the second is a hit
        with urllib.request.urlopen(url, timeout=20) as response:
            body, headers = response.read(), response.getheaders()
    own = {"Content-Length", "Date"}  # that aiohttp adds by itself
    (folder / "body").write_bytes(body)
    (folder / "headers").write_text(json.dumps([each for each in headers if each[0] not in own]))


@contextmanager
def _service(port: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = {"PORT": str(port), "CACHE_WARM": "", "LOG_LEVEL": "info"}
    command = [sys.executable, "-m", "service", "serve"]
    with _process(command, port, {**os.environ, **settings}) as process:
        yield process


@contextmanager
def _process(
    command: list[str], port: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{SEEDED}", timeout=20):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")
