"""What the pool asks of a worker, be it a process or a thread."""

from __future__ import annotations

from typing import Protocol

from .drawing import Drawn, Failed
from .orders import Order


class Worker(Protocol):
    """Draws one order at a time."""

    def send(self, order: Order) -> None:
        """Have it draw `order`, without waiting.

        Raises:
            Exception: whatever pickling the parameters of `order` raises; the worker stays free.
        """

    async def receive(self) -> Drawn | Failed:
        """Return the result of the order sent.

        Raises:
            WorkerLost: it will never come. An idle worker that dies raises it as well.
        """
        ...

    def kill(self) -> None:
        """End it, whatever it does; ending it again does nothing."""


class Launcher(Protocol):
    """Makes workers."""

    async def start(self) -> None:
        """Load what workers need.

        Raises:
            WorkersUnavailable: it cannot be loaded.
        """

    async def launch(self) -> Worker:
        """Return a new worker, ready to draw."""
        ...

    async def close(self) -> None:
        """Let go of everything that `start` took; bounded."""
