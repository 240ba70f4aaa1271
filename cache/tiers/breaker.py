"""Breaker: stops asking what does not answer, and finds out when it answers again.

The states are those of M. Nygard, "Release It!" (2007): closed lets every call through, open lets
none, half-open lets one probe through, whose outcome closes or opens it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto


class _State(Enum):
    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class Breaker:
    """A circuit breaker that starts open, with a probe due at once; not thread-safe.

    A call looks at `closed` before, and tells `succeeded` or `failed` after. Probes belong to one
    caller, who asks `try_probe` and tells `probe_succeeded` or `probe_failed`. After a successful
    probe a single failure opens it again, until a call has succeeded.

    Args:
        failures_to_open: consecutive failures that open it.
        first_pause_seconds: from its opening to the first probe.
        longest_pause_seconds: between probes; the pause doubles from one to the next up to this.
        on_open: called whenever a closed breaker opens.
        clock: monotonic seconds.

    Raises:
        ValueError: a number that makes no sense.
    """

    def __init__(
        self,
        *,
        failures_to_open: int = 3,
        first_pause_seconds: float = 0.5,
        longest_pause_seconds: float = 5.0,
        on_open: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if failures_to_open < 1:
            raise ValueError(f"failures_to_open must be at least 1, not {failures_to_open}")
        if not 0 < first_pause_seconds <= longest_pause_seconds:
            raise ValueError(
                "the first pause must be more than 0 s and no more than the longest, "
                f"not {first_pause_seconds} s and {longest_pause_seconds} s"
            )
        self._failures_to_open = failures_to_open
        self._first_pause_seconds = first_pause_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._on_open = on_open
        self._clock = clock
        self._state = _State.OPEN
        self._failures = 0
        self._pause_seconds = first_pause_seconds
        self._probe_at = clock()

    @property
    def closed(self) -> bool:
        """Whether calls may go through."""
        return self._state is _State.CLOSED

    def succeeded(self) -> None:
        """Note that a call came through."""
        if self.closed:
            self._failures = 0
            self._pause_seconds = self._first_pause_seconds

    def failed(self) -> None:
        """Note that a call failed; the last of too many opens the breaker."""
        self._failures += 1
        if self._failures >= self._failures_to_open:
            self.open()

    def open(self) -> None:
        """Open it now, whatever the number of failures."""
        if self.closed:
            self._rest()
            self._on_open()

    def seconds_to_probe(self) -> float:
        """Return how long it is until `try_probe` may return True; 0 when it is due."""
        return max(0.0, self._probe_at - self._clock())

    def try_probe(self) -> bool:
        """Return whether the caller is to probe now; then nobody else is, until he tells."""
        if self._state is not _State.OPEN or self.seconds_to_probe() > 0:
            return False
        self._state = _State.HALF_OPEN
        return True

    def probe_succeeded(self) -> None:
        """Close it: what is guarded answers again."""
        self._state = _State.CLOSED
        # On trial: what answers probes, but fails at work, must not get several tries each time.
        self._failures = self._failures_to_open - 1

    def probe_failed(self) -> None:
        """Open it for another, longer pause."""
        self._rest()

    def _rest(self) -> None:
        self._state = _State.OPEN
        self._probe_at = self._clock() + self._pause_seconds
        # It only becomes short again when work succeeds, not when a probe does.
        self._pause_seconds = min(2 * self._pause_seconds, self._longest_pause_seconds)
