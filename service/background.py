"""Work that is done again and again beside requests, and goes on when it fails once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)


async def repeat(name: str, interval_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` every `interval_seconds`, until cancelled.

    What it raises is logged, once until it has succeeded again.

    Args:
        name: of the work, for the log.
    """
    failing = False
    while True:
        await asyncio.sleep(interval_seconds)
        try:
            await work()
        except Exception as error:
            # Whatever it is: the next time may succeed, and nobody else would tell.
            if not failing:
                _log.error("❌ %s failed, and is tried again", name, exc_info=error)
            failing = True
        else:
            failing = False
