"""SIGTERM and SIGINT as something to wait for."""

from __future__ import annotations

import asyncio
import signal


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
