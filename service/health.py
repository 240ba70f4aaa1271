"""Whether the service lives, and whether it should be sent requests."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Check(StrEnum):
    """What readiness depends on."""

    WORKERS = "workers"
    WARM_UP = "warm_up"
    DRAINING = "draining"


class Readiness:
    """Ready when the workers are, warm-up has ended, and no stop was asked for.

    Args:
        workers_ready: whether every worker is alive and loaded.

    Attributes:
        warmed_up: warm-up finished or timed out.
        draining: the process was asked to stop.
    """

    def __init__(self, workers_ready: Callable[[], bool]) -> None:
        self._workers_ready = workers_ready
        self.warmed_up = False
        self.draining = False

    def checks(self) -> dict[Check, bool]:
        """Return every check and whether it passes."""
        return {
            Check.WORKERS: self._workers_ready(),
            Check.WARM_UP: self.warmed_up,
            Check.DRAINING: not self.draining,
        }
