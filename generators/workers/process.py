"""The server's side of worker processes: the fork server, kept alive, and the workers it forks."""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, repeat
from typing import Self

from ..errors import WorkerLost, WorkersUnavailable
from ..registry import Registry
from . import frames
from .drawing import Drawn, Failed
from .head_start import HeadStart
from .lifeline import Lifeline
from .orders import Order

_logger = logging.getLogger(__name__)

_BOOT_SECONDS = 30.0
_LAUNCH_SECONDS = 5.0
_REAP_SECONDS = 2.0
_EXIT_SECONDS = 5.0
_LAUNCH_PAUSE_SECONDS = 0.05
_BOOT_PAUSES_SECONDS = (0.1, 0.5, 1.0, 5.0)  # after the first, second … failure; then the last

_READER_LIMIT = 2**20  # bytes; a file arrives in few wake-ups of the loop

_GONE = (EOFError, OSError)


class Peer:
    """A process of ours at the other end of a socket, whose life hangs on a lifeline."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lifeline: Lifeline
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._lifeline = lifeline
        self._is_killed = False

    def send(self, facts: frames.Facts, body: bytes) -> None:
        """Send a frame, without waiting; to the dead, it is lost."""
        self._writer.write(frames.head(facts, body) + body)

    async def receive(self) -> tuple[frames.Facts, bytes]:
        """Return its next frame.

        Raises:
            WorkerLost: it is dead.
        """
        try:
            frame = await frames.receive(self._reader)
        except _GONE:
            raise WorkerLost from None
        if self._is_killed:  # it answered at the last moment
            raise WorkerLost
        return frame

    def hang_up(self) -> None:
        """Send nothing more; it reads the end of the stream."""
        self._writer.close()

    def kill(self) -> None:
        """Kill it, and have a pending `receive` raise even if its socket lives on in a child."""
        self._is_killed = True
        self._lifeline.cut()
        self._writer.transport.abort()


class ProcessWorker:
    """A worker in a process of its own."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def send(self, order: Order) -> None:
        self._peer.send({}, pickle.dumps(order))

    async def receive(self) -> Drawn | Failed:
        facts, body = await self._peer.receive()
        return Drawn(body=body, **facts) if body else Failed(**facts)

    def kill(self) -> None:
        self._peer.kill()


class ForkServer:
    """The process that loads everything once and forks workers in milliseconds."""

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, peer: Peer
    ) -> None:
        self._process = process
        self._control = control
        self._peer = peer

    @classmethod
    async def boot(cls, begun: HeadStart) -> ForkServer:
        """Take over one that was started, and wait until it has loaded everything.

        Raises:
            WorkersUnavailable: it cannot load, or takes more than 30 s; the message says why.
        """
        begun.take()
        control = begun.channel.dup()  # streams cannot send descriptors
        streams = await asyncio.open_unix_connection(sock=begun.channel, limit=_READER_LIMIT)
        server = cls(begun.process, control, Peer(*streams, begun.lifeline))
        try:
            async with asyncio.timeout(_BOOT_SECONDS):
                await server.loaded()
        except TimeoutError:
            await server.kill()
            raise WorkersUnavailable(f"not loaded within {_BOOT_SECONDS:g} s") from None
        except BaseException:
            await server.kill()
            raise
        return server

    async def loaded(self) -> None:
        """Wait until it has loaded everything.

        Raises:
            WorkersUnavailable: it cannot; the message is its traceback.
        """
        try:
            facts, _ = await self._peer.receive()
        except WorkerLost:
            raise WorkersUnavailable("the fork server ended while loading") from None
        if "failed" in facts:
            raise WorkersUnavailable(facts["failed"])

    async def launch(self) -> ProcessWorker:
        """Return a new worker, ready to draw.

        Raises:
            OSError: the fork server is dead, or there are no descriptors left.
            WorkerLost: the fork server is stuck (then it is killed), or the worker died at once.
        """
        with _Link() as link:
            socket.send_fds(self._control, [b"w"], link.theirs)
            worker = await link.connect()
        try:
            async with asyncio.timeout(_LAUNCH_SECONDS):
                await worker.receive()
        except TimeoutError:
            worker.kill()
            self._peer.kill()
            raise WorkerLost from None
        except BaseException:
            worker.kill()
            raise
        return ProcessWorker(worker)

    async def lost(self) -> None:
        """Wait until it is dead."""
        with suppress(WorkerLost):
            await self._peer.receive()

    async def close(self) -> None:
        """Let it end once it has reaped its workers, which have been killed before."""
        self._control.close()
        self._peer.hang_up()
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, _REAP_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """Kill it; its workers live on."""
        self._peer.kill()
        self._control.close()
        try:
            await asyncio.to_thread(self._process.wait, _EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            _logger.warning("fork server %d does not go away", self._process.pid)


class ProcessLauncher:
    """Forks workers from a fork server that is replaced whenever it dies."""

    def __init__(self, load_registry: Callable[[], Registry], begun: HeadStart | None) -> None:
        self._load_registry = load_registry
        self._begun = begun
        self._server: ForkServer | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        begun, self._begun = self._begun or HeadStart(self._load_registry), None
        self._server = await ForkServer.boot(begun)
        self._keeper = asyncio.create_task(self._keep(self._server))

    async def launch(self) -> ProcessWorker:
        while True:
            if self._server:
                with suppress(OSError, WorkerLost):
                    return await self._server.launch()
            await asyncio.sleep(_LAUNCH_PAUSE_SECONDS)

    async def close(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._server:
            await self._server.close()
        if self._begun:
            self._begun.abandon()

    async def _keep(self, server: ForkServer) -> None:
        """Replace the fork server whenever it dies; workers outlive it."""
        while True:
            await server.lost()
            _logger.warning("the fork server died")
            await server.kill()
            server = self._server = await self._boot_again()

    async def _boot_again(self) -> ForkServer:
        pauses = chain(_BOOT_PAUSES_SECONDS, repeat(_BOOT_PAUSES_SECONDS[-1]))
        while True:
            try:
                return await ForkServer.boot(HeadStart(self._load_registry))
            except WorkersUnavailable as error:
                _logger.warning("no new fork server: %s", error)
            await asyncio.sleep(next(pauses))


class _Link:
    """A channel and a lifeline to a process that is about to start.

    Leaving it closes our copies of that process's ends, and all of it unless `connect` was called.
    """

    def __init__(self) -> None:
        self.channel, self._their_channel = socket.socketpair()
        self._lifeline = Lifeline()
        self._connected = False

    @property
    def theirs(self) -> tuple[int, int]:
        """The descriptors to hand over."""
        return self._their_channel.fileno(), self._lifeline.end

    async def connect(self) -> Peer:
        streams = await asyncio.open_unix_connection(sock=self.channel, limit=_READER_LIMIT)
        self._connected = True
        return Peer(*streams, self._lifeline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._their_channel.close()
        self._lifeline.close_end()
        if not self._connected:
            self.channel.close()
            self._lifeline.cut()
