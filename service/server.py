"""Serve an application on its ports, and stop without dropping anyone who was let in."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from http import HTTPStatus
from typing import Any

from aiohttp import web

from .app import Service
from .exchange import Exchanges, Shortcut

_log = logging.getLogger(__name__)

# A query of 8 KiB must reach the handler, which says what is wrong with a longer one.
_MAX_LINE_BYTES = 16_384
_KEEPALIVE_SECONDS = 75.0

# Beyond the longest a generation may take, for a directed one that waits for its director first.
_GRACE_SECONDS = 10.0

# What sending a response to a slow reader may take once all of them are made.
_SENDING_SECONDS = 10.0


class PortUnavailable(Exception):
    """A port cannot be listened on; the message names it and says why."""


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
        self, server: web.Server, exchanges: Exchanges, at_once: Shortcut, **kwargs: Any
    ) -> None:
        super().__init__(
            exchanges.observing(server.request_handler, at_once),
            request_factory=server.request_factory,
            handler_cancellation=server.handler_cancellation,
            **kwargs,
        )
        self._exchanges = exchanges

    def __call__(self) -> web.RequestHandler:
        return _ProblemHandler(self, loop=self._loop, exchanges=self._exchanges, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application; a caller who hangs up cancels the handler of its request.

    Args:
        app: the application.
        exchanges: observes every request, and what the HTTP parser refuses.
        at_once: answers what needs no routing.
    """

    __slots__ = ("_at_once", "_exchanges")

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

    async def cleanup(self) -> None:
        """Close all connections."""
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
        return _ProblemServer(server, self._exchanges, self._at_once, **options)


_CONNECTION_OPTIONS = ("access_log", "keepalive_timeout", "max_line_size")


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
        site = web.TCPSite(runner, host, port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            reason = error.strerror or error
            raise PortUnavailable(
                f"cannot listen on {host}, port {port}: {reason}; HOST and {setting} say where"
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class StopSignals:
    """SIGTERM and SIGINT as something to wait for; a context in the event loop's own thread."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._asked_again = asyncio.Event()

    def __enter__(self) -> StopSignals:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask)
        return self

    def __exit__(self, *_exception: object) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    async def asked(self) -> None:
        """Wait until the process is asked to stop."""
        await self._asked.wait()

    async def asked_again(self) -> None:
        """Wait until it is asked a second time, by someone who does not want to wait."""
        await self._asked_again.wait()

    def _ask(self) -> None:
        if self._asked.is_set():
            self._asked_again.set()
        self._asked.set()


async def first_of(*waits: Coroutine[None, None, None]) -> None:
    """Wait until the first of `waits` is over; the others are cancelled.

    Raises:
        Exception: what the first raised.
    """
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


async def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; requests in progress are finished, others still answered.

    From the signal on `/ready` answers 503; the ports close when no request is in progress or
    the longest that one may take is over. A second signal drops what is under way.

    Raises:
        PortUnavailable: a port cannot be had.
        WorkersUnavailable: the workers cannot start.
    """
    settings = service.settings
    runner = Runner(service.app, service.exchanges, service.hits.answer)
    async with contextlib.AsyncExitStack() as stack:
        stop = stack.enter_context(StopSignals())
        await stack.enter_async_context(_beside(_hang_up_when_asked_again(stop, runner)))
        if service.metrics_app is not None and settings.metrics_port is not None:
            metrics_runner = Runner(service.metrics_app, service.exchanges)
            port = await stack.enter_async_context(
                listening(metrics_runner, settings.host, settings.metrics_port, "METRICS_PORT")
            )
            _log.info("metrics on http://%s:%d/metrics", _in_url(settings.host), port)
        port = await stack.enter_async_context(listening(runner, settings.host, settings.port))
        _log.info("🍌 NanoBanana serves on http://%s:%d", _in_url(settings.host), port)

        await first_of(stop.asked(), _stay_ready(service))
        service.readiness.draining = True
        _log.info("stopping: finishing %d requests", service.exchanges.in_progress)
        await _finish_requests(service, runner)
    _log.info("stopped")


async def _stay_ready(service: Service) -> None:
    await service.become_ready()
    # What was loaded stays: the collector need not walk it again and again while requests wait.
    gc.collect()
    gc.freeze()
    _log.info("ready")
    await asyncio.Event().wait()


async def _finish_requests(service: Service, runner: Runner) -> None:
    patience_seconds = service.settings.generation_timeout_seconds + _GRACE_SECONDS
    try:
        await asyncio.wait_for(service.exchanges.wait_idle(), patience_seconds)
    except TimeoutError:
        _log.warning("dropping %d requests", service.exchanges.in_progress)
        runner.hang_up()


async def _hang_up_when_asked_again(stop: StopSignals, runner: Runner) -> None:
    await stop.asked_again()
    _log.warning("stopping at once")
    runner.hang_up()


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` while the context lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
