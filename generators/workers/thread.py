"""A worker that is a thread of the server: for tiny hosts, and for systems without `fork`.

A thread cannot be killed. One that was given up goes on until its drawing ends, if ever, and then
goes; its result is dropped. Meanwhile a new thread serves the others, and both share the cores.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from ..errors import WorkerLost, WorkersUnavailable
from ..registry import Registry
from .drawing import Drawn, Failed, draw, failure, prepare
from .orders import Order


class ThreadWorker:
    """A daemon thread that draws, so a stuck one does not keep the process from ending."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._loop = asyncio.get_running_loop()
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._results: asyncio.Queue[Drawn | Failed | None] = asyncio.Queue()
        self._given_up = False
        threading.Thread(target=self._live, name="nanobanana-worker", daemon=True).start()

    def send(self, order: Order) -> None:
        self._orders.put(order)

    async def receive(self) -> Drawn | Failed:
        result = await self._results.get()
        if result is None or self._given_up:  # it may have answered at the last moment
            raise WorkerLost
        return result

    def kill(self) -> None:
        if not self._given_up:
            self._given_up = True
            self._orders.put(None)
            self._results.put_nowait(None)

    def _live(self) -> None:
        while order := self._orders.get():
            result = draw(self._registry, order)
            if self._given_up:
                return
            with suppress(RuntimeError):  # the loop was closed this very moment
                self._loop.call_soon_threadsafe(self._results.put_nowait, result)


class ThreadLauncher:
    """Starts threads that share one registry."""

    def __init__(self, load_registry: Callable[[], Registry]) -> None:
        self._load_registry = load_registry
        self._registry = Registry(())

    async def start(self) -> None:
        try:
            self._registry = await asyncio.to_thread(prepare, self._load_registry)
        except Exception as error:
            raise WorkersUnavailable(failure(error).traceback_text) from error

    async def launch(self) -> ThreadWorker:
        return ThreadWorker(self._registry)

    async def close(self) -> None:
        """There is nothing to let go of: the threads end with their workers."""
