"""`nanobanana serve`: run the service until asked to stop."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from typing import Any

from cache import set_cache
from generators import RegistryError, WorkersUnavailable

from ..app import Service
from ..errors import CommandFailed
from ..logs import LogWriter, install, standard_error
from ..server import PortUnavailable
from ..server import serve as serve_service
from ..settings import load_settings


def serve(_options: argparse.Namespace) -> int:
    """Serve with the settings of the environment."""
    settings = load_settings()
    log = LogWriter(standard_error(), settings.log_format, settings.log_level)
    uninstall = install(log, settings.log_level)
    try:
        service = Service(settings, log)
        # @cache_asset functions of this process share the budget and the statistics.
        set_cache(service.cache)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve_service(service))
    except (RegistryError, PortUnavailable) as error:
        raise CommandFailed(str(error)) from error
    except WorkersUnavailable as error:
        # The last line of what may be a traceback from another process says what it was.
        reason = str(error).strip().splitlines()[-1]
        raise CommandFailed(f"the workers cannot start: {reason}") from error
    finally:
        uninstall()
        log.close()
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not built for this system: the standard loop serves as well
        return None
    factory: Callable[[], Any] = uvloop.new_event_loop
    return factory
