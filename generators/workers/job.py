"""An order on its way through the pool, from its submission to its one end."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from time import monotonic

from ..errors import GeneratorsError
from .drawing import Drawn
from .orders import Drawing, GenerationOutcome, GenerationReport, Order


@dataclass(eq=False, slots=True)
class Job:
    """An order under way.

    Attributes:
        result: what the caller awaits; cancelled when the caller is.
        attempts: how many workers have been given the order.
        is_settled: whether it has ended; it then may still occupy a worker.
        context: that of the caller, in which its end is reported.
    """

    order: Order
    result: asyncio.Future[Drawing]
    deadline: asyncio.TimerHandle = field(init=False)
    attempts: int = 0
    is_settled: bool = False
    context: Context = field(default_factory=copy_context)
    _submitted_at: float = field(default_factory=monotonic)
    _started_at: float | None = None

    @property
    def is_awaited(self) -> bool:
        return not self.result.done()

    def start(self) -> None:
        """Note that a worker takes it."""
        self.attempts += 1
        self._started_at = monotonic()

    def settle(self, result: Drawn | GeneratorsError) -> None:
        """End it: the deadline is off, and the caller, if there is one, gets `result`."""
        self.is_settled = True
        self.deadline.cancel()
        if not self.is_awaited:
            return
        if isinstance(result, GeneratorsError):
            self.result.set_exception(result)
            return
        self.result.set_result(
            Drawing(
                result.body,
                result.width,
                result.height,
                self._queue_seconds(),
                result.render_seconds,
                result.encode_seconds,
            )
        )

    def report(
        self, outcome: GenerationOutcome, result: Drawn | GeneratorsError
    ) -> GenerationReport:
        """Return the facts of the attempt that ended with `result`."""
        order, queue_seconds = self.order, self._queue_seconds()
        if isinstance(result, GeneratorsError):
            return GenerationReport(
                order.asset_type, order.format, outcome, queue_seconds, exception=result
            )
        return GenerationReport(
            order.asset_type,
            order.format,
            outcome,
            queue_seconds,
            result.render_seconds,
            result.encode_seconds,
            len(result.body),
        )

    def _queue_seconds(self) -> float:
        """How long it waited for the worker that has it, or has waited so far."""
        until = monotonic() if self._started_at is None else self._started_at
        return until - self._submitted_at
