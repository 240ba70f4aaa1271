"""What all tests share: programs of other projects, a real Redis, and a proxy that misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DEADLINE_SECONDS = 20.0
GARBAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff*9\r\n"

PACKAGES = {
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "chromium": "chromium",
    "openssl": "openssl",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "redis-server": "redis-server",
}


@pytest.fixture(scope="session")
def program():
    """A function that returns the path of a program. Without it a test is skipped; CI fails it."""

    def found(name):
        # Debian calls alertmanager prometheus-alertmanager.
        path = shutil.which(name) or shutil.which(f"prometheus-{name}")
        if path is not None:
            return path
        reason = f"{name} is not on PATH; to install it: sudo apt-get install {PACKAGES[name]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return found


class RedisServer:
    """A redis-server on a port of its own that is started, killed and started again."""

    def __init__(self, program: str, directory: Path, options: tuple[str, ...] = ()) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        ports = {"--tls-port" if "--tls-cert-file" in options else "--port": str(self.port)}
        self._command = [
            program,
            *sum({"--port": "0", **ports}.items(), ()),
            *options,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]
        self._command += ["--appendonly", "no", "--dir", str(directory)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        give_up_at = time.monotonic() + DEADLINE_SECONDS
        while True:
            assert self._process.poll() is None, "redis-server ended by itself"
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            assert time.monotonic() < give_up_at, "redis-server does not listen"
            time.sleep(0.005)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)
            self._process = None


class FaultProxy:
    """A TCP proxy before a server, which passes what comes until it is told to do worse."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._behave = self._pass
        self._hangs = False
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0
        self.accepted = 0
        self.answered_bytes = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def open(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Cut all connections and accept none."""
        if self._server is not None:
            self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """Cut all connections."""
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def restore(self) -> None:
        """Pass what comes over new connections from now on."""
        self._behave = self._pass
        self._hangs = False

    def hang(self) -> None:
        """Keep all connections and accept more, but neither take nor answer anything any more."""
        self._hangs = True
        for pump in self._pumps:
            pump.cancel()

    def trickle(self) -> None:
        """Pass one byte of an answer per 10 ms."""
        self._behave = self._trickle

    def talk_garbage(self) -> None:
        """Answer what is no Redis protocol."""
        self._behave = self._garble

    def cut_answers_at(self, size_bytes: int) -> None:
        """Pass answers up to a size, and cut the connection within bigger ones."""

        async def cut(answer: bytes, client: asyncio.StreamWriter) -> None:
            client.write(answer[:size_bytes])
            await client.drain()
            if len(answer) > size_bytes:
                raise ConnectionResetError

        self._behave = cut

    async def _accept(
        self, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter
    ) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        upstream: asyncio.StreamWriter | None = None
        try:
            server_reader, upstream = await asyncio.open_connection(
                "127.0.0.1", self._upstream_port
            )
            pumps = [
                asyncio.create_task(self._forward(client_reader, upstream)),
                asyncio.create_task(self._answer(server_reader, client)),
            ]
            self._pumps.update(pumps)
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                if self._hangs:
                    await asyncio.Event().wait()
            finally:
                self._pumps.difference_update(pumps)
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # the other side is gone, or we are told to be
        finally:
            self._connections.discard(task)
            for writer in (client, upstream):
                if writer is not None:
                    writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter) -> None:
        while asked := await reader.read(2**16):
            if self._hangs:
                await asyncio.Event().wait()
            upstream.write(asked)
            await upstream.drain()

    async def _answer(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while answer := await reader.read(2**16):
            self.answered_bytes += len(answer)
            await self._behave(answer, client)

    async def _pass(self, answer: bytes, client: asyncio.StreamWriter) -> None:
        client.write(answer)
        await client.drain()

    async def _trickle(self, answer: bytes, client: asyncio.StreamWriter) -> None:
        for at in range(len(answer)):
            await self._pass(answer[at : at + 1], client)
            await asyncio.sleep(0.01)

    async def _garble(self, answer: bytes, client: asyncio.StreamWriter) -> None:
        await self._pass(GARBAGE, client)


@pytest.fixture
def start_redis(program: Any, tmp_path: Path) -> Iterator[Callable[..., RedisServer]]:
    """Start a redis-server, with options."""
    servers: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        server = RedisServer(program("redis-server"), tmp_path, options)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def redis_server(start_redis: Callable[..., RedisServer]) -> RedisServer:
    """A redis-server of the test's own."""
    return start_redis()


@pytest.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[FaultProxy]:
    """A proxy before the server; passes everything at first."""
    proxy = FaultProxy(redis_server.port)
    await proxy.open()
    yield proxy
    await proxy.refuse()


@pytest.fixture
def hole() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
