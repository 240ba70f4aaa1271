"""Serve on the ports of the settings, and stop without dropping anyone who was let in."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Coroutine

from cache import Tier

from .app import Service
from .runner import Runner, listening
from .settings import Settings
from .stop_signals import StopSignals

_log = logging.getLogger(__name__)

# How long the port stays open for the sake of requests in progress, so that /ready tells of it.
_OPEN_SECONDS = 3.0

# What a caller whose connection is open may take for one more request, and to be told to leave.
_LEAVING_SECONDS = 1.0

# Beyond the longest that the parts of an answer may take.
_GRACE_SECONDS = 2.0


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
    """Serve until SIGTERM or SIGINT, then finish the requests in progress.

    From the signal on `/ready` answers 503, and every response asks its caller to leave the
    connection. New requests are answered, too: over new connections while a request is in
    progress that was so at the signal, for some seconds at most; then the port closes. The
    requests left may take the longest that one can. A second signal drops what is under way.

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
        await _drain(service, runner)
    _log.info("stopped")


async def _stay_ready(service: Service) -> None:
    await service.become_ready()
    # What was loaded stays: the collector need not walk it again and again while requests wait.
    gc.collect()
    gc.freeze()
    _log.info("ready")
    await asyncio.Event().wait()


async def _drain(service: Service, runner: Runner) -> None:
    exchanges = service.exchanges
    service.readiness.draining = True
    exchanges.drain()
    _log.info("stopping: finishing %d requests", exchanges.in_progress)
    # Those that come now would hold the port open for ever.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_OPEN_SECONDS):
            await exchanges.wait_earlier()
    await runner.stop_listening()
    # A request that is on its way over an open connection would be lost if that was closed.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LEAVING_SECONDS):
            await runner.wait_disconnected()
    try:
        async with asyncio.timeout(longest_request_seconds(service.settings)):
            await exchanges.wait_idle()
    except TimeoutError:
        _log.warning("dropping %d requests", exchanges.in_progress)
        runner.hang_up()


def longest_request_seconds(settings: Settings) -> float:
    """Return what one request may take: direction, another replica's drawing, then its own.

    It has no cap but the settings': whoever cannot wait so long ends the process by a second
    signal, as supervisors do by SIGKILL.
    """
    drawings = 2 if Tier.REDIS in settings.cache_tiers else 1
    generation_seconds = drawings * settings.generation_timeout_seconds
    return settings.llm_timeout_seconds + generation_seconds + _GRACE_SECONDS


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
