"""Build the service from the environment, and run it until it is asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cache import set_cache
from generators import RegistryError, WorkersUnavailable, load_registry

from .errors import CommandFailed
from .logs import LogWriter, install, standard_error
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from generators.workers.head_start import HeadStart


def run() -> None:
    """Serve with the settings of the environment.

    Raises:
        SettingsError: with one line for each bad setting.
        CommandFailed: a plug-in, a worker or a port cannot be had.
    """
    settings = load_settings()
    log = LogWriter(standard_error(), settings.log_format, settings.log_level)
    uninstall = install(log, settings.log_level)
    with contextlib.ExitStack() as stack:
        stack.callback(log.close)
        stack.callback(uninstall)
        try:
            begun = _head_start(settings.generator_workers)
            if begun is not None:
                stack.callback(begun.abandon)
            _serve(settings, log, begun)
        except WorkersUnavailable as error:
            # The last line of what may be a traceback from another process says what it was.
            reason = str(error).strip().splitlines()[-1]
            raise CommandFailed(f"the workers cannot start: {reason}") from error


def _serve(settings: Settings, log: LogWriter, begun: HeadStart | None) -> None:
    # What takes longest to import comes now, while the fork server imports on another core.
    from .app import Service
    from .runner import PortUnavailable
    from .server import serve as serve_service

    try:
        service = Service(settings, log, begun=begun)
        # @cache_asset functions of this process share the budget and the statistics.
        set_cache(service.cache)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve_service(service))
    except (RegistryError, PortUnavailable) as error:
        raise CommandFailed(str(error)) from error


def _head_start(workers: int) -> HeadStart | None:
    if workers == 0 or not hasattr(os, "fork"):
        return None
    from generators.workers.head_start import HeadStart

    return HeadStart(load_registry)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not built for this system: the standard loop serves as well
        return None
    factory: Callable[[], Any] = uvloop.new_event_loop
    return factory
