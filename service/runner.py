"""Run an application on a port: how connections are opened, counted, left and dropped."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from aiohttp import web

from .exchange import Exchanges, Shortcut

# A query of 8 KiB must reach the handler, which says what is wrong with a longer one.
_MAX_LINE_BYTES = 16_384
_KEEPALIVE_SECONDS = 75.0

# Connections that wait to be accepted.
_BACKLOG = 128

# What sending a response to a slow reader may take once all of them are made.
_SENDING_SECONDS = 10.0


class PortUnavailable(Exception):
    """A port cannot be listened on; the message names it and says why."""


class _Connections:
    """Counts the open connections."""

    def __init__(self) -> None:
        self._open = 0
        self._none_open = asyncio.Event()

    def opened(self) -> None:
        self._open += 1

    def closed(self) -> None:
        self._open -= 1
        if not self._open:
            self._none_open.set()

    async def wait_closed(self) -> None:
        """Wait until none is open."""
        while self._open:
            self._none_open.clear()
            await self._none_open.wait()


class _ProblemHandler(web.RequestHandler):
    """Answers what the HTTP parser refuses with a problem document, and logs it as one line."""

    def __init__(self, manager: web.Server, *, exchanges: Exchanges, **kwargs: Any) -> None:
        super().__init__(manager, **kwargs)
        self._exchanges = exchanges

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return super().handle_error(request, status, exc, message)
        response = self._exchanges.malformed(status)
        response.force_close()
        return response


class _ProblemServer(web.Server):
    """A server whose connections are handled by `_ProblemHandler`."""

    def __init__(
        self,
        server: web.Server,
        exchanges: Exchanges,
        at_once: Shortcut,
        connections: _Connections,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            exchanges.observing(server.request_handler, at_once),
            request_factory=server.request_factory,
            handler_cancellation=server.handler_cancellation,
            **kwargs,
        )
        self._exchanges = exchanges
        self._open_connections = connections

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._open_connections.opened()

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        self._open_connections.closed()

    def __call__(self) -> web.RequestHandler:
        return _ProblemHandler(self, loop=self._loop, exchanges=self._exchanges, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application; a caller who hangs up cancels the handler of its request.

    Args:
        app: the application.
        exchanges: observes every request, and what the HTTP parser refuses.
        at_once: answers what needs no routing.
    """

    __slots__ = ("_at_once", "_exchanges", "_listener", "_open_connections")

    def __init__(
        self, app: web.Application, exchanges: Exchanges, at_once: Shortcut = lambda _: None
    ) -> None:
        super().__init__(
            app,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            max_line_size=_MAX_LINE_BYTES,
            shutdown_timeout=_SENDING_SECONDS,
        )
        self._exchanges = exchanges
        self._at_once = at_once
        self._listener: asyncio.Server | None = None
        self._open_connections = _Connections()

    async def listen(self, host: str, port: int) -> int:
        """Accept connections, and return the port; after `setup`.

        Raises:
            OSError: the address cannot be had.
        """
        self._listener = await asyncio.get_running_loop().create_server(
            self._manager(), host, port, backlog=_BACKLOG, reuse_address=True
        )
        address = self._listener.sockets[0].getsockname()
        return int(address[1])

    async def stop_listening(self) -> None:
        """Close the port; connections that wait to be accepted are served nevertheless."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        # They keep the port open when the loop has stopped to accept. What then still waits to be
        # accepted would be reset, with the request that its caller may have sent already.
        own = [each.dup() for each in listener.sockets]
        listener.close()
        waiting: list[socket.socket] = []
        for each in own:
            with each:
                waiting += _accepted(each)
        loop = asyncio.get_running_loop()
        for connection in waiting:
            with contextlib.suppress(OSError):  # its caller has gone
                await loop.connect_accepted_socket(self._manager(), connection)
        for _ in range(_TURNS_TO_CONNECT):
            await asyncio.sleep(0)

    async def wait_disconnected(self) -> None:
        """Wait until no connection is open."""
        await self._open_connections.wait_closed()

    async def cleanup(self) -> None:
        """Close the port and all connections."""
        await self.stop_listening()
        self._exchanges.dropping = True
        await super().cleanup()

    def hang_up(self) -> None:
        """Drop all connections, whatever is under way on them."""
        self._exchanges.dropping = True
        for connection in [] if self.server is None else self.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _make_server(self) -> web.Server:
        options = {name: self._kwargs[name] for name in _CONNECTION_OPTIONS}
        server = await super()._make_server()
        return _ProblemServer(
            server, self._exchanges, self._at_once, self._open_connections, **options
        )

    def _manager(self) -> web.Server:
        if self.server is None:
            raise RuntimeError("not set up")
        return self.server


_CONNECTION_OPTIONS = ("access_log", "keepalive_timeout", "max_line_size")

# Until the loop, asyncio's own in particular, has made a connection of a socket it has accepted.
_TURNS_TO_CONNECT = 3


def _accepted(listener: socket.socket) -> list[socket.socket]:
    """Return what waits to be accepted, and no more than can have waited at once."""
    listener.setblocking(False)
    waiting: list[socket.socket] = []
    with contextlib.suppress(OSError):  # nothing is left, or no file descriptor
        while len(waiting) <= _BACKLOG:
            waiting.append(listener.accept()[0])
    return waiting


@contextlib.asynccontextmanager
async def listening(
    runner: Runner, host: str, port: int, setting: str = "PORT"
) -> AsyncIterator[int]:
    """Serve on `host` and `port` inside the context; gives the port, which 0 leaves to the system.

    Args:
        setting: that the port comes from.

    Raises:
        PortUnavailable: the address cannot be had.
    """
    await runner.setup()
    try:
        try:
            port = await runner.listen(host, port)
        except OSError as error:
            reason = error.strerror or error
            raise PortUnavailable(
                f"cannot listen on {host}, port {port}: {reason}; HOST and {setting} say where"
            ) from error
        yield port
    finally:
        await runner.cleanup()
